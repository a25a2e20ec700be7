//! A server, with bytes from a client. However they are cut, and whoever answers, the outcome is the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tls12_fuzz::drive::{drive, pieces};
use tls12_fuzz::mode::{Answers, Mode};
use tls12_fuzz::provider::Protection;

fuzz_target!(|data: &[u8]| {
    let [mode, cut, input @ ..] = data else { return };
    let server = |answers| Mode::new(*mode).server(Protection::Null, answers);
    let whole = drive(server(Answers::InLoop), [input].into_iter());
    assert_eq!(drive(server(Answers::Later), pieces(input, &[*cut])), whole);
});
