//! A peer's forbidden choices, signatures and certificates.

use super::*;
use crate::support::forge::{NAMED_CURVE, certificate, ext, server_key_exchange};
use crate::support::hello::vector;
use tls12::wire::SignatureScheme;
use tls12::{Agreement, KeyFault, Violation};

/// What a client says of the next step of a server's, which is changed.
fn at(
    config: ClientConfigBuilder,
    name: &str,
    step: Step,
    change: impl FnOnce(&mut Forge) -> Vec<u8>,
) -> (Error, Diagnosis) {
    let mut forge = Forge::server(&config.build().unwrap(), suite(name));
    forge.up_to(step);
    let message = change(&mut forge);
    let error = forge.say(&message).unwrap_err();
    (error, forge.target.connection.diagnosis().unwrap())
}

/// A suite that was not offered is named: what we could allow, and what we do not have.
#[test]
fn a_suite_that_was_not_offered_is_named() {
    let chooses = |code| {
        at(client(), ECDHE_GCM, Step::ServerHello, |forge| {
            forge.hello.suites = vec![code];
            forge.hello.server()
        })
    };
    let (error, told) = chooses(suite(RSA_GCM).code);
    assert_eq!(error, Error::IllegalParameter(Violation::SuiteNotOffered(0x009c)));
    assert_says(&told, &["the server chose TLS_RSA_WITH_AES_128_GCM_SHA256 (0x009c), which was not offered"]);
    let allow = Advice::AllowSuites { suites: vec![suite(RSA_GCM)], setting: SuiteSetting::LegacyPolicy };
    assert_eq!(told.advice(), [allow]);
    for (code, name) in [(0x000a, "TLS_RSA_WITH_3DES_EDE_CBC_SHA (0x000a)"), (0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA")] {
        assert_says(&chooses(code).1, &["the server chose", name]);
    }
    let (_, dhe) = chooses(0x0033);
    let [Advice::EnableSuitesAtPeer(ours)] = dhe.advice() else { panic!("{dhe:?}") };
    assert!(ours.contains(&suite(ECDHE_GCM)));
    assert_says(&chooses(0x0a0a).1, &["cipher suite 0x0a0a, which IANA has not assigned"]);
}

#[test]
fn a_group_that_was_not_offered_is_named() {
    let x25519 = || client().policy(Policy::default().groups([NamedGroup::X25519]));
    let (_, told) = at(x25519(), ECDHE_GCM, Step::ServerKeyExchange, |forge| {
        forge.group = NamedGroup::SECP256R1;
        forge.make(Step::ServerKeyExchange)
    });
    assert_says(&told, &["chose the group secp256r1, which was not offered"]);
    assert_eq!(told.advice(), [Advice::AllowGroups(vec![NamedGroup::SECP256R1])]);
    // x448, which this library does not have.
    let (_, told) = at(x25519(), ECDHE_GCM, Step::ServerKeyExchange, |_| {
        let params = [&[NAMED_CURVE, 0, 30], vector(1, &[1; 56]).as_slice()].concat();
        server_key_exchange(&params, SignatureScheme::RSA_PKCS1_SHA256, &[1; 256])
    });
    assert_eq!(told.advice(), [Advice::EnableGroupsAtPeer(vec![NamedGroup::X25519])]);
}

/// A server of SHA-1 only, whatever was offered, and one of MD5.
#[test]
fn a_scheme_that_was_not_offered_is_named() {
    let signs = |scheme| {
        at(client(), ECDHE_GCM, Step::ServerKeyExchange, |forge| {
            let params = [&[NAMED_CURVE, 0, 29], vector(1, &forge.start_share()).as_slice()].concat();
            server_key_exchange(&params, SignatureScheme(scheme), &[1; 256])
        })
    };
    let (error, told) = signs(0x0201);
    assert_eq!(error, Error::IllegalParameter(Violation::SchemeNotOffered(0x0201)));
    assert_says(
        &told,
        &["signed with rsa_pkcs1_sha1 (0x0201), which was not offered", "Policy::signature_schemes: rsa_pkcs1_sha1"],
    );
    assert!(advises(&told, |advice| *advice == Advice::AllowSchemes(vec![SignatureScheme::RSA_PKCS1_SHA1])));
    let (_, told) = signs(0x0101);
    assert!(matches!(told.advice(), [Advice::EnableSchemesAtPeer(_)]), "{told:?}");
    let (error, told) = signs(0x0403);
    assert_eq!(error, Error::IllegalParameter(Violation::SchemeNotForKey(0x0403)));
    assert_says(
        &told,
        &["signed with ecdsa_secp256r1_sha256 (0x0403), which does not match the key in its certificate"],
    );
}

/// RFC 5246 §7.4.2: the own certificate comes first. Where another would fit, it is said which.
#[test]
fn a_certificate_that_does_not_fit_the_suite_is_told() {
    let on_p256 = PKI.server(KeyKind::P256).certificate.clone();
    let (error, told) = at(client(), ECDHE_GCM, Step::Certificate, |_| certificate(&[&on_p256, &PKI.server]));
    assert_eq!(error, Error::IllegalParameter(Violation::CertificateKeyKind(0xc02f)));
    assert_says(
        &told,
        &[
            "does not match TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 (0xc02f)",
            "certificate 2 of 2 that it sent has a matching key",
            "its own certificate first",
        ],
    );
    assert_eq!(told.advice(), [Advice::ReorderPeerChain]);
    let (_, told) = at(client(), ECDHE_GCM, Step::Certificate, |_| certificate(&[&on_p256]));
    assert_eq!((told.advice(), told.details().count()), (&[][..], 0));

    let x25519 = client().policy(Policy::default().groups([NamedGroup::X25519]));
    let (error, told) = at(x25519, ECDSA_GCM, Step::Certificate, |_| certificate(&[&on_p256]));
    assert_eq!(error, Error::IllegalParameter(Violation::CertificateKeyCurve(23)));
    assert_says(&told, &["is on secp256r1, which was not offered"]);
    assert_eq!(told.advice(), [Advice::AllowGroups(vec![NamedGroup::SECP256R1])]);
}

/// A signature that the first certificate's key has not made.
#[test]
fn a_bad_signature_is_explained() {
    let shows = |chain: &[&[u8]]| {
        let mut forge = Forge::server(&client().build().unwrap(), suite(ECDHE_GCM));
        forge.up_to(Step::Certificate);
        forge.say(&certificate(chain)).unwrap();
        forge.perform(Step::ServerKeyExchange).unwrap_err();
        forge.target.connection.diagnosis().unwrap()
    };
    let swapped = shows(&[&PKI.root, &PKI.server]);
    assert_says(&swapped, &["signed with the key of certificate 2 of 2", "its own certificate first"]);
    assert_eq!(swapped.advice(), [Advice::ReorderPeerChain]);
    let wrong = shows(&[&PKI.root]);
    assert_says(&wrong, &["does not verify with the key of its certificate", "private key matches its certificate"]);
    assert_eq!(wrong.advice(), [Advice::MatchPeerKey, Advice::CheckPath]);
}

/// A key that is not supported: by its size, and by its kind.
#[test]
fn a_key_that_is_not_supported_is_explained() {
    // The certificate's own identifier of rsaEncryption, made into that of RSASSA-PSS (RFC 4055 §1.2): the key is the same.
    let mut changed = PKI.server.to_vec();
    let id = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
    let at_id = changed.windows(id.len()).position(|window| window == id).unwrap();
    changed[at_id + id.len() - 1] = 10;
    let (error, told) = at(client(), ECDHE_GCM, Step::Certificate, |_| certificate(&[&changed]));
    assert_eq!(error, Error::PeerKey(KeyFault::Unsupported("RSASSA-PSS")));
    assert_eq!(told.advice(), [Advice::ReplacePeerKey]);
    assert_says(
        &told,
        &[
            "the key of the peer's certificate cannot be used: ",
            "its type (RSASSA-PSS) is not supported",
            "an RSA key of 2048 to 8192 bits",
        ],
    );
}

/// RFC 5246 §7.4.1.3, RFC 7627 §5.3: what a server that resumes must keep.
#[test]
fn a_session_that_was_resumed_otherwise_is_to_be_forgotten() {
    let config = client().policy(Policy::legacy()).build().unwrap();
    let session_with = |agreement| {
        let policy = Policy::legacy().extended_master_secret(agreement);
        let mut first = Pair::new(config.clone(), server().policy(policy).build().unwrap());
        first.run();
        first.client.client_session()
    };
    let [with, without] = [Agreement::Prefer, Agreement::Never].map(session_with);
    for (session, change, text) in [
        (&with, Violation::ExtendedMasterSecretLost, "without the extended master secret, although"),
        (&without, Violation::ExtendedMasterSecretGained, "with the extended master secret, although"),
        (&with, Violation::ResumedOtherSuite, "with a different cipher suite"),
    ] {
        let resuming = End::client(config.clone(), SERVER_NAME, Some(session.clone()), now());
        let mut forge = Forge::facing(resuming, suite(ECDHE_GCM));
        forge.hello.session_id = forge.their_hello.as_ref().unwrap().session_id.clone();
        match change {
            Violation::ResumedOtherSuite => {
                forge.hello.suites = vec![suite("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384").code];
            }
            Violation::ExtendedMasterSecretLost => forge.hello.remove(ext::EXTENDED_MASTER_SECRET),
            _ => {}
        }
        let error = forge.perform(Step::ServerHello).unwrap_err();
        assert_eq!(error, Error::IllegalParameter(change));
        let told = forge.target.connection.diagnosis().unwrap();
        assert_eq!(told.advice(), [Advice::DiscardSession]);
        assert_says(&told, &[text, "connect without the session"]);
    }
}
