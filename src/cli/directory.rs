//! The directory that a command asks: who it is, who logs on, and how a pair file says so.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;

use super::refusal::{Outcome, Refusal};
use super::values::host_name;
use crate::collect;
use crate::diagnostic::{Diagnostics, SourceMap};
use crate::facts::Absence;
use crate::pair::Pair;
use crate::yaml::scalar;

/// Options of commands that ask a directory before there is a pair file.
#[derive(Args, Clone, Debug)]
pub(crate) struct DirectoryArguments {
    /// The DNS name of the domain, such as corp.example; its servers are looked up [default: nothing is asked]
    #[arg(long, value_name = "DOMAIN", value_parser = host_name)]
    pub(crate) domain: Option<String>,

    /// The directory server to ask [default: the one that the domain's DNS records prefer]
    #[arg(long, value_name = "HOST", value_parser = host_name, requires = "domain")]
    directory: Option<String>,

    /// Who logs on to the directory, in the form `NAME@DOMAIN` [default: the directory is not asked]
    #[arg(long, value_name = "USER")]
    user: Option<String>,

    /// Where the password is found: `env:NAME`, `file:PATH` or `prompt`
    #[arg(long, value_name = "WHERE", value_parser = secret, default_value = "env:STANDIN_DIRECTORY_PASSWORD")]
    password: Secret,

    /// Log on with the Kerberos ticket of whoever runs this [default: off]
    #[arg(long, conflicts_with = "user")]
    kerberos: bool,

    /// What protects the connection to the directory
    #[arg(long, value_enum, value_name = "HOW", default_value_t)]
    security: Security,

    /// The certificate of the authority that signed the directory's [default: the system's authorities]
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

impl DirectoryArguments {
    /// The directory as far as the command line says it.
    pub(crate) fn directory(&self) -> Outcome<Directory> {
        let no_path = |error: io::Error| Refusal::new(format!("a path cannot be made absolute: {error}"));
        let secret = self.password.absolute().map_err(no_path)?;
        let credential = match (&self.user, self.kerberos) {
            (Some(user), _) => Credential::Password {
                user: user.clone(),
                secret,
            },
            (None, true) => Credential::Kerberos,
            (None, false) => Credential::Unsaid(secret),
        };
        let ca = self.ca.as_ref().map(std::path::absolute).transpose();
        Ok(Directory {
            server: self.directory.clone(),
            security: if self.kerberos {
                Security::Gssapi
            } else {
                self.security
            },
            ca: ca.map_err(no_path)?,
            credential,
        })
    }
}

/// Where a password is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Secret {
    Env(String),
    File(PathBuf),
    Prompt,
}

impl Secret {
    /// A path in the pair file is taken from its own folder, so it is written in full.
    fn absolute(&self) -> io::Result<Self> {
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

fn secret(text: &str) -> Result<Secret, String> {
    match text.split_once(':') {
        Some(("env", name)) if !name.is_empty() => Ok(Secret::Env(name.to_owned())),
        Some(("file", path)) if !path.is_empty() => Ok(Secret::File(path.into())),
        None if text == "prompt" => Ok(Secret::Prompt),
        _ => Err("write env:NAME, file:PATH or prompt; the password itself is never given".to_owned()),
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
pub(crate) enum Credential {
    Password { user: String, secret: Secret },
    Kerberos,
    Unsaid(Secret),
}

/// A directory as far as it is known.
#[derive(Clone, Debug)]
pub(crate) struct Directory {
    pub(crate) server: Option<String>,
    pub(crate) security: Security,
    pub(crate) ca: Option<PathBuf>,
    pub(crate) credential: Credential,
}

/// Marks what a person has to fill in.
pub(crate) const CHANGE: &str = "CHANGE";

impl Directory {
    /// Whether somebody is said to log on.
    pub(crate) fn has_credential(&self) -> bool {
        !matches!(self.credential, Credential::Unsaid(_))
    }

    /// Looks the domain's directory server up where the command line does not name it.
    pub(crate) async fn look_up(&mut self, domain: &str) -> Result<(), Absence> {
        if self.server.is_none() {
            self.server = Some(collect::directory_of(domain).await?);
        }
        Ok(())
    }

    /// How many places in its text a person has to fill in.
    pub(crate) fn open_points(&self) -> usize {
        usize::from(!self.has_credential()) + usize::from(self.server.is_none())
    }

    /// Writes the endpoint as a pair file has it.
    pub(crate) fn put(&self, text: &mut String) {
        text.push_str("  directory:\n    ldap:\n");
        put_host(text, self.server.as_deref(), "dc1.corp.example");
        let _ = writeln!(
            text,
            "      security: {}    # ldaps, starttls, plain or gssapi",
            self.security.word()
        );
        match &self.ca {
            Some(ca) => {
                let _ = writeln!(text, "      ca: {}", scalar(&ca.to_string_lossy()));
            }
            None => text.push_str(
                "      # ca: authority.pem    # when the system does not know who signed the certificate\n",
            ),
        }
        let _ = match &self.credential {
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
    }

    /// What stands for a pair while servers are looked for: the directory, if it can be asked, and two servers that
    /// mean nothing.
    pub(crate) fn pair(&self, packs: &[String]) -> Outcome<Pair> {
        let mut text = format!(
            "pair: discovery\npacks: [{}]\nsource: {{ name: SOURCE, address: 192.0.2.1 }}\n\
             target: {{ name: TARGET, address: 192.0.2.2 }}\n",
            packs.join(", ")
        );
        if self.has_credential() && self.server.is_some() {
            text.push_str("endpoints:\n");
            self.put(&mut text);
        }
        let (mut sources, mut sink) = (SourceMap::new(), Diagnostics::new());
        let id = sources.add("command line", text);
        let pair = Pair::parse(id, Path::new(""), &sources, &mut sink);
        pair.ok_or_else(|| {
            let first = sink.sorted().first().map(|item| item.message.clone());
            let first = first.unwrap_or_default();
            Refusal::new(format!("the directory cannot be described: {first}"))
        })
    }
}

/// Writes the server of an endpoint, or a place to fill in.
pub(crate) fn put_host(text: &mut String, host: Option<&str>, placeholder: &str) {
    let _ = match host {
        Some(host) => writeln!(text, "      server: {}", scalar(host)),
        None => writeln!(text, "      server: {placeholder}    # {CHANGE}"),
    };
}
