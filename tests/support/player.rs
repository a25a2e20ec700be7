//! Plays a recording: does what each step says, and reports the result. The recorder uses it as well, so that what is recorded
//! is what is replayed.

use std::mem;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use sha2::{Digest, Sha256};
use tls12::crypto::{CipherSuite, DecryptedPremaster, Provider, Secret};
use tls12::session::ClientSession;
use tls12::verify::{TrustStore, Verifier};
use tls12::wire::{NamedGroup, Random, SignatureScheme};
use tls12::{
    Agreement, Answer, AnswerError, CertificateError, CertificateErrorKind, ClientAuth, ClientConfig, ClientTrust,
    Connection, Credential, Error, Event, ExternalKey, KeyLog, Need, NewSession, PeerChain, Policy, PresharedKey,
    ProviderError, SecureRenegotiation, ServerConfig, Verified, VerifyPeer,
};

use super::pki::SERVER_NAME;
use super::recording::{Line, Recording, from_hex, to_hex};
use super::scripted::Scripted;

/// Our side of a connection.
pub struct Player {
    connection: Option<Connection>,
    start: Start,
    provider: Arc<Scripted>,
    secrets: Arc<Secrets>,
    /// What our client was given last, for its next connection.
    session: Option<ClientSession>,
    /// What has come and was not consumed.
    input: Vec<u8>,
    out: Vec<u8>,
    happened: Vec<Line>,
    /// What waits for an answer.
    pub need: Option<Need>,
    pub failed: Option<Error>,
    pub connected: bool,
    closed_by_peer: bool,
    /// Records each connection.
    #[cfg(feature = "record")]
    recorders: Option<super::kept::Recorders>,
}

/// What the connection will be made of.
enum Start {
    Client(Arc<ClientConfig>, UnixTime),
    Server(Arc<ServerConfig>, UnixTime),
}

/// A key log that keeps.
#[derive(Default)]
struct Secrets(Mutex<Vec<Vec<u8>>>);

impl KeyLog for Secrets {
    fn log(&self, label: &str, _: &Random, secret: &[u8]) {
        assert_eq!(label, "CLIENT_RANDOM");
        self.0.lock().unwrap().push(secret.to_vec());
    }
}

/// What comes of the steps of `recording` with its randomness, input being given `chunk` bytes at a time.
pub fn replay(recording: &Recording, chunk: usize) -> Recording {
    let script = recording.outcomes("random").map(Line::bytes);
    let mut player = Player::new(recording, Scripted::replaying(script));
    let mut replayed = recording.clone();
    for step in &mut replayed.steps {
        step.outcome = player.apply(&step.cause, chunk);
    }
    replayed
}

impl Player {
    /// `recording` need hold no more than the facts.
    pub fn new(recording: &Recording, provider: Arc<Scripted>) -> Self {
        let secrets = Arc::new(Secrets::default());
        Self {
            start: Start::new(recording, &provider, &secrets),
            connection: None,
            provider,
            secrets,
            session: None,
            input: Vec::new(),
            out: Vec::new(),
            happened: Vec::new(),
            need: None,
            failed: None,
            connected: false,
            closed_by_peer: false,
            #[cfg(feature = "record")]
            recorders: None,
        }
    }

    /// Records each connection that is played.
    #[cfg(feature = "record")]
    pub fn recorded(self, recorders: super::kept::Recorders) -> Self {
        Self { recorders: Some(recorders), ..self }
    }

    /// Does what `cause` says, input `chunk` bytes at a time; returns what came of it.
    pub fn apply(&mut self, cause: &Line, chunk: usize) -> Vec<Line> {
        match cause.word.as_str() {
            "start" => self.start(),
            "input" => {
                for bytes in cause.bytes().chunks(chunk) {
                    self.input.extend_from_slice(bytes);
                    self.process();
                }
            }
            "answer" => self.answer(cause),
            "seal" => self.connection.as_mut().unwrap().seal(&cause.bytes(), &mut self.out).unwrap(),
            "close" => self.connection.as_mut().unwrap().close(&mut self.out),
            "end_of_input" => match self.connection.as_mut().unwrap().end_of_input() {
                Ok(()) => self.happened.push(Line::new("ended", "")),
                Err(error) => self.fail(error),
            },
            other => panic!("no such step: {other}"),
        }
        let random = self.provider.take_drawn();
        let mut outcome: Vec<Line> = random.iter().map(|draw| Line::of_bytes("random", draw)).collect();
        let secrets = mem::take(&mut *self.secrets.0.lock().unwrap());
        outcome.extend(secrets.iter().map(|secret| Line::of_bytes("master_secret", secret)));
        outcome.append(&mut self.happened);
        let out = mem::take(&mut self.out);
        if !out.is_empty() {
            outcome.push(Line::of_bytes("out", &out));
        }
        outcome
    }

    /// A connection begins, and nothing is left of the one before it, but what our side keeps of its session.
    fn start(&mut self) {
        #[cfg(feature = "record")]
        let recorder = self.recorders.as_mut().map(super::kept::Recorders::next);
        self.connection = Some(match &self.start {
            Start::Client(config, now) => {
                #[cfg(feature = "record")]
                let config = &recorder.map_or_else(|| Arc::clone(config), |recorder| recorder.client(config));
                let (config, name) = (Arc::clone(config), ServerName::try_from(SERVER_NAME).unwrap());
                match self.session.take() {
                    None => Connection::client(config, name, *now, &mut self.out).unwrap(),
                    Some(session) => Connection::resume(config, name, session, *now, &mut self.out).unwrap(),
                }
            }
            Start::Server(config, now) => {
                #[cfg(feature = "record")]
                let config = &recorder.map_or_else(|| Arc::clone(config), |recorder| recorder.server(config));
                Connection::server(Arc::clone(config), *now)
            }
        });
        self.input.clear();
        self.need = None;
        self.failed = None;
        self.connected = false;
        self.closed_by_peer = false;
    }

    fn process(&mut self) {
        let connection = self.connection.as_mut().unwrap();
        loop {
            let step = match connection.process(&mut self.input, &mut self.out) {
                Ok(step) => step,
                Err(error) => return self.fail(error),
            };
            let consumed = step.consumed;
            let mut stop = false;
            let happened = match step.event {
                Event::NeedInput { at_least } => {
                    assert!(at_least > 0);
                    stop = true;
                    None
                }
                Event::Waiting => {
                    assert!(self.need.is_some() && consumed == 0);
                    return;
                }
                Event::Suspended(need) => {
                    stop = true;
                    let happened = describe_need(&need);
                    self.need = Some(need);
                    Some(happened)
                }
                Event::Connected => {
                    self.connected = true;
                    Some(Line::new("connected", describe(connection)))
                }
                Event::Data(data) => Some(Line::of_bytes("data", data)),
                Event::Warning(alert) => Some(Line::new("warning", alert)),
                Event::RenegotiationRefused(why) => Some(Line::new("renegotiation_refused", format!("{why:?}"))),
                Event::Session(NewSession::Client(session)) => {
                    let happened = Line::new("session", digest(session.to_bytes().expose()));
                    self.session = Some(session);
                    Some(happened)
                }
                Event::CloseNotify => {
                    stop = true;
                    (!mem::replace(&mut self.closed_by_peer, true)).then(|| Line::new("close_notify", ""))
                }
                other => panic!("{other:?}"),
            };
            self.happened.extend(happened);
            self.input.drain(..consumed);
            if stop {
                return;
            }
        }
    }

    fn answer(&mut self, cause: &Line) {
        let answer = make_answer(self.need.take().expect("nothing was asked"), cause);
        match self.connection.as_mut().unwrap().answer(answer, &mut self.out) {
            Ok(()) => self.process(),
            Err(AnswerError::Fatal(error)) => self.fail(error),
            Err(other) => panic!("{other}"),
        }
    }

    /// The same error is told once; another one after it would be a fault.
    fn fail(&mut self, error: Error) {
        self.input.clear();
        if let Some(earlier) = &self.failed {
            assert_eq!(*earlier, error);
            return;
        }
        let how = match (&error, error.alert()) {
            (Error::Alert(alert), None) => format!("received {alert}"),
            (_, Some(alert)) => format!("sent {alert}"),
            (_, None) => "silently".to_owned(),
        };
        // What a verifier explains to people is not part of the protocol.
        let what = match &error {
            Error::Certificate(refused) => format!("Certificate({:?})", refused.kind),
            other => format!("{other:?}"),
        };
        self.happened.push(Line::new("failed", format!("{how} {what}")));
        self.failed = Some(error);
    }
}

impl Start {
    fn new(recording: &Recording, provider: &Arc<Scripted>, secrets: &Arc<Secrets>) -> Self {
        let now = UnixTime::since_unix_epoch(Duration::from_secs(recording.fact("now").parse().unwrap()));
        let (provider, secrets) = (Arc::clone(provider) as Arc<dyn Provider>, Arc::clone(secrets));
        let policy = policy(recording);
        let psk = psk(recording);
        match recording.fact("role") {
            "client" => {
                let builder = match (psk, recording.find_fact("trusted")) {
                    (Some(psk), _) => ClientConfig::builder_with_psk_only(Arc::clone(&provider)).preshared_key(psk),
                    (None, Some(root)) => ClientConfig::builder_with_provider(Arc::clone(&provider), trusting(root)),
                    (None, None) => ClientConfig::builder_verifying_later(Arc::clone(&provider)),
                };
                let builder = match recording.find_fact("chain") {
                    Some(chain) => builder.credentials([credential(&*provider, chain)]),
                    None => builder,
                };
                Self::Client(builder.policy(policy).key_log(secrets).build().unwrap(), now)
            }
            "server" => {
                let builder = match psk {
                    Some(psk) => {
                        let hint = recording.find_fact("psk_hint").unwrap_or_default();
                        let builder = ServerConfig::builder_with_psk_only(provider).preshared_keys([psk]);
                        builder.psk_identity_hint(hint.as_bytes())
                    }
                    None => {
                        let credential = credential(&*provider, recording.fact("chain"));
                        ServerConfig::builder_with_provider(provider, credential)
                    }
                };
                let builder = match recording.find_fact("client_auth") {
                    Some("Require") => {
                        let verifier = ClientTrust::new(trusting(recording.fact("trusted")));
                        builder.client_auth(ClientAuth::Require(verifier))
                    }
                    None => builder,
                    Some(other) => panic!("no such client_auth: {other}"),
                };
                Self::Server(builder.policy(policy).key_log(secrets).build().unwrap(), now)
            }
            other => panic!("no such role: {other}"),
        }
    }
}

/// What both sides know in place of certificates.
fn psk(recording: &Recording) -> Option<PresharedKey> {
    let key = Secret::new(from_hex(recording.find_fact("psk")?));
    Some(PresharedKey::new(recording.fact("psk_identity").as_bytes(), key).unwrap())
}

/// Trusts this root. It has no identity and says nothing of the time, so that the bytes of a session, which are recorded as a
/// hash, do not depend on how a verifier is identified.
#[derive(Debug)]
struct Trusting(Verifier);

impl VerifyPeer for Trusting {
    fn verify(&self, chain: &PeerChain) -> Result<Verified, CertificateError> {
        self.0.verify(chain).map(|_| Verified::default())
    }
}

fn trusting(root: &str) -> Arc<Trusting> {
    let store = TrustStore::from_der([CertificateDer::from(from_hex(root))]).unwrap();
    Arc::new(Trusting(Verifier::new(store)))
}

/// A chain whose key signs and decrypts by answers.
fn credential(provider: &dyn Provider, chain: &str) -> Credential {
    let schemes: Vec<SignatureScheme> = provider.signature_algorithms().schemes().collect();
    let key = ExternalKey::new(schemes).with_decryption();
    let chain = chain.split(' ').map(|hex| CertificateDer::from(from_hex(hex)));
    Credential::external(chain.collect(), key).unwrap()
}

fn policy(recording: &Recording) -> Policy {
    let agreement = |word| match recording.fact(word) {
        "Never" => Agreement::Never,
        "Prefer" => Agreement::Prefer,
        "Require" => Agreement::Require,
        other => panic!("no such agreement: {other}"),
    };
    let names = |word| recording.fact(word).split(' ');
    Policy::default()
        .suites(names("suites").map(|name| CipherSuite::from_name(name).unwrap()))
        .groups(names("groups").map(|name| NamedGroup::from_name(name).unwrap()))
        .signature_schemes(names("schemes").map(|name| SignatureScheme::from_name(name).unwrap()))
        .extended_master_secret(agreement("extended_master_secret"))
        .encrypt_then_mac(agreement("encrypt_then_mac"))
        .secure_renegotiation(SecureRenegotiation::Require)
}

/// What was agreed on.
fn describe(connection: &Connection) -> String {
    let info = connection.info().unwrap();
    let group = info.group().map_or("none".to_owned(), |group| group.to_string());
    let mac_order = info.mac_order().map_or("none".to_owned(), |order| format!("{order:?}"));
    let identity = info.psk_identity().map(|identity| format!(" psk_identity={}", identity.escape_ascii()));
    format!(
        "{} resumed={} group={group} extended_master_secret={} mac_order={mac_order} peer_certificates={}{}",
        info.suite().name,
        info.resumed(),
        info.extended_master_secret(),
        info.peer_certificates().len(),
        identity.unwrap_or_default(),
    )
}

fn describe_need(need: &Need) -> Line {
    let what = match need {
        Need::Sign(request) => format!("sign {} {}", request.scheme(), digest(request.message())),
        Need::DecryptPremaster(request) => format!("decrypt {}", digest(request.ciphertext())),
        Need::VerifyPeer(_) => "verify".to_owned(),
        other => panic!("{other:?}"),
    };
    Line::new("need", what)
}

/// What is long, and made of what the recording holds elsewhere.
fn digest(bytes: &[u8]) -> String {
    to_hex(&Sha256::digest(bytes))
}

fn make_answer(need: Need, answer: &Line) -> Answer {
    let words: Vec<&str> = answer.words().collect();
    match (need, words.as_slice()) {
        (Need::Sign(request), ["signature", "failed"]) => request.failed(ProviderError::Failed("signing")),
        (Need::Sign(request), ["signature", hex]) => request.signed(from_hex(hex)),
        (Need::DecryptPremaster(request), ["premaster", hex]) => {
            request.decrypted(DecryptedPremaster::unpad(&from_hex(hex)))
        }
        (Need::VerifyPeer(request), ["verdict", verdict]) => request.verified(match *verdict {
            "trusted" => Ok(tls12::Verified::default()),
            "revoked" => Err(CertificateError::new(CertificateErrorKind::Revoked, "")),
            "refused" => Err(CertificateError::new(CertificateErrorKind::Refused, "")),
            other => panic!("no such verdict: {other}"),
        }),
        (need, words) => panic!("{words:?} does not answer {need:?}"),
    }
}
