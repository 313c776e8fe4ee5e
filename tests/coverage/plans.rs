//! Plans for every recorded pair and every small change of one: none is refused, no text of a shipped fix fails to be
//! filled, and the fixes that no plan has are known.

use std::collections::BTreeSet;
use std::fs;

use standin::catalogue::Reach;
use standin::facts::Snapshot;
use standin::pipeline;
use standin::plan::{Held, LeftBecause};

use super::scenario::{HEALTHY, Scenario};
use super::{missing, mutations, shipped};

/// Pairs in which much is wrong.
const BROKEN: [&str; 2] = ["exchange-broken", "sql-broken"];

/// The fixes that are planned for a pair; what cannot be written is a fault of its pack.
fn planned(of: &str, scenario: &Scenario, snapshot: &Snapshot, fixes: &mut BTreeSet<String>) {
    let answer = scenario.judge(snapshot);
    let planned = pipeline::plan(&scenario.opened, snapshot, &answer, snapshot.taken_at);
    let plan = planned.unwrap_or_else(|refused| panic!("{of}: {refused:?}")).plan;
    for left in &plan.left {
        let LeftBecause::Held { fix, held } = &left.because else {
            continue;
        };
        assert!(
            !matches!(held, Held::Refused(_) | Held::Contradiction(_)),
            "{of}: {fix}: {held:?}"
        );
        if let Held::Unknown(why) = held {
            assert_ne!(why.cause.word(), "malformed", "{of}: {fix}: {why}");
        }
    }
    for step in &plan.steps {
        assert!(!step.would.contains("?("), "{of}: {}: {}", step.fix, step.would);
        fixes.insert(step.fix.to_string());
    }
}

#[test]
fn every_fix_is_planned_for_some_pair() {
    let mut fixes = BTreeSet::new();
    for name in BROKEN {
        let mut scenario = Scenario::open(name);
        planned(name, &scenario, &scenario.snapshot, &mut fixes);
        // The helper programs are copied from where the pair file says they are.
        let file = fs::read_to_string(scenario.folder.join("pair.yaml")).unwrap();
        let said = "settings:\n  helper.folder: '\\\\files\\tools'\n";
        scenario.say(&file.replace("settings:\n", said));
        planned(name, &scenario, &scenario.snapshot, &mut fixes);
    }
    for name in HEALTHY {
        mutations::each(name, |mutation, scenario, snapshot| {
            planned(&format!("{name}, {mutation}"), scenario, snapshot, &mut fixes);
        });
    }
    let all = shipped::catalogue().fixes.values();
    let doing = all.filter(|fix| matches!(fix.reach(), Reach::Automatic | Reach::Confirmed));
    let without: BTreeSet<&str> = doing
        .map(|fix| fix.id.as_ref())
        .filter(|id| !fixes.contains(*id))
        .collect();
    missing::only_shrinks("without_plan.txt", &without);
}
