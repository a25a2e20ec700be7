//! Name constraints (RFC 5280 §4.2.1.10, §6.1.3 (b) and (c)): which names a CA may issue certificates for.

use super::alt_names::{self, GeneralName};
use super::certificate::Certificate;
use super::der::{self, Fault, Reader, Tlv};
use super::dns_names::{self, List};
use super::names::{EMAIL_ADDRESS, Name};

const MALFORMED: Fault = "has malformed nameConstraints (RFC 5280 §4.2.1.10)";
const BOUNDED: Fault = "has nameConstraints with a minimum other than 0, or a maximum (RFC 5280 §4.2.1.10)";

/// The maximum number of comparisons for one path, as in webpki: a certificate of 64 kB has room for thousands of
/// names, each of which is compared with each subtree.
const MAX_COMPARISONS: usize = 250_000;
/// The number of bytes, of the longer of the two names, that count as one comparison.
const BYTES_IN_A_COMPARISON: usize = 16;

/// The number of comparisons left.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget(usize);

impl Budget {
    pub(super) const fn new() -> Self {
        Self(MAX_COMPARISONS)
    }

    fn spend<'a>(&mut self, name: GeneralName<'a>, base: GeneralName<'a>) -> Result<(), Violation<'a>> {
        let cost = 1 + name.len().max(base.len()) / BYTES_IN_A_COMPARISON;
        self.0 = self.0.checked_sub(cost).ok_or(Violation::TooMuchWork)?;
        Ok(())
    }
}

/// Why the constraints of a CA do not allow a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Violation<'a> {
    /// A name is in none of the permitted subtrees of its form.
    NotPermitted(GeneralName<'a>),
    /// A name is in an excluded subtree.
    Excluded(GeneralName<'a>),
    /// Names of this form are constrained, and this one cannot be compared: it is malformed, or of a form that is not
    /// supported here (RFC 5280 §4.2.1.10: "process the constraint or reject the certificate").
    Incomparable(GeneralName<'a>),
    /// Names of a form are constrained by a subtree that is malformed.
    MalformedConstraint,
    /// There is too much to compare.
    TooMuchWork,
}

/// The constraints of an authority.
#[derive(Clone, Copy, Debug)]
pub(super) struct NameConstraints<'a> {
    /// The contents of the two lists.
    permitted: &'a [u8],
    excluded: &'a [u8],
}

impl<'a> NameConstraints<'a> {
    /// `content` is that of the extension's SEQUENCE, as certificates and trust anchors have it.
    pub(super) fn new(content: &'a [u8]) -> Result<Self, Fault> {
        let mut lists = Reader::new(content);
        let mut list = |number| {
            let list = lists.optional(der::constructed(number)).ok_or(MALFORMED)?;
            let content = list.map_or(&[][..], |list| list.content);
            are_bases(content).map(|()| content)
        };
        let (permitted, excluded) = (list(0)?, list(1)?);
        lists.end().ok_or(MALFORMED)?;
        Ok(Self { permitted, excluded })
    }

    /// Checks that the names of a certificate below satisfy the constraints. The caller skips self-issued intermediates
    /// (RFC 5280 §6.1.3 (b)).
    pub(super) fn check<'c>(&self, certificate: &Certificate<'c>, budget: &mut Budget) -> Result<(), Violation<'c>>
    where
        'a: 'c,
    {
        if !certificate.subject.is_empty() {
            self.check_name(GeneralName::Directory(certificate.subject.whole), budget)?;
        }
        let mut has_mail = false;
        for name in alt_names::iter(certificate.extensions.alt_names) {
            has_mail |= matches!(name, GeneralName::Mail(_));
            self.check_name(name, budget)?;
        }
        // RFC 5280 §4.2.1.10: if the subjectAltName has no mail address, those in the subject are constrained.
        if !has_mail {
            for mail in certificate.subject.attributes().filter(|attribute| attribute.kind == EMAIL_ADDRESS) {
                self.check_name(GeneralName::Mail(mail.value.content), budget)?;
            }
        }
        Ok(())
    }

    /// Checks that one name satisfies the constraints: one of those in [`Self::check`], or a common name used instead.
    pub(super) fn check_name<'n>(&self, name: GeneralName<'n>, budget: &mut Budget) -> Result<(), Violation<'n>>
    where
        'a: 'n,
    {
        // RFC 5280 §6.1.3 (b).
        let (mut constrained, mut within) = (false, false);
        for base in bases(self.permitted) {
            budget.spend(name, base)?;
            let is_within = is_within(name, base, List::Permitted)?;
            constrained |= is_within.is_some();
            within |= is_within == Some(true);
        }
        if constrained && !within {
            return Err(Violation::NotPermitted(name));
        }
        // RFC 5280 §6.1.3 (c).
        for base in bases(self.excluded) {
            budget.spend(name, base)?;
            if is_within(name, base, List::Excluded)? == Some(true) {
                return Err(Violation::Excluded(name));
            }
        }
        Ok(())
    }
}

/// RFC 5280 §4.2.1.10: in each subtree "the minimum MUST be zero", which DER leaves out, "and maximum MUST be absent".
fn are_bases(list: &[u8]) -> Result<(), Fault> {
    let mut subtrees = Reader::new(list);
    while !subtrees.is_empty() {
        let mut subtree = subtrees.take(der::SEQUENCE).ok_or(MALFORMED)?.inside();
        subtree.next().ok_or(MALFORMED)?;
        subtree.end().ok_or(BOUNDED)?;
    }
    Ok(())
}

fn bases(list: &[u8]) -> impl Iterator<Item = GeneralName<'_>> {
    let mut subtrees = Reader::new(list);
    core::iter::from_fn(move || subtrees.take(der::SEQUENCE)?.inside().next()).map(GeneralName::new)
}

/// Whether a name is in the subtree of `base`. `None` if that is of another form.
fn is_within<'a>(name: GeneralName<'a>, base: GeneralName<'a>, list: List) -> Result<Option<bool>, Violation<'a>> {
    use GeneralName::{Address, Directory, Dns, Mail, Other, Unknown, Uri};
    let is_within = match (name, base) {
        (Unknown(_), _) => return Err(Violation::Incomparable(name)),
        (Other(Tlv { tag, .. }), Other(base)) if tag == base.tag => return Err(Violation::Incomparable(name)),
        (Mail(_), Mail(_))
        | (Dns(_), Dns(_))
        | (Directory(_), Directory(_))
        | (Uri(_), Uri(_))
        | (Address(_), Address(_))
            if !name.is_well_formed() =>
        {
            return Err(Violation::Incomparable(name));
        }
        (Dns(name), Dns(base)) => dns_names::is_within(name, base, list),
        (Directory(name), Directory(base)) => {
            Name::new(base).zip(Name::new(name)).map(|(base, name)| name.is_within(base))
        }
        (Address(address), Address(base)) => is_address_within(address, base),
        (Mail(mail), Mail(base)) => {
            let (mailbox, host) = mailbox_and_host(mail).ok_or(Violation::Incomparable(name))?;
            is_mail_within(mailbox, host, base)
        }
        // RFC 5280 §4.2.1.10: a URI without a host, or with an address for it, MUST be refused where URIs are constrained.
        (Uri(uri), Uri(base)) => is_host_within(host_of(uri).ok_or(Violation::Incomparable(name))?, base),
        _ => return Ok(None),
    };
    is_within.map(Some).ok_or(Violation::MalformedConstraint)
}

/// What is before the only @ of a mail address, and the host after it (RFC 5280 §4.2.1.6, RFC 2821 §4.1.2).
fn mailbox_and_host(mail: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = mail.iter().position(|byte| *byte == b'@')?;
    let (mailbox, host) = (mail.get(..at)?, mail.get(at + 1..)?);
    let is_mail = !mailbox.is_empty() && mailbox.iter().all(u8::is_ascii_graphic) && dns_names::is_host(host);
    is_mail.then_some((mailbox, host))
}

/// The base is a mailbox, or else as for a host: all mailboxes there. The case of what is before the @ counts
/// (RFC 5280 §7.5).
fn is_mail_within(mailbox: &[u8], host: &[u8], base: &[u8]) -> Option<bool> {
    if base.contains(&b'@') {
        let (base_mailbox, base_host) = mailbox_and_host(base)?;
        return Some(mailbox == base_mailbox && host.eq_ignore_ascii_case(base_host));
    }
    is_host_within(host, base)
}

/// The base is a host, or with a dot before it all hosts below a domain, or nothing, and then all hosts. `None` if it
/// is malformed.
fn is_host_within(host: &[u8], base: &[u8]) -> Option<bool> {
    match base.strip_prefix(b".") {
        None if base.is_empty() => Some(true),
        Some(domain) => dns_names::is_host(domain).then(|| dns_names::is_below(host, domain)),
        None => dns_names::is_host(base).then(|| host.eq_ignore_ascii_case(base)),
    }
}

/// The host in a URI, if it is a name (RFC 3986 §3, §3.2).
fn host_of(uri: &[u8]) -> Option<&[u8]> {
    let colon = uri.iter().position(|byte| *byte == b':')?;
    let (scheme, rest) = uri.split_at_checked(colon)?;
    let in_scheme = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    if !scheme.first().is_some_and(u8::is_ascii_alphabetic) || !scheme.iter().all(in_scheme) {
        return None;
    }
    let authority = rest.strip_prefix(b"://")?.split(|byte| matches!(byte, b'/' | b'?' | b'#')).next()?;
    let host = match authority.iter().rposition(|byte| *byte == b'@') {
        // A character that is not allowed before the @, such as another @, would make the host ambiguous.
        Some(at) if !authority.iter().take(at).all(is_in_userinfo) => return None,
        Some(at) => authority.get(at + 1..)?,
        None => authority,
    };
    let mut host = host.split(|byte| *byte == b':');
    let (name, port) = (host.next()?, host.next());
    let is_port = |port: &[u8]| port.iter().all(u8::is_ascii_digit);
    let good = dns_names::is_host(name) && port.is_none_or(is_port) && host.next().is_none();
    good.then_some(name)
}

/// Whether it may be in the userinfo of a URI (RFC 3986 §3.2.1).
fn is_in_userinfo(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:".contains(byte)
}

/// The base is an address and a mask of its length. `None` if it is not, or the mask is no prefix (RFC 4632 §3.1).
fn is_address_within(address: &[u8], base: &[u8]) -> Option<bool> {
    const V4: usize = 8;
    const V6: usize = 32;
    if !matches!(base.len(), V4 | V6) {
        return None;
    }
    let (net, mask) = base.split_at_checked(base.len() / 2)?;
    let ones = mask.iter().take_while(|byte| **byte == 0xff).count();
    let mut rest = mask.iter().skip(ones);
    let last = rest.next().copied().unwrap_or_default();
    if last.count_ones() != last.leading_ones() || rest.any(|byte| *byte != 0) {
        return None;
    }
    let in_net = |((address, net), mask): ((&u8, &u8), &u8)| (address ^ net) & mask == 0;
    Some(address.len() == net.len() && address.iter().zip(net).zip(mask).all(in_net))
}

#[cfg(test)]
mod tests;
