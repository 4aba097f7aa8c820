//! Conditional requests answered from a copy (RFC 9110, 13).

use super::envelope;
use crate::wire::{Fields, Listed, date, list};

/// Whether the client already has what is stored, so that 304 is the answer.
///
/// `If-None-Match` decides where it is there, by weak comparison; else
/// `If-Modified-Since` (RFC 9110, 13.2.2).
#[must_use]
pub fn is_not_modified(stored: &str, request: &dyn Fields) -> bool {
    let Some(originals) = envelope::originals(stored) else {
        return false;
    };
    let original = Listed::new(&originals.fields);
    let wanted = request.get("if-none-match");
    if !wanted.is_empty() {
        let etag = weak(original.get("etag"));
        return wanted.trim() == "*"
            || (!etag.is_empty() && list::elements(wanted).any(|held| weak(held) == etag));
    }
    let since = date::parse(request.get("if-modified-since"));
    let modified = date::parse(original.get("last-modified"));
    matches!((since, modified), (Some(since), Some(modified)) if modified <= since)
}

fn weak(etag: &str) -> &str {
    etag.strip_prefix("W/").unwrap_or(etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validators_decide() {
        let stored = "lastgood-stored:1\nlastgood-was-etag:\"a\"\n\
            lastgood-was-last-modified:Sun, 06 Nov 1994 08:49:37 GMT";
        let check = |request: &str, expected: bool| {
            let fields = Listed::new(request);
            assert_eq!(is_not_modified(stored, &fields), expected, "{request}");
        };
        check("", false);
        check("if-none-match:\"a\"", true);
        check("if-none-match:\"b\", W/\"a\"", true);
        check("if-none-match:*", true);
        check(
            "if-none-match:\"b\"\nif-modified-since:Sun, 06 Nov 1994 08:49:37 GMT",
            false,
        );
        check("if-modified-since:Sun, 06 Nov 1994 08:49:37 GMT", true);
        check("if-modified-since:Sun, 06 Nov 1994 08:49:36 GMT", false);
        check("if-modified-since:junk", false);
    }
}
