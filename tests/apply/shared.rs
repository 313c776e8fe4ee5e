//! The same over a store on a server.

use standin::apply::End;

use crate::rig::run;
use crate::server::server;
use crate::{Course, Peer, Rig};

#[test]
fn over_a_shared_store_a_run_is_the_same() {
    let Some(server) = server() else { return };
    let goal = crate::crash::goal();
    run(async {
        let rig = Rig::with(Peer::broken(), server.place(&server.base()));
        let start = rig.target();
        for _ in 0..2 {
            assert_eq!(rig.go(Course::Apply).await.end(), Some(End::Done));
            assert_eq!(rig.target(), goal);
            assert_eq!(rig.go(Course::Undo).await.end(), Some(End::TakenBack));
            assert_eq!(rig.target(), start);
        }
        for seed in 0..8 {
            let rig = Rig::with(Peer::broken(), server.place(&server.base()));
            crate::crash::stumbles(&rig, seed, &goal, true).await;
        }
    });
}
