//! How a server answers its connections.

use std::fs::File;
use std::io::{self, BufRead, Read as _, Write};
use std::path::Path;
use std::time::Duration;

use tls12::io::blocking::StreamOwned;
use tls12::io::pcapng::Captured;

use crate::files;
use crate::options::Service;
use crate::socket::Socket;
use crate::summary::Summary;

/// How long a client may take for the whole handshake.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an HTTP client may take to send its request, and to receive each part of the answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a client may be silent with `--echo` and `--rev`, or not accept what is sent back.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// The longest request head, in bytes: what common servers accept (nginx, Apache httpd: 8 KiB a line).
const MAX_REQUEST: u64 = 1 << 13;

/// The longest line that is reversed, in bytes: that of OpenSSL's s_server.
const MAX_LINE: u64 = 1 << 14;

pub type Stream = StreamOwned<Captured<Socket>>;

/// A connection that is served, whichever library made it.
pub trait Served: BufRead + Write {
    fn socket(&mut self) -> &mut Socket;
    /// Sends close_notify.
    fn close(&mut self) -> io::Result<()>;
    /// What is known of the connection, for a page.
    fn page(&self) -> Summary;
}

impl Served for Stream {
    fn socket(&mut self) -> &mut Socket {
        self.transport_mut().get_mut()
    }

    fn close(&mut self) -> io::Result<()> {
        StreamOwned::close(self)
    }

    fn page(&self) -> Summary {
        let mut summary = Summary::default();
        if let Some(info) = self.info() {
            summary.add_negotiated(info);
        }
        summary
    }
}

/// Serves a connection until it is closed.
pub fn run(service: &Service, stream: &mut impl Served) -> io::Result<()> {
    match service {
        Service::Echo => echo(stream),
        Service::Reverse => reverse(stream),
        Service::Http => http(stream, None),
        Service::Files(folder) => http(stream, Some(folder)),
        // The caller carries it, as a client does.
        Service::Stdin => Ok(()),
    }
}

/// Sends back what comes, until the client closes.
fn echo(stream: &mut impl Served) -> io::Result<()> {
    let mut buf = vec![0; 1 << 14];
    loop {
        stream.socket().extend(IDLE_TIMEOUT);
        match stream.read(&mut buf)? {
            0 => return stream.close(),
            n => stream.write_all(buf.get(..n).unwrap_or_default())?,
        }
        stream.flush()?;
    }
}

/// Sends back each line, from its last byte to its first.
fn reverse(stream: &mut impl Served) -> io::Result<()> {
    let mut line = Vec::new();
    loop {
        stream.socket().extend(IDLE_TIMEOUT);
        line.clear();
        if io::Read::by_ref(stream).take(MAX_LINE).read_until(b'\n', &mut line)? == 0 {
            return stream.close();
        }
        let end = line.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
        line.truncate(end);
        line.reverse();
        line.push(b'\n');
        stream.write_all(&line)?;
        stream.flush()?;
    }
}

/// Answers one request: with a file of the folder, or with what is known of the connection.
fn http(stream: &mut impl Served, folder: Option<&Path>) -> io::Result<()> {
    stream.socket().extend(REQUEST_TIMEOUT);
    let text = |status, text: &str| (status, TEXT, Body::Text(text.to_owned()));
    let (status, content_type, body) = match (read_request(stream)?, folder) {
        // RFC 5246 §7.2.1: a client that has closed gets no more.
        (Request::Incomplete, _) => return stream.close(),
        (Request::Get(_), None) => ("200 OK", TEXT, Body::Text(stream.page().lines())),
        (Request::Get(target), Some(folder)) => match files::find(folder, &target) {
            Some(found) => ("200 OK", found.content_type, Body::File(found.file, found.len)),
            None => text("404 Not Found", "There is no such file, or it may not be sent.\n"),
        },
        (Request::Other, _) => text("405 Method Not Allowed\r\nAllow: GET", "This server answers GET.\n"),
        (Request::Malformed, _) => text("400 Bad Request", "This is not an HTTP request.\n"),
    };
    let head = |len: u64| {
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nConnection: close\r\nContent-Length: {len}\r\n\r\n"
        )
    };
    match body {
        // Whole, as it goes into one record then.
        Body::Text(text) => stream.write_all((head(text.len() as u64) + &text).as_bytes())?,
        Body::File(file, len) => {
            stream.write_all(head(len).as_bytes())?;
            send_file(stream, file, len)?;
        }
    }
    stream.close()
}

const TEXT: &str = "text/plain; charset=utf-8";

enum Body {
    Text(String),
    /// The first bytes of a file, up to this length.
    File(File, u64),
}

fn send_file(stream: &mut impl Served, file: File, len: u64) -> io::Result<()> {
    let mut file = file.take(len);
    let mut chunk = vec![0; 1 << 16];
    let mut sent = 0;
    while sent < len {
        let n = file.read(&mut chunk)?;
        if n == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file became shorter while it was sent"));
        }
        stream.socket().extend(REQUEST_TIMEOUT);
        stream.write_all(chunk.get(..n).unwrap_or_default())?;
        sent += n as u64;
    }
    Ok(())
}

/// As much of a request as there is to know.
enum Request {
    /// And its target.
    Get(Vec<u8>),
    Other,
    Malformed,
    /// The client has closed before its end.
    Incomplete,
}

/// Reads the head of a request: all lines up to an empty one.
fn read_request(stream: &mut impl Served) -> io::Result<Request> {
    let mut head = stream.take(MAX_REQUEST);
    let mut first = Vec::new();
    head.read_until(b'\n', &mut first)?;
    let mut line = Vec::new();
    while line != b"\r\n" && line != b"\n" {
        line.clear();
        if head.read_until(b'\n', &mut line)? == 0 {
            return Ok(if head.limit() == 0 { Request::Malformed } else { Request::Incomplete });
        }
    }
    let mut words = first.split(|byte| *byte == b' ');
    Ok(match (words.next(), words.next()) {
        (Some(b"GET"), Some(target)) => Request::Get(target.trim_ascii_end().to_vec()),
        (Some(method), Some(_)) if !method.is_empty() && method.iter().all(u8::is_ascii_uppercase) => Request::Other,
        _ => Request::Malformed,
    })
}
