//! One connection to a WinRM server: HTTPS, verified, and logged on.

use data_encoding::BASE64;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, WWW_AUTHENTICATE};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::net::TcpStream;
use tokio_util::task::AbortOnDropHandle;

use super::ntlm;
use crate::facts::Cause;
use crate::transport::tls::{Tls, endpoint_binding};
use crate::transport::{Trouble, clip, local};

/// No answer is longer: servers keep theirs below half a mebibyte.
const LARGEST: usize = 4 * 1024 * 1024;
/// Between 1601 and 1970, in seconds.
const EPOCH: u64 = 11_644_473_600;

/// A connection; closed when dropped.
#[derive(Debug)]
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    /// Sent with every request where the server takes nothing better than a password.
    basic: Option<HeaderValue>,
    host: String,
    place: String,
    /// What ties a log-on to the connection.
    binding: Vec<u8>,
    _work: AbortOnDropHandle<()>,
}

/// What the server answered.
#[derive(Debug)]
struct Reply {
    status: StatusCode,
    /// How one may log on, and what the server says for that.
    offers: Vec<String>,
    body: Vec<u8>,
}

impl Connection {
    /// Shakes hands over a connection to `host`, whose address `place` is.
    pub(super) async fn open(tls: &Tls, host: &str, place: &str, tcp: TcpStream) -> Result<Self, Trouble> {
        let stream = tls.connect(host, place, tcp).await?;
        let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
        let binding = shown.map_or_else(Vec::new, |certificate| endpoint_binding(certificate));
        let (sender, work) = handshake(TokioIo::new(stream))
            .await
            .map_err(|error| broken(place, &error))?;
        let work = AbortOnDropHandle::new(tokio::spawn(async move {
            // its end is seen by whoever asks next
            let _ = work.await;
        }));
        Ok(Self {
            sender,
            basic: None,
            host: host.to_owned(),
            place: place.to_owned(),
            binding,
            _work: work,
        })
    }

    /// Logs on and asks the first question; the password is given to be proven once, and never in two ways.
    pub(super) async fn log_on(
        &mut self,
        user: &str,
        password: &SecretString,
        first: String,
    ) -> Result<Vec<u8>, Trouble> {
        let hello = self
            .exchange(String::new(), Some(negotiate(&ntlm::negotiate())))
            .await?;
        if hello.status != StatusCode::UNAUTHORIZED {
            return Err(self.no_winrm(hello.status));
        }
        let offered = |scheme: &str| hello.offers.iter().find_map(|offer| offer_of(offer, scheme));
        let authorization = match (offered("Negotiate"), offered("Basic")) {
            (Some(challenge), _) if !challenge.is_empty() => self.proof(challenge, user, password)?,
            (_, Some(_)) => self.basic.insert(basic(user, password)?).clone(),
            _ => {
                let offers = clip(&hello.offers.join(", "));
                let detail = format!(
                    "{} takes neither NTLM nor a password; it offers: {offers}",
                    self.place
                );
                return Err(Trouble::new(Cause::Unsupported, detail));
            }
        };
        let reply = self.exchange(first, Some(authorization)).await?;
        if reply.status == StatusCode::UNAUTHORIZED {
            let detail = format!("{} refuses user or password", self.place);
            return Err(Trouble::new(Cause::BadCredentials, detail));
        }
        self.body(reply)
    }

    /// Asks a further question.
    pub(super) async fn ask(&mut self, message: String) -> Result<Vec<u8>, Trouble> {
        let reply = self.exchange(message, self.basic.clone()).await?;
        if reply.status == StatusCode::UNAUTHORIZED {
            let detail = format!("{} forgot the log-on of this connection", self.place);
            return Err(Trouble::new(Cause::Unreachable, detail));
        }
        self.body(reply)
    }

    fn proof(&self, challenge: &str, user: &str, password: &SecretString) -> Result<HeaderValue, Trouble> {
        let no_challenge = || {
            Trouble::new(
                Cause::Malformed,
                format!("{} answers the log-on with something else", self.place),
            )
        };
        let challenge = BASE64.decode(challenge.as_bytes()).map_err(|_| no_challenge())?;
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|error| {
            Trouble::new(
                Cause::Unsupported,
                format!("this machine has no random numbers: {error}"),
            )
        })?;
        let moment = ntlm::Moment {
            target: &format!("HTTP/{}", self.host),
            binding: &self.binding,
            random,
            time: (local::unix_seconds() + EPOCH) * 10_000_000,
        };
        let message = ntlm::authenticate(&challenge, &ntlm::Who::new(user, password), &moment)
            .map_err(|_| no_challenge())?;
        Ok(negotiate(&message))
    }

    async fn exchange(&mut self, body: String, authorization: Option<HeaderValue>) -> Result<Reply, Trouble> {
        let mut request = Request::post("/wsman")
            .header(HOST, &self.place)
            .header(CONTENT_TYPE, "application/soap+xml;charset=UTF-8");
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let request = request.body(Full::from(body)).map_err(|error| {
            let why = clip(&error.to_string());
            Trouble::new(
                Cause::NotConfigured,
                format!("{} cannot be asked: {why}", self.place),
            )
        })?;
        self.sender
            .ready()
            .await
            .map_err(|error| broken(&self.place, &error))?;
        let reply = self
            .sender
            .send_request(request)
            .await
            .map_err(|error| broken(&self.place, &error))?;
        let (status, headers) = (reply.status(), reply.headers());
        let offers = headers
            .get_all(WWW_AUTHENTICATE)
            .iter()
            .filter_map(|offer| offer.to_str().ok());
        let offers = offers.map(str::to_owned).collect();
        let body = Limited::new(reply.into_body(), LARGEST)
            .collect()
            .await
            .map_err(|error| {
                let why = clip(&error.to_string());
                Trouble::new(
                    Cause::Unreachable,
                    format!("{} broke off its answer: {why}", self.place),
                )
            })?;
        Ok(Reply {
            status,
            offers,
            body: body.to_bytes().to_vec(),
        })
    }

    /// The message in a reply; a fault comes as a server's error.
    fn body(&self, reply: Reply) -> Result<Vec<u8>, Trouble> {
        match reply.status {
            StatusCode::OK | StatusCode::INTERNAL_SERVER_ERROR | StatusCode::BAD_REQUEST
                if !reply.body.is_empty() =>
            {
                Ok(reply.body)
            }
            StatusCode::FORBIDDEN => {
                let detail = format!("{} does not let this account use WinRM", self.place);
                Err(Trouble::new(Cause::Denied, detail))
            }
            status => Err(self.no_winrm(status)),
        }
    }

    fn no_winrm(&self, status: StatusCode) -> Trouble {
        let detail = format!(
            "what answers at {} is no WinRM server (HTTP {status})",
            self.place
        );
        Trouble::new(Cause::Unsupported, detail)
    }
}

/// What follows a scheme, when it is offered.
fn offer_of<'a>(offer: &'a str, scheme: &str) -> Option<&'a str> {
    let (named, rest) = offer.split_once(' ').unwrap_or((offer, ""));
    named.eq_ignore_ascii_case(scheme).then(|| rest.trim())
}

fn negotiate(message: &[u8]) -> HeaderValue {
    let mut header =
        HeaderValue::from_str(&format!("Negotiate {}", BASE64.encode(message))).expect("base 64 is plain");
    header.set_sensitive(true);
    header
}

fn basic(user: &str, password: &SecretString) -> Result<HeaderValue, Trouble> {
    if user.contains(':') {
        let detail = format!(
            "the user {} cannot be given to a server that takes a password only",
            clip(user)
        );
        return Err(Trouble::new(Cause::NotConfigured, detail));
    }
    let pair = SecretString::from(format!("{user}:{}", password.expose_secret()));
    let encoded = SecretString::from(BASE64.encode(pair.expose_secret().as_bytes()));
    let mut header =
        HeaderValue::from_str(&format!("Basic {}", encoded.expose_secret())).expect("base 64 is plain");
    header.set_sensitive(true);
    Ok(header)
}

fn broken(place: &str, error: &hyper::Error) -> Trouble {
    let why = clip(&error.to_string());
    if error.is_parse() {
        return Trouble::new(
            Cause::Unsupported,
            format!("what answers at {place} does not speak HTTP: {why}"),
        );
    }
    Trouble::new(
        Cause::Unreachable,
        format!("the connection to {place} broke: {why}"),
    )
}
