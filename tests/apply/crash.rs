//! The process dies at every journal entry and around every action, also while it goes on after it died.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::Value;
use standin::apply::End;
use standin::store::Store;

use crate::rig::run;
use crate::{Course, Outcome, Peer, Rig};

/// The world when everything is done.
pub(crate) fn goal() -> Value {
    let mut goal = Value::Null;
    run(async {
        let rig = Rig::new(Peer::broken());
        rig.go(Course::Apply).await;
        goal = rig.target();
    });
    goal
}

/// Goes on without a crash, and looks whether the world is the one that was wanted.
async fn finish(rig: &Rig, course: Course, worlds: (&Value, &Value), told: &str) {
    rig.dies_at(0);
    rig.stops_after.set(0);
    let ended = rig.go(course).await;
    let (start, goal) = worlds;
    // A run that was going back when it died goes on to go back.
    match ended.end() {
        Some(End::Done) if course == Course::Resume => assert_eq!(&rig.target(), goal, "{told}"),
        Some(End::TakenBack) => assert_eq!(&rig.target(), start, "{told}"),
        _ => panic!("{told}: {ended:?}"),
    }
}

#[test]
fn killed_at_any_moment_it_goes_on_or_back() {
    let goal = goal();
    let mut moments = 0;
    for dies in 1.. {
        let mut ended = false;
        for course in [Course::Resume, Course::Undo] {
            run(async {
                let rig = Rig::new(Peer::broken());
                let start = rig.target();
                rig.dies_at(dies);
                let died = rig.go(Course::Apply).await;
                ended |= !matches!(died, Outcome::Crashed);
                let told = format!("died at {dies}, then {course:?}");
                finish(&rig, course, (&start, &goal), &told).await;
                finish(&rig, Course::Undo, (&start, &goal), &told).await;
            });
        }
        if ended {
            moments = dies;
            break;
        }
    }
    assert!(moments > 50, "{moments}");
}

/// Dies again and again, at moments that a seed says, until it comes to an end.
pub(crate) async fn stumbles(rig: &Rig, seed: usize, goal: &Value, sound: bool) {
    let start = rig.target();
    let mut number = seed.wrapping_mul(2_654_435_761) % 1_000_003;
    let mut next = |most: usize| {
        number = (number * 48_271 + 11) % 2_147_483_647;
        number % most
    };
    rig.dies_at(1 + next(70));
    let mut outcome = rig.go(Course::Apply).await;
    let mut told = format!("seed {seed}:");
    for _ in 0..next(6) {
        let course = [Course::Resume, Course::Undo][next(2)];
        let dies = 1 + next(40);
        write!(told, " {course:?} dies at {dies},").unwrap();
        rig.dies_at(dies);
        outcome = rig.go(course).await;
    }
    drop(outcome);
    let course = [Course::Resume, Course::Undo][next(2)];
    finish(rig, course, (&start, goal), &told).await;
    if sound {
        let mut store = Store::open(&rig.place).await.unwrap();
        assert_eq!(store.verify(None).await.unwrap().damage, [], "{told}");
    }
}

#[test]
fn killed_again_and_again_it_still_goes_on_or_back() {
    let goal = goal();
    for seed in 0..200 {
        let rig = Rig::new(Peer::broken());
        run(stumbles(&rig, seed, &goal, seed % 20 == 0));
    }
}

#[test]
fn stopped_between_steps_it_goes_on_or_back() {
    let goal = goal();
    for steps in 1..20 {
        for course in [Course::Resume, Course::Undo] {
            run(async {
                let rig = Rig::new(Peer::broken());
                let start = rig.target();
                rig.delay.set(Duration::from_micros(10));
                rig.stops_after.set(steps);
                let stopped = rig.go(Course::Apply).await;
                let is_over = stopped.end() == Some(End::Done);
                assert!(is_over || stopped.end() == Some(End::Stopped), "{stopped:?}");
                let mut store = Store::open(&rig.place).await.unwrap();
                let unfinished = store.unfinished(&crate::rig::pair()).await.unwrap();
                assert_eq!(unfinished, rig.run.get().filter(|_| !is_over));
                store.close().await;
                *rig.stop.borrow_mut() = tokio_util::sync::CancellationToken::default();
                finish(&rig, course, (&start, &goal), &format!("stopped after {steps}")).await;
            });
        }
    }
}
