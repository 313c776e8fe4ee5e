//! The carrier `ssh`: the system's OpenSSH, the PowerShell program on the other side.
//!
//! A child that is killed with its session is all that is needed, so a crate that keeps a master connection in the
//! background has nothing to give here. The known host keys decide, nobody is asked, and no password is tried. The
//! user's own settings do not count: what matters stands in the pair file.

use std::io;
use std::path::Path;

use super::HostConfig;
use super::child::{self, Running};
use super::powershell;
use super::session::{Carried, Failure, Session};
use crate::facts::Cause;
use crate::transport::{Trouble, clip};

/// Options that are the same for every host.
const OPTIONS: [&str; 14] = [
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "UpdateHostKeys=no",
    "CheckHostIP=no",
    "PreferredAuthentications=publickey",
    "PasswordAuthentication=no",
    "KbdInteractiveAuthentication=no",
    "NumberOfPasswordPrompts=0",
    "ClearAllForwardings=yes",
    "ForwardAgent=no",
    "PermitLocalCommand=no",
    "ControlPath=none",
    "LogLevel=ERROR",
    "ServerAliveInterval=30",
];
/// What OpenSSH ends with when there is no session.
const NO_SESSION: i32 = 255;

/// Who logs on, and by which files.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keys<'a> {
    pub(super) user: &'a str,
    pub(super) key: Option<&'a Path>,
    pub(super) known_hosts: Option<&'a Path>,
}

/// Connects, logs on, and starts the program there.
pub(super) async fn open(config: &HostConfig, keys: Keys<'_>, place: &str) -> Result<Session, Trouble> {
    let missing = || {
        Trouble::new(
            Cause::Unsupported,
            "SSH needs a client on this machine; install the package openssh-client",
        )
    };
    let arguments = arguments(config, keys)?;
    // OpenSSH would go on without them, and complain of something else
    for (what, file) in [("private key", keys.key), ("known hosts", keys.known_hosts)] {
        if let Some(file) = file {
            std::fs::File::open(file).map_err(|error| unreadable(what, file, &error))?;
        }
    }
    let program = child::find(&["ssh", "ssh.exe"]).ok_or_else(missing)?;
    let child = Running::start(&program, &arguments).map_err(|_| missing())?;
    let mut session = Session::new(Carried::Child(Box::new(child)), place, config.max_bytes);
    let opening = powershell::opening(config, None);
    match session.begin(opening.as_bytes()).await {
        Ok(()) => Ok(session),
        Err(Failure::Refused(trouble) | Failure::Broken(trouble)) => Err(trouble),
        Err(Failure::Lost(trouble)) => {
            let (complaints, code) = session.last_words().await;
            Err(explain(&trouble, &complaints, code, keys, place))
        }
    }
}

fn unreadable(what: &str, file: &Path, error: &io::Error) -> Trouble {
    let (file, why) = (file.display(), clip(&error.to_string()));
    Trouble::new(
        Cause::NotConfigured,
        format!("the file {file} with the {what} cannot be read: {why}"),
    )
}

fn arguments(config: &HostConfig, keys: Keys<'_>) -> Result<Vec<String>, Trouble> {
    let wrong = |what: &str| {
        Err(Trouble::new(
            Cause::NotConfigured,
            format!("{what} cannot be given to ssh"),
        ))
    };
    if config.server.starts_with('-')
        || config
            .server
            .contains(|c: char| c.is_whitespace() || c.is_control())
    {
        return wrong(&clip(&config.server));
    }
    if keys.user.is_empty() || keys.user.starts_with('-') || keys.user.contains(char::is_control) {
        return wrong(&format!("the user `{}`", clip(keys.user)));
    }
    let mut arguments: Vec<String> = ["-F", "none", "-T", "-x", "-a"].map(str::to_owned).into();
    let mut option = |option: String| arguments.extend(["-o".to_owned(), option]);
    for fixed in OPTIONS {
        option(fixed.to_owned());
    }
    if let Some(known_hosts) = keys.known_hosts {
        option(format!("UserKnownHostsFile={}", quoted(known_hosts)?));
        option("GlobalKnownHostsFile=none".to_owned());
    }
    if let Some(key) = keys.key {
        option(format!("IdentityFile={}", quoted(key)?));
        option("IdentitiesOnly=yes".to_owned());
        option("IdentityAgent=none".to_owned());
    }
    arguments.extend([
        "-l".into(),
        keys.user.to_owned(),
        "-p".into(),
        config.port.to_string(),
    ]);
    arguments.extend(["--".into(), config.server.clone()]);
    arguments.extend(powershell::COMMAND.map(str::to_owned));
    Ok(arguments)
}

/// A path as an option of OpenSSH takes it: without its signs for other things.
fn quoted(path: &Path) -> Result<String, Trouble> {
    let refused = || {
        let detail = format!(
            "ssh cannot take the path {}; choose one of plain letters",
            path.display()
        );
        Trouble::new(Cause::NotConfigured, detail)
    };
    let text = path.to_str().ok_or_else(refused)?;
    if text.contains(['"', '\n', '\0']) || text.contains("${") || text.starts_with('~') {
        return Err(refused());
    }
    Ok(format!("\"{}\"", text.replace('%', "%%")))
}

/// What OpenSSH complains of, its cause, and what it means.
const COMPLAINTS: [(&str, Cause, &str); 9] = [
    (
        "remote host identification has changed",
        Cause::Unreachable,
        "the host shows another key than the known one; find out why before you accept it",
    ),
    (
        "host key verification failed",
        Cause::Unreachable,
        "the host's key is not known here; add it to the file that `known_hosts` names, after comparing it",
    ),
    (
        "host key is known for",
        Cause::Unreachable,
        "the host's key is not known here; add it to the file that `known_hosts` names, after comparing it",
    ),
    (
        "unprotected private key file",
        Cause::NotConfigured,
        "the private key may be read by others; take that right away",
    ),
    (
        "load key",
        Cause::NotConfigured,
        "the private key cannot be read; a key with a passphrase needs the agent",
    ),
    (
        "not accessible",
        Cause::NotConfigured,
        "the private key is not there",
    ),
    (
        "permission denied",
        Cause::BadCredentials,
        "the host refuses user or key; put the public key into the user's authorized keys there",
    ),
    (
        "no matching",
        Cause::Unsupported,
        "the host offers no way of protecting the connection that this machine accepts",
    ),
    (
        "too many authentication failures",
        Cause::BadCredentials,
        "the host refuses all keys of the agent; name one as `key`",
    ),
];

/// Why there is no session; `trouble` when nothing of it is known.
fn explain(trouble: &Trouble, complaints: &str, code: Option<i32>, keys: Keys<'_>, place: &str) -> Trouble {
    let lower = complaints.to_lowercase();
    if code != Some(NO_SESSION) {
        // the log-on went well, what was to be started did not
        let said = last_line(complaints);
        if code == Some(127) || powershell::is_missing(complaints) {
            let detail = format!("{place} finds no PowerShell where its SSH server looks for programs{said}");
            return Trouble::new(Cause::Unsupported, detail);
        }
        return Trouble::new(trouble.cause, format!("{}{said}", trouble.detail));
    }
    let known = COMPLAINTS.iter().find(|(sign, ..)| lower.contains(sign));
    let (cause, meaning) = known.map_or(
        // OpenSSH says nothing where both sides have no way in common
        (
            Cause::Unreachable,
            "the host ends the conversation at once; it may know only old ways of protecting it, which this machine refuses",
        ),
        |(_, cause, meaning)| (*cause, meaning),
    );
    let detail = format!(
        "{place} as {}: {meaning}{}",
        clip(keys.user),
        last_line(complaints)
    );
    Trouble::new(cause, detail)
}

fn last_line(complaints: &str) -> String {
    let last = complaints.lines().map(str::trim).rfind(|line| !line.is_empty());
    last.map_or_else(String::new, |line| format!(" ({})", clip(line)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    /// What OpenSSH and shells say, their exit code, and what is made of it.
    const SAID: [(&str, i32, Cause); 10] = [
        (
            "svc@host: Permission denied (publickey).",
            255,
            Cause::BadCredentials,
        ),
        (
            "No ED25519 host key is known for host and so on.",
            255,
            Cause::Unreachable,
        ),
        (
            "REMOTE HOST IDENTIFICATION HAS CHANGED!\r\nHost key verification failed.",
            255,
            Cause::Unreachable,
        ),
        (
            "Load key \"/k\": Permission denied\r\nPermission denied (publickey).",
            255,
            Cause::NotConfigured,
        ),
        (
            "kex_exchange_identification: Connection closed by remote host",
            255,
            Cause::Unreachable,
        ),
        (
            "Unable to negotiate: no matching host key type found.",
            255,
            Cause::Unsupported,
        ),
        (
            "bash: line 1: powershell: command not found",
            127,
            Cause::Unsupported,
        ),
        (
            "'powershell' is not recognized as an internal or external command",
            1,
            Cause::Unsupported,
        ),
        ("something else", 1, Cause::Unreachable),
        ("", 0, Cause::Unreachable),
    ];

    #[test]
    fn complaints_have_their_causes() {
        let keys = Keys {
            user: "svc",
            key: None,
            known_hosts: None,
        };
        let lost = Trouble::new(Cause::Unreachable, "gone");
        for (complaints, code, cause) in SAID {
            let trouble = explain(&lost, complaints, Some(code), keys, "host:22");
            assert_eq!(trouble.cause, cause, "{complaints}: {}", trouble.detail);
        }
        let changed = explain(&lost, SAID[2].0, Some(255), keys, "host:22");
        assert!(changed.detail.contains("another key"), "{}", changed.detail);
    }

    #[test]
    fn paths_lose_their_signs() {
        assert_eq!(quoted(Path::new("/a b/%h")).unwrap(), "\"/a b/%%h\"");
        for wrong in ["/a\"b", "/a${HOME}", "~/a", "/a\nb"] {
            assert!(quoted(&PathBuf::from(wrong)).is_err(), "{wrong}");
        }
    }
}
