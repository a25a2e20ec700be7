//! A client, with bytes from a server. However they are cut, and whoever answers, the outcome is the same.

use core::iter;

use crate::drive::{Outcome, drive, pieces};
use crate::mode::{Answers, Mode};
use crate::provider::Protection;

pub fn target(data: &[u8]) {
    let [mode, cut, input @ ..] = data else { return };
    let whole = run(*mode, Answers::InLoop, [input].into_iter());
    assert_eq!(run(*mode, Answers::Later, pieces(input, &[*cut])), whole);
}

/// With the ClientHello in what is sent: who verifies the chain of a session decides whether it comes at once or when the connection
/// is first driven.
fn run<'a>(mode: u8, answers: Answers, pieces: impl Iterator<Item = &'a [u8]>) -> Outcome {
    let mut hello = Vec::new();
    let client = Mode::new(mode).client(Protection::Null, answers, &mut hello);
    let outcome = drive(client, iter::once([].as_slice()).chain(pieces));
    Outcome { out: [hello, outcome.out].concat(), ..outcome }
}
