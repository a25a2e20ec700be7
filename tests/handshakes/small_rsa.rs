//! RSA keys of 1024 bits: used only if verifier and provider allow them by name.
#![cfg(all(feature = "ring", feature = "static-rsa", feature = "std", feature = "webpki"))]
#![allow(clippy::unwrap_used, missing_docs)]

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use crate::support::forge::{Forge, NAMED_CURVE, SERVER_KEY, Step, certificate, server_key_exchange};
use crate::support::hello::{message, typ, vector};
use crate::support::pki::{KeyKind, PKI};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, KeyUsagePurpose, PublicKeyData};
use rsa::PrivateKey;
use rsa::pkcs1::EncodeRsaPublicKey;
use rsa::pkcs8::EncodePrivateKey;
use rsa::traits::PublicKeyParts;
use rustls_pki_types::{AlgorithmIdentifier, InvalidSignature, ServerName, SignatureVerificationAlgorithm, UnixTime};
use tls12::crypto::{CipherSuite, Provider, PublicKey, Secret, SignatureAlgorithms, ring};
use tls12::io::blocking::StreamOwned;
use tls12::verify::{Allow, TrustStore, Verifier};
use tls12::wire::SignatureScheme;
use tls12::{
    AlertDescription, CertificateDer, CertificateErrorKind, ClientAuth, ClientConfig, ClientTrust, Error, KeyFault,
    KeyUse, Peer, PeerChain, Policy, ServerConfig, Side, SignatureError, VerifyPeer,
};

/// The public half, for rcgen.
struct Rsa(Vec<u8>);

impl PublicKeyData for Rsa {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_RSA_SHA256
    }
}

fn key(bits: usize) -> PrivateKey {
    PrivateKey::new_with_exp(&mut rand::rng(), bits, rsa::BoxedUint::from(65_537_u64)).unwrap()
}

#[test]
fn small_keys_are_encrypted_to_only_by_name() {
    let small = key(1024);
    let public = PublicKey::rsa(small.to_public_key().to_pkcs1_der().unwrap().into_vec());
    let encrypt = |provider: Arc<dyn Provider>| {
        provider.rsa_encrypt(&public, &Secret::new(vec![3; 48]), provider.random()).map_err(drop)
    };
    assert_eq!(encrypt(ring::provider()), Err(()));
    let encrypted = encrypt(ring::provider_for_small_rsa_keys()).unwrap();
    assert_eq!(encrypted.len(), small.size());
    // RFC 8017 §7.2.2, by the other half of the key.
    let decrypted = small.decrypt(rsa::Pkcs1v15Encrypt, &encrypted).unwrap();
    assert_eq!(decrypted, [3; 48]);
}

#[test]
fn small_keys_are_trusted_only_by_name() {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let root = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let store = TrustStore::from_der([root.der().clone()]).unwrap();
    let verdict = |public: Vec<u8>, verifier: &dyn VerifyPeer| {
        let mut params = CertificateParams::new(["a.example".to_owned()]).unwrap();
        params.use_authority_key_identifier_extension = true;
        let end = params.signed_by(&Rsa(public), &root).unwrap().der().clone();
        let server = Peer::Server(ServerName::try_from("a.example").unwrap());
        let algorithms = ring::provider().signature_algorithms();
        let chain = PeerChain::new([end].into(), server, KeyUse::KeyEncipherment, UnixTime::now(), algorithms);
        verifier.verify(&chain).map(drop).map_err(|error| error.kind)
    };
    let relaxed = Verifier::new(store.clone()).allow(Allow::SmallRsaKeys);
    let small = key(1024).to_public_key().to_pkcs1_der().unwrap().into_vec();
    assert_eq!(verdict(small.clone(), &store), Err(CertificateErrorKind::UnsupportedAlgorithm));
    assert_eq!(verdict(small, &relaxed), Ok(()));
    // By hand (RFC 8017 §A.1.1), with a modulus of 127 bytes: SEQUENCE { INTEGER, INTEGER 65537 }.
    let smaller = [&[0x30, 0x81, 0x88, 2, 0x81, 0x80, 0][..], &[0xff; 127], &[2, 3, 1, 0, 1]].concat();
    assert_eq!(verdict(smaller, &relaxed), Err(CertificateErrorKind::UnsupportedAlgorithm));
}

/// An algorithm of a scheme: made at run time, as those of a device are.
#[derive(Debug)]
struct OfScheme(Arc<SignatureAlgorithms>, SignatureScheme, usize);

impl OfScheme {
    fn algorithm(&self) -> &dyn SignatureVerificationAlgorithm {
        self.0.of_scheme(self.1).nth(self.2).unwrap()
    }
}

impl SignatureVerificationAlgorithm for OfScheme {
    fn verify_signature(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        self.algorithm().verify_signature(key, message, signature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.algorithm().public_key_alg_id()
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.algorithm().signature_alg_id()
    }
}

/// A small key of an authority, which signs with it.
struct Signing(PrivateKey, Vec<u8>);

impl PublicKeyData for Signing {
    fn der_bytes(&self) -> &[u8] {
        &self.1
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_RSA_SHA256
    }
}

impl rcgen::SigningKey for Signing {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let hash = <sha2::Sha256 as sha2::Digest>::digest(message);
        self.0.sign(rsa::Pkcs1v15Sign::new::<sha2::Sha256>(), &hash).map_err(|_| rcgen::Error::RemoteKeyError)
    }
}

/// Our providers verify no certificates by small keys. One that does is not enough, nor is the verifier's leave without one.
#[test]
fn small_keys_of_authorities_take_a_provider_and_a_verifier() {
    let small = key(1024);
    let public = small.to_public_key().to_pkcs1_der().unwrap().into_vec();
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let root = CertifiedIssuer::self_signed(params, Signing(small, public)).unwrap();
    let mut params = CertificateParams::new(["a.example".to_owned()]).unwrap();
    params.use_authority_key_identifier_extension = true;
    let end = params.signed_by(&KeyPair::generate().unwrap(), &root).unwrap().der().clone();
    let store = TrustStore::from_der([root.der().clone()]).unwrap();
    let relaxed = Verifier::new(store.clone()).allow(Allow::SmallRsaKeys);
    let verdict = |verifier: &dyn VerifyPeer, algorithms| {
        let server = Peer::Server(ServerName::try_from("a.example").unwrap());
        let end = [end.clone()].into();
        let chain = PeerChain::new(end, server, KeyUse::DigitalSignature, UnixTime::now(), algorithms);
        let error = verifier.verify(&chain).map(drop);
        error.map_err(|error| {
            // What is advised would have to help.
            assert!(!error.report().to_string().contains("Allow::SmallRsaKeys"), "{}", error.report());
            error.kind
        })
    };
    let refused = Err(CertificateErrorKind::UnsupportedAlgorithm);
    let ours = ring::provider_for_small_rsa_keys().signature_algorithms();
    for algorithms in [ours.clone(), ring::provider().signature_algorithms()] {
        assert_eq!(verdict(&store, algorithms.clone()), refused);
        assert_eq!(verdict(&relaxed, algorithms), refused);
    }
    // As in a provider that takes them in certificates too.
    let small = Arc::new(ours);
    let places =
        small.schemes().flat_map(|scheme| (0..small.of_scheme(scheme).count()).map(move |place| (scheme, place)));
    let taken = places.map(|(scheme, place)| Arc::new(OfScheme(Arc::clone(&small), scheme, place)) as Arc<_>);
    let theirs = SignatureAlgorithms::new(taken.collect(), Vec::new(), Vec::new());
    assert_eq!(verdict(&store, theirs.clone()), refused);
    assert_eq!(verdict(&relaxed, theirs), Ok(()));
}

const ECDHE_GCM: &str = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";

/// An authority, and what trusts it and small keys.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn certificate(&self, public: Vec<u8>) -> CertificateDer<'static> {
        let mut params = CertificateParams::new(["a.example".to_owned()]).unwrap();
        params.use_authority_key_identifier_extension = true;
        params.signed_by(&Rsa(public), &self.0).unwrap().der().clone()
    }

    fn verifier(&self) -> Arc<dyn VerifyPeer> {
        let store = TrustStore::from_der([self.0.der().clone()]).unwrap();
        Arc::new(Verifier::new(store).allow(Allow::SmallRsaKeys))
    }
}

/// What OpenSSL signs by with such a key: that of RSASSA-PSS with SHA-512 is too long for it (RFC 8017 §9.1.1).
const SCHEMES: [SignatureScheme; 6] = [
    SignatureScheme::RSA_PKCS1_SHA1,
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA512,
    SignatureScheme::RSA_PSS_RSAE_SHA256,
    SignatureScheme::RSA_PSS_RSAE_SHA384,
];

/// OpenSSL, which ends with this; none, if it is not installed and need not be.
struct OpenSsl(Child);

impl OpenSsl {
    fn start(args: &[&str], directory: &Path) -> Option<Self> {
        let mut command = Command::new("openssl");
        command.args(args).current_dir(directory);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        match command.spawn() {
            Ok(child) => Some(Self(child)),
            Err(error) if std::env::var_os("CI").is_some() => panic!("openssl: {error}"),
            Err(error) => {
                eprintln!("skipped, as openssl cannot be run ({error}): install it (apt-get install openssl)");
                None
            }
        }
    }

    /// Where it listens.
    fn address(&mut self) -> String {
        let stdout = BufReader::new(self.0.stdout.take().unwrap());
        let mut lines = stdout.lines().map_while(Result::ok);
        let address = lines.find_map(|line| line.strip_prefix("ACCEPT ").map(str::to_owned)).unwrap();
        // What it says must go somewhere.
        std::thread::spawn(move || lines.count());
        address
    }
}

impl Drop for OpenSsl {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A directory with `cert.pem` and `key.pem`.
fn files(key: &PrivateKey, certificate: &CertificateDer<'_>) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, tag: &str, der: &[u8]| {
        std::fs::write(dir.path().join(name), pem::encode(&pem::Pem::new(tag, der))).unwrap();
    };
    write("cert.pem", "CERTIFICATE", certificate);
    write("key.pem", "PRIVATE KEY", key.to_pkcs8_der().unwrap().as_bytes());
    dir
}

fn timed(socket: TcpStream) -> TcpStream {
    socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    socket
}

fn public(key: &PrivateKey) -> Vec<u8> {
    key.to_public_key().to_pkcs1_der().unwrap().into_vec()
}

/// A server with such a key, over ECDHE, by every scheme; and the reason why it is refused where it was not asked for.
#[test]
fn a_server_signs_with_a_small_key() {
    let (small, authority) = (key(1024), Authority::new());
    let dir = files(&small, &authority.certificate(public(&small)));
    let accept = ["s_server", "-accept", "127.0.0.1:0", "-cert", "cert.pem", "-key", "key.pem", "-tls1_2"];
    let weak = ["-cipher", "ALL:@SECLEVEL=0"];
    let Some(mut openssl) = OpenSsl::start(&[&accept[..], &weak].concat(), dir.path()) else { return };
    let address = openssl.address();
    let connect = |provider: Arc<dyn Provider>, scheme| {
        let policy = Policy::default().signature_schemes([scheme]);
        let config =
            ClientConfig::builder_with_provider(provider, authority.verifier()).policy(policy).build().unwrap();
        let socket = timed(TcpStream::connect(&address).unwrap());
        let mut stream = StreamOwned::client(config, "a.example".try_into().unwrap(), socket).unwrap();
        stream.complete_handshake().map(|()| stream.info().unwrap().signature_scheme())
    };
    for scheme in SCHEMES {
        assert_eq!(connect(ring::provider_for_small_rsa_keys(), scheme).unwrap(), Some(scheme));
        let error = connect(ring::provider(), scheme).unwrap_err();
        let error = error.get_ref().unwrap().downcast_ref::<Error>().unwrap();
        assert_eq!(*error, Error::PeerKey(KeyFault::TooSmall { bits: 1024, smallest: 2048 }));
        assert_eq!((error.alert(), error.side()), (Some(AlertDescription::UnsupportedCertificate), Side::Peer));
    }
}

/// A client with such a key: its CertificateVerify (RFC 5246 §7.4.8).
#[test]
fn a_client_signs_with_a_small_key() {
    let (small, authority) = (key(1024), Authority::new());
    let dir = files(&small, &authority.certificate(public(&small)));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let accept = |provider: Arc<dyn Provider>, scheme| {
        let connect = ["s_client", "-connect", &address, "-cert", "cert.pem", "-key", "key.pem", "-tls1_2"];
        let openssl = OpenSsl::start(&[&connect[..], &["-cipher", "ALL:@SECLEVEL=0"]].concat(), dir.path())?;
        let config =
            ServerConfig::builder_with_provider(provider, PKI.server(KeyKind::Rsa).credential(&*ring::provider()))
                .policy(Policy::default().signature_schemes([scheme]))
                .client_auth(ClientAuth::Require(ClientTrust::new(authority.verifier())))
                .build()
                .unwrap();
        let mut stream = StreamOwned::server(config, timed(listener.accept().unwrap().0));
        let outcome = stream.complete_handshake().map(|()| stream.info().unwrap().peer_certificates().len());
        drop(openssl);
        Some(outcome)
    };
    for scheme in SCHEMES {
        let Some(outcome) = accept(ring::provider_for_small_rsa_keys(), scheme) else { return };
        assert_eq!(outcome.unwrap(), 1);
        let error = accept(ring::provider(), scheme).unwrap().unwrap_err();
        let error = error.get_ref().unwrap().downcast_ref::<Error>().unwrap();
        assert_eq!(*error, Error::PeerKey(KeyFault::TooSmall { bits: 1024, smallest: 2048 }), "{scheme}");
    }
}

/// A bad signature by a small key is a bad signature.
#[test]
fn a_signature_of_a_small_key_is_verified() {
    let small = key(1040);
    let public = PublicKey::rsa(public(&small));
    let provider = ring::provider_for_small_rsa_keys();
    for scheme in SCHEMES.into_iter().chain([SignatureScheme::RSA_PSS_RSAE_SHA512]) {
        let verdict = public.verifies(&*provider, scheme, b"message", &[0x5a; 130]);
        assert_eq!(verdict, Err(SignatureError::Mismatch), "{scheme}");
    }
    let ecdsa = public.verifies(&*provider, SignatureScheme::ECDSA_SHA256, b"message", &[0x5a; 130]);
    assert_eq!(ecdsa, Err(SignatureError::SchemeNotForKey));
}

/// SEQUENCE { INTEGER, INTEGER 65537 } (RFC 8017 §A.1.1), by hand: a modulus of so many bytes of ones.
fn huge(bytes: u16) -> Vec<u8> {
    let [high, low] = (bytes + 1).to_be_bytes();
    let modulus = [&[2, 0x82, high, low, 0][..], &vec![0xff; usize::from(bytes)]].concat();
    let content = [&modulus[..], &[2, 3, 1, 0, 1]].concat();
    let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[0x30, 0x82, high, low], &content[..]].concat()
}

/// Both ends of what the provider takes, and what is no key at all; whatever the signature.
#[test]
fn a_key_of_another_size_is_called_so() {
    let verdict = |key: Vec<u8>| {
        let key = PublicKey::rsa(key);
        key.verifies(&*ring::provider(), SignatureScheme::RSA_PKCS1_SHA256, b"message", &[1; 256])
    };
    assert_eq!(verdict(huge(1026)), Err(SignatureError::Key(KeyFault::TooLarge { bits: 8208, largest: 8192 })));
    assert_eq!(verdict(huge(1024)), Err(SignatureError::Mismatch));
    assert_eq!(verdict(huge(256)), Err(SignatureError::Mismatch));
    assert_eq!(verdict(huge(255)), Err(SignatureError::Key(KeyFault::TooSmall { bits: 2040, smallest: 2048 })));
    assert_eq!(verdict(vec![0x30, 0]), Err(SignatureError::Key(KeyFault::Malformed)));
}

/// The same in a handshake, with either key exchange, and by a client.
#[test]
fn a_peer_with_a_key_that_is_too_large_is_told_so() {
    let fault = Err(Error::PeerKey(KeyFault::TooLarge { bits: 8208, largest: 8192 }));
    let (authority, huge) = (Authority::new(), huge(1026));
    let shown = certificate(&[&authority.certificate(huge)]);
    #[derive(Debug)]
    struct Willing;
    impl VerifyPeer for Willing {
        fn verify(&self, _: &PeerChain) -> Result<tls12::session::Verified, tls12::CertificateError> {
            Ok(tls12::session::Verified::always())
        }
    }
    let client = || ClientConfig::builder(Arc::new(Willing)).policy(Policy::legacy()).build().unwrap();
    let suite = |name| CipherSuite::from_name(name).unwrap();
    let mut ecdhe = Forge::server(&client(), suite(ECDHE_GCM));
    ecdhe.up_to(Step::Certificate);
    ecdhe.say(&shown).unwrap();
    assert_eq!(ecdhe.perform(Step::ServerKeyExchange), fault);
    let mut rsa = Forge::server(&client(), suite("TLS_RSA_WITH_AES_128_GCM_SHA256"));
    rsa.up_to(Step::Certificate);
    rsa.say(&shown).unwrap();
    assert_eq!(rsa.perform(Step::ServerHelloDone), fault);

    let auth = ClientAuth::Require(ClientTrust::new(Arc::new(Willing)));
    let server = ServerConfig::builder(PKI.server(KeyKind::Rsa).credential(&*ring::provider())).client_auth(auth);
    let mut showing = Forge::client(&server.build().unwrap(), suite(ECDHE_GCM));
    showing.up_to(Step::ClientKeyExchange);
    showing.say(&shown).unwrap();
    showing.perform(Step::ClientKeyExchange).unwrap();
    let scheme = showing.scheme.0.to_be_bytes().to_vec();
    let verify = message(typ::CERTIFICATE_VERIFY, &[scheme, vector(2, &[1; 256])].concat());
    assert_eq!(showing.say(&verify), fault);
}

/// RFC 5246 §7.4.2, §7.4.6: the own certificate comes first. If another has the key, it is said which.
#[test]
fn a_chain_in_the_wrong_order_is_called_so() {
    let swapped = certificate(&[&PKI.root, &PKI.server]);
    let accepting = Arc::new(Verifier::new(TrustStore::from_der([PKI.root.clone()]).unwrap()));
    let suite = CipherSuite::from_name(ECDHE_GCM).unwrap();
    let told = |certificate, count| Err(Error::SignedByAnother { certificate, count });
    let client = || ClientConfig::builder(Arc::clone(&accepting) as Arc<dyn VerifyPeer>).build().unwrap();
    let mut server = Forge::server(&client(), suite);
    server.up_to(Step::Certificate);
    server.say(&swapped).unwrap();
    let error = server.perform(Step::ServerKeyExchange);
    assert_eq!(error, told(2, 2));
    assert_eq!(error.unwrap_err().alert(), Some(AlertDescription::DecryptError));

    // As many as are tried, and no more: a bound on our work.
    for (before, expected) in [(4, told(5, 5)), (5, Err(Error::BadSignature))] {
        let mut server = Forge::server(&client(), suite);
        server.up_to(Step::Certificate);
        let chain: Vec<&[u8]> = std::iter::repeat_n(&*PKI.root, before).chain([&*PKI.server]).collect();
        server.say(&certificate(&chain)).unwrap();
        assert_eq!(server.perform(Step::ServerKeyExchange), expected);
    }

    // One who signs with a key that is in none of them is accused.
    let mut other = Forge::server(&client(), suite);
    other.up_to(Step::Certificate);
    other.say(&certificate(&[&PKI.root, &PKI.root])).unwrap();
    assert_eq!(other.perform(Step::ServerKeyExchange), Err(Error::BadSignature));

    let auth = ClientAuth::Require(ClientTrust::new(accepting));
    let config = ServerConfig::builder(PKI.server(KeyKind::Rsa).credential(&*ring::provider())).client_auth(auth);
    let mut client = Forge::client(&config.build().unwrap(), suite);
    client.up_to(Step::ClientKeyExchange);
    client.say(&swapped).unwrap();
    client.perform(Step::ClientKeyExchange).unwrap();
    let signature = SERVER_KEY.sign(client.scheme, &client.transcript).unwrap();
    let scheme = client.scheme.0.to_be_bytes().to_vec();
    let verify = message(typ::CERTIFICATE_VERIFY, &[scheme, vector(2, &signature)].concat());
    assert_eq!(client.say(&verify), told(2, 2));
}

/// RFC 5246 §7.4.3: the scheme must fit the key. Here it was offered.
#[test]
fn a_scheme_for_another_kind_of_key_is_called_so() {
    let accepting = TrustStore::from_der([PKI.root.clone()]).unwrap();
    let config = ClientConfig::builder(Arc::new(accepting)).build().unwrap();
    let mut forge = Forge::server(&config, CipherSuite::from_name(ECDHE_GCM).unwrap());
    forge.up_to(Step::ServerKeyExchange);
    let params = [&[NAMED_CURVE, 0, 29], vector(1, &forge.start_share()).as_slice()].concat();
    let outcome = forge.say(&server_key_exchange(&params, SignatureScheme::ECDSA_SHA256, &[1; 70]));
    assert_eq!(outcome, Err(Error::IllegalParameter(tls12::Violation::SchemeNotForKey(0x0403))));
}
