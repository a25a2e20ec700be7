//! What every TLS server should tolerate, and some do not: a long ClientHello, unknown extensions and values, and versions
//! above its own.

use tls12::wire::{ExtensionType, ProtocolVersion};

use super::find::Finder;
use super::flight::Answer;
use super::hello::Hello;

/// A reserved value, which is unknown to servers (RFC 8701 §2).
const GREASE: u16 = 0x0a0a;

/// An extension for private use (RFC 8447 §7).
const UNKNOWN_EXTENSION: ExtensionType = ExtensionType(0xff77);

/// Something that a server cannot handle, and its answer.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Intolerance {
    /// What it cannot handle.
    pub to: &'static str,
    pub answer: String,
}

/// The ClientHellos, with the special feature of each. `suite` is one that the server supports.
fn hellos(suite: u16, name: Option<&str>) -> Vec<(&'static str, Hello)> {
    let short = Hello::short(suite, name);
    let greased = |values: &[u16]| [&[GREASE], values].concat();
    vec![
        ("a hello of 256 to 511 bytes", Hello { length: 384, ..short.clone() }),
        ("a hello of more than 512 bytes", Hello { length: 1024, ..short.clone() }),
        ("a hello of more than 4096 bytes", Hello { length: 5000, ..short.clone() }),
        ("a hello in a record of version 3.3", Hello { record_version: ProtocolVersion::TLS_1_2, ..short.clone() }),
        ("an unknown extension", Hello { others: vec![(UNKNOWN_EXTENSION, vec![0; 4])], ..short.clone() }),
        (
            "GREASE",
            Hello {
                suites: greased(&short.suites),
                groups: greased(&short.groups),
                schemes: greased(&short.schemes),
                others: vec![(ExtensionType(GREASE), Vec::new())],
                ..short.clone()
            },
        ),
        ("supported_versions", Hello { versions: greased(&[ProtocolVersion::TLS_1_2.0]), ..short.clone() }),
        ("a higher version", Hello { version: ProtocolVersion::TLS_1_3, ..short }),
    ]
}

/// Returns what the server cannot handle, or `None` if it does not even answer a plain ClientHello with this suite.
pub fn intolerances(finder: &Finder<'_>, suite: u16) -> Option<Vec<Intolerance>> {
    finder.ask(&Hello::short(suite, finder.name)).flight()?;
    let failed = hellos(suite, finder.name).into_iter().filter_map(|(to, hello)| match finder.ask(&hello) {
        Answer::Hello(_) | Answer::NotAsked(_) => None,
        answer => Some(Intolerance { to, answer: answer.describe() }),
    });
    Some(failed.collect())
}
