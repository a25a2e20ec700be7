//! Every protocol's exchange as its specification has it, with a server that continues, injects, refuses, or closes.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use super::greet;
use super::scripted::Line::{self, Client, ClientSays, Server};
use super::scripted::{config, echo, serving, speak};
use crate::files;
use crate::tool::{Finished, tls12};

use tls12::io::blocking::StreamOwned;

/// A protocol, its exchange, and how its server refuses in the place of the last line.
struct Exchange {
    protocol: &'static str,
    lines: Vec<Line>,
    refusal: &'static [u8],
    refused: &'static str,
}

fn server(text: &str) -> Line {
    Server(text.as_bytes().to_vec())
}

fn client(text: &str) -> Line {
    Client(text.as_bytes().to_vec())
}

/// The names of the sources stand beside them.
fn exchanges() -> Vec<Exchange> {
    let smtp = |hello| {
        vec![
            server("220 mail.imc.org SMTP service ready\r\n"),
            ClientSays(hello),
            server("250-mail.imc.org offers a warm hug of welcome\r\n250-8BITMIME\r\n250-STARTTLS\r\n250 DSN\r\n"),
            client("STARTTLS\r\n"),
            server("220 Go ahead\r\n"),
        ]
    };
    let xmpp = |namespace: &str| {
        vec![
            Client(
                format!(
                    "<?xml version='1.0'?><stream:stream xmlns='{namespace}' \
                     xmlns:stream='http://etherx.jabber.org/streams' to='server.example' version='1.0'>"
                )
                .into(),
            ),
            server(
                "<?xml version='1.0'?><stream:stream from='im.example.com' id='t7AMCin9zjMNwQKDnplntZPIDEI=' \
                 version='1.0' xml:lang='en' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
            ),
            server(
                "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>\
                 </stream:features>",
            ),
            client("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
            server("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
        ]
    };
    let failure = b"<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>";
    let exchange = |protocol, lines, refusal, refused| Exchange { protocol, lines, refusal, refused };
    vec![
        // RFC 3207 §5, and its reply 454.
        exchange("smtp", smtp("EHLO "), b"454 TLS not available due to temporary reason\r\n", "STARTTLS: 454 TLS"),
        exchange("lmtp", smtp("LHLO "), b"454 TLS not available due to temporary reason\r\n", "STARTTLS: 454 TLS"),
        // RFC 9051 §6.2.1 and §7.1.
        exchange(
            "imap",
            vec![
                server("* OK [CAPABILITY IMAP4rev2 STARTTLS LOGINDISABLED] IMAP4rev2 Server ready\r\n"),
                client("a STARTTLS\r\n"),
                server("* CAPABILITY IMAP4rev2 STARTTLS LOGINDISABLED\r\n"),
                server("a OK Begin TLS negotiation now\r\n"),
            ],
            b"a BAD no\r\n",
            "STARTTLS: a BAD no",
        ),
        // RFC 2595 §4.
        exchange(
            "pop3",
            vec![server("+OK POP3 server ready\r\n"), client("STLS\r\n"), server("+OK Begin TLS negotiation\r\n")],
            b"-ERR Command not permitted when TLS active\r\n",
            "STLS: -ERR",
        ),
        // RFC 5804 §1.7 and §2.2.
        exchange(
            "sieve",
            vec![
                server(
                    "\"IMPLEMENTATION\" \"Example1 ManageSieved v001\"\r\n\"VERSION\" \"1.0\"\r\n\"SASL\" \"PLAIN\"\r\n\
                     \"SIEVE\" \"fileinto vacation\"\r\n\"STARTTLS\"\r\nOK\r\n",
                ),
                client("STARTTLS\r\n"),
                server("OK \"Begin TLS negotiation now.\"\r\n"),
            ],
            b"NO \"not now\"\r\n",
            "STARTTLS: NO",
        ),
        // RFC 4217 §12, RFC 959 §4.2.
        exchange(
            "ftp",
            vec![
                server("220-Welcome\r\n 230 is not the end,\r\n2200 neither\r\n220 done\r\n"),
                client("AUTH TLS\r\n"),
                server("234 AUTH TLS successful\r\n"),
            ],
            b"431 Necessary security resource unavailable\r\n",
            "AUTH TLS: 431",
        ),
        // RFC 4511 §4.14 and §B; the lengths as Active Directory writes them.
        exchange(
            "ldap",
            vec![
                Client(b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037".to_vec()),
                Server(b"\x30\x84\0\0\0\x10\x02\x01\x01\x78\x84\0\0\0\x07\x0a\x01\0\x04\0\x04\0".to_vec()),
            ],
            b"\x30\x14\x02\x01\x01\x78\x0f\x0a\x01\x34\x04\0\x04\x08not now.",
            "StartTLS: result code 52 (RFC 4511 §A.1) not now.",
        ),
        // RFC 6120 §9.1.1, with the namespace of servers as in §9.2.1.
        exchange("xmpp", xmpp("jabber:client"), failure, "to start TLS: <failure"),
        exchange("xmpp-server", xmpp("jabber:server"), failure, "to start TLS: <failure"),
        // "Message Formats" of PostgreSQL.
        exchange(
            "postgres",
            vec![Client(vec![0, 0, 0, 8, 4, 210, 22, 47]), server("S")],
            b"N",
            "SSLRequest: it does not offer TLS",
        ),
        // MS-RDPBCGR §4.1.2, with PROTOCOL_SSL, and §2.2.1.2.2.
        exchange(
            "rdp",
            vec![
                Client(vec![3, 0, 0, 19, 14, 0xe0, 0, 0, 0, 0, 0, 1, 0, 8, 0, 3, 0, 0, 0]),
                Server(vec![3, 0, 0, 19, 14, 0xd0, 0, 0, 0x12, 0x34, 0, 2, 0, 8, 0, 1, 0, 0, 0]),
            ],
            &[3, 0, 0, 19, 14, 0xd0, 0, 0, 0x12, 0x34, 0, 3, 0, 8, 0, 2, 0, 0, 0],
            "TLS: it does not allow TLS (SSL_NOT_ALLOWED_BY_SERVER)",
        ),
        // RFC 4642 §2.2.3.
        exchange(
            "nntp",
            vec![
                server("200 server.example InterNetNews ready\r\n"),
                client("STARTTLS\r\n"),
                server("382 Continue with TLS negotiation\r\n"),
            ],
            b"580 Can not initiate TLS negotiation\r\n",
            "STARTTLS: 580",
        ),
        // The IRCv3 extension tls.
        exchange(
            "irc",
            vec![
                server(":server.example NOTICE * :*** Looking up your hostname...\r\n"),
                client("STARTTLS\r\n"),
                server(":server.example 670 * :STARTTLS successful, proceed with TLS handshake\r\n"),
            ],
            b":server.example 691 * :STARTTLS failed\r\n",
            "STARTTLS: :server.example 691",
        ),
    ]
}

#[test]
fn every_protocol_starts_tls_as_published() {
    let dir = files();
    for Exchange { protocol, lines, .. } in exchanges() {
        let port = serving(move |mut socket| {
            assert!(speak(&mut socket, &lines), "{protocol}");
            let _ = echo(socket);
        });
        greet(&dir, port, &["--starttls", protocol], b"over TLS\n", "over TLS");
    }
}

fn connect(protocol: &str, port: u16) -> Finished {
    let address = format!("127.0.0.1:{port}");
    let args = ["client", &address, "--ca", "ca.pem", "--server-name", "server.example", "--starttls", protocol];
    tls12(&args, &files()).finish()
}

/// CVE-2011-0411: what comes behind the consent is not taken for what comes over TLS.
#[test]
fn what_is_injected_before_tls_is_refused() {
    for Exchange { protocol, mut lines, .. } in exchanges() {
        let Some(Server(last)) = lines.last_mut() else { panic!("{protocol}") };
        last.extend_from_slice(b"injected");
        let done = connect(protocol, serving(move |mut socket| _ = speak(&mut socket, &lines)));
        done.assert_no_handshake("did not start TLS: 8 bytes came after the server's consent");
        assert!(done.stderr.concat().contains("CVE-2011-0411") && done.stdout.is_empty(), "{done:?}");
    }
}

#[test]
fn a_server_that_refuses_tls_is_quoted() {
    for Exchange { protocol, mut lines, refusal, refused } in exchanges() {
        *lines.last_mut().unwrap() = Server(refusal.to_vec());
        let done = connect(protocol, serving(move |mut socket| _ = speak(&mut socket, &lines)));
        done.assert_no_handshake(&format!("did not start TLS: the server refused {refused}"));
    }
}

#[test]
fn a_server_that_leaves_or_speaks_something_else_is_told_from_one_that_refuses() {
    for Exchange { protocol, mut lines, .. } in exchanges() {
        lines.pop();
        let leaving = lines.clone();
        let done = connect(protocol, serving(move |mut socket| _ = speak(&mut socket, &leaving)));
        done.assert_no_connection("did not start TLS: the server closed the connection");
        // It answers as an HTTP server does.
        lines.truncate(usize::from(matches!(lines[0], Client(_))));
        lines.push(server("HTTP/1.1 400 Bad Request\r\n\r\n"));
        let done = connect(protocol, serving(move |mut socket| _ = speak(&mut socket, &lines)));
        assert!(matches!(done.status.code(), Some(3 | 5)), "{protocol}: {done:?}");
        assert!(done.stderr.concat().contains("did not start TLS: "), "{protocol}: {done:?}");
    }
}

/// The server's side of the packets of TDS (MS-TDS §2.2.3.1).
struct InPackets {
    socket: TcpStream,
    remaining: usize,
}

impl Read for InPackets {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while self.remaining == 0 {
            let mut head = [0; 8];
            self.socket.read_exact(&mut head)?;
            assert_eq!(head[0], 0x12, "the handshake travels in PRELOGIN packets");
            self.remaining = usize::from(u16::from_be_bytes([head[2], head[3]])) - 8;
        }
        let most = buf.len().min(self.remaining);
        let n = self.socket.read(&mut buf[..most])?;
        self.remaining -= n;
        Ok(n)
    }
}

impl Write for InPackets {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        // Short ones, so that a flight takes several.
        let n = buf.len().min(500);
        let [high, low] = u16::try_from(n + 8).unwrap().to_be_bytes();
        self.socket.write_all(&[0x12, 1, high, low, 0, 0, 0, 0])?;
        self.socket.write_all(&buf[..n])?;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// MS-TDS §4.1, with the value of ENCRYPTION that the server gives.
fn prelogin_response(encryption: u8) -> Vec<u8> {
    let options = [0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff];
    let mut packet = vec![4, 1, 0, 8 + 11 + 7, 0, 0, 1, 0];
    packet.extend_from_slice(&options);
    packet.extend_from_slice(&[9, 0, 0, 0, 0, 0, encryption]);
    packet
}

fn prelogin_request() -> Line {
    let text = "12 01 00 2F 00 00 01 00 00 00 1A 00 06 01 00 20 00 01 02 00 21 00 01 03 00 22 00 04 04 00 26 00 01 FF \
                09 00 00 00 00 00 01 00 00 00 00 00 00";
    let mut packet: Vec<u8> = text.split(' ').map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect();
    // We do not number packets.
    packet[6] = 0;
    Client(packet)
}

#[test]
fn sql_server_shakes_hands_inside_tds_packets_and_goes_on_without() {
    let dir = files();
    let port = serving(|mut socket| {
        assert!(speak(&mut socket, &[prelogin_request(), Server(prelogin_response(1))]));
        let mut stream = StreamOwned::server(config(), InPackets { socket, remaining: 0 });
        stream.complete_handshake().unwrap();
        let parts = stream.into_parts();
        assert_eq!((parts.transport.remaining, parts.received.len(), parts.unsent.len()), (0, 0, 0));
        let parts = tls12::io::Parts::new(parts.connection, parts.transport.socket);
        let mut stream = StreamOwned::from_parts(parts);
        let mut line = [0; 5];
        stream.read_exact(&mut line).unwrap();
        stream.write_all(&line).unwrap();
        let _ = stream.close();
    });
    greet(&dir, port, &["--starttls", "mssql"], b"bare\n", "bare");
    let no = [prelogin_request(), Server(prelogin_response(2))];
    let done = connect("mssql", serving(move |mut socket| _ = speak(&mut socket, &no)));
    done.assert_no_handshake("the server refused TLS: it cannot encrypt (ENCRYPT_NOT_SUP)");
    let injected = [prelogin_request(), Server([prelogin_response(1), b"x".to_vec()].concat())];
    let done = connect("mssql", serving(move |mut socket| _ = speak(&mut socket, &injected)));
    done.assert_no_handshake("CVE-2011-0411");
}

/// A MySQL greeting (protocol version 10) with these capabilities.
fn mysql_greeting(capabilities: u16) -> Vec<u8> {
    let mut payload = b"\x0a8.0.36\0\x08\0\0\0abcdefgh\0".to_vec();
    payload.extend_from_slice(&capabilities.to_le_bytes());
    payload.extend_from_slice(&[45, 2, 0, 0xff, 0xdf, 21]);
    payload.extend_from_slice(&[0; 10]);
    payload.extend_from_slice(b"abcdefghijkl\0caching_sha2_password\0");
    let mut packet = vec![u8::try_from(payload.len()).unwrap(), 0, 0, 0];
    packet.extend_from_slice(&payload);
    packet
}

#[test]
fn mysql_is_asked_only_if_it_offers_tls() {
    let dir = files();
    let request = || {
        let mut request = vec![32, 0, 0, 1];
        request.extend_from_slice(&[0, 0x8a, 0, 0, 0, 0, 0, 1, 45]);
        request.extend_from_slice(&[0; 23]);
        Client(request)
    };
    let port = serving(move |mut socket| {
        assert!(speak(&mut socket, &[Server(mysql_greeting(0xffff)), request()]));
        let _ = echo(socket);
    });
    greet(&dir, port, &["--starttls", "mysql"], b"over TLS\n", "over TLS");
    let refusing =
        |greeting: Vec<u8>| connect("mysql", serving(move |mut socket| _ = speak(&mut socket, &[Server(greeting)])));
    refusing(mysql_greeting(0xf7ff)).assert_no_handshake("the server refused TLS: it does not offer it (CLIENT_SSL)");
    let error = b"\x17\0\0\0\xff\x10\x04Too many connections".to_vec();
    refusing(error).assert_no_handshake("the server refused the connection: Too many connections");
    let injected = [mysql_greeting(0xffff), b"x".to_vec()].concat();
    refusing(injected).assert_no_handshake("CVE-2011-0411");
}
