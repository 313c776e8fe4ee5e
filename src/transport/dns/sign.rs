//! Signs questions with a shared key (TSIG, RFC 8945) and checks the signatures of answers.
//!
//! The protocol library computes the MACs; what a failure means, and the chain over the messages of a transfer of
//! which only some are signed, are told here.

use data_encoding::BASE64;
use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::TSigner;
use hickory_proto::rr::rdata::TSIG;
use hickory_proto::rr::rdata::tsig::{TsigAlgorithm, TsigError, signed_bitmessage_to_buf};
use secrecy::{ExposeSecret as _, SecretString};

use super::super::Trouble;
use super::names;
use crate::facts::Cause;

/// Seconds by which two clocks may differ.
const FUDGE: u16 = 300;
/// Messages of a transfer that may follow one another without a signature.
const UNSIGNED_RUN: usize = 99;

/// A key that is shared with the server.
#[derive(Clone, Debug)]
pub struct Tsig {
    pub name: String,
    /// `hmac-sha256`, `hmac-sha384` or `hmac-sha512`.
    pub algorithm: String,
    /// Base 64, as the server's configuration has it.
    pub secret: SecretString,
}

/// A key ready to sign.
pub(super) struct Signer {
    signer: TSigner,
    /// The key's name, for people.
    pub(super) name: String,
}

impl Signer {
    pub(super) fn new(key: &Tsig) -> Result<Self, Trouble> {
        let bad =
            |why: String| Trouble::new(Cause::NotConfigured, format!("the DNS key cannot be used: {why}"));
        let name = names::parse(&key.name).map_err(|why| bad(format!("its name {why}")))?;
        let algorithm = algorithm(&key.algorithm)?;
        let secret = BASE64.decode(key.secret.expose_secret().trim().as_bytes());
        // the error would quote a byte of the secret
        let secret = secret.map_err(|_| bad("its secret is not base 64".to_owned()))?;
        if secret.is_empty() {
            return Err(bad("its secret is empty".to_owned()));
        }
        let shown = names::show(&name);
        let signer = TSigner::new(secret, algorithm, name, FUDGE).map_err(|error| bad(error.to_string()))?;
        Ok(Self { signer, name: shown })
    }

    /// Signs a message; nothing may be changed in it afterwards.
    pub(super) fn sign(&self, message: &mut Message, now: u64) -> Result<Verifier<'_>, Trouble> {
        let failed = |error: &dyn std::fmt::Display| {
            Trouble::new(
                Cause::Unsupported,
                format!("the question cannot be signed: {error}"),
            )
        };
        message
            .finalize(&self.signer, now)
            .map_err(|error| failed(&error))?;
        let signature = message
            .signature()
            .ok_or_else(|| failed(&"no signature was made"))?;
        Ok(Verifier {
            key: self,
            previous: signature.data.mac.clone(),
            unsigned: Vec::new(),
            run: 0,
            first: true,
            now,
        })
    }
}

fn algorithm(text: &str) -> Result<TsigAlgorithm, Trouble> {
    match text.trim_end_matches('.').to_ascii_lowercase().as_str() {
        "hmac-sha256" => Ok(TsigAlgorithm::HmacSha256),
        "hmac-sha384" => Ok(TsigAlgorithm::HmacSha384),
        "hmac-sha512" => Ok(TsigAlgorithm::HmacSha512),
        _ => Err(Trouble::new(
            Cause::Unsupported,
            format!(
                "DNS keys of the algorithm \"{text}\" cannot be used; hmac-sha256, -sha384 and -sha512 can"
            ),
        )),
    }
}

/// Checks the answers to one signed question, in the order in which they come.
pub(super) struct Verifier<'k> {
    key: &'k Signer,
    /// The MAC that the next one covers.
    previous: Vec<u8>,
    /// Messages since the last signature, which the next one covers too.
    unsigned: Vec<u8>,
    run: usize,
    first: bool,
    now: u64,
}

impl Verifier<'_> {
    /// Takes an answer that must be signed itself, unless it is a refusal.
    pub(super) fn single(&mut self, raw: &[u8], message: &Message) -> Result<(), Trouble> {
        match message.signature() {
            Some(signature) => self.signed(raw, &signature.name, &signature.data),
            // a server that knows nothing of signatures refuses without one
            None if message.response_code != ResponseCode::NoError => Ok(()),
            None => Err(bad_answer("it is not signed, though the question was")),
        }
    }

    /// Takes the next of several messages; those between the first and the last need no signature of their own.
    pub(super) fn next(&mut self, raw: &[u8], message: &Message) -> Result<(), Trouble> {
        if self.first || message.signature().is_some() || message.response_code != ResponseCode::NoError {
            return self.single(raw, message);
        }
        self.run += 1;
        if self.run > UNSIGNED_RUN {
            return Err(bad_answer("too many of its messages are not signed"));
        }
        self.unsigned.extend_from_slice(raw);
        Ok(())
    }

    /// Nothing more comes: the last message must have been signed.
    pub(super) fn finish(self) -> Result<(), Trouble> {
        match self.run {
            0 => Ok(()),
            _ => Err(bad_answer("its last message is not signed")),
        }
    }

    fn signed(&mut self, raw: &[u8], name: &hickory_proto::rr::Name, tsig: &TSIG) -> Result<(), Trouble> {
        if let Some(error) = tsig.error {
            return Err(self.rejected(error, tsig));
        }
        let signer = &self.key.signer;
        if name != signer.signer_name() || tsig.algorithm != *signer.algorithm() {
            return Err(bad_answer("it is signed with another key"));
        }
        let covered = signed_bitmessage_to_buf(raw, Some(&self.previous), self.first);
        let (mut covered, _) = covered.map_err(|_| bad_answer("its signature cannot be read"))?;
        let start = 2 + self.previous.len();
        covered.splice(start..start, self.unsigned.drain(..));
        // a shorter MAC is refused by the library: it compares whole ones only
        signer
            .verify(&covered, &tsig.mac)
            .map_err(|_| bad_answer("its signature is not the key's"))?;
        if tsig.time.abs_diff(self.now) > u64::from(FUDGE) {
            return Err(bad_answer("it was signed at another time"));
        }
        self.previous.clone_from(&tsig.mac);
        self.run = 0;
        self.first = false;
        Ok(())
    }

    /// What the server says is wrong with our signature.
    fn rejected(&self, error: TsigError, tsig: &TSIG) -> Trouble {
        let name = &self.key.name;
        let detail = match error {
            TsigError::BadKey => {
                format!("the server does not know the key {name}, or not with this algorithm (BADKEY)")
            }
            TsigError::BadSig => format!("the server has another secret for the key {name} (BADSIG)"),
            TsigError::BadTime => format!("the clocks differ{} (BADTIME)", self.skew(tsig)),
            TsigError::BadTrunc => format!("the server wants longer signatures of the key {name} (BADTRUNC)"),
            TsigError::Unknown(code) => {
                format!("the server rejects the signature of the key {name} (error {code})")
            }
        };
        Trouble::new(Cause::BadCredentials, detail)
    }

    /// How far apart the clocks are: the server tells its time in six bytes.
    fn skew(&self, tsig: &TSIG) -> String {
        let Ok(bytes) = <[u8; 6]>::try_from(tsig.other.as_slice()) else {
            return " too much".to_owned();
        };
        let server = bytes
            .iter()
            .fold(0_u64, |time, byte| (time << 8) | u64::from(*byte));
        let side = if server > self.now { "ahead of" } else { "behind" };
        format!(
            ": the server's is {} s {side} this machine's; set them right",
            server.abs_diff(self.now)
        )
    }
}

fn bad_answer(why: &str) -> Trouble {
    Trouble::new(Cause::Malformed, format!("the answer cannot be trusted: {why}"))
}

#[cfg(test)]
mod tests;
