//! PostgreSQL and MariaDB.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use super::{Real, folder, identity, is_root, open_to_all};
use crate::files;
use crate::support::daemon::{Daemon, installed};
use crate::support::ports::free_port;

pub fn mariadb() -> Option<Real> {
    let program = installed("mariadbd")?;
    let dir = files();
    if !is_root(&dir) {
        return None;
    }
    let port = free_port();
    let ([cert, key], data) = (identity(&dir), folder(&dir, "data"));
    let args = [
        "--no-defaults",
        "--user=root",
        &format!("--datadir={data}"),
        "--bind-address=127.0.0.1",
        &format!("--port={port}"),
        &format!("--socket={data}/socket"),
        &format!("--pid-file={data}/pid"),
        &format!("--ssl-cert={cert}"),
        &format!("--ssl-key={key}"),
        "--require-secure-transport=ON",
        // There are no users, and nobody logs in.
        "--skip-grant-tables",
    ];
    let mut daemon = Daemon::start(Command::new(program).args(args), dir.path().join("log"));
    daemon.wait_for_port(port);
    Some(Real { dir, port, _daemon: daemon })
}

#[test]
fn mysql_starts_tls_with_mariadb() {
    let Some(server) = mariadb() else { return };
    server.greets("mysql", b"", "");
    server.advises("--starttls mysql");
}

pub fn postgres() -> Option<Real> {
    let (initdb, program) = (installed("initdb")?, installed("postgres")?);
    let dir = files();
    if !is_root(&dir) {
        return None;
    }
    // It refuses to be run by root.
    const NOBODY: u32 = 65534;
    open_to_all(dir.path());
    let home = dir.path().join("home");
    fs::create_dir(&home).unwrap();
    chown(&home, Some(NOBODY), Some(NOBODY)).unwrap();
    let [cert, key] = ["cert.pem", "key.pem"].map(|name| {
        let path = home.join(name);
        fs::copy(dir.path().join(name), &path).unwrap();
        chown(&path, Some(NOBODY), Some(NOBODY)).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path.to_str().unwrap().to_owned()
    });
    let as_nobody = |program| {
        let mut command = Command::new(program);
        command.uid(NOBODY).gid(NOBODY).current_dir(&home);
        command
    };
    let initialized = as_nobody(&initdb).args(["-D", "data", "--auth=trust", "--no-sync"]).output().unwrap();
    assert!(initialized.status.success(), "{}", String::from_utf8_lossy(&initialized.stderr));
    // Not before it is needed: that took seconds.
    let port = free_port();
    let settings = [
        "listen_addresses=127.0.0.1",
        &format!("port={port}"),
        "unix_socket_directories=",
        "fsync=off",
        "ssl=on",
        &format!("ssl_cert_file={cert}"),
        &format!("ssl_key_file={key}"),
    ];
    let mut command = as_nobody(&program);
    command.args(["-D", "data"]).args(settings.iter().flat_map(|setting| ["-c", setting]));
    let mut daemon = Daemon::start(&mut command, dir.path().join("log"));
    daemon.wait_for_port(port);
    Some(Real { dir, port, _daemon: daemon })
}

#[test]
fn postgres_starts_tls() {
    let Some(server) = postgres() else { return };
    server.greets("postgres", b"", "");
}
