//! The keys of the provider of a recorded connection: what they did is recorded, or replayed. No key is recorded.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use zeroize::Zeroizing;

use super::log::{Log, Secrets, Turn};
use crate::connection::{Words, hex};
use crate::crypto::{AeadKey, CbcOpener, CbcRecord, CbcSealer, Digest, HmacKey, KeyShare, Secret};
use crate::error::ProviderError;
use crate::handshake::PSK_HASH_LABEL;
use crate::wire::ContentType;

/// A replay whose recording has something else.
pub(super) const OTHERWISE: ProviderError = ProviderError::Failed("replaying the recording");

/// What is recorded in place of a secret.
pub(super) const WITHHELD: &str = "withheld";

/// Writes an error: its text is not recorded.
pub(super) const fn put_error(error: ProviderError) -> &'static str {
    match error {
        ProviderError::InvalidPublicKey => "invalid_public_key",
        _ => "failed",
    }
}

/// A result: an error, or bytes.
pub(super) struct Done<'b>(pub(super) Result<&'b [u8], ProviderError>);

impl fmt::Display for Done<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Ok(bytes) => hex(bytes).fmt(f),
            Err(error) => f.write_str(put_error(error)),
        }
    }
}

/// Reads a result: an error, or bytes.
pub(super) fn read_bytes(log: &Log, result: &str) -> Result<Zeroizing<Vec<u8>>, ProviderError> {
    match result {
        "invalid_public_key" => Err(ProviderError::InvalidPublicKey),
        "failed" => Err(ProviderError::Failed("the operation")),
        bytes => Words::of(bytes).bytes().map(Zeroizing::new).ok_or_else(|| {
            log.garbled();
            OTHERWISE
        }),
    }
}

/// Copies recorded bytes, which must be as many.
pub(super) fn fill(log: &Log, out: &mut [u8], bytes: &[u8]) -> Result<(), ProviderError> {
    if out.len() != bytes.len() {
        log.garbled();
        return Err(OTHERWISE);
    }
    out.copy_from_slice(bytes);
    Ok(())
}

/// The share of an ephemeral key exchange. `None` while it is replayed.
pub(super) struct Share {
    pub(super) log: Arc<Log>,
    pub(super) inner: Option<Box<dyn KeyShare>>,
    pub(super) public: Vec<u8>,
}

impl KeyShare for Share {
    fn public_key(&self) -> &[u8] {
        &self.public
    }

    fn agree(self: Box<Self>, peer: &[u8]) -> Result<Secret, ProviderError> {
        let Self { log, inner, .. } = *self;
        let asked = format!("agree {}", hex(peer));
        match inner {
            Some(inner) => {
                let agreed = inner.agree(peer);
                if log.turn() == Turn::Record {
                    log.did(&asked, agreed.as_ref().map_or_else(|error| put_error(*error), |_| WITHHELD));
                }
                agreed
            }
            None => match log.take(&asked).ok_or(OTHERWISE)?.as_str() {
                WITHHELD => Ok(Secret::new(vec![0; 32])),
                error => read_bytes(&log, error).map(|bytes| Secret::new(bytes.to_vec())),
            },
        }
    }
}

/// What a label of the PRF gives (RFC 5246 §8.1, §6.3, §7.4.9).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Derived {
    Master,
    KeyBlock,
    Finished,
    /// The hash by which a session remembers its pre-shared key, which is the seed (`handshake/psk_hash.rs`).
    PskHash,
    /// Something that the caller exports.
    Other,
}

impl Derived {
    fn by(label: &[u8]) -> Self {
        match label {
            b"master secret" | b"extended master secret" => Self::Master,
            b"key expansion" => Self::KeyBlock,
            b"client finished" | b"server finished" => Self::Finished,
            PSK_HASH_LABEL => Self::PskHash,
            _ => Self::Other,
        }
    }
}

/// A key of the PRF.
pub(super) struct Hmac {
    pub(super) log: Arc<Log>,
    pub(super) inner: Box<dyn HmacKey>,
}

impl HmacKey for Hmac {
    fn sign(&self, parts: &[&[u8]]) -> Result<Digest, ProviderError> {
        self.inner.sign(parts)
    }

    fn prf(&self, label: &[u8], seed: &[u8], out: &mut [u8]) -> Result<(), ProviderError> {
        let Self { log, inner } = self;
        let (derived, turn, with_secrets) = (Derived::by(label), log.turn(), log.secrets == Secrets::Included);
        if derived == Derived::Other || turn == Turn::Pass {
            return inner.prf(label, seed, out);
        }
        let name = String::from_utf8_lossy(label).replace(' ', "_");
        let is_psk = derived == Derived::PskHash;
        let asked = if is_psk { format!("prf {name} {WITHHELD}") } else { format!("prf {name} {}", hex(seed)) };
        let is_shown = derived == Derived::Finished || is_psk || (derived == Derived::Master && with_secrets);
        // With the master secret, everything that follows from it is computed again, unless it takes a pre-shared key.
        let is_computed = turn == Turn::Record || (with_secrets && derived != Derived::Master && !is_psk);
        if is_computed {
            let computed = inner.prf(label, seed, out);
            match computed {
                Ok(()) if !is_shown => log.did(&asked, WITHHELD),
                _ => log.did(&asked, Done(computed.map(|()| &*out))),
            }
            return computed;
        }
        match log.take(&asked).ok_or(OTHERWISE)?.as_str() {
            WITHHELD if !is_shown => {
                out.fill(0);
                Ok(())
            }
            result => fill(log, out, &read_bytes(log, result)?),
        }
    }
}

/// Whether the text of a record may be recorded: application data is not.
fn is_shown(content_type: u8) -> bool {
    ContentType(content_type) != ContentType::APPLICATION_DATA
}

/// The position of the content type in additional data and MAC headers: after the sequence number (RFC 5246 §6.2.3).
const CONTENT_TYPE: usize = 8;

fn type_in(header: &[u8]) -> u8 {
    header.get(CONTENT_TYPE).copied().unwrap_or(ContentType::APPLICATION_DATA.0)
}

/// A text, if it may be recorded, after a space.
fn shown(header: &[u8], text: &[u8]) -> String {
    if is_shown(type_in(header)) { format!(" {}", hex(text)) } else { String::new() }
}

/// A key of AEAD records.
pub(super) struct Aead {
    pub(super) log: Arc<Log>,
    pub(super) inner: Box<dyn AeadKey>,
    pub(super) tag_len: usize,
}

impl AeadKey for Aead {
    fn seal(&self, nonce: &[u8], aad: &[u8], text: &mut [u8], tag: &mut [u8]) -> Result<(), ProviderError> {
        let Self { log, inner, .. } = self;
        let asked = format!("seal {}{}", hex(aad), shown(aad, text));
        let turn = log.turn();
        let is_computed = log.secrets == Secrets::Included && is_shown(type_in(aad));
        match turn {
            Turn::Pass => inner.seal(nonce, aad, text, tag),
            Turn::Replay if !is_computed => {
                let sealed = read_bytes(log, &log.take(&asked).ok_or(OTHERWISE)?)?;
                let (sealed_text, sealed_tag) = sealed.split_at_checked(text.len()).unwrap_or_default();
                fill(log, tag, sealed_tag)?;
                fill(log, text, sealed_text)
            }
            Turn::Record | Turn::Replay => {
                let sealed = inner.seal(nonce, aad, text, tag);
                let record = [&*text, &*tag].concat();
                log.did(&asked, Done(sealed.map(|()| &*record)));
                sealed
            }
        }
    }

    fn open(&self, nonce: &[u8], aad: &[u8], text_and_tag: &mut [u8]) -> bool {
        let Self { log, inner, tag_len } = self;
        let asked = format!("open {}", hex(aad));
        let turn = log.turn();
        if turn == Turn::Pass {
            return inner.open(nonce, aad, text_and_tag);
        }
        let text_len = text_and_tag.len().saturating_sub(*tag_len);
        if turn == Turn::Replay && log.secrets == Secrets::Withheld {
            let text = text_and_tag.get_mut(..text_len).unwrap_or_default();
            return log.take(&asked).is_some_and(|result| take_text(log, aad, &result, text).is_some());
        }
        let opened = inner.open(nonce, aad, text_and_tag);
        let text = text_and_tag.get(..text_len).unwrap_or_default();
        log.did(&asked, if opened { format!("opened{}", shown(aad, text)) } else { REFUSED.into() });
        opened
    }
}

/// What is recorded of a record that cannot be opened, whatever the cause.
const REFUSED: &str = "refused";

/// Puts the recorded text in place; `None` if the record was refused. Application data becomes zeros.
fn take_text(log: &Log, header: &[u8], result: &str, text: &mut [u8]) -> Option<()> {
    if result == REFUSED {
        return None;
    }
    let mut words = Words::of(result);
    let is_opened = words.word() == Some("opened");
    let recorded = if is_shown(type_in(header)) { words.bytes() } else { Some(vec![0; text.len()]) };
    let Some(recorded) = recorded.filter(|_| is_opened && words.done().is_some()) else {
        log.garbled();
        return None;
    };
    fill(log, text, &recorded).ok()
}

/// Seals CBC records.
pub(super) struct Sealer {
    pub(super) log: Arc<Log>,
    pub(super) inner: Box<dyn CbcSealer>,
}

impl CbcSealer for Sealer {
    fn seal(&mut self, records: &mut [CbcRecord<'_>]) -> Result<(), ProviderError> {
        let Self { log, inner } = self;
        let turn = log.turn();
        if turn == Turn::Pass {
            return inner.seal(records);
        }
        let ask = |record: &CbcRecord<'_>| {
            let text = record.body.get(..record.text_len).unwrap_or_default();
            format!("seal_cbc {} {}{}", hex(&record.header), record.text_len, shown(&record.header, text))
        };
        let asked: Vec<String> = records.iter().map(ask).collect();
        let is_computed =
            log.secrets == Secrets::Included && records.iter().all(|record| is_shown(type_in(&record.header)));
        if turn == Turn::Record || is_computed {
            let sealed = inner.seal(records);
            for (asked, record) in asked.iter().zip(&*records) {
                log.did(asked, Done(sealed.map(|()| &*record.body)));
            }
            return sealed;
        }
        for (asked, record) in asked.iter().zip(records) {
            fill(log, record.body, &read_bytes(log, &log.take(asked).ok_or(OTHERWISE)?)?)?;
        }
        Ok(())
    }
}

/// Opens CBC records.
pub(super) struct Opener {
    pub(super) log: Arc<Log>,
    pub(super) inner: Box<dyn CbcOpener>,
}

impl CbcOpener for Opener {
    fn open(&mut self, header: [u8; 11], iv: &[u8; 16], body: &mut [u8]) -> Option<usize> {
        let Self { log, inner } = self;
        let asked = format!("open_cbc {} {}", hex(&header), body.len());
        let turn = log.turn();
        if turn == Turn::Pass {
            return inner.open(header, iv, body);
        }
        if turn == Turn::Replay && log.secrets == Secrets::Withheld {
            let result = log.take(&asked)?;
            // The length, and what would be there without it.
            let (len, result) = result.split_once(' ').unwrap_or(("0", REFUSED));
            let text = len.parse().ok().and_then(|len: usize| body.get_mut(..len));
            let Some(text) = text else {
                log.garbled();
                return None;
            };
            return take_text(log, &header, result, text).map(|()| text.len());
        }
        let opened = inner.open(header, iv, body);
        let text = opened.and_then(|len| body.get(..len));
        let result = text.map(|text| format!("{} opened{}", text.len(), shown(&header, text)));
        log.did(&asked, result.as_deref().unwrap_or(REFUSED));
        opened
    }
}
