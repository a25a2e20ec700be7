//! The records and the content of a line of the report, for a page that shows their bytes.

use tls12::inspect::{HandshakeMessage, Protection, Record};

/// The maximum number of bytes of application data that a line keeps.
pub const MAX_DATA: usize = 1 << 10;

/// The records of a line, and their content.
pub struct Opened {
    /// Some of the records.
    pub records: Vec<Seen>,
    /// The number of further records.
    pub more_records: u64,
    pub content: Content,
}

/// A record that was seen.
#[derive(Clone)]
pub struct Seen {
    pub number: u64,
    pub header: [u8; 5],
    pub protection: Protection,
}

impl Seen {
    pub fn new(number: u64, record: &Record) -> Self {
        let [major, minor] = record.version.0.to_be_bytes();
        // It was read from two bytes.
        let [high, low] = u16::try_from(record.length).unwrap_or(u16::MAX).to_be_bytes();
        let header = [record.content_type.0, major, minor, high, low];
        Self { number, header, protection: record.protection.clone() }
    }

    pub fn is_protected(&self) -> bool {
        self.protection != Protection::Plain
    }
}

pub enum Content {
    Message(Box<HandshakeMessage>),
    ChangeCipherSpec,
    Alert([u8; 2]),
    /// The first bytes.
    Data(Vec<u8>),
    /// Not opened.
    Closed,
    /// In lines of its own.
    Follows,
}

impl Content {
    pub fn data(data: &[u8]) -> Self {
        Self::Data(data.get(..MAX_DATA).unwrap_or(data).to_vec())
    }
}

impl Opened {
    /// Adds the content of another line that becomes part of this one.
    pub fn add(&mut self, other: &Self) {
        let records = u64::try_from(other.records.len()).unwrap_or(u64::MAX).saturating_add(other.more_records);
        self.more_records = self.more_records.saturating_add(records);
        if let (Content::Data(data), Content::Data(more)) = (&mut self.content, &other.content) {
            let room = MAX_DATA.saturating_sub(data.len());
            data.extend(more.iter().take(room));
        }
    }
}
