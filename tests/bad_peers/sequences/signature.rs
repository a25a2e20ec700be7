//! A signature that is wrong: how many keys are tried on it.

use tls12::Error;

use super::PLAIN;
use super::grammar::{Letter, Protected, Said};
use super::peer::Peer;
use super::profile::{ClientAuth, Profile, Target};
use crate::support::forge::certificate;
use crate::support::pki::PKI;

/// The key of the peer, and as many further ones: `MOST_OTHER_KEYS` of `handshake::evidence`.
const TRIED: usize = 1 + 4;

/// The error says which other certificate has made a signature, but a peer that sends many certificates causes no more work.
#[test]
fn a_wrong_signature_is_tried_with_few_keys() {
    let server = Profile { target: Target::Server, client_auth: ClientAuth::Required, ..PLAIN };
    let by_server = [Said::ServerHello, Said::Certificate, Said::ServerKeyExchange];
    let by_client = [Said::ClientHello, Said::Certificate, Said::ClientKeyExchange, Said::CertificateVerify];
    for (profile, said) in [(PLAIN, &by_server[..]), (server, &by_client)] {
        let configured = profile.configure();
        let mut peer = Peer::new(&configured);
        peer.most_work = TRIED;
        let (last, before) = said.split_last().unwrap();
        for said in before {
            peer.say_changed(Letter(*said, Protected::AsDue), 1 << 14, |content| {
                if *said == Said::Certificate {
                    *content = certificate(&[&*PKI.server; 40]);
                }
            })
            .unwrap();
        }
        let outcome = peer.say_changed(Letter(*last, Protected::AsDue), usize::MAX, |content| {
            *content.last_mut().unwrap() ^= 1;
        });
        assert_eq!(outcome, Err(Error::BadSignature));
        assert_eq!(peer.work.verifications, TRIED, "{profile:?}");
    }
}
