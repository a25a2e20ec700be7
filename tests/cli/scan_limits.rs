//! `tls12 scan` by STARTTLS and through a proxy; servers that do not speak TLS, and the limits of a scan.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::files;
use crate::openssl::openssl_is_here;
use crate::scan::{RSA, openssl, openssl_suites, scan, suites};
use crate::tool::tls12;

/// Starts TLS as an SMTP server does (RFC 3207), and leaves it to the server on `port`.
fn smtp(port: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut near in listener.incoming().map_while(Result::ok) {
            near.write_all(b"220 mail.example ESMTP\r\n").unwrap();
            // Nobody sends more than a line before the answer.
            let mut lines = BufReader::new(near.try_clone().unwrap()).lines();
            while let Some(Ok(line)) = lines.next() {
                let ready = line.eq_ignore_ascii_case("STARTTLS");
                near.write_all(if ready { b"220 go ahead\r\n" } else { b"250-mail.example\r\n250 STARTTLS\r\n" })
                    .unwrap();
                if ready {
                    break;
                }
            }
            let mut far = TcpStream::connect(("127.0.0.1", port)).unwrap();
            let (mut from, mut to) = (near.try_clone().unwrap(), far.try_clone().unwrap());
            thread::spawn(move || {
                let _ = std::io::copy(&mut from, &mut to);
                let _ = to.shutdown(Shutdown::Write);
            });
            thread::spawn(move || {
                let _ = std::io::copy(&mut far, &mut near);
                let _ = near.shutdown(Shutdown::Write);
            });
        }
    });
    own
}

/// Each connection begins in the clear.
#[test]
fn a_server_behind_starttls_is_scanned() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    let ciphers = "AES128-GCM-SHA256:AES256-GCM-SHA384";
    let (_server, port) = openssl(&[&RSA[..], &["-tls1_2", "-cipher", ciphers, "-serverpref"]].concat(), &dir);
    let found = scan(smtp(port), &["--starttls", "smtp"], &dir);
    assert_eq!(suites(&found, "TLS 1.2"), openssl_suites(ciphers));
    assert_eq!((&found["sessions"]["failure"], &found["intolerances"]), (&Value::Null, &json!([])));
    // TLS from the first byte on is not what this server speaks.
    let address = format!("127.0.0.1:{}", smtp(port));
    let done = tls12(&["scan", &address, "--ca", "ca.pem"], &dir).finish();
    done.assert_failed(3, "the server supports no version of TLS: it answered something that is not TLS");
}

/// A server that takes whatever is offered does not keep a scan busy for ever.
#[test]
fn connections_are_bounded() {
    let dir = files();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    thread::spawn(move || {
        for mut client in listener.incoming().map_while(Result::ok) {
            counted.fetch_add(1, Ordering::SeqCst);
            let mut hello = [0; 1 << 14];
            let n = client.read(&mut hello).unwrap_or(0);
            // The first suite stands behind the headers, version, random, an empty session ID and the length of the list.
            let Some([high, low]) = hello[..n].get(46..48) else { continue };
            // A ServerHello without extensions, and a ServerHelloDone (RFC 5246 §7.4.1.3, §7.4.5).
            let body = [&[3, 3][..], &[9; 32], &[0, *high, *low, 0]].concat();
            let messages = [&[2, 0, 0, 38][..], &body, &[14, 0, 0, 0]].concat();
            let _ = client.write_all(&[&[22, 3, 3, 0, 46][..], &messages].concat());
        }
    });
    let found = scan(port, &[], &dir);
    // MAX_CONNECTIONS.
    assert_eq!((count.load(Ordering::SeqCst), &found["connections"]), (250, &json!(250)));
}

/// A server that says nothing, or a byte now and then for ever, is left when the time of a probe is over.
#[test]
fn a_server_that_does_not_answer_does_not_keep_a_scan() {
    let dir = files();
    for trickles in [false, true] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        thread::spawn(move || {
            for mut client in listener.incoming().map_while(Result::ok) {
                thread::spawn(move || {
                    // A record of 16 KiB that never comes to its end, while the client is there.
                    let _ = client.write_all(&[22, 3, 3, 64, 0]);
                    while trickles && client.write_all(&[0]).is_ok() {
                        thread::sleep(Duration::from_millis(20));
                    }
                    let _ = client.read_to_end(&mut Vec::new());
                });
            }
        });
        let done = tls12(&["scan", &address, "--ca", "ca.pem", "--timeout", "0.3"], &dir).finish();
        done.assert_failed(3, "the server supports no version of TLS: it answered nothing to TLS 1.0");
    }
}

/// Each connection of a scan goes through the proxy.
#[test]
fn a_server_behind_a_proxy_is_scanned() {
    if !openssl_is_here() {
        return;
    }
    let dir = files();
    let Some((_proxy, proxy)) = crate::reach::proxies::tinyproxy(&dir, "") else { return };
    let ciphers = "AES128-GCM-SHA256:AES256-GCM-SHA384";
    let (_server, port) = openssl(&[&RSA[..], &["-tls1_2", "-cipher", ciphers, "-serverpref"]].concat(), &dir);
    let url = format!("http://127.0.0.1:{proxy}");
    let found = scan(port, &["--proxy", &url], &dir);
    assert_eq!(suites(&found, "TLS 1.2"), openssl_suites(ciphers));
    assert_eq!(found["sessions"]["failure"], Value::Null);
    // Nobody is there for the proxy.
    let nobody = crate::support::ports::free_port();
    let address = format!("127.0.0.1:{nobody}");
    let done = tls12(&["scan", &address, "--ca", "ca.pem", "--proxy", &url], &dir).finish();
    done.assert_failed(3, &format!("tls12: {address}: the proxy 127.0.0.1:{proxy} did not connect to {address}: "));
}

#[test]
fn what_is_not_tls_is_said() {
    let dir = files();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut client in listener.incoming().map_while(Result::ok) {
            let _ = client.read(&mut [0; 1 << 14]);
            let _ = client.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let address = format!("127.0.0.1:{port}");
    let done = tls12(&["scan", &address, "--ca", "ca.pem"], &dir).finish();
    done.assert_failed(3, "the server supports no version of TLS: it answered something that is not TLS to TLS 1.0");
}
