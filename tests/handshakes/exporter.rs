//! Exports from a connection: keying material (RFC 5705) and channel bindings (RFC 5929, RFC 9266), each computed once more
//! from the key log and the bytes on the wire, by the HMAC of another crate.
#![cfg(feature = "ring")]

use std::sync::{Arc, Mutex};

use crate::support::forge::Forge;
use crate::support::hello::typ;
use crate::support::independent::{hash, prf};
use crate::support::pair::{End, Pair};
use crate::support::pki::{PKI, Pinned, SERVER_NAME, now};
use crate::support::sent;
use tls12::crypto::{CipherSuite, ring};
use tls12::session::ClientSession;
use tls12::{
    Agreement, CertificateError, ClientConfig, Credential, ExportError, KeyLog, PeerChain, Policy, ServerConfig,
    VerifyPeer,
};

/// One of each hash of the PRF, each kind of protection, each key exchange.
const SUITES: [&str; 4] = [
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
];

/// Keeps what is logged: client random and secret.
#[derive(Default)]
struct Log(Mutex<Vec<([u8; 32], Vec<u8>)>>);

impl KeyLog for Log {
    fn log(&self, label: &str, client_random: &[u8; 32], secret: &[u8]) {
        assert_eq!(label, "CLIENT_RANDOM");
        self.0.lock().unwrap().push((*client_random, secret.to_vec()));
    }
}

impl Log {
    fn last(&self) -> ([u8; 32], Vec<u8>) {
        self.0.lock().unwrap().last().unwrap().clone()
    }
}

/// Two configurations, and what they log: the client's first.
struct Setup {
    suite: &'static CipherSuite,
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
    logs: [Arc<Log>; 2],
}

impl Setup {
    fn new(suite: &str) -> Self {
        let suite = CipherSuite::from_name(suite).unwrap();
        let policy = Policy::legacy().suites([suite]);
        let logs = [Arc::new(Log::default()), Arc::new(Log::default())];
        let client = ClientConfig::builder(Pinned::server()).policy(policy.clone()).key_log(logs[0].clone());
        let server = ServerConfig::builder(PKI.credential(&*ring::provider())).policy(policy).key_log(logs[1].clone());
        Self { suite, client: client.build().unwrap(), server: server.build().unwrap(), logs }
    }

    /// A connection, resumed if there is a session.
    fn connect(&self, session: Option<ClientSession>) -> Known {
        let resumed = session.is_some();
        let client = End::client(Arc::clone(&self.client), SERVER_NAME, session, now());
        let mut pair = Pair::of(client, End::server(Arc::clone(&self.server), now()));
        pair.run();
        pair.assert_connected();
        assert_eq!((pair.client.info().resumed(), pair.server.info().resumed()), (resumed, resumed));
        let randoms = [0, 1].map(|side| sent::hello(&pair.sent[side]).random);
        let (logged_random, master) = self.logs[0].last();
        assert_eq!((logged_random, master.clone()), self.logs[1].last(), "both sides log the same");
        assert_eq!(logged_random, randoms[0]);
        Known { suite: self.suite, pair, randoms, master }
    }

    /// A full connection and one that resumes its session.
    fn full_and_resumed(&self) -> [Known; 2] {
        let full = self.connect(None);
        let resumed = self.connect(Some(full.pair.client.client_session()));
        assert_eq!(full.master, resumed.master);
        [full, resumed]
    }
}

/// A connection of which all is known.
struct Known {
    suite: &'static CipherSuite,
    pair: Pair,
    /// The client's and the server's.
    randoms: [[u8; 32]; 2],
    master: Vec<u8>,
}

impl Known {
    /// What both sides export, which must be the same.
    fn export(&self, label: &str, context: Option<&[u8]>, len: usize) -> Vec<u8> {
        let [client, server] = [&self.pair.client, &self.pair.server].map(|end| {
            let mut out = vec![0; len];
            end.connection.export(label.as_bytes(), context, &mut out).unwrap();
            out
        });
        assert_eq!(client, server, "{label} {context:?}");
        client
    }

    /// RFC 5705 §4.
    fn expected(&self, label: &str, context: Option<&[u8]>, len: usize) -> Vec<u8> {
        let context = context.map(|context| [&(context.len() as u16).to_be_bytes(), context].concat());
        let seed = [self.randoms.as_flattened(), &context.unwrap_or_default()].concat();
        prf(self.suite, &self.master, label, &[&seed], len)
    }
}

/// RFC 5705 §4.
#[test]
fn keying_material_is_the_prf_of_master_secret_randoms_and_context() {
    let long = vec![7; 0xffff];
    for suite in SUITES {
        for known in Setup::new(suite).full_and_resumed() {
            for label in ["EXPERIMENTAL test", "EXPORTER_DTLS-SRTP", "ttls keying material", ""] {
                for context in [None, Some(&b""[..]), Some(b"x"), Some(b"\0\x01x"), Some(&long)] {
                    for len in [0, 1, 32, 48, 49, 1000] {
                        assert_eq!(known.export(label, context, len), known.expected(label, context, len), "{suite}");
                    }
                }
            }
        }
    }
}

/// RFC 5705 §4: no context differs from an empty one; and whatever else is different makes another value.
#[test]
fn keying_material_differs_by_label_context_and_connection() {
    let setup = Setup::new(SUITES[0]);
    let connections = setup.full_and_resumed().into_iter().chain([setup.connect(None)]);
    let mut seen = Vec::new();
    for known in connections {
        for label in ["EXPERIMENTAL a", "EXPERIMENTAL b"] {
            for context in [None, Some(&b""[..]), Some(b"a"), Some(b"b")] {
                let exported = known.export(label, context, 32);
                assert!(!seen.contains(&exported), "{label} {context:?}");
                assert_eq!(
                    exported,
                    known.export(label, context, 64)[..32],
                    "any number of times, and a start of more"
                );
                seen.push(exported);
            }
        }
    }
}

/// RFC 5705 §4, RFC 7627 §4: these would give away Finished or keys, or the hash of a pre-shared key.
#[test]
fn labels_of_the_protocol_are_refused() {
    let known = Setup::new(SUITES[0]).connect(None);
    let reserved = [
        "client finished",
        "server finished",
        "master secret",
        "key expansion",
        "extended master secret",
        "tls12 pre-shared key",
    ];
    for label in reserved {
        for end in [&known.pair.client, &known.pair.server] {
            for context in [None, Some(&b""[..])] {
                let mut out = [0; 48];
                let refused = end.connection.export(label.as_bytes(), context, &mut out);
                assert_eq!((refused, out), (Err(ExportError::ReservedLabel), [0; 48]), "{label}");
            }
        }
    }
}

/// RFC 5705 §4: the length of the context stands in two bytes.
#[test]
fn a_context_that_is_too_long_is_refused() {
    let known = Setup::new(SUITES[0]).connect(None);
    let refused = known.pair.client.connection.export(b"EXPERIMENTAL", Some(&[0; 0x1_0000]), &mut [0; 32]);
    assert_eq!(refused, Err(ExportError::ContextTooLong));
}

/// RFC 7627 §5.4: without the extended master secret, RFC 5705 MUST be disabled; and RFC 9266 §4.2.
#[test]
fn nothing_is_exported_without_the_extended_master_secret() {
    for suite in SUITES {
        let policy = Policy::legacy().suites([CipherSuite::from_name(suite).unwrap()]);
        let client = policy.clone().extended_master_secret(Agreement::Never);
        let client = ClientConfig::builder(Pinned::server()).policy(client).build().unwrap();
        let server = ServerConfig::builder(PKI.credential(&*ring::provider())).policy(policy).build().unwrap();
        let mut pair = Pair::new(client, server);
        pair.run();
        pair.assert_connected();
        for end in [&pair.client, &pair.server] {
            assert!(!end.info().extended_master_secret());
            let exported = end.connection.export(b"EXPERIMENTAL", None, &mut [0; 32]);
            assert_eq!(exported, Err(ExportError::NoExtendedMasterSecret));
            assert_eq!(end.connection.tls_exporter(), Err(ExportError::NoExtendedMasterSecret));
            assert_eq!(end.connection.tls_unique(), None);
        }
    }
}

#[test]
fn nothing_is_exported_from_what_is_not_connected() {
    let setup = Setup::new(SUITES[0]);
    let assert_nothing = |end: &End| {
        assert_eq!(end.connection.export(b"EXPERIMENTAL", None, &mut [0; 32]), Err(ExportError::NotConnected));
        assert_eq!(end.connection.tls_exporter(), Err(ExportError::NotConnected));
        assert_eq!(end.connection.tls_unique(), None);
    };
    let mut pair = Pair::new(Arc::clone(&setup.client), Arc::clone(&setup.server));
    assert_nothing(&pair.client);
    assert_nothing(&pair.server);
    // The server's Finished is on its way: the server has what the client has not.
    while !pair.server.is_connected() {
        pair.client.input.append(&mut pair.server.output);
        pair.client.run().unwrap();
        assert_nothing(&pair.client);
        assert_nothing(&pair.server);
        pair.server.input.append(&mut pair.client.output);
        pair.server.run().unwrap();
    }
    assert_nothing(&pair.client);
    assert!(pair.server.connection.tls_unique().is_some());
    // A connection that was closed is still what it was; one that failed is not.
    pair.run();
    pair.client.connection.close(&mut pair.client.output);
    pair.run();
    assert_eq!(pair.client.connection.tls_exporter(), pair.server.connection.tls_exporter());
    assert!(pair.client.connection.tls_exporter().is_ok());
    pair.client.input.extend(b"garbage");
    assert!(pair.client.run().is_err());
    assert_nothing(&pair.client);
}

/// RFC 9266 §2: the label, a context of no bytes, 32 bytes.
#[test]
fn tls_exporter_is_exported() {
    for suite in SUITES {
        for known in Setup::new(suite).full_and_resumed() {
            let expected = known.expected("EXPORTER-Channel-Binding", Some(b""), 32);
            for end in [&known.pair.client, &known.pair.server] {
                assert_eq!(end.connection.tls_exporter().unwrap()[..], expected);
            }
        }
    }
}

/// RFC 5929 §3.1: the first Finished: the client's of a full handshake, the server's of a resumed one (RFC 5246 §7.4.9).
#[test]
fn tls_unique_is_the_first_finished() {
    for suite in SUITES {
        let [full, resumed] = Setup::new(suite).full_and_resumed();
        let messages = |known: &Known, side: usize| sent::messages(&known.pair.sent[side]);
        let (hello, rest) =
            messages(&full, 0).split_first().map(|(hello, rest)| (hello.clone(), rest.to_vec())).unwrap();
        let servers = messages(&full, 1).into_iter().take_while(|message| message[0] != typ::NEW_SESSION_TICKET);
        let before_clients: Vec<Vec<u8>> = [hello].into_iter().chain(servers).chain(rest).collect();
        let before_servers = [messages(&resumed, 0), messages(&resumed, 1)].concat();
        for (known, label, transcript) in
            [(full, "client finished", before_clients), (resumed, "server finished", before_servers)]
        {
            let transcript_hash = hash(known.suite, &transcript.concat());
            let expected = prf(known.suite, &known.master, label, &[&transcript_hash], 12);
            for end in [&known.pair.client, &known.pair.server] {
                assert_eq!(end.connection.tls_unique().unwrap()[..], expected, "{suite}, {label}");
            }
        }
    }
}

/// The same with a peer that is not ours, which decrypts the Finished.
#[test]
fn tls_unique_is_the_finished_that_was_sent() {
    for suite in SUITES {
        let setup = Setup::new(suite);
        let mut forge = Forge::server(&setup.client, setup.suite);
        forge.connect();
        let finished = forge.heard.iter().find(|(_, content)| content[0] == typ::FINISHED).unwrap();
        assert_eq!(forge.target.connection.tls_unique().unwrap()[..], finished.1[4..]);
    }
}

/// Trusts everybody: what is tested is no matter of trust.
#[derive(Debug)]
struct Anyone;

impl VerifyPeer for Anyone {
    fn verify(&self, _: &PeerChain) -> Result<tls12::Verified, CertificateError> {
        Ok(tls12::Verified::default())
    }
}

/// Connects to a server whose certificate is signed by this algorithm; what both sides say of it, and the certificate.
fn end_points(algorithm: &'static rcgen::SignatureAlgorithm) -> ([Result<Vec<u8>, ExportError>; 2], Vec<u8>) {
    let key = rcgen::KeyPair::generate_for(algorithm).unwrap_or_else(|_| {
        // rcgen makes no RSA keys with ring.
        rcgen::KeyPair::from_der_and_sign_algo(&PKI.server_key.clone_key().into(), algorithm).unwrap()
    });
    let certificate = rcgen::CertificateParams::new([SERVER_NAME.to_string()]).unwrap().self_signed(&key).unwrap();
    let credential =
        Credential::from_pem(&*ring::provider(), certificate.pem().as_bytes(), key.serialize_pem().as_bytes()).unwrap();
    let client = ClientConfig::builder(Arc::new(Anyone)).build().unwrap();
    let mut pair = Pair::new(client, ServerConfig::builder(credential).build().unwrap());
    pair.run();
    let of = |end: &End| end.connection.tls_server_end_point().map(|hash| hash.as_ref().to_vec());
    ([of(&pair.client), of(&pair.server)], certificate.der().to_vec())
}

/// RFC 5929 §4.1: the hash of the certificate, as it was sent, by the hash of its signature.
#[test]
fn tls_server_end_point_is_the_hash_of_the_certificate() {
    use sha2::{Digest, Sha256, Sha384, Sha512};
    type Hash = fn(&[u8]) -> Vec<u8>;
    let cases: [(&rcgen::SignatureAlgorithm, Hash); 5] = [
        (&rcgen::PKCS_RSA_SHA256, |data| Sha256::digest(data).to_vec()),
        (&rcgen::PKCS_RSA_SHA384, |data| Sha384::digest(data).to_vec()),
        (&rcgen::PKCS_RSA_SHA512, |data| Sha512::digest(data).to_vec()),
        (&rcgen::PKCS_ECDSA_P256_SHA256, |data| Sha256::digest(data).to_vec()),
        (&rcgen::PKCS_ECDSA_P384_SHA384, |data| Sha384::digest(data).to_vec()),
    ];
    for (algorithm, hash) in cases {
        let (both, certificate) = end_points(algorithm);
        assert_eq!(both, [Ok(hash(&certificate)), Ok(hash(&certificate))], "{algorithm:?}");
    }
    // It is not defined for a signature without a hash of its own.
    let (both, _) = end_points(&rcgen::PKCS_ED25519);
    assert_eq!(both, [Err(ExportError::NoHash), Err(ExportError::NoHash)]);
}

/// The client knows the certificate from the session; the server has shown none.
#[test]
fn tls_server_end_point_of_a_resumed_session_is_the_clients_alone() {
    let [full, resumed] = Setup::new(SUITES[0]).full_and_resumed();
    let of = |end: &End| end.connection.tls_server_end_point().map(|hash| hash.as_ref().to_vec());
    assert_eq!(of(&full.pair.client), of(&full.pair.server));
    assert_eq!(of(&resumed.pair.client), of(&full.pair.client));
    assert_eq!(of(&resumed.pair.server), Err(ExportError::NoCertificate));
}
