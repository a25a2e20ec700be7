//! What webpki is shown in the place of a certificate that it would refuse for what it cannot judge.
//!
//! webpki does not know critical policies or extensions that must not be critical, compares no directory names, mail addresses or URIs with name constraints, and
//! counts self-issued certificates for path lengths, against RFC 5280 §4.2.1.9. So that good chains are not refused for
//! that, it is shown the certificate without them; they are judged on the path that it finds ([`path`](super::path)). The
//! signatures are verified over what the issuer signed.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use rustls_pki_types::{AlgorithmIdentifier, CertificateDer, InvalidSignature, SignatureVerificationAlgorithm};
use x509_parser::prelude::X509Certificate;

use super::rule::{Allow, Allowed};
use super::tlv::{self, Tlv};
use super::{constraints, profile};

/// The last byte of extensions' identifiers in 2.5.29.
const BASIC_CONSTRAINTS: u8 = 19;
const NAME_CONSTRAINTS: u8 = 30;
const CERTIFICATE_POLICIES: u8 = 32;
const POLICY_MAPPINGS: u8 = 33;
const POLICY_CONSTRAINTS: u8 = 36;
const INHIBIT_ANY_POLICY: u8 = 54;
/// The identifier of an extension that nobody reads, 2.5.29.0, which takes the place of what is left out. It holds the
/// place of the certificate in the chain, so that no two that differ have the same stand-in.
const NOTHING: &[u8] = &[0x55, 0x1d, 0];

/// A chain, as webpki is shown it.
pub(super) struct Shown<'a> {
    pub(super) certificates: Vec<CertificateDer<'a>>,
    stand_ins: Vec<StandIn<'a>>,
}

/// What was signed, and what is shown.
#[derive(Debug)]
struct StandIn<'a> {
    signed: &'a [u8],
    shown: Vec<u8>,
}

/// What is left out for the whole chain.
#[derive(Clone, Copy)]
struct Omit {
    /// Path lengths: there are self-issued certificates.
    path_len: Choice,
    /// That the peer's own certificate is an authority's.
    peer_is_ca: Choice,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Choice {
    Keep,
    Omit,
}

impl<'a> Shown<'a> {
    /// `parsed` has the certificates of `chain`, as far as they can be read.
    pub(super) fn new(
        chain: &'a [CertificateDer<'_>],
        parsed: &'a [Option<X509Certificate<'a>>],
        allowed: &Allowed,
    ) -> Self {
        let choice = |omit| if omit { Choice::Omit } else { Choice::Keep };
        let issuers = parsed.iter().flatten().skip(1);
        let omit = Omit {
            path_len: choice(issuers.clone().any(|c| c.subject() == c.issuer())),
            peer_is_ca: choice(allowed.has(Allow::AuthorityAsPeer)),
        };
        let mut shown = Self { certificates: Vec::with_capacity(chain.len()), stand_ins: Vec::new() };
        for (index, certificate) in chain.iter().enumerate() {
            let stand_in = parsed.get(index).and_then(Option::as_ref).and_then(|parsed| {
                let signed = parsed.tbs_certificate.as_ref();
                let (certificate, shown) = stand_in(certificate, signed, index, omit)?;
                Some((certificate, StandIn { signed, shown }))
            });
            shown.certificates.push(match stand_in {
                Some((certificate, stand_in)) => {
                    shown.stand_ins.push(stand_in);
                    certificate.into()
                }
                None => CertificateDer::from(&**certificate),
            });
        }
        shown.hide_forged(parsed);
        shown
    }

    /// A peer can send what would be shown in the place of another certificate, with that one's signature, which would
    /// verify. Nobody has signed it: webpki is shown nothing for it. (Signatures are not compared: ECDSA has two of each.)
    fn hide_forged(&mut self, parsed: &[Option<X509Certificate<'_>>]) {
        for (certificate, parsed) in self.certificates.iter_mut().zip(parsed) {
            let signed = parsed.as_ref().map(|parsed| parsed.tbs_certificate.as_ref());
            if self.stand_ins.iter().any(|stand_in| Some(&*stand_in.shown) == signed) {
                *certificate = CertificateDer::from(Vec::new());
            }
        }
    }

    /// `algorithms`, such that they verify what was signed.
    pub(super) fn algorithms<'s>(
        &'s self,
        algorithms: &[&'s dyn SignatureVerificationAlgorithm],
    ) -> Vec<AsSigned<'s, 'a>> {
        algorithms.iter().map(|algorithm| AsSigned { algorithm: *algorithm, stand_ins: &self.stand_ins }).collect()
    }
}

/// An algorithm that verifies the signature of a certificate, where it is shown its stand-in.
#[derive(Debug)]
pub(super) struct AsSigned<'s, 'a> {
    algorithm: &'s dyn SignatureVerificationAlgorithm,
    stand_ins: &'s [StandIn<'a>],
}

impl SignatureVerificationAlgorithm for AsSigned<'_, '_> {
    fn verify_signature(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let stand_in = self.stand_ins.iter().find(|stand_in| stand_in.shown == message);
        let signed = stand_in.map_or(message, |stand_in| stand_in.signed);
        self.algorithm.verify_signature(public_key, signed, signature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.algorithm.public_key_alg_id()
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.algorithm.signature_alg_id()
    }
}

/// The constraints of a root that webpki compares: the content of its nameConstraints without the rest.
pub(super) fn names_for_webpki(constraints: &[u8]) -> Option<Vec<u8>> {
    let mut lists = Vec::new();
    for list in tlv::elements(constraints)? {
        let mut kept = Vec::new();
        for subtree in tlv::elements(list.content)? {
            let base = *tlv::elements(subtree.content)?.first()?;
            if !constraints::is_ours(base.tag) {
                kept.push(subtree.whole);
            }
        }
        if !kept.is_empty() {
            lists.push(tlv::wrap(list.tag, &kept)?);
        }
    }
    Some(lists.concat())
}

/// The certificate and its signed part, if they differ from those given.
fn stand_in(certificate: &[u8], signed: &[u8], index: usize, omit: Omit) -> Option<(Vec<u8>, Vec<u8>)> {
    let fields = tlv::elements(tlv::only(signed, tlv::SEQUENCE)?.content)?;
    let (last, before) = fields.split_last()?;
    if last.tag != tlv::context(3) {
        return None;
    }
    let extensions = tlv::elements(tlv::only(last.content, tlv::SEQUENCE)?.content)?;
    let mut differs = false;
    let mut shown_extensions = Vec::with_capacity(extensions.len());
    for extension in extensions {
        match shown_extension(extension, index, omit) {
            Some(other) => {
                differs = true;
                shown_extensions.push(Cow::Owned(other));
            }
            None => shown_extensions.push(Cow::Borrowed(extension.whole)),
        }
    }
    if !differs {
        return None;
    }
    shown_extensions.push(Cow::Owned(placeholder(index)?));
    let extensions = tlv::wrap(tlv::SEQUENCE, &shown_extensions.iter().map(|e| &**e).collect::<Vec<_>>())?;
    let extensions = tlv::wrap(last.tag, &[&extensions])?;
    let before: Vec<&[u8]> = before.iter().map(|field| field.whole).collect();
    let shown = tlv::wrap(tlv::SEQUENCE, &[&before.concat(), &extensions])?;
    let parts = tlv::elements(tlv::only(certificate, tlv::SEQUENCE)?.content)?;
    let after: Vec<&[u8]> = parts.iter().skip(1).map(|part| part.whole).collect();
    let certificate = tlv::wrap(tlv::SEQUENCE, &[&shown, &after.concat()])?;
    Some((certificate, shown))
}

/// Whether this path length is more than 255, which webpki cannot read, and so refuses. It is counted by
/// [`path`](super::path).
fn is_long(path_len: Option<&Tlv<'_>>) -> bool {
    match path_len.map(|path_len| path_len.content) {
        // A first byte of zero is there because the second would be a sign without it.
        Some([0, second, _, ..]) => *second >= 0x80,
        Some([1..0x80, _, ..]) => true,
        _ => false,
    }
}

/// An extension that is there once, says the index, and is not read.
fn placeholder(index: usize) -> Option<Vec<u8>> {
    let id = tlv::wrap(tlv::OID, &[NOTHING])?;
    let value = tlv::wrap(tlv::OCTET_STRING, &[&index.to_be_bytes()])?;
    tlv::wrap(tlv::SEQUENCE, &[&id, &value])
}

/// The extension as it is shown, if it is changed.
fn shown_extension(extension: Tlv<'_>, index: usize, omit: Omit) -> Option<Vec<u8>> {
    let parts = tlv::elements(extension.content)?;
    let (id, value) = (parts.first()?, parts.last()?);
    let critical = parts.len() == 3;
    if critical && profile::is_never_critical(id.content) {
        return tlv::wrap(tlv::SEQUENCE, &[id.whole, value.whole]);
    }
    let &[0x55, 0x1d, last] = id.content else { return None };
    let value = match last {
        CERTIFICATE_POLICIES | POLICY_MAPPINGS | POLICY_CONSTRAINTS | INHIBIT_ANY_POLICY if critical => {
            return tlv::wrap(tlv::SEQUENCE, &[id.whole, value.whole]);
        }
        NAME_CONSTRAINTS => {
            let constraints = tlv::only(value.content, tlv::SEQUENCE)?;
            let kept = names_for_webpki(constraints.content)?;
            if kept == constraints.content {
                return None;
            }
            tlv::wrap(tlv::SEQUENCE, &[&kept])?
        }
        BASIC_CONSTRAINTS => {
            let constraints = tlv::elements(tlv::only(value.content, tlv::SEQUENCE)?.content)?;
            let kept = match constraints.first() {
                Some(_) if index == 0 && omit.peer_is_ca == Choice::Omit => &[][..],
                Some(is_ca) if index > 0 && (omit.path_len == Choice::Omit || is_long(constraints.get(1))) => {
                    is_ca.whole
                }
                _ => return None,
            };
            tlv::wrap(tlv::SEQUENCE, &[kept])?
        }
        _ => return None,
    };
    let value = tlv::wrap(tlv::OCTET_STRING, &[&value])?;
    let before: Vec<&[u8]> = parts.iter().take(parts.len() - 1).map(|part| part.whole).collect();
    tlv::wrap(tlv::SEQUENCE, &[&before.concat(), &value])
}
