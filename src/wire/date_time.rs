//! Dates with a time of day (RFC 3339), as operators write them.
//!
//! What is not said exactly is refused: a time without an offset would mean another
//! hour to each who reads it.

use super::date::{days, instant, number, two_digits};
use super::{Timestamp, cut};
use alloc::{format, string::String};

/// Reads `2026-11-21T22:00:00Z`, or the same with an offset from UTC, to the
/// millisecond; `None` for anything else, and for what was before 1970.
///
/// ```
/// use lastgood::wire::date_time;
/// let utc = date_time::parse("2026-11-21T22:00:00Z").unwrap();
/// assert_eq!(utc.as_millis(), 1_795_298_400_000);
/// assert_eq!(date_time::parse("2026-11-21T23:00:00+01:00"), Some(utc));
/// assert_eq!(date_time::parse("2026-11-21T22:00:00"), None);
/// ```
#[must_use]
pub fn parse(value: &str) -> Option<Timestamp> {
    let value = value.trim_ascii();
    let bytes = value.as_bytes();
    let is_at = |(place, sign): &(usize, u8)| {
        let byte = bytes.get(*place);
        byte.is_some_and(|byte| byte.eq_ignore_ascii_case(sign))
    };
    if ![(4, b'-'), (7, b'-'), (10, b'T')].iter().all(is_at) {
        return None;
    }
    let year = number(value.get(..4)?)?;
    let month = two_digits(value.get(5..7)?)?;
    let day = two_digits(value.get(8..10)?)?;
    let exists = (1..=12).contains(&month);
    let local = exists.then(|| instant(year, month, day, value.get(11..19)?))??;
    let (millis, offset) = fraction(value.get(19..)?)?;
    let millis = local.as_millis().checked_add(millis)?;
    Some(Timestamp::from_millis(to_utc(millis, offset)?))
}

/// Writes a time in UTC, to the minute, for people: `2026-11-21 22:00 UTC`.
#[must_use]
pub fn spoken(at: Timestamp) -> String {
    let ((year, month, day), minutes) = parts(at);
    let (hour, minute) = (minutes / 60, minutes % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02} UTC")
}

/// Writes a time in UTC, to the minute: `2026-11-21T22:00Z`, as HTML has it in `datetime`.
#[must_use]
pub fn written(at: Timestamp) -> String {
    let ((year, month, day), minutes) = parts(at);
    let (hour, minute) = (minutes / 60, minutes % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}Z")
}

/// Year, month and day, and the minutes of the day that have passed.
fn parts(at: Timestamp) -> ((u64, u64, u64), u64) {
    let minutes = at.as_millis() / 60_000;
    let (mut day, mut year, mut month) = (minutes / 1440, 1970, 1);
    // In steps of 400 years, which are all alike, then by years and months.
    year = (day / 146_097).saturating_mul(400).saturating_add(year);
    day %= 146_097;
    while day >= year_days(year) {
        day = day.saturating_sub(year_days(year));
        year = year.saturating_add(1);
    }
    while day >= days(year, month) {
        day = day.saturating_sub(days(year, month));
        month = month.saturating_add(1);
    }
    ((year, month, day.saturating_add(1)), minutes % 1440)
}

const fn year_days(year: u64) -> u64 {
    days(year, 2).saturating_add(337)
}

/// The fraction that a text begins with, in whole milliseconds, and the rest.
fn fraction(text: &str) -> Option<(u64, &str)> {
    let Some(text) = text.strip_prefix('.') else {
        return Some((0, text));
    };
    let (digits, rest) = cut::before(text, |byte| !byte.is_ascii_digit());
    let mut millis = 0_u64;
    for digit in digits.bytes().chain([b'0'; 3]).take(3) {
        let digit = u64::from(digit.saturating_sub(b'0'));
        millis = millis.saturating_mul(10).saturating_add(digit);
    }
    (!digits.is_empty()).then_some((millis, rest))
}

/// Milliseconds of a local clock as those of UTC; `+01:00` is ahead of it.
fn to_utc(local: u64, offset: &str) -> Option<u64> {
    if offset.eq_ignore_ascii_case("z") {
        return Some(local);
    }
    let (sign, rest) = offset.split_at_checked(1)?;
    let (hours, minutes) = cut::at(rest, b':')?;
    let hours = two_digits(hours).filter(|hours| *hours < 24)?;
    let minutes = two_digits(minutes).filter(|minutes| *minutes < 60)?;
    let span = hours.checked_mul(60)?.checked_add(minutes)?;
    let span = span.checked_mul(60_000)?;
    match sign {
        "+" => local.checked_sub(span),
        "-" => local.checked_add(span),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::String};
    use proptest::prelude::*;

    fn check(value: &str, millis: Option<u64>) {
        assert_eq!(parse(value), millis.map(Timestamp::from_millis), "{value}");
    }

    #[test]
    fn what_is_written_reads_the_same() {
        let check = |text: &str, spoken_as: &str| {
            let at = parse(text).unwrap();
            assert_eq!(spoken(at), spoken_as);
            let again = written(at).replace('Z', ":00Z");
            assert_eq!(parse(&again), Some(at));
        };
        check("1970-01-01T00:00:00Z", "1970-01-01 00:00 UTC");
        check("2000-02-29T23:59:00Z", "2000-02-29 23:59 UTC");
        check("2026-11-21T22:30:00Z", "2026-11-21 22:30 UTC");
        check("2100-03-01T00:00:00Z", "2100-03-01 00:00 UTC");
        check("9999-12-31T23:59:00Z", "9999-12-31 23:59 UTC");
        assert!(spoken(Timestamp::NEVER).len() > 20);
    }

    #[test]
    fn reads_what_the_standard_has_for_examples() {
        check("1985-04-12T23:20:50.52Z", Some(482_196_050_520));
        check("1996-12-19T16:39:57-08:00", Some(851_042_397_000));
        check("1990-12-31T23:59:60Z", Some(662_688_000_000));
        check("1990-12-31T15:59:60-08:00", Some(662_688_000_000));
        check("1937-01-01T12:00:27.87+00:20", None);
    }

    #[test]
    fn reads_letters_in_either_case_and_any_fraction() {
        check(" 1970-01-01t00:00:00z ", Some(0));
        check("1970-01-01T00:00:00.0019999999Z", Some(1));
        check("2024-02-29T00:00:00-00:00", Some(1_709_164_800_000));
        check("9999-12-31T23:59:59Z", Some(253_402_300_799_000));
    }

    #[test]
    fn refuses_the_rest() {
        for value in [
            "",
            "T",
            "Z",
            "2026-11-21",
            "2026-11-21T22:00:00",
            "2026-11-21 22:00:00Z",
            "2026-11-21T22:00Z",
            "2026-11-21T24:00:00Z",
            "2026-11-21T22:60:00Z",
            "2026-11-21T22:00:00.Z",
            "2026-11-21T22:00:00.5xZ",
            "2026-11-21T22:00:00ZZ",
            "2026-11-21T22:00:00x01:00",
            "2026-11-21T22:00:00+1:00",
            "2026-11-21T22:00:00+0100",
            "2026-11-21T22:00:00+24:00",
            "2026-11-21T22:00:00+01:60",
            "2026-11-21T22:00:00é",
            "2026-11-2éT22:00:00Z",
            "2026-13-01T22:00:00Z",
            "2026-00-01T22:00:00Z",
            "2026-11-00T22:00:00Z",
            "2026-11-31T22:00:00Z",
            "2026-02-29T22:00:00Z",
            "2100-02-29T22:00:00Z",
            "2026-11-21-01T22:00:00Z",
            "26-11-21T22:00:00Z",
            "+026-11-21T22:00:00Z",
            "99999999999999999999-11-21T22:00:00Z",
            "1970-01-01T00:00:00+00:01",
            "1969-12-31T23:59:59Z",
        ] {
            check(value, None);
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_much(text: String, digits in "[0-9TZ:.+-]{0,30}") {
            let _ = (parse(&text), parse(&digits));
        }

        /// Days are counted one by one here.
        #[test]
        fn each_instant_is_read(days in 0u64..60_000, secs in 0u64..86_400, ahead in 0u64..1440) {
            let (mut year, mut month, mut day) = (1970, 1, 1);
            for _ in 0..days {
                day += 1;
                if day > super::days(year, month) {
                    (month, day) = (month + 1, 1);
                }
                if month > 12 {
                    (year, month) = (year + 1, 1);
                }
            }
            let clock = format!("{:02}:{:02}:{:02}", secs / 3600, secs / 60 % 60, secs % 60);
            let offset = format!("{:02}:{:02}", ahead / 60, ahead % 60);
            let local = (days * 86_400 + secs) * 1000;
            let at = |sign| parse(&format!("{year:04}-{month:02}-{day:02}T{clock}{sign}{offset}"));
            let ahead = ahead * 60_000;
            prop_assert_eq!(at('-'), Some(Timestamp::from_millis(local + ahead)));
            prop_assert_eq!(at('+'), local.checked_sub(ahead).map(Timestamp::from_millis));
        }
    }
}
