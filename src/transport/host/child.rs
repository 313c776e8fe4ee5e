//! Programs of this machine that are started here: nothing secret goes along, and none outlives its use.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio_util::task::AbortOnDropHandle;

/// What a child may see of our environment: where to find things, in which language to speak, and tickets; a secret
/// may stand in any other variable.
const KEPT: [&str; 18] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "TMPDIR",
    "TZ",
    "LANG",
    "KRB5CCNAME",
    "KRB5_CONFIG",
    "SSH_AUTH_SOCK",
    // without these Windows starts next to nothing
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "WINDIR",
    "COMSPEC",
    "PATHEXT",
    "TEMP",
    "TMP",
    "PSMODULEPATH",
];
/// So long is waited for what a child that ended had still to say.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// So much of what a child complains of is kept.
const COMPLAINTS: usize = 4096;

/// A running child; killed when dropped.
#[derive(Debug)]
pub(super) struct Running {
    child: Child,
    input: Option<ChildStdin>,
    output: ChildStdout,
    complaints: Arc<Mutex<Vec<u8>>>,
    listening: AbortOnDropHandle<()>,
}

impl Running {
    /// Starts a program with a clean environment.
    pub(super) fn start(program: &Path, arguments: &[impl AsRef<OsStr>]) -> io::Result<Self> {
        let mut command = Command::new(program);
        command.args(arguments).env_clear();
        command.envs(
            KEPT.iter()
                .filter_map(|name| Some((name, std::env::var_os(name)?))),
        );
        command.env("LC_ALL", "C.UTF-8");
        let pipes = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = pipes.kill_on_drop(true).spawn()?;
        let missing = || io::Error::other("a pipe is missing");
        let output = child.stdout.take().ok_or_else(missing)?;
        let complaints = Arc::default();
        let listening = listen(child.stderr.take().ok_or_else(missing)?, Arc::clone(&complaints));
        Ok(Self {
            input: child.stdin.take(),
            child,
            output,
            complaints,
            listening: AbortOnDropHandle::new(tokio::spawn(listening)),
        })
    }

    /// Gives it something to read.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let input = self.input.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        input.write_all(bytes).await?;
        input.flush().await
    }

    /// What it printed next; nothing at its end.
    pub(super) async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.output.read(buffer).await
    }

    /// Gives it all that it will read, and collects what it prints until its end; nothing when that is too much.
    pub(super) async fn exchange(&mut self, input: &[u8], max_bytes: usize) -> io::Result<Option<Vec<u8>>> {
        let mut to = self.input.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let give = async move {
            // a program need not read what it is given
            let _ = to.write_all(input).await;
            let _ = to.shutdown().await;
        };
        let mut printed = Vec::new();
        let limit = u64::try_from(max_bytes).unwrap_or(u64::MAX).saturating_add(1);
        let mut bounded = (&mut self.output).take(limit);
        let ((), read) = tokio::join!(give, bounded.read_to_end(&mut printed));
        read?;
        Ok((printed.len() <= max_bytes).then_some(printed))
    }

    /// Waits until it has ended by itself; its exit code, if it has one.
    pub(super) async fn wait(&mut self) -> Option<i32> {
        self.child.wait().await.ok()?.code()
    }

    /// What it complained of until its end; of one that has not ended, so far.
    pub(super) async fn complaints(&mut self) -> String {
        if !self.listening.is_finished() {
            let _ = tokio::time::timeout(LAST_WORDS, &mut self.listening).await;
        }
        // nothing panics while it is locked
        let said = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&said).into_owned()
    }
}

/// Reads all complaints, so that none of them blocks the child, and keeps the first.
async fn listen(mut from: ChildStderr, complaints: Arc<Mutex<Vec<u8>>>) {
    let mut piece = [0; 1024];
    while let Ok(length @ 1..) = from.read(&mut piece).await {
        let mut kept = complaints.lock().unwrap_or_else(PoisonError::into_inner);
        let room = COMPLAINTS - kept.len();
        kept.extend_from_slice(&piece[..length.min(room)]);
    }
}

/// The first of these programs that is there; names without a folder are looked for in `PATH`.
pub(super) fn find(programs: &[&str]) -> Option<PathBuf> {
    let folders: Vec<PathBuf> = std::env::var_os("PATH")
        .map(|path| std::env::split_paths(&path).collect())
        .unwrap_or_default();
    programs.iter().map(Path::new).find_map(|program| {
        if program.components().count() > 1 {
            return program.is_file().then(|| program.to_path_buf());
        }
        folders
            .iter()
            .map(|folder| folder.join(program))
            .find(|found| found.is_file())
    })
}
