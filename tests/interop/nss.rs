//! NSS, by its `selfserv`, which is an HTTP server, and `tstclnt`.
//!
//! NSS has all our suites; neither tool can list them. Both tell much of each connection on their standard error.
//! `selfserv` knows no way to listen on loopback only, nor at a port that the system chooses.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, LazyLock};

use libtest_mimic::Trial;
use tls12::crypto::{AeadAlgorithm, CbcCipher, CipherSuite, HashAlgorithm, Protection};

use crate::Missing;
use crate::drive::Driven;
use crate::files::{Files, ROOT, Whose};
use crate::matrix::{Role, WantedBy};
use crate::peer::{self, Process};
use crate::plan::{self, By, Peer, Remote, Setup, Subject};
use crate::results::Results;
use crate::support::pki::{KeyKind, SERVER_NAME};

const NAME: &str = "NSS";
const SERVER: &str = "selfserv";
const CLIENT: &str = "tstclnt";

/// What makes the databases of certificates and keys.
const MAKERS: [&str; 3] = ["certutil", "pk12util", "openssl"];

/// The name of a certificate in its database.
const NICKNAME: &str = "own";

/// The file that `selfserv` is asked for.
const PAGE: &str = "page";

/// How long it is: several records.
const PAGE_LENGTH: usize = 100_000;

/// `selfserv` takes a request of 10,239 bytes at most, which is less than a record may hold. So it is sent in several.
const REQUEST_LENGTH: usize = 10_000;
const REQUEST_PART: usize = 997;

/// Everything that is tried with NSS.
pub fn trials(results: &Arc<Results>) -> Result<Vec<Trial>, Missing> {
    let peer: Arc<dyn Peer> = Arc::new(Nss::find()?);
    Ok(plan::trials(&peer, results))
}

/// NSS on this machine, and the databases that it reads.
struct Nss {
    version: String,
    files: LazyLock<Files>,
}

/// A `selfserv` or `tstclnt`.
struct Tool {
    process: Process,
    role: Role,
    setup: Setup,
    connections: usize,
    /// So much of its standard error was on connections before.
    read: usize,
}

impl Nss {
    fn find() -> Result<Self, Missing> {
        let install = "apt-get install libnss3-tools openssl";
        if let Some(lacking) = peer::lacking() {
            return Err(Missing { peer: NAME, why: lacking.to_owned(), install });
        }
        for program in [SERVER, CLIENT].iter().chain(&MAKERS) {
            // Without arguments each says how it is used, or waits for a command.
            Command::new(program).arg("--help").output().map_err(|error| {
                let why = format!("`{program}` does not run: {error}");
                Missing { peer: NAME, why, install }
            })?;
        }
        // Its tools do not tell their version.
        let query = Command::new("dpkg-query").args(["--show", "--showformat=${Version}", "libnss3-tools"]).output();
        let version = query.ok().filter(|output| output.status.success()).map(|output| output.stdout);
        let version = version.map_or("of unknown version".into(), |text| String::from_utf8_lossy(&text).into_owned());
        Ok(Self { version: format!("{NAME} {version}"), files: LazyLock::new(databases) })
    }

    fn spawn(&self, command: &mut Command, role: Role, setup: &Setup) -> Tool {
        command.current_dir(self.files.path());
        let process = Process::spawn(command, None);
        Tool { process, role, setup: setup.clone(), connections: 0, read: 0 }
    }
}

/// A database for each certificate, with its key and the root: two certificates of one subject would share a name.
fn databases() -> Files {
    let files = Files::new();
    fs::write(files.path().join(PAGE), plan::line(PAGE_LENGTH)).unwrap();
    let run = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        let ended = Process::spawn(command.current_dir(files.path()).args(arguments), None).end();
        assert!(ended.status.success(), "{command:?}: {}", ended.errors);
    };
    for whose in [Whose::Server, Whose::Client] {
        for kind in Files::KINDS {
            let (database, exchanged) = (database(whose, kind), format!("{whose:?}.{kind:?}.p12"));
            let [certificate, key] = [files.certificate(whose, kind), files.key(whose, kind)];
            let [certificate, key] = [&certificate, &key].map(|path: &std::path::PathBuf| path.to_str().unwrap());
            fs::create_dir(files.path().join(folder(&database))).unwrap();
            run("certutil", &["-N", "-d", &database, "--empty-password"]);
            // Trusted to issue certificates of servers (C) and of clients (T).
            run("certutil", &["-A", "-d", &database, "-n", "root", "-t", "CT,,", "-i", ROOT]);
            let options = ["-name", NICKNAME, "-passout", "pass:", "-out", &exchanged];
            run("openssl", &[&["pkcs12", "-export", "-in", certificate, "-inkey", key], &options[..]].concat());
            run("pk12util", &["-i", &exchanged, "-d", &database, "-W", "", "-K", ""]);
        }
    }
    files
}

/// How the tools name a database.
fn database(whose: Whose, kind: KeyKind) -> String {
    format!("sql:{whose:?}.{kind:?}.db")
}

fn folder(database: &str) -> &Path {
    Path::new(database.strip_prefix("sql:").unwrap())
}

impl Peer for Nss {
    fn name(&self) -> &'static str {
        NAME
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn spoken(&self, role: Role) -> &'static str {
        match role {
            // The only one that `selfserv` has.
            Role::Client => "http/1.1",
            Role::Server => plan::SPOKEN,
        }
    }

    fn lacks(&self, role: Role, subject: Subject) -> Option<&'static str> {
        match (subject, role) {
            (Subject::Alpn, Role::Server) => Some("its tstclnt offers none"),
            (Subject::ExtendedMasterSecret(WantedBy::UsOnly), _) => Some("nothing turns it off"),
            (Subject::EncryptThenMac(_), _) => Some("NSS does not have RFC 7366"),
            _ => None,
        }
    }

    fn server(&self, setup: &Setup) -> (Box<dyn Remote>, SocketAddr) {
        /// Another process may take a port between our choice and its use.
        const TRIES: usize = 10;
        let database = database(Whose::Server, setup.server_key);
        let nickname = if setup.server_key == KeyKind::Rsa { "-n" } else { "-e" };
        for _ in 0..TRIES {
            let free = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap().local_addr().unwrap().port();
            let mut command = Command::new(SERVER);
            command.args(["-d", &database, nickname, NICKNAME, "-p", &free.to_string(), "-V", "tls1.2:tls1.2", "-v"]);
            command.args(["-c", &format!(":{:04X}", setup.suite.code)]);
            if setup.client_key.is_some() {
                // Twice: to ask for a certificate, and to insist.
                command.args(["-r", "-r"]);
            }
            if setup.resumption == Some(By::Ticket) {
                command.arg("-u");
            }
            if setup.alpn {
                command.arg("-Q");
            }
            let mut tool = self.spawn(&mut command, Role::Client, setup);
            if tool.process.listens() {
                return (Box::new(tool), (Ipv4Addr::LOCALHOST, free).into());
            }
        }
        panic!("selfserv does not get a port");
    }

    fn client(&self, setup: &Setup, address: SocketAddr) -> Box<dyn Remote> {
        let database = database(Whose::Client, setup.client_key.unwrap_or(KeyKind::Rsa));
        let (host, port) = (address.ip().to_string(), address.port().to_string());
        // From a pipe it does not read, if there is nothing but the end.
        let (_, to_send) = lines(setup.lengths);
        let file = format!("request.{port}");
        fs::write(self.files.path().join(&file), to_send).unwrap();
        let mut command = Command::new(CLIENT);
        command.args([
            "-h",
            &host,
            "-p",
            &port,
            "-a",
            SERVER_NAME,
            "-d",
            &database,
            "-V",
            "tls1.2:tls1.2",
            "-v",
            "-A",
            &file,
        ]);
        if setup.client_key.is_some() {
            command.args(["-n", NICKNAME]);
        }
        if setup.resumption.is_some() {
            // It reads the option for suites once only, so they are the usual ones here.
            command.args(["-L", "2"]);
        } else {
            command.args(["-c", &format!(":{:04X}", setup.suite.code)]);
        }
        if setup.resumption == Some(By::Ticket) {
            command.arg("-u");
        }
        Box::new(self.spawn(&mut command, Role::Server, setup))
    }
}

impl Remote for Tool {
    fn assert_running(&mut self) {
        self.process.assert_running();
    }

    fn converse(&mut self, ours: Driven, lengths: &[usize]) {
        self.connections += 1;
        match self.role {
            Role::Client => self.fetch(ours),
            Role::Server => self.exchange(ours, lengths),
        }
    }
}

impl Tool {
    /// It answers one request, and closes the connection without waiting for more.
    fn fetch(&mut self, mut ours: Driven) {
        let (start, end) = (format!("GET {PAGE} HTTP/1.0\r\nNothing: "), "\r\n\r\n");
        let filling = "a".repeat(REQUEST_LENGTH - start.len() - end.len());
        let request = [&start, &*filling, end].concat();
        for part in request.as_bytes().chunks(REQUEST_PART) {
            ours.send(part);
        }
        let answer = ours.left_by_peer();
        assert!(answer.starts_with(b"HTTP/1.0 200 OK\r\n"));
        assert!(answer.ends_with(&plan::line(PAGE_LENGTH)), "something else than the page arrived");
        self.check();
    }

    /// It sends the file that it was given, and then goes on until we close.
    fn exchange(&mut self, mut ours: Driven, lengths: &[usize]) {
        self.check();
        let (lines, all) = lines(lengths);
        assert!(ours.receive(all.len()) == all, "we received something else than NSS sent");
        for line in lines {
            ours.send(&line);
        }
        let length = self.connections * all.len();
        let arrived = self
            .process
            .wait_for("the data that we sent", |output| (output.len() == length).then(|| output.ends_with(&all)));
        assert!(arrived, "NSS received something else than we sent");
        ours.close();
        if self.setup.resumption.is_none() || self.connections == 2 {
            let ended = self.process.end();
            assert!(ended.status.success(), "{}", ended.status);
        }
    }

    /// Checks what it says of the last connection.
    fn check(&mut self) {
        let start = self.read;
        // The line with EMS is the last of what both say of a connection.
        let (read, report) = self.process.wait_for_error("its report", |errors| {
            let text = String::from_utf8_lossy(errors.get(start..)?).into_owned();
            let (_, after) = text.split_once("Extended Master Secret: ")?;
            let end = text.len() - after.len() + after.find('\n')?;
            Some((start + end, text[..end].to_owned()))
        });
        self.read = read;
        let expected = format!("SSL version 3.3 using {} MAC\n", protection(self.setup.suite));
        assert!(report.contains(&expected), "{expected}");
        assert_eq!(report.contains("-bit ECDHE\n"), self.setup.suite.key_exchange.is_ephemeral());
        if let Some(wanted) = self.setup.extended_master_secret {
            assert_eq!(report.ends_with("Extended Master Secret: Yes"), wanted == WantedBy::Both);
        }
        let hits = match self.setup.resumption {
            Some(By::Id) if self.connections == 2 => "1 cache hits; ",
            Some(By::Ticket) if self.connections == 2 => "1 stateless resumes",
            _ => return,
        };
        match self.role {
            Role::Client => self.process.wait_for("a resumption", |output| contains(output, hits)),
            Role::Server => self.process.wait_for_error("a resumption", |errors| contains(errors, hits)),
        }
    }
}

/// Lines of these lengths; and all of them together.
fn lines(lengths: &[usize]) -> (Vec<Vec<u8>>, Vec<u8>) {
    let lines: Vec<_> = lengths.iter().copied().map(plan::line).collect();
    let all = lines.concat();
    (lines, all)
}

fn contains(text: &[u8], part: &str) -> Option<()> {
    String::from_utf8_lossy(text).contains(part).then_some(())
}

/// NSS's words for how a suite protects records.
fn protection(suite: &CipherSuite) -> &'static str {
    use HashAlgorithm::{Sha1, Sha256, Sha384};
    match suite.protection {
        Protection::Aead(AeadAlgorithm::Aes128Gcm) => "128-bit AES-GCM with 128-bit AEAD",
        Protection::Aead(AeadAlgorithm::Aes256Gcm) => "256-bit AES-GCM with 128-bit AEAD",
        Protection::Aead(AeadAlgorithm::ChaCha20Poly1305) => "256-bit CHACHA20POLY1305 with 128-bit AEAD",
        Protection::Cbc(CbcCipher::Aes128, Sha1) => "128-bit AES with 160-bit SHA1",
        Protection::Cbc(CbcCipher::Aes256, Sha1) => "256-bit AES with 160-bit SHA1",
        Protection::Cbc(CbcCipher::Aes128, Sha256) => "128-bit AES with 256-bit SHA256",
        Protection::Cbc(CbcCipher::Aes256, Sha256) => "256-bit AES with 256-bit SHA256",
        Protection::Cbc(CbcCipher::Aes128, Sha384) => "128-bit AES with 384-bit SHA384",
        Protection::Cbc(CbcCipher::Aes256, Sha384) => "256-bit AES with 384-bit SHA384",
        _ => panic!("no suite has it: {suite:?}"),
    }
}
