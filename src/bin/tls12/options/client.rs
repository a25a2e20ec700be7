//! What `tls12 client` can be told.

use std::path::PathBuf;

use clap::value_parser;
use tls12::MaxFragmentLength;
use tls12::PresharedKey;

use super::common::CommonOptions;
use super::names::NameArgs;
use super::parse::{self, Address, Switch};
use super::reach::ReachArgs;
use super::trust::TrustArgs;

/// Connects to a server: standard input goes to it, what it sends goes to standard output.
///
/// The end of standard input is told to the server (close_notify); then the rest of its data is read, until it closes too
/// or sends nothing for 10 seconds. A summary of the connection goes to standard error, one `key: value` a line; so does, if
/// it fails, the cause, and what to try.
#[derive(clap::Args)]
pub struct ClientArgs {
    /// The server
    #[arg(value_name = "HOST:PORT", value_parser = parse::address)]
    pub address: Address,
    #[command(flatten)]
    pub reach: ReachArgs,
    #[command(flatten)]
    pub trust: TrustArgs,
    /// Trust the key that this server shows first, and no other from then on, as ssh does; the file keeps it
    ///
    /// The file has a line for each server, its name and its pin, and is made if it is not there. Nothing else is checked of
    /// the certificate. Make the first connection over a network that you trust, or compare the pin.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["ca", "pins", "trusted", "psk"])]
    pub tofu: Option<PathBuf>,
    /// If the handshake fails and the server does not say why, find out: scan the server, and hold what it supports against
    /// what was offered
    #[arg(long)]
    pub explain: bool,
    /// Only look: connect whatever the verdict on the certificate, show the chain, the verdict and the pin, and send nothing
    ///
    /// Exits with 0 if the server is trusted, and with 4 if it is not.
    #[arg(long, conflicts_with_all = ["psk", "client_cert", "session_in", "session_out"])]
    pub look: bool,
    /// Show the server's certificates in full, on standard error
    #[arg(long)]
    pub show_certs: bool,
    /// Share this key with the server, under this identity
    ///
    /// With --ca, --pin or --trust the server may also show a certificate. Others on this machine can see the key while the command runs.
    #[arg(long, value_name = "ID:HEX", value_parser = parse::psk)]
    pub psk: Option<PresharedKey>,
    #[command(flatten)]
    pub names: NameArgs,
    /// Show this certificate chain to a server that asks for one and can use it, our own certificate first (PEM, DER, PKCS#12)
    #[arg(long, value_name = "FILE")]
    pub client_cert: Option<PathBuf>,
    /// Its private key (PEM or DER: PKCS#8, PKCS#1 or SEC 1; or PKCS#12), which can be encrypted; not needed with a chain in
    /// PKCS#12
    #[arg(long, value_name = "FILE", requires = "client_cert")]
    pub client_key: Option<PathBuf>,
    /// Offer to resume the session in this file, which --session-out has written
    ///
    /// If it is resumed, the server's chain is not verified again: that it knows the session proves that it is the same.
    #[arg(long, value_name = "FILE")]
    pub session_in: Option<PathBuf>,
    /// Write the session to this file, for --session-in; it can be the same file
    ///
    /// Who has the file can read the connections of the session, and pass for either side: on Unix its mode is 0600. It is
    /// removed if the connection ends with a fatal alert.
    #[arg(long, value_name = "FILE")]
    pub session_out: Option<PathBuf>,
    /// Renegotiate when the server asks for it, at most N times
    ///
    /// Some servers want a client certificate only when they have read a request. It is done securely (RFC 5746), with a server
    /// that shows the same certificates again, and never with h2. Without this option the server is refused.
    #[arg(long, value_name = "N", value_parser = value_parser!(u8).range(1..))]
    pub renegotiate: Option<u8>,
    /// Whether to ask for a session ticket
    ///
    /// Without a ticket, the server can keep the session under an ID.
    #[arg(long, value_name = "WHETHER", default_value = "on")]
    pub tickets: Switch,
    /// Send nothing at the end of standard input, and wait for the server to close
    ///
    /// Many servers drop what they have not sent yet when they are told that the client has closed.
    #[arg(long, conflicts_with = "look")]
    pub keep_open: bool,
    /// Pad the ClientHello to at least so many bytes (RFC 7685), its header of 4 included
    ///
    /// There are load balancers that do not answer one of 256 to 511 bytes: give 512.
    #[arg(long, value_name = "BYTES", default_value = "0", hide_default_value = true, value_parser = value_parser!(u16).range(..=1 << 14))]
    pub min_hello: u16,
    /// Ask for records of at most so many bytes, both ways
    #[arg(long, value_name = "BYTES", value_parser = parse::max_fragment())]
    pub max_fragment: Option<MaxFragmentLength>,
    #[command(flatten)]
    pub common: CommonOptions,
}
