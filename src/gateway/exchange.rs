//! One request as a machine: an event in, a step out.
//!
//! Every timer there could be (attempt time-out, deadline, soft deadline,
//! backoff) is the one time in [`Step::Wait`]. So a host needs one timer and no
//! rules, a test needs no clock, and any sequence of events can be tried.

use super::{attempt_limit, may_show_copies};
use crate::answer::Asker;
use crate::copies::{Aged, Copy};
use crate::origins::Tally;
use crate::policy::{AnswerWith, Policy};
use crate::retry::{Pause, Random, Repeatability, pause, permission};
use crate::verdict::{self, Cause, Facts, Failure};
use crate::wire::{RequestHead, Timestamp};
use alloc::{rc::Rc, vec::Vec};
use core::time::Duration;

/// What an exchange needs to know of its request.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    repeat: Repeatability,
    limit: Duration,
    deadline: Duration,
    may_show_copies: bool,
    signed_in: bool,
    replayable: bool,
    wants_raw_error: bool,
}

impl Request {
    /// Takes what matters from a request's head. `replayable` tells whether its
    /// body, if any, can be sent a second time.
    #[must_use]
    pub fn new(
        head: &RequestHead<'_>,
        asker: &Asker<'_>,
        replayable: bool,
        policy: &Policy,
    ) -> Self {
        let repeat = Repeatability::of(head, policy);
        Self {
            repeat,
            limit: attempt_limit(head.method, repeat, policy),
            deadline: if head.method.is_safe() {
                policy.deadline
            } else {
                policy.unsafe_deadline
            },
            may_show_copies: may_show_copies(head, policy),
            signed_in: head.authorized || head.has_cookie_beyond(&policy.cookies_ignored),
            replayable,
            wants_raw_error: asker.is_script(),
        }
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event {
    /// The request is there.
    Start,
    /// Answers [`Step::Look`].
    Looked(Option<Copy>),
    /// Answers [`Step::Begin`].
    Begun,
    /// An attempt got the head of a response.
    Responded(Facts),
    /// An attempt ended without one.
    Failed(Cause),
    /// The time in [`Step::Wait`] was reached.
    Woke,
}

/// One fetch of one origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// From 1.
    pub number: u8,
    /// Index into the configured origins.
    pub origin: usize,
}

/// What the host does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Step {
    /// Look for a copy.
    Look,
    /// Start an attempt.
    Begin(Attempt),
    /// Wait for an attempt, at most until then.
    Wait(Timestamp),
    /// Send the reply.
    Reply(Reply),
}

/// How the request ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Whose response goes out.
    pub source: Source,
    /// Whether the running attempt goes on behind the reply, so that its late
    /// answer still refreshes the copy.
    pub goes_on: bool,
}

/// Whose response goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The last response that an origin gave, untouched.
    Origin,
    /// The copy; fresh if no failure led to it.
    Copy(Aged),
    /// One of our own.
    Answer(Failure),
}

/// One attempt, looked back upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tried {
    /// Index into the configured origins.
    pub origin: usize,
    /// How long it took.
    pub took: Duration,
    /// What came of it; `None` for a good answer.
    pub failure: Option<Failure>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Nothing runs; a decision is due.
    Idle,
    /// An attempt runs.
    Running {
        origin: usize,
        since: Timestamp,
        until: Timestamp,
    },
    /// The next attempt begins then.
    Pausing { origin: usize, until: Timestamp },
}

/// The life of one request.
#[derive(Debug)]
pub struct Exchange {
    policy: Rc<Policy>,
    request: Request,
    random: Random,
    started: Timestamp,
    state: State,
    tally: Tally,
    attempts: u8,
    looked: bool,
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
            state: State::Idle,
            tally: Tally::new(origins),
            attempts: 0,
            looked: false,
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
    /// nothing.
    pub fn step(&mut self, event: Event, now: Timestamp) -> Step {
        match event {
            Event::Start if self.wants_fresh_copy() => Step::Look,
            Event::Start => self.begin(0, now),
            Event::Looked(copy) => self.looked(copy, now),
            Event::Begun => self.wait(),
            Event::Responded(facts) => self.responded(&facts, now),
            Event::Failed(cause) => self.ended(Some(Failure::without_answer(cause)), now),
            Event::Woke => self.woke(now),
        }
    }

    fn wants_fresh_copy(&self) -> bool {
        self.policy.mode == crate::policy::Mode::Cache && self.request.may_show_copies
    }

    fn looked(&mut self, copy: Option<Copy>, now: Timestamp) -> Step {
        self.looked = true;
        self.copy = copy;
        match self.state {
            State::Idle if self.attempts == 0 => match copy.filter(|copy| self.is_fresh(copy, now))
            {
                Some(copy) => reply(Source::Copy(copy.aged(now)), false),
                None => self.begin(0, now),
            },
            State::Idle => self.after_failure(now),
            State::Running { .. } => self.woke(now),
            State::Pausing { .. } => self.wait(),
        }
    }

    fn is_fresh(&self, copy: &Copy, now: Timestamp) -> bool {
        copy.is_fresh(self.request.signed_in, now)
    }

    fn begin(&mut self, origin: usize, now: Timestamp) -> Step {
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

    fn wait(&self) -> Step {
        match self.state {
            State::Idle => reply(self.outcome(self.started), false),
            State::Pausing { until, .. } => Step::Wait(until),
            State::Running { until, .. } if self.hurries() => {
                Step::Wait(until.min(self.soft_deadline()))
            }
            State::Running { until, .. } => Step::Wait(until),
        }
    }

    /// Whether a copy may be shown while the attempt still runs.
    fn hurries(&self) -> bool {
        let copy_conceivable = !self.looked || self.copy.is_some();
        self.request.may_show_copies
            && self.policy.stale_on.timeout
            && copy_conceivable
            && !self.waits_on
    }

    const fn may_look(&self) -> bool {
        self.request.may_show_copies && !self.looked
    }

    fn woke(&mut self, now: Timestamp) -> Step {
        match self.state {
            State::Idle => self.wait(),
            State::Pausing { origin, until } if now >= until => self.begin(origin, now),
            State::Running { until, .. } if now >= until => {
                self.ended(Some(Failure::without_answer(Cause::Timeout)), now)
            }
            State::Running { .. } if self.hurries() && now >= self.soft_deadline() => {
                self.soft_deadline_passed(now)
            }
            State::Pausing { .. } | State::Running { .. } => self.wait(),
        }
    }

    /// A usable copy beats waiting on; the attempt goes on behind it.
    fn soft_deadline_passed(&mut self, now: Timestamp) -> Step {
        if self.may_look() {
            return Step::Look;
        }
        let slow = Failure::without_answer(Cause::Timeout);
        match self.showable(&slow, now) {
            Some(aged) => {
                self.failure = Some(slow);
                self.note(Some(slow), now);
                reply(Source::Copy(aged), true)
            }
            None => {
                self.waits_on = true;
                self.wait()
            }
        }
    }

    fn responded(&mut self, facts: &Facts, now: Timestamp) -> Step {
        if !matches!(self.state, State::Running { .. }) {
            return self.wait();
        }
        self.holds_response = true;
        self.ended(verdict::of_response(facts, &self.policy), now)
    }

    /// The running attempt is over.
    fn ended(&mut self, failure: Option<Failure>, now: Timestamp) -> Step {
        if !matches!(self.state, State::Running { .. }) {
            return self.wait();
        }
        self.note(failure, now);
        self.state = State::Idle;
        match failure {
            None => {
                self.failure = None;
                reply(Source::Origin, false)
            }
            Some(failure) => {
                self.failure = Some(failure);
                let copy_would_do = failure.is_in(&self.policy.stale_on);
                if self.may_look() && copy_would_do {
                    Step::Look
                } else {
                    self.after_failure(now)
                }
            }
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
            None => reply(self.outcome(now), false),
        }
    }

    /// Where and when to try again, if at all.
    fn next_attempt(&mut self, now: Timestamp) -> Option<(usize, Timestamp)> {
        let (failure, tried) = (self.failure?, self.trail.last().copied()?);
        if self.attempts >= self.policy.attempts || !self.request.replayable {
            return None;
        }
        let left = self.horizon(&failure, now).since(now);
        let mut allowed = permission(self.request.repeat, &failure, &self.policy);
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
            return Source::Answer(Failure::without_answer(Cause::Network));
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

const fn reply(source: Source, goes_on: bool) -> Step {
    Step::Reply(Reply { source, goes_on })
}
