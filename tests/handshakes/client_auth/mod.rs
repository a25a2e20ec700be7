//! Clients with certificates: asked for, chosen, shown, proven, verified; and what either side may not do
//! (RFC 5246 §7.4.4, §7.4.6, §7.4.8).
#![cfg(all(feature = "ring", feature = "webpki"))]

mod bad_clients;

use std::sync::{Arc, LazyLock};

use crate::support::forge::{Forge, SERVER_KEY, Step, certificate};
use crate::support::hello::{Fields, message, numbers, typ, vector};
use crate::support::pair::{End, Happened, Pair};
use crate::support::pki::{Identity, KeyKind, PKI, Pinned, Pki, SERVER_NAME, now};
use crate::support::provider::provider;
use crate::support::sent;
use tls12::crypto::{CipherSuite, PrivateKey, PublicKey};
use tls12::verify::TrustStore;
use tls12::wire::{ClientCertificateType, SignatureScheme};
use tls12::{
    Agreement, AlertDescription, Answer, CertificateErrorKind, ClientAuth, ClientConfig, ClientConfigBuilder,
    ClientTrust, ConfigError, Credential, Error, ExternalKey, Need, Policy, ServerConfig, ServerConfigBuilder,
};

const ECDHE_GCM: &str = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
const RSA_CBC: &str = "TLS_RSA_WITH_AES_128_CBC_SHA";

/// An authority that the servers here do not know.
static STRANGER: LazyLock<Pki> = LazyLock::new(|| Pki::new("tls12 other root"));

fn suite(name: &str) -> &'static CipherSuite {
    CipherSuite::from_name(name).unwrap()
}

fn only(name: &str) -> Policy {
    Policy::legacy().suites([suite(name)])
}

fn client() -> ClientConfigBuilder {
    ClientConfig::builder_with_provider(provider(), Pinned::server()).policy(Policy::legacy())
}

/// Trusts the clients of [`PKI`].
fn verifier() -> ClientTrust {
    ClientTrust::new(Arc::new(TrustStore::from_der([PKI.root.clone()]).unwrap()))
}

fn server(auth: ClientAuth) -> ServerConfigBuilder {
    let credential = Credential::new(vec![PKI.server.clone()], Arc::clone(&SERVER_KEY)).unwrap();
    ServerConfig::builder_with_provider(provider(), credential).policy(Policy::legacy()).client_auth(auth)
}

fn of(identity: &Identity) -> Credential {
    identity.credential(&*provider())
}

fn run(client: ClientConfigBuilder, server: ServerConfigBuilder) -> Pair {
    let mut pair = Pair::new(client.build().unwrap(), server.build().unwrap());
    pair.run();
    pair
}

/// What the client has shown: its Certificate message.
fn shown(pair: &Pair) -> Option<Vec<u8>> {
    sent::body(&pair.sent[0], typ::CERTIFICATE)
}

/// The body of a Certificate with this chain.
fn chain_of(identities: &[&Identity]) -> Vec<u8> {
    let chain: Vec<&[u8]> = identities.iter().map(|identity| &*identity.certificate).collect();
    certificate(&chain)[4..].to_vec()
}

#[test]
fn every_kind_of_key_proves_who_the_client_is() {
    for name in [ECDHE_GCM, RSA_CBC] {
        for kind in KeyKind::ALL {
            for binding in [Agreement::Prefer, Agreement::Never] {
                let identity = PKI.client(kind);
                let client = client().policy(only(name).extended_master_secret(binding)).credentials([of(identity)]);
                let mut pair = run(client, server(ClientAuth::Require(verifier())));
                pair.assert_connected();
                pair.exchange_data(1000);
                assert_eq!(*pair.server.peer(), identity.certificate, "{kind:?}");
                // RFC 5246 §7.3, figure 1.
                let flow = [typ::CLIENT_HELLO, typ::CERTIFICATE, typ::CLIENT_KEY_EXCHANGE, typ::CERTIFICATE_VERIFY];
                assert_eq!(sent::types(&pair.sent[0]), flow);
                assert_eq!(shown(&pair).unwrap(), chain_of(&[identity]));
            }
        }
    }
}

/// The signature covers all messages up to it (RFC 5246 §7.4.8): checked by a server that is not ours.
#[test]
fn our_signature_covers_the_handshake() {
    for name in [ECDHE_GCM, RSA_CBC] {
        let identity = PKI.client(KeyKind::Rsa);
        let config = client().policy(only(name)).credentials([of(identity)]).build().unwrap();
        let mut forge = Forge::server(&config, suite(name));
        forge.up_to(Step::ServerHelloDone);
        forge.perform(Step::CertificateRequest).unwrap();
        forge.finish_from(Step::ServerHelloDone);
        let messages: Vec<&Vec<u8>> = forge.heard.iter().map(|(_, content)| content).collect();
        let verify = messages.iter().find(|content| content[0] == typ::CERTIFICATE_VERIFY).unwrap();
        let start = forge.transcript.windows(verify.len()).position(|window| window == **verify).unwrap();
        let mut fields = Fields(&verify[4..]);
        assert_eq!(fields.number(2), usize::from(forge.scheme.0), "the one that was asked for");
        let key = PublicKey::of_certificate(&identity.certificate).unwrap();
        let signed = &forge.transcript[..start];
        assert_eq!(key.verifies(&*provider(), forge.scheme, signed, fields.vector(2)), Ok(()));
    }
}

/// RFC 5246 §7.4.6: without a certificate, the list is empty; the server decides whether it will do.
#[test]
fn a_client_may_have_no_certificate() {
    for name in [ECDHE_GCM, RSA_CBC] {
        let mut pair = run(client().policy(only(name)), server(ClientAuth::Request(verifier())));
        pair.assert_connected();
        pair.exchange_data(1000);
        assert!(pair.server.info().peer_certificates().is_empty());
        assert_eq!(shown(&pair).unwrap(), [0, 0, 0]);
        assert_eq!(sent::types(&pair.sent[0]), [typ::CLIENT_HELLO, typ::CERTIFICATE, typ::CLIENT_KEY_EXCHANGE]);

        let pair = run(client().policy(only(name)), server(ClientAuth::Require(verifier())));
        let error = pair.server.failure().unwrap();
        let missing =
            matches!(error, Error::Certificate(error) if error.kind == CertificateErrorKind::NoClientCertificate);
        assert!(missing && error.alert() == Some(AlertDescription::HandshakeFailure), "{error:?}");
        assert_eq!(pair.client.failure(), Some(&Error::Alert(AlertDescription::HandshakeFailure)));
    }
}

/// RFC 5246 §7.4.4: only a client that is asked shows a certificate; and one that is asked to, if it has one.
#[test]
fn a_client_shows_its_certificate_only_when_asked() {
    let identity = PKI.client(KeyKind::P256);
    let pair = run(client().credentials([of(identity)]), server(ClientAuth::None));
    pair.assert_connected();
    assert_eq!((shown(&pair), pair.server.info().peer_certificates().len()), (None, 0));
    let pair = run(client().credentials([of(identity)]), server(ClientAuth::Request(verifier())));
    pair.assert_connected();
    assert_eq!(*pair.server.peer(), identity.certificate);
}

/// RFC 5246 §7.4.4: types, schemes, and the names of authorities.
#[test]
fn the_request_says_what_will_do() {
    let schemes = [SignatureScheme::RSA_PKCS1_SHA256, SignatureScheme::ECDSA_SHA384];
    let names = [PKI.root_name(), STRANGER.root_name()];
    let auth = ClientAuth::Request(verifier().authorities(names.clone()));
    let pair = run(client(), server(auth).policy(Policy::legacy().signature_schemes(schemes)));
    pair.assert_connected();
    let request = sent::body(&pair.sent[1], typ::CERTIFICATE_REQUEST).unwrap();
    let expected = [
        // rsa_sign, ecdsa_sign.
        vector(1, &[1, 64]),
        vector(2, &numbers(&schemes.map(|scheme| scheme.0))),
        vector(2, &names.map(|name| vector(2, &name)).concat()),
    ];
    assert_eq!(request, expected.concat());
    let types = sent::types(&pair.sent[1]);
    assert_eq!(types[3..5], [typ::CERTIFICATE_REQUEST, typ::SERVER_HELLO_DONE], "RFC 5246 §7.3, figure 1");
}

/// RFC 5246 §7.4.6: the key and its signature must be of a kind that the server asks for.
#[test]
fn the_certificate_is_chosen_by_type_and_scheme() {
    use SignatureScheme as S;
    let [rsa, p256, ed25519] = [KeyKind::Rsa, KeyKind::P256, KeyKind::Ed25519].map(|kind| PKI.client(kind));
    for (schemes, expected) in [
        (&[S::RSA_PKCS1_SHA256, S::ECDSA_SHA256, S::ED25519][..], vec![rsa]),
        (&[S::ED25519, S::ECDSA_SHA256], vec![p256]),
        (&[S::ED25519], vec![ed25519]),
        (&[S::RSA_PSS_RSAE_SHA512], vec![rsa]),
    ] {
        let client = client().policy(only(RSA_CBC)).credentials([rsa, p256, ed25519].map(of));
        let policy = Policy::legacy().signature_schemes(schemes.iter().copied());
        let pair = run(client, server(ClientAuth::Request(verifier())).policy(policy));
        pair.assert_connected();
        assert_eq!(shown(&pair).unwrap(), chain_of(&expected), "{schemes:?}");
    }
    // What the client's own policy leaves out plays no part.
    let policy = only(RSA_CBC).signature_schemes([S::ECDSA_SHA256]);
    let pair = run(client().policy(policy).credentials([of(p256)]), server(ClientAuth::Request(verifier())));
    assert_eq!(shown(&pair).unwrap(), chain_of(&[p256]));
}

/// A request by a server that is not ours; returns the client's Certificate in answer.
fn asked(config: &Arc<ClientConfig>, types: &[u8], schemes: &[u16], names: &[Vec<u8>]) -> Vec<u8> {
    let mut forge = Forge::server(config, suite(ECDHE_GCM));
    forge.up_to(Step::ServerHelloDone);
    let names: Vec<u8> = names.iter().flat_map(|name| vector(2, name)).collect();
    let body = [vector(1, types), vector(2, &numbers(schemes)), vector(2, &names)].concat();
    forge.say(&message(typ::CERTIFICATE_REQUEST, &body)).unwrap();
    forge.finish_from(Step::ServerHelloDone);
    let mut heard = forge.heard.into_iter().map(|(_, content)| content);
    heard.find(|content| content[0] == typ::CERTIFICATE).unwrap()[4..].to_vec()
}

/// Values that nobody knows are ignored (RFC 8701 for the like of 0x0a0a); where nothing else is left, nothing is shown.
#[test]
fn a_request_may_hold_what_we_do_not_know() {
    let (rsa, p256) = (PKI.client(KeyKind::Rsa), PKI.client(KeyKind::P256));
    let config = client().credentials([rsa, p256].map(of)).build().unwrap();
    let none = chain_of(&[]);
    for (types, schemes, expected) in [
        (&[0x0a, 1, 99][..], &[0x0a0a, 0x0401][..], chain_of(&[rsa])),
        (&[99, 64], &[0x0a0a, 0x0403], chain_of(&[p256])),
        // The types say that no such key will do, whatever the schemes (RFC 5246 §7.4.4).
        (&[64], &[0x0401, 0x0403], chain_of(&[p256])),
        (&[1], &[0x0403], none.clone()),
        (&[99], &[0x0401], none.clone()),
        (&[1, 64], &[0x0a0a, 0x9999], none.clone()),
        // SHA-1, which we were not told to sign with.
        (&[1, 64], &[0x0201, 0x0203], none),
    ] {
        assert_eq!(asked(&config, types, schemes, &[]), expected, "{types:?} {schemes:04x?}");
    }
}

/// RFC 5246 §7.4.6: one of the chain SHOULD be issued by one of the authorities.
#[test]
fn the_certificate_is_chosen_by_authority() {
    let (stranger, known) = (STRANGER.new_client(KeyKind::P256), PKI.client(KeyKind::P256));
    let config = client().credentials([&stranger, known].map(of)).build().unwrap();
    let name_of = |pki: &Pki| pki.root_name();
    let unknown = vector(1, b"nobody");
    for (names, expected) in [
        (vec![], &stranger),
        (vec![name_of(&PKI)], known),
        (vec![unknown.clone(), name_of(&PKI)], known),
        (vec![name_of(&STRANGER), name_of(&PKI)], &stranger),
        // Servers name fewer than they accept.
        (vec![unknown], &stranger),
    ] {
        assert_eq!(asked(&config, &[64], &[0x0403], &names), chain_of(&[expected]));
    }
    // It need not be the first of the chain that the authority has issued.
    let below = PKI.server_pem_below_intermediate();
    let chain = [&below.certificate, &below.above].map(|text| pem::parse(text).unwrap().into_contents());
    let config = client().credentials([of(&stranger), below.credential(&*provider())]).build().unwrap();
    let chosen = asked(&config, &[1, 64], &[0x0401, 0x0403], &[name_of(&PKI)]);
    assert_eq!(chosen, certificate(&[&chain[0], &chain[1]])[4..]);
}

/// The same request, answered by whoever is asked.
#[test]
fn the_choice_may_be_made_later() {
    let names = [PKI.root_name()];
    let schemes = [SignatureScheme::ECDSA_SHA256, SignatureScheme::RSA_PKCS1_SHA256];
    let p256 = PKI.client(KeyKind::P256);
    let external = || {
        let key = ExternalKey::new([SignatureScheme::ECDSA_SHA256]);
        Credential::external(vec![p256.certificate.clone()], key).unwrap()
    };
    let ed25519 = || of(PKI.client(KeyKind::Ed25519));
    type Choose<'c> = &'c dyn Fn() -> Option<Credential>;
    let choices: [(Choose<'_>, Vec<u8>); 4] = [
        (&|| Some(of(p256)), chain_of(&[p256])),
        (&|| Some(external()), chain_of(&[p256])),
        (&|| None, chain_of(&[])),
        // The server does not verify its signatures: it is not shown.
        (&|| Some(ed25519()), chain_of(&[])),
    ];
    for (choice, expected) in choices {
        let auth = ClientAuth::Request(ClientTrust::later().authorities(names.clone()));
        let server = server(auth).policy(Policy::legacy().signature_schemes(schemes)).build().unwrap();
        let client = ClientConfig::builder_verifying_later(provider()).credentials_later().build().unwrap();
        let mut pair = Pair::new(client, server);
        let mut selected = 0;
        pair.run_deciding(|need| match need {
            Need::SelectCertificate(request) => {
                selected += 1;
                assert_eq!(
                    request.certificate_types(),
                    [ClientCertificateType::RSA_SIGN, ClientCertificateType::ECDSA_SIGN]
                );
                assert_eq!(request.signature_schemes(), schemes);
                assert!(request.authorities().eq(names.iter().map(Vec::as_slice)));
                request.selected(choice().map(Arc::new))
            }
            other => accept(other),
        });
        pair.assert_connected();
        assert_eq!((shown(&pair).unwrap(), selected), (expected, 1));
    }
}

/// Trusts everybody, and signs for the client with the P-256 key.
fn accept(need: Need) -> Answer {
    match need {
        Need::VerifyPeer(request) => request.verified(Ok(tls12::Verified::default())),
        Need::Sign(request) => {
            let identity = PKI.client(KeyKind::P256);
            let key = load(identity);
            assert!(*request.key() == PublicKey::of_certificate(&identity.certificate).unwrap());
            let signature = key.sign(request.scheme(), request.message()).unwrap();
            request.signed(signature)
        }
        other => panic!("{other:?}"),
    }
}

fn load(identity: &Identity) -> Arc<dyn PrivateKey> {
    provider().load_private_key(identity.key.clone_key().into()).unwrap()
}

/// RFC 5246 §7.2.2: what is wrong with a chain has an alert of its own.
#[test]
fn a_client_that_is_not_trusted_is_refused() {
    let stranger = STRANGER.new_client(KeyKind::P256);
    let a_servers = PKI.server(KeyKind::P256);
    for (identity, kind, alert) in [
        (&stranger, CertificateErrorKind::UnknownIssuer, AlertDescription::UnknownCa),
        // extendedKeyUsage allows serverAuth only (RFC 5280 §4.2.1.12).
        (a_servers, CertificateErrorKind::WrongPurpose, AlertDescription::UnsupportedCertificate),
    ] {
        // To be asked does not mean that anything will do.
        for auth in [ClientAuth::Request, ClientAuth::Require] {
            for name in [ECDHE_GCM, RSA_CBC] {
                let pair = run(client().policy(only(name)).credentials([of(identity)]), server(auth(verifier())));
                let error = pair.server.failure().unwrap();
                assert!(matches!(error, Error::Certificate(error) if error.kind == kind), "{error:?}");
                assert_eq!(pair.client.failure(), Some(&Error::Alert(alert)));
                assert!(!pair.client.is_connected() && !pair.server.is_connected());
            }
        }
    }
}

/// What is above the client's certificate is for the verifier; the session holds all of it, if that fits in a ticket.
#[test]
fn a_long_chain_is_taken_as_it_is() {
    let identity = PKI.client(KeyKind::P256);
    for (roots, has_ticket) in [(2, true), (60, false)] {
        let roots = std::iter::repeat_n(PKI.root.clone(), roots);
        let chain: Vec<_> = std::iter::once(identity.certificate.clone()).chain(roots).collect();
        let credential = Credential::new(chain.clone(), load(identity)).unwrap();
        let mut pair = run(client().credentials([credential]), server(ClientAuth::Require(verifier())));
        pair.assert_connected();
        pair.exchange_data(10);
        assert_eq!(pair.server.info().peer_certificates(), chain);
        assert_eq!(!pair.client.sessions.is_empty(), has_ticket);
        assert_eq!(chain.iter().map(|certificate| certificate.len()).sum::<usize>() < 1 << 15, has_ticket);
    }
}

/// A client whose key is kept elsewhere and fails ends the handshake on its own side.
#[test]
fn a_key_that_fails_is_our_own_fault() {
    let key = ExternalKey::new([SignatureScheme::ECDSA_SHA256]);
    let external = Credential::external(vec![PKI.client(KeyKind::P256).certificate.clone()], key).unwrap();
    let config = client().credentials([external]).build().unwrap();
    let mut pair = Pair::new(config, server(ClientAuth::Require(verifier())).build().unwrap());
    pair.run_deciding(|need| match need {
        Need::Sign(request) => request.failed(tls12::ProviderError::Failed("the device")),
        other => panic!("{other:?}"),
    });
    assert!(matches!(pair.client.failure(), Some(Error::Provider(_))), "{:?}", pair.client.log);
    assert_eq!(pair.server.failure(), Some(&Error::Alert(AlertDescription::InternalError)));
    assert_eq!(pair.client.log[0], Happened::Suspended);
}

/// What could never work is refused when it is configured.
#[test]
fn bad_configurations_are_refused() {
    let request = |names: Vec<Vec<u8>>| server(ClientAuth::Request(verifier().authorities(names))).build().err();
    assert_eq!(request(vec![vec![]]), Some(ConfigError::AuthorityName));
    assert_eq!(request(vec![PKI.root_name(), vec![]]), Some(ConfigError::AuthorityName));
    assert_eq!(request(vec![vec![0; 100]; 600]), Some(ConfigError::ChainTooLong));
    assert_eq!(request(vec![vec![0; 98]; 600]), None);
    // A CertificateRequest must name a scheme (RFC 5246 §7.4.4); static RSA needs none.
    let no_schemes = only(RSA_CBC).signature_schemes([]);
    assert_eq!(server(ClientAuth::None).policy(no_schemes.clone()).build().err(), None);
    let asking = server(ClientAuth::Request(verifier())).policy(no_schemes.clone());
    assert_eq!(asking.build().err(), Some(ConfigError::NoSchemes));
    // A certificate that the policy never signs with.
    let p256 = || of(PKI.client(KeyKind::P256));
    let client = |policy| client().policy(policy).credentials([p256()]).build().err();
    assert_eq!(client(no_schemes), Some(ConfigError::NoSchemeForKey));
    let rsa_only = only(ECDHE_GCM).signature_schemes([SignatureScheme::RSA_PKCS1_SHA256]);
    assert_eq!(client(rsa_only), Some(ConfigError::NoSchemeForKey));
    assert_eq!(client(only(ECDHE_GCM)), None);
}

/// An address has no name, and a client that is known by its certificate needs none.
#[test]
fn a_client_by_address_shows_its_certificate_too() {
    let config = client().credentials([of(PKI.client(KeyKind::Ed25519))]).build().unwrap();
    let asking = server(ClientAuth::Require(verifier())).build().unwrap();
    for name in [SERVER_NAME, "127.0.0.1"] {
        let client = End::client(Arc::clone(&config), name, None, now());
        let mut pair = Pair::of(client, End::server(Arc::clone(&asking), now()));
        pair.run();
        pair.assert_connected();
        assert_eq!(pair.server.info().peer_certificates().len(), 1);
    }
}
