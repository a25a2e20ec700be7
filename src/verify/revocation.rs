//! The revocation lists that a verifier uses (RFC 5280 §5), and the treatment of certificates that they do not cover.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
#[cfg(feature = "std")]
use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;
use rustls_pki_types::CertificateRevocationListDer;
#[cfg(feature = "std")]
use std::path::{Path, PathBuf};

use super::crl::{self, Crl};
use super::identity::Identity;
use super::names::Name;
use super::rejected::{RejectedCrl, write_origin};
#[cfg(feature = "std")]
use super::text;
use crate::pem::{self, PemError};

/// Revocation lists, and what to do about certificates of unknown status.
///
/// Every list that covers a certificate is consulted (RFC 5280 §6.3): those of its issuer, signed by any of the
/// issuer's keys, and those of another CA that the certificate names. Of each series the newest list counts, with its
/// delta; a certificate that any series lists as revoked is refused. An unusable list does not affect the others, and
/// is reported by [`Self::rejected`]. There is always at least one usable list.
///
/// To update the lists, create another verifier with the new ones.
pub struct Revocation {
    lists: Vec<Given>,
    series: Vec<Series>,
    /// The series of an issuer, by the digest of its name.
    by_issuer: BTreeMap<u64, Vec<usize>>,
    /// Those that may cover certificates of other issuers.
    indirect: Vec<usize>,
    rejected: Vec<RejectedCrl>,
    /// The issuer of each of `rejected`, as far as it can be read.
    rejected_issuers: Vec<Box<[u8]>>,
    unknown: UnknownStatus,
    /// Of the lists.
    pub(super) identity: Identity,
}

/// A list, and where it comes from.
struct Given {
    crl: Crl,
    file: Option<Box<str>>,
    position: usize,
}

/// The lists of one issuer, scope and key, by their index, each sorted from the newest to the oldest.
#[derive(Default)]
pub(super) struct Series {
    pub(super) lists: Vec<usize>,
    pub(super) deltas: Vec<usize>,
}

/// What to do about a certificate of unknown status: there is no list of its issuer, or no usable one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnknownStatus {
    /// Refuse it. There must be a list for every certificate below the root.
    Refuse,
    /// Refuse it if it is the peer's own. The status of intermediates need not be known.
    RefusePeer,
    /// Accept it.
    Accept,
}

impl Revocation {
    /// Creates an empty set of lists: the peer must staple an OCSP response which says that its certificate is good
    /// ([`UnknownStatus::RefusePeer`]). Clients do not staple responses, so this is for verifying servers.
    #[must_use]
    pub fn by_staple() -> Self {
        Self::empty(UnknownStatus::RefusePeer)
    }

    /// Reads lists, each in DER.
    ///
    /// # Errors
    /// [`RevocationError`] if none of them can be used.
    pub fn from_der<'a>(
        lists: impl IntoIterator<Item = CertificateRevocationListDer<'a>>,
        unknown: UnknownStatus,
    ) -> Result<Self, RevocationError> {
        let mut revocation = Self::empty(unknown);
        revocation.add_all(lists.into_iter().map(Ok), None)?;
        revocation.checked()
    }

    /// Reads the lists in `pem`. Sections that are not revocation lists are skipped.
    ///
    /// # Errors
    /// [`RevocationError`] if none of them can be used.
    pub fn from_pem(pem: &[u8], unknown: UnknownStatus) -> Result<Self, RevocationError> {
        let mut revocation = Self::empty(unknown);
        revocation.add_pem(pem, None)?;
        revocation.checked()
    }

    /// Reads the lists in a file, in PEM or DER.
    ///
    /// # Errors
    /// [`RevocationError`] if the file cannot be read, or none of its lists can be used.
    #[cfg(feature = "std")]
    pub fn from_file(path: impl AsRef<Path>, unknown: UnknownStatus) -> Result<Self, RevocationError> {
        Self::from_files([path], unknown)
    }

    /// Reads the lists in several files, each in PEM or DER.
    ///
    /// # Errors
    /// [`RevocationError`] if a file cannot be read or has no list, or none of the lists can be used.
    #[cfg(feature = "std")]
    pub fn from_files<P: AsRef<Path>>(
        paths: impl IntoIterator<Item = P>,
        unknown: UnknownStatus,
    ) -> Result<Self, RevocationError> {
        let mut revocation = Self::empty(unknown);
        for path in paths {
            revocation.add_file(path.as_ref())?;
        }
        revocation.checked()
    }

    /// Reads the lists in all files of a directory, each in PEM or DER. Subdirectories, and files without a list, are
    /// skipped.
    ///
    /// # Errors
    /// [`RevocationError`] if the directory or a file in it cannot be read, or none of the lists can be used.
    #[cfg(feature = "std")]
    pub fn from_folder(path: impl AsRef<Path>, unknown: UnknownStatus) -> Result<Self, RevocationError> {
        let path = path.as_ref();
        let unreadable = |error| RevocationError::Unreadable(error).in_file(path);
        let mut files = Vec::new();
        for entry in std::fs::read_dir(path).map_err(unreadable)? {
            files.push(entry.map_err(unreadable)?.path());
        }
        // The order must not depend on the file system.
        files.sort();
        let mut revocation = Self::empty(unknown);
        for file in files.into_iter().filter(|file| file.is_file()) {
            match revocation.add_file(&file) {
                Err(RevocationError::InFile { path, error }) => match *error {
                    RevocationError::None | RevocationError::Pem(PemError::Nothing { .. }) => (),
                    RevocationError::Pem(error) => {
                        let file = text::plain(&path.display().to_string());
                        revocation.reject(RejectedCrl::in_pem(Some(&file), 1, error), Box::default());
                    }
                    error => return Err(error.in_file(&path)),
                },
                result => result?,
            }
        }
        revocation.checked().map_err(|error| error.in_file(path))
    }

    /// Adds a list.
    ///
    /// # Errors
    /// [`RejectedCrl`] if it cannot be used.
    pub fn add(&mut self, list: &CertificateRevocationListDer<'_>) -> Result<(), RejectedCrl> {
        self.add_crl(list, None, 1)
    }

    /// Returns the lists that were given but cannot be used.
    #[must_use]
    pub fn rejected(&self) -> &[RejectedCrl] {
        &self.rejected
    }

    /// Whether the status of a certificate may be unknown. `of_peer`: whether it is the peer's own.
    pub(super) fn accepts_unknown(&self, of_peer: bool) -> bool {
        match self.unknown {
            UnknownStatus::Refuse => false,
            UnknownStatus::RefusePeer => !of_peer,
            UnknownStatus::Accept => true,
        }
    }

    /// Whether there are no lists, so that only a stapled response can give the status.
    pub(super) fn is_by_staple(&self) -> bool {
        self.lists.is_empty() && self.rejected.is_empty()
    }

    /// The series that may cover certificates of this issuer.
    pub(super) fn series_for(&self, issuer: Name<'_>) -> impl Iterator<Item = &Series> {
        let own = self.by_issuer.get(&issuer.digest()).into_iter().flatten();
        own.chain(&self.indirect).filter_map(|index| self.series.get(*index))
    }

    pub(super) fn list(&self, index: usize) -> Option<&Crl> {
        self.lists.get(index).map(|given| &given.crl)
    }

    /// The first list of this issuer that cannot be used.
    pub(super) fn rejected_of(&self, issuer: Name<'_>) -> Option<usize> {
        self.rejected_issuers.iter().position(|other| Name::new(other).is_some_and(|other| other.is_same(issuer)))
    }

    /// A description of the list.
    pub(super) fn origin(&self, index: usize) -> String {
        let mut out = String::new();
        if let Some(given) = self.lists.get(index) {
            _ = write_origin(&mut out, given.file.as_deref(), given.position);
        }
        out
    }

    /// Not public: having no lists is a mistake that should be found when the configuration is built, unless it is
    /// requested explicitly ([`Self::by_staple`]).
    fn empty(unknown: UnknownStatus) -> Self {
        let (lists, series, by_issuer, indirect) = (Vec::new(), Vec::new(), BTreeMap::new(), Vec::new());
        let unknown_is = match unknown {
            UnknownStatus::Refuse => "refuse",
            UnknownStatus::RefusePeer => "refuse peer",
            UnknownStatus::Accept => "accept",
        };
        let identity = Identity::NONE.and(&[unknown_is.as_bytes()]);
        Self {
            lists,
            series,
            by_issuer,
            indirect,
            rejected: Vec::new(),
            rejected_issuers: Vec::new(),
            unknown,
            identity,
        }
    }

    fn checked(self) -> Result<Self, RevocationError> {
        match (self.lists.is_empty(), self.rejected.is_empty()) {
            (true, true) => Err(RevocationError::None),
            (true, false) => Err(RevocationError::Rejected(self.rejected)),
            _ => Ok(self),
        }
    }

    #[cfg(feature = "std")]
    fn add_file(&mut self, path: &Path) -> Result<(), RevocationError> {
        let name = text::plain(&path.display().to_string());
        let read = std::fs::read(path).map_err(RevocationError::Unreadable);
        let added = read.and_then(|bytes| match self.add_pem(&bytes, Some(&name)) {
            Err(RevocationError::Pem(PemError::Der)) => {
                self.add_all(core::iter::once(Ok(CertificateRevocationListDer::from(bytes))), Some(&name))
            }
            result => result,
        });
        added.map_err(|error| error.in_file(path))
    }

    fn add_pem(&mut self, pem: &[u8], file: Option<&str>) -> Result<(), RevocationError> {
        self.add_all(pem::revocation_lists_each(pem)?.into_iter(), file)
    }

    /// Adds the usable lists. An `Err` item is one that could not be decoded.
    fn add_all<'a>(
        &mut self,
        lists: impl Iterator<Item = Result<CertificateRevocationListDer<'a>, PemError>>,
        file: Option<&str>,
    ) -> Result<(), RevocationError> {
        let mut count = 0_usize;
        for (position, list) in (1..).zip(lists) {
            count = position;
            let (issuer, rejected) = match list {
                Ok(list) => match self.add_crl(&list, file, position) {
                    Ok(()) => continue,
                    Err(rejected) => {
                        (crl::issuer(&list).map_or_else(Box::default, |issuer| issuer.whole.into()), rejected)
                    }
                },
                Err(error) => (Box::default(), RejectedCrl::in_pem(file, position, error)),
            };
            self.reject(rejected, issuer);
        }
        if count == 0 { Err(RevocationError::None) } else { Ok(()) }
    }

    fn reject(&mut self, rejected: RejectedCrl, issuer: Box<[u8]>) {
        self.rejected.push(rejected);
        self.rejected_issuers.push(issuer);
    }

    fn add_crl(&mut self, der: &[u8], file: Option<&str>, position: usize) -> Result<(), RejectedCrl> {
        let file: Option<Box<str>> = file.map(Into::into);
        let crl = match Crl::new(der) {
            Ok(crl) => crl,
            Err(problem) => return Err(RejectedCrl { file, position, problem }),
        };
        let lists = &self.lists;
        let get = |index: usize| lists.get(index).map(|given| &given.crl);
        let is_its = |series: &Series| {
            let first = series.lists.first().or(series.deltas.first());
            first.and_then(|first| get(*first)).is_some_and(|first| first.is_of_series(&crl))
        };
        let at = self.series.iter().position(is_its).unwrap_or(self.series.len());
        if at == self.series.len() {
            self.series.push(Series::default());
            if crl.scope().is_indirect() {
                self.indirect.push(at);
            } else {
                self.by_issuer.entry(crl.issuer().digest()).or_default().push(at);
            }
        }
        if let Some(series) = self.series.get_mut(at) {
            let among = if crl.base().is_some() { &mut series.deltas } else { &mut series.lists };
            let newer = among.partition_point(|other| get(*other).is_some_and(|other| other.age(&crl).is_gt()));
            among.insert(newer, self.lists.len());
        }
        self.lists.push(Given { crl, file, position });
        self.identity = self.identity.and(&[der]);
        Ok(())
    }
}

impl fmt::Debug for Revocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revocation")
            .field("lists", &self.lists.len())
            .field("rejected", &self.rejected)
            .field("unknown", &self.unknown)
            .finish()
    }
}

/// Why there are no revocation lists.
#[derive(Debug)]
#[non_exhaustive]
pub enum RevocationError {
    /// The input contains no list.
    None,
    /// The PEM text cannot be read, or contains no list.
    Pem(PemError),
    /// None of the lists can be used.
    Rejected(Vec<RejectedCrl>),
    /// A file or directory cannot be read.
    #[cfg(feature = "std")]
    Unreadable(std::io::Error),
    /// An error in a file or directory.
    #[cfg(feature = "std")]
    InFile {
        /// The file or directory.
        path: PathBuf,
        /// The error.
        error: Box<RevocationError>,
    },
}

impl RevocationError {
    #[cfg(feature = "std")]
    fn in_file(self, path: &Path) -> Self {
        Self::InFile { path: path.into(), error: Box::new(self) }
    }
}

impl From<PemError> for RevocationError {
    fn from(error: PemError) -> Self {
        Self::Pem(error)
    }
}

impl fmt::Display for RevocationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("there is no revocation list"),
            Self::Pem(PemError::Der) => f.write_str("this is DER, not PEM: Revocation::from_der or from_file takes it"),
            Self::Pem(error) => error.fmt(f),
            Self::Rejected(lists) => {
                for (i, list) in lists.iter().enumerate() {
                    write!(f, "{}{list}", if i == 0 { "" } else { "; " })?;
                }
                Ok(())
            }
            #[cfg(feature = "std")]
            Self::Unreadable(error) => write!(f, "cannot be read: {error}"),
            #[cfg(feature = "std")]
            Self::InFile { path, error } => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl core::error::Error for RevocationError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::None => None,
            Self::Pem(error) => Some(error),
            Self::Rejected(lists) => lists.first().map(|first| -> &(dyn core::error::Error + 'static) { first }),
            #[cfg(feature = "std")]
            Self::Unreadable(error) => Some(error),
            #[cfg(feature = "std")]
            Self::InFile { error, .. } => Some(error),
        }
    }
}
