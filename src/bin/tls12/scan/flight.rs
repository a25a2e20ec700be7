//! A server's answer to a probe: its first flight, an alert, or nothing.

use std::io::{self, Read};

use rustls_pki_types::CertificateDer;
use tls12::AlertDescription;
use tls12::wire::{
    Alert, AlertLevel, ContentType, EcdheServerKeyExchange, ExtensionType, HandshakeType, MAX_CIPHERTEXT, Message,
    ProtocolVersion, Reader, RecordHeader, ServerHello, decode_certificate, suite_name,
};

/// The maximum length of a flight, in bytes: ten times that of the longest chains in use.
const MAX_FLIGHT: usize = 1 << 18;

/// The first byte of every version of TLS (RFC 5246 §6.2.1).
const MAJOR: u16 = 3;

/// The server's answer.
#[derive(Clone, Debug)]
pub enum Answer {
    Hello(Box<Flight>),
    Alert(AlertDescription),
    Closed,
    Reset,
    Silent,
    /// Something other than TLS.
    Other,
    /// No connection could be opened, or a limit was reached.
    NotAsked(String),
}

/// The contents of a server's flight.
#[derive(Clone, Debug)]
pub struct Flight {
    pub version: ProtocolVersion,
    pub suite: u16,
    pub compression: u8,
    pub extensions: Vec<(ExtensionType, Vec<u8>)>,
    pub chain: Vec<CertificateDer<'static>>,
    /// With ECDHE.
    pub group: Option<u16>,
    /// With DHE: the length of its prime, in bits.
    pub dh_bits: Option<usize>,
    pub scheme: Option<u16>,
    pub is_stapled: bool,
    pub asks_for_certificate: bool,
}

impl Flight {
    pub fn extension(&self, typ: ExtensionType) -> Option<&[u8]> {
        self.extensions.iter().find(|(known, _)| *known == typ).map(|(_, content)| content.as_slice())
    }

    /// Whether the suite uses a block cipher in CBC mode: encrypt-then-MAC applies only to those (RFC 7366 §3).
    pub fn is_cbc(&self) -> bool {
        suite_name(self.suite).is_some_and(|name| name.contains("_CBC_"))
    }
}

impl Answer {
    pub fn flight(&self) -> Option<&Flight> {
        match self {
            Self::Hello(flight) => Some(flight),
            _ => None,
        }
    }

    /// In words.
    pub fn describe(&self) -> String {
        match self {
            Self::Hello(_) => "a ServerHello".to_owned(),
            Self::Alert(alert) => format!("the alert {alert}"),
            Self::Closed => "the end of the connection".to_owned(),
            Self::Reset => "a reset of the connection".to_owned(),
            Self::Silent => "nothing".to_owned(),
            Self::Other => "something that is not TLS".to_owned(),
            Self::NotAsked(why) => why.clone(),
        }
    }
}

/// Reads the answer to a ClientHello.
pub fn read(from: &mut impl Read) -> Answer {
    let mut flight = None;
    match read_flight(from, &mut flight) {
        // A flight that has begun counts, however the connection ends.
        _ if flight.is_some() => flight.map_or(Answer::Closed, |flight| Answer::Hello(Box::new(flight))),
        Ok(answer) => answer,
        Err(error) => match error.kind() {
            io::ErrorKind::UnexpectedEof => Answer::Closed,
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
                Answer::Reset
            }
            io::ErrorKind::TimedOut => Answer::Silent,
            _ => Answer::NotAsked(error.to_string()),
        },
    }
}

/// Reads records into `flight` until it is whole, or something else comes.
fn read_flight(from: &mut impl Read, flight: &mut Option<Flight>) -> io::Result<Answer> {
    let (mut messages, mut total) = (Vec::new(), 0);
    loop {
        let mut header = [0; RecordHeader::LEN];
        from.read_exact(&mut header)?;
        let header = RecordHeader::from_bytes(header);
        total += RecordHeader::LEN + header.length;
        let is_tls = header.version >> 8 == MAJOR && header.length <= MAX_CIPHERTEXT && total <= MAX_FLIGHT;
        let mut fragment = vec![0; if is_tls { header.length } else { 0 }];
        from.read_exact(&mut fragment)?;
        match header.content_type {
            ContentType::HANDSHAKE if is_tls => messages.extend(fragment),
            ContentType::ALERT if is_tls => match Alert::decode(&fragment) {
                // Such as unrecognized_name (RFC 6066 §3).
                Ok(alert)
                    if alert.level == AlertLevel::Warning && alert.description != AlertDescription::CloseNotify => {}
                Ok(alert) => return Ok(Answer::Alert(alert.description)),
                Err(_) => return Ok(Answer::Other),
            },
            _ => return Ok(Answer::Other),
        }
        while let Some((message, rest)) = Message::split(&messages) {
            if take(message, flight).is_none() {
                return Ok(Answer::Other);
            }
            let is_last = message.typ == HandshakeType::SERVER_HELLO_DONE
                || flight.as_ref().is_some_and(|flight| flight.version == ProtocolVersion::TLS_1_3);
            if is_last {
                return Ok(Answer::Closed);
            }
            messages = rest.to_vec();
        }
    }
}

/// Adds the contents of a message to the flight. `None` if the message does not belong there.
fn take(message: Message<'_>, flight: &mut Option<Flight>) -> Option<()> {
    if message.typ == HandshakeType::SERVER_HELLO {
        let hello = ServerHello::decode(message.body).ok()?;
        let extensions: Vec<_> = hello.extensions.iter().map(|(typ, content)| (typ, content.to_vec())).collect();
        let selected = extensions.iter().find(|(typ, _)| *typ == ExtensionType::SUPPORTED_VERSIONS);
        let selected = selected.and_then(|(_, content)| content.as_slice().try_into().ok().map(u16::from_be_bytes));
        *flight = Some(Flight {
            version: selected.map_or(hello.version, ProtocolVersion),
            suite: hello.cipher_suite,
            compression: hello.compression_method,
            extensions,
            chain: Vec::new(),
            group: None,
            dh_bits: None,
            scheme: None,
            is_stapled: false,
            asks_for_certificate: false,
        });
        return Some(());
    }
    let flight = flight.as_mut()?;
    match message.typ {
        HandshakeType::CERTIFICATE => {
            flight.chain = decode_certificate(message.body).ok()?.iter().map(CertificateDer::into_owned).collect();
        }
        HandshakeType::SERVER_KEY_EXCHANGE => take_key_exchange(message.body, flight),
        HandshakeType::CERTIFICATE_STATUS => flight.is_stapled = true,
        HandshakeType::CERTIFICATE_REQUEST => flight.asks_for_certificate = true,
        _ => {}
    }
    Some(())
}

/// Adds the group, the prime and the scheme, where present.
fn take_key_exchange(body: &[u8], flight: &mut Flight) {
    let name = suite_name(flight.suite).unwrap_or_default();
    let is_signed = flight.version == ProtocolVersion::TLS_1_2 && !name.contains("anon") && !name.contains("PSK");
    if name.contains("_ECDHE_") || name.contains("_ECDH_anon_") {
        if let Ok(read) = EcdheServerKeyExchange::decode(body) {
            (flight.group, flight.scheme) = (Some(read.group.0), is_signed.then_some(read.scheme.0));
        } else if let [3, high, low, ..] = *body {
            // Without a scheme, before TLS 1.2: curve_type named_curve, then the group (RFC 8422 §5.4).
            flight.group = Some(u16::from_be_bytes([high, low]));
        }
    } else if name.contains("_DHE_") || name.contains("_DH_anon_") {
        let mut reader = Reader::new("ServerKeyExchange", body);
        let Ok(prime) = reader.vec16() else { return };
        let zeros = prime.iter().take_while(|byte| **byte == 0).count();
        let first = prime.get(zeros).map_or(0, |byte| byte.leading_zeros());
        flight.dh_bits = Some((8 * (prime.len() - zeros)).saturating_sub(usize::try_from(first).unwrap_or(0)));
        if reader.vec16().is_ok() && reader.vec16().is_ok() && is_signed {
            flight.scheme = reader.u16().ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(content_type: u8, fragment: &[u8]) -> Vec<u8> {
        let len = u16::try_from(fragment.len()).unwrap().to_be_bytes();
        [&[content_type, 3, 3], &len[..], fragment].concat()
    }

    #[test]
    fn answers_are_told_apart() {
        let answer = |bytes: &[u8]| read(&mut &*bytes).describe();
        assert_eq!(answer(&record(21, &[2, 40])), "the alert handshake_failure");
        // A warning, and then the end.
        assert_eq!(answer(&record(21, &[1, 112])), "the end of the connection");
        assert_eq!(answer(b""), "the end of the connection");
        for other in [&b"HTTP/1.1 400 Bad Request\r\n"[..], &record(22, &[0, 0, 0, 0]), &record(99, &[0])] {
            assert_eq!(answer(other), "something that is not TLS");
        }
    }

    /// A flight that does not end, or that is longer than any can be.
    #[test]
    fn what_is_read_is_bounded() {
        // A ServerHello that announces 16 MiB.
        let begin = record(22, &[2, 0xff, 0xff, 0xff]);
        let endless = [&begin[..], &record(22, &[0; 1 << 14]).repeat(64)].concat();
        let mut from = &*endless;
        assert!(matches!(read(&mut from), Answer::Other));
        assert!(endless.len() - from.len() <= MAX_FLIGHT + RecordHeader::LEN);
    }
}
