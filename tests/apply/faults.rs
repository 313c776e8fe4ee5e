//! One thing goes wrong: everything is taken back, or exactly what a person has to look at stays.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use standin::apply::{End, Fate};
use standin::store::{Entry, Kind, Store};

use crate::peer::touched;
use crate::rig::{happens, happens_once, run};
use crate::{Course, Happens, Outcome, Peer, Rig};

const FAULTS: &[Happens] = &[
    Happens::Refused,
    Happens::LostBefore,
    Happens::LostAfter,
    Happens::Nothing,
    Happens::Else,
];

/// The actions of a run in which nothing goes wrong.
fn all_acts() -> Vec<Vec<Value>> {
    let mut acts = Vec::new();
    run(async {
        let rig = Rig::new(Peer::broken());
        let done = rig.go(Course::Apply).await;
        assert_eq!(done.end(), Some(End::Done));
        acts = rig.acts.take();
    });
    acts
}

/// Where two worlds differ: paths with both values.
fn differences(a: &Value, b: &Value) -> BTreeMap<Vec<String>, (Value, Value)> {
    fn walk(path: &[String], a: &Value, b: &Value, found: &mut BTreeMap<Vec<String>, (Value, Value)>) {
        if a == b {
            return;
        }
        match (a.as_object(), b.as_object()) {
            (Some(a), Some(b)) => {
                for key in a.keys().chain(b.keys()) {
                    let path: Vec<String> = path.iter().cloned().chain([key.clone()]).collect();
                    let none = Value::Null;
                    walk(
                        &path,
                        a.get(key).unwrap_or(&none),
                        b.get(key).unwrap_or(&none),
                        found,
                    );
                }
            }
            _ => drop(found.insert(path.to_vec(), (a.clone(), b.clone()))),
        }
    }
    let mut found = BTreeMap::new();
    walk(&[], a, b, &mut found);
    found
}

/// Whether this fault can be seen at all: what is not read is not missed.
fn shows(act: &[Value], fault: Happens) -> bool {
    act[1] != "hidden" || !matches!(fault, Happens::Nothing | Happens::Else)
}

/// Whether something stays that is neither what was nor what was to be.
fn leaves_a_third_thing(act: &[Value], fault: Happens) -> bool {
    fault == Happens::Else && act[0] == "SET"
}

#[test]
fn whatever_goes_wrong_once_is_taken_back() {
    for act in all_acts() {
        for fault in FAULTS.iter().filter(|fault| shows(&act, **fault)) {
            run(async {
                let rig = Rig::new(Peer::broken());
                let start = rig.target();
                let happened = happens_once(&rig, &act, *fault);
                let ended = rig.go(Course::Apply).await;
                assert!(happened.get());
                let told = format!("{fault:?} at {act:?}: {ended:?}");
                let left = differences(&start, &rig.target());
                if leaves_a_third_thing(&act, *fault) {
                    assert_eq!(ended.end(), Some(End::NeedsPerson), "{told}");
                    assert_eq!(ended.stuck().len(), 1, "{told}");
                    // What else the same step did stays with it.
                    let of_step = [&touched(&act)[0], "hidden", "vault", "retention", "engine"];
                    let is_of_it = |place: &Vec<String>| of_step.contains(&place[0].as_str());
                    assert!(left.keys().all(is_of_it), "{left:?} {told}");
                    // A second time finds the same.
                    let again = rig.go(Course::Undo).await;
                    assert_eq!((again.end(), again.stuck()), (ended.end(), ended.stuck()));
                    assert_eq!(differences(&start, &rig.target()), left);
                } else {
                    assert_eq!(left, BTreeMap::new(), "{told}");
                    assert_eq!(ended.end(), Some(End::TakenBack), "{told}");
                    let acts = rig.acts.borrow().len();
                    assert_eq!(rig.go(Course::Undo).await.end(), Some(End::TakenBack));
                    assert_eq!(rig.acts.borrow().len(), acts, "{told}");
                }
                // What went wrong once goes well the next time.
                if left.is_empty() {
                    let again = rig.go(Course::Apply).await;
                    assert_eq!(again.end(), Some(End::Done), "{told}");
                }
            });
        }
    }
}

#[test]
fn what_is_to_be_kept_is_kept_and_can_be_taken_back_or_gone_on_with() {
    for act in all_acts() {
        for fault in FAULTS {
            if !shows(&act, *fault) || leaves_a_third_thing(&act, *fault) {
                continue;
            }
            for course in [Course::Resume, Course::Undo] {
                run(async {
                    let rig = Rig::new(Peer::broken());
                    rig.keep.set(true);
                    let start = rig.target();
                    happens_once(&rig, &act, *fault);
                    let ended = rig.go(Course::Apply).await;
                    let told = format!("{fault:?} at {act:?}: {ended:?}");
                    assert_eq!(ended.end(), Some(End::NeedsPerson), "{told}");
                    let Outcome::Ended(over) = &ended else {
                        unreachable!()
                    };
                    let is_bad = |fate: &Fate| matches!(fate, Fate::NotDone(_) | Fate::Stuck(_));
                    assert_eq!(
                        over.steps.iter().filter(|(_, fate)| is_bad(fate)).count(),
                        1,
                        "{told}"
                    );
                    assert!(
                        !over.steps.iter().any(|(_, fate)| *fate == Fate::TakenBack),
                        "{told}"
                    );
                    let held = (0..over.steps.len()).any(|place| over.is_held(place));
                    assert!(held || rig.target()["engine"] == "up", "{told}");
                    let next = rig.go(course).await;
                    if course == Course::Undo {
                        assert_eq!(next.end(), Some(End::TakenBack), "{told} {next:?}");
                        assert_eq!(rig.target(), start, "{told}");
                    } else {
                        assert_eq!(next.end(), Some(End::Done), "{told} {next:?}");
                        assert_eq!(rig.planned().len(), 0, "{told}");
                    }
                });
            }
        }
    }
}

#[test]
fn whatever_goes_wrong_while_it_is_taken_back_is_told_and_taken_back_the_next_time() {
    let mut acts = Vec::new();
    run(async {
        let rig = Rig::new(Peer::broken());
        rig.go(Course::Apply).await;
        rig.acts.take();
        rig.go(Course::Undo).await;
        acts = rig.acts.take();
    });
    for act in acts {
        for fault in FAULTS {
            // What nobody reads is not missed; a third thing is somebody else's.
            if *fault == Happens::Else || (act[1] == "hidden" && *fault == Happens::Nothing) {
                continue;
            }
            run(async {
                let rig = Rig::new(Peer::broken());
                let start = rig.target();
                rig.go(Course::Apply).await;
                happens_once(&rig, &act, *fault);
                let undone = rig.go(Course::Undo).await;
                let told = format!("{fault:?} at {act:?}: {undone:?}");
                match undone.end() {
                    Some(End::TakenBack) => assert_eq!(rig.target(), start, "{told}"),
                    Some(End::NeedsPerson) => assert!(!undone.stuck().is_empty(), "{told}"),
                    _ => panic!("{told}"),
                }
                // The engine is not left down for a step that a person has to look at; he stops it himself.
                let by_hand = undone.stuck() == ["let copies go to V"];
                if by_hand {
                    assert_eq!(rig.target()["engine"], "up", "{told}");
                    assert_eq!(rig.go(Course::Undo).await.end(), Some(End::NeedsPerson));
                    rig.peer.borrow_mut().target["engine"] = json!("down");
                }
                let again = rig.go(Course::Undo).await;
                assert_eq!(again.end(), Some(End::TakenBack), "{told} {again:?}");
                if by_hand {
                    rig.peer.borrow_mut().target["engine"] = json!("up");
                }
                assert_eq!(rig.target(), start, "{told}");
            });
        }
    }
}

/// Somebody else writes to a place.
fn third(rig: &Rig, path: &[String]) {
    let mut peer = rig.peer.borrow_mut();
    let mut place = &mut peer.target;
    for name in path {
        place = &mut place[name];
    }
    *place = match place {
        Value::Array(items) => {
            items.push(json!("third"));
            json!(items)
        }
        Value::Null | Value::Object(_) => json!({ "mode": "third" }),
        _ => json!("third"),
    };
}

#[test]
fn what_somebody_else_changed_since_the_plan_is_not_overwritten() {
    for act in all_acts().iter().filter(|act| act[1] != "hidden") {
        let path = touched(act);
        // What this run makes itself cannot be changed before; an append is one whatever there is.
        if path[0] == "members" && act[0] == "SET" {
            continue;
        }
        run(async {
            let rig = Rig::new(Peer::broken());
            let tasks = rig.planned();
            third(&rig, &path);
            let before = rig.target();
            let ended = rig.go_with(Course::Apply, tasks).await;
            assert_eq!(ended.end(), Some(End::TakenBack), "{act:?} {ended:?}");
            assert_eq!(rig.target(), before, "{act:?}");
        });
    }
}

#[test]
fn what_somebody_else_changed_since_it_was_done_is_not_overwritten() {
    for act in all_acts()
        .iter()
        .filter(|act| act[1] != "hidden" && act[0] != "stop" && act[0] != "start")
    {
        run(async {
            let rig = Rig::new(Peer::broken());
            let start = rig.target();
            assert_eq!(rig.go(Course::Apply).await.end(), Some(End::Done));
            let path = touched(act);
            third(&rig, &path);
            let now = rig.target();
            for _ in 0..2 {
                let undone = rig.go(Course::Undo).await;
                assert_eq!(undone.end(), Some(End::NeedsPerson), "{act:?} {undone:?}");
                let mut at = rig.target();
                let (mut place, mut third) = (&at, &now);
                for name in &path {
                    (place, third) = (&place[name], &third[name]);
                }
                assert_eq!(place, third, "{act:?}");
                // Nothing else stays, but what lies in the same record or step.
                let top = &path[0];
                at[top] = start[top].clone();
                for hidden in ["hidden", "vault", "retention"] {
                    match start.get(hidden) {
                        Some(value) => at[hidden] = value.clone(),
                        None => drop(at.as_object_mut().unwrap().remove(hidden)),
                    }
                }
                if start.get(top).is_none() {
                    at.as_object_mut().unwrap().remove(top);
                }
                assert_eq!(at, start, "{act:?} {undone:?}");
            }
        });
    }
}

#[test]
fn a_lock_that_is_lost_ends_everything() {
    let count = all_acts().len();
    for taken in 0..count {
        run(async {
            let rig = Rig::new(Peer::broken());
            let place = rig.place.clone();
            let mut seen = 0;
            happens(&rig, move |_| {
                seen += 1;
                if seen == taken + 1 {
                    // Another process takes the lock over while this action is under way.
                    let place = place.clone();
                    let other = std::thread::spawn(move || {
                        run(async {
                            let mut store = Store::open(&place).await.unwrap();
                            crate::rig::lock(&mut store, None).await;
                            store.close().await;
                        });
                    });
                    other.join().unwrap();
                }
                Happens::Done
            });
            let ended = rig.go(Course::Apply).await;
            let refused = matches!(ended, Outcome::Refused(standin::store::StoreError::Stale(_)));
            assert!(refused, "{ended:?}");
            // What was announced together is under way together; nothing else is begun.
            let mut store = Store::open(&rig.place).await.unwrap();
            let entries = store.entries(rig.run.get().unwrap()).await.unwrap();
            let is_act = |entry: &&Entry| {
                entry.kind == Kind::Intent || entry.kind == Kind::Result && entry.body["outcome"] == "action"
            };
            let (acts, announced) = (rig.acts.borrow().len(), entries.iter().filter(is_act).count());
            assert_eq!(acts, announced, "{taken}");
            store.close().await;
        });
    }
}
