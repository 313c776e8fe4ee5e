//! The lock of a pair, and its numbers.

use serde_json::json;
use standin::store::{Holder, Kind, Store, StoreError};

use crate::{at, news, pair, with_each};

#[test]
fn one_run_at_a_time_has_the_lock() {
    with_each(&async |bench| {
        let (mut one, mut other) = (open(bench).await, open(bench).await);
        let (a, b) = (Holder::this("anna@adm1"), Holder::this("bob@adm2"));
        assert_eq!(one.held(&pair("mail")).await.unwrap(), None);
        let lock = one.lock(&pair("mail"), &a, at(0), None).await.unwrap();
        let seq = one
            .append(&lock, &[news(Kind::Began, 1, &json!({}))])
            .await
            .unwrap();
        let told = other.lock(&pair("mail"), &b, at(2), None).await.unwrap_err();
        let StoreError::Held(held) = &told else {
            panic!("{told}")
        };
        assert_eq!(
            (held.fence, &held.holder, held.since, held.heard),
            (1, &a, at(0), at(1))
        );
        assert!(told.to_string().contains("anna@adm1"), "{told}");
        // Other pairs are free.
        let web = other.lock(&pair("web"), &b, at(3), None).await.unwrap();
        assert_eq!((lock.run(), seq, web.run()), (1, 2, 3));
        one.unlock(lock, at(4)).await.unwrap();
        let next = other.lock(&pair("mail"), &b, at(5), None).await.unwrap();
        assert_eq!(next.fence(), 2);
        assert_eq!(one.verify(None).await.unwrap().damage, []);
    });
}

#[test]
fn what_was_taken_over_can_do_nothing_more() {
    with_each(&async |bench| {
        let (mut one, mut other) = (open(bench).await, open(bench).await);
        let (a, b) = (Holder::this("anna@adm1"), Holder::this("bob@adm2"));
        let mail = pair("mail");
        let lost = one.lock(&mail, &a, at(0), None).await.unwrap();
        one.append(&lost, &[news(Kind::Intent, 1, &json!({ "step": 1 }))])
            .await
            .unwrap();
        let held = other.held(&mail).await.unwrap().unwrap();
        let lock = other
            .take_over(&mail, &held, &b, at(2), Some(lost.run()))
            .await
            .unwrap();
        assert_eq!((lock.fence(), lock.run()), (2, lost.run()));
        let late = one
            .append(&lost, &[news(Kind::Result, 3, &json!({ "step": 1 }))])
            .await;
        assert!(matches!(late, Err(StoreError::Stale(1))), "{late:?}");
        assert!(matches!(one.unlock(lost, at(4)).await, Err(StoreError::Stale(1))));
        // Who saw the lock before it changed hands does not get it.
        let again = one.take_over(&mail, &held, &a, at(5), None).await;
        assert!(matches!(again, Err(StoreError::Held(_))), "{again:?}");
        other
            .append(&lock, &[news(Kind::Ended, 6, &json!({}))])
            .await
            .unwrap();
        let kinds: Vec<_> = other
            .entries(lock.run())
            .await
            .unwrap()
            .iter()
            .map(|entry| entry.kind)
            .collect();
        assert_eq!(kinds, [Kind::Locked, Kind::Intent, Kind::Locked, Kind::Ended]);
        other.unlock(lock, at(7)).await.unwrap();
        assert_eq!(other.verify(None).await.unwrap().damage, []);
    });
}

#[test]
fn a_lock_that_is_not_in_force_shows_in_the_journal() {
    with_each(&async |bench| {
        let mut store = open(bench).await;
        let holder = Holder::this("anna@adm1");
        let lock = store.lock(&pair("mail"), &holder, at(0), None).await.unwrap();
        bench.tamper("locks", "UPDATE locks SET holder = ''").await;
        let late = store
            .append(&lock, &[news(Kind::Intent, 0, &json!({ "step": 1 }))])
            .await;
        assert!(matches!(late, Err(StoreError::Stale(1))), "{late:?}");
        // Somebody gives the same number once more.
        bench.tamper("locks", "UPDATE locks SET fence = 0").await;
        store.lock(&pair("mail"), &holder, at(1), None).await.unwrap();
        let damage = store.verify(None).await.unwrap().damage;
        assert_eq!(damage.len(), 1, "{damage:?}");
        assert!(damage[0].what.contains("had been given before"), "{damage:?}");
    });
}

#[test]
fn a_run_is_unfinished_until_its_last_word_is_that_it_ended() {
    with_each(&async |bench| {
        let mut store = open(bench).await;
        let (mail, web, me) = (pair("mail"), pair("web"), Holder::this("anna@adm1"));
        let rows: &[(&[Kind], bool)] = &[
            (&[], false),
            (&[Kind::Note], false),
            (&[Kind::Began], true),
            (&[Kind::Intent, Kind::Result], true),
            (&[Kind::Ended], false),
            // Nothing was taken back yet.
            (&[Kind::Note], false),
            (&[Kind::Intent], true),
            (&[Kind::Undone, Kind::Ended], false),
        ];
        let mut run = None;
        for (kinds, is_unfinished) in rows {
            let lock = store.lock(&mail, &me, at(0), run).await.unwrap();
            run = Some(lock.run());
            for kind in *kinds {
                store.append(&lock, &[news(*kind, 1, &json!({}))]).await.unwrap();
            }
            store.unlock(lock, at(2)).await.unwrap();
            let found = store.unfinished(&mail).await.unwrap();
            assert_eq!(found, run.filter(|_| *is_unfinished), "{kinds:?}");
            assert_eq!(store.unfinished(&web).await.unwrap(), None);
        }
        // Of several the latest; one that is over hides none before it.
        let mut began = Vec::new();
        for ends in [false, false, true] {
            let lock = store.lock(&mail, &me, at(3), None).await.unwrap();
            began.push(lock.run());
            store
                .append(&lock, &[news(Kind::Began, 4, &json!({}))])
                .await
                .unwrap();
            if ends {
                store
                    .append(&lock, &[news(Kind::Ended, 5, &json!({}))])
                    .await
                    .unwrap();
            }
            store.unlock(lock, at(6)).await.unwrap();
        }
        assert_eq!(store.unfinished(&mail).await.unwrap(), Some(began[1]));
    });
}

#[test]
fn a_long_run_is_read_page_by_page() {
    with_each(&async |bench| {
        let mut store = open(bench).await;
        let holder = Holder::this("anna@adm1");
        let lock = store.lock(&pair("mail"), &holder, at(0), None).await.unwrap();
        for number in 0..6 {
            let body = json!({ "number": number });
            store.append(&lock, &[news(Kind::Note, 1, &body)]).await.unwrap();
            // Others write in between.
            crate::fill(&mut store, 1).await;
        }
        let whole = store.entries(lock.run()).await.unwrap();
        assert_eq!(whole.len(), 7);
        let (mut read, mut after) = (Vec::new(), 0);
        loop {
            let page = store.entries_after(lock.run(), after, 3).await.unwrap();
            let Some(last) = page.last() else { break };
            assert!(page.len() <= 3);
            after = last.seq;
            read.extend(page);
        }
        assert_eq!(read, whole);
    });
}

async fn open(bench: &crate::Bench) -> Store {
    Store::open(&bench.place).await.unwrap()
}
