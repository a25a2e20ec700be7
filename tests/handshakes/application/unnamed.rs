//! A client that has no name for its server: none is sent, the verifier knows that there is none, and trust in a name does not
//! apply.

use std::sync::{Arc, Mutex};

use super::{client, credential, server};
use crate::support::forge::ext;
use crate::support::pair::{End, Pair};
use crate::support::pki::{PKI, SERVER_NAME, now};
use crate::support::sent;
use tls12::verify::{FirstUse, Pin, TrustStore, Verifier};
use tls12::{
    Advice, CertificateError, CertificateErrorKind, ClientConfig, ClientConfigBuilder, Connection, Error, Need, Peer,
    PeerChain, Verified, VerifyPeer,
};

/// Keeps whom the chains must be of.
#[derive(Debug, Default)]
struct Asked(Mutex<Vec<Peer>>);

impl VerifyPeer for Asked {
    fn verify(&self, chain: &PeerChain) -> Result<Verified, CertificateError> {
        self.0.lock().unwrap().push(chain.peer.clone());
        Ok(Verified::default())
    }

    fn established(&self, peer: &Peer, _: &[tls12::CertificateDer<'_>]) -> Result<(), CertificateError> {
        self.0.lock().unwrap().push(peer.clone());
        Ok(())
    }
}

fn unnamed(config: ClientConfigBuilder, session: Option<tls12::session::ClientSession>) -> End {
    let mut hello = Vec::new();
    let config = config.build().unwrap();
    let connection = Connection::client_without_name(config, session, now(), &mut hello).unwrap();
    End::new(connection, hello)
}

fn meet(config: ClientConfigBuilder) -> Pair {
    let mut pair = Pair::of(unnamed(config, None), End::server(server().build().unwrap(), now()));
    pair.run();
    pair
}

/// RFC 6066 §3: no server_name.
#[test]
fn no_name_is_sent_and_the_verifier_knows() {
    let asked = Arc::new(Asked::default());
    let pair = meet(ClientConfig::builder(asked.clone()));
    pair.assert_connected();
    assert_eq!(sent::hello(&pair.sent[0]).extension(ext::SERVER_NAME), None);
    assert_eq!((pair.client.info().server_name(), pair.server.info().server_name()), (None, None));
    assert_eq!(*asked.0.lock().unwrap(), [Peer::UnnamedServer, Peer::UnnamedServer]);
}

/// By a pin, or as a trusted certificate of its own; not by a root, nor by trust on first use, nor by a pin for a name.
#[test]
fn only_what_is_trusted_by_itself_is_trusted() {
    let pinned = |pin| Arc::new(Verifier::pinned([pin]).unwrap());
    let name = || tls12::ServerName::try_from(SERVER_NAME).unwrap();
    let verifiers: [(Arc<dyn VerifyPeer>, bool); 6] = [
        (pinned(Pin::key_of(&PKI.server).unwrap()), true),
        (pinned(Pin::certificate(&PKI.server)), true),
        (Arc::new(TrustStore::from_der([PKI.server.clone()]).unwrap()), true),
        (pinned(Pin::certificate(&PKI.server).only_for(name())), false),
        (Arc::new(TrustStore::from_der([PKI.root.clone()]).unwrap()), false),
        (Arc::new(FirstUse::new()), false),
    ];
    for (verifier, trusted) in verifiers {
        let pair = meet(ClientConfig::builder(Arc::clone(&verifier)));
        assert_eq!(pair.client.is_connected(), trusted, "{verifier:?}: {:?}", pair.client.log);
    }
    let mut by_root = meet(ClientConfig::builder(Arc::new(TrustStore::from_der([PKI.root.clone()]).unwrap())));
    let Err(Error::Certificate(error)) = by_root.client.connection.end_of_input() else { panic!("not refused") };
    assert_eq!(error.kind, CertificateErrorKind::Refused);
    assert_eq!(
        error.to_string(),
        "the verifier refused it: the connection was made without a server name to compare with its names: \
         connect by a name, or pin this certificate or its key (verify::Pin)"
    );
    assert!(error.report().to_string().contains("checked for a server without a name, 1 root"));
}

/// A session is resumed as whatever it was made: with this name, or with none.
#[test]
fn sessions_with_and_without_a_name_are_kept_apart() {
    let asked = Arc::new(Asked::default());
    let config = || ClientConfig::builder(asked.clone());
    let server = server().build().unwrap();
    let mut first = Pair::of(unnamed(config(), None), End::server(Arc::clone(&server), now()));
    first.run();
    let session = first.client.client_session();
    // Nobody trusts the chain for good, so it is verified before it is offered.
    let mut end = unnamed(config(), Some(session.clone()));
    assert!(matches!(asked.0.lock().unwrap().last(), Some(Peer::UnnamedServer)));
    let mut again = Pair::of(std::mem::replace(&mut end, unnamed(config(), None)), End::server(server.clone(), now()));
    again.run();
    assert!(again.client.info().resumed());
    let named = End::client(config().build().unwrap(), SERVER_NAME, Some(session), now());
    let mut named = Pair::of(named, End::server(server, now()));
    named.run();
    named.assert_connected();
    assert!(!named.client.info().resumed());
}

/// Where a server refuses such a client, it is said why that may be.
#[test]
fn a_server_that_wants_a_name_is_explained() {
    let mut end = unnamed(client(), None);
    end.input.extend([21, 3, 3, 0, 2, 2, 40]);
    end.run().unwrap_err();
    let told = end.connection.diagnosis().unwrap();
    assert!(told.details().any(|line| line == "server_name: none, because the connection was made without one"));
    assert!(told.advice().contains(&Advice::ConnectByName));
}

/// RFC 6066 §3: a server that uses the name, as all do that keep sessions apart by it, acknowledges it: with whichever
/// credential, however its configuration was chosen, and whether or not it knows the name; never when it resumes a session,
/// and never without a name.
#[test]
fn every_name_is_acknowledged() {
    for names in [None, Some("server.example"), Some("other.example")] {
        let config = match names {
            None => server(),
            Some(name) => server().credential_for([name], credential()),
        };
        let config = config.build().unwrap();
        let client_config = client().build().unwrap();
        for accepts in [true, false] {
            let accept = |client| {
                let end = match accepts {
                    true => End::new(Connection::accept(now()), Vec::new()),
                    false => End::server(Arc::clone(&config), now()),
                };
                let mut pair = Pair::of(client, end);
                pair.run_deciding(|need| match need {
                    Need::SelectConfig(request) => request.selected(Arc::clone(&config)),
                    other => panic!("{other:?}"),
                });
                pair.assert_connected();
                let acknowledged = sent::hello(&pair.sent[1]).extension(ext::SERVER_NAME).map(<[u8]>::to_vec);
                (pair, acknowledged)
            };
            let named = |session| End::client(Arc::clone(&client_config), SERVER_NAME, session, now());
            let (first, acknowledged) = accept(named(None));
            assert_eq!(acknowledged, Some(vec![]), "{names:?}");
            let (again, acknowledged) = accept(named(Some(first.client.client_session())));
            assert!(again.client.info().resumed());
            assert_eq!(acknowledged, None);
            assert_eq!(accept(unnamed(client(), None)).1, None);
        }
    }
}
