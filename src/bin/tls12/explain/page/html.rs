//! Builds HTML. Only string literals are markup; everything else is escaped, whatever the capture contains.

use std::fmt::{self, Display, Write};

/// A piece of HTML.
#[derive(Default)]
pub struct Html(String);

/// Appends to an [`Html`]: markup as a literal, and text in parentheses.
macro_rules! html {
    ($html:expr;) => {{}};
    ($html:expr; $markup:literal $($rest:tt)*) => {{
        $html.markup($markup);
        html!($html; $($rest)*)
    }};
    ($html:expr; ($text:expr) $($rest:tt)*) => {{
        $html.text(&$text);
        html!($html; $($rest)*)
    }};
}
pub(super) use html;

impl Html {
    /// Appends markup, which is part of the source.
    pub fn markup(&mut self, markup: &'static str) {
        self.0.push_str(markup);
    }

    /// Appends text, which cannot be mistaken for markup between tags or in the quotes of an attribute.
    pub fn text(&mut self, text: &dyn Display) {
        // Writing to a string cannot fail.
        let _ = write!(Escaping(&mut self.0), "{text}");
    }

    pub fn append(&mut self, other: &Self) {
        self.0.push_str(&other.0);
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

struct Escaping<'a>(&'a mut String);

impl Write for Escaping<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                '\n' => self.0.push('\n'),
                // Characters that a browser does not show, or that change the direction of others (Unicode Standard Annex #9, §2).
                c if c.is_control()
                    || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') =>
                {
                    write!(self.0, "{}", c.escape_unicode())?;
                }
                c => self.0.push(c),
            }
        }
        Ok(())
    }
}

/// Displays the beginning of a long text, and says how much is left out.
pub struct Beginning<T>(pub T);

/// The maximum number of characters that are shown.
const SHOWN: usize = 240;

impl<T: AsRef<str>> Display for Beginning<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.as_ref();
        match text.char_indices().nth(SHOWN) {
            None => f.write_str(text),
            Some((end, _)) => {
                let (shown, more) = text.split_at_checked(end).unwrap_or((text, ""));
                write!(f, "{shown}… ({} more bytes)", more.len())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_be_mistaken_for_markup() {
        let mut html = Html::default();
        html!(html; "<b title=\"" ("\"><script>alert('&')</script>") "\">" ("\u{202e}\u{1b}[2J\r") "</b>");
        let expected = "<b title=\"&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;\">\
                        \\u{202e}\\u{1b}[2J\\u{d}</b>";
        assert_eq!(String::from_utf8(html.as_bytes().to_vec()).unwrap(), expected);
    }

    #[test]
    fn of_a_long_text_the_beginning_is_shown() {
        let text = "\u{fc}".repeat(SHOWN + 1);
        let shown = Beginning(&text).to_string();
        assert!(shown.starts_with(&"\u{fc}".repeat(SHOWN)) && shown.ends_with("\u{fc}… (2 more bytes)"), "{shown}");
        assert_eq!(Beginning("short").to_string(), "short");
    }
}
