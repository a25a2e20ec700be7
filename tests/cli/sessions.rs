//! Sessions in files, from one run to the next.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::SystemTime;

use tempfile::TempDir;

use crate::files;
use crate::tool::{Finished, TIMEOUT, client, exchange, server};

const OUT: [&str; 2] = ["--session-out", "session"];
const IN: [&str; 2] = ["--session-in", "session"];

fn again(port: u16, args: &[&[&str]], dir: &TempDir) -> Finished {
    let done = exchange(client(port, &args.concat(), dir), "again\n");
    assert_eq!(done.assert_succeeded().stdout, ["again"]);
    done
}

/// Each way in which a session can be found, by what client and server are told.
const WAYS: [(&[&str], &[&str], &str); 4] = [
    (&[], &[], "by ticket"),
    (&[], &["--session-ids", "off"], "by ticket"),
    (&[], &["--tickets", "off"], "by session ID"),
    (&["--tickets", "off"], &[], "by session ID"),
];

#[test]
fn a_session_is_resumed_by_a_later_run() {
    let dir = files();
    for (clients, servers, how) in WAYS {
        let (server, port) = server(&[&["--key", "key.pem", "--echo"], servers].concat(), &dir);
        let first = again(port, &[clients, &OUT], &dir);
        assert_eq!(first.summary("resumed"), ["no"]);
        server.log_of_served();
        // Any number of times, from the same file, or from one that it is carried on to.
        for file in ["session", "other"] {
            let later = again(port, &[clients, &IN, &["--session-out", file]], &dir);
            assert_eq!(later.summary("resumed"), [how]);
            assert_eq!(later.summary("verdict"), ["trusted when the session was created"]);
            assert_eq!(later.summary("chain"), first.summary("chain"));
            assert!(server.log_of_served().contains(&format!("resumed: {how}")));
        }
        let later = again(port, &[clients, &["--session-in", "other"]], &dir);
        assert_eq!(later.summary("resumed"), [how]);
        server.log_of_served();
    }
}

/// The server has neither of the two ways.
#[test]
fn a_session_that_there_is_not_is_told() {
    let dir = files();
    let off = ["--tickets", "off", "--session-ids", "off"];
    let (_server, port) = server(&[&["--key", "key.pem", "--echo"], &off[..]].concat(), &dir);
    let done = again(port, &[&OUT], &dir);
    assert!(
        done.stderr[0].ends_with(
            "session: not written: the server sent neither a session ID nor a ticket (RFC 5246 §7.4.1.3, RFC 5077 §3.2)"
        ),
        "{done:?}"
    );
    assert!(!dir.path().join("session").exists());
}

#[cfg(unix)]
#[test]
fn a_session_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let dir = files();
    let (_server, port) = server(&["--key", "key.pem", "--echo"], &dir);
    // Also where there was a file that others could read.
    let path = dir.path().join("session");
    fs::write(&path, "something else").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    again(port, &[&OUT], &dir);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(again(port, &[&IN], &dir).summary("resumed"), ["by ticket"]);
}

/// Whatever does not fit makes a full handshake.
#[test]
fn a_session_of_another_server_or_name_is_not_resumed() {
    let dir = files();
    let (_one, port) = server(&["--key", "key.pem", "--echo"], &dir);
    again(port, &[&OUT], &dir);
    let named = again(port, &[&IN, &["--server-name", "server.example"]], &dir);
    assert_eq!(named.summary("resumed"), ["no"]);
    let (_another, port) = server(&["--key", "key.pem", "--echo"], &dir);
    assert_eq!(again(port, &[&IN], &dir).summary("resumed"), ["no"]);
}

#[test]
fn a_session_that_is_too_old_is_told() {
    let dir = files();
    let (_server, port) = server(&["--key", "key.pem", "--echo"], &dir);
    again(port, &[&OUT, &["--tickets", "off"]], &dir);
    let path = dir.path().join("session");
    let mut bytes = fs::read(&path).unwrap();
    // The time in it is now, in eight bytes; it becomes that of 1970.
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let is_now = |bytes: &[u8]| u64::from_be_bytes(bytes.try_into().unwrap()).abs_diff(now) <= TIMEOUT.as_secs();
    let times: Vec<usize> = (0..bytes.len() - 8).filter(|at| is_now(&bytes[*at..*at + 8])).collect();
    assert_eq!(times.len(), 1);
    bytes[times[0]..times[0] + 8].fill(0);
    fs::write(&path, bytes).unwrap();
    let done = again(port, &[&IN], &dir);
    assert!(done.stderr[0].ends_with("session: the session has expired, and is not offered"), "{done:?}");
    assert_eq!(done.summary("resumed"), ["no"]);
}

#[test]
fn a_clients_certificate_is_known_when_its_session_is_resumed() {
    let dir = files();
    let args = ["--key", "key.pem", "--echo", "--client-ca", "ca.pem", "--require-client-cert"];
    let (server, port) = server(&args, &dir);
    let shown = ["--client-cert", "client-cert.pem", "--client-key", "client-key.pem"];
    again(port, &[&OUT, &shown], &dir);
    server.log_of_served();
    // A session is resumed with the same certificates of the client only.
    let later = again(port, &[&IN, &shown], &dir);
    assert_eq!(later.summary("resumed"), ["by ticket"]);
    assert!(server.log_of_served().contains(&"client-certificate: CN=tls12 test client".to_owned()));
}

/// RFC 5246 §7.2.2: a session whose connection ended with a fatal alert must not be resumed.
#[test]
fn the_session_of_a_connection_that_failed_is_removed() {
    let dir = files();
    let (_server, port) = server(&["--key", "key.pem", "--echo"], &dir);
    let done = exchange(client(damaging(port), &OUT, &dir), "x");
    assert_eq!(done.status.code(), Some(5), "{done:?}");
    assert!(done.stderr.iter().any(|line| line.starts_with("tls12: removed ") && line.contains("session")), "{done:?}");
    let failed = "tls12: the connection failed on the server's side: a record";
    assert!(done.stderr.iter().any(|line| line.starts_with(failed)), "{done:?}");
    assert!(!dir.path().join("session").exists());
}

/// Forwards one connection to this port, but changes a bit in the first record of application data that the server sends.
fn damaging(port: u16) -> u16 {
    const APPLICATION_DATA: u8 = 23;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let mut client = listener.accept().unwrap().0;
        let mut server = TcpStream::connect(("127.0.0.1", port)).unwrap();
        server.set_read_timeout(Some(TIMEOUT)).unwrap();
        client.set_read_timeout(Some(TIMEOUT)).unwrap();
        let (mut from_client, mut to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        thread::spawn(move || {
            let _ = std::io::copy(&mut from_client, &mut to_server);
            let _ = to_server.shutdown(Shutdown::Write);
        });
        loop {
            let mut header = [0; 5];
            if server.read_exact(&mut header).is_err() {
                return;
            }
            let mut record = vec![0; usize::from(u16::from_be_bytes([header[3], header[4]]))];
            if server.read_exact(&mut record).is_err() {
                return;
            }
            if header[0] == APPLICATION_DATA {
                *record.last_mut().unwrap() ^= 1;
            }
            if client.write_all(&[&header, &*record].concat()).is_err() {
                return;
            }
        }
    });
    address.port()
}

/// The file is written when there is a session: a client that is stopped before leaves nothing.
#[test]
fn a_client_that_is_stopped_leaves_no_file() {
    let dir = files();
    let names = || fs::read_dir(dir.path()).unwrap().count();
    let before = names();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = client(listener.local_addr().unwrap().port(), &OUT, &dir);
    let socket = listener.accept().unwrap().0;
    socket.set_read_timeout(Some(TIMEOUT)).unwrap();
    // It has sent its ClientHello, and waits.
    socket.peek(&mut [0]).unwrap();
    client.child.kill().unwrap();
    client.child.wait().unwrap();
    assert_eq!(names(), before);
}
