//! How a connection ends: by close_notify, by an end of the transport without it, by a reset. Each adapter tells them apart.
// The lock tells a thread of the test when its peer may end; no other task of the runtime waits for it.
#![allow(clippy::await_holding_lock)]

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use smol::io::AsyncReadExt as _;
use tls12::io::{blocking, futures, hyper as tls_hyper, postgres, tokio as tls_tokio, ureq as tls_ureq};
use tls12::{ClientConfig, Error};
use tokio::io::AsyncReadExt as _;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect as _};
use ureq::Agent;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{Connector as _, TcpConnector};

use crate::{client_config, name, run, server_config, tls_error};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    CloseNotify,
    EndOfTransport,
    Reset,
}

const ALL: [Ending; 3] = [Ending::CloseNotify, Ending::EndOfTransport, Ending::Reset];

/// A server of one client: it sends `said`, and ends when the client has got it. The client must say something first.
struct Server {
    address: SocketAddr,
    /// Held by the client until it has read what was said.
    reading: Arc<Mutex<()>>,
    thread: JoinHandle<()>,
}

impl Server {
    fn new(ending: Ending, said: &'static [u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let reading = Arc::new(Mutex::new(()));
        let client = Arc::clone(&reading);
        let thread = thread::spawn(move || {
            let socket = listener.accept().unwrap().0;
            let mut stream = blocking::StreamOwned::accept(server_config(), socket).unwrap();
            let mut request = [0; 1 << 14];
            let mut len = stream.read(&mut request).unwrap();
            while !request[..len].ends_with(b"\n") {
                len += stream.read(&mut request[len..]).unwrap();
            }
            stream.write_all(said).unwrap();
            drop(client.lock().unwrap());
            match ending {
                Ending::CloseNotify => stream.close().unwrap(),
                Ending::EndOfTransport => {}
                Ending::Reset => reset(stream.into_parts().transport),
            }
        });
        Self { address, reading, thread }
    }
}

/// Resets the connection of this socket, by the means of tokio.
fn reset(socket: TcpStream) {
    run(async {
        socket.set_nonblocking(true).unwrap();
        tokio::net::TcpStream::from_std(socket).unwrap().set_zero_linger().unwrap();
    });
}

/// What a read says in the end.
fn assert_told_apart(ending: Ending, read: std::io::Result<usize>) {
    match ending {
        Ending::CloseNotify => assert_eq!(read.unwrap(), 0),
        Ending::EndOfTransport => {
            let error = read.unwrap_err();
            assert_eq!((error.kind(), tls_error(&error)), (ErrorKind::UnexpectedEof, Some(&Error::Truncated)));
        }
        Ending::Reset => {
            let error = read.unwrap_err();
            assert_eq!((error.kind(), tls_error(&error)), (ErrorKind::ConnectionReset, None), "{error:?}");
        }
    }
}

#[test]
fn blocking_streams_and_halves() {
    for ending in ALL {
        for halves in [false, true] {
            let Server { address, reading, thread } = Server::new(ending, b"said");
            let guard = reading.lock().unwrap();
            let socket = TcpStream::connect(address).unwrap();
            let mut stream = blocking::StreamOwned::client(client_config(), name(), socket).unwrap();
            stream.write_all(b"hello\n").unwrap();
            let mut said = [0; 4];
            stream.read_exact(&mut said).unwrap();
            if halves {
                let (mut reader, _writer) = stream.into_split(|socket| Ok((socket.try_clone()?, socket))).unwrap();
                drop(guard);
                assert_told_apart(ending, reader.read(&mut said));
            } else {
                drop(guard);
                assert_told_apart(ending, stream.read(&mut said));
            }
            thread.join().unwrap();
        }
    }
}

async fn read_in_tokio(
    ending: Ending,
    reading: std::sync::MutexGuard<'_, ()>,
    mut stream: tls_tokio::TlsStream<tokio::net::TcpStream>,
    halves: bool,
) {
    use tokio::io::AsyncWriteExt as _;
    stream.write_all(b"hello\n").await.unwrap();
    let mut said = [0; 4];
    stream.read_exact(&mut said).await.unwrap();
    if halves {
        let (mut reader, _writer) = stream.into_split(tokio::net::TcpStream::into_split).unwrap();
        drop(reading);
        assert_told_apart(ending, reader.read(&mut said).await);
    } else {
        drop(reading);
        assert_told_apart(ending, stream.read(&mut said).await);
    }
}

#[test]
fn streams_and_halves_of_tokio_and_those_of_postgres() {
    for ending in ALL {
        for halves in [false, true] {
            let Server { address, reading, thread } = Server::new(ending, b"said");
            run(async {
                let guard = reading.lock().unwrap();
                let socket = tokio::net::TcpStream::connect(address).await.unwrap();
                let stream = tls_tokio::TlsConnector::new(client_config()).connect(name(), socket).await.unwrap();
                read_in_tokio(ending, guard, stream, halves).await;
            });
            thread.join().unwrap();
        }
        let Server { address, reading, thread } = Server::new(ending, b"said");
        run(async {
            let guard = reading.lock().unwrap();
            let socket = tokio::net::TcpStream::connect(address).await.unwrap();
            let mut connector = postgres::PostgresConnector::new(client_config());
            let connect = MakeTlsConnect::<tokio::net::TcpStream>::make_tls_connect(
                &mut connector,
                crate::support::pki::SERVER_NAME,
            )
            .unwrap();
            read_in_tokio(ending, guard, connect.connect(socket).await.unwrap(), false).await;
        });
        thread.join().unwrap();
    }
}

#[test]
fn streams_and_halves_of_futures() {
    use smol::io::AsyncWriteExt as _;
    for ending in ALL {
        for halves in [false, true] {
            let Server { address, reading, thread } = Server::new(ending, b"said");
            smol::block_on(async {
                let guard = reading.lock().unwrap();
                let socket = smol::net::TcpStream::connect(address).await.unwrap();
                let mut stream = futures::TlsConnector::new(client_config()).connect(name(), socket).await.unwrap();
                stream.write_all(b"hello\n").await.unwrap();
                let mut said = [0; 4];
                stream.read_exact(&mut said).await.unwrap();
                if halves {
                    let (mut reader, _writer) = stream.into_split(|socket| (socket.clone(), socket)).unwrap();
                    drop(guard);
                    assert_told_apart(ending, reader.read(&mut said).await);
                } else {
                    drop(guard);
                    assert_told_apart(ending, stream.read(&mut said).await);
                }
            });
            thread.join().unwrap();
        }
    }
}

/// An answer whose body ends with its connection (RFC 9112 §6.3): what comes without close_notify is cut off (§8).
const TO_THE_END: &[u8] = b"HTTP/1.1 200 OK\r\n\r\nall of it";

#[test]
fn a_body_for_hyper_is_whole_or_an_error() {
    for ending in ALL {
        let Server { address, thread, .. } = Server::new(ending, TO_THE_END);
        run(async {
            let mut http = HttpConnector::new();
            http.enforce_http(false);
            let client = Client::builder(TokioExecutor::new())
                .build(tls_hyper::HttpsConnector::https_only(http, client_config()));
            let request = hyper::Request::get(format!("https://{address}/")).body(Empty::<Bytes>::new()).unwrap();
            let body = match client.request(request).await {
                Ok(answer) => answer.into_body().collect().await,
                Err(error) => return assert!(ending == Ending::Reset, "{error:?}"),
            };
            match ending {
                Ending::CloseNotify => assert_eq!(body.unwrap().to_bytes(), &b"all of it"[..]),
                _ => assert!(body.is_err(), "{ending:?}: {body:?}"),
            }
        });
        thread.join().unwrap();
    }
}

fn ureq_agent(config: Arc<ClientConfig>) -> Agent {
    let connector = ().chain(TcpConnector::default()).chain(tls_ureq::TlsConnector::new(config));
    Agent::with_parts(Agent::config_builder().build(), connector, DefaultResolver::default())
}

#[test]
fn a_body_for_ureq_is_whole_or_an_error() {
    for ending in ALL {
        let Server { address, reading, thread } = Server::new(ending, TO_THE_END);
        let guard = reading.lock().unwrap();
        let answer = ureq_agent(client_config()).get(format!("https://{address}/")).call();
        let mut answer = answer.unwrap();
        drop(guard);
        let body = answer.body_mut().read_to_string();
        match ending {
            Ending::CloseNotify => assert_eq!(body.unwrap(), "all of it"),
            _ => {
                let error = body.unwrap_err();
                assert!(matches!(&error, ureq::Error::Other(_)), "{ending:?}: {error:?}");
            }
        }
        thread.join().unwrap();
    }
}

/// A body shorter than announced is an error however the connection ends: it has fewer bytes than its Content-Length, or lacks
/// the chunk of size zero (RFC 9112 §8).
#[test]
fn a_body_for_ureq_that_is_shorter_than_it_says_is_an_error() {
    let cut_off: [(&str, &[u8]); 4] = [
        ("Content-Length", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nall of it"),
        ("no chunk", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        ("in a chunk", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nall of it"),
        ("between chunks", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nall of it\r\n"),
    ];
    let whole: [&[u8]; 2] = [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nall of it",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nall of it\r\n0\r\n\r\n",
    ];
    let body = |ending, said| {
        let Server { address, reading, thread } = Server::new(ending, said);
        let guard = reading.lock().unwrap();
        let mut answer = ureq_agent(client_config()).get(format!("https://{address}/")).call().unwrap();
        drop(guard);
        let body = answer.body_mut().read_to_string();
        thread.join().unwrap();
        body
    };
    for ending in ALL {
        for (place, said) in cut_off {
            let body = body(ending, said);
            assert!(body.is_err(), "{place}, {ending:?}: {body:?}");
        }
        // A whole body does not depend on the end of the connection.
        for said in whole.into_iter().filter(|_| ending != Ending::Reset) {
            assert_eq!(body(ending, said).unwrap(), "all of it", "{ending:?}");
        }
    }
}
