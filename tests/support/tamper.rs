//! What the relay of a recording does to a record on its way.
#![expect(clippy::ptr_arg, reason = "all changes have one type, and some change the length")]

use tls12::wire::{ContentType, HandshakeType};

/// Which way a record goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    ToPeer,
    FromPeer,
}

/// Changes the first record that goes its way and is of its kind.
#[derive(Clone, Copy)]
pub struct Tamper {
    way: Way,
    kind: Kind,
    change: fn(&mut Vec<u8>),
}

#[derive(Clone, Copy)]
enum Kind {
    /// Opens with a handshake message of this type. (Later, what is encrypted may look so as well.)
    Handshake(HandshakeType),
    Data,
}

impl Tamper {
    /// Changes the record that opens with this message.
    pub fn message(way: Way, typ: HandshakeType, change: fn(&mut Vec<u8>)) -> Self {
        Self { way, kind: Kind::Handshake(typ), change }
    }

    /// Flips a bit of application data.
    pub fn data(way: Way) -> Self {
        Self { way, kind: Kind::Data, change: flip_end }
    }

    pub fn is_for(&self, way: Way, record: &[u8]) -> bool {
        way == self.way
            && match self.kind {
                Kind::Handshake(typ) => record[0] == ContentType::HANDSHAKE.0 && record[5] == typ.0,
                Kind::Data => record[0] == ContentType::APPLICATION_DATA.0,
            }
    }

    pub fn apply(&self, record: &mut Vec<u8>) {
        (self.change)(record);
    }
}

pub fn flip_end(record: &mut Vec<u8>) {
    *record.last_mut().unwrap() ^= 1;
}

pub fn retype(record: &mut Vec<u8>) {
    record[5] = HandshakeType::FINISHED.0;
}

pub fn announce_too_much(record: &mut Vec<u8>) {
    record[3..5].copy_from_slice(&[0x7f, 0xff]);
}

pub fn replace_by_close(record: &mut Vec<u8>) {
    *record = vec![0x15, 3, 3, 0, 2, 1, 0];
}

/// A body of one byte more.
pub fn lengthen(record: &mut Vec<u8>) {
    record.push(0);
    record[4] += 1;
    record[8] += 1;
}

/// The offset in a record of the suite or suites in its hello: headers, version and random stand before the session id.
fn suites_at(record: &[u8]) -> usize {
    const SESSION_ID: usize = 5 + 4 + 2 + 32;
    SESSION_ID + 1 + usize::from(record[SESSION_ID])
}

/// A suite that nobody has assigned.
const OF_NOBODY: [u8; 2] = [0x13, 0x55];

pub fn choose_another_suite(record: &mut Vec<u8>) {
    let at = suites_at(record);
    record[at..at + 2].copy_from_slice(&OF_NOBODY);
}

pub fn offer_another_suite(record: &mut Vec<u8>) {
    let first = suites_at(record) + 2;
    record[first..first + 2].copy_from_slice(&OF_NOBODY);
}

fn replace_last_suite(record: &mut [u8], suite: [u8; 2]) {
    let at = suites_at(record);
    let end = at + 2 + usize::from(u16::from_be_bytes([record[at], record[at + 1]]));
    record[end - 2..end].copy_from_slice(&suite);
}

/// RFC 7507 §3.
pub fn fall_back(record: &mut Vec<u8>) {
    const FALLBACK_SCSV: [u8; 2] = [0x56, 0x00];
    replace_last_suite(record, FALLBACK_SCSV);
}

/// `s_client` puts the SCSV of RFC 5746 §3.3 last.
pub fn hide_secure_renegotiation(record: &mut Vec<u8>) {
    replace_last_suite(record, OF_NOBODY);
}

/// Their length is one more or less than it was.
pub fn misstate_client_extensions(record: &mut Vec<u8>) {
    let suites = suites_at(record);
    let compression = suites + 2 + usize::from(u16::from_be_bytes([record[suites], record[suites + 1]]));
    let extensions = compression + 1 + usize::from(record[compression]);
    record[extensions + 1] ^= 1;
}

/// Likewise; they stand after the suite and the compression method.
pub fn misstate_server_extensions(record: &mut Vec<u8>) {
    let extensions = suites_at(record) + 3;
    record[extensions + 1] ^= 1;
}

fn replace(record: &mut [u8], from: [u8; 4], to: [u8; 4]) {
    let at = record.windows(4).position(|window| window == from).expect("the extension is not there");
    record[at..at + 4].copy_from_slice(&to);
}

/// The extension, whole.
const EXTENDED_MASTER_SECRET: [u8; 4] = [0x00, 0x17, 0, 0];

pub fn hide_extended_master_secret(record: &mut Vec<u8>) {
    replace(record, EXTENDED_MASTER_SECRET, [0x7a, 0x7a, 0, 0]);
}

/// An answer to application_layer_protocol_negotiation, which nobody offered.
pub fn unsolicit(record: &mut Vec<u8>) {
    replace(record, EXTENDED_MASTER_SECRET, [0x00, 0x10, 0, 0]);
}

/// The 32 bytes of x25519.
pub fn zero_share(record: &mut Vec<u8>) {
    let start = record.len() - 32;
    record[start..].fill(0);
}

/// A warning before the record.
pub fn warn_first(record: &mut Vec<u8>) {
    const USER_CANCELED: [u8; 7] = [0x15, 3, 3, 0, 2, 1, 90];
    record.splice(0..0, USER_CANCELED);
}

pub fn choose_tls_1_0(record: &mut Vec<u8>) {
    record[10] = 1;
}
