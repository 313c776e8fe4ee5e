//! Keys, snapshots, versions, and what older versions left.

use std::fs;

use serde_json::json;
use standin::store::{Kind, Last, PairName, Place, StateFolder, Store, StoreError, selection};

use crate::{Bench, fill, news, pair, with_each};

#[test]
fn a_pair_has_one_key() {
    with_each(&async |bench| {
        let mut one = Store::open(&bench.place).await.unwrap();
        let mut other = Store::open(&bench.place).await.unwrap();
        let key = one.digest_key(&pair("mail")).await.unwrap();
        let again = other.digest_key(&pair("mail")).await.unwrap();
        assert_eq!(key.digest(b"secret"), again.digest(b"secret"));
        let another = other.digest_key(&pair("web")).await.unwrap();
        assert_ne!(key.id(), another.id());
    });
}

#[test]
fn the_last_snapshot_of_each_selection_is_kept() {
    with_each(&async |bench| {
        let mut store = Store::open(&bench.place).await.unwrap();
        let dns = selection(&["dns"]);
        for (second, rules, document) in [(0, "", "one"), (1, &dns, "dns"), (2, "", "two")] {
            let last = Some(Last {
                selection: rules,
                document,
            });
            store
                .record(&pair("mail"), news(Kind::Checked, second, &json!({})), last)
                .await
                .unwrap();
        }
        assert_eq!(
            store.last(&pair("mail"), "").await.unwrap().as_deref(),
            Some("two")
        );
        assert_eq!(
            store.last(&pair("mail"), &dns).await.unwrap().as_deref(),
            Some("dns")
        );
        assert_eq!(store.last(&pair("web"), "").await.unwrap(), None);
    });
}

/// The folder of a pair as older versions left it.
fn loose(base: &std::path::Path, pair: &PairName, key: &[u8]) -> StateFolder {
    let folder = StateFolder::of(base, pair);
    fs::create_dir_all(folder.path()).unwrap();
    fs::write(folder.path().join("digest.key"), key).unwrap();
    fs::write(folder.path().join("last.json"), "all").unwrap();
    let dns = format!("last-{}.json", selection(&["dns"]));
    fs::write(folder.path().join(dns), "dns").unwrap();
    fs::write(folder.path().join("partial.json"), "partial").unwrap();
    folder
}

#[test]
fn what_older_versions_kept_is_taken_over_once() {
    with_each(&async |bench| {
        let base = tempfile::tempdir().unwrap();
        let (mail, web) = (pair("mail"), pair("web"));
        let folder = loose(base.path(), &mail, &[7; 32]);
        let mut store = Store::open(&bench.place).await.unwrap();
        store.adopt(&mail, &folder).await.unwrap();
        // RFC 2104 over the old key: what was digested before is digested the same.
        let digest = store.digest_key(&mail).await.unwrap().digest(b"secret");
        assert_eq!(
            &*digest.mac,
            "e8f9acc76498c028a66162edc9e6597a6f5f57c50447c8be0a9d6aaeb3a6bc46"
        );
        assert_eq!(store.last(&mail, "").await.unwrap().as_deref(), Some("all"));
        assert_eq!(
            store.last(&mail, &selection(&["dns"])).await.unwrap().as_deref(),
            Some("dns")
        );
        let left: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .flatten()
            .map(|entry| entry.file_name())
            .collect();
        assert_eq!(
            left.len(),
            if bench.place.is_shared() { 4 } else { 1 },
            "{left:?}"
        );

        // Once more, with other files: what the store has stays, no key is lost.
        let key = store.digest_key(&web).await.unwrap();
        let folder = loose(base.path(), &web, &[8; 32]);
        store.adopt(&web, &folder).await.unwrap();
        store.adopt(&web, &folder).await.unwrap();
        assert_eq!(store.digest_key(&web).await.unwrap().id(), key.id());
        assert_eq!(store.verify(None).await.unwrap().damage, []);

        let folder = loose(base.path(), &web, b"short");
        let told = store.adopt(&web, &folder).await.unwrap_err();
        assert!(told.to_string().contains("32 bytes"), "{told}");
        assert!(
            folder.path().join("digest.key").exists(),
            "it is left where it is"
        );
    });
}

#[test]
fn a_store_of_a_newer_version_is_left_alone() {
    with_each(&async |bench| {
        let mut store = Store::open(&bench.place).await.unwrap();
        fill(&mut store, 1).await;
        store.close().await;
        bench
            .tamper("store_version", "UPDATE store_version SET version = 99")
            .await;
        let told = Store::open(&bench.place).await.unwrap_err();
        assert!(matches!(told, StoreError::Newer { found: 99, .. }), "{told}");
        let told = Store::open_existing(&bench.place).await.unwrap_err();
        assert!(told.to_string().contains("newer"), "{told}");
    });
}

#[test]
fn a_store_is_made_once_by_many() {
    with_each(&async |bench| {
        let opened = (0..8).map(|_| Store::open(&bench.place));
        for store in futures_util::future::join_all(opened).await {
            fill(&mut store.unwrap(), 2).await;
        }
        let mut store = Store::open(&bench.place).await.unwrap();
        let verified = store.verify(None).await.unwrap();
        assert_eq!((verified.entries, verified.damage), (16, vec![]));
    });
}

#[test]
fn there_is_no_store_before_something_is_kept() {
    with_each(&async |bench| {
        assert!(Store::open_existing(&bench.place).await.unwrap().is_none());
        if let Some(path) = bench.path() {
            assert!(!path.exists());
        }
    });
}

#[test]
fn the_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let base = tempfile::tempdir().unwrap();
    let folder = base.path().join("new #? folder");
    let place = Place::folder(&folder);
    runtime.block_on(async {
        let mut store = Store::open(&place).await.unwrap();
        fill(&mut store, 1).await;
    });
    for (path, mode) in [(folder.clone(), 0o700), (folder.join("store.sqlite"), 0o600)] {
        let found = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "{}", path.display());
    }
}

#[test]
fn a_writer_that_does_not_end_is_told() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let bench = Bench::file();
        let mut store = Store::open(&bench.place).await.unwrap();
        let held = bench.hold().await;
        let told = store
            .record(&pair("mail"), news(Kind::Checked, 0, &json!({})), None)
            .await;
        assert!(matches!(told, Err(StoreError::Busy { .. })), "{told:?}");
        drop(held);
        fill(&mut store, 1).await;
    });
}
