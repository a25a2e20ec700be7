//! A client of PostgreSQL, which proves its password to nobody but the server of the certificate that it sees
//! (SCRAM-SHA-256-PLUS, RFC 5802 with RFC 5929 §4).

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tls12::crypto::ring;
use tls12::io::tokio::{TlsAcceptor, TlsConnector};
use tls12::{ClientConfig, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::peer::Process;
use crate::support::pki::{KeyKind, PKI, Pinned};
use crate::{Folder, free_port, installed, run, wait_for_port};

#[path = "../../examples/postgres.rs"]
#[allow(dead_code, reason = "its main is for the command line")]
mod postgres_example;

const PASSWORD: &str = "correct horse";

/// A running server that lets nobody in without a password by SCRAM, nor without TLS.
struct Postgres {
    folder: Folder,
    port: u16,
    stop: Command,
    _process: Process,
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // So that it leaves no shared memory behind.
        let _ = self.stop.status();
    }
}

/// Who runs the server, which refuses to be run by root: the owner of this folder, if that is not root, or nobody.
fn as_user(command: &mut Command, folder: &Path) {
    let owner = fs::metadata(folder).unwrap();
    command.uid(owner.uid()).gid(owner.gid()).current_dir(folder).stdout(Stdio::null());
}

impl Postgres {
    /// None, if it is not installed.
    fn start() -> Option<Self> {
        let bin = installed("initdb")?.parent().unwrap().to_owned();
        let folder = Folder::new();
        let home = folder.path().join("home");
        fs::create_dir(&home).unwrap();
        let (certificate, key) = (home.join("server.pem"), home.join("server.key"));
        fs::copy(&folder.certificate, &certificate).unwrap();
        fs::copy(&folder.key, &key).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        let password = home.join("password");
        fs::write(&password, PASSWORD).unwrap();
        if fs::metadata(&home).unwrap().uid() == 0 {
            const NOBODY: u32 = 65534;
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
            for path in [&home, &certificate, &key, &password] {
                chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
            }
        }
        let data = home.join("data");
        let command = |program: &str| {
            let mut command = Command::new(PathBuf::from(&bin).join(program));
            as_user(&mut command, &home);
            command.arg("-D").arg(&data);
            command
        };
        let mut initdb = command("initdb");
        initdb.args(["--username=tester", "--auth=scram-sha-256", "--no-sync", "--pwfile"]).arg(&password);
        let initialized = initdb.output().unwrap();
        assert!(initialized.status.success(), "{}", String::from_utf8_lossy(&initialized.stderr));
        fs::write(data.join("pg_hba.conf"), "hostssl all all 127.0.0.1/32 scram-sha-256\n").unwrap();
        // Not before it is needed: that took seconds.
        let port = free_port();
        let settings = format!(
            "listen_addresses='127.0.0.1'\nport={port}\nunix_socket_directories=''\nfsync=off\n\
             ssl=on\nssl_cert_file='{}'\nssl_key_file='{}'\nssl_max_protocol_version='TLSv1.2'\n\
             ssl_ciphers='ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256'\n",
            certificate.display(),
            key.display()
        );
        fs::write(data.join("postgresql.auto.conf"), settings).unwrap();

        let mut stop = command("pg_ctl");
        stop.args(["stop", "--silent", "--mode=immediate"]);
        let process = Process::spawn(&mut command("postgres"), None);
        wait_for_port(port);
        let started = Self { folder, port, stop, _process: process };
        started.wait_until_ready();
        Some(started)
    }

    /// It listens before it lets anybody in.
    fn wait_until_ready(&self) {
        let deadline = std::time::Instant::now() + crate::peer::BOUND;
        while let Err(error) = self.ask("require", self.port, PASSWORD) {
            assert!(std::time::Instant::now() < deadline && error.contains("starting up"), "{error}");
            std::thread::sleep(crate::peer::PAUSE);
        }
    }

    /// What the example says, or all that is said of why it failed.
    fn ask(&self, channel_binding: &str, port: u16, password: &str) -> Result<String, String> {
        let settings = format!(
            "host=127.0.0.1 port={port} user=tester dbname=postgres password='{password}' sslmode=require \
             channel_binding={channel_binding}"
        );
        run(postgres_example::connected_by(&settings, &self.folder.roots)).map_err(|error| {
            let cause = error.source().map(ToString::to_string).unwrap_or_default();
            format!("{error}: {cause}")
        })
    }
}

#[test]
fn the_password_is_bound_to_the_servers_certificate() {
    let Some(postgres) = Postgres::start() else { return };
    let suite = "TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256";
    // Fails, if the two sides do not agree on the binding.
    assert_eq!(postgres.ask("require", postgres.port, PASSWORD).unwrap(), suite);
    assert_eq!(postgres.ask("disable", postgres.port, PASSWORD).unwrap(), suite);
    let error = postgres.ask("require", postgres.port, "wrong").unwrap_err();
    assert!(error.contains("password authentication failed"), "{error}");

    // Somebody in between, with another certificate that the client trusts, and all that the server sends: it is not
    // enough. Without the binding it would be.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, server) = (listener.local_addr().unwrap().port(), postgres.port);
    let between = std::thread::spawn(move || run(stand_between(listener, server, 2)));
    let error = postgres.ask("require", port, PASSWORD).unwrap_err();
    assert!(error.contains("channel binding"), "{error}");
    assert!(postgres.ask("disable", port, PASSWORD).is_ok());
    between.join().unwrap();
}

/// Ends the TLS of `count` clients, with another key than the server's, and passes on what they say.
async fn stand_between(listener: std::net::TcpListener, server: u16, count: usize) {
    /// SSLRequest (PostgreSQL's protocol): the length, and a code.
    const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
    listener.set_nonblocking(true).unwrap();
    let listener = TcpListener::from_std(listener).unwrap();
    let credential = PKI.server(KeyKind::P256).credential(&*ring::provider());
    let acceptor = TlsAcceptor::new(ServerConfig::builder(credential).build().unwrap());
    let connector = TlsConnector::new(ClientConfig::builder(Pinned::server()).build().unwrap());
    for _ in 0..count {
        let mut client = listener.accept().await.unwrap().0;
        let mut request = [0; 8];
        client.read_exact(&mut request).await.unwrap();
        assert_eq!(request, SSL_REQUEST);
        client.write_all(b"S").await.unwrap();
        let mut client = acceptor.accept(client).await.unwrap();

        let mut upstream = TcpStream::connect(("127.0.0.1", server)).await.unwrap();
        upstream.write_all(&SSL_REQUEST).await.unwrap();
        let mut said = [0; 1];
        upstream.read_exact(&mut said).await.unwrap();
        assert_eq!(&said, b"S");
        let name = "server.example".try_into().unwrap();
        let mut upstream = connector.connect(name, upstream).await.unwrap();
        // However it ends.
        let _ = copy_bidirectional(&mut client, &mut upstream).await;
    }
}
