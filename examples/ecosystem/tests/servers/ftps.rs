//! vsftpd, which takes a data connection only if it resumes the session of its control connection.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::process::Command;

use crate::peer::Process;
use crate::{Folder, complaint, free_port, output, root_has, wait_for_port, write};

/// Debian's user `daemon`. (vsftpd needs one whose home exists, which that of `nobody` does not.)
const DAEMON: u32 = 1;

#[test]
fn data_connections_resume_the_session_of_their_control_connection() {
    if !root_has(&["vsftpd", "curl"]) {
        return;
    }
    let (folder, port) = (Folder::new(), free_port());
    let dir = folder.path().to_str().unwrap();
    // The server leaves root's rights behind.
    fs::set_permissions(dir, Permissions::from_mode(0o755)).unwrap();
    for name in ["files", "files/incoming", "empty"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    chown(folder.path().join("files/incoming"), Some(DAEMON), Some(DAEMON)).unwrap();
    let settings = format!(
        "listen=YES\nlisten_address=127.0.0.1\nlisten_port={port}\nbackground=NO\n\
         anonymous_enable=YES\nftp_username=daemon\nanon_root={dir}/files\n\
         write_enable=YES\nanon_upload_enable=YES\nanon_world_readable_only=NO\n\
         ssl_enable=YES\nallow_anon_ssl=YES\nforce_anon_logins_ssl=YES\nforce_anon_data_ssl=YES\n\
         require_ssl_reuse=YES\nstrict_ssl_read_eof=YES\nssl_ciphers=HIGH\n\
         rsa_cert_file={}\nrsa_private_key_file={}\n\
         secure_chroot_dir={dir}/empty\nseccomp_sandbox=NO\n\
         xferlog_enable=YES\nvsftpd_log_file={dir}/log\ndebug_ssl=YES\n",
        folder.certificate, folder.key
    );
    let log = folder.path().join("log");
    let settings = write(folder.path(), "vsftpd.conf", &settings);
    let _server = Process::spawn(Command::new("vsftpd").arg(settings), Some(log.clone()));
    wait_for_port(port);

    let upload = write(folder.path(), "greeting", "hello from a file");
    let server = format!("localhost:{port}");
    let mut example = Command::new(env!("CARGO_BIN_EXE_ftps"));
    example.args([&server, &folder.roots, "anonymous", "tester@localhost", "incoming", &upload]);
    assert_eq!(output(&mut example), "greeting\nhello from a file\n");
    // As the server saw it: the control connection, an upload, a listing and a download.
    let logged = fs::read_to_string(&log).unwrap();
    let count = |word: &str| logged.lines().filter(|line| line.contains("SSL version") && line.contains(word)).count();
    assert_eq!((count(", not reused"), count(", reused")), (1, 3), "{logged}");

    // The server means it: a client that does not resume gets no data.
    let curl = |more: &[&str]| {
        let mut command = Command::new("curl");
        command.args(["-sS", "--ssl-reqd", "--tls-max", "1.2", "--cacert", &folder.roots]).args(more);
        command.arg(format!("ftp://{server}/incoming/greeting"));
        command
    };
    assert_eq!(output(&mut curl(&[])), "hello from a file");
    complaint(&mut curl(&["--no-sessionid"]));
    assert!(fs::read_to_string(&log).unwrap().contains("No SSL session reuse on data channel"));
}
