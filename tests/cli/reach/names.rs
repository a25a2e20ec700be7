//! The names of servers, the form of the ClientHello, and limits of time.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

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
    client(port, &verified, &dir).finish().assert_not_trusted("but not for other.example");
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
    // The interface by its number and by its name, which the system says.
    for scope in ["1".to_owned(), loopback_interface()] {
        let address = format!("[::1%{scope}]:{port}");
        let args = ["client", &address, "--ca", "ca.pem", "--verify-name", "server.example"];
        let done = exchange(tls12(&args, &dir), "x\n");
        assert_eq!(done.assert_succeeded().summary("address"), [format!("[::1]:{port}")]);
        // The certificate is asked for the address without its scope.
        let done = tls12(&["client", &address, "--ca", "ca.pem"], &dir).finish();
        done.assert_not_trusted("but not for ::1");
        // A server listens there too.
        let args = ["server", &format!("[::1%{scope}]:0"), "--cert", "cert.pem", "--key", "key.pem", "--echo"];
        assert!(tls12(&args, &dir).stdout_line().starts_with("listening on [::1]:"));
    }
    let done = tls12(&["client", &format!("[::1%no-such]:{port}"), "--ca", "ca.pem"], &dir).finish();
    done.assert_no_connection("there is no network interface \"no-such\"");
    let done = tls12(&["client", "[fe80::1]:1", "--ca", "ca.pem", "--timeout", "1"], &dir).finish();
    done.assert_no_connection("add the network interface to this link-local address");
}

/// The name of the interface that has the address ::1, by the system's own list of addresses.
fn loopback_interface() -> String {
    let addresses = std::fs::read_to_string("/proc/net/if_inet6").unwrap_or_default();
    let line = addresses.lines().find(|line| line.starts_with("00000000000000000000000000000001 "));
    line.and_then(|line| line.split_whitespace().last()).unwrap_or("lo0").to_owned()
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
    let silent = || serving(|mut socket| drop(socket.read_to_end(&mut Vec::new())));
    let at = |port: u16| format!("127.0.0.1:{port}");
    let bare = |port: u16| vec![at(port)];
    let starttls = |port: u16| vec![at(port), "--starttls".to_owned(), "smtp".to_owned()];
    let by_proxy = |port: u16| vec![at(1), "--proxy".to_owned(), format!("socks5://{}", at(port))];
    for (args, why) in [
        (&bare as &dyn Fn(u16) -> Vec<String>, "in time"),
        (&starttls, "too long; if TLS begins at once on this port, leave out --starttls"),
        (&by_proxy, "too long"),
    ] {
        let ask = |more: &[&str]| {
            let args = args(silent());
            let args: Vec<&str> =
                ["client", "--ca", "ca.pem"].into_iter().chain(args.iter().map(String::as_str)).collect();
            tls12(&[&args, more].concat(), &dir)
        };
        // One that waits as long as it does by default is still at it when the other has given up.
        let mut patient = ask(&[]);
        ask(&["--timeout", "0.3"]).finish().assert_no_connection(why);
        assert!(patient.child.try_wait().unwrap().is_none(), "both have waited for the same time");
    }
    // After the handshake too; but not after our own close_notify, when there is nothing more to be expected.
    let mute = || {
        serving(|socket| {
            let mut stream = StreamOwned::server(config(), socket);
            stream.complete_handshake().unwrap();
            let (mut socket, mut rest) = (stream.into_parts().transport, Vec::new());
            let _ = socket.read_to_end(&mut rest);
        })
    };
    // The time is enough for the handshake, which has this limit as well.
    let mut waiting = client(mute(), &["--timeout", "2"], &dir);
    let stdin = waiting.child.stdin.take();
    waiting.wait().assert_no_connection("the peer sent nothing for 2s");
    drop(stdin);
    client(mute(), &["--timeout", "2", "--keep-open"], &dir).finish().assert_no_connection("sent nothing for 2s");
    let done = client(mute(), &["--timeout", "2"], &dir).finish();
    assert!(
        done.assert_succeeded().stderr.concat().contains("neither answered our close_notify nor closed"),
        "{done:?}"
    );
    for wrong in ["0", "x", "1e9"] {
        client(1, &["--timeout", wrong], &dir).finish().assert_usage_error("a timeout is a number of seconds");
    }
}
