//! What every adapter does: a stream recreated from a live connection, limits on time and memory, the ways in which a
//! connection ends, sessions that are resumed by default, servers without a name, and all of that under stress.

#[cfg(feature = "pcapng")]
mod captured;
mod counted;
mod endings;
mod idle;
mod limits;
mod listener;
mod pipe;
mod recreated;
mod replaced;
mod resumption;
mod stress;
#[path = "../support/mod.rs"]
mod support;
#[cfg(feature = "pcapng")]
#[path = "../support/tshark.rs"]
mod tshark;
mod types;
mod unnamed;

use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::ServerName;
use support::pki::{KeyKind, PKI, Pinned, SERVER_NAME};
use tls12::crypto::ring;
use tls12::{ClientConfig, ClientConfigBuilder, Error, ServerConfig, ServerConfigBuilder};

/// Nothing here takes so long: it keeps a fault from hanging the tests.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A client that trusts the server of [`server_config`].
fn client() -> ClientConfigBuilder {
    ClientConfig::builder(Arc::new(Pinned(PKI.server(KeyKind::P256).certificate.clone())))
}

fn client_config() -> Arc<ClientConfig> {
    client().build().unwrap()
}

fn server() -> ServerConfigBuilder {
    ServerConfig::builder(PKI.server(KeyKind::P256).credential(&*ring::provider()))
}

fn server_config() -> Arc<ServerConfig> {
    server().build().unwrap()
}

fn name() -> ServerName<'static> {
    ServerName::try_from(SERVER_NAME).unwrap()
}

/// The two ends of a connection over loopback.
fn sockets() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (server, _) = listener.accept().unwrap();
    for socket in [&client, &server] {
        socket.set_read_timeout(Some(TIMEOUT)).unwrap();
        socket.set_write_timeout(Some(TIMEOUT)).unwrap();
    }
    (client, server)
}

/// Runs `test` on two threads of tokio, but not for ever.
fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(TIMEOUT, test).await.expect("it hangs") })
}

/// The TLS error in an I/O error.
fn tls_error(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}
