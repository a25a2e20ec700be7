//! The versions of TLS that may be negotiated.

use clap::ValueEnum;

use crate::failure::{Failure, Stage};

#[derive(clap::Args)]
pub struct VersionArgs {
    /// The minimum version of TLS; 1.3 needs no --max-version
    #[arg(long, value_name = "VERSION")]
    min_version: Option<Version>,
    /// The maximum version of TLS; by default 1.2
    ///
    /// With 1.3, rustls speaks TLS 1.3, and TLS 1.2 with ECDHE and AEADs; if an old server needs the rest of TLS 1.2, a client
    /// connects again without rustls. The suites of TLS 1.3 cannot be chosen.
    #[arg(long, value_name = "VERSION")]
    max_version: Option<Version>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum Version {
    #[value(name = "1.2")]
    Tls12,
    #[value(name = "1.3")]
    Tls13,
}

/// What can be chosen by the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versions {
    Tls12,
    Tls12And13,
    Tls13,
}

impl VersionArgs {
    /// The versions between the two.
    ///
    /// # Errors
    /// If there are none.
    pub fn versions(&self) -> Result<Versions, Failure> {
        let min = self.min_version.unwrap_or(Version::Tls12);
        match (min, self.max_version.unwrap_or(min)) {
            (Version::Tls12, Version::Tls12) => Ok(Versions::Tls12),
            (Version::Tls12, Version::Tls13) => Ok(Versions::Tls12And13),
            (Version::Tls13, Version::Tls13) => Ok(Versions::Tls13),
            (Version::Tls13, Version::Tls12) => {
                Err(Failure::new(Stage::Usage, "--min-version 1.3 is above --max-version 1.2"))
            }
        }
    }
}

/// Refuses the first of these options that is given: they need this crate to make the connection.
pub fn refuse_with_tls13(given: &[(bool, &str)]) -> Result<(), Failure> {
    match given.iter().find(|(is_given, _)| *is_given) {
        None => Ok(()),
        Some((_, option)) => {
            let why = format!("{option} works with TLS 1.2 only: leave out --min-version and --max-version");
            Err(Failure::new(Stage::Usage, why))
        }
    }
}
