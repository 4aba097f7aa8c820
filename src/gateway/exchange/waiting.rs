//! What happens while attempts run: patience with them, and its end.

use super::{Exchange, LATE, LOOK_IN, Look, Next, Now, State};
use crate::gateway::memory::Memory;
use crate::gateway::runs::Run;
use crate::gateway::step::{Source, Step};
use crate::retry::Permission;
use crate::verdict::{Cause, Failure};
use crate::wire::Timestamp;

impl<const COPIES: bool> Exchange<COPIES> {
    pub(super) fn next_look(&self) -> Timestamp {
        let soft = if self.hurries() {
            self.soft_deadline()
        } else {
            Timestamp::NEVER
        };
        // Of an attempt that cannot be repeated nothing follows from a look.
        let idle = self.observes() || !self.request.replayable;
        let look_in = if idle { Timestamp::NEVER } else { self.look_in };
        self.runs
            .until()
            .min(soft)
            .min(self.hedge_at)
            .min(self.probe_behind_at)
            .min(look_in)
    }

    /// Whether a copy may be shown while the attempt still runs.
    pub(super) fn hurries(&self) -> bool {
        let copy_conceivable = self.look != Look::Over || self.copy.is_some();
        // A copy was made for anyone. One who is signed in gets it when the origin
        // fails, and not because it takes a moment.
        self.may_show_copies()
            && !self.request.reader.signed_in
            && self.policy.stale_on.timeout
            && copy_conceivable
            && !self.waits_on
            && !self.observes()
    }

    /// Whether anything but the origin's own answer may be shown.
    pub(super) const fn may_show_copies(&self) -> bool {
        COPIES && self.request.may_show_copies
    }

    pub(super) fn may_look(&self) -> bool {
        self.may_show_copies() && self.look != Look::Over
    }

    pub(super) fn woke(&mut self, now: Now, memory: &mut Memory) -> Step {
        match self.state {
            State::Pausing { origin, until } if now.wall >= until => match origin {
                Next::Origin(origin) => self.begin(origin, true, now, memory),
                Next::WithRoom => self.queue(now, memory),
            },
            State::Waiting { until } if now.wall >= until => self.join(now, memory),
            State::Running => self.look_in(now, memory),
            _ => self.outstanding(),
        }
    }

    /// Looks whether waiting on still makes sense.
    pub(super) fn look_in(&mut self, now: Now, memory: &mut Memory) -> Step {
        if let Some(run) = self.runs.overdue(now.wall) {
            if self.is_last(&run) && now.wall < self.deadline() {
                return self.wait_to_the_end(run, now, memory);
            }
            return self.time_out(run.number, now, memory);
        }
        if self.hurries() && now.wall >= self.soft_deadline() {
            return self.soft_deadline_passed(now, memory);
        }
        if now.wall >= self.probe_behind_at {
            return self.leave_probe_behind(now, memory);
        }
        if now.wall >= self.hedge_at {
            return self.hedge(now, memory);
        }
        if now.wall >= self.look_in {
            self.look_in = now.wall.after(LOOK_IN);
            if let Some(run) = self.lost_cause(now, memory) {
                return self.time_out(run.number, now, memory);
            }
        }
        self.outstanding()
    }

    /// An attempt at an origin that answers nobody any more.
    pub(super) fn lost_cause(&self, now: Now, memory: &Memory) -> Option<Run> {
        let limit = self.request.repeat.is_free().then_some(self.request.limit);
        let silent = |run: &Run| memory.origins.is_silent(run.origin, limit, now.steady);
        let held = !self.request.replayable || self.observes() || self.probes;
        self.runs.latest().filter(|run| !held && silent(run))
    }

    /// The visitor has waited for as long as the origin usually takes; whether it
    /// has only become slow is found out behind the reply.
    fn leave_probe_behind(&mut self, now: Now, memory: &Memory) -> Step {
        self.probe_behind_at = Timestamp::NEVER;
        let Some(run) = self.runs.latest() else {
            return self.outstanding();
        };
        let slow = Failure::without_answer(Cause::Timeout);
        self.failure = Some(slow);
        self.note(&run, Some(slow), now);
        let source = self.outcome(now);
        self.conclude(source, Some(run.until), now, memory)
    }

    pub(super) fn time_out(&mut self, number: u8, now: Now, memory: &mut Memory) -> Step {
        let slow = Failure::without_answer(Cause::Timeout);
        self.ended(number, Some(slow), now, memory)
    }

    /// Whether nothing can follow an attempt that is out of time.
    pub(super) fn is_last(&self, run: &Run) -> bool {
        self.count() >= self.policy.attempts
            && self.runs.is_lone()
            && self.request.safe
            && !self.probes
            && run.until < self.deadline()
    }

    /// The last permitted attempt may use all the time that is left, if there is
    /// nothing to show meanwhile.
    pub(super) fn wait_to_the_end(&mut self, run: Run, now: Now, memory: &mut Memory) -> Step {
        let slow = Failure::without_answer(Cause::Timeout);
        let listed = slow.is_in(&self.policy.stale_on);
        if listed && self.may_look() {
            return self.ask_for_copy();
        }
        if self.showable(&slow, now).is_some() {
            return self.time_out(run.number, now, memory);
        }
        self.waits_on = true;
        self.runs.extend(run.number, self.deadline());
        self.outstanding()
    }

    /// A usable copy beats waiting on; the attempt goes on behind it.
    pub(super) fn soft_deadline_passed(&mut self, now: Now, memory: &mut Memory) -> Step {
        if self.may_look() {
            return self.ask_for_copy();
        }
        let slow = Failure::without_answer(Cause::Timeout);
        let Some(aged) = self.showable(&slow, now) else {
            self.waits_on = true;
            return self.outstanding();
        };
        for run in self.runs.all() {
            self.note(&run, Some(slow), now);
        }
        let began = self
            .runs
            .latest()
            .map_or(now.steady, |run| run.since.steady);
        // Others that were asked later were quick: it is not slow any more.
        let quick = memory.origins.have_recovered_since(began, true);
        if !quick {
            self.hold(slow, true, now, memory);
        }
        let late = now.steady.after(LATE);
        let goes_on = memory.may_go_on(self.request.key, now.steady, late);
        if !goes_on {
            self.abandon_all(now, memory);
        }
        // Nobody is to wait for it where another one would be quicker.
        if self.leads && (quick || !goes_on) {
            memory.flights.forget(self.request.key);
            self.leads = false;
        }
        let until = goes_on.then_some(now.wall.after(LATE));
        self.finish_behind(Source::Copy(aged), Some(slow), until, now)
    }

    /// Sends a second attempt beside a slow first one.
    pub(super) fn hedge(&mut self, now: Now, memory: &mut Memory) -> Step {
        self.hedge_at = Timestamp::NEVER;
        let Some(run) = self.runs.latest() else {
            return self.outstanding();
        };
        let both = Permission {
            here: true,
            elsewhere: true,
        };
        let allowed = self.count() < self.policy.attempts && self.request.replayable;
        let origin = allowed
            .then(|| self.next_origin(run.origin, both, now, memory))
            .flatten();
        match origin {
            Some(origin) if memory.may_repeat(now.steady) => self.begin(origin, true, now, memory),
            _ => self.outstanding(),
        }
    }
}
