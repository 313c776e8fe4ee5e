//! Which changes to the lab can be made at the same time, so that each brings about its own findings.

use std::collections::BTreeSet;

use super::live::{self, Change, Step};

/// Changes that no program mends, by a part of their names, with the reason.
pub(crate) const LEFT_OUT: &[(&str, &str)] = &[
    (
        "denied",
        "an entry that denies a right was made by people, and only they take it away",
    ),
    (
        "keeps more error logs",
        "the lab's database servers have a registry of their own, and the hosts have another",
    ),
    (
        "a login has another SID",
        "a remote server maps to it, which a new login would not take along",
    ),
    (
        "writes more log-ons down",
        "what the server says of it changes from a restart on",
    ),
    (
        "a login has another password",
        "the old hash is kept nowhere, so that only the run itself could take it back",
    ),
    (
        "lets Windows accounts in only",
        "the change sets what the server says, and not the registry that the fix writes",
    ),
    (
        "agent keeps less history",
        "the change sets what the server says, and not the registry that the fix writes",
    ),
    (
        "a linked server is encrypted on one",
        "it would have to be made anew, and nobody knows the passwords of its logins",
    ),
    (
        "a linked server leads elsewhere",
        "it would have to be made anew, and nobody knows the passwords of its logins",
    ),
    (
        "a remote server leads elsewhere",
        "it would have to be made anew, and people map its logins",
    ),
    (
        "programs of the target are gone",
        "there is no folder left to copy into",
    ),
    (
        "starts with another trace flag",
        "MS-RPC runs no commands, and this fix is one",
    ),
    (
        "connections, monitors and a restore",
        "the lab has no engine that could be told",
    ),
    (
        "mirrors from both compare dates only",
        "the pair file says so, and no server",
    ),
    ("has an older service pack", "a person installs it"),
    ("has no service pack", "a person installs it"),
    ("without its service pack's name", "a person installs it"),
    ("has no full-text search", "a person installs it"),
    ("has no distributor", "a person sets it up"),
    (
        "the target sends to the source",
        "the lab has no engine that could be told",
    ),
    (
        "a foreign monitor watches the source",
        "the lab has no engine that could be told",
    ),
    (
        "not registered",
        "MS-RPC runs no commands, and registering is one",
    ),
    (
        "on its way up",
        "a service that is starting takes no order to stop",
    ),
    (
        "runs as somebody who may do nothing",
        "the account is one of the pair file's own making",
    ),
];

/// The fixable changes to this pair in as few heaps as it takes so that those of one heap go together.
pub(crate) fn heaps(base: &str) -> Vec<Vec<Change>> {
    let mut heaps: Vec<(BTreeSet<String>, Vec<Change>)> = Vec::new();
    let all = live::all().into_iter();
    for change in all.filter(|change| change.base.name == base && is_fixable(change) && !is_left_out(change))
    {
        let marks = marks(&change);
        let fits = |taken: &BTreeSet<String>| marks.iter().all(|mark| !taken.contains(mark));
        match heaps.iter_mut().find(|(taken, _)| fits(taken)) {
            Some((taken, heap)) => {
                taken.extend(marks);
                heap.push(change);
            }
            None => heaps.push((marks.into_iter().collect(), vec![change])),
        }
    }
    heaps.into_iter().map(|(_, heap)| heap).collect()
}

pub(crate) fn is_fixable(change: &Change) -> bool {
    change
        .expect
        .iter()
        .any(|(_, _, outcome)| outcome.ends_with(", fixable"))
}

fn is_left_out(change: &Change) -> bool {
    LEFT_OUT.iter().any(|(words, _)| change.name.contains(words))
}

/// What the change touches and brings about: two with one of these in common are not made together.
fn marks(change: &Change) -> Vec<String> {
    let findings = change
        .expect
        .iter()
        .map(|(rule, subject, _)| format!("{rule} {subject}"));
    let steps = change.steps.iter().map(|step| match step {
        Step::Set(dn, ..) | Step::Add(dn, _) | Step::Delete(dn) | Step::Rename(dn, _) => {
            format!("object {dn}")
        }
        Step::Revoke(_, _, dn) | Step::Ace(_, dn) => format!("list {dn}"),
        Step::Host(words) => format!("host {}", words[..words.len().min(4)].join(" ")),
        Step::Sql(words) => format!("sql {}", words[..words.len().min(3)].join(" ")),
        Step::Update(_) | Step::NoReverseZone | Step::Resolver(_) => "names".to_owned(),
        Step::Stop(peer) => format!("peer {peer}"),
    });
    let edits = change.pair.iter().map(|(from, _)| format!("edit {from}"));
    findings.chain(steps).chain(edits).collect()
}
