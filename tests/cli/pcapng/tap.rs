//! `tls12 tap`.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use super::{FILE, conclusions, file, long_text, openssl_client, tools_are_here};
use crate::files;
use crate::json::read;
use crate::openssl::openssl_server_with;
use crate::support::ports::free_port;
use crate::tool::{Running, TIMEOUT, exchange, listening, tls12};
use crate::tshark::{assert_sound, count, decrypted, tshark};

/// A relay to this port, and its own.
fn tap(target: u16, args: &[&str], dir: &TempDir) -> (Running, u16) {
    let target = format!("127.0.0.1:{target}");
    listening(tls12(&[&["tap", "127.0.0.1:0", &target, "--pcapng", FILE], args].concat(), dir))
}

fn connect(port: u16) -> TcpStream {
    let socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    socket.set_read_timeout(Some(TIMEOUT)).unwrap();
    socket
}

/// A server for one connection, and its port.
fn serving(serve: impl FnOnce(TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let socket = listener.accept().unwrap().0;
        socket.set_read_timeout(Some(TIMEOUT)).unwrap();
        serve(socket);
    });
    port
}

/// Two strangers: one of them writes a key log.
#[test]
fn what_openssl_says_to_itself_is_recorded() {
    if !tools_are_here() {
        return;
    }
    let dir = files();
    let (theirs, target) = openssl_server_with("cert.pem", "key.pem", &["-rev"], &dir);
    let (ours, port) = tap(target, &["--count", "2"], &dir);
    for _ in 0..2 {
        let client = openssl_client(port, "", &["-keylogfile", "keys"], &dir);
        exchange(client, "stressed\n").assert_succeeded();
    }
    let done = ours.wait();
    let said = |text: &str| done.stderr.iter().filter(|line| line.contains(text)).count();
    assert_eq!((said(&format!(": relayed to 127.0.0.1:{target}")), said(": closed: ")), (2, 2), "{done:?}");
    done.assert_succeeded();
    drop(theirs);

    assert_sound(&file(&dir));
    // The relay knows no secrets, and changes nothing.
    for one in conclusions(&dir, FILE, &[]) {
        assert_eq!((&one["verdict"], &one["handshakes"]), (&"unknown".into(), &0.into()), "{one:#}");
    }
    let opened = conclusions(&dir, FILE, &["--keylog", "keys"]);
    assert_eq!(opened.len(), 2);
    for one in opened {
        assert_eq!((&one["verdict"], &one["handshakes"]), (&"verified".into(), &1.into()), "{one:#}");
    }
    // Wireshark too, with the key log put inside.
    let inject = ["--inject-secrets", "tls,keys", FILE, "inside.pcapng"];
    let edited = std::process::Command::new("editcap").args(inject).current_dir(dir.path()).status().unwrap();
    assert!(edited.success());
    assert_eq!(decrypted(&dir.path().join("inside.pcapng"), 1)[0], b"stressed\n");
}

/// An end of one direction leaves the other open, and everything arrives.
#[test]
fn a_half_close_is_passed_on() {
    let dir = files();
    let text = long_text(1 << 20);
    let expected = text.clone();
    let target = serving(move |mut socket| {
        let mut came = String::new();
        socket.read_to_string(&mut came).unwrap();
        assert_eq!(came, expected);
        socket.write_all(b"after the client's end").unwrap();
    });
    let (ours, port) = tap(target, &["--once"], &dir);
    let mut client = connect(port);
    client.write_all(text.as_bytes()).unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "after the client's end");
    let done = ours.wait();
    let closed = format!(": closed: {} bytes from the client, 22 bytes from the server", text.len());
    assert!(done.assert_succeeded().stderr.iter().any(|line| line.ends_with(&closed)), "{done:?}");
    if tools_are_here() {
        assert_sound(&file(&dir));
        assert_eq!(count(&file(&dir), "tcp.flags.fin == 1"), 2);
        let ends = tshark(&file(&dir), &["-Y", "tcp.flags.fin == 1", "-T", "fields", "-e", "tcp.dstport"]);
        assert_eq!(ends.lines().next(), Some(&*port.to_string()), "the client's comes first");
    }
}

/// A reset of one side ends both, is in the file, and says whose it was.
#[test]
fn a_reset_is_told() {
    let dir = files();
    let target = serving(|socket| {
        // Closed with unread input, it is reset.
        while socket.peek(&mut [0; 8]).unwrap() < 5 {
            thread::sleep(Duration::from_millis(5));
        }
    });
    let (ours, port) = tap(target, &["--once"], &dir);
    let mut client = connect(port);
    client.write_all(b"hello").unwrap();
    let _ = client.read(&mut [0]);
    let done = ours.wait();
    assert_eq!(done.status.code(), Some(3), "{done:?}");
    assert!(done.stderr.iter().any(|line| line.contains(": reading from the server failed: ")), "{done:?}");
    assert!(done.stderr.contains(&"tls12: 1 of 1 connections failed, see above".to_owned()), "{done:?}");
    if tools_are_here() {
        assert_sound(&file(&dir));
        let resets = tshark(&file(&dir), &["-Y", "tcp.flags.reset == 1", "-T", "fields", "-e", "tcp.srcport"]);
        assert_eq!(resets.trim(), port.to_string());
        assert_eq!(count(&file(&dir), "tcp.flags.fin == 1"), 0);
    }
}

#[test]
fn a_server_that_cannot_be_reached_is_told() {
    let dir = files();
    let target = free_port();
    let (ours, port) = tap(target, &["--once"], &dir);
    assert_eq!(connect(port).read(&mut [0]).unwrap(), 0);
    let done = ours.wait();
    assert_eq!(done.status.code(), Some(3), "{done:?}");
    let why = format!(": cannot connect to 127.0.0.1:{target}: ");
    assert!(done.stderr.iter().any(|line| line.contains(&why)), "{done:?}");
}

/// Silence has an end, although nobody has closed.
#[test]
fn silent_connections_are_ended() {
    let dir = files();
    let target = serving(|mut socket| {
        let _ = socket.read(&mut [0]);
    });
    let (ours, port) = tap(target, &["--once", "--timeout", "0.2"], &dir);
    let mut client = connect(port);
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
    let done = ours.wait();
    assert_eq!(done.status.code(), Some(3), "{done:?}");
    let why = ": nothing came from either side for 200ms (--timeout)";
    assert!(done.stderr.iter().any(|line| line.ends_with(why)), "{done:?}");
}

#[test]
fn relayed_connections_are_told_in_json() {
    let dir = files();
    let target = serving(|mut socket| {
        socket.write_all(b"hello").unwrap();
    });
    let to = format!("127.0.0.1:{target}");
    let ours = tls12(&["--json", "tap", "127.0.0.1:0", &to, "--pcapng", FILE, "--once"], &dir);
    let address = read("listening", &ours.stdout_line())["address"].as_str().unwrap().to_owned();
    let mut client = TcpStream::connect(address).unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let mut said = String::new();
    client.read_to_string(&mut said).unwrap();
    assert_eq!(said, "hello");
    let done = ours.wait();
    let lines = &done.assert_succeeded().stderr;
    assert_eq!(read("relayed", &lines[0])["target"], to);
    assert_eq!(read("closed", &lines[1])["text"], "closed: 0 bytes from the client, 5 bytes from the server");
    assert!(fs::metadata(dir.path().join(FILE)).unwrap().len() > 0);
}
