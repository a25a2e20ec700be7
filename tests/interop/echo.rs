//! What the peers have in common that send back what they receive.

use crate::drive::{Driven, sample};

/// Sends messages of these lengths, each with its length before it in four bytes; the peer sends each back without
/// that.
pub fn exchange(ours: &mut Driven, lengths: &[usize]) {
    for &length in lengths {
        let message = sample(length);
        ours.send(&u32::try_from(length).unwrap().to_be_bytes());
        ours.send(&message);
        assert!(ours.receive(length) == message, "the peer sends back something else");
    }
}
