//! The end of every handshake, full or resumed, on either side: NewSessionTicket, ChangeCipherSpec and Finished
//! (RFC 5246 §7.3, RFC 5077 §3.1).
//!
//! In a full handshake the client finishes first, in a resumed one the server. The second side holds its own Finished
//! back until it has received the peer's ([`OurFinished::Due`]).

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use rustls_pki_types::{CertificateDer, UnixTime};

use super::config::Common;
use super::evidence::{FinishedChecked, KeyExchangeChecked, PeerVerified};
use super::export::{Exporter, Finishes};
use super::flight::Flight;
use super::info::ConnectionInfo;
use super::keys::{Master, verify_data};
use super::negotiate::Negotiated;
use super::role::Role;
use super::transcript::{Transcript, VERIFY_DATA_LEN};
use crate::crypto::Secret;
use crate::error::{Bytes, Error};
use crate::record::{Opener, Sealer};
use crate::session::{ClientSession, CredentialsId, Handle, PeerIdentity, ServerSession, SessionState};
use crate::wire::{HandshakeType, Message, Reader, put_message};

/// The state of both sides once the keys are derived. Boxed, as it is moved from state to state.
pub(crate) struct Keyed {
    pub(crate) negotiated: Box<Negotiated>,
    pub(crate) master: Master,
    pub(crate) transcript: Transcript,
    pub(crate) peer: Authenticated,
    /// The ticket that the client was given in this handshake.
    pub(crate) ticket: Option<Handle>,
    /// The information about a client's connection that may already send data.
    pub(crate) false_start: Option<Box<ConnectionInfo>>,
}

/// The results of authentication and key exchange.
pub(crate) struct Authenticated {
    pub(crate) verified: PeerVerified,
    pub(crate) exchange: KeyExchangeChecked,
    pub(crate) identity: PeerIdentity,
    /// This side's chain as it was sent; empty if none was, and for a resumed session.
    pub(crate) shown: Arc<[CertificateDer<'static>]>,
    /// The certificates that were available to a client, if the server requested one.
    pub(crate) credentials: Option<CredentialsId>,
}

impl Authenticated {
    /// As in the handshake that created the session.
    pub(crate) fn by_session(state: &SessionState) -> Self {
        Self {
            verified: PeerVerified::by_session(state),
            exchange: KeyExchangeChecked::by_session(state),
            identity: state.peer.clone(),
            shown: Arc::default(),
            credentials: None,
        }
    }
}

/// This side's ChangeCipherSpec and Finished.
pub(crate) enum OurFinished {
    /// They have been sent, with this verify_data: it is the peer's turn.
    Sent([u8; VERIFY_DATA_LEN]),
    /// They are due once the peer's have arrived; this seals from then on.
    Due(Box<Sealer>),
}

impl Keyed {
    /// Sends ChangeCipherSpec and Finished, and returns the verify_data.
    pub(crate) fn send_finished(
        &mut self,
        common: &Common,
        role: Role,
        sealer: Sealer,
        flight: &mut Flight<'_>,
    ) -> Result<[u8; VERIFY_DATA_LEN], Error> {
        flight.change_cipher_spec(sealer)?;
        let Self { negotiated, master, transcript, .. } = self;
        let verify_data = verify_data(&*common.provider, negotiated, master, role, transcript)?;
        flight.message(transcript, |out| put_message(out, HandshakeType::FINISHED, |out| out.extend(verify_data)))?;
        Ok(verify_data)
    }

    /// The session is resumed only while this is still the pre-shared key.
    pub(crate) fn remember_psk(&mut self, key: &Secret) -> Result<(), Error> {
        let hash = self.master.psk_hash(key)?;
        self.peer.identity.remember_psk(hash);
        Ok(())
    }

    /// The session that this handshake created or resumed.
    pub(crate) fn session_state(&self, now: UnixTime) -> SessionState {
        let Negotiated { suite, extended_master_secret, server_name, session, signed_by, stapled, .. } =
            &*self.negotiated;
        SessionState {
            suite,
            master: self.master.secret.clone(),
            extended_master_secret: *extended_master_secret,
            created: session.resumed.map_or(now, |origin| origin.created),
            server_name: server_name.clone(),
            max_fragment_length: session.max_fragment_length,
            limits_fragments: session.limits_fragments,
            peer: self.peer.identity.clone(),
            verdict: self.peer.verified.verdict(),
            signed_by: *signed_by,
            stapled: stapled.clone(),
        }
    }
}

/// The peer's ChangeCipherSpec is due.
pub(crate) struct AwaitChangeCipherSpec {
    pub(crate) keyed: Box<Keyed>,
    pub(crate) opener: Opener,
    pub(crate) ours: OurFinished,
}

impl AwaitChangeCipherSpec {
    pub(crate) fn change_cipher_spec(self, flight: &mut Flight<'_>) -> AwaitFinished {
        flight.read_with(self.opener);
        AwaitFinished { keyed: self.keyed, ours: self.ours }
    }
}

/// The peer's Finished is due.
pub(crate) struct AwaitFinished {
    pub(crate) keyed: Box<Keyed>,
    ours: OurFinished,
}

impl AwaitFinished {
    /// Checks the peer's Finished.
    pub(crate) fn finished(mut self, common: &Common, role: Role, message: Message<'_>) -> Result<Checked, Error> {
        let Keyed { negotiated, master, transcript, .. } = &*self.keyed;
        let expected = verify_data(&*common.provider, negotiated, master, role.other(), transcript)?;
        // RFC 5246 §7.4.9: 12 bytes; another length is a decode_error (§7.2.2), not a failed comparison.
        let mut body = Reader::new("Finished", message.body);
        let received: [u8; VERIFY_DATA_LEN] = body.array()?;
        body.done()?;
        let checked = FinishedChecked::by_comparison(&expected, &received)?;
        self.keyed.transcript.add(message);
        Ok(Checked { keyed: self.keyed, ours: self.ours, theirs: expected, checked })
    }
}

/// The peer's Finished has arrived, and matches.
pub(crate) struct Checked {
    pub(crate) keyed: Box<Keyed>,
    ours: OurFinished,
    theirs: [u8; VERIFY_DATA_LEN],
    checked: FinishedChecked,
}

impl Checked {
    /// Sends this side's Finished if it is due, which completes the handshake.
    pub(crate) fn complete(
        mut self,
        common: &Common,
        role: Role,
        session: Option<NewSession>,
        flight: &mut Flight<'_>,
    ) -> Result<Established, Error> {
        let (ours, first) = match self.ours {
            OurFinished::Sent(ours) => (ours, role),
            OurFinished::Due(sealer) => (self.keyed.send_finished(common, role, *sealer, flight)?, role.other()),
        };
        let verify_data = match role {
            Role::Client => [ours, self.theirs],
            Role::Server => [self.theirs, ours],
        };
        Ok(Established::new(*self.keyed, Finishes { verify_data, first }, session, self.checked))
    }
}

/// The handshake is complete.
pub(crate) struct Established {
    pub(crate) info: Box<ConnectionInfo>,
    pub(crate) exporter: Box<Exporter>,
    /// A session to be stored, until it is taken.
    pub(crate) session: Option<Box<NewSession>>,
}

/// A session that this handshake created, to be stored for resumption.
#[derive(Clone)]
#[non_exhaustive]
pub enum NewSession {
    /// For a client: pass it to [`Connection::resume`](crate::Connection::resume), any number of times, unless this
    /// connection fails later with an error that [forbids it](crate::Error::forbids_resumption).
    Client(ClientSession),
    /// For a server that stores its sessions itself: provide it in the answer to
    /// [`Need::FindSession`](crate::Need::FindSession), until a connection that created or resumed it fails with an
    /// error that [forbids it](crate::Error::forbids_resumption).
    Server {
        /// The ID.
        id: Box<[u8]>,
        /// The session.
        session: ServerSession,
    },
}

/// The ID is not printed.
impl fmt::Debug for NewSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(session) => f.debug_tuple("Client").field(session).finish(),
            Self::Server { id, session } => {
                f.debug_struct("Server").field("id", &Bytes(id.len())).field("session", session).finish()
            }
        }
    }
}

impl Established {
    /// The only constructor: the peer was verified, the key exchange is bound to it, and its Finished matches.
    fn new(keyed: Keyed, finished: Finishes, session: Option<NewSession>, _checked: FinishedChecked) -> Self {
        let Keyed { negotiated, master, peer, .. } = keyed;
        let Authenticated {
            verified: PeerVerified { .. },
            exchange: KeyExchangeChecked { .. },
            identity,
            shown,
            credentials: _,
        } = peer;
        let exporter = Box::new(Exporter::new(&negotiated, master.secret, finished));
        Self {
            info: Box::new(ConnectionInfo::new(&negotiated, identity, shown)),
            exporter,
            session: session.map(Box::new),
        }
    }
}
