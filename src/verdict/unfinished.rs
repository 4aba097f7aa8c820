//! Texts that end before they are finished.
//!
//! A body that was packed may end early without a word from the platform, when what
//! arrived was all that was announced. JSON tells by itself whether it is whole.

/// Whether a text in JSON (RFC 8259) ends within an object, a list, or a text in quotes.
/// What is no JSON, or several in a row, is none of this function's business.
#[must_use]
pub fn json(text: &[u8]) -> bool {
    let (mut depth, mut quoted, mut escaped) = (0_u32, false, false);
    for byte in text {
        match (quoted, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => quoted = !quoted,
            (false, b'{' | b'[') => depth = depth.saturating_add(1),
            (false, b'}' | b']') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    let begins = text.trim_ascii_start().first();
    let is_json = begins.is_some_and(|first| matches!(first, b'{' | b'[' | b'"'));
    is_json && (depth > 0 || quoted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_at_its_end_is_unfinished() {
        let whole = r#" {"a": [1, "}\"]", {}], "b": "\\"} "#;
        assert!(!json(whole.as_bytes()));
        let inside = whole.find('{').unwrap() + 1..whole.rfind('}').unwrap();
        for end in inside {
            assert!(json(&whole.as_bytes()[..end]), "{}", &whole[..end]);
        }
        for other in ["", "1", "null", "{}\n{}\n", "[]x", "<html>{", "]}"] {
            assert!(!json(other.as_bytes()), "{other}");
        }
        assert!(json(b"\"abc"));
    }
}
