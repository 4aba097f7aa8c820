//! Age and lifetime (RFC 9111, 4.2).

use crate::wire::{ResponseHead, Timestamp};
use core::time::Duration;

/// How long a response is fresh, by its own word (4.2.1); `None` without one.
#[must_use]
pub(super) fn lifetime(head: &ResponseHead<'_>) -> Option<Duration> {
    let by_expires = || {
        head.expires.map(|expires| match (expires, head.date) {
            (Some(at), Some(date)) => at.since(date),
            _ => Duration::ZERO,
        })
    };
    head.cache_control
        .s_maxage
        .or(head.cache_control.max_age)
        .or_else(by_expires)
}

/// How old a response was when it arrived (4.2.3).
#[must_use]
pub(super) fn initial_age(head: &ResponseHead<'_>, arrived: Timestamp) -> Duration {
    let apparent = head.date.map_or(Duration::ZERO, |date| arrived.since(date));
    apparent.max(head.age)
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
    }
}
