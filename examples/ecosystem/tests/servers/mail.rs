//! Exim, over GnuTLS, which delivers into a folder from which Dovecot, over OpenSSL, serves.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::process::Command;

use crate::peer::Process;
use crate::{Folder, complaint, free_port, output, root_has, wait_for_port, write};

/// Debian's user `nobody`, as which both servers run.
const NOBODY: u32 = 65534;

const ADDRESS: &str = "tester@localhost";
const PASSWORD: &str = "correct-horse";

/// A running Exim, and a running Dovecot.
struct Servers {
    folder: Folder,
    smtp: u16,
    imap: u16,
    stop: Command,
    _processes: [Process; 2],
}

impl Drop for Servers {
    fn drop(&mut self) {
        // It ends its processes, of which there are many.
        let _ = self.stop.status();
    }
}

impl Servers {
    fn start() -> Self {
        let (folder, smtp, imap) = (Folder::new(), free_port(), free_port());
        let dir = folder.path();
        fs::set_permissions(dir, Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(&folder.key, Permissions::from_mode(0o644)).unwrap();
        for name in ["mail", "spool"] {
            fs::create_dir(dir.join(name)).unwrap();
            chown(dir.join(name), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let exim = write(dir, "exim.conf", &exim_settings(&folder, smtp));
        let exim = Process::spawn(Command::new("exim4").args(["-bdf", "-C", &exim]), Some(dir.join("spool/main.log")));
        let settings = write(dir, "dovecot.conf", &dovecot_settings(&folder, imap));
        let dovecot =
            Process::spawn(Command::new("dovecot").args(["-F", "-c", &settings]), Some(dir.join("dovecot.log")));
        wait_for_port(smtp);
        wait_for_port(imap);
        let mut stop = Command::new("dovecot");
        stop.args(["-c", &settings, "stop"]);
        Self { folder, smtp, imap, stop, _processes: [exim, dovecot] }
    }

    fn example(&self, roots: &str, text: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mail"));
        command.args([format!("localhost:{}", self.smtp), format!("localhost:{}", self.imap)]);
        command.args([roots, ADDRESS, PASSWORD, text]);
        command
    }
}

/// TLS from the first byte; who has a password may send to `localhost`. Exim answers before it has delivered the
/// mail. Here the delivery takes a second, so that the client has to wait for it.
fn exim_settings(folder: &Folder, port: u16) -> String {
    let Folder { certificate, key, .. } = folder;
    let dir = folder.path().to_str().unwrap();
    format!(
        "exim_user = nobody\nexim_group = nogroup\ndeliver_drop_privilege = true\nkeep_environment =\n\
         primary_hostname = localhost\nlocal_interfaces = 127.0.0.1\ndaemon_smtp_ports = {port}\n\
         spool_directory = {dir}/spool\nlog_file_path = {dir}/spool/%s.log\npid_file_path = {dir}/exim.pid\n\
         tls_on_connect_ports = {port}\ntls_advertise_hosts = *\ntls_certificate = {certificate}\ntls_privatekey = {key}\n\
         acl_smtp_rcpt = check\n\
         begin acl\ncheck:\n  accept authenticated = *\n  deny\n\
         begin routers\nlocal:\n  driver = accept\n  domains = localhost\n  condition = ${{run{{/bin/sleep 1}}{{yes}}{{yes}}}}\n  \
         transport = folder\n\
         begin transports\nfolder:\n  driver = appendfile\n  directory = {dir}/mail\n  maildir_format\n\
         begin authenticators\nplain:\n  driver = plaintext\n  public_name = PLAIN\n  server_prompts = :\n  \
         server_condition = ${{if and{{{{eq{{$auth2}}{{{ADDRESS}}}}}{{eq{{$auth3}}{{{PASSWORD}}}}}}}}}\n  \
         server_set_id = $auth2\n"
    )
}

/// No password before STARTTLS.
fn dovecot_settings(folder: &Folder, port: u16) -> String {
    let Folder { certificate, key, .. } = folder;
    let dir = folder.path().to_str().unwrap();
    format!(
        "base_dir = {dir}/run\nstate_dir = {dir}/run\nlog_path = {dir}/dovecot.log\nprotocols = imap\n\
         ssl = required\nssl_cert = <{certificate}\nssl_key = <{key}\n\
         mail_location = maildir:{dir}/mail\n\
         passdb {{\n  driver = static\n  args = password={PASSWORD}\n}}\n\
         userdb {{\n  driver = static\n  args = uid=nobody gid=nogroup home={dir}/mail\n}}\n\
         service imap-login {{\n  inet_listener imap {{\n    address = 127.0.0.1\n    port = {port}\n  }}\n  \
         inet_listener imaps {{\n    port = 0\n  }}\n}}\n"
    )
}

#[test]
fn a_mail_arrives() {
    if !root_has(&["exim4", "dovecot"]) {
        return;
    }
    let servers = Servers::start();
    let text = "Is anybody there?";
    assert_eq!(output(&mut servers.example(&servers.folder.roots, text)), format!("{text}\n"));
    let error = complaint(&mut servers.example(&Folder::new().roots, text));
    assert!(error.contains("certificate"), "{error}");
}
