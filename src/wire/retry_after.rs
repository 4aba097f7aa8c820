//! `Retry-After` (RFC 9110, 10.2.3): seconds, or a date.

use super::{Timestamp, date, delta_seconds};
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

#[cfg(test)]
mod tests {
    use super::*;

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
