//! Which certificates a revocation list covers (RFC 5280 §6.3.3 (b) and (d)): its issuingDistributionPoint (§5.2.5)
//! compared with their cRLDistributionPoints (§4.2.1.13).

use alloc::vec::Vec;

use super::certificate::Certificate;
use super::der::{self, Reader};
use super::names::Name;

/// The maximum number of distribution points in a certificate, and of names in a point, that are compared. CAs include
/// one or two; a list that only further points match does not cover the certificate.
const MAX_POINTS: usize = 16;
const MAX_NAMES: usize = 16;

/// The tag of a directoryName in a GeneralName.
const DIRECTORY_NAME: u8 = 0xa4;

/// The fields of a certificate that matter to a revocation list.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) issuer: Name<'a>,
    /// The content of its serial number.
    pub(super) serial: &'a [u8],
    pub(super) is_ca: bool,
    /// The content of its cRLDistributionPoints.
    pub(super) points: Option<&'a [u8]>,
}

impl<'a> Subject<'a> {
    pub(super) fn of(certificate: &Certificate<'a>) -> Self {
        Self {
            issuer: certificate.issuer,
            serial: certificate.serial,
            is_ca: certificate.is_authority(),
            points: certificate.extensions.crl_points,
        }
    }

    /// Its distribution points, as far as they can be read.
    fn points(&self) -> impl Iterator<Item = Point<'a>> {
        let mut points = Reader::new(self.points.unwrap_or_default());
        core::iter::from_fn(move || points.take(der::SEQUENCE))
            .map_while(|point| Point::read(point.content))
            .take(MAX_POINTS)
    }
}

/// Reasons for a revocation, as the bits of ReasonFlags (§4.2.1.13), the first bit being the highest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reasons(u16);

impl Reasons {
    pub(super) const NONE: Self = Self(0);
    /// From keyCompromise (1) to aACompromise (8).
    pub(super) const ALL: Self = Self(0x7f80);

    /// From the content of a BIT STRING.
    fn read(bits: &[u8]) -> Option<Self> {
        match *bits {
            [0..=7, first] => Some(Self(u16::from_be_bytes([first, 0]) & Self::ALL.0)),
            [0..=7, first, second] => Some(Self(u16::from_be_bytes([first, second]) & Self::ALL.0)),
            _ => None,
        }
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// An issuingDistributionPoint.
#[derive(Clone, Copy, Default)]
pub(super) struct Scope<'a> {
    name: Option<PointName<'a>>,
    only: Only,
    reasons: Option<Reasons>,
    indirect: bool,
}

/// The kind of certificates that are covered.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Only {
    #[default]
    Any,
    Users,
    Authorities,
    Attributes,
}

impl<'a> Scope<'a> {
    /// From the value of the extension.
    pub(super) fn read(value: &'a [u8]) -> Option<Self> {
        let mut outer = Reader::new(value);
        let mut fields = Reader::new(outer.take(der::SEQUENCE)?.content);
        let name = fields.take(der::constructed(0)).map(|name| PointName::read(name.content));
        let users = flag(&mut fields, 1)?;
        let authorities = flag(&mut fields, 2)?;
        let reasons = fields.take(der::primitive(3)).map(|reasons| Reasons::read(reasons.content));
        let indirect = flag(&mut fields, 4)?;
        let attributes = flag(&mut fields, 5)?;
        let only = match (users, authorities, attributes) {
            (false, false, false) => Only::Any,
            (true, false, false) => Only::Users,
            (false, true, false) => Only::Authorities,
            (false, false, true) => Only::Attributes,
            // §5.2.5: at most one of them.
            _ => return None,
        };
        let read = Self { name: present(name)?, only, reasons: present(reasons)?, indirect };
        (outer.is_empty() && fields.is_empty()).then_some(read)
    }

    /// Whether it may cover certificates of issuers other than that of the list.
    pub(super) const fn is_indirect(&self) -> bool {
        self.indirect
    }

    /// The revocation reasons for which a list with this scope and issuer covers `subject`.
    pub(super) fn covers(&self, list_issuer: Name<'_>, subject: &Subject<'_>) -> Reasons {
        // §6.3.3 (b) (2) (ii) to (iv)
        let fits = match self.only {
            Only::Any => true,
            Only::Users => !subject.is_ca,
            Only::Authorities => subject.is_ca,
            Only::Attributes => false,
        };
        if !fits {
            return Reasons::NONE;
        }
        let is_issuer = list_issuer.is_same(subject.issuer);
        // The last paragraph of §6.3.3: as if there were also a point with the name of the issuer.
        let of_issuer = match self.name {
            None => is_issuer,
            Some(name) => {
                is_issuer && name.any(list_issuer, |tag, name| tag == DIRECTORY_NAME && is_name(name, subject.issuer))
            }
        };
        let mut covered = if of_issuer { self.reasons.unwrap_or(Reasons::ALL) } else { Reasons::NONE };
        for point in subject.points() {
            if self.is_at(&point, list_issuer, subject, is_issuer) {
                // §6.3.3 (d)
                let of_point = point.reasons.unwrap_or(Reasons::ALL);
                covered = covered.or(self.reasons.unwrap_or(Reasons::ALL).and(of_point));
            }
        }
        covered
    }

    /// §6.3.3 (b) (1) and (2) (i)
    fn is_at(&self, point: &Point<'_>, list_issuer: Name<'_>, subject: &Subject<'_>, is_issuer: bool) -> bool {
        let by_issuer = match point.crl_issuer {
            None => is_issuer,
            Some(names) => has_directory_name(names, list_issuer) && (self.indirect || is_issuer),
        };
        let Some(name) = self.name else { return by_issuer };
        // A point without a name has the name of its CRL issuer.
        let of_point = point.name.or(point.crl_issuer.map(PointName::Full));
        let base = point.crl_issuer.and_then(directory_name).unwrap_or(subject.issuer);
        by_issuer
            && of_point.is_some_and(|of_point| {
                of_point
                    .any(base, |tag, one| name.any(list_issuer, |other_tag, other| is_same(tag, one, other_tag, other)))
            })
    }
}

/// A distribution point of a certificate.
#[derive(Clone, Copy)]
struct Point<'a> {
    name: Option<PointName<'a>>,
    reasons: Option<Reasons>,
    /// The content of GeneralNames.
    crl_issuer: Option<&'a [u8]>,
}

impl<'a> Point<'a> {
    fn read(point: &'a [u8]) -> Option<Self> {
        let mut fields = Reader::new(point);
        let name = fields.take(der::constructed(0)).map(|name| PointName::read(name.content));
        let reasons = fields.take(der::primitive(1)).map(|reasons| Reasons::read(reasons.content));
        let crl_issuer = fields.take(der::constructed(2)).map(|names| names.content);
        let read = Self { name: present(name)?, reasons: present(reasons)?, crl_issuer };
        fields.is_empty().then_some(read)
    }
}

/// A DistributionPointName (§4.2.1.13).
#[derive(Clone, Copy)]
enum PointName<'a> {
    /// The content of GeneralNames.
    Full(&'a [u8]),
    /// The content of a RelativeDistinguishedName, which comes after the name of the issuer of the list.
    Relative(&'a [u8]),
}

impl<'a> PointName<'a> {
    fn read(name: &'a [u8]) -> Option<Self> {
        let mut name = Reader::new(name);
        let choice = name.next().filter(|_| name.is_empty())?;
        match choice.tag {
            tag if tag == der::constructed(0) => Some(Self::Full(choice.content)),
            tag if tag == der::constructed(1) => Some(Self::Relative(choice.content)),
            _ => None,
        }
    }

    /// Whether `test` holds for one of its names: the tag and the content of a GeneralName.
    fn any(self, base: Name<'_>, mut test: impl FnMut(u8, &[u8]) -> bool) -> bool {
        match self {
            Self::Full(names) => general_names(names).any(|(tag, name)| test(tag, name)),
            Self::Relative(last) => longer(base, last).is_some_and(|name| test(DIRECTORY_NAME, &name)),
        }
    }
}

/// The tag and the content of each GeneralName.
fn general_names(names: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut names = Reader::new(names);
    core::iter::from_fn(move || names.next()).take(MAX_NAMES).map(|name| (name.tag, name.content))
}

/// The first directory name.
fn directory_name(names: &[u8]) -> Option<Name<'_>> {
    general_names(names).find(|(tag, _)| *tag == DIRECTORY_NAME).and_then(|(_, name)| Name::new(name))
}

/// Whether one of the names is this directory name.
pub(super) fn has_directory_name(names: &[u8], wanted: Name<'_>) -> bool {
    general_names(names).any(|(tag, name)| tag == DIRECTORY_NAME && is_name(name, wanted))
}

fn is_same(tag: u8, one: &[u8], other_tag: u8, other: &[u8]) -> bool {
    tag == other_tag
        && if tag == DIRECTORY_NAME { Name::new(one).is_some_and(|one| is_name(other, one)) } else { one == other }
}

/// Whether this DER is the same name as another.
fn is_name(der: &[u8], name: Name<'_>) -> bool {
    Name::new(der).is_some_and(|other| other.is_same(name))
}

/// A name with one more RelativeDistinguishedName after it.
fn longer(name: Name<'_>, last: &[u8]) -> Option<Vec<u8>> {
    let name = der::only(name.whole, der::SEQUENCE)?;
    der::wrap(der::SEQUENCE, &[name.content, &der::wrap(der::SET, &[last])?])
}

/// A BOOLEAN that defaults to false. `None` if it is malformed.
fn flag(fields: &mut Reader<'_>, number: u8) -> Option<bool> {
    match fields.take(der::primitive(number)).map(|flag| flag.content) {
        Some([0xff]) => Some(true),
        Some([0]) | None => Some(false),
        Some(_) => None,
    }
}

/// `None` if it is present but malformed.
#[expect(clippy::option_option, reason = "what is not there is no error")]
fn present<T>(field: Option<Option<T>>) -> Option<Option<T>> {
    match field {
        Some(None) => None,
        Some(read) => Some(read),
        None => Some(None),
    }
}
