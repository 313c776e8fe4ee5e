use crate::catalogue::{Catalogue, PackFile, PackFiles, load, tests::pack};
use crate::diagnostic::SourceMap;

const FACTS: &str = "
{ fact: own.jobs, about: a, key: item.name, type: { map_of: { name: text, state: text } }, probes: [{ tds: { query: 'SELECT 1' } }] },
{ fact: own.ready, about: a, of: pair, type: bool, probes: [] }";

fn packs(text: &str) -> PackFiles {
    let mut own = pack("own", "owns: [own]", FACTS, "");
    let head = "runbooks:\n  - { runbook: failover, title: a, about: a }\nsteps:\n";
    own.files.push(PackFile::new(
        "runbooks/all.yaml",
        "runbooks/all.yaml",
        format!("{head}{text}"),
    ));
    own
}

fn loaded(steps: &str) -> (Option<Catalogue>, Vec<String>) {
    let mut sources = SourceMap::new();
    let loaded = load(&[packs(steps)], &mut sources);
    let told = loaded.diagnostics.sorted();
    let told = told
        .iter()
        .map(|told| format!("{}: {}", told.code, told.message))
        .collect();
    (loaded.catalogue, told)
}

fn step(name: &str, rest: &str) -> String {
    format!("  - {{ step: own/{name}, of: failover, about: a, would: a, expect: a, on: target, {rest} }}\n")
}

fn told(steps: &[String]) -> Vec<String> {
    loaded(&steps.concat()).1
}

const GATE: &str = "who: somebody, gate: { check: [a] }";
const STOP: &str = "actions: [{ service: { stop: A } }], undo: [{ service: { start: A } }]";

#[test]
fn a_step_says_who_does_it_what_it_changes_and_how_it_is_taken_back() {
    assert_eq!(told(&[step("one", GATE)]), Vec::<String>::new());
    let wrong = [
        step("nothing", "who: somebody"),
        step("nobody", "gate: { check: [a] }"),
        step("silent", STOP),
        step(
            "final",
            "sets: { pair.own.ready: 'true' }, actions: [{ service: { stop: A } }]",
        ),
        step("vain", &format!("fence: true, {GATE}")),
        step(
            "lost",
            &format!("{GATE}, after: [{{ step: own/lots, because: a }}]"),
        ),
        step("elsewhere", GATE).replace("of: failover", "of: failovre"),
    ];
    assert_eq!(
        told(&wrong),
        [
            "missing-key: `own/nothing` does not say what it does, nor what a person does",
            "missing-key: `own/nobody` does not say who decides",
            "missing-key: `own/silent` does not say what it changes, so nothing can be put in order around it",
            "missing-key: `own/final` does not say how it is taken back",
            "vain-fence: `own/vain` keeps a server out, but does nothing",
            "unknown-step: there is no step `own/lots`",
            "unknown-runbook: there is no runbook `failovre`",
        ]
    );
}

#[test]
fn a_need_that_nobody_meets_and_a_circle_are_told_with_names() {
    let needs = "each: { job: target.own.jobs }, needs: { 'target.own.jobs[job.name].state': '\"on\"' }";
    assert_eq!(
        told(&[step("waits", &format!("{needs}, {GATE}"))]),
        [
            "unmet-need: no step of the runbook `failover` sees to what `own/waits` needs: target.own.jobs[job.name].state: \"on\""
        ]
    );
    let before = |other: &str| format!("{GATE}, before: [{{ step: own/{other}, because: a }}]");
    let sets = "sets: { pair.own.ready: 'true' }";
    assert_eq!(
        told(&[
            step("first", &format!("{sets}, {GATE}")),
            step(
                "second",
                &format!("needs: {{ pair.own.ready: 'true' }}, {}", before("third"))
            ),
            step("third", &before("first")),
        ]),
        [
            "step-cycle: these steps of the runbook `failover` wait for each other: `own/first` -> `own/second` -> `own/third`"
        ]
    );
}

#[test]
fn a_step_stands_in_for_another_one() {
    let replaces = format!("replaces: {{ step: own/old, because: a }}, {GATE}");
    let steps = [
        step("old", GATE),
        step("new", &replaces),
        step(
            "next",
            &format!("{GATE}, after: [{{ step: own/old, because: a }}]"),
        ),
    ];
    let (catalogue, told) = loaded(&steps.concat());
    assert_eq!(told, Vec::<String>::new());
    let catalogue = catalogue.unwrap();
    let names: Vec<&str> = catalogue.steps.keys().map(AsRef::as_ref).collect();
    assert_eq!(names, ["own/new", "own/next"]);
    assert_eq!(catalogue.steps["own/next"].doing.after[0].fix.as_ref(), "own/new");
}
