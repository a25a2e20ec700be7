//! A server that says what a script says, and then speaks TLS.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use tls12::ServerConfig;
use tls12::crypto::ring;
use tls12::io::blocking::StreamOwned;

use crate::support::pki::{KeyKind, PKI};
use crate::tool::TIMEOUT;

/// A line of a script.
#[derive(Clone, Debug)]
pub enum Line {
    Server(Vec<u8>),
    /// What the client must send: exactly this, or a line that begins so.
    Client(Vec<u8>),
    ClientSays(&'static str),
}

/// A server of ours with `cert.pem`.
pub fn config() -> Arc<ServerConfig> {
    ServerConfig::builder(PKI.server(KeyKind::Rsa).credential(&*ring::provider())).build().unwrap()
}

/// Listens for one client, and does this with it.
pub fn serving(serve: impl FnOnce(TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let client = listener.accept().unwrap().0;
        client.set_read_timeout(Some(TIMEOUT)).unwrap();
        serve(client);
    });
    port
}

/// Speaks by the script. False, if the client does not.
pub fn speak(client: &mut TcpStream, script: &[Line]) -> bool {
    script.iter().all(|line| match line {
        Line::Server(text) => client.write_all(text).is_ok(),
        Line::Client(expected) => {
            let mut came = vec![0; expected.len()];
            client.read_exact(&mut came).is_ok() && came == *expected
        }
        Line::ClientSays(start) => {
            let mut came = Vec::new();
            let mut byte = [0];
            while !came.ends_with(b"\r\n") && client.read_exact(&mut byte).is_ok() {
                came.push(byte[0]);
            }
            came.starts_with(start.as_bytes()) && came.ends_with(b"\r\n")
        }
    })
}

/// Sends back what comes over TLS, until the client closes.
pub fn echo<T: Read + Write>(transport: T) -> io::Result<T> {
    let mut stream = StreamOwned::server(config(), transport);
    let mut buf = [0; 4096];
    loop {
        match stream.read(&mut buf)? {
            0 => break,
            n => stream.write_all(&buf[..n])?,
        }
        stream.flush()?;
    }
    stream.close()?;
    Ok(stream.into_parts().transport)
}
