//! The outcome of offering a session, and what is still known about the handshake that created it.

use std::sync::Arc;

use super::{client, credential, of_client, server};
use crate::support::pair::{End, Pair};
use crate::support::pki::{Pinned, SERVER_NAME, now};
use tls12::session::{ClientSession, ServerMemoryStore};
use tls12::wire::{NamedGroup, SignatureScheme};
use tls12::{
    CertificateError, ClientAuth, ClientConfig, ClientTrust, PeerChain, Policy, Resumption, ServerConfig,
    SessionOutcome, Verified, VerifyPeer,
};

/// Trusts everybody for good, or each time anew.
#[derive(Debug)]
struct Anybody(Verified);

impl VerifyPeer for Anybody {
    fn verify(&self, chain: &PeerChain) -> Result<Verified, CertificateError> {
        if chain.peer != tls12::Peer::Client {
            // What is kept with a session is shown to the verifier again.
            assert_eq!(chain.ocsp_response.as_deref(), Some(&b"a response"[..]));
            assert_eq!(chain.sct_list.as_deref(), Some(&*sct_list()));
        }
        Ok(self.0)
    }

    fn identity(&self) -> Option<[u8; 32]> {
        Some([1; 32])
    }
}

fn sct_list() -> Vec<u8> {
    crate::support::hello::vector(2, &crate::support::hello::vector(2, b"a timestamp"))
}

fn meet(client: &Arc<ClientConfig>, server: &Arc<ServerConfig>, session: Option<ClientSession>) -> Pair {
    let client = End::client(Arc::clone(client), SERVER_NAME, session, now());
    let mut pair = Pair::of(client, End::server(Arc::clone(server), now()));
    pair.run();
    pair.assert_connected();
    pair
}

fn outcomes(pair: &Pair) -> [SessionOutcome; 2] {
    [&pair.client, &pair.server].map(|end| end.info().session_outcome())
}

/// Not offered, since there is none or it does not fit; declined; resumed, by ID and by ticket. Both sides know.
#[test]
fn not_offered_and_declined_are_told_apart() {
    use SessionOutcome::{Declined, NotOffered, Resumed};
    for by in [Resumption::SessionId, Resumption::Ticket] {
        let config = || match by {
            Resumption::SessionId => server().no_tickets(),
            _ => server().no_session_store(),
        };
        let ours = client().build().unwrap();
        let theirs = config().build().unwrap();
        let first = meet(&ours, &theirs, None);
        assert_eq!(outcomes(&first), [NotOffered; 2]);
        let session = || Some(first.client.client_session());
        assert_eq!(outcomes(&meet(&ours, &theirs, session())), [Resumed(by); 2]);
        // Another server, with other keys and another store.
        assert_eq!(outcomes(&meet(&ours, &config().build().unwrap(), session())), [Declined; 2]);
        // Another policy, without the suite.
        let other =
            Policy::default().suites(tls12::crypto::CipherSuite::from_name("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"));
        let other = client().policy(other).build().unwrap();
        assert_eq!(outcomes(&meet(&other, &theirs, session())), [NotOffered; 2]);
    }
}

/// The group, the schemes of both sides, and what was stapled, in the first handshake and in one that resumes it; also when the
/// session was kept as bytes. A session is verified again with what was stapled.
#[test]
fn a_resumed_connection_knows_how_it_was_signed() {
    for verified in [Verified::always(), Verified::default()] {
        for (group, scheme) in [
            (NamedGroup::SECP384R1, SignatureScheme::RSA_PSS_RSAE_SHA384),
            (NamedGroup::X25519, SignatureScheme::RSA_PKCS1_SHA256),
        ] {
            let policy = Policy::default().groups([group]).signature_schemes([scheme]);
            let own = of_client();
            let ours = ClientConfig::builder(Arc::new(Anybody(verified))).policy(policy.clone()).credentials([own]);
            let stapled = credential().ocsp_response(&b"a response"[..]).sct_list(sct_list());
            let trust = ClientTrust::new(Arc::new(Anybody(verified)));
            let theirs = ServerConfig::builder(stapled).policy(policy).client_auth(ClientAuth::Require(trust));
            let (ours, theirs) = (ours.build().unwrap(), theirs.build().unwrap());
            let first = meet(&ours, &theirs, None);
            let bytes = first.client.client_session().to_bytes();
            let session = ClientSession::from_bytes(bytes.expose()).unwrap();
            assert_eq!(session.to_bytes().expose(), bytes.expose());
            let again = meet(&ours, &theirs, Some(session));
            assert!(again.client.info().resumed() && again.server.info().resumed());
            for pair in [&first, &again] {
                for end in [&pair.client, &pair.server] {
                    let info = end.info();
                    assert_eq!(info.group(), Some(group));
                    assert_eq!(info.signature_scheme(), Some(scheme));
                    assert_eq!(info.client_signature_scheme(), Some(scheme));
                }
                assert_eq!(pair.client.info().ocsp_response(), Some(&b"a response"[..]));
                assert_eq!(pair.client.info().sct_list(), Some(&*sct_list()));
                assert_eq!((pair.server.info().ocsp_response(), pair.server.info().sct_list()), (None, None));
            }
        }
    }
}

/// Where there is none of it, none is said.
#[test]
fn what_there_is_not_is_none() {
    let suite = super::suite("TLS_RSA_WITH_AES_128_GCM_SHA256");
    let ours = ClientConfig::builder(Pinned::server()).policy(Policy::legacy().suites([suite])).build().unwrap();
    let store = Arc::new(ServerMemoryStore::new(core::num::NonZeroUsize::MIN));
    let theirs = server().policy(Policy::legacy()).no_tickets().session_store(store).build().unwrap();
    let first = meet(&ours, &theirs, None);
    let again = meet(&ours, &theirs, Some(first.client.client_session()));
    for pair in [&first, &again] {
        for end in [&pair.client, &pair.server] {
            let info = end.info();
            assert_eq!((info.group(), info.signature_scheme(), info.client_signature_scheme()), (None, None, None));
            assert_eq!((info.ocsp_response(), info.sct_list()), (None, None));
        }
    }
}
