//! The text of a new pair file.

use std::fmt::Write as _;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;

use super::scalar::{flow, scalar};
use crate::catalogue::{Catalogue, Setting};
use crate::facts::FactType;

/// Where a password is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Secret {
    Env(String),
    File(PathBuf),
    Prompt,
}

impl Secret {
    /// A path in the pair file is taken from its own folder, so it is written in full.
    pub(super) fn absolute(&self) -> io::Result<Self> {
        Ok(match self {
            Self::File(path) => Self::File(std::path::absolute(path)?),
            other => other.clone(),
        })
    }

    fn text(&self) -> String {
        match self {
            Self::Env(name) => format!("{{ env: {} }}", scalar(name)),
            Self::File(path) => format!("{{ file: {} }}", scalar(&path.to_string_lossy())),
            Self::Prompt => "{ prompt: \"password for the directory\" }".to_owned(),
        }
    }
}

/// What protects the connection to the directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Security {
    /// TLS from the first byte on, port 636
    #[default]
    Ldaps,
    /// TLS on request, port 389
    Starttls,
    /// Nothing, port 389
    Plain,
    /// Kerberos seals it, port 389
    Gssapi,
}

impl Security {
    const fn word(self) -> &'static str {
        match self {
            Self::Ldaps => "ldaps",
            Self::Starttls => "starttls",
            Self::Plain => "plain",
            Self::Gssapi => "gssapi",
        }
    }
}

/// Who logs on to the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Credential {
    Password { user: String, secret: Secret },
    Kerberos,
    Unsaid(Secret),
}

#[derive(Clone, Debug)]
pub(super) struct Directory {
    pub(super) server: Option<String>,
    pub(super) security: Security,
    pub(super) ca: Option<PathBuf>,
    pub(super) credential: Credential,
}

/// A server as far as it is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Server {
    pub(super) name: Option<String>,
    pub(super) domain: Option<String>,
    /// The first is the one that is used.
    pub(super) addresses: Vec<IpAddr>,
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
            name: Some(name.to_owned()),
            domain: rest.map(str::to_owned),
            addresses: Vec::new(),
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
}

/// Marks what a person has to fill in.
const CHANGE: &str = "CHANGE";

impl Draft {
    /// How many places a person has to fill in.
    pub(super) fn open_points(&self) -> usize {
        let servers = [&self.source, &self.target];
        let names = servers.iter().filter(|server| server.name.is_none()).count();
        let addresses = servers
            .iter()
            .filter(|server| server.addresses.is_empty())
            .count();
        let user = usize::from(matches!(self.directory.credential, Credential::Unsaid(_)));
        names
            + addresses
            + user
            + usize::from(self.directory.server.is_none())
            + usize::from(self.dns.is_none())
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
        put_settings(&mut text, "settings", catalogue.settings.values(), &self.packs);
        put_settings(&mut text, "params", catalogue.params.values(), &self.packs);
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
        text.push_str("  directory:\n    ldap:\n");
        put_host(text, self.directory.server.as_deref(), "dc1.corp.example");
        let _ = writeln!(
            text,
            "      security: {}    # ldaps, starttls, plain or gssapi",
            self.directory.security.word()
        );
        match &self.directory.ca {
            Some(ca) => {
                let _ = writeln!(text, "      ca: {}", scalar(&ca.to_string_lossy()));
            }
            None => text.push_str(
                "      # ca: authority.pem    # when the system does not know who signed the certificate\n",
            ),
        }
        let _ = match &self.directory.credential {
            Credential::Kerberos => writeln!(text, "    credential: {{ kerberos: {{}} }}"),
            Credential::Password { user, secret } => writeln!(
                text,
                "    credential: {{ user: {}, password: {} }}",
                scalar(user),
                secret.text()
            ),
            Credential::Unsaid(secret) => writeln!(
                text,
                "    credential: {{ user: svc-standin@corp.example, password: {} }}    # {CHANGE}",
                secret.text()
            ),
        };
        text.push_str("  # The DNS server on which the source's records are changed.\n  dns:\n    dns:\n");
        put_host(text, self.dns.as_deref(), "dc1.corp.example");
        text.push_str("      # tsig: { name: KEY, algorithm: hmac-sha256, secret: { file: dns.key } }    # for signed changes\n\n");
    }
}

fn put_host(text: &mut String, host: Option<&str>, placeholder: &str) {
    let _ = match host {
        Some(host) => writeln!(text, "      server: {}", scalar(host)),
        None => writeln!(text, "      server: {placeholder}    # {CHANGE}"),
    };
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

/// Every setting with its meaning, as a comment that only needs its `# ` taken away.
fn put_settings<'a>(
    text: &mut String,
    key: &str,
    settings: impl Iterator<Item = &'a Setting>,
    packs: &[String],
) {
    let settings: Vec<&Setting> = settings.collect();
    let _ = writeln!(
        text,
        "# What the packs ask about the pair. Take the `# ` away before a line to change its value."
    );
    let _ = writeln!(text, "{key}:");
    for pack in packs {
        for setting in settings.iter().filter(|setting| setting.pack.as_ref() == pack) {
            text.push('\n');
            let needed = if setting.default.is_none() { "NEEDED. " } else { "" };
            for line in wrapped(&format!("{needed}{}", setting.about), 100) {
                let _ = writeln!(text, "  # {line}");
            }
            let _ = writeln!(text, "  # Type: {}", type_words(&setting.ty));
            let default = setting.default.as_ref().map_or_else(String::new, flow);
            let _ = writeln!(text, "  # {}: {default}", setting.name);
        }
    }
    text.push('\n');
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{bind, embedded_packs, load};
    use crate::diagnostic::{Diagnostics, SourceMap, human};
    use crate::pair::Pair;
    use std::path::Path;

    fn draft(catalogue: &Catalogue) -> Draft {
        Draft {
            name: None,
            packs: catalogue.packs.iter().map(|pack| pack.name.to_string()).collect(),
            source: Server::named(Some("a1.corp.example"), None),
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
        }
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
        let names: Vec<&str> = catalogue
            .settings
            .keys()
            .chain(catalogue.params.keys())
            .map(AsRef::as_ref)
            .collect();
        let uncommented: Vec<String> = text
            .lines()
            .map(|line| {
                let bare = line.trim_start().trim_start_matches("# ");
                let known = bare
                    .split_once(':')
                    .is_some_and(|(name, _)| names.contains(&name));
                if known {
                    format!("  {bare}")
                } else {
                    line.to_owned()
                }
            })
            .collect();
        let whole = read(&uncommented.join("\n"), &catalogue);
        let said = whole.settings.unwrap();
        assert_eq!(said.entries().unwrap().len(), catalogue.settings.len());
    }
}
