//! gRPC, client and server, with tonic:
//!
//! ```text
//! cargo run --bin grpc -- serve ADDR:PORT CERT-FILE KEY-FILE
//! cargo run --bin grpc -- check URL CA-FILE
//! ```
//!
//! The service is gRPC's health check, from tonic-health; yours is used in the same way. gRPC uses HTTP/2, so both sides
//! negotiate the protocol `h2` (ALPN).

use std::error::Error;
use std::sync::Arc;

use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tls12::crypto::ring;
use tls12::io::axum::TlsListener;
use tls12::io::hyper::HttpsConnector;
use tls12::io::tokio::TlsAcceptor;
use tls12::verify::TrustStore;
use tls12::{ClientConfig, Credential, ServerConfig};
use tokio::net::TcpListener;
use tonic::service::Routes;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["serve", address, cert_file, key_file] => serve(address, cert_file, key_file).await,
        ["check", url, ca_file] => {
            println!("{}", check(url, ca_file).await?);
            Ok(())
        }
        _ => Err("usage: grpc serve ADDR:PORT CERT-FILE KEY-FILE, or: grpc check URL CA-FILE".into()),
    }
}

/// Asks the server at `url`, such as `https://server.example:50051`, whether it serves.
///
/// tonic's own `Channel` refuses `https` unless tonic is built with one of the TLS libraries that it supports. Its clients
/// accept any HTTP client, however, such as hyper's.
async fn check(url: &str, ca_file: &str) -> Result<&'static str, Box<dyn Error>> {
    let config = ClientConfig::builder(Arc::new(TrustStore::from_pem_file(ca_file)?)).alpn_protocols(["h2"]).build()?;
    let mut http = HttpConnector::new();
    // It also creates the TCP connections for `https`.
    http.enforce_http(false);
    let client = Client::builder(TokioExecutor::new()).http2_only(true).build(HttpsConnector::https_only(http, config));

    let mut health = HealthClient::with_origin(client, url.parse()?);
    // An empty name means the server as a whole.
    let answer = health.check(HealthCheckRequest { service: String::new() }).await?;
    Ok(answer.get_ref().status().as_str_name())
}

/// Serves until the process ends.
async fn serve(address: &str, cert_file: &str, key_file: &str) -> Result<(), Box<dyn Error>> {
    let credential = Credential::from_pem(&*ring::provider(), &std::fs::read(cert_file)?, &std::fs::read(key_file)?)?;
    let config = ServerConfig::builder(credential).alpn_protocols(["h2"]).build()?;
    let listener = TlsListener::new(TcpListener::bind(address).await?, TlsAcceptor::new(config))
        .on_failure(|client, error| eprintln!("no connection with {client}: {error}"));
    // tonic's services form an axum router.
    let (_reporter, health) = tonic_health::server::health_reporter();
    Ok(axum::serve(listener, Routes::new(health).into_axum_router()).await?)
}
