//! Conditional requests answered from a copy (RFC 9110, 13).

use super::envelope::Originals;
use crate::wire::{self, Fields, date, list};

/// Whether the client already has what is stored under an envelope, so that 304
/// is the answer.
///
/// `If-None-Match` decides where it is there, by weak comparison; else
/// `If-Modified-Since` (RFC 9110, 13.2.2).
#[must_use]
pub fn is_not_modified(envelope: &str, request: &dyn Fields) -> bool {
    let (wanted, since) = ("if-none-match", "if-modified-since");
    if !request.has(wanted) && !request.has(since) {
        return false;
    }
    let Some(original) = Originals::read(envelope) else {
        return false;
    };
    let (wanted, since) = (request.get(wanted), request.get(since));
    if !wanted.is_empty() {
        let etag = weak(original.get("etag"));
        let known = !etag.is_empty() && !wire::is_garbled(etag);
        return wanted.trim_ascii() == "*"
            || (known && list::elements(wanted).any(|held| weak(held) == etag));
    }
    let since = date::parse(since);
    let modified = date::parse(original.get("last-modified"));
    matches!((since, modified), (Some(since), Some(modified)) if modified <= since)
}

fn weak(etag: &str) -> &str {
    etag.strip_prefix("W/").unwrap_or(etag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Listed;

    #[test]
    fn validators_decide() {
        let stored =
            "stored 1 1 selecting 0  etag 3 \"a\" last-modified 29 Sun, 06 Nov 1994 08:49:37 GMT .";
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

    #[test]
    fn a_garbled_validator_equals_nothing() {
        let stored = "stored 1 1 selecting 0  etag 5 \"\u{fffd}\" .";
        let fields = Listed::new("if-none-match:\"\u{fffd}\"");
        assert!(!is_not_modified(stored, &fields));
    }
}
