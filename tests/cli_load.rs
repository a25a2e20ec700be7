//! The tool under load: much data each way for each way of ending, and many clients at once.
#![cfg(all(feature = "cli", unix))]

#[path = "support/mod.rs"]
mod support;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use support::pki::{KeyKind, PKI, SERVER_NAME};
use tempfile::TempDir;
use tls12::crypto::ring;
use tls12::io::blocking::StreamOwned;
use tls12::verify::TrustStore;
use tls12::{ClientConfig, ServerConfig};

/// How much goes each way, in bytes.
const MUCH: u64 = 100_000_000;

const TIMEOUT: Duration = Duration::from_secs(120);

/// Bytes of which no part is like another: their number, multiplied.
struct Pattern(u64);

impl Read for Pattern {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let most = buf.len().min(usize::try_from((MUCH - self.0).next_multiple_of(8)).unwrap());
        let mut n = 0;
        for eight in buf[..most].chunks_exact_mut(8) {
            eight.copy_from_slice(&(self.0 + n).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
            n += 8;
        }
        self.0 += n;
        Ok(usize::try_from(n).unwrap())
    }
}

/// Reads to the end, which must come where the pattern ends.
fn assert_pattern(mut from: impl Read) -> io::Result<()> {
    let (mut pattern, mut came, mut expected) = (Pattern(0), vec![0; 1 << 16], vec![0; 1 << 16]);
    let mut total = 0;
    while total < MUCH {
        let most = came.len().min(usize::try_from(MUCH - total).unwrap());
        let n = pattern.read(&mut expected[..most])?;
        from.read_exact(&mut came[..n])?;
        assert!(came[..n] == expected[..n], "damaged after {total} bytes");
        total += n as u64;
    }
    assert_eq!(from.read(&mut [0])?, 0, "there is more");
    Ok(())
}

fn send_pattern(mut to: impl Write) -> io::Result<()> {
    io::copy(&mut io::BufReader::with_capacity(1 << 16, Pattern(0)), &mut to)?;
    to.flush()
}

fn folder() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let identity = PKI.server(KeyKind::P256).pem();
    for (name, text) in [("ca.pem", &PKI.root_pem()), ("cert.pem", &identity.certificate), ("key.pem", &identity.key)] {
        fs::write(dir.path().join(name), text).unwrap();
    }
    dir
}

/// A process that is ended when it is no longer wanted.
struct Tool(Child);

impl Drop for Tool {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn run_client(dir: &TempDir, port: u16, args: &[&str]) -> (Tool, ChildStdin, ChildStdout) {
    let address = format!("127.0.0.1:{port}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_tls12"));
    command.args(["client", &address, "--ca", "ca.pem"]).args(args).current_dir(dir.path());
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    (Tool(child), stdin, stdout)
}

/// How the server ends, when everything has gone both ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// The client closes first, and the server answers.
    ClientFirst,
    /// The client closes first, and the server's transport ends.
    ClientFirstUnanswered,
    /// The server closes first, and standard input of the client stays open.
    ServerFirst,
    /// The transport ends, and nobody has closed.
    Truncated,
}

/// Sends and receives at once.
fn serve(socket: TcpStream, ending: Ending) {
    socket.set_read_timeout(Some(TIMEOUT)).unwrap();
    let config = ServerConfig::builder(PKI.server(KeyKind::P256).credential(&*ring::provider())).build().unwrap();
    let mut stream = StreamOwned::server(config, socket.try_clone().unwrap());
    stream.complete_handshake().unwrap();
    let (mut reader, mut writer) = stream.into_split(|socket| Ok((socket.try_clone()?, socket))).unwrap();
    let receiving = thread::spawn(move || {
        let (mut pattern, mut came, mut expected) = (Pattern(0), vec![0; 1 << 16], vec![0; 1 << 16]);
        let mut total = 0;
        while total < MUCH {
            let most = came.len().min(usize::try_from(MUCH - total).unwrap());
            let n = pattern.read(&mut expected[..most]).unwrap();
            reader.read_exact(&mut came[..n]).unwrap();
            assert!(came[..n] == expected[..n], "damaged after {total} bytes");
            total += n as u64;
        }
        if matches!(ending, Ending::ClientFirst | Ending::ClientFirstUnanswered) {
            assert_eq!(reader.read(&mut [0]).unwrap(), 0, "close_notify");
        }
    });
    send_pattern(&mut writer).unwrap();
    if ending == Ending::ServerFirst {
        receiving.join().unwrap();
        writer.close().unwrap();
    } else {
        receiving.join().unwrap();
        if ending == Ending::ClientFirst {
            writer.close().unwrap();
        }
    }
    let _ = socket.shutdown(std::net::Shutdown::Write);
}

#[test]
fn a_hundred_megabytes_go_both_ways_intact_however_it_ends() {
    let dir = folder();
    for (ending, code) in
        [(Ending::ClientFirst, 0), (Ending::ClientFirstUnanswered, 0), (Ending::ServerFirst, 0), (Ending::Truncated, 6)]
    {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let serving = thread::spawn(move || serve(listener.accept().unwrap().0, ending));
        let (mut tool, mut stdin, stdout) = run_client(&dir, port, &[]);
        let sending = thread::spawn(move || {
            send_pattern(&mut stdin).unwrap();
            // Closed here, or when everything is over.
            matches!(ending, Ending::ServerFirst | Ending::Truncated).then_some(stdin)
        });
        assert_pattern(stdout).unwrap();
        let stdin = sending.join().unwrap();
        assert_eq!(tool.0.wait().unwrap().code(), Some(code), "{ending:?}");
        serving.join().unwrap();
        drop(stdin);
    }
}

/// How often a client of many says something: the tool's server ends a connection after a minute of silence.
const OFTEN: Duration = Duration::from_secs(10);

/// Of these, the first say nothing.
const CLIENTS: usize = 1000;
const SILENT: usize = 200;

/// How many shake hands at a time.
const THREADS: usize = 8;

fn assert_echo(stream: &mut StreamOwned<TcpStream>, text: &[u8]) {
    stream.write_all(text).unwrap();
    stream.flush().unwrap();
    let mut answer = vec![0; text.len()];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(answer, text);
}

/// It needs more file descriptors than a process has by default, so it starts itself once more.
#[test]
fn a_thousand_clients_are_served_at_once_with_silent_ones_among_them() {
    const AGAIN: &str = "TLS12_TEST_AGAIN";
    if env::var_os(AGAIN).is_none() {
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -n 4096 && exec \"$0\" \"$@\""]).arg(env::current_exe().unwrap());
        command.args(["--exact", "--nocapture", "a_thousand_clients_are_served_at_once_with_silent_ones_among_them"]);
        assert!(command.env(AGAIN, "yes").status().unwrap().success());
        return;
    }
    let dir = folder();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tls12"));
    command.args(["server", "127.0.0.1:0", "--echo", "--cert", "cert.pem", "--key", "key.pem"]);
    let command = command.current_dir(dir.path()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut server = Tool(command.spawn().unwrap());
    let mut line = String::new();
    let mut stdout = io::BufReader::new(server.0.stdout.take().unwrap());
    io::BufRead::read_line(&mut stdout, &mut line).unwrap();
    let port: u16 = line.trim_end().rsplit_once(':').unwrap().1.parse().unwrap();
    let connect = move || {
        let socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
        socket.set_read_timeout(Some(TIMEOUT)).unwrap();
        socket
    };
    let silent: Vec<TcpStream> = (0..SILENT).map(|_| connect()).collect();
    let roots = Arc::new(TrustStore::from_pem(PKI.root_pem().as_bytes()).unwrap());
    let config = ClientConfig::builder(roots).build().unwrap();
    // Some at a time shake hands; then all are there at once. On a slow machine this takes so long that the first must not be
    // silent meanwhile.
    let connect_some = || {
        let mut connected: Vec<StreamOwned<TcpStream>> = Vec::new();
        let mut said = Instant::now();
        for _ in 0..(CLIENTS - SILENT) / THREADS {
            let name = SERVER_NAME.try_into().unwrap();
            let mut stream = StreamOwned::client(Arc::clone(&config), name, connect()).unwrap();
            stream.complete_handshake().unwrap();
            connected.push(stream);
            if said.elapsed() > OFTEN {
                said = Instant::now();
                connected.iter_mut().for_each(|stream| assert_echo(stream, b"."));
            }
        }
        connected
    };
    let mut connected: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(connect_some)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(connected.len() + silent.len(), CLIENTS);
    for (number, stream) in connected.iter_mut().enumerate() {
        stream.write_all(&number.to_be_bytes()).unwrap();
        stream.flush().unwrap();
    }
    for (number, stream) in connected.iter_mut().enumerate() {
        let mut answer = [0; size_of::<usize>()];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(answer, number.to_be_bytes());
    }
    for mut stream in connected {
        stream.close().unwrap();
        assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    }
}
