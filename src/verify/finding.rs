//! What the checks find wrong, before it is put into words: made where a check fails, with all that its words need.

use alloc::string::String;

use super::breach::Breach;
use super::certificate::Fault;
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
    /// There are more certificates than are read.
    TooMany,

    // Building a path.
    /// Nobody who is at hand has the name of the issuer of this certificate, at which the longest path ends.
    NoIssuer(usize),
    /// There are issuers of that name, but none has signed it. Why, for the likeliest of them.
    NotSigned {
        index: usize,
        by: Place,
        why: Unsigned,
    },
    /// The path goes on for more intermediates than the configuration allows.
    TooLong {
        limit: usize,
    },
    /// The budget of signatures, steps or comparisons is used up.
    TooMuchWork,

    // Walking down it.
    /// It is valid from this second since 1970 on.
    NotYetValid {
        place: Place,
        from: i64,
    },
    /// It was valid until this second since 1970.
    Expired {
        place: Place,
        until: i64,
    },
    OldVersion(usize),
    UnknownCritical {
        index: usize,
    },
    /// It issued the certificate `issued`, but does not belong to an authority.
    NotAuthority {
        index: usize,
        issued: usize,
    },
    /// It issued the certificate `issued`, but may not sign certificates by its keyUsage.
    NoCertSign {
        index: usize,
        issued: usize,
    },
    /// It has more intermediates below it than it may have.
    PathLength {
        place: Place,
        limit: u64,
        below: u64,
    },
    /// It has nameConstraints that cannot be read, for this reason.
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
    /// It breaks a rule that is required.
    Breaks {
        index: usize,
        breach: Breach,
    },
    /// It was revoked at this second since 1970, if that is known, says this list.
    Listed {
        index: usize,
        at: Option<i64>,
        list: String,
    },
    /// It is not known whether it was revoked; because of this list, if there is one.
    StatusUnknown {
        index: usize,
        why: Unknown,
        list: String,
    },

    // The peer's own certificate.
    /// It was revoked at this second since 1970, its stapled OCSP response says.
    Revoked(i64),
    /// It demands a stapled OCSP response, and there is none.
    NotStapled,
    /// Its status must be known, and no stapled OCSP response tells it.
    NotTold,
    /// The stapled OCSP response is of no use, for this reason.
    BadStaple(Unusable),
    /// It is not the certificate of the server that was asked for.
    NotNamed,
    /// Its keyUsage does not allow what its key is used for.
    KeyUsage(KeyUsage),
    /// Its key is of a kind that is not supported.
    UnknownKey,
    /// Its RSA key has only so many bits, and must have so many.
    SmallKey {
        bits: usize,
        least: usize,
    },
    /// It is not pinned; the pin of its key would be this.
    NotPinned(Pin),
}

/// Why a name is not one that an authority may issue for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadName {
    NotPermitted,
    Excluded,
    Incomparable,
}
