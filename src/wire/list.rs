//! Comma-separated lists, with commas inside quoted strings left alone
//! (RFC 9110, 5.6.1 and 5.6.4), and the tokens in them.

/// The non-empty elements of a list, trimmed of white space.
///
/// ```
/// use lastgood::wire::list::elements;
/// let found: Vec<&str> = elements(r#" a, "b,c" ,, d"#).collect();
/// assert_eq!(found, ["a", r#""b,c""#, "d"]);
/// ```
pub fn elements(list: &str) -> impl Iterator<Item = &str> {
    split(list, ',')
}

/// The parameters behind a list element: the parts between semicolons.
pub fn parts(element: &str) -> impl Iterator<Item = &str> {
    split(element, ';')
}

/// `name=value` as its two halves, quotes taken off the value; a lone name has
/// an empty value.
#[must_use]
pub fn pair(part: &str) -> (&str, &str) {
    let (name, value) = part.split_once('=').unwrap_or((part, ""));
    (name.trim(), unquoted(value.trim()))
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

fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let mut escaped = false;
    text.split(move |c: char| {
        let literal = core::mem::take(&mut escaped);
        match c {
            '\\' if quoted && !literal => escaped = true,
            '"' if !literal => quoted = !quoted,
            _ => {}
        }
        c == separator && !quoted
    })
    .map(str::trim)
    .filter(|element| !element.is_empty())
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
