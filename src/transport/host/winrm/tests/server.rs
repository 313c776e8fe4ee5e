//! A WinRM server after [MS-WSMV], with a stand-in for our program in its shells.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use data_encoding::BASE64;
use rcgen::{CertificateParams, KeyPair};
use roxmltree::Document;
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use secrecy::SecretString;
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::super::ntlm;
use crate::transport::tls::endpoint_binding;

pub(super) const USER: &str = r"CORP\svc";
pub(super) const PASSWORD: &str = "Secret-1";

/// What the server does otherwise than it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    Fine,
    /// Takes a password only.
    Basic,
    /// Takes tickets only.
    Tickets,
    /// Answers every request with this status.
    Status(u16),
    /// Refuses this action with this number.
    Fault(&'static str, u32),
    /// Answers this action with these bytes.
    Answer(&'static str, &'static [u8]),
    /// Closes the connection at the first question, so many times.
    Closes(usize),
    /// Never answers a question.
    Silent,
    /// The program is not there.
    NoProgram,
    /// What is printed before the program and beside it.
    Noisy,
    /// Gives output in many small pieces, and says in between that there is none.
    Slow,
    /// Gives more than is allowed.
    Endless,
    /// Breaks off in the middle of its output, so many times.
    Half(usize),
    /// Answers with so many rows.
    Rows(usize),
    /// Prints what is no text.
    NoText,
}

#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Proofs of a password that were given.
    pub(super) log_ons: AtomicUsize,
    pub(super) shells: AtomicUsize,
    pub(super) closed: AtomicUsize,
    closing: AtomicUsize,
}

pub(super) struct Server {
    pub(super) port: u16,
    pub(super) ca: NamedTempFile,
    pub(super) seen: Arc<Seen>,
}

/// One connection, and the shell that it made.
struct Served {
    stream: TlsStream<TcpStream>,
    mood: Mood,
    seen: Arc<Seen>,
    binding: Vec<u8>,
    /// The challenge that was given, until it is answered.
    challenge: Option<Vec<u8>>,
    logged_on: bool,
    input: Vec<u8>,
    lines: usize,
    output: VecDeque<u8>,
}

impl Server {
    pub(super) async fn start(mood: Mood) -> Self {
        Self::with_certificate(mood, |params| params).await
    }

    pub(super) async fn with_certificate(
        mood: Mood,
        change: impl FnOnce(CertificateParams) -> CertificateParams,
    ) -> Self {
        let key = KeyPair::generate().unwrap();
        let params = change(CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap());
        let certificate = params.self_signed(&key).unwrap();
        let ca = NamedTempFile::new().unwrap();
        std::fs::write(ca.path(), certificate.pem()).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Seen::default());
        let binding = endpoint_binding(certificate.der());
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let counts = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let (acceptor, seen, binding) = (acceptor.clone(), Arc::clone(&counts), binding.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(tcp).await {
                        let mut served = Served::new(stream, mood, seen, binding);
                        while served.request().await.is_some() {}
                    }
                });
            }
        });
        Self { port, ca, seen }
    }
}

impl Served {
    fn new(stream: TlsStream<TcpStream>, mood: Mood, seen: Arc<Seen>, binding: Vec<u8>) -> Self {
        Self {
            stream,
            mood,
            seen,
            binding,
            challenge: None,
            logged_on: false,
            input: Vec::new(),
            lines: 0,
            output: VecDeque::new(),
        }
    }

    /// Answers one request; nothing when the connection is to be closed.
    async fn request(&mut self) -> Option<()> {
        let (head, body) = self.read().await?;
        if let Mood::Status(status) = self.mood {
            return self.reply(status, &[], b"").await;
        }
        if !self.logged_on {
            let authorization = head.lines().find_map(|line| line.strip_prefix("authorization: "));
            let (status, offers) = self.log_on(authorization.unwrap_or_default());
            if status != 200 {
                return self.reply(status, &offers, b"").await;
            }
        }
        let text = String::from_utf8(body).unwrap();
        let document = Document::parse(&text).unwrap();
        let named = |name: &str| document.descendants().find(|node| node.tag_name().name() == name);
        let action = named("Action")?.text()?.rsplit('/').next()?.to_owned();
        assert!(named("MessageID")?.text()?.starts_with("uuid:"));
        if action != "Create" {
            assert_eq!(named("Selector")?.text(), Some("SHELL-1"));
        }
        match self.mood {
            Mood::Fault(at, number) if at == action => return self.fault(number).await,
            Mood::Answer(at, bytes) if at == action => return self.reply(200, &[], bytes).await,
            _ => {}
        }
        let stream = named("Stream").and_then(|node| node.text().map(str::to_owned));
        self.act(&action, stream).await
    }

    async fn read(&mut self) -> Option<(String, Vec<u8>)> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.stream.read_u8().await.ok()?);
        }
        let head = String::from_utf8(head).unwrap();
        assert!(head.starts_with("POST /wsman HTTP/1.1\r\n"), "{head}");
        let length = head.lines().find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length: ")?
                .parse()
                .ok()
        });
        let mut body = vec![0; length.unwrap_or_default()];
        self.stream.read_exact(&mut body).await.ok()?;
        Some((head, body))
    }

    /// The status, and what may be tried.
    fn log_on(&mut self, authorization: &str) -> (u16, Vec<String>) {
        let password = SecretString::from(PASSWORD);
        let who = ntlm::Who::new(USER, &password);
        if self.mood == Mood::Tickets {
            return (401, vec!["Kerberos".to_owned()]);
        }
        if let Some(basic) = authorization.strip_prefix("Basic ") {
            let right = BASE64.encode(format!("{USER}:{PASSWORD}").as_bytes());
            let taken = self.mood == Mood::Basic && basic == right;
            // it comes with every request, and is tried with the first
            if !taken || self.seen.shells.load(Ordering::SeqCst) == 0 {
                self.seen.log_ons.fetch_add(1, Ordering::SeqCst);
            }
            return (if taken { 200 } else { 401 }, Vec::new());
        }
        let offered = if self.mood == Mood::Basic {
            "Basic realm=\"WSMAN\""
        } else {
            "Negotiate"
        };
        let message = authorization
            .strip_prefix("Negotiate ")
            .filter(|_| self.mood != Mood::Basic);
        let message = message.map(|message| BASE64.decode(message.as_bytes()).unwrap());
        match (message, self.challenge.take()) {
            (Some(message), Some(challenge)) => {
                self.seen.log_ons.fetch_add(1, Ordering::SeqCst);
                self.logged_on = ntlm::tests::proves(&message, &challenge, &who, &self.binding);
                (if self.logged_on { 200 } else { 401 }, vec![offered.to_owned()])
            }
            (Some(message), None) => {
                assert_eq!(message, ntlm::negotiate());
                let challenge = ntlm::tests::challenge();
                let offer = format!("Negotiate {}", BASE64.encode(&challenge));
                self.challenge = Some(challenge);
                (401, vec![offer])
            }
            (None, _) => (401, vec![offered.to_owned()]),
        }
    }

    async fn act(&mut self, action: &str, stream: Option<String>) -> Option<()> {
        match action {
            "Create" => {
                self.seen.shells.fetch_add(1, Ordering::SeqCst);
                self.answer("<r:Shell><r:ShellId>SHELL-1</r:ShellId></r:Shell>")
                    .await
            }
            "Command" => {
                if self.mood == Mood::Noisy {
                    self.output.extend(b"WARNING: the power is low\r\n");
                }
                self.answer("<r:CommandResponse><r:CommandId>COMMAND-1</r:CommandId></r:CommandResponse>")
                    .await
            }
            "Send" => {
                self.input.extend(BASE64.decode(stream?.as_bytes()).unwrap());
                self.run()?;
                self.answer("<r:SendResponse/>").await
            }
            "Receive" => self.receive().await,
            "Delete" => {
                self.seen.closed.fetch_add(1, Ordering::SeqCst);
                self.answer("").await
            }
            other => panic!("there is no action {other}"),
        }
    }

    /// What the program does with its input: the program itself, the limits, then questions.
    fn run(&mut self) -> Option<()> {
        while let Some(end) = self.input.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.input.drain(..=end).collect();
            self.lines += 1;
            match (self.lines, self.mood) {
                (1, _) => assert!(line.starts_with(b"& ([scriptblock]::Create(") && line.is_ascii()),
                (_, Mood::NoProgram) => {}
                (2, _) => self.output.extend(b"{\"ready\":1}\r\n"),
                (_, Mood::Silent) => {}
                (_, Mood::Closes(times)) if self.seen.closing.fetch_add(1, Ordering::SeqCst) < times => {
                    return None;
                }
                (_, Mood::NoText) => self.output.extend(b"{\"id\":1,\"rows\":[\"\xff\"]}\r\n"),
                (_, mood) => {
                    let question: Value = serde_json::from_slice(&line).unwrap();
                    if let Mood::Rows(count) = mood {
                        let row = json!({ "name": "n", "sid": "S-1-1-0" });
                        let answer = json!({ "id": question["id"], "rows": vec![row; count] });
                        self.output.extend(format!("{answer}\r\n").as_bytes());
                        continue;
                    }
                    let name = if mood == Mood::Endless {
                        "x".repeat(100_000)
                    } else {
                        question["name"].as_str().unwrap().to_owned()
                    };
                    let answer =
                        json!({ "id": question["id"], "rows": [{ "name": name, "sid": "S-1-1-0" }] });
                    self.output.extend(format!("{answer}\r\n").as_bytes());
                }
            }
        }
        Some(())
    }

    async fn receive(&mut self) -> Option<()> {
        if self.mood == Mood::NoProgram {
            let said = BASE64.encode(b"'powershell' is not recognized as an internal or external command");
            let state = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/CommandState/Done";
            return self
                .answer(&format!(
                    "<r:ReceiveResponse><r:Stream Name=\"stderr\" CommandId=\"COMMAND-1\">{said}</r:Stream>\
                     <r:CommandState CommandId=\"COMMAND-1\" State=\"{state}\"><r:ExitCode>1</r:ExitCode></r:CommandState>\
                     </r:ReceiveResponse>"
                ))
                .await;
        }
        if self.output.is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            return self.fault(2_150_858_793).await;
        }
        let most = if self.mood == Mood::Slow { 7 } else { 50_000 };
        let length = most.min(self.output.len());
        let piece: Vec<u8> = self.output.drain(..length).collect();
        let is_answer = piece.starts_with(b"{\"id\"");
        let piece = BASE64.encode(&piece);
        if let Mood::Half(times) = self.mood
            && is_answer
            && self.seen.closing.fetch_add(1, Ordering::SeqCst) < times
        {
            let head = "HTTP/1.1 200 x\r\nContent-Length: 1000\r\n\r\n<s:Envelope ";
            self.stream.write_all(head.as_bytes()).await.ok()?;
            self.stream.flush().await.ok()?;
            return None;
        }
        self.answer(&format!(
            "<r:ReceiveResponse><r:Stream Name=\"stdout\" CommandId=\"COMMAND-1\">{piece}</r:Stream></r:ReceiveResponse>"
        ))
        .await
    }

    async fn answer(&mut self, body: &str) -> Option<()> {
        let text = format!(
            "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" \
             xmlns:r=\"http://schemas.microsoft.com/wbem/wsman/1/windows/shell\"><s:Header/><s:Body>{body}</s:Body></s:Envelope>"
        );
        self.reply(200, &[], text.as_bytes()).await
    }

    async fn fault(&mut self, number: u32) -> Option<()> {
        let text = format!(
            "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Body><s:Fault><s:Code/><s:Reason>\
             <s:Text>It does not work. </s:Text></s:Reason><s:Detail>\
             <f:WSManFault xmlns:f=\"http://schemas.microsoft.com/wbem/wsman/1/wsmanfault\" Code=\"{number}\">\
             <f:Message>No, it\ndoes not. </f:Message></f:WSManFault></s:Detail></s:Fault></s:Body></s:Envelope>"
        );
        self.reply(500, &[], text.as_bytes()).await
    }

    async fn reply(&mut self, status: u16, offers: &[String], body: &[u8]) -> Option<()> {
        let mut head = format!("HTTP/1.1 {status} x\r\nServer: Microsoft-HTTPAPI/2.0\r\n");
        for offer in offers {
            let _ = write!(head, "WWW-Authenticate: {offer}\r\n");
        }
        let _ = write!(head, "Content-Length: {}\r\n\r\n", body.len());
        self.stream.write_all(head.as_bytes()).await.ok()?;
        self.stream.write_all(body).await.ok()?;
        self.stream.flush().await.ok()
    }
}
