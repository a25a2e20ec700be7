//! A server, with bytes from a client. However they are cut, and whoever answers, the outcome is the same.

use crate::drive::{drive, pieces};
use crate::mode::{Answers, Mode};
use crate::provider::Protection;

pub fn target(data: &[u8]) {
    let [mode, cut, input @ ..] = data else { return };
    let server = |answers| Mode::new(*mode).server(Protection::Null, answers);
    let whole = drive(server(Answers::InLoop), [input].into_iter());
    assert_eq!(drive(server(Answers::Later), pieces(input, &[*cut])), whole);
}
