//! `Cache-Control` of a request (RFC 9111, 5.2.1; RFC 5861, 4).

use super::{delta_seconds, list};
use core::time::Duration;

/// What a client demands of a copy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demands {
    /// `max-age`: no copy that is older.
    pub max_age: Option<Duration>,
    /// `min-fresh`: only a copy that stays fresh for so long.
    pub min_fresh: Option<Duration>,
    /// `max-stale`: also a copy that has been stale for so long; without a value,
    /// however long.
    pub max_stale: Option<Duration>,
    /// `stale-if-error`: so long past its freshness a copy may stand in.
    pub stale_if_error: Option<Duration>,
    /// `no-cache`: only what the origin has confirmed.
    pub no_cache: bool,
    /// `no-store`: nothing of this is to be kept.
    pub no_store: bool,
    /// `only-if-cached`: a copy, or nothing.
    pub only_if_cached: bool,
}

impl Demands {
    /// Reads a field value. Of a directive that is there twice the first one
    /// counts; one whose value cannot be read asks for the least.
    ///
    /// ```
    /// use lastgood::wire::Demands;
    /// let read = Demands::parse("max-age=0, only-if-cached");
    /// assert!(read.only_if_cached && read.max_age.is_some_and(|span| span.is_zero()));
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
        let seconds = || delta_seconds::parse(value).unwrap_or_default();
        if is("max-age") {
            self.max_age.get_or_insert_with(seconds);
        } else if is("min-fresh") {
            self.min_fresh.get_or_insert_with(seconds);
        } else if is("max-stale") {
            let any = || {
                if value.is_empty() {
                    Duration::MAX
                } else {
                    seconds()
                }
            };
            self.max_stale.get_or_insert_with(any);
        } else if is("stale-if-error") {
            self.stale_if_error.get_or_insert_with(seconds);
        } else {
            self.no_cache |= is("no-cache");
            self.no_store |= is("no-store");
            self.only_if_cached |= is("only-if-cached");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_is_there() {
        let check = |value: &str, expected: Demands| {
            assert_eq!(Demands::parse(value), expected, "{value}");
        };
        let none = Demands::default();
        let secs = |secs| Some(Duration::from_secs(secs));
        check("nothing-to-see-here, max-agee=1", none);
        check(
            "MAX-AGE=5, max-age=9",
            Demands {
                max_age: secs(5),
                ..none
            },
        );
        check(
            "min-fresh=x",
            Demands {
                min_fresh: secs(0),
                ..none
            },
        );
        check(
            "max-stale",
            Demands {
                max_stale: Some(Duration::MAX),
                ..none
            },
        );
        check(
            "max-stale=\"3\"",
            Demands {
                max_stale: secs(3),
                ..none
            },
        );
        check(
            "stale-if-error=1",
            Demands {
                stale_if_error: secs(1),
                ..none
            },
        );
        check("x=\"no-store\"", none);
        let all = Demands {
            no_cache: true,
            no_store: true,
            only_if_cached: true,
            ..none
        };
        check("no-cache, NO-STORE, only-if-cached", all);
    }
}
