//! Who logs on, and where the secret is found: never the secret itself.

use super::values::path_in;
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::yaml::decode::{list_of, nonempty, text, wrong_type};
use crate::yaml::{Fields, Node};
use std::path::{Path, PathBuf};

/// Who asks an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    Anonymous,
    /// The ticket of whoever runs this.
    Kerberos,
    Password {
        user: String,
        password: SecretRef,
    },
}

/// Where a secret is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretRef {
    pub source: SecretSource,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretSource {
    /// A variable of the environment.
    Env(String),
    /// A file that others cannot read.
    File(PathBuf),
    /// A person, asked with this text.
    Prompt(String),
    /// What a program prints; it is run without a shell.
    Command(Vec<String>),
}

const WAYS: &str =
    "write { env: NAME }, { file: PATH }, { prompt: TEXT } or { command: [PROGRAM, ARGUMENT] }";

/// Decodes `credential:`.
pub(super) fn credential(node: &Node, folder: &Path, sink: &mut Diagnostics) -> Option<Credential> {
    if node.plain() == Some("anonymous") {
        return Some(Credential::Anonymous);
    }
    if node.entries().is_none() {
        sink.hide(node.span);
        let wrong = Diagnostic::error(
            "wrong-type",
            format!("expected a credential, found {}", node.what()),
        );
        sink.push(
            wrong
                .at(node.span, "")
                .help("write { user: NAME, password: { env: NAME } }, { kerberos: {} } or anonymous"),
        );
        return None;
    }
    hide_others(node, &["user"], sink);
    let mut fields = Fields::of(node, sink, "a credential")?;
    let found = match fields.one_key_of(&["user", "kerberos"]) {
        Some(("kerberos", node)) => fields.decode(node, empty).map(|()| Credential::Kerberos),
        Some(_) => {
            let user = fields.required("user", nonempty);
            let password = fields.required("password", |node, sink| secret(node, folder, sink));
            user.zip(password)
                .map(|(user, password)| Credential::Password { user, password })
        }
        None => {
            fields.node("password");
            None
        }
    };
    fields.finish();
    found
}

/// Decodes a reference to a secret; a secret in its place is refused and not shown.
pub(super) fn secret(node: &Node, folder: &Path, sink: &mut Diagnostics) -> Option<SecretRef> {
    if node.entries().is_none() {
        sink.hide(node.span);
        let message = "a secret does not stand in the file, only where it is found";
        sink.push(
            Diagnostic::error("secret-in-file", message)
                .at(node.span, "not shown")
                .help(WAYS),
        );
        return None;
    }
    hide_others(node, &["env", "file", "prompt", "command"], sink);
    let mut fields = Fields::of(node, sink, "a reference to a secret")?;
    let source = match fields.one_key_of(&["env", "file", "prompt", "command"]) {
        Some(("env", node)) => fields.decode(node, variable).map(SecretSource::Env),
        Some(("file", node)) => fields.decode(node, path_in(folder)).map(SecretSource::File),
        Some(("prompt", node)) => fields.decode(node, nonempty).map(SecretSource::Prompt),
        Some((_, node)) => fields
            .decode(node, |node, sink| command(node, folder, sink))
            .map(SecretSource::Command),
        None => None,
    };
    fields.finish();
    Some(SecretRef {
        source: source?,
        span: node.span,
    })
}

/// Keeps what may be a misplaced secret out of frames.
pub(super) fn hide_others(node: &Node, harmless: &[&str], sink: &mut Diagnostics) {
    for (key, value) in node.entries().unwrap_or_default() {
        if !harmless.contains(&key.text.as_str()) && value.text().is_some() {
            sink.hide(value.span);
        }
    }
}

fn empty(node: &Node, sink: &mut Diagnostics) -> Option<()> {
    if node.entries().is_some_and(<[_]>::is_empty) {
        return Some(());
    }
    sink.push(
        Diagnostic::error("wrong-type", format!("expected {{}}, found {}", node.what())).at(node.span, ""),
    );
    None
}

fn variable(node: &Node, sink: &mut Diagnostics) -> Option<String> {
    let name = nonempty(node, sink)?;
    if name.contains(['=', '\0']) {
        sink.push(Diagnostic::error("wrong-value", "this is not the name of a variable").at(node.span, ""));
        return None;
    }
    Some(name)
}

/// A program with its arguments; one that is named by a relative path is in the pair file's folder.
fn command(node: &Node, folder: &Path, sink: &mut Diagnostics) -> Option<Vec<String>> {
    if node.items().is_none() {
        sink.push(
            wrong_type(node, "a list")
                .help("write the program and each argument as an item; no shell reads them"),
        );
        return None;
    }
    let mut words = list_of(text)(node, sink)?;
    if words.first().is_none_or(String::is_empty) || words.iter().any(|word| word.contains('\0')) {
        sink.push(Diagnostic::error("wrong-value", "a command begins with its program").at(node.span, ""));
        return None;
    }
    if words[0].contains(std::path::is_separator) {
        words[0] = folder.join(&words[0]).to_string_lossy().into_owned();
    }
    Some(words)
}
