//! vsftpd, OpenLDAP, Prosody, InspIRCd, xrdp.

use std::process::Command;

use super::{Real, folder, identity, is_root, open_to_all, write};
use crate::files;
use crate::support::daemon::{Daemon, installed};
use crate::support::ports::free_port;

pub fn vsftpd() -> Option<Real> {
    let program = installed("vsftpd")?;
    let dir = files();
    if !is_root(&dir) {
        return None;
    }
    let port = free_port();
    let ([cert, key], empty) = (identity(&dir), folder(&dir, "empty"));
    let config = format!(
        "listen=YES\nbackground=NO\nlisten_address=127.0.0.1\nlisten_port={port}\nssl_enable=YES\nanonymous_enable=YES\n\
         local_enable=NO\nftp_username=nobody\nrsa_cert_file={cert}\nrsa_private_key_file={key}\n\
         secure_chroot_dir={empty}\nftpd_banner=Welcome\n"
    );
    let config = write(&dir, "vsftpd.conf", &config);
    let mut daemon = Daemon::start(Command::new(program).arg(config), dir.path().join("log"));
    daemon.wait_for_port(port);
    Some(Real { dir, port, _daemon: daemon })
}

#[test]
fn ftp_starts_tls_with_vsftpd() {
    let Some(server) = vsftpd() else { return };
    server.greets("ftp", b"NOOP\r\n", "530 ");
    server.advises("ftp");
}

pub fn slapd() -> Option<Real> {
    let program = installed("slapd")?;
    let (dir, port) = (files(), free_port());
    let ([cert, key], data) = (identity(&dir), folder(&dir, "data"));
    let config = format!(
        "include /etc/ldap/schema/core.schema\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\nTLSCertificateFile {cert}\n\
         TLSCertificateKeyFile {key}\nsecurity tls=1\ndatabase mdb\nsuffix \"dc=example\"\ndirectory {data}\n"
    );
    let config = write(&dir, "slapd.conf", &config);
    let address = format!("ldap://127.0.0.1:{port}/");
    let args = ["-f", &config, "-h", &address, "-d", "0"];
    let mut daemon = Daemon::start(Command::new(program).args(args), dir.path().join("log"));
    daemon.wait_for_port(port);
    Some(Real { dir, port, _daemon: daemon })
}

#[test]
fn ldap_starts_tls_with_openldap() {
    let Some(server) = slapd() else { return };
    // An anonymous bind (RFC 4511 §4.2), which it does not accept without TLS. The answer begins with its length, 12, and
    // has a line feed behind the tag of its code.
    server.greets("ldap", b"\x30\x0c\x02\x01\x02\x60\x07\x02\x01\x03\x04\x00\x80\x00", "0\x0c\x02\x01\x02a\x07");
}

/// On the port for clients; the other is that for servers.
pub fn prosody() -> Option<(Real, u16)> {
    let program = installed("prosody")?;
    let dir = files();
    if !is_root(&dir) {
        return None;
    }
    open_to_all(dir.path());
    let (clients, servers) = (free_port(), free_port());
    let ([cert, key], data) = (identity(&dir), folder(&dir, "data"));
    let pid = dir.path().join("pid");
    let config = format!(
        "run_as_root = true\npidfile = \"{}\"\ndata_path = \"{data}\"\ninterfaces = {{ \"127.0.0.1\" }}\n\
         c2s_ports = {{ {clients} }}\ns2s_ports = {{ {servers} }}\nmodules_enabled = {{ \"tls\", \"saslauth\", \"dialback\" }}\n\
         c2s_require_encryption = true\nlog = {{ info = \"*console\" }}\nssl = {{ key = \"{key}\", certificate = \"{cert}\" }}\n\
         VirtualHost \"server.example\"\n",
        pid.display()
    );
    let config = write(&dir, "prosody.cfg.lua", &config);
    let mut daemon = Daemon::start(Command::new(program).args(["--config", &config, "-F"]), dir.path().join("log"));
    daemon.wait_for_port(clients);
    daemon.wait_for_port(servers);
    Some((Real { dir, port: clients, _daemon: daemon }, servers))
}

#[test]
fn xmpp_starts_tls_with_prosody() {
    let Some((mut server, servers)) = prosody() else { return };
    let stream = |namespace: &str| {
        format!(
            "<stream:stream xmlns='{namespace}' xmlns:stream='http://etherx.jabber.org/streams' to='server.example' \
             version='1.0'></stream:stream>\n"
        )
    };
    // What follows has no line break.
    server.greets("xmpp", stream("jabber:client").as_bytes(), "<?xml version='1.0'?>");
    server.advises("--starttls xmpp");
    server.port = servers;
    server.greets("xmpp-server", stream("jabber:server").as_bytes(), "<?xml version='1.0'?>");
}

#[test]
fn irc_starts_tls_with_inspircd() {
    let Some(program) = installed("inspircd") else { return };
    let dir = files();
    if !is_root(&dir) {
        return;
    }
    let port = free_port();
    let ([cert, key], home) = (identity(&dir), folder(&dir, "home"));
    let config = format!(
        "<config format=\"xml\">\n<server name=\"server.example\" description=\"test\" id=\"97K\" network=\"Test\">\n\
         <admin name=\"t\" nick=\"t\" email=\"t@server.example\">\n<bind address=\"127.0.0.1\" port=\"{port}\" type=\"clients\">\n\
         <path configdir=\"{home}\" datadir=\"{home}\" logdir=\"{home}\" runtimedir=\"{home}\" \
         moduledir=\"/usr/lib/inspircd/modules\">\n<module name=\"ssl_gnutls\">\n<module name=\"starttls\">\n\
         <sslprofile name=\"Clients\" provider=\"gnutls\" certfile=\"{cert}\" keyfile=\"{key}\">\n\
         <starttls sslprofile=\"Clients\">\n<connect allow=\"*\" name=\"main\" timeout=\"60\" resolvehostnames=\"no\">\n\
         <pid file=\"{home}/pid\">\n"
    );
    let config = write(&dir, "inspircd.conf", &config);
    let args = ["--nofork", "--runasroot", &format!("--config={config}")];
    let mut daemon = Daemon::start(Command::new(program).args(args), dir.path().join("log"));
    daemon.wait_for_port(port);
    let server = Real { dir, port, _daemon: daemon };
    server.greets("irc", b"PING x\r\n", ":server.example 451 ");
}

#[test]
fn rdp_starts_tls_with_xrdp() {
    let Some(program) = installed("xrdp") else { return };
    let dir = files();
    if !is_root(&dir) {
        return;
    }
    open_to_all(dir.path());
    let port = free_port();
    let [cert, key] = identity(&dir);
    let log = dir.path().join("own-log");
    let config = format!(
        "[Globals]\nport=tcp://127.0.0.1:{port}\nsecurity_layer=tls\ncertificate={cert}\nkey_file={key}\n\
         ssl_protocols=TLSv1.2\ncrypt_level=high\n[Logging]\nLogFile={}\nLogLevel=INFO\nEnableSyslog=false\n[Channels]\n\
         [Xorg]\nname=Xorg\nlib=libxup.so\n",
        log.display()
    );
    let config = write(&dir, "xrdp.ini", &config);
    let args = ["--nodaemon", "--config", &config];
    let mut daemon = Daemon::start(Command::new(program).args(args), dir.path().join("log"));
    daemon.wait_for_port(port);
    let server = Real { dir, port, _daemon: daemon };
    server.greets("rdp", b"", "");
}
