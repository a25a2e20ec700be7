//! How connections end, and how the tool reports it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use tls12::io::blocking::StreamOwned;

use crate::files;
use crate::reach::scripted::{config, serving};
use crate::tool::{Finished, TIMEOUT, client, exchange};

type Stream = StreamOwned<TcpStream>;

/// A server whose handshake is complete does this.
fn server(then: impl FnOnce(Stream) + Send + 'static) -> u16 {
    serving(|socket| {
        let mut stream = StreamOwned::server(config(), socket);
        stream.complete_handshake().unwrap();
        then(stream);
    })
}

fn noted(done: &Finished, text: &str) -> bool {
    done.stderr.iter().any(|line| line.starts_with("tls12: note: ") && line.contains(text))
}

/// RFC 5246 §7.2.1: whoever closes need not wait for the answer, and servers such as nginx give none.
#[test]
fn the_end_of_the_transport_after_our_close_is_an_end() {
    let dir = files();
    let port = server(|mut stream| {
        let mut request = Vec::new();
        stream.read_to_end(&mut request).unwrap();
        stream.write_all(b"all of it\n").unwrap();
        // No close_notify.
    });
    let done = exchange(client(port, &[], &dir), "request\n");
    assert_eq!(done.assert_succeeded().stdout, ["all of it"]);
    assert!(noted(&done, "without close_notify, after ours"), "{done:?}");
    // An answer is no reason for a note.
    let port = server(|mut stream| {
        stream.read_to_end(&mut Vec::new()).unwrap();
        stream.close().unwrap();
    });
    let done = exchange(client(port, &[], &dir), "request\n");
    assert!(!noted(done.assert_succeeded(), ""), "{done:?}");
}

#[test]
fn the_end_of_the_transport_before_our_close_is_a_truncation() {
    let dir = files();
    for args in [&[][..], &["--keep-open"]] {
        let port = server(|mut stream| stream.write_all(b"a part\n").unwrap());
        let mut client = client(port, args, &dir);
        let stdin = if args.is_empty() { client.child.stdin.take() } else { None };
        let done = if stdin.is_some() { client.wait() } else { client.finish() };
        drop(stdin);
        done.assert_failed(6, "the connection ended without close_notify");
        assert_eq!(done.stdout, ["a part"]);
    }
}

/// A record that is cut off is missing, whoever has closed.
#[test]
fn a_record_that_is_cut_off_is_a_truncation_even_after_our_close() {
    let dir = files();
    let port = server(|mut stream| {
        stream.read_to_end(&mut Vec::new()).unwrap();
        // The head of a record of 100 bytes.
        stream.transport_mut().write_all(&[23, 3, 3, 0, 100, 1, 2, 3]).unwrap();
    });
    exchange(client(port, &[], &dir), "request\n").assert_failed(6, "without close_notify");
}

#[test]
fn nothing_is_sent_at_the_end_of_the_input_if_the_connection_is_kept_open() {
    let dir = files();
    let port = server(|mut stream| {
        let mut request = [0; 8];
        stream.read_exact(&mut request).unwrap();
        // A server that stops as soon as the client has closed has something to say only while it has not.
        stream.transport_mut().set_read_timeout(Some(std::time::Duration::from_millis(300))).unwrap();
        let error = stream.read(&mut [0]).unwrap_err();
        assert!(error.get_ref().is_none(), "{error}");
        stream.transport_mut().set_read_timeout(Some(TIMEOUT)).unwrap();
        stream.write_all(b"still open\n").unwrap();
        stream.close().unwrap();
    });
    let done = exchange(client(port, &["--keep-open"], &dir), "request\n");
    assert_eq!(done.assert_succeeded().stdout, ["still open"]);
}

#[test]
fn what_was_sent_before_the_server_left_is_told_if_it_was_lost() {
    let dir = files();
    // It closes in order while much is on its way to it.
    let port = server(|mut stream| stream.close().unwrap());
    let mut client = client(port, &[], &dir);
    let much = vec![b'x'; 10_000_000];
    let _ = client.stdin().write_all(&much);
    let code = client.finish().status.code();
    assert!(matches!(code, Some(0 | 3)), "{code:?}");
}

#[test]
fn the_times_and_the_address_are_told() {
    let dir = files();
    let port = server(|mut stream| {
        stream.write_all(b"x\n").unwrap();
        stream.close().unwrap();
    });
    let done = client(port, &[], &dir).finish();
    assert_eq!(done.assert_succeeded().summary("address"), [format!("127.0.0.1:{port}")]);
    for key in ["connect-time", "handshake-time", "first-byte-time"] {
        let [time] = done.summary(key)[..] else { panic!("{key}: {done:?}") };
        let time: f64 = time.strip_suffix(" ms").unwrap().parse().unwrap();
        assert!((0.0..60_000.0).contains(&time), "{done:?}");
    }
    // Where nothing comes, there is no first byte.
    let port = server(|mut stream| stream.close().unwrap());
    assert!(client(port, &[], &dir).finish().summary("first-byte-time").is_empty());
}

#[test]
fn the_environment_names_a_key_log() {
    let dir = files();
    let port = server(|mut stream| stream.close().unwrap());
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_tls12"));
    command.args(["client", &format!("127.0.0.1:{port}"), "--ca", "ca.pem"]).current_dir(dir.path());
    crate::tool::Running::start(command.env("SSLKEYLOGFILE", "log")).finish().assert_succeeded();
    assert!(std::fs::read_to_string(dir.path().join("log")).unwrap().starts_with("CLIENT_RANDOM "));
    // The option has precedence.
    let port = server(|mut stream| stream.close().unwrap());
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_tls12"));
    command.args(["client", &format!("127.0.0.1:{port}"), "--ca", "ca.pem", "--keylog", "option"]);
    command.env("SSLKEYLOGFILE", "environment").current_dir(dir.path());
    crate::tool::Running::start(&mut command).finish().assert_succeeded();
    assert!(dir.path().join("option").exists() && !dir.path().join("environment").exists());
}
