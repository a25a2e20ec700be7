//! The same question for OpenSSL, GnuTLS and Go, with the defaults of each.

use std::fs;
use std::net::IpAddr;
use std::process::{Command, Stdio};

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::certificates::pem;
use crate::certificates::process::run;
use crate::tools::sets::{Set, go_program};

/// Accepted, or refused with these words.
pub type Verdict = Result<(), String>;

pub struct Peer {
    pub name: &'static str,
    /// What is asked, and what it prints its version for.
    pub tool: [&'static str; 2],
    pub install: &'static str,
    /// A verdict for each set.
    pub ask: fn(&[Set]) -> Vec<Verdict>,
}

pub const OPENSSL: Peer = Peer {
    name: "OpenSSL",
    tool: ["openssl", "version"],
    install: "apt-get install openssl",
    ask: |sets| sets.iter().map(openssl).collect(),
};

pub const GNUTLS: Peer = Peer {
    name: "GnuTLS",
    tool: ["certtool", "--version"],
    install: "apt-get install gnutls-bin",
    ask: |sets| sets.iter().map(gnutls).collect(),
};

pub const GO: Peer = Peer { name: "Go", tool: ["go", "version"], install: "apt-get install golang-go", ask: go };

fn openssl(set: &Set) -> Verdict {
    let chain: Vec<_> = CertificateDer::pem_file_iter(set.file("chain.pem")).unwrap().map(Result::unwrap).collect();
    fs::write(set.file("own.pem"), pem("CERTIFICATE", &chain[..1])).unwrap();
    let mut command = Command::new("openssl");
    command.args(["verify", "-CAfile", "roots.pem", "-no-CApath", "-no-CAstore", "-untrusted", "chain.pem"]);
    command.args(["-purpose", if set.row.server.is_some() { "sslserver" } else { "sslclient" }]);
    if let Some(name) = set.row.server {
        command.args([if name.parse::<IpAddr>().is_ok() { "-verify_ip" } else { "-verify_hostname" }, name]);
    }
    let (accepted, output) = run(command.arg("own.pem").current_dir(set.folder()), set.folder());
    // error 10 at 0 depth lookup: certificate has expired
    let error = output.lines().find_map(|line| Some(line.strip_prefix("error ")?.split_once(" depth lookup: ")?.1));
    if accepted { Ok(()) } else { Err(error.unwrap_or(&output).to_owned()) }
}

fn gnutls(set: &Set) -> Verdict {
    /// RFC 5280 §4.2.1.12.
    const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
    const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";
    let mut command = Command::new("certtool");
    command.args(["--verify", "--load-ca-certificate", "roots.pem", "--infile", "chain.pem"]);
    command.args(["--verify-purpose", if set.row.server.is_some() { SERVER_AUTH } else { CLIENT_AUTH }]);
    if let Some(name) = set.row.server {
        command.args(["--verify-hostname", name]);
    }
    let (accepted, output) = run(command.current_dir(set.folder()), set.folder());
    // Chain verification output: Not verified. The certificate is NOT trusted. The name does not match.
    let verdict = output.split_once("Chain verification output: ").map(|(_, verdict)| verdict.trim());
    if accepted { Ok(()) } else { Err(verdict.unwrap_or(&output).to_owned()) }
}

/// All in one process.
fn go(sets: &[Set]) -> Vec<Verdict> {
    let folder = tempfile::tempdir().unwrap();
    let (questions, answers) = (folder.path().join("questions"), folder.path().join("answers"));
    let lines = sets.iter().map(|set| format!("{}\t{}\n", set.folder().display(), set.row.server.unwrap_or_default()));
    fs::write(&questions, lines.collect::<String>()).unwrap();
    let status = Command::new(go_program())
        .arg("verify")
        .stdin(fs::File::open(questions).unwrap())
        .stdout(fs::File::create(&answers).unwrap())
        .stderr(Stdio::inherit())
        .status();
    assert!(status.unwrap().success());
    let verdict = |line: &str| if line.is_empty() { Ok(()) } else { Err(line.to_owned()) };
    fs::read_to_string(answers).unwrap().lines().map(verdict).collect()
}
