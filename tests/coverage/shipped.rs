//! All shipped packs as one catalogue, and what a rule of it rests on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use standin::catalogue::{self, Ask, Catalogue, Derivation, Rule, Safety};
use standin::diagnostic::{Diagnostics, SourceMap, human};
use standin::facts::Root;
use standin::pipeline;
use standin::predicate::{Expression, FactRef, Place};

/// Every shipped pack, loaded together.
pub(crate) fn catalogue() -> &'static Catalogue {
    static LOADED: LazyLock<Catalogue> = LazyLock::new(|| {
        let packs = pipeline::all_packs(&[], &mut Diagnostics::new());
        let mut sources = SourceMap::new();
        let loaded = catalogue::load(&packs, &mut sources);
        let told = human(&loaded.diagnostics, &sources, false);
        loaded.catalogue.unwrap_or_else(|| panic!("{told}"))
    });
    &LOADED
}

/// The rules that serve each row.
pub(crate) fn by_row() -> BTreeMap<String, Vec<&'static Rule>> {
    let mut rules: BTreeMap<String, Vec<&Rule>> = BTreeMap::new();
    for rule in &catalogue().rules {
        for row in rule.guide.every() {
            rules.entry(row.to_string()).or_default().push(rule);
        }
    }
    rules
}

/// The facts that decide, as the rule names them; those of what a roll-up sums up.
pub(crate) fn facts(rule: &Rule) -> BTreeSet<FactRef> {
    let severities = rule.severity.iter().filter_map(|(when, _)| when.as_ref());
    let own = rule
        .for_each
        .iter()
        .chain(rule.lets.iter().map(|(_, value)| value));
    let own = own.chain(&rule.when).chain(&rule.expect).chain(severities);
    let mut facts: BTreeSet<FactRef> = own.flat_map(Expression::facts).cloned().collect();
    facts.extend(twin(rule));
    let children = rule.rollup_of.iter().filter_map(|id| catalogue().rule(id));
    facts.extend(children.flat_map(self::facts));
    facts.retain(|fact| !matches!(fact.place, Place::At(Root::Setting | Root::Param)));
    facts
}

/// The collection of the other server that the records meet, if the rule looks at what it finds there.
fn twin(rule: &Rule) -> Option<FactRef> {
    const TWIN: usize = 1;
    let lets = rule.lets.iter().map(|(_, value)| value);
    let mut own = lets.chain(&rule.when).chain(&rule.expect);
    let looks = rule.locals.twin && own.any(|expression| expression.uses_local(TWIN));
    let each = rule.for_each.as_ref()?.as_fact()?;
    let place = match each.place {
        Place::At(root) => Place::At(root.side()?.peer().into()),
        Place::Here => Place::Peer,
        Place::Peer => Place::Here,
    };
    looks.then(|| FactRef {
        place,
        name: each.name.clone(),
    })
}

/// The protocols over which these facts are read; what is made of other facts is read as they are.
pub(crate) fn protocols<'f>(facts: impl IntoIterator<Item = &'f FactRef>) -> BTreeSet<&'static str> {
    let mut queue: Vec<String> = facts.into_iter().map(|fact| fact.name.to_string()).collect();
    let (mut seen, mut protocols) = (BTreeSet::new(), BTreeSet::new());
    while let Some(name) = queue.pop() {
        let fact = catalogue().facts.get(name.as_str());
        let Some(fact) = fact.filter(|_| seen.insert(name.clone())) else {
            continue;
        };
        for probe in &fact.probes {
            match &probe.ask {
                Ask::Derive(entries) => queue.extend(entries.iter().flat_map(made_of)),
                Ask::Setting(_) => {}
                ask => {
                    protocols.insert(ask.protocol());
                }
            }
        }
    }
    protocols
}

/// The names of the facts that an entry is made of.
fn made_of(entry: &Derivation) -> Vec<String> {
    let own = entry.for_each.iter().chain(&entry.when);
    let all = own.chain(entry.gives.expressions());
    all.flat_map(Expression::facts)
        .filter(|fact| !matches!(fact.place, Place::At(Root::Setting | Root::Param)))
        .map(|fact| fact.name.to_string())
        .collect()
}

/// The fixes that the rule offers, or those of what it sums up.
pub(crate) fn fixes(rule: &Rule) -> BTreeSet<&'static str> {
    let own = rule
        .fix
        .iter()
        .filter_map(|used| catalogue().fixes.get(&used.fix));
    let mut fixes: BTreeSet<&str> = own.map(|fix| fix.id.as_ref()).collect();
    let children = rule.rollup_of.iter().filter_map(|id| catalogue().rule(id));
    fixes.extend(children.flat_map(self::fixes));
    fixes
}

/// Whether something mends what the rule finds: `yes`, `guided` where a person is only told how, or `no`.
pub(crate) fn fixable(rule: &Rule) -> &'static str {
    let safeties: Vec<Safety> = fixes(rule)
        .iter()
        .map(|id| catalogue().fixes[*id].safety)
        .collect();
    match safeties.as_slice() {
        [] => "no",
        all if all.iter().all(|safety| *safety == Safety::Guided) => "guided",
        _ => "yes",
    }
}
