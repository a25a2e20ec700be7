//! GnuTLS, by its `gnutls-serv`, which echoes, and `gnutls-cli`.
//!
//! Both report on each handshake. `gnutls-serv` knows no way to listen on loopback only.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;
use std::sync::Arc;

use libtest_mimic::Trial;
use tls12::crypto::{AeadAlgorithm, CbcCipher, CipherSuite, HashAlgorithm, KeyExchange, Protection};

use crate::Missing;
use crate::drive::Driven;
use crate::files::{Files, ROOT, Whose};
use crate::matrix::{Role, WantedBy};
use crate::peer::{self, Process, UNBUFFER};
use crate::plan::{self, By, Peer, Remote, Setup, Subject};
use crate::results::Results;
use crate::support::pki::SERVER_NAME;
use crate::support::psk::Psk;
use crate::support::recording::to_hex;

const NAME: &str = "GnuTLS";
const SERVER: &str = "gnutls-serv";
const CLIENT: &str = "gnutls-cli";

/// TLS 1.2, and what the normal setting may leave out, by version and machine: static RSA, AES-CBC, and its MACs.
const PRIORITY: &str = "NORMAL:-VERS-ALL:+VERS-TLS1.2:+RSA:+AES-128-CBC:+AES-256-CBC:+SHA1:+SHA256:+SHA384";

/// The file of pre-shared keys.
const KEYS: &str = "keys";

/// The ends of the reports on a handshake, after which data begins.
const SERVER_REPORT_ENDS: &str = " - 'tls-exporter': ";
const CLIENT_REPORT_ENDS: &str = "- Simple Client Mode:\n\n";

/// Everything that is tried with GnuTLS.
pub fn trials(results: &Arc<Results>) -> Result<Vec<Trial>, Missing> {
    let peer: Arc<dyn Peer> = Arc::new(GnuTls::find()?);
    Ok(plan::trials(&peer, results))
}

/// GnuTLS on this machine, and the files that it reads.
struct GnuTls {
    version: String,
    /// The numbers of its suites.
    suites: Vec<u16>,
    files: Files,
}

/// A `gnutls-serv` or `gnutls-cli`.
struct Tool {
    process: Process,
    role: Role,
    setup: Setup,
    connections: usize,
    /// So much of its output was of connections before.
    read: usize,
}

impl GnuTls {
    fn find() -> Result<Self, Missing> {
        let missing = |why| Missing { peer: NAME, why, install: "apt-get install gnutls-bin" };
        let say = |program: &str, argument: &str| match Command::new(program).arg(argument).output() {
            Ok(output) => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            Err(error) => Err(missing(format!("`{program}` does not run: {error}"))),
        };
        if let Some(lacking) = peer::lacking() {
            return Err(missing(lacking.to_owned()));
        }
        say(SERVER, "--version")?;
        // Such as `gnutls-cli 3.7.9`.
        let version = say(CLIENT, "--version")?;
        let version = version.split_whitespace().nth(1).unwrap_or("of unknown version");
        let suites = say(CLIENT, "--list")?.lines().filter_map(code_of).collect();
        let files = Files::new();
        fs::write(files.path().join(KEYS), format!("{}:{}\n", Psk::PLAIN.identity, to_hex(Psk::PLAIN.key))).unwrap();
        Ok(Self { version: format!("{NAME} {version}"), suites, files })
    }

    fn spawn(&self, program: &str, role: Role, setup: &Setup, arguments: &[&str]) -> Tool {
        let mut command = Command::new(UNBUFFER);
        command.current_dir(self.files.path()).args(["-o0", program, "--priority", &priority(setup)]).args(arguments);
        let identity = match role {
            Role::Client if setup.psk.is_some() => None,
            Role::Client => Some((Whose::Server, setup.server_key)),
            Role::Server => setup.client_key.map(|kind| (Whose::Client, kind)),
        };
        if let Some((whose, kind)) = identity {
            command.arg("--x509certfile").arg(self.files.certificate(whose, kind));
            command.arg("--x509keyfile").arg(self.files.key(whose, kind));
        }
        if setup.resumption == Some(By::Id) {
            command.arg("--noticket");
        }
        let process = Process::spawn(&mut command, None);
        Tool { process, role, setup: setup.clone(), connections: 0, read: 0 }
    }
}

/// The number in a line such as `TLS_RSA_AES_128_CBC_SHA1    0x00, 0x2f   TLS1.0`.
fn code_of(line: &str) -> Option<u16> {
    let mut bytes = line.split_whitespace().filter_map(|word| word.trim_end_matches(',').strip_prefix("0x"));
    let [high, low] = [bytes.next()?, bytes.next()?].map(|byte| u8::from_str_radix(byte, 16).ok());
    Some(u16::from_be_bytes([high?, low?]))
}

fn priority(setup: &Setup) -> String {
    let mut priority = PRIORITY.to_owned();
    if setup.psk.is_some() {
        priority += ":+PSK:+ECDHE-PSK";
    }
    if setup.extended_master_secret == Some(WantedBy::UsOnly) {
        priority += ":%NO_SESSION_HASH";
    }
    if setup.encrypt_then_mac == Some(WantedBy::UsOnly) {
        priority += ":%NO_ETM";
    }
    priority
}

impl Peer for GnuTls {
    fn name(&self) -> &'static str {
        NAME
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn lacks(&self, role: Role, subject: Subject) -> Option<&'static str> {
        match subject {
            Subject::Suite(suite) if !self.suites.contains(&suite.code) => Some("`gnutls-cli --list` does not have it"),
            Subject::Suite(suite) if role == Role::Server && suite.key_exchange == KeyExchange::EcdhePsk => {
                Some("its gnutls-cli crashes as it reports on them, with its own server too (3.7.9)")
            }
            _ => None,
        }
    }

    fn lacks_psk(&self) -> Option<&'static str> {
        None
    }

    fn server(&self, setup: &Setup) -> (Box<dyn Remote>, SocketAddr) {
        let mut arguments = vec!["--echo", "--crlf", "--port", "0"];
        match setup.client_key {
            Some(_) => arguments.extend(["--require-client-cert", "--verify-client-cert", "--x509cafile", ROOT]),
            None => arguments.push("--disable-client-cert"),
        }
        if let Some(psk) = setup.psk {
            arguments.extend(["--pskpasswd", KEYS]);
            arguments.extend(psk.hint.into_iter().flat_map(|hint| ["--pskhint", hint]));
        }
        if setup.resumption == Some(By::Ticket) {
            arguments.push("--nodb");
        }
        if setup.alpn {
            arguments.extend(["--alpn", setup.spoken]);
        }
        let mut tool = self.spawn(SERVER, Role::Client, setup, &arguments);
        let address = (Ipv4Addr::LOCALHOST, tool.process.port()).into();
        (Box::new(tool), address)
    }

    fn client(&self, setup: &Setup, address: SocketAddr) -> Box<dyn Remote> {
        let (host, port) = (address.ip().to_string(), address.port().to_string());
        let mut arguments = vec!["--x509cafile", ROOT, "--sni-hostname", SERVER_NAME, "--verify-hostname", SERVER_NAME];
        let key = setup.psk.map(|psk| to_hex(psk.key));
        if let (Some(psk), Some(key)) = (setup.psk, &key) {
            arguments.extend(["--pskusername", psk.identity, "--pskkey", key]);
        }
        if setup.resumption.is_some() {
            arguments.push("--resume");
        }
        if setup.alpn {
            arguments.extend(setup.offered().into_iter().flat_map(|protocol| ["--alpn", protocol]));
        }
        arguments.extend(["--port", &port, &host]);
        Box::new(self.spawn(CLIENT, Role::Server, setup, &arguments))
    }
}

impl Remote for Tool {
    fn assert_running(&mut self) {
        self.process.assert_running();
    }

    fn converse(&mut self, ours: Driven, lengths: &[usize]) {
        self.connections += 1;
        match self.role {
            Role::Client => self.echo(ours, lengths),
            // It closes the first of two connections at once, to make the second.
            Role::Server if self.setup.resumption.is_some() && self.connections == 1 => {
                assert_eq!(ours.closed_by_peer(), b"");
            }
            Role::Server => self.exchange(ours, lengths),
        }
    }
}

impl Tool {
    fn echo(&mut self, mut ours: Driven, lengths: &[usize]) {
        let start = self.read;
        self.read = self.process.wait_for("its report", |output| end_of(SERVER_REPORT_ENDS, output, start));
        self.check(start);
        for &length in lengths {
            let line = plan::line(length);
            ours.send(&line);
            assert!(ours.receive(length) == line, "something else came back");
        }
        ours.close();
    }

    fn exchange(&mut self, mut ours: Driven, lengths: &[usize]) {
        let mut read = self.process.wait_for("its report", |output| end_of(CLIENT_REPORT_ENDS, output, 0));
        self.check(0);
        for &length in lengths {
            let line = plan::line(length);
            ours.send(&line);
            let arrived = self
                .process
                .wait_for("the data that we sent", |output| output.get(read..read + length).map(<[u8]>::to_vec));
            assert!(arrived == line, "GnuTLS received something else than we sent");
            read += length;
            self.process.send(line.clone());
            assert!(ours.receive(length) == line, "we received something else than GnuTLS sent");
        }
        // If we close first, it ends without a close_notify of its own, which RFC 5246 §7.2.1 asks for.
        self.process.close_input();
        assert_eq!(ours.closed_by_peer(), b"");
        let ended = self.process.end();
        assert!(ended.status.success(), "{}", ended.status);
    }

    /// Checks its report on the last handshake, which is what it has said from `start` on.
    fn check(&self, start: usize) {
        let report = self.process.wait_for("it", |output| Some(String::from_utf8_lossy(&output[start..]).into_owned()));
        let says = |text: &str| report.contains(text);
        let description = report.lines().rfind(|line| line.starts_with("- Description: ")).unwrap();
        assert!(description.ends_with(&protection(self.setup.suite)), "{description}");
        assert_eq!(description.contains("-(ECDHE-"), self.setup.suite.key_exchange.is_ephemeral(), "{description}");
        assert_eq!(says("*** This is a resumed session\n"), self.connections == 2);
        assert_eq!(says(&format!("- Application protocol: {}\n", self.setup.spoken)), self.setup.alpn);
        if let Some(wanted) = self.setup.extended_master_secret {
            assert_eq!(says("extended master secret,"), wanted == WantedBy::Both);
        }
        if let Some(wanted) = self.setup.encrypt_then_mac {
            assert_eq!(says("EtM,"), wanted == WantedBy::Both);
        }
        if let Some(psk) = self.setup.psk {
            assert!(says(&format!("- PSK authentication. Connected as '{}'\n", psk.identity)), "{report}");
            let hint = psk.hint.map(|hint| format!("- PSK authentication. PSK hint '{hint}'\n"));
            assert!(self.role == Role::Client || hint.is_none_or(|hint| says(&hint)), "{report}");
        } else if self.role == Role::Server {
            assert!(says("- Status: The certificate is trusted."));
        }
    }
}

/// GnuTLS's words for how a suite protects records.
fn protection(suite: &CipherSuite) -> String {
    match suite.protection {
        Protection::Aead(AeadAlgorithm::Aes128Gcm) => "(AES-128-GCM)".to_owned(),
        Protection::Aead(AeadAlgorithm::Aes256Gcm) => "(AES-256-GCM)".to_owned(),
        Protection::Aead(AeadAlgorithm::ChaCha20Poly1305) => "(CHACHA20-POLY1305)".to_owned(),
        Protection::Cbc(cipher, hash) => {
            let bits = match cipher {
                CbcCipher::Aes128 => 128,
                CbcCipher::Aes256 => 256,
                _ => panic!("{suite:?} is new"),
            };
            let hash = match hash {
                HashAlgorithm::Sha1 => "SHA1",
                HashAlgorithm::Sha256 => "SHA256",
                HashAlgorithm::Sha384 => "SHA384",
                _ => panic!("no suite has it"),
            };
            format!("(AES-{bits}-CBC)-({hash})")
        }
        _ => panic!("{suite:?} is new"),
    }
}

/// Where `text` ends in what is after `start`.
fn end_of(text: &str, output: &[u8], start: usize) -> Option<usize> {
    let new = output.get(start..)?;
    Some(start + new.windows(text.len()).position(|window| window == text.as_bytes())? + text.len())
}
