//! An echo server: `cargo run --example server -- ADDR:PORT CERT-FILE KEY-FILE`. Sends back what it reads.

use std::error::Error;
use std::io::{self, BufRead, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;
use std::{fs, thread};

use tls12::crypto::ring;
use tls12::io::blocking::StreamOwned;
use tls12::{Credential, ServerConfig};

/// A client that is silent for this long is disconnected.
const TIMEOUT: Duration = Duration::from_secs(30);

fn main() {
    if let Err(error) = run() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [address, cert_file, key_file] = args.as_slice() else {
        return Err("usage: server ADDR:PORT CERT-FILE KEY-FILE".into());
    };
    let credential = Credential::from_pem(&*ring::provider(), &fs::read(cert_file)?, &fs::read(key_file)?)?;
    let config = ServerConfig::builder(credential).build()?;

    let listener = TcpListener::bind(address)?;
    println!("listening on {}", listener.local_addr()?);
    for socket in listener.incoming() {
        let (socket, config) = (socket?, Arc::clone(&config));
        thread::spawn(move || {
            if let Err(error) = echo(config, socket) {
                eprintln!("connection failed: {error}");
            }
        });
    }
    Ok(())
}

fn echo(config: Arc<ServerConfig>, socket: TcpStream) -> io::Result<()> {
    let mut stream = StreamOwned::accept(config, socket)?;
    stream.transport().set_read_timeout(Some(TIMEOUT))?;
    stream.transport().set_write_timeout(Some(TIMEOUT))?;
    let mut line = Vec::new();
    // Nothing more to read: the client has sent close_notify.
    while stream.read_until(b'\n', &mut line)? > 0 {
        stream.write_all(&line)?;
        stream.flush()?;
        line.clear();
    }
    stream.close()
}
