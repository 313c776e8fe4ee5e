//! Collecting with what needs no server: settings, other facts, closed ports.

use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::catalogue::{PackFile, PackFiles, PackSource, bind, load};
use crate::diagnostic::{Diagnostics, SourceMap, human};
use crate::facts::to_json;

const SETTINGS: &str = "
settings:
  boxes: { type: { list_of: { record: { name: text, size: int } } }, default: [], about: x }
  port: { type: int, default: 9, about: x }
  on: { type: bool, default: true, about: x }
  said: { type: text, about: x }
";

struct Collected {
    snapshot: Snapshot,
    order: Vec<String>,
}

impl Collected {
    /// The value as JSON, or `cause@root`.
    fn get(&self, fact: &str) -> Value {
        match self.snapshot.facts.get(&fact.parse().unwrap()) {
            Ok(value) => to_json(value),
            Err(why) => json!(format!("{}@{}", why.cause, why.root)),
        }
    }
}

/// Writes down in which order facts were read.
#[derive(Default)]
struct Told(Mutex<Vec<String>>);

impl Progress for Told {
    fn started(&self, _: usize) {}
    fn read(&self, fact: &FactPath, _: Option<&Absence>) {
        self.0.lock().unwrap().push(fact.to_string());
    }
    fn finished(&self) {}
}

fn collected(facts: &str, settings: &str) -> Collected {
    collect_with(
        facts,
        settings,
        Duration::from_secs(30),
        &CancellationToken::new(),
    )
}

fn catalogue(facts: &str) -> Catalogue {
    let file = |path: &str, text: &str| PackFile::new(path, path, text);
    let pack = PackFiles {
        folder: "t".into(),
        origin: PackSource::Folder("packs/t".into()),
        files: vec![
            file("pack.yaml", "{ name: t, version: '1', about: x, owns: [t] }"),
            file("settings.yaml", SETTINGS),
            file("facts/f.yaml", &format!("facts:\n{facts}")),
        ],
    };
    let mut sources = SourceMap::new();
    let loaded = load(&[pack], &mut sources);
    let told = || human(&loaded.diagnostics, &sources, false);
    loaded.catalogue.unwrap_or_else(|| panic!("{}", told()))
}

fn collect_with(facts: &str, settings: &str, timeout: Duration, cancelled: &CancellationToken) -> Collected {
    let catalogue = catalogue(facts);
    let mut sources = SourceMap::new();
    let text = format!(
        "pair: p\npacks: [t]\nsource: {{ name: A, address: 127.0.0.1 }}\ntarget: {{ name: B, address: 127.0.0.2 }}\n\
         settings: {settings}\n"
    );
    let id = sources.add("pair.yaml", text);
    let mut sink = Diagnostics::new();
    let pair = Pair::parse(id, std::path::Path::new(""), &sources, &mut sink).unwrap();
    let now = Timestamp::UNIX_EPOCH;
    let said = bind(&catalogue, &pair, now, &mut sink);
    assert!(!sink.has_errors(), "{}", human(&sink, &sources, false));
    let wanted: BTreeSet<FactPath> = catalogue
        .facts
        .values()
        .flat_map(|fact| {
            fact.roots()
                .iter()
                .map(|root| FactPath::new(*root, fact.name.clone()))
        })
        .collect();
    let order = Told::default();
    let request = Request {
        digests: Some(Digests {
            key: "test",
            make: &|secret| Digest {
                key: "test".into(),
                mac: format!("of {} bytes", secret.len()).into(),
            },
        }),
        catalogue: &catalogue,
        pair: &pair,
        said: &said,
        wanted: &wanted,
        trusted: &BTreeSet::new(),
        timeout,
        clock: &|| now,
        progress: &order,
        cancelled: cancelled.clone(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let snapshot = runtime.block_on(collect(&request, &mut Secrets::default()));
    Collected {
        snapshot,
        order: order.0.into_inner().unwrap(),
    }
}

const BOXES: &str = "
  - fact: t.boxes
    of: pair
    type: { map_of: { name: text, size: int } }
    about: x
    key: item.name
    probes: [ { derive: [ { for_each: setting.boxes, fields: { name: item.name, size: item.size } } ] } ]
";

#[test]
fn facts_are_read_after_what_they_mention() {
    let facts = "
  - { fact: t.a, of: pair, type: int, about: x, probes: [ { derive: [ { value: pair.t.b + 1 } ] } ] }
  - { fact: t.b, of: pair, type: int, about: x, probes: [ { derive: [ { value: pair.t.c + 1 } ] } ] }
  - { fact: t.c, of: pair, type: int, about: x, probes: [ { setting: port } ] }";
    let collected = collected(facts, "{ port: 7 }");
    assert_eq!(collected.get("pair.t.a"), json!(9));
    assert_eq!(collected.order, ["pair.t.c", "pair.t.b", "pair.t.a"]);
}

#[test]
fn what_the_longest_chain_rests_on_is_read_first() {
    let settings = "{ boxes: [ { name: A, size: 1 } ] }";
    let local = |name: &str, when: &str| {
        format!(
            "\n  - {{ fact: t.{name}, of: pair, type: {{ set_of: ip }}, about: x, probes: [ {{ {when} local: {{ resolve: 127.0.0.1 }}, value: row.address }} ] }}"
        )
    };
    let facts = [
        local("a", ""),
        local("b", "when: 'pair.t.z != []',"),
        local("c", "when: 'pair.t.z != []',"),
        local("d", "when: 'pair.t.c != []',"),
        local("z", ""),
    ];
    let wanted: BTreeSet<FactPath> = ["a", "b", "c", "d", "z"]
        .iter()
        .map(|name| format!("pair.t.{name}").parse().unwrap())
        .collect();
    let catalogue = catalogue(&facts.concat());
    let mut order = Order::new(&catalogue, &wanted);
    let shown = |paths: Vec<&FactPath>| paths.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(shown(order.first.clone()), ["pair.t.z", "pair.t.a"]);
    assert_eq!(shown(order.read(order.first[0])), ["pair.t.c", "pair.t.b"]);
    assert_eq!(shown(order.read(&"pair.t.c".parse().unwrap())), ["pair.t.d"]);
    assert_eq!(
        collected(&facts.concat(), settings).get("pair.t.d"),
        json!(["127.0.0.1"])
    );
}

#[test]
fn what_rests_on_an_absence_carries_its_root() {
    let facts = "
  - { fact: t.a, of: pair, type: text, about: x, probes: [ { derive: [ { value: pair.t.b } ] } ] }
  - { fact: t.b, of: pair, type: text, about: x, probes: [ { derive: [ { value: setting.said } ] } ] }";
    let collected = collected(facts, "{}");
    assert_eq!(collected.get("pair.t.a"), json!("not_configured@setting.said"));
}

#[test]
fn records_are_keyed_and_twice_the_same_key_is_ambiguous() {
    let settings = "{ boxes: [ { name: A, size: 1 }, { name: b, size: 2 }, { name: B, size: 3 } ] }";
    let value = collected(BOXES, settings).get("pair.t.boxes");
    assert_eq!(
        value[0],
        json!({ "key": ["A"], "value": { "name": "A", "size": 1 } })
    );
    assert_eq!(value[1]["value"]["?"]["cause"], json!("ambiguous"));
    assert_eq!(
        collected(BOXES, "{}").get("pair.t.boxes"),
        json!([]),
        "none at all is an answer"
    );
}

#[test]
fn what_entries_of_derive_give_alike_is_one_record() {
    let entry = "{ for_each: setting.boxes, fields: { name: item.name, size: item.size } }";
    let facts = BOXES.replace(entry, &format!("{entry}, {entry}"));
    let value = collected(&facts, "{ boxes: [ { name: A, size: 1 } ] }").get("pair.t.boxes");
    assert_eq!(
        value,
        json!([{ "key": ["A"], "value": { "name": "A", "size": 1 } }])
    );
}

#[test]
fn a_closed_port_is_unreachable_and_the_next_probe_may_be_tried() {
    let facts = "
  - { fact: t.hard, of: pair, type: bool, about: x, probes: [ { on: local, tcp: { host: 127.0.0.1, port: 1 }, value: row.open } ] }
  - fact: t.soft
    of: pair
    type: bool
    about: x
    probes:
      - { on: local, tcp: { host: 127.0.0.1, port: 1 }, value: row.open, next_on: [unreachable] }
      - { setting: on }
  - fact: t.never
    of: pair
    type: bool
    about: x
    probes: [ { when: not(setting.on), setting: on } ]";
    let collected = collected(facts, "{}");
    assert_eq!(collected.get("pair.t.hard"), json!("unreachable@127.0.0.1:1"));
    assert_eq!(collected.get("pair.t.soft"), json!(true));
    assert_eq!(
        collected.get("pair.t.never"),
        json!("not_configured@pair.t.never")
    );
    let soft = collected
        .snapshot
        .facts
        .observation(&"pair.t.soft".parse().unwrap())
        .unwrap();
    assert_eq!(soft.provenance.tried.len(), 1, "every try is told");
}

#[test]
fn one_of_several_hosts_is_enough() {
    let facts = |hosts: &str| {
        format!(
            "\n  - {{ fact: t.any, of: pair, type: bool, about: x, probes: \
             [ {{ on: local, tcp: {{ host: '{hosts}', port: '{{{{ setting.port }}}}' }}, value: row.open }} ] }}"
        )
    };
    let listener = std::net::TcpListener::bind("127.0.0.2:0").unwrap();
    let settings = format!("{{ port: {} }}", listener.local_addr().unwrap().port());
    let any = |hosts| collected(&facts(hosts), &settings).get("pair.t.any");
    assert_eq!(any("127.0.0.1 127.0.0.2"), json!(true));
    assert_eq!(any(" "), json!("not_found@pair.t.any"));
}

#[test]
fn one_failed_record_is_a_hole_and_harms_no_other() {
    let facts = format!(
        "{BOXES}
  - fact: t.open
    of: pair
    type: {{ map_of: {{ size: int }} }}
    about: x
    for_each: pair.t.boxes
    probes:
      - {{ when: outer.size > 0, derive: [ {{ fields: {{ size: outer.size * 10 }} }} ] }}"
    );
    let collected = collected(
        &facts,
        "{ boxes: [ { name: good, size: 2 }, { name: bad, size: 0 } ] }",
    );
    let open = collected.get("pair.t.open");
    assert_eq!(open[0], json!({ "key": ["good"], "value": { "size": 20 } }));
    assert_eq!(open[1]["under"], json!(["bad"]));
    assert_eq!(open[1]["?"]["cause"], json!("not_collected"));
}

#[test]
fn a_value_that_does_not_fit_is_malformed() {
    let facts = "
  - { fact: t.ip, of: pair, type: ip, about: x, probes: [ { derive: [ { value: setting.said } ] } ] }
  - { fact: t.one, of: pair, type: int, about: x, probes: [ { derive: [ { for_each: setting.boxes, value: item.size } ] } ] }";
    let given = collected(
        facts,
        "{ said: nowhere, boxes: [ { name: a, size: 1 }, { name: b, size: 2 } ] }",
    );
    assert_eq!(given.get("pair.t.ip"), json!("malformed@pair.t.ip"));
    assert_eq!(given.get("pair.t.one"), json!("ambiguous@pair.t.one"));
    assert_eq!(
        collected(facts, "{ said: 10.0.0.1 }").get("pair.t.one"),
        json!("not_found@pair.t.one")
    );
}

#[test]
fn an_interrupted_run_says_so() {
    let cancelled = CancellationToken::new();
    cancelled.cancel();
    let collected = collect_with(BOXES, "{}", Duration::from_secs(30), &cancelled);
    assert!(!collected.snapshot.complete);
    assert_eq!(collected.get("pair.t.boxes"), json!("not_collected@interruption"));
}

#[test]
fn the_whole_run_has_an_end() {
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let facts = "
  - { fact: t.slow, of: pair, type: { record: { milliseconds: int } }, about: x, probes: [ { dns: { contact: true } } ] }
  - { fact: t.fast, of: pair, type: int, about: x, probes: [ { setting: port } ] }";
    let endpoint = format!("{{}}\nendpoints: {{ dns: {{ dns: {{ server: 127.0.0.1, port: {port} }} }} }}");
    let collected = collect_with(
        facts,
        &endpoint,
        Duration::from_millis(100),
        &CancellationToken::new(),
    );
    assert_eq!(collected.get("pair.t.slow"), json!("timeout@timeout"));
    assert_eq!(
        collected.get("pair.t.fast"),
        json!(9),
        "a dead server delays nothing else"
    );
}

#[test]
fn a_server_fact_is_read_for_both_sides() {
    let facts = "
  - { fact: t.me, type: text, about: x, probes: [ { derive: [ { value: here.name + \"-\" + peer.name } ] } ] }";
    let collected = collected(facts, "{}");
    assert_eq!(collected.get("source.t.me"), json!("A-B"));
    assert_eq!(collected.get("target.t.me"), json!("B-A"));
}

#[test]
fn a_name_server_that_this_machine_does_not_find_has_no_known_address() {
    let facts = "
  - fact: t.server
    of: pair
    type: { record: { server: text, address: ip } }
    about: x
    probes: [ { dns: { server: true }, fields: { server: row.server, address: row.address } } ]";
    let endpoint = "{}\nendpoints: { dns: { dns: { server: nobody.invalid } } }";
    let server = collected(facts, endpoint).get("pair.t.server");
    assert_eq!(server["server"], json!("nobody.invalid"));
    assert!(server["address"]["?"].is_object(), "{server}");
}

#[test]
fn a_server_that_the_pair_file_does_not_reach_is_not_configured() {
    let collected = collected(
        "
  - { fact: t.services, type: { list_of: text }, about: x, probes: [ { service: {}, value: row.name } ] }
  - { fact: t.names, type: { list_of: text }, about: x, probes: [ { on: target, tds: { query: SELECT 1 }, value: row.name } ] }
  - { fact: t.other, type: { list_of: text }, about: x, probes: [ { on: { host: '{{ here.name }}' }, disk: {}, value: row.drive } ] }
",
        "{}",
    );
    assert_eq!(collected.get("source.t.services"), "not_configured@source.host");
    assert_eq!(collected.get("target.t.services"), "not_configured@target.host");
    assert_eq!(collected.get("source.t.names"), "not_configured@target.tds");
    assert_eq!(collected.get("target.t.other"), "not_configured@target.host");
}

#[test]
fn a_fact_that_no_pack_reads_is_not_configured() {
    let collected = collected("  - { fact: t.open, type: text, about: x, probes: [] }\n", "{}");
    assert_eq!(collected.get("source.t.open"), "not_configured@packs for t");
}

#[test]
fn a_program_of_a_pack_runs_only_where_it_is_trusted() {
    let collected = collected(
        "
  - { fact: t.told, type: text, about: x, probes: [ { on: local, shell: { run: [true] }, value: row.a } ] }
",
        "{}",
    );
    assert_eq!(collected.get("source.t.told"), "not_collected@pack t");
}

#[test]
fn a_secret_becomes_its_digest_at_once() {
    let collected = collected(
        "
  - { fact: t.secret, type: digest, about: x, probes: [ { derive: [ { value: '\"pass\" + \"word\"' } ] } ] }
  - fact: t.logins
    type: { map_of: { name: text, hash: digest } }
    about: x
    key: item.name
    probes: [ { derive: [ { for_each: setting.boxes, fields: { name: item.name, hash: item.name + \":secret\" } } ] } ]
",
        "{ boxes: [ { name: sa, size: 1 } ] }",
    );
    assert_eq!(collected.get("source.t.secret"), "test:of 8 bytes");
    let logins = collected.get("target.t.logins");
    assert_eq!(logins[0]["value"]["hash"], "test:of 9 bytes");
    let whole = collected.snapshot.to_json();
    assert!(
        !whole.contains("password") && !whole.contains(":secret"),
        "{whole}"
    );
    assert_eq!(collected.snapshot.digest_key.as_deref(), Some("test"));
}
