//! The law of stored responses: what may be kept, and when it may be shown.
//!
//! The whole promise of the product stands on this module being stricter than
//! it needs to be: a page shown to the wrong person, or an error kept as the
//! page, is worse than the outage.

mod admission;
mod asides;
mod changes;
mod conditional;
mod document;
mod due;
mod envelope;
mod epochs;
mod freshness;
mod invalidation;
mod places;
mod renewal;
mod room;
mod slices;
mod spread;
mod tokens;
mod window;

pub use admission::{Refusal, may_keep, may_keep_body};
pub use asides::{Aside, Asides, remembered};
pub use changes::Changes;
pub use conditional::is_not_modified;
pub use document::is_document;
pub use due::Due;
pub use envelope::{ENVELOPE, Kept, SEALED, VARY, admits_line, extent, restore, seal};
pub use epochs::{Epochs, Purge};
pub use invalidation::{may_name, outdates};
pub use places::{all_of, for_response, is_ours, of_aside, to_return};
pub use renewal::{after_head, conditions, renew};
pub use room::Room;
pub use slices::{Slice, slice};
pub use spread::Spread;
pub use tokens::{LONGEST_SEARCHED, Search, pattern as token_pattern, search as token_search};

use crate::policy::Policy;
use crate::wire::{CacheControl, Demands, Fields, ResponseHead, Timestamp};
use alloc::string::String;
use core::time::Duration;

/// A stored last good response, as far as rules need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copy {
    /// Its status.
    pub status: u16,
    stored_at: Timestamp,
    /// When the request came that it answered.
    asked_at: Timestamp,
    initial_age: Duration,
    lifetime: Option<Duration>,
    cache_control: CacheControl,
    /// The origin can be asked whether it still is current.
    pub has_validator: bool,
    /// The origin said for how long it may be used again.
    pub is_meant_for_reuse: bool,
    /// It was purged: it stands in for a failure, and for nothing else.
    outdated: bool,
}

/// What there is of a page for a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing, or nothing that is ours.
    Nothing,
    /// A copy for this request.
    Copy(Copy),
    /// A copy for another; if there is one for this, it is under this URL.
    Variant(String),
}

impl Found {
    /// What is stored under an [`ENVELOPE`] in the place of a page.
    #[must_use]
    pub fn under(envelope: &str, url: &str, request: &dyn Fields) -> Self {
        let Some(originals) = envelope::Originals::read(envelope) else {
            return Self::Nothing;
        };
        if !originals.selects(request) {
            return Self::Variant(places::variant(url, &originals, request));
        }
        let head = ResponseHead::read(originals.status, &originals);
        let copy = Copy::new(&head, originals.stored_at, originals.waited);
        Self::Copy(Copy {
            lifetime: originals.given.or(copy.lifetime),
            ..copy
        })
    }

    /// Whether what is stored there is none that we put there as it is, and had better
    /// be removed: it cannot be read, or was stored tomorrow and would never be old.
    #[must_use]
    pub fn is_foreign(&self, now: Timestamp) -> bool {
        match self {
            Self::Nothing => true,
            Self::Copy(copy) => copy.stored_at > now.after(WRONGEST_CLOCK),
            Self::Variant(_) => false,
        }
    }
}

/// No clock by which something was stored was further ahead than this: a day.
const WRONGEST_CLOCK: Duration = Duration::from_secs(24 * 60 * 60);

/// How old a copy is when it is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Aged {
    /// Its age (RFC 9111, 4.2.3).
    pub age: Duration,
    /// Its freshness lifetime.
    pub lifetime: Duration,
    /// The origin forbids to show it so; the operator overrode that.
    pub overridden: bool,
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
    /// A copy of a response that came at `arrived`, after a wait for it.
    #[must_use]
    pub fn new(head: &ResponseHead<'_>, arrived: Timestamp, waited: Duration) -> Self {
        let head = &ResponseHead {
            arrived: Some(arrived),
            ..*head
        };
        // Ages are seconds; a shorter wait is no part of them.
        let counted = match waited.as_secs() {
            0 => Duration::ZERO,
            _ => waited,
        };
        Self {
            status: head.status,
            stored_at: arrived,
            asked_at: arrived.before(waited),
            initial_age: freshness::initial_age(head, arrived, counted),
            lifetime: freshness::lifetime(head).or_else(|| freshness::guess(head)),
            cache_control: head.cache_control,
            has_validator: head.has_validator(),
            is_meant_for_reuse: freshness::lifetime(head).is_some(),
            outdated: false,
        }
    }

    /// Opens what was stored under an [`ENVELOPE`]: `None` if it is not ours, is
    /// damaged, or is the variant of another request. Of the request the fields
    /// matter that [`VARY`] names.
    #[must_use]
    pub fn open(envelope: &str, request: &dyn Fields) -> Option<Self> {
        match Found::under(envelope, "", request) {
            Found::Copy(copy) => Some(copy),
            Found::Nothing | Found::Variant(_) => None,
        }
    }

    /// How old it is at `now`.
    #[must_use]
    pub fn aged(&self, now: Timestamp) -> Aged {
        Aged {
            age: self.initial_age.saturating_add(now.since(self.stored_at)),
            lifetime: self.lifetime.unwrap_or(Duration::ZERO),
            overridden: false,
        }
    }

    /// Whether it may answer at once, without the origin (RFC 9111, 4).
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        let aged = self.aged(now);
        aged.age < aged.lifetime && !self.cache_control.no_cache && !self.outdated
    }

    /// Whether the origin meant it for all, whoever they are (RFC 9111, 3.5).
    #[must_use]
    pub const fn is_for_all(&self) -> bool {
        let said = &self.cache_control;
        said.public || said.s_maxage.is_some() || said.must_revalidate
    }

    /// Whether a client that demands this takes it at once (RFC 9111, 5.2.1); a
    /// fresh one, or a stale one by its own word.
    #[must_use]
    pub fn satisfies(&self, demands: &Demands, now: Timestamp) -> bool {
        let Aged { age, lifetime, .. } = self.aged(now);
        let said = &self.cache_control;
        // RFC 8246: who reloads a page means the page, and not what never changes.
        let held = said.immutable && age < lifetime;
        let young = held || demands.max_age.is_none_or(|most| age <= most);
        let left = lifetime.saturating_sub(age);
        let lasts = demands.min_fresh.is_none_or(|least| left >= least);
        !demands.no_cache && young && lasts
    }

    /// Whether a client takes it though it is stale: as long as the origin does not
    /// forbid that (RFC 9111, 4.2.4).
    #[must_use]
    pub fn satisfies_stale(&self, demands: &Demands, now: Timestamp) -> bool {
        let Aged { age, lifetime, .. } = self.aged(now);
        let stale = age.saturating_sub(lifetime);
        let taken = demands.max_stale.is_some_and(|most| stale <= most);
        taken
            && !self.outdated
            && !window::is_forbidden(&self.cache_control)
            && self.satisfies(demands, now)
    }

    /// Its age, if it may answer at once, though it has to be renewed behind the
    /// reply (RFC 5861, 3).
    #[must_use]
    pub fn renewable(&self, policy: &Policy, now: Timestamp) -> Option<Aged> {
        let aged = self.aged(now);
        let until = aged
            .lifetime
            .saturating_add(window::renewal(&self.cache_control, policy));
        let may = !self.cache_control.no_cache && !self.outdated;
        (aged.age < until && may).then_some(aged)
    }

    /// Its age, if it may be shown instead of a failure at `now`, to a client that
    /// may have set a limit of its own (RFC 5861, 4). An error is no copy to show.
    #[must_use]
    pub fn showable(&self, demands: &Demands, policy: &Policy, now: Timestamp) -> Option<Aged> {
        let aged = self.aged(now);
        let (said, lifetime) = (&self.cache_control, self.lifetime);
        let limit = demands.stale_if_error.unwrap_or(Duration::MAX);
        let within = |window: Duration| aged.age < aged.lifetime.saturating_add(window.min(limit));
        let lawful = !said.no_cache && within(window::window(said, lifetime, policy));
        let against = window::overridden(said, lifetime, policy).min(limit);
        let overridden = !lawful && !against.is_zero() && within(against);
        let shown = self.status < 400 && (lawful || overridden);
        shown.then_some(Aged { overridden, ..aged })
    }
}

/// How long a response is fresh, by its own word or by a guess.
#[must_use]
pub fn lifetime(response: &ResponseHead<'_>) -> Duration {
    let guess = || freshness::guess(response);
    freshness::lifetime(response)
        .or_else(guess)
        .unwrap_or_default()
}

/// How long a response could be shown, fresh and stale, from its making on.
#[must_use]
pub fn usable_for(response: &ResponseHead<'_>, policy: &Policy) -> Duration {
    let lifetime = freshness::lifetime(response).unwrap_or_default();
    lifetime.saturating_add(window_of(response, policy))
}

/// How long past its freshness a response could be shown.
fn window_of(response: &ResponseHead<'_>, policy: &Policy) -> Duration {
    let said = &response.cache_control;
    let guess = || freshness::guess(response);
    let lifetime = freshness::lifetime(response).or_else(guess);
    window::window(said, lifetime, policy).max(window::overridden(said, lifetime, policy))
}

/// How long a response could be shown from a tier with a bound of its own, from its
/// making on, by its lifetime or a guess.
#[must_use]
pub fn usable_within(
    response: &ResponseHead<'_>,
    policy: &Policy,
    bound: Option<Duration>,
) -> Duration {
    let window = window_of(response, policy);
    lifetime(response).saturating_add(window.min(bound.unwrap_or(window)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Listed;
    use alloc::format;

    const NO_DEMANDS: &str = "";

    fn copy_of(status: u16, fields: &str) -> Copy {
        let listed = Listed::new(fields);
        let head = ResponseHead::read(status, &listed);
        Copy::new(&head, Timestamp::from_secs(1000), Duration::ZERO)
    }

    fn copy(fields: &str) -> Copy {
        copy_of(200, fields)
    }

    fn after(secs: u64) -> Timestamp {
        Timestamp::from_secs(1000 + secs)
    }

    fn policy() -> Policy {
        Policy {
            stale: Duration::from_secs(30),
            ..Policy::default()
        }
    }

    fn check_for(demands: &str, fields: &str, secs: u64, shown: bool) {
        let demands = Demands::parse(demands);
        let found = copy(fields).showable(&demands, &policy(), after(secs));
        assert_eq!(found.is_some(), shown, "{fields} +{secs} {demands:?}");
    }

    fn check(fields: &str, secs: u64, shown: bool) {
        check_for(NO_DEMANDS, fields, secs, shown);
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
    fn a_client_may_narrow_the_window_and_not_widen_it() {
        let fields = "cache-control:max-age=10";
        check_for("stale-if-error=5", fields, 14, true);
        check_for("stale-if-error=5", fields, 15, false);
        check_for("stale-if-error=99", fields, 39, true);
        check_for("stale-if-error=99", fields, 40, false);
    }

    #[test]
    fn a_word_against_stale_counts() {
        for word in ["must-revalidate", "proxy-revalidate", "s-maxage=10"] {
            let fields = format!("cache-control:max-age=10, {word}");
            check(&fields, 9, true);
            check(&fields, 11, false);
        }
        check("cache-control:max-age=10, no-cache\netag:\"a\"", 0, false);
        check("cache-control:s-maxage=10, stale-if-error=60", 11, true);
        let both = "cache-control:s-maxage=10, stale-if-error=60, must-revalidate";
        check(both, 11, false);
    }

    #[test]
    fn the_operator_may_override_the_origin_and_it_shows() {
        let policy = Policy {
            stale_although_origin_forbids: true,
            ..policy()
        };
        let check = |said: &str, secs: u64, expected: Option<bool>| {
            let fields = format!("cache-control:{said}");
            let found = copy(&fields).showable(&Demands::default(), &policy, after(secs));
            assert_eq!(
                found.map(|aged| aged.overridden),
                expected,
                "{said} +{secs}"
            );
        };
        check("max-age=10, must-revalidate", 9, Some(false));
        check("max-age=10, must-revalidate", 39, Some(true));
        check("max-age=10, must-revalidate", 40, None);
        check("s-maxage=10", 11, Some(true));
        check("no-cache", 0, Some(true));
        check("no-cache, stale-if-error=5", 5, None);
        check("max-age=10", 39, Some(false));
        let gone = copy_of(404, "cache-control:max-age=10, must-revalidate");
        let found = gone.showable(&Demands::default(), &policy, after(11));
        assert_eq!(found, None, "an error stands in for nothing");
        assert!(!copy("cache-control:no-cache").is_fresh(after(0)));
    }

    #[test]
    fn an_error_never_stands_in() {
        let (policy, none) = (policy(), Demands::default());
        for (status, shown) in [(203, true), (301, true), (404, false), (503, false)] {
            let copy = copy_of(status, "cache-control:max-age=10");
            let found = copy.showable(&none, &policy, after(1)).is_some();
            assert_eq!(found, shown, "{status}");
            assert!(copy.is_fresh(after(9)) && !copy.is_fresh(after(10)));
        }
    }

    #[test]
    fn what_has_to_be_confirmed_is_never_fresh() {
        assert!(!copy("cache-control:max-age=10, no-cache").is_fresh(after(0)));
        assert!(!copy("").is_fresh(after(0)));
        assert!(copy("etag:\"a\"").has_validator && !copy("").has_validator);
    }

    #[test]
    fn a_client_takes_what_is_young_enough_and_lasts() {
        let check = |fields: &str, demands: &str, secs: u64, taken: bool| {
            let found = copy(fields).satisfies(&Demands::parse(demands), after(secs));
            assert_eq!(found, taken, "{fields} +{secs} {demands}");
        };
        let fields = "cache-control:max-age=10";
        check(fields, "max-age=5", 5, true);
        check(fields, "max-age=5", 6, false);
        check(fields, "min-fresh=5", 5, true);
        check(fields, "min-fresh=5", 6, false);
        check(fields, "no-cache", 0, false);
        let immutable = "cache-control:max-age=10, immutable";
        check(immutable, "max-age=0", 9, true);
        check(immutable, "max-age=0", 10, false);
        check(immutable, "no-cache", 0, false);
    }

    #[test]
    fn a_client_takes_what_is_stale_if_the_origin_lets_it() {
        let check = |said: &str, demands: &str, secs: u64, taken: bool| {
            let fields = format!("cache-control:{said}");
            let found = copy(&fields).satisfies_stale(&Demands::parse(demands), after(secs));
            assert_eq!(found, taken, "{fields} +{secs} {demands}");
        };
        check("max-age=10", "", 11, false);
        check("max-age=10", "max-stale", 9999, true);
        check("max-age=10", "max-stale=5", 15, true);
        check("max-age=10", "max-stale=5", 16, false);
        check("max-age=10", "max-stale=5, max-age=12", 13, false);
        check("max-age=10, must-revalidate", "max-stale", 11, false);
        check("s-maxage=10", "max-stale", 11, false);
        check("no-cache", "max-stale", 11, false);
    }

    #[test]
    fn a_clock_set_back_makes_nothing_older() {
        let early = Timestamp::from_secs(1);
        assert_eq!(copy("").aged(early).age, Duration::ZERO);
    }

    #[test]
    fn ages_and_dates_beyond_reason() {
        let check = |fields: &str, fresh: bool, shown: bool| {
            let copy = copy(fields);
            let showable = copy.showable(&Demands::default(), &policy(), after(9));
            let found = (copy.is_fresh(after(9)), showable.is_some());
            assert_eq!(found, (fresh, shown), "{fields}");
        };
        let lives = "cache-control:max-age=10";
        for old in [
            "2147483647",
            "2147483648",
            "4294967296",
            "99999999999999999999",
        ] {
            check(&format!("{lives}\nage:{old}"), false, false);
            check(&format!("cache-control:max-age={old}\nage:9"), true, true);
        }
        for odd in ["-1", "x", "1e9", " "] {
            check(&format!("{lives}\nage:{odd}"), true, true);
        }
        check(
            &format!("{lives}\ndate:Thu, 01 Jan 1970 00:00:00 GMT"),
            false,
            false,
        );
        check(
            &format!("{lives}\ndate:Fri, 31 Dec 9999 23:59:59 GMT"),
            true,
            true,
        );
        check("expires:Fri, 31 Dec 9999 23:59:59 GMT", true, true);
        check("expires:Thu, 01 Jan 1970 00:00:00 GMT", false, true);
        let both = "expires:Fri, 31 Dec 9999 23:59:59 GMT\ndate:Fri, 31 Dec 9999 23:59:58 GMT";
        check(both, false, true);
        let changed = "last-modified:Fri, 31 Dec 9999 23:59:59 GMT";
        check(changed, false, true);
        check("last-modified:Thu, 01 Jan 1970 00:00:00 GMT", true, true);
    }

    #[test]
    fn what_is_foreign_is_told() {
        let check = |envelope: &str, foreign: bool| {
            let found = Found::under(envelope, "", &Listed::new(""));
            assert_eq!(found.is_foreign(after(0)), foreign, "{envelope}");
        };
        let at = |millis: &str| format!("stored {} {millis} selecting 0  .", millis.len());
        check(&at("1"), false);
        check(&at("87400000"), false);
        check(&at("87400001"), true);
        check(&at("18446744073709551615"), true);
        check("", true);
        check("stored 1 1 selecting 0  status 3 999 .", true);
        check("stored 1 1 selecting 1 x vary 6 accept .", false);
    }

    #[test]
    fn the_wait_counts_as_age() {
        let listed = Listed::new("age:8");
        let head = ResponseHead::read(200, &listed);
        let copy = Copy::new(&head, after(0), Duration::from_secs(3));
        assert_eq!(copy.aged(after(1)).age, Duration::from_secs(12));
    }
}
