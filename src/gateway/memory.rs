//! What one request leaves behind for the next.
//!
//! A gateway without a memory fails each visitor anew: it waits for the same
//! dead server, repeats as much in an outage as on a bad minute, and sends all
//! at once when the origin is back. So there is one memory per isolate, lent to
//! each exchange for the length of a step.

use super::clock::Steady;
use super::flights::{End, Flights};
use super::shared::Shared;
use crate::origins::{Objects, Origins, Standing};
use crate::policy::{Configuration, Guards, Policy, Rescue, Tier};
use crate::retry::{Budget, Random};
use crate::slots::{Slot, Slots, digest};
use crate::verdict::{Cause, Failure};
use crate::wire::{Fields, Method, Timestamp, time::millis};
use core::time::Duration;

/// What is remembered between requests.
#[derive(Debug)]
pub struct Memory {
    /// Time, going forwards only.
    pub(super) clock: Steady,
    pub(super) random: Random,
    /// Which origins there are, and how they are doing.
    pub origins: Origins,
    pub(super) budget: Budget,
    pub(super) objects: Objects,
    /// Pages that somebody fetches at this moment.
    pub flights: Flights,
    late: Slots<Late, 8, 1>,
    /// Further tiers that failed a moment ago, until when.
    left_alone: Slots<Late, 64, 8>,
    /// Until then answers are suspected of breaking off.
    cuts_until: Timestamp,
    /// By the host's clock: when the next body is watched.
    watch_at: Timestamp,
    pub(super) shared: Shared,
}

/// Ten bodies a second are watched, and none that is longer than this.
const BETWEEN_WATCHES: Duration = Duration::from_millis(100);
const LONGEST_WATCHED: u64 = 256 * 1024;

/// So long answers are suspected after one broke off.
const SUSPICION: Duration = Duration::from_secs(60);

/// So long a further tier is left alone that failed, or took too long.
const REST: Duration = Duration::from_secs(10);

/// An attempt that goes on behind a reply, or anything else that has an end.
#[derive(Clone, Copy, Debug, Default)]
struct Late {
    until: Timestamp,
}

impl Slot for Late {
    fn worth(&self) -> u64 {
        self.until.as_millis()
    }
}

/// Why a request does not simply go to its origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restraint {
    /// This page failed a moment ago.
    Page,
    /// The origin failed a moment ago.
    Held,
    /// The origin stopped answering a moment ago.
    Doubtful,
    /// The origin is known to be down.
    Down,
    /// The origin has all it can take.
    Full,
}

impl Restraint {
    /// The name in log lines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Page => "page-held",
            Self::Held => "origin-held",
            Self::Doubtful => "origin-silent",
            Self::Down => "origin-down",
            Self::Full => "origin-full",
        }
    }

    /// Whether it lasts until somebody finds out that the origin is back.
    pub(super) const fn ends_by_probe(self) -> bool {
        matches!(self, Self::Down | Self::Doubtful)
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new(&Configuration::default(), 1)
    }
}

impl Memory {
    /// A memory without memories. The same seed and the same requests leave the
    /// same behind.
    #[must_use]
    pub fn new(configuration: &Configuration, seed: u64) -> Self {
        let shared = Shared::new(configuration, seed);
        Self::of(Origins::new(configuration), shared, seed)
    }

    /// The same of a page, about the one origin of a URL.
    #[must_use]
    pub fn of_page(guards: &Guards, seed: u64) -> Self {
        Self::of(Origins::lone(guards), Shared::default(), seed)
    }

    fn of(origins: Origins, shared: Shared, seed: u64) -> Self {
        Self {
            clock: Steady::default(),
            random: Random::new(seed),
            origins,
            budget: Budget::default(),
            objects: Objects::default(),
            flights: Flights::default(),
            late: Slots::default(),
            left_alone: Slots::default(),
            cuts_until: Timestamp::default(),
            watch_at: Timestamp::default(),
            shared,
        }
    }

    /// The key of a page.
    pub(super) fn key(url: &str) -> u64 {
        digest(&[url])
    }

    /// Our time, when the host's clock shows `told`.
    pub fn time(&mut self, told: Timestamp) -> Timestamp {
        self.clock.read(told, None)
    }

    /// Notes that a request came, at [our time](Self::time): [`open`](super::open) does that,
    /// and so has a host that starts with an exchange.
    pub fn arrive(&mut self, now: Timestamp) {
        self.budget.deposit(&self.origins.guards().budget, now);
    }

    /// Why a request should not go to its origin now, if there is a reason, and
    /// the failure that stands for it.
    pub(super) fn restraint(
        &mut self,
        key: impl FnOnce() -> u64,
        policy: &Policy,
        with_copy: bool,
        signed_in: impl Fn() -> bool,
        now: Timestamp,
    ) -> Option<(Restraint, Failure)> {
        let secrets = policy.needs_credentials && signed_in();
        // A page that is held says nothing to those who have no copy of it; an
        // origin that is down does.
        let restraint = match self.origins.standing(secrets, now, &mut self.random) {
            Standing::Down => Some(Restraint::Down),
            Standing::Doubtful => Some(Restraint::Doubtful),
            // Where there is a breaker, that is what finds out when all are back.
            Standing::Up if !self.origins.have_breaker() && self.origins.are_held(now) => {
                Some(Restraint::Held)
            }
            Standing::Up => None,
        };
        let full = || (!self.origins.any_has_room(with_copy, now)).then_some(Restraint::Full);
        let restraint = restraint.or_else(full);
        if let Some(restraint @ (Restraint::Down | Restraint::Full)) = restraint {
            return Some((restraint, self.failure_of(restraint)));
        }
        if let Some(held) = self.objects.held(key, now).filter(|held| {
            policy.hold_down.is_some()
                && !self.origins.have_recovered_since(held.since, held.slow)
                && !(held.slow && signed_in())
        }) {
            let slow = Failure::without_answer(Cause::Timeout);
            return Some((Restraint::Page, held.failure.unwrap_or(slow)));
        }
        let restraint = restraint?;
        Some((restraint, self.failure_of(restraint)))
    }

    fn failure_of(&self, restraint: Restraint) -> Failure {
        match restraint {
            Restraint::Full => Failure::without_answer(Cause::Unavailable),
            Restraint::Doubtful => Failure::without_answer(Cause::Timeout),
            _ => self
                .origins
                .last_failure()
                .unwrap_or(Failure::without_answer(Cause::Timeout)),
        }
    }

    /// What became of a page that others wait for; nothing if nobody knows.
    pub fn land(&mut self, url: &str, end: Option<End>, told: Timestamp) {
        let (key, now) = (Self::key(url), self.time(told));
        match end {
            Some(end) => self.flights.end(key, end, now),
            None => self.flights.forget(key),
        }
        self.flights.end_beside(key, end, now);
    }

    /// The same of a part of it.
    pub fn land_part(&mut self, url: &str, end: Option<End>, told: Timestamp) {
        let now = self.time(told);
        self.flights.end_beside(Self::key(url), end, now);
    }

    /// Notes a good first answer that took so long.
    pub(super) fn well(
        &mut self,
        url: &str,
        origin: usize,
        took: Duration,
        policy: &Policy,
        told: Timestamp,
    ) {
        let now = self.time(told);
        let began = Timestamp::from_millis(now.as_millis().saturating_sub(millis(took)));
        self.origins.good(origin, began, Self::quick(policy), now);
        self.settle(false, true, now);
        self.objects.free(|| Self::key(url), now);
    }

    /// Takes a repetition out of the budget.
    pub(super) fn may_repeat(&mut self, now: Timestamp) -> bool {
        let Self {
            budget,
            origins,
            shared,
            ..
        } = self;
        let may = shared.may_repeat(now) && budget.take(&origins.guards().budget, now);
        if may {
            shared.repeat();
        }
        may
    }

    /// Notes how an attempt ended.
    pub(super) fn settle(&mut self, repeated: bool, good: bool, now: Timestamp) {
        let Self {
            budget, origins, ..
        } = self;
        budget.settle(&origins.guards().budget, repeated, good, now);
    }

    /// Notes that an answer broke off.
    pub(super) fn cut(&mut self, now: Timestamp) {
        self.cuts_until = now.after(SUSPICION);
    }

    /// The same, by a host that kept a copy of an answer.
    pub fn broke_off(&mut self, told: Timestamp) {
        let now = self.time(told);
        self.cut(now);
    }

    /// Whether the body of an answer is to be watched to its end: some in each
    /// second, since watching costs half as much as the whole request.
    pub(super) fn watches(
        &mut self,
        method: Method,
        response: &dyn Fields,
        told: Timestamp,
    ) -> bool {
        if method != Method::Get || told < self.watch_at {
            return false;
        }
        let length: Option<u64> = response.get("content-length").trim_ascii().parse().ok();
        let watches = length.is_some_and(|length| (1..=LONGEST_WATCHED).contains(&length));
        if watches {
            self.watch_at = told.after(BETWEEN_WATCHES);
        }
        watches
    }

    /// Whether answers are held until they are whole.
    #[must_use]
    pub fn rescues(&self, rule: Rescue, now: Timestamp) -> bool {
        match rule {
            Rescue::Off => false,
            Rescue::Auto => now < self.cuts_until,
            Rescue::UpTo(_) => true,
        }
    }

    /// Whether an attempt may go on behind its reply until `until`: one for each
    /// page, a few in all, so that a silent origin does not collect them.
    pub(super) fn may_go_on(&mut self, key: u64, now: Timestamp, until: Timestamp) -> bool {
        let place = key % 8;
        let free = self.late.get(place).is_none_or(|late| now >= late.until);
        if free {
            self.late.put(place, Late { until });
        }
        free
    }

    /// Leaves a further tier alone for a while.
    pub(super) fn leave_alone(&mut self, tier: &Tier, now: Timestamp) {
        let until = now.after(REST);
        self.left_alone.put(key_of(tier), Late { until });
    }

    /// Leaves a further tier alone for good, as it is not there. Whether that is news.
    pub fn forgo(&mut self, tier: &Tier) -> bool {
        let until = Timestamp::NEVER;
        let news = !self.is_left_alone(tier, Timestamp::default());
        self.left_alone.put(key_of(tier), Late { until });
        news
    }

    /// Whether a further tier is left alone.
    pub(super) fn is_left_alone(&self, tier: &Tier, now: Timestamp) -> bool {
        let left = self.left_alone.get(key_of(tier));
        left.is_some_and(|left| now < left.until)
    }

    /// The attempt behind the reply is over.
    pub(super) fn came_late(&mut self, key: u64) {
        self.late.forget(key % 8);
    }

    /// How fast an answer is that nobody is shown a copy for.
    pub(super) const fn quick(policy: &Policy) -> Duration {
        policy.soft_deadline
    }
}

fn key_of(tier: &Tier) -> u64 {
    digest(&[tier.kind.name(), &tier.name])
}
