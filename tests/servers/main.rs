//! The adapters with the servers and clients that they are for: the examples ask nginx for a page and PostgreSQL for an answer,
//! and serve curl. A test whose program is not installed is skipped, except where the environment variable `CI` is set.

#[path = "../../examples/hyper.rs"]
#[allow(dead_code, reason = "its main is for the command line")]
mod hyper_example;
mod nginx;
mod openssl;
mod postgres;
mod serve;
#[path = "../support/mod.rs"]
mod support;

#[path = "../interop/peer.rs"]
#[allow(dead_code, reason = "the other tests use the rest")]
mod peer;

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::thread;
use std::time::Instant;

use peer::{BOUND, PAUSE};
use support::daemon::installed;
use support::pki::{KeyKind, PKI};
use support::ports::free_port;
use tempfile::TempDir;

/// A folder with a server's certificate and key, and the root that the examples trust.
struct Folder {
    dir: TempDir,
    certificate: String,
    key: String,
    roots: String,
}

impl Folder {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let identity = PKI.server(KeyKind::Rsa).pem();
        let file = |name: &str, content: &str| {
            let path = dir.path().join(name);
            fs::write(&path, content).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let certificate = file("server.pem", &identity.certificate);
        let key = file("server.key", &identity.key);
        let roots = file("roots.pem", &PKI.root_pem());
        Self { certificate, key, roots, dir }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }
}

/// Waits until somebody listens on this port.
fn wait_for_port(port: u16) {
    let deadline = Instant::now() + BOUND;
    while TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).is_err() {
        assert!(Instant::now() < deadline, "nobody listens");
        thread::sleep(PAUSE);
    }
}

/// Runs what is to be waited for, but not for ever.
fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(BOUND, future).await.expect("it hangs") })
}
