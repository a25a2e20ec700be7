//! What the checks find wrong.

use alloc::string::String;
use webpki::Error;
use x509_parser::extensions::KeyUsage;

use super::ocsp::Unusable;
use super::pin::Pin;
use super::rule::Rule;
use super::status::Unknown;

/// Where a certificate comes from: its index in the chain that the peer sent, or among the roots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Sent(usize),
    Root(usize),
}

/// What was found wrong, before it is put into words.
#[derive(Clone, Debug)]
pub(super) enum Finding {
    /// The peer sent nothing.
    NoCertificate,
    /// The path, or the name.
    Path(Error),
    /// A certificate passed as far as webpki reads it, but is malformed all the same.
    Malformed(Place),
    /// A certificate breaks a rule of RFC 5280.
    Breaks { place: Place, rule: Rule },
    /// A certificate is not valid yet, but from this second since 1970 on.
    NotYetValid { place: Place, from: i64 },
    /// A certificate was valid until this second since 1970.
    Expired { place: Place, until: i64 },
    /// An issuer has more intermediates below it than it may have.
    PathLength { place: Place, limit: usize, below: usize },
    /// There are more intermediates than the configuration allows.
    TooLong { limit: usize, found: usize },
    /// A name in a certificate is not one that an issuer may issue for.
    Names { index: usize, by: Place },
    /// The path must have a policy, and has none that is valid for all of it.
    Policy,
    /// The peer's certificate is not pinned; the pin of its key would be this.
    NotPinned(Pin),
    /// The peer's certificate was revoked at this second since 1970, its stapled OCSP response says.
    Revoked(i64),
    /// A certificate, of this index, was revoked at this second since 1970, if that is known, says this list.
    Listed { index: usize, at: Option<i64>, list: String },
    /// It is not known whether the certificate of this index was revoked; because of this list, if there is one.
    StatusUnknown { index: usize, why: Unknown, list: String },
    /// The peer's certificate demands a stapled OCSP response, and there is none.
    NotStapled,
    /// The stapled OCSP response is of no use, for this reason.
    BadStaple(Unusable),
    /// A certificate, of this index, is larger than is read.
    TooLarge(usize),
    /// There is too much to compare.
    TooMuchWork,
    /// The keyUsage of the peer's certificate.
    KeyUsage(KeyUsage),
    /// The peer's key is of a kind that is not supported.
    UnknownKey,
    /// The peer's RSA key has only so many bits, and must have so many.
    SmallKey { bits: usize, least: usize },
}
