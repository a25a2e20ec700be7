//! Ways to a server: by STARTTLS, by a proxy, within a time.

pub mod databases;
pub mod mail;
mod names;
pub mod others;
pub mod proxies;
mod published;
pub mod scripted;

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use tempfile::TempDir;

use crate::support::daemon::Daemon;
use crate::tool::{Finished, tls12};

/// A real server with the certificate in `cert.pem`.
pub struct Real {
    pub dir: TempDir,
    pub port: u16,
    _daemon: Daemon,
}

/// Servers of mail and chat want to be started by root.
fn is_root(dir: &TempDir) -> bool {
    let is_root = fs::metadata(dir.path()).unwrap().uid() == 0;
    if !is_root {
        assert!(std::env::var_os("CI").is_none(), "only root can start this server");
        eprintln!("passed over: only root can start this server");
    }
    is_root
}

fn write(dir: &TempDir, name: &str, text: &str) -> String {
    let path = dir.path().join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn folder(dir: &TempDir, name: &str) -> String {
    let path = dir.path().join(name);
    fs::create_dir(&path).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Where `cert.pem` and `key.pem` are.
fn identity(dir: &TempDir) -> [String; 2] {
    ["cert.pem", "key.pem"].map(|name| dir.path().join(name).to_str().unwrap().to_owned())
}

/// Starts TLS so at a server on this port, says `text`, and waits for an answer that begins so.
#[track_caller]
fn greet(dir: &TempDir, port: u16, args: &[&str], text: &[u8], answer: &str) -> Finished {
    let address = format!("127.0.0.1:{port}");
    let always = ["client", &address, "--ca", "ca.pem", "--server-name", "server.example"];
    let mut client = tls12(&[&always, args].concat(), dir);
    client.say(text);
    let mut lines = Vec::new();
    while !answer.is_empty() && !lines.last().is_some_and(|line: &String| line.starts_with(answer)) {
        match client.lines[0].recv_timeout(crate::tool::TIMEOUT) {
            Ok(line) => lines.push(line),
            Err(_) => panic!("{lines:?}: {:?}", client.finish()),
        }
    }
    let done = client.finish();
    assert_eq!(done.assert_succeeded().summary("verdict"), ["trusted"]);
    done
}

impl Real {
    /// As [`greet`]. Without STARTTLS, the failure says which option to give.
    #[track_caller]
    fn greets(&self, protocol: &str, text: &[u8], answer: &str) {
        greet(&self.dir, self.port, &["--starttls", protocol], text, answer);
    }

    /// Connects without STARTTLS, and is advised to use it.
    #[track_caller]
    fn advises(&self, option: &str) {
        let address = format!("127.0.0.1:{}", self.port);
        let done = tls12(&["client", &address, "--ca", "ca.pem", "--timeout", "5"], &self.dir).finish();
        assert_ne!(done.status.code(), Some(0));
        assert!(done.stderr.concat().contains(option), "{done:?}");
    }
}

/// Lets everybody into this folder, as servers that leave root behind need it.
fn open_to_all(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}
