//! What to do about a failure, as data, and in terms of this library's API.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::{list, list_authorities};
use crate::crypto::{CipherSuite, KeyType};
use crate::error::OtherProtocol;
use crate::handshake::Role;
use crate::wire::{NamedGroup, SignatureScheme};

/// What to do about a failure.
///
/// The advice takes this side's configuration into account: nothing is advised that is already allowed, or that could
/// not work. [`Display`](fmt::Display) writes one line that names items of this library's API; a program whose users
/// know other names can match on the variants instead.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Advice {
    /// Allow these cipher suites on this side.
    AllowSuites {
        /// The suites, which the provider supports.
        suites: Vec<&'static CipherSuite>,
        /// The setting that allows them.
        setting: SuiteSetting,
    },
    /// Allow these groups on this side.
    AllowGroups(Vec<NamedGroup>),
    /// Allow these signature schemes on this side.
    AllowSchemes(Vec<SignatureScheme>),
    /// Accept RSA keys of 1024 bits and more from peers, for devices that cannot have a larger key.
    AllowSmallRsaKeys,
    /// Renegotiate when the server asks for it.
    AllowRenegotiation,
    /// Connect to the server although it does not support secure renegotiation.
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
    /// Configure a client certificate issued by one of these CAs, as human-readable names, or by any CA if the list is
    /// empty.
    ConfigureClientCertificate(Vec<String>),
    /// Configure a client certificate whose key supports one of these signature schemes.
    ClientCertificateForSchemes(Vec<SignatureScheme>),
    /// Configure a client certificate with a key of one of these types (the code points of RFC 5246 §7.4.4).
    ClientCertificateOfTypes(Vec<crate::wire::ClientCertificateType>),
    /// Add the intermediate certificates to the chain of this side's certificate.
    CompleteOwnChain,
    /// Give the server a certificate with a key of this type, in addition to those that it has.
    AddCertificate(KeyType),
    /// Add one of these application protocols to those of this side.
    AddProtocols(Vec<Box<[u8]>>),
    /// Offer an application protocol that the server supports, or none.
    OfferOtherProtocols,
    /// Add a credential for this name on this side, or use the default credential for unknown names.
    AddName(Box<str>),
    /// Connect with a name that the server has, or with an address, so that the server uses its default.
    ConnectByKnownName,
    /// Connect with the server's name: many servers refuse connections without one.
    ConnectByName,
    /// Start TLS with this protocol's own command, or use the port of implicit TLS.
    StartTls(OtherProtocol),
    /// Check the port, and whether the protocol has a command that starts TLS.
    CheckPort,
    /// Enable TLS 1.2 at the peer, or update it.
    EnableTls12AtPeer,
    /// Disable the hello in the format of SSL 2 at the peer.
    DisableSslv2HelloAtPeer,
    /// Enable one of these cipher suites at the peer.
    EnableSuitesAtPeer(Vec<&'static CipherSuite>),
    /// Enable one of these groups at the peer.
    EnableGroupsAtPeer(Vec<NamedGroup>),
    /// Enable one of these signature schemes at the peer, or update the peer if it is too old for them.
    EnableSchemesAtPeer(Vec<SignatureScheme>),
    /// Update the peer: a later version of its software supports what is missing.
    UpdatePeer,
    /// Connect without the session that was offered, and discard it.
    DiscardSession,
    /// Check that the peer's private key matches its certificate.
    MatchPeerKey,
    /// Put the peer's own certificate first in its chain, and the one that issued it second.
    ReorderPeerChain,
    /// Give the peer a certificate with a key that this side supports: RSA of 2048 to 8192 bits, ECDSA or Ed25519.
    ReplacePeerKey,
    /// Make the server send its intermediate certificates, and the client trust the root.
    LetPeerTrust,
    /// Renew the certificate of this side, or set the peer's clock.
    RenewCertificate,
    /// Replace the certificate of this side: the peer considers it revoked.
    ReplaceCertificate,
    /// Look for a device on the path that modifies the traffic.
    CheckPath,
    /// Read the peer's log: only the peer knows the cause.
    ReadPeerLog,
    /// Change something on one side of a connection between two other parties, which `inspect` has read.
    At {
        /// The side.
        side: Role,
        /// The change, in words.
        change: String,
    },
}

/// The setting that allows cipher suites which a policy excludes.
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
                "configure a client certificate (ClientConfigBuilder::credentials) issued by one of these: {}",
                list_authorities(authorities)
            ),
            Self::ClientCertificateForSchemes(schemes) => {
                write!(
                    f,
                    "configure a client certificate whose key supports one of these signature schemes: {}",
                    list(schemes)
                )
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
            Self::At { side, change } => write!(f, "at the {side}: {change}"),
            fixed => f.write_str(fixed.text()),
        }
    }
}

impl Advice {
    /// The text of advice without data.
    fn text(&self) -> &'static str {
        match self {
            Self::AllowSmallRsaKeys => {
                "if the device cannot have a larger key: use crypto::ring::provider_for_small_rsa_keys, and Allow::SmallRsaKeys in the verifier"
            }
            Self::AllowRenegotiation => "allow the server to renegotiate (ClientConfigBuilder::renegotiation)",
            Self::TolerateInsecureServer => {
                "if the server cannot be updated: accept the risk with SecureRenegotiation::Tolerate"
            }
            Self::PreferExtendedMasterSecret => {
                "if the peer cannot be updated: set Policy::extended_master_secret to Agreement::Prefer"
            }
            Self::PreferEncryptThenMac => {
                "if the peer cannot be updated: set Policy::encrypt_then_mac to Agreement::Prefer, or allow suites with AES-GCM"
            }
            Self::ConfigurePresharedKey => {
                "if the two sides share a key: configure the pre-shared key, and its identity, on this side"
            }
            Self::ComparePresharedKeys => "compare the pre-shared keys of both sides",
            Self::CorrectPresharedIdentity => "correct the identity of the pre-shared key: the server does not know it",
            Self::CompleteOwnChain => "add the intermediate certificates to the chain of the client certificate",
            Self::OfferOtherProtocols => "offer an application protocol that the server supports, or none",
            Self::ConnectByKnownName => {
                "connect with a name that the server has, or with its address, so that it uses its default"
            }
            Self::ConnectByName => "connect with the server's name: many servers refuse connections without one",
            Self::CheckPort => "check the port, and whether the protocol has a command that starts TLS",
            Self::EnableTls12AtPeer => "enable TLS 1.2 at the peer, or update it: this side supports no other version",
            Self::DisableSslv2HelloAtPeer => "disable the SSL 2 hello at the peer",
            Self::UpdatePeer => "update the peer",
            Self::DiscardSession => "connect without the session that was offered, and discard it",
            Self::MatchPeerKey => "check that the peer's private key matches its certificate",
            Self::ReorderPeerChain => "configure the peer to send its own certificate first, and its issuer's second",
            Self::ReplacePeerKey => {
                "give the peer a certificate with an RSA key of 2048 to 8192 bits, an ECDSA key on P-256, P-384 or P-521, or an Ed25519 key"
            }
            Self::LetPeerTrust => {
                "make this server send its intermediate certificates, give the client the root, and check the name that the client connects with"
            }
            Self::RenewCertificate => "renew the certificate of this side, or set the peer's clock",
            Self::ReplaceCertificate => "replace the certificate of this side: the peer considers it revoked",
            Self::CheckPath => "look for a device on the path that modifies the traffic",
            Self::ReadPeerLog => "read the peer's log",
            // Those with data.
            _ => "",
        }
    }
}

/// How to start TLS with a protocol.
fn start_tls(protocol: OtherProtocol) -> &'static str {
    use OtherProtocol as P;
    match protocol {
        P::HttpResponse => "use the HTTPS port",
        P::HttpRequest | P::Http2 => "make the client use https, or send it to the port of plain HTTP",
        P::Ssh => "use another port: this one is for SSH",
        P::SmtpOrFtp => "send STARTTLS (SMTP) or AUTH TLS (FTP) first, or use the port of implicit TLS",
        P::SmtpClient => "answer STARTTLS first, or make the client use implicit TLS",
        P::Pop3 => "send STLS first, or use the port of implicit TLS",
        P::Imap | P::Nntp | P::ManageSieve => "send STARTTLS first, or use the port of implicit TLS",
        P::Pop3OrRedis => "start TLS with the protocol's own command first, or use the port of implicit TLS",
        P::Rdp => "negotiate TLS in the X.224 connection request first",
        P::Tds => "carry TLS inside PRELOGIN packets: wrap and unwrap them",
        P::Ldap => "send the StartTLS request first, or use the LDAPS port",
        P::MySql | P::PostgreSql => "start TLS with the protocol's own request first",
        P::Amqp => "use the AMQPS port",
        P::Xmpp => "send starttls within the stream first, or use the port of direct TLS",
    }
}
