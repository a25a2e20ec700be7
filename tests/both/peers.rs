//! The peers, each limited to a part of what it supports.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;

use rustls::crypto::ring;
use rustls::{ServerConnection, SupportedProtocolVersion};
use rustls_pki_types::PrivateKeyDer;
use tempfile::TempDir;

use crate::support::daemon::{Daemon, installed};
use crate::support::pki::{KeyKind, PKI, SERVER_NAME};
use crate::support::ports::free_port;
use crate::{BOUND, listen};

/// A folder with the files that the peers read.
pub struct Files(TempDir);

impl Files {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path();
        let pem = |label: &str, der: &[u8]| pem::encode(&pem::Pem::new(label, der));
        let server = PKI.server(KeyKind::Rsa);
        fs::write(folder.join("root.pem"), pem("CERTIFICATE", &PKI.root)).unwrap();
        fs::write(folder.join("server.pem"), pem("CERTIFICATE", &server.certificate)).unwrap();
        let local = PKI.server_for("127.0.0.1", KeyKind::Rsa).certificate;
        fs::write(folder.join("local.pem"), pem("CERTIFICATE", &local)).unwrap();
        fs::write(folder.join("server.key"), pem("PRIVATE KEY", server.key.secret_pkcs8_der())).unwrap();
        Self(dir)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Such a command, in this folder, that is ended if it hangs.
    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("timeout");
        command.arg(BOUND.as_secs().to_string()).arg(program).args(arguments).current_dir(self.0.path());
        command
    }
}

/// A server that answers each line with its reverse, or the same line.
pub struct Server {
    pub address: SocketAddr,
    _daemon: Option<(Daemon, Files)>,
}

impl Server {
    fn daemon(program: &str, arguments: &[&str]) -> Option<Self> {
        installed(program)?;
        let (files, port) = (Files::new(), free_port());
        let text = port.to_string();
        let arguments: Vec<_> =
            arguments.iter().map(|argument| if *argument == "PORT" { &*text } else { argument }).collect();
        // Not by `timeout`, which would be ended in its place.
        let mut command = Command::new(program);
        let mut daemon = Daemon::start(command.args(arguments).current_dir(files.0.path()), files.path("log"));
        daemon.wait_for_port(port);
        Some(Self { address: ([127, 0, 0, 1], port).into(), _daemon: Some((daemon, files)) })
    }

    pub fn openssl(arguments: &[&str]) -> Option<Self> {
        let common = ["s_server", "-accept", "PORT", "-key", "server.key", "-rev", "-cert", "server.pem"];
        Self::daemon("openssl", &[&common[..], arguments].concat())
    }

    /// A server of web pages, whose certificate is for 127.0.0.1.
    pub fn openssl_web(arguments: &[&str]) -> Option<Self> {
        let common = ["s_server", "-accept", "PORT", "-key", "server.key", "-www", "-cert", "local.pem"];
        Self::daemon("openssl", &[&common[..], arguments].concat())
    }

    pub fn gnutls(priority: &str) -> Option<Self> {
        let common = ["--echo", "--port", "PORT", "--x509certfile", "server.pem", "--x509keyfile", "server.key"];
        Self::daemon("gnutls-serv", &[&common[..], &["--disable-client-cert", "--priority", priority]].concat())
    }

    /// In threads of this process, for as long as it runs.
    pub fn rustls(versions: &[&'static SupportedProtocolVersion]) -> Self {
        let (listener, address) = listen();
        let identity = PKI.server(KeyKind::Rsa);
        let config = rustls::ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config.with_protocol_versions(versions).unwrap().with_no_client_auth();
        let key = PrivateKeyDer::Pkcs8(identity.key.clone_key());
        let config = Arc::new(config.with_single_cert(vec![identity.certificate.clone()], key).unwrap());
        thread::spawn(move || echo(&listener, &config));
        Self { address, _daemon: None }
    }
}

fn echo(listener: &TcpListener, config: &Arc<rustls::ServerConfig>) {
    for socket in listener.incoming() {
        let (socket, config) = (socket.unwrap(), Arc::clone(config));
        thread::spawn(move || {
            socket.set_read_timeout(Some(BOUND)).unwrap();
            let mut stream = rustls::StreamOwned::new(ServerConnection::new(config).unwrap(), socket);
            let mut buf = [0; 1024];
            while let Ok(n @ 1..) = stream.read(&mut buf) {
                stream.write_all(&buf[..n]).unwrap();
            }
        });
    }
}

/// Runs a client that sends this, and returns what it printed.
fn run(mut command: Command, input: &[u8]) -> String {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // It may have ended by then.
    let _ = stdin.write_all(input);
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat()
}

/// Runs `openssl s_client` with a line.
pub fn openssl_client(files: &Files, address: SocketAddr, arguments: &[&str]) -> String {
    let common = ["-servername", SERVER_NAME, "-verify_hostname", SERVER_NAME];
    openssl(files, address, &[&common, arguments].concat(), b"forwards\n")
}

/// Runs `openssl s_client` with a request for a page of a server at 127.0.0.1.
pub fn openssl_get(files: &Files, address: SocketAddr, arguments: &[&str]) -> String {
    openssl(files, address, &[&["-verify_ip", "127.0.0.1"], arguments].concat(), b"GET / HTTP/1.0\r\n\r\n")
}

fn openssl(files: &Files, address: SocketAddr, arguments: &[&str], input: &[u8]) -> String {
    let address = address.to_string();
    let common = ["s_client", "-connect", &address, "-CAfile", "root.pem", "-verify_return_error", "-ign_eof"];
    run(files.command("openssl", &[&common, arguments].concat()), input)
}

/// Runs `gnutls-cli` with a line, over a connection that resumes the session of another. With TLS 1.3 it waits for the ticket.
pub fn gnutls_client(files: &Files, address: SocketAddr, priority: &str) -> String {
    let (host, port) = (address.ip().to_string(), address.port().to_string());
    let common = ["--x509cafile", "root.pem", "--sni-hostname", SERVER_NAME, "--verify-hostname", SERVER_NAME];
    let arguments =
        [&common[..], &["--resume", "--waitresumption", "--priority", priority, "--port", &port, &host]].concat();
    run(files.command("gnutls-cli", &arguments), b"forwards\n")
}
