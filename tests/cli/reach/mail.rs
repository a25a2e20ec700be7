//! Exim and Dovecot.

use std::process::Command;

use super::{Real, folder, identity, is_root, open_to_all, write};
use crate::files;
use crate::support::daemon::{Daemon, installed};
use crate::support::ports::free_port;

pub fn exim() -> Option<Real> {
    let dir = files();
    let program = installed("exim4")?;
    if !is_root(&dir) {
        return None;
    }
    open_to_all(dir.path());
    let port = free_port();
    let [cert, key] = identity(&dir);
    let spool = folder(&dir, "spool");
    // A client that does not wait for each reply is no spammer here.
    let config = format!(
        "exim_user = nobody\nexim_group = nogroup\nkeep_environment =\nprimary_hostname = server.example\n\
         local_interfaces = 127.0.0.1\ndaemon_smtp_ports = {port}\nspool_directory = {spool}\n\
         log_file_path = {spool}/%s.log\npid_file_path = {spool}/exim.pid\nsmtp_enforce_sync = false\n\
         tls_advertise_hosts = *\ntls_certificate = {cert}\ntls_privatekey = {key}\nacl_smtp_mail = mail\n\
         begin acl\nmail:\n  deny !encrypted = *\n  accept\n"
    );
    let config = write(&dir, "exim.conf", &config);
    assert!(Command::new("chown").args(["nobody", &spool]).status().unwrap().success());
    let mut daemon = Daemon::start(Command::new(program).args(["-bdf", "-C", &config]), dir.path().join("log"));
    daemon.wait_for_port(port);
    Some(Real { dir, port, _daemon: daemon })
}

#[test]
fn smtp_starts_tls_with_exim() {
    let Some(exim) = exim() else { return };
    // It takes no mail without TLS.
    exim.greets("smtp", b"EHLO client.example\r\nMAIL FROM:<>\r\n", "250 OK");
    exim.advises("--starttls smtp");
}

/// Dovecot with one service on a port of ours.
pub fn dovecot(protocol: &str, login: &str, listener: &str) -> Option<Real> {
    let dir = files();
    let program = installed("dovecot")?;
    if !is_root(&dir) {
        return None;
    }
    open_to_all(dir.path());
    let port = free_port();
    let [cert, key] = identity(&dir);
    let [run, home] = ["run", "mail"].map(|name| folder(&dir, name));
    let implicit = match protocol {
        "imap" | "pop3" => format!("inet_listener {protocol}s {{\n port = 0\n}}\n"),
        _ => String::new(),
    };
    let config = format!(
        "protocols = {protocol}\nbase_dir = {run}\nstate_dir = {run}\nlog_path = /dev/stderr\nssl = required\n\
         ssl_cert = <{cert}\nssl_key = <{key}\nmail_location = maildir:{home}/%u\n\
         passdb {{\n driver = static\n args = nopassword=y\n}}\n\
         userdb {{\n driver = static\n args = uid=nobody gid=nogroup home={home}\n}}\n\
         service {login} {{\n chroot =\n inet_listener {listener} {{\n address = 127.0.0.1\n port = {port}\n}}\n{implicit}}}\n"
    );
    let config = write(&dir, "dovecot.conf", &config);
    let mut daemon = Daemon::start(Command::new(program).args(["-F", "-c", &config]), dir.path().join("log"));
    daemon.wait_for_port(port);
    Some(Real { dir, port, _daemon: daemon })
}

#[test]
fn imap_starts_tls_with_dovecot() {
    let Some(dovecot) = dovecot("imap", "imap-login", "imap") else { return };
    dovecot.greets("imap", b"b NOOP\r\n", "b OK");
    dovecot.advises("--starttls imap");
}

#[test]
fn pop3_starts_tls_with_dovecot() {
    let Some(dovecot) = dovecot("pop3", "pop3-login", "pop3") else { return };
    dovecot.greets("pop3", b"CAPA\r\n", "+OK");
    dovecot.advises("--starttls pop3");
}

#[test]
fn lmtp_starts_tls_with_dovecot() {
    let Some(dovecot) = dovecot("lmtp", "lmtp", "lmtp") else { return };
    dovecot.greets("lmtp", b"NOOP\r\n", "250 ");
    dovecot.advises("lmtp");
}

#[test]
fn sieve_starts_tls_with_dovecot() {
    let Some(dovecot) = dovecot("sieve", "managesieve-login", "sieve") else { return };
    // The server begins again with its capabilities, and OK.
    dovecot.greets("sieve", b"NOOP\r\n", "OK \"NOOP");
    dovecot.advises("--starttls sieve");
}
