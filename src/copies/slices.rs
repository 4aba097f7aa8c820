//! A part of what is stored, for who asks for a part (RFC 9110, 14; RFC 9111, 3.3).

use super::envelope::Originals;
use crate::wire::Fields;
use crate::wire::range::{Part, Wanted};
use alloc::{format, string::String};

/// Which bytes of what is stored answer a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Slice {
    /// These.
    Bytes {
        /// The value of `Range` that cuts them out of what is stored.
        inside: String,
        /// The value of `Content-Range` that says what they are of the whole.
        content_range: String,
    },
    /// None: the whole ends before them (RFC 9110, 15.5.17). The value of
    /// `Content-Range` that says how long it is.
    Beyond(String),
}

/// The slice of what is stored under `envelope` that a request wants; `None` if it
/// wants all of it, or of a part what is not there.
///
/// `If-Range` wants a part only of the version that it names (RFC 9110, 13.1.5).
#[must_use]
pub fn slice(envelope: &str, request: &dyn Fields) -> Option<Slice> {
    let wanted = Wanted::parse(request.get("range"))?;
    let stored = Originals::read(envelope)?;
    let version = request.get("if-range");
    let same = ["etag", "last-modified"]
        .map(|name| stored.get(name))
        .contains(&version);
    if !version.is_empty() && (!same || version.starts_with("W/")) {
        return None;
    }
    let length = stored.length?;
    if stored.status == 200 && wanted.of(length).is_none() {
        return Some(Slice::Beyond(format!("bytes */{length}")));
    }
    let held = held(&stored)?;
    let part = match stored.range == request.get("range") {
        true => held,
        false => wanted.of(held.whole?)?,
    };
    if !held.covers(part) {
        return None;
    }
    let (from, to) = (
        part.first.saturating_sub(held.first),
        part.last.saturating_sub(held.first),
    );
    let whole = held.whole?;
    Some(Slice::Bytes {
        inside: format!("bytes={from}-{to}"),
        content_range: format!("bytes {}-{}/{whole}", part.first, part.last),
    })
}

/// What is there: of a part as much as came.
fn held(stored: &Originals<'_>) -> Option<Part> {
    let length = stored.length?;
    let end = length.checked_sub(1)?;
    if stored.status != 206 {
        return Some(Part {
            first: 0,
            last: end,
            whole: Some(length),
        });
    }
    let said = Part::parse(stored.get("content-range"))?;
    let last = said.first.saturating_add(end).min(said.last);
    Some(Part { last, ..said })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Listed;

    const WHOLE: &str = "stored 1 1 selecting 0  length 2 10 etag 3 \"a\" .";
    const PART: &str = "stored 1 1 selecting 0  status 3 206 length 1 5 \
        range 8 bytes=-6 content-range 12 bytes 4-9/10 .";

    fn check(envelope: &str, request: &str, expected: Option<(&str, &str)>) {
        let found = slice(envelope, &Listed::new(request));
        let found = found.as_ref().map(|it| match it {
            Slice::Bytes {
                inside,
                content_range,
            } => (&**inside, &**content_range),
            Slice::Beyond(content_range) => ("", &**content_range),
        });
        assert_eq!(found, expected, "{request}");
    }

    #[test]
    fn of_the_whole() {
        check(
            WHOLE,
            "range:bytes=0-1",
            Some(("bytes=0-1", "bytes 0-1/10")),
        );
        check(WHOLE, "range:bytes=-1", Some(("bytes=9-9", "bytes 9-9/10")));
        for beyond in ["bytes=10-", "bytes=10-12", "bytes=99999999999-", "bytes=-0"] {
            let request = format!("range:{beyond}");
            check(WHOLE, &request, Some(("", "bytes */10")));
            check(WHOLE, &format!("{request}\nif-range:\"b\""), None);
            let same = format!("{request}\nif-range:\"a\"");
            check(WHOLE, &same, Some(("", "bytes */10")));
        }
        let empty = "stored 1 1 selecting 0  length 1 0 .";
        check(empty, "range:bytes=0-", Some(("", "bytes */0")));
        check(WHOLE, "range:bytes=3-2", None);
        check(WHOLE, "range:lines=99-", None);
        let moved = "stored 1 1 selecting 0  status 3 301 length 2 10 .";
        check(moved, "range:bytes=10-", None);
        check(WHOLE, "range:bytes=0-1,3-4", None);
        check(WHOLE, "", None);
        check(WHOLE, "range:bytes=0-1\nif-range:\"b\"", None);
        check(
            WHOLE,
            "range:bytes=0-1\nif-range:\"a\"",
            Some(("bytes=0-1", "bytes 0-1/10")),
        );
    }

    #[test]
    fn of_a_part_as_much_as_came() {
        check(PART, "range:bytes=6-8", Some(("bytes=2-4", "bytes 6-8/10")));
        check(PART, "range:bytes=-6", Some(("bytes=0-4", "bytes 4-8/10")));
        check(PART, "range:bytes=6-9", None);
        check(PART, "range:bytes=10-", None);
        check(PART, "range:bytes=3-5", None);
    }
}
