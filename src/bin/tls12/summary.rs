//! What is known of a connection, for people and scripts: one `key: value` a line.

use tls12::ConnectionInfo;
use tls12::crypto::MacOrder;
use tls12::verify::subject;

/// What was negotiated.
pub fn negotiated(info: &ConnectionInfo) -> String {
    let group = info.group().map_or("none".to_owned(), |group| group.to_string());
    let ems = yes_no(info.extended_master_secret());
    let etm = match info.mac_order() {
        Some(MacOrder::EncryptThenMac) => "yes",
        Some(MacOrder::MacThenEncrypt) => "no",
        // An AEAD does both at once.
        None => "not applicable",
    };
    format!("suite: {}\ngroup: {group}\nems: {ems}\netm: {etm}\n", info.suite().name)
}

/// What was negotiated, and with whom.
pub fn full(info: &ConnectionInfo) -> String {
    let mut lines = negotiated(info);
    for certificate in info.peer_certificates() {
        let subject = subject(certificate).unwrap_or_else(|| "(cannot be read)".to_owned());
        lines.push_str(&format!("chain: {subject}\n"));
    }
    lines.push_str(&format!("resumed: {}\n", yes_no(info.resumed())));
    lines
}

fn yes_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}
