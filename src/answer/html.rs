//! Text put into HTML.

use crate::wire::cut;
use alloc::string::{String, ToString};

/// Text inside HTML, in an element or a quoted attribute.
#[must_use]
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (plain, marked) = cut::before(rest, |byte| entity(byte).is_some());
        safe.push_str(plain);
        let first = marked.bytes().next();
        safe.push_str(first.and_then(entity).unwrap_or_default());
        rest = marked.get(1..).unwrap_or_default();
    }
    safe
}

const fn entity(byte: u8) -> Option<&'static str> {
    Some(match byte {
        b'&' => "&amp;",
        b'<' => "&lt;",
        b'>' => "&gt;",
        b'"' => "&quot;",
        b'\'' => "&#39;",
        _ => return None,
    })
}

/// The same, with what is between `` ` `` as code.
#[must_use]
pub(super) fn coded(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for (index, part) in cut::parts(text, b'`').enumerate() {
        let part = escaped(part);
        match index % 2 {
            0 => html.push_str(&part),
            _ => html.extend(["<code>", &part, "</code>"]),
        }
    }
    html
}

/// The same in ASCII, for a document in any encoding.
#[must_use]
pub(super) fn ascii(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in escaped(text).chars() {
        if c.is_ascii() {
            safe.push(c);
        } else {
            safe.push_str("&#");
            safe.push_str(&u32::from(c).to_string());
            safe.push(';');
        }
    }
    safe
}

/// A text with a value in place of its placeholder, whatever that is called.
#[must_use]
pub(super) fn filled(text: &str, value: &str) -> String {
    let (before, rest) = cut::at(text, b'{').unwrap_or((text, ""));
    let (_, behind) = cut::at(rest, b'}').unwrap_or_default();
    let mut filled = String::from(before);
    filled.push_str(value);
    filled.push_str(behind);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn any_encoding_shows_the_same() {
        assert_eq!(
            ascii("Größe <5\u{a0}€"),
            "Gr&#246;&#223;e &lt;5&#160;&#8364;"
        );
        assert_eq!(ascii("🙂"), "&#128578;");
    }

    #[test]
    fn a_value_takes_its_place() {
        assert_eq!(filled("a {n} b", "5"), "a 5 b");
        assert_eq!(filled("none", "5"), "none5");
    }

    #[test]
    fn code_is_marked() {
        assert_eq!(coded("set `a < b` now"), "set <code>a &lt; b</code> now");
    }

    proptest! {
        #[test]
        fn html_has_no_markup(text: String) {
            prop_assert!(!escaped(&text).contains(['<', '>', '"', '\'']));
        }
    }
}
