//! Names of servers from text.

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;
use rustls_pki_types::ServerName;

use super::text;

/// The name of a server: a DNS name, or an IP address without brackets.
///
/// An internationalized name (RFC 5890) is refused in letters beyond ASCII, since how it is written in ASCII is not for a
/// TLS library to decide: give its A-labels, such as `xn--mller-kva.example`, which libraries of IDNA make of
/// `müller.example`. Certificates have that form too (RFC 5280 §7.2).
///
/// # Errors
/// [`NameError`] says what is wrong.
pub fn server_name(name: &str) -> Result<ServerName<'static>, NameError> {
    ServerName::try_from(name.to_owned()).map_err(|_| NameError(text::plain(name)))
}

/// Why text is not the name of a server. It has the text, escaped and bounded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameError(String);

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(name) = self;
        write!(f, "'{name}' is neither a DNS name nor an IP address")?;
        if !name.is_ascii() {
            f.write_str("; an internationalized name is given by its A-labels (xn--…)")?;
        }
        Ok(())
    }
}

impl core::error::Error for NameError {}
