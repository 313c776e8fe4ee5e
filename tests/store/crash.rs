//! Processes are killed at every step; what they were told is kept is there, and the journal is whole.

use std::collections::BTreeMap;
use std::fs;
use std::process::Child;
use std::time::Duration;

use standin::store::{Entry, Holder, Kind, Place, Store, StoreError};

use crate::child::{Crowd, STEPS, Told, address, child};
#[cfg(target_os = "linux")]
use crate::disk::{Left, disk, restored};
use crate::{at, fast_folder, pair, with_each};

/// Whether the store shows exactly what was acknowledged, and perhaps the one entry that was under way.
async fn sound(place: &Place, acknowledged: i64, at_most: i64) -> Vec<Entry> {
    let Some(mut store) = Store::open_existing(place).await.unwrap() else {
        assert_eq!(acknowledged, 0, "the store is gone");
        return Vec::new();
    };
    let verified = store.verify(None).await.unwrap();
    assert_eq!(verified.damage, []);
    assert!(
        (acknowledged..=acknowledged + at_most).contains(&verified.entries),
        "{acknowledged} were acknowledged, {} are there",
        verified.entries
    );
    let mut entries = Vec::new();
    for run in store.runs(None, usize::MAX).await.unwrap().iter().rev() {
        entries.extend(store.entries(run.first.run).await.unwrap());
    }
    store.close().await;
    entries
}

/// Whether a run can be gone on with after its process died.
async fn goes_on(place: &Place) {
    let mut store = Store::open(place).await.unwrap();
    let me = Holder::this("next@here");
    // What a dead process had asked of a server may be done a moment later.
    let lock = loop {
        let taken = match store.held(&pair("mail")).await.unwrap() {
            Some(held) => {
                assert!(held.holder.is_gone(), "{held}");
                store.take_over(&pair("mail"), &held, &me, at(9), None).await
            }
            None => store.lock(&pair("mail"), &me, at(9), None).await,
        };
        match taken {
            Err(StoreError::Held(_)) => {}
            taken => break taken.unwrap(),
        }
    };
    store.unlock(lock, at(9)).await.unwrap();
    assert_eq!(store.verify(None).await.unwrap().damage, []);
    store.close().await;
}

/// Ends a process as a crash would, and gives the last number that it told.
fn kill(mut child: Child, mut told: Told, last: i64) -> i64 {
    child.kill().unwrap();
    child.wait().unwrap();
    let mut last = last;
    while let Some(seq) = told.next() {
        last = seq;
    }
    last
}

#[test]
fn killed_after_every_entry_nothing_is_lost() {
    with_each(&async |bench| {
        let mut before = 0;
        for round in 0..3 * (STEPS.len() + 1) {
            let mut process = child("steps", &address(bench)).spawn().unwrap();
            let mut told = Told::of(&mut process);
            let mut last = before;
            for _ in 0..=round % (STEPS.len() + 1) {
                last = told.next().unwrap();
            }
            // From time to time a little later, amid the next entry.
            std::thread::sleep(Duration::from_micros(300) * u32::try_from(round % 4).unwrap());
            last = kill(process, told, last);
            let entries = sound(&bench.place, last, 1).await;
            let told: Vec<i64> = entries.iter().map(|entry| entry.seq).collect();
            assert_eq!(told, (1..=i64::try_from(told.len()).unwrap()).collect::<Vec<_>>());
            before = *told.last().unwrap();
        }
        goes_on(&bench.place).await;
    });
}

#[test]
fn of_many_that_die_only_one_at_a_time_has_the_lock() {
    with_each(&async |bench| {
        let mut crowd = Crowd::of(3, bench);
        let mut last = 0;
        for round in 0..15 {
            last = crowd.wait(3 + round % 5).max(last);
            crowd.kill();
            crowd.start();
        }
        last = crowd.end().max(last);
        // That every entry was written under the lock in force is what verifying looks for.
        // Each of the last three may have done one thing more than it could tell.
        let entries = sound(&bench.place, last, 3).await;
        let mut fences: BTreeMap<i64, u32> = BTreeMap::new();
        for entry in entries.iter().filter(|entry| entry.kind == Kind::Locked) {
            *fences.entry(entry.fence).or_default() += 1;
        }
        assert!(fences.values().all(|count| *count == 1), "{fences:?}");
        goes_on(&bench.place).await;
    });
}

#[test]
#[cfg(target_os = "linux")]
fn killed_at_every_write_nothing_is_lost_on_a_disk_that_loses_what_was_not_synced() {
    let disk = disk();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut most = 0;
    for dies in 1.. {
        let (folder, image) = (fast_folder(), fast_folder());
        let mut process = child("steps", &folder.path().display().to_string())
            .env("LD_PRELOAD", &disk)
            .env("STANDIN_DISK", folder.path())
            .env("STANDIN_DISK_IMAGE", image.path())
            .env("STANDIN_DISK_DIES", dies.to_string())
            .spawn()
            .unwrap();
        let mut told = Told::of(&mut process);
        let mut last = 0;
        while let Some(seq) = told.next() {
            last = seq;
        }
        let ended = process.wait().unwrap().success();
        for left in [Left::All, Left::Synced, Left::Names] {
            let found = restored(folder.path(), image.path(), left);
            let place = Place::folder(found.path());
            eprintln!("killed at {dies}, {left:?}");
            runtime.block_on(async {
                // The return of the lock is acknowledged by no number.
                sound(&place, last, 1).await;
                goes_on(&place).await;
            });
        }
        if ended {
            most = dies;
            break;
        }
    }
    fs::remove_file(disk).unwrap();
    // As many as there are operations; fewer would mean that they were not seen.
    assert!(most > 100, "{most}");
}

#[test]
fn what_is_broken_off_is_done_or_not_and_never_by_half() {
    with_each(&async |bench| {
        let mut store = Store::open(&bench.place).await.unwrap();
        let mut kept = 0;
        for round in 0..120 {
            let limit = Duration::from_micros(20 * round);
            let body = serde_json::json!({});
            let told = crate::news(Kind::Checked, 0, &body);
            if let Ok(done) = tokio::time::timeout(limit, store.record(&pair("mail"), told, None)).await {
                done.unwrap();
                kept += 1;
            }
        }
        let verified = store.verify(None).await.unwrap();
        assert_eq!(verified.damage, []);
        assert!(
            (kept..=120).contains(&verified.entries),
            "{kept}: {}",
            verified.entries
        );
        crate::fill(&mut store, 1).await;
    });
}
