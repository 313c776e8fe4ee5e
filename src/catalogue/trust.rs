//! What a pack does only when somebody trusts it: the programs that it runs, and what its fixes change.

use std::collections::BTreeSet;

use super::{Action, Arg, Catalogue, Fix, On, Verb};

/// One thing that a pack would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Power<'c> {
    /// The fact that it reads, or the fix that it is a part of.
    pub of: &'c str,
    /// Where it is done, in the words of the pair file.
    pub on: String,
    pub does: Does,
}

/// What is done, as the pack writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Does {
    /// It runs this program.
    Runs(String),
    /// It changes something, and this.
    Changes(&'static Verb, String),
}

impl Does {
    /// All of it, for people to look at.
    pub fn text(&self) -> String {
        match self {
            Self::Runs(program) => program.clone(),
            Self::Changes(verb, object) => {
                let told = format!("{}: {} {object}", verb.protocol, verb.reads);
                told.trim_end().to_owned()
            }
        }
    }
}

impl Catalogue {
    /// What this pack would run and change, in the order of its facts, then of its fixes, then of its steps.
    pub fn powers(&self, pack: &str) -> Vec<Power<'_>> {
        let of_facts = self.facts.values().flat_map(|fact| {
            let probes = fact.probes.iter().filter(|probe| probe.pack.as_ref() == pack);
            probes.filter_map(|probe| Some(runs(&fact.name, &probe.on, probe.ask.program()?)))
        });
        let steps = self.steps.values().map(|step| &step.doing);
        let own = self.fixes.values().filter(|fix| fix.supplied_by.is_none());
        let fixes = own.chain(&self.supplied).chain(steps);
        let fixes = fixes.filter(|fix| fix.done_by().as_ref() == pack);
        of_facts.chain(fixes.flat_map(of_fix)).collect()
    }

    /// What these fixes would do of which the packs are not trusted: nothing of it may be done.
    pub fn untrusted<'c>(&'c self, fixes: &BTreeSet<&str>, trusted: &BTreeSet<String>) -> Vec<Power<'c>> {
        let doubtful = |fix: &&Fix| {
            // Whoever declares it says where it is done, and on what.
            let packs =
                [&fix.pack, fix.done_by()].map(|name| self.packs.iter().find(|pack| pack.name == *name));
            !packs
                .iter()
                .all(|pack| pack.is_some_and(|pack| pack.is_trusted(trusted)))
        };
        let asked = self.fixes.values().filter(|fix| fixes.contains(fix.id.as_ref()));
        asked.filter(doubtful).flat_map(of_fix).collect()
    }
}

/// What a fix reads with programs, and everything that it does, taking it back included.
fn of_fix(fix: &Fix) -> Vec<Power<'_>> {
    let read = fix.read.iter().map(|reading| &reading.probe);
    let mut powers: Vec<Power<'_>> = read
        .filter_map(|probe| Some(runs(&fix.id, &probe.on, probe.ask.program()?)))
        .collect();
    for action in fix.done() {
        let power = Power {
            of: &fix.id,
            on: place(&action.on),
            does: does(action),
        };
        if !powers.contains(&power) {
            powers.push(power);
        }
    }
    powers
}

fn does(action: &Action) -> Does {
    match (action.program(), &action.object) {
        (Some(program), _) => Does::Runs(program),
        (None, Arg::Text(phrase)) => Does::Changes(action.verb, phrase.template.text().to_owned()),
        (None, _) => Does::Changes(action.verb, String::new()),
    }
}

fn runs<'c>(of: &'c str, on: &On, program: String) -> Power<'c> {
    Power {
        of,
        on: place(on),
        does: Does::Runs(program),
    }
}

fn place(on: &On) -> String {
    match on {
        On::Here => "source and target".to_owned(),
        On::Local => "this machine".to_owned(),
        On::Host(_) => "other hosts".to_owned(),
        on => on.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Loaded, PackFile, PackSource, load, tests::pack};
    use crate::diagnostic::{SourceMap, human};

    const FACTS: &str = "{ fact: own.mode, about: a, type: text, \
        probes: [{ shell: { run: [ask] }, value: row.value }, { registry: { key: 'HKLM\\A', value: B }, value: row.value }] }";
    const FIX: &str = "fixes:\n  - { fix: own/mend, about: a, on: target, safety: safe, would: a, sets: { target.own.mode: any },\n      \
        actions: [{ registry: { set: 'HKLM\\A', value: B, data: '\"x\"', kind: text } }, { shell: { run: [mend] } }],\n      \
        undo: [{ registry: { set: 'HKLM\\A', value: B, data: was, kind: text } }] }\n";

    fn catalogue(origin: PackSource) -> Catalogue {
        let mut own = pack("own", "owns: [own]", FACTS, "");
        own.origin = origin;
        own.files
            .push(PackFile::new("fixes/a.yaml", "fixes/a.yaml", FIX.to_owned()));
        let mut sources = SourceMap::new();
        let Loaded {
            catalogue,
            diagnostics,
            ..
        } = load(&[own], &mut sources);
        catalogue.unwrap_or_else(|| panic!("{}", human(&diagnostics, &sources, false)))
    }

    fn told(powers: &[Power<'_>]) -> Vec<String> {
        let told = |power: &Power<'_>| format!("{} on {}: {}", power.of, power.on, power.does.text());
        powers.iter().map(told).collect()
    }

    #[test]
    fn fixes_of_packs_from_folders_do_nothing_before_somebody_trusts_them() {
        let done = [
            r"own/mend on target: registry: write to the registry key HKLM\A",
            "own/mend on target: mend",
        ];
        let foreign = catalogue(PackSource::Folder("own".into()));
        let (fixes, nobody) = (BTreeSet::from(["own/mend"]), BTreeSet::new());
        assert_eq!(told(&foreign.untrusted(&fixes, &nobody)), done);
        assert_eq!(told(&foreign.powers("own")[1..]), done);
        assert_eq!(
            told(&foreign.powers("own")[..1]),
            ["own.mode on source and target: ask"]
        );
        // other fixes, this very text, and the shipped packs are no matter of trust
        assert_eq!(foreign.untrusted(&BTreeSet::from(["own/other"]), &nobody), []);
        let trusted = BTreeSet::from([foreign.packs[0].digest.clone()]);
        assert_eq!(foreign.untrusted(&fixes, &trusted), []);
        let shipped = catalogue(PackSource::Embedded);
        assert_eq!(shipped.untrusted(&fixes, &nobody), []);
    }
}
