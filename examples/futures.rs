//! An HTTPS client on smol: `cargo run --features futures --example futures -- HOST:PORT CA-FILE`. Requests `/` and
//! prints the response.

use std::error::Error;
use std::sync::Arc;

use rustls_pki_types::ServerName;
use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::net::TcpStream;
use tls12::ClientConfig;
use tls12::io::futures::TlsConnector;
use tls12::verify::TrustStore;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [address, ca_file] = args.as_slice() else {
        return Err("usage: futures HOST:PORT CA-FILE".into());
    };
    println!("{}", smol::block_on(get(address, ca_file))?);
    Ok(())
}

/// Returns the head and body of the response.
pub async fn get(address: &str, ca_file: &str) -> Result<String, Box<dyn Error>> {
    let (host, _port) = address.rsplit_once(':').ok_or("the address must be HOST:PORT")?;
    let config = ClientConfig::builder(Arc::new(TrustStore::from_pem_file(ca_file)?)).build()?;
    let socket = TcpStream::connect(address).await?;
    let name = ServerName::try_from(host.to_owned())?;
    let mut stream = TlsConnector::new(config).connect(name, socket).await?;

    stream.write_all(format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes()).await?;
    stream.flush().await?;
    let mut answer = String::new();
    // Ends at the server's close_notify. An end without it is an error: the response may be truncated.
    stream.read_to_string(&mut answer).await?;
    stream.close().await?;
    Ok(answer)
}
