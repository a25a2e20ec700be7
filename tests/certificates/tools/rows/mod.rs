//! The sets of certificates, a file for each kind of tool.

mod authorities;
mod languages;
mod older;
mod openssl;
mod platforms;

pub use tls12::verify::Allow;

pub use crate::certificates::theirs::{Accepts, OnlyTheyAccept, OnlyTheyRefuse, Refuses};
pub use crate::tools::row::*;

pub static ALL: [&[Row]; 5] = [openssl::ROWS, older::ROWS, authorities::ROWS, platforms::ROWS, languages::ROWS];

/// Made by OpenSSL for a server called a.example, and everybody accepts it.
const GOOD: Row = Row {
    name: "",
    what: "",
    tool: Tool { needs: &[["openssl", "version"]], folder: None, install: "apt-get install openssl" },
    made: "",
    by_us: None,
    server: Some("a.example"),
    allowed: &[],
    ours: Ok(()),
    openssl: Accepts,
    gnutls: Accepts,
    go: Accepts,
};

const NAME: Ours = Err(Kind::NameMismatch);
const ISSUER: Ours = Err(Kind::UnknownIssuer);
const PURPOSE: Ours = Err(Kind::WrongPurpose);
const ALGORITHM: Ours = Err(Kind::UnsupportedAlgorithm);
const UNSUPPORTED: Ours = Err(Kind::Unsupported);

const COMMON_NAME: &str =
    "a common name is no name of a server (RFC 6125 §6.4.4, RFC 9525 §2), unless it is allowed by Allow::CommonName";
const OLD_VERSION: &str = "a certificate of version 1 has no extensions, so that nothing can be known of its purpose or name \
                           (RFC 5280 §4.1.2.1); it is accepted by name only";
const PARTIAL_CHAIN: &str = "openssl verify wants a root that signed itself, unless it is told -partial_chain";
const SMALL_KEY: &str =
    "RSA keys of less than 2048 bits can be factored (SP 800-131A rev. 2 §3): refused unless allowed";
const NO_ISSUER: &str =
    "certtool looks for the issuer of every certificate that did not sign itself, be it in the store or not";
const OWN_SIGNATURE: &str = "GnuTLS asks of a certificate that signed itself that it may sign certificates, though its signature \
                             says nothing: it is in the store";
const ANY_ROOT: &str = "GnuTLS takes whatever is in the store for an authority; whoever trusts the certificate of one server \
                        does not make it an authority (RFC 5280 §6.1.4 (k))";
const NO_NAMES: &str =
    "an authority without a name must not be (RFC 5280 §4.1.2.4), but a path through it validates (§6.1.3 (a) (4))";
