//! Attempts: how each begins and ends, and whether another follows.

use super::{Exchange, LOOK_IN, Next, Now, State};
use crate::gateway::memory::Memory;
use crate::gateway::runs::{Run, Runs};
use crate::gateway::step::{Attempt, Source, Step, Tried, Would};
use crate::origins::Usable;
use crate::policy::Hedge;
use crate::retry::{Pause, Permission, pause, permission};
use crate::verdict::{self, Cause, Facts, Failure, Phase};
use crate::wire::{Timestamp, time::millis};
use core::time::Duration;

impl<const COPIES: bool> Exchange<COPIES> {
    /// `repeated` says that it is paid for from the budget.
    pub(super) fn begin(
        &mut self,
        origin: usize,
        repeated: bool,
        now: Now,
        memory: &mut Memory,
    ) -> Step {
        if self.first.is_none() && now.wall >= self.deadline() {
            return self.give_up(now, memory);
        }
        let beside = !self.runs.is_empty();
        self.begun = self.begun.saturating_add(1);
        if self.begun > 1 {
            // It was chosen when the first one began, and may be too old by now.
            self.stand_in = None;
        }
        self.tally.count(origin);
        let taken_over = self.first.take().is_some();
        let since = if taken_over { self.started } else { now.wall };
        let steady = Timestamp::from_millis(
            now.steady
                .as_millis()
                .saturating_sub(millis(now.wall.since(since))),
        );
        if !taken_over {
            let expected = self.request.safe && self.request.replayable;
            memory.origins.begin(origin, expected, now.steady);
        }
        self.plan(origin, since, memory);
        let patience = self.patience(origin, now, memory);
        self.runs.add(Run {
            number: self.begun,
            origin,
            since: Now {
                wall: since,
                steady,
            },
            until: since.after(patience).min(self.deadline()),
            repeated,
        });
        self.state = State::Running;
        Step::Begin(Attempt {
            number: self.begun,
            origin,
            beside,
            conditional: self.conditional,
        })
    }

    /// When to look in on the attempt, and when to send another beside it.
    pub(super) fn plan(&mut self, origin: usize, since: Timestamp, memory: &Memory) {
        self.look_in = since.after(self.policy.soft_deadline.max(LOOK_IN));
        if self.begun == 1 && self.request.safe && !self.probes && !self.observes() {
            let after = match self.policy.hedge {
                None => None,
                Some(Hedge::After(span)) => Some(span),
                Some(Hedge::Percentile(percent)) => memory.origins.percentile(origin, percent),
            };
            self.hedge_at = after.map_or(Timestamp::NEVER, |span| since.after(span));
        }
    }

    /// How long an attempt may take.
    fn patience(&mut self, origin: usize, now: Now, memory: &mut Memory) -> Duration {
        let limit = self.request.limit;
        if self.observes() {
            return Duration::MAX;
        }
        // What is not safe is not cut short for being a probe.
        if !self.probes || !self.request.safe {
            return limit;
        }
        let patience = memory.origins.probe_patience(origin, now.steady).min(limit);
        if memory.origins.take_long_probe(origin, limit, now.steady) {
            self.probe_behind_at = now.wall.after(patience);
            return limit;
        }
        patience
    }

    /// The host has begun the attempt: the copy that waited for it can go out.
    pub(super) fn begun(&mut self, now: Now) -> Step {
        match self.stand_in.take().filter(|_| COPIES) {
            None => self.outstanding(),
            Some(aged) => {
                let until = self.runs.latest().map(|run| run.until);
                self.finish_behind(Source::Copy(aged), None, until, now)
            }
        }
    }

    pub(super) fn responded(
        &mut self,
        number: u8,
        facts: &Facts,
        now: Now,
        memory: &mut Memory,
    ) -> Step {
        let failure = self.verdict(facts);
        let failure = self.as_proven(number, failure, memory);
        if self.runs.get(number).is_none() {
            return self.after_all(number, failure, now, memory);
        }
        if failure.is_none() && self.looks_at(facts, now, memory) {
            let patience = self.policy.soft_deadline.max(LOOK_IN);
            let until = now.wall.after(patience).min(self.deadline());
            self.state = State::Inspecting { number, until };
            return Step::Inspect(number, until);
        }
        self.holds_response = true;
        self.ended(number, failure, now, memory)
    }

    /// That nothing was sent is a word of the edge's own. A server that we speak to
    /// over a socket said something else by the same status.
    fn as_proven(&self, number: u8, failure: Option<Failure>, memory: &Memory) -> Option<Failure> {
        let run = self.runs.get(number);
        let origin = run.and_then(|run| memory.origins.get(run.origin));
        let by_socket = COPIES && origin.is_some_and(|origin| origin.host.is_some());
        failure.map(|failure| match by_socket {
            true => Failure {
                phase: failure.phase.max(Phase::MaybeProcessed),
                ..failure
            },
            false => failure,
        })
    }

    /// Whether a good answer is held and looked at before it goes out.
    pub(super) fn looks_at(&self, facts: &Facts, now: Now, memory: &Memory) -> bool {
        let disguised = facts.is_small && self.policy.disguised;
        let rescued = facts.holdable && memory.rescues(self.policy.rescue, now.steady);
        !self.observes() && (disguised || rescued)
    }

    pub(super) fn inspected(
        &mut self,
        number: u8,
        cause: Option<Cause>,
        now: Now,
        memory: &mut Memory,
    ) -> Step {
        self.state = State::Running;
        // Half a body is nothing to hold on to.
        self.holds_response = cause != Some(Cause::Truncated);
        self.ended(number, cause.map(Failure::without_answer), now, memory)
    }

    /// An attempt is over.
    pub(super) fn ended(
        &mut self,
        number: u8,
        failure: Option<Failure>,
        now: Now,
        memory: &mut Memory,
    ) -> Step {
        let Some(run) = self.runs.take(number) else {
            return self.outstanding();
        };
        self.note(&run, failure, now);
        self.remember(&run, failure, now, memory);
        self.failure = failure;
        let Some(failure) = failure else {
            self.answered = Some(run.origin);
            self.abandon_all(now, memory);
            self.free(now, memory);
            return self.finish_with(self.good(), None);
        };
        if !self.runs.is_empty() {
            return self.outstanding();
        }
        if failure.phase == Phase::NothingSent && failure.cause != Cause::Tls {
            self.excused = 1;
        }
        if self.may_look() && failure.is_in(&self.policy.stale_on) {
            self.state = State::Looking;
            return self.ask_for_copy();
        }
        self.after_failure(now, memory)
    }

    /// Attempts that count: one that never left does not, once.
    pub(super) const fn count(&self) -> u8 {
        self.begun.saturating_sub(self.excused)
    }

    /// Writes what came of an attempt into the trail.
    pub(super) fn note(&mut self, run: &Run, failure: Option<Failure>, now: Now) {
        self.trail.push(Tried {
            origin: run.origin,
            took: now.wall.since(run.since.wall),
            failure,
        });
    }

    pub(super) fn remember(
        &mut self,
        run: &Run,
        failure: Option<Failure>,
        now: Now,
        memory: &mut Memory,
    ) {
        let (began, quick) = (run.since.steady, Memory::quick(&self.policy));
        let Memory {
            origins, random, ..
        } = memory;
        match &failure {
            // Of an upload that breaks off nobody knows who broke it.
            Some(failure) if !self.request.replayable && failure.status.is_none() => {
                origins.abandoned(run.origin, began, now.steady);
            }
            None => origins.good(run.origin, began, quick, now.steady),
            Some(failure) => {
                let page = (run.origin, self.request.key);
                origins.failed(page, failure, began, now.steady, random);
            }
        }
        if failure.is_some_and(|failure| failure.cause == Cause::Truncated) {
            memory.cut(now.steady);
        }
        memory.settle(run.repeated, failure.is_none(), now.steady);
    }

    pub(super) fn abandon_all(&mut self, now: Now, memory: &mut Memory) {
        for run in self.runs.all() {
            memory
                .origins
                .abandoned(run.origin, run.since.steady, now.steady);
        }
        self.runs = Runs::default();
    }

    pub(super) fn after_failure(&mut self, now: Now, memory: &mut Memory) -> Step {
        let next = self.next_attempt(now, memory);
        if self.observes() {
            self.would = Some(match next {
                Some((origin, _)) => Would::Ask(origin),
                None => Would::Reply(self.outcome(now)),
            });
            return self.pass_on();
        }
        match next {
            Some((origin, at)) if at <= now.wall => self.begin(origin, true, now, memory),
            Some((origin, until)) => {
                self.state = State::Pausing {
                    origin: Next::Origin(origin),
                    until,
                };
                Step::Wait(until)
            }
            None => self.give_up(now, memory),
        }
    }

    /// Where and when to try again, if at all.
    pub(super) fn next_attempt(
        &mut self,
        now: Now,
        memory: &mut Memory,
    ) -> Option<(usize, Timestamp)> {
        let (failure, tried) = (self.failure?, self.trail.last().copied()?);
        if self.count() >= self.policy.attempts || !self.request.replayable || self.probes {
            return None;
        }
        let left = self.horizon(&failure, now).since(now.wall);
        let so_far = Failure {
            phase: self.worst_phase(),
            ..failure
        };
        let mut allowed = permission(self.request.repeat, &so_far, &self.policy);
        let pause = self.pause(&failure, tried.origin, left);
        allowed.here &= pause != Pause::TooLong;
        let origin = self.next_origin(tried.origin, allowed, now, memory)?;
        if left.is_zero() {
            return None;
        }
        if !self.observes() && !memory.may_repeat(now.steady) {
            self.starved = true;
            return None;
        }
        match pause {
            Pause::For(span) if origin == tried.origin => Some((origin, now.wall.after(span))),
            _ => Some((origin, now.wall)),
        }
    }

    /// The origin to ask after `failed`: none that is known to be down, for only
    /// probes go there.
    pub(super) fn next_origin(
        &self,
        failed: usize,
        allowed: Permission,
        now: Now,
        memory: &Memory,
    ) -> Option<usize> {
        let secrets = self.request.needs_credentials;
        let here = allowed.here && !memory.origins.is_down(failed, now.steady);
        if !COPIES {
            return here.then_some(failed);
        }
        let allowed = Permission { here, ..allowed };
        let usable = |origin| match memory.origins.usable(origin, secrets, now.steady) {
            _ if memory.origins.is_down(origin, now.steady) => Usable::Never,
            Usable::Well if !memory.origins.has_room(origin, now.steady) => Usable::Held,
            usable => usable,
        };
        self.tally
            .next(failed, allowed, self.policy.attempts_per_origin, usable)
    }

    /// What one attempt may have done, a later one that never left cannot undo.
    pub(super) fn worst_phase(&self) -> Phase {
        let failures = self.trail.iter().filter_map(|tried| tried.failure);
        failures
            .map(|failure| failure.phase)
            .max()
            .unwrap_or(Phase::NothingSent)
    }

    /// When patience ends: with a copy to show at the soft deadline, else at
    /// the deadline.
    pub(super) fn horizon(&self, failure: &Failure, now: Now) -> Timestamp {
        match self.showable(failure, now) {
            Some(_) => self.soft_deadline().min(self.deadline()),
            None => self.deadline(),
        }
    }

    pub(super) fn pause(&mut self, failure: &Failure, origin: usize, left: Duration) -> Pause {
        let pushback = failure.retry_after.filter(|_| self.policy.retry_after);
        let failed = self.tally.asked(origin);
        pause(
            self.policy.backoff,
            failed,
            pushback,
            left,
            self.random.draw(),
        )
    }

    /// One that was given up answers after all: a good answer is a good answer.
    pub(super) fn after_all(
        &mut self,
        number: u8,
        failure: Option<Failure>,
        now: Now,
        memory: &mut Memory,
    ) -> Step {
        if failure.is_some() || number > self.begun {
            return self.outstanding();
        }
        self.holds_response = true;
        self.abandon_all(now, memory);
        self.finish_with(self.good(), None)
    }

    /// What a response means: to our own condition, 304 is the copy.
    pub(super) fn verdict(&mut self, facts: &Facts) -> Option<Failure> {
        self.renewed = COPIES && self.conditional && facts.status == 304;
        match self.renewed {
            true => None,
            false => verdict::of_response(facts, &self.policy),
        }
    }

    const fn good(&self) -> Source {
        match self.renewed {
            true => Source::Renewed,
            false => Source::Origin,
        }
    }
}
