//! Connections with `--max-version 1.3`: by rustls, or by this crate with old peers.

mod carry;
pub mod client;
pub mod server;

use std::io::{self, ErrorKind, Read, Write};

use tls12::io::both::{Info, SetupError, Stream};

use crate::failure::{Failure, Stage};
use crate::summary::Summary;

/// Expresses the error in terms of the tool's options.
fn refused(error: SetupError) -> Failure {
    match error {
        SetupError::Indication => {
            let why =
                "with --max-version 1.3, --verify-name must be the name that is sent: give --no-server-name as well";
            Failure::new(Stage::Usage, why)
        }
        error => error.into(),
    }
}

/// The negotiated parameters, of whichever version.
fn summary(info: &Info) -> Summary {
    let mut summary = Summary::default();
    summary.add("version", info.version.to_string());
    summary.add("suite", info.suite_name().map_or_else(|| format!("0x{:04x}", info.suite), ToOwned::to_owned));
    summary.add_optional("group", info.group);
    summary.add_optional("alpn", info.alpn_protocol.as_deref().map(<[u8]>::escape_ascii));
    let (resumed, how) = if info.resumed { ("yes", Some("other")) } else { ("no", None) };
    summary.add_as("resumed", resumed, how);
    summary
}

/// What failed in a handshake, or, if it is over, afterwards.
fn stage(error: &io::Error, is_connected: bool) -> Stage {
    use tls12::Error as E;
    let is_cut_off = match (error.get_ref().and_then(|inner| inner.downcast_ref()), error.kind()) {
        (Some(E::Certificate(_)), _) => return Stage::Certificate,
        (Some(E::Truncated | E::Reset | E::TruncatedInHandshake | E::ResetInHandshake), _) => true,
        (Some(_), _) => return Stage::Protocol,
        (None, ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted) => true,
        (None, ErrorKind::TimedOut | ErrorKind::BrokenPipe) => false,
        (None, _) if error.get_ref().is_some() => return Stage::Protocol,
        (None, _) => false,
    };
    if is_cut_off && is_connected { Stage::Truncated } else { Stage::Network }
}

/// A closure for [`Summary::add_exports`].
fn exporter<T: Read + Write>(stream: &Stream<T>) -> impl Fn(&[u8], &mut [u8]) -> Result<(), tls12::ExportError> + '_ {
    |label, key| stream.export(label, None, key)
}
