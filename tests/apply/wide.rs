//! Runs with many steps: they wait for their peers, not for us.

use std::time::Duration;

use crate::{Course, Peer, Rig};
use standin::apply::End;

/// Nobody waits for time that passes.
fn virtual_time(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(test);
}

#[test]
fn steps_of_one_wave_are_done_side_by_side_and_share_what_is_read_and_written() {
    virtual_time(async {
        let steps = 2 * 250;
        let rig = Rig::new(Peer::wide(steps / 2));
        rig.delay.set(Duration::from_millis(200));
        assert_eq!(rig.planned().len(), steps);
        for (course, end) in [(Course::Apply, End::Done), (Course::Undo, End::TakenBack)] {
            rig.readings.set(0);
            rig.commits.set(0);
            rig.most.set(0);
            assert_eq!(rig.go(course).await.end(), Some(end));
            // One after the other there would be two of each for a step.
            let (readings, commits) = (rig.readings.get(), rig.commits.get());
            assert!(
                readings < steps / 3 && commits < steps / 3,
                "{readings} {commits}"
            );
            assert!(rig.most.get() > 10, "{}", rig.most.get());
        }
    });
}
