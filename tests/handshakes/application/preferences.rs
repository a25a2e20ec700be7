//! The scheme with which a key signs: its own order takes precedence over the policy's.

use std::sync::Arc;

use super::{client, credential, of_client, server};
use crate::support::pair::Pair;
use crate::support::pki::{KeyKind, PKI};
use tls12::wire::SignatureScheme;
use tls12::{
    CertificateError, ClientAuth, ClientTrust, ConfigError, Credential, ExternalKey, Need, PeerChain, Policy,
    ServerConfig, Verified, VerifyPeer,
};

const PSS256: SignatureScheme = SignatureScheme::RSA_PSS_RSAE_SHA256;
const PSS512: SignatureScheme = SignatureScheme::RSA_PSS_RSAE_SHA512;
const PKCS256: SignatureScheme = SignatureScheme::RSA_PKCS1_SHA256;

#[derive(Debug)]
struct Anybody;

impl VerifyPeer for Anybody {
    fn verify(&self, _: &PeerChain) -> Result<Verified, CertificateError> {
        Ok(Verified::default())
    }
}

/// By which schemes the server and the client sign, if each has such a policy and such a credential; none if there is no way.
fn signed(policy: Policy, change: impl Fn(Credential) -> Credential) -> Option<[SignatureScheme; 2]> {
    let trust = ClientAuth::Require(ClientTrust::new(Arc::new(Anybody)));
    let theirs = ServerConfig::builder(change(credential())).policy(policy.clone()).client_auth(trust);
    let ours = client().policy(policy).credentials([change(of_client())]);
    let mut pair = Pair::new(ours.build().ok()?, theirs.build().ok()?);
    pair.run();
    pair.assert_connected();
    let info = pair.server.info();
    Some([info.signature_scheme().unwrap(), info.client_signature_scheme().unwrap()])
}

/// In both roles: the order of the key, within what the policy allows; without one, that of the policy.
#[test]
fn the_order_of_a_key_goes_before_the_policy() {
    let named = || Policy::default().signature_schemes([PSS512, PSS256, PKCS256]);
    let by = |schemes: &'static [SignatureScheme]| {
        move |credential: Credential| credential.signature_schemes(schemes.iter().copied()).unwrap()
    };
    assert_eq!(signed(named(), |credential| credential), Some([PSS512; 2]));
    assert_eq!(signed(named(), by(&[PKCS256, PSS256])), Some([PKCS256; 2]));
    assert_eq!(signed(named(), by(&[PSS256])), Some([PSS256; 2]), "this key signs by that only");
    let without = Policy::default().signature_schemes([PSS512, PSS256]);
    assert_eq!(signed(without, by(&[PKCS256, PSS256])), Some([PSS256; 2]), "the policy does not allow the first");
    assert_eq!(signed(Policy::default(), by(&[PSS512, PKCS256])), Some([PSS512; 2]));
    // Bad configuration is refused when it is built.
    let nothing = Policy::default().signature_schemes([PSS512]);
    assert_eq!(signed(nothing.clone(), by(&[PKCS256])), None);
    let only = credential().signature_schemes([PKCS256]).unwrap();
    assert_eq!(ServerConfig::builder(only).policy(nothing).build().err(), Some(ConfigError::NoSuiteForKey));
}

/// So for a key in a device, whose schemes are all that is known of it.
#[test]
fn the_order_of_an_external_key_holds() {
    let external = |schemes: &[SignatureScheme]| {
        let key = ExternalKey::new(schemes);
        Credential::external(vec![PKI.server(KeyKind::Rsa).certificate.clone()], key).unwrap()
    };
    for (schemes, expected) in [(&[PKCS256, PSS512][..], PKCS256), (&[PSS256, PKCS256], PSS256)] {
        let named = Policy::default().signature_schemes([PSS512, PSS256, PKCS256]);
        let theirs = ServerConfig::builder(external(schemes)).policy(named).build().unwrap();
        let mut pair = Pair::new(client().build().unwrap(), theirs);
        pair.run_deciding(|need| match need {
            Need::Sign(request) => {
                assert_eq!(request.scheme(), expected);
                crate::support::forge::answer_by_server_key(Need::Sign(request))
            }
            other => panic!("{other:?}"),
        });
        pair.assert_connected();
        assert_eq!(pair.client.info().signature_scheme(), Some(expected));
    }
}

#[test]
fn schemes_that_are_not_the_keys_are_refused() {
    let ecdsa = SignatureScheme::ECDSA_SHA256;
    assert_eq!(credential().signature_schemes([PSS256, ecdsa]).err(), Some(ConfigError::SchemeNotOfKey(Some(ecdsa))));
    assert_eq!(credential().signature_schemes([]).err(), Some(ConfigError::SchemeNotOfKey(None)));
    let text = ConfigError::SchemeNotOfKey(Some(ecdsa)).to_string();
    assert_eq!(text, "the key of the credential cannot sign with ecdsa_secp256r1_sha256");
    assert!(server().build().is_ok());
}
