//! Runs with many steps: they wait for their peers, not for us.

use std::time::Duration;

use standin::apply::End;
use tokio::time::Instant;

use crate::{Course, Peer, Rig};

/// Time passes only when everything waits for it; so what the store takes does not count.
fn virtual_time(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(test);
}

/// What a run with two waves of so many steps took: time of the peers, readings of them, waits for the disk.
async fn cost(steps: usize, delay: Duration) -> [(Duration, usize, usize); 2] {
    let rig = Rig::new(Peer::wide(steps));
    rig.delay.set(delay);
    assert_eq!(rig.planned().len(), 2 * steps);
    let mut costs = Vec::new();
    for (course, end) in [(Course::Apply, End::Done), (Course::Undo, End::TakenBack)] {
        rig.readings.set(0);
        rig.commits.set(0);
        let begins = Instant::now();
        assert_eq!(rig.go(course).await.end(), Some(end));
        costs.push((begins.elapsed(), rig.readings.get(), rig.commits.get()));
    }
    costs.try_into().unwrap()
}

#[test]
fn steps_of_one_wave_are_done_side_by_side_and_share_what_is_read_and_written() {
    virtual_time(async {
        let steps = 2 * 250;
        for (took, readings, commits) in cost(250, Duration::from_millis(200)).await {
            // One after the other each would wait for two readings and an action.
            let alone = Duration::from_millis(600) * steps;
            assert!(took < alone / 6, "{took:?} of {alone:?}");
            let most = usize::try_from(steps).unwrap() / 3;
            assert!(
                readings < most && commits < most,
                "{readings} readings, {commits} commits"
            );
        }
    });
}
