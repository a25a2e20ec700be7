//! Limits on the length of sent records, and on the peer's chain.

use std::sync::Arc;

use super::{client, server};
use crate::support::forge::APPLICATION_DATA;
use crate::support::pair::Pair;
use crate::support::pki::{Identity, KeyKind, PKI};
use crate::support::sent;
use tls12::crypto::ring;
use tls12::wire::MaxFragmentLength;
use tls12::{
    AlertDescription, CertificateError, CertificateErrorKind, ChainLimit, ClientAuth, ClientConfig,
    ClientConfigBuilder, ClientTrust, ConfigError, Credential, Error, PeerChain, RecordLimit, ServerConfig,
    ServerConfigBuilder, Verified, VerifyPeer,
};

const GCM_OVERHEAD: usize = 8 + 16;

/// Connects them, and sends data each way; the longest record of each, of any kind, in the clear or not.
fn longest(client: ClientConfigBuilder, server: ServerConfigBuilder) -> (Pair, [usize; 2]) {
    let mut pair = Pair::new(client.build().unwrap(), server.build().unwrap());
    pair.run();
    pair.assert_connected();
    pair.exchange_data(3000);
    let longest = [0, 1].map(|side| {
        let records = sent::records(&pair.sent[side]);
        let text =
            |(typ, fragment): &(u8, &[u8])| fragment.len() - if *typ == APPLICATION_DATA { GCM_OVERHEAD } else { 0 };
        records.iter().map(text).max().unwrap()
    });
    (pair, longest)
}

/// Without negotiation, on one side or on both, handshake messages included; the peer's own records stay as long as they were.
#[test]
fn no_record_is_longer_than_this_side_sends() {
    let (pair, [by_client, by_server]) = longest(client().send_limit(64), server());
    assert_eq!((by_client, by_server), (64, 3000));
    assert_eq!((pair.client.info().send_limit(), pair.client.info().receive_limit()), (64, 1 << 14));
    assert_eq!(pair.server.info().send_limit(), 1 << 14);
    let (pair, [by_client, by_server]) = longest(client(), server().send_limit(100));
    assert_eq!((by_client, by_server), (3000, 100));
    assert_eq!(pair.server.info().send_limit(), 100);
    let default = longest(client(), server());
    assert_eq!(default.1, [3000, 3000]);
}

/// RFC 6066 §4, RFC 8449: where the peer asks for less, that holds; where it asks for more, the own limit does.
#[test]
fn the_lesser_of_what_was_agreed_and_set_holds() {
    let fragments = || client().record_limit(RecordLimit::MaxFragmentLength(MaxFragmentLength::B512));
    for (limit, expected) in [(100, 100), (600, 512)] {
        let (pair, [by_client, by_server]) = self::longest(fragments().send_limit(limit), server().send_limit(limit));
        assert_eq!([by_client, by_server], [expected; 2]);
        assert_eq!((pair.client.info().send_limit(), pair.client.info().receive_limit()), (expected, 512));
    }
    for (limit, expected) in [(100, 100), (600, 300)] {
        let (pair, longest) = longest(
            client().record_limit(RecordLimit::RecordSizeLimit(300)).send_limit(limit),
            server().record_size_limit(300).send_limit(limit),
        );
        // What was negotiated is about protected records; those before have the limit that was set.
        assert!(longest.iter().all(|longest| *longest <= usize::from(limit)));
        assert_eq!([pair.client.info().send_limit(), pair.server.info().send_limit()], [expected; 2]);
    }
}

#[test]
fn limits_that_cannot_be_are_refused() {
    for limit in [0, 63, 16385] {
        assert_eq!(client().send_limit(limit).build().err(), Some(ConfigError::RecordSizeLimit(limit)));
        assert_eq!(server().send_limit(limit).build().err(), Some(ConfigError::RecordSizeLimit(limit)));
    }
    for limit in [chains(0, 1), chains(1, 0)] {
        assert_eq!(client().chain_limit(limit).build().err(), Some(ConfigError::ChainLimit));
        assert_eq!(server().chain_limit(limit).build().err(), Some(ConfigError::ChainLimit));
    }
    let text = ConfigError::ChainLimit.to_string();
    assert_eq!(text, "the limit on the peer's chain does not allow a single certificate");
}

fn chains(certificates: usize, bytes: usize) -> ChainLimit {
    let mut limit = ChainLimit::default();
    (limit.certificates, limit.bytes) = (certificates, bytes);
    limit
}

#[derive(Debug)]
struct Anybody;

impl VerifyPeer for Anybody {
    fn verify(&self, _: &PeerChain) -> Result<Verified, CertificateError> {
        Ok(Verified::default())
    }
}

/// This identity's certificate, and the root behind it.
fn with_root(kind: &Identity) -> Credential {
    let key = ring::provider().load_private_key(kind.key.clone_key().into()).unwrap();
    Credential::new(vec![kind.certificate.clone(), PKI.root.clone()], key).unwrap()
}

/// A chain of as many certificates and bytes as are allowed, and of more; of a server and of a client.
#[test]
fn a_chain_that_is_too_long_is_refused_by_either_side() {
    let default = ChainLimit::default();
    assert_eq!((default.certificates, default.bytes), (100, 1 << 16));
    let (of_server, of_client) = (PKI.server(KeyKind::Rsa), PKI.client(KeyKind::Rsa));
    for by_client in [true, false] {
        let shown = if by_client { of_server } else { of_client };
        let len = shown.certificate.len() + PKI.root.len();
        for (limit, accepted) in
            [(chains(2, len), true), (chains(2, len - 1), false), (chains(1, len), false), (default, true)]
        {
            let trust = ClientAuth::Require(ClientTrust::new(Arc::new(Anybody)));
            let ours = ClientConfig::builder(Arc::new(Anybody)).credentials([with_root(of_client)]);
            let theirs = ServerConfig::builder(with_root(of_server)).client_auth(trust);
            let (ours, theirs) =
                if by_client { (ours.chain_limit(limit), theirs) } else { (ours, theirs.chain_limit(limit)) };
            let mut pair = Pair::new(ours.build().unwrap(), theirs.build().unwrap());
            pair.run();
            let (judge, other) = if by_client { (&pair.client, &pair.server) } else { (&pair.server, &pair.client) };
            assert_eq!(judge.is_connected(), accepted, "{limit:?}");
            if !accepted {
                let Some(Error::Certificate(error)) = judge.failure() else { panic!("{:?}", judge.log) };
                assert_eq!(error.kind, CertificateErrorKind::ChainTooLong);
                let text = format!(
                    "the chain is longer than this side accepts: it has 2 certificates of {len} bytes, and the limit \
                     here is {} of {} bytes",
                    limit.certificates, limit.bytes
                );
                assert_eq!(error.to_string(), text);
                assert_eq!(other.failure(), Some(&Error::Alert(AlertDescription::CertificateUnknown)));
            }
        }
    }
}
