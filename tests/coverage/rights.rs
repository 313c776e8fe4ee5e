//! Every right that the guide asks for has its line in the packs: of its Appendix A a right that is needed today, or why
//! nobody needs it; of the servers' own accounts a rule that tells when it is missing. `rules/protocols/RIGHTS.md` is
//! written from them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use serde::Deserialize;
use standin::catalogue::{Ask, FormerRight, NeededRight, Rule};
use standin::facts::Root;
use standin::predicate::{Expression, FactRef, Place};

use crate::shipped::catalogue;

const PAGE: &str = "rules/protocols/RIGHTS.md";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    appendix: Vec<Asking>,
    servers: Vec<OfServers>,
}

/// An item of the guide's Appendix A.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asking {
    item: String,
    #[serde(rename = "for")]
    applications: Vec<String>,
    asked: String,
    today: Today,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Today {
    Same,
    Less,
    Gone,
}

/// Rights of the accounts that carry out a failover.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfServers {
    rows: Vec<String>,
    object: String,
    rights: Vec<String>,
    rule: String,
    param: String,
}

fn asked() -> Asked {
    serde_yaml::from_str(include_str!("rights.yaml")).unwrap()
}

fn needed(item: &str) -> Vec<&'static NeededRight> {
    let rights = catalogue().rights.iter();
    rights
        .filter(|right| right.guide.iter().any(|guide| &**guide == item))
        .collect()
}

fn former(item: &str) -> Vec<&'static FormerRight> {
    let rights = catalogue().former_rights.iter();
    rights.filter(|right| &*right.guide == item).collect()
}

/// The packs with which a pair of this application is checked.
fn packs(application: &str) -> BTreeSet<&str> {
    BTreeSet::from(["common", "engine-carbonite", application])
}

#[test]
fn every_item_of_the_appendix_has_its_line() {
    let asked = asked();
    let items: Vec<&str> = asked.appendix.iter().map(|item| item.item.as_str()).collect();
    assert_eq!(items, (1..=8).map(|n| format!("A-{n}")).collect::<Vec<_>>());
    for Asking {
        item,
        applications,
        today,
        ..
    } in &asked.appendix
    {
        let (needed, former) = (needed(item), former(item));
        match today {
            Today::Gone => assert!(needed.is_empty() && former.len() == 1, "{item} is gone"),
            Today::Same | Today::Less => assert!(former.is_empty(), "{item} is not gone"),
        }
        for application in applications {
            let packs = packs(application);
            let mut lines = needed
                .iter()
                .map(|right| &right.pack)
                .chain(former.iter().map(|right| &right.pack));
            assert!(
                lines.any(|pack| packs.contains(&**pack)),
                "{item} has no line for {application}"
            );
        }
        let same = needed.iter().any(|right| right.grant.contains("Administrators"));
        assert!(*today != Today::Same || same, "{item}: nothing asks for the same");
    }
    let named = catalogue().rights.iter().flat_map(|right| &right.guide);
    for item in named.chain(catalogue().former_rights.iter().map(|right| &right.guide)) {
        assert!(items.contains(&&**item), "{item} is no item of the appendix");
    }
}

#[test]
fn every_right_of_the_servers_has_its_rule() {
    for OfServers {
        rows,
        rights,
        rule,
        param,
        ..
    } in asked().servers
    {
        let found = catalogue()
            .rule(&rule)
            .unwrap_or_else(|| panic!("there is no rule {rule}"));
        let known: Vec<String> = found.guide.every().iter().map(ToString::to_string).collect();
        assert!(
            rows.iter().all(|row| known.contains(row)),
            "{rule}: {rows:?} and {known:?}"
        );
        let default = catalogue().params[param.as_str()].default.as_ref();
        let words: Vec<String> = default
            .unwrap()
            .items()
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(words, rights, "{param}");
        assert!(looks_at(found, &param), "{rule} does not look at {param}");
    }
}

/// Whether the rule reads the parameter, itself or by way of a fact that is made of it.
fn looks_at(rule: &Rule, param: &str) -> bool {
    let is_it = |fact: &&FactRef| fact.place == Place::At(Root::Param) && &*fact.name == param;
    let lets = rule.lets.iter().map(|(_, value)| value);
    let facts: Vec<&FactRef> = lets.chain(&rule.for_each).flat_map(Expression::facts).collect();
    let probes = facts.iter().filter_map(|fact| catalogue().facts.get(&fact.name));
    let made_of = probes
        .flat_map(|fact| &fact.probes)
        .filter_map(|probe| match &probe.ask {
            Ask::Derive(entries) => Some(entries.iter().flat_map(|entry| entry.gives.expressions())),
            _ => None,
        });
    let mut made_of = made_of.flatten().flat_map(Expression::facts);
    facts.iter().any(is_it) || made_of.any(|fact| is_it(&fact))
}

#[test]
fn the_page_of_rights_is_what_the_packs_say() {
    let wanted = page(&asked());
    if fs::read_to_string(PAGE).is_ok_and(|found| found == wanted) {
        return;
    }
    assert!(
        crate::is_update(),
        "{PAGE} is not what the packs say: STANDIN_UPDATE=1 cargo test --test coverage"
    );
    fs::write(PAGE, wanted).unwrap();
}

fn page(asked: &Asked) -> String {
    let mut text = String::from(
        "# Rights: what the guide asks for, and what is needed today\n\n\
         Written by `STANDIN_UPDATE=1 cargo test --test coverage` from `rules/*/rights.yaml` and `tests/coverage/rights.yaml`. What a pair of\n\
         yours needs, for which endpoint and which facts, says `standin rights PAIR --offline`.\n\n\
         ## The account of a check\n\n\
         The guide of 2006 lists eight rights for whoever works with its manager. A check reads and needs less; who carries out a failover\n\
         needs more than is listed here.\n\n\
         | item | for | asked in 2006 | today |\n|---|---|---|---|\n",
    );
    for item in &asked.appendix {
        let mut today: Vec<String> = former(&item.item)
            .iter()
            .map(|right| format!("nobody needs it. {}", right.now))
            .collect();
        today.extend(
            needed(&item.item)
                .iter()
                .map(|right| format!("**{}.** {}", right.about, right.grant)),
        );
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            item.item,
            item.applications.join(", "),
            item.asked,
            today.join("<br>").replace('|', "\\|")
        );
    }
    text += "\n## Beside the guide\n\n| right | how to grant it |\n|---|---|\n";
    for right in catalogue().rights.iter().filter(|right| right.guide.is_empty()) {
        let word = if right.optional { " (better left out)" } else { "" };
        let _ = writeln!(
            text,
            "| {}{word} | {} |",
            right.about,
            right.grant.replace('|', "\\|")
        );
    }
    text += "\n## The servers' own accounts\n\n\
        A failover is carried out by the engine on the servers: as the computer, where it runs as LocalSystem, or as its own account. Whether that\n\
        account, with all its groups, has these rights is judged by rules.\n\n\
        | object | rights | rows | rule |\n|---|---|---|---|\n";
    for OfServers {
        rows,
        object,
        rights,
        rule,
        ..
    } in &asked.servers
    {
        let _ = writeln!(
            text,
            "| {object} | {} | {} | `{rule}` |",
            rights.join(", "),
            rows.join(", ")
        );
    }
    text
}
