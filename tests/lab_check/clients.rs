//! Other people's programs, which change the lab and put it back.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::setting;

/// One thing that is done to the lab; `$NAMES` are those of [`expand`].
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// `ldbmodify`: gives an attribute of a directory object these values instead of its own.
    Set(&'static str, &'static str, &'static [&'static str]),
    /// `ldbmodify`: whatever LDIF says.
    Ldif(&'static str),
    /// `ldbrename`: gives an object this name in its place.
    Rename(&'static str, &'static str),
    /// `tests/lab/revoke`: takes the rights of an account to an attribute or class at an object away.
    Revoke(&'static str, &'static str, &'static str),
    /// `samba-tool dsacl set`: puts an entry at the head of an object's access list.
    Ace(&'static str, &'static str),
    /// `nsupdate`, with the key that may change everything.
    Update(&'static str),
    /// Takes the reverse zone out of the primary name server's configuration.
    NoReverseZone,
    /// Lets this machine ask the name server of this setting.
    Resolver(&'static str),
    /// `tests/lab/peer stop`.
    Stop(&'static str),
}

/// How steps are undone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Undo {
    Start(&'static str),
    Reset(&'static str),
    Resolver,
    Ldif(String),
}

/// Changes to the lab, undone when this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Changed(BTreeSet<Undo>);

/// Does these things, one after another.
pub(crate) fn change(steps: &[Step]) -> Changed {
    let mut changed = Changed::default();
    for step in steps {
        let undo = undo(*step);
        // what fails in the middle is undone, too
        changed.0.insert(undo);
        act(*step);
    }
    changed
}

impl Drop for Changed {
    fn drop(&mut self) {
        let reset = |what| self.0.contains(&Undo::Reset(what));
        for undo in &self.0 {
            match undo {
                Undo::Start(peer) => tool("peer", &["start", peer]),
                Undo::Reset(what) => tool("reset", &[what]),
                Undo::Resolver => resolve_by("NS1"),
                Undo::Ldif(_) if reset("directory") => {}
                Undo::Ldif(ldif) => ldbmodify(ldif),
            }
        }
    }
}

fn undo(step: Step) -> Undo {
    match step {
        Step::Set(dn, attribute, _) => Undo::Ldif(replace(dn, attribute, &values(dn, attribute))),
        Step::Ldif(_) | Step::Rename(..) | Step::Revoke(..) | Step::Ace(..) => Undo::Reset("directory"),
        Step::Update(_) | Step::NoReverseZone => Undo::Reset("dns"),
        Step::Resolver(_) => Undo::Resolver,
        Step::Stop(peer) => Undo::Start(peer),
    }
}

fn act(step: Step) {
    match step {
        Step::Set(dn, attribute, values) => {
            let values: Vec<String> = values.iter().map(|value| expand(value)).collect();
            ldbmodify(&replace(dn, attribute, &values));
        }
        Step::Ldif(ldif) => ldbmodify(&expand(ldif)),
        Step::Rename(dn, name) => rename(&expand(dn), name),
        Step::Revoke(account, what, dn) => tool("revoke", &[account, what, &expand(dn)]),
        Step::Ace(ace, dn) => dsacl(&expand(ace), &expand(dn)),
        Step::Update(text) => nsupdate(text),
        Step::NoReverseZone => without_reverse_zone(),
        Step::Resolver(server) => resolve_by(server),
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

/// Puts the `directory`, `dns` or `all` back to the pristine state.
pub(crate) fn reset(what: &str) {
    tool("reset", &[what]);
}

fn database() -> [String; 3] {
    let smb_conf = format!("--configfile={}", setting("SMBCONF"));
    [smb_conf, "-H".to_owned(), setting("SAM")]
}

pub(crate) fn ldbmodify(ldif: &str) {
    let database = database();
    run("ldbmodify", &database.each_ref().map(String::as_str), ldif);
}

/// The values of a text attribute.
pub(crate) fn values(dn: &str, attribute: &str) -> Vec<String> {
    let (database, dn) = (database(), expand(dn));
    let [smb_conf, option, sam] = database.each_ref().map(String::as_str);
    let ldif = run(
        "ldbsearch",
        &[
            smb_conf,
            option,
            sam,
            "-b",
            &dn,
            "-s",
            "base",
            "(objectClass=*)",
            attribute,
        ],
        "",
    );
    // a long value goes on in lines that begin with a space
    let ldif = ldif.replace("\n ", "");
    assert!(!ldif.contains(&format!("{attribute}:: ")), "not a text: {ldif}");
    let value = |line: &str| Some(line.strip_prefix(attribute)?.strip_prefix(": ")?.to_owned());
    ldif.lines().filter_map(value).collect()
}

fn replace(dn: &str, attribute: &str, values: &[String]) -> String {
    let mut ldif = format!("dn: {}\nchangetype: modify\nreplace: {attribute}\n", expand(dn));
    for value in values {
        writeln!(ldif, "{attribute}: {value}").unwrap();
    }
    ldif
}

fn rename(dn: &str, name: &str) {
    let (_, parent) = dn.split_once(',').unwrap();
    let database = database();
    let [smb_conf, option, sam] = database.each_ref().map(String::as_str);
    // a real Exchange gives its objects this flag, without which nothing is renamed in the configuration
    let flag = format!("dn: {dn}\nchangetype: modify\nreplace: systemFlags\nsystemFlags: 1073741824\n");
    run("ldbmodify", &[smb_conf, option, sam, "--relax"], &flag);
    run(
        "ldbrename",
        &[smb_conf, option, sam, dn, &format!("{name},{parent}")],
        "",
    );
}

fn dsacl(ace: &str, dn: &str) {
    let database = database();
    let [smb_conf, option, sam] = database.each_ref().map(String::as_str);
    let set = ["dsacl", "set", smb_conf, option, sam];
    run(
        "samba-tool",
        &[&set[..], &["--objectdn", dn, "--sddl", ace]].concat(),
        "",
    );
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
