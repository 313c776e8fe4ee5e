//! How a host is reached.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::transport::LogOnGate;

/// How a host is reached.
#[derive(Clone, Debug)]
pub struct HostConfig {
    /// The name of the endpoint in the pair file: the root of every absence.
    pub endpoint: Arc<str>,
    pub server: String,
    pub port: u16,
    pub carrier: Carrier,
    /// Shared by all that log on with the same credential.
    pub gate: Arc<LogOnGate>,
    /// At most so many sessions at a time.
    pub connections: usize,
    /// For one question: connection, log-on and answer together.
    pub deadline: Duration,
    pub max_rows: usize,
    /// Of one answer.
    pub max_bytes: usize,
}

/// What brings the questions to the host, and who asks.
#[derive(Clone, Debug)]
pub enum Carrier {
    /// MS-RPC and SMB, usually on port 445.
    Rpc(RpcLogOn),
    /// WS-Management over HTTPS, usually on port 5986.
    Winrm {
        user: String,
        password: SecretString,
        /// The authority's certificate; without it the system's are asked.
        ca: Option<PathBuf>,
    },
    /// Secure shell, usually on port 22.
    Ssh {
        user: String,
        /// The private key; without it the agent's are tried.
        key: Option<PathBuf>,
        /// The host keys that are accepted, and no others; without it those of whoever runs this.
        known_hosts: Option<PathBuf>,
    },
}

/// Who asks over `rpc`.
#[derive(Clone, Debug)]
pub enum RpcLogOn {
    /// `DOMAIN\user`, `user@domain`, or a user of the host itself.
    Password { user: String, password: SecretString },
    /// The ticket of whoever runs this.
    Kerberos,
}
