//! What a connector remembers about a host, and how it reports a fallback.

use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::version::TLS13;
use tls12::AlertDescription;
use tls12::io::both::{Connector, FallbackReason, Info, Stack};

use crate::peers::Server;
use crate::{TLS_1_3, connector, converse, dial, name};

/// Connects, at a port that only distinguishes hosts, and counts the attempts.
fn attempts(connector: &Connector, address: SocketAddr, port: u16) -> (usize, Info) {
    let count = AtomicUsize::new(0);
    let dial = || {
        count.fetch_add(1, Ordering::Relaxed);
        dial(address)
    };
    let info = converse(connector.connect_with::<TcpStream>(name(), port, dial).unwrap());
    (count.into_inner(), info)
}

#[test]
fn a_host_that_needed_a_fallback_is_remembered_and_told_of() {
    let Some(old) = Server::openssl(&["-tls1_2", "-cipher", "AES128-SHA"]) else { return };
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&told);
    let connector = connector().on_fallback(move |event| {
        let rustls = event.error.get_ref().unwrap().to_string();
        sink.lock().unwrap().push((event.server_name.clone(), event.port, event.reason, rustls));
    });
    let count = |connector: &Connector, port| attempts(connector, old.address, port).0;
    assert_eq!([1, 1, 2, 1].map(|port| count(&connector, port)), [2, 1, 2, 1]);
    // Clones share what they have learnt.
    assert_eq!((count(&connector.clone(), 2), connector.fallbacks()), (1, 2));
    let reason = FallbackReason::Alert(AlertDescription::HandshakeFailure);
    let told = told.lock().unwrap();
    assert_eq!(told.len(), 2, "{told:?}");
    for (event, port) in told.iter().zip([1, 2]) {
        let (told_name, told_port, told_reason, error) = event;
        assert_eq!((told_name, *told_port, *told_reason), (&name(), port, reason));
        assert!(error.contains("alert"), "{error}");
    }
    drop(told);

    let forgetful = connector.remember_for(Duration::ZERO);
    assert_eq!([3, 3].map(|port| count(&forgetful, port)), [2, 2]);
    // A time that ends after all that can be expressed.
    let faithful = forgetful.remember_for(Duration::MAX);
    assert_eq!([4, 4].map(|port| count(&faithful, port)), [2, 1]);
}

/// RFC 7507 §3: the server answers the direct connection with inappropriate_fallback, so TLS 1.3 is tried again.
#[test]
fn a_host_that_was_renewed_gets_tls13() {
    let Some(old) = Server::openssl(&["-tls1_2", "-cipher", "AES128-SHA"]) else { return };
    let renewed = [
        Server::openssl(&[]),
        // These refuse TLS 1.2 for want of it, and with another alert.
        Server::openssl(&["-tls1_3"]),
        Server::gnutls("NORMAL:-VERS-ALL:+VERS-TLS1.3"),
        Some(Server::rustls(&[&TLS13])),
    ];
    // Without sessions: a client that offers one does not send the signalling suite, but then the server marks its random.
    let config = crate::client().no_session_store().build().unwrap();
    for new in renewed.into_iter().flatten() {
        for connector in [connector(), Connector::new(&config).unwrap()] {
            assert_eq!(attempts(&connector, old.address, 1).0, 2);
            let (count, info) = attempts(&connector, new.address, 1);
            assert_eq!((count, info.stack, info.version), (2, Stack::Rustls, TLS_1_3));
            assert_eq!((attempts(&connector, new.address, 1).0, connector.fallbacks()), (1, 1));
        }
    }
}
