//! The same chains for the command-line tools of OpenSSL and GnuTLS.
//!
//! Both are asked as strictly as they can be: OpenSSL with `-x509_strict` and `-policy_check` (the checks of RFC 5280 that it
//! leaves out otherwise) and `-auth_level 2` (112 bits, as in Debian's default for TLS), GnuTLS with the profile `medium`
//! (also 112 bits). Where a row relaxes a rule of ours, OpenSSL is asked without these and with `-auth_level 1`, and GnuTLS
//! with the profile `low` (80 bits). Trust ends at roots: no `-partial_chain`. certtool and `openssl ocsp` cannot be told
//! the time, so `faketime` tells them.
//!
//! What the rows have is of OpenSSL 3.0.19 and GnuTLS 3.7.9 (Debian 12). Another version may differ; a failure names it.

use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::process::Command;

use super::row::{Case, NOW};
use crate::certificates::pem;
use crate::certificates::process::{self, run};

/// Accepted, or refused with these words.
pub type Verdict = Result<(), String>;

pub struct Peer {
    pub name: &'static str,
    /// What must be there, and how to ask it for its version.
    pub tools: &'static [[&'static str; 2]],
    /// The Debian packages.
    pub packages: &'static str,
    verify: fn(&Case) -> Command,
    /// What is wrong with a stapled OCSP response.
    staple: fn(&Case, &Path) -> Verdict,
    /// The part of the output that says why.
    why: fn(&str) -> String,
}

pub const OPENSSL: Peer = Peer {
    name: "OpenSSL",
    tools: &[["openssl", "version"], ["faketime", "--version"]],
    packages: "openssl faketime",
    verify: openssl,
    staple: openssl_ocsp,
    why: |output| {
        // error 10 at 0 depth lookup: certificate has expired
        let error = output.lines().find_map(|line| Some(line.strip_prefix("error ")?.split_once(" depth lookup: ")?.1));
        error.map_or_else(|| output.to_owned(), str::to_owned)
    },
};

pub const GNUTLS: Peer = Peer {
    name: "GnuTLS",
    tools: &[["certtool", "--version"], ["faketime", "--version"]],
    packages: "gnutls-bin faketime",
    verify: gnutls,
    // No row asks it.
    staple: |_, _| Err("certtool does not take OCSP responses".to_owned()),
    why: |output| {
        // Chain verification output: Not verified. The certificate is NOT trusted. The name does not match.
        let verdict = output.split_once("Chain verification output: ");
        verdict.map_or_else(|| output.to_owned(), |(_, verdict)| verdict.trim().to_owned())
    },
};

impl Peer {
    /// The first tool that is not there.
    pub fn missing(&self) -> Option<&'static str> {
        process::missing(self.tools)
    }

    /// The version of its first tool.
    pub fn version(&self) -> String {
        process::version(self.tools[0])
    }

    /// Its verdict. `folder` is empty, and for its use.
    pub fn verdict(&self, case: &Case, folder: &Path) -> Verdict {
        fs::write(folder.join("roots.pem"), pem("CERTIFICATE", &case.roots)).unwrap();
        fs::write(folder.join("chain.pem"), pem("CERTIFICATE", &case.sent)).unwrap();
        fs::write(folder.join("leaf.pem"), pem("CERTIFICATE", &case.sent[..1])).unwrap();
        fs::write(folder.join("others.pem"), pem("CERTIFICATE", &case.sent[1..])).unwrap();
        fs::write(folder.join("crls.pem"), pem("X509 CRL", &case.crls)).unwrap();
        let (accepted, output) = run((self.verify)(case).current_dir(folder), folder);
        if !accepted {
            return Err((self.why)(&output));
        }
        match &case.staple {
            None => Ok(()),
            Some(response) => {
                fs::write(folder.join("staple.der"), response).unwrap();
                (self.staple)(case, folder)
            }
        }
    }
}

fn openssl(case: &Case) -> Command {
    let mut command = Command::new("openssl");
    command.arg("verify");
    if !case.required.is_empty() {
        command.arg("-x509_strict");
    }
    command.args(["-policy_check", "-auth_level", if case.allowed.is_empty() { "2" } else { "1" }]);
    command.args(["-attime", &NOW.to_string()]);
    // A path to the issuer of a CRL is looked for in the store, which -trusted is not.
    if case.crls.is_empty() {
        command.args(["-trusted", "roots.pem"]);
    } else {
        command.args(["-CAfile", "roots.pem", "-no-CApath", "-no-CAstore"]);
    }
    command.args(["-purpose", if case.server.is_some() { "sslserver" } else { "sslclient" }]);
    if let Some(name) = case.server {
        command.args([if name.parse::<IpAddr>().is_ok() { "-verify_ip" } else { "-verify_hostname" }, name]);
    }
    if case.sent.len() > 1 {
        command.args(["-untrusted", "others.pem"]);
    }
    if !case.crls.is_empty() {
        command.args(["-crl_check_all", "-extended_crl", "-use_deltas", "-CRLfile", "crls.pem"]);
    }
    command.arg("leaf.pem");
    command
}

/// It ends well whatever the response says; what it writes tells. It cannot be told the time either.
fn openssl_ocsp(case: &Case, folder: &Path) -> Verdict {
    fs::write(folder.join("issuer.pem"), pem("CERTIFICATE", &case.sent[1..2])).unwrap();
    let mut command = faketime();
    command.args(["openssl", "ocsp", "-respin", "staple.der", "-issuer", "issuer.pem", "-cert", "leaf.pem"]);
    command.args(["-CAfile", "roots.pem", "-verify_other", "others.pem", "-no_nonce"]);
    let (_, output) = run(command.current_dir(folder), folder);
    let good =
        output.contains("Response verify OK") && output.contains("leaf.pem: good") && !output.contains("WARNING");
    if good { Ok(()) } else { Err(output) }
}

/// Runs what follows at [`NOW`].
fn faketime() -> Command {
    let mut command = Command::new("faketime");
    command.env("FAKETIME_FMT", "%s").args(["-f", &NOW.to_string()]);
    command
}

fn gnutls(case: &Case) -> Command {
    /// RFC 5280 §4.2.1.12.
    const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
    const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";
    let mut command = faketime();
    let profile = if case.allowed.is_empty() { "medium" } else { "low" };
    command.args(["certtool", "--verify", "--verify-profile", profile]);
    command.args(["--load-ca-certificate", "roots.pem", "--infile", "chain.pem"]);
    command.args(["--verify-purpose", if case.server.is_some() { SERVER_AUTH } else { CLIENT_AUTH }]);
    if let Some(name) = case.server {
        command.args(["--verify-hostname", name]);
    }
    if !case.crls.is_empty() {
        command.args(["--load-crl", "crls.pem"]);
    }
    command
}
