//! Parsing of server names.

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;
use rustls_pki_types::ServerName;

use super::text;

/// Parses the name of a server: a DNS name, or an IP address without brackets.
///
/// An internationalized name (RFC 5890) must be given as A-labels, such as `xn--mller-kva.example` for
/// `müller.example`, which an IDNA library produces. Certificates have that form too (RFC 5280 §7.2). A name with
/// non-ASCII characters is refused.
///
/// # Errors
/// [`NameError`] if `name` is neither a DNS name nor an IP address.
pub fn server_name(name: &str) -> Result<ServerName<'static>, NameError> {
    ServerName::try_from(name.to_owned()).map_err(|_| NameError(text::plain(name)))
}

/// The error for text that is not the name of a server. It contains the text, escaped and bounded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameError(String);

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(name) = self;
        write!(f, "'{name}' is neither a DNS name nor an IP address")?;
        if !name.is_ascii() {
            f.write_str("; give an internationalized name as A-labels (xn--…)")?;
        }
        Ok(())
    }
}

impl core::error::Error for NameError {}
