//! A PostgreSQL server of the tests' own, with TLS; it ends with the tests.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use standin::store::Place;

/// What the user standin says to get in.
pub(crate) const PASSWORD: &str = "q7 mellow:harbour@9";

pub(crate) struct Server {
    pub(crate) folder: PathBuf,
    pub(crate) port: u16,
    /// The server ends when its stdin does.
    _child: Child,
}

/// The server, started by who asks first; none where there are no programs of PostgreSQL.
pub(crate) fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let server = SERVER.get_or_init(start).as_ref();
    if server.is_none() {
        let lab = std::env::var("STANDIN_LAB").unwrap_or_default();
        assert!(
            !matches!(lab.as_str(), "required" | "up"),
            "PostgreSQL is missing: run tests/lab/install.sh"
        );
        eprintln!("skipped with PostgreSQL: its Debian package postgresql is not installed");
    }
    server
}

fn start() -> Option<Server> {
    // A socket's path must be short.
    let folder = tempfile::Builder::new()
        .prefix("standin-pg-")
        .tempdir()
        .unwrap()
        .keep();
    certificates(&folder);
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut child = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/store/server.sh"))
        .arg(&folder)
        .arg(port.to_string())
        .env("PGPASSWORD", PASSWORD)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut said)
        .unwrap();
    match said.trim() {
        "ready" => Some(Server {
            folder,
            port,
            _child: child,
        }),
        "absent" => {
            fs::remove_dir_all(folder).unwrap();
            None
        }
        other => panic!("the server did not start: {other}"),
    }
}

/// An authority, the server's certificate, and an authority that did not sign it.
fn certificates(folder: &Path) {
    let authority = |name: &str| {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        fs::write(folder.join(name), issuer.pem()).unwrap();
        issuer
    };
    let ours = authority("ca.crt");
    authority("other-ca.crt");
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &ours).unwrap();
    fs::write(folder.join("server.crt"), certificate.pem()).unwrap();
    fs::write(folder.join("server.key"), key.serialize_pem()).unwrap();
    fs::set_permissions(folder.join("server.key"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
}

impl Server {
    /// The address of a database, with the password in it, as a variable may have it.
    pub(crate) fn address(&self, base: &str) -> String {
        let password: String = PASSWORD
            .replace('@', "%40")
            .replace(':', "%3a")
            .replace(' ', "%20");
        format!(
            "postgres://standin:{password}@localhost:{}/{base}?sslrootcert={}",
            self.port,
            self.folder.join("ca.crt").display()
        )
    }

    /// A session of PostgreSQL's own client.
    pub(crate) fn session(&self, base: &str) -> Command {
        let mut client = Command::new("psql");
        client
            .args(["-q", "-v", "ON_ERROR_STOP=1", "-U", "standin", "-h"])
            .arg(&self.folder)
            .args(["-p", &self.port.to_string(), "-d", base])
            .env("PGPASSWORD", PASSWORD)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        client
    }

    /// Runs statements past the store, in the database.
    pub(crate) fn run(&self, base: &str, sql: &str) -> Result<(), String> {
        let done = self.session(base).args(["-c", sql]).output().unwrap();
        if done.status.success() {
            return Ok(());
        }
        Err(String::from_utf8_lossy(&done.stderr).into_owned())
    }

    /// A database of its own for one test.
    pub(crate) fn base(&self) -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let base = format!("t{}", COUNT.fetch_add(1, Ordering::Relaxed));
        self.run("standin", &format!("CREATE DATABASE {base}")).unwrap();
        base
    }

    pub(crate) fn place(&self, base: &str) -> Place {
        Place::server(&self.address(base)).unwrap()
    }
}
