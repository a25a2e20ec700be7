//! How handshakes that fail are explained: at length to the user, in a line of the log, or in several.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use crate::files;
use crate::tool::{Finished, TIMEOUT, client, server};

impl Finished {
    /// The explanation of the failure: its lines, from "tls12: " on.
    #[track_caller]
    fn explanation(&self) -> Vec<&str> {
        let lines = self.stderr.iter().skip_while(|line| !line.starts_with("tls12: "));
        lines.map(String::as_str).collect()
    }
}

/// It advises this, and nothing in the names of the library's items.
#[track_caller]
fn assert_in_options(explanation: &[&str], advice: &str) {
    assert!(explanation.iter().any(|line| line.starts_with(advice)), "{explanation:?}");
    let foreign = ["::", "Policy", "Builder", "Agreement"];
    assert!(!explanation.iter().any(|line| foreign.iter().any(|name| line.contains(name))), "{explanation:?}");
}

/// What stands against a client certificate, and what would be asked of another.
#[test]
fn a_client_certificate_that_does_not_fit_is_told() {
    let dir = files();
    let asking = ["--key", "key.pem", "--echo", "--client-ca", "ca.pem", "--request-client-cert"];
    let (_server, port) = server(&asking, &dir);
    // It is nobody's but its own.
    let own = rcgen::generate_simple_self_signed(["client".to_owned()]).unwrap();
    crate::write_pem(dir.path(), "own-cert.pem", "CERTIFICATE", own.cert.der());
    crate::write_pem(dir.path(), "own-key.pem", "PRIVATE KEY", &own.signing_key.serialize_der());
    let done = client(port, &["--client-cert", "own-cert.pem", "--client-key", "own-key.pem"], &dir).finish();
    done.assert_no_handshake("the server ended the handshake with the alert unknown_ca");
    let explanation = done.explanation();
    let unfit = "  client certificate 1: no certificate of its chain was issued by a CA that the server names";
    assert!(explanation.contains(&unfit), "{explanation:?}");
    assert_in_options(&explanation, "- add the intermediate certificates to the file after --client-cert");
}

/// Which suites each side has, and what to change.
#[test]
fn what_the_two_sides_lack_is_explained_to_both() {
    let dir = files();
    let offered = "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA";
    for verbose in [&[][..], &["--verbose"]] {
        let (server, port) = server(&[&["--key", "key.pem", "--echo", "--policy", "modern"], verbose].concat(), &dir);
        let done = client(port, &["--suite", offered], &dir).finish();
        done.assert_no_handshake("the server refused our ClientHello with the alert handshake_failure");
        let explanation = done.explanation();
        assert!(explanation.contains(&format!("  suites: {offered}").as_str()), "{explanation:?}");
        assert_in_options(&explanation, "- leave out --suite, or also give it with one of these: ");
        let tries = explanation.iter().skip_while(|line| **line != "what to try:").skip(1);
        assert!(tries.clone().count() > 0 && tries.clone().all(|line| line.starts_with("- ")), "{explanation:?}");

        let line = server.log_line();
        assert!(line.starts_with("handshake failed: the two sides have no cipher suite"), "{line}");
        if verbose.is_empty() {
            assert!(line.ends_with(&format!(" (try: give --policy default, which also allows {offered})")), "{line}");
        } else {
            // The address stands before each line.
            let lines: Vec<String> =
                std::iter::repeat_with(|| server.log_line()).take_while(|line| line != "what to try:").collect();
            assert!(lines.iter().all(|line| line.starts_with("  ")), "{lines:?}");
            assert!(lines.concat().contains(offered), "{lines:?}");
            assert!(server.log_line().starts_with("- "));
        }
    }
}

#[test]
fn a_client_is_told_whose_certificate_it_lacks() {
    let dir = files();
    let (_server, port) =
        server(&["--key", "key.pem", "--echo", "--client-ca", "ca.pem", "--require-client-cert"], &dir);
    let done = client(port, &[], &dir).finish();
    done.assert_no_handshake("the server ended the handshake with the alert handshake_failure");
    let explanation = done.explanation();
    let asked = "  the server requested a client certificate, from one of: CN=tls12 test root";
    assert!(explanation.contains(&asked) && explanation.contains(&"  none was sent"), "{explanation:?}");
    assert_in_options(
        &explanation,
        "- give --client-cert and --client-key, with a certificate issued by one of these: CN=tls12 test root",
    );
}

/// More than a ClientHello has, in bytes.
const ALL: usize = 1 << 14;

/// A server that reads at most so much, and then does this.
fn other_server(most: usize, then: impl FnOnce(TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let mut client = listener.accept().unwrap().0;
        client.set_read_timeout(Some(TIMEOUT)).unwrap();
        let _ = client.read(&mut vec![0; most]).unwrap();
        then(client);
    });
    port
}

#[test]
fn a_server_of_another_protocol_is_named() {
    let dir = files();
    let port = other_server(ALL, |mut client| client.write_all(b"220 mail.example ESMTP\r\n").unwrap());
    let done = client(port, &[], &dir).finish();
    done.assert_no_handshake("failed on the server's side: ");
    assert!(done.explanation()[0].contains("SMTP"), "{done:?}");
}

#[test]
fn a_server_that_leaves_is_told_from_one_that_answers() {
    let dir = files();
    let port = other_server(ALL, drop);
    client(port, &[], &dir).finish().assert_no_connection("without close_notify (FIN) right after our ClientHello");
    // What it has not read when it closes makes its system reset the connection.
    let port = other_server(1, drop);
    client(port, &[], &dir).finish().assert_no_connection("reset the connection (RST) right after our ClientHello");
}
