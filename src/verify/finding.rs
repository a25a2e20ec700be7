//! What a failed check found, with everything that its explanation needs.

use alloc::string::String;

use super::breach::Breach;
use super::der::Fault;
use super::extensions::KeyUsage;
use super::ocsp::Unusable;
use super::pin::Pin;
use super::policies::Refusal;
use super::signature::Unsigned;
use super::status::Unknown;

/// Where a certificate comes from: its index in the chain that the peer sent, or among the roots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Sent(usize),
    Root(usize),
}

/// What was found wrong. An `index` is that of a certificate in the chain.
#[derive(Clone, Debug)]
pub(super) enum Finding {
    /// The peer sent nothing.
    NoCertificate,
    Unreadable {
        index: usize,
        why: Fault,
    },
    TooLarge(usize),
    /// The chain has more certificates than the limit.
    TooMany,

    // Building a path.
    /// No known certificate has the name of the issuer of this one, at which the longest path ends.
    NoIssuer(usize),
    /// It was issued by the anchor of this index, which is trusted itself, but issues nothing.
    IssuedByTrusted {
        index: usize,
        anchor: usize,
    },
    /// There are issuers of that name, but none of them signed it; with the reason for the most likely one.
    NotSigned {
        index: usize,
        by: Place,
        why: Unsigned,
    },
    /// The path has more intermediates than the configuration allows.
    TooLong {
        limit: usize,
    },
    /// The budget of signatures, steps or comparisons is used up.
    TooMuchWork,

    // Walking down it.
    /// It is valid from this Unix time on, in seconds.
    NotYetValid {
        place: Place,
        from: i64,
    },
    /// It was valid until this Unix time, in seconds.
    Expired {
        place: Place,
        until: i64,
    },
    OldVersion(usize),
    UnknownCritical {
        index: usize,
    },
    /// It issued the certificate `issued`, but is not a CA certificate.
    NotAuthority {
        index: usize,
        issued: usize,
    },
    /// It issued the certificate `issued`, but its keyUsage does not allow signing certificates.
    NoCertSign {
        index: usize,
        issued: usize,
    },
    /// It has more intermediates below it than its pathLenConstraint allows.
    PathLength {
        place: Place,
        limit: u64,
        below: u64,
    },
    /// It has unusable nameConstraints, for this reason.
    Constraints {
        by: Place,
        why: Fault,
    },
    /// A name in the certificate, as text, is not one that `by` may issue for.
    Name {
        index: usize,
        by: Place,
        name: String,
        why: BadName,
    },
    Policy {
        index: usize,
        why: Refusal,
    },
    /// Its extendedKeyUsage does not allow what the peer does.
    Purpose(usize),
    /// It violates a rule that is required.
    Breaks {
        index: usize,
        breach: Breach,
    },
    /// It was revoked at this Unix time, if known, according to this list.
    Listed {
        index: usize,
        at: Option<i64>,
        list: String,
    },
    /// Its revocation status is unknown, because of this list if there is one.
    StatusUnknown {
        index: usize,
        why: Unknown,
        list: String,
    },

    // The peer's own certificate.
    /// It was revoked at this Unix time, according to its stapled OCSP response.
    Revoked(i64),
    /// It requires a stapled OCSP response, and there is none.
    NotStapled,
    /// Its status must be known, but no stapled OCSP response gives it.
    StatusNotStapled,
    /// The stapled OCSP response cannot be used, for this reason.
    BadStaple(Unusable),
    /// It does not name the requested server.
    NotNamed,
    /// The connection was made without the name of a server, so there is no name for the certificate to match.
    NoName,
    /// Its keyUsage does not allow what its key is used for.
    KeyUsage(KeyUsage),
    /// Its key has an unsupported type.
    UnknownKey,
    /// Its RSA key has fewer bits than the minimum.
    SmallKey {
        bits: usize,
        least: usize,
    },
    /// It is not pinned; this would be the pin of its key.
    NotPinned(Pin),
}

/// Why a name is not one that an authority may issue for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadName {
    NotPermitted,
    Excluded,
    Incomparable,
}
