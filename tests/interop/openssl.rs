//! OpenSSL 3, by its `s_server` and `s_client`.
//!
//! Each connection has a process of its own. What it writes to a trace file (`-trace -msgfile`) tells what OpenSSL sent,
//! saw and chose; the file is complete once the process has ended. Data goes through the process's standard streams.

mod chains;
mod features;
mod planned;
mod renegotiate;

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use libtest_mimic::Trial;
use tempfile::TempDir;
use tls12::crypto::{CipherSuite, ring};
use tls12::verify::TrustStore;
use tls12::wire::SignatureScheme;
use tls12::{ClientConfig, Credential, Policy, ServerConfig};

use crate::Missing;
use crate::drive::{Delivery, Driven, accept, listen, sample};
use crate::matrix::{Case, Role, WantedBy};
use crate::peer::Process;
use crate::plan;
use crate::results::Results;
use crate::support::pki::{KeyKind, PKI, PemIdentity, Pki, SERVER_NAME};

const NAME: &str = "OpenSSL";
const PROGRAM: &str = "openssl";

/// The files of the usual server's identity.
const SERVER: &str = "server";

/// Those of a server with a key of this type.
fn server_name(kind: KeyKind) -> String {
    if kind == KeyKind::Rsa { SERVER.to_owned() } else { format!("{SERVER}.{kind:?}") }
}

/// Those of a client.
fn client_name(kind: KeyKind) -> String {
    format!("client.{kind:?}")
}

/// A subcommand, and the possible ends of its report on the handshake.
struct Tool {
    name: &'static str,
    report_ends: &'static [&'static str],
}

const S_SERVER: Tool = Tool { name: "s_server", report_ends: &["\nSecure Renegotiation IS supported\n"] };
const S_CLIENT: Tool = Tool {
    name: "s_client",
    report_ends: &["\n    Extended master secret: yes\n---\n", "\n    Extended master secret: no\n---\n"],
};

/// The configurations of OpenSSL: its own defaults (not those of this machine), and without what no option turns off.
const DEFAULTS: &str = "defaults.cnf";
const NO_EXTENDED_MASTER_SECRET: &str = "no_ems.cnf";
const CONFIGURATIONS: [(&str, &str); 2] = [
    (DEFAULTS, ""),
    (
        NO_EXTENDED_MASTER_SECRET,
        "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nOptions = -ExtendedMasterSecret\n",
    ),
];

/// Everything that is tried with OpenSSL.
pub fn trials(results: &Arc<Results>) -> Result<Vec<Trial>, Missing> {
    let openssl = Arc::new(OpenSsl::find()?);
    let cases = [Role::Client, Role::Server].into_iter().flat_map(Case::all);
    let matrix: Vec<_> = cases
        .map(|case| {
            let tool = Arc::clone(&openssl);
            results.trial(NAME, case.role, case.suite.name, case, move || match case.role {
                Role::Client => tool.serve_case(&case),
                Role::Server => tool.connect_case(&case),
            })
        })
        .collect();
    let peer: Arc<dyn plan::Peer> = Arc::new(Arc::clone(&openssl));
    let plan = plan::trials(&peer, results);
    // First come those that take longest.
    let first = [features::trials, chains::trials, renegotiate::trials]
        .into_iter()
        .flat_map(|trials| trials(&openssl, results));
    Ok(first.chain(plan).chain(matrix).collect())
}

/// OpenSSL on this machine, and the files that it reads and writes.
struct OpenSsl {
    version: String,
    /// The standard's names of suites, and OpenSSL's.
    names: Vec<(String, String)>,
    directory: TempDir,
    runs: AtomicUsize,
}

/// How one of the tools is run, besides what they all have in common.
struct Run<'a> {
    arguments: Vec<&'a str>,
    configuration: &'static str,
}

impl<'a> Run<'a> {
    fn with(arguments: &[&'a str]) -> Self {
        Self { arguments: arguments.to_vec(), configuration: DEFAULTS }
    }

    /// Every suite, and the extensions of this case. That we get the suite and group of the case is our side's doing.
    fn of_case(case: &Case) -> Self {
        let mut run = Self::with(&["-cipher", "ALL"]);
        if case.extended_master_secret == WantedBy::UsOnly {
            run.configuration = NO_EXTENDED_MASTER_SECRET;
        }
        if case.encrypt_then_mac == Some(WantedBy::UsOnly) {
            run.arguments.push("-no_etm");
        }
        run
    }
}

impl OpenSsl {
    fn find() -> Result<Self, Missing> {
        let missing = |why| Missing { peer: NAME, why, install: "apt-get install openssl" };
        let say = |arguments: &[&str]| match Command::new(PROGRAM).args(arguments).output() {
            Ok(output) => Ok(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()),
            Err(error) => Err(missing(format!("`{PROGRAM}` does not run: {error}"))),
        };
        let version = say(&["version"])?.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
        if !version.starts_with("OpenSSL 3.") {
            return Err(missing(format!("version 3 is needed, this is {version}")));
        }
        if !say(&["s_server", "-help"])?.contains("-trace") {
            return Err(missing(format!("{version} was built without enable-ssl-trace")));
        }
        // Lines such as `TLS_RSA_WITH_AES_128_CBC_SHA - AES128-SHA SSLv3 Kx=RSA ...`, with more spaces.
        let names = say(&["ciphers", "-stdname", "ALL"])?;
        let names = names.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let names = names.filter(|words| words.len() > 2).map(|words| (words[0].to_owned(), words[2].to_owned()));
        let openssl =
            Self { version, names: names.collect(), directory: TempDir::new().unwrap(), runs: AtomicUsize::new(0) };
        for (name, text) in CONFIGURATIONS {
            fs::write(openssl.path(name), text).unwrap();
        }
        fs::write(openssl.path("root.pem"), PKI.root_pem()).unwrap();
        for kind in [KeyKind::Rsa, KeyKind::P256] {
            openssl.store(&server_name(kind), &PKI.server(kind).pem());
            openssl.store(&client_name(kind), &PKI.client(kind).pem());
        }
        Ok(openssl)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// A part of a file's name that no other trial uses.
    fn unique(&self) -> usize {
        self.runs.fetch_add(1, Ordering::Relaxed)
    }

    /// Writes the files of an identity: NAME.crt, NAME.above.crt, NAME.key.
    fn store(&self, name: &str, identity: &PemIdentity) {
        let PemIdentity { certificate, above, key } = identity;
        for (extension, text) in [("crt", certificate), ("above.crt", above), ("key", key)] {
            fs::write(self.path(&format!("{name}.{extension}")), text).unwrap();
        }
    }

    fn has(&self, suite: &CipherSuite) -> bool {
        self.names.iter().any(|(standard, _)| standard == suite.name)
    }

    /// OpenSSL's name of a suite.
    fn name_of(&self, suite: &CipherSuite) -> &str {
        let found = self.names.iter().find(|(standard, _)| standard == suite.name);
        &found.unwrap_or_else(|| panic!("OpenSSL does not have {}", suite.name)).1
    }

    fn spawn(&self, tool: &Tool, common: &[&str], run: &Run<'_>) -> Peer {
        let trace = self.path(&format!("{}.{}.trace", tool.name, self.unique()));
        let mut command = Command::new(PROGRAM);
        command.current_dir(self.directory.path()).env("OPENSSL_CONF", run.configuration);
        command.arg(tool.name).args(common).args(["-trace", "-msgfile"]).arg(&trace).args(&run.arguments);
        let process = Process::spawn(&mut command, Some(trace.clone()));
        Peer { process, trace, report_ends: tool.report_ends, data_at: 0 }
    }

    /// An `s_server` with this identity, for one connection, and its address.
    fn s_server(&self, identity: &str, run: &Run<'_>) -> (Peer, SocketAddr) {
        let [certificate, above, key] = ["crt", "above.crt", "key"].map(|extension| format!("{identity}.{extension}"));
        let mut common = vec!["-accept", "127.0.0.1:0", "-naccept", "1", "-cert", &certificate, "-key", &key];
        if fs::metadata(self.path(&above)).unwrap().len() > 0 {
            common.extend(["-cert_chain", &above]);
        }
        let peer = self.spawn(&S_SERVER, &common, run);
        let address = peer.process.wait_for("its address", |output| {
            let (_, rest) = std::str::from_utf8(output).ok()?.split_once("ACCEPT ")?;
            rest.split_once('\n')?.0.parse().ok()
        });
        (peer, address)
    }

    /// Our client, and an `s_server` with this identity that it has connected to.
    fn serve(&self, identity: &str, run: &Run<'_>, policy: Policy, how: Delivery) -> (Driven, Peer) {
        let (peer, address) = self.s_server(identity, run);
        let config = ClientConfig::builder(trust(&PKI)).policy(policy).build().unwrap();
        (Driven::client(&config, SERVER_NAME, address, how), peer)
    }

    /// As [`Self::serve`], with the usual identity and policy.
    fn serve_default(&self, run: &Run<'_>) -> (Driven, Peer) {
        self.serve(SERVER, run, Policy::default(), Delivery::Whole)
    }

    /// As [`Self::serve_default`], with a client that expects another name, or trusts another root.
    fn serve_stranger(&self, name: &str, pki: &Pki) -> (Driven, Peer) {
        let (peer, address) = self.s_server(SERVER, &Run::with(&[]));
        let config = ClientConfig::builder(trust(pki)).build().unwrap();
        (Driven::client(&config, name, address, Delivery::Whole), peer)
    }

    /// As [`Self::connect`], with the usual identity and policy.
    fn connect_default(&self, run: &Run<'_>) -> (Driven, Peer) {
        self.connect(PKI.credential(&*ring::provider()), run, Policy::default(), Delivery::Whole)
    }

    /// Our server, and an `s_client` that has connected to it, trusts our root, and insists on our name.
    fn connect(&self, credential: Credential, run: &Run<'_>, policy: Policy, how: Delivery) -> (Driven, Peer) {
        let config = ServerConfig::builder(credential).policy(policy).build().unwrap();
        let (listener, address) = listen();
        let (address, trust) = (address.to_string(), ["-CAfile", "root.pem", "-verify_return_error"]);
        let common = [&["-connect", &address, "-verify_hostname", SERVER_NAME], &trust[..]].concat();
        let mut peer = self.spawn(&S_CLIENT, &common, run);
        let stream = accept(&listener, || peer.process.assert_running());
        (Driven::server(&config, stream, how), peer)
    }

    /// A case of the matrix, with our client.
    fn serve_case(&self, case: &Case) {
        let (mut client, mut peer) =
            self.serve(&server_name(case.server_key()), &Run::of_case(case), case.policy(), case.delivery);
        client.handshake().unwrap();
        case.check(client.info());
        let report = peer.connected();
        assert!(report.contains(&format!("CIPHER is {}\n", self.name_of(case.suite))));
        peer.exchange(&mut client, case.lengths());
        client.close();
        let told = peer.end();
        assert!(told.rest.starts_with("DONE\nshutting down SSL\n"), "{}", told.rest);
        told.check(case);
        told.check_clean_close();
    }

    /// A case of the matrix, with our server.
    fn connect_case(&self, case: &Case) {
        let credential = PKI.server(case.server_key()).credential(&*ring::provider());
        let mut run = Run::of_case(case);
        run.arguments.extend(["-servername", SERVER_NAME]);
        let (mut server, mut peer) = self.connect(credential, &run, case.policy(), case.delivery);
        server.handshake().unwrap();
        case.check(server.info());
        let report = peer.connected();
        let yes_or_no = if case.uses_extended_master_secret() { "yes" } else { "no" };
        assert!(report.contains(&format!("Cipher is {}\n", self.name_of(case.suite))));
        assert!(report.contains(&format!("Extended master secret: {yes_or_no}\n")));
        assert!(report.contains("Verify return code: 0 (ok)\n"));
        peer.exchange(&mut server, case.lengths());
        server.close();
        let told = peer.end();
        assert_eq!(told.rest, "closed\n");
        told.check(case);
        told.check_clean_close();
    }
}

fn trust(pki: &Pki) -> Arc<TrustStore> {
    Arc::new(TrustStore::from_pem(pki.root_pem().as_bytes()).unwrap())
}

/// A running `s_server` or `s_client`.
struct Peer {
    process: Process,
    trace: PathBuf,
    /// One of these is the end of its report on the handshake, after which data begins.
    report_ends: &'static [&'static str],
    /// Where the data begins in its output.
    data_at: usize,
}

impl Peer {
    /// Waits until it has reported on a complete handshake; returns the report.
    fn connected(&mut self) -> String {
        self.says("the report on the handshake", self.report_ends)
    }

    /// Waits until it has said something that ends in one of these ways; returns all that it has said up to there, after
    /// the data before.
    fn says(&mut self, what: &str, ends: &[&str]) -> String {
        let starts_at = self.data_at;
        let (data_at, report) = self.process.wait_for(what, |output| {
            let new = output.get(starts_at..)?;
            let length = ends.iter().find_map(|last| Some(find(new, last.as_bytes())? + last.len()))?;
            Some((starts_at + length, String::from_utf8_lossy(&new[..length]).into_owned()))
        });
        self.data_at = data_at;
        report
    }

    /// What it has received, once there are `length` bytes of it since it has reported.
    fn received(&self, length: usize) -> Vec<u8> {
        self.process.wait_for("the data that we sent", |output| {
            output.get(self.data_at..).filter(|data| data.len() >= length).map(<[u8]>::to_vec)
        })
    }

    /// Sends data of these lengths each way.
    fn exchange(&mut self, ours: &mut Driven, lengths: &[usize]) {
        let pieces: Vec<_> = lengths.iter().copied().map(sample).collect();
        let all = pieces.concat();
        for piece in &pieces {
            ours.send(piece);
        }
        assert!(self.received(all.len()) == all, "OpenSSL received something else than we sent");
        for piece in pieces {
            self.process.send(piece);
        }
        assert!(ours.receive(all.len()) == all, "we received something else than OpenSSL sent");
        self.data_at += all.len();
    }

    /// Waits for the end of the process; returns all that it has told.
    fn end(mut self) -> Told {
        let ended = self.process.end();
        Told {
            status: ended.status,
            rest: String::from_utf8_lossy(&ended.output[self.data_at..]).into_owned(),
            errors: ended.errors,
            trace: fs::read_to_string(&self.trace).unwrap(),
            _process: self.process,
        }
    }
}

/// What a process has told by the time it has ended.
struct Told {
    status: ExitStatus,
    /// Its output after the data.
    rest: String,
    errors: String,
    trace: String,
    /// If a check fails, it shows all this.
    _process: Process,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Sent,
    Received,
}

impl Told {
    /// What the trace says of the records in one direction.
    fn records(&self, direction: Direction) -> Vec<&str> {
        let mut records = Vec::new();
        for half in self.trace.split("Sent Record\n").enumerate().flat_map(|(i, part)| {
            // Each part but the first starts with a sent record, and goes on with received ones.
            part.split("Received Record\n").enumerate().map(move |(j, text)| (i > 0 && j == 0, text))
        }) {
            if half.0 == (direction == Direction::Sent) {
                records.push(half.1);
            }
        }
        records
    }

    /// The alerts in one direction: `fatal bad certificate`, or `warning close notify`.
    fn alerts(&self, direction: Direction) -> Vec<String> {
        let lines = self.records(direction).into_iter().flat_map(str::lines);
        let alerts = lines.filter_map(|line| {
            let (level, description) = line.trim().strip_prefix("Level=")?.split_once("(")?;
            let (_, description) = description.split_once("description=")?;
            Some(format!("{level} {}", description.split_once('(')?.0))
        });
        alerts.collect()
    }

    /// What the trace says of the one handshake message of this type.
    fn message(&self, name: &str) -> &str {
        let start = format!("    {name}, Length=");
        let (_, rest) = self.trace.split_once(&start).unwrap_or_else(|| panic!("no {name} in the trace"));
        rest.split_once("\n\n").map_or(rest, |(message, _)| message)
    }

    /// The length of the largest record of handshake messages.
    fn largest_handshake_record(&self, direction: Direction) -> usize {
        let records = self.records(direction).into_iter().filter(|record| record.contains("Handshake (22)"));
        let lengths = records.filter_map(|record| record.split_once("  Length = ")?.1.lines().next()?.parse().ok());
        lengths.max().expect("a handshake record")
    }

    /// Checks by which scheme the key exchange was signed.
    fn check_scheme(&self, scheme: SignatureScheme) {
        let line = format!("Signature Algorithm: {} ({:#06x})\n", scheme.name().unwrap(), scheme.0);
        assert!(self.message("ServerKeyExchange").contains(&line));
    }

    /// Checks what OpenSSL saw of this case.
    fn check(&self, case: &Case) {
        let hello = self.message("ServerHello");
        let [high, low] = case.suite.code.to_be_bytes();
        assert!(
            hello.contains(&format!("cipher_suite {{0x{high:02X}, 0x{low:02X}}} {}\n", case.suite.name)),
            "{hello}"
        );
        let has = |extension| hello.contains(&format!("extension_type={extension}, length=0"));
        assert_eq!(has("extended_master_secret(23)"), case.uses_extended_master_secret(), "{hello}");
        assert_eq!(has("encrypt_then_mac(22)"), case.uses_encrypt_then_mac(), "{hello}");
        if let Some(group) = case.group {
            let exchange = self.message("ServerKeyExchange");
            let line = exchange.lines().find(|line| line.trim().starts_with("named_curve: ")).expect("named_curve");
            assert!(line.ends_with(&format!("({})", group.0)), "{line}");
        }
    }

    /// Checks that it has ended well, and that each side has sent close_notify, and no other alert.
    fn check_clean_close(&self) {
        assert!(self.status.success(), "{}", self.status);
        for direction in [Direction::Sent, Direction::Received] {
            assert_eq!(self.alerts(direction), ["warning close notify"], "{direction:?}");
        }
    }
}

/// A report with names as OpenSSL prints them since version 3.2: before, there were spaces around the equals signs.
fn joined(text: &str) -> String {
    text.replace(" = ", "=")
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}
