//! The trusted roots, certificates and keys, for `client` and `verify` alike.

use std::path::PathBuf;

use tls12::verify::{Despite, Pin, PinError, Revocation, Verifier};

use super::checks::{Allowed, Checks};
use crate::credentials;
use crate::failure::{Failure, Stage};

#[derive(clap::Args)]
pub struct TrustArgs {
    /// Trust the certificates in this file or directory, of CAs or of servers (PEM or DER); can be given several times
    ///
    /// Without --ca, --pin and --trust, the roots of this machine are trusted: those of its own store, or those named by
    /// SSL_CERT_FILE and SSL_CERT_DIR.
    #[arg(long, value_name = "FILE")]
    ca: Vec<PathBuf>,
    /// Trust this key: sha256/ and the Base64 of its hash, or a file with a certificate for it; can be given several times
    ///
    /// No CA is involved, and no name is compared. The certificate must not have expired.
    #[arg(long = "pin", value_name = "sha256/HASH|FILE", value_parser = pin)]
    pins: Vec<PinSource>,
    /// Trust exactly this certificate, the first in the file (PEM or DER), and none that it has issued; can be given several times
    #[arg(long = "trust", value_name = "FILE")]
    trusted: Vec<PathBuf>,
    /// Refuse a server's certificate if its revocation status is unknown: neither a stapled OCSP response nor a list (--crl) gives it
    #[arg(long)]
    require_status: bool,
}

/// A key or a certificate to pin.
#[derive(Clone)]
enum PinSource {
    Pin(Pin),
    File(PathBuf),
}

/// Text that is not a pin is the name of a file.
fn pin(text: &str) -> Result<PinSource, PinError> {
    let is_pin = ["sha256/", "certificate:"].iter().any(|start| text.starts_with(start));
    if is_pin { text.parse().map(PinSource::Pin) } else { Ok(PinSource::File(text.into())) }
}

/// A verifier, and the names of its roots.
pub struct Trust {
    pub verifier: Verifier,
    /// The subjects of the roots, in the order of the trust store.
    pub roots: Vec<String>,
}

impl TrustArgs {
    /// Whether any root, certificate or key is given.
    pub fn is_given(&self) -> bool {
        !(self.ca.is_empty() && self.pins.is_empty() && self.trusted.is_empty())
    }

    /// The verifier for these options.
    pub fn verifier(&self, checks: &Checks) -> Result<Trust, Failure> {
        let pins = self.pins(checks)?;
        let store = match (self.ca.as_slice(), pins.is_empty()) {
            ([], false) => None,
            ([], true) => Some(credentials::native_roots()?),
            (files, _) => Some(credentials::trust(files)?),
        };
        if self.require_status && store.is_none() {
            let why = "--require-status needs --ca: the status of a pinned certificate is not checked";
            return Err(Failure::new(Stage::Usage, why));
        }
        let roots = store.iter().flat_map(|store| store.subjects()).map(ToOwned::to_owned).collect();
        let verifier = match store {
            Some(store) => pins.into_iter().fold(Verifier::new(store), Verifier::pin),
            None => Verifier::pinned(pins)?,
        };
        let verifier = checks.set(verifier)?;
        // Revocation lists already require this.
        let by_staple = self.require_status && !checks.has_lists();
        let verifier = if by_staple { verifier.revocation(Revocation::by_staple()) } else { verifier };
        Ok(Trust { verifier, roots })
    }

    /// No path is built from a pinned certificate to a root, so these checks have no effect on it.
    fn pins(&self, checks: &Checks) -> Result<Vec<Pin>, Failure> {
        let mut pins = Vec::new();
        for source in &self.pins {
            pins.push(match source {
                PinSource::Pin(pin) => pin.clone(),
                PinSource::File(path) if !path.exists() => {
                    let why = "this is neither a file nor a pin, which begins with sha256/ (a key) or certificate:";
                    return Err(Failure::in_file(path, why));
                }
                PinSource::File(path) => {
                    Pin::key_of(&credentials::certificate(path)?).map_err(|error| Failure::in_file(path, error))?
                }
            });
        }
        for path in &self.trusted {
            pins.push(Pin::certificate(&credentials::certificate(path)?));
        }
        if let (true, false, Some(option)) = (self.ca.is_empty(), pins.is_empty(), checks.of_verifier_only()) {
            let why = format!("{option} needs --ca: it has no effect on a pinned certificate");
            return Err(Failure::new(Stage::Usage, why));
        }
        let small = checks.allows(Allowed::SmallRsaKeys);
        Ok(pins.into_iter().map(|pin| if small { pin.despite(Despite::SmallKey) } else { pin }).collect())
    }
}
