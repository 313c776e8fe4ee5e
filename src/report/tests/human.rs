//! What an operator sees. Snapshots are read with the eyes of one: `cargo insta review`.

use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::sample::{Sample, facts};
use crate::diagnostic::visible;
use crate::evaluate::{Selection, Summary, judge};
use crate::report::{Look, Origin, human, rule_findings};

fn plain(facts: &Value) -> String {
    human(&Sample::of(facts).report(Origin::Recorded), Look::default())
}

#[test]
fn what_is_wrong_is_told_in_full_and_the_rest_folds() {
    assert_snapshot!("human", plain(&facts()));
}

#[test]
fn nothing_is_folded_when_all_is_wanted() {
    let look = Look {
        verbose: true,
        ..Look::default()
    };
    assert_snapshot!(
        "human_verbose",
        human(&Sample::new().report(Origin::Recorded), look)
    );
}

#[test]
fn an_old_narrow_screen_reads_it_too() {
    let look = Look {
        unicode: false,
        width: 60,
        ..Look::default()
    };
    assert_snapshot!("human_narrow", human(&Sample::new().report(Origin::Live), look));
}

#[test]
fn colours_add_nothing_that_is_not_in_words() {
    let sample = Sample::new();
    let report = sample.report(Origin::Recorded);
    let coloured = human(
        &report,
        Look {
            colour: true,
            ..Look::default()
        },
    );
    assert!(coloured.contains("\u{1b}["));
    assert_eq!(
        anstream::adapter::strip_str(&coloured).to_string(),
        human(&report, Look::default())
    );
}

#[test]
fn a_good_pair_is_a_few_lines() {
    let mut facts = facts();
    facts["pair.depot.clerk"] = json!({ "value": "Dora" });
    facts["source.depot.label"] = json!({ "value": "North" });
    facts["target.depot.server"] = facts["source.depot.server"].clone();
    facts["source.depot.shelves"] = json!({ "value": [] });
    let shown = plain(&facts);
    assert_snapshot!(shown.lines().skip(2).collect::<Vec<_>>().join("\n"));
}

#[test]
fn many_findings_of_one_rule_fold_into_a_table() {
    let mut facts = facts();
    let shelves = |drive: &str| -> Value {
        let shelf = |n: usize| {
            let name = format!("Shelf {n:02}");
            json!({ "key": [name], "value": { "name": name, "path": format!(r"{drive}:\Goods\{n}"), "size": 40 } })
        };
        json!({ "value": (1..=13).map(shelf).collect::<Vec<_>>() })
    };
    facts["source.depot.shelves"] = shelves("E");
    facts["target.depot.shelves"] = shelves("G");
    let shown = plain(&facts);
    let section: Vec<&str> = shown
        .lines()
        .skip_while(|line| !line.contains("Shelves"))
        .collect();
    assert_snapshot!(section[..22].join("\n"));
}

#[test]
fn long_values_are_cut_where_they_are_equal() {
    let mut facts = facts();
    let long = |end: &str| format!("{}{end}", "CN=Store,".repeat(20));
    facts["source.depot.server"]["value"]["version"] = long("DC=north").into();
    facts["target.depot.server"]["value"]["version"] = long("DC=south").into();
    facts["target.depot.server"]["value"]["build"] = 7638.into();
    let shown = plain(&facts);
    for end in [
        "source NORTH  …Store,CN=Store,DC=north",
        "target SOUTH  …Store,CN=Store,DC=south",
    ] {
        assert!(shown.lines().any(|line| line.ends_with(end)), "{shown}");
    }
}

#[test]
fn old_values_have_an_age() {
    let mut facts = facts();
    facts["source.depot.server"]["at"] = "2026-11-22T02:57:55Z".into();
    let sample = Sample::of(&facts);
    let shown = human(&sample.report(Origin::Live), Look::default());
    assert_eq!(shown.matches("    read     10 min ago").count(), 1, "{shown}");
    let mut later = sample.report(Origin::Recorded);
    later.now = "2026-11-25T03:07:55Z".parse().unwrap();
    let shown = human(&later, Look::default());
    assert!(
        shown
            .lines()
            .next()
            .unwrap()
            .ends_with("recorded 2026-11-22 03:07:55 UTC (3 days ago)"),
        "{shown}"
    );
    assert!(
        shown
            .trim_end()
            .ends_with("recorded 2026-11-22 03:07:55 UTC (3 days ago)."),
        "{shown}"
    );
}

#[test]
fn what_waits_for_a_finding_that_was_not_asked_for_is_not_known() {
    let mut sample = Sample::new();
    let only = Selection {
        only: vec!["depot/path-differs".into()],
        skip: Vec::new(),
    };
    let today = jiff::civil::date(2026, 1, 1);
    let facts = sample.snapshot.facts.clone();
    sample.judged = judge(&sample.catalogue, &facts, &only, &sample.pair.waivers, today).unwrap();
    sample
        .judged
        .findings
        .retain(|f| f.subject.to_string().contains("Tar"));
    sample.summary = Summary::of(&sample.judged.findings);
    let shown = human(&sample.report(Origin::Live), Look::default());
    assert_eq!(sample.summary.unknown, 1);
    assert!(
        shown.contains("Would a failover work? Not known: 1 cause of unknowns."),
        "{shown}"
    );
    assert!(
        shown.contains("because of depot/shelf-missing [source/Tar \\/ Pitch] (error), which was not"),
        "{shown}"
    );
}

#[test]
fn the_snapshot_is_spoken_of_when_it_is_odd() {
    let mut sample = Sample::new();
    sample.snapshot.complete = false;
    sample.snapshot.pair = "others".into();
    sample.snapshot.undeclared = ["source.depot.cellar".to_owned()].into();
    let shown = human(&sample.report(Origin::Recorded), Look::default());
    let notes: Vec<&str> = shown
        .lines()
        .skip_while(|line| *line != "Notes")
        .take(6)
        .collect();
    assert_snapshot!(notes.join("\n"));
}

#[test]
fn one_rule_is_told_with_all_it_found() {
    let shown = rule_findings(
        &Sample::new().report(Origin::Live),
        "depot/label-empty",
        Look::default(),
    );
    assert_snapshot!(shown);
}

/// Every place into which a server, a pack or a file could put a text.
fn poisoned(evil: &str) -> Sample {
    let mut facts = facts();
    facts["source.depot.label"]["absent"]["detail"] = evil.into();
    facts["source.depot.label"]["absent"]["root"] = evil.into();
    facts["target.depot.server"]["value"]["version"] = evil.into();
    let shelf = json!({ "key": [evil], "value": { "name": evil, "path": r"E:\Goods", "size": 1 } });
    facts["source.depot.shelves"]["value"]
        .as_array_mut()
        .unwrap()
        .push(shelf);
    let mut sample = Sample::of(&facts);
    for finding in &mut sample.judged.findings {
        finding.message.push_str(evil);
        finding.why = format!("{}{evil}", finding.why).into();
        finding.remedy = format!("{}{evil}", finding.remedy).into();
    }
    sample.pair.name.value.push_str(evil);
    sample.pair.source.name.value.push_str(evil);
    for waiver in &mut sample.pair.waivers {
        waiver.reason.push_str(evil);
        waiver.owner.push_str(evil);
    }
    sample.snapshot.undeclared.insert(evil.to_owned());
    sample.snapshot.pair.push_str(evil);
    sample.catalogue.packs[0].version.push_str(evil);
    sample
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn nothing_reaches_the_screen_raw(text in any::<String>(), verbose in any::<bool>(), width in 0_usize..200) {
        let sample = poisoned(&format!("\u{1b}]8;;x\u{7}\r\u{9b}2J\u{202e}\n{text}"));
        let report = sample.report(Origin::Recorded);
        let look = Look { width, verbose, ..Look::default() };
        let shown = human(&report, look);
        for line in shown.lines() {
            prop_assert_eq!(visible(line), line);
        }
        let coloured = human(&report, Look { colour: true, ..look });
        prop_assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), shown);
        let ascii = human(&report, Look { unicode: false, ..look });
        prop_assert!(ascii.is_ascii());
    }
}
