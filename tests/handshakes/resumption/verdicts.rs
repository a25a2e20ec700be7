//! A session is only as good as its peer's chain is now: for the current verifier, time and client.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tls12::session::ClientSession;
use tls12::{
    AskFor, CertificateDer, CertificateError, CertificateErrorKind, ClientAuth, ClientConfig, ClientTrust, Connection,
    Event, Need, Peer, PeerChain, Verified, VerifyPeer,
};

use super::{BOTH, By, Fleet, HOUR, Meeting, after, assert_resumed, client, offered};
use crate::support::pair::Pair;
use crate::support::pki::{KeyKind, PKI, SERVER_NAME, now};
use crate::support::provider::provider;
use rustls_pki_types::ServerName;

/// Says what it is told to say, and counts how often it is asked, and told that a handshake is complete.
#[derive(Debug, Default)]
struct Judge {
    identity: Option<[u8; 32]>,
    holds_for: Option<u64>,
    refuses: bool,
    asked: AtomicUsize,
    told: AtomicUsize,
}

impl Judge {
    fn asked(&self) -> usize {
        self.asked.swap(0, Ordering::SeqCst)
    }
}

impl VerifyPeer for Judge {
    fn verify(&self, chain: &PeerChain) -> Result<Verified, CertificateError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.refuses {
            return Err(CertificateError::new(CertificateErrorKind::Revoked, "by now"));
        }
        assert!(!chain.certificates.is_empty());
        Ok(self.holds_for.map_or(Verified::default(), |seconds| Verified::between(now(), after(seconds))))
    }

    fn identity(&self) -> Option<[u8; 32]> {
        self.identity
    }

    fn established(&self, _: &Peer, certificates: &[CertificateDer<'_>]) -> Result<(), CertificateError> {
        assert_eq!(certificates.len(), 1);
        self.told.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

fn judge(identity: Option<u8>, holds_for: Option<u64>) -> Arc<Judge> {
    Arc::new(Judge { identity: identity.map(|byte| [byte; 32]), holds_for, ..Judge::default() })
}

fn refusing(identity: Option<u8>) -> Arc<Judge> {
    Arc::new(Judge { identity: identity.map(|byte| [byte; 32]), refuses: true, ..Judge::default() })
}

/// A side and its verifier: the client looks at the server's chain, or the server at the client's.
#[derive(Clone, Copy, Debug)]
enum Looks {
    Client,
    Server,
}

impl Looks {
    fn meeting(self, fleet: &Fleet, judge: &Arc<Judge>) -> Meeting {
        let credential = PKI.client(KeyKind::P256).credential(&*provider());
        match self {
            Self::Client => {
                Meeting::new(ClientConfig::builder_with_provider(provider(), judge.clone()), fleet.server())
            }
            Self::Server => Meeting::new(
                client().credentials([credential]),
                fleet.server().client_auth(ClientAuth::Request(ClientTrust::new(judge.clone()))),
            ),
        }
    }
}

/// The meeting with another verifier, the session of `first`, at a later time.
fn again(looks: Looks, fleet: &Fleet, judge: &Arc<Judge>, first: &Meeting, seconds: u64) -> Meeting {
    Meeting { session: first.session.clone(), now: [after(seconds); 2], ..looks.meeting(fleet, judge) }
}

#[test]
fn the_same_verifier_is_not_asked_twice_while_its_verdict_holds() {
    for looks in [Looks::Client, Looks::Server] {
        for by in BOTH {
            let (fleet, first) = (Fleet::new(by), judge(Some(1), Some(HOUR)));
            let meeting = looks.meeting(&fleet, &first).again();
            assert_eq!(first.asked(), 1);
            // Another value of the same identity, as in another process of a fleet.
            let same = judge(Some(1), Some(HOUR));
            assert_resumed(&again(looks, &fleet, &same, &meeting, HOUR).connect(), true);
            assert_eq!(same.asked(), 0, "{looks:?}");
            assert_eq!(same.told.load(Ordering::SeqCst), 1, "that the handshake is complete");
            assert_resumed(&again(looks, &fleet, &same, &meeting, HOUR + 1).connect(), true);
            assert_eq!(same.asked(), 1, "the verdict no longer holds");
        }
    }
}

#[test]
fn another_verifier_or_one_that_is_nobody_is_asked() {
    for looks in [Looks::Client, Looks::Server] {
        for by in BOTH {
            for (first, second) in [
                (judge(Some(1), Some(HOUR)), judge(Some(2), Some(HOUR))),
                (judge(None, Some(HOUR)), judge(None, Some(HOUR))),
                (judge(Some(1), Some(HOUR)), judge(None, Some(HOUR))),
                (judge(Some(1), None), judge(Some(1), None)),
            ] {
                let fleet = Fleet::new(by);
                let meeting = looks.meeting(&fleet, &first).again();
                let pair = again(looks, &fleet, &second, &meeting, 1).connect();
                assert_resumed(&pair, true);
                assert_eq!(second.asked(), 1, "{looks:?}");
            }
        }
    }
}

/// The session is not offered, or not resumed; in the full handshake the peer is refused for the same reason.
#[test]
fn a_chain_that_is_refused_by_now_is_not_resumed() {
    for looks in [Looks::Client, Looks::Server] {
        for by in BOTH {
            for (second, seconds) in [(refusing(Some(2)), 0), (refusing(Some(1)), HOUR + 1), (refusing(None), 0)] {
                let (fleet, first) = (Fleet::new(by), judge(Some(1), Some(HOUR)));
                let meeting = looks.meeting(&fleet, &first).again();
                let meeting = again(looks, &fleet, &second, &meeting, seconds);
                let mut pair = meeting.start();
                pair.run();
                assert!(!pair.client.is_connected() && !pair.server.is_connected());
                assert_eq!(second.asked(), 2, "for the session, and in the full handshake");
                match looks {
                    Looks::Client => assert!(!offered(&pair)),
                    Looks::Server => assert!(offered(&pair)),
                }
            }
        }
    }
}

/// The verdict may come later: until it is there, the client says nothing.
#[test]
fn the_verdict_may_come_later() {
    let config = ClientConfig::builder_verifying_later(provider()).build().unwrap();
    let fleet = Fleet::new(By::Ticket);
    let first = Looks::Client.meeting(&fleet, &judge(Some(1), Some(HOUR))).again();
    for trusted in [true, false] {
        let name = ServerName::try_from(SERVER_NAME).unwrap();
        let (mut out, session) = (Vec::new(), first.session.clone().unwrap());
        let mut connection = Connection::resume(config.clone(), name, session, now(), &mut out).unwrap();
        assert!(out.is_empty());
        let step = connection.process(&mut [], &mut out).unwrap();
        let Event::Suspended(Need::VerifyPeer(request)) = step.event else { panic!("{:?}", step.event) };
        assert_eq!(*request.chain().certificates, *std::slice::from_ref(&PKI.server));
        let verdict = CertificateError::new(CertificateErrorKind::Revoked, "by now");
        let verdict = if trusted { Ok(Verified::default()) } else { Err(verdict) };
        connection.answer(request.verified(verdict), &mut out).unwrap();
        let hello = super::sent::hello(&out);
        assert_eq!(!hello.session_id.is_empty(), trusted, "whether the session is offered");
    }
}

/// Who resumes a session is whoever made it. So with other certificates than before there is a full handshake, if the server
/// asked for one.
#[test]
fn the_clients_certificates_are_bound() {
    let credential = |kind| PKI.client(kind).credential(&*provider());
    let configs = || {
        let with = |credentials: Vec<tls12::Credential>| client().credentials(credentials).build().unwrap();
        [with(vec![]), with(vec![credential(KeyKind::P256)]), with(vec![credential(KeyKind::Rsa)])]
    };
    for by in BOTH {
        for asks in [true, false] {
            let fleet = Fleet::new(by);
            let verifier = ClientTrust::new(judge(Some(1), Some(HOUR)));
            let auth = if asks { ClientAuth::Request(verifier) } else { ClientAuth::None };
            let base = Meeting::new(client(), fleet.server().client_auth(auth));
            for (i, first) in configs().into_iter().enumerate() {
                let meeting = Meeting { client: first, ..base.clone() }.again();
                for (j, second) in configs().into_iter().enumerate() {
                    let pair = Meeting { client: second, ..meeting.clone() }.connect();
                    assert_resumed(&pair, i == j || !asks);
                }
            }
        }
    }
}

/// A certificate that was selected later is not resumed by a client that has none, nor is the lack of one by a client that would
/// select one.
#[test]
fn certificates_that_are_selected_later_are_not_none() {
    let credential = || PKI.client(KeyKind::P256).credential(&*provider());
    for by in BOTH {
        let verifier = ClientTrust::new(judge(Some(1), Some(HOUR)));
        let server = Fleet::new(by).server().client_auth(ClientAuth::Request(verifier));
        let base = Meeting::new(client(), server);
        let later = Meeting { client: client().credentials_later().build().unwrap(), ..base.clone() };
        let select = |meeting: &Meeting| {
            let mut pair = meeting.start();
            pair.run_deciding(|need| match need {
                Need::SelectCertificate(request) => request.selected(Some(Arc::new(credential()))),
                other => panic!("{other:?}"),
            });
            pair.assert_connected();
            assert_eq!(pair.server.info().peer_certificates().len(), 1);
            pair
        };
        let session = Some(select(&later).client.client_session());
        assert_resumed(&select(&Meeting { session: session.clone(), ..later.clone() }), true);
        let without = Meeting { session, ..base.clone() }.connect();
        assert_resumed(&without, false);
        assert!(!offered(&without) && without.server.info().peer_certificates().is_empty());
        let session = Some(base.connect().client.client_session());
        assert_resumed(&select(&Meeting { session, ..later }), false);
    }
}

/// A client that wants no tickets offers none.
#[test]
fn without_tickets_none_is_offered() {
    for by in BOTH {
        let first = Meeting::new(client(), Fleet::new(by).server()).again();
        let without = Meeting { client: client().tickets(AskFor::No).build().unwrap(), ..first.clone() };
        assert_resumed(&without.connect(), by == By::Id);
    }
}

/// All of it is kept when a session is written down.
#[test]
fn it_is_kept_in_bytes() {
    let (fleet, first) = (Fleet::new(By::Id), judge(Some(1), Some(HOUR)));
    let meeting = Looks::Client.meeting(&fleet, &first).again();
    let bytes = meeting.session.as_ref().unwrap().to_bytes();
    let session = Some(ClientSession::from_bytes(bytes.expose()).unwrap());
    let same = judge(Some(1), Some(HOUR));
    let read = again(Looks::Client, &fleet, &same, &Meeting { session, ..meeting.clone() }, HOUR);
    let _: Pair = read.connect();
    assert_eq!(same.asked(), 0);
}
