//! Which failures may fall back, and which stack answers a hello.

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
    let old =
        [PeerIncompatible::ServerDoesNotSupportTls12Or13, PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig];
    for why in old {
        let failure = of_rustls(why.clone().into());
        assert_eq!(fallback(failure, Answer::More), Some(FallbackReason::Incompatible), "{why:?}");
    }
    let others = [
        // The policy requires it, so this crate would refuse the server too.
        PeerIncompatible::ExtendedMasterSecretExtensionRequired,
        PeerIncompatible::NoCertificateRequestSignatureSchemesInCommon,
        PeerIncompatible::UnsolicitedCertificateTypeExtension,
    ];
    for why in others {
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

/// A server with an RSA key, and one on P-256 for another name.
#[derive(Debug)]
struct TwoNames {
    rsa: Abilities,
    p256: Abilities,
}

impl Keys for TwoNames {
    fn for_name(&self, name: &OfferedName) -> Vec<&Abilities> {
        match name {
            OfferedName::Host(name) if &**name == "p256.example" => vec![&self.p256],
            OfferedName::Host(name) if &**name == "unknown.example" => vec![],
            _ => vec![&self.rsa],
        }
    }
}

pub(crate) fn supported() -> Supported {
    let key = |suite, scheme| Abilities { suites: vec![suite], schemes: Arc::new([scheme]) };
    let rsa = key(ECDHE_RSA_GCM, SignatureScheme::RSA_PSS_RSAE_SHA256);
    let p256 = key(ECDHE_ECDSA_GCM, SignatureScheme::ECDSA_SHA256);
    let keys = Arc::new(TwoNames { rsa, p256 });
    Supported { groups: vec![NamedGroup::X25519.0], keys, min_version: ProtocolVersion::TLS_1_2 }
}

/// What a hello offers, besides suites.
struct Offers<'a> {
    /// The list of supported_versions, if there is one.
    versions: &'a [u16],
    group: NamedGroup,
    schemes: &'a [SignatureScheme],
    name: &'a str,
}

const OFFERS: Offers<'static> = Offers {
    versions: &[],
    group: NamedGroup::X25519,
    schemes: &[SignatureScheme::RSA_PSS_RSAE_SHA256, SignatureScheme::ECDSA_SHA256],
    name: "rsa.example",
};

/// The body of such a hello.
fn hello(offers: &Offers<'_>, suites: &[u16]) -> Vec<u8> {
    let mut out = Vec::new();
    put_client_hello(&mut out, &[7; 32], &[], suites.iter().copied(), |out| {
        put_supported_groups(out, &[offers.group]);
        put_signature_algorithms(out, offers.schemes);
        // RFC 6066 §3: a list of one host_name.
        put_extension(out, ExtensionType::SERVER_NAME, |out| {
            let len = u8::try_from(offers.name.len()).unwrap();
            out.extend([0, len + 3, 0, 0, len]);
            out.extend(offers.name.as_bytes());
        });
        if !offers.versions.is_empty() {
            put_extension(out, ExtensionType::SUPPORTED_VERSIONS, |out| {
                out.push(u8::try_from(2 * offers.versions.len()).unwrap());
                out.extend(offers.versions.iter().flat_map(|version| version.to_be_bytes()));
            });
        }
    });
    out.split_off(4)
}

/// A hello for rustls.
pub(crate) fn hello_of_tls13() -> Vec<u8> {
    hello(&Offers { versions: &[TLS_1_3], ..OFFERS }, &[AES_1_3])
}

fn chosen(versions: &[u16], suites: &[u16]) -> Stack {
    supported().choose(Some(&hello(&Offers { versions, ..OFFERS }, suites)))
}

#[test]
fn rustls_answers_what_it_can_and_this_crate_the_rest() {
    assert_eq!(chosen(&[], &[ECDHE_RSA_GCM, RSA_CBC]), Stack::Rustls);
    assert_eq!(chosen(&[TLS_1_2], &[ECDHE_RSA_GCM]), Stack::Rustls);
    assert_eq!(chosen(&[], &[RSA_CBC]), Stack::Tls12);
    // An AEAD that fits no key of this server.
    assert_eq!(chosen(&[], &[ECDHE_ECDSA_GCM, RSA_CBC]), Stack::Tls12);
    // A suite of TLS 1.3 alone does not offer it.
    assert_eq!(chosen(&[], &[AES_1_3]), Stack::Tls12);
    // Nothing that either supports.
    assert_eq!(chosen(&[0x0302], &[ECDHE_RSA_GCM]), Stack::Tls12);
}

/// RFC 8446 §4.1.3: a client that lists TLS 1.3 aborts if a server that supports it answers with TLS 1.2.
#[test]
fn rustls_answers_whoever_lists_tls13() {
    for suites in [&[AES_1_3][..], &[AES_1_3, RSA_CBC], &[0x1304, RSA_CBC], &[RSA_CBC]] {
        for versions in [&[TLS_1_3][..], &[TLS_1_3, TLS_1_2]] {
            assert_eq!(chosen(versions, suites), Stack::Rustls, "{suites:04x?}");
            let other_group = Offers { versions, group: NamedGroup::SECP521R1, ..OFFERS };
            assert_eq!(supported().choose(Some(&hello(&other_group, suites))), Stack::Rustls, "{suites:04x?}");
        }
    }
}

#[test]
fn the_groups_and_schemes_must_be_common_too() {
    for versions in [&[][..], &[TLS_1_2]] {
        let of = |group, schemes| hello(&Offers { versions, group, schemes, ..OFFERS }, &[ECDHE_RSA_GCM, AES_1_3]);
        let other_group = of(NamedGroup::SECP521R1, OFFERS.schemes);
        let other_scheme = of(NamedGroup::X25519, &[SignatureScheme::RSA_PKCS1_SHA1]);
        // A suite with RSA, and a scheme of another key.
        let scheme_of_p256 = of(NamedGroup::X25519, &[SignatureScheme::ECDSA_SHA256]);
        for body in [other_group, other_scheme, scheme_of_p256] {
            assert_eq!(supported().choose(Some(&body)), Stack::Tls12, "{versions:04x?}");
        }
    }
}

#[test]
fn the_requested_name_decides_which_keys_count() {
    let chosen = |name, suites: &[u16]| supported().choose(Some(&hello(&Offers { name, ..OFFERS }, suites)));
    for (name, fits, other) in
        [("rsa.example", ECDHE_RSA_GCM, ECDHE_ECDSA_GCM), ("p256.example", ECDHE_ECDSA_GCM, ECDHE_RSA_GCM)]
    {
        assert_eq!(chosen(name, &[fits, RSA_CBC]), Stack::Rustls, "{name}");
        assert_eq!(chosen(name, &[other, RSA_CBC]), Stack::Tls12, "{name}");
    }
    // This crate refuses it with unrecognized_name.
    assert_eq!(chosen("unknown.example", &[ECDHE_RSA_GCM, ECDHE_ECDSA_GCM]), Stack::Tls12);
    // No name of a server: rustls ends the handshake.
    assert_eq!(chosen("not a name", &[ECDHE_RSA_GCM]), Stack::Tls12);
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
    let body = hello_of_tls13();
    assert_eq!(supported().choose(Some(&body)), Stack::Rustls);
    for len in 0..body.len() {
        assert_eq!(supported().choose(Some(&body[..len])), Stack::Tls12, "{len}");
    }
}

/// This crate would answer with TLS 1.2.
#[test]
fn rustls_answers_everyone_where_tls13_is_the_minimum() {
    let strict = Supported { min_version: ProtocolVersion::TLS_1_3, ..supported() };
    let fell_back = hello(&OFFERS, &[ECDHE_RSA_GCM, SCSV]);
    for body in [None, Some(&hello(&OFFERS, &[RSA_CBC])[..]), Some(&fell_back), Some(&[0])] {
        assert_eq!((supported().choose(body), strict.choose(body)), (Stack::Tls12, Stack::Rustls));
    }
}
