//! What answers, providers and stores of this side do wrong: an error that says so, and nothing is sent or believed.
#![cfg(all(feature = "ring", feature = "std"))]

use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tls12::crypto::{CipherSuite, KeyExchangeGroup, KeyShare, Provider, PublicKey, Secret, SecureRandom, ring};
use tls12::session::{ServerSession, ServerSessionStore};
use tls12::{
    AlertDescription, AnswerError, ClientAuth, ClientConfig, ClientTrust, Credential, Error, ExternalKey,
    HandshakeCounter, KeyFault, Need, Policy, PrivateKeyDer, ProviderError, SealError, ServerConfig, Side, UnixTime,
};

use crate::support::delegate::delegate;
use crate::support::pair::{End, Pair};
use crate::support::pki::{Identity, KeyKind, PKI, Pinned, SERVER_NAME, now};

const ECDHE: &str = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
const RSA: &str = "TLS_RSA_WITH_AES_128_GCM_SHA256";

fn only(suite: &str) -> Policy {
    Policy::legacy().suites(CipherSuite::from_name(suite))
}

fn server() -> tls12::ServerConfigBuilder {
    ServerConfig::builder(PKI.server(KeyKind::Rsa).credential(&*ring::provider()))
}

fn client() -> tls12::ClientConfigBuilder {
    ClientConfig::builder(Pinned::server())
}

/// The identity's certificate, with its key elsewhere.
fn elsewhere(identity: &Identity) -> Credential {
    let key = PrivateKeyDer::Pkcs8(identity.key.clone_key());
    let key = ring::provider().load_private_key(key).unwrap();
    Credential::external(vec![identity.certificate.clone()], ExternalKey::new(key.schemes())).unwrap()
}

/// A signature that no message has room for, or none at all.
#[test]
fn a_signature_of_no_length_or_too_long_is_not_sent() {
    for len in [0, 1 << 16] {
        for servers in [true, false] {
            let kind = KeyKind::Rsa;
            let (client, server) = if servers {
                (client(), ServerConfig::builder(elsewhere(PKI.server(kind))))
            } else {
                let trust = ClientTrust::new(Arc::new(Pinned(PKI.client(kind).certificate.clone())));
                (client().credentials([elsewhere(PKI.client(kind))]), server().client_auth(ClientAuth::Require(trust)))
            };
            let client = client.policy(only(ECDHE)).build().unwrap();
            let mut pair = Pair::new(client, server.policy(only(ECDHE)).build().unwrap());
            pair.run_deciding(|need| match need {
                Need::Sign(request) => request.signed(vec![1; len]),
                other => panic!("{other:?}"),
            });
            let (signer, other) = if servers { (&pair.server, &pair.client) } else { (&pair.client, &pair.server) };
            let expected = Error::Provider(ProviderError::Failed("making a signature of 1 to 65535 bytes"));
            assert_eq!(signer.failure(), Some(&expected), "{len} bytes");
            assert_eq!(other.failure(), Some(&Error::Alert(AlertDescription::InternalError)));
        }
    }
}

/// ring's provider, but for what goes wrong.
#[derive(Debug)]
struct Wrong {
    ring: Arc<dyn Provider>,
    /// How long a key share, or an encrypted premaster secret, is.
    len: usize,
    rsa_key_bits: RangeInclusive<u32>,
}

impl Provider for Wrong {
    fn key_share(&self, group: &dyn KeyExchangeGroup) -> Result<Box<dyn KeyShare>, ProviderError> {
        Ok(Box::new(Share(self.ring.key_share(group)?, vec![4; self.len])))
    }

    fn rsa_encrypt(&self, _: &PublicKey, _: &Secret, _: &dyn SecureRandom) -> Result<Vec<u8>, ProviderError> {
        Ok(vec![4; self.len])
    }

    fn rsa_key_bits(&self) -> RangeInclusive<u32> {
        self.rsa_key_bits.clone()
    }

    delegate!(ring: random supports groups signature_algorithms hash hasher hmac_key);
    delegate!(ring: aead_key cbc_sealer cbc_opener load_private_key);
}

struct Share(Box<dyn KeyShare>, Vec<u8>);

impl KeyShare for Share {
    fn public_key(&self) -> &[u8] {
        &self.1
    }

    fn agree(self: Box<Self>, peer: &[u8]) -> Result<Secret, ProviderError> {
        self.0.agree(peer)
    }
}

fn wrong(len: usize) -> Arc<dyn Provider> {
    Arc::new(Wrong { ring: ring::provider(), len, rsa_key_bits: 2048..=8192 })
}

#[test]
fn a_key_share_of_no_length_or_too_long_is_not_sent() {
    let expected = Error::Provider(ProviderError::Failed("making a key share of 1 to 255 bytes"));
    for len in [0, 256] {
        let wrong_client = ClientConfig::builder_with_provider(wrong(len), Pinned::server()).policy(only(ECDHE));
        let mut pair = Pair::new(wrong_client.build().unwrap(), server().build().unwrap());
        pair.run();
        assert_eq!(pair.client.failure(), Some(&expected));
        let credential = PKI.server(KeyKind::Rsa).credential(&*ring::provider());
        let wrong_server = ServerConfig::builder_with_provider(wrong(len), credential).policy(only(ECDHE));
        let mut pair = Pair::new(client().build().unwrap(), wrong_server.build().unwrap());
        pair.run();
        assert_eq!(pair.server.failure(), Some(&expected));
    }
}

#[test]
fn an_encrypted_premaster_secret_of_no_length_or_too_long_is_not_sent() {
    for len in [0, 1 << 16] {
        let wrong_client = ClientConfig::builder_with_provider(wrong(len), Pinned::server()).policy(only(RSA));
        let mut pair = Pair::new(wrong_client.build().unwrap(), server().policy(only(RSA)).build().unwrap());
        pair.run();
        let expected = Error::Provider(ProviderError::Failed("RSA encryption to 1 to 65535 bytes"));
        assert_eq!(pair.client.failure(), Some(&expected));
    }
}

/// The sizes of peers' keys are the provider's to say, even if the primitives beneath it would take others.
#[test]
fn a_key_of_another_size_than_the_provider_accepts_is_refused() {
    let provider = Arc::new(Wrong { ring: ring::provider(), len: 32, rsa_key_bits: 3072..=8192 });
    for suite in [ECDHE, RSA] {
        let client = ClientConfig::builder_with_provider(Arc::clone(&provider) as _, Pinned::server());
        let mut pair =
            Pair::new(client.policy(only(suite)).build().unwrap(), server().policy(only(suite)).build().unwrap());
        pair.run();
        let expected = Error::PeerKey(KeyFault::TooSmall { bits: 2048, smallest: 3072 });
        assert_eq!(pair.client.failure(), Some(&expected), "{suite}");
    }
}

/// A store that panics where a session is forgotten.
#[derive(Debug)]
struct Forgetful;

impl ServerSessionStore for Forgetful {
    fn find(&self, _: &[u8], _: UnixTime) -> Option<ServerSession> {
        None
    }

    fn keep(&self, _: &[u8], _: ServerSession, _: UnixTime) {}

    fn forget(&self, _: &[u8]) {
        panic!("this is a test of a panic");
    }
}

/// The connection has failed all the same, and stays so.
#[test]
fn a_store_that_panics_does_not_undo_a_failure() {
    let server = server().no_tickets().session_store(Arc::new(Forgetful)).build().unwrap();
    let mut pair = Pair::new(client().build().unwrap(), server);
    pair.run();
    pair.assert_connected();
    pair.client.connection.abort(AlertDescription::InternalError, &mut pair.client.output);
    pair.server.input.append(&mut pair.client.output);
    let failing = catch_unwind(AssertUnwindSafe(|| pair.server.run()));
    assert!(failing.is_err(), "it did not panic");
    let connection = &mut pair.server.connection;
    assert_eq!(connection.error(), Some(&Error::Alert(AlertDescription::InternalError)));
    assert_eq!(connection.seal(b"data", &mut Vec::new()), Err(SealError::Closed));
}

/// The answer comes when the connection has ended: it says why, and counts no second failure.
#[test]
fn an_answer_after_the_end_fails_as_the_connection_did() {
    let counter = Arc::new(HandshakeCounter::default());
    let server = ServerConfig::builder(elsewhere(PKI.server(KeyKind::Rsa))).policy(only(ECDHE));
    let server = server.counter(Arc::clone(&counter)).build().unwrap();
    let mut client = End::client(client().build().unwrap(), SERVER_NAME, None, now());
    let mut server = End::server(server, now());
    server.input.append(&mut client.output);
    server.run().unwrap();
    let Some(Need::Sign(request)) = server.pending.take() else { panic!("nothing is to be signed") };
    let ended = Error::TruncatedInHandshake;
    assert_eq!(server.connection.end_of_input(), Err(ended.clone()));
    let before = server.output.len();
    let answer = server.connection.answer(request.signed(vec![1; 256]), &mut server.output);
    assert!(matches!(answer, Err(AnswerError::Fatal(error)) if error == ended && error.side() == Side::Transport));
    assert_eq!(server.output.len(), before);
    assert_eq!(counter.counts().failed.values().sum::<u64>(), 1);
}
