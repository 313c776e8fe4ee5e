//! Names that would be something else where they are not quoted: carried over as they are, or refused before anything is done.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::broken::Broken;
use super::clients::values;
use super::live::bases::{DATABASES, EXCHANGE};
use super::live::{Base, Change, NOTHING, Step};
use super::mended::taken_back;
use super::program::standin;
use super::{dumps, lab};

const LOGINS: &[&str] = &[
    "O'Brien]; DROP LOGIN nobody; --",
    "a\"b`c` $(reboot) %COMSPEC%",
    "first\nGO\nsecond",
    "\u{202e}gnp.nigol",
    "{{ login }} {% for x in y %}",
    "@P1 ]]]' N'",
];

const GROUPS: &[&str] = &[
    "O'Brien \"x\", (z)*; a=b+c <d> #e",
    "$(reboot) %COMSPEC% `x`",
    "\\2C \u{202e}gnp",
    "{{ group }} {% if x %}",
];

/// Longer than any name of a database server.
fn too_long() -> String {
    "x".repeat(129)
}

#[test]
fn logins_of_any_name_are_carried_over() {
    let Some(_lab) = lab() else { return };
    let too_long = too_long();
    let all = LOGINS.iter().copied().chain([too_long.as_str()]).enumerate();
    let steps = all.map(|(number, name)| {
        let way = format!("/logins/{}", name.replace('~', "~0").replace('/', "~1"));
        let login = json!({
            "id": 900 + number, "type": "S",
            "sid": format!("0x5e1f00000000000000000000000009{number:02}"),
            "hash": format!("0x0200a00009{number:02}"),
        });
        let words = ["source".to_owned(), "set".to_owned(), way, login.to_string()];
        Step::Sql(kept(words.map(|word| &*word.leak()).to_vec()))
    });
    mended(&DATABASES, steps.collect(), || {
        let (source, target) = (logins("source"), logins("target"));
        for name in LOGINS {
            for what in ["sid", "hash"] {
                assert_eq!(target[name][what], source[name][what], "{name:?}");
            }
            assert!(target[name]["sid"].is_string(), "{name:?}");
        }
        assert!(target[&too_long].is_null());
        // Whatever was meant to be dropped is there.
        assert!(target["nobody"].is_object());
    });
}

#[test]
fn storage_groups_of_any_name_are_carried_over() {
    let Some(_lab) = lab() else { return };
    let of = |server: &str, name: &str| {
        let mut escaped = String::new();
        for byte in name.bytes() {
            write!(escaped, "\\{byte:02X}").unwrap();
        }
        format!("CN={escaped},CN=InformationStore,{server}")
    };
    let steps = GROUPS.iter().enumerate().map(|(number, name)| {
        let lines = format!(
            "objectClass: msExchStorageGroup\nmsExchESEParamBaseName: E{number:02}\n\
             msExchESEParamLogFilePath: L:\\Exchsrvr\\H{number}\nmsExchESEParamSystemPath: L:\\Exchsrvr\\H{number}\n"
        );
        Step::Add(of("$SOURCE", name).leak(), lines.leak())
    });
    mended(&EXCHANGE, steps.collect(), || {
        for name in GROUPS {
            let cn = |server| values(&of(server, name), "cn");
            assert_eq!(cn("$TARGET"), cn("$SOURCE"), "{name:?}");
        }
    });
}

/// Does this to a pair, mends it, looks, and takes it back.
fn mended(base: &Base, steps: Vec<Step>, look: impl FnOnce()) {
    let change = Change {
        name: "hostile names",
        base: *base,
        steps: kept(steps),
        ..NOTHING
    };
    let pair = Broken::by(base, &[change]);
    let (folder, pair) = (pair.path(), pair.pair());
    let broken = dumps::all();
    let words = ["fix", pair, "--yes", "--confirm", "all", "--format", "json"];
    let told = standin(folder, &words);
    assert!(!told.out.is_empty(), "{}", told.err);
    let run = told.json();
    assert_eq!(run["end"], "done", "{}\n{}", told.out, told.err);
    look();
    taken_back(folder, &[run["run"].to_string()], &broken);
}

fn logins(server: &str) -> Value {
    serde_json::from_str(&dumps::shown(
        "tests/lab/sql/change",
        &[server, "show", "/logins"],
    ))
    .unwrap()
}

/// What a change to the lab is made of lives as long as the test.
fn kept<T>(list: Vec<T>) -> &'static [T] {
    list.leak()
}
