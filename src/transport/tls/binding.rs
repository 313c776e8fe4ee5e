//! What ties a log-on to the TLS connection below it.

use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// The `tls-server-end-point` of RFC 5929 for the certificate that the server showed.
pub(crate) fn endpoint_binding(certificate: &[u8]) -> Vec<u8> {
    let digest = match signature_algorithm(certificate) {
        // sha384WithRSAEncryption, ecdsa-with-SHA384
        Some(b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c" | b"\x2a\x86\x48\xce\x3d\x04\x03\x03") => {
            Sha384::digest(certificate).to_vec()
        }
        // sha512WithRSAEncryption, ecdsa-with-SHA512
        Some(b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d" | b"\x2a\x86\x48\xce\x3d\x04\x03\x04") => {
            Sha512::digest(certificate).to_vec()
        }
        // SHA-256, and what is too old to be used here
        _ => Sha256::digest(certificate).to_vec(),
    };
    [&b"tls-server-end-point:"[..], &digest].concat()
}

/// Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm SEQUENCE { OBJECT IDENTIFIER, ... }, ... }
fn signature_algorithm(certificate: &[u8]) -> Option<&[u8]> {
    let (inside, _) = element(0x30, certificate)?;
    let (_, behind) = element(0x30, inside)?;
    let (algorithm, _) = element(0x30, behind)?;
    element(0x06, algorithm).map(|(name, _)| name)
}

/// What is in the first element, and what stands behind it.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let [first, length, rest @ ..] = der else {
        return None;
    };
    let (length, rest) = match length {
        short @ 0..=0x7f => (usize::from(*short), rest),
        more @ 0x81..=0x84 => {
            let (length, rest) = rest.split_at_checked(usize::from(more & 0x7f))?;
            (
                length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
                rest,
            )
        }
        _ => return None,
    };
    (*first == tag).then(|| rest.split_at_checked(length)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_binding_uses_the_digest_of_the_certificate() {
        use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384};
        for (algorithm, length) in [(&PKCS_ECDSA_P256_SHA256, 32), (&PKCS_ECDSA_P384_SHA384, 48)] {
            let key = KeyPair::generate_for(algorithm).unwrap();
            let certificate = CertificateParams::new(vec!["dc1".to_owned()])
                .unwrap()
                .self_signed(&key)
                .unwrap();
            let binding = endpoint_binding(certificate.der());
            assert_eq!(binding.len(), "tls-server-end-point:".len() + length);
        }
        for garbage in [
            &b"no certificate"[..],
            b"",
            b"\x30",
            b"\x30\x84\xff\xff\xff\xff",
            b"\x30\x85\0",
        ] {
            assert_eq!(
                endpoint_binding(garbage).len(),
                "tls-server-end-point:".len() + 32
            );
        }
    }
}
