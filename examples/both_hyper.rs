//! An HTTPS client on hyper for new and old servers: `cargo run --features rustls,hyper --example both_hyper -- CA-FILE URL...`.
//! The same client fetches each URL, and says how it was connected.

use std::error::Error;
use std::sync::Arc;

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tls12::io::both::Connector;
use tls12::io::both::hyper::HttpsConnector;
use tls12::verify::TrustStore;
use tls12::{ClientConfig, Policy};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [ca_file, urls @ ..] = args.as_slice() else {
        return Err("usage: both_hyper CA-FILE URL...".into());
    };
    for page in get(ca_file, urls).await? {
        println!("{page}");
    }
    Ok(())
}

/// Returns the status and the body of each page.
pub async fn get(ca_file: &str, urls: &[String]) -> Result<Vec<String>, Box<dyn Error>> {
    let config = ClientConfig::builder(Arc::new(TrustStore::from_pem_file(ca_file)?));
    let config = config.policy(Policy::legacy()).alpn_protocols(["http/1.1"]).build()?;
    let connector = Connector::new(&config)?.on_fallback(|fallback| {
        eprintln!("{}: TLS 1.2 without rustls, because {}", fallback.server_name.to_str(), fallback.reason);
    });
    let client = Client::builder(TokioExecutor::new()).build(HttpsConnector::new(connector));
    let mut pages = Vec::new();
    for url in urls {
        let answer = client.request(hyper::Request::get(url).body(Empty::<Bytes>::new())?).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        pages.push(format!("{status}\n{}", String::from_utf8_lossy(&body)));
    }
    Ok(pages)
}
