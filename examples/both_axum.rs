//! An HTTPS server on axum for new and old clients: `cargo run --features rustls,axum --example both_axum -- ADDR:PORT CERT-FILE
//! KEY-FILE`. Greets each client, and reports how it is connected.

use std::error::Error;

use axum::extract::ConnectInfo;
use axum::{Router, routing::get};
use tls12::crypto::ring;
use tls12::io::both::Acceptor;
use tls12::io::both::axum::{TlsClient, TlsListener};
use tls12::{Credential, Policy, ServerConfig};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [address, cert_file, key_file] = args.as_slice() else {
        return Err("usage: both_axum ADDR:PORT CERT-FILE KEY-FILE".into());
    };
    serve(TcpListener::bind(address).await?, cert_file, key_file).await
}

/// Serves until the process ends.
pub async fn serve(socket: TcpListener, cert_file: &str, key_file: &str) -> Result<(), Box<dyn Error>> {
    let credential = Credential::from_pem(&*ring::provider(), &std::fs::read(cert_file)?, &std::fs::read(key_file)?)?;
    let config =
        ServerConfig::builder(credential).policy(Policy::legacy()).alpn_protocols(["h2", "http/1.1"]).build()?;
    let listener = TlsListener::new(socket, Acceptor::new(&config)?)
        .on_failure(|client, error| eprintln!("no connection with {client}: {error}"));
    let app = Router::new().route("/", get(hello));
    Ok(axum::serve(listener, app.into_make_service_with_connect_info::<TlsClient>()).await?)
}

async fn hello(ConnectInfo(client): ConnectInfo<TlsClient>) -> String {
    let info = &client.info;
    format!(
        "hello {}, by {}, with {}\n",
        client.address.ip(),
        info.version,
        info.suite_name().unwrap_or("another suite")
    )
}
