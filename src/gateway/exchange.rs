//! One request as a machine: an event in, a step out.
//!
//! Every timer there could be (attempt time-out, deadline, soft deadline,
//! backoff) is the one time in [`Step::Wait`]. So a host needs one timer and no
//! rules, a test needs no clock, and any sequence of events can be tried.

use super::clock::Clock;
use super::step::{Attempt, Event, Reply, Request, Source, Step, Tried};
use crate::copies::{Aged, Copy};
use crate::origins::Tally;
use crate::policy::{AnswerWith, Mode, Policy};
use crate::retry::{Pause, Random, pause, permission};
use crate::verdict::{self, Cause, Facts, Failure, Phase};
use crate::wire::Timestamp;
use alloc::{rc::Rc, vec::Vec};
use core::time::Duration;

#[derive(Clone, Copy, Debug)]
enum State {
    /// The request has not begun.
    New,
    /// Nothing runs: a copy is looked for first.
    Looking,
    /// An attempt runs.
    Running {
        origin: usize,
        since: Timestamp,
        until: Timestamp,
    },
    /// The next attempt begins then.
    Pausing { origin: usize, until: Timestamp },
    /// The reply went out, and is final.
    Done(Reply),
}

/// How far the one look for a copy has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    NotYet,
    Outstanding,
    Over,
}

/// The life of one request.
#[derive(Debug)]
pub struct Exchange {
    policy: Rc<Policy>,
    request: Request,
    random: Random,
    started: Timestamp,
    clock: Clock,
    state: State,
    tally: Tally,
    attempts: u8,
    look: Look,
    copy: Option<Copy>,
    /// The soft deadline passed and there was nothing to show.
    waits_on: bool,
    failure: Option<Failure>,
    holds_response: bool,
    trail: Vec<Tried>,
}

impl Exchange {
    /// A request that came at `started`, for one of `origins`. The same seed
    /// and the same events lead to the same steps.
    #[must_use]
    pub fn new(
        policy: Rc<Policy>,
        request: Request,
        origins: usize,
        seed: u64,
        started: Timestamp,
    ) -> Self {
        Self {
            policy,
            request,
            random: Random::new(seed),
            started,
            clock: Clock::new(started),
            state: State::New,
            tally: Tally::new(origins),
            attempts: 0,
            look: Look::NotYet,
            copy: None,
            waits_on: false,
            failure: None,
            holds_response: false,
            trail: Vec::new(),
        }
    }

    /// All attempts that ended, in order.
    #[must_use]
    pub fn trail(&self) -> &[Tried] {
        &self.trail
    }

    /// The last failure.
    #[must_use]
    pub const fn failure(&self) -> Option<Failure> {
        self.failure
    }

    /// Takes an event and decides the next step.
    ///
    /// An event that answers nothing (a response while none runs, say) changes
    /// nothing: the step that is outstanding is returned once more. Whatever
    /// comes first is the start.
    pub fn step(&mut self, event: Event, now: Timestamp) -> Step {
        let awaited = match self.outstanding() {
            Step::Wait(until) if event == Event::Woke => Some(until),
            _ => None,
        };
        let now = self.clock.read(now, awaited);
        match self.decide(event, now) {
            Step::Wait(until) => Step::Wait(self.clock.at_host(until)),
            step => step,
        }
    }

    fn decide(&mut self, event: Event, now: Timestamp) -> Step {
        let outstanding = self.look == Look::Outstanding;
        match (self.state, event) {
            (State::New, _) => self.open(now),
            (State::Looking | State::Running { .. }, Event::Looked(copy)) if outstanding => {
                self.looked(copy, now)
            }
            (State::Running { .. }, Event::Responded(facts)) => self.responded(&facts, now),
            (State::Pausing { .. }, Event::Responded(facts)) if self.is_good(&facts) => {
                self.failure = None;
                self.finish(Source::Origin, false)
            }
            (State::Running { .. }, Event::Failed(cause)) => {
                self.ended(Some(Failure::without_answer(cause)), now)
            }
            (State::Running { .. } | State::Pausing { .. }, Event::Woke) => self.woke(now),
            _ => self.outstanding(),
        }
    }

    fn open(&mut self, now: Timestamp) -> Step {
        if self.policy.mode == Mode::Cache && self.request.may_show_copies {
            self.state = State::Looking;
            self.ask_for_copy()
        } else {
            self.begin(0, now)
        }
    }

    const fn ask_for_copy(&mut self) -> Step {
        self.look = Look::Outstanding;
        Step::Look
    }

    fn looked(&mut self, copy: Option<Copy>, now: Timestamp) -> Step {
        self.look = Look::Over;
        self.copy = copy;
        if matches!(self.state, State::Running { .. }) {
            return self.woke(now);
        }
        match copy.filter(|copy| self.attempts == 0 && self.is_fresh(copy, now)) {
            Some(copy) => self.finish(Source::Copy(copy.aged(now)), false),
            None if self.attempts == 0 => self.begin(0, now),
            None => self.after_failure(now),
        }
    }

    fn is_fresh(&self, copy: &Copy, now: Timestamp) -> bool {
        copy.is_fresh(self.request.signed_in, now)
    }

    fn begin(&mut self, origin: usize, now: Timestamp) -> Step {
        if now >= self.deadline() {
            return self.finish(self.outcome(now), false);
        }
        self.attempts = self.attempts.saturating_add(1);
        self.tally.count(origin);
        let until = now.after(self.request.limit).min(self.deadline());
        self.state = State::Running {
            origin,
            since: now,
            until,
        };
        Step::Begin(Attempt {
            number: self.attempts,
            origin,
        })
    }

    fn deadline(&self) -> Timestamp {
        self.started.after(self.request.deadline)
    }

    fn soft_deadline(&self) -> Timestamp {
        self.started.after(self.policy.soft_deadline)
    }

    /// The step that was decided last and is not answered yet.
    fn outstanding(&self) -> Step {
        match self.state {
            State::New => Step::Wait(self.started),
            State::Looking => Step::Look,
            State::Done(reply) => Step::Reply(reply),
            State::Pausing { until, .. } => Step::Wait(until),
            State::Running { .. } if self.look == Look::Outstanding => Step::Look,
            State::Running { until, .. } if self.hurries() => {
                Step::Wait(until.min(self.soft_deadline()))
            }
            State::Running { until, .. } => Step::Wait(until),
        }
    }

    const fn finish(&mut self, source: Source, goes_on: bool) -> Step {
        let reply = Reply { source, goes_on };
        self.state = State::Done(reply);
        Step::Reply(reply)
    }

    /// Whether a copy may be shown while the attempt still runs.
    fn hurries(&self) -> bool {
        let copy_conceivable = self.look != Look::Over || self.copy.is_some();
        self.request.may_show_copies
            && self.policy.stale_on.timeout
            && copy_conceivable
            && !self.waits_on
    }

    fn may_look(&self) -> bool {
        self.request.may_show_copies && self.look != Look::Over
    }

    fn woke(&mut self, now: Timestamp) -> Step {
        match self.state {
            State::Pausing { origin, until } if now >= until => self.begin(origin, now),
            State::Running { until, .. } if now >= until => {
                self.ended(Some(Failure::without_answer(Cause::Timeout)), now)
            }
            State::Running { .. } if self.hurries() && now >= self.soft_deadline() => {
                self.soft_deadline_passed(now)
            }
            _ => self.outstanding(),
        }
    }

    /// A usable copy beats waiting on; the attempt goes on behind it.
    fn soft_deadline_passed(&mut self, now: Timestamp) -> Step {
        if self.may_look() {
            return self.ask_for_copy();
        }
        let slow = Failure::without_answer(Cause::Timeout);
        match self.showable(&slow, now) {
            Some(aged) => {
                self.failure = Some(slow);
                self.note(Some(slow), now);
                self.finish(Source::Copy(aged), true)
            }
            None => {
                self.waits_on = true;
                self.outstanding()
            }
        }
    }

    fn is_good(&self, facts: &Facts) -> bool {
        verdict::of_response(facts, &self.policy).is_none()
    }

    fn responded(&mut self, facts: &Facts, now: Timestamp) -> Step {
        self.holds_response = true;
        self.ended(verdict::of_response(facts, &self.policy), now)
    }

    /// The running attempt is over.
    fn ended(&mut self, failure: Option<Failure>, now: Timestamp) -> Step {
        self.note(failure, now);
        self.failure = failure;
        match failure {
            None => self.finish(Source::Origin, false),
            Some(failure) if self.may_look() && failure.is_in(&self.policy.stale_on) => {
                self.state = State::Looking;
                self.ask_for_copy()
            }
            Some(_) => self.after_failure(now),
        }
    }

    /// Writes what came of the running attempt into the trail.
    fn note(&mut self, failure: Option<Failure>, now: Timestamp) {
        if let State::Running { origin, since, .. } = self.state {
            let took = now.since(since);
            self.trail.push(Tried {
                origin,
                took,
                failure,
            });
        }
    }

    fn after_failure(&mut self, now: Timestamp) -> Step {
        match self.next_attempt(now) {
            Some((origin, at)) if at <= now => self.begin(origin, now),
            Some((origin, until)) => {
                self.state = State::Pausing { origin, until };
                Step::Wait(until)
            }
            None => self.finish(self.outcome(now), false),
        }
    }

    /// Where and when to try again, if at all.
    fn next_attempt(&mut self, now: Timestamp) -> Option<(usize, Timestamp)> {
        let (failure, tried) = (self.failure?, self.trail.last().copied()?);
        if self.attempts >= self.policy.attempts || !self.request.replayable {
            return None;
        }
        let left = self.horizon(&failure, now).since(now);
        let so_far = Failure {
            phase: self.worst_phase(),
            ..failure
        };
        let mut allowed = permission(self.request.repeat, &so_far, &self.policy);
        let pause = self.pause(&failure, tried.origin, left);
        allowed.here &= pause != Pause::TooLong;
        let origin = self
            .tally
            .next(tried.origin, allowed, self.policy.attempts_per_origin)?;
        match pause {
            _ if left.is_zero() => None,
            Pause::For(span) if origin == tried.origin => Some((origin, now.after(span))),
            _ => Some((origin, now)),
        }
    }

    /// What one attempt may have done, a later one that never left cannot undo.
    fn worst_phase(&self) -> Phase {
        let failures = self.trail.iter().filter_map(|tried| tried.failure);
        failures
            .map(|failure| failure.phase)
            .max()
            .unwrap_or(Phase::NothingSent)
    }

    /// When patience ends: with a copy to show at the soft deadline, else at
    /// the deadline.
    fn horizon(&self, failure: &Failure, now: Timestamp) -> Timestamp {
        match self.showable(failure, now) {
            Some(_) => self.soft_deadline().min(self.deadline()),
            None => self.deadline(),
        }
    }

    fn pause(&mut self, failure: &Failure, origin: usize, left: Duration) -> Pause {
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

    fn showable(&self, failure: &Failure, now: Timestamp) -> Option<Aged> {
        let copy = self.copy.filter(|_| failure.is_in(&self.policy.stale_on))?;
        copy.showable(&self.policy, now)
    }

    /// What goes out when nothing more is tried.
    fn outcome(&self, now: Timestamp) -> Source {
        let Some(failure) = self.failure else {
            return Source::Answer(Failure::without_answer(Cause::Timeout));
        };
        if let Some(aged) = self.showable(&failure, now) {
            return Source::Copy(aged);
        }
        let ours = self.policy.answer == AnswerWith::Page
            && failure.is_in(&self.policy.answer_on)
            && !failure.meant
            && !self.request.wants_raw_error;
        if self.holds_response && !ours {
            Source::Origin
        } else {
            Source::Answer(failure)
        }
    }
}
