//! A pre-shared key that both sides know, in place of certificates.

use tls12::PresharedKey;
use tls12::crypto::Secret;

/// The key, its name, and what the server says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Psk {
    pub identity: &'static str,
    pub key: &'static [u8],
    /// What the server says, that the client may know which of its identities is meant.
    pub hint: Option<&'static str>,
}

impl Psk {
    /// Without a hint. The length of the key is no power of two, nor that of a hash.
    pub const PLAIN: Self = Self { identity: "meter-17", key: b"twenty-three bytes long", hint: None };

    /// With one.
    pub const HINTED: Self = Self { hint: Some("meters"), ..Self::PLAIN };

    /// As our side is given it.
    pub fn ours(&self) -> PresharedKey {
        PresharedKey::new(self.identity.as_bytes(), Secret::new(self.key.to_vec())).unwrap()
    }
}
