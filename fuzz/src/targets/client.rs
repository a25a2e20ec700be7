//! A client, with bytes from a server. However they are cut, and whoever answers, the outcome is the same.

use crate::drive::{drive, pieces};
use crate::mode::{Answers, Mode};
use crate::provider::Protection;

pub fn target(data: &[u8]) {
    let [mode, cut, input @ ..] = data else { return };
    let client = |answers| Mode::new(*mode).client(Protection::Null, answers, &mut Vec::new());
    let whole = drive(client(Answers::InLoop), [input].into_iter());
    assert_eq!(drive(client(Answers::Later), pieces(input, &[*cut])), whole);
}
