//! Log-on with the Kerberos ticket of whoever runs this (SASL GSSAPI, RFC 4752).
//!
//! Both sides prove themselves. Without TLS everything after the log-on is sealed, in order and complete; under TLS
//! the log-on is tied to the server's certificate. This is not left to the LDAP library: it takes an early success
//! for the server's proof, loses answers that arrive close together, and does not ask for their order to be kept.

use std::num::NonZero;

use ldap3::LdapResult;
use libgssapi::context::{ClientCtx, CtxFlags, SecurityContext as _};
use libgssapi::credential::{Cred, CredUsage};
use libgssapi::error::Error as GssError;
use libgssapi::name::Name;
use libgssapi::oid::{GSS_MECH_KRB5, GSS_NT_KRB5_PRINCIPAL, OidSet};
use tokio::sync::oneshot;

use super::ask::ask;
use super::codes::{self, SUCCESS};
use super::guard::{Answer, Phase};
use super::seal::{LONGEST_SEALED, Sealed};
use super::wire::{End, Stream};
use crate::facts::Cause;
use crate::transport::tls::endpoint_binding;
use crate::transport::{Trouble, ticket};

const GO_ON: u32 = 14;

/// Layers that a server offers and a client chooses: none, because there is TLS, or sealing.
const NO_LAYER: u8 = 1;
const SEALED: u8 = 4;

/// Logs on at `host`, whose full name is part of the service that the ticket is for; `certificate` is the one that
/// the server showed when there is TLS. Returns the connection to go on with.
pub(super) async fn log_on(
    mut server: Box<dyn Stream>,
    certificate: Option<&[u8]>,
    place: &str,
    host: &str,
) -> Result<Box<dyn Stream>, Trouble> {
    let who = "log-on with Kerberos";
    let binding = certificate.map(endpoint_binding);
    let gss = |error: GssError| ticket::explain(place, &service(host), &error.to_string());
    let malformed = |why| End::Garbage(why).trouble(place);
    let (mut context, token) = begin(host, binding.clone(), place).await?;

    let proof = step(&mut server, 1, Some(&token), place, who).await?;
    context.step(Some(&proof), binding.as_deref()).map_err(gss)?;
    let promised = context.flags().map_err(gss)?;
    if !context.is_complete() || !promised.contains(wanted()) {
        return Err(malformed(
            "it does not prove itself in the way that was asked for",
        ));
    }
    let offer = step(&mut server, 2, None, place, who).await?;
    let offer = context.unwrap(&offer).map_err(gss)?;
    let &[layers, a, b, c] = &*offer else {
        return Err(malformed("it offers no layer with a size"));
    };
    let layer = if certificate.is_some() { NO_LAYER } else { SEALED };
    if layers & layer == 0 {
        return Err(Trouble::new(
            Cause::Unsupported,
            format!("{place} cannot seal a connection after a Kerberos log-on"),
        ));
    }
    let receive = if layer == SEALED { LONGEST_SEALED } else { 0 };
    let [_, sizes @ ..] = receive.to_be_bytes();
    let choice = context
        .wrap(true, &[&[layer], &sizes[..]].concat())
        .map_err(gss)?;
    let answer = ask(&mut server, &request(3, Some(&choice)), Phase::LogOn, place).await?;
    if answer.code != SUCCESS {
        return Err(refused(place, who, answer));
    }
    if layer == NO_LAYER {
        return Ok(server);
    }
    let most = NonZero::new(u32::from_be_bytes([0, a, b, c]));
    Ok(Box::new(Sealed::new(server, context, most)))
}

/// One step of the log-on, which the server must want to go on with.
async fn step(
    server: &mut Box<dyn Stream>,
    id: u8,
    token: Option<&[u8]>,
    place: &str,
    who: &str,
) -> Result<Vec<u8>, Trouble> {
    let answer = ask(server, &request(id, token), Phase::LogOn, place).await?;
    match (answer.code, &answer.credentials) {
        (GO_ON, Some(credentials)) => Ok(credentials.clone()),
        (GO_ON, None) | (SUCCESS, _) => Err(End::Garbage("it skips the proof of who it is").trouble(place)),
        _ => Err(refused(place, who, answer)),
    }
}

/// Why a log-on was refused.
fn refused(place: &str, who: &str, answer: Answer) -> Trouble {
    let Answer { code: rc, text, .. } = answer;
    codes::explain(
        place,
        who,
        &LdapResult {
            rc,
            matched: String::new(),
            text,
            refs: vec![],
            ctrls: vec![],
        },
    )
}

/// What a security context must give.
fn wanted() -> CtxFlags {
    CtxFlags::GSS_C_MUTUAL_FLAG
        | CtxFlags::GSS_C_CONF_FLAG
        | CtxFlags::GSS_C_INTEG_FLAG
        | CtxFlags::GSS_C_REPLAY_FLAG
        | CtxFlags::GSS_C_SEQUENCE_FLAG
}

fn service(host: &str) -> String {
    format!("ldap/{host}")
}

/// Gets a ticket for the service and the first token.
async fn begin(host: &str, binding: Option<Vec<u8>>, place: &str) -> Result<(ClientCtx, Vec<u8>), Trouble> {
    let wanted_service = service(host);
    let (done, begun) = oneshot::channel();
    let work = move || -> Result<(ClientCtx, Vec<u8>), GssError> {
        let mut mechanisms = OidSet::new();
        mechanisms.add(GSS_MECH_KRB5)?;
        let ticket = Cred::acquire(None, None, CredUsage::Initiate, Some(&mechanisms))?;
        let name = Name::new(wanted_service.as_bytes(), Some(GSS_NT_KRB5_PRINCIPAL))?
            .canonicalize(Some(GSS_MECH_KRB5))?;
        let mut context = ClientCtx::new(Some(ticket), name, wanted(), Some(GSS_MECH_KRB5));
        let token = context.step(None, binding.as_deref())?;
        Ok((context, token.map(|token| token.to_vec()).unwrap_or_default()))
    };
    // the Kerberos library blocks, for long when no KDC answers; a thread of its own holds nobody up when the
    // deadline has passed or the program ends
    let thread = std::thread::Builder::new()
        .name("kerberos".to_owned())
        .spawn(move || drop(done.send(work())));
    let failed = |why: String| {
        Trouble::new(
            Cause::Unreachable,
            format!("no Kerberos log-on to {place}: {why}"),
        )
    };
    thread.map_err(|error| failed(error.to_string()))?;
    match begun.await {
        Ok(begun) => begun.map_err(|error| ticket::explain(place, &service(host), &error.to_string())),
        Err(_) => Err(failed("it broke off".to_owned())),
    }
}

/// A bind request with SASL credentials.
fn request(id: u8, token: Option<&[u8]>) -> Vec<u8> {
    let mechanism = element(0x04, b"GSSAPI");
    let token = token.map(|token| element(0x04, token)).unwrap_or_default();
    let sasl = element(0xa3, &[mechanism, token].concat());
    let bind = element(0x60, &[&b"\x02\x01\x03\x04\x00"[..], &sasl].concat());
    element(0x30, &[&[0x02, 0x01, id], &bind[..]].concat())
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len())
        .expect("a token is far shorter than 4 GiB")
        .to_be_bytes();
    [&[tag, 0x84], &length[..], content].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_server_must_prove_itself() {
        let success = element(0x30, b"\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00");
        let empty_step = element(0x30, b"\x02\x01\x01\x61\x07\x0a\x01\x0e\x04\x00\x04\x00");
        for answer in [success, empty_step] {
            let (near, mut far) = tokio::io::duplex(4096);
            tokio::io::AsyncWriteExt::write_all(&mut far, &answer)
                .await
                .unwrap();
            let trouble = step(
                &mut (Box::new(near) as Box<dyn Stream>),
                1,
                Some(b"token"),
                "dc1:389",
                "log-on",
            )
            .await;
            let trouble = trouble.unwrap_err();
            assert_eq!(trouble.cause, Cause::Malformed);
            assert!(trouble.detail.contains("skips the proof"), "{}", trouble.detail);
        }
    }
}
