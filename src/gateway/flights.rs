//! Requests for one page that wait for one of them.
//!
//! When a busy page expires, a hundred visitors ask for it at once. One of them
//! asks the origin, the others wait, and read what it has stored; or share its
//! failure. A host forbids one request to use what belongs to another, and may
//! end any of them at any moment. So nobody is told anything: those who wait
//! look at plain state now and then, and no wait is without an end.

use crate::policy::Collapse;
use crate::slots::{Slot, Slots};
use crate::verdict::Failure;
use crate::wire::Timestamp;
use core::time::Duration;

/// Who can't lead waits so long at most, and for no flight that began earlier: until then
/// an answer that came at once is in the store.
const YOUNG: Duration = Duration::from_millis(250);

/// A page that turned out not to be for keeping is not waited for this long.
const UNCACHEABLE: Duration = Duration::from_secs(120);

/// Pages that somebody fetches. One that is pushed out is fetched twice.
#[derive(Debug, Default)]
pub struct Flights {
    flights: Slots<Flight, 128, 4>,
    /// What is on its way into the store though nobody waits for it but who
    /// [follows](Flights::follow).
    beside: Slots<Flight, 16, 4>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Flight {
    began: Timestamp,
    end: Option<End>,
    /// When it ended.
    ended: Timestamp,
    /// How many in a row failed.
    failures: u8,
}

impl Slot for Flight {
    fn worth(&self) -> u64 {
        self.began.max(self.ended).as_millis()
    }
}

/// How a flight ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The page is in the store.
    Stored,
    /// It is not for keeping.
    Uncacheable,
    /// There was none.
    Failed(Failure),
}

/// What a request does that needs a page from the origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It fetches the page for all.
    Lead,
    /// It waits.
    Wait,
    /// It goes alone: this page is not for sharing.
    Alone,
    /// The page is there: look again.
    Look,
    /// It shares this failure.
    Share(Failure),
}

impl Flights {
    /// What a request does that has waited since `since`; for one that just came
    /// that is now.
    pub fn role(&mut self, key: u64, rule: Collapse, since: Timestamp, now: Timestamp) -> Role {
        let flight = self.flights.get(key).copied().unwrap_or_default();
        let role = match flight.end {
            None if flight.began > Timestamp::default() && now < flight.began.after(rule.age) => {
                return Role::Wait;
            }
            None => Role::Lead,
            Some(End::Uncacheable) if now < flight.ended.after(UNCACHEABLE) => Role::Alone,
            Some(End::Stored) if since < flight.ended => Role::Look,
            Some(End::Failed(failure)) if since < flight.ended && flight.failures > 1 => {
                Role::Share(failure)
            }
            Some(_) => Role::Lead,
        };
        if role == Role::Lead {
            let failed_before = matches!(flight.end, Some(End::Failed(_))) && since < flight.ended;
            let failures = if failed_before { flight.failures } else { 0 };
            let began = now;
            self.flights.put(
                key,
                Flight {
                    began,
                    failures,
                    ..Flight::default()
                },
            );
        }
        role
    }

    /// What a request does that nobody could wait for, as it wants a part: if the page is
    /// on its way into the store, it may be answered from there.
    #[must_use]
    pub fn follow(&self, key: u64, since: Timestamp, now: Timestamp) -> Role {
        let flights = [self.flights.get(key), self.beside.get(key)];
        let under_way = |it: &&Flight| it.end.is_none() && now < it.began.min(since).after(YOUNG);
        let stored = |it: &&Flight| it.end == Some(End::Stored) && since < it.ended;
        if flights.iter().flatten().any(under_way) {
            Role::Wait
        } else if flights.iter().flatten().any(stored) {
            Role::Look
        } else {
            Role::Alone
        }
    }

    /// Something is on its way into the store for which nobody waits but who
    /// [follows](Flights::follow).
    pub fn begin_beside(&mut self, key: u64, now: Timestamp) {
        let flight = Flight {
            began: now,
            ..Flight::default()
        };
        self.beside.put(key, flight);
    }

    /// It is there, or will not be.
    pub fn end_beside(&mut self, key: u64, end: Option<End>, now: Timestamp) {
        if let Some(flight) = self.beside.get_mut(key) {
            flight.ended = now;
            flight.end = end.or(Some(End::Uncacheable));
        }
    }

    /// The one that led has come to an end.
    pub fn end(&mut self, key: u64, end: End, now: Timestamp) {
        if let Some(flight) = self.flights.get_mut(key) {
            let failed = u8::from(matches!(end, End::Failed(_)));
            flight.failures = flight.failures.saturating_add(failed);
            flight.ended = now;
            flight.end = Some(end);
        }
    }

    /// The one that led is gone, and nobody knows how it would have ended.
    pub fn forget(&mut self, key: u64) {
        self.flights.forget(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::Cause;

    const RULE: Collapse = Collapse::DEFAULT;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(1_000_000 + millis)
    }

    fn role(flights: &mut Flights, since: u64, now: u64) -> Role {
        flights.role(7, RULE, at(since), at(now))
    }

    #[test]
    fn one_leads_and_the_others_read_what_it_stored() {
        let mut flights = Flights::default();
        assert_eq!(role(&mut flights, 0, 0), Role::Lead);
        assert_eq!(role(&mut flights, 1, 1), Role::Wait);
        flights.end(7, End::Stored, at(100));
        assert_eq!(role(&mut flights, 1, 120), Role::Look);
        assert_eq!(role(&mut flights, 5000, 5000), Role::Lead);
    }

    #[test]
    fn a_second_one_tries_and_then_the_failure_is_shared() {
        let mut flights = Flights::default();
        let failure = Failure::without_answer(Cause::Network);
        assert_eq!(role(&mut flights, 0, 0), Role::Lead);
        flights.end(7, End::Failed(failure), at(100));
        assert_eq!(role(&mut flights, 1, 120), Role::Lead);
        assert_eq!(role(&mut flights, 1, 121), Role::Wait);
        flights.end(7, End::Failed(failure), at(200));
        assert_eq!(role(&mut flights, 1, 220), Role::Share(failure));
        assert_eq!(role(&mut flights, 300, 300), Role::Lead);
    }

    #[test]
    fn a_leader_that_is_gone_is_not_waited_for_long() {
        let mut flights = Flights::default();
        assert_eq!(role(&mut flights, 0, 0), Role::Lead);
        assert_eq!(role(&mut flights, 1, 4999), Role::Wait);
        assert_eq!(role(&mut flights, 1, 5000), Role::Lead);
        flights.forget(7);
        assert_eq!(role(&mut flights, 2, 5001), Role::Lead);
    }

    #[test]
    fn who_follows_waits_for_the_young_and_never_leads() {
        let mut flights = Flights::default();
        let follow = |flights: &Flights, since, now| flights.follow(7, at(since), at(now));
        assert_eq!(follow(&flights, 0, 0), Role::Alone);
        flights.begin_beside(7, at(0));
        assert_eq!(follow(&flights, 1, 249), Role::Wait);
        assert_eq!(follow(&flights, 1, 250), Role::Alone);
        flights.begin_beside(7, at(200));
        assert_eq!(follow(&flights, 1, 250), Role::Wait);
        assert_eq!(follow(&flights, 1, 251), Role::Alone);
        flights.end_beside(7, Some(End::Stored), at(300));
        assert_eq!(follow(&flights, 299, 301), Role::Look);
        assert_eq!(follow(&flights, 300, 301), Role::Alone);
        flights.begin_beside(7, at(400));
        flights.end_beside(7, None, at(410));
        assert_eq!(follow(&flights, 401, 411), Role::Alone);
        assert_eq!(role(&mut flights, 420, 420), Role::Lead);
        assert_eq!(follow(&flights, 421, 422), Role::Wait);
    }

    #[test]
    fn what_is_not_for_keeping_is_not_waited_for() {
        let mut flights = Flights::default();
        assert_eq!(role(&mut flights, 0, 0), Role::Lead);
        flights.end(7, End::Uncacheable, at(100));
        assert_eq!(role(&mut flights, 1, 120), Role::Alone);
        assert_eq!(role(&mut flights, 100_000, 100_000), Role::Alone);
        assert_eq!(role(&mut flights, 121_000, 121_000), Role::Lead);
    }
}
