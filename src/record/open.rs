//! Receiving records: parsing the header, and removing the protection in place.

use alloc::boxed::Box;

use super::nonce::Nonces;
use super::{CBC_IV_LEN, CBC_MAX_PADDING, DirectionKeys, Sequence, additional_data, mac_header};
use crate::crypto::{AeadKey, CbcKeys, CbcOpener, CipherSuite, Digest, MacOrder, Protection, Provider};
use crate::error::{Error, OtherProtocol, ProviderError, Received};
use crate::wire::{ContentType, HandshakeType, MAX_CIPHERTEXT, MAX_PLAINTEXT, ProtocolVersion, RecordHeader};

/// The start of the input.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Incoming {
    /// A whole record.
    Record(RecordHeader),
    /// An incomplete record, which lacks at least this many bytes.
    Incomplete(usize),
}

/// What is known about the peer's version when a header is parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PeerVersion {
    /// Nothing: it may not even speak TLS. Any minor version is accepted (RFC 5246 §E.1).
    Unknown,
    /// The version has been negotiated.
    Tls12,
}

/// Parses the header at the start of `input`. `limit` is the maximum length of the fragment.
pub(crate) fn next_record(input: &[u8], peer: PeerVersion, limit: usize) -> Result<Incoming, Error> {
    let Some(header) = input.first_chunk() else {
        return Ok(Incoming::Incomplete(RecordHeader::LEN - input.len()));
    };
    if peer == PeerVersion::Unknown && !speaks_tls(*header) {
        return Err(no_tls(*header));
    }
    let header = RecordHeader::from_bytes(*header);
    if header.content_type.name().is_none() {
        // RFC 5246 §6: an unexpected record type is an unexpected_message.
        let got = Received::Record(header.content_type.0);
        return Err(Error::UnexpectedMessage { got, awaited: "a record of TLS 1.2" });
    }
    if peer == PeerVersion::Tls12 && header.version != ProtocolVersion::TLS_1_2.0 {
        return Err(Error::RecordVersion { got: header.version });
    }
    if header.length > limit {
        return Err(Error::RecordOverflow { length: header.length, limit });
    }
    let lacking = (RecordHeader::LEN + header.length).saturating_sub(input.len());
    Ok(if lacking > 0 { Incoming::Incomplete(lacking) } else { Incoming::Record(header) })
}

/// Distinguishes TLS from other protocols by the type and major version of the first record.
fn speaks_tls([content_type, major, ..]: [u8; RecordHeader::LEN]) -> bool {
    ContentType(content_type).name().is_some() && major == 3
}

/// Returns the error for input that does not begin with a record.
fn no_tls(first: [u8; RecordHeader::LEN]) -> Error {
    /// Set in the length of an SSL 2 record without padding.
    const UNPADDED: u8 = 0x80;
    match first {
        // RFC 5246 §E.2: a length, the type, the version.
        [high, _, typ, major @ (0 | 3), minor] if high & UNPADDED != 0 && typ == HandshakeType::CLIENT_HELLO.0 => {
            Error::Sslv2Hello { got: u16::from_be_bytes([major, minor]) }
        }
        _ => Error::NotTls { first, protocol: OtherProtocol::from_first_bytes(first) },
    }
}

/// Removes the protection of records in one direction, under one key.
pub(crate) struct Opener {
    sequence: Sequence,
    protection: OpenProtection,
    /// The maximum length of a plaintext.
    max_text: usize,
}

enum OpenProtection {
    Plain,
    Aead { key: Box<dyn AeadKey>, nonces: Nonces },
    Cbc(Box<dyn CbcOpener>),
}

impl Opener {
    /// Without protection, as before the first ChangeCipherSpec.
    pub(crate) fn plain() -> Self {
        Self { sequence: Sequence::default(), protection: OpenProtection::Plain, max_text: MAX_PLAINTEXT }
    }

    pub(crate) fn new(
        provider: &dyn Provider,
        suite: &CipherSuite,
        order: MacOrder,
        keys: &DirectionKeys<'_>,
        max_text: usize,
    ) -> Result<Self, ProviderError> {
        let protection = match suite.protection {
            Protection::Aead(algorithm) => {
                let nonces = Nonces::new(algorithm, keys.fixed_iv)?;
                let key = provider.aead_key(algorithm, keys.cipher)?;
                OpenProtection::Aead { key, nonces }
            }
            Protection::Cbc(cipher, mac) => {
                let keys = CbcKeys { cipher: keys.cipher, mac: keys.mac };
                OpenProtection::Cbc(provider.cbc_opener(cipher, mac, order, keys)?)
            }
        };
        Ok(Self { sequence: Sequence::default(), protection, max_text })
    }

    /// Limits the plaintext of further records to `len` bytes.
    pub(crate) fn limit_fragments(&mut self, len: usize) {
        self.max_text = len;
    }

    /// The maximum length of a record's fragment on the wire. If the two sides negotiated a limit, a fragment longer
    /// than the limit and its protection is refused without being decrypted (RFC 6066 §4: a MUST).
    pub(crate) fn limit(&self) -> usize {
        match &self.protection {
            OpenProtection::Plain => self.max_text,
            // RFC 5246 §6.2.3.
            _ if self.max_text == MAX_PLAINTEXT => MAX_CIPHERTEXT,
            OpenProtection::Aead { nonces, .. } => nonces.explicit_len() + self.max_text + nonces.tag_len(),
            OpenProtection::Cbc(_) => CBC_IV_LEN + self.max_text + Digest::MAX_LEN + CBC_MAX_PADDING,
        }
    }

    /// The number of the next record.
    pub(crate) fn sequence(&self) -> u64 {
        self.sequence.0
    }

    /// Opens the record with this number next.
    #[cfg(feature = "inspect")]
    pub(crate) fn set_sequence(&mut self, sequence: u64) {
        self.sequence = Sequence(sequence);
    }

    /// The length of what precedes the plaintext in the fragment: the nonce's explicit part, or the IV.
    #[cfg(feature = "inspect")]
    pub(crate) fn explicit_len(&self) -> usize {
        match &self.protection {
            OpenProtection::Plain => 0,
            OpenProtection::Aead { nonces, .. } => nonces.explicit_len(),
            OpenProtection::Cbc(_) => CBC_IV_LEN,
        }
    }

    /// Opens the fragment of a record in place; returns its plaintext.
    pub(crate) fn open<'b>(
        &mut self,
        content_type: ContentType,
        fragment: &'b mut [u8],
    ) -> Result<&'b mut [u8], Error> {
        let sequence = self.sequence.next()?;
        let text = match &mut self.protection {
            OpenProtection::Plain => fragment,
            OpenProtection::Aead { key, nonces } => {
                let (explicit, rest) =
                    fragment.split_at_mut_checked(nonces.explicit_len()).ok_or(Error::BadRecordMac)?;
                let eight = explicit.first_chunk().copied().unwrap_or(sequence.to_be_bytes());
                let text_len = rest.len().checked_sub(nonces.tag_len()).ok_or(Error::BadRecordMac)?;
                let announced = u16::try_from(text_len).map_err(|_| Error::BadRecordMac)?;
                let aad = additional_data(sequence, content_type, announced);
                if !key.open(nonces.nonce(eight).as_ref(), &aad, rest) {
                    return Err(Error::BadRecordMac);
                }
                rest.split_at_mut(text_len).0
            }
            OpenProtection::Cbc(opener) => {
                let (iv, body) = fragment.split_first_chunk_mut::<CBC_IV_LEN>().ok_or(Error::BadRecordMac)?;
                let header = mac_header(sequence, content_type);
                let text_len = opener.open(header, iv, body).ok_or(Error::BadRecordMac)?;
                body.get_mut(..text_len).ok_or(Error::BadRecordMac)?
            }
        };
        // RFC 5246 §6.2.1: the plaintext MUST NOT exceed 2^14 bytes; RFC 6066 §4, RFC 8449 §4: nor the negotiated
        // limit.
        if text.len() > self.max_text {
            return Err(Error::RecordOverflow { length: text.len(), limit: self.max_text });
        }
        Ok(text)
    }
}
