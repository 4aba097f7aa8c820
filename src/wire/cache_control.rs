//! `Cache-Control` of a response (RFC 9111, 5.2.2; RFC 5861).

use super::{delta_seconds, list};
use core::time::Duration;

/// The directives of a response that bear on keeping and showing copies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheControl {
    /// `max-age`: how long the response is fresh.
    pub max_age: Option<Duration>,
    /// `s-maxage`: the same, for shared caches only, and stronger.
    pub s_maxage: Option<Duration>,
    /// `stale-if-error` (RFC 5861, 4).
    pub stale_if_error: Option<Duration>,
    /// `stale-while-revalidate` (RFC 5861, 3).
    pub stale_while_revalidate: Option<Duration>,
    /// `public`: may be stored even where other rules would forbid it.
    pub public: bool,
    /// `private`, with or without field names: not for a shared cache.
    pub private: bool,
    /// `no-store`: not to be stored at all.
    pub no_store: bool,
    /// `no-cache`, with or without field names: never shown unvalidated.
    pub no_cache: bool,
    /// `must-revalidate`: never shown stale.
    pub must_revalidate: bool,
    /// `proxy-revalidate`: never shown stale by a shared cache.
    pub proxy_revalidate: bool,
    /// `must-understand`: to be stored only by who knows what its status means,
    /// and by them in spite of `no-store` (5.2.2.3).
    pub must_understand: bool,
    /// `immutable`: while it is fresh, it is not asked for again (RFC 8246).
    pub immutable: bool,
}

impl CacheControl {
    /// Reads a field value; several lines are joined by commas beforehand.
    ///
    /// A lifetime that cannot be read counts as zero, as RFC 9111, 4.2.1
    /// encourages; of a directive that is there twice the first one counts.
    ///
    /// ```
    /// use lastgood::wire::CacheControl;
    /// let read = CacheControl::parse("public, max-age=60, stale-if-error=600");
    /// assert!(read.public);
    /// assert_eq!(read.max_age.map(|span| span.as_secs()), Some(60));
    /// ```
    #[must_use]
    pub fn parse(value: &str) -> Self {
        let mut read = Self::default();
        for element in list::elements(value) {
            read.take(element);
        }
        read
    }

    fn take(&mut self, element: &str) {
        let (name, value) = list::pair(element);
        let is = |wanted: &str| name.eq_ignore_ascii_case(wanted);
        if is("max-age") {
            self.max_age.get_or_insert_with(|| seconds(value));
        } else if is("s-maxage") {
            self.s_maxage.get_or_insert_with(|| seconds(value));
        } else if is("stale-if-error") {
            self.stale_if_error.get_or_insert_with(|| seconds(value));
        } else if is("stale-while-revalidate") {
            self.stale_while_revalidate
                .get_or_insert_with(|| seconds(value));
        } else {
            self.public |= is("public");
            self.private |= is("private");
            self.no_store |= is("no-store");
            self.no_cache |= is("no-cache");
            self.must_revalidate |= is("must-revalidate");
            self.proxy_revalidate |= is("proxy-revalidate");
            self.must_understand |= is("must-understand");
            self.immutable |= is("immutable");
        }
    }
}

/// A lifetime that cannot be read is none (RFC 9111, 4.2.1).
fn seconds(value: &str) -> Duration {
    delta_seconds::parse(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, expected: CacheControl) {
        assert_eq!(CacheControl::parse(value), expected, "{value}");
    }

    fn secs(secs: u64) -> Option<Duration> {
        Some(Duration::from_secs(secs))
    }

    #[test]
    fn reads_what_is_there() {
        let none = CacheControl::default();
        check("", none);
        check(
            "MAX-AGE=5",
            CacheControl {
                max_age: secs(5),
                ..none
            },
        );
        check(
            "max-age=\"7\", x",
            CacheControl {
                max_age: secs(7),
                ..none
            },
        );
        check(
            "max-age=5, max-age=9",
            CacheControl {
                max_age: secs(5),
                ..none
            },
        );
        check(
            "max-age=-1",
            CacheControl {
                max_age: secs(0),
                ..none
            },
        );
        check(
            "max-age",
            CacheControl {
                max_age: secs(0),
                ..none
            },
        );
        check(
            "max-age=99999999999999999999",
            CacheControl {
                max_age: secs(4_294_967_295),
                ..none
            },
        );
        check("x=\"no-store\"", none);
        check(
            "private=\"Set-Cookie\", no-cache",
            CacheControl {
                private: true,
                no_cache: true,
                ..none
            },
        );
    }
}
