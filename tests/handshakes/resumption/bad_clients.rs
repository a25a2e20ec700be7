//! What a client may not do with a session.

use std::sync::Arc;

use tls12::{Error, ServerConfig, Side, Violation};

use super::{BOTH, ECDHE_CBC, ECDHE_GCM, Fleet, Stolen, client, suite};
use crate::assert_refused;
use crate::support::forge::{Step, alert, ext};

fn for_each_kind(mut test: impl FnMut(&Stolen, &Arc<ServerConfig>)) {
    for by in BOTH {
        for name in [ECDHE_GCM, ECDHE_CBC] {
            let server = Fleet::new(by).server().build().unwrap();
            test(&Stolen::from(client(), &server, suite(name)), &server);
        }
    }
}

/// RFC 7627 §5.3: if the original session used the extended master secret, and the ClientHello does not, the server MUST
/// abort.
#[test]
fn it_resumes_without_the_extended_master_secret() {
    for_each_kind(|stolen, server| {
        let mut forge = stolen.offered_to(server);
        forge.hello.remove(ext::EXTENDED_MASTER_SECRET);
        let outcome = forge.perform(Step::ClientHello);
        assert_refused!(
            forge,
            outcome,
            alert::HANDSHAKE_FAILURE,
            Side::Peer,
            Error::IllegalParameter(Violation::ExtendedMasterSecretLost)
        );
    });
}

/// It has seen the ID or the ticket on the wire, but not the secret.
#[test]
fn it_resumes_without_the_secret() {
    for_each_kind(|stolen, server| {
        let mut forge = stolen.offered_to(server);
        // With the right one it would see the server's Finished; the wrong one only shows when it speaks.
        forge.up_to(Step::ChangeCipherSpec);
        forge.resume.as_mut().unwrap()[0] ^= 1;
        forge.derive_keys();
        forge.change_cipher_spec().unwrap();
        let outcome = forge.perform(Step::Finished);
        // The answer is still under the right keys.
        assert_refused!(forge, outcome, alert::BAD_RECORD_MAC, Side::Peer, Error::BadRecordMac);
    });
}

/// RFC 5246 §7.4.9.
#[test]
fn its_finished_is_another() {
    for_each_kind(|stolen, server| {
        for bit in [0, 1, 95] {
            let mut forge = stolen.offered_to(server);
            if stolen.ticket.is_none() {
                // A failure makes the server forget the session.
                forge = Stolen::from(client(), server, stolen.suite).offered_to(server);
            }
            forge.up_to(Step::Finished);
            let mut finished = forge.make(Step::Finished);
            finished[4 + bit / 8] ^= 1 << (bit % 8);
            let outcome = forge.say(&finished);
            assert_refused!(forge, outcome, alert::DECRYPT_ERROR, Side::Peer, Error::FinishedMismatch);
        }
    });
}

/// RFC 5246 §7.3: no key exchange, no data before Finished.
#[test]
fn it_says_what_has_no_place() {
    for_each_kind(|stolen, server| {
        let fresh = || match stolen.ticket {
            Some(_) => stolen.offered_to(server),
            None => Stolen::from(client(), server, stolen.suite).offered_to(server),
        };
        let mut forge = fresh();
        forge.up_to(Step::ChangeCipherSpec);
        let hello = forge.hello.client();
        let outcome = forge.say(&hello);
        assert_refused!(forge, outcome, alert::UNEXPECTED_MESSAGE, Side::Peer, Error::UnexpectedMessage { .. });
        let mut forge = fresh();
        forge.up_to(Step::Finished);
        let outcome = forge.send(crate::support::forge::APPLICATION_DATA, b"early");
        assert_refused!(forge, outcome, alert::UNEXPECTED_MESSAGE, Side::Peer, Error::UnexpectedMessage { .. });
    });
}
