//! What the checks find wrong.

use webpki::Error;
use x509_parser::extensions::KeyUsage;

/// What was found wrong, before it is put into words.
#[derive(Debug)]
pub(super) enum Finding {
    /// The peer sent nothing.
    NoCertificate,
    /// The path, or the name.
    Path(Error),
    /// The peer's certificate passed as far as webpki reads it, but is malformed all the same.
    Malformed,
    /// The keyUsage of the peer's certificate.
    KeyUsage(KeyUsage),
    /// The peer's RSA key has only so many bits.
    SmallKey(usize),
}
