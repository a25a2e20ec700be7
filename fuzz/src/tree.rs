//! Inputs as trees of parts, most of which have their length before them. A part that is changed and written again has the length
//! that it has then, and so have those around it: else most changes would end at the next length.

/// How deep parts are looked for in parts.
const MAX_DEPTH: usize = 16;

/// What an input consists of.
#[derive(Clone, Copy, Debug)]
pub enum Format {
    /// A mode and a cut, and then records.
    Records,
    /// A mode, and as many cuts as the next byte says; and then handshake messages.
    Messages,
    /// Flags and a cut, and then pieces of records by either side, or gaps.
    Pieces,
    /// Two lists of certificates, and then other DER.
    Chains,
}

impl Format {
    /// That of a target, if its inputs have parts.
    pub fn of(target: &str) -> Option<Self> {
        Some(match target {
            "client" | "server" => Self::Records,
            "joiner" => Self::Messages,
            "conversation" => Self::Pieces,
            "verify" | "verify_differential" | "revocation" | "staple" => Self::Chains,
            _ => return None,
        })
    }
}

/// A part.
#[derive(Clone, Debug)]
pub struct Part {
    /// What stands before its length.
    pub head: Vec<u8>,
    /// How its length is written.
    length: Length,
    /// What it holds.
    pub content: Content,
}

/// How a length is written.
#[derive(Clone, Copy, Debug)]
enum Length {
    /// Not at all.
    None,
    /// In so many bytes, the highest first.
    Bytes(usize),
    /// As DER has it (X.690 §8.1.3, §10.1).
    Der,
}

/// What a part holds.
#[derive(Clone, Debug)]
pub enum Content {
    /// Nothing that has parts.
    Bytes(Vec<u8>),
    /// Other parts.
    Parts(Vec<Part>),
}

impl Part {
    /// An input as a tree.
    pub fn read(format: Format, input: &[u8]) -> Self {
        let mut rest = input;
        let parts = match format {
            Format::Records => [vec![raw(&mut rest, 2)], records(rest)].concat(),
            Format::Messages => {
                let cuts = usize::from(rest.get(1).copied().unwrap_or_default());
                [vec![raw(&mut rest, 2), raw(&mut rest, cuts)], messages(rest)].concat()
            }
            Format::Pieces => [vec![raw(&mut rest, 2)], pieces(rest)].concat(),
            Format::Chains => {
                let certificates = |list: &[u8]| all(list, |rest| part(rest, 0, 3, |certificate| der(certificate, 0)));
                let mut parts: Vec<Self> = (0..2).map_while(|_| part(&mut rest, 0, 3, certificates)).collect();
                parts.extend(der(rest, 0).unwrap_or_else(|| vec![Self::raw(rest)]));
                parts
            }
        };
        Self { head: Vec::new(), length: Length::None, content: Content::Parts(parts) }
    }

    fn raw(bytes: &[u8]) -> Self {
        Self { head: Vec::new(), length: Length::None, content: Content::Bytes(bytes.to_vec()) }
    }

    /// How many parts there are, with this one.
    pub fn count(&self) -> usize {
        match &self.content {
            Content::Bytes(_) => 1,
            Content::Parts(parts) => 1 + parts.iter().map(Self::count).sum::<usize>(),
        }
    }

    /// The part with this number, of [`count`](Self::count).
    pub fn nth(&mut self, mut n: usize) -> Option<&mut Self> {
        if n == 0 {
            return Some(self);
        }
        n -= 1;
        let Content::Parts(parts) = &mut self.content else { return None };
        for part in parts {
            let count = part.count();
            if n < count {
                return part.nth(n);
            }
            n -= count;
        }
        None
    }

    /// As bytes again.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut content = Vec::new();
        match &self.content {
            Content::Bytes(bytes) => content.extend(bytes),
            Content::Parts(parts) => parts.iter().for_each(|part| part.write(&mut content)),
        }
        out.extend(&self.head);
        let len = content.len().to_be_bytes();
        match self.length {
            Length::None => {}
            Length::Bytes(bytes) => out.extend(&len[len.len() - bytes..]),
            Length::Der if content.len() < 0x80 => out.extend(&len[len.len() - 1..]),
            Length::Der => {
                let len = &len[len.iter().position(|byte| *byte != 0).unwrap_or_default()..];
                out.push(0x80 | u8::try_from(len.len()).unwrap());
                out.extend(len);
            }
        }
        out.extend(content);
    }
}

/// So many bytes of `rest`, or all of them.
fn raw(rest: &mut &[u8], len: usize) -> Part {
    let (now, later) = rest.split_at(len.min(rest.len()));
    *rest = later;
    Part::raw(now)
}

/// A part that begins with so many bytes, and then its length; `inner` finds the parts in it, if there are some.
fn part(rest: &mut &[u8], head: usize, length: usize, inner: impl FnOnce(&[u8]) -> Option<Vec<Part>>) -> Option<Part> {
    let (head, after) = rest.split_at_checked(head)?;
    let (len, after) = after.split_at_checked(length)?;
    let len = len.iter().fold(0, |len, byte| len << 8 | usize::from(*byte));
    let (content, later) = after.split_at_checked(len)?;
    *rest = later;
    Some(Part { head: head.to_vec(), length: Length::Bytes(length), content: content_of(content, inner(content)) })
}

fn content_of(bytes: &[u8], parts: Option<Vec<Part>>) -> Content {
    parts.filter(|parts| !parts.is_empty()).map_or_else(|| Content::Bytes(bytes.to_vec()), Content::Parts)
}

/// All parts of `bytes`, if there is nothing between them.
fn all(mut bytes: &[u8], mut next: impl FnMut(&mut &[u8]) -> Option<Part>) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    while !bytes.is_empty() {
        parts.push(next(&mut bytes)?);
    }
    Some(parts)
}

/// As many parts as there are, and the rest as it is.
fn most(mut bytes: &[u8], mut next: impl FnMut(&mut &[u8]) -> Option<Part>) -> Vec<Part> {
    let mut parts: Vec<Part> = std::iter::from_fn(|| next(&mut bytes)).collect();
    if !bytes.is_empty() {
        parts.push(Part::raw(bytes));
    }
    parts
}

fn records(bytes: &[u8]) -> Vec<Part> {
    const HANDSHAKE: u8 = 22;
    most(bytes, |rest| {
        let is_handshake = rest.first() == Some(&HANDSHAKE);
        part(rest, 3, 2, |fragment| is_handshake.then(|| all(fragment, message).or_else(|| sealed(fragment)))?)
    })
}

/// A nonce, messages, and a tag of zeros.
fn sealed(fragment: &[u8]) -> Option<Vec<Part>> {
    let (nonce, rest) = fragment.split_first_chunk::<8>()?;
    let (text, tag) = rest.split_last_chunk::<16>()?;
    Some([vec![Part::raw(nonce)], all(text, message)?, vec![Part::raw(tag)]].concat())
}

fn messages(bytes: &[u8]) -> Vec<Part> {
    most(bytes, message)
}

fn pieces(bytes: &[u8]) -> Vec<Part> {
    const GAP: u8 = 2;
    most(bytes, |rest| match rest.first()? {
        kind if kind & GAP != 0 => Some(raw(rest, 3)),
        _ => part(rest, 1, 2, |piece| Some(records(piece))),
    })
}

fn message(rest: &mut &[u8]) -> Option<Part> {
    let typ = *rest.first()?;
    part(rest, 1, 3, |body| match typ {
        1 => hello(body, &[(0, 1), (0, 2), (0, 1)]),
        // The session ID; the suite and the method of compression come before the extensions.
        2 => hello(body, &[(0, 1), (3, 0)]),
        11 => all(body, |rest| part(rest, 0, 3, |list| all(list, |rest| part(rest, 0, 3, |_| None)))),
        // Types of certificates, schemes, and names of authorities (RFC 5246 §7.4.4).
        13 => vectors(body, &[(0, 1), (0, 2), (0, 2)]),
        16 => all(body, |rest| part(rest, 0, 2, |_| None)).or_else(|| all(body, |rest| part(rest, 0, 1, |_| None))),
        _ => None,
    })
}

/// Version and random, some vectors, and the extensions.
fn hello(body: &[u8], fields: &[(usize, usize)]) -> Option<Vec<Part>> {
    let (fixed, rest) = body.split_at_checked(2 + 32)?;
    let extension = |rest: &mut &[u8]| part(rest, 2, 2, |_| None);
    let fields = [fields, &[(0, 2)]].concat();
    let mut parts = vectors(rest, &fields).or_else(|| vectors(rest, &fields[..fields.len() - 1]))?;
    if let Some(Part { length: Length::Bytes(2), content, .. }) = parts.get_mut(fields.len() - 1)
        && let Content::Bytes(bytes) = content
        && let Some(extensions) = all(bytes, extension)
    {
        *content = content_of(bytes, Some(extensions));
    }
    parts.insert(0, Part::raw(fixed));
    Some(parts)
}

/// Vectors with a head and a length of so many bytes each.
fn vectors(mut rest: &[u8], fields: &[(usize, usize)]) -> Option<Vec<Part>> {
    let parts = fields.iter().map(|(head, length)| part(&mut rest, *head, *length, |_| None));
    let parts = parts.collect::<Option<Vec<Part>>>()?;
    rest.is_empty().then_some(parts)
}

/// Values of DER, with those in them.
fn der(bytes: &[u8], depth: usize) -> Option<Vec<Part>> {
    all(bytes, |rest| value(rest, depth))
}

fn value(rest: &mut &[u8], depth: usize) -> Option<Part> {
    const CONSTRUCTED: u8 = 0x20;
    let (tag, after) = rest.split_first()?;
    let (len, after) = after.split_first()?;
    let (len, after) = match len {
        0..=0x7f => (usize::from(*len), after),
        0x81..=0x83 => {
            let (len, after) = after.split_at_checked(usize::from(len & 3))?;
            (len.iter().fold(0, |len, byte| len << 8 | usize::from(*byte)), after)
        }
        _ => return None,
    };
    let (content, later) = after.split_at_checked(len)?;
    let inner = |bytes: &[u8]| (depth < MAX_DEPTH && !bytes.is_empty()).then(|| der(bytes, depth + 1))?;
    let parts = match (*tag, content) {
        // BIT STRING, which may hold a key.
        (3, [0, key @ ..]) => inner(key).map(|parts| [vec![Part::raw(&[0])], parts].concat()),
        // OCTET STRING, which holds an extension.
        (4, extension) => inner(extension),
        (tag, content) if tag & CONSTRUCTED != 0 => inner(content),
        _ => None,
    };
    *rest = later;
    Some(Part { head: vec![*tag], length: Length::Der, content: content_of(content, parts) })
}
