//! How a value is written in each kind of text, so that it stays a value.

use super::scope::{Fact, Names};
use super::{script, tsql};
use crate::facts::FactValue;
use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Output, Value};
use std::fmt::Write as _;
use std::net::IpAddr;

/// The language that a template is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Context {
    /// A message for people: nothing is escaped, facts that are not known are named.
    Text,
    /// A search filter of a directory (RFC 4515); values stand behind `=`.
    LdapFilter,
    /// A distinguished name (RFC 4514): a `dn` goes in whole, anything else as one value of it.
    Dn,
    /// A DNS name.
    DnsName,
    /// A host: a DNS name or an address.
    Host,
    /// A host that is asked or told in place of a server; nothing is that server itself.
    OtherHost,
    /// A port number.
    Port,
    /// A part of a URL between its delimiters.
    Url,
    /// A name that goes to a server as data, whole or in parts.
    Name,
    /// The name of an attribute in a directory (RFC 4512).
    Attribute,
    /// A key of a Windows registry; a value is one part of it.
    RegistryKey,
    /// A path of a Windows host: a `path` goes in whole, anything else as one part of it.
    WinPath,
    /// T-SQL: every value ends in `| ident` for a name, `| lit` for a text or `| hex` for bytes.
    Tsql,
    /// A script of PowerShell: every value is one literal.
    PowerShell,
    /// A script of cmd: every value is one word, quoted; what cannot be quoted is refused.
    Cmd,
}

/// Writes one value; the error says why it has no safe form there.
pub(super) fn write(context: Context, out: &mut Output<'_>, value: &Value) -> Result<(), Error> {
    let text = written(context, value).map_err(|message| Error::new(ErrorKind::BadEscape, message))?;
    out.write_str(&text).map_err(Error::from)
}

fn written(context: Context, value: &Value) -> Result<String, String> {
    if value.is_safe() {
        return Err("a value must not call itself safe".to_owned());
    }
    if context == Context::Tsql {
        return tsql::written(value);
    }
    if let Some(names) = value.downcast_object_ref::<Names>() {
        return Err(format!("`{}` is not a fact", names.prefix()));
    }
    if let Some(fact) = value.downcast_object_ref::<Fact>() {
        return fact_written(context, fact.value());
    }
    match value.kind() {
        ValueKind::None => fact_written(context, &FactValue::Nothing),
        ValueKind::Bool => fact_written(context, &FactValue::Bool(value.is_true())),
        ValueKind::Undefined => Err("there is no such value".to_owned()),
        ValueKind::Number if matches!(context, Context::PowerShell | Context::Cmd) => Ok(value.to_string()),
        ValueKind::Number | ValueKind::String => text_written(context, &value.to_string()),
        _ if context == Context::Text => Ok(value.to_string()),
        kind => Err(format!("a {kind} cannot be written here")),
    }
}

/// Writes one fact; in T-SQL its filter does.
pub(super) fn fact_written(context: Context, fact: &FactValue) -> Result<String, String> {
    match context {
        Context::Text => return Ok(fact.to_string()),
        Context::PowerShell => return script::powershell(fact, plain_fact),
        Context::Cmd => return script::cmd(fact, plain_fact),
        _ => {}
    }
    match (fact, context) {
        (FactValue::Dn(dn), Context::Dn) => Ok(dn.to_string()),
        (FactValue::Path(path), Context::WinPath) => Ok(path.to_string()),
        (FactValue::Bool(value), Context::LdapFilter) => Ok(if *value { "TRUE" } else { "FALSE" }.to_owned()),
        (FactValue::Bool(value), _) => text_written(context, &value.to_string()),
        (FactValue::Bytes(bytes), Context::LdapFilter) => {
            Ok(bytes.iter().fold(String::new(), |mut text, byte| {
                hex(&mut text, *byte);
                text
            }))
        }
        (FactValue::Time(time), Context::LdapFilter) => Ok(time.strftime("%Y%m%d%H%M%S.0Z").to_string()),
        _ => text_written(context, &plain_fact(fact)?),
    }
}

/// The text of a value that is one text, one number or one truth.
pub(super) fn plain(value: &Value) -> Result<String, String> {
    if let Some(fact) = value.downcast_object_ref::<Fact>() {
        return plain_fact(fact.value());
    }
    match value.kind() {
        ValueKind::Bool | ValueKind::Number | ValueKind::String => Ok(value.to_string()),
        ValueKind::None => plain_fact(&FactValue::Nothing),
        kind => Err(format!("a {kind} cannot be written here")),
    }
}

fn plain_fact(fact: &FactValue) -> Result<String, String> {
    match fact {
        FactValue::Int(_)
        | FactValue::Text(_)
        | FactValue::Version(_)
        | FactValue::Ip(_)
        | FactValue::Subnet(_)
        | FactValue::Path(_)
        | FactValue::Dn(_)
        | FactValue::Sid(_)
        | FactValue::Time(_)
        | FactValue::Host(_) => Ok(fact.to_string()),
        _ => Err(format!("a value of kind {} cannot be written here", fact.kind())),
    }
}

fn text_written(context: Context, text: &str) -> Result<String, String> {
    match context {
        Context::LdapFilter => Ok(ldap_filter(text)),
        Context::Dn => Ok(rdn_value(text)),
        Context::Url => Ok(url(text)),
        Context::Name if text.chars().any(char::is_control) => {
            Err("a name has no control characters".to_owned())
        }
        Context::Text | Context::Name => Ok(text.to_owned()),
        Context::PowerShell => Ok(script::powershell_text(text)),
        Context::Cmd => script::cmd_text(text),
        Context::Tsql => Err("a value in T-SQL is written by its filter".to_owned()),
        Context::RegistryKey => part(text, &['\\']),
        Context::WinPath => part(text, &['\\', '/', ':', '*', '?', '"', '<', '>', '|']),
        Context::DnsName | Context::Host | Context::OtherHost | Context::Port | Context::Attribute => {
            match whole(context, text) {
                Ok(()) => Ok(text.to_owned()),
                // Within a host or a port a value may be a part of it: `{{ name }}.{{ domain }}`.
                Err(_) if matches!(context, Context::DnsName | Context::Host) && is_dns_name(text) => {
                    Ok(text.to_owned())
                }
                Err(message) => Err(message),
            }
        }
    }
}

/// Checks a complete text where its language is small enough to know.
pub(super) fn whole(context: Context, text: &str) -> Result<(), String> {
    let shown = || crate::diagnostic::excerpt(text);
    match context {
        Context::DnsName if !is_dns_name(text) => Err(format!("`{}` is not a DNS name", shown())),
        Context::OtherHost if text.is_empty() => Ok(()),
        Context::Host | Context::OtherHost if !is_dns_name(text) && text.parse::<IpAddr>().is_err() => {
            Err(format!("`{}` is neither a DNS name nor an address", shown()))
        }
        Context::Port if !text.parse::<u16>().is_ok_and(|port| port > 0) || text.starts_with('+') => {
            Err(format!("`{}` is not a port number", shown()))
        }
        Context::Attribute if !is_attribute(text) => {
            Err(format!("`{}` is not the name of an attribute", shown()))
        }
        _ => Ok(()),
    }
}

/// Whether the text is the name of an attribute: a letter, then letters, digits and hyphens.
pub fn is_attribute(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// One part of a key or path, in which nothing separates parts or leads elsewhere.
fn part(text: &str, separators: &[char]) -> Result<String, String> {
    let leads = matches!(text.trim(), "" | "." | "..") || text.ends_with(['.', ' ']);
    if leads || text.chars().any(|c| c.is_control() || separators.contains(&c)) {
        let shown = crate::diagnostic::excerpt(text);
        return Err(format!("`{shown}` is not one part of a key or path"));
    }
    Ok(text.to_owned())
}

fn ldap_filter(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '*' | '(' | ')' | '\\' | '\0' => hex(&mut escaped, character as u8),
            _ => escaped.push(character),
        }
    }
    escaped
}

fn rdn_value(text: &str) -> String {
    let last = text.char_indices().last().map_or(0, |(at, _)| at);
    let mut escaped = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        match character {
            ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=' => escaped.extend(['\\', character]),
            ' ' if at == 0 || at == last => escaped.push_str("\\ "),
            '#' if at == 0 => escaped.push_str("\\#"),
            '\0'..='\x1f' | '\x7f' => hex(&mut escaped, character as u8),
            _ => escaped.push(character),
        }
    }
    escaped
}

fn url(text: &str) -> String {
    text.bytes()
        .fold(String::with_capacity(text.len()), |mut escaped, byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                escaped.push(char::from(byte));
            } else {
                write!(escaped, "%{byte:02X}").expect("writing to a string succeeds");
            }
            escaped
        })
}

/// Appends a byte as `\xx`, the escape of filters and names alike.
fn hex(text: &mut String, byte: u8) {
    write!(text, "\\{byte:02x}").expect("writing to a string succeeds");
}

/// Labels of letters, digits, `-`, `_` and `/` (reverse zones of parts of a network), with or without the last dot.
fn is_dns_name(text: &str) -> bool {
    let name = text.strip_suffix('.').unwrap_or(text);
    let label = |label: &str| {
        let right = |byte: u8| byte.is_ascii_alphanumeric() || b"-_/".contains(&byte);
        (1..=63).contains(&label.len()) && label.bytes().all(right)
    };
    name.len() <= 253 && name.split('.').all(label)
}
