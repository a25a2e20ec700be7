//! An HTTPS client on hyper, HTTP/1.1 or HTTP/2: `cargo run --features hyper --example hyper -- URL CA-FILE`.

use std::error::Error;
use std::sync::Arc;

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tls12::ClientConfig;
use tls12::io::hyper::HttpsConnector;
use tls12::verify::TrustStore;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [url, ca_file] = args.as_slice() else {
        return Err("usage: hyper URL CA-FILE".into());
    };
    println!("{}", get(url, ca_file, &["h2", "http/1.1"]).await?);
    Ok(())
}

/// Returns the version of HTTP, the status, and the body. The server chooses among `protocols`.
pub async fn get(url: &str, ca_file: &str, protocols: &[&str]) -> Result<String, Box<dyn Error>> {
    let config =
        ClientConfig::builder(Arc::new(TrustStore::from_pem_file(ca_file)?)).alpn_protocols(protocols).build()?;
    let mut http = HttpConnector::new();
    // It also creates the TCP connections for `https`.
    http.enforce_http(false);
    let client = Client::builder(TokioExecutor::new()).build(HttpsConnector::https_only(http, config));
    let request = hyper::Request::get(url).body(Empty::<Bytes>::new())?;
    let answer = client.request(request).await?;
    let head = format!("{:?} {}\n", answer.version(), answer.status());
    let body = answer.into_body().collect().await?.to_bytes();
    Ok(head + str::from_utf8(&body)?)
}
