//! Proofs that a check was made. Each can be had only from its check, and a connection is established only from all
//! three: to skip one does not compile.

use super::server_config::{ClientAuth, ServerConfig};
use crate::crypto::{CipherSuite, KeyExchange, PublicKey, SignatureAlgorithms, constant_time_eq};
use crate::error::{CertificateError, CertificateErrorKind, Error};
use crate::session::{SessionState, Verdict, Verified, VerifierId};
use crate::wire::{CertificateVerify, SignatureScheme};

/// The suite that was agreed on takes a pre-shared key.
pub(crate) struct PskAgreed(());

impl PskAgreed {
    pub(crate) fn by_suite(suite: &CipherSuite) -> Option<Self> {
        suite.key_exchange.is_psk().then_some(Self(()))
    }
}

/// The peer's certificate chain was verified, or it was not to have one.
pub(crate) struct PeerVerified {
    verdict: Verdict,
}

impl PeerVerified {
    /// By the verdict on a client's chain, whose key it has.
    pub(crate) fn by_client_verdict(
        verdict: Result<Verified, CertificateError>,
        verifier: Option<VerifierId>,
        _possession: PossessionChecked,
    ) -> Result<Self, Error> {
        Self::by_verdict(verdict, verifier)
    }

    /// By the verdict on a server's chain, and the identity of the verifier, if it has one.
    pub(crate) fn by_verdict(
        verdict: Result<Verified, CertificateError>,
        verifier: Option<VerifierId>,
    ) -> Result<Self, Error> {
        Ok(Self { verdict: Verdict { verified: verdict?, verifier } })
    }

    /// Without certificates there is no verdict.
    fn without_certificates() -> Self {
        Self { verdict: Verdict::default() }
    }

    /// What was found of the peer's chain.
    pub(crate) fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// A client that shows no certificate to a server that does not require one.
    pub(crate) fn anonymous(config: &ServerConfig) -> Result<Self, Error> {
        match config.client_auth {
            ClientAuth::None | ClientAuth::Request(_) => Ok(Self::without_certificates()),
            // RFC 5246 §7.4.6: handshake_failure.
            ClientAuth::Require(_) => {
                Err(CertificateError::new(CertificateErrorKind::Missing, "this server requires one").into())
            }
        }
    }

    /// By the pre-shared key: whoever does not know it cannot send a Finished that matches (RFC 4279 §7.1).
    pub(crate) fn by_psk(_agreed: &PskAgreed) -> Self {
        Self::without_certificates()
    }

    /// By the handshake that made the session, which only both of us know.
    pub(crate) fn by_session(session: &SessionState) -> Self {
        Self { verdict: session.verdict }
    }
}

/// The key exchange is bound to the key of the certificate.
pub(crate) struct KeyExchangeChecked(());

impl KeyExchangeChecked {
    /// By the signature over the parameters (RFC 8422 §5.4).
    pub(crate) fn by_signature(
        key: &PublicKey,
        algorithms: SignatureAlgorithms,
        scheme: SignatureScheme,
        signed: &[u8],
        signature: &[u8],
    ) -> Result<Self, Error> {
        if key.verifies(algorithms, scheme, signed, signature) { Ok(Self(())) } else { Err(Error::BadSignature) }
    }

    /// By encryption to that key: nobody else can read the premaster secret (RFC 5246 §F.1.1.2).
    pub(crate) fn by_encryption(suite: &CipherSuite) -> Option<Self> {
        (suite.key_exchange == KeyExchange::Rsa).then_some(Self(()))
    }

    /// By the pre-shared key, which goes into the premaster secret.
    pub(crate) fn by_psk(_agreed: &PskAgreed) -> Self {
        Self(())
    }

    /// By the handshake that made the session.
    pub(crate) fn by_session(_session: &SessionState) -> Self {
        Self(())
    }

    /// Our own: it is the peer who checks it.
    pub(crate) fn ours(_config: &ServerConfig) -> Self {
        Self(())
    }
}

/// A client's signature over the handshake by the key of its certificate (RFC 5246 §7.4.8).
pub(crate) struct PossessionChecked(());

impl PossessionChecked {
    pub(crate) fn by_signature(
        key: &PublicKey,
        algorithms: SignatureAlgorithms,
        verify: CertificateVerify<'_>,
        messages: &[u8],
    ) -> Result<Self, Error> {
        if key.verifies(algorithms, verify.scheme, messages, verify.signature) {
            Ok(Self(()))
        } else {
            Err(Error::BadSignature)
        }
    }
}

/// The peer's Finished matches: both sides saw the same handshake, and hold the same keys.
pub(crate) struct FinishedChecked(());

impl FinishedChecked {
    /// RFC 5246 §7.4.9: recipients of Finished messages MUST verify that the contents are correct.
    pub(crate) fn by_comparison(expected: &[u8], received: &[u8]) -> Result<Self, Error> {
        if constant_time_eq(expected, received) { Ok(Self(())) } else { Err(Error::FinishedMismatch) }
    }
}
