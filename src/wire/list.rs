//! Comma-separated lists, with commas inside quoted strings left alone
//! (RFC 9110, 5.6.1 and 5.6.4), and the tokens in them.

use super::cut;

/// The non-empty elements of a list, trimmed of ASCII white space.
///
/// ```
/// use lastgood::wire::list::elements;
/// let found: Vec<&str> = elements(r#" a, "b,c" ,, d"#).collect();
/// assert_eq!(found, ["a", r#""b,c""#, "d"]);
/// ```
pub fn elements(list: &str) -> impl Iterator<Item = &str> {
    split(list, b',')
}

/// The parameters behind a list element: the parts between semicolons.
pub fn parts(element: &str) -> impl Iterator<Item = &str> {
    split(element, b';')
}

/// `name=value` as its two halves, quotes taken off the value; a lone name has
/// an empty value.
#[must_use]
pub fn pair(part: &str) -> (&str, &str) {
    let (name, value) = cut::at(part, b'=').unwrap_or((part, ""));
    (name.trim_ascii(), unquoted(value.trim_ascii()))
}

/// Whether a text is a token, as the name of each field is (RFC 9110, 5.6.2).
#[must_use]
pub fn is_token(text: &str) -> bool {
    let is_part = |c: u8| c.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&c);
    !text.is_empty() && text.bytes().all(is_part)
}

fn unquoted(value: &str) -> &str {
    value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(value)
}

const fn split(rest: &str, separator: u8) -> Elements<'_> {
    Elements { rest, separator }
}

/// The parts of a text between separators outside of quotes. It goes by bytes, as
/// what it looks for is ASCII, and lists are read again and again.
struct Elements<'a> {
    rest: &'a str,
    separator: u8,
}

impl<'a> Iterator for Elements<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        while !self.rest.is_empty() {
            let (element, rest) = self.cut();
            self.rest = rest;
            let element = element.trim_ascii();
            if !element.is_empty() {
                return Some(element);
            }
        }
        None
    }
}

impl<'a> Elements<'a> {
    fn cut(&self) -> (&'a str, &'a str) {
        let (mut quoted, mut escaped) = (false, false);
        for (place, byte) in self.rest.bytes().enumerate() {
            if byte == self.separator && !quoted {
                let rest = self.rest.get(place.saturating_add(1)..);
                return (
                    self.rest.get(..place).unwrap_or_default(),
                    rest.unwrap_or_default(),
                );
            }
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = quoted,
                b'"' => quoted = !quoted,
                _ => {}
            }
        }
        (self.rest, "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn commas_in_quotes_do_not_split() {
        let found: Vec<&str> = elements(r#"a="x,\",y", b ,,"open, c"#).collect();
        assert_eq!(found, [r#"a="x,\",y""#, "b", r#""open, c"#]);
        assert_eq!(pair(r#"max-age="5""#), ("max-age", "5"));
        assert_eq!(pair("public"), ("public", ""));
    }
}
