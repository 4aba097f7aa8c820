//! Age and lifetime (RFC 9111, 4.2).

use crate::wire::{ResponseHead, Timestamp, date};
use core::time::Duration;

/// A lifetime that nobody wrote is at most this long: of a page that has been the
/// same for years a day is little, and of one that changes tomorrow not too much.
const LONGEST_GUESS: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a response is fresh, by its own word (4.2.1); `None` without one.
#[must_use]
pub(super) fn lifetime(head: &ResponseHead<'_>) -> Option<Duration> {
    let by_expires = || {
        let expires = head.expires.filter(|_| !head.targeted)?;
        Some(match (expires, head.made()) {
            (Some(at), Some(date)) => at.since(date),
            _ => Duration::ZERO,
        })
    };
    head.cache_control
        .s_maxage
        .or(head.cache_control.max_age)
        .or_else(by_expires)
}

/// How long a response is fresh if it does not say so (4.2.2): a tenth of the time
/// that it has not changed for.
#[must_use]
pub(super) fn guess(head: &ResponseHead<'_>) -> Option<Duration> {
    let allowed = is_cacheable_by_itself(head.status) || head.cache_control.public;
    let unchanged_since = date::parse(head.last_modified).filter(|_| allowed)?;
    let unchanged = head.made()?.since(unchanged_since);
    Some(unchanged.checked_div(10)?.min(LONGEST_GUESS))
}

/// Statuses whose answers may be used again without a word about it (RFC 9110,
/// 15.1).
#[must_use]
pub(super) const fn is_cacheable_by_itself(status: u16) -> bool {
    matches!(
        status,
        200 | 203 | 204 | 206 | 300 | 301 | 308 | 404 | 405 | 410 | 414 | 501
    )
}

/// How old a response was when it arrived (4.2.3), after a wait for it.
#[must_use]
pub(super) fn initial_age(
    head: &ResponseHead<'_>,
    arrived: Timestamp,
    waited: Duration,
) -> Duration {
    let apparent = head.date.map_or(Duration::ZERO, |date| arrived.since(date));
    apparent.max(head.age.saturating_add(waited))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Listed;

    fn check(fields: &str, secs: Option<u64>) {
        let listed = Listed::new(fields);
        let head = ResponseHead::read(200, &listed);
        assert_eq!(lifetime(&head), secs.map(Duration::from_secs), "{fields}");
    }

    #[test]
    fn the_strongest_word_counts() {
        let dates = "date:Sun, 06 Nov 1994 08:49:37 GMT\nexpires:Sun, 06 Nov 1994 08:50:37 GMT";
        check("", None);
        check(dates, Some(60));
        check(&alloc::format!("cache-control:max-age=5\n{dates}"), Some(5));
        check("cache-control:max-age=5, s-maxage=9", Some(9));
        check("expires:0", Some(0));
        check("expires:Sun, 06 Nov 1994 08:50:37 GMT", Some(0));
        check(
            "cdn-cache-control:max-age=7\ncache-control:max-age=5",
            Some(7),
        );
        check(
            "lastgood-cache-control:max-age=8\ncdn-cache-control:max-age=7",
            Some(8),
        );
        check(&alloc::format!("cdn-cache-control:public\n{dates}"), None);
    }

    #[test]
    fn a_guess_is_a_tenth_and_has_a_limit() {
        let check = |status: u16, more: &str, changed: &str, secs: Option<u64>| {
            let date = "date:Sun, 06 Nov 1994 08:49:37 GMT";
            let fields = alloc::format!("{date}\nlast-modified:{changed}\n{more}");
            let listed = Listed::new(&fields);
            let found = guess(&ResponseHead::read(status, &listed));
            assert_eq!(found, secs.map(Duration::from_secs), "{status} {changed}");
        };
        check(200, "", "Sun, 06 Nov 1994 08:48:37 GMT", Some(6));
        check(404, "", "Sun, 06 Nov 1994 08:48:37 GMT", Some(6));
        check(200, "", "Tue, 06 Nov 1984 08:48:37 GMT", Some(86_400));
        check(200, "", "Sun, 06 Nov 1994 08:50:37 GMT", Some(0));
        check(200, "", "yesterday", None);
        check(502, "", "Sun, 06 Nov 1994 08:48:37 GMT", None);
        check(
            502,
            "cache-control:public",
            "Sun, 06 Nov 1994 08:48:37 GMT",
            Some(6),
        );
    }
}
