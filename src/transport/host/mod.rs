//! What a Windows host tells of itself: services, registry, files, shares, disks, members of local groups, and what
//! a pack's own command prints.
//!
//! One question and one answer, whichever of the carriers brings them: `rpc` speaks the protocols of Windows through
//! a child on python3-samba, `ssh` and `winrm` run one PowerShell program on the host. Everything only reads.

use std::sync::Arc;
use std::time::Duration;

use super::Trouble;
use crate::facts::{Absence, Cause, Record};

mod config;
mod question;

pub use config::{Carrier, HostConfig, RpcLogOn};
pub use question::{Command, FilePart, Question, RegistryPart};

/// A Windows host.
#[derive(Clone, Debug)]
pub struct Host {
    config: Arc<HostConfig>,
    deadline: Duration,
}

impl Host {
    /// Takes note of how to reach the host; nothing is started or opened before the first question.
    pub fn new(config: HostConfig) -> Self {
        Self {
            deadline: config.deadline,
            config: Arc::new(config),
        }
    }

    /// The same host, asked with another deadline.
    #[must_use]
    pub fn within(&self, deadline: Duration) -> Self {
        Self {
            deadline,
            ..self.clone()
        }
    }

    /// Asks the host; the rows are all that there are.
    #[expect(clippy::unused_async, reason = "it has the signature of the one that works")]
    pub async fn ask(&self, _question: &Question) -> Result<Vec<Record>, Absence> {
        let detail = format!("not built yet ({:?})", self.deadline);
        Err(Trouble::new(Cause::Unsupported, detail).at(&self.config.endpoint))
    }
}

/// Runs a pack's command on this machine; other questions are not asked here.
#[expect(clippy::unused_async, reason = "it has the signature of the one that works")]
pub async fn local(
    _command: &Command,
    _input: &serde_json::Value,
    _deadline: Duration,
) -> Result<Vec<Record>, Absence> {
    Err(Trouble::new(Cause::Unsupported, "not built yet").at(&"local".into()))
}
