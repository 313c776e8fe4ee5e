//! What the hosts are told to do, read back by another client; and that it is done once, or not at all.

use standin::transport::host::{Act, RegistryData, ServiceAct, StartType};

use super::*;

mod files;
mod lost;
mod registry;
mod services;
mod shell;

/// Why it is not done, and that surely nothing was changed.
async fn refused(config: &HostConfig, act: &Act) -> Absence {
    let unwritten = Host::new(config.clone()).act(act).await.unwrap_err();
    assert!(unwritten.refused, "{act:?}: {unwritten:?}");
    unwritten.why
}

fn tell(name: &str, to: ServiceAct) -> Act {
    Act::Service {
        name: name.to_owned(),
        to,
    }
}

/// Changes a host of the lab.
fn change(host: &str, words: &[&str]) {
    let lab = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/host");
    let done = std::process::Command::new(lab).arg(host).args(words).status();
    assert!(done.unwrap().success());
}

/// What a client that is not ours says.
fn said(program: &str, words: &[&str]) -> String {
    let user = format!("{}%{}", lab("HOST_ADMIN"), lab("HOST_ADMIN_PASSWORD"));
    let mut command = std::process::Command::new(program);
    let done = command.args(["-U", &user]).args(words).output().unwrap();
    let said = [done.stdout, done.stderr].concat();
    String::from_utf8_lossy(&said).into_owned()
}

/// Values that would be something else to whoever reads them as a program.
const HOSTILE: [&str; 9] = [
    "a'; Remove-Item x #",
    "a\"b",
    "[x]",
    "$(id) `id`",
    "%PATH% !PATH!",
    "\u{202e}a\u{200b}\u{2066}",
    "Jürgen 😀",
    "a & b, c; d",
    "{{ x }} {% y %}",
];
