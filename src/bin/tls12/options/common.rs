//! The options that client and server share.

use std::env;
use std::path::PathBuf;
use std::sync::Arc;

use tls12::crypto::{Provider, SUITES};
use tls12::io::KeyLogFile;
use tls12::{Agreement, KeyLog, Policy};

use super::checks::{Allowed, Checks};
use super::parse::{self, Export};
use super::policy::PolicyArgs;
use super::versions::{VersionArgs, Versions};
use crate::failure::Failure;
use crate::keys::PasswordArgs;
use crate::recording::Recording;
use crate::replay::RecordArgs;

#[derive(clap::Args)]
pub struct CommonOptions {
    #[command(flatten)]
    versions: VersionArgs,
    #[command(flatten)]
    policy: PolicyArgs,
    #[command(flatten)]
    pub checks: Checks,
    /// Refuse a peer that does not support the extended master secret (RFC 7627)
    #[arg(long)]
    require_ems: bool,
    /// Negotiate an application protocol, such as h2; separate several by commas, most preferred first
    ///
    /// Can also be given several times. Without it, the client offers none, and the server selects none.
    #[arg(long = "alpn", value_name = "NAME", value_delimiter = ',', value_parser = parse::protocol)]
    pub protocols: Vec<String>,
    /// Print LEN bytes of keying material for LABEL, in hexadecimal (RFC 5705)
    ///
    /// Without a context. Only the two sides can compute it. Can be given several times.
    #[arg(long = "export", value_name = "LABEL:LEN", value_parser = parse::export)]
    pub exports: Vec<Export>,
    #[command(flatten)]
    pub key_password: PasswordArgs,
    /// Append the connections' secrets to this file, for Wireshark; without it, to the file named by SSLKEYLOGFILE
    ///
    /// Anyone who has the file can decrypt the connections.
    #[arg(long, value_name = "FILE")]
    keylog: Option<PathBuf>,
    /// Record the connections in this file, with their secrets, for Wireshark and `tls12 explain`
    ///
    /// A pcapng file with the bytes that went over TCP, and their addresses and times. Anyone who has the file can read the
    /// connections: on Unix its mode is 0600. If it cannot be written, the connections continue, and the
    /// exit code is 1 at the end.
    #[arg(long, value_name = "FILE")]
    pcapng: Option<PathBuf>,
    #[command(flatten)]
    pub record: RecordArgs,
    /// Print each handshake message and alert, as it is sent or received, to standard error
    ///
    /// With the time since the handshake began, the direction, the type, the length, and the important fields.
    #[arg(long, conflicts_with = "quiet")]
    pub trace: bool,
}

impl CommonOptions {
    /// The versions that may be negotiated.
    pub fn versions(&self) -> Result<Versions, Failure> {
        self.versions.versions()
    }

    /// The provider for these settings.
    pub fn provider(&self) -> Arc<dyn Provider> {
        self.checks.provider()
    }

    pub fn policy(&self) -> Policy {
        let mut policy = self.policy.policy();
        if self.checks.allows(Allowed::Sha1) {
            let algorithms = self.provider().signature_algorithms();
            policy = policy.signature_schemes(algorithms.schemes().chain(algorithms.schemes_by_name_only()));
        }
        if self.require_ems {
            policy = policy.extended_master_secret(Agreement::Require);
        }
        policy
    }

    /// The code points of the suites, groups and signature schemes that the policy offers.
    pub fn offered(&self) -> [Vec<u16>; 3] {
        let (policy, provider) = (self.policy(), self.provider());
        let algorithms = provider.signature_algorithms();
        let sha1 = algorithms.schemes_by_name_only().filter(|_| self.checks.allows(Allowed::Sha1));
        [
            SUITES.iter().filter(|suite| policy.allows(suite)).map(|suite| suite.code).collect(),
            match self.policy.groups.as_slice() {
                [] => provider.groups().iter().map(|group| group.name().0).collect(),
                groups => groups.iter().map(|group| group.0).collect(),
            },
            algorithms.schemes().chain(sha1).map(|scheme| scheme.0).collect(),
        ]
    }

    /// The file in which connections are recorded, if they are.
    pub fn recording(&self) -> Result<Option<Recording>, Failure> {
        self.pcapng.as_deref().map(Recording::begin).transpose()
    }

    /// The key log, if one is wanted: a file, the recording, or both.
    pub fn key_log(&self, recording: Option<&Recording>) -> Result<Option<Arc<dyn KeyLog>>, Failure> {
        let by_environment = || env::var_os("SSLKEYLOGFILE").filter(|path| !path.is_empty()).map(PathBuf::from);
        let file = match &self.keylog.clone().or_else(by_environment) {
            None => None,
            Some(path) => Some(KeyLogFile::append(path).map_err(|error| Failure::in_file(path, error))?),
        };
        Ok(match (file, recording.map(Recording::key_log)) {
            (None, recording) => recording,
            (Some(file), None) => Some(Arc::new(file)),
            (Some(file), Some(recording)) => Some(Arc::new(Both(file, recording))),
        })
    }
}

/// A key log that writes to two others.
struct Both(KeyLogFile, Arc<dyn KeyLog>);

impl KeyLog for Both {
    fn log(&self, label: &str, client_random: &[u8; 32], secret: &[u8]) {
        self.0.log(label, client_random, secret);
        self.1.log(label, client_random, secret);
    }
}
