//! Which failures may fall back, and which stack answers a hello.

use alloc::sync::Arc;
use alloc::vec;
use rustls::{AlertDescription as RustlsAlert, CertificateError, InvalidMessage, OtherError, PeerMisbehaved};

use super::*;
use crate::wire::{
    ExtensionType, NamedGroup, SignatureScheme, put_client_hello, put_extension, put_signature_algorithms,
    put_supported_groups,
};

fn of_rustls(error: rustls::Error) -> Failure {
    Failure::of(&io::Error::new(io::ErrorKind::InvalidData, error))
}

#[test]
fn the_alerts_of_old_servers_fall_back_and_no_others() {
    let allowed = [40, 70, 71];
    for code in 0..=u8::MAX {
        let failure = of_rustls(rustls::Error::AlertReceived(RustlsAlert::from(code)));
        let alert = AlertDescription::from_code(code);
        let expected = allowed.contains(&code).then_some(FallbackReason::Alert(alert));
        assert_eq!(fallback(failure, Answer::Alert), expected, "{alert}");
        // After a hello, there may be keys.
        assert_eq!(fallback(failure, Answer::More), None, "{alert}");
    }
}

#[test]
fn an_end_falls_back_only_right_after_the_client_hello() {
    use io::ErrorKind as K;
    for kind in [K::UnexpectedEof, K::ConnectionReset, K::ConnectionAborted, K::BrokenPipe] {
        let failure = Failure::of(&kind.into());
        assert_eq!(fallback(failure, Answer::Nothing), Some(FallbackReason::Ended), "{kind}");
        assert_eq!(fallback(failure, Answer::Alert), Some(FallbackReason::Ended), "{kind}");
        assert_eq!(fallback(failure, Answer::More), None, "{kind}");
    }
    for kind in [K::TimedOut, K::WouldBlock, K::ConnectionRefused, K::PermissionDenied, K::Other] {
        assert_eq!(fallback(Failure::of(&kind.into()), Answer::Nothing), None, "{kind}");
    }
}

#[test]
fn an_incompatible_hello_falls_back_but_not_what_comes_later() {
    let old = [
        PeerIncompatible::ServerDoesNotSupportTls12Or13,
        PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        PeerIncompatible::ExtendedMasterSecretExtensionRequired,
        PeerIncompatible::EcPointsExtensionRequired,
    ];
    for why in old {
        let failure = of_rustls(why.clone().into());
        assert_eq!(fallback(failure, Answer::More), Some(FallbackReason::Incompatible), "{why:?}");
    }
    let later = [
        PeerIncompatible::NoCertificateRequestSignatureSchemesInCommon,
        PeerIncompatible::UnsolicitedCertificateTypeExtension,
    ];
    for why in later {
        assert_eq!(fallback(of_rustls(why.clone().into()), Answer::More), None, "{why:?}");
    }
}

#[test]
fn a_failure_of_trust_or_of_the_protocol_never_falls_back() {
    let ours = crate::CertificateError::new(crate::CertificateErrorKind::NameMismatch, "");
    let errors = [
        CertificateError::UnknownIssuer.into(),
        CertificateError::BadSignature.into(),
        CertificateError::Other(OtherError(Arc::new(ours))).into(),
        rustls::Error::DecryptError,
        PeerMisbehaved::SelectedUnofferedCipherSuite.into(),
        rustls::Error::NoApplicationProtocol,
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType),
        rustls::Error::General("".into()),
    ];
    for error in errors {
        for answer in [Answer::Nothing, Answer::Alert, Answer::More] {
            assert_eq!(fallback(of_rustls(error.clone()), answer), None, "{error:?}");
        }
    }
}

const TLS_1_3: u16 = 0x0304;
const TLS_1_2: u16 = 0x0303;
const AES_1_3: u16 = 0x1301;
const ECDHE_RSA_GCM: u16 = 0xc02f;
const ECDHE_ECDSA_GCM: u16 = 0xc02b;
const RSA_CBC: u16 = 0x002f;
const SCSV: u16 = 0x5600;

/// A server with an RSA key.
fn supported() -> Supported {
    Supported {
        tls13: vec![AES_1_3],
        tls12: vec![ECDHE_RSA_GCM],
        groups: vec![NamedGroup::X25519.0],
        schemes: vec![SignatureScheme::RSA_PSS_RSAE_SHA256.0],
    }
}

/// The body of a hello with supported_versions, if it lists any.
fn hello(versions: &[u16], suites: &[u16], group: NamedGroup, scheme: SignatureScheme) -> Vec<u8> {
    let mut out = Vec::new();
    put_client_hello(&mut out, &[7; 32], &[], suites.iter().copied(), |out| {
        put_supported_groups(out, &[group]);
        put_signature_algorithms(out, &[scheme]);
        if !versions.is_empty() {
            put_extension(out, ExtensionType::SUPPORTED_VERSIONS, |out| {
                out.push(u8::try_from(2 * versions.len()).unwrap());
                out.extend(versions.iter().flat_map(|version| version.to_be_bytes()));
            });
        }
    });
    out.split_off(4)
}

fn chosen(versions: &[u16], suites: &[u16]) -> Stack {
    supported().choose(&hello(versions, suites, NamedGroup::X25519, SignatureScheme::RSA_PSS_RSAE_SHA256))
}

#[test]
fn rustls_answers_what_it_can_and_this_crate_the_rest() {
    assert_eq!(chosen(&[TLS_1_3], &[AES_1_3]), Stack::Rustls);
    assert_eq!(chosen(&[TLS_1_3, TLS_1_2], &[AES_1_3, RSA_CBC]), Stack::Rustls);
    assert_eq!(chosen(&[], &[ECDHE_RSA_GCM, RSA_CBC]), Stack::Rustls);
    assert_eq!(chosen(&[TLS_1_2], &[ECDHE_RSA_GCM]), Stack::Rustls);
    assert_eq!(chosen(&[], &[RSA_CBC]), Stack::Tls12);
    // An AEAD that fits no key of this server.
    assert_eq!(chosen(&[], &[ECDHE_ECDSA_GCM, RSA_CBC]), Stack::Tls12);
    // TLS 1.3 with suites that rustls does not have, but TLS 1.2 with others.
    assert_eq!(chosen(&[TLS_1_3, TLS_1_2], &[0x1304, RSA_CBC]), Stack::Tls12);
    // Nothing but TLS 1.3: only rustls can say what is missing.
    assert_eq!(chosen(&[TLS_1_3], &[0x1304]), Stack::Rustls);
    // A suite of TLS 1.3 alone does not offer it.
    assert_eq!(chosen(&[], &[AES_1_3]), Stack::Tls12);
}

#[test]
fn the_groups_and_schemes_must_be_common_too() {
    let suites = [ECDHE_RSA_GCM, AES_1_3];
    let pss = SignatureScheme::RSA_PSS_RSAE_SHA256;
    for versions in [&[][..], &[TLS_1_2], &[TLS_1_3, TLS_1_2]] {
        let other_group = hello(versions, &suites, NamedGroup::SECP521R1, pss);
        let other_scheme = hello(versions, &suites, NamedGroup::X25519, SignatureScheme::RSA_PKCS1_SHA1);
        for body in [other_group, other_scheme] {
            assert_eq!(supported().choose(&body), Stack::Tls12, "{versions:04x?}");
        }
    }
}

/// RFC 7507 §3. This crate refuses the client, which rustls would not.
#[test]
fn a_client_that_fell_back_is_left_to_this_crate() {
    assert_eq!(chosen(&[], &[ECDHE_RSA_GCM, SCSV]), Stack::Tls12);
    assert_eq!(chosen(&[TLS_1_2], &[ECDHE_RSA_GCM, SCSV]), Stack::Tls12);
    // It did not fall back after all.
    assert_eq!(chosen(&[TLS_1_3, TLS_1_2], &[AES_1_3, SCSV]), Stack::Rustls);
}

#[test]
fn what_cannot_be_decoded_is_left_to_this_crate() {
    let body = hello(&[TLS_1_3], &[AES_1_3], NamedGroup::X25519, SignatureScheme::RSA_PSS_RSAE_SHA256);
    assert_eq!(supported().choose(&body), Stack::Rustls);
    for len in 0..body.len() {
        assert_eq!(supported().choose(&body[..len]), Stack::Tls12, "{len}");
    }
}
