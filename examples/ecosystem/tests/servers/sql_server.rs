//! A stand-in for SQL Server, which Debian does not have. FreeTDS, another client, accepts it as one.

use std::process::Command;

use crate::peer::Process;
use crate::{Folder, complaint, has, lacks, output, python, write};

const QUERY: &str = "SELECT encrypt_option FROM sys.dm_exec_connections WHERE session_id = @@SPID";

#[test]
fn tls_goes_inside_tds_and_tds_inside_tls() {
    if lacks((!std::path::Path::new(crate::PYTHON).is_file()).then(|| "Python is not installed".to_owned())) {
        return;
    }
    let folder = Folder::new();
    let mut server = Process::spawn(python("sql_server.py").args([&folder.certificate, &folder.key]), None);
    let address = format!("localhost:{}", server.port());
    let example = |roots: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sql_server"));
        command.args([&address, roots, "tester", "correct horse", QUERY]);
        command
    };
    assert_eq!(output(&mut example(&folder.roots)), "connected in full: TRUE\nconnected resumed: TRUE\n");
    // As OpenSSL saw it.
    let logins =
        "TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384 in full tester\nTLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384 resumed tester\n";
    server.wait_for("both logins", |said| (said == logins.as_bytes()).then_some(()));
    let error = complaint(&mut example(&Folder::new().roots));
    assert!(error.contains("certificate"), "{error}");
}

/// The stand-in is one: a client that was not written with it in mind logs in, with its own TLS, and reads the answer.
#[test]
fn freetds_takes_the_stand_in_for_a_server() {
    if !has("tsql") {
        return;
    }
    let folder = Folder::new();
    let mut server = Process::spawn(python("sql_server.py").args([&folder.certificate, &folder.key]), None);
    let settings = format!(
        "[standin]\nhost = localhost\nport = {}\ntds version = 7.4\nencryption = require\nca file = {}\n",
        server.port(),
        folder.roots
    );
    let mut tsql = Command::new("tsql");
    tsql.env("FREETDSCONF", write(folder.path(), "freetds.conf", &settings));
    tsql.args(["-S", "standin", "-U", "tester", "-P", "correct horse", "-o", "q"]);
    let mut client = Process::spawn(&mut tsql, None);
    client.send(format!("{QUERY}\ngo\nexit\n").into_bytes());
    client.close_input();
    let ended = client.end();
    let said = String::from_utf8_lossy(&ended.output).into_owned();
    assert!(
        ended.status.success() && said.contains("encrypt_option") && said.contains("TRUE"),
        "{said}\n{}",
        ended.errors
    );
    server.wait_for("a login", |said| said.ends_with(b" tester\n").then_some(()));
}
