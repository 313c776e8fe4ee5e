//! The carrier `rpc`: a child on python3-samba that speaks MS-RPC and SMB.
//!
//! No client of these protocols for Rust is fit for this yet, and what the command-line tools of Samba print is not
//! meant for programs: a registry text with line ends in it can forge values there. So one child for each session
//! keeps one log-on and answers in JSON. It reads its program and then the credential from its input; neither its
//! arguments nor its environment hold anything secret. SMB1 is not spoken, and what is not signed is refused.
//!
//! On Windows the PowerShell program does the same work, with the identity of whoever runs this; that has not been
//! tried on a Windows machine.

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::child::{self, Running};
use super::powershell;
use super::session::{Carried, Failure, Session};
use super::{HostConfig, RpcLogOn};
use crate::facts::Cause;
use crate::transport::{Trouble, clip};

/// The parts of the program in their order.
const PROGRAM: &str = concat!(
    include_str!("rpc/trouble.py"),
    include_str!("rpc/pe.py"),
    include_str!("rpc/wire.py"),
    include_str!("rpc/services.py"),
    include_str!("rpc/registry.py"),
    include_str!("rpc/files.py"),
    include_str!("rpc/shares.py"),
    include_str!("rpc/groups.py"),
    include_str!("rpc/main.py"),
);
/// Where Debian's packages put their modules comes first: another Python of this machine does not have them.
const INTERPRETERS: [&str; 2] = ["/usr/bin/python3", "python3"];
const POWERSHELLS: [&str; 2] = ["powershell.exe", "pwsh.exe"];
/// Isolated from the folder and the variables of whoever runs this; `-S` would hide the packages of the system.
const ARGUMENTS: [&str; 4] = [
    "-I",
    "-B",
    "-c",
    "import sys;exec(sys.stdin.buffer.read(int(sys.stdin.buffer.readline())))",
];
/// The library cannot be told another one.
pub(super) const PORT: u16 = 445;

/// Refuses what cannot come about, before anything is started.
pub(super) fn check(config: &HostConfig, log_on: &RpcLogOn) -> Result<(), Trouble> {
    if config.port != PORT {
        let detail = format!("MS-RPC over SMB is asked on port {PORT} only; leave `port` out");
        return Err(Trouble::new(Cause::NotConfigured, detail));
    }
    let RpcLogOn::Password { user, password } = log_on else {
        return Ok(());
    };
    super::check_password(config, user, password)
}

/// Starts a child and logs on.
pub(super) async fn open(config: &HostConfig, log_on: &RpcLogOn, place: &str) -> Result<Session, Trouble> {
    let (child, opening) = if cfg!(windows) {
        (
            start(&POWERSHELLS, &powershell::COMMAND[1..])?,
            powershell_opening(config, log_on)?,
        )
    } else {
        (start(&INTERPRETERS, &ARGUMENTS)?, opening(config, log_on))
    };
    let mut session = Session::new(Carried::Child(Box::new(child)), place, config.max_bytes);
    match session.begin(opening.expose_secret().as_bytes()).await {
        Ok(()) => Ok(session),
        Err(Failure::Refused(trouble) | Failure::Broken(trouble)) => Err(trouble),
        Err(Failure::Lost(trouble)) => {
            let (complaints, _) = session.last_words().await;
            let last = clip(complaints.trim().lines().last().unwrap_or_default());
            let detail = if last.is_empty() {
                trouble.detail
            } else {
                format!("{}: {last}", trouble.detail)
            };
            Err(Trouble::new(trouble.cause, detail))
        }
    }
}

fn start(programs: &[&str], arguments: &[&str]) -> Result<Running, Trouble> {
    let missing = || {
        let need = if cfg!(windows) {
            "PowerShell"
        } else {
            "Python; install the package python3-samba"
        };
        Trouble::new(Cause::Unsupported, format!("MS-RPC needs on this machine {need}"))
    };
    let program = child::find(programs).ok_or_else(missing)?;
    Running::start(&program, arguments).map_err(|_| missing())
}

/// The other program, which asks as whoever runs this.
fn powershell_opening(config: &HostConfig, log_on: &RpcLogOn) -> Result<SecretString, Trouble> {
    match log_on {
        RpcLogOn::Kerberos => Ok(powershell::opening(config, Some(&config.server)).into()),
        RpcLogOn::Password { user, .. } => {
            let detail = format!(
                "on Windows MS-RPC asks as whoever runs this: write `kerberos: {{}}` and start it with \
                 `runas /netonly /user:{user}`, or use winrm",
                user = clip(user)
            );
            Err(Trouble::new(Cause::Unsupported, detail))
        }
    }
}

/// The program with its length, then who asks.
fn opening(config: &HostConfig, log_on: &RpcLogOn) -> SecretString {
    let (user, password, kerberos) = match log_on {
        RpcLogOn::Password { user, password } => (user.as_str(), password.expose_secret(), false),
        RpcLogOn::Kerberos => ("", "", true),
    };
    let hello = json!({
        "server": config.server,
        "user": user,
        "password": password,
        "kerberos": kerberos,
        "rows": config.max_rows,
        "bytes": config.max_bytes,
    });
    format!("{}\n{PROGRAM}{hello}\n", PROGRAM.len()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;
    use std::sync::Arc;
    use std::time::Duration;

    fn config() -> HostConfig {
        HostConfig {
            endpoint: "source.rpc".into(),
            server: "127.0.0.1".into(),
            port: PORT,
            carrier: super::super::Carrier::Rpc(RpcLogOn::Kerberos),
            gate: Arc::default(),
            connections: 1,
            deadline: Duration::from_secs(10),
            max_rows: 10,
            max_bytes: 1000,
        }
    }

    /// What the program does with these arguments of the interpreter.
    async fn begun(arguments: &[&str]) -> Result<(), Failure> {
        let child = Running::start(Path::new("/usr/bin/python3"), arguments).unwrap();
        let mut session = Session::new(Carried::Child(Box::new(child)), "the host", 10_000);
        let log_on = RpcLogOn::Password {
            user: "svc".into(),
            password: SecretString::from("x"),
        };
        session
            .begin(opening(&config(), &log_on).expose_secret().as_bytes())
            .await
    }

    #[tokio::test]
    async fn a_missing_module_names_its_package() {
        // without the packages of the system, as where the module is not installed
        let arguments = ["-I", "-B", "-S", "-c", ARGUMENTS[3]];
        let Err(Failure::Refused(trouble)) = begun(&arguments).await else {
            panic!("it begins");
        };
        assert_eq!(trouble.cause, Cause::Unsupported);
        assert!(
            trouble.detail.contains("install the package python3-samba"),
            "{}",
            trouble.detail
        );
    }

    #[test]
    fn a_missing_interpreter_names_its_package() {
        let trouble = start(&["no-such-interpreter"], &ARGUMENTS).unwrap_err();
        assert_eq!(trouble.cause, Cause::Unsupported);
        assert!(
            trouble.detail.contains("install the package python3-samba"),
            "{}",
            trouble.detail
        );
    }

    #[test]
    fn another_port_and_an_empty_password_are_refused_at_once() {
        let other = HostConfig {
            port: 139,
            ..config()
        };
        assert_eq!(
            check(&other, &RpcLogOn::Kerberos).unwrap_err().cause,
            Cause::NotConfigured
        );
        let log_on = |user: &str, password: &str| RpcLogOn::Password {
            user: user.into(),
            password: SecretString::from(password),
        };
        for log_on in [log_on("", "x"), log_on("x", "")] {
            assert_eq!(
                check(&config(), &log_on).unwrap_err().cause,
                Cause::BadCredentials
            );
        }
        assert_eq!(check(&config(), &log_on("x", "y")), Ok(()));
    }

    #[test]
    fn windows_asks_as_whoever_runs_this() {
        let log_on = RpcLogOn::Password {
            user: "CORP\\svc".into(),
            password: SecretString::from("x"),
        };
        let trouble = powershell_opening(&config(), &log_on).unwrap_err();
        assert!(
            trouble.detail.contains("runas /netonly /user:CORP\\svc"),
            "{}",
            trouble.detail
        );
        let opening = powershell_opening(&config(), &RpcLogOn::Kerberos).unwrap();
        assert!(opening.expose_secret().contains("\"server\":\"127.0.0.1\""));
    }
}
