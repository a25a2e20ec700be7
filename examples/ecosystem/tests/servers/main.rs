//! Runs each example with a server that is not ours, on a port of its own on this machine. What is not installed is skipped,
//! but where the environment variable `CI` is set.

mod ftps;
mod grpc;
mod mail;
#[path = "../../../../tests/interop/peer.rs"]
#[allow(dead_code, reason = "the library's own tests use the rest")]
mod peer;
#[path = "../../../../tests/support/ports.rs"]
mod ports;
mod sql_server;
mod websocket;

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Instant;

use peer::{BOUND, PAUSE, Process};
use ports::free_port;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use tempfile::TempDir;

/// Debian's own, which has Debian's modules.
const PYTHON: &str = "/usr/bin/python3";

/// A folder with a server's certificate, for `localhost`, its key, and the root of both.
struct Folder {
    dir: TempDir,
    certificate: String,
    key: String,
    roots: String,
}

impl Folder {
    fn new() -> Self {
        let mut root = CertificateParams::default();
        root.distinguished_name.push(DnType::CommonName, "Example Root");
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        root.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let root = CertifiedIssuer::self_signed(root, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let mut server = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        server.use_authority_key_identifier_extension = true;
        let server = server.signed_by(&key, &root).unwrap();

        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, text: String| write(dir.path(), name, &text);
        let certificate = file("server.pem", server.pem());
        let (key, roots) = (file("server.key", key.serialize_pem()), file("roots.pem", root.pem()));
        Self { dir, certificate, key, roots }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }
}

/// Writes a file; its path.
fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Whether all of these are installed, and this is root, as which the mail and file servers must be started.
fn root_has(programs: &[&str]) -> bool {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|said| said.stdout == b"0\n");
    lacks((!is_root).then(|| "the servers must be started by root".to_owned())) || programs.iter().all(|name| has(name))
}

/// Whether this program of Debian's is installed.
fn has(program: &str) -> bool {
    let found = ["/usr/bin", "/usr/sbin"].iter().any(|folder| Path::new(folder).join(program).is_file());
    !lacks((!found).then(|| format!("{program} is not installed; see .ci/run for the packages of Debian")))
}

/// Whether Debian's Python has this module.
fn python_has(module: &str) -> bool {
    let found = Command::new(PYTHON).args(["-c", &format!("import {module}")]).output();
    let lacking = !found.is_ok_and(|ended| ended.status.success());
    !lacks(lacking.then(|| format!("Debian's Python has no module {module}; see .ci/run for the packages of Debian")))
}

/// Tells what is lacking, if anything is, which is an error in CI.
fn lacks(what: Option<String>) -> bool {
    if let Some(what) = &what {
        assert!(std::env::var_os("CI").is_none(), "{what}");
        eprintln!("passed over: {what}");
    }
    what.is_some()
}

/// A program of these tests, in Python.
fn python(script: &str) -> Command {
    let mut command = Command::new(PYTHON);
    command.arg(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/servers").join(script));
    command
}

/// What a program prints, which must succeed.
#[track_caller]
fn output(command: &mut Command) -> String {
    let ended = Process::spawn(command, None).end();
    let output = String::from_utf8(ended.output).unwrap();
    assert!(ended.status.success(), "{command:?}: {}\n{output}\n{}", ended.status, ended.errors);
    output
}

/// What a program complains about, which must fail.
#[track_caller]
fn complaint(command: &mut Command) -> String {
    let ended = Process::spawn(command, None).end();
    assert!(!ended.status.success(), "{command:?} did not fail");
    ended.errors
}

/// Waits until this port has a listener.
fn wait_for_port(port: u16) {
    let deadline = Instant::now() + BOUND;
    while TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).is_err() {
        assert!(Instant::now() < deadline, "nobody listens");
        thread::sleep(PAUSE);
    }
}
