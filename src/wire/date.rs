//! Dates in HTTP's three forms (RFC 9110, 5.6.7).
//!
//! Written here because the crates that read them want `std::time`, which
//! does not exist where this runs.

use super::{Timestamp, cut};

/// Reads an IMF-fixdate, an RFC 850 date or an asctime date; `None` for
/// anything else, `0` and `-1` included.
///
/// ```
/// use lastgood::wire::date;
/// let read = date::parse("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
/// assert_eq!(read.as_millis(), 784_111_777_000);
/// ```
#[must_use]
pub fn parse(value: &str) -> Option<Timestamp> {
    let value = value.trim_ascii();
    match cut::at(value, b',') {
        Some((day_name, rest)) if day_name.len() > 3 => rfc850(rest),
        Some((_, rest)) => imf_fixdate(rest),
        None => asctime(value),
    }
}

/// ` 06 Nov 1994 08:49:37 GMT`: with exactly these spaces. Case does not matter,
/// as there is no other way to read it.
fn imf_fixdate(rest: &str) -> Option<Timestamp> {
    let mut words = cut::parts(rest.strip_prefix(' ')?, b' ');
    let day = number(words.next()?)?;
    let month = month(words.next()?)?;
    let year = number(words.next()?)?;
    let clock = words.next()?;
    let zone = words.next()?;
    (zone.eq_ignore_ascii_case("GMT") && words.next().is_none())
        .then(|| instant(year, month, day, clock))?
}

/// `06-Nov-94 08:49:37 GMT`: two digits that seem more than 50 years ahead
/// mean the past, so the century turns at 1970 for dates of our time.
fn rfc850(rest: &str) -> Option<Timestamp> {
    let mut words = rest.split_ascii_whitespace();
    let mut date = words.next()?.split('-');
    let day = number(date.next()?)?;
    let month = month(date.next()?)?;
    let short = number(date.next()?)?;
    let century = if short < 70 { 2000 } else { 1900 };
    instant(short.checked_add(century)?, month, day, words.next()?)
}

/// `Sun Nov  6 08:49:37 1994`
fn asctime(value: &str) -> Option<Timestamp> {
    let mut words = value.split_ascii_whitespace();
    let (_day_name, name) = (words.next()?, words.next()?);
    let day = number(words.next()?)?;
    let clock = words.next()?;
    let year = number(words.next()?)?;
    instant(year, month(name)?, day, clock)
}

pub(super) fn number(digits: &str) -> Option<u64> {
    let plain = digits.len() <= 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok())?
}

pub(super) fn two_digits(digits: &str) -> Option<u64> {
    number(digits).filter(|_| digits.len() == 2)
}

fn month(name: &str) -> Option<u64> {
    const NAMES: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let index = NAMES
        .iter()
        .position(|known| known.eq_ignore_ascii_case(name))?;
    u64::try_from(index).ok()?.checked_add(1)
}

/// A point in time from its parts in UTC, the month a number from 1 to 12; the day is
/// not held against its month. `clock` is `08:49:37`.
pub(super) fn instant(year: u64, month: u64, day: u64, clock: &str) -> Option<Timestamp> {
    let mut parts = cut::parts(clock, b':').map(two_digits);
    let hour = parts.next()??;
    let minute = parts.next()??;
    let second = parts.next()??;
    let valid = year >= 1970
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60
        && parts.next().is_none();
    if !valid {
        return None;
    }
    let days = days_since_epoch(year, month, day)?;
    let secs = days
        .checked_mul(86_400)?
        .checked_add(hour.checked_mul(3600)?)?
        .checked_add(minute.checked_mul(60)?)?
        .checked_add(second)?;
    Some(Timestamp::from_secs(secs))
}

/// The day count of the proleptic Gregorian calendar, with years that begin in
/// March, so that the leap day is a year's last.
fn days_since_epoch(year: u64, month: u64, day: u64) -> Option<u64> {
    let (year, month) = if month > 2 {
        (year, month.checked_sub(3)?)
    } else {
        (year.checked_sub(1)?, month.checked_add(9)?)
    };
    let leap_days = (year / 4)
        .checked_sub(year / 100)?
        .checked_add(year / 400)?;
    let day_of_year = month.checked_mul(153)?.checked_add(2)?.checked_div(5)?;
    year.checked_mul(365)?
        .checked_add(leap_days)?
        .checked_add(day_of_year)?
        .checked_add(day)?
        .checked_sub(719_469)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, secs: Option<u64>) {
        assert_eq!(parse(value), secs.map(Timestamp::from_secs), "{value}");
    }

    #[test]
    fn reads_all_three_forms() {
        check("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777));
        check("Sunday, 06-Nov-94 08:49:37 GMT", Some(784_111_777));
        check("Sun Nov  6 08:49:37 1994", Some(784_111_777));
        check("Thu, 01 Jan 1970 00:00:00 GMT", Some(0));
        check("Thu, 29 Feb 2024 23:59:59 GMT", Some(1_709_251_199));
        check("Fri, 31 Dec 9999 23:59:59 GMT", Some(253_402_300_799));
    }

    #[test]
    fn refuses_the_rest() {
        for value in [
            "",
            "0",
            "-1",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 1994 25:00:00 GMT",
        ] {
            check(value, None);
        }
        check("Sun, 06 Nov 1994 08:49:37 CET", None);
        check("Wed, 31 Dec 1969 23:59:59 GMT", None);
        check("Sun, 99999999999999999999 Nov 1994 08:49:37 GMT", None);
    }
}
