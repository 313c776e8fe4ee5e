//! The rights that the accounts of a pair need: for whom, what for, and whether they have them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::look::{Look, Style};
use super::page::Page;
use crate::catalogue::FormerRight;
use crate::evaluate::{RightRow, Standing, Status};
use crate::facts::Absence;
use crate::pair::{Credential, Endpoint, Pair, Protocol};

/// The rights of a pair, and how the accounts stand with them.
#[derive(Clone, Copy, Debug)]
pub struct Rights<'a> {
    pub pair: &'a Pair,
    pub rows: &'a [RightRow<'a>],
    pub former: &'a [FormerRight],
    pub complete: bool,
}

impl Rights<'_> {
    /// How many rights are missing.
    pub fn missing(&self) -> usize {
        self.rows.iter().filter(|row| row.is_missing()).count()
    }

    /// Of how many rights nobody can tell whether they are there.
    pub fn unknown(&self) -> usize {
        self.rows.iter().filter(|row| row.is_unknown()).count()
    }
}

/// Where the texts about a right begin.
const LABEL: usize = 12;

/// The rights of each endpoint, and a closing line.
pub fn rights_text(rights: &Rights<'_>, look: Look) -> String {
    let mut page = Page::new(look);
    let mut before = None;
    for row in rights.rows {
        let name = row
            .endpoint
            .map_or("this machine", |endpoint| endpoint.name.as_str());
        if before != Some(name) {
            before = Some(name);
            page.gap();
            let line = page.line(0).add(Style::Strong, name);
            let line = match row.endpoint {
                Some(endpoint) => line.faint(format!("  {}", described(endpoint))),
                None => line,
            };
            page.put(&line);
        }
        put_row(&mut page, row);
    }
    if !rights.former.is_empty() && look.verbose {
        put_former(&mut page, rights.former);
    }
    page.gap();
    let head = page.line(0);
    page.wrap(head, 0, Style::Strong, closing(rights));
    page.finish()
}

fn put_row(page: &mut Page, row: &RightRow<'_>) {
    let (status, word) = match &row.standing {
        None if row.right.optional => (None, "may have"),
        None => (None, "needs"),
        Some(standing @ Standing::Has) => (Some(Status::Good), standing.word()),
        Some(_) if row.right.optional => (Some(Status::NotApplicable), "without"),
        Some(standing @ Standing::Lacks(_)) => (Some(Status::Error), standing.word()),
        Some(standing @ Standing::CannotTell(_)) => (Some(Status::Unknown), standing.word()),
    };
    let line = match status {
        None => page.line(2).plain(page.look.bullet()),
        Some(status) => page.line(2).add(Style::Of(status), page.look.sign(status)),
    };
    let line = line.plain(" ").plain(word).pad_to(LABEL);
    page.wrap(line, LABEL, Style::Plain, &row.right.about);
    let told = |page: &mut Page, label: &str, text: &str| {
        if !text.is_empty() {
            let head = page.line(4).faint(label).pad_to(LABEL);
            page.wrap(head, LABEL, Style::Plain, text);
        }
    };
    if row.standing != Some(Standing::Has) || page.look.verbose {
        told(page, "grant", &row.right.grant);
        told(page, "seen", seen(row).map_or("", |why| &why.detail));
        let all = page.look.verbose;
        let facts = row.facts.iter().map(|path| path.name.to_string());
        told(page, "facts", &some(facts, all));
        let rules = row.rules.iter().map(ToString::to_string);
        told(page, "rules", &some(rules, all));
        told(page, "guide", &row.right.guide.join(", "));
    }
}

fn seen<'r>(row: &'r RightRow<'_>) -> Option<&'r Absence> {
    match row.standing.as_ref()? {
        Standing::Has => None,
        Standing::Lacks(why) => why.as_ref(),
        Standing::CannotTell(why) => Some(why),
    }
}

/// Names, as many as a person reads, or all.
fn some(names: impl Iterator<Item = String>, all: bool) -> String {
    const SHOWN: usize = 4;
    let names: BTreeSet<String> = names.collect();
    let more = names.len().saturating_sub(SHOWN);
    if all || more == 0 {
        return names.into_iter().collect::<Vec<_>>().join(", ");
    }
    let first: Vec<String> = names.into_iter().take(SHOWN).collect();
    format!("{} and {more} more", first.join(", "))
}

fn put_former(page: &mut Page, former: &[FormerRight]) {
    page.gap();
    let line = page
        .line(0)
        .add(Style::Strong, "No longer needed")
        .faint("  of the guide's list");
    page.put(&line);
    for right in former {
        let line = page.line(2).plain(&right.guide).pad_to(LABEL);
        page.wrap(line, LABEL, Style::Plain, format!("{}: {}", right.was, right.now));
    }
}

fn closing(rights: &Rights<'_>) -> String {
    let needed = rights.rows.iter().filter(|row| !row.right.optional);
    let all = needed.count();
    let (lacking, unknown) = (rights.missing(), rights.unknown());
    if rights.rows.is_empty() {
        return "No pack of this pair says that a right is needed.".to_owned();
    }
    if rights.rows.iter().all(|row| row.standing.is_none()) {
        return format!("{all} rights are needed at least; nobody was asked whether they are there.");
    }
    let told = |count: usize, word: &str| {
        if count == 0 {
            String::new()
        } else {
            format!(", {count} {word}")
        }
    };
    let verdict = match (lacking, unknown) {
        (0, 0) => "Do the accounts have the rights that they need? Yes",
        (0, _) => "Do the accounts have the rights that they need? As far as could be told",
        _ => "Do the accounts have the rights that they need? No",
    };
    format!(
        "{verdict}: {} of {all} are there{}{}.",
        all - lacking - unknown,
        told(lacking, "missing"),
        told(unknown, "could not be told")
    )
}

/// Protocol, server and account of an endpoint.
fn described(endpoint: &Endpoint) -> String {
    let (server, port) = endpoint.protocol.address();
    let port = port.map_or_else(String::new, |port| format!(" port {port}"));
    format!(
        "{} {server}{port} as {}",
        endpoint.protocol.word(),
        account(endpoint)
    )
}

/// Who asks.
fn account(endpoint: &Endpoint) -> String {
    match &endpoint.protocol {
        Protocol::Tds {
            through: Some(host),
            credential: Credential::Anonymous,
            ..
        } => format!("the account of the log-on of {host}"),
        Protocol::Ldap { credential, .. }
        | Protocol::Tds { credential, .. }
        | Protocol::Rpc { credential, .. }
        | Protocol::Winrm { credential, .. } => match credential {
            Credential::Anonymous => "nobody (anonymous)".to_owned(),
            Credential::Kerberos => "the owner of the Kerberos ticket".to_owned(),
            Credential::Password { user, .. } => user.clone(),
        },
        Protocol::Dns { tsig, .. } => match tsig {
            Some(key) => format!("the key {}", key.name),
            None => "nobody (not signed)".to_owned(),
        },
        Protocol::Ssh { user, .. } => user.clone(),
        Protocol::Tcp { .. } => "nobody".to_owned(),
    }
}

/// The same for programs.
pub fn rights_json(rights: &Rights<'_>) -> Value {
    let rows = rights.rows.iter().map(|row| {
        json!({
            "right": &*row.right.id,
            "endpoint": row.endpoint.map(|endpoint| endpoint.name.as_str()),
            "protocol": row.endpoint.map(|endpoint| endpoint.protocol.word()),
            "server": row.endpoint.map(|endpoint| endpoint.protocol.address().0),
            "account": row.endpoint.map(account),
            "about": row.right.about,
            "grant": row.right.grant,
            "optional": row.right.optional,
            "guide": row.right.guide.iter().map(AsRef::as_ref).collect::<Vec<&str>>(),
            "facts": row.facts.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "rules": row.rules.iter().map(AsRef::as_ref).collect::<Vec<&str>>(),
            "status": row.standing.as_ref().map(Standing::word),
            "cause": seen(row).map(|why| why.cause.word()),
            "detail": seen(row).map(|why| &*why.detail),
        })
    });
    let former = rights
        .former
        .iter()
        .map(|right| json!({ "guide": &*right.guide, "was": right.was, "now": right.now }));
    json!({
        "pair": rights.pair.name.value,
        "complete": rights.complete,
        "rights": rows.collect::<Vec<_>>(),
        "former": former.collect::<Vec<_>>(),
    })
}
