//! A server that reloads its files at SIGHUP.
#![cfg(unix)]

use std::process::Command;

use crate::support::pki::{KeyKind, PKI};
use crate::tool::{Running, client, exchange, server};
use crate::{files, write_identity};

/// Sends SIGHUP, and returns what the server says to that.
fn hang_up(server: &Running) -> String {
    let sent = Command::new("kill").args(["-HUP", &server.child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    server.stderr_line()
}

#[test]
fn a_server_reads_its_files_again_when_it_is_hung_up() {
    let dir = files();
    let (server, port) = server(&["--key", "key.pem", "--echo"], &dir);
    let connect = |args: &[&str]| {
        let done = exchange(client(port, args, &dir), "hello\n");
        assert_eq!(done.assert_succeeded().stdout, ["hello"]);
        server.log_of_served();
        done
    };
    let first = connect(&["--session-out", "session"]);
    assert!(first.summary("suite")[0].contains("_RSA_"));

    // Another key and certificate: new connections have them, and sessions go on.
    write_identity(dir.path(), "", PKI.server(KeyKind::P256));
    assert!(hang_up(&server).contains("were reloaded"));
    let resumed = connect(&["--session-in", "session"]);
    assert_eq!(resumed.summary("resumed"), ["by ticket"]);
    assert!(connect(&[]).summary("suite")[0].contains("_ECDSA_"));

    // What cannot be read changes nothing.
    for (file, content) in [("key.pem", "no key"), ("cert.pem", "no certificate")] {
        std::fs::write(dir.path().join(file), content).unwrap();
        let said = hang_up(&server);
        assert!(said.contains("NOTHING WAS CHANGED") && said.contains(file), "{said}");
        assert!(connect(&[]).summary("suite")[0].contains("_ECDSA_"));
    }
}
