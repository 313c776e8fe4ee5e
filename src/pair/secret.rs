//! Secrets are fetched when a connection needs them, kept in memory only, and never shown.

use super::{SecretRef, SecretSource};
use crate::diagnostic::{excerpt, visible};
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, IsTerminal as _, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Why there is no secret; none of this holds any part of it.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("the variable {name} is not set")]
    NoVariable { name: String },
    #[error("the secret is not UTF-8 text")]
    NotText,
    #[error("the secret is empty")]
    Empty,
    #[error("the secret is longer than {LONGEST} bytes")]
    TooLong,
    #[error("cannot read {path}")]
    Unreadable { path: String, source: io::Error },
    #[error("{path} can be read by everybody")]
    Exposed { path: String },
    #[error("nobody can be asked for the secret, since this is no terminal")]
    NoTerminal,
    #[error("cannot ask for the secret")]
    Prompt { source: io::Error },
    #[error("a pack that is not trusted may not run {program}")]
    NotTrusted { program: String },
    #[error("cannot run {program}")]
    NotRun { program: String, source: io::Error },
    #[error("{program} ended with {status}{said}")]
    Failed {
        program: String,
        status: ExitStatus,
        said: String,
    },
    #[error("{program} gave no secret within {} seconds", deadline.as_secs())]
    TooSlow { program: String, deadline: Duration },
}

impl SecretError {
    /// What a person does about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoVariable { name } => Some(format!("set {name} before the run")),
            Self::Exposed { path } => Some(format!("chmod 600 {path}")),
            Self::NoTerminal => Some("use `env`, `file` or `command` where nobody sits".to_owned()),
            Self::NotTrusted { .. } => Some("look at the pack, then trust it: standin trust PATH".to_owned()),
            Self::TooSlow { .. } => Some("the program must not wait for input".to_owned()),
            _ => None,
        }
    }
}

/// No password is longer, and a wrong file must not fill the memory.
const LONGEST: usize = 64 << 10;

/// The secrets of a run; each is fetched once.
#[derive(Debug, Default)]
pub struct Secrets {
    known: BTreeMap<SecretSource, SecretString>,
}

impl Secrets {
    /// So long may a program take.
    const DEADLINE: Duration = Duration::from_secs(30);

    /// Fetches a secret; programs run only for who is `trusted`.
    ///
    /// The operator's own pair file is trusted; a pack is when the operator said so.
    pub fn get(&mut self, reference: &SecretRef, trusted: bool) -> Result<SecretString, SecretError> {
        if let SecretSource::Command(words) = &reference.source
            && !trusted
        {
            let program = words
                .first()
                .map_or(String::new(), |word| visible(word).into_owned());
            return Err(SecretError::NotTrusted { program });
        }
        if let Some(known) = self.known.get(&reference.source) {
            return Ok(known.clone());
        }
        let text = match &reference.source {
            SecretSource::Env(name) => variable(name)?,
            SecretSource::File(path) => text_of(file(path)?)?,
            SecretSource::Prompt(prompt) => ask(prompt)?,
            SecretSource::Command(words) => text_of(output(words, Self::DEADLINE)?)?,
        };
        if text.is_empty() {
            return Err(SecretError::Empty);
        }
        let secret = SecretString::from(text);
        self.known.insert(reference.source.clone(), secret.clone());
        Ok(secret)
    }
}

fn variable(name: &str) -> Result<String, SecretError> {
    std::env::var(name).map_err(|error| match error {
        std::env::VarError::NotPresent => SecretError::NoVariable {
            name: visible(name).into_owned(),
        },
        std::env::VarError::NotUnicode(_) => SecretError::NotText,
    })
}

fn file(path: &Path) -> Result<Vec<u8>, SecretError> {
    let unreadable = |source| SecretError::Unreadable {
        path: shown(path),
        source,
    };
    // Asked before opening: opening a pipe would wait for its writer.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(unreadable(io::Error::new(
            io::ErrorKind::InvalidInput,
            "not a regular file",
        )));
    }
    let file = File::open(path).map_err(unreadable)?;
    // Asked of the open file, so that it is the one that is read.
    if exposed(&file.metadata().map_err(unreadable)?) {
        return Err(SecretError::Exposed { path: shown(path) });
    }
    bounded(file).map_err(unreadable)
}

#[cfg(unix)]
fn exposed(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o007 != 0
}

#[cfg(not(unix))]
fn exposed(_: &std::fs::Metadata) -> bool {
    false
}

fn ask(prompt: &str) -> Result<String, SecretError> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(SecretError::NoTerminal);
    }
    rpassword::prompt_password(format!("{}: ", visible(prompt)))
        .map_err(|source| SecretError::Prompt { source })
}

/// Runs a program without a shell and without input, and returns what it prints.
fn output(words: &[String], deadline: Duration) -> Result<Vec<u8>, SecretError> {
    let end = Instant::now() + deadline;
    let (program, arguments) = words.split_first().ok_or(SecretError::Empty)?;
    let name = visible(program).into_owned();
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|source| SecretError::NotRun {
            program: name.clone(),
            source,
        })?;
    let printed = reader(child.stdout.take());
    let said = reader(child.stderr.take());
    let left = || end.saturating_duration_since(Instant::now());
    let (Ok(printed), Some(status)) = (printed.recv_timeout(left()), wait(&mut child, end)) else {
        // Its readers end when its last descendant does; nobody waits for them.
        let _ = child.kill();
        let _ = child.wait();
        return Err(SecretError::TooSlow {
            program: name,
            deadline,
        });
    };
    if !status.success() {
        let said = said.recv_timeout(left()).unwrap_or_default();
        let said = String::from_utf8_lossy(&said);
        let said = if said.trim().is_empty() {
            String::new()
        } else {
            format!(": {}", excerpt(said.trim()))
        };
        return Err(SecretError::Failed {
            program: name,
            status,
            said,
        });
    }
    Ok(printed)
}

/// Reads an end of a pipe beside the main thread, so that a silent program can be given up.
fn reader(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let Some(mut pipe) = pipe else { return };
        let bytes = bounded(&mut pipe).unwrap_or_default();
        // The receiver is gone when the program was given up.
        let _ = sender.send(bytes);
        // What is too much is read all the same, or the program would wait for ever.
        let _ = io::copy(&mut pipe, &mut io::sink());
    });
    receiver
}

fn wait(child: &mut Child, end: Instant) -> Option<ExitStatus> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < end => std::thread::sleep(Duration::from_millis(5)),
            Ok(None) | Err(_) => return None,
        }
    }
}

/// Reads one byte more than is allowed, at most.
fn bounded(source: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(LONGEST as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Takes the line break away that editors and programs put at the end.
fn text_of(bytes: Vec<u8>) -> Result<String, SecretError> {
    if bytes.len() > LONGEST {
        return Err(SecretError::TooLong);
    }
    let mut text = String::from_utf8(bytes).map_err(|_| SecretError::NotText)?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}

fn shown(path: &Path) -> String {
    visible(&path.to_string_lossy()).into_owned()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::diagnostic::{SourceMap, Span};
    use secrecy::ExposeSecret as _;
    use std::os::unix::fs::PermissionsExt as _;

    fn get(source: SecretSource, trusted: bool) -> Result<String, SecretError> {
        let span = Span::whole(SourceMap::new().add("pair.yaml", ""));
        let secret = Secrets::default().get(&SecretRef { source, span }, trusted)?;
        Ok(secret.expose_secret().to_owned())
    }

    fn command(words: &[&str]) -> SecretSource {
        SecretSource::Command(words.iter().map(|word| (*word).to_owned()).collect())
    }

    #[test]
    fn a_variable_gives_its_value() {
        assert_eq!(
            get(SecretSource::Env("CARGO_PKG_NAME".into()), true).unwrap(),
            "standin"
        );
        let missing = get(SecretSource::Env("STANDIN_NO_SUCH".into()), true).unwrap_err();
        assert_eq!(missing.to_string(), "the variable STANDIN_NO_SUCH is not set");
    }

    #[test]
    fn a_file_is_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let put = |text: &[u8], mode| {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            get(SecretSource::File(path.clone()), false)
        };
        assert_eq!(put(b"word \r\n", 0o600).unwrap(), "word ");
        assert_eq!(put(b"two\n\n", 0o640).unwrap(), "two\n");
        let exposed = put(b"word", 0o644).unwrap_err();
        assert!(exposed.hint().unwrap().starts_with("chmod 600"), "{exposed}");
        assert!(matches!(put(b"\n", 0o600), Err(SecretError::Empty)));
        assert!(matches!(put(b"\xff", 0o600), Err(SecretError::NotText)));
        assert!(matches!(
            put(&vec![b'a'; LONGEST + 1], 0o600),
            Err(SecretError::TooLong)
        ));
        assert!(matches!(
            get(SecretSource::File(folder.path().to_owned()), true),
            Err(SecretError::Unreadable { .. })
        ));
    }

    #[test]
    fn a_program_runs_without_a_shell() {
        assert_eq!(get(command(&["echo", "$HOME; a b"]), true).unwrap(), "$HOME; a b");
        let refused = get(command(&["echo", "a"]), false).unwrap_err();
        assert!(matches!(refused, SecretError::NotTrusted { .. }));
        let missing = get(command(&["/no/such/program"]), true).unwrap_err();
        assert_eq!(missing.to_string(), "cannot run /no/such/program");
    }

    #[test]
    fn a_failed_program_says_why() {
        let failed = get(
            command(&["sh", "-c", "echo secret; printf 'no\\033[2J' >&2; exit 3"]),
            true,
        )
        .unwrap_err();
        assert_eq!(failed.to_string(), "sh ended with exit status: 3: no\\x1b[2J");
    }

    #[test]
    fn a_silent_program_is_given_up() {
        let begun = Instant::now();
        for script in ["sleep 4", "sleep 4 & echo a", "exec >&-; sleep 4"] {
            let words: Vec<String> = ["sh", "-c", script].map(str::to_owned).into();
            let result = output(&words, Duration::from_millis(200));
            assert!(
                matches!(result, Err(SecretError::TooSlow { .. })),
                "{script}: {result:?}"
            );
        }
        assert!(begun.elapsed() < Duration::from_secs(3));
    }

    #[test]
    fn a_flood_is_refused() {
        let flood = get(
            command(&["sh", "-c", "head -c 1000000 /dev/zero | tr '\\0' a"]),
            true,
        );
        assert!(matches!(flood, Err(SecretError::TooLong)), "{flood:?}");
    }

    #[test]
    fn nobody_is_asked_without_a_terminal() {
        if io::stdin().is_terminal() {
            return;
        }
        let asked = get(SecretSource::Prompt("password of svc".into()), true);
        assert!(matches!(asked, Err(SecretError::NoTerminal)));
    }

    #[test]
    fn secrets_do_not_print() {
        let mut secrets = Secrets::default();
        let span = Span::whole(SourceMap::new().add("pair.yaml", ""));
        let reference = SecretRef {
            source: command(&["echo", "hunter2"]),
            span,
        };
        let secret = secrets.get(&reference, true).unwrap();
        let reference = SecretRef {
            source: SecretSource::Env("CARGO_PKG_NAME".into()),
            span,
        };
        secrets.get(&reference, true).unwrap();
        assert!(!format!("{secret:?} {secrets:?}").contains("standin"));
        assert!(!format!("{secret:?}").contains("hunter2"));
    }
}
