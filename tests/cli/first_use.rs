//! `--tofu`, by several clients at once.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use tls12::ServerConfig;
use tls12::crypto::ring;
use tls12::io::blocking::StreamOwned;

use crate::files;
use crate::reach::scripted::serving;
use crate::support::pki::{KeyKind, PKI};
use crate::tool::{TIMEOUT, client_trusting};

const KNOWN: [&str; 2] = ["--tofu", "known"];

/// Waits until the client has sent its first message. It has read its files by then.
fn wait_for_hello(socket: &TcpStream) {
    socket.set_read_timeout(Some(TIMEOUT)).unwrap();
    socket.peek(&mut [0]).unwrap();
}

/// Answers a client, with a key of this type. Returns what the client has sent until it closed.
fn answer(socket: TcpStream, kind: KeyKind) -> String {
    let config = ServerConfig::builder(PKI.server(kind).credential(&*ring::provider())).build().unwrap();
    let mut stream = StreamOwned::server(config, socket);
    stream.complete_handshake().unwrap();
    let mut request = String::new();
    stream.read_to_string(&mut request).unwrap();
    stream.close().unwrap();
    request
}

/// Two clients read the file before either writes it.
#[test]
fn clients_that_run_at_once_keep_the_keys_of_all_their_servers() {
    let dir = files();
    let both = Arc::new(Barrier::new(2));
    let ports = [KeyKind::Rsa, KeyKind::P256].map(|kind| {
        let both = Arc::clone(&both);
        serving(move |socket| {
            wait_for_hello(&socket);
            both.wait();
            answer(socket, kind);
        })
    });
    for client in ports.map(|port| client_trusting(port, &KNOWN, &dir)) {
        let mut client = client;
        drop(client.child.stdin.take());
        let done = client.wait();
        assert!(done.assert_succeeded().stderr.concat().contains("its key is trusted from now on"), "{done:?}");
    }
    let known = fs::read_to_string(dir.path().join("known")).unwrap();
    for port in ports {
        assert!(known.lines().any(|line| line.starts_with(&format!("127.0.0.1:{port} sha256/"))), "{port}: {known}");
    }
    assert_eq!(known.lines().count(), 2, "{known}");
}

/// Whoever is about to write the file holds a lock.
#[test]
fn a_client_waits_for_another_that_is_writing() {
    let dir = files();
    let lock = File::create(dir.path().join("known.lock")).unwrap();
    lock.lock().unwrap();
    let (tell, told) = channel();
    let port = serving(move |socket| tell.send(answer(socket, KeyKind::Rsa)).unwrap());
    let mut client = client_trusting(port, &KNOWN, &dir);
    client.say(b"request");
    // It sends nothing before the key is kept.
    drop(client.child.stdin.take());
    assert!(told.recv_timeout(Duration::from_secs(1)).is_err());
    assert!(!dir.path().join("known").exists());
    lock.unlock().unwrap();
    client.wait().assert_succeeded();
    assert_eq!(told.recv_timeout(TIMEOUT).unwrap(), "request");
    assert!(dir.path().join("known").exists());
}

/// The key is unknown to both clients when they begin, and the server has another one for the second.
#[test]
fn a_key_that_another_client_has_kept_meanwhile_is_the_known_one() {
    for (second, code) in [(KeyKind::P256, 4), (KeyKind::Rsa, 0)] {
        let dir = files();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, told) = channel();
        thread::spawn(move || {
            let sockets = [(); 2].map(|()| listener.accept().unwrap().0);
            sockets.iter().for_each(wait_for_hello);
            let [one, other] = sockets;
            // The client has kept the key when it closes.
            tell.send(answer(one, KeyKind::Rsa)).unwrap();
            tell.send(answer(other, second)).unwrap();
        });
        let clients = [(); 2].map(|()| client_trusting(port, &KNOWN, &dir));
        let done = clients.map(|mut client| {
            // It fits in the pipe.
            client.stdin().write_all(b"request").unwrap();
            drop(client.child.stdin.take());
            client
        });
        let mut done = done.map(|client| client.wait());
        done.sort_by_key(|done| done.status.code());
        let codes = done.each_ref().map(|done| done.status.code());
        assert_eq!(codes, [Some(0), Some(code)], "{done:?}");
        let asked = [(); 2].map(|()| told.recv_timeout(TIMEOUT).unwrap());
        let is_refused = code != 0;
        // Nothing is sent to the holder of another key.
        assert_eq!(asked, ["request", if is_refused { "" } else { "request" }]);
        let kept = |said: &str| said.contains("its key is trusted from now on");
        assert_eq!(done.iter().filter(|done| kept(&done.stderr.concat())).count(), 1, "{done:?}");
        if is_refused {
            let why = format!("known: another key has been stored for 127.0.0.1:{port}");
            assert!(done[1].stderr.concat().contains(&why), "{done:?}");
        }
        assert_eq!(fs::read_to_string(dir.path().join("known")).unwrap().lines().count(), 1);
    }
}
