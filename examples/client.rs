//! An HTTPS client: `cargo run --example client -- HOST:PORT CA-FILE`. Requests `/` and prints the response.

use std::error::Error;
use std::io::{self, Write};
use std::sync::Arc;

use tls12::ClientConfig;
use tls12::io::blocking::StreamOwned;
use tls12::verify::TrustStore;

fn main() {
    if let Err(error) = run() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [address, ca_file] = args.as_slice() else {
        return Err("usage: client HOST:PORT CA-FILE".into());
    };
    let (host, port) = address.rsplit_once(':').ok_or("the address must be HOST:PORT")?;

    let config = ClientConfig::builder(Arc::new(TrustStore::from_pem_file(ca_file)?)).build()?;
    let mut stream = StreamOwned::connect(config, host, port.parse()?)?;

    let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    if let Some(info) = stream.info() {
        eprintln!("connected with {}", info.suite().name);
    }
    // Ends at the server's close_notify. An end without it is an error: the response may be truncated.
    io::copy(&mut stream, &mut io::stdout())?;
    stream.close()?;
    Ok(())
}
