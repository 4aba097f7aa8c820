//! Pages that failed, one by one.
//!
//! An origin may be well and one of its pages broken, or too slow. Asking again
//! for each visitor who gets the copy anyway is load without a use, most of it
//! exactly on what is broken.

use super::health::growing;
use crate::policy::HoldDown;
use crate::retry::Random;
use crate::slots::{Slot, Slots};
use crate::verdict::Failure;
use crate::wire::Timestamp;
use core::time::Duration;

/// No `Retry-After` holds a page longer than this.
const LONGEST_PUSHBACK: Duration = Duration::from_secs(600);

/// So long after the last hold nothing is to be forgotten any more.
const REMEMBERED: Duration = Duration::from_secs(60);

/// Pages that are left alone for a while. One that is pushed out is asked for
/// too early and nothing else.
#[derive(Debug, Default)]
pub struct Objects {
    held: Slots<Held, 256, 4>,
    /// No hold lasts longer: on a good day nothing is looked up.
    latest: Timestamp,
}

/// A page that is left alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Held {
    /// Since its last failure.
    pub since: Timestamp,
    until: Timestamp,
    times: u32,
    /// That failure; none if the page was merely slow.
    pub failure: Option<Failure>,
    /// Nothing failed: the page was not there in time for its visitor.
    pub slow: bool,
}

impl Slot for Held {
    fn worth(&self) -> u64 {
        self.until.as_millis()
    }
}

impl Objects {
    /// What is held of a page at `now`. The key is asked for only if anything is
    /// held at all.
    #[must_use]
    pub fn held(&self, key: impl FnOnce() -> u64, now: Timestamp) -> Option<Held> {
        if now >= self.latest {
            return None;
        }
        self.held
            .get(key())
            .copied()
            .filter(|held| now < held.until)
    }

    /// Notes that a page failed, or was `slow`.
    pub fn hold(
        &mut self,
        key: u64,
        failure: Failure,
        slow: bool,
        rule: HoldDown,
        now: Timestamp,
        random: &mut Random,
    ) {
        let before = self.held.get(key).copied().unwrap_or_default();
        let held = now < before.until;
        let times = match now < before.since.max(before.until).after(rule.cap) {
            // What was asked before the hold that is running adds nothing to it.
            true if held => before.times,
            true => before.times.saturating_add(1),
            false => 1,
        };
        let enough = if slow { 1 } else { rule.failures.into() };
        let grown = match times.checked_sub(enough) {
            _ if held => before.until,
            Some(more) => {
                let holds = more.saturating_add(1);
                now.after(growing(rule.base, rule.cap, holds, random))
            }
            None => now,
        };
        let asked = failure.retry_after.unwrap_or_default();
        let until = grown.max(now.after(asked.min(LONGEST_PUSHBACK)));
        self.latest = self.latest.max(until);
        self.held.put(
            key,
            Held {
                since: now,
                until,
                times,
                failure: Some(failure),
                slow,
            },
        );
    }

    /// Notes that a page is well.
    pub fn free(&mut self, key: impl FnOnce() -> u64, now: Timestamp) {
        if now < self.latest.after(REMEMBERED) {
            self.held.forget(key());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::Cause;

    const RULE: HoldDown = HoldDown {
        failures: 1,
        ..HoldDown::DEFAULT
    };

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(1_000_000 + millis)
    }

    fn hold(objects: &mut Objects, failure: Failure, millis: u64) {
        objects.hold(7, failure, false, RULE, at(millis), &mut Random::new(1));
    }

    #[test]
    fn holds_grow_until_the_page_is_well() {
        let mut objects = Objects::default();
        let failure = Failure::without_answer(Cause::BadGateway);
        assert!(objects.held(|| 7, at(0)).is_none());
        hold(&mut objects, failure, 0);
        assert!(objects.held(|| 7, at(999)).is_some() && objects.held(|| 8, at(0)).is_none());
        assert!(objects.held(|| 7, at(1501)).is_none());
        hold(&mut objects, failure, 1600);
        hold(&mut objects, failure, 1700);
        assert!(objects.held(|| 7, at(3599)).is_some() && objects.held(|| 7, at(4601)).is_none());
        objects.free(|| 7, at(5000));
        hold(&mut objects, failure, 5000);
        assert!(objects.held(|| 7, at(6501)).is_none());
    }

    #[test]
    fn one_failure_may_be_chance() {
        let (mut objects, rule) = (Objects::default(), HoldDown::DEFAULT);
        let failure = Failure::without_answer(Cause::BadGateway);
        let mut hold = |slow, millis| {
            objects.hold(7, failure, slow, rule, at(millis), &mut Random::new(1));
            objects.held(|| 7, at(millis + 1)).is_some()
        };
        assert!(!hold(false, 0));
        assert!(hold(false, 100));
        assert!(hold(true, 100_000));
    }

    #[test]
    fn the_origin_may_ask_for_more() {
        let mut objects = Objects::default();
        let patient = Failure {
            retry_after: Some(Duration::from_secs(30)),
            ..Failure::without_answer(Cause::RateLimited)
        };
        hold(&mut objects, patient, 0);
        assert!(objects.held(|| 7, at(29_999)).is_some());
        assert!(objects.held(|| 7, at(30_000)).is_none());
    }
}
