//! The JDK's own TLS, by a small program, `jsse/Jsse.java`: one process for all connections, since it is slow to start.
//!
//! It has no encrypt-then-MAC. EMS can be turned off for a whole process only, so that there is a second one for that.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use libtest_mimic::Trial;

use crate::drive::Driven;
use crate::files::{Files, Whose};
use crate::matrix::{Role, WantedBy};
use crate::peer::{BOUND, Process};
use crate::plan::{self, Peer, Remote, Setup, Subject};
use crate::results::Results;
use crate::support::pki::{Identity, KeyKind, SERVER_NAME};
use crate::{Missing, echo};

const NAME: &str = "JSSE";
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/jsse/Jsse.java");

/// To start fast, and leave the other core to us.
const FLAGS: [&str; 3] = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m"];
const NO_EXTENDED_MASTER_SECRET: &str = "-Djdk.tls.useExtendedMasterSecret=false";

/// How long to wait for what it says of a failed connection.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Everything that is tried with JSSE.
pub fn trials(results: &Arc<Results>) -> Result<Vec<Trial>, Missing> {
    let peer: Arc<dyn Peer> = Arc::new(Jsse::find()?);
    Ok(plan::trials(&peer, results))
}

struct Jsse {
    version: String,
    files: Files,
    usual: OnceLock<Java>,
    without_extended_master_secret: OnceLock<Java>,
}

impl Jsse {
    fn find() -> Result<Self, Missing> {
        let missing = |why| Missing { peer: NAME, why, install: "apt-get install default-jdk-headless" };
        // Without the compiler, `java` does not run a source file.
        let output = Command::new("javac").arg("-version").output();
        let output = output.map_err(|error| missing(format!("`javac` does not run: {error}")))?;
        let version = String::from_utf8_lossy(&output.stdout).trim().replace("javac", "JDK");
        let feature = version.split([' ', '.']).nth(1).and_then(|number| number.parse::<u32>().ok());
        if feature.is_none_or(|feature| feature < 17) {
            return Err(missing(format!("version 17 or later is needed, this is {version}")));
        }
        let (usual, without_extended_master_secret) = (OnceLock::new(), OnceLock::new());
        Ok(Self { version, files: Files::new(), usual, without_extended_master_secret })
    }

    /// Tells the program which identity to use.
    fn key(&self, whose: Whose, kind: KeyKind) -> String {
        format!("key={}", self.files.key(whose, kind).file_stem().unwrap().display())
    }

    fn java(&self, setup: &Setup) -> &Java {
        let (java, flags): (_, &[&str]) = match setup.extended_master_secret {
            Some(WantedBy::UsOnly) => (&self.without_extended_master_secret, &[NO_EXTENDED_MASTER_SECRET]),
            _ => (&self.usual, &[]),
        };
        java.get_or_init(|| Java::start(self.files.path(), flags))
    }
}

/// The running program.
struct Java {
    orders: SocketAddr,
    /// Ends it when this is dropped.
    _process: Process,
}

impl Java {
    fn start(directory: &Path, flags: &[&str]) -> Self {
        let mut command = Command::new("java");
        let process = Process::spawn(command.args(FLAGS).args(flags).arg(PROGRAM).current_dir(directory), None);
        let port = process.wait_for("its port", |output| {
            let (line, _) = std::str::from_utf8(output).ok()?.split_once('\n')?;
            line.parse().ok()
        });
        Self { orders: (Ipv4Addr::LOCALHOST, port).into(), _process: process }
    }

    fn order(&self, words: &[String], setup: &Setup, role: Role) -> Order {
        let mut stream = TcpStream::connect(self.orders).unwrap();
        stream.set_read_timeout(Some(BOUND)).unwrap();
        let times = format!("times={}", setup.connections().len());
        let suites = format!("suites={}", setup.suite.name);
        let words = [words, &[times, suites]].concat().join(" ");
        writeln!(stream, "{words}").unwrap();
        Order { answers: BufReader::new(stream), setup: setup.clone(), role, created: None }
    }
}

impl Peer for Jsse {
    fn name(&self) -> &'static str {
        NAME
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn lacks(&self, _: Role, subject: Subject) -> Option<&'static str> {
        match subject {
            Subject::EncryptThenMac(_) => Some("it has no EtM"),
            _ => None,
        }
    }

    fn server(&self, setup: &Setup) -> (Box<dyn Remote>, SocketAddr) {
        let mut words = vec!["server".to_owned(), self.key(Whose::Server, setup.server_key)];
        if setup.client_key.is_some() {
            words.push("auth=need".to_owned());
        }
        if setup.alpn {
            words.push(format!("alpn={}", setup.spoken));
        }
        let mut order = self.java(setup).order(&words, setup, Role::Client);
        let port = order.answer("listening").parse::<u16>().unwrap();
        (Box::new(order), (Ipv4Addr::LOCALHOST, port).into())
    }

    fn client(&self, setup: &Setup, address: SocketAddr) -> Box<dyn Remote> {
        let mut words = vec!["client".to_owned(), format!("port={}", address.port()), format!("name={SERVER_NAME}")];
        if let Some(kind) = setup.client_key {
            words.push(self.key(Whose::Client, kind));
        }
        if setup.alpn {
            words.push(format!("alpn={}", setup.offered().join(",")));
        }
        // It connects at once, and for the second time once the first connection has ended.
        Box::new(self.java(setup).order(&words, setup, Role::Server))
    }
}

/// An order, and the answers that come to it.
struct Order {
    answers: BufReader<TcpStream>,
    setup: Setup,
    role: Role,
    /// When the session of the connection before was created.
    created: Option<String>,
}

impl Order {
    /// What follows this word in the next answer.
    fn answer(&mut self, word: &str) -> String {
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        let rest = answer.strip_suffix('\n').and_then(|answer| answer.strip_prefix(word));
        rest.unwrap_or_else(|| panic!("JSSE says `{}` where we expect `{word}`", answer.trim_end())).trim().to_owned()
    }
}

/// If a test fails meanwhile, all that it has still to say is shown.
impl Drop for Order {
    fn drop(&mut self) {
        if thread::panicking() {
            // It may wait for another connection. What comes later is lost.
            let _ = self.answers.get_ref().set_read_timeout(Some(LAST_WORDS));
            let answers = self.answers.by_ref().lines().map_while(Result::ok).collect::<Vec<_>>();
            eprintln!("--- JSSE said:\n{}\n---", answers.join("\n"));
        }
    }
}

impl Remote for Order {
    fn converse(&mut self, mut ours: Driven, lengths: &[usize]) {
        let connected = self.answer("connected");
        let told: HashMap<&str, &str> = connected.split(' ').filter_map(|word| word.split_once('=')).collect();
        assert_eq!(told["suite"], self.setup.suite.name);
        assert_eq!(told["alpn"], if self.setup.alpn { self.setup.spoken } else { "" });
        assert_eq!(told["peer"], self.setup.our_identity(self.role).map(hex).unwrap_or_default());
        if let Some(created) = &self.created {
            assert_eq!(told["created"], created, "JSSE did not resume the session");
        }
        self.created = Some(told["created"].to_owned());
        echo::exchange(&mut ours, lengths);
        ours.close();
        self.answer("closed");
    }
}

/// A certificate as the program shows it.
fn hex(identity: &Identity) -> String {
    identity.certificate.iter().map(|byte| format!("{byte:02x}")).collect()
}
