//! Two `tls12 server` processes with one Redis: sessions made on one resume on the other, by ID and by ticket, through a
//! rotation, a revocation, and a Redis that is restarted and has lost all.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustls_pki_types::ServerName;
use tempfile::TempDir;
use tls12::NewSession;
use tls12::io::blocking::StreamOwned;
use tls12::session::ClientSession;

use super::redis_server::RedisServer;
use super::support::pki::{KeyKind, PKI, SERVER_NAME};
use super::{By, TIMEOUT, client, key_name, wait_until};

const SECRETS: &str = "secrets";

/// A `tls12 server` with `--echo`. Dropped, it is ended.
struct Server {
    child: Child,
    address: String,
    /// Its log, line by line.
    log: Receiver<String>,
}

impl Server {
    fn start(folder: &Path, redis: &RedisServer) -> Self {
        let mut command = server_command(folder, &redis.url());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim_end().strip_prefix("listening on ").expect("where it listens").to_owned();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (send, log) = channel();
        thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        Self { child, address, log }
    }

    /// Waits for a line of the log that has this in it.
    #[track_caller]
    fn wait_for_line(&self, what: &str) {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.log.recv_timeout(left) {
                Ok(line) if line.contains(what) => return,
                Ok(_) => {}
                Err(error) => panic!("no line of the log has \"{what}\" in it: {error}"),
            }
        }
    }

    /// Connects, and has a line sent back. Whether the session was resumed, and the last session that was given out.
    fn connect(&self, by: By, session: Option<&ClientSession>) -> (bool, Option<ClientSession>) {
        let socket = TcpStream::connect(&self.address).unwrap();
        socket.set_read_timeout(Some(TIMEOUT)).unwrap();
        let name = ServerName::try_from(SERVER_NAME).unwrap();
        let mut stream = match session {
            None => StreamOwned::client(client(by), name, socket).unwrap(),
            Some(session) => StreamOwned::resume(client(by), name, session.clone(), socket).unwrap(),
        };
        stream.write_all(b"over and back\n").unwrap();
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        assert_eq!(line, "over and back\n");
        let resumed = stream.info().unwrap().resumed();
        let session = stream.take_session().map(|session| match session {
            NewSession::Client(session) => session,
            other => panic!("{other:?}"),
        });
        stream.close().unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap();
        (resumed, session)
    }

    #[track_caller]
    fn new_session(&self, by: By) -> ClientSession {
        let (resumed, session) = self.connect(by, None);
        assert!(!resumed);
        session.expect("a session")
    }

    /// A session by ID that others find: the server keeps it when the client is served already, if Redis is quick enough.
    #[track_caller]
    fn kept_session(&self, redis: &RedisServer) -> ClientSession {
        let deadline = Instant::now() + TIMEOUT;
        while Instant::now() < deadline {
            let before = redis.names().len();
            let session = self.new_session(By::Id);
            for _ in 0..50 {
                if redis.names().len() > before {
                    return session;
                }
                thread::sleep(Duration::from_millis(20));
            }
        }
        panic!("no session is kept");
    }

    /// By ID it may take some tries, while the machine is slow or the server has not seen that Redis is back.
    #[track_caller]
    fn assert_resumes(&self, by: By, session: &ClientSession) {
        match by {
            By::Id => wait_until("the session is resumed", || self.connect(by, Some(session)).0),
            By::Ticket => assert!(self.connect(by, Some(session)).0),
        }
    }

    #[track_caller]
    fn assert_full(&self, by: By, session: &ClientSession) {
        assert!(!self.connect(by, Some(session)).0);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn tls12(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tls12"));
    command.args(args).current_dir(folder);
    command
}

fn server_command(folder: &Path, redis: &str) -> Command {
    let files = ["--cert", "cert.pem", "--key", "key.pem", "--redis", redis, "--fleet-secrets", SECRETS];
    tls12(folder, &[&["server", "--echo", "127.0.0.1:0"][..], &files].concat())
}

/// The server's files, and the fleet's secrets.
fn files() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let pem = PKI.server(KeyKind::Rsa).pem();
    for (name, text) in [("cert.pem", pem.certificate), ("key.pem", pem.key), (SECRETS, "5a".repeat(32) + "\n")] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// `tls12 ticket-keys`.
fn change_keys(folder: &Path, redis: &RedisServer, change: &[&str]) -> Output {
    let place = ["ticket-keys", "--redis", &redis.url(), "--fleet-secrets", SECRETS];
    tls12(folder, &[&place, change].concat()).output().unwrap()
}

#[test]
fn two_servers_are_one() {
    let Some(mut redis) = RedisServer::start() else { return };
    let files = files();
    let folder = files.path();
    let [one, other] = [Server::start(folder, &redis), Server::start(folder, &redis)];
    let both = [&one, &other];
    both.iter().for_each(|server| server.wait_for_line("ticket keys of generation 1"));

    // By ID, and by ticket.
    let by_id = one.kept_session(&redis);
    let by_ticket = one.new_session(By::Ticket);
    for server in [&other, &one] {
        server.assert_resumes(By::Id, &by_id);
        server.assert_resumes(By::Ticket, &by_ticket);
    }

    // Through a rotation: the old ticket is accepted, and replaced by one of the new key.
    assert!(change_keys(folder, &redis, &["rotate"]).status.success());
    both.iter().for_each(|server| server.wait_for_line("ticket keys of generation 2"));
    let (resumed, renewed) = other.connect(By::Ticket, Some(&by_ticket));
    let renewed = renewed.expect("another ticket");
    assert!(resumed && key_name(&renewed) != key_name(&by_ticket));
    one.assert_resumes(By::Ticket, &renewed);
    one.assert_resumes(By::Id, &by_id);

    // Redis goes down. Nobody is refused, and tickets go on.
    redis.stop();
    for server in both {
        server.assert_full(By::Id, &by_id);
        server.assert_resumes(By::Ticket, &renewed);
        server.wait_for_line("unreachable");
    }

    // It comes back, and knows nothing: new sessions are shared again, and the ticket keys are the servers' old ones.
    redis.start_again();
    wait_until("the ticket keys are put back", || redis.names().len() == 1);
    for (here, there) in [(&one, &other), (&other, &one)] {
        let again = here.kept_session(&redis);
        there.assert_resumes(By::Id, &again);
        there.assert_full(By::Id, &by_id);
        let ticket = here.new_session(By::Ticket);
        assert_eq!(key_name(&ticket), key_name(&renewed));
        there.assert_resumes(By::Ticket, &ticket);
    }

    // A key is compromised.
    let name: String = key_name(&renewed).iter().map(|byte| format!("{byte:02x}")).collect();
    let revoked = change_keys(folder, &redis, &["revoke", &name]);
    assert!(revoked.status.success(), "{revoked:?}");
    both.iter().for_each(|server| server.wait_for_line("ticket keys of generation 3"));
    both.iter().for_each(|server| server.assert_full(By::Ticket, &renewed));
    let ticket = one.new_session(By::Ticket);
    other.assert_resumes(By::Ticket, &ticket);
    let gone = change_keys(folder, &redis, &["revoke", &name]);
    assert!(!gone.status.success());
    assert!(String::from_utf8(gone.stderr).unwrap().contains("there is no ticket key with this name"));
}

/// While Redis takes longer than a handshake would wait, a change of the keys waits for it.
#[test]
fn the_keys_are_changed_by_a_slow_redis() {
    let Some(redis) = RedisServer::start() else { return };
    let files = files();
    // Many times the limit of a server, `FleetBuilder::TIME_LIMIT`, and less than that of the command.
    let _: String = redis.ask(&[b"CLIENT", b"PAUSE", b"2000", b"ALL"]);
    let rotated = change_keys(files.path(), &redis, &["rotate"]);
    assert!(rotated.status.success(), "{rotated:?}");
}

#[test]
fn wrong_secrets_are_named() {
    let files = files();
    let folder = files.path();
    let fails = |redis: &str, text: &str, why: &str| {
        fs::write(folder.join(SECRETS), text).unwrap();
        let output = server_command(folder, redis).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(why) && said.lines().count() == 1, "not \"{why}\": {said}");
    };
    let secret = "5a".repeat(32);
    let redis = "unix:///no/such/socket";
    fails(redis, "", "secrets: it contains no secret");
    fails(redis, &secret[1..], "secrets: line 1: 64 hexadecimal digits are expected");
    fails(redis, &format!("{secret}\n{secret}0\n"), "secrets: line 2: ");
    fails(redis, &format!("{secret}\n{}\n", secret.replace('5', "+")), "secrets: line 2: ");
    fails("https://localhost", &secret, "the URL of Redis: ");
}
