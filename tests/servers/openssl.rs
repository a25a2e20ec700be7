//! A client of OpenSSL's server that renegotiates in the middle of the data.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use rustls_pki_types::ServerName;
use tls12::io::tokio::TlsConnector;
use tls12::{ClientConfig, ConnectionInfo, KeyLog, Renegotiation};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::peer::{PAUSE, Process};
use crate::support::pki::{Pinned, SERVER_NAME};
use crate::{Folder, free_port, installed, run, wait_for_port};

/// How often the server asks for another handshake.
const RENEGOTIATIONS: usize = 3;

/// Counts handshakes by the keys that they make.
#[derive(Default)]
struct Handshakes(AtomicUsize);

impl KeyLog for Handshakes {
    fn log(&self, _label: &str, _client_random: &[u8; 32], _secret: &[u8]) {
        self.0.fetch_add(1, Relaxed);
    }
}

/// One task reads and one writes, by the stream as a whole: the handshake takes both directions from either.
#[test]
fn the_server_renegotiates_while_data_is_sent() {
    let Some(openssl) = installed("openssl") else { return };
    let (folder, port) = (Folder::new(), free_port());
    let mut command = Command::new(openssl);
    command.args(["s_server", "-tls1_2", "-naccept", "2", "-accept"]).arg(format!("127.0.0.1:{port}"));
    command.args(["-cert", &folder.certificate, "-key", &folder.key]);
    let server = Process::spawn(&mut command, None);
    // This is the first of its two connections.
    wait_for_port(port);
    run(async {
        let handshakes = Arc::new(Handshakes::default());
        let config = ClientConfig::builder(Pinned::server()).key_log(handshakes.clone());
        let config = config.renegotiation(Renegotiation::AtMost(3)).build().unwrap();
        let socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let name = ServerName::try_from(SERVER_NAME).unwrap();
        let stream = TlsConnector::new(config).connect(name, socket).await.unwrap();
        assert!(stream.info().is_some_and(ConnectionInfo::secure_renegotiation));
        let (mut reader, mut writer) = tokio::io::split(stream);
        let reading = tokio::spawn(async move {
            let mut received = [0; 16];
            reader.read_exact(&mut received).await.map(|_| received)
        });
        let asking = async {
            for count in 1..=RENEGOTIATIONS {
                // What the server reads on its input is a command.
                server.send(b"r\n".to_vec());
                while handshakes.0.load(Relaxed) <= count {
                    tokio::time::sleep(PAUSE).await;
                }
            }
        };
        let mut lines = 0;
        let writing = async {
            loop {
                writer.write_all(line(lines).as_bytes()).await.unwrap();
                writer.flush().await.unwrap();
                lines += 1;
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            () = asking => {}
            () = writing => {}
        }
        writer.write_all(b"the last line\n").await.unwrap();
        let (said, server) = tokio::task::spawn_blocking(move || {
            let said = server.wait_for("the last line", |said| {
                let said = String::from_utf8_lossy(said);
                said.contains("the last line").then(|| said.into_owned())
            });
            (said, server)
        })
        .await
        .unwrap();
        let mut from = 0;
        for number in 0..lines {
            from += said[from..].find(&line(number)).unwrap_or_else(|| panic!("line {number} is lost:\n{said}"));
        }
        server.send(b"from the server\n".to_vec());
        let received = reading.await.unwrap().unwrap();
        assert_eq!(&received, b"from the server\n");
        assert_eq!(handshakes.0.load(Relaxed), 1 + RENEGOTIATIONS);
    });
}

fn line(number: usize) -> String {
    format!("line {number} {}\n", "x".repeat(number % 100))
}
