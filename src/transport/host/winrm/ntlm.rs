//! The log-on that Windows has everywhere: NTLMv2, as [MS-NLMP] describes it.
//!
//! It is tied to the TLS connection below it, whose certificate is verified; so nothing here signs or seals. No crate
//! is used, because those that know it bring a whole second stack for TLS or for Kerberos along.

use hmac::{Hmac, KeyInit as _, Mac as _};
use md4::Md4;
use md5::{Digest as _, Md5};
use secrecy::{ExposeSecret as _, SecretString};

const SIGNATURE: &[u8; 8] = b"NTLMSSP\0";
/// Unicode, the target's name and what is known of it, NTLMv2 session security, 128 and 56 bits, signatures wanted.
const FLAGS: u32 =
    0x0001 | 0x0004 | 0x0200 | 0x8000 | 0x0008_0000 | 0x0080_0000 | 0x0200_0000 | 0x2000_0000 | 0x8000_0000;
/// Of some Windows, with the revision of the protocol.
const VERSION: [u8; 8] = [10, 0, 0, 0, 0, 0, 0, 15];
/// Kinds of pairs that say something of the target.
const END: u16 = 0;
const AV_FLAGS: u16 = 6;
const TIMESTAMP: u16 = 7;
const TARGET_NAME: u16 = 9;
const CHANNEL_BINDINGS: u16 = 10;
/// There is a check of all three messages.
const HAS_CHECK: u32 = 2;

/// Who logs on, as the protocol takes it.
#[derive(Debug)]
pub(super) struct Who<'a> {
    pub(super) domain: &'a str,
    pub(super) user: &'a str,
    pub(super) password: &'a SecretString,
}

impl<'a> Who<'a> {
    /// `DOMAIN\user`; what has no domain, or has it behind an `@`, is the user's name as a whole.
    pub(super) fn new(user: &'a str, password: &'a SecretString) -> Self {
        let (domain, user) = user.split_once('\\').unwrap_or(("", user));
        Self {
            domain,
            user,
            password,
        }
    }
}

/// What is of this one log-on.
#[derive(Debug)]
pub(super) struct Moment<'a> {
    /// The service that is asked: `HTTP/host`.
    pub(super) target: &'a str,
    /// What ties it to the TLS connection.
    pub(super) binding: &'a [u8],
    pub(super) random: [u8; 8],
    /// As Windows counts it: in units of 100 ns since 1601.
    pub(super) time: u64,
}

/// What the server answers is no challenge.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoChallenge;

/// The first message: what is wanted.
pub(super) fn negotiate() -> Vec<u8> {
    let mut message = head(1);
    message.extend(FLAGS.to_le_bytes());
    // neither domain nor workstation are named
    message.extend([0; 16]);
    message.extend(VERSION);
    message
}

/// The last message: the proof that the password is known.
pub(super) fn authenticate(
    challenge: &[u8],
    who: &Who<'_>,
    moment: &Moment<'_>,
) -> Result<Vec<u8>, NoChallenge> {
    let (theirs, pairs) = read(challenge)?;
    let time = pairs
        .iter()
        .find(|(kind, _)| *kind == TIMESTAMP)
        .map(|(_, value)| value.to_vec());
    let time = time.unwrap_or_else(|| moment.time.to_le_bytes().to_vec());
    let key = response_key(who);
    let answer = [
        &[1, 1, 0, 0, 0, 0, 0, 0],
        &time[..],
        &moment.random,
        &[0; 4],
        &with_ours(&pairs, moment),
        &[0; 4],
    ]
    .concat();
    let proof = mac(&key, &[&theirs, &answer]);
    let response = [&proof[..], &answer].concat();
    let mut message = assemble(&response, who);
    // over all three, so that none of them was changed on the way
    let check = mac(&mac(&key, &[&proof]), &[&negotiate(), challenge, &message]);
    message[CHECK..CHECK + check.len()].copy_from_slice(&check);
    Ok(message)
}

/// Where in the last message its check stands.
const CHECK: usize = 72;

fn head(kind: u32) -> Vec<u8> {
    [&SIGNATURE[..], &kind.to_le_bytes()].concat()
}

type Pairs<'a> = Vec<(u16, &'a [u8])>;

/// The server's random number and what it says of itself.
fn read(challenge: &[u8]) -> Result<([u8; 8], Pairs<'_>), NoChallenge> {
    let at = |place: usize, length: usize| challenge.get(place..place + length).ok_or(NoChallenge);
    if at(0, 12)? != head(2) {
        return Err(NoChallenge);
    }
    let theirs: [u8; 8] = at(24, 8)?.try_into().map_err(|_| NoChallenge)?;
    let length = usize::from(u16::from_le_bytes(
        at(40, 2)?.try_into().map_err(|_| NoChallenge)?,
    ));
    let place = u32::from_le_bytes(at(44, 4)?.try_into().map_err(|_| NoChallenge)?);
    let place = usize::try_from(place).map_err(|_| NoChallenge)?;
    let end = place.checked_add(length).ok_or(NoChallenge)?;
    let mut rest = challenge.get(place..end).ok_or(NoChallenge)?;
    let mut pairs = Vec::new();
    while let [k0, k1, l0, l1, behind @ ..] = rest {
        let (kind, length) = (
            u16::from_le_bytes([*k0, *k1]),
            usize::from(u16::from_le_bytes([*l0, *l1])),
        );
        if kind == END {
            break;
        }
        let (value, more) = behind.split_at_checked(length).ok_or(NoChallenge)?;
        pairs.push((kind, value));
        rest = more;
    }
    if pairs
        .iter()
        .any(|(kind, value)| *kind == TIMESTAMP && value.len() != 8)
    {
        return Err(NoChallenge);
    }
    Ok((theirs, pairs))
}

/// What the server said of itself, with what we know of it.
fn with_ours(pairs: &Pairs<'_>, moment: &Moment<'_>) -> Vec<u8> {
    let mut all = Vec::new();
    let mut add = |kind: u16, value: &[u8]| {
        all.extend(kind.to_le_bytes());
        all.extend(length(value).to_le_bytes());
        all.extend(value);
    };
    for (kind, value) in pairs
        .iter()
        .filter(|(kind, _)| ![AV_FLAGS, TARGET_NAME, CHANNEL_BINDINGS].contains(kind))
    {
        add(*kind, value);
    }
    add(AV_FLAGS, &HAS_CHECK.to_le_bytes());
    // gss_channel_bindings_struct: no addresses, then the data of the application
    let size = u32::try_from(moment.binding.len()).unwrap_or_default();
    let binding = [&[0; 16], &size.to_le_bytes()[..], moment.binding].concat();
    add(CHANNEL_BINDINGS, &Md5::digest(binding));
    add(TARGET_NAME, &wide(moment.target));
    add(END, &[]);
    all
}

/// The last message, its check still empty: six pointers to what stands behind the fixed part.
fn assemble(response: &[u8], who: &Who<'_>) -> Vec<u8> {
    // no answer of the oldest kind: 24 zeros say so
    let parts = [
        vec![0; 24],
        response.to_vec(),
        wide(who.domain),
        wide(who.user),
        Vec::new(),
        Vec::new(),
    ];
    let mut message = head(3);
    let mut place = CHECK + 16;
    for part in &parts {
        message.extend(length(part).to_le_bytes());
        message.extend(length(part).to_le_bytes());
        message.extend(u32::try_from(place).unwrap_or_default().to_le_bytes());
        place += part.len();
    }
    message.extend(FLAGS.to_le_bytes());
    message.extend(VERSION);
    message.extend([0; 16]);
    message.extend(parts.concat());
    message
}

/// The key that only who knows the password has.
fn response_key(who: &Who<'_>) -> [u8; 16] {
    let hashed = Md4::digest(wide(who.password.expose_secret()));
    mac(&hashed, &[&wide(&who.user.to_uppercase()), &wide(who.domain)])
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 16] {
    let mut mac = Hmac::<Md5>::new_from_slice(key).expect("a key may have any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn length(part: &[u8]) -> u16 {
    u16::try_from(part.len()).unwrap_or(u16::MAX)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The example of [MS-NLMP] 4.2.
    #[test]
    fn the_key_of_the_specification() {
        let password = SecretString::from("Password");
        let who = Who::new(r"Domain\User", &password);
        let expected = [
            0x0c, 0x86, 0x8a, 0x40, 0x3b, 0xfd, 0x7a, 0x93, 0xa3, 0x00, 0x1e, 0xf2, 0x2e, 0xf0, 0x2e, 0x3f,
        ];
        assert_eq!(response_key(&who), expected);
    }

    #[test]
    fn the_answer_of_the_specification() {
        let password = SecretString::from("Password");
        let key = response_key(&Who::new(r"Domain\User", &password));
        let theirs = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];
        let pair = |kind: u16, name: &str| {
            [
                &kind.to_le_bytes()[..],
                &length(&wide(name)).to_le_bytes(),
                &wide(name),
            ]
            .concat()
        };
        let names = [pair(2, "Domain"), pair(1, "Server"), vec![0; 4]].concat();
        let answer = [
            &[1, 1, 0, 0, 0, 0, 0, 0],
            &[0; 8][..],
            &[0xaa; 8],
            &[0; 4],
            &names,
            &[0; 4],
        ]
        .concat();
        let proof = mac(&key, &[&theirs, &answer]);
        let expected = [
            0x68, 0xcd, 0x0a, 0xb8, 0x51, 0xe5, 0x1c, 0x96, 0xaa, 0xbc, 0x92, 0x7b, 0xeb, 0xef, 0x6a, 0x1c,
        ];
        assert_eq!(proof, expected);
        let session = [
            0x8d, 0xe4, 0x0c, 0xca, 0xdb, 0xc1, 0x4a, 0x82, 0xf1, 0x5c, 0xb0, 0xad, 0x0d, 0xe9, 0x5c, 0xa3,
        ];
        assert_eq!(mac(&key, &[&proof]), session);
    }

    #[test]
    fn users_of_all_forms() {
        let password = SecretString::from("x");
        for (given, domain, user) in [
            (r"CORP\svc", "CORP", "svc"),
            ("svc@corp.example", "", "svc@corp.example"),
            ("Administrator", "", "Administrator"),
        ] {
            let who = Who::new(given, &password);
            assert_eq!((who.domain, who.user), (domain, user));
        }
    }

    #[test]
    fn what_is_no_challenge_is_refused() {
        let password = SecretString::from("x");
        let who = Who::new("a", &password);
        let moment = Moment {
            target: "HTTP/a",
            binding: b"",
            random: [0; 8],
            time: 0,
        };
        let fine = challenge();
        assert!(authenticate(&fine, &who, &moment).is_ok());
        for length in 0..fine.len() {
            let cut = authenticate(&fine[..length], &who, &moment);
            assert!(cut.is_err(), "{length}");
        }
        let mut far = fine.clone();
        far[44..48].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(authenticate(&far, &who, &moment), Err(NoChallenge));
        for place in 0..fine.len() {
            let mut other = fine.clone();
            other[place] ^= 0xff;
            let _ = authenticate(&other, &who, &moment);
        }
    }

    /// A challenge with a time, as servers send it.
    pub(in super::super) fn challenge() -> Vec<u8> {
        let mut message = head(2);
        message.extend([0; 8]);
        message.extend(FLAGS.to_le_bytes());
        message.extend([0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef]);
        message.extend([0; 8]);
        let mut pairs = [&2u16.to_le_bytes()[..], &8u16.to_le_bytes(), &wide("CORP")].concat();
        pairs.extend(
            [
                &TIMESTAMP.to_le_bytes()[..],
                &8u16.to_le_bytes(),
                &[7; 8],
                &[0; 4],
            ]
            .concat(),
        );
        message.extend(length(&pairs).to_le_bytes());
        message.extend(length(&pairs).to_le_bytes());
        message.extend(56u32.to_le_bytes());
        message.extend(VERSION);
        message.extend(pairs);
        message
    }

    /// Whether the last message proves that this password is known, with the binding and the check that it must have.
    pub(in super::super) fn proves(message: &[u8], challenge: &[u8], who: &Who<'_>, binding: &[u8]) -> bool {
        let number = |place: usize| usize::from(u16::from_le_bytes([message[place], message[place + 1]]));
        let part = |field: usize| &message[number(field + 4)..number(field + 4) + number(field)];
        let response = part(20);
        let key = response_key(who);
        let (proof, answer) = response.split_at(16);
        let bound = Md5::digest(
            [
                &[0; 16],
                &u32::try_from(binding.len()).unwrap().to_le_bytes()[..],
                binding,
            ]
            .concat(),
        );
        let mut unchecked = message.to_vec();
        unchecked[CHECK..CHECK + 16].fill(0);
        let check = mac(&mac(&key, &[proof]), &[&negotiate(), challenge, &unchecked]);
        mac(&key, &[&challenge[24..32], answer]) == proof
            && part(28) == wide(who.domain)
            && part(36) == wide(who.user)
            && answer.windows(16).any(|window| window == &bound[..])
            && message[CHECK..CHECK + 16] == check
    }
}
