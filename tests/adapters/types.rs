//! Every public type of the adapters can be sent to and shared with other threads, and moved, if the transport can; and
//! holds no borrow of its own. Those of the rest of the crate: `tests/public_types.rs`.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};

use tls12::Connection;
use tls12::io::{axum, blocking, futures, hyper, postgres, tokio, ureq};

type Tokio = ::tokio::net::TcpStream;
type Smol = smol::net::TcpStream;
type Hyper = hyper_util::rt::TokioIo<Tokio>;
type Ureq = Box<dyn ::ureq::unversioned::transport::Transport>;

/// Checks when it compiles that all of these are `Send`, `Sync`, `Unpin` and `'static`; keeps their names.
macro_rules! assert_free {
    ($list:ident: $($typ:ty),* $(,)?) => {
        const $list: &str = stringify!($($typ),*);
        const _: () = {
            const fn holds<T: Send + Sync + Unpin + 'static>() {}
            $(holds::<$typ>();)*
        };
    };
}

assert_free! { ADAPTERS:
    tls12::io::CurrentConfig, tls12::io::KeyLogFile, tls12::io::Parts<Connection, TcpStream>,
    axum::TlsClient, axum::TlsListener<::tokio::net::TcpListener>,
    blocking::ReadHalf<TcpStream>, blocking::StreamOwned<TcpStream>, blocking::TlsStream<Connection, TcpStream>,
    blocking::Stream<'static, TcpStream>, blocking::WriteHalf<TcpStream>,
    futures::HandshakeError<Smol>, futures::LazyAcceptor<Smol>, futures::ReadHalf<Smol>, futures::TlsAcceptor,
    futures::TlsConnector, futures::TlsStream<Smol>, futures::WriteHalf<Smol>,
    hyper::HttpStream<Hyper>, hyper::HttpsConnector<hyper_util::client::legacy::connect::HttpConnector>,
    hyper::TlsStream<Hyper>,
    postgres::PostgresConnector, postgres::TlsConnect,
    tokio::HandshakeError<Tokio>, tokio::LazyAcceptor<Tokio>, tokio::ReadHalf<Tokio>, tokio::TlsAcceptor,
    tokio::TlsConnector, tokio::TlsStream<Tokio>, tokio::WriteHalf<Tokio>,
    ureq::TlsConnector, ureq::TlsTransport<Ureq>,
}

#[cfg(feature = "redis")]
assert_free! { REDIS:
    tls12::io::redis::Counters, tls12::io::redis::Fleet, tls12::io::redis::FleetBuilder, tls12::io::redis::FleetError,
    tls12::io::redis::Trouble, tls12::io::redis::UseOfSessions,
}
#[cfg(not(feature = "redis"))]
const REDIS: &str = "";

/// On one level, as they are declared in one folder.
#[cfg(feature = "rustls")]
mod both {
    pub use tls12::io::both::*;
    pub use tls12::io::both::{axum::*, hyper::*};
}

#[cfg(feature = "rustls")]
assert_free! { BOTH:
    both::Acceptor, both::AsyncStream<Tokio>, both::ConnectError, both::Connector, both::Fallback,
    both::FallbackEvent<'static>, both::FallbackReason, both::HttpsConnector, both::HttpsStream, both::Info,
    both::LazyAcceptor<TcpStream>, both::ReadHalf<TcpStream>, both::RustlsVerifier, both::SetupError, both::Stack,
    both::Stream<TcpStream>, both::TlsClient, both::TlsListener<::tokio::net::TcpListener>, both::WriteHalf<TcpStream>,
}
#[cfg(not(feature = "rustls"))]
const BOTH: &str = "";

#[cfg(feature = "pcapng")]
assert_free! { PCAPNG:
    tls12::io::pcapng::Capture, tls12::io::pcapng::Captured<TcpStream>, tls12::io::pcapng::CapturedListener,
    tls12::io::pcapng::Flow,
}
#[cfg(not(feature = "pcapng"))]
const PCAPNG: &str = "";

/// The handshakes and decisions of one task can be spawned on any thread.
#[test]
fn futures_can_be_sent() {
    fn is_send<T: Send>(_: &T) {}
    let connector = tokio::TlsConnector::new(crate::client_config());
    let (one, other) = ::tokio::io::duplex(1);
    is_send(&connector.connect(crate::name(), one));
    is_send(&connector.connect_without_name(None, other));
    let (one, other) = ::tokio::io::duplex(1);
    is_send(&tokio::TlsAcceptor::new(crate::server_config()).accept(one));
    is_send(&tokio::LazyAcceptor::read(other));
}

/// The modules of the adapters whose types a file of src/io declares: two, for one with a macro that both use.
fn modules_of(file: &str) -> &[&'static str] {
    match file {
        "endpoints.rs" | "poll.rs" | "poll_half.rs" => &["tokio", "futures"],
        _ => &[],
    }
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// `module::Name` of each public type in src/io, as its source declares it; of those at its root, the name alone.
fn declared() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/io");
    let (mut files, mut found) = (Vec::new(), BTreeSet::new());
    rust_files(&root, &mut files);
    for path in files {
        let file = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
        let name_of = |line: &str| {
            let line = line.trim_start();
            let rest = ["pub struct ", "pub enum ", "pub type "].iter().find_map(|start| line.strip_prefix(start))?;
            rest.split(|c: char| !c.is_alphanumeric()).next().map(str::to_owned)
        };
        let module = match file.split_once('/') {
            Some((folder, _)) => folder,
            None => file.strip_suffix(".rs").unwrap(),
        };
        for name in fs::read_to_string(&path).unwrap().lines().filter_map(name_of) {
            match modules_of(&file) {
                [] if ["mod", "current", "key_log"].contains(&module) => drop(found.insert(name)),
                [] => drop(found.insert(format!("{module}::{name}"))),
                modules => found.extend(modules.iter().map(|module| format!("{module}::{name}"))),
            }
        }
    }
    assert!(found.len() > 30, "the adapters are not where they were: {found:?}");
    found
}

/// None is left out.
#[test]
fn every_type_is_asserted() {
    let text: String = [ADAPTERS, REDIS, BOTH, PCAPNG].join(",").chars().filter(|c| !c.is_whitespace()).collect();
    // Without parameters, which contain commas.
    let mut depth = 0;
    let bare: String = text
        .chars()
        .filter(|c| {
            depth += i32::from(*c == '<');
            let outside = depth == 0;
            depth -= i32::from(*c == '>');
            outside
        })
        .collect();
    let asserted: BTreeSet<&str> = bare.split(',').map(|path| path.trim_start_matches("tls12::io::")).collect();
    let declared = declared();
    let is_built = |name: &&String| {
        (cfg!(feature = "redis") || !name.starts_with("redis::"))
            && (cfg!(feature = "rustls") || !name.starts_with("both::"))
            && (cfg!(feature = "pcapng") || !name.starts_with("pcapng::"))
    };
    let missing: Vec<_> = declared.iter().filter(is_built).filter(|name| !asserted.contains(&***name)).collect();
    assert!(missing.is_empty(), "not asserted: {missing:#?}");
}
