//! What goes well: everything is done, nothing is left to plan, and everything can be taken back.

use serde_json::json;
use standin::apply::{End, Fate};

use crate::rig::run;
use crate::{Course, Outcome, Peer, Rig};

#[test]
fn what_is_done_needs_no_second_plan_and_can_be_taken_back() {
    run(async {
        let rig = Rig::new(Peer::broken());
        let start = rig.target();
        let told: Vec<String> = rig
            .planned()
            .iter()
            .map(|task| format!("{} {}", task.wave, task.would))
            .collect();
        let expected = [
            "0 add ann",
            "0 add bob",
            "0 append e1",
            "0 set grades to 3",
            "0 set grades to 5",
            "0 set the mode of B",
            "0 switch A on",
            "0 switch C on",
            "0 stop the engine for a while",
            "1 append e2",
            "1 set the mode of ann",
            "1 set the mode of bob",
            "1 set the mode of A",
            "1 let copies go to V",
            "2 end what step 9 began: stop the engine for a while",
        ];
        let sorted = |mut told: Vec<String>| {
            told.sort();
            told
        };
        assert_eq!(sorted(told), sorted(expected.map(str::to_owned).to_vec()));
        let done = rig.go(Course::Apply).await;
        assert_eq!(done.end(), Some(End::Done), "{done:?}");
        assert_eq!(rig.planned().len(), 0, "{:?}", rig.planned());
        let undone = rig.go(Course::Undo).await;
        assert_eq!(undone.end(), Some(End::TakenBack), "{undone:?}");
        assert_eq!(rig.target(), start);
        let acts = rig.acts.borrow().len();
        let again = rig.go(Course::Undo).await;
        assert_eq!(again.end(), Some(End::TakenBack), "{again:?}");
        assert_eq!((rig.target(), rig.acts.borrow().len()), (start, acts));
    });
}

#[test]
fn what_is_so_already_is_left_alone() {
    run(async {
        let rig = Rig::new(Peer::broken());
        let tasks = rig.planned();
        rig.peer.borrow_mut().target["jobs"]["A"]["state"] = json!("on");
        let done = rig.go_with(Course::Apply, tasks).await;
        assert_eq!(done.end(), Some(End::Done), "{done:?}");
        let Outcome::Ended(ended) = done else {
            unreachable!()
        };
        for (task, fate) in &ended.steps {
            assert_eq!(
                *fate == Fate::WasSo,
                task.would == "switch A on",
                "{}",
                task.would
            );
        }
        assert_eq!(rig.planned().len(), 0);
        rig.go(Course::Undo).await;
        assert_eq!(rig.target()["jobs"]["A"]["state"], "on", "that was somebody else");
    });
}

#[test]
fn what_cannot_be_taken_back_stays_and_is_told() {
    run(async {
        let mut peer = Peer::broken();
        peer.target["relics"] = json!({ "r1": { "stamp": "monday" } });
        let rig = Rig::new(peer);
        let mut start = rig.target();
        let done = rig.go(Course::Apply).await;
        assert_eq!(done.end(), Some(End::Done), "{done:?}");
        for _ in 0..2 {
            let undone = rig.go(Course::Undo).await;
            assert_eq!(
                (undone.end(), undone.stuck()),
                (Some(End::NeedsPerson), vec!["drop r1".to_owned()])
            );
            start.as_object_mut().unwrap().remove("relics");
            assert_eq!(rig.target(), start);
        }
    });
}

#[test]
fn a_secret_is_taken_back_while_the_run_lasts_and_never_after() {
    run(async {
        let mut peer = Peer::broken();
        peer.source["accounts"] = json!({ "sa": { "secret": "canary-new", "digest": "d:canary-new" } });
        peer.target["accounts"] = json!({ "sa": { "secret": "canary-old", "digest": "d:canary-old" } });
        let rig = Rig::new(peer.clone());
        let start = rig.target();
        let words = [json!("start"), json!("engine")];
        crate::rig::happens_once(&rig, &words, crate::Happens::Refused);
        let back = rig.go(Course::Apply).await;
        assert_eq!(
            (back.end(), rig.target()),
            (Some(End::TakenBack), start.clone()),
            "{back:?}"
        );

        let done = rig.go(Course::Apply).await;
        assert_eq!(done.end(), Some(End::Done), "{done:?}");
        assert_eq!(rig.target()["accounts"], peer.source["accounts"]);
        let undone = rig.go(Course::Undo).await;
        assert_eq!(
            (undone.end(), undone.stuck()),
            (Some(End::NeedsPerson), vec!["copy the secret of sa".to_owned()])
        );
        let mut left = rig.target();
        left["accounts"] = start["accounts"].clone();
        assert_eq!(left, start);
    });
}

#[test]
fn what_every_write_changes_makes_no_plan_stale() {
    run(async {
        let mut peer = Peer::broken();
        peer.target["relics"] = json!({ "r1": { "stamp": "monday" } });
        let rig = Rig::new(peer);
        let tasks = rig.planned();
        rig.peer.borrow_mut().target["relics"]["r1"]["stamp"] = json!("tuesday");
        let done = rig.go_with(Course::Apply, tasks).await;
        assert_eq!(done.end(), Some(End::Done), "{done:?}");
    });
}
