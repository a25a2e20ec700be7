//! An HTTPS client on ureq: `cargo run --features ureq --example ureq -- URL CA-FILE`.

use std::error::Error;
use std::sync::Arc;

use tls12::ClientConfig;
use tls12::io::ureq::TlsConnector;
use tls12::verify::TrustStore;
use ureq::Agent;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{Connector, TcpConnector};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [url, ca_file] = args.as_slice() else {
        return Err("usage: ureq URL CA-FILE".into());
    };
    println!("{}", get(&agent(ca_file)?, url)?);
    Ok(())
}

/// Returns an agent that trusts the CAs in this file.
pub fn agent(ca_file: &str) -> Result<Agent, Box<dyn Error>> {
    let config = ClientConfig::builder(Arc::new(TrustStore::from_pem_file(ca_file)?)).build()?;
    let connector = ().chain(TcpConnector::default()).chain(TlsConnector::new(config));
    Ok(Agent::with_parts(Agent::config_builder().build(), connector, DefaultResolver::default()))
}

/// Returns the version of HTTP, the status, and the body.
pub fn get(agent: &Agent, url: &str) -> Result<String, Box<dyn Error>> {
    let mut answer = agent.get(url).call()?;
    let head = format!("{:?} {}\n", answer.version(), answer.status());
    Ok(head + &answer.body_mut().read_to_string()?)
}
