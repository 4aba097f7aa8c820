//! `Retry-After` (RFC 9110, 10.2.3): seconds, or a date.

use super::{Fields, Timestamp, date, delta_seconds};
use core::time::Duration;

/// How long to wait from `now`; zero for a date that has passed, `None` for
/// what is neither form.
///
/// ```
/// use lastgood::wire::{Timestamp, retry_after};
/// let wait = retry_after::parse("120", Timestamp::default());
/// assert_eq!(wait.map(|span| span.as_secs()), Some(120));
/// ```
#[must_use]
pub fn parse(value: &str, now: Timestamp) -> Option<Duration> {
    delta_seconds::parse(value).or_else(|| date::parse(value).map(|at| at.since(now)))
}

/// What the time was for who sent a response that came at `now`: a date in it is meant by
/// their clock, and one here may be wrong.
#[must_use]
pub fn sent(fields: &dyn Fields, now: Timestamp) -> Timestamp {
    date::parse(fields.get("date")).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Listed;
    use alloc::format;

    #[test]
    fn a_date_is_held_against_the_servers_own_clock() {
        let told = "retry-after:Sun, 06 Nov 1994 08:49:37 GMT\n";
        let check = |more: &str, now: u64, secs: u64| {
            let fields = format!("{told}{more}");
            let fields = Listed::new(&fields);
            let now = sent(&fields, Timestamp::from_secs(now));
            let read = parse(fields.get("retry-after"), now);
            assert_eq!(read, Some(Duration::from_secs(secs)), "{more}");
        };
        let date = "date:Sun, 06 Nov 1994 08:49:07 GMT\n";
        // A clock that is right, one an hour ahead, one an hour behind.
        for now in [784_111_747, 784_115_347, 784_108_147] {
            check(date, now, 30);
        }
        check("", 784_111_747, 30);
        check("date:soon", 784_111_747, 30);
        check("", 784_115_347, 0);
    }

    #[test]
    fn reads_seconds_and_dates() {
        let now = Timestamp::from_secs(784_111_717);
        let check = |value: &str, secs: Option<u64>| {
            assert_eq!(parse(value, now), secs.map(Duration::from_secs), "{value}");
        };
        check("0", Some(0));
        check(" 5 ", Some(5));
        check("Sun, 06 Nov 1994 08:49:37 GMT", Some(60));
        check("Sunday, 06-Nov-94 08:49:37 GMT", Some(60));
        check("Sun Nov  6 08:49:37 1994", Some(60));
        check("Sat, 05 Nov 1994 08:49:37 GMT", Some(0));
        check("99999999999999999999", Some(4_294_967_295));
        for junk in ["", "-1", "1.5", "soon", "5 minutes"] {
            check(junk, None);
        }
    }
}
