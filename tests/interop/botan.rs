//! Botan, by its `botan tls_server`, which echoes lines, and `botan tls_client`.
//!
//! `tls_server` knows no way to listen on loopback only.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;
use std::sync::Arc;

use libtest_mimic::Trial;
use tls12::crypto::CipherSuite;

use crate::Missing;
use crate::drive::Driven;
use crate::files::{Files, ROOT, Whose};
use crate::matrix::{Role, WantedBy};
use crate::peer::{self, Process, UNBUFFER};
use crate::plan::{self, By, Peer, Remote, Setup, Subject};
use crate::results::Results;

const NAME: &str = "Botan";
const PROGRAM: &str = "botan";

/// What its default policy leaves out: static RSA, which is the method `IMPLICIT`, and AES-CBC with SHA-1.
const POLICY: &str = "\
allow_tls10 = false
allow_tls11 = false
allow_tls12 = true
ciphers = ChaCha20Poly1305 AES-256/GCM AES-128/GCM AES-256 AES-128
macs = AEAD SHA-256 SHA-384 SHA-1
signature_hashes = SHA-512 SHA-384 SHA-256
signature_methods = ECDSA RSA IMPLICIT
key_exchange_methods = ECDH RSA
key_exchange_groups = x25519 secp256r1 secp384r1 secp521r1
";

/// The files of policies: with and without EtM.
const POLICIES: [(&str, bool); 2] = [("policy", true), ("policy.no_etm", false)];

/// It finds a session again only under a name, not under an address.
const LOCALHOST: &str = "localhost";

/// Everything that is tried with Botan.
pub fn trials(results: &Arc<Results>) -> Result<Vec<Trial>, Missing> {
    let peer: Arc<dyn Peer> = Arc::new(Botan::find()?);
    Ok(plan::trials(&peer, results))
}

/// Botan on this machine, and the files that it reads.
struct Botan {
    version: String,
    /// The names of its suites, without `TLS_`.
    suites: Vec<String>,
    files: Arc<Files>,
}

/// The server of a trial, or the client: a process for each connection.
struct Tool {
    files: Arc<Files>,
    setup: Setup,
    role: Role,
    arguments: Vec<String>,
    /// None before the client's first connection.
    process: Option<Process>,
    connections: usize,
}

impl Botan {
    fn find() -> Result<Self, Missing> {
        let missing = |why| Missing { peer: NAME, why, install: "apt-get install botan" };
        let say = |command: &mut Command| match command.output() {
            Ok(output) => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            Err(error) => Err(missing(format!("`{PROGRAM}` does not run: {error}"))),
        };
        if let Some(lacking) = peer::lacking() {
            return Err(missing(lacking.to_owned()));
        }
        let version = format!("{NAME} {}", say(Command::new(PROGRAM).arg("version"))?.trim());
        let files = Files::new();
        for (name, encrypt_then_mac) in POLICIES {
            let policy = format!("{POLICY}negotiate_encrypt_then_mac = {encrypt_then_mac}\n");
            fs::write(files.path().join(name), policy).unwrap();
        }
        let ciphers = ["tls_ciphers", "--version=tls1.2", "--policy=policy"];
        let suites = say(Command::new(PROGRAM).current_dir(files.path()).args(ciphers))?;
        let suites: Vec<_> = suites.lines().map(str::to_owned).collect();
        if suites.is_empty() {
            return Err(missing(format!("version 2 is needed, this is {version}")));
        }
        Ok(Self { version, suites, files: Arc::new(files) })
    }

    fn tool(&self, setup: &Setup, role: Role, mut arguments: Vec<String>) -> Tool {
        let encrypt_then_mac = setup.encrypt_then_mac != Some(WantedBy::UsOnly);
        let (policy, _) = POLICIES[usize::from(!encrypt_then_mac)];
        arguments.push(format!("--policy={policy}"));
        let files = Arc::clone(&self.files);
        Tool { files, setup: setup.clone(), role, arguments, process: None, connections: 0 }
    }
}

impl Peer for Botan {
    fn name(&self) -> &'static str {
        NAME
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn calls_us(&self) -> &'static str {
        LOCALHOST
    }

    fn spoken(&self, role: Role) -> &'static str {
        match role {
            // It says so whatever the client has offered, against RFC 7301 §3.2; a client must offer this one.
            Role::Client => "echo/0.1",
            Role::Server => plan::SPOKEN,
        }
    }

    fn lacks(&self, role: Role, subject: Subject) -> Option<&'static str> {
        match (subject, role) {
            (Subject::Suite(suite), _) if !self.suites.iter().any(|name| name == short(suite)) => {
                Some("`botan tls_ciphers` does not have it")
            }
            (Subject::ClientCertificate { .. }, _) => Some("version 2 of its tools knows no client certificates"),
            (Subject::Resumption(By::Ticket), Role::Client) => Some("its tls_server has no key for tickets"),
            (Subject::ExtendedMasterSecret(WantedBy::UsOnly), _) => Some("nothing turns it off"),
            _ => None,
        }
    }

    fn server(&self, setup: &Setup) -> (Box<dyn Remote>, SocketAddr) {
        let (whose, kind) = (Whose::Server, setup.server_key);
        let files = [self.files.certificate(whose, kind), self.files.key(whose, kind)];
        let [certificate, key] = files.map(|path| path.to_str().unwrap().to_owned());
        let clients = if setup.resumption.is_some() { 2 } else { 1 };
        let arguments = ["tls_server".to_owned(), certificate, key, "--port=0".to_owned()];
        let mut arguments = Vec::from(arguments);
        arguments.push(format!("--max-clients={clients}"));
        let mut tool = self.tool(setup, Role::Client, arguments);
        let mut process = tool.spawn();
        let address = (Ipv4Addr::LOCALHOST, process.port()).into();
        tool.process = Some(process);
        (Box::new(tool), address)
    }

    fn client(&self, setup: &Setup, address: SocketAddr) -> Box<dyn Remote> {
        let mut arguments = ["tls_client", LOCALHOST, "--skip-system-cert-store"].map(str::to_owned).to_vec();
        arguments.push(format!("--port={}", address.port()));
        arguments.push(format!("--trusted-cas={ROOT}"));
        if setup.resumption.is_some() {
            arguments.push(format!("--session-db=sessions.{}", address.port()));
            arguments.push("--session-db-pass=secret".to_owned());
        }
        if setup.alpn {
            arguments.push(format!("--next-protocols={}", setup.offered().join(",")));
        }
        Box::new(self.tool(setup, Role::Server, arguments))
    }
}

impl Remote for Tool {
    fn call(&mut self) {
        self.process = Some(self.spawn());
    }

    fn assert_running(&mut self) {
        self.process.as_mut().unwrap().assert_running();
    }

    fn converse(&mut self, ours: Driven, lengths: &[usize]) {
        self.connections += 1;
        match self.role {
            Role::Client => self.echo(ours, lengths),
            Role::Server => self.exchange(ours, lengths),
        }
    }
}

impl Tool {
    fn spawn(&self) -> Process {
        let mut command = Command::new(UNBUFFER);
        command.current_dir(self.files.path()).args(["-oL", PROGRAM]).args(&self.arguments);
        Process::spawn(&mut command, None)
    }

    fn echo(&mut self, mut ours: Driven, lengths: &[usize]) {
        for &length in lengths {
            let line = plan::line(length);
            ours.send(&line);
            assert!(ours.receive(length) == line, "something else came back");
        }
        ours.close();
        let process = self.process.as_mut().unwrap();
        let connections = self.connections;
        let report = process.wait_for("its reports", |output| {
            let text = String::from_utf8_lossy(output);
            (text.matches("Alert: close_notify\n").count() == connections).then(|| text.into_owned())
        });
        self.check(&report);
        if self.connections == 1 + usize::from(self.setup.resumption.is_some()) {
            let ended = self.process.as_mut().unwrap().end();
            assert!(ended.status.success(), "{}", ended.status);
        }
    }

    fn exchange(&mut self, mut ours: Driven, lengths: &[usize]) {
        let process = self.process.as_mut().unwrap();
        if self.setup.alpn {
            // It tells the protocol after what arrives with the end of the handshake.
            let told = format!("Server choose protocol: {}\n", self.setup.spoken);
            process.wait_for("the protocol", |output| output.ends_with(told.as_bytes()).then_some(()));
        }
        let lines: Vec<_> = lengths.iter().copied().map(plan::line).collect();
        for line in &lines {
            ours.send(line);
        }
        let all = lines.concat();
        let output =
            process.wait_for("the data that we sent", |output| output.ends_with(&all).then(|| output.to_vec()));
        for line in lines {
            process.send(line.clone());
            assert!(ours.receive(line.len()) == line, "we received something else than Botan sent");
        }
        ours.close();
        let ended = process.end();
        assert!(ended.status.success(), "{}", ended.status);
        assert!(ended.output[output.len()..].starts_with(b"Alert: close_notify\n"));
        self.check(&String::from_utf8_lossy(&output[..output.len() - all.len()]));
    }

    /// Checks its reports on all handshakes of the process.
    fn check(&self, reports: &str) {
        let suite = format!("Handshake complete, TLS v1.2 using {}\n", short(self.setup.suite));
        let lines = |start: &str| reports.lines().filter(|line| line.starts_with(start)).collect::<Vec<_>>();
        match self.role {
            Role::Client => {
                assert_eq!(reports.matches(&suite).count(), self.connections);
                // That of a session that is resumed is the same.
                let mut sessions = lines("Session ID ");
                assert_eq!(sessions.len(), self.connections);
                sessions.dedup();
                assert_eq!(sessions.len(), 1);
            }
            Role::Server => {
                assert_eq!(reports.matches(&suite).count(), 1);
                // It validates no chain again when it resumes. In version 2, it only says so if a chain is not valid.
                let validated = lines("Certificate validation status: ");
                let expected: &[&str] =
                    if self.connections == 1 { &["Certificate validation status: Verified"] } else { &[] };
                assert_eq!(validated, expected);
                assert_eq!(lines("Server choose protocol: ").len(), usize::from(self.setup.alpn));
            }
        }
    }
}

/// Botan's name of a suite.
fn short(suite: &CipherSuite) -> &str {
    suite.name.strip_prefix("TLS_").unwrap()
}
