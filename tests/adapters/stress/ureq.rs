//! ureq, over transports that are short of what they are asked for: bodies of random lengths there and back.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use rand::rngs::StdRng;
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use tls12::io::blocking::StreamOwned;
use tls12::io::ureq::TlsConnector;
use ureq::Agent;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{Connector as _, TcpConnector};

use super::blocking::Fickle;
use crate::{client_config, server_config};

/// Requests on one connection.
const REQUESTS: usize = 4;

pub fn round(seed: u64) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let socket = listener.accept().unwrap().0;
        let stream = StreamOwned::server(server_config(), Fickle::new(socket, seed, false));
        echo(stream);
    });
    let connector = ().chain(TcpConnector::default()).chain(TlsConnector::new(client_config()));
    let agent = Agent::with_parts(Agent::config_builder().build(), connector, DefaultResolver::default());
    let mut random = StdRng::seed_from_u64(seed);
    for _ in 0..REQUESTS {
        let mut text = vec![0; random.random_range(1..=300_000)];
        random.fill_bytes(&mut text);
        let mut answer = agent.post(&url).send(&text[..]).unwrap();
        let body = answer.body_mut().with_config().limit(1_000_000).read_to_vec().unwrap();
        assert!(body == text, "another body: {} bytes for {}", body.len(), text.len());
    }
    server.join().unwrap();
}

/// Sends the body of each request back.
fn echo(stream: StreamOwned<Fickle<std::net::TcpStream>>) {
    let mut stream = BufReader::new(stream);
    for _ in 0..REQUESTS {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(stream.read_line(&mut line).unwrap() > 0);
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).unwrap();
        let stream = stream.get_mut();
        stream.write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n").as_bytes()).unwrap();
        stream.write_all(&body).unwrap();
        stream.flush().unwrap();
    }
    stream.get_mut().close().unwrap();
}
