//! The `tls12` tool, run as people run it: against itself, and against OpenSSL's where that is installed.
#![cfg(feature = "cli")]

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::pkcs8::DecodePrivateKey;
use support::pki::PKI;
use tempfile::TempDir;
use tls12::crypto::{Protection, SUITES};

/// Nothing here takes so long: it keeps a fault from hanging the tests.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A directory with the certificates and keys of [`PKI`].
fn files() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, tag: &str, der: &[u8]| {
        fs::write(dir.path().join(name), pem::encode(&pem::Pem::new(tag, der))).unwrap();
    };
    write("ca.pem", "CERTIFICATE", &PKI.root);
    write("cert.pem", "CERTIFICATE", &PKI.server);
    let pkcs8 = PKI.server_key.secret_pkcs8_der();
    write("key.pem", "PRIVATE KEY", pkcs8);
    let pkcs1 = rsa::RsaPrivateKey::from_pkcs8_der(pkcs8).unwrap().to_pkcs1_der().unwrap();
    write("key1.pem", "RSA PRIVATE KEY", pkcs1.as_bytes());
    dir
}

/// A program that runs. Dropped, it is ended.
struct Running {
    child: Child,
    /// Standard output and standard error, line by line as they come.
    lines: [Receiver<String>; 2],
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        Self { child, lines: [lines_of(stdout), lines_of(stderr)] }
    }

    fn stdin(&mut self) -> &mut std::process::ChildStdin {
        self.child.stdin.as_mut().unwrap()
    }

    /// The next line of standard output.
    fn stdout_line(&self) -> String {
        self.lines[0].recv_timeout(TIMEOUT).expect("a line on standard output")
    }

    /// The next line of standard error.
    fn stderr_line(&self) -> String {
        self.lines[1].recv_timeout(TIMEOUT).expect("a line on standard error")
    }

    /// Closes its standard input, and waits for its end.
    fn finish(mut self) -> Finished {
        self.child.stdin = None;
        self.wait()
    }

    /// Waits for its end.
    fn wait(mut self) -> Finished {
        let deadline = Instant::now() + TIMEOUT;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "it does not end");
            thread::sleep(Duration::from_millis(5));
        };
        let [stdout, stderr] = &self.lines;
        Finished { status, stdout: stdout.iter().collect(), stderr: stderr.iter().collect() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines_of(from: impl Read + Send + 'static) -> Receiver<String> {
    let (send, lines) = channel();
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                break;
            }
        }
    });
    lines
}

/// What a program has said and done.
#[derive(Debug)]
struct Finished {
    status: ExitStatus,
    stdout: Vec<String>,
    stderr: Vec<String>,
}

impl Finished {
    /// It could not start, as it should.
    #[track_caller]
    fn assert_no_start(&self, why: &str) {
        self.assert_failed(1, why);
    }

    /// The handshake failed, as it should.
    #[track_caller]
    fn assert_no_handshake(&self, why: &str) {
        self.assert_failed(4, why);
    }

    /// It failed as it should: with this code, and the one line that holds `why`.
    #[track_caller]
    fn assert_failed(&self, code: i32, why: &str) {
        assert_eq!(self.status.code(), Some(code), "{self:?}");
        let errors: Vec<_> = self.stderr.iter().filter(|line| line.starts_with("tls12: ")).collect();
        assert!(errors.len() == 1 && errors[0].contains(why), "not \"{why}\": {self:?}");
        assert_eq!(self.stderr.last(), Some(errors[0]), "{self:?}");
    }

    #[track_caller]
    fn assert_usage_error(&self, why: &str) {
        assert_eq!(self.status.code(), Some(2), "{self:?}");
        assert!(self.stderr.concat().contains(why), "not \"{why}\": {self:?}");
    }

    /// The value in the summary's line of this key.
    fn summary(&self, key: &str) -> Vec<&str> {
        let value = |line: &'_ str| line.strip_prefix(key)?.strip_prefix(": ").map(str::len);
        self.stderr.iter().filter_map(|line| value(line).map(|len| &line[line.len() - len..])).collect()
    }
}

fn run(program: &str, args: &[&str], dir: &TempDir) -> Running {
    Running::start(Command::new(program).args(args).current_dir(dir.path()))
}

fn tls12(args: &[&str], dir: &TempDir) -> Running {
    run(env!("CARGO_BIN_EXE_tls12"), args, dir)
}

/// A server of ours that listens, and its port.
fn server(args: &[&str], dir: &TempDir) -> (Running, u16) {
    let server = tls12(&[&["server", "127.0.0.1:0", "--cert", "cert.pem"], args].concat(), dir);
    let line = server.stdout_line();
    let port = line.strip_prefix("listening on 127.0.0.1:").unwrap_or_else(|| panic!("{line}")).parse().unwrap();
    (server, port)
}

/// A client of ours to a server on this port, that trusts our root.
fn client(port: u16, args: &[&str], dir: &TempDir) -> Running {
    tls12(&[&["client", &format!("127.0.0.1:{port}"), "--ca", "ca.pem"], args].concat(), dir)
}

fn exchange(mut client: Running, text: &str) -> Finished {
    client.stdin().write_all(text.as_bytes()).unwrap();
    client.finish()
}

#[test]
fn every_suite_echoes_and_sums_up() {
    let dir = files();
    let (server, port) = server(&["--echo", "--policy", "legacy", "--key", "key1.pem"], &dir);
    for suite in support::suites::of_rsa() {
        let done = exchange(client(port, &["--suite", suite.name, "--group", "secp384r1"], &dir), "one\ntwo\n");
        assert_eq!(done.status.code(), Some(0), "{done:?}");
        assert_eq!(done.stdout, ["one", "two"]);
        assert_eq!(done.summary("suite"), [suite.name]);
        let group = if suite.key_exchange.is_ephemeral() { "secp384r1" } else { "none" };
        assert_eq!(done.summary("group"), [group]);
        assert_eq!(done.summary("ems"), ["yes"]);
        let etm = if matches!(suite.protection, Protection::Cbc(..)) { "yes" } else { "not applicable" };
        assert_eq!(done.summary("etm"), [etm]);
        assert_eq!(done.summary("chain"), ["CN=tls12 test server"]);
        assert_eq!(done.summary("resumed"), ["no"]);
        assert_eq!(done.stderr.len(), 6, "{done:?}");
    }
    assert!(server.lines[1].try_recv().is_err(), "no connection failed");
}

#[test]
fn much_data_goes_both_ways_at_once() {
    let dir = files();
    // More than all buffers on the way hold: whoever reads only after writing would hang.
    let text: String = (0..1_000_000).map(|i| format!("{i}\n")).collect();
    let (_server, port) = server(&["--key", "key.pem", "--echo"], &dir);
    let done = exchange(client(port, &[], &dir), &text);
    assert_eq!(done.status.code(), Some(0), "{:?}", done.stderr);
    assert!(done.stdout.iter().map(String::as_str).eq(text.lines()));
}

#[test]
fn the_http_page_tells_about_the_connection() {
    let dir = files();
    let (_server, port) = server(&["--key", "key.pem", "--http", "--policy", "modern"], &dir);
    let mut asking = client(port, &["--group", "x25519"], &dir);
    asking.stdin().write_all(b"GET /any HTTP/1.1\r\nHost: server.example\r\n\r\n").unwrap();
    // The server closes, while standard input is still open.
    let stdin = asking.child.stdin.take();
    let done = asking.wait();
    drop(stdin);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    assert_eq!(done.stdout[0], "HTTP/1.1 200 OK");
    let body = done.stdout.iter().position(String::is_empty).unwrap() + 1;
    let length: usize = done.stdout[body..].iter().map(|line| line.len() + 1).sum();
    assert!(done.stdout.contains(&format!("Content-Length: {length}")), "{done:?}");
    // Both sides say the same.
    assert_eq!(done.stdout[body..], done.stderr[..4]);

    let done = client(port, &["--suite", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"], &dir).finish();
    done.assert_no_handshake("the alert handshake_failure"); // the policy has no CBC

    let done = exchange(client(port, &[], &dir), "POST / HTTP/1.1\r\n\r\n");
    assert_eq!(done.stdout[0], "HTTP/1.1 405 Method Not Allowed");
    let done = exchange(client(port, &[], &dir), "GET / HTTP/1.1\r\n");
    assert_eq!(done.stdout[0], "HTTP/1.1 400 Bad Request");
}

#[test]
fn the_key_logs_of_both_sides_agree() {
    let dir = files();
    let (_server, port) = server(&["--key", "key.pem", "--echo", "--keylog", "server.log"], &dir);
    assert!(exchange(client(port, &["--keylog", "client.log"], &dir), "x").status.success());
    let [server, client] = ["server.log", "client.log"].map(|name| fs::read_to_string(dir.path().join(name)).unwrap());
    assert_eq!(server, client);
    let fields: Vec<&str> = client.trim_end().split(' ').collect();
    assert_eq!(fields.iter().map(|field| field.len()).collect::<Vec<_>>(), ["CLIENT_RANDOM".len(), 64, 96], "{client}");
}

#[test]
fn a_server_goes_on_after_bad_clients() {
    let dir = files();
    let (server, port) = server(&["--key", "key.pem", "--echo"], &dir);
    // One speaks no TLS, one does not trust us, one has nothing in common, one leaves; and one stays and says nothing.
    let mut plain = TcpStream::connect(("127.0.0.1", port)).unwrap();
    plain.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
    assert!(server.stderr_line().contains("does not speak TLS: it begins with \"GET /\""));
    plain.set_read_timeout(Some(TIMEOUT)).unwrap();
    let mut alert = Vec::new();
    plain.read_to_end(&mut alert).unwrap();
    assert_eq!(alert, [21, 3, 3, 0, 2, 2, 10], "unexpected_message");

    let done = client(port, &["--server-name", "other.example"], &dir).finish();
    done.assert_no_handshake("valid for server.example, 127.0.0.1; you asked for other.example");
    assert!(server.stderr_line().contains("alert bad_certificate"));

    let done = client(port, &["--suite", "TLS_RSA_WITH_AES_128_CBC_SHA"], &dir).finish();
    done.assert_no_handshake("the alert handshake_failure");
    assert!(server.stderr_line().contains("no cipher suite"));

    drop(TcpStream::connect(("127.0.0.1", port)).unwrap());
    assert!(server.stderr_line().contains("cut off"));

    let _silent = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let done = exchange(client(port, &[], &dir), "still here\n");
    assert_eq!((done.status.code(), done.stdout), (Some(0), vec!["still here".to_owned()]));
}

#[test]
fn a_connection_that_is_cut_off_is_a_failure() {
    let dir = files();
    let (mut server, port) = server(&["--key", "key.pem", "--echo"], &dir);
    let mut client = client(port, &[], &dir);
    client.stdin().write_all(b"before\n").unwrap();
    assert_eq!(client.stdout_line(), "before");
    server.child.kill().unwrap();
    let done = client.finish();
    assert_eq!(done.status.code(), Some(5), "{done:?}");
    // Whether the peer's end or the loss of what was sent to it is seen first depends on the network.
    assert!(["cut off without close_notify", "failed"].iter().any(|why| done.stderr.last().unwrap().contains(why)));
}

#[test]
fn wrong_usage_and_missing_files_are_named() {
    let dir = files();
    let run = |args: &[&str]| tls12(args, &dir).finish();
    run(&["client", "localhost:1"]).assert_usage_error("--ca <FILE>");
    run(&["client", "--ca", "ca.pem", "localhost"]).assert_usage_error("the port is missing");
    run(&["client", "--ca", "ca.pem", "::1:1"]).assert_usage_error("needs brackets");
    run(&["server", "--cert", "cert.pem", "--key", "key.pem", "127.0.0.1:0"]).assert_usage_error("<--echo|--http>");
    let unknown = run(&["client", "--ca", "ca.pem", "--suite", "TLS_NULL_WITH_NULL_NULL", "localhost:1"]);
    for suite in &SUITES {
        unknown.assert_usage_error(suite.name);
    }
    run(&["client", "--ca", "ca.pem", "--group", "ffdhe2048", "localhost:1"]).assert_usage_error("x25519");

    run(&["client", "--ca", "missing.pem", "localhost:1"]).assert_no_start("missing.pem: cannot be read");
    run(&["client", "--ca", "key.pem", "localhost:1"]).assert_no_start("key.pem: there is no certificate");
    run(&["client", "--ca", "ca.pem", "--keylog", "no/such", "localhost:1"]).assert_no_start("no/such: ");
    let serve = |cert, key| run(&["server", "--echo", "--cert", cert, "--key", key, "127.0.0.1:0"]);
    serve("missing.pem", "key.pem").assert_no_start("missing.pem: ");
    serve("cert.pem", "cert.pem").assert_no_start("cert.pem: no private key");
    serve("ca.pem", "key.pem").assert_no_start("ca.pem: the private key is not that of the first certificate");
}

/// Whether OpenSSL's tool is here. The tests with it pass without it.
fn openssl_is_here() -> bool {
    let found = Command::new("openssl").arg("version").output().is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("openssl is not installed: nothing was tested against it");
    }
    found
}

#[test]
fn our_client_talks_with_openssl() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    let args = "s_server -accept 127.0.0.1:0 -cert cert.pem -key key.pem -tls1_2 -rev -cipher ALL@SECLEVEL=0";
    let server = run("openssl", &args.split(' ').collect::<Vec<_>>(), &dir);
    let port = loop {
        let line = server.stdout_line();
        if let Some(address) = line.strip_prefix("ACCEPT ") {
            break address.rsplit_once(':').unwrap().1.parse().unwrap();
        }
    };
    for suite in support::suites::of_rsa() {
        // Turns lines round.
        let done = exchange(client(port, &["--suite", suite.name], &dir), "stressed\n");
        assert_eq!(done.status.code(), Some(0), "{done:?}");
        assert_eq!((&*done.stdout, done.summary("suite")), (&["desserts".to_owned()][..], vec![suite.name]));
        // OpenSSL's own word for it.
        let named = loop {
            if let Some(name) = server.stderr_line().strip_prefix("Ciphersuite: ") {
                break name.to_owned();
            }
        };
        assert_eq!(named, openssl_name(suite.name));
    }
}

#[test]
fn openssl_talks_with_our_server() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    let (server, port) = server(&["--key", "key.pem", "--echo", "--policy", "legacy"], &dir);
    for suite in support::suites::of_rsa() {
        let address = format!("127.0.0.1:{port}");
        let cipher = format!("{}:@SECLEVEL=0", openssl_name(suite.name));
        let args = ["s_client", "-connect", &address, "-CAfile", "ca.pem", "-verify_return_error", "-tls1_2"];
        let mut client = run("openssl", &[&args[..], &["-cipher", &cipher, "-brief"]].concat(), &dir);
        client.stdin().write_all(b"over and back\n").unwrap();
        assert_eq!(client.stdout_line(), "over and back");
        let done = client.finish();
        assert!(done.status.success(), "{done:?}");
        assert_eq!(done.summary("Ciphersuite"), [openssl_name(suite.name)]);
        assert_eq!(done.summary("Verification"), ["OK"]);
    }
    drop(server);
}

/// OpenSSL's name for a suite: its own, older than the standard's.
fn openssl_name(name: &str) -> String {
    name.replace("TLS_RSA_WITH_", "")
        .replace("TLS_", "")
        .replace("WITH_", "")
        .replace("AES_", "AES")
        .replace("CBC_", "")
        .replace("POLY1305_SHA256", "POLY1305")
        .replace('_', "-")
}
