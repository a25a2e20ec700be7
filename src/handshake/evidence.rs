//! Proofs that a check was made. Each can only be obtained from its check, and a connection can only be established
//! with all of them: skipping one does not compile.

use alloc::boxed::Box;
use rustls_pki_types::CertificateDer;

use super::server_config::{ClientAuth, ServerConfig};
use crate::crypto::{CipherSuite, KeyExchange, Provider, PublicKey, constant_time_eq};
use crate::error::{CertificateError, CertificateErrorKind, Error, SignatureError, Violation};
use crate::session::{SessionState, Verdict, Verified, VerifierId};
use crate::wire::SignatureScheme;

/// The negotiated suite uses a pre-shared key.
pub(crate) struct PskAgreed(());

impl PskAgreed {
    pub(crate) fn by_suite(suite: &CipherSuite) -> Option<Self> {
        suite.key_exchange.is_psk().then_some(Self(()))
    }
}

/// The peer's certificate chain was verified, or the peer need not have one.
pub(crate) struct PeerVerified {
    /// `None` without certificates. It is boxed, since an idle connection is as large as the largest state of its
    /// handshake.
    verdict: Option<Box<Verdict>>,
}

impl PeerVerified {
    /// From the verdict on the chain of a client that has proved possession of its key.
    pub(crate) fn by_client_verdict(
        verdict: Result<Verified, CertificateError>,
        verifier: Option<VerifierId>,
        _possession: PossessionChecked,
    ) -> Result<Self, Error> {
        Self::by_verdict(verdict, verifier)
    }

    /// From the verdict on a server's chain, and the identity of the verifier, if it has one.
    pub(crate) fn by_verdict(
        verdict: Result<Verified, CertificateError>,
        verifier: Option<VerifierId>,
    ) -> Result<Self, Error> {
        Ok(Self { verdict: Some(Box::new(Verdict { verified: verdict?, verifier })) })
    }

    /// Without certificates there is no verdict.
    fn without_certificates() -> Self {
        Self { verdict: None }
    }

    /// The verdict on the peer's chain.
    pub(crate) fn verdict(&self) -> Verdict {
        self.verdict.as_deref().copied().unwrap_or_default()
    }

    /// For a client without a certificate, if the server does not require one.
    pub(crate) fn anonymous(config: &ServerConfig) -> Result<Self, Error> {
        match config.client_auth {
            ClientAuth::None | ClientAuth::Request(_) => Ok(Self::without_certificates()),
            // RFC 5246 §7.4.6: handshake_failure.
            ClientAuth::Require(_) => {
                Err(CertificateError::new(CertificateErrorKind::NoClientCertificate, "this server requires one").into())
            }
        }
    }

    /// From the pre-shared key: a peer without it cannot send a matching Finished (RFC 4279 §7.1).
    pub(crate) fn by_psk(_agreed: &PskAgreed) -> Self {
        Self::without_certificates()
    }

    /// From the handshake that created the session, whose secret only the two sides know.
    pub(crate) fn by_session(session: &SessionState) -> Self {
        Self { verdict: Some(Box::new(session.verdict)) }
    }
}

/// The key exchange is bound to the key of the certificate.
pub(crate) struct KeyExchangeChecked(());

impl KeyExchangeChecked {
    /// From the signature over the parameters (RFC 8422 §5.4).
    pub(crate) fn by_signature(signer: &Signer<'_>, signed: &[u8], signature: &[u8]) -> Result<Self, Error> {
        signer.check(signed, signature)?;
        Ok(Self(()))
    }

    /// From encryption to that key: only its owner can read the premaster secret (RFC 5246 §F.1.1.2).
    pub(crate) fn by_encryption(suite: &CipherSuite) -> Option<Self> {
        (suite.key_exchange == KeyExchange::Rsa).then_some(Self(()))
    }

    /// From the pre-shared key, which is part of the premaster secret.
    pub(crate) fn by_psk(_agreed: &PskAgreed) -> Self {
        Self(())
    }

    /// From the handshake that created the session.
    pub(crate) fn by_session(_session: &SessionState) -> Self {
        Self(())
    }

    /// For this side's own key exchange, which the peer checks.
    pub(crate) fn ours(_config: &ServerConfig) -> Self {
        Self(())
    }
}

/// A client's signature over the handshake by the key of its certificate (RFC 5246 §7.4.8).
pub(crate) struct PossessionChecked(());

impl PossessionChecked {
    pub(crate) fn by_signature(signer: &Signer<'_>, messages: &[u8], signature: &[u8]) -> Result<Self, Error> {
        signer.check(messages, signature)?;
        Ok(Self(()))
    }
}

/// The maximum number of further certificates whose keys are tried on a signature that the first key did not make. It
/// limits the work that a bad signature causes. Chains rarely have more than four certificates.
const MOST_OTHER_KEYS: usize = 4;

/// A peer that claims to have signed, with this scheme, with the key of the first of these certificates.
pub(crate) struct Signer<'s> {
    pub(crate) provider: &'s dyn Provider,
    pub(crate) key: &'s PublicKey,
    pub(crate) certificates: &'s [CertificateDer<'static>],
    pub(crate) scheme: SignatureScheme,
}

impl Signer<'_> {
    fn check(&self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        let Self { provider, key, scheme, .. } = *self;
        key.verifies(provider, scheme, message, signature).map_err(|error| match error {
            SignatureError::Key(fault) => Error::PeerKey(fault),
            // RFC 5246 §7.4.3, §7.4.8: the scheme MUST fit the key.
            SignatureError::SchemeNotForKey => Error::IllegalParameter(Violation::SchemeNotForKey(scheme.0)),
            SignatureError::Mismatch => self.by_another(message, signature),
        })
    }

    /// Looks for the certificate whose key made the signature.
    fn by_another(&self, message: &[u8], signature: &[u8]) -> Error {
        let Self { provider, certificates, scheme, .. } = *self;
        let has_signed = |certificate: &CertificateDer<'_>| {
            let key = PublicKey::of_certificate(certificate);
            key.is_ok_and(|key| key.verifies(provider, scheme, message, signature).is_ok())
        };
        match certificates.iter().skip(1).take(MOST_OTHER_KEYS).position(has_signed) {
            Some(place) => Error::SignedByAnother { certificate: place + 2, count: certificates.len() },
            None => Error::BadSignature,
        }
    }
}

/// The peer's Finished matches: both sides saw the same handshake and have the same keys.
pub(crate) struct FinishedChecked(());

impl FinishedChecked {
    /// RFC 5246 §7.4.9: recipients of Finished messages MUST verify that the contents are correct.
    pub(crate) fn by_comparison(expected: &[u8], received: &[u8]) -> Result<Self, Error> {
        if constant_time_eq(expected, received) { Ok(Self(())) } else { Err(Error::FinishedMismatch) }
    }
}
