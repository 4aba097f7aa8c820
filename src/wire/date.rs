//! Dates in HTTP's three forms (RFC 9110, 5.6.7).
//!
//! Written here because the crates that read them want `std::time`, which
//! does not exist where this runs.

use super::{Timestamp, cut};

/// Reads an IMF-fixdate, an RFC 850 date or an asctime date; `None` for
/// anything else, `0` and `-1` included. Names may be in any case, as there is no
/// other way to read them; that the day of the week is the right one is not asked.
///
/// ```
/// use lastgood::wire::date;
/// let read = date::parse("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
/// assert_eq!(read.as_millis(), 784_111_777_000);
/// ```
#[must_use]
pub fn parse(value: &str) -> Option<Timestamp> {
    let value = value.trim_ascii();
    let Some((day_name, rest)) = cut::at(value, b',') else {
        return asctime(value);
    };
    let mut words = cut::parts(rest.strip_prefix(' ')?, b' ');
    let read = match is_day(day_name, SHORT) {
        true => imf_fixdate(&mut words)?,
        false if is_day(day_name, usize::MAX) => rfc850(&mut words)?,
        false => return None,
    };
    let in_gmt = words.next()?.eq_ignore_ascii_case("GMT");
    (in_gmt && words.next().is_none()).then_some(read)
}

/// `06 Nov 1994 08:49:37`
fn imf_fixdate<'a>(words: &mut impl Iterator<Item = &'a str>) -> Option<Timestamp> {
    let day = two_digits(words.next()?)?;
    let month = month(words.next()?)?;
    let year = four_digits(words.next()?)?;
    instant(year, month, day, words.next()?)
}

/// `06-Nov-94 08:49:37`: two digits that seem more than 50 years ahead
/// mean the past, so the century turns at 1970 for dates of our time.
fn rfc850<'a>(words: &mut impl Iterator<Item = &'a str>) -> Option<Timestamp> {
    let mut date = cut::parts(words.next()?, b'-');
    let day = two_digits(date.next()?)?;
    let month = month(date.next()?)?;
    let short = two_digits(date.next()?)?;
    let century = if short < 70 { 2000 } else { 1900 };
    if date.next().is_some() {
        return None;
    }
    instant(short.checked_add(century)?, month, day, words.next()?)
}

/// `Sun Nov  6 08:49:37 1994`
fn asctime(value: &str) -> Option<Timestamp> {
    let mut words = cut::parts(value, b' ');
    let (day_name, month) = (words.next()?, month(words.next()?)?);
    let day = match words.next()? {
        "" => number(words.next().filter(|digits| digits.len() == 1)?)?,
        digits => two_digits(digits)?,
    };
    let clock = words.next()?;
    let year = four_digits(words.next()?)?;
    let whole = is_day(day_name, SHORT) && words.next().is_none();
    whole.then(|| instant(year, month, day, clock))?
}

/// So many letters a day's short name has.
const SHORT: usize = 3;

/// Whether it is a day's name, of so many letters at most.
fn is_day(name: &str, letters: usize) -> bool {
    [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ]
    .iter()
    .any(|day| day.get(..letters).unwrap_or(day).eq_ignore_ascii_case(name))
}

pub(super) fn number(digits: &str) -> Option<u64> {
    let plain = digits.len() <= 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok())?
}

pub(super) fn two_digits(digits: &str) -> Option<u64> {
    number(digits).filter(|_| digits.len() == 2)
}

fn four_digits(digits: &str) -> Option<u64> {
    number(digits).filter(|_| digits.len() == 4)
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

fn month(name: &str) -> Option<u64> {
    let index = MONTHS
        .iter()
        .position(|known| known.eq_ignore_ascii_case(name))?;
    u64::try_from(index).ok()?.checked_add(1)
}

/// A point in time from its parts in UTC, the month a number from 1 to 12; `None` for a
/// day that the month does not have. `clock` is `08:49:37`.
pub(super) fn instant(year: u64, month: u64, day: u64, clock: &str) -> Option<Timestamp> {
    let mut parts = cut::parts(clock, b':').map(two_digits);
    let hour = parts.next()??;
    let minute = parts.next()??;
    let second = parts.next()??;
    let valid = year >= 1970
        && (1..=days(year, month)).contains(&day)
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

/// The length of a month.
pub(super) const fn days(year: u64, month: u64) -> u64 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
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
    use alloc::format;
    use proptest::prelude::*;

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
        // Other zones, what comes behind, and days that there are not.
        for value in [
            "Sunday, 06-Nov-94 08:49:37 PST",
            "Sunday, 06-Nov-94 08:49:37",
            "Sunday, 06-Nov-94 08:49:37 GMT+1",
            "Sunday, 06-Nov-94 08:49:37 GMT x",
            "Sunday, 06-Nov-1994 08:49:37 GMT",
            "Sunday, 06-Nov-94-1 08:49:37 GMT",
            "Sunday,06-Nov-94 08:49:37 GMT",
            "Sunday,  06-Nov-94 08:49:37 GMT",
            "Sunday, 6-Nov-94 08:49:37 GMT",
            "Someday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994 GMT",
            "Sun Nov  6 08:49:37 1994 x",
            "Sun Nov  6 08:49:37 94",
            "Sun Nov 6 08:49:37 1994",
            "Sun Nov  06 08:49:37 1994",
            "Sun  Nov  6 08:49:37 1994",
            "Sunday Nov  6 08:49:37 1994",
            "Sun, 6 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 94 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 GMT x",
            "Sol, 06 Nov 1994 08:49:37 GMT",
            ", 06 Nov 1994 08:49:37 GMT",
            "Sat, 31 Feb 2026 08:49:37 GMT",
            "Sun, 29 Feb 2026 08:49:37 GMT",
            "Wed, 31 Jun 2026 08:49:37 GMT",
            "Wed, 00 Jun 2026 08:49:37 GMT",
            "Sunday, 31-Nov-94 08:49:37 GMT",
            "Sun Feb 30 08:49:37 1994",
        ] {
            check(value, None);
        }
        check("Wed, 31 Dec 1969 23:59:59 GMT", None);
        check("Sun, 99999999999999999999 Nov 1994 08:49:37 GMT", None);
    }

    proptest! {
        #[test]
        fn a_day_in_each_form_or_in_none(day in 1_u64..33, month in 0_usize..12, year in 1970_u64..2070) {
            let name = MONTHS[month];
            let exists = day <= days(year, u64::try_from(month).unwrap() + 1);
            let short = year % 100;
            let read = [
                format!("Sun, {day:02} {name} {year} 08:49:37 GMT"),
                format!("Sunday, {day:02}-{name}-{short:02} 08:49:37 GMT"),
                format!("Sun {name} {day:>2} 08:49:37 {year}"),
            ]
            .map(|value| parse(&value));
            prop_assert_eq!(read[0].is_some(), exists);
            prop_assert!(read.iter().all(|it| *it == read[0]), "{:?}", read);
        }
    }
}
