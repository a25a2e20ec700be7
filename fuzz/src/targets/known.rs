//! Pins, lists of known servers, and names of servers, all from text.

use crate::chains::assert_one_line;
use tls12::verify::{FirstUse, Pin, TrustStore, server_name};

/// Does nothing with what is not text.
pub fn target(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    match text.parse::<Pin>() {
        Ok(pin) => assert_eq!(pin.to_string(), text),
        Err(error) => assert_one_line(&error.to_string()),
    }
    match text.parse::<FirstUse>() {
        Ok(known) => {
            let again: FirstUse = known.to_string().parse().unwrap();
            assert_eq!(again.to_string(), known.to_string());
        }
        Err(error) => assert_one_line(&error.to_string()),
    }
    if let Err(error) = server_name(text) {
        assert_one_line(&error.to_string());
    }
    if let Err(error) = TrustStore::from_pem(text.as_bytes()) {
        assert_one_line(&error.to_string());
    }
}
