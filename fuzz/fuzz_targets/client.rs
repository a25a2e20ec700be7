//! A client, with bytes from a server. However they are cut, and whoever answers, the outcome is the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tls12_fuzz::drive::{drive, pieces};
use tls12_fuzz::mode::{Answers, Mode};
use tls12_fuzz::provider::Protection;

fuzz_target!(|data: &[u8]| {
    let [mode, cut, input @ ..] = data else { return };
    let client = |answers| Mode::new(*mode).client(Protection::Null, answers, &mut Vec::new());
    let whole = drive(client(Answers::InLoop), [input].into_iter());
    assert_eq!(drive(client(Answers::Later), pieces(input, &[*cut])), whole);
});
