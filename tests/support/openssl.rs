//! An `openssl s_server` or `s_client` on loopback, as the peer of a recording.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::certified::Certified;
use super::pki::SERVER_NAME;
use super::psk::Psk;
use super::recorder::{Act, Role, Scenario, Trust};
use super::recording::{from_hex, to_hex};

/// How long the peer may take for anything.
const PATIENCE: Duration = Duration::from_secs(10);

/// What OpenSSL calls itself, such as `OpenSSL 3.0.19 27 Jan 2026`.
pub fn version() -> String {
    let output = Command::new("openssl").arg("version").output().expect("openssl must be there");
    let text = String::from_utf8(output.stdout).unwrap();
    text.split('(').next().unwrap().trim().to_owned()
}

/// The peer, and a connection to it.
pub struct Peer {
    pub socket: TcpStream,
    process: Process,
    place: Place,
    directory: PathBuf,
}

/// Where the two sides meet.
enum Place {
    /// The peer listens here.
    Theirs(SocketAddr),
    /// We listen, and the peer is run with these arguments to call us.
    Ours(TcpListener, Vec<OsString>),
}

impl Peer {
    pub fn start(scenario: &Scenario) -> Self {
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(&scenario.name);
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir_all(&directory).unwrap();
        let mut arguments = arguments(scenario, &directory);
        let (process, place, socket) = match scenario.role {
            Role::Client => {
                let (mut child, stdin) = spawn(&directory, &arguments);
                let mut stdout = BufReader::new(child.stdout.take().unwrap());
                let address = announced_address(&mut stdout);
                (Process::new(child, stdin, stdout), Place::Theirs(address), TcpStream::connect(address).unwrap())
            }
            Role::Server => {
                let listener = TcpListener::bind("127.0.0.1:0").unwrap();
                arguments.extend(["-connect".into(), listener.local_addr().unwrap().to_string().into()]);
                let (process, socket) = called(&listener, &directory, &arguments, "-sess_out");
                (process, Place::Ours(listener, arguments), socket)
            }
        };
        Self { socket: prepared(socket), process, place, directory }
    }

    /// Another connection, in which the peer may resume the session of the one before.
    pub fn again(&mut self) {
        self.socket = prepared(match &self.place {
            Place::Theirs(address) => TcpStream::connect(address).unwrap(),
            Place::Ours(listener, arguments) => {
                let (process, socket) = called(listener, &self.directory, arguments, "-sess_in");
                self.process = process;
                socket
            }
        });
    }

    /// Writes to its standard input.
    pub fn tell(&mut self, bytes: &[u8]) {
        self.process.stdin.write_all(bytes).unwrap();
        self.process.stdin.flush().unwrap();
    }

    pub fn kill(&mut self) {
        self.process.child.kill().unwrap();
    }

    /// Waits until it has printed `bytes`.
    pub fn wait_for_output(&self, bytes: &[u8]) {
        let has = || self.process.stdout.lock().unwrap().windows(bytes.len()).any(|window| window == bytes);
        self.wait_until(has, &String::from_utf8_lossy(bytes));
    }

    /// Waits until it tells of this alert. It writes some names with spaces, some with capitals.
    pub fn wait_for_alert(&self, alert: &str) {
        let log = || String::from_utf8_lossy(&self.process.stderr.lock().unwrap()).to_lowercase().replace(' ', "_");
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

    /// All that it has written.
    pub fn log(&self) -> String {
        let Process { stdout, stderr, .. } = &self.process;
        let [out, err] = [stdout, stderr].map(|o| String::from_utf8_lossy(&o.lock().unwrap()).into_owned());
        format!("{err}\n{out}")
    }

    /// As the peer logged it, in hex: the same for a session and those that resume it.
    pub fn master_secret(&self) -> Option<String> {
        let log = std::fs::read_to_string(self.directory.join("key_log")).ok()?;
        let lines = log.lines().filter(|line| line.starts_with("CLIENT_RANDOM "));
        let mut secrets = lines.map(|line| to_hex(&from_hex(line.split(' ').nth(2).unwrap())));
        let first = secrets.next()?;
        assert!(secrets.all(|other| other == first), "the session was not resumed");
        Some(first)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.process.end();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// What a process writes, as it comes.
type Output = Arc<Mutex<Vec<u8>>>;

/// A running `openssl`; it ends with this.
struct Process {
    child: Child,
    stdin: ChildStdin,
    stdout: Output,
    stderr: Output,
}

impl Process {
    fn new(mut child: Child, stdin: ChildStdin, stdout: impl Read + Send + 'static) -> Self {
        let stderr = collect(child.stderr.take().unwrap());
        Self { child, stdin, stdout: collect(stdout), stderr }
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

/// What it is run with, but for where; the files that this names are in `directory`.
fn arguments(scenario: &Scenario, directory: &Path) -> Vec<OsString> {
    let file = |name: &str, label: &str, contents: &[&[u8]]| {
        let path = directory.join(name);
        let pem: String = contents.iter().map(|der| pem::encode(&pem::Pem::new(label, *der))).collect();
        std::fs::write(&path, pem).unwrap();
        path.into_os_string()
    };
    let identity = |who: &Certified| -> [OsString; 4] {
        let certificate = file("certificate", "CERTIFICATE", &[&who.chain[0]]);
        let key = file("key", "PRIVATE KEY", &[who.key.secret_pkcs8_der()]);
        ["-cert".into(), certificate, "-key".into(), key]
    };
    let root = |root: &[u8]| -> [OsString; 2] { ["-CAfile".into(), file("root", "CERTIFICATE", &[root])] };
    let mut arguments: Vec<OsString> = Vec::new();
    match scenario.role {
        Role::Client => {
            let connections = 1 + scenario.acts.iter().filter(|act| matches!(act, Act::Again)).count();
            let accept = ["s_server", "-accept", "127.0.0.1:0", "-naccept", &connections.to_string()];
            arguments.extend(accept.map(OsString::from));
            match scenario.psk {
                None => arguments.extend(identity(&scenario.server)),
                Some(psk) => arguments.extend(knowing(psk).chain(["-nocert".into()])),
            }
            if let Some(hint) = scenario.psk.and_then(|psk| psk.hint) {
                arguments.extend(["-psk_hint".into(), hint.into()]);
            }
            if let [_, intermediate] = &scenario.server.chain[..] {
                arguments.extend(["-cert_chain".into(), file("intermediate", "CERTIFICATE", &[intermediate])]);
            }
            if let Some(client) = &scenario.client {
                arguments.extend(["-Verify", "1", "-verify_return_error"].map(OsString::from));
                arguments.extend(root(&client.root));
            }
        }
        Role::Server => {
            arguments.extend(["s_client", "-servername", SERVER_NAME].map(OsString::from));
            arguments.extend(scenario.psk.into_iter().flat_map(knowing));
            if let (Trust::Root, None) = (&scenario.trust, scenario.psk) {
                arguments.extend(root(&scenario.server.root));
            }
            arguments.extend(scenario.client.iter().flat_map(|client| identity(client)));
        }
    }
    arguments.extend(["-keylogfile".into(), directory.join("key_log").into_os_string(), "-state".into()]);
    arguments.extend(scenario.peer.iter().map(OsString::from));
    arguments
}

fn knowing(psk: Psk) -> impl Iterator<Item = OsString> {
    let arguments = ["-psk_identity".into(), psk.identity.into(), "-psk".into(), to_hex(psk.key).into()];
    arguments.into_iter()
}

fn spawn(directory: &Path, arguments: &[OsString]) -> (Child, ChildStdin) {
    let mut command = Command::new("openssl");
    command.current_dir(directory).args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("openssl must be there");
    let stdin = child.stdin.take().unwrap();
    (child, stdin)
}

/// An `openssl s_client` that calls us, and writes its session, or reads it, as `session` says.
fn called(listener: &TcpListener, directory: &Path, arguments: &[OsString], session: &str) -> (Process, TcpStream) {
    let (mut child, stdin) = spawn(directory, &[arguments, &[session.into(), "session".into()]].concat());
    let stdout = child.stdout.take().unwrap();
    let process = Process::new(child, stdin, stdout);
    (process, accept(listener))
}

fn prepared(socket: TcpStream) -> TcpStream {
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.set_nodelay(true).unwrap();
    socket
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
