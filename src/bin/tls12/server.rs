//! `tls12 server`: answers connections side by side, each in a thread.

use std::io::{self, BufRead as _, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustls_pki_types::pem::{self, PemObject as _};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tls12::crypto::ring;
use tls12::io::blocking::StreamOwned;
use tls12::{Credential, ServerConfig};

use crate::options::Options;
use crate::socket::Socket;
use crate::{Failure, say, summary};

/// How many connections are served at once; more wait in the system's queue.
const MAX_CONNECTIONS: usize = 64;

/// How long a client may take for the handshake in all.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an HTTP client may take to send its request and to read the answer, in all.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a client may be silent with `--echo`, or not take what is sent back.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// The longest request head, in bytes: what common servers accept (nginx, Apache httpd: 8 KiB a line).
const MAX_REQUEST: u64 = 1 << 13;

/// How long to wait before the next try when no connection could be accepted, such as for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Answers connections, until it is stopped.
///
/// Prints `listening on ADDR:PORT` to standard output when it is ready, and a line to standard error for each
/// connection that fails.
#[derive(clap::Args)]
pub struct Args {
    /// Where to listen; port 0 for one that is free
    #[arg(value_name = "ADDR:PORT")]
    address: String,
    /// The certificate chain, the server's own first (PEM)
    #[arg(long, value_name = "FILE")]
    cert: PathBuf,
    /// Its private key (PEM, PKCS#8 or PKCS#1)
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    #[command(flatten)]
    service: ServiceArgs,
    #[command(flatten)]
    options: Options,
}

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct ServiceArgs {
    /// Send back what is received
    #[arg(long)]
    echo: bool,
    /// Answer any GET with a page about the connection
    #[arg(long)]
    http: bool,
}

/// What is done with a connection.
#[derive(Clone, Copy)]
enum Service {
    Echo,
    Http,
}

type Stream = StreamOwned<Socket>;

pub fn run(args: Args) -> Result<(), Failure> {
    let Args { address, cert, key, service, options } = args;
    let service = if service.echo { Service::Echo } else { Service::Http };
    let mut config = ServerConfig::builder(credential(&cert, &key)?).policy(options.policy());
    if let Some(key_log) = options.key_log()? {
        config = config.key_log(key_log);
    }
    let config = config.build()?;

    let in_context = |error: io::Error| format!("{address}: {error}");
    let listener = TcpListener::bind(&address).map_err(in_context)?;
    let local_address = listener.local_addr().map_err(in_context)?;
    let _ = writeln!(io::stdout(), "listening on {local_address}");
    thread::scope(|scope| {
        for _ in 0..MAX_CONNECTIONS {
            thread::Builder::new().spawn_scoped(scope, || accept(&listener, &config, service))?;
        }
        Ok(())
    })
}

/// The chain and the key in these files. An error names the file that it is about.
fn credential(cert: &Path, key: &Path) -> Result<Credential, Failure> {
    let chain = CertificateDer::pem_file_iter(cert).and_then(Iterator::collect);
    let chain = chain.map_err(|error| format!("{}: {error}", cert.display()))?;
    let private_key = PrivateKeyDer::from_pem_file(key).map_err(|error| match error {
        pem::Error::NoItemsFound => format!("{}: no private key is here, or it is encrypted", key.display()),
        error => format!("{}: {error}", key.display()),
    })?;
    let private_key = ring::provider().load_private_key(private_key);
    let private_key = private_key.map_err(|error| format!("{}: {error}", key.display()))?;
    Ok(Credential::new(chain, private_key).map_err(|error| format!("{}: {error}", cert.display()))?)
}

/// Serves one connection after the other, for ever.
fn accept(listener: &TcpListener, config: &Arc<ServerConfig>, service: Service) {
    loop {
        match listener.accept() {
            Ok((socket, peer)) => serve(socket, peer, config, service),
            Err(error) => {
                say(format_args!("tls12: no connection could be accepted: {error}"));
                thread::sleep(ACCEPT_PAUSE);
            }
        }
    }
}

fn serve(socket: TcpStream, peer: SocketAddr, config: &Arc<ServerConfig>, service: Service) {
    let mut stream = Stream::server(Arc::clone(config), Socket::new(socket, HANDSHAKE_TIMEOUT));
    match stream.complete_handshake() {
        Err(error) => say(format_args!("{peer}: handshake failed: {error}")),
        Ok(()) => {
            let served = match service {
                Service::Echo => echo(&mut stream),
                Service::Http => http(&mut stream),
            };
            if let Err(error) = served {
                say(format_args!("{peer}: {error}"));
            }
        }
    }
    stream.into_parts().transport.part();
}

/// Sends back what comes, until the client closes.
fn echo(stream: &mut Stream) -> io::Result<()> {
    let mut buf = vec![0; tls12::wire::MAX_PLAINTEXT];
    loop {
        stream.transport_mut().extend(IDLE_TIMEOUT);
        match stream.read(&mut buf)? {
            0 => return stream.close(),
            n => stream.write_all(buf.get(..n).unwrap_or_default())?,
        }
        stream.flush()?;
    }
}

/// Answers one request.
fn http(stream: &mut Stream) -> io::Result<()> {
    stream.transport_mut().extend(REQUEST_TIMEOUT);
    let (status, body) = match read_request(stream)? {
        Request::Get => ("200 OK", stream.info().map(summary::negotiated).unwrap_or_default()),
        Request::Other => ("405 Method Not Allowed\r\nAllow: GET", "This server answers GET.\n".to_owned()),
        Request::Malformed => ("400 Bad Request", "This is no HTTP request.\n".to_owned()),
    };
    let head = "Content-Type: text/plain; charset=utf-8\r\nConnection: close";
    // Whole, as it goes into one record then.
    let answer = format!("HTTP/1.1 {status}\r\n{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(answer.as_bytes())?;
    stream.close()
}

/// As much of a request as there is to know.
enum Request {
    Get,
    Other,
    Malformed,
}

/// Reads the head of a request: all lines up to an empty one.
fn read_request(stream: &mut Stream) -> io::Result<Request> {
    let mut head = stream.take(MAX_REQUEST);
    let mut first = Vec::new();
    head.read_until(b'\n', &mut first)?;
    let mut line = Vec::new();
    while line != b"\r\n" && line != b"\n" {
        line.clear();
        if head.read_until(b'\n', &mut line)? == 0 {
            return Ok(Request::Malformed);
        }
    }
    Ok(match first.split(|byte| *byte == b' ').next() {
        Some(b"GET") => Request::Get,
        Some(method) if !method.is_empty() && method.iter().all(u8::is_ascii_uppercase) => Request::Other,
        _ => Request::Malformed,
    })
}
