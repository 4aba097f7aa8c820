//! Cutting text at a byte that is ASCII. The standard library's searches for
//! characters go by UTF-8, and cost and weigh several times as much.

use core::iter;

/// A text up to the first byte that fits, and the rest, which begins with it.
pub(crate) fn before(text: &str, fits: impl Fn(u8) -> bool) -> (&str, &str) {
    let end = text.bytes().position(fits).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// What is before the first such byte and what is behind it; `None` without one.
pub(crate) fn at(text: &str, byte: u8) -> Option<(&str, &str)> {
    let (head, rest) = before(text, |it| it == byte);
    Some((head, rest.get(1..)?))
}

/// The parts of a text between such bytes.
pub(crate) fn parts(text: &str, byte: u8) -> impl Iterator<Item = &str> + Clone {
    let mut rest = Some(text);
    iter::from_fn(move || match at(rest?, byte) {
        Some((part, behind)) => {
            rest = Some(behind);
            Some(part)
        }
        None => rest.take(),
    })
}

/// The first one of them.
pub(crate) fn first(text: &str, byte: u8) -> &str {
    before(text, |it| it == byte).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_at_the_first_one() {
        assert_eq!(at("é b c", b' '), Some(("é", "b c")));
        assert_eq!(at("a ", b' '), Some(("a", "")));
        assert_eq!(at("", b' '), None);
        assert_eq!(before("a/b", |byte| byte == b'/'), ("a", "/b"));
        assert_eq!(before("ab", |byte| byte == b'/'), ("ab", ""));
        assert_eq!(first("ab", b'/'), "ab");
        for text in ["", "/", "a", "a/", "/a", "a//é/"] {
            assert!(parts(text, b'/').eq(text.split('/')), "{text}");
        }
    }
}
