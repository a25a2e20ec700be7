//! Runs programs, and reads their output.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Nothing here takes so long: it keeps a fault from hanging the tests.
pub const TIMEOUT: Duration = Duration::from_secs(60);

/// A program that runs. Dropped, it is ended.
pub struct Running {
    pub child: Child,
    /// Standard output and standard error, line by line as they come.
    pub lines: [Receiver<String>; 2],
}

impl Running {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        Self { child, lines: [lines_of(stdout), lines_of(stderr)] }
    }

    pub fn stdin(&mut self) -> &mut std::process::ChildStdin {
        self.child.stdin.as_mut().unwrap()
    }

    /// Writes to its standard input. If it has ended already, panics with what it said, which tells why.
    #[track_caller]
    pub fn say(&mut self, text: &[u8]) {
        if let Err(error) = self.stdin().write_all(text) {
            let status = self.child.wait();
            let said = self.lines.each_ref().map(|lines| lines.iter().collect::<Vec<_>>());
            panic!("it does not read its input ({error}): {status:?}, {said:?}");
        }
    }

    /// The next line of standard output.
    pub fn stdout_line(&self) -> String {
        self.lines[0].recv_timeout(TIMEOUT).expect("a line on standard output")
    }

    /// The next line of standard error.
    pub fn stderr_line(&self) -> String {
        self.lines[1].recv_timeout(TIMEOUT).expect("a line on standard error")
    }

    /// The next line of a server's log, which must be about a client on this machine, without the client's address.
    #[track_caller]
    pub fn log_line(&self) -> String {
        let line = self.stderr_line();
        let (start, said) = line.split_once(": ").unwrap_or_else(|| panic!("{line}"));
        let (time, client) = start.split_once(' ').unwrap_or_else(|| panic!("{line}"));
        assert!(time.len() == "2026-01-01T00:00:00Z".len() && time.ends_with('Z'), "{line}");
        assert!(client.starts_with("127.0.0.1:"), "{line}");
        said.to_owned()
    }

    /// The next lines of a server's log: a client was served, and closed. Returns the fields of the first line.
    #[track_caller]
    pub fn log_of_served(&self) -> Vec<String> {
        let line = self.log_line();
        let fields = line.strip_prefix("connected: ").unwrap_or_else(|| panic!("{line}"));
        assert_eq!(self.log_line(), "closed");
        fields.split("; ").map(str::to_owned).collect()
    }

    /// Closes its standard input, and waits for its end.
    pub fn finish(mut self) -> Finished {
        self.child.stdin = None;
        self.wait()
    }

    /// Waits for its end.
    pub fn wait(mut self) -> Finished {
        let deadline = Instant::now() + TIMEOUT;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "it does not end");
            thread::sleep(Duration::from_millis(5));
        };
        let [stdout, stderr] = &self.lines;
        Finished { status, stdout: stdout.iter().collect(), stderr: stderr.iter().collect() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn lines_of(from: impl Read + Send + 'static) -> Receiver<String> {
    let (send, lines) = channel();
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                break;
            }
        }
    });
    lines
}

/// What a program has said and done.
#[derive(Debug)]
pub struct Finished {
    pub status: ExitStatus,
    pub stdout: Vec<String>,
    pub stderr: Vec<String>,
}

impl Finished {
    /// It could not start, as it should.
    #[track_caller]
    pub fn assert_no_start(&self, why: &str) {
        self.assert_failed(1, why);
    }

    /// The handshake failed, as it should.
    #[track_caller]
    pub fn assert_no_handshake(&self, why: &str) {
        self.assert_failed(5, why);
    }

    /// The other side's certificate was refused, as it should.
    #[track_caller]
    pub fn assert_not_trusted(&self, why: &str) {
        self.assert_failed(4, "");
        let said: Vec<_> = self.stderr.iter().filter(|line| line.contains(why)).collect();
        assert_eq!(said.len(), 1, "said once: {why}: {self:?}");
    }

    /// There was no connection, or none that lasted, as it should be.
    #[track_caller]
    pub fn assert_no_connection(&self, why: &str) {
        self.assert_failed(3, why);
    }

    /// It failed as it should: with this code, and one line that holds `why`, which can be explained in the lines after it.
    #[track_caller]
    pub fn assert_failed(&self, code: i32, why: &str) {
        assert_eq!(self.status.code(), Some(code), "{self:?}");
        let mut rest = self.stderr.iter().skip_while(|line| !line.starts_with("tls12: "));
        let error = rest.next().unwrap_or_else(|| panic!("{self:?}"));
        assert!(error.contains(why), "not \"{why}\": {self:?}");
        let explains = |line: &str| line == "what to try:" || line.starts_with("  ") || line.starts_with("- ");
        assert!(rest.all(|line| explains(line)), "{self:?}");
    }

    #[track_caller]
    pub fn assert_succeeded(&self) -> &Self {
        assert_eq!(self.status.code(), Some(0), "{self:?}");
        self
    }

    #[track_caller]
    pub fn assert_usage_error(&self, why: &str) {
        assert_eq!(self.status.code(), Some(2), "{self:?}");
        assert!(self.stderr.concat().contains(why), "not \"{why}\": {self:?}");
    }

    /// The value in the summary's line of this key.
    pub fn summary(&self, key: &str) -> Vec<&str> {
        let value = |line: &'_ str| line.strip_prefix(key)?.strip_prefix(": ").map(str::len);
        self.stderr.iter().filter_map(|line| value(line).map(|len| &line[line.len() - len..])).collect()
    }
}

pub fn run(program: &str, args: &[&str], dir: &TempDir) -> Running {
    Running::start(Command::new(program).args(args).current_dir(dir.path()))
}

pub fn tls12(args: &[&str], dir: &TempDir) -> Running {
    run(env!("CARGO_BIN_EXE_tls12"), args, dir)
}

/// A server of ours that listens, and its port. Its first certificate is `cert.pem`.
pub fn server(args: &[&str], dir: &TempDir) -> (Running, u16) {
    listening(tls12(&[&["server", "127.0.0.1:0", "--cert", "cert.pem"], args].concat(), dir))
}

/// A server of ours, when it listens, and its port.
pub fn listening(server: Running) -> (Running, u16) {
    let line = server.stdout_line();
    let port = line.strip_prefix("listening on 127.0.0.1:").unwrap_or_else(|| panic!("{line}")).parse().unwrap();
    (server, port)
}

/// A client of ours to a server on this port, that trusts our root.
pub fn client(port: u16, args: &[&str], dir: &TempDir) -> Running {
    client_trusting(port, &[&["--ca", "ca.pem"], args].concat(), dir)
}

/// A client of ours to a server on this port, that trusts whom its arguments say.
pub fn client_trusting(port: u16, args: &[&str], dir: &TempDir) -> Running {
    tls12(&[&["client", &format!("127.0.0.1:{port}")], args].concat(), dir)
}

/// Sends a text by the client, and waits for its end.
pub fn exchange(mut client: Running, text: &str) -> Finished {
    // One that fails at once reads nothing.
    let _ = client.stdin().write_all(text.as_bytes());
    client.finish()
}
