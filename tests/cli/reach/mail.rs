//! Postfix and Dovecot.

use std::process::Command;

use super::{Real, folder, identity, is_root, open_to_all, write};
use crate::files;
use crate::support::daemon::{Daemon, free_port, installed};

fn postfix() -> Option<Real> {
    let dir = files();
    let (master, check) = (installed("master")?, installed("postfix")?);
    if !is_root(&dir) {
        return None;
    }
    open_to_all(dir.path());
    let port = free_port();
    let [cert, key] = identity(&dir);
    let [config, queue, data] = ["etc", "queue", "data"].map(|name| folder(&dir, name));
    let main = format!(
        "compatibility_level = 3.6\nqueue_directory = {queue}\ndata_directory = {data}\nmaillog_file = /dev/stdout\n\
         maillog_file_prefixes = /dev\nmyhostname = server.example\ninet_interfaces = 127.0.0.1\n\
         local_recipient_maps =\nsmtpd_tls_cert_file = {cert}\nsmtpd_tls_key_file = {key}\n\
         smtpd_tls_security_level = encrypt\n"
    );
    write(&dir, "etc/main.cf", &main);
    let services = format!(
        "127.0.0.1:{port} inet n - n - - smtpd\ncleanup unix n - n - 0 cleanup\nrewrite unix - - n - - trivial-rewrite\n\
         postlog unix-dgram n - n - 1 postlogd\ntlsmgr unix - - n 1000? 1 tlsmgr\nanvil unix - - n - 1 anvil\n"
    );
    write(&dir, "etc/master.cf", &services);
    assert!(Command::new("chown").args(["postfix", &data]).status().unwrap().success());
    assert!(Command::new(check).args(["-c", &config, "check"]).status().unwrap().success());
    let mut daemon = Daemon::start(Command::new(master).args(["-c", &config, "-d"]), dir.path().join("log"));
    daemon.wait_for_port(port);
    Some(Real { dir, port, _daemon: daemon })
}

#[test]
fn smtp_starts_tls_with_postfix() {
    let Some(postfix) = postfix() else { return };
    // It takes no mail without TLS.
    postfix.greets("smtp", b"EHLO client.example\r\nMAIL FROM:<>\r\n", "250 2.1.0");
    postfix.advises("--starttls smtp");
}

/// Dovecot with one service on a port of ours.
fn dovecot(protocol: &str, login: &str, listener: &str) -> Option<Real> {
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
