//! Which servers were found: what the packs' facts hold, each server once, and which pair files name it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalogue::Discovery;
use crate::facts::{Absence, FactPath, FactValue, Facts, Record, Root, Side};
use crate::pair::{Pair, Protocol};

/// A server that could be one of a pair.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    pub application: Arc<str>,
    /// The pack that found it first.
    pub pack: Arc<str>,
    /// What is known of it, by the names of [`Discovery::FIELDS`].
    known: Record,
}

/// What was found, and what could not be told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// In the order of their applications, names and instances.
    pub candidates: Vec<Candidate>,
    /// Servers that may be missing: the application, and why.
    pub unread: Vec<(Arc<str>, Absence)>,
}

/// A pair that names a server.
#[derive(Clone, Copy, Debug)]
pub struct NamedBy<'p> {
    pub pair: &'p Pair,
    pub side: Side,
}

impl Candidate {
    /// What is known under this name; nothing where the pack does not say it.
    pub fn get(&self, field: &str) -> &FactValue {
        self.known.get(field).unwrap_or(&FactValue::Nothing)
    }

    /// A text that is known.
    pub fn text(&self, field: &str) -> Option<String> {
        match self.get(field) {
            FactValue::Nothing | FactValue::Absent(_) => None,
            value => Some(value.to_string()),
        }
    }

    /// Its short name.
    pub fn name(&self) -> String {
        self.text("name").unwrap_or_default()
    }

    /// Whether a person means it by this short or full name.
    pub fn is_called(&self, name: &str) -> bool {
        let is = |own: Option<String>| own.is_some_and(|own| own.eq_ignore_ascii_case(name));
        is(self.text("name")) || is(self.text("dns_name"))
    }

    /// The pairs that name it.
    pub fn named_by<'p>(&self, pairs: impl IntoIterator<Item = &'p Pair>) -> Vec<NamedBy<'p>> {
        let sides = |pair: &'p Pair| Side::BOTH.map(|side| NamedBy { pair, side });
        let all = pairs.into_iter().flat_map(sides);
        all.filter(|named| self.is_meant(*named)).collect()
    }

    fn is_meant(&self, named: NamedBy<'_>) -> bool {
        let NamedBy { pair, side } = named;
        let server = match side {
            Side::Source => &pair.source,
            Side::Target => &pair.target,
        };
        let full = server
            .domain
            .as_ref()
            .map(|domain| format!("{}.{domain}", server.name.value));
        let same_domain = match (&full, self.text("dns_name")) {
            // Short names recur in other domains.
            (Some(full), Some(own)) if own.contains('.') => own.eq_ignore_ascii_case(full),
            _ => true,
        };
        let same_instance = match pair.tds(side.word()) {
            Some(endpoint) => self.listens_as(&endpoint.protocol),
            // Of several things on one server a pair is about those that its packs know.
            None => pair.packs.iter().any(|pack| *pack.value == *self.pack) || !self.is_instance(),
        };
        self.is_called(&server.name.value) && same_domain && same_instance
    }

    /// Whether it is one of the things that listen on its server, rather than the server.
    fn is_instance(&self) -> bool {
        [self.get("instance"), self.get("port")] != [&FactValue::Nothing; 2]
    }

    /// Whether this is the instance that an endpoint asks; what is not known speaks for it.
    fn listens_as(&self, endpoint: &Protocol) -> bool {
        let Protocol::Tds { port, instance, .. } = endpoint else {
            return true;
        };
        let port = match (port, instance) {
            (None, None) => Some(Protocol::TDS_PORT),
            (port, _) => *port,
        };
        let differs = |field: &str, wanted: Option<String>| match (self.text(field), wanted) {
            (Some(own), Some(wanted)) => !own.eq_ignore_ascii_case(&wanted),
            _ => false,
        };
        !differs("instance", instance.clone()) && !differs("port", port.map(|port| port.to_string()))
    }

    /// Whether two records are about one server.
    fn is_also(&self, other: &Self) -> bool {
        let same = |field: &str| match (self.text(field), other.text(field)) {
            (Some(a), Some(b)) => Some(a.eq_ignore_ascii_case(&b)),
            _ => None,
        };
        if self.application != other.application || same("name") != Some(true) {
            return false;
        }
        match (same("instance"), same("port")) {
            (Some(instance), _) => instance,
            (None, Some(port)) => port,
            (None, None) => !self.is_instance() && !other.is_instance(),
        }
    }

    /// Takes over what the other record knows and this one does not.
    fn learn(&mut self, other: &Self) {
        for (field, value) in other.known.iter() {
            let longer = field.as_ref() == "dns_name"
                && value.to_string().contains('.')
                && !self.get(field).to_string().contains('.');
            let better = match (self.get(field), value) {
                (FactValue::Nothing, _) => true,
                (FactValue::Absent(_), value) => !matches!(value, FactValue::Absent(_) | FactValue::Nothing),
                _ => longer,
            };
            if better {
                self.known.set(field.clone(), value.clone());
            }
        }
    }
}

/// What these ways to find servers found.
pub fn discovered(ways: &[&Discovery], facts: &Facts) -> Found {
    let mut found = Gathering::default();
    for way in ways {
        match facts.get(&FactPath::new(Root::Pair, way.servers.clone())) {
            Ok(FactValue::Map(map)) => {
                for entry in map.iter() {
                    found.add(way, &entry.value);
                }
                for (_, why) in map.holes() {
                    found.miss(way, why);
                }
            }
            Ok(_) => {}
            Err(why) => found.miss(way, &why),
        }
    }
    let place = |candidate: &Candidate| {
        let way = ways
            .iter()
            .position(|way| way.application == candidate.application);
        let of = |field: &str| candidate.text(field).unwrap_or_default().to_lowercase();
        (way, of("name"), of("instance"), of("port").parse::<u16>().ok())
    };
    let mut found = found.found;
    found.candidates.sort_by_cached_key(place);
    found
}

/// What was found so far.
#[derive(Default)]
struct Gathering {
    found: Found,
    /// Where the servers of an application and name stand.
    places: BTreeMap<(Arc<str>, String), Vec<usize>>,
}

impl Gathering {
    fn add(&mut self, way: &Discovery, value: &FactValue) {
        let record = match value {
            FactValue::Record(record) => record,
            FactValue::Absent(why) => return self.miss(way, why),
            _ => return,
        };
        if let Some(FactValue::Absent(why)) = record.get("name") {
            return self.miss(way, why);
        }
        let candidate = Candidate {
            application: way.application.clone(),
            pack: way.pack.clone(),
            known: Record::clone(record),
        };
        let key = (way.application.clone(), candidate.name().to_lowercase());
        let places = self.places.entry(key).or_default();
        let all = &mut self.found.candidates;
        if let Some(known) = places.iter().find(|place| all[**place].is_also(&candidate)) {
            all[*known].learn(&candidate);
        } else {
            places.push(all.len());
            all.push(candidate);
        }
    }

    fn miss(&mut self, way: &Discovery, why: &Absence) {
        let missed = (way.application.clone(), why.clone());
        if !self.found.unread.contains(&missed) {
            self.found.unread.push(missed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Diagnostics, SourceMap};
    use crate::facts::{Cause, FactMap, Key, Observation, Provenance};

    fn way(servers: &str) -> Discovery {
        let mut sources = SourceMap::new();
        let id = sources.add("x", "x");
        Discovery {
            application: "app".into(),
            pack: "pack".into(),
            about: String::new(),
            servers: servers.into(),
            named: false,
            settings: Vec::new(),
            span: crate::diagnostic::Span::whole(id),
        }
    }

    fn record(fields: &[(&str, FactValue)]) -> FactValue {
        let fields = fields.iter().map(|(name, value)| (*name, value.clone()));
        FactValue::Record(Arc::new(fields.collect()))
    }

    fn gone() -> Absence {
        Absence::new(Cause::Timeout, "host", "silent")
    }

    /// The facts of some ways, each a list of records and one hole where it says so.
    fn facts(lists: &[(&str, Vec<FactValue>, bool)]) -> Facts {
        let mut facts = Facts::default();
        for (name, records, hole) in lists {
            let mut map = FactMap::new(false);
            for (place, record) in records.iter().enumerate() {
                map.insert(Key::new([place.to_string()]), record.clone());
            }
            if *hole {
                map.add_hole(&Key::new(["x"]), gone());
            }
            let observation = Observation {
                value: Ok(FactValue::Map(Arc::new(map))),
                provenance: Provenance {
                    probe: String::new(),
                    server: String::new(),
                    at: jiff::Timestamp::UNIX_EPOCH,
                    took_ms: 0,
                    tried: Vec::new(),
                },
            };
            facts.insert(FactPath::new(Root::Pair, *name), observation);
        }
        facts
    }

    fn told(found: &Found) -> Vec<String> {
        let fields = ["name", "dns_name", "instance", "port", "version"];
        let line = |candidate: &Candidate| {
            let known = fields.map(|field| match candidate.get(field) {
                FactValue::Nothing => "-".to_owned(),
                FactValue::Absent(_) => "?".to_owned(),
                value => value.to_string(),
            });
            known.join(" ")
        };
        found.candidates.iter().map(line).collect()
    }

    #[test]
    fn what_several_ways_know_of_a_server_comes_together() {
        let text = |text: &str| FactValue::text(text);
        let int = FactValue::Int;
        let absent = FactValue::absent(gone());
        let first = vec![
            record(&[
                ("name", text("SQL1")),
                ("instance", text("PAYROLL")),
                ("port", int(50123)),
                ("version", absent),
            ]),
            record(&[
                ("name", text("SQL2")),
                ("instance", FactValue::Nothing),
                ("port", int(1499)),
            ]),
        ];
        let second = vec![
            record(&[
                ("name", text("sql1")),
                ("dns_name", text("sql1")),
                ("port", int(50123)),
                ("version", text("15.0")),
            ]),
            record(&[
                ("name", text("sql1")),
                ("dns_name", text("sql1.corp.example")),
                ("instance", text("payroll")),
            ]),
            record(&[("name", text("SQL1")), ("instance", text("OTHER"))]),
            record(&[("name", text("SQL2")), ("instance", text("LATE"))]),
            record(&[("name", text("ALONE"))]),
            record(&[("name", text("alone")), ("dns_name", text("alone.corp.example"))]),
            record(&[("name", FactValue::absent(gone()))]),
        ];
        let (a, b, c) = (way("t.a"), way("t.b"), way("t.c"));
        let found = discovered(
            &[&a, &b, &c],
            &facts(&[("t.a", first, true), ("t.b", second, false)]),
        );
        assert_eq!(
            told(&found),
            [
                "ALONE alone.corp.example - - -",
                "SQL1 - OTHER - -",
                "SQL1 sql1.corp.example PAYROLL 50123 15.0",
                "SQL2 - - 1499 -",
                "SQL2 - LATE - -",
            ]
        );
        let causes: Vec<Cause> = found.unread.iter().map(|(_, why)| why.cause).collect();
        assert_eq!(causes, [Cause::Timeout, Cause::NotCollected]);
    }

    fn pair(endpoints: &str) -> Pair {
        let text = format!(
            "pair: p\npacks: [common]\nsource: {{ name: SQL1, address: 10.0.0.1, domain: corp.example }}\n\
             target: {{ name: SQL2, address: 10.0.0.2 }}\nendpoints:\n  servers: {{ credential: {{ kerberos: {{}} }} }}\n{endpoints}"
        );
        let (mut sources, mut sink) = (SourceMap::new(), Diagnostics::new());
        let id = sources.add("pair.yaml", text);
        let pair = Pair::parse(id, std::path::Path::new(""), &sources, &mut sink);
        pair.unwrap_or_else(|| panic!("{}", crate::diagnostic::human(&sink, &sources, false)))
    }

    #[test]
    fn a_pair_names_a_server_by_name_domain_and_instance() {
        type Known<'a> = &'a [(&'a str, FactValue)];
        let text = |text: &str| FactValue::text(text);
        let rows: [(&str, Known<'_>, &[Side]); 9] = [
            ("", &[("name", text("sql1"))], &[Side::Source]),
            ("", &[("name", text("sql1")), ("instance", text("PAY"))], &[]),
            (
                "",
                &[("name", text("SQL2")), ("dns_name", text("sql2.other.example"))],
                &[Side::Target],
            ),
            (
                "",
                &[("name", text("SQL1")), ("dns_name", text("sql1.other.example"))],
                &[],
            ),
            ("", &[("name", text("SQL3"))], &[]),
            (
                "  source: { tds: { instance: PAY } }\n",
                &[("name", text("SQL1")), ("instance", text("pay"))],
                &[Side::Source],
            ),
            (
                "  source: { tds: { instance: PAY } }\n",
                &[("name", text("SQL1")), ("instance", text("OTHER"))],
                &[],
            ),
            (
                "  source: { tds: {} }\n",
                &[("name", text("SQL1")), ("port", FactValue::Int(1433))],
                &[Side::Source],
            ),
            (
                "  source: { tds: {} }\n",
                &[("name", text("SQL1")), ("port", FactValue::Int(50123))],
                &[],
            ),
        ];
        for (endpoints, fields, sides) in rows {
            let candidate = Candidate {
                application: "a".into(),
                pack: "a".into(),
                known: fields
                    .iter()
                    .map(|(name, value)| (*name, value.clone()))
                    .collect(),
            };
            let pair = pair(endpoints);
            let named: Vec<Side> = candidate
                .named_by([&pair])
                .iter()
                .map(|named| named.side)
                .collect();
            assert_eq!(named, sides, "{endpoints} {fields:?}");
        }
    }
}
