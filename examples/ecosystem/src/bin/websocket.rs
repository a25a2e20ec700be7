//! A WebSocket client, with tokio-tungstenite: `cargo run --bin websocket -- URL CA-FILE TEXT`, such as
//! `wss://server.example/chat`. Sends one message, and prints the answer.

use std::error::Error;
use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use rustls_pki_types::ServerName;
use tls12::ClientConfig;
use tls12::io::tokio::TlsConnector;
use tls12::verify::TrustStore;
use tokio::net::TcpStream;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::http::Uri;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [url, ca_file, text] = args.as_slice() else {
        return Err("usage: websocket URL CA-FILE TEXT".into());
    };
    println!("{}", ask(url, ca_file, text).await?);
    Ok(())
}

async fn ask(url: &str, ca_file: &str, text: &str) -> Result<String, Box<dyn Error>> {
    let uri: Uri = url.parse()?;
    let host = uri.host().ok_or("the URL names no server")?;
    let port = uri.port_u16().unwrap_or(443);

    // WebSocket starts as HTTP/1.1.
    let config = ClientConfig::builder(Arc::new(TrustStore::from_pem_file(ca_file)?));
    let connector = TlsConnector::new(config.alpn_protocols(["http/1.1"]).build()?).port(port);
    let socket = TcpStream::connect((host, port)).await?;
    let stream = connector.connect(ServerName::try_from(host.to_owned())?, socket).await?;

    // `client_async` accepts any stream; `connect_async` would create one with a TLS library that it supports.
    let (mut web_socket, _response) = client_async(url, stream).await?;
    web_socket.send(Message::text(text)).await?;
    let answer = web_socket.next().await.ok_or("the server has closed the connection")??;
    web_socket.close(None).await?;
    // Until the server has closed its side too.
    while let Some(message) = web_socket.next().await {
        message?;
    }
    Ok(answer.into_text()?.to_string())
}
