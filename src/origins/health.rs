//! What is known of one origin: whether it answers, how fast, and how much it
//! can take.
//!
//! Everything is learnt from real answers. A probe of our own tells how a health
//! page is doing; the requests that visitors make tell how the site is.

mod probed;
mod silence;
mod told;

pub use told::{News, Word};

use super::load::{Load, STRANGER};
use crate::policy::{Breaker, Ejection, Guards};
use crate::retry::Random;
use crate::verdict::{Cause, Failure, Outage};
use crate::wire::{Timestamp, time::millis};
use core::time::Duration;
use silence::Silence;

/// Two refusals within so long, of different pages, are not about a page.
const REFUSALS: Duration = Duration::from_secs(10);
/// An outage that was shorter needs no care at its end.
const SHORT: Duration = Duration::from_secs(3);

/// How an origin is doing, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It answers.
    Up,
    /// It stopped answering a moment ago: where there is a copy, that is shown
    /// meanwhile; other requests may still go there.
    Doubtful,
    /// It is known to be down.
    Down,
}

/// An outage.
#[derive(Clone, Copy, Debug)]
struct Down {
    since: Timestamp,
    /// It was found out by silence, not by failures.
    silent: bool,
    /// It was found out elsewhere.
    told: bool,
    next_probe: Timestamp,
}

/// What is known of one origin.
#[derive(Clone, Copy, Debug, Default)]
pub struct Health {
    /// Failures in a row.
    streak: u32,
    streak_began: Timestamp,
    failed_at: Timestamp,
    /// The last of them.
    failure: Option<Failure>,
    held_until: Timestamp,
    /// How often it was held in a row.
    holds: u32,
    down: Option<Down>,
    opened_at: Timestamp,
    /// When it was found here that an outage was over.
    found_at: Timestamp,
    /// How long outages last as a rule.
    usual: Option<Duration>,
    /// When the last good answer was asked for.
    good_at: Timestamp,
    /// When the last quick answer was asked for.
    quick_at: Timestamp,
    silence: Silence,
    /// A probe that has all the time there is runs until then.
    long_probe_until: Timestamp,
    /// The last page that it had too much to do for, and when.
    refused: u64,
    refused_at: Timestamp,
    pub(super) load: Load,
    /// Until then nobody else tries an origin whose hold is over.
    leased_until: Timestamp,
    probes_bad: u8,
    probes_good: u8,
}

impl Health {
    /// Notes that an attempt begins. Only one of which a quick answer is `expected`
    /// tells something by having none: an upload or a write may take its time.
    pub(super) fn begin(&mut self, expected: bool, now: Timestamp) {
        self.load.begin(now, self.down.is_some());
        if !expected {
            return;
        }
        self.silence.begin(now);
    }

    /// Notes a good answer to an attempt that began at `began`; `quick` is how
    /// fast an answer is that nobody has to be shown a copy for.
    pub(super) fn good(&mut self, began: Timestamp, quick: Duration, now: Timestamp) {
        let took = now.since(began);
        self.silence.note(took, self.down.is_some(), now);
        self.load.end(began, now);
        self.load.good(now);
        self.good_at = self.good_at.max(began);
        if took < quick {
            self.quick_at = self.quick_at.max(began);
        }
        // What was asked before the outage says nothing about its end.
        if self
            .down
            .is_some_and(|down| !down.silent && began < down.since)
        {
            return;
        }
        self.found_open(now);
    }

    fn found_open(&mut self, now: Timestamp) {
        if self.down.is_some() {
            self.found_at = now;
        }
        self.open(STRANGER, now);
    }

    /// Whatever was held is free again, without a rush.
    fn open(&mut self, share: u32, now: Timestamp) {
        self.streak = 0;
        self.held_until = Timestamp::default();
        self.holds = 0;
        if let Some(down) = self.down.take() {
            self.opened_at = now;
            let lasted = now.since(down.since);
            // To the last failure that was seen: nobody may have asked since.
            let seen = self.failed_at.since(down.since);
            if seen >= SHORT {
                self.usual = Some(Outage::usual(self.usual, seen));
            }
            if lasted >= SHORT {
                self.load.ramp(share, now);
            }
        }
    }

    /// Notes a failed attempt at a page that began at `began`.
    pub(super) fn failed(
        &mut self,
        page: u64,
        failure: &Failure,
        began: Timestamp,
        now: Timestamp,
        guards: &Guards,
        random: &mut Random,
    ) {
        if failure.cause != Cause::Timeout {
            self.silence.broken();
        }
        if failure.cause == Cause::Unavailable && !failure.meant {
            self.refused(page, now);
        }
        self.load.end(began, now);
        // What was asked before the last good answer was says nothing any more.
        let outdated = began < self.good_at;
        if !failure.cause.blames_origin() || failure.meant || outdated {
            return;
        }
        if let Some(down) = &mut self.down {
            down.told = false;
        }
        self.count(failure, now, guards.ejection);
        self.eject(began, now, guards.ejection, random);
        self.trip(now, guards.breaker, random);
    }

    /// One page that is always refused, and asked for all the time, is no overload.
    fn refused(&mut self, page: u64, now: Timestamp) {
        let another = self.refused != page && now.since(self.refused_at) < REFUSALS;
        if self.load.refuses(now) || another {
            self.load.overloaded(now);
        }
        self.refused = page;
        self.refused_at = now;
    }

    /// An attempt was given up before anybody knew how it would end.
    pub(super) fn abandoned(&mut self, began: Timestamp, now: Timestamp) {
        self.load.end(began, now);
    }

    fn count(&mut self, failure: &Failure, now: Timestamp, ejection: Option<Ejection>) {
        let window = ejection.map_or(Duration::from_secs(10), |rule| rule.window);
        if self.streak == 0 || (self.down.is_none() && now.since(self.failed_at) > window) {
            self.streak = 0;
            self.streak_began = now;
        }
        self.streak = self.streak.saturating_add(1);
        self.failed_at = now;
        self.failure = Some(Failure {
            retry_after: None,
            ..*failure
        });
    }

    /// Answers to what was asked before a hold neither lengthen nor renew it.
    fn eject(
        &mut self,
        began: Timestamp,
        now: Timestamp,
        rule: Option<Ejection>,
        random: &mut Random,
    ) {
        let Some(rule) = rule else { return };
        let earned = match self.holds {
            0 => self.streak >= rule.failures.into(),
            _ => began >= self.held_until,
        };
        if earned {
            self.holds = self.holds.saturating_add(1);
            self.held_until = now.after(growing(rule.hold, rule.cap, self.holds, random));
        }
    }

    fn trip(&mut self, now: Timestamp, rule: Option<Breaker>, random: &mut Random) {
        let Some(rule) = rule else { return };
        let enough = u32::from(rule.failures);
        let lasting = now.since(self.streak_began) >= rule.span;
        let many = self.streak >= enough.saturating_mul(3);
        if self.streak >= enough && (lasting || many) {
            match &mut self.down {
                Some(down) => down.silent = false,
                None => self.fall(false, now, rule, random),
            }
        }
    }

    fn fall(&mut self, silent: bool, now: Timestamp, rule: Breaker, random: &mut Random) {
        self.load.spoil(now);
        self.down = Some(Down {
            since: now,
            silent,
            told: false,
            next_probe: now.after(jittered(rule.probe_every, random)),
        });
    }

    /// How the origin is doing.
    pub(super) fn standing(
        &mut self,
        rule: Option<Breaker>,
        now: Timestamp,
        random: &mut Random,
    ) -> Standing {
        let Some(rule) = rule else {
            return Standing::Up;
        };
        let (silent, patience) = (self.silence.lasts(now), self.silence.patience(now));
        if self.down.is_none() && silent >= patience {
            self.fall(true, now, rule, random);
        }
        match self.down {
            None => Standing::Up,
            Some(down) if down.silent && silent < patience.saturating_mul(2) => Standing::Doubtful,
            Some(_) => Standing::Down,
        }
    }

    /// Takes the right to be the next probe, if it is time for one. One that is
    /// not safe has to wait longer, as it can do harm.
    pub(super) fn take_probe(
        &mut self,
        safe: bool,
        rule: Option<Breaker>,
        now: Timestamp,
        random: &mut Random,
    ) -> bool {
        let due = self.is_probe_due(safe, rule, now);
        if let (true, Some(rule), Some(down)) = (due, rule, &mut self.down) {
            down.next_probe = now.after(jittered(rule.probe_every, random));
        }
        due
    }

    /// Whether it is time for a probe.
    pub(super) fn is_probe_due(&self, safe: bool, rule: Option<Breaker>, now: Timestamp) -> bool {
        let (Some(rule), Some(down)) = (rule, self.down) else {
            return true;
        };
        let patience = if safe {
            Duration::ZERO
        } else {
            rule.probe_every.saturating_mul(4)
        };
        now >= down.next_probe.after(patience)
    }

    /// How long a visitor waits for a probe: as long as answers used to take.
    pub(super) fn probe_patience(&self, now: Timestamp) -> Duration {
        self.silence.patience(now)
    }

    /// Takes the right to be the one probe that may take up to `limit`, or finds
    /// out nothing: without it an origin that became slow would never be found up.
    pub(super) fn take_long_probe(&mut self, limit: Duration, now: Timestamp) -> bool {
        let free = now >= self.long_probe_until;
        if free {
            self.long_probe_until = now.after(limit);
        }
        free
    }

    /// Whether it is left alone because it failed; when the time is over, one
    /// request at a time may try.
    pub(super) fn is_held(&self, now: Timestamp) -> bool {
        let down = self.down.filter(|_| self.holds == 0);
        now < self.held_until
            || (self.holds > 0 && now < self.leased_until)
            || down.is_some_and(|down| now < down.next_probe)
    }

    /// Notes that a request tries an origin whose hold is over.
    pub(super) fn lease(&mut self, rule: Option<Breaker>, now: Timestamp) {
        if self.holds > 0 {
            self.leased_until = now.after(self.silence.patience(now));
        }
        if let (Some(rule), Some(down)) = (rule, &mut self.down) {
            down.next_probe = down.next_probe.max(now.after(halved(rule.probe_every)));
        }
    }

    /// Whether it is known to be down.
    pub(super) fn is_down(&self, now: Timestamp) -> bool {
        let down = self.down.is_some_and(|down| !down.silent);
        down || (self.down.is_some() && self.is_silent(now))
    }

    /// The outage that lasts, and those before it.
    pub(super) fn outage(&self, now: Timestamp) -> Outage {
        Outage {
            lasting: self.down.map(|down| now.since(down.since)),
            usual: self.usual,
        }
    }

    /// Whether it was taken out, and is not back.
    pub(super) const fn is_out(&self) -> bool {
        self.down.is_some() || self.holds > 0
    }

    /// Whether nobody got an answer for so long that waiting on is of no use.
    pub(super) fn is_silent(&self, now: Timestamp) -> bool {
        self.silence.lasts_for(2, now)
    }

    /// The same for a request that may take up to `limit`: who allows a minute
    /// expects more than a second.
    pub(super) fn is_silent_for(&self, limit: Duration, now: Timestamp) -> bool {
        self.is_silent(now) && self.silence.lasts(now).saturating_mul(5) >= limit
    }

    /// The same for what cannot be asked again: it takes more to be sure.
    pub(super) fn is_mute(&self, now: Timestamp) -> bool {
        self.silence.is_general() && self.silence.lasts_for(4, now)
    }

    /// What the last failure was.
    pub(super) const fn failure(&self) -> Option<Failure> {
        self.failure
    }

    /// Whether something that was held at `since` is free again: the origin came
    /// back from an outage; or it had been slow, and is quick again.
    pub(super) fn has_recovered_since(&self, since: Timestamp, slow: bool) -> bool {
        self.opened_at > since || (slow && self.quick_at > since)
    }

    /// The time within which so many per cent of answers came.
    pub(super) fn percentile(&self, percent: u8) -> Option<Duration> {
        self.silence.percentile(percent)
    }
}

/// A time that doubles, capped, jittered by half of it upwards.
pub(crate) fn growing(base: Duration, cap: Duration, times: u32, random: &mut Random) -> Duration {
    let factor = 2_u32.saturating_pow(times.saturating_sub(1));
    let span = base.saturating_mul(factor).min(cap);
    let spread = millis(span).saturating_div(2).saturating_add(1);
    let extra = random.draw().checked_rem(spread).unwrap_or_default();
    span.saturating_add(Duration::from_millis(extra))
}

fn halved(span: Duration) -> Duration {
    span.checked_div(2).unwrap_or_default()
}

/// Half of a time to one and a half of it.
fn jittered(span: Duration, random: &mut Random) -> Duration {
    let millis = millis(span);
    let extra = random
        .draw()
        .checked_rem(millis.saturating_add(1))
        .unwrap_or_default();
    Duration::from_millis(millis.saturating_div(2).saturating_add(extra))
}
