//! This crate's verifiers for rustls: both stacks trust the same peers.

use alloc::sync::Arc;
use alloc::vec::Vec;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError as RustlsCertificateError, DigitallySignedStruct, DistinguishedName, OtherError, PeerMisbehaved,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use std::io;

use super::schemes::{for_rustls, suits_tls13};
use crate::crypto::{Provider, PublicKey, ring};
use crate::error::{CertificateError, Error, SignatureError};
use crate::handshake::{ChainLimit, KeyUse, Peer, PeerChain, VerifyPeer};
use crate::wire::SignatureScheme;

/// A verifier of this crate, such as a [`verify::Verifier`](crate::verify::Verifier) or a
/// [`TrustStore`](crate::verify::TrustStore), that rustls can use, as a client and as a server.
///
/// It gives the same verdicts as in this crate: [`certificate_error`] returns their full explanation. It also verifies the
/// signatures of the handshake with this crate's algorithms, so it accepts the same keys.
///
/// rustls has no hook at the end of a handshake, which [`FirstUse`](crate::verify::FirstUse) needs: call
/// [`VerifyPeer::established`] yourself then. [`Connector`](super::Connector) and [`Acceptor`](super::Acceptor) do so.
///
/// ```
/// use std::sync::Arc;
/// use tls12::io::both::RustlsVerifier;
/// use tls12::verify::TrustStore;
///
/// # fn example(roots: TrustStore) {
/// let verifier = Arc::new(RustlsVerifier::new(Arc::new(roots)));
/// let config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
///     .with_safe_default_protocol_versions()
///     .unwrap()
///     .dangerous()
///     .with_custom_certificate_verifier(verifier)
///     .with_no_client_auth();
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RustlsVerifier {
    verifier: Arc<dyn VerifyPeer>,
    provider: Arc<dyn Provider>,
    schemes: Vec<rustls::SignatureScheme>,
    limit: ChainLimit,
    client_certificate: ClientCertificate,
    authorities: Vec<DistinguishedName>,
}

/// Whether clients must present a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ClientCertificate {
    Optional,
    Required,
}

impl RustlsVerifier {
    /// Creates a verifier for rustls that uses `verifier` and the default provider's algorithms. A server that uses it
    /// requires a client certificate.
    #[must_use]
    pub fn new(verifier: Arc<dyn VerifyPeer>) -> Self {
        let provider = ring::provider();
        let schemes: Vec<_> = provider.signature_algorithms().schemes().collect();
        Self::with(verifier, provider, &schemes, ChainLimit::default())
    }

    /// Creates a verifier with these settings of a configuration.
    pub(super) fn with(
        verifier: Arc<dyn VerifyPeer>,
        provider: Arc<dyn Provider>,
        schemes: &[SignatureScheme],
        limit: ChainLimit,
    ) -> Self {
        Self {
            verifier,
            provider,
            schemes: for_rustls(schemes).collect(),
            limit,
            client_certificate: ClientCertificate::Required,
            authorities: Vec::new(),
        }
    }

    /// Also accepts clients without a certificate.
    #[must_use]
    pub fn client_certificate_optional(mut self) -> Self {
        self.client_certificate = ClientCertificate::Optional;
        self
    }

    /// Sets the acceptable CAs that are announced to clients: distinguished names in DER. Default: none, which means any
    /// CA.
    #[must_use]
    pub fn authorities(mut self, names: impl IntoIterator<Item = Vec<u8>>) -> Self {
        self.authorities = names.into_iter().map(DistinguishedName::from).collect();
        self
    }

    /// Verifies a whole chain, as this crate does.
    pub(super) fn judge(
        &self,
        chain: Arc<[CertificateDer<'static>]>,
        peer: Peer,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<(), CertificateError> {
        self.limit.check(chain.iter().map(|certificate| certificate.len()))?;
        let algorithms = self.provider.signature_algorithms();
        let mut chain = PeerChain::new(chain, peer, KeyUse::DigitalSignature, now, algorithms);
        chain.ocsp_response = (!ocsp_response.is_empty()).then(|| Arc::from(ocsp_response));
        self.verifier.verify(&chain).map(|_| ())
    }

    /// Called when the handshake is complete.
    pub(super) fn established(&self, peer: &Peer, certificates: &[CertificateDer<'_>]) -> Result<(), CertificateError> {
        self.verifier.established(peer, certificates)
    }

    /// Verifies a signature of the handshake.
    fn signed(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
        suits: impl Fn(SignatureScheme, &PublicKey) -> bool,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let key = PublicKey::of_certificate(certificate).map_err(|_| RustlsCertificateError::BadEncoding)?;
        let scheme = SignatureScheme(u16::from(signed.scheme));
        if !self.schemes.contains(&signed.scheme) || !suits(scheme, &key) {
            return Err(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme.into());
        }
        match key.verifies(&*self.provider, scheme, message, signed.signature()) {
            Ok(()) => Ok(HandshakeSignatureValid::assertion()),
            Err(SignatureError::Key(fault)) => Err(refused(Error::PeerKey(fault))),
            Err(_) => Err(RustlsCertificateError::BadSignature.into()),
        }
    }
}

fn whole(end_entity: &CertificateDer<'_>, intermediates: &[CertificateDer<'_>]) -> Arc<[CertificateDer<'static>]> {
    core::iter::once(end_entity).chain(intermediates).map(|certificate| certificate.clone().into_owned()).collect()
}

/// The error of rustls that contains `error`.
fn refused(error: impl core::error::Error + Send + Sync + 'static) -> rustls::Error {
    RustlsCertificateError::Other(OtherError(Arc::new(error))).into()
}

impl ServerCertVerifier for RustlsVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let peer = Peer::Server(server_name.to_owned());
        self.judge(whole(end_entity, intermediates), peer, ocsp_response, now).map_err(refused)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.signed(message, certificate, signed, |_, _| true)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.signed(message, certificate, signed, |scheme, key| suits_tls13(scheme, key.key_type()))
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.schemes.clone()
    }
}

impl ClientCertVerifier for RustlsVerifier {
    fn client_auth_mandatory(&self) -> bool {
        self.client_certificate == ClientCertificate::Required
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.authorities
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        self.judge(whole(end_entity, intermediates), Peer::Client, &[], now).map_err(refused)?;
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        ServerCertVerifier::verify_tls12_signature(self, message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        ServerCertVerifier::verify_tls13_signature(self, message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.schemes.clone()
    }
}

/// Returns the verdict of a [`RustlsVerifier`] in an error of rustls, with its full explanation
/// ([`CertificateError::report`]), or `None` if it contains none.
#[must_use]
pub fn certificate_error(error: &rustls::Error) -> Option<&CertificateError> {
    in_rustls(error)?.downcast_ref()
}

fn in_rustls(error: &rustls::Error) -> Option<&(dyn core::error::Error + Send + Sync + 'static)> {
    match error {
        rustls::Error::InvalidCertificate(RustlsCertificateError::Other(OtherError(error))) => Some(&**error),
        _ => None,
    }
}

/// Replaces an error of rustls with this crate's, if this crate's verifier returned it.
pub(super) fn in_our_words(error: io::Error) -> io::Error {
    let rustls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let ours = rustls.and_then(in_rustls).and_then(|inner| match inner.downcast_ref::<CertificateError>() {
        Some(verdict) => Some(Error::Certificate(verdict.clone())),
        None => inner.downcast_ref::<Error>().cloned(),
    });
    ours.map_or(error, io::Error::from)
}
