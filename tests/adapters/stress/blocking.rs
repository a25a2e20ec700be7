//! Blocking streams: whole and in halves, over pipes that do not block, in one thread; and in halves over sockets, with two
//! threads on each side.

use std::io::{self, ErrorKind, Read, Write};
use std::thread;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tls12::io::blocking::{ReadHalf, StreamOwned, WriteHalf};

use super::{Script, Side};
use crate::pipe::{End, pipe, would_block};
use crate::{client_config, name, server_config, sockets};

pub fn round(seed: u64) {
    for room in [100, 20_000] {
        whole_in_one_thread(seed, room);
        halves_in_one_thread(seed, room);
    }
    halves_in_two_threads(seed);
}

/// A transport, or half of one, that does a random part of what it is asked for, or says that it would block.
pub struct Fickle<T> {
    pub inner: T,
    random: StdRng,
    blocks: bool,
}

impl<T> Fickle<T> {
    pub fn new(inner: T, seed: u64, blocks: bool) -> Self {
        Self { inner, random: StdRng::seed_from_u64(seed), blocks }
    }

    /// How much of it is to be done.
    fn part(&mut self, len: usize) -> io::Result<usize> {
        if self.blocks && self.random.random_bool(0.3) {
            return Err(ErrorKind::WouldBlock.into());
        }
        if !self.blocks && self.random.random_bool(0.1) {
            return Err(ErrorKind::Interrupted.into());
        }
        Ok(if self.random.random_bool(0.3) { self.random.random_range(1..=len.max(1)).min(len) } else { len })
    }
}

impl<T: Read> Read for Fickle<T> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let part = self.part(buf.len())?;
        self.inner.read(&mut buf[..part])
    }
}

impl<T: Write> Write for Fickle<T> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let part = self.part(buf.len())?;
        self.inner.write(&buf[..part])
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

type Ends = (StreamOwned<Fickle<End>>, StreamOwned<Fickle<End>>);

fn streams(seed: u64, room: usize) -> Ends {
    let (client, server) = pipe(room);
    let client = StreamOwned::client(client_config(), name(), Fickle::new(client, seed, true)).unwrap();
    let server = StreamOwned::server(server_config(), Fickle::new(server, !seed, true));
    // The handshakes take as long as the machine does.
    (client.handshake_time(Duration::MAX), server.handshake_time(Duration::MAX))
}

fn whole_in_one_thread(seed: u64, room: usize) {
    let (mut client, mut server) = streams(seed, room);
    let mut scripts = [Script::new(seed, Side::Client), Script::new(seed, Side::Server)];
    let mut buf = vec![0; 40_000];
    while !scripts.iter().all(Script::done) {
        for (stream, script) in [&mut client, &mut server].into_iter().zip(&mut scripts) {
            match script.random.random_range(0..5) {
                0 | 1 if !script.ended => {
                    let len = script.random.random_range(1..=buf.len());
                    if let Some(n) = would_block(stream.read(&mut buf[..len])) {
                        script.received(&buf[..n]);
                    }
                }
                2 | 3 if !script.all_sent() => {
                    if let Some(n) = would_block(stream.write(script.piece())) {
                        script.sent(n);
                    }
                }
                4 if !script.all_sent() => {
                    would_block(stream.flush());
                }
                _ if script.all_sent() && !script.closed => script.closed = would_block(stream.close()).is_some(),
                _ => {}
            }
        }
    }
}

type Halves = (ReadHalf<Fickle<crate::pipe::Source>>, WriteHalf<Fickle<crate::pipe::Sink>>);

/// Completes both handshakes, and splits.
fn halves(seed: u64, room: usize) -> [Halves; 2] {
    let (mut client, mut server) = streams(seed, room);
    let mut complete = [false; 2];
    while complete != [true; 2] {
        for (stream, complete) in [&mut client, &mut server].into_iter().zip(&mut complete) {
            *complete = would_block(stream.complete_handshake()).is_some() || *complete;
            would_block(stream.flush());
        }
    }
    [client, server].map(|stream| {
        let split = |transport: Fickle<End>| {
            let End(source, sink) = transport.inner;
            Ok((Fickle::new(source, seed, true), Fickle::new(sink, !seed, true)))
        };
        stream.into_split(split).unwrap()
    })
}

fn halves_in_one_thread(seed: u64, room: usize) {
    let mut halves = halves(seed, room);
    let mut scripts = [Script::new(seed, Side::Client), Script::new(seed, Side::Server)];
    let mut buf = vec![0; 40_000];
    while !scripts.iter().all(Script::done) {
        for ((reader, writer), script) in halves.iter_mut().zip(&mut scripts) {
            match script.random.random_range(0..5) {
                0 | 1 if !script.ended => {
                    let len = script.random.random_range(1..=buf.len());
                    if let Some(n) = would_block(reader.read(&mut buf[..len])) {
                        script.received(&buf[..n]);
                    }
                }
                2 | 3 if !script.all_sent() => {
                    if let Some(n) = would_block(writer.write(script.piece())) {
                        script.sent(n);
                    }
                }
                4 if !script.all_sent() => {
                    would_block(writer.flush());
                }
                _ if script.all_sent() && !script.closed => script.closed = would_block(writer.close()).is_some(),
                _ => {}
            }
        }
    }
}

/// Both directions are full at once: who does not read while it writes is stuck.
fn halves_in_two_threads(seed: u64) {
    let (client, server) = sockets();
    let server = thread::spawn(move || {
        let mut stream = StreamOwned::server(server_config(), server);
        stream.complete_handshake().unwrap();
        exchange(stream, seed, Side::Server);
    });
    let mut stream = StreamOwned::client(client_config(), name(), client).unwrap();
    stream.complete_handshake().unwrap();
    exchange(stream, seed, Side::Client);
    server.join().unwrap();
}

fn exchange(stream: StreamOwned<std::net::TcpStream>, seed: u64, side: Side) {
    let split = |socket: std::net::TcpStream| {
        Ok((Fickle::new(socket.try_clone()?, seed, false), Fickle::new(socket, !seed, false)))
    };
    let (mut reader, mut writer) = stream.into_split(split).unwrap();
    let mut script = Script::new(seed, side);
    let writing = thread::spawn(move || {
        while !script.all_sent() {
            let n = writer.write(script.piece()).unwrap();
            script.sent(n);
        }
        writer.close().unwrap();
        // Not dropped before the peer has read all.
        writer
    });
    let mut script = Script::new(seed, side);
    let mut buf = vec![0; 40_000];
    while !script.ended {
        let n = reader.read(&mut buf).unwrap();
        script.received(&buf[..n]);
    }
    drop(writing.join().unwrap());
}
