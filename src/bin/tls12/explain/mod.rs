//! `tls12 explain`: reads captured connections, and says of each what was sent, what of it can be verified, and why it failed.
//!
//! A file is read in layers: `capture` has its blocks, `packet` the TCP segment in a packet, `connections` and `reassembly` the
//! stream of each side, `preamble` what comes before TLS, and `talk` the conversation. A `sheet` says it.

mod anatomy;
mod capture;
mod connections;
mod line;
mod opened;
mod packet;
mod page;
mod preamble;
mod reassembly;
mod sheet;
mod talk;
mod verdict;

use std::fs::File;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tls12::PresharedKey;
use tls12::crypto::ring;
use tls12::inspect::{Direction, Inspector, Item, Secrets};
use tls12::verify::Verifier;
use zeroize::Zeroizing;

use crate::failure::{Failure, Stage};
use crate::keys::{self, PasswordArgs};
use crate::options::psk;
use crate::{credentials, say, warn};
use capture::{End, Found, Source};
use connections::Connections;
use packet::Dissector;
use page::Page;
use reassembly::Piece;
use sheet::{Sheet, View};
use talk::Talk;

/// How much of a plain file is read at once, in bytes.
const READ: usize = 1 << 16;

/// The exit codes, for `--help`.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  no connection failed, and nothing is wrong, as far as could be seen
  1  something on this machine: a file cannot be used, or has no TLS in it
  2  wrong usage
  5  a connection failed, or something in one is wrong: its last lines say so,
     which --quiet prints too";

/// A connection failed, or something in one is wrong.
const HAS_FAILED: u8 = 5;

/// Why a file is not explained.
const NOT_TLS: &str = "it is neither a capture (pcap or pcapng) nor the bytes that a side sent by TLS";

/// Files that are taken for captures, or that captures are kept in: how they begin, and what to do.
const FOREIGN: [(&[u8], &str); 6] = [
    (b"\x1f\x8b", "it is compressed (gzip); decompress it: gunzip"),
    (b"\x28\xb5\x2f\xfd", "it is compressed (Zstandard); decompress it: unzstd"),
    (b"\xfd7zXZ", "it is compressed (xz); decompress it: unxz"),
    (b"snoop\0\0\0", "it is a capture of snoop; convert it: editcap -F pcapng FILE OUT"),
    (b"tls12-recording ", "it is a recording, not a capture; replay it: tls12 replay FILE"),
    (b"GMBU", "it is a capture of Microsoft's Network Monitor; convert it: editcap -F pcapng FILE OUT"),
];

/// Explains captured connections: the messages, what of them can be verified, and why a handshake failed.
///
/// Without secrets, a handshake is explained as far as it is in plaintext. STARTTLS and proxies' headers are skipped.
#[derive(clap::Args)]
pub struct Args {
    /// A capture of tcpdump or Wireshark (pcap or pcapng), or the bytes that one side sent; - for standard input
    #[arg(value_name = "CAPTURE")]
    file: PathBuf,
    /// Decrypt with the secrets in this file, which a browser, curl or tls12 wrote; can be given several times
    ///
    /// Without it, those in the file named by SSLKEYLOGFILE are used, and always those inside of a pcapng file.
    #[arg(long, value_name = "FILE")]
    keylog: Vec<PathBuf>,
    /// Decrypt with this private key of the server, for cipher suites with static RSA; can be given several times
    #[arg(long, value_name = "FILE")]
    rsa_key: Vec<PathBuf>,
    #[command(flatten)]
    key_password: PasswordArgs,
    /// Decrypt with this pre-shared key, for cipher suites without ECDHE; can be given several times
    #[arg(long, value_name = "ID:HEX", value_parser = psk)]
    psk: Vec<PresharedKey>,
    /// Verify the certificates against those in this file or directory, at the time of the capture; can be given several times
    #[arg(long, value_name = "FILE")]
    ca: Vec<PathBuf>,
    /// Explain only the connection with this number, which is that of Wireshark (tcp.stream)
    #[arg(long, value_name = "N")]
    stream: Option<u64>,
    /// Print the application data
    #[arg(long)]
    data: bool,
    /// Print each record, and each field of a message with its bytes
    #[arg(short, long)]
    verbose: bool,
    /// Draw the connections in this file too, as a page for a browser that needs no network
    ///
    /// Each message opens into its bytes, where each field has its name, its value and its clause of the RFC. The page has the
    /// beginning of the application data.
    #[arg(long, value_name = "PAGE")]
    html: Option<PathBuf>,
    /// Show the master secret and the keys in the page
    ///
    /// Anyone who has them can read the connection.
    #[arg(long, requires = "html")]
    show_secrets: bool,
}

/// What all connections of a file share.
pub struct Explainer {
    inspector: Inspector,
    /// What was seen, but not written down yet.
    items: Vec<Item>,
    view: View,
    /// Where what is shown is drawn too.
    page: Option<Page>,
    stream: Option<u64>,
    /// How many connections with TLS there were.
    explained: u64,
    /// One that is shown failed, or something in it is wrong.
    has_failed: bool,
}

#[cfg(test)]
impl Explainer {
    /// Prints nothing.
    fn silent() -> Self {
        let inspector = Inspector::new(ring::provider());
        Self {
            inspector,
            items: Vec::new(),
            view: View::NOTHING,
            page: None,
            stream: None,
            explained: 0,
            has_failed: false,
        }
    }
}

impl Explainer {
    /// A connection begins.
    fn talk(&self, number: u64, client: SocketAddr, server: SocketAddr, begun: Duration) -> Talk {
        let view = if self.is_shown(number) { self.view } else { View::NOTHING };
        self.talk_of(view, number, &[client, server], begun)
    }

    fn talk_of(&self, view: View, number: u64, ends: &[SocketAddr], begun: Duration) -> Talk {
        let page = self.page.as_ref().filter(|_| view.lines);
        let section = page.map(|page| Box::new(page.section(number, ends, begun)));
        Talk::new(Sheet::new(view, section, number, ends, begun), begun)
    }

    /// All was explained.
    fn finish(self) -> Result<ExitCode, Failure> {
        if let Some(page) = self.page {
            page.write()?;
        }
        Ok(if self.has_failed { ExitCode::from(HAS_FAILED) } else { ExitCode::SUCCESS })
    }

    fn is_shown(&self, number: u64) -> bool {
        self.stream.is_none_or(|only| only == number)
    }

    /// Whether it was asked for by its number, so that something must be said of it.
    fn is_asked_for(&self, number: u64) -> bool {
        self.stream == Some(number)
    }
}

pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let mut explainer = Explainer {
        inspector: inspector(args)?,
        items: Vec::new(),
        view: View { lines: true, at_once: args.stream.is_some(), data: args.data, verbose: args.verbose },
        page: args.html.as_ref().map(|page| Page::prepare(page, &args.file, args.show_secrets)).transpose()?,
        stream: args.stream,
        explained: 0,
        has_failed: false,
    };
    let source = open(&args.file)?;
    if source.is_capture() {
        // Secrets may follow the packets that they open.
        if source.is_pcapng() && args.file != Path::new("-") {
            secrets_inside(&args.file, &mut explainer.inspector)?;
        }
        return explain_capture(&args.file, source, explainer);
    }
    if let Some((_, what)) = FOREIGN.iter().find(|(start, _)| source.start().starts_with(start)) {
        return Err(Failure::in_file(&args.file, what));
    }
    if source.start().is_empty() {
        return Err(Failure::in_file(&args.file, "it is empty: nothing was captured"));
    }
    if !preamble::is_record(source.start()) {
        return Err(Failure::in_file(&args.file, NOT_TLS));
    }
    explain_bytes(&args.file, source, explainer)
}

fn open(path: &Path) -> Result<Source, Failure> {
    let in_context = |error| Failure::in_file(path, error);
    let file: Box<dyn Read + Send> =
        if path == Path::new("-") { Box::new(io::stdin()) } else { Box::new(File::open(path).map_err(in_context)?) };
    Source::new(file).map_err(in_context)
}

/// The inspector, with all secrets that are given.
fn inspector(args: &Args) -> Result<Inspector, Failure> {
    // Strangers may have smaller keys than we accept.
    let provider = ring::provider_for_small_rsa_keys();
    let mut inspector = Inspector::new(provider.clone());
    for path in key_logs(args) {
        let text = read_secret(&path).map_err(|error| Failure::in_file(&path, error))?;
        if add_key_log(&mut inspector.secrets, &text) == 0 {
            warn(format_args!("tls12: {}: it has no secret of TLS 1.2 (CLIENT_RANDOM)", path.display()));
        }
    }
    for path in &args.rsa_key {
        let key = keys::private_key(path, &args.key_password.source())?;
        let key = provider.load_private_key(key).map_err(|error| Failure::in_file(path, error))?;
        inspector.secrets.add_rsa_key(key);
    }
    for key in &args.psk {
        inspector.secrets.add_preshared_key(key.clone());
    }
    if !args.ca.is_empty() {
        let verifier = Arc::new(Verifier::new(credentials::trust(&args.ca)?));
        inspector.server_verifier = Some(verifier.clone());
        inspector.client_verifier = Some(verifier);
    }
    Ok(inspector)
}

/// Reads a file into memory that is wiped, and that does not grow, which would leave parts of it behind.
fn read_secret(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut file = File::open(path)?;
    let len = usize::try_from(file.metadata()?.len()).unwrap_or_default();
    // Without room for one more byte, the end would be looked for in more room.
    let mut text = Zeroizing::new(Vec::with_capacity(len.saturating_add(1)));
    file.read_to_end(&mut text)?;
    Ok(text)
}

/// Adds the lines of a key log, without a copy of it. Returns how many secrets there are.
fn add_key_log(secrets: &mut Secrets, text: &[u8]) -> usize {
    let lines = text.split(|byte| *byte == b'\n').filter_map(|line| str::from_utf8(line).ok());
    lines.map(|line| secrets.add_key_log(line)).sum()
}

fn key_logs(args: &Args) -> Vec<PathBuf> {
    if !args.keylog.is_empty() {
        return args.keylog.clone();
    }
    let by_environment = std::env::var_os("SSLKEYLOGFILE").filter(|path| !path.is_empty()).map(PathBuf::from);
    by_environment.into_iter().filter(|path| path.exists()).collect()
}

/// Adds the secrets in a file of pcapng.
fn secrets_inside(path: &Path, inspector: &mut Inspector) -> Result<(), Failure> {
    let add = |found: Found<'_>| {
        if let Found::KeyLog(text) = found {
            add_key_log(&mut inspector.secrets, text);
        }
    };
    capture::read(open(path)?, add).map_err(|error| Failure::in_file(path, error))?;
    Ok(())
}

fn explain_capture(path: &Path, source: Source, mut explainer: Explainer) -> Result<ExitCode, Failure> {
    let (mut dissector, mut connections) = (Dissector::default(), Connections::default());
    let mut cut = false;
    let end = capture::read(source, |found| match found {
        Found::KeyLog(text) => {
            add_key_log(&mut explainer.inspector.secrets, text);
        }
        Found::Packet(packet) => {
            if let Some(segment) = dissector.segment(&packet) {
                cut |= segment.cut > 0;
                connections.segment(&mut explainer, packet.time, &segment);
            }
        }
    });
    let end = end.map_err(|error| Failure::in_file(path, error))?;
    let count = connections.close(&mut explainer);
    let path = path.display();
    match end {
        End::Whole => {}
        End::Cut => say(format_args!("tls12: {path}: the capture ends within a packet")),
        End::Damaged(at) => warn(format_args!("tls12: {path}: the capture is damaged behind byte {at}")),
    }
    if let Some(link) = dissector.unknown_link {
        say(format_args!("tls12: {path}: packets with link type {link} were skipped, which is not supported"));
    }
    if cut {
        say(format_args!("tls12: {path}: packets were not captured in full; tcpdump does with -s 0"));
    }
    match (explainer.stream, explainer.explained) {
        (Some(number), _) if number >= count => {
            let why = format!("{path}: there is no connection {number}; there are {count}, numbered from 0");
            Err(Failure::new(Stage::Start, why))
        }
        (None, 0) => {
            let why = match count {
                0 => format!("{path}: there is no TCP connection in this capture"),
                1 => format!("{path}: there is no TLS in the only TCP connection of this capture"),
                count => format!("{path}: there is no TLS in any of the {count} TCP connections of this capture"),
            };
            Err(Failure::new(Stage::Start, why))
        }
        _ => explainer.finish(),
    }
}

/// Explains a file with what one side sent.
fn explain_bytes(path: &Path, source: Source, mut explainer: Explainer) -> Result<ExitCode, Failure> {
    // There is no time in it. Certificates are verified at a time, and this is the only one known.
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let direction = match source.start() {
        // A ServerHello.
        [22, 3, _, _, _, 2, ..] => Direction::ServerToClient,
        _ => Direction::ClientToServer,
    };
    let mut talk = explainer.talk_of(explainer.view, 0, &[], now);
    let mut bytes = source.bytes();
    let mut buf = vec![0; READ];
    loop {
        let read = bytes.read(&mut buf).map_err(|error| Failure::in_file(path, error))?;
        match buf.get(..read) {
            Some([]) | None => break,
            Some(part) => talk.piece(&mut explainer, direction, now, &Piece::Bytes(part)),
        }
    }
    talk.finish(&mut explainer);
    explainer.finish()
}
