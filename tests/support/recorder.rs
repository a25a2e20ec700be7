//! Records a connection of ours with `openssl s_server` or `openssl s_client`, over loopback.
//!
//! Between the two sides stands a relay that may change one record on its way, which provokes most of the alerts.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tls12::crypto::{PrivateKey, ring};
use tls12::{Agreement, Need};

use super::certified::Certified;
use super::pki::SERVER_NAME;
use super::player::Player;
use super::recording::{Line, Recording, Step, from_hex, to_hex};
use super::scripted::Scripted;
use super::tamper::{Tamper, Way};

/// How long the peer may take for anything.
const PATIENCE: Duration = Duration::from_secs(10);

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
        let mut session = Self {
            player: Player::new(&recording, Scripted::recording()),
            recording,
            peer,
            relay: Relay { tamper: scenario.tamper, from_peer: Vec::new() },
            key: ring::provider().load_private_key(PrivateKeyDer::Pkcs8(scenario.server.key.clone_key())).unwrap(),
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
                self.peer.wait_for(&self.peer.stdout, data);
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
            Act::Kill => self.peer.child.kill().unwrap(),
            Act::ToTheEnd => while self.player.failed.is_none() && self.receive() {},
            Act::FailToSign => self.signing = Signing::Fails,
            Act::PeerLogs(alert) => self.peer.wait_for_alert(alert),
        }
    }

    fn until(&mut self, word: &str) {
        while self.recording.outcomes(word).next().is_none() && self.player.failed.is_none() && self.receive() {}
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
            End::Closed => assert!(self.recording.outcomes("ended").next().is_some(), "{}", self.peer.log()),
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
    match (scenario.role, &scenario.trust) {
        (Role::Client, Trust::Root) => facts.push(Line::of_bytes("trusted", &scenario.server.root)),
        (Role::Client, Trust::Other(root)) => facts.push(Line::of_bytes("trusted", root)),
        (Role::Client, Trust::Verdict(_)) => {}
        (Role::Server, _) => {
            let chain: Vec<String> = scenario.server.chain.iter().map(|certificate| to_hex(certificate)).collect();
            facts.push(Line::new("chain", chain.join(" ")));
        }
    }
    facts
}

/// What OpenSSL calls itself, such as `OpenSSL 3.0.19 27 Jan 2026`.
fn version() -> String {
    let output = Command::new("openssl").arg("version").output().expect("openssl must be there");
    let text = String::from_utf8(output.stdout).unwrap();
    text.split('(').next().unwrap().trim().to_owned()
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

/// What a process writes, as it comes.
type Output = Arc<Mutex<Vec<u8>>>;

/// An `openssl s_server` or `s_client`, and a connection to it.
struct Peer {
    child: Child,
    socket: TcpStream,
    stdin: ChildStdin,
    stdout: Output,
    stderr: Output,
    directory: PathBuf,
}

impl Peer {
    fn start(scenario: &Scenario) -> Self {
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(&scenario.name);
        std::fs::create_dir_all(&directory).unwrap();
        let file = |name: &str, label: &str, contents: &[&[u8]]| {
            let path = directory.join(name);
            let pem: String = contents.iter().map(|der| pem::encode(&pem::Pem::new(label, *der))).collect();
            std::fs::write(&path, pem).unwrap();
            path
        };
        let key_log = directory.join("key_log");
        let _ = std::fs::remove_file(&key_log);
        let mut command = Command::new("openssl");
        let listener = match scenario.role {
            Role::Client => {
                command.args(["s_server", "-accept", "127.0.0.1:0", "-naccept", "1"]);
                command.arg("-cert").arg(file("certificate", "CERTIFICATE", &[&scenario.server.chain[0]]));
                command.arg("-key").arg(file("key", "PRIVATE KEY", &[scenario.server.key.secret_pkcs8_der()]));
                if let [_, intermediate] = &scenario.server.chain[..] {
                    command.arg("-cert_chain").arg(file("intermediate", "CERTIFICATE", &[intermediate]));
                }
                None
            }
            Role::Server => {
                let listener = TcpListener::bind("127.0.0.1:0").unwrap();
                command.args(["s_client", "-servername", SERVER_NAME, "-connect"]);
                command.arg(listener.local_addr().unwrap().to_string());
                if let Trust::Root = scenario.trust {
                    command.arg("-CAfile").arg(file("root", "CERTIFICATE", &[&scenario.server.root]));
                }
                Some(listener)
            }
        };
        command.current_dir(&directory).arg("-keylogfile").arg(&key_log).arg("-state").args(&scenario.peer);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("openssl must be there");
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let socket = match listener {
            Some(listener) => accept(&listener),
            None => TcpStream::connect(announced_address(&mut stdout)).unwrap(),
        };
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_nodelay(true).unwrap();
        let stderr = collect(child.stderr.take().unwrap());
        Self { socket, stdin: child.stdin.take().unwrap(), stdout: collect(stdout), stderr, child, directory }
    }

    fn tell(&mut self, bytes: &[u8]) {
        self.stdin.write_all(bytes).unwrap();
        self.stdin.flush().unwrap();
    }

    /// Waits until the process has written `bytes`.
    fn wait_for(&self, output: &Output, bytes: &[u8]) {
        let has = || output.lock().unwrap().windows(bytes.len()).any(|window| window == bytes);
        self.wait_until(has, &String::from_utf8_lossy(bytes));
    }

    /// Waits until the process tells of this alert. It writes some names with spaces, some with capitals.
    fn wait_for_alert(&self, alert: &str) {
        let log = || String::from_utf8_lossy(&self.stderr.lock().unwrap()).to_lowercase().replace(' ', "_");
        let has = || log().contains(alert);
        self.wait_until(has, alert);
    }

    fn wait_until(&self, done: impl Fn() -> bool, what: &str) {
        let start = Instant::now();
        while !done() {
            assert!(start.elapsed() < PATIENCE, "the peer does not say {what:?}, but:\n{}", self.log());
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn log(&self) -> String {
        let [out, err] = [&self.stdout, &self.stderr].map(|o| String::from_utf8_lossy(&o.lock().unwrap()).into_owned());
        format!("{err}\n{out}")
    }

    /// As the peer logged it, in hex.
    fn master_secret(&self) -> Option<String> {
        let log = std::fs::read_to_string(self.directory.join("key_log")).ok()?;
        let line = log.lines().find(|line| line.starts_with("CLIENT_RANDOM "))?;
        Some(to_hex(&from_hex(line.split(' ').nth(2)?)))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// Waits for the one who connects.
fn accept(listener: &TcpListener) -> TcpStream {
    listener.set_nonblocking(true).unwrap();
    let start = Instant::now();
    loop {
        match listener.accept() {
            Ok((socket, _)) => {
                socket.set_nonblocking(false).unwrap();
                return socket;
            }
            Err(error) => assert!(start.elapsed() < PATIENCE, "the peer does not connect: {error}"),
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Where `openssl s_server` says that it listens.
fn announced_address(stdout: &mut impl BufRead) -> SocketAddr {
    loop {
        let mut line = String::new();
        assert!(stdout.read_line(&mut line).unwrap() > 0, "the peer does not listen");
        if let Some(address) = line.strip_prefix("ACCEPT ") {
            return address.trim().parse().unwrap();
        }
    }
}

/// Collects what a process writes.
fn collect(mut from: impl Read + Send + 'static) -> Output {
    let output = Output::default();
    let to = Arc::clone(&output);
    thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(read @ 1..) = from.read(&mut bytes) {
            to.lock().unwrap().extend_from_slice(&bytes[..read]);
        }
    });
    output
}
