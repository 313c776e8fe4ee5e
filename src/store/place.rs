//! Where a store is: a file in the state folder, or a database on a PostgreSQL server.

use std::fmt;
use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::time::Duration;

use data_encoding::BASE64;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, SqliteConnection};

use super::database::Database;
use super::error::{StoreError, told};
use super::private::create_private_folder;

/// The name of the file in the state folder.
const FILE: &str = "store.sqlite";
/// How long another process may write before it is told.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a server may take to let us in.
const KNOCK: Duration = Duration::from_secs(5);
/// What an address may say after its `?`; anything else is refused, so that no password hides in a misspelt word.
const PARAMETERS: &[&str] = &[
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "host",
    "port",
    "dbname",
    "user",
];

/// Where a store is.
#[derive(Clone)]
pub enum Place {
    /// A file that one machine uses.
    File(PathBuf),
    /// A database that several share.
    Server(Box<PgConnectOptions>),
}

impl Place {
    /// The file in a state folder.
    pub fn folder(state: &Path) -> Self {
        Self::File(state.join(FILE))
    }

    /// The database that an address names, such as `postgres://standin@db.example/standin`.
    ///
    /// What it leaves out comes from the variables and the password file of PostgreSQL's own programs. The server's
    /// certificate is checked, name included, by the authorities of this machine or those of `sslrootcert`, unless
    /// the address says otherwise (`sslmode`) or leads to a socket of this machine.
    pub fn server(address: &str) -> Result<Self, StoreError> {
        let scheme = address.split_once("://").map(|(scheme, _)| scheme);
        if !matches!(scheme, Some("postgres" | "postgresql")) {
            return Err(wrong("the address of a store begins with postgres://"));
        }
        let said = parameters(address);
        if let Some(name) = said.iter().find(|name| !PARAMETERS.contains(&name.as_str())) {
            let known = PARAMETERS.join(", ");
            return Err(wrong(&format!(
                "the address of a store does not know `{name}`; it knows {known}"
            )));
        }
        // What is wrong with the text is not repeated: the text may hold a password.
        let options = PgConnectOptions::from_str(address)
            .map_err(|_| wrong("the address of the store cannot be read"))?;
        let variable = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let says_mode = said.iter().any(|name| name == "sslmode") || variable("PGSSLMODE");
        let is_local = options.get_socket().is_some() || options.get_host().starts_with('/');
        let mode = match (says_mode, is_local) {
            (true, _) => options.get_ssl_mode(),
            (false, true) => PgSslMode::Disable,
            (false, false) => PgSslMode::VerifyFull,
        };
        let says_root = said.iter().any(|name| name == "sslrootcert") || variable("PGSSLROOTCERT");
        let checks = matches!(mode, PgSslMode::VerifyFull | PgSslMode::VerifyCa);
        let options = if checks && !says_root {
            options.ssl_root_cert_from_pem(authorities())
        } else {
            options
        };
        let patience = PATIENCE.as_millis().to_string();
        let options = options
            .ssl_mode(mode)
            .application_name("standin")
            // An acknowledged entry is on disk, whatever the server does otherwise.
            .options([
                ("synchronous_commit", "on"),
                ("lock_timeout", patience.as_str()),
                ("idle_in_transaction_session_timeout", "60000"),
            ])
            .disable_statement_logging();
        Ok(Self::Server(Box::new(options)))
    }

    /// Whether an address holds a password: one on a command line is seen by everybody on the machine.
    pub fn holds_password(address: &str) -> bool {
        let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        authority
            .rsplit_once('@')
            .is_some_and(|(user, _)| user.contains(':'))
            || parameters(address).iter().any(|name| name == "password")
    }

    /// Whether more than one machine can use it.
    pub const fn is_shared(&self) -> bool {
        matches!(self, Self::Server(_))
    }

    /// Whether there may be a store; a server has to be asked.
    pub fn may_exist(&self) -> bool {
        match self {
            Self::File(file) => file.exists(),
            Self::Server(_) => true,
        }
    }

    /// Makes the empty file, for its owner only; SQLite gives its helpers the same rights.
    pub(super) fn prepare(&self) -> Result<(), StoreError> {
        let Self::File(file) = self else { return Ok(()) };
        make(file).map_err(|why| StoreError::Closed {
            store: self.to_string(),
            why: why.to_string(),
        })
    }

    pub(super) async fn connect(&self) -> Result<Database, StoreError> {
        match self {
            Self::File(file) => {
                // EXTRA: also the removal of the rollback journal, which is the commit, is on disk before it is told. No
                // write-ahead log: state folders lie on file systems of networks, too, and are copied as one file.
                let options = SqliteConnectOptions::new()
                    .filename(file)
                    .busy_timeout(PATIENCE)
                    .synchronous(SqliteSynchronous::Extra)
                    .pragma("trusted_schema", "OFF")
                    .disable_statement_logging();
                let connected = SqliteConnection::connect_with(&options).await;
                Ok(Database::Sqlite(
                    connected.map_err(|error| told(&self.to_string(), error))?,
                ))
            }
            Self::Server(options) => {
                let store = self.to_string();
                let knocked = tokio::time::timeout(KNOCK, PgConnection::connect_with(options)).await;
                let connected = knocked.map_err(|_| StoreError::Unreachable {
                    store: store.clone(),
                    why: format!("no answer in {} s", KNOCK.as_secs()),
                })?;
                let connection = connected.map_err(|error| told(&store, error))?;
                Ok(Database::Postgres(Box::new(connection)))
            }
        }
    }
}

/// For people; never with a password.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => write!(f, "{}", file.display()),
            Self::Server(options) => {
                let host = options.get_socket().map_or_else(
                    || options.get_host().to_owned(),
                    |socket| socket.display().to_string(),
                );
                let user = options.get_username();
                let base = options.get_database().unwrap_or(user);
                write!(f, "postgres://{user}@{host}:{}/{base}", options.get_port())
            }
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({self})")
    }
}

fn wrong(why: &str) -> StoreError {
    StoreError::Address(why.to_owned())
}

/// The names of what an address says after its `?`, in the words that PostgreSQL uses.
fn parameters(address: &str) -> Vec<String> {
    let address = address.split('#').next().unwrap_or_default();
    let query = address.split_once('?').map_or("", |(_, query)| query);
    let names = query.split('&').filter(|word| !word.is_empty());
    names
        .map(|word| word.split('=').next().unwrap_or_default().to_lowercase())
        .collect()
}

/// The authorities that this machine trusts, as PEM.
fn authorities() -> Vec<u8> {
    let mut text = String::new();
    for certificate in rustls_native_certs::load_native_certs().certs {
        text.push_str("-----BEGIN CERTIFICATE-----\n");
        text.push_str(&BASE64.encode(&certificate));
        text.push_str("\n-----END CERTIFICATE-----\n");
    }
    text.into_bytes()
}

fn make(file: &Path) -> io::Result<()> {
    if file.exists() {
        return Ok(());
    }
    if let Some(folder) = file.parent() {
        create_private_folder(folder)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    match options.open(file) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_password() {
        let place = Place::server("postgres://op:s3cret@db.example:5433/standin").unwrap();
        assert_eq!(place.to_string(), "postgres://op@db.example:5433/standin");
        assert!(!format!("{place:?}").contains("s3cret"));
        for wrong in [
            "mysql://op:s3cret@db/standin",
            "postgres://op:s3cret@db:99999999/standin",
            "postgres://op@db/standin?pasword=s3cret",
        ] {
            let told = Place::server(wrong).unwrap_err().to_string();
            assert!(!told.contains("s3cret"), "{told}");
        }
    }

    #[test]
    fn passwords_in_addresses_are_found() {
        let rows = [
            ("postgres://op:pw@db/standin", true),
            ("postgres://op@db/standin?password=pw", true),
            ("postgres://op@db:5432/standin", false),
            ("postgres://db/standin?user=a:b", false),
        ];
        for (address, holds) in rows {
            assert_eq!(Place::holds_password(address), holds, "{address}");
        }
    }

    #[test]
    fn certificates_are_checked_unless_the_address_says_otherwise() {
        let mode = |address: &str| match Place::server(address).unwrap() {
            Place::Server(options) => format!("{:?}", options.get_ssl_mode()),
            Place::File(_) => unreachable!(),
        };
        assert_eq!(mode("postgres://op@db/standin"), "VerifyFull");
        assert_eq!(mode("postgres://op@127.0.0.1/standin"), "VerifyFull");
        assert_eq!(mode("postgres://op@db/standin?sslmode=require"), "Require");
        assert_eq!(mode("postgres:///standin?host=/run/postgresql"), "Disable");
    }
}
