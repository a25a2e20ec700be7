//! The identity of a verifier: the same for the same roots, pins and settings, in whichever process, and another for each that
//! differs. It allows resuming a session without verifying its chain again.

use std::collections::HashSet;

use tls12::verify::{Allow, Despite, Pin, Revocation, UnknownStatus, Verifier};

use super::revocation::{list, signing_lists};
use super::*;

#[test]
fn what_verdicts_depend_on_is_in_the_identity() {
    let mut params = ca_params("Root");
    signing_lists(&mut params);
    let root = Ca::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let other = super::root("Other");
    let store = || trust(&[&root]);
    let pin = || Pin::key([1; 32]);
    let lists = |unknown| Revocation::from_der([list(&root, &[])], unknown).unwrap();
    let make: Vec<Box<dyn Fn() -> Arc<dyn VerifyPeer>>> = vec![
        Box::new(|| Arc::new(Verifier::new(store()))),
        Box::new(|| Arc::new(Verifier::new(trust(&[&other])))),
        Box::new(|| Arc::new(Verifier::new(trust(&[&root, &other])))),
        Box::new(|| Arc::new(Verifier::new(store()).allow(Allow::SmallRsaKeys))),
        Box::new(|| Arc::new(Verifier::new(store()).allow(Allow::CommonName))),
        Box::new(|| Arc::new(Verifier::new(store()).max_intermediates(1))),
        Box::new(|| Arc::new(Verifier::new(store()).pin(pin()))),
        Box::new(|| Arc::new(Verifier::new(store()).pin(pin().despite(Despite::Expired)))),
        Box::new(|| Arc::new(Verifier::new(store()).pin(pin().only_for(ServerName::try_from("a.example").unwrap())))),
        Box::new(|| Arc::new(Verifier::pinned([pin()]).unwrap())),
    ];
    let identities = || make.iter().map(|make| make().identity().unwrap()).collect::<Vec<_>>();
    assert_eq!(identities(), identities(), "it does not depend on the process");
    assert_eq!(identities().into_iter().collect::<HashSet<_>>().len(), make.len(), "each is another");
    // With what a list says, and with what is done where none does.
    let by_lists = [UnknownStatus::Accept, UnknownStatus::Refuse].map(|unknown| {
        let verifier = Verifier::new(store()).revocation(lists(unknown));
        verifier.identity().unwrap()
    });
    assert!(by_lists[0] != by_lists[1] && !identities().contains(&by_lists[0]));
    assert!(store().identity().is_some());
    #[cfg(feature = "std")]
    assert_eq!(tls12::verify::FirstUse::new().identity(), None, "what it knows changes");
}
