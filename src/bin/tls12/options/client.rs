//! The options of `tls12 client`.

use std::path::PathBuf;

use clap::value_parser;
use tls12::MaxFragmentLength;
use tls12::PresharedKey;

use super::common::CommonOptions;
use super::names::NameArgs;
use super::parse::{self, Address, Switch};
use super::reach::ReachArgs;
use super::trust::TrustArgs;

/// Connects to a server, sends it standard input, and writes its data to standard output.
///
/// At the end of standard input, the server is sent close_notify; then its remaining data is read, until it closes too, with or
/// without close_notify, or sends nothing for 10 seconds. A summary of the connection is written to standard error, one
/// `key: value` per line; if the connection fails, so are the cause and what to try.
#[derive(clap::Args)]
pub struct ClientArgs {
    /// The server
    #[arg(value_name = "HOST:PORT", value_parser = parse::address)]
    pub address: Address,
    #[command(flatten)]
    pub reach: ReachArgs,
    #[command(flatten)]
    pub trust: TrustArgs,
    /// Trust the key that this server presents first, and no other from then on, as ssh does; the file stores it
    ///
    /// The file has a line for each server, with its name, its port and its pin, and is created if it does not exist. Nothing
    /// else is checked in the certificate. Make the first connection over a network that you trust, or compare the pin. The file
    /// FILE.lock is created as well: commands that run at once take turns by it.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["ca", "pins", "trusted", "psk"])]
    pub tofu: Option<PathBuf>,
    /// If the handshake fails and the server gives no reason, scan the server, and compare what it supports with what was
    /// offered
    #[arg(long)]
    pub explain: bool,
    /// Only inspect the server: connect even if its certificate is not trusted, show the chain, the verdict and the pin, and send
    /// no data
    ///
    /// The exit code is 0 if the server is trusted, and 4 if it is not.
    #[arg(long, conflicts_with_all = ["psk", "client_cert", "session_in", "session_out"])]
    pub look: bool,
    /// Show the server's certificates in full, on standard error
    #[arg(long)]
    pub show_certs: bool,
    /// Use this pre-shared key, with this identity
    ///
    /// With --ca, --pin or --trust, the server may also authenticate with a certificate. Other users of this machine can see the
    /// key while the command runs.
    #[arg(long, value_name = "ID:HEX", value_parser = parse::psk)]
    pub psk: Option<PresharedKey>,
    #[command(flatten)]
    pub names: NameArgs,
    /// Present this certificate chain to a server that requests one and can use it, the client's own certificate first (PEM, DER,
    /// PKCS#12)
    #[arg(long, value_name = "FILE")]
    pub client_cert: Option<PathBuf>,
    /// Its private key (PEM or DER: PKCS#8, PKCS#1 or SEC 1; or PKCS#12), which can be encrypted; not needed with a chain in
    /// PKCS#12
    #[arg(long, value_name = "FILE", requires = "client_cert")]
    pub client_key: Option<PathBuf>,
    /// Offer to resume the session in this file, written by --session-out
    ///
    /// If it is resumed, the server's chain is not verified again: knowing the session proves that it is the same server.
    #[arg(long, value_name = "FILE")]
    pub session_in: Option<PathBuf>,
    /// Write the session to this file, for --session-in; it can be the same file
    ///
    /// Anyone who has the file can decrypt the connections of the session, and impersonate either side: on Unix its mode is 0600.
    /// It is removed if the connection ends with a fatal alert.
    #[arg(long, value_name = "FILE")]
    pub session_out: Option<PathBuf>,
    /// Renegotiate when the server requests it, at most N times
    ///
    /// Some servers request a client certificate only after they have read a request. Renegotiation is secure (RFC 5746), only with
    /// a server that presents the same certificates again, and never with h2. Without this option it is refused.
    #[arg(long, value_name = "N", value_parser = value_parser!(u8).range(1..))]
    pub renegotiate: Option<u8>,
    /// Whether to request a session ticket
    ///
    /// Without a ticket, the server can keep the session under an ID.
    #[arg(long, value_name = "on|off", default_value = "on")]
    pub tickets: Switch,
    /// Send nothing at the end of standard input, and wait for the server to close
    ///
    /// Many servers discard unsent data when the client closes its side. A connection that ends without close_notify is then always
    /// reported as truncated.
    #[arg(long, conflicts_with = "look")]
    pub keep_open: bool,
    /// Pad the ClientHello to at least this number of bytes, including its header of 4 (RFC 7685)
    ///
    /// Some load balancers do not answer a ClientHello of 256 to 511 bytes: use 512.
    #[arg(long, value_name = "BYTES", default_value = "0", hide_default_value = true, value_parser = value_parser!(u16).range(..=1 << 14))]
    pub min_hello: u16,
    /// Request records of at most this number of bytes, in both directions
    #[arg(long, value_name = "BYTES", value_parser = parse::max_fragment())]
    pub max_fragment: Option<MaxFragmentLength>,
    #[command(flatten)]
    pub common: CommonOptions,
}
