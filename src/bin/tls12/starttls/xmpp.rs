//! XMPP (RFC 6120 §5): a stream of XML, of which only the few elements that matter here are parsed.

use std::io::{Read, Write};

use super::dialogue::{Dialogue, Refusal};

/// The longest element that is awaited, in bytes. RFC 6120 §13.12: a server must accept stanzas of 10,000.
const MAX_ELEMENT: usize = 1 << 14;

/// RFC 6120 §5.4.2. `namespace` is that of a client's or of a server's stream (§4.8.2).
pub fn xmpp<T: Read + Write>(dialogue: &mut Dialogue<T>, host: &str, namespace: &str) -> Result<(), Refusal> {
    let host = escaped(host);
    let stream = format!(
        "<?xml version='1.0'?><stream:stream xmlns='{namespace}' xmlns:stream='http://etherx.jabber.org/streams' \
         to='{host}' version='1.0'>"
    );
    dialogue.send(stream.as_bytes())?;
    let features = element(dialogue, "stream:features")?;
    if !features.contains("<starttls") {
        return Err(Refusal::no("starttls", format!("it offers {features}")));
    }
    dialogue.send(b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")?;
    element(dialogue, "proceed").map(|_| ())
}

/// Reads up to the end of the next element of this name. An error of the stream is its end (RFC 6120 §4.9).
fn element<T: Read + Write>(dialogue: &mut Dialogue<T>, name: &str) -> Result<String, Refusal> {
    let ends = [name, "failure", "stream:error"];
    let read = dialogue.up_to(MAX_ELEMENT, |bytes| {
        // What a character is cut off of comes with the next bytes.
        let text = String::from_utf8_lossy(bytes);
        if !could_be_xml(&text) {
            return Some(bytes.len());
        }
        ends.iter().find_map(|name| end_of(&text, name))
    })?;
    let text = String::from_utf8_lossy(&read).into_owned();
    if !could_be_xml(&text) {
        return Err(Refusal::other("XMPP", &read));
    }
    let start = text.find(&format!("<{name}")).map(|at| text.get(at..).unwrap_or_default().to_owned());
    start.ok_or_else(|| {
        let refusal = ends.iter().skip(1).find_map(|name| text.find(&format!("<{name}")));
        Refusal::no("to start TLS", text.get(refusal.unwrap_or(0)..).unwrap_or_default())
    })
}

fn could_be_xml(text: &str) -> bool {
    let text = text.trim_start();
    text.is_empty() || text.starts_with('<')
}

/// Where the element ends, if it is complete.
fn end_of(text: &str, name: &str) -> Option<usize> {
    let start = text.find(&format!("<{name}"))?;
    let tag_end = start + text.get(start..)?.find('>')? + 1;
    if text.get(..tag_end)?.ends_with("/>") {
        return Some(tag_end);
    }
    let end = format!("</{name}>");
    Some(tag_end + text.get(tag_end..)?.find(&end)? + end.len())
}

/// As the value of an attribute.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('\'', "&apos;")
}
