//! A certificate revocation list (RFC 5280 §5), parsed once, when it is added.
//!
//! Its entries remain in the DER; an index sorted by serial number finds them.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::ops::Range;

use super::certificate::{Key, Signature};
use super::der::{self, Reader, Tlv};
use super::names::Name;
use super::rejected::CrlProblem;
use super::scope::{self, Scope, Subject};
use super::window::Window;

/// The last byte of extensions' identifiers in 2.5.29 (RFC 5280 §5.2, §5.3).
const CRL_NUMBER: u8 = 20;
const REASON_CODE: u8 = 21;
const DELTA_INDICATOR: u8 = 27;
const ISSUING_POINT: u8 = 28;
const CERTIFICATE_ISSUER: u8 = 29;
const AUTHORITY_KEY: u8 = 35;

const MALFORMED: CrlProblem = CrlProblem::Malformed;

/// A usable list.
pub(super) struct Crl {
    der: Box<[u8]>,
    /// Where its parts are in `der`.
    parts: Parts,
    pub(super) window: Window,
    /// By serial number.
    entries: Vec<Entry>,
    /// The names in certificateIssuer extensions, where they are in `der`.
    issuers: Vec<Range<usize>>,
    #[cfg(feature = "std")]
    known: Known,
}

/// Keys, by their SubjectPublicKeyInfo, for which it is known whether they signed the list: a large list must not be
/// hashed in every handshake.
#[cfg(feature = "std")]
#[derive(Default)]
struct Known {
    signer: std::sync::OnceLock<Box<[u8]>>,
    /// The first key found not to have signed it.
    other: std::sync::OnceLock<Box<[u8]>>,
}

struct Parts {
    signed: Range<usize>,
    /// The content of the AlgorithmIdentifier.
    algorithm: Range<usize>,
    signature: Range<usize>,
    issuer: Range<usize>,
    /// Numbers without leading zeros.
    number: Option<Range<usize>>,
    base: Option<Range<usize>>,
    /// The values of the issuingDistributionPoint and of the authorityKeyIdentifier.
    scope: Option<Range<usize>>,
    authority_key: Option<Range<usize>>,
}

/// A revoked certificate.
struct Entry {
    /// Where it begins.
    at: u32,
    /// The issuer of the certificate: 0 is the issuer of the list, others are in `Crl::issuers`, counted from 1.
    issuer: u32,
}

/// The status of a certificate that is on a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listed {
    /// It was revoked, at this Unix time in seconds if the date can be parsed.
    Revoked(Option<i64>),
    /// It is no longer on hold (RFC 5280 §5.3.1, removeFromCRL).
    Removed,
}

impl Crl {
    /// Reads a list of version 1 or 2.
    pub(super) fn new(der: &[u8]) -> Result<Self, CrlProblem> {
        let mut outer = Reader::new(der);
        let list = outer.take(der::SEQUENCE).filter(|_| outer.is_empty()).ok_or(MALFORMED)?;
        let mut list = Reader::new(list.content);
        let signed = list.take(der::SEQUENCE).ok_or(MALFORMED)?;
        let signature = Signature::read(&mut list).filter(|_| list.is_empty()).ok_or(MALFORMED)?;
        let fields = Fields::read(signed.content)?;
        // §5.1.1.2: the same algorithm inside and outside.
        if fields.algorithm.content != signature.algorithm {
            return Err(MALFORMED);
        }
        let place = |part: &[u8]| place(der, part);
        let mut parts = Parts {
            signed: place(signed.whole),
            algorithm: place(signature.algorithm),
            signature: place(signature.bits),
            issuer: place(fields.issuer.whole),
            number: None,
            base: None,
            scope: None,
            authority_key: None,
        };
        for extension in extensions(fields.extensions)? {
            let value = place(extension.value);
            let (field, value) = match extension.id {
                [0x55, 0x1d, CRL_NUMBER] => (&mut parts.number, place(number(extension.value)?)),
                [0x55, 0x1d, DELTA_INDICATOR] => (&mut parts.base, place(number(extension.value)?)),
                [0x55, 0x1d, ISSUING_POINT] => {
                    Scope::read(extension.value).ok_or(MALFORMED)?;
                    (&mut parts.scope, value)
                }
                [0x55, 0x1d, AUTHORITY_KEY] => (&mut parts.authority_key, value),
                _ => {
                    extension.may_be_passed_over()?;
                    continue;
                }
            };
            if field.replace(value).is_some() {
                return Err(MALFORMED);
            }
        }
        // §5.2.3: a delta has a number.
        if parts.base.is_some() && parts.number.is_none() {
            return Err(MALFORMED);
        }
        let (entries, issuers) = entries(der, fields.entries, fields.version)?;
        Ok(Self {
            der: der.into(),
            parts,
            window: fields.window,
            entries,
            issuers,
            #[cfg(feature = "std")]
            known: Known::default(),
        })
    }

    /// The name of its issuer.
    pub(super) fn issuer(&self) -> Name<'_> {
        // It was read when the list was.
        Name { whole: self.get(&self.parts.issuer) }
    }

    /// What is signed.
    pub(super) fn signed(&self) -> &[u8] {
        self.get(&self.parts.signed)
    }

    pub(super) fn signature(&self) -> Signature<'_> {
        Signature { algorithm: self.get(&self.parts.algorithm), bits: self.get(&self.parts.signature) }
    }

    /// Whether a key signed it, if that is already known.
    #[cfg(feature = "std")]
    pub(super) fn known_signer(&self, key: Key<'_>) -> Option<bool> {
        let is = |known: &std::sync::OnceLock<Box<[u8]>>| known.get().is_some_and(|known| **known == *key.whole);
        if is(&self.known.signer) { Some(true) } else { is(&self.known.other).then_some(false) }
    }

    #[cfg(not(feature = "std"))]
    pub(super) fn known_signer(&self, _: Key<'_>) -> Option<bool> {
        None
    }

    /// Remembers whether a key signed it.
    #[cfg(feature = "std")]
    pub(super) fn remember_signer(&self, key: Key<'_>, signed: bool) {
        let known = if signed { &self.known.signer } else { &self.known.other };
        known.get_or_init(|| key.whole.into());
    }

    #[cfg(not(feature = "std"))]
    pub(super) fn remember_signer(&self, _: Key<'_>, _: bool) {}

    /// Which certificates it is about.
    pub(super) fn scope(&self) -> Scope<'_> {
        self.parts.scope.as_ref().and_then(|scope| Scope::read(self.get(scope))).unwrap_or_default()
    }

    /// The number of its base CRL, if it is a delta CRL.
    pub(super) fn base(&self) -> Option<&[u8]> {
        self.parts.base.as_ref().map(|base| self.get(base))
    }

    /// Whether it and `other` belong to one series: the same issuer, scope and key, as far as they declare them, and
    /// both numbered or both not.
    pub(super) fn is_of_series(&self, other: &Self) -> bool {
        let is_same = |part: fn(&Parts) -> &Option<Range<usize>>| {
            let (own, its) = (part(&self.parts), part(&other.parts));
            own.as_ref().map(|own| self.get(own)) == its.as_ref().map(|its| other.get(its))
        };
        self.issuer().whole == other.issuer().whole
            && is_same(|parts| &parts.scope)
            && is_same(|parts| &parts.authority_key)
            && self.parts.number.is_some() == other.parts.number.is_some()
    }

    /// Whether it identifies the key that signed it.
    pub(super) fn names_key(&self) -> bool {
        self.parts.authority_key.is_some()
    }

    /// Orders two lists of one series by age (§5.2.3).
    pub(super) fn age(&self, other: &Self) -> Ordering {
        compare(self.number(), other.number()).then(self.window.from.cmp(&other.window.from))
    }

    /// Its cRLNumber. If it has none this is empty, which is less than any number.
    pub(super) fn number(&self) -> &[u8] {
        self.parts.number.as_ref().map_or(&[], |number| self.get(number))
    }

    /// The status of a certificate; `None` if it is not on the list.
    pub(super) fn find(&self, subject: &Subject<'_>) -> Option<Listed> {
        let first = self.entries.partition_point(|entry| self.serial(entry) < subject.serial);
        let entries = self.entries.iter().skip(first).take_while(|entry| self.serial(entry) == subject.serial);
        let mut found = None;
        for entry in entries.filter(|entry| self.is_of_issuer(entry, subject.issuer)) {
            match self.listed(entry) {
                Listed::Removed => found = Some(Listed::Removed),
                revoked => return Some(revoked),
            }
        }
        found
    }

    fn is_of_issuer(&self, entry: &Entry, issuer: Name<'_>) -> bool {
        match usize::try_from(entry.issuer).ok().and_then(|number| number.checked_sub(1)) {
            None => self.issuer().is_same(issuer),
            Some(index) => {
                self.issuers.get(index).is_some_and(|names| scope::has_directory_name(self.get(names), issuer))
            }
        }
    }

    fn listed(&self, entry: &Entry) -> Listed {
        const REMOVE_FROM_CRL: &[u8] = &[0x0a, 1, 8];
        let mut fields = self.fields(entry);
        let (_, date) = (fields.next(), fields.next());
        let mut extensions = extensions(fields.next()).into_iter().flatten();
        if extensions.any(|e| e.id == [0x55, 0x1d, REASON_CODE] && e.value == REMOVE_FROM_CRL) {
            return Listed::Removed;
        }
        Listed::Revoked(date.and_then(der::time))
    }

    fn serial(&self, entry: &Entry) -> &[u8] {
        self.fields(entry).next().map_or(&[], |serial| serial.content)
    }

    fn fields(&self, entry: &Entry) -> Reader<'_> {
        let from = usize::try_from(entry.at).unwrap_or(usize::MAX);
        let mut rest = Reader::new(self.der.get(from..).unwrap_or_default());
        Reader::new(rest.next().map_or(&[], |entry| entry.content))
    }

    fn get(&self, range: &Range<usize>) -> &[u8] {
        self.der.get(range.clone()).unwrap_or_default()
    }
}

/// The issuer of an unusable list, if that can be parsed.
pub(super) fn issuer(der: &[u8]) -> Option<Name<'_>> {
    let list = Reader::new(der).take(der::SEQUENCE)?;
    let signed = Reader::new(list.content).take(der::SEQUENCE)?;
    Fields::read(signed.content).ok().map(|fields| fields.issuer)
}

/// The fields of a TBSCertList (§5.1.2).
struct Fields<'a> {
    version: Version,
    algorithm: Tlv<'a>,
    issuer: Name<'a>,
    window: Window,
    entries: &'a [u8],
    extensions: Option<Tlv<'a>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    V1,
    V2,
}

impl<'a> Fields<'a> {
    fn read(signed: &'a [u8]) -> Result<Self, CrlProblem> {
        let mut fields = Reader::new(signed);
        // §5.1.2.1: 1 for version 2; version 1 is not written.
        let version = match fields.take(der::INTEGER) {
            None => Version::V1,
            Some(version) if version.content == [1] => Version::V2,
            Some(_) => return Err(MALFORMED),
        };
        let algorithm = fields.take(der::SEQUENCE).ok_or(MALFORMED)?;
        let issuer = fields.take(der::SEQUENCE).and_then(|issuer| Name::new(issuer.whole));
        let issuer = issuer.filter(|issuer| !issuer.is_empty()).ok_or(MALFORMED)?;
        let from = fields.next().and_then(der::time).ok_or(MALFORMED)?;
        // §5.1.2.5 requires a nextUpdate. Older lists have none, and are valid until there is a newer one.
        let next = fields.take(der::UTC_TIME).or_else(|| fields.take(der::GENERALIZED_TIME));
        let until = next.map_or(Some(i64::MAX), der::time).ok_or(MALFORMED)?;
        let entries = fields.take(der::SEQUENCE).map_or(&[][..], |entries| entries.content);
        let extensions = match fields.take(der::constructed(0)) {
            Some(field) if version == Version::V2 => {
                let mut inner = Reader::new(field.content);
                Some(inner.take(der::SEQUENCE).filter(|_| inner.is_empty()).ok_or(MALFORMED)?)
            }
            Some(_) => return Err(MALFORMED),
            None => None,
        };
        if !fields.is_empty() {
            return Err(MALFORMED);
        }
        Ok(Self { version, algorithm, issuer, window: Window { from, until }, entries, extensions })
    }
}

/// Reads `revokedCertificates` (§5.1.2.6), and the names of other issuers in it. The entries are sorted by serial number.
fn entries(der: &[u8], list: &[u8], version: Version) -> Result<(Vec<Entry>, Vec<Range<usize>>), CrlProblem> {
    let (mut found, mut issuers) = (Vec::<(&[u8], Entry)>::new(), Vec::<Range<usize>>::new());
    let mut issuer = 0;
    let mut list = Reader::new(list);
    while !list.is_empty() {
        let entry = list.take(der::SEQUENCE).ok_or(MALFORMED)?;
        let mut fields = Reader::new(entry.content);
        let serial = fields.take(der::INTEGER).ok_or(MALFORMED)?;
        let date = fields.next().ok_or(MALFORMED)?;
        let extensions_field = fields.take(der::SEQUENCE);
        let has_extensions = extensions_field.is_some();
        if !der::is_integer(serial.content)
            || !matches!(date.tag, der::UTC_TIME | der::GENERALIZED_TIME)
            || !fields.is_empty()
            || (has_extensions && version == Version::V1)
        {
            return Err(MALFORMED);
        }
        for extension in extensions(extensions_field)? {
            match extension.id {
                [0x55, 0x1d, REASON_CODE] => (),
                // §5.3.3: it holds for the entries that follow too.
                [0x55, 0x1d, CERTIFICATE_ISSUER] => {
                    let names = Reader::new(extension.value).take(der::SEQUENCE).ok_or(MALFORMED)?.content;
                    let last = issuers.last().and_then(|last| der.get(last.clone()));
                    if last != Some(names) {
                        issuers.push(place(der, names));
                    }
                    issuer = u32::try_from(issuers.len()).map_err(|_| CrlProblem::TooLarge)?;
                }
                _ => extension.may_be_passed_over()?,
            }
        }
        let at = u32::try_from(place(der, entry.whole).start).map_err(|_| CrlProblem::TooLarge)?;
        found.push((serial.content, Entry { at, issuer }));
    }
    found.sort_unstable_by_key(|(serial, _)| *serial);
    Ok((found.into_iter().map(|(_, entry)| entry).collect(), issuers))
}

/// An extension of a list or of an entry.
struct Extension<'a> {
    id: &'a [u8],
    critical: bool,
    value: &'a [u8],
}

impl Extension<'_> {
    /// §5.2, §5.3: a list with an unknown critical extension must not be used.
    fn may_be_passed_over(&self) -> Result<(), CrlProblem> {
        if self.critical { Err(CrlProblem::critical(self.id)) } else { Ok(()) }
    }
}

/// What is in a field of extensions, if there is one.
fn extensions(field: Option<Tlv<'_>>) -> Result<Vec<Extension<'_>>, CrlProblem> {
    const TRUE: &[u8] = &[0xff];
    const FALSE: &[u8] = &[0];
    let mut found: Vec<Extension<'_>> = Vec::new();
    let mut list = Reader::new(field.map_or(&[], |field| field.content));
    while !list.is_empty() {
        let mut fields = Reader::new(list.take(der::SEQUENCE).ok_or(MALFORMED)?.content);
        let id = fields.take(der::OID).ok_or(MALFORMED)?.content;
        let critical = match fields.take(der::BOOLEAN).map(|critical| critical.content) {
            Some(TRUE) => true,
            Some(FALSE) | None => false,
            Some(_) => return Err(MALFORMED),
        };
        let value = fields.take(der::OCTET_STRING).filter(|_| fields.is_empty()).ok_or(MALFORMED)?.content;
        found.push(Extension { id, critical, value });
    }
    Ok(found)
}

/// The content of an INTEGER that is not negative, without leading zeros.
fn number(der: &[u8]) -> Result<&[u8], CrlProblem> {
    let mut reader = Reader::new(der);
    let content = reader.take(der::INTEGER).filter(|_| reader.is_empty()).ok_or(MALFORMED)?.content;
    match content {
        [0x80..=0xff, ..] => Err(MALFORMED),
        _ if !der::is_integer(content) => Err(MALFORMED),
        // So that any number is greater than none.
        [0] => Ok(content),
        [0, rest @ ..] => Ok(rest),
        _ => Ok(content),
    }
}

/// Compares numbers without leading zeros.
pub(super) fn compare(one: &[u8], other: &[u8]) -> Ordering {
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

/// The range of `part` in `whole`, which contains it.
fn place(whole: &[u8], part: &[u8]) -> Range<usize> {
    let from = part.as_ptr().addr().wrapping_sub(whole.as_ptr().addr());
    from..from.wrapping_add(part.len())
}
