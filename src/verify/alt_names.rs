//! The names in a subjectAltName (RFC 5280 §4.2.1.6), and whether one of them is the server's (RFC 9525 §6).

use rustls_pki_types::{IpAddr, ServerName};

use super::der::{self, Reader, Tlv};
use super::dns_names;
use super::names::{COMMON_NAME, Name};

/// The tags of a GeneralName.
const OTHER_NAME: u8 = der::constructed(0);
const MAIL: u8 = der::primitive(1);
const DNS: u8 = der::primitive(2);
const X400: u8 = der::constructed(3);
const DIRECTORY: u8 = der::constructed(4);
const EDI: u8 = der::constructed(5);
const URI: u8 = der::primitive(6);
const ADDRESS: u8 = der::primitive(7);
const REGISTERED: u8 = der::primitive(8);

/// A name of any form (RFC 5280 §4.2.1.6), or the base of a subtree (§4.2.1.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GeneralName<'a> {
    Mail(&'a [u8]),
    Dns(&'a [u8]),
    /// A distinguished name, in DER.
    Directory(&'a [u8]),
    Uri(&'a [u8]),
    /// An IP address, or one and a mask.
    Address(&'a [u8]),
    /// A form that is not compared here.
    Other(Tlv<'a>),
    /// None of the forms.
    Unknown(Tlv<'a>),
}

impl<'a> GeneralName<'a> {
    pub(super) const fn new(name: Tlv<'a>) -> Self {
        match name.tag {
            MAIL => Self::Mail(name.content),
            DNS => Self::Dns(name.content),
            DIRECTORY => Self::Directory(name.content),
            URI => Self::Uri(name.content),
            ADDRESS => Self::Address(name.content),
            OTHER_NAME | X400 | EDI | REGISTERED => Self::Other(name),
            _ => Self::Unknown(name),
        }
    }

    /// How many bytes it has.
    pub(super) const fn len(self) -> usize {
        match self {
            Self::Mail(bytes) | Self::Dns(bytes) | Self::Directory(bytes) | Self::Uri(bytes) | Self::Address(bytes) => {
                bytes.len()
            }
            Self::Other(tlv) | Self::Unknown(tlv) => tlv.content.len(),
        }
    }

    /// Whether it is well-formed. Forms that are not compared here are not inspected.
    pub(super) fn is_well_formed(self) -> bool {
        match self {
            Self::Mail(mail) => !mail.is_empty() && mail.is_ascii(),
            Self::Dns(name) => dns_names::is_presentable(name),
            Self::Directory(name) => Name::new(name).is_some(),
            Self::Uri(uri) => !uri.is_empty() && uri.is_ascii(),
            Self::Address(address) => matches!(address.len(), 4 | 16),
            Self::Other(_) => true,
            Self::Unknown(_) => false,
        }
    }
}

/// The names in a subjectAltName: `names` is the content of its GeneralNames. The iterator ends at the first malformed
/// element.
pub(super) fn iter(names: Option<&[u8]>) -> impl Iterator<Item = GeneralName<'_>> {
    let mut reader = Reader::new(names.unwrap_or_default());
    core::iter::from_fn(move || reader.next()).map(GeneralName::new)
}

/// Whether one of the names in a subjectAltName is the server's (RFC 9525 §6.3 and §6.5). Malformed names match nothing
/// and are otherwise ignored.
pub(super) fn are_of(names: Option<&[u8]>, server: &ServerName<'_>) -> bool {
    match server {
        ServerName::DnsName(asked) => {
            let asked = asked.as_ref().as_bytes();
            iter(names).any(|name| matches!(name, GeneralName::Dns(name) if dns_names::is_name_of(name, asked)))
        }
        ServerName::IpAddress(asked) => {
            let asked: &[u8] = match asked {
                IpAddr::V4(address) => address.as_ref(),
                IpAddr::V6(address) => address.as_ref(),
            };
            iter(names).any(|name| name == GeneralName::Address(asked))
        }
        _ => false,
    }
}

/// A common name that stands in for a DNS name (RFC 6125 §6.4.4).
#[derive(Clone, Copy, Debug)]
pub(super) struct CommonName {
    bytes: [u8; dns_names::MAX_NAME],
    len: usize,
}

impl CommonName {
    /// The last common name of a subject, which is the most specific, in ASCII. `None` if it does not count, because
    /// the subjectAltName has a DNS name or an IP address, well-formed or not.
    pub(super) fn new(subject: Name<'_>, alt_names: Option<&[u8]>) -> Option<Self> {
        let is_server = |name| matches!(name, GeneralName::Dns(_) | GeneralName::Address(_) | GeneralName::Unknown(_));
        if iter(alt_names).any(is_server) {
            return None;
        }
        let text = subject.attributes().filter(|attribute| attribute.kind == COMMON_NAME).last()?.text()?;
        let mut name = Self { bytes: [0; dns_names::MAX_NAME], len: 0 };
        for c in text.chars() {
            let byte = u8::try_from(c).ok().filter(u8::is_ascii)?;
            *name.bytes.get_mut(name.len)? = byte;
            name.len += 1;
        }
        Some(name)
    }

    /// As a certificate could have it in its subjectAltName.
    pub(super) fn as_dns_name(&self) -> GeneralName<'_> {
        GeneralName::Dns(self.bytes.get(..self.len).unwrap_or_default())
    }

    /// Whether it is the server's name. It is never an address.
    pub(super) fn is_of(&self, server: &ServerName<'_>) -> bool {
        match (self.as_dns_name(), server) {
            (GeneralName::Dns(name), ServerName::DnsName(asked)) => {
                dns_names::is_name_of(name, asked.as_ref().as_bytes())
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;
