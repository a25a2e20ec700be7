//! A relay that keeps rustls from connecting to a server of TLS 1.3, and how that is detected.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::version::{TLS12, TLS13};
use tls12::io::both::{ConnectError, Fallback, FallbackReason, Stack};
use tls12::{AlertDescription, ClientConfig, Error, LaterVersion, Violation};

use crate::peers::{Files, Server, openssl_client};
use crate::support::daemon::installed;
use crate::{BOUND, acceptor, connect, connector, converse, listen, name, policy, roots, serve};

/// What the relay does with the first hello.
#[derive(Clone, Copy)]
enum Answers {
    Alert(u8),
    Close,
    Reset,
}

/// Relays connections to `server`, except for the first.
fn relay(server: SocketAddr, first: Answers) -> SocketAddr {
    let (listener, address) = listen();
    thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        socket.set_read_timeout(Some(BOUND)).unwrap();
        match first {
            Answers::Alert(code) => {
                read_hello(&mut socket);
                socket.write_all(&[21, 3, 3, 0, 2, 2, code]).unwrap();
            }
            Answers::Close => read_hello(&mut socket),
            // Data that was received and not read resets the connection when it is closed.
            Answers::Reset => _ = socket.peek(&mut [0]).unwrap(),
        }
        drop(socket);
        for socket in listener.incoming() {
            let (from, to) = (socket.unwrap(), TcpStream::connect(server).unwrap());
            let (mut back_from, mut back_to) = (to.try_clone().unwrap(), from.try_clone().unwrap());
            thread::spawn(move || pass(&mut back_from, &mut back_to));
            thread::spawn(move || pass(&mut { from }, &mut { to }));
        }
    });
    address
}

fn read_hello(socket: &mut TcpStream) {
    let mut header = [0; 5];
    socket.read_exact(&mut header).unwrap();
    let len = u16::from_be_bytes([header[3], header[4]]);
    io::copy(&mut socket.take(len.into()), &mut io::sink()).unwrap();
}

fn pass(from: &mut TcpStream, to: &mut TcpStream) {
    let _ = io::copy(from, to);
    let _ = to.shutdown(Shutdown::Write);
}

fn refused(server: SocketAddr, first: Answers) -> ConnectError {
    connect(&connector(), relay(server, first)).unwrap_err()
}

fn check(error: &ConnectError, reason: FallbackReason) {
    assert!(error.is_downgrade(), "{error}");
    assert_eq!(error.stack(), Some(Stack::Tls12));
    assert_eq!(error.first_failure().map(|(reason, _)| reason), Some(reason));
    let text = error.to_string();
    assert!(
        text.starts_with("TLS 1.2 was refused, because the server supports TLS 1.3: an attacker on the path may have"),
        "{text}"
    );
    assert!(text.contains(&reason.to_string()), "{text}");
    // What it displays as is not its source too, or reports would say it twice.
    let source = std::error::Error::source(error).map(ToString::to_string);
    assert_ne!(source, Some(error.error().to_string()));
}

/// RFC 7507 §3.
#[test]
fn a_server_with_the_signalling_suite_refuses_a_forced_downgrade() {
    let Some(openssl) = Server::openssl(&[]) else { return };
    let cases = [
        (Answers::Alert(40), FallbackReason::Alert(AlertDescription::HandshakeFailure)),
        (Answers::Alert(70), FallbackReason::Alert(AlertDescription::ProtocolVersion)),
        (Answers::Alert(71), FallbackReason::Alert(AlertDescription::InsufficientSecurity)),
        (Answers::Close, FallbackReason::Ended),
        (Answers::Reset, FallbackReason::Ended),
    ];
    for (first, reason) in cases {
        let error = refused(openssl.address, first);
        let last = error.error().get_ref().unwrap().downcast_ref::<Error>();
        assert!(matches!(last, Some(Error::Alert(AlertDescription::InappropriateFallback))), "{last:?}");
        check(&error, reason);
    }
    if let Some(gnutls) = Server::gnutls("NORMAL") {
        check(&refused(gnutls.address, Answers::Close), FallbackReason::Ended);
    }
}

/// RFC 8446 §4.1.3. rustls does not know the signalling suite, but marks its random.
#[test]
fn the_random_of_a_server_without_the_signalling_suite_tells_of_it() {
    let error = refused(Server::rustls(&[&TLS13, &TLS12]).address, Answers::Close);
    let last = error.error().get_ref().unwrap().downcast_ref::<Error>();
    assert!(matches!(last, Some(Error::IllegalParameter(Violation::Downgraded))), "{last:?}");
    check(&error, FallbackReason::Ended);
}

/// The same with our own server: both guards are in it.
#[test]
fn our_own_server_refuses_a_forced_downgrade() {
    let (serving, address) = serve(acceptor(), 1);
    check(&refused(address, Answers::Close), FallbackReason::Ended);
    let error = serving.join().unwrap().remove(0).unwrap_err();
    assert!(matches!(error.get_ref().unwrap().downcast_ref(), Some(Error::InappropriateFallback)), "{error}");

    if installed("openssl").is_some() {
        let (serving, address) = serve(acceptor(), 1);
        let said = openssl_client(&Files::new(), address, &["-tls1_2", "-fallback_scsv"]);
        assert!(said.contains("inappropriate fallback"), "{said}");
        assert!(serving.join().unwrap()[0].is_err());
    }
}

/// RFC 8446 §4.1.3: a client of TLS 1.3 whose hello was changed on the way. Here, one that knows of TLS 1.3, and does not offer
/// it or send the signalling suite, since it offers a session.
#[test]
fn our_own_server_marks_its_random() {
    let (listener, address) = listen();
    let serving = thread::spawn(move || [(); 2].map(|()| acceptor().accept(listener.accept().unwrap().0).is_ok()));
    let config = |later| {
        ClientConfig::builder(roots())
            .policy(policy("_CBC_").later_version(later))
            .session_context(*b"both")
            .build()
            .unwrap()
    };
    let old = config(LaterVersion::Unsupported);
    let open = |config, session| {
        let socket = TcpStream::connect(address).unwrap();
        let mut stream = match session {
            None => tls12::io::blocking::StreamOwned::client(config, name(), socket).unwrap(),
            Some(session) => tls12::io::blocking::StreamOwned::resume(config, name(), session, socket).unwrap(),
        };
        stream.complete_handshake().map(|()| stream)
    };
    let mut first = open(old, None).unwrap();
    let Some(tls12::NewSession::Client(session)) = first.take_session() else { panic!("there is no session") };
    drop(first);
    let error = open(config(LaterVersion::Supported), Some(session)).unwrap_err();
    let violation = error.get_ref().unwrap().downcast_ref();
    assert!(matches!(violation, Some(Error::IllegalParameter(Violation::Downgraded))), "{error}");
    // Only the client knows, which sends the last Finished of a connection that is not resumed.
    assert_eq!(serving.join().unwrap(), [true, false]);
}

/// Alerts that no old server answers with, and a server that nobody may fall back for.
#[test]
fn there_is_no_fallback_after_other_failures_or_where_it_is_not_allowed() {
    let Some(old) = Server::openssl(&["-tls1_2", "-cipher", "AES128-SHA"]) else { return };
    let only_other = Fallback::Only(vec!["other.example".try_into().unwrap()]);
    for allowed in [Fallback::Never, only_other] {
        let connector = connector().fallback(allowed);
        let error = connect(&connector, old.address).unwrap_err();
        assert_eq!((error.stack(), connector.fallbacks()), (Some(Stack::Rustls), 0));
        assert!(error.to_string().contains("Connector::fallback does not allow"), "{error}");
    }
    let connector = connector().fallback(Fallback::Only(vec![name()]));
    assert_eq!(converse(connect(&connector, old.address).unwrap()).stack, Stack::Tls12);

    for code in [10, 42, 47, 48, 50, 80, 112] {
        let told = Arc::new(Mutex::new(0));
        let counted = Arc::clone(&told);
        let connector = crate::connector().on_fallback(move |_| *counted.lock().unwrap() += 1);
        let error = connect(&connector, relay(old.address, Answers::Alert(code))).unwrap_err();
        assert!(!error.is_downgrade() && error.first_failure().is_none(), "{error}");
        assert_eq!((connector.fallbacks(), *told.lock().unwrap()), (0, 0), "alert {code}");
    }
}
