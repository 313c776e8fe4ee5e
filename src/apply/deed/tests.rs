//! Every fix of the packs is filled with hostile values, as it is when it is done: each stands where a harmless one
//! stood, as the value that it is, and around it nothing is different; or it is refused before anything is sent.
//!
//! What is compared is what the transports are told: of a batch its tokens, of names of objects their parts. What they
//! make of it on their way to a server is tested beside them, and in the lab.

mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::*;
use crate::catalogue::{Catalogue, Undo, embedded_packs, load};
use crate::diagnostic::SourceMap;
use crate::facts::Dn;
use crate::transport::host::{Act, RegistryData};
use crate::transport::ldap::Edit;
use world::{Done, World};

/// What no pack and no server says by itself.
const HARMLESS: &str = "qxharmlessxq";
/// So many for each fix, and more until it is done, and taken back, in one of them.
const WORLDS: u64 = 40;
const MOST_WORLDS: u64 = 2000;
/// So many texts in each of them.
const AT_A_TIME: usize = 3;

static HOSTILE: LazyLock<Vec<String>> = LazyLock::new(|| {
    let short = [
        "it's",
        "''; DROP DATABASE pay; --",
        "a]; SHUTDOWN; --[b]]c",
        "\"; & del /q C:\\ | more > x < y ^& \"",
        "a\nGO\r\nb",
        "`$(Remove-Item C:\\)` $env:PATH ${x} @{a=1}",
        "%PATH% %0 !x!",
        "{{ source.name }} {% raw %} {# x #}",
        "CN=a,OU=b+C=d;e<f>=\\2C\\",
        "*)(objectClass=*",
        "..\\..\\Windows\\System32\\x",
        "a/b:c?d*e|f",
        "/* a */ -- b",
        "\u{1}\u{7}\u{1b}[31m\t",
        "\u{202e}gpj.exe\u{2066}\u{200b}\u{feff}",
        "ä’‘“”＇﹐ʼ\u{fe10}\u{1f4a3}\u{e0001}",
        " # lead and trail ",
        "a\0b",
        "-a /b --c",
        "a.b.c.",
    ];
    let long = ["x".repeat(10_000), "'".repeat(129), "]".repeat(128)];
    short.iter().map(ToString::to_string).chain(long).collect()
});

static CATALOGUE: LazyLock<Catalogue> =
    LazyLock::new(|| load(&embedded_packs(), &mut SourceMap::new()).catalogue.unwrap());

/// The characters at which each fix takes a text apart: `capture(text, "([^/]*)$")`.
static PARTED: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let parts = |text: &str| {
        let patterns = text.split("capture(").skip(1);
        let classes =
            patterns.filter_map(|pattern| pattern.lines().next()?.split("[^").nth(1)?.split(']').next());
        classes.collect()
    };
    fixes().map(|(id, text)| (id, parts(&text))).collect()
});

/// The fixes of the packs, and how they are written.
fn fixes() -> impl Iterator<Item = (String, String)> {
    let files = embedded_packs().into_iter().flat_map(|pack| pack.files);
    let files = files.filter(|file| file.path.starts_with("fixes/"));
    files.flat_map(|file| {
        let each = file.text.split("- fix: ").skip(1);
        let each = each.map(|fix| (fix.lines().next().unwrap().to_owned(), fix.to_owned()));
        each.collect::<Vec<_>>()
    })
}

/// Words that are known to a protocol only.
const MEANT: [&str; 2] = ["read-control", "manual"];

/// The words that each fix compares texts with.
static WORDS: LazyLock<BTreeMap<String, Vec<String>>> = LazyLock::new(|| {
    let is_of_words = |text: &str| {
        text.bytes()
            .all(|b| b.is_ascii_alphabetic() || b"_- ".contains(&b))
    };
    let is_word = |text: &&str| !text.is_empty() && text.trim() == *text && is_of_words(text);
    let words = |fix: &str| {
        let quoted = fix.split(['"', '\'']).filter(is_word).map(str::to_owned);
        let all: BTreeSet<String> = quoted.chain(MEANT.map(str::to_owned)).collect();
        all.into_iter().collect()
    };
    fixes().map(|(id, text)| (id, words(&text))).collect()
});

/// What a transport is told, piece by piece: what kind of thing, and the value as the other side understands it.
type Told = Vec<(String, String)>;

fn told(doing: &Doing) -> Result<Told, Unwritten> {
    let deed = Deed::new(doing);
    let mut told = vec![("to".to_owned(), format!("{:?}", doing.at))];
    match doing.protocol {
        "ldap" => {
            let change = ldap::change(deed, &ldap::Schema::default())?;
            let dn = change.dn.parse::<Dn>();
            let dn = dn.map_err(|error| deed.refused(error.to_string()))?;
            told.extend(
                dn.rdns()
                    .iter()
                    .map(|rdn| (rdn.attribute().to_owned(), rdn.value().to_owned())),
            );
            let attributes = match change.edit {
                Edit::Add(attributes) => attributes
                    .into_iter()
                    .map(|one| ("add".to_owned(), one))
                    .collect(),
                Edit::Modify(edits) => edits
                    .into_iter()
                    .map(|(way, one)| (format!("{way:?}"), one))
                    .collect(),
                other => {
                    told.push((format!("{other:?}"), String::new()));
                    Vec::new()
                }
            };
            for (way, attribute) in attributes {
                told.push((way, attribute.name));
                let text = |value: &Vec<u8>| String::from_utf8_lossy(value).into_owned();
                told.extend(
                    attribute
                        .values
                        .iter()
                        .map(|value| ("value".to_owned(), text(value))),
                );
            }
        }
        "dns" => told.push(("dns".to_owned(), format!("{:?}", dns::change(deed)?))),
        "tds" => {
            let batch = tds::batch(deed)?;
            told.extend(tokens(&batch.text));
            told.extend(
                batch
                    .params
                    .iter()
                    .map(|value| (value.kind().to_owned(), value.to_string())),
            );
            told.extend(batch.database.map(|name| ("database".to_owned(), name)));
        }
        "setting" => {
            let set = [deed.text("set")?.to_owned(), deed.value("to")?.to_string()];
            told.extend(set.map(|word| (String::new(), word)));
        }
        _ => told.extend(of_host(host::act(deed, std::path::Path::new("/"))?)),
    }
    Ok(told)
}

fn of_host(act: Act) -> Told {
    let told = |all: Vec<(&str, String)>| {
        all.into_iter()
            .map(|(kind, text)| (kind.to_owned(), text))
            .collect()
    };
    match act {
        Act::Service { name, to } => told(vec![("service", name), ("", format!("{to:?}"))]),
        Act::SetValue { key, name, data, .. } => {
            let data = match data {
                RegistryData::Text(text) | RegistryData::Expandable(text) => text,
                other => format!("{other:?}"),
            };
            told(vec![("key", key), ("name", name), ("data", data)])
        }
        Act::DeleteValue { key, name, .. } => told(vec![("key", key), ("name", name)]),
        Act::Copy { path, from, keep } => told(vec![
            ("path", path),
            ("from", from.display().to_string()),
            ("keep", keep.unwrap_or_default()),
        ]),
        Act::MakeFolder { path } | Act::RemoveFolder { path } => told(vec![("path", path)]),
        Act::Remove { path, restore } => told(vec![("path", path), ("restore", restore.unwrap_or_default())]),
        Act::Shell { command, input } => {
            let mut all = told(vec![("command", format!("{command:?}"))]);
            all.extend(of_json("", &input));
            all
        }
    }
}

/// What a script is given, text by text.
fn of_json(name: &str, value: &serde_json::Value) -> Told {
    use serde_json::Value;
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| of_json(name, value))
            .collect(),
        Value::Array(items) => items.iter().flat_map(|item| of_json(name, item)).collect(),
        Value::String(text) => vec![(name.to_owned(), text.clone())],
        other => vec![(name.to_owned(), other.to_string())],
    }
}

/// The tokens of T-SQL: names, texts and the rest, each as the server understands it.
fn tokens(batch: &str) -> Told {
    let mut tokens = Vec::new();
    let mut rest = batch;
    while let Some(first) = rest.chars().next() {
        let (kind, length) = match first {
            '\'' => ("text", enclosed(rest, '\'')),
            '"' => ("quoted", enclosed(rest, '"')),
            '[' => ("name", enclosed(rest, ']')),
            _ if rest.starts_with("--") => ("comment", rest.find('\n').unwrap_or(rest.len())),
            _ if rest.starts_with("/*") => ("comment", rest.find("*/").map_or(rest.len(), |at| at + 2)),
            c if c.is_alphanumeric() || "_@#$".contains(c) => {
                let is_word = |c: char| c.is_alphanumeric() || "_@#$".contains(c);
                ("word", rest.find(|c| !is_word(c)).unwrap_or(rest.len()))
            }
            c => ("", c.len_utf8()),
        };
        let (token, behind) = rest.split_at(length);
        rest = behind;
        let value = match kind {
            "text" => token[1..token.len() - 1].replace("''", "'"),
            "name" => token[1..token.len() - 1].replace("]]", "]"),
            _ => token.to_owned(),
        };
        if !value.trim().is_empty() || !kind.is_empty() {
            tokens.push((kind.to_owned(), value));
        }
    }
    tokens
}

/// How long a token is that ends with this character, which stands for itself when it is doubled.
fn enclosed(text: &str, end: char) -> usize {
    let mut at = 1;
    loop {
        let found = text[at..].find(end).unwrap_or_else(|| panic!("no end: {text}"));
        at += found + 1;
        if !text[at..].starts_with(end) {
            return at;
        }
        at += 1;
    }
}

/// Whether a piece is the same with the hostile text wherever the harmless one stood.
fn is_with(hostile: &str, harmless: &(String, String), is: &(String, String)) -> bool {
    let filled = |text: &str| text.replace(HARMLESS, hostile);
    let ((kind, text), (is_kind, is_text)) = (harmless, is);
    let as_value = match kind.as_str() {
        // A path of this machine may be written with either slash.
        "from" => filled(text).replace('\\', "/") == *is_text,
        _ => filled(text) == *is_text,
    };
    // A name as a value has its own way to write what could be taken for more.
    let parts = |text: &str| text.parse::<Dn>().ok();
    let as_name = || match (parts(text), parts(is_text)) {
        (Some(name), Some(is)) => {
            let mut both = name.rdns().iter().zip(is.rdns());
            name.rdns().len() == is.rdns().len()
                && both.all(|(a, b)| a.attribute() == b.attribute() && filled(a.value()) == b.value())
        }
        _ => false,
    };
    kind == is_kind && (as_value || (kind == "value" && as_name()))
}

/// What came of the hostile values.
#[derive(Default)]
struct Count {
    values: usize,
    refused: usize,
    wrong: BTreeMap<String, String>,
}

impl Count {
    /// Compares one way of a fix, done with harmless values and with a hostile one; says whether it came about.
    fn compare(&mut self, what: &str, hostile: &str, harmless: &Done, done: &Done) -> bool {
        let (Ok(harmless), Ok(done)) = (harmless, done) else {
            self.refused += usize::from(harmless.is_ok());
            return false;
        };
        let mut any = false;
        for (harmless, done) in harmless.iter().zip(done) {
            let Ok(harmless) = told(harmless) else { continue };
            let Ok(done) = told(done) else {
                self.refused += 1;
                continue;
            };
            (self.values, any) = (self.values + 1, true);
            let mut both = harmless.iter().zip(&done);
            let differs = both.find(|(harmless, is)| !is_with(hostile, harmless, is));
            if differs.is_some() || harmless.len() != done.len() {
                let why = format!(
                    "{hostile:.60?}: {differs:.300?}, {} {}",
                    harmless.len(),
                    done.len()
                );
                self.wrong.insert(what.to_owned(), why);
            }
        }
        if harmless.len() != done.len() {
            let why = format!("{hostile:.60?}: {} actions, {}", harmless.len(), done.len());
            self.wrong.insert(what.to_owned(), why);
        }
        any
    }
}

#[test]
fn a_hostile_value_is_a_value_or_refused_in_every_fix() {
    let mut count = Count::default();
    for fix in CATALOGUE.fixes.values().filter(|fix| !fix.actions.is_empty()) {
        let words = WORDS[fix.id.as_ref()].as_slice();
        let mut seen = [false, !matches!(fix.undo, Some(Undo::Actions(_)))];
        let mut hostile = HOSTILE.iter().cycle();
        for state in 0..MOST_WORLDS {
            if state >= WORLDS && seen == [true; 2] {
                break;
            }
            let world = |text| World { text, words, state };
            let harmless = world(HARMLESS).done(fix);
            let parted = |text: &&String| text.contains(|c| PARTED[&*fix.id].contains(c));
            for hostile in hostile.by_ref().take(AT_A_TIME).filter(|text| !parted(text)) {
                let done = world(hostile).done(fix);
                for (way, (harmless, done)) in harmless.iter().zip(&done).enumerate() {
                    seen[way] |= count.compare(&format!("{} {way}", fix.id), hostile, harmless, done);
                }
            }
        }
        assert_eq!(seen, [true; 2], "{} is never done, or never taken back", fix.id);
    }
    assert!(count.wrong.is_empty(), "{:#?}", count.wrong);
    let told = (count.values, count.refused);
    assert!(told.0 > 3000 && told.1 > 300, "{told:?}");
}
