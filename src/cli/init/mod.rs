//! `standin init`: the first draft of a pair file, with every setting and its meaning.

mod discover;
mod draft;
mod scalar;

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::Context;
use super::exit::ExitStatus;
use super::packs::{Chosen, PackFolders};
use super::refusal::{Outcome, Refusal};
use crate::catalogue::Catalogue;
use crate::diagnostic::{suggest, visible};
use crate::pipeline::PAIR_FILE;
use crate::report::pretty;
use draft::{Credential, Directory, Draft, Secret, Security, Server};

/// Write a first pair file, with every setting of its packs and what it means
///
/// Without --domain nothing is asked, and what only you know stands as a placeholder marked CHANGE. With --domain the
/// name servers of this machine are asked for the domain's servers, and with --user or --kerberos the directory for the
/// two servers. Secrets never stand in the file, only where they are found. A file that is there is never written over.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct InitArguments {
    /// The folder for the pair.yaml; made when it is not there
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,

    /// The server that works now, by its short or full name [default: a placeholder]
    #[arg(long, value_name = "NAME", value_parser = host_name)]
    source: Option<String>,

    /// The server that is to stand in for it [default: a placeholder]
    #[arg(long, value_name = "NAME", value_parser = host_name)]
    target: Option<String>,

    /// The packs that judge the pair, with commas; those that they require are added [default: common]
    #[arg(long, value_name = "PACK", value_delimiter = ',')]
    packs: Vec<String>,

    /// What the pair is called [default: the names of the two servers]
    #[arg(long, value_name = "NAME", value_parser = pair_name)]
    name: Option<String>,

    /// The DNS name of the domain, such as corp.example; its servers are looked up [default: nothing is asked]
    #[arg(long, value_name = "DOMAIN", value_parser = host_name)]
    domain: Option<String>,

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

    #[command(flatten)]
    folders: PackFolders,
}

const EXAMPLES: &str = "\
Examples:
  standin init --out mail-pair
  standin init --out mail-pair --source MAIL1 --target MAIL2 --packs exchange \\
      --domain corp.example --user svc-standin@corp.example --password prompt

Then: standin doctor mail-pair, standin check mail-pair
Exit codes: 0 written, 3 written, but something was not found, 2 could not run.";

pub(crate) fn run(arguments: &InitArguments, context: &mut Context) -> Outcome<ExitStatus> {
    let file = arguments.out.join(PAIR_FILE);
    if file.exists() {
        return Err(there_already(&file));
    }
    let catalogue = catalogue(arguments, context)?;
    let mut draft = first_draft(arguments, &catalogue)?;
    let missed = match &arguments.domain {
        Some(domain) => discover::fill(&mut draft, domain, arguments.directory.as_deref(), &catalogue)?,
        None => Vec::new(),
    };
    write(&arguments.out, &file, &draft.text(&catalogue))?;
    for why in &missed {
        context
            .terminal
            .complain(&format!("not found: {}\n", visible(why)));
    }
    let folder = arguments.out.display().to_string();
    context.answer(
        || {
            let todo = draft.open_points();
            let change = match todo {
                0 => String::new(),
                1 => "; one place in it is marked CHANGE".to_owned(),
                _ => format!("; {todo} places in it are marked CHANGE"),
            };
            let file = visible(&file.display().to_string()).into_owned();
            let folder = visible(&folder);
            format!("wrote {file}{change}\nnext: standin doctor {folder}, then standin check {folder}")
        },
        || {
            pretty(&json!({
                "file": file.display().to_string(),
                "placeholders": draft.open_points(),
                "not_found": missed,
            }))
        },
    );
    Ok(if missed.is_empty() {
        ExitStatus::Good
    } else {
        ExitStatus::Unknown
    })
}

/// The packs that are named, with those that they require.
fn catalogue(arguments: &InitArguments, context: &mut Context) -> Outcome<Catalogue> {
    let named: Vec<String> = if arguments.packs.is_empty() {
        vec!["common".to_owned()]
    } else {
        arguments.packs.clone()
    };
    let all = Chosen::read(&[], &arguments.folders)?;
    let known: Vec<&str> = all.packs.iter().map(|pack| pack.folder.as_str()).collect();
    if let Some(unknown) = named.iter().find(|name| !known.contains(&name.as_str())) {
        let refusal = Refusal::new(format!("there is no pack `{unknown}`"));
        let refusal = match suggest(unknown, known.iter().copied()) {
            Some(near) => refusal.next(format!("did you mean `{near}`?")),
            None => refusal,
        };
        return Err(refusal.next(format!(
            "there are {}; packs of your own are named by --rules FOLDER",
            known.join(", ")
        )));
    }
    all.with_required(named).load(context)
}

fn first_draft(arguments: &InitArguments, catalogue: &Catalogue) -> Outcome<Draft> {
    let server = |given: &Option<String>| Server::named(given.as_deref(), arguments.domain.as_deref());
    let credential = match (&arguments.user, arguments.kerberos) {
        (Some(user), _) => Credential::Password {
            user: user.clone(),
            secret: arguments.password.absolute().map_err(|error| no_path(&error))?,
        },
        (None, true) => Credential::Kerberos,
        (None, false) => Credential::Unsaid(arguments.password.absolute().map_err(|error| no_path(&error))?),
    };
    let ca = arguments.ca.as_ref().map(std::path::absolute).transpose();
    Ok(Draft {
        name: arguments.name.clone(),
        packs: catalogue.packs.iter().map(|pack| pack.name.to_string()).collect(),
        source: server(&arguments.source),
        target: server(&arguments.target),
        directory: Directory {
            server: arguments.directory.clone(),
            security: if arguments.kerberos {
                Security::Gssapi
            } else {
                arguments.security
            },
            ca: ca.map_err(|error| no_path(&error))?,
            credential,
        },
        dns: None,
    })
}

fn no_path(error: &io::Error) -> Refusal {
    Refusal::new(format!("a path cannot be made absolute: {error}"))
}

fn there_already(file: &Path) -> Refusal {
    Refusal::new(format!("{} is there already", file.display()))
        .next("choose another folder: a pair file is never written over")
        .next("what can be said in it: standin rules settings")
}

fn write(folder: &Path, file: &Path, text: &str) -> Outcome<()> {
    let failed = |error: io::Error| match error.kind() {
        ErrorKind::AlreadyExists => there_already(file),
        _ => Refusal::new(format!("cannot write {}: {error}", file.display())),
    };
    fs::create_dir_all(folder).map_err(failed)?;
    let mut opened = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(file)
        .map_err(failed)?;
    opened.write_all(text.as_bytes()).map_err(failed)
}

/// A host name and nothing else.
fn host_name(text: &str) -> Result<String, String> {
    let label = |label: &str| {
        let right = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (1..=63).contains(&label.len()) && label.bytes().all(right)
    };
    let right = text.len() <= 253 && text.split('.').all(label);
    right
        .then(|| text.to_owned())
        .ok_or_else(|| "a name has letters, digits, `-` and `_`, and dots between its parts".to_owned())
}

fn pair_name(text: &str) -> Result<String, String> {
    let right = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    (text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(right))
        .then(|| text.to_owned())
        .ok_or_else(|| "a pair's name has letters, digits, `-` and `_`, first a letter".to_owned())
}

fn secret(text: &str) -> Result<Secret, String> {
    match text.split_once(':') {
        Some(("env", name)) if !name.is_empty() => Ok(Secret::Env(name.to_owned())),
        Some(("file", path)) if !path.is_empty() => Ok(Secret::File(path.into())),
        None if text == "prompt" => Ok(Secret::Prompt),
        _ => Err("write env:NAME, file:PATH or prompt; the password itself is never given".to_owned()),
    }
}
