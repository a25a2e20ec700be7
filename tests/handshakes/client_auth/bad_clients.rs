//! A client that is not ours, and servers that ask it for a certificate: what it may not do.

use std::sync::{Arc, LazyLock};

use tls12::wire::SignatureScheme;
use tls12::{
    CertificateError, CertificateErrorKind, ClientAuth, ClientTrust, DecodeError, Error, KeyUse, Need, Peer, Received,
    ServerConfig, Side, Violation,
};

use super::{ECDHE_GCM, RSA_CBC, load, only, server, suite, verifier};
use crate::assert_refused;
use crate::support::forge::{CHANGE_CIPHER_SPEC, Forge, SERVER_KEY, Step, alert, certificate};
use crate::support::hello::{message, typ, vector};
use crate::support::pki::{Identity, KeyKind, PKI};

/// The verdict is asked for when the client has proven its key and changed its cipher: with all that it depends on.
#[test]
fn the_verdict_may_come_later() {
    for name in [ECDHE_GCM, RSA_CBC] {
        for verdict in
            [Ok(tls12::Verified::default()), Err(CertificateError::new(CertificateErrorKind::Revoked, "yesterday"))]
        {
            let config = server(ClientAuth::Require(ClientTrust::later())).policy(only(name)).build().unwrap();
            let mut forge = showing(&config, name, PKI.client(KeyKind::Rsa));
            let signed = certificate_verify(&forge, PKI.client(KeyKind::Rsa));
            forge.say(&signed).unwrap();
            assert!(forge.target.pending.is_none() && forge.target.log.is_empty());
            forge.perform(Step::ChangeCipherSpec).unwrap();
            let Some(Need::VerifyPeer(request)) = forge.target.pending.take() else {
                panic!("no verdict is asked for")
            };
            let chain = request.chain();
            assert_eq!(*chain.certificates, [PKI.client(KeyKind::Rsa).certificate.clone()]);
            assert_eq!((&chain.peer, chain.key_use), (&Peer::Client, KeyUse::DigitalSignature));
            assert!(chain.ocsp_response.is_none() && chain.sct_list.is_none());
            let accepted = verdict.is_ok();
            let answered = forge.target.connection.answer(request.verified(verdict), &mut forge.target.output);
            assert_eq!(answered.is_ok(), accepted, "{answered:?}");
            if accepted {
                forge.finish_from(Step::Finished);
            } else {
                let outcome = forge.target.run();
                forge.hear();
                assert_refused!(forge, outcome, CERTIFICATE_REVOKED, Side::Peer, Error::Certificate(_));
            }
        }
    }
}

/// RFC 5246 §7.2.
const CERTIFICATE_REVOKED: u8 = 44;

/// A bad client and a server; the client has shown its certificate and said ClientKeyExchange.
fn showing(config: &Arc<ServerConfig>, name: &str, identity: &Identity) -> Forge {
    let mut forge = Forge::client(config, suite(name));
    forge.up_to(Step::ClientKeyExchange);
    forge.say(&certificate(&[&identity.certificate])).unwrap();
    forge.perform(Step::ClientKeyExchange).unwrap();
    // RFC 7627 §3: the session hash ends here, not with the CertificateVerify.
    forge.derive_keys();
    forge
}

/// The good CertificateVerify over all messages so far.
fn certificate_verify(forge: &Forge, identity: &Identity) -> Vec<u8> {
    let signature = load(identity).sign(forge.scheme, &forge.transcript).unwrap();
    verify_message(forge.scheme, &signature)
}

fn verify_message(scheme: SignatureScheme, signature: &[u8]) -> Vec<u8> {
    message(typ::CERTIFICATE_VERIFY, &[scheme.0.to_be_bytes().to_vec(), vector(2, signature)].concat())
}

static REQUIRING: LazyLock<Arc<ServerConfig>> =
    LazyLock::new(|| server(ClientAuth::Require(verifier())).build().unwrap());
static REQUESTING: LazyLock<Arc<ServerConfig>> =
    LazyLock::new(|| server(ClientAuth::Request(verifier())).build().unwrap());

fn both() -> impl Iterator<Item = (&'static Arc<ServerConfig>, &'static str)> {
    [&*REQUIRING, &*REQUESTING].into_iter().flat_map(|config| [ECDHE_GCM, RSA_CBC].map(|name| (config, name)))
}

/// What is good about the following: without the fault, it connects.
#[test]
fn a_client_that_is_not_ours_connects() {
    for (config, name) in both() {
        let identity = PKI.client(KeyKind::Rsa);
        let mut forge = showing(config, name, identity);
        let signed = certificate_verify(&forge, identity);
        forge.say(&signed).unwrap();
        forge.finish_from(Step::ChangeCipherSpec);
        assert_eq!(*forge.target.peer(), identity.certificate);
    }
}

/// RFC 5246 §7.4.8: a signature that does not verify is a decrypt_error (§7.2.2): damaged, of other messages, by another key.
#[test]
fn a_wrong_signature_is_refused() {
    let identity = PKI.client(KeyKind::Rsa);
    for (config, name) in both() {
        type Sign<'s> = &'s dyn Fn(&Forge) -> Vec<u8>;
        let signatures: [Sign<'_>; 6] = [
            &|forge| {
                let mut signature = load(identity).sign(forge.scheme, &forge.transcript).unwrap();
                signature[100] ^= 1;
                signature
            },
            &|forge| load(identity).sign(forge.scheme, &forge.transcript[..forge.transcript.len() - 1]).unwrap(),
            &|forge| load(identity).sign(forge.scheme, &forge.transcript[4..]).unwrap(),
            &|forge| SERVER_KEY.sign(forge.scheme, &forge.transcript).unwrap(),
            &|forge| load(identity).sign(SignatureScheme::RSA_PKCS1_SHA384, &forge.transcript).unwrap(),
            &|_| Vec::new(),
        ];
        for signature in signatures {
            let mut forge = showing(config, name, identity);
            let message = verify_message(forge.scheme, &signature(&forge));
            let outcome = forge.say(&message);
            assert_refused!(forge, outcome, alert::DECRYPT_ERROR, Side::Peer, Error::BadSignature);
        }
    }
}

/// RFC 5246 §7.4.8: the scheme MUST be one that the CertificateRequest offered, and compatible with the key.
#[test]
fn a_scheme_that_was_not_offered_is_refused() {
    let identity = PKI.client(KeyKind::Rsa);
    for scheme in [
        SignatureScheme::RSA_PKCS1_SHA1,
        SignatureScheme::ECDSA_SHA256,
        SignatureScheme::ED25519,
        SignatureScheme(0x0a0a),
        SignatureScheme(0),
    ] {
        let mut forge = showing(&REQUIRING, ECDHE_GCM, identity);
        // The first is well signed, by a hash that is as weak as that which SLOTH (2016) had servers take.
        let sign = |scheme| load(identity).sign(scheme, &forge.transcript);
        let signature = sign(scheme).or_else(|_| sign(forge.scheme)).unwrap();
        let outcome = forge.say(&verify_message(scheme, &signature));
        let offered = [SignatureScheme::ECDSA_SHA256, SignatureScheme::ED25519].contains(&scheme);
        let violation = match offered {
            true => Violation::SchemeNotForKey(scheme.0),
            false => Violation::SchemeNotOffered(scheme.0),
        };
        assert_eq!(outcome, Err(Error::IllegalParameter(violation)));
        assert_refused!(forge, outcome, alert::ILLEGAL_PARAMETER, Side::Peer, Error::IllegalParameter(_));
    }
}

/// RFC 5246 §7.4.8: a scheme and a vector.
#[test]
fn a_malformed_certificate_verify_is_refused() {
    let identity = PKI.client(KeyKind::Rsa);
    let whole = verify_message(SignatureScheme::RSA_PKCS1_SHA256, &[7; 256])[4..].to_vec();
    let cuts = [0, 1, 2, 3, 4, 100, 259].map(|len| whole[..len].to_vec());
    for body in cuts.into_iter().chain([[&whole[..], &[0]].concat()]) {
        let mut forge = showing(&REQUIRING, ECDHE_GCM, identity);
        let outcome = forge.say(&message(typ::CERTIFICATE_VERIFY, &body));
        assert_refused!(
            forge,
            outcome,
            alert::DECODE_ERROR,
            Side::Peer,
            Error::Decode(DecodeError { structure: "CertificateVerify", .. })
        );
    }
}

/// RFC 5246 §7.4.8: it follows every certificate that can sign; nobody is who they do not prove to be.
#[test]
fn a_certificate_without_proof_is_refused() {
    for (config, name) in both() {
        let mut forge = showing(config, name, PKI.client(KeyKind::Rsa));
        let outcome = forge.perform(Step::ChangeCipherSpec);
        let got = Received::Record(CHANGE_CIPHER_SPEC);
        assert!(matches!(&outcome, Err(Error::UnexpectedMessage { got: told, .. }) if *told == got));
        assert_refused!(forge, outcome, alert::UNEXPECTED_MESSAGE, Side::Peer, Error::UnexpectedMessage { .. });
    }
}

/// RFC 5246 §7.4.8: and nothing else: without a certificate, whether one was asked for or not; or a second time.
#[test]
fn a_proof_of_nothing_is_refused() {
    let not_asking = server(ClientAuth::None).build().unwrap();
    for name in [ECDHE_GCM, RSA_CBC] {
        let mut empty = Forge::client(&REQUESTING, suite(name));
        empty.up_to(Step::ClientKeyExchange);
        empty.say(&certificate(&[])).unwrap();
        empty.perform(Step::ClientKeyExchange).unwrap();
        let mut none = Forge::client(&not_asking, suite(name));
        none.up_to(Step::ChangeCipherSpec);
        let mut twice = showing(&REQUIRING, name, PKI.client(KeyKind::Rsa));
        let first = certificate_verify(&twice, PKI.client(KeyKind::Rsa));
        twice.say(&first).unwrap();
        for mut forge in [empty, none, twice] {
            let message = certificate_verify(&forge, PKI.client(KeyKind::Rsa));
            let outcome = forge.say(&message);
            assert_refused!(forge, outcome, alert::UNEXPECTED_MESSAGE, Side::Peer, Error::UnexpectedMessage { .. });
        }
    }
}

/// RFC 5246 §7.4.6: who is asked MUST answer with a Certificate, if an empty one; who is not asked must not.
#[test]
fn a_certificate_at_the_wrong_time_is_refused() {
    let shown = certificate(&[&PKI.client(KeyKind::Rsa).certificate]);
    let not_asking = server(ClientAuth::None).build().unwrap();
    for (config, name) in both() {
        let mut forge = Forge::client(config, suite(name));
        forge.up_to(Step::ClientKeyExchange);
        let outcome = forge.perform(Step::ClientKeyExchange);
        assert_refused!(forge, outcome, alert::UNEXPECTED_MESSAGE, Side::Peer, Error::UnexpectedMessage { .. });

        let mut forge = Forge::client(&not_asking, suite(name));
        forge.up_to(Step::ClientKeyExchange);
        let outcome = forge.say(&shown);
        assert_refused!(forge, outcome, alert::UNEXPECTED_MESSAGE, Side::Peer, Error::UnexpectedMessage { .. });

        let mut forge = showing(config, name, PKI.client(KeyKind::Rsa));
        let outcome = forge.say(&shown);
        assert_refused!(forge, outcome, alert::UNEXPECTED_MESSAGE, Side::Peer, Error::UnexpectedMessage { .. });
    }
}

/// RFC 5246 §7.4.6: handshake_failure, as soon as the list is known to be empty.
#[test]
fn an_empty_list_is_refused_where_one_is_required() {
    for name in [ECDHE_GCM, RSA_CBC] {
        let mut forge = Forge::client(&REQUIRING, suite(name));
        forge.up_to(Step::ClientKeyExchange);
        let outcome = forge.say(&certificate(&[]));
        assert_refused!(
            forge,
            outcome,
            alert::HANDSHAKE_FAILURE,
            Side::Peer,
            Error::Certificate(CertificateError { kind: CertificateErrorKind::NoClientCertificate, .. })
        );
    }
}

/// RFC 5246 §7.2.2: bad_certificate for one that is corrupt.
#[test]
fn a_certificate_that_is_none_is_refused() {
    for garbage in [&[0x30][..], &[0xff; 500], b"-----BEGIN CERTIFICATE-----", &PKI.server[..100]] {
        let mut forge = Forge::client(&REQUIRING, suite(ECDHE_GCM));
        forge.up_to(Step::ClientKeyExchange);
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
