//! Data that the peer does not accept: its loss is reported.

use std::io::{Read as _, Write as _};
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
