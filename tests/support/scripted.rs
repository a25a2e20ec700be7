//! A provider whose randomness is a script: what was drawn in a recording is drawn again when it is replayed.
//!
//! All that needs no randomness comes from the provider that is tested. The key shares do not, because ring takes randomness
//! from nobody: x25519, P-256 and P-384 come from three other crates, with private keys made of the script.

use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex};

use p256::elliptic_curve::point::AffineCoordinates;
use p256::elliptic_curve::sec1::{FromSec1Point, ModulusSize, ToSec1Point};
use p256::elliptic_curve::{AffinePoint, CurveArithmetic, FieldBytesSize, PublicKey as NistPublicKey, SecretKey};
use tls12::ProviderError;
use tls12::crypto::{KeyExchangeGroup, KeyShare, Provider, Secret, SecureRandom};
use tls12::wire::NamedGroup;
use x25519_dalek::StaticSecret;

use super::delegate::delegate;
use super::provider::provider;

/// The provider that is tested, but for randomness and key shares.
#[derive(Debug)]
pub struct Scripted {
    tested: Arc<dyn Provider>,
    script: Script,
}

/// The length of the IV of a CBC record.
pub const IV_LEN: usize = 16;

/// The randomness: each draw is a whole element.
pub struct Script {
    /// What will be drawn; none while a recording is made.
    coming: Option<Mutex<VecDeque<Vec<u8>>>>,
    drawn: Mutex<Vec<Vec<u8>>>,
    source: Arc<dyn Provider>,
}

impl Scripted {
    /// Draws from the operating system, and keeps what was drawn.
    pub fn recording() -> Arc<Self> {
        Self::new(None)
    }

    /// Draws `script`, element by element.
    pub fn replaying(script: impl IntoIterator<Item = Vec<u8>>) -> Arc<Self> {
        Self::new(Some(Mutex::new(script.into_iter().collect())))
    }

    fn new(coming: Option<Mutex<VecDeque<Vec<u8>>>>) -> Arc<Self> {
        let tested = provider();
        Arc::new(Self { script: Script { coming, drawn: Mutex::default(), source: Arc::clone(&tested) }, tested })
    }

    /// What was drawn since this was last asked.
    pub fn take_drawn(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut *self.script.drawn.lock().unwrap())
    }
}

impl SecureRandom for Script {
    fn fill(&self, out: &mut [u8]) -> Result<(), ProviderError> {
        match &self.coming {
            None => self.source.random().fill(out)?,
            Some(coming) => {
                let mut coming = coming.lock().unwrap();
                let mut next = coming.pop_front().expect("more was drawn than in the recording");
                // Where a recording has one IV after another, several are drawn at a time: the last are not used, and when
                // each is used shows in what is sent.
                if next.len() == IV_LEN {
                    while next.len() < out.len() && coming.front().is_some_and(|more| more.len() == IV_LEN) {
                        next.extend(coming.pop_front().unwrap());
                    }
                    next.resize(out.len(), 0);
                    out.copy_from_slice(&next);
                    return Ok(());
                }
                // What was drawn by several calls may be drawn by one now: each part is still told by itself.
                let mut out = out;
                while next.len() < out.len() {
                    let (now, later) = out.split_at_mut(next.len());
                    now.copy_from_slice(&next);
                    self.drawn.lock().unwrap().push(next);
                    next = coming.pop_front().expect("more was drawn than in the recording");
                    out = later;
                }
                assert_eq!(next.len(), out.len(), "another length was drawn than in the recording");
                out.copy_from_slice(&next);
                self.drawn.lock().unwrap().push(next);
                return Ok(());
            }
        }
        self.drawn.lock().unwrap().push(out.to_vec());
        Ok(())
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Script")
    }
}

/// The same three groups as ring's, in the same order.
static GROUPS: [&dyn KeyExchangeGroup; 3] = [
    &X25519,
    &Nist::<p256::NistP256>(NamedGroup::SECP256R1, PhantomData),
    &Nist::<p384::NistP384>(NamedGroup::SECP384R1, PhantomData),
];

impl Provider for Scripted {
    fn random(&self) -> &dyn SecureRandom {
        &self.script
    }

    fn groups(&self) -> &[&dyn KeyExchangeGroup] {
        &GROUPS
    }

    delegate!(tested: supports signature_algorithms hash hasher hmac_key aead_key);
    delegate!(tested: cbc_sealer cbc_opener rsa_encrypt load_private_key);
}

#[derive(Debug)]
struct X25519;

impl KeyExchangeGroup for X25519 {
    fn name(&self) -> NamedGroup {
        NamedGroup::X25519
    }

    fn start(&self, random: &dyn SecureRandom) -> Result<Box<dyn KeyShare>, ProviderError> {
        let mut private = [0; 32];
        random.fill(&mut private)?;
        let private = StaticSecret::from(private);
        Ok(Box::new(X25519Share { public: x25519_dalek::PublicKey::from(&private), private }))
    }
}

struct X25519Share {
    private: StaticSecret,
    public: x25519_dalek::PublicKey,
}

impl KeyShare for X25519Share {
    fn public_key(&self) -> &[u8] {
        self.public.as_bytes()
    }

    fn agree(self: Box<Self>, peer: &[u8]) -> Result<Secret, ProviderError> {
        let peer: [u8; 32] = peer.try_into().map_err(|_| ProviderError::InvalidPublicKey)?;
        let shared = self.private.diffie_hellman(&peer.into());
        // RFC 7748 §6.1: not all zero.
        if !shared.was_contributory() {
            return Err(ProviderError::InvalidPublicKey);
        }
        Ok(Secret::new(shared.as_bytes().to_vec()))
    }
}

/// A curve of NIST's.
#[derive(Debug)]
struct Nist<C>(NamedGroup, PhantomData<C>);

impl<C> KeyExchangeGroup for Nist<C>
where
    C: CurveArithmetic + Send + Sync,
    AffinePoint<C>: AffineCoordinates + FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    fn name(&self) -> NamedGroup {
        self.0
    }

    fn start(&self, random: &dyn SecureRandom) -> Result<Box<dyn KeyShare>, ProviderError> {
        let mut private = p256::elliptic_curve::FieldBytes::<C>::default();
        // What is no scalar of the group is drawn again (FIPS 186-5 §A.2.2). It hardly ever happens.
        loop {
            random.fill(&mut private)?;
            if let Ok(private) = SecretKey::<C>::from_bytes(&private) {
                let public = private.public_key().to_sec1_point(false).as_bytes().to_vec();
                return Ok(Box::new(NistShare { private, public }));
            }
        }
    }
}

struct NistShare<C: CurveArithmetic> {
    private: SecretKey<C>,
    public: Vec<u8>,
}

impl<C> KeyShare for NistShare<C>
where
    C: CurveArithmetic + Send + Sync,
    AffinePoint<C>: AffineCoordinates + FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    fn public_key(&self) -> &[u8] {
        &self.public
    }

    fn agree(self: Box<Self>, peer: &[u8]) -> Result<Secret, ProviderError> {
        const UNCOMPRESSED: u8 = 4;
        // RFC 8422 §5.11: points are validated; §5.4.1: they are uncompressed.
        if peer.first() != Some(&UNCOMPRESSED) {
            return Err(ProviderError::InvalidPublicKey);
        }
        let peer = NistPublicKey::<C>::from_sec1_bytes(peer).map_err(|_| ProviderError::InvalidPublicKey)?;
        Ok(Secret::new(self.private.diffie_hellman(&peer).raw_secret_bytes().to_vec()))
    }
}
