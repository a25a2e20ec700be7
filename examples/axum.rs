//! An HTTPS server on axum: `cargo run --features axum --example axum -- ADDR:PORT CERT-FILE KEY-FILE`. Greets each
//! client, and reports how it is connected.

use std::error::Error;

use axum::extract::ConnectInfo;
use axum::{Router, routing::get};
use tls12::crypto::ring;
use tls12::io::axum::{TlsClient, TlsListener};
use tls12::io::tokio::TlsAcceptor;
use tls12::{ConnectionInfo, Credential, ServerConfig};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [address, cert_file, key_file] = args.as_slice() else {
        return Err("usage: axum ADDR:PORT CERT-FILE KEY-FILE".into());
    };
    serve(listener(TcpListener::bind(address).await?, cert_file, key_file)?).await
}

/// Accepts TLS on this socket.
pub fn listener(
    socket: TcpListener,
    cert_file: &str,
    key_file: &str,
) -> Result<TlsListener<TcpListener>, Box<dyn Error>> {
    let credential = Credential::from_pem(&*ring::provider(), &std::fs::read(cert_file)?, &std::fs::read(key_file)?)?;
    let config = ServerConfig::builder(credential).alpn_protocols(["h2", "http/1.1"]).build()?;
    Ok(TlsListener::new(socket, TlsAcceptor::new(config))
        .on_failure(|client, error| eprintln!("no connection with {client}: {error}")))
}

/// Serves until the process ends.
pub async fn serve(listener: TlsListener<TcpListener>) -> Result<(), Box<dyn Error>> {
    let app = Router::new().route("/", get(hello));
    Ok(axum::serve(listener, app.into_make_service_with_connect_info::<TlsClient>()).await?)
}

async fn hello(ConnectInfo(client): ConnectInfo<TlsClient>) -> String {
    let info = client.info.as_deref();
    let protocol = info.and_then(ConnectionInfo::alpn_protocol).unwrap_or(b"no protocol").escape_ascii();
    let suite = info.map_or("unknown", |info| info.suite().name);
    format!("hello {}, by {protocol}, with {suite}\n", client.address.ip())
}
