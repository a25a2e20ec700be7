//! Complete handshakes by the library: whether the policy that was found suffices, whether sessions are resumed, and how the
//! server closes. No data is sent.

use std::io::{self, Read};
use std::sync::Arc;

use rustls_pki_types::ServerName;
use serde::Serialize;
use tls12::crypto::ring;
use tls12::io::blocking::StreamOwned;
use tls12::session::ClientSession;
use tls12::{
    AskFor, CertificateError, ClientConfig, HelloShape, Indication, NewSession, PeerChain, Resumption, UnboundSessions,
    Verified, VerifyPeer,
};

use super::dial::{Dialer, Link};
use super::least::Least;

/// The results of complete handshakes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sessions {
    /// Why no handshake with the least policy was completed; `None` if one was.
    pub failure: Option<String>,
    pub by_id: Option<bool>,
    pub by_ticket: Option<bool>,
    /// How the server ends a connection after our close_notify.
    pub end: Option<End>,
}

/// How a server ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    CloseNotify,
    /// The TCP connection is closed without any TLS data.
    Truncated,
    /// The server does neither.
    StaysOpen,
}

/// Accepts every chain: no data is sent over these connections, and the certificates are verified separately.
#[derive(Debug)]
struct AcceptsAll;

impl VerifyPeer for AcceptsAll {
    fn verify(&self, _: &PeerChain) -> Result<Verified, CertificateError> {
        Ok(Verified::default())
    }
}

/// The settings of a handshake.
struct Setup<'a> {
    dialer: &'a Dialer<'a>,
    config: Arc<ClientConfig>,
    name: &'a ServerName<'static>,
}

/// The result of a handshake.
struct Outcome {
    session: Option<ClientSession>,
    resumed: Option<Resumption>,
    /// Only in full handshakes.
    end: Option<End>,
}

/// Makes up to four connections.
pub fn try_sessions(dialer: &Dialer<'_>, least: &Least, name: &ServerName<'static>, is_sent: bool) -> Sessions {
    let mut sessions = Sessions { failure: None, by_id: None, by_ticket: None, end: None };
    for tickets in [AskFor::No, AskFor::Yes] {
        let outcome = config(least, tickets, is_sent).and_then(|config| {
            let setup = Setup { dialer, config, name };
            let first = setup.connect(None)?;
            let again = first.session.map(|session| setup.connect(Some(session))).transpose()?;
            Ok((first.end, again.and_then(|again| again.resumed)))
        });
        match outcome {
            Err(why) => sessions.failure = sessions.failure.or(Some(why)),
            Ok((end, resumed)) => {
                sessions.end = end;
                // A server without tickets may resume by ID, although a ticket was requested.
                match tickets {
                    AskFor::No => sessions.by_id = Some(resumed == Some(Resumption::SessionId)),
                    AskFor::Yes => sessions.by_ticket = Some(resumed == Some(Resumption::Ticket)),
                }
            }
        }
    }
    sessions
}

fn config(least: &Least, tickets: AskFor, is_sent: bool) -> Result<Arc<ClientConfig>, String> {
    let provider = if least.needs_small_rsa_keys() { ring::provider_for_small_rsa_keys() } else { ring::provider() };
    let builder = ClientConfig::builder_with_provider(provider, Arc::new(AcceptsAll))
        .policy(least.policy().unbound_sessions(UnboundSessions::Resume))
        .tickets(tickets)
        .hello_shape(HelloShape::default().indication(if is_sent { Indication::Same } else { Indication::Omitted }))
        .no_session_store();
    builder.build().map_err(|error| error.to_string())
}

impl Setup<'_> {
    fn connect(&self, session: Option<ClientSession>) -> Result<Outcome, String> {
        self.dialer.with(|link| self.handshake(link, session)).and_then(|outcome| outcome)
    }

    fn handshake(&self, link: Box<dyn Link>, session: Option<ClientSession>) -> Result<Outcome, String> {
        let config = Arc::clone(&self.config);
        let is_full = session.is_none();
        let stream = match session {
            None => StreamOwned::client(config, self.name.clone(), link),
            Some(session) => StreamOwned::resume(config, self.name.clone(), session, link),
        };
        let mut stream = stream.map_err(|error| error.to_string())?;
        if let Err(error) = stream.complete_handshake() {
            let connection = stream.into_parts().connection;
            let cause = connection.diagnosis().map(|diagnosis| diagnosis.cause().to_string());
            return Err(cause.unwrap_or_else(|| error.to_string()));
        }
        let resumed = stream.info().and_then(|info| info.resumption());
        let session = match stream.take_session() {
            Some(NewSession::Client(session)) => Some(session),
            _ => None,
        };
        Ok(Outcome { session, resumed, end: end_of(&mut stream, is_full) })
    }
}

/// Closes, and waits for the server to do the same. Data that it sends meanwhile is discarded.
fn end_of(stream: &mut StreamOwned<Box<dyn Link>>, waits: bool) -> Option<End> {
    let _ = stream.close();
    if !waits {
        return None;
    }
    let mut buf = [0; 4096];
    // Whatever it sends, its time is limited.
    loop {
        match stream.read(&mut buf) {
            Ok(0) => return Some(End::CloseNotify),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::TimedOut => return Some(End::StaysOpen),
            Err(_) => return Some(End::Truncated),
        }
    }
}
