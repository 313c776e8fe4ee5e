//! The WinRM server of our own (`tests/lab_host/winrm.py`) in front of the lab's source.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Ends when dropped.
pub(crate) struct Server {
    child: Child,
    /// What to trust.
    pub(crate) certificate: tempfile::NamedTempFile,
    pub(crate) address: &'static str,
    pub(crate) port: u16,
}

impl Server {
    pub(crate) fn start(address: &'static str, port: u16) -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec![address.to_owned()]).unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        let certificate = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(certificate.path(), format!("{pem}{}", key.serialize_pem())).unwrap();
        let host = std::env::var("STANDIN_LAB_SOURCE").unwrap();
        let mut child = Command::new("/usr/bin/python3")
            .arg("-B")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab_host/winrm.py"))
            .args([address, &port.to_string()])
            .arg(certificate.path())
            .arg(host.split('.').next().unwrap())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert_eq!(line.trim(), "ready");
        Self {
            child,
            certificate,
            address,
            port,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
