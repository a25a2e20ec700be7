//! Name constraints (RFC 5280 §4.2.1.10) of the forms that webpki does not compare, and so refuses: directory names, mail
//! addresses and URIs.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::str;
use x509_parser::asn1_rs::{Class, Tag};
use x509_parser::extensions::{GeneralName, NameConstraints, ParsedExtension};
use x509_parser::oid_registry::OID_PKCS9_EMAIL_ADDRESS;
use x509_parser::prelude::{X509Certificate, X509Name};
use x509_parser::x509::{AttributeTypeAndValue, RelativeDistinguishedName};

/// The most comparisons made for one path: webpki's own limit.
const MAX_COMPARISONS: usize = 250_000;

/// Whether the tag of a GeneralName is of a form that is compared here, and not by webpki.
pub(super) const fn is_ours(tag: u8) -> bool {
    const RFC822_NAME: u8 = 0x81;
    const DIRECTORY_NAME: u8 = 0xa4;
    const URI: u8 = 0x86;
    matches!(tag, RFC822_NAME | DIRECTORY_NAME | URI)
}

/// What is wrong with the names below an issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Violation {
    /// A name is not one that the issuer may issue for.
    Name,
    /// There is too much to compare.
    TooMuchWork,
}

/// Whether the names of `subject` keep the constraints of an issuer above it.
pub(super) fn check(
    constraints: &NameConstraints<'_>,
    subject: &X509Certificate<'_>,
    work: &mut Work,
) -> Result<(), Violation> {
    for name in names(subject) {
        let excluded = constraints.excluded_subtrees.iter().flatten();
        for subtree in excluded {
            work.one()?;
            if name.is_within(&subtree.base, List::Excluded) == Some(true) {
                return Err(Violation::Name);
            }
        }
        let (mut constrained, mut within) = (false, false);
        for subtree in constraints.permitted_subtrees.iter().flatten() {
            work.one()?;
            let is_within = name.is_within(&subtree.base, List::Permitted);
            constrained |= is_within.is_some();
            within |= is_within == Some(true);
        }
        if constrained && !within {
            return Err(Violation::Name);
        }
    }
    Ok(())
}

/// How many comparisons may still be made.
pub(super) struct Work(usize);

impl Work {
    pub(super) const fn new() -> Self {
        Self(MAX_COMPARISONS)
    }

    fn one(&mut self) -> Result<(), Violation> {
        self.0 = self.0.checked_sub(1).ok_or(Violation::TooMuchWork)?;
        Ok(())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum List {
    Permitted,
    Excluded,
}

/// A name that constraints are compared with here.
enum Name<'c> {
    Directory(&'c X509Name<'c>),
    Mail(&'c str),
    Uri(&'c str),
}

fn names<'c>(certificate: &'c X509Certificate<'_>) -> Vec<Name<'c>> {
    let mut names = Vec::new();
    if certificate.subject().iter_rdn().next().is_some() {
        names.push(Name::Directory(certificate.subject()));
    }
    for extension in certificate.extensions() {
        let ParsedExtension::SubjectAlternativeName(alternative) = extension.parsed_extension() else { continue };
        names.extend(alternative.general_names.iter().filter_map(|name| match name {
            GeneralName::DirectoryName(name) => Some(Name::Directory(name)),
            GeneralName::RFC822Name(mail) => Some(Name::Mail(mail)),
            GeneralName::URI(uri) => Some(Name::Uri(uri)),
            _ => None,
        }));
    }
    // RFC 5280 §4.2.1.10: where the subjectAltName has no mail address, those in the subject are meant.
    if !names.iter().any(|name| matches!(name, Name::Mail(_))) {
        let mails = certificate.subject().iter_by_oid(&OID_PKCS9_EMAIL_ADDRESS);
        names.extend(mails.filter_map(|mail| str::from_utf8(mail.as_slice()).ok()).map(Name::Mail));
    }
    names
}

impl Name<'_> {
    /// None, if the constraint is of another form.
    fn is_within(&self, base: &GeneralName<'_>, list: List) -> Option<bool> {
        match (self, base) {
            (Self::Directory(name), GeneralName::DirectoryName(base)) => Some(is_below(name, base)),
            (Self::Mail(mail), GeneralName::RFC822Name(base)) => {
                Some(is_mail_within(mail, base).unwrap_or(list == List::Excluded))
            }
            // RFC 5280 §4.2.1.10: a URI without the name of a host is refused where there are constraints on URIs.
            (Self::Uri(uri), GeneralName::URI(base)) => {
                Some(host_of(uri).map_or(list == List::Excluded, |host| is_host_within(host, base)))
            }
            _ => None,
        }
    }
}

/// RFC 5280 §7.1: a name is within a subtree that it starts with.
fn is_below(name: &X509Name<'_>, base: &X509Name<'_>) -> bool {
    let mut parts = name.iter_rdn();
    base.iter_rdn().all(|wanted| parts.next().is_some_and(|part| is_same_part(part, wanted)))
}

fn is_same_part(part: &RelativeDistinguishedName<'_>, wanted: &RelativeDistinguishedName<'_>) -> bool {
    let has = |attribute: &AttributeTypeAndValue<'_>| wanted.iter().any(|other| is_same_attribute(attribute, other));
    part.iter().count() == wanted.iter().count() && part.iter().all(has)
}

/// RFC 5280 §7.1: strings are the same whatever their type, their case and the number of spaces between words.
fn is_same_attribute(one: &AttributeTypeAndValue<'_>, other: &AttributeTypeAndValue<'_>) -> bool {
    one.attr_type() == other.attr_type()
        && match (folded(one), folded(other)) {
            (Some(one), Some(other)) => one == other,
            _ => one.attr_value() == other.attr_value(),
        }
}

/// A string without what does not count in it. None for another value than a string.
fn folded(attribute: &AttributeTypeAndValue<'_>) -> Option<String> {
    let value = attribute.attr_value();
    if value.class() != Class::Universal {
        return None;
    }
    let bytes = attribute.as_slice();
    let text = match value.tag() {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String => str::from_utf8(bytes).ok()?.to_string(),
        // As it is used, if not as it is written: Latin-1.
        Tag::TeletexString => bytes.iter().copied().map(char::from).collect(),
        Tag::BmpString => {
            let (units, rest) = bytes.as_chunks();
            let units = units.iter().map(|unit| u16::from_be_bytes(*unit));
            char::decode_utf16(units).collect::<Result<_, _>>().ok().filter(|_: &String| rest.is_empty())?
        }
        _ => return None,
    };
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    Some(words.join(" "))
}

/// A mailbox, all mailboxes of a host, or with a dot before it those of all hosts below a domain. None, if one of the two
/// cannot be read: nobody may issue for it (RFC 5280 §4.2.1.6: a Mailbox of RFC 2821 §4.1.2).
fn is_mail_within(mail: &str, base: &str) -> Option<bool> {
    let (mailbox, host) = at_its_only_at(mail)?;
    Some(if base.contains('@') {
        let (base_mailbox, base_host) = at_its_only_at(base)?;
        mailbox == base_mailbox && host.eq_ignore_ascii_case(base_host)
    } else {
        is_host_within(host, base)
    })
}

/// What is before the only @, and what is after it.
fn at_its_only_at(mail: &str) -> Option<(&str, &str)> {
    let (mailbox, host) = mail.split_once('@')?;
    (!mailbox.is_empty() && !host.contains('@')).then_some((mailbox, host))
}

/// A host, or with a dot before it all hosts below a domain.
fn is_host_within(host: &str, base: &str) -> bool {
    let (host, base) = (host.to_ascii_lowercase(), base.to_ascii_lowercase());
    if base.starts_with('.') { host.len() > base.len() && host.ends_with(&base) } else { host == base }
}

/// The name of the host in a URI.
fn host_of(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host.split(':').next()?;
    let is_name = host.contains(|c: char| c.is_ascii_alphabetic()) && !host.starts_with('[');
    is_name.then_some(host)
}
