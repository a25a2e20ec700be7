//! All sequences of messages: what the figures of the RFCs have (`grammar`) connects, and everything else is refused at the first
//! message that they do not have there.
//!
//! The alphabet is every message and record, duplicated, skipped and moved as can be, each protected as is due and the other
//! way round. The other side makes its keys and its Finished from what was really said: a message that is left out is left
//! out of the hash of both.
#![cfg(all(feature = "ring", feature = "std"))]

mod changed;
mod cheap;
mod grammar;
mod peer;
mod profile;
mod signature;
mod walk;

use std::thread;

use profile::{ClientAuth, Kx, Profile, Resumed, Target};
use walk::{Counts, LENGTH, walk};

/// A full handshake with nothing that is optional.
const PLAIN: Profile = Profile {
    target: Target::Client,
    kx: Kx::Ecdhe,
    resumed: Resumed::Not,
    client_auth: ClientAuth::None,
    promises_ticket: false,
    promises_status: false,
    renegotiates: false,
};

fn clients() -> Vec<Profile> {
    let mut profiles = Vec::new();
    for kx in Kx::ALL {
        let plain = Profile { kx, ..PLAIN };
        for promises_ticket in [false, true] {
            for resumed in [Resumed::ById, Resumed::ByTicket] {
                profiles.push(Profile { resumed, promises_ticket, ..plain });
            }
            profiles.push(Profile { promises_ticket, ..plain });
            if kx.has_certificates() {
                // It has a certificate, if it is asked for one.
                profiles.push(Profile { client_auth: ClientAuth::Asked, promises_ticket, ..plain });
                profiles.push(Profile { promises_status: true, promises_ticket, ..plain });
            }
        }
    }
    profiles
}

fn renegotiating_clients() -> Vec<Profile> {
    // With a pre-shared key there is nothing to renegotiate for, and a client asks for a full handshake.
    let is_full = |profile: &Profile| profile.kx.has_certificates() && profile.resumed == Resumed::Not;
    let one_at_a_time = |profile: &Profile| {
        !profile.promises_ticket || (!profile.promises_status && profile.client_auth == ClientAuth::None)
    };
    let full = clients().into_iter().filter(is_full).filter(one_at_a_time);
    full.map(|profile| Profile { renegotiates: true, ..profile }).collect()
}

fn servers() -> Vec<Profile> {
    let mut profiles = Vec::new();
    for kx in Kx::ALL {
        let plain = Profile { target: Target::Server, kx, ..PLAIN };
        profiles.extend([Resumed::Not, Resumed::ById, Resumed::ByTicket].map(|resumed| Profile { resumed, ..plain }));
        if kx.has_certificates() {
            profiles
                .extend([ClientAuth::Asked, ClientAuth::Required].map(|asked| Profile { client_auth: asked, ..plain }));
        }
    }
    profiles
}

#[test]
fn only_what_the_rfcs_have_connects() {
    let profiles = [clients(), renegotiating_clients(), servers()].concat();
    // Every other one each: those that stand together are alike.
    let counts: Counts = thread::scope(|scope| {
        let threads = [0, 1].map(|first| {
            let profiles = &profiles;
            scope.spawn(move || profiles.iter().skip(first).step_by(2).copied().map(walk).sum::<Counts>())
        });
        threads.map(|thread| thread.join().unwrap()).into_iter().sum()
    });
    let Counts { decided, possible, tried, connected } = counts;
    println!(
        "{} kinds of handshakes; sequences of up to {LENGTH} messages: {decided} of {possible} decided by {tried} \
         handshakes; {connected} sequences connect",
        profiles.len()
    );
    assert!(profiles.len() >= 56, "{} kinds", profiles.len());
    assert!(decided > possible / 1000 * 997, "{decided} of {possible}");
    assert!(tried > 90_000 && connected > 450, "{tried} handshakes, {connected} connect");
}
