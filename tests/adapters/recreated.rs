//! Streams that are created from an established connection: each uses the state of that connection.

use std::io::{BufRead, ErrorKind, Read, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Wake, Waker};
use std::thread;

use smol::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tls12::io::{Parts, blocking, futures, tokio as tls_tokio};
use tls12::{Connection, Renegotiation, SealError, UnixTime};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::pipe::{pipe, would_block};
use crate::support::forge::{ALERT, APPLICATION_DATA, Forge, Step, alert};
use crate::support::hello::typ;
use crate::support::pair::Pair;
use crate::support::pki::Pinned;
use crate::{client_config, name, run, server_config, sockets};

/// Client and server whose handshake was made by hand.
fn made_by_hand() -> (Connection, Connection) {
    let mut pair = Pair::new(client_config(), server_config());
    pair.run();
    pair.assert_connected();
    (pair.client.connection, pair.server.connection)
}

#[test]
fn a_second_blocking_stream_on_a_connection_writes_and_reads() {
    let (mut client, server) = sockets();
    let serving = thread::spawn(move || {
        let mut stream = blocking::StreamOwned::server(server_config(), server);
        let mut line = [0; 4];
        for _ in 0..2 {
            stream.read_exact(&mut line).unwrap();
            stream.write_all(&line).unwrap();
        }
        stream.close().unwrap();
        assert_eq!(stream.read(&mut line).unwrap(), 0);
    });
    let mut output = Vec::new();
    let mut connection = Connection::client(client_config(), name(), UnixTime::now(), &mut output).unwrap();
    for sent in [b"one ", b"two "] {
        let mut stream = blocking::Stream::new(&mut connection, &mut client, std::mem::take(&mut output));
        stream.write_all(sent).unwrap();
        let mut received = [0; 4];
        stream.read_exact(&mut received).unwrap();
        assert_eq!(&received, sent);
    }
    let mut stream = blocking::Stream::new(&mut connection, &mut client, Vec::new());
    assert_eq!(stream.read(&mut [0; 4]).unwrap(), 0);
    // One more knows at once that the peer has closed.
    let mut stream = blocking::Stream::new(&mut connection, &mut client, Vec::new());
    assert_eq!(stream.read(&mut [0; 4]).unwrap(), 0);
    stream.close().unwrap();
    serving.join().unwrap();
}

#[test]
fn a_blocking_stream_is_taken_apart_and_made_again_without_a_loss() {
    let (client, server) = made_by_hand();
    let (client_end, server_end) = pipe(100_000);
    let mut client = blocking::StreamOwned::from_parts(Parts::new(client, client_end));
    let mut server = blocking::StreamOwned::from_parts(Parts::new(server, server_end));
    client.write_all(b"read decrypted").unwrap();
    client.write_all(b" received").unwrap();
    let mut front = [0; 5];
    server.read_exact(&mut front).unwrap();
    let parts = server.into_parts();
    assert_eq!(parts.data, b"decrypted");
    assert!(!parts.received.is_empty());
    let mut server = blocking::StreamOwned::from_parts(parts);
    assert_eq!(server.fill_buf().unwrap(), b"decrypted");
    server.consume(9);
    assert_eq!(server.fill_buf().unwrap(), b" received");

    // What the transport has not taken stays to be sent.
    let long = vec![7; 200_000];
    let n = client.write(&long).unwrap();
    assert!(client.wants_write());
    let mut client = blocking::StreamOwned::from_parts(client.into_parts());
    assert!(client.wants_write());
    server.consume(9);
    let mut received = 0;
    while received < n {
        received += would_block(server.read(&mut [0; 10_000])).unwrap_or(0);
        would_block(client.flush());
    }
    assert!(!client.wants_write());
}

#[test]
fn the_session_stays_with_the_parts() {
    let (client, server) = sockets();
    let serving = thread::spawn(move || blocking::StreamOwned::server(server_config(), server).complete_handshake());
    let mut stream = blocking::StreamOwned::client(client_config(), name(), client).unwrap();
    stream.complete_handshake().unwrap();
    serving.join().unwrap().unwrap();
    let mut stream = blocking::StreamOwned::from_parts(stream.into_parts());
    assert!(stream.take_session().is_some() && stream.into_parts().session.is_none());
}

#[test]
fn streams_of_tokio_go_on_with_a_connection_made_elsewhere() {
    run(async {
        let (client, server) = made_by_hand();
        let (client_end, server_end) = tokio::io::duplex(1 << 16);
        let mut client = tls_tokio::TlsStream::from_parts(Parts::new(client, client_end));
        let mut server = tls_tokio::TlsStream::from_parts(Parts::new(server, server_end));
        client.write_all(b"read decrypted").await.unwrap();
        client.write_all(b" received").await.unwrap();
        server.read_exact(&mut [0; 5]).await.unwrap();
        let parts = server.into_parts();
        assert_eq!(parts.data, b"decrypted");
        let mut server = tls_tokio::TlsStream::from_parts(parts);
        let mut rest = [0; 18];
        server.read_exact(&mut rest).await.unwrap();
        assert_eq!(&rest, b"decrypted received");
        // And it is split like any other.
        let (mut reader, mut writer) = server.into_split(tokio::io::split).unwrap();
        writer.write_all(b"answer").await.unwrap();
        writer.shutdown().await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer, "answer");
        client.shutdown().await.unwrap();
        assert_eq!(reader.read(&mut [0]).await.unwrap(), 0);
    });
}

/// The first read or write completes a handshake that nobody has completed.
#[test]
fn streams_of_tokio_complete_a_handshake() {
    run(async {
        let (client_end, server_end) = tokio::io::duplex(1 << 16);
        let (now, mut hello) = (UnixTime::now(), Vec::new());
        let client = Connection::client(client_config(), name(), now, &mut hello).unwrap();
        let mut parts = Parts::new(client, client_end);
        parts.unsent = hello;
        let mut client = tls_tokio::TlsStream::from_parts(parts);
        let server = Connection::server(server_config(), now);
        let mut server = tls_tokio::TlsStream::from_parts(Parts::new(server, server_end));
        let mut received = [0; 5];
        let (written, read) = tokio::join!(client.write_all(b"hello"), server.read_exact(&mut received));
        written.unwrap();
        read.unwrap();
        assert_eq!(&received, b"hello");
    });
}

#[test]
fn streams_of_futures_go_on_with_a_connection_made_elsewhere() {
    smol::block_on(async {
        let (client_socket, server_socket) = sockets();
        let socket = |socket| smol::net::TcpStream::try_from(socket).unwrap();
        let (client, server) = made_by_hand();
        let mut client = futures::TlsStream::from_parts(Parts::new(client, socket(client_socket)));
        let mut server = futures::TlsStream::from_parts(Parts::new(server, socket(server_socket)));
        client.write_all(b"read decrypted received").await.unwrap();
        server.read_exact(&mut [0; 5]).await.unwrap();
        let parts = server.into_parts();
        assert_eq!(parts.data, b"decrypted received");
        let server = futures::TlsStream::from_parts(parts);
        let (mut reader, mut writer) = server.into_split(|socket| (socket.clone(), socket)).unwrap();
        let mut rest = [0; 18];
        reader.read_exact(&mut rest).await.unwrap();
        assert_eq!(&rest, b"decrypted received");
        writer.write_all(b"answer").await.unwrap();
        writer.close().await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer, "answer");
    });
}

#[test]
fn a_blocking_stream_splits_and_its_halves_work_at_once() {
    const LEN: usize = 3_000_000;
    let (client, server) = made_by_hand();
    let (client_socket, server_socket) = sockets();
    let sides = [(client, client_socket, 1), (server, server_socket, 2)];
    let threads = sides.map(|(connection, socket, mark)| {
        let stream = blocking::StreamOwned::from_parts(Parts::new(connection, socket));
        let (mut reader, mut writer) = stream.into_split(|socket| Ok((socket.try_clone()?, socket))).unwrap();
        let writing = thread::spawn(move || {
            writer.write_all(&vec![mark; LEN]).unwrap();
            writer.close().unwrap();
            assert_eq!(writer.write(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);
            writer
        });
        thread::spawn(move || {
            let mut received = Vec::new();
            reader.read_to_end(&mut received).unwrap();
            assert!(reader.info().is_some());
            // Not dropped before the peer has read all.
            drop(writing.join().unwrap());
            (received.len(), received.iter().all(|byte| *byte == 3 - mark))
        })
    });
    for thread in threads {
        assert_eq!(thread.join().unwrap(), (LEN, true));
    }
}

#[test]
fn only_a_connection_whose_handshake_is_complete_splits() {
    let (client, _server) = pipe(100);
    let stream = blocking::StreamOwned::client(client_config(), name(), client).unwrap();
    let error = stream.into_split(|_| -> std::io::Result<(std::io::Empty, std::io::Sink)> { panic!() }).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotConnected);
}

/// A client that the server has asked for another handshake, and has sent its hello.
fn renegotiating() -> Forge {
    let suite = tls12::crypto::CipherSuite::from_name("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256").unwrap();
    let config =
        tls12::ClientConfig::builder(Pinned::server()).renegotiation(Renegotiation::AtMost(1)).build().unwrap();
    let mut forge = Forge::server(&config, suite);
    forge.finish_from(Step::ServerHello);
    forge.transcript.clear();
    forge.premaster = None;
    forge.say(&[typ::HELLO_REQUEST, 0, 0, 0]).unwrap();
    assert!(forge.target.connection.is_renegotiating() && forge.target.connection.is_handshaking());
    forge
}

/// RFC 5246 §7.2.1: whoever has closed sends nothing more, so the handshake will not be completed; a write says so.
#[test]
fn a_write_after_close_in_a_renegotiation_says_closed() {
    let closed = |error: &std::io::Error| {
        assert_eq!(error.kind(), ErrorKind::BrokenPipe, "{error:?}");
        assert_eq!(error.get_ref().unwrap().downcast_ref(), Some(&SealError::Closed));
    };
    let mut forge = renegotiating();
    let (mut end, _peer) = pipe(1000);
    let mut stream = blocking::Stream::new(&mut forge.target.connection, &mut end, Vec::new());
    assert_eq!(stream.write(b"x").unwrap_err().kind(), ErrorKind::WouldBlock);
    stream.close().unwrap();
    closed(&stream.write(b"x").unwrap_err());

    // So it is if the peer has closed.
    let mut forge = renegotiating();
    forge.send(ALERT, &[alert::WARNING, alert::CLOSE_NOTIFY]).unwrap();
    let mut stream = blocking::Stream::new(&mut forge.target.connection, &mut end, Vec::new());
    closed(&stream.write(b"x").unwrap_err());

    run(async {
        let forge = renegotiating();
        let (end, _peer) = tokio::io::duplex(1000);
        let mut stream = tls_tokio::TlsStream::from_parts(Parts::new(forge.target.connection, end));
        stream.shutdown().await.unwrap();
        closed(&stream.write(b"x").await.unwrap_err());
    });
}

/// Counts how often a task is woken.
#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A write waits until the data before the renegotiation has been read. If the task that writes is the one that read last, it must not
/// wake itself again and again.
#[test]
fn a_write_behind_unread_data_waits_without_waking_its_own_task() {
    let mut forge = renegotiating();
    let unread = forge.seal(APPLICATION_DATA, b"unread");
    let (end, mut peer) = tokio::io::duplex(1000);
    let mut stream = tls_tokio::TlsStream::from_parts(Parts::new(forge.target.connection, end));
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let mut cx = Context::from_waker(&waker);
    let mut stream = Pin::new(&mut stream);
    // There is nothing yet, so the task is noted.
    assert!(tokio::io::AsyncBufRead::poll_fill_buf(stream.as_mut(), &mut cx).is_pending());
    assert!(
        tokio::io::AsyncWrite::poll_write(Pin::new(&mut peer), &mut Context::from_waker(Waker::noop()), &unread)
            .is_ready()
    );
    assert!(tokio::io::AsyncBufRead::poll_fill_buf(stream.as_mut(), &mut cx).is_ready());
    let count = || woken.0.load(Ordering::Relaxed);
    let before = count();
    for _ in 0..10 {
        assert!(tokio::io::AsyncWrite::poll_write(stream.as_mut(), &mut cx, b"x").is_pending());
    }
    assert!(count() <= before + 1, "woken {} times", count() - before);
    // Once it has been read, the write is tried again.
    let before = count();
    tokio::io::AsyncBufRead::consume(stream.as_mut(), 6);
    assert_eq!(count(), before + 1);
}
