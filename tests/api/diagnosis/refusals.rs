//! What a client and our server do not have in common: reported by the server, with advice.

use super::*;
use crate::support::forge::ext;
use crate::support::hello::{numbers, vector};
use tls12::crypto::KeyType;
use tls12::wire::SignatureScheme;
use tls12::{Agreement, Lacking, UnknownNames};

/// What a server of this configuration says to a ClientHello that is changed.
fn to_hello(config: ServerConfigBuilder, change: impl FnOnce(&mut Forge)) -> (Error, Diagnosis) {
    let mut forge = Forge::client(&config.build().unwrap(), suite(ECDHE_GCM));
    change(&mut forge);
    let error = forge.perform(Step::ClientHello).unwrap_err();
    (error, forge.target.connection.diagnosis().unwrap())
}

fn lacks(lacking: Lacking) -> Error {
    Error::NothingInCommon(lacking)
}

/// Suites that one of the two leaves out.
#[test]
fn a_suite_that_the_policy_leaves_out_is_named() {
    // The client has only static RSA, which the default policy leaves out.
    let [at_client, at_server] = run(client().policy(Policy::legacy().suites([suite(RSA_GCM)])), server());
    assert_says(
        &at_server,
        &[
            "no cipher suite in common",
            RSA_GCM,
            "policy excludes it",
            "not offered by the client",
            ECDSA_GCM,
            "use Policy::legacy, which also allows TLS_RSA_WITH_AES_128_GCM_SHA256",
        ],
    );
    let allow = Advice::AllowSuites { suites: vec![suite(RSA_GCM)], setting: SuiteSetting::LegacyPolicy };
    assert_eq!(at_server.advice(), [allow]);
    let offered = "suites: TLS_RSA_WITH_AES_128_GCM_SHA256\n";
    assert_says(&at_client, &["handshake_failure", offered, SERVER_NAME, "read the peer's log"]);

    let named = server().policy(Policy::default().suites([suite(ECDHE_GCM)]));
    let [_, at_server] = run(client().policy(Policy::legacy().suites([suite(RSA_GCM)])), named);
    assert_says(&at_server, &["add one of these to Policy::suites: TLS_RSA_WITH_AES_128_GCM_SHA256"]);

    // To allow what the certificate cannot serve would not help.
    let rsa_only = server().policy(Policy::default().suites([suite(ECDHE_GCM)]));
    let [_, at_server] = run(client().policy(Policy::default().suites([suite(ECDSA_GCM)])), rsa_only);
    assert_says(&at_server, &[ECDSA_GCM, "cannot use it as configured"]);
    assert_eq!(at_server.advice(), [Advice::EnableSuitesAtPeer(vec![suite(ECDHE_GCM)])]);
}

/// A client with suites only that this library does not have: they are named, and what would help.
#[test]
fn suites_that_are_not_here_are_named() {
    for (codes, names) in [
        (
            &[0x0033, 0x0039, 0x009e][..],
            &["TLS_DHE_RSA_WITH_AES_128_CBC_SHA (0x0033)", "TLS_DHE_RSA_WITH_AES_128_GCM"][..],
        ),
        (&[0x000a, 0x0005], &["TLS_RSA_WITH_3DES_EDE_CBC_SHA (0x000a)", "TLS_RSA_WITH_RC4_128_SHA"]),
        (&[0xc09c, 0xc0ac], &["TLS_RSA_WITH_AES_128_CCM", "TLS_ECDHE_ECDSA_WITH_AES_128_CCM"]),
        (&[0x0041], &["TLS_RSA_WITH_CAMELLIA_128_CBC_SHA"]),
        (&[0xfefe], &["cipher suite 0xfefe, which IANA has not assigned"]),
    ] {
        // GREASE (RFC 8701) and the signal of RFC 5746 are no suites.
        let offered: Vec<u16> = [0x1a1a, 0x00ff].into_iter().chain(codes.iter().copied()).collect();
        let (error, told) = to_hello(server(), |forge| forge.hello.suites = offered);
        assert_eq!(error, lacks(Lacking::CipherSuite));
        assert_says(&told, &[&["not supported by this library: "], names].concat());
        let long = told.long().to_string();
        assert!(!long.contains("0x1a1a") && !long.contains("SCSV"), "{long}");
        let [Advice::EnableSuitesAtPeer(suites)] = told.advice() else { panic!("{told:?}") };
        // Those that the key of the certificate serves.
        assert!(suites.contains(&suite(ECDHE_GCM)) && !suites.contains(&suite(ECDSA_GCM)));
    }
}

/// What the certificate's key stands against.
#[test]
fn a_certificate_that_does_not_fit_is_named() {
    let ecdsa = Policy::default().suites([suite(ECDSA_GCM)]);
    let both = Policy::default().suites([suite(ECDSA_GCM), suite(ECDHE_GCM)]);
    let [_, at_server] = run(client().policy(ecdsa), server().policy(both.clone()));
    assert_says(
        &at_server,
        &[
            "the server has no certificate whose key fits",
            ECDSA_GCM,
            "no certificate with a suitable key",
            "not offered",
            ECDHE_GCM,
            "with an ECDSA key on secp256r1 as well",
        ],
    );
    assert_eq!(at_server.advice(), [Advice::AddCertificate(KeyType::Ecdsa(NamedGroup::SECP256R1))]);

    let rsa = Policy::default().suites([suite(ECDHE_GCM)]);
    let on_p256 = || ServerConfig::builder(credential(KeyKind::P256)).policy(both.clone());
    let [_, at_server] = run(client().policy(rsa), on_p256());
    assert_eq!(at_server.advice(), [Advice::AddCertificate(KeyType::Rsa)]);
    assert_says(&at_server, &["a certificate with an RSA key as well"]);

    let only = |group| client().policy(Policy::default().suites([suite(ECDSA_GCM)]).groups([group]));
    let [_, at_server] = run(only(NamedGroup::SECP384R1), on_p256());
    assert_says(&at_server, &[ECDSA_GCM, "curve of the certificate's key", "groups: the client's secp384r1; ours"]);
    assert_eq!(at_server.advice(), [Advice::AddCertificate(KeyType::Ecdsa(NamedGroup::SECP384R1))]);
    let [_, at_server] = run(only(NamedGroup::X25519), on_p256());
    assert_eq!(at_server.advice(), [Advice::AddCertificate(KeyType::Ed25519)]);
    assert_says(&at_server, &["with an Ed25519 key as well"]);
}

#[test]
fn groups_that_differ_are_named() {
    let groups = |groups: &[NamedGroup]| Policy::default().suites([suite(ECDHE_GCM)]).groups(groups.iter().copied());
    let p384 = client().policy(groups(&[NamedGroup::SECP384R1]));
    let [_, at_server] = run(p384, server().policy(groups(&[NamedGroup::X25519])));
    assert_says(
        &at_server,
        &["no group for its key exchange", ECDHE_GCM, "no group in common", "secp384r1; ours x25519"],
    );
    assert_eq!(at_server.advice(), [Advice::AllowGroups(vec![NamedGroup::SECP384R1])]);
    // x448, which this library does not have.
    let x448 = |forge: &mut Forge| forge.hello.set(ext::SUPPORTED_GROUPS, &vector(2, &numbers(&[30])));
    let (error, told) = to_hello(server().policy(groups(&[NamedGroup::X25519])), x448);
    assert_eq!(error, lacks(Lacking::Group));
    assert_eq!(told.advice(), [Advice::EnableGroupsAtPeer(vec![NamedGroup::X25519])]);
    assert_says(&told, &["enable one of these groups at the peer: x25519"]);
}

/// RFC 5246 §7.4.1.4.1: also that no signature_algorithms mean SHA-1.
#[test]
fn signature_schemes_that_differ_are_named() {
    let schemes = |scheme| Policy::default().suites([suite(ECDHE_GCM)]).signature_schemes([scheme]);
    let [_, at_server] = run(
        client().policy(schemes(SignatureScheme::RSA_PKCS1_SHA256)),
        server().policy(schemes(SignatureScheme::RSA_PSS_RSAE_SHA512)),
    );
    assert_says(&at_server, &["no signature scheme", "rsa_pkcs1_sha256; ours rsa_pss_rsae_sha512"]);
    assert_eq!(at_server.advice(), [Advice::AllowSchemes(vec![SignatureScheme::RSA_PKCS1_SHA256])]);

    let sha1 = |forge: &mut Forge| forge.hello.set(ext::SIGNATURE_ALGORITHMS, &vector(2, &numbers(&[0x0201, 0x0203])));
    let unnamed = |forge: &mut Forge| forge.hello.remove(ext::SIGNATURE_ALGORITHMS);
    for (told, text) in [
        (to_hello(server(), sha1), "the client's rsa_pkcs1_sha1, ecdsa_sha1; ours"),
        (to_hello(server(), unnamed), "not named, which means SHA-1 (RFC 5246 §7.4.1.4.1)"),
    ] {
        assert_eq!(told.0, lacks(Lacking::SignatureScheme));
        assert_says(&told.1, &[text, "Policy::signature_schemes: rsa_pkcs1_sha1"]);
        // The other is not one of an RSA key.
        assert_eq!(told.1.advice(), [Advice::AllowSchemes(vec![SignatureScheme::RSA_PKCS1_SHA1])]);
    }
    // rsa_pkcs1_md5, which this library does not have.
    let md5 = |forge: &mut Forge| forge.hello.set(ext::SIGNATURE_ALGORITHMS, &vector(2, &numbers(&[0x0101])));
    let (_, told) = to_hello(server().policy(schemes(SignatureScheme::RSA_PKCS1_SHA256)), md5);
    assert_eq!(told.advice(), [Advice::EnableSchemesAtPeer(vec![SignatureScheme::RSA_PKCS1_SHA256])]);
    assert_says(&told, &["enable one of these signature schemes at the peer, or update it"]);
}

/// What this side requires, and the other does not have.
#[test]
fn what_is_required_is_named() {
    let cbc = || Policy::default().suites([suite("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA")]);
    let never = || client().policy(cbc().encrypt_then_mac(Agreement::Never));
    let [_, at_server] = run(never(), server().policy(cbc().encrypt_then_mac(Agreement::Require)));
    assert_says(&at_server, &["does not support encrypt-then-MAC (RFC 7366)", "requires encrypt-then-MAC for it"]);
    assert_eq!(at_server.advice(), [Advice::PreferEncryptThenMac]);
    let requires = client().policy(cbc().encrypt_then_mac(Agreement::Require));
    let [at_client, _] = run(requires, server().policy(cbc().encrypt_then_mac(Agreement::Never)));
    assert_eq!(at_client.advice(), [Advice::UpdatePeer, Advice::PreferEncryptThenMac]);
    assert_says(&at_client, &["update the peer", "Policy::encrypt_then_mac to Agreement::Prefer"]);

    let [required, never] =
        [Agreement::Require, Agreement::Never].map(|how| Policy::default().extended_master_secret(how));
    let [at_client, _] = run(client().policy(required.clone()), server().policy(never.clone()));
    let [_, at_server] = run(client().policy(never), server().policy(required));
    for told in [at_client, at_server] {
        assert_eq!(told.advice(), [Advice::UpdatePeer, Advice::PreferExtendedMasterSecret]);
        assert_says(&told, &["extended master secret (RFC 7627)", "Policy::extended_master_secret"]);
    }

    let mut insecure = Forge::server(&client().build().unwrap(), suite(ECDHE_GCM));
    insecure.hello.remove(ext::RENEGOTIATION_INFO);
    insecure.perform(Step::ServerHello).unwrap_err();
    let told = insecure.target.connection.diagnosis().unwrap();
    assert_eq!(told.advice(), [Advice::UpdatePeer, Advice::TolerateInsecureServer]);
    assert_says(&told, &["secure renegotiation (RFC 5746)", "SecureRenegotiation::Tolerate"]);
}

/// A pre-shared key that this side has not.
#[test]
fn a_missing_pre_shared_key_is_named() {
    let psk = "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256";
    let (error, told) = to_hello(server(), |forge| forge.hello.suites = vec![suite(psk).code]);
    assert_eq!(error, lacks(Lacking::CipherSuite));
    assert_eq!(told.advice(), [Advice::ConfigurePresharedKey]);
    assert_says(&told, &[psk, "configure the pre-shared key, and its identity"]);
}

#[test]
fn names_and_protocols_are_listed() {
    let named = || server().credential_for(["a.example"], credential(KeyKind::Rsa)).unknown_names(UnknownNames::Refuse);
    let [at_client, at_server] = run(client(), named());
    assert_says(&at_server, &[SERVER_NAME, "a.example", "UnknownNames::UseDefault"]);
    assert_eq!(at_server.advice(), [Advice::AddName(SERVER_NAME.into())]);
    assert_says(&at_server, &["add a credential for server.example (ServerConfigBuilder::credential_for), or set"]);
    assert_says(&at_client, &["unrecognized_name", SERVER_NAME, "connect with a name"]);

    let [at_client, at_server] = run(client().alpn_protocols(["h2", "x\n"]), server().alpn_protocols(["http/1.1"]));
    assert_says(
        &at_server,
        &[
            r"the client offers: h2, x\n",
            "this server has: http/1.1",
            r"(ServerConfigBuilder::alpn_protocols): h2, x\n",
        ],
    );
    assert_says(&at_client, &["no_application_protocol", r"protocols: h2, x\n", "offer an application protocol"]);
}
