//! Made-up worlds in which fixes are done: every fact, and whatever findings give, of its type.

use std::sync::Arc;

use super::CATALOGUE;
use crate::catalogue::{Action, Fix, Input};
use crate::evaluate::Given;
use crate::facts::{
    Dn, FactMap, FactPath, FactType, FactValue, Facts, Fields, Key, Observation, Provenance, Root, Side,
    WinPath,
};
use crate::plan::{Doing, Held, Known, Performing, Spec, Which};
use crate::predicate::Trail;

/// Different values, but some are equal.
const ENDS: [&str; 3] = ["", "", "7"];

/// The actions of a fix, or why there are none.
pub(super) type Done = Result<Vec<Doing>, Held>;

/// A world in which everything is made up; the same choices with another text make the same world but for that.
pub(super) struct World<'a> {
    pub(super) text: &'a str,
    pub(super) words: &'a [String],
    pub(super) state: u64,
}

impl World<'_> {
    fn choose(&mut self, of: usize) -> usize {
        self.state = self
            .state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.state >> 33) % of as u64).unwrap()
    }

    fn text(&mut self) -> String {
        if self.choose(3) == 0 {
            let word = self.choose(self.words.len());
            return self.words[word].clone();
        }
        let end = self.choose(ENDS.len());
        let before = if self.choose(6) == 0 { "/o=" } else { "" };
        format!("{before}{}{}", self.text, ENDS[end])
    }

    fn value(&mut self, ty: &FactType) -> FactValue {
        let mut pick = |texts: &[&str]| {
            let at = self.choose(texts.len());
            ty.parse(texts[at]).unwrap()
        };
        match ty {
            FactType::Bool => pick(&["true", "false"]),
            FactType::Int => pick(&["0", "1", "7"]),
            FactType::Version => pick(&["8.0", "9.0", "11.0", "15.0"]),
            FactType::Ip => pick(&["192.0.2.7", "2001:db8::7"]),
            FactType::Subnet => pick(&["192.0.2.0/24"]),
            FactType::Sid => pick(&["S-1-5-21-1-2-3-1122", "S-1-5-18"]),
            FactType::Acl => pick(&["D:(A;;RP;;;AU)"]),
            FactType::Bytes => pick(&["0x0102ff"]),
            FactType::Digest => pick(&["a:01", "a:02"]),
            FactType::Time => pick(&["2026-11-28T05:00:00Z"]),
            FactType::OneOf(words) => {
                let word = self.choose(words.len());
                FactValue::Text(words[word].clone())
            }
            FactType::Text => FactValue::text(self.text()),
            FactType::Host => FactValue::Host(self.text().into()),
            FactType::Path => {
                let root = ["E:\\", "/srv/"][self.choose(2)];
                FactValue::Path(WinPath::new(&format!("{root}{}\\d", self.text())))
            }
            FactType::Dn => {
                let value = Dn::escape_value(&self.text());
                FactValue::Dn(format!("CN={value},DC=corp").parse().unwrap())
            }
            // Such as rights, of which each has to be one.
            FactType::List(item) if **item == FactType::Text && self.choose(2) == 0 => {
                let word = self.choose(self.words.len());
                FactValue::list([FactValue::text(self.words[word].as_str())])
            }
            FactType::List(item) => FactValue::list([self.value(item), self.value(item)]),
            FactType::Set(item) => FactValue::set([self.value(item)]),
            FactType::Record(fields) => self.record(fields),
            FactType::Map(fields) => {
                let mut map = FactMap::new(false);
                let texts = ["", "7"].map(|end| format!("{}{end}", self.text));
                for key in texts.iter().chain(self.words) {
                    map.insert(Key::new([key.as_str()]), self.record(fields));
                }
                for [one, other] in [[0, 0], [0, 1], [1, 0], [1, 1]] {
                    let key = Key::new([texts[one].as_str(), texts[other].as_str()]);
                    map.insert(key, self.record(fields));
                }
                FactValue::Map(Arc::new(map))
            }
        }
    }

    fn record(&mut self, fields: &Fields) -> FactValue {
        let values = fields.iter().map(|(name, ty)| (name.clone(), self.value(ty)));
        FactValue::Record(Arc::new(values.collect()))
    }

    fn given(&mut self, input: &Input) -> Given {
        match input {
            Input::Value(ty) => Given::Value(self.value(ty)),
            Input::Place => {
                let place = |root: Root, name: &str| FactPath::new(root, name);
                let setting = CATALOGUE.schema.names(Root::Setting).next().unwrap().clone();
                Given::Place(match self.choose(2) {
                    0 => Trail::fact(place(Root::Setting, &setting)),
                    _ => Trail {
                        field: Some("sd".into()),
                        ..Trail::fact(place(Root::Target, "directory.computer"))
                    },
                })
            }
        }
    }

    /// What two findings give the fix, or one.
    fn askings(&mut self, fix: &Fix) -> Vec<Vec<Given>> {
        let first: Vec<Given> = fix.inputs.values().map(|input| self.given(input)).collect();
        if fix.one_per.is_empty() {
            return vec![first];
        }
        let inputs = fix.inputs.iter().zip(&first);
        let other = inputs.map(|((name, input), first)| {
            if fix.is_shared(name) {
                first.clone()
            } else {
                self.given(input)
            }
        });
        let other = other.collect();
        vec![first, other]
    }

    /// Everything that the fix mentions.
    fn facts(&mut self, fix: &Fix) -> Facts {
        let here = Some(Side::Target);
        let mut mentioned = fix.reads(here);
        let of_actions = fix.done().flat_map(Action::facts);
        mentioned.extend(of_actions.filter_map(|fact| fact.path(here)));
        let mut facts = Facts::default();
        for path in mentioned {
            let ty = CATALOGUE.schema.type_at(&path).cloned().unwrap_or(FactType::Text);
            let value = Ok(self.value(&ty));
            let provenance = Provenance {
                probe: String::new(),
                server: String::new(),
                at: jiff::Timestamp::UNIX_EPOCH,
                took_ms: 0,
                tried: Vec::new(),
            };
            facts.insert(path, Observation { value, provenance });
        }
        facts
    }

    /// What was there at a place; nothing at all of it in one world out of three.
    fn was(&mut self, place: &Trail, was_there: bool) -> FactValue {
        let ty = place.ty(|fact| CATALOGUE.schema.type_at(fact));
        let value = self.value(&ty.unwrap_or(FactType::Text));
        if was_there { value } else { FactValue::Nothing }
    }

    /// Everything that the fix does, and what takes it back.
    pub(super) fn done(mut self, fix: &Fix) -> Vec<Done> {
        let spec = Spec {
            fix: fix.id.clone(),
            here: Some(Side::Target),
            given: self.askings(fix),
        };
        let facts = self.facts(fix);
        let performing = Performing::new(&CATALOGUE, &facts, &spec).unwrap();
        let places = match performing.places() {
            Ok(places) => places,
            Err(held) => return vec![Err(held)],
        };
        let was_there = self.choose(3) != 0;
        let mut was = |place: &Trail| Ok(self.was(place, was_there));
        let was = places
            .iter()
            .map(|places| places.iter().map(&mut was).collect())
            .collect();
        let read = fix.read.iter().map(|reading| Ok(self.value(&reading.ty)));
        let known = Known {
            was,
            read: read.collect(),
        };
        [Which::Actions, Which::Undo]
            .map(|which| performing.doings(which, &known))
            .into()
    }
}
