//! A `redis-server`, or `valkey-server`, of our own: on a Unix socket in a temporary folder, and without persistence.
#![allow(dead_code, reason = "some is for the test of processes only, which takes feature `cli`")]

use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::support::pki::{KeyKind, PKI};
use super::support::ports::free_port;
use super::wait_until;

/// Dropped, it is ended.
pub struct RedisServer {
    program: &'static str,
    folder: TempDir,
    child: Child,
    tls_port: Option<u16>,
}

impl RedisServer {
    /// None, and a word of it, if it is not installed.
    pub fn start() -> Option<Self> {
        Self::start_at(None)
    }

    /// As [`Self::start`]; it also listens for TLS, with the certificate of [`PKI`].
    pub fn start_with_tls() -> Option<Self> {
        Self::start_at(Some(free_port()))
    }

    pub fn tls_url(&self) -> String {
        format!("rediss://127.0.0.1:{}", self.tls_port.unwrap())
    }

    fn start_at(tls_port: Option<u16>) -> Option<Self> {
        let installed = |program: &&str| Command::new(program).arg("--version").output().is_ok();
        let Some(program) = ["redis-server", "valkey-server"].into_iter().find(installed) else {
            let message = "redis-server is not installed; to install it: apt-get install redis-server";
            assert!(std::env::var_os("CI").is_none(), "{message}");
            eprintln!("skipped: {message}");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let child = spawn(program, &folder, tls_port);
        let server = Self { program, folder, child, tls_port };
        server.wait_until_ready();
        Some(server)
    }

    pub fn url(&self) -> String {
        format!("unix://{}/redis.sock", self.folder.path().display())
    }

    pub fn stop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again after [`Self::stop`]: it holds nothing then.
    pub fn start_again(&mut self) {
        self.child = spawn(self.program, &self.folder, self.tls_port);
        self.wait_until_ready();
    }

    fn wait_until_ready(&self) {
        wait_until("redis-server answers", || {
            self.connect().is_ok_and(|mut connection| redis::cmd("PING").exec(&mut connection).is_ok())
        });
    }

    fn connect(&self) -> redis::RedisResult<redis::Connection> {
        redis::Client::open(self.url())?.get_connection()
    }

    /// What it answers to a command.
    #[track_caller]
    pub fn ask<T: redis::FromRedisValue>(&self, command: &[&[u8]]) -> T {
        let mut cmd = redis::Cmd::new();
        for part in command {
            cmd.arg(*part);
        }
        cmd.query(&mut self.connect().unwrap()).unwrap()
    }

    /// The names of all that it holds.
    pub fn names(&self) -> Vec<Vec<u8>> {
        self.ask(&[b"KEYS", b"*"])
    }

    pub fn value(&self, name: &[u8]) -> Option<Vec<u8>> {
        self.ask(&[b"GET", name])
    }

    pub fn set(&self, name: &[u8], value: &[u8]) {
        self.ask(&[b"SET", name, value])
    }
}

fn spawn(program: &str, folder: &TempDir, tls_port: Option<u16>) -> Child {
    let args = ["--port", "0", "--unixsocket", "redis.sock", "--save", "", "--appendonly", "no"];
    let mut command = Command::new(program);
    command.args(args).current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if let Some(port) = tls_port {
        let identity = PKI.server(KeyKind::Rsa).pem();
        std::fs::write(folder.path().join("cert.pem"), identity.certificate).unwrap();
        std::fs::write(folder.path().join("key.pem"), identity.key).unwrap();
        command.args(["--tls-port", &port.to_string(), "--tls-cert-file", "cert.pem", "--tls-key-file", "key.pem"]);
        command.args(["--tls-auth-clients", "no"]);
    }
    command.spawn().unwrap()
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
