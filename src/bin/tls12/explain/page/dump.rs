//! A hexadecimal dump, and the list of its fields. A field lights up with its bytes. Each byte belongs to exactly one field that has
//! no parts, and to the fields that contain this one.

use std::ops::Range;

use super::html::{Beginning, Html, html};
use crate::explain::anatomy::{Field, Part};

/// How many bytes a line has.
const LINE: usize = 16;

/// The maximum number of bytes that are shown of a message, and of all messages of a section.
const MAX_BYTES: usize = 1 << 13;
const MAX_BYTES_IN_ALL: usize = 1 << 16;

/// The maximum number of fields that are listed for a message.
const MAX_FIELDS: usize = 600;

/// The number of colours that distinguish neighbouring fields.
const COLOURS: usize = 6;

/// How many more bytes a section may show.
pub struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(MAX_BYTES_IN_ALL)
    }
}

impl Budget {
    pub const fn is_used_up(&self) -> bool {
        self.0 == 0
    }
}

/// A header, a message, or other bytes with their fields.
pub struct Block<'b> {
    pub title: String,
    pub bytes: &'b [u8],
    pub fields: Vec<Field<'b>>,
}

/// Draws some blocks that belong together.
pub fn draw(html: &mut Html, budget: &mut Budget, blocks: &[Block<'_>]) {
    html!(html; "<div class=\"panel\">");
    let mut number = 0;
    for block in blocks.iter().filter(|block| !block.bytes.is_empty()) {
        let listed = block.fields.get(..MAX_FIELDS).unwrap_or(&block.fields);
        let end_of_listed = block.fields.get(MAX_FIELDS).map_or(block.bytes.len(), |field| field.start);
        let shown = end_of_listed.min(MAX_BYTES).min(budget.0);
        budget.0 -= shown;
        html!(html; "<section class=\"block\"><h4>" (block.title) "</h4><div class=\"both\"><div class=\"dump\" role=\"img\" aria-label=\"\
                     bytes in hexadecimal; the list of fields has their names\">");
        bytes(html, block.bytes.get(..shown).unwrap_or_default(), &leaves(listed), number);
        if let Some(more) = block.bytes.len().checked_sub(shown).filter(|more| *more > 0) {
            html!(html; "<p class=\"cut\">" (more) " more bytes are not shown: the page has a limit. <code>-v</code> prints all.</p>");
        }
        html!(html; "</div>");
        if !listed.is_empty() {
            list(html, listed, number);
        }
        if let Some(more) = block.fields.len().checked_sub(listed.len()).filter(|more| *more > 0) {
            html!(html; "<p class=\"cut\">" (more) " more fields are not listed</p>");
        }
        html!(html; "</div></section>");
        number += listed.len();
    }
    html!(html; "</div>");
}

/// A field without parts: its number, its bytes, and its colour.
struct Leaf {
    number: usize,
    bytes: Range<usize>,
    colour: usize,
    is_frame: bool,
}

fn leaves(fields: &[Field<'_>]) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    for (number, (field, colour)) in fields.iter().zip(colours(fields)).enumerate() {
        let has_parts = fields.get(number + 1).is_some_and(|next| next.depth > field.depth);
        if !has_parts && !field.bytes.is_empty() {
            let bytes = field.start..field.start + field.bytes.len();
            leaves.push(Leaf { number, bytes, colour, is_frame: field.part == Part::Frame });
        }
    }
    leaves
}

/// The colour of each field. A type or a length has the colour of the field that it describes.
fn colours(fields: &[Field<'_>]) -> impl Iterator<Item = usize> {
    fields.iter().scan(0, |colour, field| {
        let current = *colour;
        let next = (current + 1) % COLOURS;
        match field.part {
            // Its parts follow.
            Part::Field => {
                *colour = next;
                Some(current)
            }
            Part::Frame if field.depth == 0 => Some(current),
            _ => Some((current + COLOURS - 1) % COLOURS),
        }
    })
}

/// The number of the last part of a field.
fn last_part(fields: &[Field<'_>], number: usize, depth: u8) -> usize {
    let parts = fields.iter().skip(number + 1).take_while(|field| field.depth > depth);
    number + parts.count()
}

fn bytes(html: &mut Html, bytes: &[u8], leaves: &[Leaf], first: usize) {
    for (i, line) in bytes.chunks(LINE).enumerate() {
        let start = i * LINE;
        html!(html; "<div><i>" (format_args!("{start:04x}")) "</i><code>");
        runs(html, line, start, leaves, first, " ", |html, byte| html.text(&format_args!("{byte:02x}")));
        html!(html; "</code><samp>");
        let character = |byte| if matches!(byte, 0x20..0x7f) { char::from(byte) } else { '.' };
        runs(html, line, start, leaves, first, "", |html, byte| html.text(&character(byte)));
        html!(html; "</samp></div>");
    }
}

/// The bytes of a line with `gap` between them, those of each field together.
fn runs(
    html: &mut Html,
    line: &[u8],
    start: usize,
    leaves: &[Leaf],
    first: usize,
    gap: &'static str,
    write: impl Fn(&mut Html, u8),
) {
    let mut leaves = leaves.iter().skip(leaves.partition_point(|leaf| leaf.bytes.end <= start)).peekable();
    let mut is_within = false;
    for (i, byte) in line.iter().enumerate() {
        let at = start + i;
        if is_within && leaves.peek().is_some_and(|leaf| leaf.bytes.end <= at) {
            html!(html; "</b>");
            is_within = false;
            leaves.next();
        }
        html.markup(if i == 0 { "" } else { gap });
        if let Some(leaf) = leaves.peek().filter(|leaf| !is_within && leaf.bytes.contains(&at)) {
            html!(html; "<b data-f=\"" (first + leaf.number) "\" class=\"c" (leaf.colour));
            html.markup(if leaf.is_frame { " fr\">" } else { "\">" });
            is_within = true;
        }
        write(html, *byte);
    }
    html.markup(if is_within { "</b>" } else { "" });
}

fn list(html: &mut Html, fields: &[Field<'_>], first: usize) {
    html!(html; "<ol class=\"fields\" aria-label=\"fields\">");
    for (number, (field, colour)) in fields.iter().zip(colours(fields)).enumerate() {
        let end = last_part(fields, number, field.depth);
        html!(html; "<li data-f=\"" (first + number) "\" data-e=\"" (first + end) "\" class=\"c" (colour) " d" (field.depth.min(4)));
        html.markup(if field.part == Part::Frame { " fr\">" } else { "\">" });
        html!(html; "<span class=\"n\"><b>" (field.name) "</b>");
        if let Some(value) = &field.value {
            html!(html; " <span class=\"v\">" (Beginning(value)) "</span>");
        }
        let len = field.bytes.len();
        html!(html; "</span> <span class=\"w\">" (len) " " (if len == 1 { "byte" } else { "bytes" }));
        if len > 0 {
            html!(html; " at " (format_args!("{:04x}", field.start)));
        }
        clause(html, field.clause);
        html!(html; "</span>");
        html!(html; "</li>");
    }
    html!(html; "</ol>");
}

/// A clause such as `RFC 5246 §7.4.1.2`, with its place.
pub fn clause(html: &mut Html, clause: &str) {
    let Some((rfc, section)) = clause.strip_prefix("RFC ").and_then(|rest| rest.split_once(" §")) else { return };
    html!(html; " <a class=\"q\" rel=\"noreferrer\" href=\"https://www.rfc-editor.org/rfc/rfc" (rfc) "#section-" (section) "\">"
                (clause) "</a>");
}
