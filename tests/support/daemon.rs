//! Servers of others, as child processes with ports of their own.

use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

/// Nothing here takes so long: it keeps a fault from hanging the tests.
const BOUND: Duration = Duration::from_secs(60);

/// How long a server has to end when it is asked to.
const FAREWELL: Duration = Duration::from_secs(5);

const PAUSE: Duration = Duration::from_millis(20);

/// Where a program is; none if it is not installed, which is an error in CI.
pub fn installed(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = env::split_paths(&path).collect();
    folders.push(PathBuf::from("/usr/sbin"));
    // Debian keeps the programs of each version of PostgreSQL apart.
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    folders.extend(versions.map(|version| version.path().join("bin")));
    let found = folders.into_iter().map(|folder| folder.join(program)).find(|path| path.is_file());
    if found.is_none() {
        assert!(env::var_os("CI").is_none(), "{program} is not installed");
        eprintln!("passed over: {program} is not installed (apt-get install it, as .ci/run does)");
    }
    found
}

/// A server that runs. Dropped, it is asked to end, with its children, and then made to.
pub struct Daemon {
    child: Child,
    log: PathBuf,
}

impl Daemon {
    /// What it writes goes to `log`.
    pub fn start(command: &mut Command, log: PathBuf) -> Self {
        let file = fs::File::create(&log).unwrap();
        // What it leaves behind, such as the memory of one that crashes at its end, goes with the folder.
        if command.get_current_dir().is_none() {
            command.current_dir(log.parent().unwrap());
        }
        command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file);
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        Self { child, log }
    }

    /// Waits until it listens on this port.
    pub fn wait_for_port(&mut self, port: u16) {
        let deadline = Instant::now() + BOUND;
        while TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).is_err() {
            let ended = self.child.try_wait().unwrap();
            let said = || String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned();
            assert!(ended.is_none() && Instant::now() < deadline, "it does not listen ({ended:?}): {}", said());
            thread::sleep(PAUSE);
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let deadline = Instant::now() + FAREWELL;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            thread::sleep(PAUSE);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
