//! What only a store on a server has: ways in, rights, several machines.

use std::path::Path;
use std::process::Command;

use serde_json::json;
use sqlx::{Connection as _, PgConnection, Row as _};
use standin::store::{Holder, Kind, Place, Store, StoreError};

use crate::server::{PASSWORD, Server, server};
use crate::{at, fill, news, pair};

fn with_server(test: impl AsyncFnOnce(&'static Server)) {
    let Some(server) = server() else { return };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(test(server));
}

async fn refused(address: &str) -> StoreError {
    let error = Store::open(&Place::server(address).unwrap()).await.unwrap_err();
    let told = format!("{error} {error:?} {}", error.hint());
    assert!(!told.contains("mellow"), "{told}");
    error
}

#[test]
fn only_the_right_server_is_let_see_the_password() {
    with_server(async |server| {
        let base = server.base();
        let right = server.address(&base);
        Store::open(&Place::server(&right).unwrap()).await.unwrap();
        let rows = [
            (right.replace("ca.crt", "other-ca.crt"), "UnknownIssuer"),
            (right.split_once('?').unwrap().0.to_owned(), "UnknownIssuer"),
            (right.replace("@localhost", "@127.0.0.1"), "not valid for name"),
            (format!("{right}&sslmode=disable"), "pg_hba.conf"),
            (right.replace("mellow", "merry"), "password"),
            (right.replace(&base, "nowhere"), "nowhere"),
            (right.replace(&server.port.to_string(), "1"), "refused"),
        ];
        for (address, words) in rows {
            let told = refused(&address).await.to_string();
            assert!(told.contains(words), "{words}: {told}");
        }
    });
}

#[test]
fn whoever_uses_the_store_need_not_own_it() {
    with_server(async |server| {
        let base = server.base();
        let mut owners = Store::open(&server.place(&base)).await.unwrap();
        fill(&mut owners, 1).await;
        let role = format!("op_{base}");
        let grants =
            std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
        let grants = grants.split_once("`GRANT ").unwrap().1.split_once('`').unwrap().0;
        let grants = format!("GRANT {grants}").replace("operators", &role);
        server
            .run(
                &base,
                &format!("CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'; {grants}"),
            )
            .unwrap();
        let address = server.address(&base).replace("//standin:", &format!("//{role}:"));
        let mut store = Store::open(&Place::server(&address).unwrap()).await.unwrap();
        fill(&mut store, 1).await;
        store.digest_key(&pair("mail")).await.unwrap();
        let holder = Holder::this("op@adm1");
        let lock = store.lock(&pair("mail"), &holder, at(0), None).await.unwrap();
        store
            .append(&lock, &[news(Kind::Began, 1, &json!({}))])
            .await
            .unwrap();
        store.unlock(lock, at(2)).await.unwrap();
        let sql = format!("SET ROLE {role}; ALTER TABLE entries DISABLE TRIGGER ALL");
        assert!(server.run(&base, &sql).unwrap_err().contains("owner"));
        let sql = format!("SET ROLE {role}; DELETE FROM entries");
        assert!(server.run(&base, &sql).unwrap_err().contains("permission denied"));
        assert_eq!(owners.verify(None).await.unwrap().damage, []);
    });
}

#[test]
fn a_server_that_goes_away_is_told_and_the_next_time_is_a_new_one() {
    with_server(async |server| {
        let base = server.base();
        let place = server.place(&base);
        let mut store = Store::open(&place).await.unwrap();
        fill(&mut store, 1).await;
        let all = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{base}'");
        server.run("standin", &all).unwrap();
        let told = store
            .record(&pair("mail"), news(Kind::Checked, 0, &json!({})), None)
            .await;
        assert!(matches!(told, Err(StoreError::Unreachable { .. })), "{told:?}");
        let mut store = Store::open(&place).await.unwrap();
        fill(&mut store, 1).await;
        assert_eq!(store.verify(None).await.unwrap().entries, 2);
    });
}

#[test]
fn a_writer_that_holds_the_journal_is_told() {
    with_server(async |server| {
        let base = server.base();
        let mut store = Store::open(&server.place(&base)).await.unwrap();
        let hold = "BEGIN; SELECT * FROM head FOR UPDATE; SELECT pg_sleep(30)";
        let mut holder = server.session(&base).args(["-c", hold]).spawn().unwrap();
        let busy = loop {
            match store
                .record(&pair("mail"), news(Kind::Checked, 0, &json!({})), None)
                .await
            {
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        holder.kill().unwrap();
        holder.wait().unwrap();
        assert!(matches!(busy, StoreError::Busy { .. }), "{busy}");
    });
}

/// The program with a state folder of its own, as on another machine.
fn standin(server: &Server, base: &str, state: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let (address, rest) = server
        .address(base)
        .split_once('@')
        .map(|(_, rest)| ("postgres://standin@", rest.to_owned()))
        .unwrap();
    let done = Command::new(env!("CARGO_BIN_EXE_standin"))
        .env_clear()
        .env("PGPASSWORD", PASSWORD)
        .args(["--state".as_ref(), state.as_os_str()])
        .args(["--store", &format!("{address}{rest}")])
        .args(["--log", "trace"])
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(!text(&done.stderr).contains("mellow"), "{}", text(&done.stderr));
    (done.status.code(), text(&done.stdout), text(&done.stderr))
}

#[test]
fn two_machines_share_history_and_the_last_check() {
    with_server(async |server| {
        let base = server.base();
        let folder = tempfile::tempdir().unwrap();
        let text = "pair: a-b\npacks: [common]\nsource: { name: A, address: 192.0.2.1 }\n\
                    target: { name: B, address: 192.0.2.2 }\nendpoints:\n  directory:\n    \
                    ldap: { server: 127.0.0.1, port: 1, security: starttls }\n    credential: anonymous\n\
                    settings: { dns: { map: [{ source: 192.0.2.1, target: 192.0.2.2 }] } }\n";
        std::fs::write(folder.path().join("pair.yaml"), text).unwrap();
        let pair = folder.path().display().to_string();
        let check = ["check", pair.as_str(), "--only", "directory"];
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        let (code, _, err) = standin(server, &base, &one, &check);
        assert!(code == Some(3) && !err.contains("not kept"), "{err}");
        let (code, _, err) = standin(server, &base, &other, &check);
        assert!(code == Some(3) && err.contains("since the last check"), "{err}");
        let (code, out, err) = standin(server, &base, &other, &["history", "list", "--format", "json"]);
        assert_eq!(code, Some(0), "{err}");
        let list: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(list["runs"].as_array().unwrap().len(), 2);
        let (code, out, err) = standin(server, &base, &other, &["history", "verify"]);
        assert_eq!(code, Some(0), "{out}{err}");
        assert!(
            out.contains(&format!("postgres://standin@localhost:{}/{base}", server.port)),
            "{out}"
        );
        assert!(
            !one.exists() && !other.exists(),
            "nothing is left on the machines"
        );
    });
}

#[test]
fn an_entry_is_on_disk_also_where_the_server_would_not_wait() {
    with_server(async |server| {
        let base = server.base();
        server
            .run(
                "standin",
                &format!("ALTER DATABASE {base} SET synchronous_commit = off"),
            )
            .unwrap();
        let Place::Server(options) = server.place(&base) else {
            unreachable!()
        };
        let mut session = PgConnection::connect_with(&options).await.unwrap();
        let told = sqlx::query("SHOW synchronous_commit")
            .fetch_one(&mut session)
            .await
            .unwrap();
        assert_eq!(told.get::<String, _>(0), "on");
    });
}
