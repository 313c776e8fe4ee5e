use std::sync::{Arc, LazyLock};

use proptest::prelude::*;

use super::*;
use crate::catalogue::{PackFile, PackFiles, PackSource, Phase, load};
use crate::diagnostic::{SourceMap, human};
use crate::evaluate::{Judged, Selection, judge};
use crate::facts::{FactPath, FactValue, Observation, Provenance, from_json};
use crate::predicate::Trail;

mod guards;
mod rights;

/// A place that no catalogue declares.
fn site(name: &str, field: Option<&str>) -> Site {
    static NONE: LazyLock<Catalogue> = LazyLock::new(|| catalogue(""));
    let trail = Trail {
        fact: FactPath::new(crate::facts::Root::Target, "own.jobs"),
        key: Some(crate::facts::Key::new([name])),
        field: field.map(Arc::from),
    };
    Site::of(trail, &NONE)
}

fn at(site: &Site, value: Option<&str>) -> Use {
    Use {
        site: site.clone(),
        value: value.map(FactValue::text),
    }
}

fn lasting(needs: Vec<(Use, bool)>, sets: Vec<Use>) -> Task {
    Task {
        needs,
        sets,
        lasts: true,
        ..Task::default()
    }
}

/// The order of tasks as their places behind each other.
fn places(arranged: &Arranged) -> Vec<usize> {
    let mut places = vec![0; arranged.order.len()];
    for (place, task) in arranged.order.iter().enumerate() {
        places[*task] = place;
    }
    places
}

#[test]
fn whoever_changes_a_thing_comes_behind_those_who_need_it() {
    let state = site("a", Some("state"));
    let tasks = [
        lasting(vec![], vec![at(&state, Some("off"))]),
        lasting(vec![(at(&state, Some("on")), true)], vec![]),
        lasting(vec![(at(&state, Some("off")), false)], vec![]),
    ];
    assert_eq!(arrange(&tasks).unwrap().order, [1, 0, 2]);
}

#[test]
fn the_whole_is_made_before_its_parts_and_taken_away_behind_them() {
    let (whole, part) = (site("a", None), site("a", Some("state")));
    let tasks = [
        lasting(vec![], vec![at(&part, Some("on"))]),
        lasting(vec![], vec![at(&whole, None)]),
    ];
    assert_eq!(arrange(&tasks).unwrap().order, [1, 0]);
    let away = Use {
        site: whole,
        value: Some(FactValue::Nothing),
    };
    let tasks = [
        lasting(vec![], vec![away]),
        lasting(vec![], vec![at(&part, Some("on"))]),
    ];
    assert_eq!(arrange(&tasks).unwrap().order, [1, 0]);
}

#[test]
fn two_steps_that_set_one_place_differently_are_named() {
    let state = site("a", Some("state"));
    let set = |value| lasting(vec![], vec![at(&state, value)]);
    let disorder = arrange(&[set(Some("on")), set(Some("on")), set(Some("off"))]).unwrap_err();
    assert_eq!(disorder.conflicts.len(), 1);
    assert_eq!(
        (disorder.conflicts[0].first, disorder.conflicts[0].second),
        (0, 2)
    );
    assert!(arrange(&[set(Some("on")), set(None)]).is_err());
    // What changes something to nobody knows what takes its turn.
    assert_eq!(arrange(&[set(None), set(None)]).unwrap().waves, [0, 1]);
}

#[test]
fn a_cycle_names_its_members_and_their_reasons() {
    let (a, b) = (site("a", Some("state")), site("b", Some("state")));
    let tasks = [
        lasting(vec![(at(&a, Some("on")), false)], vec![at(&b, Some("on"))]),
        lasting(vec![], vec![]),
        lasting(vec![(at(&b, Some("on")), false)], vec![at(&a, Some("on"))]),
    ];
    let disorder = arrange(&tasks).unwrap_err();
    let told: Vec<(usize, String)> = disorder.cycles[0]
        .iter()
        .map(|(task, reason)| (*task, reason.to_string()))
        .collect();
    assert_eq!(
        told,
        [
            (0, "makes that target.own.jobs[b].state is on".to_owned()),
            (2, "makes that target.own.jobs[a].state is on".to_owned()),
        ]
    );
}

#[test]
fn a_later_phase_waits_for_all_of_an_earlier_one() {
    let late = Task {
        phase: Phase::AtFailover,
        ..lasting(vec![], vec![])
    };
    let arranged = arrange(&[late.clone(), lasting(vec![], vec![]), late]).unwrap();
    assert_eq!((arranged.order, arranged.waves), (vec![1, 0, 2], vec![1, 0, 1]));
}

/// What the order of so many tasks costs: the ends of all joints.
fn cost(number: usize) -> usize {
    let shared = site("shared", Some("state"));
    let tasks: Vec<Task> = (0..number)
        .map(|place| match place % 10 {
            0 => lasting(vec![], vec![at(&shared, Some("on"))]),
            _ => lasting(
                vec![(at(&shared, Some("on")), false)],
                vec![at(&site(&place.to_string(), None), None)],
            ),
        })
        .collect();
    let arranged = arrange(&tasks).unwrap();
    assert_eq!(arranged.order.len(), number);
    arranged
        .joints
        .iter()
        .map(|joint| joint.before.len() + joint.after.len())
        .sum()
}

#[test]
fn many_that_need_what_many_make_cost_no_more_than_all_together() {
    let (some, more) = (cost(200), cost(2000));
    assert!(some <= 200 && more <= 2000, "{some} {more}");
}

proptest! {
    #[test]
    fn every_joint_holds_and_waves_go_forward(
        tasks in prop::collection::vec((0_usize..6, prop::option::of(0_usize..6), any::<bool>()), 0..40)
    ) {
        // Places are made in the order of their numbers, so that nothing waits in a circle.
        let sites: Vec<Site> = (0..7).map(|number| site(&number.to_string(), Some("state"))).collect();
        let tasks: Vec<Task> = tasks
            .into_iter()
            .map(|(set, need, is_so)| {
                let needs = need.filter(|need| *need <= set).map(|need| (at(&sites[need], Some("on")), is_so && need == 6));
                lasting(needs.into_iter().collect(), vec![at(&sites[set + 1], Some("on"))])
            })
            .collect();
        let arranged = arrange(&tasks).unwrap();
        let places = places(&arranged);
        for joint in &arranged.joints {
            for before in &joint.before {
                for after in &joint.after {
                    prop_assert!(before == after || places[*before] < places[*after]);
                    prop_assert!(before == after || arranged.waves[*before] < arranged.waves[*after]);
                }
            }
        }
        prop_assert_eq!(arrange(&tasks).unwrap(), arranged);
    }

    #[test]
    fn whatever_is_asked_there_is_an_order_or_a_reason_why_not(
        tasks in prop::collection::vec((
            prop::collection::vec((0_usize..4, 0_usize..3, any::<bool>()), 0..3),
            prop::collection::vec((0_usize..4, 0_usize..3), 0..3),
            any::<bool>(),
        ), 0..14)
    ) {
        let sites = [
            site("a", None),
            site("a", Some("state")),
            site("a", Some("mode")),
            site("b", Some("state")),
        ];
        let value = |number: usize| [Some("on"), Some("off"), None][number];
        let tasks: Vec<Task> = tasks
            .into_iter()
            .map(|(needs, sets, lasts)| Task {
                needs: needs.into_iter().map(|(site, number, is_so)| (at(&sites[site], value(number)), is_so)).collect(),
                sets: sets.into_iter().map(|(site, number)| at(&sites[site], value(number))).collect(),
                lasts,
                ..Task::default()
            })
            .collect();
        match arrange(&tasks) {
            Ok(arranged) => {
                let places = places(&arranged);
                for joint in &arranged.joints {
                    let last = joint.before.iter().map(|task| places[*task]).max();
                    let first = joint.after.iter().filter(|task| !joint.before.contains(task)).map(|task| places[*task]).min();
                    let behind = joint.before.iter().all(|task| !joint.after.contains(task));
                    prop_assert!(!behind || last < first, "{joint:?}");
                }
            }
            Err(disorder) => {
                prop_assert!(!disorder.conflicts.is_empty() || !disorder.cycles.is_empty());
                for cycle in &disorder.cycles {
                    let members: std::collections::BTreeSet<usize> = cycle.iter().map(|(task, _)| *task).collect();
                    prop_assert!(cycle.len() > 1 && members.len() == cycle.len(), "{cycle:?}");
                }
            }
        }
    }
}

const FACTS: &str = r"
  - { fact: own.jobs, about: a, key: item.name, type: { map_of: { name: text, state: text, mode: text } }, probes: [{ tds: { query: a } }] }
  - { fact: own.engine, about: a, type: text, probes: [{ registry: { key: 'HKLM\A', value: B }, value: row.value }] }
";
const RULES: &str = r#"
  - id: own/state
    title: a
    section: a
    for_each: target.own.jobs
    expect: item.state == "on"
    severity: error
    message: a
    why: a
    remedy: a
    fix: { use: own/start, with: { job: item.name } }
  - id: own/mode
    title: a
    section: a
    for_each: target.own.jobs
    expect: item.mode == "x"
    severity: warning
    message: a
    why: a
    remedy: a
    fix: { use: own/set-mode, with: { job: item.name, mode: '"x"' } }
"#;
const FIXES: &str = r#"
  - fix: own/start
    about: a
    inputs: { job: text }
    on: target
    safety: safe
    would: start {{ job }}
    sets: { 'target.own.jobs[job].state': '"on"' }
    actions: [{ tds: { batch: 'EXEC start {{ job | ident }}' } }]
    undo: [{ tds: { batch: 'EXEC stop {{ job | ident }}' } }]
  - fix: own/set-mode
    about: a
    inputs: { job: text, mode: text }
    on: target
    safety: confirm
    would: set the mode of {{ job }}
    needs: { 'target.own.jobs[job].state': '"on"', 'target.own.engine': '"up"' }
    sets: { 'target.own.jobs[job].mode': mode }
    actions: [{ tds: { batch: 'EXEC mode {{ job | ident }}, {{ mode | lit }}' } }]
    no_undo: nobody knows the old one
"#;
const HELPER: &str = r#"
  - fix: own/raise
    about: a
    inputs: {}
    on: target
    safety: safe
    would: raise the engine for a while
    sets: { target.own.engine: '"up"' }
    actions: [{ service: { start: engine } }]
    undo: [{ service: { stop: engine } }]
"#;

fn catalogue(more: &str) -> Catalogue {
    catalogue_with("", more)
}

fn catalogue_with(rules: &str, fixes: &str) -> Catalogue {
    let file = |path: &str, text: String| PackFile::new(path, path, text);
    let own = PackFiles {
        folder: "own".to_owned(),
        origin: PackSource::Embedded,
        files: vec![
            file(
                "pack.yaml",
                "{ name: own, version: '1', about: a, owns: [own] }".to_owned(),
            ),
            file("facts/all.yaml", format!("facts:{FACTS}")),
            file("rules/all.yaml", format!("rules:{RULES}{rules}")),
            file("fixes/all.yaml", format!("fixes:{FIXES}{fixes}")),
        ],
    };
    let mut sources = SourceMap::new();
    let loaded = load(&[own], &mut sources);
    let told = human(&loaded.diagnostics, &sources, false);
    loaded.catalogue.unwrap_or_else(|| panic!("{told}"))
}

/// Facts of the target, and what is found by them.
fn found(catalogue: &Catalogue, jobs: &serde_json::Value, engine: &str) -> (Facts, Judged) {
    let mut facts = Facts::default();
    for (name, value) in [("own.jobs", jobs), ("own.engine", &engine.into())] {
        let path = FactPath::new(crate::facts::Root::Target, name);
        let value = from_json(catalogue.schema.type_at(&path).unwrap(), value).unwrap();
        let provenance = Provenance {
            probe: String::new(),
            server: String::new(),
            at: jiff::Timestamp::UNIX_EPOCH,
            took_ms: 0,
            tried: Vec::new(),
        };
        facts.insert(
            path,
            Observation {
                value: Ok(value),
                provenance,
            },
        );
    }
    let judged = judge(
        catalogue,
        &facts,
        &Selection::default(),
        &[],
        jiff::civil::Date::ZERO,
    )
    .unwrap();
    (facts, judged)
}

/// The steps and what stays, as words.
fn told(plan: &Plan) -> Vec<String> {
    let step = |step: &Step| format!("{} {}", step.wave, step.would);
    let left = |left: &Left| {
        format!("{:?}", left.because)
            .split([' ', '{'])
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    plan.steps
        .iter()
        .map(step)
        .chain(plan.left.iter().map(left))
        .collect()
}

#[test]
fn needs_are_met_by_steps_and_by_helpers_that_are_taken_back() {
    let jobs = serde_json::json!({ "A": { "name": "A", "state": "off", "mode": "y" }, "B": { "name": "B", "state": "on", "mode": "y" } });
    for (helper, engine, expected) in [
        (
            "",
            "up",
            &["0 set the mode of B", "0 start A", "1 set the mode of A"][..],
        ),
        ("", "down", &["0 start A", "Held", "Held"]),
        (
            HELPER,
            "down",
            &[
                "0 start A",
                "0 raise the engine for a while",
                "1 set the mode of A",
                "1 set the mode of B",
                "2 raise the engine for a while",
            ],
        ),
    ] {
        let catalogue = catalogue(helper);
        let (facts, judged) = found(&catalogue, &jobs, engine);
        let basis = Basis {
            catalogue: &catalogue,
            facts: &facts,
            findings: &judged.findings,
        };
        assert_eq!(told(&plan(&basis).unwrap()), expected, "{engine}");
        // The order of the findings says nothing but which one is which.
        let backwards: Vec<Finding> = judged.findings.iter().rev().cloned().collect();
        let turned = plan(&Basis {
            findings: &backwards,
            ..basis
        });
        assert_eq!(told(&turned.unwrap()), expected, "{engine}");
    }
}

#[test]
fn what_it_rests_on_is_what_its_steps_look_at() {
    let catalogue = catalogue("");
    let job = |state: &str, other: &str| serde_json::json!({ "A": { "name": "A", "state": state, "mode": "x" }, "B": { "name": "B", "state": "on", "mode": other } });
    let digest = |jobs: &serde_json::Value| {
        let (facts, judged) = found(&catalogue, jobs, "down");
        let basis = Basis {
            catalogue: &catalogue,
            facts: &facts,
            findings: &judged.findings,
        };
        let plan = plan(&basis).unwrap();
        assert_eq!(plan.steps.len(), 1);
        rests(&basis, &plan)
    };
    let one = digest(&job("off", "x"));
    assert_eq!(
        one.places.keys().map(String::as_str).collect::<Vec<_>>(),
        ["target.own.jobs[A].state"]
    );
    assert_eq!(one, digest(&job("off", "y")));
    assert_ne!(one.digest, digest(&job("paused", "x")).digest);
}

#[test]
fn a_name_that_cannot_be_written_safely_is_no_step() {
    let catalogue = catalogue("");
    let long = "x".repeat(200);
    let jobs = serde_json::json!({ long.as_str(): { "name": long, "state": "off", "mode": "x" }, "a]; DROP --": { "name": "a]; DROP --", "state": "off", "mode": "x" } });
    let (facts, judged) = found(&catalogue, &jobs, "up");
    let plan = plan(&Basis {
        catalogue: &catalogue,
        facts: &facts,
        findings: &judged.findings,
    });
    let plan = plan.unwrap();
    assert!(matches!(
        &plan.left[0].because,
        LeftBecause::Held {
            held: Held::Refused(_),
            ..
        }
    ));
    let Detail::Text(text) = &plan.steps[0].actions[0].details[0].1 else {
        panic!("it is known what is sent");
    };
    assert_eq!(text.trim(), "EXEC start  [a]]; DROP --]");
}
