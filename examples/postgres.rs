//! A PostgreSQL client: `cargo run --features postgres --example postgres -- SETTINGS CA-FILE`, such as
//! `"host=db.example user=me password=secret sslmode=require channel_binding=require"`. Prints how it is connected.

use std::error::Error;
use std::sync::Arc;

use tls12::ClientConfig;
use tls12::io::postgres::PostgresConnector;
use tls12::verify::TrustStore;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [settings, ca_file] = args.as_slice() else {
        return Err("usage: postgres SETTINGS CA-FILE".into());
    };
    println!("{}", connected_by(settings, ca_file).await?);
    Ok(())
}

/// Returns the server's view of the connection: TLS version and suite.
pub async fn connected_by(settings: &str, ca_file: &str) -> Result<String, Box<dyn Error>> {
    let config = ClientConfig::builder(Arc::new(TrustStore::from_pem_file(ca_file)?)).build()?;
    let (client, connection) = tokio_postgres::connect(settings, PostgresConnector::new(config)).await?;
    let connection = tokio::spawn(connection);
    let row = client.query_one("SELECT version, cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()", &[]).await?;
    let (version, cipher): (String, String) = (row.get(0), row.get(1));
    // Dropping the client ends the connection.
    drop(client);
    connection.await??;
    Ok(format!("{version} {cipher}"))
}
