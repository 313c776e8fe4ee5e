//! What the shipped fixes send to database servers: done, seen by the facts, and taken back.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use standin::catalogue::Fix;
use standin::collect::{For, Peers, Request};
use standin::diagnostic::SourceMap;
use standin::facts::{FactPath, Facts, Side, to_json};
use standin::pair::Secrets;
use standin::pipeline::{self, Means, Opened};
use standin::plan::{Detail, Doing, Known, Performing, Spec, Which};
use standin::predicate::{Budget, Expression, Locals, Names, Scope, Seen};
use standin::transport::tds::Batch;

use super::changes::Pristine;
use super::*;

/// A pair of the default instances, of which single databases are protected.
struct Lab {
    opened: Opened,
    target: Tds,
}

fn target() -> TdsConfig {
    TdsConfig {
        endpoint: "target.tds".into(),
        server: lab("TARGET"),
        ..config()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test has no caller who knows the time"
)]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

impl Lab {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let servers = ["source", "target"].map(|side| {
            format!(
                "  {side}:\n    tds: {{ ca: {}, credential: {{ user: sa, password: {{ env: STANDIN_LAB_SQL_ADMIN_PASSWORD }} }} }}\n",
                lab("CA")
            )
        });
        let text = format!(
            "pair: lab\npacks: [common, engine-recorded, sql]\nsource: {{ name: SRCMAIL, address: 127.0.0.11, domain: corp.example }}\n\
             target: {{ name: TGTMAIL, address: 127.0.0.12, domain: corp.example }}\nsettings:\n  sql.mode: database\nendpoints:\n{}",
            servers.concat()
        );
        std::fs::write(folder.path().join("pair.yaml"), text).unwrap();
        let opened = pipeline::open(folder.path(), &[], now(), &mut SourceMap::new());
        Self {
            opened: opened.unwrap_or_else(|failure| panic!("{failure}")),
            target: Tds::new(target()),
        }
    }

    /// All that the facts say of SQL Server, and what the pair file says.
    async fn facts(&self) -> Facts {
        let names = self.opened.catalogue.facts.keys();
        let names = names.filter(|name| name.starts_with("sql."));
        let wanted = names.flat_map(|name| Side::BOTH.map(|side| FactPath::new(side, name.clone())));
        let pair = FactPath::new(standin::facts::Root::Pair, "sql.chosen_databases");
        let wanted = standin::collect::needed_for(&self.opened.catalogue, wanted.chain([pair]));
        let means = Means {
            timeout: Duration::from_mins(1),
            clock: &now,
            progress: &standin::collect::Silent,
            cancelled: tokio_util::sync::CancellationToken::new(),
            digests: None,
        };
        let snapshot = pipeline::live_facts(&self.opened, &wanted, means, &mut Secrets::default()).await;
        let mut facts = snapshot.facts;
        for (path, said) in self.opened.said.iter() {
            facts.insert(path.clone(), said.clone());
        }
        facts
    }

    /// What a fix reads for itself.
    async fn read(
        &self,
        known: &Facts,
        fix: &Fix,
        given: &[(Arc<str>, Seen)],
    ) -> Vec<Result<FactValue, Absence>> {
        let pair = &self.opened.pair;
        let endpoints = Side::BOTH.map(|side| pair.tds(side.word()).unwrap().name.clone());
        let peers = Peers::open(pair, &endpoints.into(), &mut Secrets::default());
        let none = std::collections::BTreeSet::new();
        let request = Request {
            catalogue: &self.opened.catalogue,
            pair,
            said: known,
            wanted: &none,
            trusted: &self.opened.trusted,
            timeout: Duration::from_mins(1),
            clock: &now,
            digests: None,
            progress: &standin::collect::Silent,
            cancelled: tokio_util::sync::CancellationToken::new(),
        };
        let of = For {
            fix: &fix.id,
            here: None,
            given,
        };
        let mut read = Vec::new();
        for reading in &fix.read {
            read.push(peers.read_for(&request, reading, of).await);
        }
        read
    }
}

/// A fix, what it is given, and what is so behind it.
struct Case {
    fix: &'static str,
    given: Value,
    then: &'static str,
}

fn case(fix: &'static str, given: Value, then: &'static str) -> Case {
    Case { fix, given, then }
}

fn batch(doing: &Doing) -> Batch {
    let mut batch = Batch::default();
    for (slot, detail) in &doing.details {
        match (slot.as_str(), detail) {
            ("batch", Detail::Text(text)) => batch.text.clone_from(text),
            ("database", Detail::Value(FactValue::Text(name))) => batch.database = Some(name.to_string()),
            (_, Detail::Value(value)) => batch.params.push(value.clone()),
            other => panic!("{other:?}"),
        }
    }
    batch
}

/// Everything that is known of the target, without when its logins were changed.
fn known(facts: &Facts) -> BTreeMap<String, Value> {
    let target = facts
        .iter()
        .filter(|(path, _)| path.root.side() == Some(Side::Target));
    let told = target.map(|(path, seen)| {
        let mut value = seen.value.as_ref().map_or(Value::Null, to_json);
        for entry in value.as_array_mut().into_iter().flatten() {
            if let Some(fields) = entry.get_mut("value").and_then(Value::as_object_mut) {
                fields.remove("modified");
            }
        }
        (path.to_string(), value)
    });
    told.collect()
}

fn holds(lab: &Lab, facts: &Facts, condition: &str) -> bool {
    let names = Names::new(&lab.opened.catalogue.schema);
    let condition = Expression::parse(condition, &names).unwrap_or_else(|why| panic!("{condition}: {why:?}"));
    let scope = Scope { facts, here: None };
    let seen = condition.run(
        &scope,
        &Locals::default(),
        &Budget::default(),
        &std::cell::RefCell::default(),
    );
    seen.is_ok_and(|seen| seen.value == FactValue::Bool(true))
}

async fn run(lab: &Lab, performing: &Performing<'_>, which: Which, known: &Known) {
    let doings = performing.doings(which, known);
    let doings = doings.unwrap_or_else(|held| panic!("{}: {held:?}", performing.fix().id));
    assert!(!doings.is_empty(), "{}: {which:?}", performing.fix().id);
    for doing in doings {
        let batch = batch(&doing);
        let done = lab.target.batch(&batch).await;
        done.unwrap_or_else(|why| panic!("{}: {why:?}: {}", performing.fix().id, batch.text));
    }
}

/// Does a fix, looks, takes it back, and looks again.
async fn there_and_back(lab: &Lab, case: &Case) {
    let facts = lab.facts().await;
    assert!(!holds(lab, &facts, case.then), "{}: it is so before", case.fix);
    let catalogue = &lab.opened.catalogue;
    let fix = &catalogue.fixes[case.fix];
    let given: Vec<Value> = case
        .given
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let inputs = fix.inputs.keys();
            inputs.map(|input| json!({ "value": one[&**input] })).collect()
        })
        .collect();
    let spec = Spec::from_json(
        &json!({ "fix": case.fix, "here": null, "given": given }),
        catalogue,
    )
    .unwrap();
    let performing = Performing::new(catalogue, &facts, &spec).unwrap();
    let places = performing.places().unwrap();
    let was = |facts: &Facts| {
        let each = places
            .iter()
            .map(|places| places.iter().map(|place| place.read(facts)).collect());
        each.collect::<Vec<Vec<_>>>()
    };
    let given = fix
        .inputs
        .keys()
        .cloned()
        .zip(spec.given[0].iter().map(|given| Seen::computed(given.value())));
    let known_then = Known {
        was: was(&facts),
        read: lab.read(&facts, fix, &given.collect::<Vec<_>>()).await,
    };
    run(lab, &performing, Which::Actions, &known_then).await;
    let after = lab.facts().await;
    assert!(holds(lab, &after, case.then), "{}: {:?}", case.fix, was(&after));
    run(lab, &performing, Which::Undo, &known_then).await;
    let back = lab.facts().await;
    for (name, value) in known(&facts) {
        assert_eq!(known(&back)[&name], value, "{}: {name}", case.fix);
    }
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn cases() -> Vec<Case> {
    vec![
        case(
            "sql/set-configuration",
            json!([
                { "server": "TGTMAIL", "name": "max degree of parallelism", "value": 2 },
                { "server": "TGTMAIL", "name": "xp_cmdshell", "value": 1 },
            ]),
            r#"target.sql.configurations["max degree of parallelism"].value == 2 && target.sql.configurations["xp_cmdshell"].value == 1 && target.sql.configurations["show advanced options"].value == 0"#,
        ),
        case(
            "sql/set-default-language",
            json!([{ "language": "Deutsch" }]),
            r#"target.sql.configurations["default language"].value == 1"#,
        ),
        case(
            "sql/set-full-text",
            json!([{ "load_os_resources": 1, "verify_signature": 0 }]),
            "target.sql.full_text_options.load_os_resources == 1 && target.sql.full_text_options.verify_signature == 0",
        ),
        case(
            "sql/set-authentication",
            json!([{ "mode": "windows", "audit": "all" }]),
            r#"target.sql.login_mode == "windows" && target.sql.audit_level == "all""#,
        ),
        case(
            "sql/set-agent-property",
            json!([{ "name": "JobHistoryMaxRows" }]),
            r#"target.sql.agent["JobHistoryMaxRows"].value == "2000""#,
        ),
        case(
            "sql/set-agent-property",
            json!([{ "name": "ServerHost" }]),
            r#"target.sql.agent["ServerHost"].value == "O'Hara""#,
        ),
        case(
            "sql/set-agent-property",
            json!([{ "name": "MonitorAutoStart" }]),
            r#"target.sql.agent["MonitorAutoStart"] == ()"#,
        ),
        case(
            "sql/set-registry-value",
            json!([{ "name": "NumErrorLogs", "value": "12" }]),
            r#"target.sql.registry["NumErrorLogs"].value == "12""#,
        ),
        case(
            "sql/set-registry-value",
            json!([{ "name": "BackupDirectory", "value": "E:\\Backup" }]),
            r#"target.sql.registry["BackupDirectory"].value == "E:\\Backup""#,
        ),
        case(
            "sql/take-offline",
            json!([{ "database": "pay]roll" }]),
            r#"target.sql.databases["pay]roll"].state == "offline""#,
        ),
        case(
            "sql/create-user",
            json!([{ "database": "pay]roll", "user": "o'hara]", "login": "payroll_app" }]),
            r#"target.sql.users[["pay]roll", "o'hara]"]] != ()"#,
        ),
        case(
            "sql/add-role-member",
            json!([{ "database": "pay]roll", "role": "db_datareader", "member": "eve" }]),
            r#"target.sql.user_roles[["pay]roll", "db_datareader", "eve"]] != ()"#,
        ),
        case(
            "sql/create-login",
            json!([{ "login": "new]app" }]),
            r#"target.sql.logins["new]app"].sid == source.sql.logins["new]app"].sid && target.sql.logins["new]app"].disabled"#,
        ),
        case(
            "sql/create-login",
            json!([{ "login": "CORP\\Clerks" }]),
            r#"target.sql.logins["CORP\\Clerks"].type == "windows_group""#,
        ),
        case(
            "sql/alter-login",
            json!([{ "login": "payroll_app", "fields": ["default_language", "policy", "expiration", "disabled"], "password": true }]),
            r#"target.sql.logins["payroll_app"].disabled && target.sql.logins["payroll_app"].default_language == "Deutsch" && not(target.sql.logins["payroll_app"].policy)"#,
        ),
        case(
            "sql/recreate-login",
            json!([{ "login": "o'dd]", "sid": "0x5e1f0000000000000000000000000999", "aside": "o'dd] (0x99)" }]),
            r#"target.sql.logins["o'dd]"].sid == source.sql.logins["o'dd]"].sid && target.sql.logins["o'dd] (0x99)"].disabled
            && target.sql.role_members[["operators", "o'dd]"]] != ()
            && target.sql.login_users[["pay]roll", "o'dd]"]].sid == source.sql.logins["o'dd]"].sid"#,
        ),
        case(
            "sql/rename-login",
            json!([{ "login": "payroll_app", "name": "new name" }]),
            r#"target.sql.logins["new name"] != () && target.sql.logins["payroll_app"] == ()"#,
        ),
        case(
            "sql/create-server-role",
            json!([{ "role": "auditors" }]),
            r#"target.sql.roles["auditors"] != ()"#,
        ),
        case(
            "sql/add-server-role-member",
            json!([{ "role": "operators", "member": "payroll_app" }]),
            r#"target.sql.role_members[["operators", "payroll_app"]] != ()"#,
        ),
        case(
            "sql/set-linked-server",
            json!([{ "server": "ARCHIVE", "fields": ["rpc_out", "query_timeout", "remote_collation", "collation"] }]),
            r#"not(target.sql.linked_servers["ARCHIVE"].rpc_out) && target.sql.linked_servers["ARCHIVE"].query_timeout == 30"#,
        ),
        case(
            "sql/set-remote-server",
            json!([{ "server": "LEGACY", "fields": ["rpc"] }]),
            r#"not(target.sql.remote_servers["LEGACY"].rpc)"#,
        ),
    ]
}

#[tokio::test]
async fn what_the_fixes_send_is_done_and_taken_back() {
    in_lab!(write);
    let _pristine = Pristine;
    let source = |path: &str, value: &str| change(&["source", "set", path, value]);
    let target = |path: &str, value: &str| change(&["target", "set", path, value]);
    source("/registry/SQLServerAgent/JobHistoryMaxRows", "2000");
    source("/registry/SQLServerAgent/ServerHost", "O'Hara");
    change(&["source", "delete", "/registry/SQLServerAgent/MonitorAutoStart"]);
    source(
        "/logins/new]app",
        r#"{"id": 900, "type": "S", "sid": "0x5e1f0000000000000000000000000900", "hash": "0x0200b0000900", "disabled": true, "policy": true}"#,
    );
    source(
        "/logins/CORP\\Clerks",
        r#"{"id": 901, "type": "G", "sid": "0x01050000000000051500000001000000020000000300000070040000"}"#,
    );
    source("/logins/payroll_app/disabled", "true");
    source("/logins/payroll_app/language", "Deutsch");
    source("/logins/payroll_app/database", "master");
    source("/logins/payroll_app/policy", "false");
    source("/logins/payroll_app/expiration", "false");
    source(
        "/roles/auditors",
        r#"{"id": 400, "members": [], "granted": ["VIEW SERVER STATE", "ALTER TRACE"]}"#,
    );
    source("/linked_servers/ARCHIVE/rpc_out", "false");
    source("/linked_servers/ARCHIVE/query_timeout", "30");
    source("/remote_servers/LEGACY/rpc", "false");
    source(
        "/logins/o'dd]",
        r#"{"id": 902, "type": "S", "sid": "0x5e1f0000000000000000000000000902", "hash": "0x0200b0000902"}"#,
    );
    target(
        "/logins/o'dd]",
        r#"{"id": 902, "type": "S", "sid": "0x5e1f0000000000000000000000000999", "hash": "0x0200b0000999", "connects": false,
            "granted": ["VIEW SERVER STATE"], "grantable": ["ALTER TRACE"], "denied": ["VIEW ANY DEFINITION"]}"#,
    );
    target("/roles/operators/members", r#"["o'dd]"]"#);
    let database = r#"{"id": 20, "files": {"pay]roll": {"path": "D:\\Data\\pay]roll.mdf"}}, "users": {"eve": {"type": "S", "sid": "0x5e1f0000000000000000000000000271"}}}"#;
    source("/databases/pay]roll", database);
    target("/databases/pay]roll", database);
    target(
        "/databases/pay]roll/users/o'dd]",
        r#"{"type": "S", "sid": "0x5e1f0000000000000000000000000999"}"#,
    );
    let lab = Lab::new();
    let mut seen = std::collections::BTreeSet::new();
    for case in cases() {
        eprintln!("{}", case.fix);
        there_and_back(&lab, &case).await;
        seen.insert(case.fix);
    }
    let fixes = lab.opened.catalogue.fixes.values();
    let send = fixes.filter(|fix| fix.done().any(|action| action.verb.protocol == "tds"));
    let unseen: Vec<&str> = send
        .map(|fix| &*fix.id)
        .filter(|fix| !seen.contains(fix))
        .collect();
    assert!(unseen.is_empty(), "{unseen:?} are not proved here");
    let unknown = std::fs::read_to_string(super::lab("SQL_UNKNOWN")).unwrap_or_default();
    assert_eq!(unknown, "", "the lab does not know all of it");
}

#[tokio::test]
async fn an_error_tells_whether_anything_may_be_changed() {
    in_lab!(write);
    let _pristine = Pristine;
    let tds = Tds::new(target());
    let batch = |text: &str| Batch {
        text: text.to_owned(),
        ..Batch::default()
    };
    for (text, cause, refused, part) in [
        (
            "ALTER LOGIN [payroll_app] DISABLE; ALTER LOGIN [",
            Cause::Unsupported,
            true,
            "error 102",
        ),
        (
            "ALTER LOGIN [nobody here] DISABLE;",
            Cause::Denied,
            false,
            "error 15151",
        ),
        (
            "ALTER LOGIN [payroll_app] DISABLE; DROP LOGIN [nobody here];",
            Cause::Denied,
            false,
            "error 15151",
        ),
        (
            "EXEC sp_configure N'no such', 1; ALTER LOGIN [nobody] DISABLE;",
            Cause::Unsupported,
            false,
            "error 15123",
        ),
    ] {
        let unwritten = tds.batch(&batch(text)).await.unwrap_err();
        eprintln!("{}", unwritten.why);
        assert_eq!(
            (unwritten.why.cause, unwritten.refused),
            (cause, refused),
            "{text}"
        );
        assert!(unwritten.why.detail.contains(part), "{text}: {}", unwritten.why);
    }
    // the first statement was done, and behind the error of a procedure the second
    let disabled = tds.query(&text("SELECT name FROM sys.server_principals WHERE is_disabled = 1 AND name IN ('payroll_app', 'nobody')")).await;
    assert_eq!(disabled.unwrap().len(), 2);
}

#[tokio::test]
async fn a_batch_that_may_not_be_run_changes_nothing() {
    in_lab!(write);
    let _pristine = Pristine;
    let tds = Tds::new(target());
    let batch = Batch {
        text: "ALTER LOGIN [payroll_app] DISABLE;".to_owned(),
        ..Batch::default()
    };
    let elsewhere = Batch {
        database: Some("no such".to_owned()),
        ..batch.clone()
    };
    let unwritten = tds.batch(&elsewhere).await.unwrap_err();
    assert!(
        unwritten.refused && unwritten.why.detail.contains("911"),
        "{}",
        unwritten.why
    );
    let reader = Tds::new(TdsConfig {
        log_on: password("READER"),
        ..target()
    });
    let unwritten = reader.batch(&batch).await.unwrap_err();
    assert_eq!(unwritten.why.cause, Cause::Denied, "{}", unwritten.why);
    let disabled =
        text("SELECT name FROM sys.server_principals WHERE is_disabled = 1 AND name = 'payroll_app'");
    assert_eq!(tds.query(&disabled).await.unwrap(), []);
}
