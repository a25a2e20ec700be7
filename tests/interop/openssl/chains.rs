//! Which of two chains is shown: one whose signatures the peer verifies (RFC 5246 §7.4.2, §7.4.6).

use std::fs;
use std::sync::{Arc, LazyLock};

use libtest_mimic::Trial;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls_pki_types::PrivateKeyDer;
use tls12::crypto::ring;
use tls12::{ClientConfig, Credential, ServerConfig};

use super::{NAME, OpenSsl, Run, S_CLIENT, SERVER, joined, trust};
use crate::drive::{Delivery, Driven, accept, listen};
use crate::matrix::Role;
use crate::results::Results;
use crate::support::pki::{PKI, SERVER_NAME};

const ROW: &str = "two certificate chains";

/// What OpenSSL says that it verifies, and the authority whose chain fits; the first of ours, where both do.
const CASES: [(&str, &str); 4] = [
    ("ECDSA+SHA256", "by SHA-256"),
    ("ECDSA+SHA384", "by SHA-384"),
    ("ECDSA+SHA256:ECDSA+SHA384", "by SHA-384"),
    // Neither does; the best is shown all the same.
    ("ECDSA+SHA512", "by SHA-384"),
];

/// For the same P-256 key, two chains: one by an authority that signs with SHA-384, one by another that does with SHA-256.
struct Chains {
    credentials: Vec<Credential>,
    authorities: String,
}

static CHAINS: LazyLock<Chains> = LazyLock::new(|| {
    let key = KeyPair::generate().unwrap();
    let private = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let private = ring::provider().load_private_key(private).unwrap();
    let mut chains = Chains { credentials: Vec::new(), authorities: String::new() };
    let algorithms = [("by SHA-384", &rcgen::PKCS_ECDSA_P384_SHA384), ("by SHA-256", &rcgen::PKCS_ECDSA_P256_SHA256)];
    for (name, algorithm) in algorithms {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate_for(algorithm).unwrap()).unwrap();
        let leaf = CertificateParams::new([SERVER_NAME.to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
        let chain = vec![leaf.der().clone(), authority.der().clone()];
        chains.credentials.push(Credential::new(chain, Arc::clone(&private)).unwrap());
        chains.authorities.push_str(&authority.pem());
    }
    chains
});

pub(super) fn trials(openssl: &Arc<OpenSsl>, results: &Arc<Results>) -> Vec<Trial> {
    let each = [(Role::Client, is_shown_to_server as fn(&OpenSsl, _, _)), (Role::Server, is_shown_to_client)];
    let of_role = |(role, test): (Role, fn(&OpenSsl, &'static str, &'static str))| {
        CASES.map(|(schemes, authority)| {
            let openssl = Arc::clone(openssl);
            results.trial(NAME, role, ROW, format!("for {schemes}"), move || test(&openssl, schemes, authority))
        })
    };
    each.into_iter().flat_map(of_role).collect()
}

/// The file of the authorities.
fn authorities(openssl: &OpenSsl) -> String {
    let name = format!("authorities.{}", openssl.unique());
    fs::write(openssl.path(&name), &CHAINS.authorities).unwrap();
    name
}

/// Our server has both, and OpenSSL's client names its schemes.
fn is_shown_to_client(openssl: &OpenSsl, schemes: &'static str, authority: &'static str) {
    let [first, second] = &*CHAINS.credentials else { panic!("two chains") };
    let config = ServerConfig::builder(first.clone()).credential(second.clone()).build().unwrap();
    let (listener, address) = listen();
    let (address, file) = (address.to_string(), authorities(openssl));
    let run =
        Run::with(&["-tls1_2", "-connect", &address, "-CAfile", &file, "-verify_return_error", "-sigalgs", schemes]);
    let mut peer = openssl.spawn(&S_CLIENT, &[], &run);
    let stream = accept(&listener, || peer.process.assert_running());
    let mut server = Driven::server(&config, stream, Delivery::Whole);
    server.handshake().unwrap();
    let report = peer.connected();
    assert!(joined(&report).contains(&format!("   i:CN={authority}\n")), "{report}");
    server.close();
    peer.end().check_clean_close();
}

/// Our client has both, and OpenSSL's server names its schemes.
fn is_shown_to_server(openssl: &OpenSsl, schemes: &'static str, authority: &'static str) {
    let file = authorities(openssl);
    let run =
        Run::with(&["-tls1_2", "-Verify", "3", "-verify_return_error", "-CAfile", &file, "-client_sigalgs", schemes]);
    let (mut peer, address) = openssl.s_server(SERVER, &run);
    let config = ClientConfig::builder(trust(&PKI)).credentials(CHAINS.credentials.clone()).build().unwrap();
    let mut client = Driven::client(&config, SERVER_NAME, address, Delivery::Whole);
    client.handshake().unwrap();
    peer.connected();
    client.close();
    let told = peer.end();
    told.check_clean_close();
    assert!(joined(&told.errors).contains(&format!("depth=1 CN={authority}\n")), "{}", told.errors);
}
