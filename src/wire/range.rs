//! `Range` and `Content-Range` (RFC 9110, 14): one span of bytes.

use super::cut;

/// The bytes that a request asks for: of several spans, or of what is no bytes,
/// nothing is known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// From the first to the last, both included; to the end without a last.
    From(u64, Option<u64>),
    /// So many at the end.
    Last(u64),
}

/// A part of something: its first and last byte, and how long the whole is, if
/// that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The first byte.
    pub first: u64,
    /// The last one.
    pub last: u64,
    /// The length of the whole.
    pub whole: Option<u64>,
}

impl Wanted {
    /// Reads the value of `Range`.
    ///
    /// ```
    /// use lastgood::wire::range::Wanted;
    /// assert_eq!(Wanted::parse("bytes=0-1"), Some(Wanted::From(0, Some(1))));
    /// assert_eq!(Wanted::parse("bytes=0-1,5-6"), None);
    /// ```
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        let (unit, span) = cut::at(value, b'=')?;
        let (first, last) = cut::at(span.trim_ascii(), b'-')?;
        if !unit.trim_ascii().eq_ignore_ascii_case("bytes") {
            return None;
        }
        match (first, last) {
            ("", last) => Some(Self::Last(number(last)?)),
            (first, "") => Some(Self::From(number(first)?, None)),
            (first, last) => {
                let (first, last) = (number(first)?, number(last)?);
                (first <= last).then_some(Self::From(first, Some(last)))
            }
        }
    }

    /// Which part of a body of `whole` bytes that is; `None` if there is none.
    #[must_use]
    pub fn of(self, whole: u64) -> Option<Part> {
        let end = whole.checked_sub(1)?;
        let (first, last) = match self {
            Self::From(first, last) => (first, last.map_or(end, |last| last.min(end))),
            Self::Last(0) => return None,
            Self::Last(count) => (whole.saturating_sub(count), end),
        };
        (first <= last).then_some(Part {
            first,
            last,
            whole: Some(whole),
        })
    }
}

impl Part {
    /// Reads the value of `Content-Range`.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        let (unit, rest) = cut::at(value.trim_ascii(), b' ')?;
        let (span, whole) = cut::at(rest, b'/')?;
        let (first, last) = cut::at(span, b'-')?;
        let (first, last) = (number(first)?, number(last)?);
        let whole = match whole {
            "*" => None,
            whole => Some(number(whole)?),
        };
        let sound = first <= last && whole.is_none_or(|whole| last < whole);
        (sound && unit.eq_ignore_ascii_case("bytes")).then_some(Self { first, last, whole })
    }

    /// How many bytes it has.
    #[must_use]
    pub const fn length(self) -> u64 {
        self.last.saturating_sub(self.first).saturating_add(1)
    }

    /// Whether all of another part is in this one.
    #[must_use]
    pub const fn covers(self, other: Self) -> bool {
        self.first <= other.first && other.last <= self.last
    }
}

fn number(digits: &str) -> Option<u64> {
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_span_is_understood() {
        let check = |value: &str, expected: Option<Wanted>| {
            assert_eq!(Wanted::parse(value), expected, "{value}");
        };
        check("bytes=0-0", Some(Wanted::From(0, Some(0))));
        check("Bytes=5-", Some(Wanted::From(5, None)));
        check("bytes=-3", Some(Wanted::Last(3)));
        for odd in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=a-b",
            "bytes=5-4",
            "bytes=1-2,3-4",
            "lines=1-2",
            "bytes=+1-2",
            "bytes=1-99999999999999999999",
        ] {
            check(odd, None);
        }
    }

    #[test]
    fn a_span_becomes_a_part() {
        let check = |wanted: Wanted, whole: u64, expected: Option<(u64, u64)>| {
            let found = wanted.of(whole).map(|part| (part.first, part.last));
            assert_eq!(found, expected, "{wanted:?} of {whole}");
        };
        check(Wanted::From(0, Some(1)), 10, Some((0, 1)));
        check(Wanted::From(3, None), 10, Some((3, 9)));
        check(Wanted::From(3, Some(99)), 10, Some((3, 9)));
        check(Wanted::From(10, None), 10, None);
        check(Wanted::Last(4), 10, Some((6, 9)));
        check(Wanted::Last(40), 10, Some((0, 9)));
        check(Wanted::Last(0), 10, None);
        check(Wanted::Last(1), 0, None);
    }

    #[test]
    fn a_part_has_to_be_sound() {
        let check = |value: &str, expected: Option<(u64, u64, Option<u64>)>| {
            let found = Part::parse(value).map(|part| (part.first, part.last, part.whole));
            assert_eq!(found, expected, "{value}");
        };
        check("bytes 4-9/10", Some((4, 9, Some(10))));
        check("bytes 4-9/*", Some((4, 9, None)));
        for odd in [
            "",
            "bytes */10",
            "bytes 9-4/10",
            "bytes 4-10/10",
            "x 1-2/3",
            "bytes 1-2",
        ] {
            check(odd, None);
        }
    }

    proptest! {
        #[test]
        fn no_part_leaves_the_whole(first: u64, last: Option<u64>, whole: u64, count: u64) {
            for wanted in [Wanted::From(first, last), Wanted::Last(count)] {
                if let Some(part) = wanted.of(whole) {
                    prop_assert!(part.first <= part.last && part.last < whole);
                }
            }
        }

        #[test]
        fn no_text_is_too_odd(text: alloc::string::String, near in "[bytes=0-9,/* -]{0,24}") {
            let _ = (Wanted::parse(&text), Wanted::parse(&near));
            let _ = (Part::parse(&text), Part::parse(&near));
        }
    }
}
