//! The law of stored responses: what may be kept, and when it may be shown.
//!
//! The whole promise of the product stands on this module being stricter than
//! it needs to be: a page shown to the wrong person, or an error kept as the
//! page, is worse than the outage.

mod admission;
mod conditional;
mod due;
mod envelope;
mod freshness;
mod room;
mod window;

pub use admission::{Refusal, may_keep, may_keep_body};
pub use conditional::is_not_modified;
pub use due::Due;
pub use envelope::{Changes, ENVELOPE, VARY, restore, seal, vary};
pub use room::Room;

use crate::policy::Policy;
use crate::wire::{CacheControl, Fields, ResponseHead, Timestamp};
use core::time::Duration;

/// A stored last good response, as far as rules need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copy {
    stored_at: Timestamp,
    initial_age: Duration,
    lifetime: Option<Duration>,
    cache_control: CacheControl,
}

/// How old a copy is when it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aged {
    /// Its age (RFC 9111, 4.2.3).
    pub age: Duration,
    /// Its freshness lifetime.
    pub lifetime: Duration,
}

impl Aged {
    /// Remaining freshness in seconds, negative once stale.
    #[must_use]
    pub fn ttl(&self) -> i64 {
        let secs = |span: Duration| i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
        secs(self.lifetime).saturating_sub(secs(self.age))
    }
}

impl Copy {
    /// A copy of a response that was stored at `stored_at`.
    #[must_use]
    pub fn new(head: &ResponseHead<'_>, stored_at: Timestamp) -> Self {
        Self {
            stored_at,
            initial_age: freshness::initial_age(head, stored_at),
            lifetime: freshness::lifetime(head),
            cache_control: head.cache_control,
        }
    }

    /// Opens what was stored under an [`ENVELOPE`]: `None` if it is not ours, is
    /// damaged, or is the variant of another request. Of the request the fields
    /// matter that [`VARY`] names.
    #[must_use]
    pub fn open(status: u16, envelope: &str, request: &dyn Fields) -> Option<Self> {
        let originals = envelope::Originals::read(envelope)?;
        if !originals.selects(request) {
            return None;
        }
        let head = ResponseHead::read(status, &originals);
        Some(Self::new(&head, originals.stored_at))
    }

    /// How old it is at `now`.
    #[must_use]
    pub fn aged(&self, now: Timestamp) -> Aged {
        Aged {
            age: self.initial_age.saturating_add(now.since(self.stored_at)),
            lifetime: self.lifetime.unwrap_or(Duration::ZERO),
        }
    }

    /// Whether it may answer at once, without the origin (RFC 9111, 4).
    ///
    /// A copy made for anonymous visitors does not answer one who is signed in,
    /// unless the origin called it public.
    #[must_use]
    pub fn is_fresh(&self, signed_in: bool, now: Timestamp) -> bool {
        let aged = self.aged(now);
        aged.age < aged.lifetime && (!signed_in || self.cache_control.public)
    }

    /// Its age, if it may answer at once, though it has to be renewed behind the
    /// reply (RFC 5861, 3). Whom it does not answer while it is fresh, it does not
    /// answer then either.
    #[must_use]
    pub fn renewable(&self, signed_in: bool, policy: &Policy, now: Timestamp) -> Option<Aged> {
        let aged = self.aged(now);
        let until = aged
            .lifetime
            .saturating_add(window::renewal(&self.cache_control, policy));
        (aged.age < until && (!signed_in || self.cache_control.public)).then_some(aged)
    }

    /// Its age, if it may be shown instead of a failure at `now`.
    #[must_use]
    pub fn showable(&self, policy: &Policy, now: Timestamp) -> Option<Aged> {
        let aged = self.aged(now);
        let window = window::window(&self.cache_control, policy);
        (aged.age < aged.lifetime.saturating_add(window)).then_some(aged)
    }
}

/// How long a response could be shown, fresh and stale, from its making on.
#[must_use]
pub fn usable_for(response: &ResponseHead<'_>, policy: &Policy) -> Duration {
    let lifetime = freshness::lifetime(response).unwrap_or_default();
    lifetime.saturating_add(window::window(&response.cache_control, policy))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Listed;

    fn copy(fields: &str) -> Copy {
        let listed = Listed::new(fields);
        Copy::new(
            &ResponseHead::read(200, &listed),
            Timestamp::from_secs(1000),
        )
    }

    fn check(fields: &str, after: u64, shown: bool) {
        let policy = Policy {
            stale: Duration::from_secs(30),
            ..Policy::default()
        };
        let now = Timestamp::from_secs(1000).after(Duration::from_secs(after));
        assert_eq!(
            copy(fields).showable(&policy, now).is_some(),
            shown,
            "{fields} +{after}"
        );
    }

    #[test]
    fn shown_within_the_window_only() {
        check("cache-control:max-age=10", 39, true);
        check("cache-control:max-age=10", 40, false);
        check("cache-control:max-age=10, stale-if-error=5", 14, true);
        check("cache-control:max-age=10, stale-if-error=5", 15, false);
        check("cache-control:max-age=10, stale-if-error=0", 10, false);
        check("cache-control:max-age=10\nage:8", 31, true);
        check("cache-control:max-age=10\nage:8", 32, false);
        check("", 29, true);
        check("", 30, false);
    }

    #[test]
    fn a_word_against_stale_counts() {
        for word in [
            "must-revalidate",
            "proxy-revalidate",
            "no-cache",
            "s-maxage=10",
        ] {
            let fields = alloc::format!("cache-control:max-age=10, {word}");
            check(&fields, 11, false);
        }
        check("cache-control:s-maxage=10, stale-if-error=60", 11, true);
        check(
            "cache-control:s-maxage=10, stale-if-error=60, must-revalidate",
            11,
            false,
        );
        check("cache-control:max-age=10, must-revalidate", 9, true);
    }

    #[test]
    fn a_clock_set_back_makes_nothing_older() {
        let early = Timestamp::from_secs(1);
        assert_eq!(copy("").aged(early).age, Duration::ZERO);
    }
}
