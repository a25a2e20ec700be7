//! The state of a session, and its encoding.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use rustls_pki_types::{CertificateDer, UnixTime};

use super::read::{SessionError, read_flag, read_time};
use super::verdict::Verdict;
use crate::crypto::{CipherSuite, MasterSecret, Secret};
use crate::wire::{LengthOf, MaxFragmentLength, NamedGroup, Reader, SignatureScheme, put_vec};

/// The forms of the bytes, by how the peer is known. A session of another form is not resumed.
const BY_CERTIFICATES: u8 = 5;
/// 6 was without [`KnownPsk::key_hash`].
const BY_PSK: u8 = 7;

/// The bit of the encoded fragment length that says that it was agreed on. The codes are small (RFC 6066 §4: 1 to 4).
const AGREED: u8 = 0x80;

/// How the peer was authenticated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PeerIdentity {
    /// By its certificate chain, its own certificate first; empty for a client without a certificate.
    Certificates(Arc<[CertificateDer<'static>]>),
    /// By this pre-shared key.
    Psk(Arc<KnownPsk>),
}

/// A pre-shared key, as its sessions remember it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KnownPsk {
    pub(crate) identity: Box<[u8]>,
    /// A hash of the key, keyed with the master secret. A session belongs to its key, not only to the identity: the key of an
    /// identity may be replaced.
    pub(crate) key_hash: PskHash,
}

/// See [`KnownPsk::key_hash`].
pub(crate) type PskHash = [u8; 32];

impl PeerIdentity {
    /// The chain; empty if there is none.
    pub(crate) fn certificates(&self) -> &[CertificateDer<'static>] {
        match self {
            Self::Certificates(certificates) => certificates,
            Self::Psk(_) => &[],
        }
    }

    /// The pre-shared key, if there is one.
    pub(crate) fn known_psk(&self) -> Option<&KnownPsk> {
        match self {
            Self::Certificates(_) => None,
            Self::Psk(psk) => Some(psk),
        }
    }

    /// The identity of the pre-shared key, if there is one.
    pub(crate) fn psk(&self) -> Option<&[u8]> {
        self.known_psk().map(|psk| &*psk.identity)
    }

    /// By the pre-shared key with this identity. A session that keeps it as it is, without a hash, is not resumed.
    pub(crate) fn by_psk(identity: &[u8]) -> Self {
        Self::Psk(Arc::new(KnownPsk { identity: identity.into(), key_hash: PskHash::default() }))
    }

    /// Remembers the key by this hash.
    pub(crate) fn remember_psk(&mut self, key_hash: PskHash) {
        if let Self::Psk(psk) = self {
            Arc::make_mut(psk).key_hash = key_hash;
        }
    }
}

/// The OCSP response and timestamps that a server sent with its chain. Empty if it sent none.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Stapled {
    /// An OCSP response, in DER (RFC 6066 §8).
    pub(crate) ocsp_response: Arc<[u8]>,
    /// A SignedCertificateTimestampList (RFC 6962 §3.3).
    pub(crate) sct_list: Arc<[u8]>,
}

/// How the handshake that made the session was signed, and in which group its key exchange was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SignedBy {
    /// None for static RSA, and with a pre-shared key and no ECDHE.
    pub(crate) group: Option<NamedGroup>,
    /// The scheme of the server's signature; none for static RSA, and with a pre-shared key.
    pub(crate) server: Option<SignatureScheme>,
    /// The scheme of the client's CertificateVerify; none if it has shown no certificate.
    pub(crate) client: Option<SignatureScheme>,
}

/// The state of a session, for either side (RFC 5246 §7).
#[derive(Clone)]
pub(crate) struct SessionState {
    pub(crate) suite: &'static CipherSuite,
    pub(crate) master: MasterSecret,
    pub(crate) extended_master_secret: bool,
    /// The time of the full handshake. Resumption does not change it.
    pub(crate) created: UnixTime,
    /// The name that the client requested.
    pub(crate) server_name: Option<Box<str>>,
    /// The fragment length that the client requested.
    pub(crate) max_fragment_length: Option<MaxFragmentLength>,
    /// Whether the server agreed to it. RFC 6066 §4: it then applies to resumptions as well.
    pub(crate) limits_fragments: bool,
    pub(crate) peer: PeerIdentity,
    /// The verdict on the peer's chain.
    pub(crate) verdict: Verdict,
    pub(crate) signed_by: SignedBy,
    /// On a client: what the server has sent with its chain; none if nothing.
    pub(crate) stapled: Option<Arc<Stapled>>,
}

impl SessionState {
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        // Allocated at once: a vector that grows would leave unwiped copies behind.
        out.reserve(self.len());
        out.push(match self.peer {
            PeerIdentity::Certificates(_) => BY_CERTIFICATES,
            PeerIdentity::Psk(_) => BY_PSK,
        });
        out.extend(self.suite.code.to_be_bytes());
        out.push(u8::from(self.extended_master_secret));
        out.extend(self.created.as_secs().to_be_bytes());
        out.extend(self.master.expose());
        let agreed = if self.limits_fragments { AGREED } else { 0 };
        out.push(self.max_fragment_length.map_or(0, |length| length.code() | agreed));
        self.verdict.put(out);
        self.signed_by.put(out);
        let none = Stapled::default();
        let Stapled { ocsp_response, sct_list } = self.stapled.as_deref().unwrap_or(&none);
        for stapled in [ocsp_response, sct_list] {
            put_vec(out, LengthOf::U24, |out| out.extend(&**stapled));
        }
        put_vec(out, LengthOf::U16, |out| out.extend(self.server_name.as_deref().unwrap_or_default().as_bytes()));
        put_vec(out, LengthOf::U24, |out| match &self.peer {
            PeerIdentity::Certificates(certificates) => {
                for certificate in &**certificates {
                    put_vec(out, LengthOf::U24, |out| out.extend(certificate.as_ref()));
                }
            }
            PeerIdentity::Psk(psk) => {
                out.extend(psk.key_hash);
                out.extend(&psk.identity);
            }
        });
    }

    /// The number of bytes that [`Self::put`] appends.
    fn len(&self) -> usize {
        /// Form, suite, two flags, time, master secret, verdict, group and schemes, and the lengths of the four that vary.
        const FIXED: usize = 1 + 2 + 1 + 1 + 8 + 2 + 3 + 3 + 3 + MasterSecret::LEN + Verdict::LEN + SignedBy::LEN;
        let peer = match &self.peer {
            PeerIdentity::Certificates(certificates) => certificates.iter().map(|der| 3 + der.len()).sum(),
            PeerIdentity::Psk(psk) => psk.key_hash.len() + psk.identity.len(),
        };
        let stapled = self.stapled.as_ref().map_or(0, |stapled| stapled.ocsp_response.len() + stapled.sct_list.len());
        FIXED + self.server_name.as_deref().map_or(0, str::len) + peer + stapled
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, SessionError> {
        let form = reader.u8()?;
        let suite = CipherSuite::from_code(reader.u16()?).ok_or(SessionError)?;
        let extended_master_secret = read_flag(reader)?;
        let created = read_time(reader)?;
        let master = MasterSecret(Box::new(reader.array()?));
        let (max_fragment_length, limits_fragments) = match reader.u8()? {
            0 => (None, false),
            code => (Some(MaxFragmentLength::from_code(code & !AGREED).ok_or(SessionError)?), code & AGREED != 0),
        };
        let verdict = Verdict::read(reader)?;
        let signed_by = SignedBy::read(reader)?;
        let stapled = Stapled { ocsp_response: reader.vec24()?.into(), sct_list: reader.vec24()?.into() };
        let stapled = (stapled != Stapled::default()).then(|| Arc::new(stapled));
        let name = core::str::from_utf8(reader.vec16()?).map_err(|_| SessionError)?;
        let server_name = (!name.is_empty()).then(|| Box::from(name));
        let peer = read_peer(form, reader.vec24()?)?;
        if peer.psk().is_some() != suite.key_exchange.is_psk() {
            return Err(SessionError);
        }
        Ok(Self {
            suite,
            master,
            extended_master_secret,
            created,
            server_name,
            max_fragment_length,
            limits_fragments,
            peer,
            verdict,
            signed_by,
            stapled,
        })
    }

    /// The age of the session at `now`, in seconds; the maximum if it is from the future.
    pub(crate) fn age(&self, now: UnixTime) -> u64 {
        seconds(self.created, now)
    }
}

impl SignedBy {
    /// How many bytes [`Self::put`] appends.
    const LEN: usize = 3 * 2;

    /// 0 is none: neither a group nor a scheme has this number.
    fn put(self, out: &mut Vec<u8>) {
        let Self { group, server, client } = self;
        let numbers = [group.map(|group| group.0), server.map(|scheme| scheme.0), client.map(|scheme| scheme.0)];
        numbers.iter().for_each(|number| out.extend(number.unwrap_or(0).to_be_bytes()));
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, SessionError> {
        let mut number = || reader.u16().map(|number| (number != 0).then_some(number));
        let (group, server, client) = (number()?, number()?, number()?);
        Ok(Self {
            group: group.map(NamedGroup),
            server: server.map(SignatureScheme),
            client: client.map(SignatureScheme),
        })
    }
}

fn read_peer(form: u8, bytes: &[u8]) -> Result<PeerIdentity, SessionError> {
    match form {
        BY_CERTIFICATES => {
            let mut list = Reader::new("session", bytes);
            let mut certificates = Vec::new();
            while !list.is_empty() {
                certificates.push(CertificateDer::from(list.vec24()?.to_vec()));
            }
            Ok(PeerIdentity::Certificates(certificates.into()))
        }
        BY_PSK => {
            let (key_hash, identity) = bytes.split_first_chunk().ok_or(SessionError)?;
            Ok(PeerIdentity::Psk(Arc::new(KnownPsk { identity: identity.into(), key_hash: *key_hash })))
        }
        _ => Err(SessionError),
    }
}

/// By how much the clock that showed `then` may be ahead of the one that shows `now`, in seconds: five minutes, as RFC 4120 §8.2
/// recommends.
const CLOCK_DIFFERENCE: u64 = 5 * 60;

/// The number of seconds from `then` to `now`. It is the maximum if `then` is later, by more than clocks may differ: what a clock
/// dated that was wrong, or was set back since, would otherwise not expire before that time.
pub(super) fn seconds(then: UnixTime, now: UnixTime) -> u64 {
    let (then, now) = (then.as_secs(), now.as_secs());
    if then.saturating_sub(now) > CLOCK_DIFFERENCE { u64::MAX } else { now.saturating_sub(then) }
}

/// A session that a server stores, or seals in a ticket. It contains the session's master secret.
#[derive(Clone)]
pub struct ServerSession {
    /// Shared, because a store clones what it finds.
    pub(crate) state: Arc<SessionState>,
    /// The context that the session is bound to: it is resumed only in the same context.
    pub(crate) context: Box<[u8]>,
}

impl ServerSession {
    /// Encodes the session. The bytes are secret.
    #[must_use]
    pub fn to_bytes(&self) -> Secret {
        let mut out = Vec::new();
        put_vec(&mut out, LengthOf::U16, |out| out.extend(&self.context));
        self.state.put(&mut out);
        Secret::new(out)
    }

    /// Decodes a session.
    ///
    /// # Errors
    /// [`SessionError`] if the bytes are not a session of this version of the library. Treat the session as not found.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SessionError> {
        let mut reader = Reader::new("session", bytes);
        let context = reader.vec16()?.into();
        let state = Arc::new(SessionState::read(&mut reader)?);
        reader.done()?;
        Ok(Self { state, context })
    }

    /// Returns the time of the full handshake.
    #[must_use]
    pub fn created(&self) -> UnixTime {
        self.state.created
    }

    /// Returns the name that the client requested (RFC 6066 §3), if any.
    #[must_use]
    pub fn server_name(&self) -> Option<&str> {
        self.state.server_name.as_deref()
    }

    /// Returns the cipher suite.
    #[must_use]
    pub fn suite(&self) -> &'static CipherSuite {
        self.state.suite
    }

    /// Returns the client's certificate chain, its own certificate first, which is empty if it sent none. A store can use it to
    /// find the sessions of a client whose access is to be revoked.
    #[must_use]
    pub fn peer_certificates(&self) -> &[CertificateDer<'static>] {
        self.state.peer.certificates()
    }

    /// Returns the identity of the pre-shared key, if the suite uses one.
    #[must_use]
    pub fn psk_identity(&self) -> Option<&[u8]> {
        self.state.peer.psk()
    }
}

impl fmt::Debug for ServerSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SessionState { suite, server_name, created, .. } = &*self.state;
        f.debug_struct("ServerSession")
            .field("suite", &suite.name)
            .field("server_name", server_name)
            .field("created", created)
            .finish_non_exhaustive()
    }
}
