//! Proxies: tinyproxy for CONNECT, microsocks for SOCKS 5.

use std::process::Command;

use super::scripted::Line::{ClientSays, Server};
use super::scripted::{echo, serving, speak};
use super::{greet, write};
use crate::files;
use crate::support::daemon::{Daemon, installed};
use crate::support::ports::free_port;
use crate::tool::{server, tls12};

const USER: &str = "fran%C3%A7ois:p%40ss";

pub fn tinyproxy(dir: &tempfile::TempDir, settings: &str) -> Option<(Daemon, u16)> {
    let (program, port) = (installed("tinyproxy")?, free_port());
    let config = format!("Port {port}\nListen 127.0.0.1\nTimeout 60\nAllow 127.0.0.1\nMaxClients 10\n{settings}");
    let config = write(dir, "tinyproxy.conf", &config);
    let mut daemon = Daemon::start(Command::new(program).args(["-d", "-c", &config]), dir.path().join("proxy-log"));
    daemon.wait_for_port(port);
    Some((daemon, port))
}

fn microsocks(dir: &tempfile::TempDir, args: &[&str]) -> Option<(Daemon, u16)> {
    let (program, port) = (installed("microsocks")?, free_port());
    let mut command = Command::new(program);
    command.args(["-i", "127.0.0.1", "-p", &port.to_string()]).args(args);
    let mut daemon = Daemon::start(&mut command, dir.path().join("proxy-log"));
    daemon.wait_for_port(port);
    Some((daemon, port))
}

/// A server behind a proxy: with TLS at once, with STARTTLS, and none at all.
#[track_caller]
fn try_proxy(proxy: &str, dir: &tempfile::TempDir) {
    let (_server, port) = server(&["--key", "key.pem", "--echo"], dir);
    let done = greet(dir, port, &["--proxy", proxy], b"by a proxy\n", "by a proxy");
    assert!(proxy.ends_with(done.summary("address")[0]), "{done:?}");
    // The greeting of the server may come with the proxy's own answer.
    let port = serving(|mut socket| {
        let lines = [
            Server(b"220 ready\r\n".to_vec()),
            ClientSays("EHLO "),
            Server(b"250 hello\r\n".to_vec()),
            ClientSays("STARTTLS"),
            Server(b"220 go\r\n".to_vec()),
        ];
        assert!(speak(&mut socket, &lines));
        let _ = echo(socket);
    });
    greet(dir, port, &["--proxy", proxy, "--starttls", "smtp"], b"both\n", "both");
    let nobody = format!("127.0.0.1:{}", free_port());
    let done = tls12(&["client", &nobody, "--ca", "ca.pem", "--proxy", proxy], dir).finish();
    done.assert_no_connection(&format!("did not connect to {nobody}: "));
}

#[test]
fn a_server_is_reached_by_connect() {
    let dir = files();
    let Some((_proxy, port)) = tinyproxy(&dir, "") else { return };
    try_proxy(&format!("http://127.0.0.1:{port}"), &dir);
}

#[test]
fn a_proxy_by_connect_asks_who_we_are() {
    let dir = files();
    let Some((_proxy, port)) = tinyproxy(&dir, "BasicAuth user secret\n") else { return };
    try_proxy(&format!("http://user:secret@127.0.0.1:{port}"), &dir);
    for user in ["", "user:wrong@"] {
        let proxy = format!("http://{user}127.0.0.1:{port}");
        let done = tls12(&["client", "127.0.0.1:1", "--ca", "ca.pem", "--proxy", &proxy], &dir).finish();
        assert_eq!(done.status.code(), Some(3), "{done:?}");
        assert!(!done.stderr.concat().contains("wrong@"), "{done:?}");
    }
}

#[test]
fn a_server_is_reached_by_socks() {
    let dir = files();
    let Some((_proxy, port)) = microsocks(&dir, &[]) else { return };
    try_proxy(&format!("socks5://127.0.0.1:{port}"), &dir);
    // The proxy looks up the name.
    let (_server, target) = server(&["--key", "key.pem", "--echo"], &dir);
    let (address, proxy) = (format!("localhost:{target}"), format!("socks5h://127.0.0.1:{port}/"));
    let args = ["client", &address, "--ca", "ca.pem", "--server-name", "server.example", "--proxy", &proxy];
    tls12(&args, &dir).finish().assert_succeeded();
}

#[test]
fn a_proxy_by_socks_asks_who_we_are() {
    let dir = files();
    let Some((_proxy, port)) = microsocks(&dir, &["-u", "françois", "-P", "p@ss"]) else { return };
    try_proxy(&format!("socks5://{USER}@127.0.0.1:{port}"), &dir);
    for (user, why) in [("", "give --proxy with USER:PASSWORD@"), ("user:wrong@", "the user name and password: they")] {
        let proxy = format!("socks5://{user}127.0.0.1:{port}");
        let done = tls12(&["client", "127.0.0.1:1", "--ca", "ca.pem", "--proxy", &proxy], &dir).finish();
        done.assert_no_connection(why);
    }
}

#[test]
fn a_proxy_that_is_none_is_named() {
    let dir = files();
    let port = serving(|mut socket| _ = speak(&mut socket, &[Server(b"SSH-2.0-OpenSSH_9.2\r\n\r\n".to_vec())]));
    for kind in ["http", "socks5"] {
        let proxy = format!("{kind}://127.0.0.1:{port}");
        let done = tls12(&["client", "127.0.0.1:1", "--ca", "ca.pem", "--proxy", &proxy], &dir).finish();
        assert_eq!(done.status.code(), Some(3), "{done:?}");
    }
    let usage = |proxy: &str| tls12(&["client", "127.0.0.1:1", "--ca", "ca.pem", "--proxy", proxy], &dir).finish();
    usage("localhost:1").assert_usage_error("the form of a proxy is http://HOST:PORT");
    usage("https://localhost:1").assert_usage_error("https:// proxies are not supported");
    usage("http://user@localhost:1").assert_usage_error("the proxy's password is missing");
    usage("http://us%zz:x@localhost:1").assert_usage_error("without two hexadecimal digits");
    usage(&format!("socks5://{}:x@localhost:1", "u".repeat(256))).assert_usage_error("255 bytes each");
    usage("http://localhost").assert_usage_error("the port is missing");
}
