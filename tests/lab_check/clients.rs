//! Other people's programs, which change the lab and put it back.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::live::Step;
use super::setting;

/// How a step is undone.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Undo {
    Ldif(String),
    Reset(&'static str),
    Resolver,
    Start(&'static str),
}

/// Changes to the lab, undone when this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Changed(Vec<Undo>);

/// Does these things, one after another.
pub(crate) fn change(steps: &[Step]) -> Changed {
    let mut changed = Changed::default();
    for step in steps {
        // what fails in the middle is undone, too
        changed.0.push(undo(*step));
        act(*step);
    }
    changed
}

impl Drop for Changed {
    fn drop(&mut self) {
        let mut left = std::mem::take(&mut self.0);
        while let Some(undo) = left.pop() {
            if left.contains(&undo) {
                continue;
            }
            match undo {
                Undo::Ldif(_) if left.contains(&Undo::Reset("directory")) => {}
                Undo::Ldif(ldif) => ldbmodify(&ldif),
                Undo::Reset(what) => {
                    reset(what);
                    left.retain(|undo| what != "directory" || !matches!(undo, Undo::Ldif(_)));
                }
                Undo::Resolver => resolve_by("NS1"),
                Undo::Start(peer) => tool("peer", &["start", peer]),
            }
        }
    }
}

fn undo(step: Step) -> Undo {
    match step {
        Step::Set(dn, attribute, _) => Undo::Ldif(replace(dn, attribute, &values(dn, attribute))),
        Step::Add(dn, _) => Undo::Ldif(format!("dn: {}\nchangetype: delete\n", expand(dn))),
        Step::Revoke(_, _, dn) | Step::Ace(_, dn) => {
            let list = "nTSecurityDescriptor";
            Undo::Ldif(replace(dn, list, &values(dn, list)))
        }
        Step::Rename(dn, name) => Undo::Ldif(rename(dn, name)),
        Step::Delete(_) => Undo::Reset("directory"),
        Step::Update(_) | Step::NoReverseZone => Undo::Reset("dns"),
        Step::Host(_) => Undo::Reset("hosts"),
        Step::Sql(_) => Undo::Reset("sql"),
        Step::Resolver(_) => Undo::Resolver,
        Step::Stop(peer) => Undo::Start(peer),
    }
}

fn act(step: Step) {
    match step {
        Step::Set(dn, attribute, values) => {
            let values: Vec<String> = values.iter().map(|value| format!(" {}", expand(value))).collect();
            ldbmodify(&replace(dn, attribute, &values));
        }
        Step::Add(dn, lines) => {
            ldbmodify(&format!("dn: {}\nchangetype: add\n{}", expand(dn), expand(lines)));
        }
        Step::Delete(dn) => {
            on_database("ldbdel", &[&expand(dn)], "");
        }
        // done when it was found how it is undone
        Step::Rename(..) => {}
        Step::Revoke(account, what, dn) => tool("revoke", &[account, what, &expand(dn)]),
        Step::Ace(ace, dn) => {
            let set = ["dsacl", "set", "--objectdn", &expand(dn), "--sddl", &expand(ace)];
            let database = database();
            run(
                "samba-tool",
                &[&set[..], &database.each_ref().map(String::as_str)].concat(),
                "",
            );
        }
        Step::Update(text) => nsupdate(text),
        Step::NoReverseZone => without_reverse_zone(),
        Step::Resolver(server) => resolve_by(server),
        Step::Host(what) => tool("host", what),
        Step::Sql(what) => tool("sql/change", what),
        Step::Stop(peer) => tool("peer", &["stop", peer]),
    }
}

/// Fills in the long names of the organisation.
pub(crate) fn expand(text: &str) -> String {
    const NAMES: &[(&str, &str)] = &[
        (
            "$OAB",
            "CN=Default Offline Address List,CN=Offline Address Lists,$LISTS",
        ),
        (
            "$RUS",
            "CN=Recipient Update Service (CORP),CN=Recipient Update Services,$LISTS",
        ),
        ("$LISTS", "CN=Address Lists Container,$ORGANISATION"),
        ("$SOURCE", "CN=SRCMAIL,CN=Servers,$GROUP"),
        ("$TARGET", "CN=TGTMAIL,CN=Servers,$GROUP"),
        ("$ROUTING", "CN=Routing Groups,$GROUP"),
        (
            "$GROUP",
            "CN=First Administrative Group,CN=Administrative Groups,$ORGANISATION",
        ),
        (
            "$ORGANISATION",
            "CN=Contoso Org,CN=Microsoft Exchange,CN=Services,$CONFIGURATION",
        ),
        ("$SUBNETS", "CN=Subnets,CN=Sites,$CONFIGURATION"),
        ("$CONFIGURATION", "CN=Configuration,$DOMAIN"),
        ("$DOMAIN", "DC=corp,DC=example"),
        ("$SID", "S-1-5-21-1004336348-1177238915-682003330"),
        ("$TARGET_SID", "$SID-1104"),
        ("$OPERATORS_SID", "$SID-1108"),
    ];
    let mut text = text.to_owned();
    // `$TARGET` would also take the beginning of `$TARGET_SID`
    for is_long in [true, false] {
        for (name, value) in NAMES.iter().filter(|(name, _)| name.ends_with("_SID") == is_long) {
            text = text.replace(name, value);
        }
    }
    text
}

/// Runs a program with this on its standard input; its output is shown when it fails.
fn run(program: impl AsRef<OsStr>, arguments: &[&str], input: &str) -> String {
    let mut command = Command::new(program);
    command.args(arguments);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{command:?}\n{input}\n{said}{complained}"
    );
    said
}

/// Runs a tool of the lab; what it starts lives on and must not hold our pipes.
fn tool(name: &str, arguments: &[&str]) {
    run(Path::new("tests/lab").join(name), arguments, "");
}

/// Puts the `directory`, `dns`, `hosts`, `sql` or `all` back to the pristine state.
pub(crate) fn reset(what: &str) {
    tool("reset", &[what]);
}

/// Changes a host of the pair, see `tests/lab/host`.
pub(crate) fn host(arguments: &[&str]) {
    tool("host", arguments);
}

/// Puts it back when it goes out of scope.
pub(crate) struct Pristine(&'static str);

impl Drop for Pristine {
    fn drop(&mut self) {
        reset(self.0);
    }
}

/// Lets a test change a part of the lab as it likes.
pub(crate) const fn reset_at_the_end(what: &'static str) -> Pristine {
    Pristine(what)
}

fn database() -> [String; 3] {
    let smb_conf = format!("--configfile={}", setting("SMBCONF"));
    [smb_conf, "-H".to_owned(), setting("SAM")]
}

/// Runs one of the programs for the directory's files.
fn on_database(program: &str, arguments: &[&str], input: &str) -> String {
    let database = database();
    let database = database.each_ref().map(String::as_str);
    run(program, &[&database[..], arguments].concat(), input)
}

pub(crate) fn ldbmodify(ldif: &str) {
    on_database("ldbmodify", &[], ldif);
}

/// The values of an attribute as LDIF writes them behind the first colon, with base 64 where it is needed.
pub(crate) fn values(dn: &str, attribute: &str) -> Vec<String> {
    let dn = expand(dn);
    let what = ["-b", &dn, "-s", "base", "(objectClass=*)", attribute];
    // a long value goes on in lines that begin with a space
    let ldif = on_database("ldbsearch", &what, "").replace("\n ", "");
    let value = |line: &str| Some(line.strip_prefix(attribute)?.strip_prefix(':')?.to_owned());
    ldif.lines().filter_map(value).collect()
}

fn replace(dn: &str, attribute: &str, values: &[String]) -> String {
    let mut ldif = format!("dn: {}\nchangetype: modify\nreplace: {attribute}\n", expand(dn));
    for value in values {
        writeln!(ldif, "{attribute}:{value}").unwrap();
    }
    ldif
}

/// Renames an object in its place and gives the LDIF that takes it back.
fn rename(dn: &str, name: &str) -> String {
    let dn = expand(dn);
    let (old_name, parent) = dn.split_once(',').unwrap();
    // a real Exchange gives its objects this flag, without which nothing is renamed in the configuration
    let flag = format!("dn: {dn}\nchangetype: modify\nreplace: systemFlags\nsystemFlags: 1073741824\n");
    on_database("ldbmodify", &["--relax"], &flag);
    let new = format!("{name},{parent}");
    on_database("ldbrename", &[&dn, &new], "");
    format!("dn: {new}\nchangetype: modrdn\nnewrdn: {old_name}\ndeleteoldrdn: 1\n")
}

fn nsupdate(text: &str) {
    let key = format!("hmac-sha256:standin-update:{}", setting("TSIG_UPDATE"));
    let text = format!("server {}\n{text}\nsend\n", setting("NS1"));
    run("nsupdate", &["-y", &key], &text);
}

fn without_reverse_zone() {
    let file = format!("{}/etc/ns1.conf", setting("HOME"));
    let text = std::fs::read_to_string(&file).unwrap();
    let (before, zone) = text.split_once("zone \"0.0.127.in-addr.arpa\" {").unwrap();
    let (_, after) = zone.split_once("\n};\n").unwrap();
    std::fs::write(&file, format!("{before}{after}")).unwrap();
    tool("peer", &["start", "ns1"]);
}

fn resolve_by(server: &str) {
    let text = format!("nameserver {}\nsearch corp.example\n", setting(server));
    // written in place: the lab's file is mounted there
    std::fs::write("/etc/resolv.conf", text).unwrap();
}
