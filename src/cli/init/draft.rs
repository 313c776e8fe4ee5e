//! The text of a new pair file.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::IpAddr;

use super::endpoints::put_servers;
use crate::catalogue::{Catalogue, Setting};
use crate::cli::directory::{CHANGE, Directory, put_host};
use crate::facts::{FactType, FactValue, to_json};
use crate::yaml::{self, scalar};

/// A server as far as it is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Server {
    /// As a person named it.
    pub(super) called: Option<String>,
    pub(super) name: Option<String>,
    pub(super) domain: Option<String>,
    /// The first is the one that is used.
    pub(super) addresses: Vec<IpAddr>,
    /// Name and port of each instance that was found, as far as they are known.
    pub(super) instances: Vec<(Option<String>, Option<String>)>,
    /// The packs that know it.
    pub(super) packs: Vec<String>,
}

/// Something that is known of the two servers, or of one of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sides<T> {
    pub(super) source: Option<T>,
    pub(super) target: Option<T>,
}

impl Server {
    /// A server by its short or full name.
    pub(super) fn named(given: Option<&str>, domain: Option<&str>) -> Self {
        let Some(given) = given else {
            return Self::default();
        };
        let (name, rest) = match given.split_once('.') {
            Some((name, rest)) => (name, Some(rest)),
            None => (given, domain),
        };
        Self {
            called: Some(given.to_owned()),
            name: Some(name.to_owned()),
            domain: rest.map(str::to_owned),
            ..Self::default()
        }
    }
}

/// Everything that a new pair file says.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) name: Option<String>,
    pub(super) packs: Vec<String>,
    pub(super) source: Server,
    pub(super) target: Server,
    pub(super) directory: Directory,
    /// The server on which DNS records are changed.
    pub(super) dns: Option<String>,
    /// What is known of settings that have a value for each server.
    pub(super) settings: BTreeMap<String, Sides<String>>,
}

impl Draft {
    /// How many places a person has to fill in.
    pub(super) fn open_points(&self) -> usize {
        let servers = [&self.source, &self.target];
        let names = servers.iter().filter(|server| server.name.is_none()).count();
        let addresses = servers
            .iter()
            .filter(|server| server.addresses.is_empty())
            .count();
        names + addresses + self.directory.open_points() + usize::from(self.dns.is_none())
    }

    /// The file.
    pub(super) fn text(&self, catalogue: &Catalogue) -> String {
        let mut text = String::from(
            "# Two servers, and how they are reached. A check of them: standin check FOLDER\n\
             # What may be said here, in full: standin rules settings. Is it right? standin doctor FOLDER\n",
        );
        let _ = writeln!(text, "pair: {}", self.pair_name());
        let _ = writeln!(text, "packs: [{}]\n", self.packs.join(", "));
        put_server(
            &mut text,
            "source",
            "The server that works now.",
            "SOURCE",
            "192.0.2.1",
            &self.source,
        );
        put_server(
            &mut text,
            "target",
            "The server that is to stand in for it.",
            "TARGET",
            "192.0.2.2",
            &self.target,
        );
        self.put_endpoints(&mut text);
        text.push_str(COLLECTING);
        self.put_settings(&mut text, "settings", catalogue.settings.values());
        self.put_settings(&mut text, "params", catalogue.params.values());
        text.push_str(WAIVERS);
        text
    }

    fn pair_name(&self) -> String {
        if let Some(name) = &self.name {
            return name.clone();
        }
        let word = |server: &Server, other: &str| {
            let name = server.name.as_deref().unwrap_or(other).to_lowercase();
            name.replace('.', "-")
        };
        let name = format!(
            "{}-{}",
            word(&self.source, "source"),
            word(&self.target, "target")
        );
        if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            name
        } else {
            format!("pair-{name}")
        }
    }

    fn put_endpoints(&self, text: &mut String) {
        text.push_str(
            "# Where facts are read, and as whom. Secrets never stand here, only where they are found:\n",
        );
        text.push_str(
            "# { env: NAME }, { file: PATH }, { prompt: TEXT } or { command: [PROGRAM, ARGUMENT] }.\n",
        );
        text.push_str(
            "endpoints:\n  # One domain controller; what is read of the directory is read there.\n",
        );
        self.directory.put(text);
        text.push_str("  # The DNS server on which the source's records are changed.\n  dns:\n    dns:\n");
        put_host(text, self.dns.as_deref(), "dc1.corp.example");
        text.push_str("      # tsig: { name: KEY, algorithm: hmac-sha256, secret: { file: dns.key } }    # for signed changes\n");
        put_servers(text, &self.source, &self.target);
        text.push('\n');
    }

    /// Every setting with its meaning, as a comment that only needs its `# ` taken away; what is known stands there.
    fn put_settings<'a>(&self, text: &mut String, key: &str, settings: impl Iterator<Item = &'a Setting>) {
        let settings: Vec<&Setting> = settings.collect();
        let _ = writeln!(
            text,
            "# What the packs ask about the pair. Take the `# ` away before a line to change its value."
        );
        let _ = writeln!(text, "{key}:");
        for pack in &self.packs {
            for setting in settings.iter().filter(|setting| *setting.pack == **pack) {
                text.push('\n');
                let needed = if setting.default.is_none() { "NEEDED. " } else { "" };
                for line in wrapped(&format!("{needed}{}", setting.about), 100) {
                    let _ = writeln!(text, "  # {line}");
                }
                let _ = writeln!(text, "  # Type: {}", type_words(&setting.ty));
                let known = self
                    .settings
                    .get(setting.name.as_ref())
                    .filter(|_| key == "settings");
                let known = known.and_then(|sides| known_value(&setting.ty, sides));
                let _ = if let Some(known) = known {
                    writeln!(text, "  {}: {known}    # as it was found", setting.name)
                } else {
                    let default = setting.default.as_ref().map_or_else(String::new, flow);
                    writeln!(text, "  # {}: {default}", setting.name)
                };
            }
        }
        text.push('\n');
    }
}

/// What is known of source and target, as far as the setting can hold it.
fn known_value(ty: &FactType, sides: &Sides<String>) -> Option<String> {
    let FactType::Record(fields) = ty else {
        return None;
    };
    let of = |side: &str, value: &Option<String>| {
        let value = fields.get(side)?.parse(value.as_ref()?)?;
        Some(format!("{side}: {}", flow(&value)))
    };
    let known = [of("source", &sides.source), of("target", &sides.target)];
    let known: Vec<String> = known.into_iter().flatten().collect();
    (!known.is_empty()).then(|| format!("{{ {} }}", known.join(", ")))
}

fn put_server(text: &mut String, key: &str, about: &str, name: &str, address: &str, server: &Server) {
    let _ = writeln!(text, "# {about}\n{key}:");
    let _ = match &server.name {
        Some(name) => writeln!(text, "  name: {}", scalar(name)),
        None => writeln!(text, "  name: {name}    # {CHANGE}: its short name"),
    };
    match server.addresses.as_slice() {
        [] => {
            let _ = writeln!(text, "  address: {address}    # {CHANGE}");
        }
        [address] => {
            let _ = writeln!(text, "  address: {address}");
        }
        [address, ..] => {
            let all: Vec<String> = server
                .addresses
                .iter()
                .map(|address| scalar(&address.to_string()))
                .collect();
            let _ = writeln!(
                text,
                "  address: {}\n  addresses: [{}]",
                scalar(&address.to_string()),
                all.join(", ")
            );
        }
    }
    let _ = match &server.domain {
        Some(domain) => writeln!(text, "  domain: {}\n", scalar(domain)),
        None => writeln!(
            text,
            "  # Its DNS domain; when not said, the directory tells its full name.\n  # domain: corp.example\n"
        ),
    };
}

const COLLECTING: &str = "\
# For all facts together, and connections to one server at a time.
# collect: { timeout: 2m, connections: 4 }
# Facts that are older than this when they are judged count as not known.
# max_age: 1h
# A snapshot that stands in for the servers; then none is asked.
# recorded: snapshot.json

";

const WAIVERS: &str = "\
# Findings that somebody accepts, until the end of a day in UTC.
# waivers:
#   - { rule: pack/problem, subject: \"*\", reason: WHY, owner: WHO, until: 2027-03-31 }
";

fn type_words(ty: &FactType) -> String {
    match ty {
        FactType::OneOf(words) => words.join(" or "),
        other => other.to_string(),
    }
}

/// The text in lines of at most so many characters.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A value on one line of YAML.
fn flow(value: &FactValue) -> String {
    yaml::flow(&to_json(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{bind, embedded_packs, load};
    use crate::cli::directory::{Credential, Secret, Security};
    use crate::diagnostic::{Diagnostics, SourceMap, human};
    use crate::pair::Pair;
    use std::path::Path;

    fn draft(catalogue: &Catalogue) -> Draft {
        Draft {
            name: None,
            packs: catalogue.packs.iter().map(|pack| pack.name.to_string()).collect(),
            source: Server {
                instances: vec![(Some("PAY ROLL\n#x".into()), Some("50123".into()))],
                ..Server::named(Some("a1.corp.example"), None)
            },
            target: Server::default(),
            directory: Directory {
                server: None,
                security: Security::Starttls,
                ca: Some("/etc/a: b#.pem".into()),
                credential: Credential::Password {
                    user: "CORP\\svc \"x\"".into(),
                    secret: Secret::Prompt,
                },
            },
            dns: None,
            settings: [(
                edition(catalogue).to_owned(),
                Sides {
                    source: Some("enterprise".to_owned()),
                    target: Some("no such".to_owned()),
                },
            )]
            .into(),
        }
    }

    /// The shipped setting that says an edition for each server.
    fn edition(catalogue: &Catalogue) -> &str {
        let mut names = catalogue.settings.keys();
        names.find(|name| name.ends_with(".edition")).unwrap()
    }

    /// Reads the text as a pair file and binds what it says.
    fn read(text: &str, catalogue: &Catalogue) -> Pair {
        let (mut sources, mut sink) = (SourceMap::new(), Diagnostics::new());
        let id = sources.add("pair.yaml", text);
        let pair = Pair::parse(id, Path::new(""), &sources, &mut sink);
        if let Some(pair) = &pair {
            bind(catalogue, pair, jiff::Timestamp::UNIX_EPOCH, &mut sink);
        }
        assert!(sink.is_empty(), "{}\n{text}", human(&sink, &sources, false));
        pair.unwrap()
    }

    #[test]
    fn a_draft_is_a_pair_file_as_it_stands_and_with_every_setting_uncommented() {
        let catalogue = load(&embedded_packs(), &mut SourceMap::new()).catalogue.unwrap();
        let draft = draft(&catalogue);
        let text = draft.text(&catalogue);
        let pair = read(&text, &catalogue);
        assert_eq!(pair.source.domain.as_deref(), Some("corp.example"));
        assert_eq!(text.matches(CHANGE).count(), draft.open_points());
        let found = format!(
            "\n  {}: {{ source: enterprise }}    # as it was found\n",
            edition(&catalogue)
        );
        assert!(text.contains(&found));
        let names: Vec<&str> = catalogue
            .settings
            .keys()
            .chain(catalogue.params.keys())
            .map(AsRef::as_ref)
            .collect();
        let uncommented = |keys: &[&str]| -> String {
            let lines = text.lines().map(|line| {
                let bare = line.trim_start().trim_start_matches("# ");
                let begins = bare.trim_start().split_once(':');
                let comment = line.trim_start().starts_with('#');
                if comment && begins.is_some_and(|(name, _)| keys.contains(&name)) {
                    format!("  {bare}\n")
                } else {
                    format!("{line}\n")
                }
            });
            lines.collect()
        };
        let whole = read(&uncommented(&names), &catalogue);
        let said = whole.settings.unwrap();
        assert_eq!(said.entries().unwrap().len(), catalogue.settings.len());
        for host in ["rpc", "winrm", "ssh"] {
            let keys = ["servers", "source", "target", "credential", "tds", host];
            let text = uncommented(&keys);
            let pair = read(&text, &catalogue);
            let asked = [pair.host("source"), pair.host("target")].map(|one| one.unwrap().protocol.word());
            assert_eq!(asked, [host; 2]);
            assert_eq!(pair.tds("source").unwrap().protocol.address().1, Some(50123));
            assert_eq!(pair.tds("target").unwrap().protocol.address().1, None);
        }
    }
}
