//! Certificate and CertificateRequest with something wrong (RFC 5246 §7.4.2, §7.4.4).

use rcgen::{CertificateParams, KeyPair};
use tls12::crypto::CipherSuite;
use tls12::wire::NamedGroup;
use tls12::{
    CertificateError, CertificateErrorKind, ClientConfig, DecodeError, DecodeFault, Error, Policy, Side, Violation,
};

use super::{ECDHE_GCM, RSA_CBC, facing_client};
use crate::assert_refused;
use crate::support::forge::{Forge, Step, alert, certificate};
use crate::support::hello::{message, typ, vector};
use crate::support::pki::{PKI, Pinned, SERVER_NAME};

/// RFC 5246 §7.4.2: the server MUST send a certificate. §7.2.2 names no alert for none; §7.4.6 does for the client's.
#[test]
fn a_server_without_a_certificate_is_refused() {
    let mut forge = facing_client(ECDHE_GCM);
    forge.up_to(Step::Certificate);
    let outcome = forge.say(&certificate(&[]));
    assert_refused!(
        forge,
        outcome,
        alert::HANDSHAKE_FAILURE,
        Side::Peer,
        Error::Certificate(CertificateError { kind: CertificateErrorKind::NoServerCertificate, .. })
    );
}

/// RFC 5246 §7.4.2: `opaque ASN.1Cert<1..2^24-1>`, and each length right.
#[test]
fn a_malformed_certificate_message_is_refused() {
    let whole = certificate(&[&PKI.server, &PKI.root])[4..].to_vec();
    let cuts = (0..whole.len()).step_by(31).map(|cut| whole[..cut].to_vec());
    let empty_one = vector(3, &[vector(3, &PKI.server), vector(3, &[])].concat());
    for body in cuts.chain([[whole.as_slice(), &[0]].concat(), empty_one]) {
        let mut forge = facing_client(RSA_CBC);
        forge.up_to(Step::Certificate);
        let outcome = forge.say(&message(typ::CERTIFICATE, &body));
        assert_refused!(
            forge,
            outcome,
            alert::DECODE_ERROR,
            Side::Peer,
            Error::Decode(DecodeError { structure: "Certificate", .. })
        );
    }
}

/// RFC 5246 §7.2.2: bad_certificate, where one is corrupt.
#[test]
fn a_certificate_that_is_none_is_refused() {
    let half = &PKI.server[..PKI.server.len() / 4];
    for garbage in [&[0][..], &[0x30], &[0x30, 0x80], &[0xff; 3000], b"-----BEGIN CERTIFICATE-----", half] {
        let mut forge = facing_client(ECDHE_GCM);
        forge.up_to(Step::Certificate);
        let outcome = forge.say(&certificate(&[garbage]));
        assert_refused!(
            forge,
            outcome,
            alert::BAD_CERTIFICATE,
            Side::Peer,
            Error::Certificate(CertificateError { kind: CertificateErrorKind::Malformed, .. })
        );
    }
}

/// RFC 5246 §7.4.2: the key in the certificate must be that of the key exchange.
#[test]
fn a_certificate_with_a_key_of_another_kind_is_refused() {
    let key = KeyPair::generate().unwrap();
    let ecdsa = CertificateParams::new([SERVER_NAME.to_owned()]).unwrap().self_signed(&key).unwrap();
    for suite in [ECDHE_GCM, RSA_CBC] {
        let mut forge = facing_client(suite);
        forge.up_to(Step::Certificate);
        let outcome = forge.say(&certificate(&[ecdsa.der()]));
        assert_refused!(
            forge,
            outcome,
            alert::ILLEGAL_PARAMETER,
            Side::Peer,
            Error::IllegalParameter(Violation::CertificateKeyKind(_))
        );
    }
}

/// RFC 8422 §5.1: the curve of the key must be one that the client listed; here the suite fits.
#[test]
fn a_certificate_with_a_key_on_a_curve_that_was_not_offered_is_refused() {
    let key = KeyPair::generate().unwrap();
    let on_p256 = CertificateParams::new([SERVER_NAME.to_owned()]).unwrap().self_signed(&key).unwrap();
    let config = ClientConfig::builder(Pinned::server()).policy(Policy::default().groups([NamedGroup::X25519]));
    let suite = CipherSuite::from_name("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256").unwrap();
    let mut forge = Forge::server(&config.build().unwrap(), suite);
    forge.up_to(Step::Certificate);
    let outcome = forge.say(&certificate(&[on_p256.der()]));
    assert_refused!(
        forge,
        outcome,
        alert::ILLEGAL_PARAMETER,
        Side::Peer,
        Error::IllegalParameter(Violation::CertificateKeyCurve(23))
    );
}

/// A refused chain ends the handshake before our first secret is sent (RFC 5246 §7.3, §F.1.1).
#[test]
fn nothing_is_sent_to_a_server_that_is_not_trusted() {
    for suite in [ECDHE_GCM, RSA_CBC] {
        let mut forge = facing_client(suite);
        forge.up_to(Step::Certificate);
        // The root is not what the client has pinned; its key is not ours, so only static RSA gets further.
        if suite == RSA_CBC {
            forge.say(&certificate(&[&PKI.root])).unwrap();
            let heard = forge.heard.len();
            let outcome = forge.perform(Step::ServerHelloDone);
            assert_eq!(forge.heard.len(), heard + 1, "the alert alone");
            assert_refused!(
                forge,
                outcome,
                alert::CERTIFICATE_UNKNOWN,
                Side::Peer,
                Error::Certificate(CertificateError { kind: CertificateErrorKind::Refused, .. })
            );
        } else {
            forge.say(&certificate(&[&PKI.root])).unwrap();
            let outcome = forge.perform(Step::ServerKeyExchange);
            assert_refused!(forge, outcome, alert::DECRYPT_ERROR, Side::Peer, Error::BadSignature);
        }
    }
}

/// RFC 5246 §7.4.4: at least one type, at least one scheme, no empty name, and each length right.
#[test]
fn a_malformed_certificate_request_is_refused() {
    let (types, schemes, names) = (vector(1, &[1]), vector(2, &[4, 1]), vector(2, &[]));
    let good = [types.as_slice(), &schemes, &names].concat();
    let empty_name = vector(2, &vector(2, &[]));
    let bodies = [
        [&vector(1, &[]), schemes.as_slice(), &names].concat(),
        [&types, vector(2, &[]).as_slice(), &names].concat(),
        [&types, vector(2, &[4, 1, 4]).as_slice(), &names].concat(),
        [types.as_slice(), &schemes, &empty_name].concat(),
        [types.as_slice(), &schemes, &[0, 3, 0, 2, 0x30]].concat(),
        [good.as_slice(), &[0]].concat(),
    ];
    let cuts = (0..good.len()).map(|cut| good[..cut].to_vec());
    for body in bodies.into_iter().chain(cuts) {
        let mut forge = facing_client(ECDHE_GCM);
        forge.up_to(Step::ServerHelloDone);
        let outcome = forge.say(&message(typ::CERTIFICATE_REQUEST, &body));
        assert_refused!(
            forge,
            outcome,
            alert::DECODE_ERROR,
            Side::Peer,
            Error::Decode(DecodeError {
                structure: "CertificateRequest",
                fault: DecodeFault::Short | DecodeFault::Length | DecodeFault::Trailing,
                ..
            })
        );
    }
}

/// What is too short to be a certificate is none, wherever it stands in the chain: thousands of them would fit in a message.
#[test]
fn a_chain_of_crumbs_is_refused() {
    let crumbs: Vec<&[u8]> = std::iter::repeat_n(&[0x30][..], 16_000).collect();
    // So many are refused for their number.
    let cases = [(&[&PKI.server, &[0x30; 63][..]][..], alert::BAD_CERTIFICATE), (&crumbs, alert::CERTIFICATE_UNKNOWN)];
    for (chain, expected) in cases {
        let mut forge = facing_client(ECDHE_GCM);
        forge.up_to(Step::Certificate);
        let outcome = forge.say(&certificate(chain));
        assert_refused!(forge, outcome, expected, Side::Peer, Error::Certificate(_));
    }
}
