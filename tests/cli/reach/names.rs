//! The names of servers, the form of the ClientHello, and limits of time.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use super::scripted::{config, serving};
use crate::files;
use crate::tool::{client, exchange, server, tls12};

use tls12::io::blocking::StreamOwned;

#[test]
fn the_name_that_is_asked_for_is_not_the_one_that_is_verified() {
    let dir = files();
    let (server, port) = server(&["--key", "key.pem", "--echo"], &dir);
    for (args, asked) in [
        (&["--server-name", "server.example"][..], "server.example"),
        (&["--server-name", "other.example", "--verify-name", "server.example"], "other.example"),
        (&["--verify-name", "server.example"], "none"),
        (&["--no-server-name", "--verify-name", "server.example"], "none"),
        (&["--no-server-name"], "none"),
    ] {
        exchange(client(port, args, &dir), "x").assert_succeeded();
        assert!(server.log_of_served().contains(&format!("server-name: {asked}")), "{args:?}");
    }
    let verified = ["--server-name", "server.example", "--verify-name", "other.example"];
    client(port, &verified, &dir).finish().assert_not_trusted("you asked for other.example");
    client(port, &["--no-server-name", "--server-name", "x.example"], &dir)
        .finish()
        .assert_usage_error("cannot be used with");
}

#[test]
fn a_hello_is_as_long_as_it_should_be() {
    let dir = files();
    for least in [512_u16, 4000] {
        let port = serving(move |mut socket| {
            let mut head = [0; 5];
            socket.read_exact(&mut head).unwrap();
            assert_eq!(u16::from_be_bytes([head[3], head[4]]), least);
            socket.write_all(&[21, 3, 3, 0, 2, 2, 40]).unwrap();
        });
        let done = client(port, &["--min-hello", &least.to_string()], &dir).finish();
        // The server's assertion has held.
        done.assert_no_handshake("the alert handshake_failure");
    }
    client(1, &["--min-hello", "16385"], &dir).finish().assert_usage_error("16385 is not in 0..=16384");
}

#[test]
fn an_ipv6_address_may_have_a_scope() {
    if TcpListener::bind("[::1]:0").is_err() {
        eprintln!("passed over: there is no IPv6 here");
        return;
    }
    let dir = files();
    let server = tls12(&["server", "[::1]:0", "--cert", "cert.pem", "--key", "key.pem", "--echo"], &dir);
    let port: u16 = server.stdout_line().rsplit_once(':').unwrap().1.parse().unwrap();
    let address = format!("[::1%1]:{port}");
    let args = ["client", &address, "--ca", "ca.pem", "--verify-name", "server.example"];
    let done = exchange(tls12(&args, &dir), "x\n");
    assert_eq!(done.assert_succeeded().summary("address"), [format!("[::1]:{port}")]);
    // The certificate is asked for the address without its scope.
    let done = tls12(&["client", &address, "--ca", "ca.pem"], &dir).finish();
    done.assert_not_trusted("you asked for ::1");
}

/// A host that does not answer at all: here, one whose queue of connections is full.
#[test]
fn a_connection_is_waited_for_no_longer_than_is_said() {
    // The standard library asks for a queue of 128, and the system may make it longer.
    const MOST: usize = 5000;
    let dir = files();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(client) = TcpStream::connect_timeout(&address, Duration::from_millis(500)) {
        waiting.push(client);
        assert!(waiting.len() < MOST, "the queue does not fill up");
    }
    // One that waits as long as it does by default is still at it when the other has given up.
    let mut patient = client(address.port(), &[], &dir);
    let hasty = client(address.port(), &["--timeout", "0.3"], &dir).finish();
    hasty.assert_no_connection(&format!("cannot connect to {address}: connection timed out"));
    assert!(patient.child.try_wait().unwrap().is_none(), "both have waited for the same time");
}

#[test]
fn nobody_is_waited_for_longer_than_is_said() {
    let dir = files();
    let begun = Instant::now();
    let silent = || serving(|mut socket| drop(socket.read_to_end(&mut Vec::new())));
    client(silent(), &["--timeout", "0.3"], &dir).finish().assert_no_connection("in time");
    client(silent(), &["--timeout", "0.3", "--starttls", "smtp"], &dir)
        .finish()
        .assert_no_connection("too long; if TLS begins at once on this port, leave out --starttls");
    let proxy = format!("socks5://127.0.0.1:{}", silent());
    client(1, &["--timeout", "0.3", "--proxy", &proxy], &dir).finish().assert_no_connection("too long");
    // After the handshake too; but not after our own close_notify, when there is nothing more to be expected.
    let mute = || {
        serving(|socket| {
            let mut stream = StreamOwned::server(config(), socket);
            stream.complete_handshake().unwrap();
            let (mut socket, mut rest) = (stream.into_parts().transport, Vec::new());
            let _ = socket.read_to_end(&mut rest);
        })
    };
    let mut waiting = client(mute(), &["--timeout", "0.3"], &dir);
    let stdin = waiting.child.stdin.take();
    waiting.wait().assert_no_connection("the peer sent nothing for 300ms");
    drop(stdin);
    client(mute(), &["--timeout", "0.3", "--keep-open"], &dir).finish().assert_no_connection("sent nothing for 300ms");
    let done = client(mute(), &["--timeout", "0.3"], &dir).finish();
    assert!(
        done.assert_succeeded().stderr.concat().contains("neither answered our close_notify nor closed"),
        "{done:?}"
    );
    assert!(begun.elapsed() < crate::tool::TIMEOUT, "no default limit was waited for");
    for wrong in ["0", "x", "1e9"] {
        client(1, &["--timeout", wrong], &dir).finish().assert_usage_error("a timeout is a number of seconds");
    }
}
