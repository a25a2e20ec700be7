//! Data that the peer does not accept: its loss is reported.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;
use tls12::ServerConfig;
use tls12::crypto::ring;
use tls12::io::blocking::StreamOwned;
use tls12::io::both::{Acceptor, Stream};

use crate::files;
use crate::reach::scripted::{config, serving};
use crate::support::pki::{KeyKind, PKI};
use crate::tool::{Running, TIMEOUT, client};

/// What the client reads at once from its standard input, and a pipe holds on Linux.
const BLOCK: usize = 1 << 16;

/// A client that takes nothing for so long is waiting for its server.
const STALL: Duration = Duration::from_millis(500);

/// How long after the end of its input the client waits for the server, in seconds.
const LIMIT: &str = "3";

/// Feeds the client until it takes no more. Returns the number of blocks that it has taken, or that are in the pipe.
fn fill(client: &mut Running) -> usize {
    let (tell, told) = channel();
    let mut stdin = client.child.stdin.take().unwrap();
    // Ends with the client.
    thread::spawn(move || while stdin.write_all(&[b'x'; BLOCK]).is_ok() && tell.send(()).is_ok() {});
    let mut blocks = 0;
    loop {
        match told.recv_timeout(STALL) {
            Ok(()) => blocks += 1,
            Err(RecvTimeoutError::Timeout) => return blocks,
            Err(RecvTimeoutError::Disconnected) => panic!("the client has ended"),
        }
    }
}

/// A server of TLS 1.2 that tells when the handshake is complete, and reads data only when it is told to. Returns its port, and the
/// number of bytes that it then receives, with whether close_notify follows.
fn pausing(connected: Sender<()>, resume: Receiver<()>) -> (u16, Receiver<(usize, bool)>) {
    let (tell, told) = channel();
    let port = serving(move |socket| {
        let mut stream = StreamOwned::server(config(), socket);
        stream.complete_handshake().unwrap();
        let _ = connected.send(());
        let _ = resume.recv_timeout(TIMEOUT);
        let mut came = Vec::new();
        let ended = stream.read_to_end(&mut came);
        let _ = tell.send((came.len(), ended.is_ok()));
    });
    (port, told)
}

/// A server of TLS 1.3 does this once its handshake is complete.
fn serving_tls13(then: impl FnOnce(Stream<TcpStream>) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = ServerConfig::builder(PKI.server(KeyKind::Rsa).credential(&*ring::provider())).build().unwrap();
    let acceptor = Acceptor::new(&config).unwrap();
    thread::spawn(move || then(acceptor.accept(listener.accept().unwrap().0).unwrap()));
    port
}

fn tls13_client(port: u16, dir: &TempDir) -> Running {
    client(port, &["--max-version", "1.3", "--server-name", "server.example"], dir)
}

/// Between the length that the systems hold for the two sides and the one at which the client stops reading its input, there are
/// lengths at which it knows the end of its input, but cannot send everything.
#[test]
fn the_client_succeeds_only_if_the_end_of_its_input_was_sent() {
    let dir = files();
    let full = {
        let ((_resume, resumed), (connect, connected)) = (channel(), channel());
        let (port, _) = pausing(connect, resumed);
        let mut client = client(port, &[], &dir);
        connected.recv_timeout(TIMEOUT).unwrap();
        fill(&mut client)
    };
    let uploads: Vec<_> = (1..=8)
        .map(|fewer| {
            let len = full.saturating_sub(fewer) * BLOCK;
            let (resume, resumed) = channel();
            let (connect, connected) = channel();
            let (port, told) = pausing(connect, resumed);
            let mut client = client(port, &["--timeout", LIMIT], &dir);
            // One handshake at a time, because they have the same limit.
            connected.recv_timeout(TIMEOUT).unwrap();
            let mut stdin = client.child.stdin.take().unwrap();
            thread::spawn(move || stdin.write_all(&vec![b'x'; len]));
            (len, resume, told, client)
        })
        .collect();
    for (len, resume, told, client) in uploads {
        let done = client.wait();
        resume.send(()).unwrap();
        let came = told.recv_timeout(TIMEOUT).unwrap();
        match done.status.code() {
            Some(0) => assert_eq!(came, (len, true), "{done:?}"),
            code => {
                assert_eq!(code, Some(3), "{done:?}");
                assert!(done.stderr.concat().contains("accepted no data (--timeout)"), "{done:?}");
            }
        }
    }
}

/// RFC 8446 §6.1: the server's close_notify does not end what the client sends. The client ends then, but in order only if it has
/// sent what it had begun to send.
#[test]
fn a_server_that_closes_and_accepts_no_more_is_reported_with_tls13_too() {
    let dir = files();
    // The system may accept a little more when the server closes, and then nothing is lost: not for all of them.
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| close_on_a_full_connection(&dir));
        }
    });
}

fn close_on_a_full_connection(dir: &TempDir) {
    let ((connect, connected), (close, closing), (resume, resumed), (tell, told)) =
        (channel(), channel(), channel(), channel());
    let port = serving_tls13(move |mut stream| {
        connect.send(()).unwrap();
        closing.recv_timeout(TIMEOUT).unwrap();
        stream.close().unwrap();
        let _ = resumed.recv_timeout(TIMEOUT);
        let _ = tell.send(stream.read_to_end(&mut Vec::new()).is_ok());
    });
    let mut client = tls13_client(port, dir);
    connected.recv_timeout(TIMEOUT).unwrap();
    fill(&mut client);
    close.send(()).unwrap();
    let done = client.wait();
    resume.send(()).unwrap();
    let in_order = told.recv_timeout(TIMEOUT).unwrap();
    match done.status.code() {
        Some(0) => assert!(in_order, "{done:?}"),
        code => {
            assert_eq!(code, Some(3), "{done:?}");
            assert!(done.stderr.concat().contains("the peer did not accept the last data sent"), "{done:?}");
        }
    }
}

#[test]
fn a_violation_of_tls13_is_answered_with_an_alert() {
    let dir = files();
    let (tell, told) = channel();
    let port = serving_tls13(move |mut stream| {
        let socket = stream.transport_mut();
        // A record that nobody has sealed.
        socket.write_all(&[23, 3, 3, 0, 20]).unwrap();
        socket.write_all(&[0; 20]).unwrap();
        socket.set_read_timeout(Some(TIMEOUT)).unwrap();
        let mut came = Vec::new();
        let _ = socket.read_to_end(&mut came);
        tell.send(came).unwrap();
    });
    let mut client = tls13_client(port, &dir);
    // Otherwise the end of the input is what is sent.
    let stdin = client.child.stdin.take();
    let done = client.wait();
    drop(stdin);
    assert_eq!(done.status.code(), Some(5), "{done:?}");
    let came = told.recv_timeout(TIMEOUT).unwrap();
    // RFC 8446 §5.2: the header, the alert of two bytes, its type, and the tag.
    assert_eq!((came.first(), came.len()), (Some(&23), 5 + 2 + 1 + 16), "{came:?}");
}
