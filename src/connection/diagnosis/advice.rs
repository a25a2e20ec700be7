//! What to do about a failure, as data, and in the words of this library's API.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::list;
use crate::crypto::{CipherSuite, KeyType};
use crate::error::OtherProtocol;
use crate::wire::{NamedGroup, SignatureScheme};

/// What to do about a failure.
///
/// It knows the configuration of this side: what is allowed already, or could not work, is not advised. Displayed, it is one
/// line that names the items of this library's API; a program whose users know other names matches on it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Advice {
    /// Allow these cipher suites on this side.
    AllowSuites {
        /// The suites, which the provider has.
        suites: Vec<&'static CipherSuite>,
        /// What allows them.
        setting: SuiteSetting,
    },
    /// Allow these groups on this side.
    AllowGroups(Vec<NamedGroup>),
    /// Allow these signature schemes on this side.
    AllowSchemes(Vec<SignatureScheme>),
    /// Accept RSA keys of 1024 bits and more from peers: of devices that cannot have a larger one.
    AllowSmallRsaKeys,
    /// Renegotiate when the server asks for it.
    AllowRenegotiation,
    /// Connect to the server though it does not support secure renegotiation.
    TolerateInsecureServer,
    /// Do not require the extended master secret.
    PreferExtendedMasterSecret,
    /// Do not require encrypt-then-MAC.
    PreferEncryptThenMac,
    /// Configure the pre-shared key, and its identity, on this side.
    ConfigurePresharedKey,
    /// Compare the pre-shared keys of both sides.
    ComparePresharedKeys,
    /// Correct the identity of the pre-shared key: the server does not know it.
    CorrectPresharedIdentity,
    /// Configure a client certificate, issued by one of these authorities (for people; none: by any).
    ConfigureClientCertificate(Vec<String>),
    /// Configure a client certificate whose key signs by one of these schemes.
    ClientCertificateForSchemes(Vec<SignatureScheme>),
    /// Configure a client certificate with a key of one of these types (the code points of RFC 5246 §7.4.4).
    ClientCertificateOfTypes(Vec<crate::wire::ClientCertificateType>),
    /// Add the intermediate certificates to the chain of this side's certificate.
    CompleteOwnChain,
    /// Give the server a certificate with a key of this type, beside those that it has.
    AddCertificate(KeyType),
    /// Add one of these application protocols to those of this side.
    AddProtocols(Vec<Box<[u8]>>),
    /// Offer an application protocol that the server supports, or none.
    OfferOtherProtocols,
    /// Add a credential for this name on this side, or serve unknown names by the default.
    AddName(Box<str>),
    /// Connect by a name that the server has, or by an address, so that it uses its default.
    ConnectByKnownName,
    /// Connect by the server's name: many servers do not answer without one.
    ConnectByName,
    /// Start TLS as this protocol does, or use the port on which TLS starts at once.
    StartTls(OtherProtocol),
    /// Check the port, and whether the protocol starts TLS by a command of its own.
    CheckPort,
    /// Enable TLS 1.2 at the peer, or update it.
    EnableTls12AtPeer,
    /// Disable the hello in the format of SSL 2 at the peer.
    DisableSslv2HelloAtPeer,
    /// Enable one of these cipher suites at the peer.
    EnableSuitesAtPeer(Vec<&'static CipherSuite>),
    /// Enable one of these groups at the peer.
    EnableGroupsAtPeer(Vec<NamedGroup>),
    /// Enable one of these signature schemes at the peer; an old one has to be updated for it.
    EnableSchemesAtPeer(Vec<SignatureScheme>),
    /// Update the peer: what it lacks came with a later version of its software.
    UpdatePeer,
    /// Connect without the session that was offered, and forget it.
    DiscardSession,
    /// Check that the peer's private key is that of its certificate.
    MatchPeerKey,
    /// Put the peer's own certificate first in its chain, and the one that issued it second.
    ReorderPeerChain,
    /// Give the peer a certificate with a key that this side supports: RSA of 2048 to 8192 bits, ECDSA or Ed25519.
    ReplacePeerKey,
    /// Have the server send its intermediate certificates, and the client trust the root.
    LetPeerTrust,
    /// Renew the certificate of this side, or set the peer's clock.
    RenewCertificate,
    /// Replace the certificate of this side: the peer takes it for revoked.
    ReplaceCertificate,
    /// Look for a device between the two that changes what passes.
    CheckPath,
    /// Read the peer's log: only it knows.
    ReadPeerLog,
}

/// What allows cipher suites that a policy leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SuiteSetting {
    /// [`Policy::default`](crate::Policy::default) has them.
    DefaultPolicy,
    /// [`Policy::legacy`](crate::Policy::legacy) has them.
    LegacyPolicy,
    /// The policy names its suites ([`Policy::suites`](crate::Policy::suites)), and these must be named as well.
    Named,
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AllowSuites { suites, setting } => {
                let names = list(suites.iter().map(|suite| suite.name));
                match setting {
                    SuiteSetting::DefaultPolicy => write!(f, "use Policy::default, which also allows {names}"),
                    SuiteSetting::LegacyPolicy => write!(f, "use Policy::legacy, which also allows {names}"),
                    SuiteSetting::Named => write!(f, "add one of these to Policy::suites: {names}"),
                }
            }
            Self::AllowGroups(groups) => write!(f, "add one of these to Policy::groups: {}", list(groups)),
            Self::AllowSchemes(schemes) => {
                write!(f, "add one of these to Policy::signature_schemes: {}", list(schemes))
            }
            Self::ConfigureClientCertificate(authorities) if authorities.is_empty() => {
                f.write_str("configure a client certificate (ClientConfigBuilder::credentials)")
            }
            Self::ConfigureClientCertificate(authorities) => write!(
                f,
                "configure a client certificate (ClientConfigBuilder::credentials) that one of these has issued: {}",
                list(authorities)
            ),
            Self::ClientCertificateForSchemes(schemes) => {
                write!(f, "configure a client certificate whose key signs by one of these schemes: {}", list(schemes))
            }
            Self::ClientCertificateOfTypes(types) => {
                write!(f, "configure a client certificate with a key of one of these types: {}", list(types))
            }
            Self::AddCertificate(KeyType::Rsa) => f.write_str("give the server a certificate with an RSA key as well"),
            Self::AddCertificate(KeyType::Ecdsa(curve)) => {
                write!(f, "give the server a certificate with an ECDSA key on {curve} as well")
            }
            Self::AddCertificate(_) => f.write_str("give the server a certificate with an Ed25519 key as well"),
            Self::AddProtocols(names) => {
                let names = list(names.iter().map(|name| name.escape_ascii()));
                write!(f, "add one of these to the server's protocols (ServerConfigBuilder::alpn_protocols): {names}")
            }
            Self::AddName(name) => write!(
                f,
                "add a credential for {} (ServerConfigBuilder::credential_for), or set UnknownNames::UseDefault",
                name.escape_debug()
            ),
            Self::StartTls(protocol) => f.write_str(start_tls(*protocol)),
            Self::EnableSuitesAtPeer(suites) => {
                write!(f, "enable one of these at the peer: {}", list(suites.iter().map(|suite| suite.name)))
            }
            Self::EnableGroupsAtPeer(groups) => write!(f, "enable one of these groups at the peer: {}", list(groups)),
            Self::EnableSchemesAtPeer(schemes) => {
                write!(f, "enable one of these signature schemes at the peer, or update it: {}", list(schemes))
            }
            fixed => f.write_str(fixed.text()),
        }
    }
}

impl Advice {
    /// What holds no data, and is always said alike.
    fn text(&self) -> &'static str {
        match self {
            Self::AllowSmallRsaKeys => {
                "if the device cannot have a larger key: use crypto::ring::provider_for_small_rsa_keys, and Allow::SmallRsaKeys in the verifier"
            }
            Self::AllowRenegotiation => "allow the server to renegotiate (ClientConfigBuilder::renegotiation)",
            Self::TolerateInsecureServer => {
                "if the server cannot be updated: take the risk by SecureRenegotiation::Tolerate"
            }
            Self::PreferExtendedMasterSecret => {
                "if the peer cannot be updated: set Policy::extended_master_secret to Agreement::Prefer"
            }
            Self::PreferEncryptThenMac => {
                "if the peer cannot be updated: set Policy::encrypt_then_mac to Agreement::Prefer, or allow suites with AES-GCM"
            }
            Self::ConfigurePresharedKey => {
                "configure the pre-shared key, and its identity, on this side, if the peer is known by one"
            }
            Self::ComparePresharedKeys => "compare the pre-shared keys of both sides",
            Self::CorrectPresharedIdentity => "correct the identity of the pre-shared key: the server does not know it",
            Self::CompleteOwnChain => "add the intermediate certificates to the chain of the client certificate",
            Self::OfferOtherProtocols => "offer an application protocol that the server supports, or none",
            Self::ConnectByKnownName => {
                "connect by a name that the server has, or by its address, so that it uses its default"
            }
            Self::ConnectByName => "connect by the server's name: many servers do not answer without one",
            Self::CheckPort => "check the port, and whether the protocol starts TLS by a command of its own",
            Self::EnableTls12AtPeer => "enable TLS 1.2 at the peer, or update it: this side supports no other version",
            Self::DisableSslv2HelloAtPeer => "disable the SSL 2 hello at the peer",
            Self::UpdatePeer => "update the peer",
            Self::DiscardSession => "connect without the session that was offered, and forget it",
            Self::MatchPeerKey => "check that the peer's private key is that of its certificate",
            Self::ReorderPeerChain => "have the peer send its own certificate first, and the one that issued it second",
            Self::ReplacePeerKey => {
                "give the peer a certificate with an RSA key of 2048 to 8192 bits, an ECDSA key on P-256, P-384 or P-521, or an Ed25519 key"
            }
            Self::LetPeerTrust => {
                "have this server send its intermediate certificates, give the client the root, and check the name that the client connects by"
            }
            Self::RenewCertificate => "renew the certificate of this side, or set the peer's clock",
            Self::ReplaceCertificate => "replace the certificate of this side: the peer takes it for revoked",
            Self::CheckPath => "look for a device between the two that changes what passes",
            Self::ReadPeerLog => "read the peer's log",
            // Those with data.
            _ => "",
        }
    }
}

/// How TLS starts beside, or on top of, a protocol.
fn start_tls(protocol: OtherProtocol) -> &'static str {
    use OtherProtocol as P;
    match protocol {
        P::HttpResponse => "use the port of HTTPS",
        P::HttpRequest | P::Http2 => "have the client use https, or send it to the port of plain HTTP",
        P::Ssh => "use another port: this one is for SSH",
        P::SmtpOrFtp => "send STARTTLS (SMTP) or AUTH TLS (FTP) first, or use the port of implicit TLS",
        P::SmtpClient => "answer STARTTLS first, or have the client use implicit TLS",
        P::Pop3 => "send STLS first, or use the port of implicit TLS",
        P::Imap | P::Nntp | P::ManageSieve => "send STARTTLS first, or use the port of implicit TLS",
        P::Pop3OrRedis => "start TLS by the protocol's own command first, or use the port of TLS",
        P::Rdp => "negotiate TLS in the X.224 connection request first",
        P::Tds => "carry TLS inside PRELOGIN packets: wrap and unwrap them",
        P::Ldap => "send the StartTLS request first, or use the port of LDAPS",
        P::MySql | P::PostgreSql => "start TLS by the protocol's own request first",
        P::Amqp => "use the port of AMQPS",
        P::Xmpp => "send starttls within the stream first, or use the port of direct TLS",
    }
}
