//! An HTTPS client on tokio: `cargo run --features tokio --example tokio -- HOST:PORT CA-FILE`. Requests `/` and prints
//! the response.

use std::error::Error;
use std::sync::Arc;

use rustls_pki_types::ServerName;
use tls12::ClientConfig;
use tls12::io::tokio::TlsConnector;
use tls12::verify::TrustStore;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [address, ca_file] = args.as_slice() else {
        return Err("usage: tokio HOST:PORT CA-FILE".into());
    };
    println!("{}", get(address, ca_file).await?);
    Ok(())
}

/// Returns the head and body of the response.
pub async fn get(address: &str, ca_file: &str) -> Result<String, Box<dyn Error>> {
    let (host, _port) = address.rsplit_once(':').ok_or("the address must be HOST:PORT")?;
    let config = ClientConfig::builder(Arc::new(TrustStore::from_pem_file(ca_file)?)).build()?;
    let socket = TcpStream::connect(address).await?;
    let name = ServerName::try_from(host.to_owned())?;
    let stream = TlsConnector::new(config).connect(name, socket).await?;

    // Two halves, which could be in two tasks.
    let (mut reader, mut writer) = stream.into_split(TcpStream::into_split).map_err(|_| "the connection has failed")?;
    writer.write_all(format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes()).await?;
    writer.flush().await?;
    let mut answer = String::new();
    // Ends at the server's close_notify. An end without it is an error: the response may be truncated.
    reader.read_to_string(&mut answer).await?;
    writer.shutdown().await?;
    Ok(answer)
}
