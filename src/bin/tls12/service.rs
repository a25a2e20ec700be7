//! What a server does with its connections: echo, or a page about the connection.

use std::io::{self, BufRead as _, Read as _, Write as _};
use std::time::Duration;

use tls12::io::blocking::StreamOwned;

use crate::options::Service;
use crate::socket::Socket;
use crate::summary::Summary;

/// How long an HTTP client may take to send its request and to read the answer, in all.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a client may be silent with `--echo`, or not take what is sent back.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// The longest request head, in bytes: what common servers accept (nginx, Apache httpd: 8 KiB a line).
const MAX_REQUEST: u64 = 1 << 13;

pub type Stream = StreamOwned<Socket>;

/// Serves a connection until it is closed.
pub fn run(service: Service, stream: &mut Stream) -> io::Result<()> {
    match service {
        Service::Echo => echo(stream),
        Service::Http => http(stream),
    }
}

/// Sends back what comes, until the client closes.
fn echo(stream: &mut Stream) -> io::Result<()> {
    let mut buf = vec![0; 1 << 14];
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
        Request::Get => ("200 OK", page(stream)),
        Request::Other => ("405 Method Not Allowed\r\nAllow: GET", "This server answers GET.\n".to_owned()),
        Request::Malformed => ("400 Bad Request", "This is no HTTP request.\n".to_owned()),
    };
    let head = "Content-Type: text/plain; charset=utf-8\r\nConnection: close";
    // Whole, as it goes into one record then.
    let answer = format!("HTTP/1.1 {status}\r\n{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(answer.as_bytes())?;
    stream.close()
}

/// What is known of the connection.
fn page(stream: &Stream) -> String {
    let mut summary = Summary::default();
    if let Some(info) = stream.info() {
        summary.add_negotiated(info);
    }
    summary.lines()
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
