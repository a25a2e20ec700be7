//! PEM (RFC 7468): certificates, private keys and revocation lists in text, as written by old and new tools.
//!
//! Text around the sections is skipped, and so are sections of other kinds: a file may contain a key in addition to
//! certificates. Nothing else is skipped: a malformed or unsupported section is an error that gives its line and what
//! is wrong.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use rustls_pki_types::pem::{PemObject, SectionKind};
use rustls_pki_types::{
    CertificateDer, CertificateRevocationListDer, PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer,
    PrivateSec1KeyDer,
};
use zeroize::Zeroizing;

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";

/// The byte order mark that UTF-8 text may begin with.
const BYTE_ORDER_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// The tag of a SEQUENCE, with which the DER of every supported section begins.
const SEQUENCE: u8 = 0x30;

/// Returns the certificates in `text`, in order: sections `CERTIFICATE`, `X509 CERTIFICATE`, and `TRUSTED CERTIFICATE`
/// without trust settings. The result is not empty.
///
/// # Errors
/// [`PemError`] if there is none, or if a section cannot be read.
pub fn certificates(text: &[u8]) -> Result<Vec<CertificateDer<'static>>, PemError> {
    certificates_each(text)?.into_iter().collect()
}

/// As the function above, but a section that cannot be decoded is an error in its place, and does not affect the others.
pub(crate) fn certificates_each(text: &[u8]) -> Result<Vec<Result<CertificateDer<'static>, PemError>>, PemError> {
    each(text, "certificate", |section| match section.label {
        b"CERTIFICATE" | b"X509 CERTIFICATE" => Some(section.decoded().map(CertificateDer::from)),
        b"TRUSTED CERTIFICATE" => Some(trusted(section)),
        _ => None,
    })
}

/// Returns the revocation lists in `text`, in order. The result is not empty.
///
/// # Errors
/// [`PemError`] if there is none, or if a section cannot be read.
pub fn revocation_lists(text: &[u8]) -> Result<Vec<CertificateRevocationListDer<'static>>, PemError> {
    revocation_lists_each(text)?.into_iter().collect()
}

/// As the function above, but a section that cannot be decoded is an error in its place, and does not affect the others.
pub(crate) fn revocation_lists_each(
    text: &[u8],
) -> Result<Vec<Result<CertificateRevocationListDer<'static>, PemError>>, PemError> {
    each(text, "revocation list", |section| match section.label {
        b"X509 CRL" => Some(section.decoded().map(CertificateRevocationListDer::from)),
        _ => None,
    })
}

/// Returns the only private key in `text`, in PKCS#8, PKCS#1 or SEC 1 form.
///
/// # Errors
/// [`PemError`] if there is not exactly one usable key; [`PemError::Encrypted`] if it needs a passphrase.
pub fn private_key(text: &[u8]) -> Result<PrivateKeyDer<'static>, PemError> {
    let keys = each(text, "private key", |section| {
        let read: fn(Vec<u8>) -> PrivateKeyDer<'static> = match section.label {
            b"PRIVATE KEY" => |der| PrivatePkcs8KeyDer::from(der).into(),
            b"RSA PRIVATE KEY" => |der| PrivatePkcs1KeyDer::from(der).into(),
            b"EC PRIVATE KEY" => |der| PrivateSec1KeyDer::from(der).into(),
            b"ENCRYPTED PRIVATE KEY" => return Some(Err(PemError::Encrypted { line: section.line })),
            label if label.ends_with(b"PRIVATE KEY") => return Some(Err(section.unsupported())),
            _ => return None,
        };
        Some(section.decoded().map(read))
    })?;
    let mut keys = keys.into_iter().collect::<Result<Vec<_>, _>>()?;
    match (keys.pop(), keys.len()) {
        (Some(key), 0) => Ok(key),
        (_, others) => Err(PemError::Several { count: others.saturating_add(1) }),
    }
}

/// Why PEM text could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PemError {
    /// There is no section of the wanted kind.
    Nothing {
        /// What was looked for.
        wanted: &'static str,
        /// The labels of the sections that were found.
        found: Box<[Box<str>]>,
    },
    /// It is not text, but this.
    NotText(&'static str),
    /// It is not text, but DER, or PKCS#12, which begins in the same way.
    Der,
    /// A section is malformed.
    Malformed {
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// The private key is encrypted.
    Encrypted {
        /// The line on which its section begins, from 1.
        line: usize,
    },
    /// The form of the section is not supported.
    Unsupported {
        /// The line on which it begins, from 1.
        line: usize,
        /// Its label.
        label: Box<str>,
    },
    /// There is more than one private key.
    Several {
        /// How many there are.
        count: usize,
    },
}

impl fmt::Display for PemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing { wanted, found } if found.is_empty() => {
                write!(f, "no {wanted} found: there is no PEM section")
            }
            Self::Nothing { wanted, found } => write!(f, "no {wanted} found, only: {}", found.join(", ")),
            Self::NotText(what) => write!(f, "this is not PEM, but {what}"),
            Self::Der => f.write_str(
                "this is not PEM, but DER, or PKCS#12: convert it (openssl x509 -inform der, openssl pkcs12)",
            ),
            Self::Malformed { line, what } => write!(f, "line {line}: {what}"),
            Self::Encrypted { line } => write!(
                f,
                "line {line}: the private key is encrypted; decrypt it first (openssl pkey -in ENCRYPTED -out KEY)"
            ),
            Self::Unsupported { line, label } => {
                write!(f, "line {line}: a {label} section is not supported; ")?;
                f.write_str(match &**label {
                    "TRUSTED CERTIFICATE" => {
                        "its trust settings would be lost (openssl x509 -in FILE writes it without them)"
                    }
                    "OPENSSH PRIVATE KEY" => "convert it (ssh-keygen -p -m PKCS8 -f KEY)",
                    _ => "a private key must be PKCS#8, PKCS#1 or SEC 1",
                })
            }
            Self::Several { count } => write!(f, "{count} private keys found, but one is expected"),
        }
    }
}

impl core::error::Error for PemError {}

/// The results of `read` on the sections that it handles. There is at least one.
fn each<T>(
    text: &[u8],
    wanted: &'static str,
    read: impl Fn(&Section<'_>) -> Option<Result<T, PemError>>,
) -> Result<Vec<Result<T, PemError>>, PemError> {
    let (mut all, mut others) = (Vec::new(), Vec::new());
    let mut reader = Reader::new(text)?;
    while let Some(section) = reader.next()? {
        match read(&section) {
            Some(done) => all.push(done),
            None => others.push(printable(section.label)),
        }
    }
    if all.is_empty() { Err(PemError::Nothing { wanted, found: others.into() }) } else { Ok(all) }
}

/// A label as it can be shown.
fn printable(label: &[u8]) -> Box<str> {
    label.escape_ascii().map(char::from).collect::<String>().into()
}

/// The certificate in OpenSSL's `TRUSTED CERTIFICATE`, if nothing follows it.
fn trusted(section: &Section<'_>) -> Result<CertificateDer<'static>, PemError> {
    let content = section.content()?;
    match value_len(&content) {
        Some(len) if len < content.len() => Err(section.unsupported()),
        _ => section.decoded().map(CertificateDer::from),
    }
}

/// The length of the SEQUENCE that `content` begins with; `None` if it is truncated, or not a SEQUENCE.
fn value_len(content: &[u8]) -> Option<usize> {
    use der::{Reader as _, SliceReader};
    content.first().filter(|tag| **tag == SEQUENCE)?;
    Some(SliceReader::new(content).ok()?.tlv_bytes().ok()?.len())
}

/// The text between BEGIN and END.
struct Section<'t> {
    label: &'t [u8],
    /// With line breaks.
    body: &'t [u8],
    /// The line of its BEGIN, from 1.
    line: usize,
}

impl Section<'_> {
    /// The one value in it, in DER.
    fn decoded(&self) -> Result<Vec<u8>, PemError> {
        let content = self.content()?;
        match value_len(&content) {
            Some(len) if len == content.len() => Ok(content),
            Some(_) => Err(self.malformed("the section has bytes after its value")),
            None => Err(self.malformed("the section is truncated, or does not contain DER")),
        }
    }

    fn content(&self) -> Result<Vec<u8>, PemError> {
        let base64 = self.base64()?;
        // In canonical form, and with a label that the decoder knows.
        let text = [b"-----BEGIN CERTIFICATE-----\n", &**base64, b"\n-----END CERTIFICATE-----\n"].concat();
        let read = <(SectionKind, Vec<u8>)>::from_pem_slice(&Zeroizing::new(text));
        read.map(|(_, content)| content).map_err(|_| self.malformed("this is not base64"))
    }

    fn malformed(&self, what: &'static str) -> PemError {
        PemError::Malformed { line: self.line, what }
    }

    fn unsupported(&self) -> PemError {
        PemError::Unsupported { line: self.line, label: printable(self.label) }
    }

    /// The base64 text, without headers and white space.
    fn base64(&self) -> Result<Zeroizing<Vec<u8>>, PemError> {
        let mut base64 = Zeroizing::new(Vec::with_capacity(self.body.len()));
        // RFC 1421 §4.4: headers, up to an empty line.
        let mut in_headers = self.body.contains(&b':');
        for (number, line) in (self.line..).zip(self.body.split(|byte| *byte == b'\n')) {
            let line = line.trim_ascii();
            if in_headers {
                if line.starts_with(b"Proc-Type:") && line.ends_with(b"ENCRYPTED") {
                    return Err(PemError::Encrypted { line: self.line });
                }
                // The first line is the rest of the line of BEGIN.
                in_headers = !line.is_empty() || number == self.line;
                continue;
            }
            let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
            let text = line.iter().filter(|byte| !byte.is_ascii_whitespace());
            if !text.clone().all(is_base64) {
                return Err(PemError::Malformed { line: number, what: "this is not base64" });
            }
            base64.extend(text);
        }
        Ok(base64)
    }
}

/// Finds the sections.
struct Reader<'t> {
    rest: &'t [u8],
    /// The line that `rest` begins on, from 1.
    line: usize,
}

impl<'t> Reader<'t> {
    fn new(text: &'t [u8]) -> Result<Self, PemError> {
        match text {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Err(PemError::NotText("text in UTF-16: save it as UTF-8 or ASCII")),
            [SEQUENCE, next, ..] if !next.is_ascii_graphic() && !next.is_ascii_whitespace() => Err(PemError::Der),
            _ => Ok(Self { rest: text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text), line: 1 }),
        }
    }

    /// The next section, wherever on its line it begins.
    fn next(&mut self) -> Result<Option<Section<'t>>, PemError> {
        let Some(start) = find(self.rest, BEGIN) else {
            self.check_between(self.rest)?;
            return Ok(None);
        };
        let (between, rest) = self.rest.split_at(start);
        self.check_between(between)?;
        let line = self.line.saturating_add(lines(between));
        let malformed = |what| PemError::Malformed { line, what };
        let label_and_more = rest.get(BEGIN.len()..).unwrap_or_default();
        let label_end = find(label_and_more, DASHES).filter(|end| *end <= MAX_LABEL);
        let label_end = label_end.ok_or_else(|| malformed("the BEGIN line does not end with five dashes"))?;
        let (label, after) = label_and_more.split_at(label_end);
        let body_and_more = after.get(DASHES.len()..).unwrap_or_default();
        let end = [END, label, DASHES].concat();
        let length =
            find(body_and_more, &end).ok_or_else(|| malformed("the section has no END, or one with another label"))?;
        let (body, after) = body_and_more.split_at(length);
        if find(body, DASHES).is_some() {
            return Err(malformed("another section begins before this one ends"));
        }
        self.line = line.saturating_add(lines(body));
        self.rest = after.get(end.len()..).unwrap_or_default();
        Ok(Some(Section { label, body, line }))
    }

    /// Checks that the text between sections contains nothing that looks like a section.
    fn check_between(&self, text: &[u8]) -> Result<(), PemError> {
        for (number, line) in (self.line..).zip(text.split(|byte| *byte == b'\n')) {
            let has = |word: &[u8]| find(line, word).is_some();
            if has(b"--BEGIN ") || has(b"-- BEGIN ") || has(END) {
                let what = "this looks like a malformed BEGIN or END line: expected five dashes, BEGIN or END, a label, five dashes";
                return Err(PemError::Malformed { line: number, what });
            }
        }
        Ok(())
    }
}

/// The maximum length of a label, in bytes. No known label is half as long.
const MAX_LABEL: usize = 64;

fn lines(text: &[u8]) -> usize {
    text.iter().filter(|byte| **byte == b'\n').count()
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}
