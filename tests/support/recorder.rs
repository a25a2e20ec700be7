//! Records a connection of ours with `openssl s_server` or `openssl s_client`, over loopback.
//!
//! Between the two sides stands a relay that may change one record on its way, which provokes most of the alerts.

use std::io::{Read, Write};
use std::sync::Arc;

use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tls12::crypto::{PrivateKey, ring};
use tls12::{Agreement, Need};

use super::certified::Certified;
use super::openssl::{Peer, version};
use super::player::Player;
use super::psk::Psk;
use super::recording::{Line, Recording, Step, to_hex};
use super::scripted::Scripted;
use super::tamper::{Tamper, Way};

/// What is to be recorded.
pub struct Scenario {
    pub name: String,
    pub about: String,
    pub role: Role,
    /// Names of ours, most preferred first.
    pub suites: Vec<&'static str>,
    pub groups: Vec<&'static str>,
    pub schemes: Vec<&'static str>,
    pub extended_master_secret: Agreement,
    pub encrypt_then_mac: Agreement,
    /// Who the server is, whichever side that is on.
    pub server: Arc<Certified>,
    /// Who the client is, if the server requires to know.
    pub client: Option<Arc<Certified>>,
    /// What both know, in place of certificates.
    pub psk: Option<Psk>,
    pub trust: Trust,
    /// Arguments of `openssl s_server` or `s_client`.
    pub peer: Vec<&'static str>,
    pub tamper: Option<Tamper>,
    /// What happens after the start, until it ends or fails.
    pub acts: Vec<Act>,
    pub end: End,
}

/// Our side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Client,
    Server,
}

/// How the server is verified.
#[derive(Clone)]
pub enum Trust {
    /// By its own root.
    Root,
    /// By this one.
    Other(CertificateDer<'static>),
    /// Our client is suspended, and gets this verdict.
    Verdict(&'static str),
}

/// What happens next.
pub enum Act {
    /// The handshake goes on until it is complete.
    Connect,
    /// We send data.
    Seal(Vec<u8>),
    /// We send data, and see the peer print it.
    SealAndSee(Vec<u8>),
    /// The peer sends what it reads on its standard input.
    Say(Vec<u8>),
    /// The peer reads a command letter on its standard input.
    Command(&'static str),
    /// We close.
    Close,
    /// Goes on until this comes of a step.
    Until(&'static str),
    /// The peer is killed.
    Kill,
    /// Goes on until the transport ends.
    ToTheEnd,
    /// We cannot sign.
    FailToSign,
    /// Waits until the peer logs this of an alert.
    PeerLogs(&'static str),
    /// The connection has ended; another one is made, to resume its session.
    Again,
}

/// What must come of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Both sides closed.
    Closed,
    /// We failed, and the peer got this alert.
    Sent(&'static str),
    /// We failed, and the peer did not understand this alert.
    SentUnread(&'static str),
    /// The peer failed, and we got this alert.
    Received(&'static str),
    /// We failed, and there is nobody to tell.
    Silently,
}

/// Records the scenario.
pub fn record(scenario: Scenario) -> Recording {
    let mut session = Session::start(&scenario);
    for act in &scenario.acts {
        if session.player.failed.is_none() || matches!(act, Act::PeerLogs(_)) {
            session.act(act);
        }
    }
    session.finish(scenario.end)
}

/// A recording that is being made.
struct Session {
    recording: Recording,
    player: Player,
    peer: Peer,
    relay: Relay,
    /// Our own.
    key: Arc<dyn PrivateKey>,
    signing: Signing,
    trust: Trust,
}

#[derive(PartialEq, Eq)]
enum Signing {
    Works,
    Fails,
}

impl Session {
    fn start(scenario: &Scenario) -> Self {
        let recording = Recording { facts: facts(scenario), steps: Vec::new() };
        let peer = Peer::start(scenario);
        let own = match (scenario.role, &scenario.client) {
            (Role::Client, Some(client)) => client,
            _ => &scenario.server,
        };
        let mut session = Self {
            player: Player::new(&recording, Scripted::recording()),
            recording,
            peer,
            relay: Relay { tamper: scenario.tamper, from_peer: Vec::new() },
            key: ring::provider().load_private_key(PrivateKeyDer::Pkcs8(own.key.clone_key())).unwrap(),
            signing: Signing::Works,
            trust: scenario.trust.clone(),
        };
        session.step(Line::new("start", ""));
        session
    }

    fn act(&mut self, act: &Act) {
        match act {
            Act::Connect => self.until("connected"),
            Act::SealAndSee(data) => {
                self.step(Line::of_bytes("seal", data));
                self.peer.wait_for_output(data);
            }
            Act::Seal(data) => self.step(Line::of_bytes("seal", data)),
            Act::Say(data) => {
                self.peer.tell(data);
                let arrived =
                    |recording: &Recording| recording.outcomes("data").map(|d| d.bytes().len()).sum::<usize>();
                let before = arrived(&self.recording);
                while arrived(&self.recording) < before + data.len() && self.player.failed.is_none() {
                    assert!(self.receive(), "the connection ended before the peer's data came");
                }
            }
            Act::Command(letter) => self.peer.tell(format!("{letter}\n").as_bytes()),
            Act::Close => self.step(Line::new("close", "")),
            Act::Until(word) => self.until(word),
            Act::Kill => self.peer.kill(),
            Act::ToTheEnd => while self.player.failed.is_none() && self.receive() {},
            Act::FailToSign => self.signing = Signing::Fails,
            Act::PeerLogs(alert) => self.peer.wait_for_alert(alert),
            Act::Again => {
                self.peer.again();
                self.step(Line::new("start", ""));
            }
        }
    }

    fn until(&mut self, word: &str) {
        while self.current().outcomes(word).next().is_none() && self.player.failed.is_none() && self.receive() {}
    }

    /// The connection that is being recorded.
    fn current(&self) -> Recording {
        self.recording.connections().pop().unwrap()
    }

    /// One step, and the answers that it asks for.
    fn step(&mut self, cause: Line) {
        let outcome = self.player.apply(&cause, usize::MAX);
        for out in outcome.iter().filter(|line| line.word == "out") {
            let bytes = self.relay.pass_out(&out.bytes());
            // The peer may be gone: what counts is what we sent.
            let _ = self.peer.socket.write_all(&bytes);
        }
        self.recording.push(Step { cause, outcome });
        if let Some(answer) = self.answer() {
            self.step(Line::new("answer", answer));
        }
    }

    /// The answer that is waited for.
    fn answer(&self) -> Option<String> {
        Some(match self.player.need.as_ref()? {
            Need::Sign(_) if self.signing == Signing::Fails => "signature failed".to_owned(),
            Need::Sign(request) => {
                format!("signature {}", to_hex(&self.key.sign(request.scheme(), request.message()).unwrap()))
            }
            Need::DecryptPremaster(request) => {
                let provider = ring::provider();
                let decrypted = self.key.decrypt().unwrap().decrypt_raw(request.ciphertext(), provider.random());
                format!("premaster {}", to_hex(decrypted.unwrap().expose()))
            }
            Need::VerifyPeer(_) => match &self.trust {
                Trust::Verdict(verdict) => format!("verdict {verdict}"),
                Trust::Root | Trust::Other(_) => panic!("there is a trust store"),
            },
            other => panic!("{other:?}"),
        })
    }

    /// Reads from the socket, once; `false` at its end, which is a step as well.
    fn receive(&mut self) -> bool {
        let mut bytes = vec![0; 1 << 16];
        let read = match self.peer.socket.read(&mut bytes) {
            // A peer that is killed, or leaves with our bytes unread, resets the connection.
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => 0,
            other => other.unwrap_or_else(|error| panic!("{error}; the peer says:\n{}", self.peer.log())),
        };
        if read == 0 {
            let rest = std::mem::take(&mut self.relay.from_peer);
            assert!(rest.is_empty(), "the peer sent half a record");
            self.step(Line::new("end_of_input", ""));
            return false;
        }
        let records = self.relay.pass_in(&bytes[..read]);
        if !records.is_empty() {
            self.step(Line::of_bytes("input", &records));
        }
        true
    }

    /// Checks that it ended as it should, on both sides.
    fn finish(mut self, end: End) -> Recording {
        let failed = self.recording.outcomes("failed").last().map(|line| line.value.clone()).unwrap_or_default();
        let last = failed.split(' ').take(2).collect::<Vec<_>>().join(" ");
        match end {
            End::Sent(alert) => {
                assert_eq!(last, format!("sent {alert}"), "{}", self.peer.log());
                self.peer.wait_for_alert(&format!("read:fatal:{alert}"));
            }
            End::SentUnread(alert) => assert_eq!(last, format!("sent {alert}"), "{}", self.peer.log()),
            End::Received(alert) => assert_eq!(last, format!("received {alert}"), "{}", self.peer.log()),
            End::Closed => assert!(self.current().outcomes("ended").next().is_some(), "{}", self.peer.log()),
            End::Silently => assert!(last.starts_with("silently"), "{last}\n{}", self.peer.log()),
        }
        assert!(self.relay.tamper.is_none(), "the record to be changed did not come");
        if let Some(secret) = self.peer.master_secret() {
            self.recording.facts.push(Line::new("peer_master_secret", secret));
        }
        self.recording
    }
}

/// What stands at the top of the recording.
fn facts(scenario: &Scenario) -> Vec<Line> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let (role, command) = match scenario.role {
        Role::Client => ("client", "s_server"),
        Role::Server => ("server", "s_client"),
    };
    let mut facts = vec![
        Line::new("about", &scenario.about),
        Line::new("peer", format!("{}: {}", version(), [&[command], &scenario.peer[..]].concat().join(" "))),
        Line::new("role", role),
        Line::new("suites", scenario.suites.join(" ")),
        Line::new("groups", scenario.groups.join(" ")),
        Line::new("schemes", scenario.schemes.join(" ")),
        Line::new("extended_master_secret", format!("{:?}", scenario.extended_master_secret)),
        Line::new("encrypt_then_mac", format!("{:?}", scenario.encrypt_then_mac)),
        Line::new("now", now),
    ];
    if let Some(psk) = scenario.psk {
        facts.extend([Line::new("psk_identity", psk.identity), Line::of_bytes("psk", psk.key)]);
        facts.extend(psk.hint.map(|hint| Line::new("psk_hint", hint)));
        return facts;
    }
    let chain = |certified: &Certified| {
        let chain: Vec<String> = certified.chain.iter().map(|certificate| to_hex(certificate)).collect();
        Line::new("chain", chain.join(" "))
    };
    match (scenario.role, &scenario.trust) {
        (Role::Client, Trust::Root) => facts.push(Line::of_bytes("trusted", &scenario.server.root)),
        (Role::Client, Trust::Other(root)) => facts.push(Line::of_bytes("trusted", root)),
        (Role::Client, Trust::Verdict(_)) => {}
        (Role::Server, _) => facts.push(chain(&scenario.server)),
    }
    match (scenario.role, &scenario.client) {
        (_, None) => {}
        (Role::Client, Some(client)) => facts.push(chain(client)),
        (Role::Server, Some(client)) => {
            facts.push(Line::new("client_auth", "Require"));
            facts.push(Line::of_bytes("trusted", &client.root));
        }
    }
    facts
}

/// Passes records on.
struct Relay {
    tamper: Option<Tamper>,
    /// The beginning of a record.
    from_peer: Vec<u8>,
}

impl Relay {
    /// What we send is always whole records.
    fn pass_out(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        let passed = self.pass(Way::ToPeer, &mut bytes);
        assert!(bytes.is_empty(), "half a record");
        passed
    }

    fn pass_in(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut waiting = std::mem::take(&mut self.from_peer);
        waiting.extend_from_slice(bytes);
        let passed = self.pass(Way::FromPeer, &mut waiting);
        self.from_peer = waiting;
        passed
    }

    /// Takes whole records off the front of `bytes`.
    fn pass(&mut self, way: Way, bytes: &mut Vec<u8>) -> Vec<u8> {
        let mut passed = Vec::new();
        while let [_, _, _, high, low, ..] = bytes[..] {
            let len = 5 + usize::from(u16::from_be_bytes([high, low]));
            if bytes.len() < len {
                break;
            }
            let mut record: Vec<u8> = bytes.drain(..len).collect();
            if let Some(tamper) = self.tamper.take_if(|tamper| tamper.is_for(way, &record)) {
                tamper.apply(&mut record);
            }
            passed.extend(record);
        }
        passed
    }
}
