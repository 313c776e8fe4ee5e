//! The journal: what is appended stays, and what was changed shows.

use serde_json::json;
use standin::store::{Damage, Kind, Last, Store, StoreError, digest_of};

use crate::{Bench, fill, news, pair, with_each};

#[test]
fn what_is_recorded_is_told() {
    with_each(&async |bench| {
        let mut store = Store::open(&bench.place).await.unwrap();
        assert_eq!(store.verify(None).await.unwrap().head, None);
        let hostile =
            json!({ "text": "'; DROP TABLE entries; --\u{0}\u{202e}\n\"ä\u{1f600}", "n": [1, null, -0.5] });
        let first = store
            .record(&pair("mail"), news(Kind::Checked, 0, &hostile), None)
            .await
            .unwrap();
        let second = store
            .record(&pair("WEB"), news(Kind::Collected, 5, &json!({})), None)
            .await
            .unwrap();
        assert_eq!((first, second), (1, 2));
        store.close().await;
        let mut store = Store::open_existing(&bench.place).await.unwrap().unwrap();
        let runs = store.runs(None, 20).await.unwrap();
        let told: Vec<_> = runs
            .iter()
            .map(|run| (run.first.run, run.pair.as_str(), run.first.kind))
            .collect();
        assert_eq!(told, [(2, "WEB", Kind::Collected), (1, "mail", Kind::Checked)]);
        assert_eq!(runs[1].first.body, hostile);
        assert_eq!(runs[1].source, "A (192.0.2.1)");
        assert_eq!(store.runs(Some("web"), 20).await.unwrap().len(), 1);
        assert_eq!(store.runs(None, 1).await.unwrap().len(), 1);
        assert_eq!(store.entries(1).await.unwrap()[0].body, hostile);
        assert_eq!(store.entries(3).await.unwrap(), []);
        let verified = store.verify(None).await.unwrap();
        assert_eq!((verified.entries, verified.damage), (2, vec![]));
    });
}

#[test]
fn what_changes_servers_is_not_recorded_without_a_lock() {
    with_each(&async |bench| {
        let mut store = Store::open(&bench.place).await.unwrap();
        for kind in [Kind::Intent, Kind::Began, Kind::Locked, Kind::Note] {
            let refused = store.record(&pair("mail"), news(kind, 0, &json!({})), None).await;
            assert!(matches!(refused, Err(StoreError::Stale(_))), "{refused:?}");
        }
        assert_eq!(store.verify(None).await.unwrap().entries, 0);
    });
}

#[test]
fn the_database_refuses_to_change_what_was_appended() {
    with_each(&async |bench| {
        let mut store = Store::open(&bench.place).await.unwrap();
        fill(&mut store, 3).await;
        store.digest_key(&pair("mail")).await.unwrap();
        store.close().await;
        for sql in [
            "UPDATE entries SET body = '{}' WHERE seq = 2",
            "DELETE FROM entries WHERE seq = 3",
            "UPDATE head SET seq = 2",
            "UPDATE head SET seq = 4",
            "DELETE FROM head",
            "INSERT INTO entries SELECT seq + 1, at, pair, run, fence, kind, body, prev, hash FROM entries WHERE seq = 3",
            "UPDATE digest_keys SET nr = 9",
            "DELETE FROM digest_keys",
        ] {
            assert!(bench.past_the_store(sql).await.is_err(), "{sql}");
        }
        let mut store = Store::open(&bench.place).await.unwrap();
        assert_eq!(store.verify(None).await.unwrap().damage, []);
    });
}

/// What verifying finds after a change behind the store's back.
async fn damaged(bench: &Bench, table: &str, sql: &str) -> Vec<(i64, String)> {
    bench.tamper(table, sql).await;
    let mut store = Store::open(&bench.place).await.unwrap();
    let damage = store.verify(None).await.unwrap().damage;
    damage
        .into_iter()
        .map(|Damage { seq, what }| (seq, what))
        .collect()
}

/// The table that is changed, how, and the first things that verifying tells of it.
type Change = (&'static str, &'static str, &'static [(i64, &'static str)]);

const CHANGES: &[Change] = &[
    (
        "entries",
        "UPDATE entries SET body = '{\"number\":7}' WHERE seq = 3",
        &[(3, "changed")],
    ),
    (
        "entries",
        "UPDATE entries SET at = '2020-01-01T00:00:00Z' WHERE seq = 1",
        &[(1, "changed")],
    ),
    (
        "entries",
        "UPDATE entries SET kind = 'planned' WHERE seq = 3",
        &[(3, "changed")],
    ),
    (
        "entries",
        "DELETE FROM entries WHERE seq = 3",
        &[(4, "entry 3 is missing")],
    ),
    (
        "entries",
        "DELETE FROM entries WHERE seq < 4",
        &[(4, "entries 1 to 3 are missing")],
    ),
    (
        "entries",
        "DELETE FROM entries WHERE seq = 5",
        &[(4, "missing, up to 5")],
    ),
    ("entries", "DELETE FROM entries", &[(0, "missing, up to 5")]),
    (
        "entries",
        "UPDATE entries SET seq = 99 WHERE seq = 2; UPDATE entries SET seq = 2 WHERE seq = 3;
             UPDATE entries SET seq = 3 WHERE seq = 99",
        &[
            (2, "does not follow"),
            (2, "changed"),
            (2, "no run 3"),
            (3, "does not follow"),
        ],
    ),
    (
        "entries",
        "UPDATE entries SET hash = (SELECT hash FROM entries WHERE seq = 1) WHERE seq = 3",
        &[(3, "changed"), (4, "does not follow")],
    ),
    (
        "head",
        "UPDATE head SET seq = 4",
        &[(5, "head of the journal is another")],
    ),
    (
        "head",
        "DELETE FROM head",
        &[(5, "head of the journal is missing")],
    ),
    (
        "snapshots",
        "UPDATE snapshots SET document = 'other'",
        &[(5, "snapshot")],
    ),
];

#[test]
fn every_change_shows() {
    for (table, sql, expected) in CHANGES {
        with_each(&async |bench| {
            let mut store = Store::open(&bench.place).await.unwrap();
            fill(&mut store, 4).await;
            let body = json!({ "snapshot": digest_of("facts") });
            let last = Last {
                selection: "",
                document: "facts",
            };
            store
                .record(&pair("mail"), news(Kind::Checked, 9, &body), Some(last))
                .await
                .unwrap();
            store.close().await;
            let found = damaged(bench, table, sql).await;
            assert!(found.len() >= expected.len(), "{sql}: {found:?}");
            for ((seq, what), (place, words)) in found.iter().zip(*expected) {
                assert!(seq == place && what.contains(words), "{sql}: {found:?}");
            }
        });
    }
}

#[test]
fn a_journal_that_was_written_anew_is_found_by_what_was_noted() {
    with_each(&async |bench| {
        let mut store = Store::open(&bench.place).await.unwrap();
        fill(&mut store, 4).await;
        let (seq, hash) = store.verify(None).await.unwrap().head.unwrap();
        let noted = hash.to_string();
        fill(&mut store, 1).await;
        assert_eq!(store.verify(Some((seq, &noted[..12]))).await.unwrap().damage, []);
        let other = store.verify(Some((seq, "00000000"))).await.unwrap().damage;
        assert_eq!(other.len(), 1, "{other:?}");
        assert_eq!(other[0].seq, seq);
        let missing = store.verify(Some((99, &noted))).await.unwrap().damage;
        assert!(missing[0].what.contains("entry 99"), "{missing:?}");
    });
}

#[test]
fn a_damaged_file_is_told() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let bench = Bench::file();
        std::fs::write(
            bench.path().unwrap(),
            "no database at all, but quite some text ".repeat(50),
        )
        .unwrap();
        let told = Store::open(&bench.place).await.unwrap_err();
        assert!(matches!(told, StoreError::Foreign { .. }), "{told}");

        let bench = Bench::file();
        let mut store = Store::open(&bench.place).await.unwrap();
        fill(&mut store, 50).await;
        store.close().await;
        let path = bench.path().unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes
            .windows(11)
            .rposition(|text| text == b"\"number\":25")
            .unwrap();
        bytes[middle + 10] = b'6';
        std::fs::write(&path, bytes).unwrap();
        let mut store = Store::open(&bench.place).await.unwrap();
        let damage = store.verify(None).await.unwrap().damage;
        assert_eq!(damage.len(), 1, "{damage:?}");
        assert_eq!((damage[0].seq, damage[0].what.as_str()), (26, "it was changed"));
    });
}
