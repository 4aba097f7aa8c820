//! One request as a machine: an event in, a step out.
//!
//! Every timer there could be (attempt time-out, deadline, soft deadline,
//! backoff, hedge) is the one time in [`Step::Wait`]. So a host needs one timer
//! and no rules, a test needs no clock, and any sequence of events can be tried.

mod attempts;
mod ending;
mod opening;
mod searching;
mod waiting;

use super::clock::Clock;
use super::memory::{Memory, Restraint};
use super::runs::Runs;
use super::step::{Event, Reply, Request, Step, Tried, Would};
use crate::copies::{Aged, Copy};
use crate::origins::Tally;
use crate::policy::Policy;
use crate::retry::Random;
use crate::verdict::Failure;
use crate::wire::Timestamp;
use crate::wire::cache_status::Handling;
use alloc::{rc::Rc, vec::Vec};
use core::time::Duration;
use searching::Search;

/// How often a request that waits looks whether waiting still makes sense.
const LOOK_IN: Duration = Duration::from_millis(500);
/// How often one that waits for another looks whether that is done.
const POLL: Duration = Duration::from_millis(25);
/// How long a request without a copy waits for room at the origin.
const QUEUE: Duration = Duration::from_millis(500);
/// How long an attempt may go on behind its reply: the platform ends it after
/// 30 s.
const LATE: Duration = Duration::from_secs(25);
/// How often somebody looks whether it still makes sense.
const LATE_LOOK_IN: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug)]
enum State {
    /// The request has not begun.
    New,
    /// Nothing runs: a copy is looked for first.
    Looking,
    /// Attempts run.
    Running,
    /// A small body is looked at.
    Inspecting { number: u8, until: Timestamp },
    /// The next attempt begins then.
    Pausing { origin: Next, until: Timestamp },
    /// Somebody else fetches the page.
    Waiting { until: Timestamp },
    /// A further tier is asked, before an error goes out.
    Searching(Search),
    /// The reply went out, and is final.
    Done(Reply),
}

/// Where the next attempt goes.
#[derive(Clone, Copy, Debug)]
enum Next {
    /// To this origin.
    Origin(usize),
    /// To whichever has room.
    WithRoom,
}

/// How far the one look for a copy has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    NotYet,
    Outstanding,
    Over,
}

/// A moment, by both clocks.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Now {
    /// By the host's clock, as this request sees it: for timers and copies.
    pub(super) wall: Timestamp,
    /// By the memory's, which never goes back.
    pub(super) steady: Timestamp,
}

/// The life of one request. Without `COPIES` it is that of a page, which has no store, one
/// origin, and nothing that goes on behind its reply: then the compiler leaves out what would
/// be done with them.
#[derive(Debug)]
pub struct Exchange<const COPIES: bool = true> {
    policy: Rc<Policy>,
    request: Request,
    random: Random,
    started: Timestamp,
    clock: Clock,
    /// When the memory's clock will be there at the end of the wait.
    wakes: Timestamp,
    state: State,
    /// The attempt that ran before there was an exchange.
    first: Option<usize>,
    tally: Tally,
    runs: Runs,
    /// Attempts that began; one that never left does not count, once.
    begun: u8,
    excused: u8,
    look: Look,
    copy: Option<Copy>,
    /// The further tier in which was found what goes out.
    found_in: Option<usize>,
    /// The origin is asked only for what is newer than the copy.
    conditional: bool,
    /// The origin called the copy current.
    renewed: bool,
    /// The soft deadline passed and there was nothing to show.
    waits_on: bool,
    look_in: Timestamp,
    hedge_at: Timestamp,
    /// When nobody waits for a long probe any more, and it goes on by itself.
    probe_behind_at: Timestamp,
    /// When an attempt ends that goes on behind the reply.
    late_until: Timestamp,
    restraint: Option<Restraint>,
    /// The origin is down, and this request finds out whether it still is.
    probes: bool,
    /// A copy that goes out as soon as the attempt behind it has begun.
    stand_in: Option<Aged>,
    /// Others wait for what this request fetches.
    leads: bool,
    /// Since when it waits for another.
    joined: Timestamp,
    /// What another fetched is being looked at.
    landed: bool,
    failure: Option<Failure>,
    /// The origin whose answer was good.
    answered: Option<usize>,
    /// The budget was spent when it was needed.
    starved: bool,
    would: Option<Would>,
    holds_response: bool,
    trail: Vec<Tried>,
}

impl Exchange {
    /// A request that came at `started`; `first` is the origin that it was sent
    /// to then, if it was. The same seed, memory and events lead to the same
    /// steps.
    #[must_use]
    pub fn new(
        policy: Rc<Policy>,
        request: Request,
        first: Option<usize>,
        origins: usize,
        seed: u64,
        started: Timestamp,
    ) -> Self {
        Self::at(policy, request, first, origins, seed, started)
    }
}

impl Exchange<false> {
    /// A request of a page, to the one origin that its URL names.
    #[must_use]
    pub fn of_page(policy: Rc<Policy>, request: Request, seed: u64, started: Timestamp) -> Self {
        Self::at(policy, request, None, 1, seed, started)
    }
}

impl<const COPIES: bool> Exchange<COPIES> {
    fn at(
        policy: Rc<Policy>,
        request: Request,
        first: Option<usize>,
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
            wakes: Timestamp::default(),
            state: State::New,
            first,
            tally: Tally::new(origins),
            runs: Runs::default(),
            begun: 0,
            excused: 0,
            look: Look::NotYet,
            copy: None,
            found_in: None,
            conditional: false,
            renewed: false,
            waits_on: false,
            look_in: Timestamp::NEVER,
            hedge_at: Timestamp::NEVER,
            probe_behind_at: Timestamp::NEVER,
            late_until: Timestamp::default(),
            answered: None,
            restraint: None,
            probes: false,
            stand_in: None,
            leads: false,
            joined: Timestamp::default(),
            landed: false,
            failure: None,
            starved: false,
            would: None,
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

    /// The origin whose answer was good, if one was.
    #[must_use]
    pub const fn answered(&self) -> Option<usize> {
        self.answered
    }

    /// Whether the origin said no more than that the copy is current.
    #[must_use]
    pub const fn is_renewed(&self) -> bool {
        self.renewed
    }

    /// Why the origin was asked, as far as copies are concerned.
    #[must_use]
    pub fn handling(&self, now: Timestamp) -> Handling {
        match self.copy {
            _ if !self.request.safe => Handling::Method,
            _ if !self.request.may_show_copies => Handling::Bypass,
            None => Handling::Miss,
            Some(copy) if copy.is_fresh(now) => Handling::Demanded,
            Some(_) => Handling::Stale,
        }
    }

    /// The copy that was found for this request, if there was one.
    #[must_use]
    pub const fn copy(&self) -> Option<Copy> {
        self.copy
    }

    /// How many attempts began.
    #[must_use]
    pub const fn attempts(&self) -> u8 {
        self.begun
    }

    /// Why the request did not simply go to its origin, if there was a reason.
    #[must_use]
    pub const fn restraint(&self) -> Option<Restraint> {
        self.restraint
    }

    /// Whether a further attempt would have been made if the budget had not been
    /// spent.
    #[must_use]
    pub const fn is_starved(&self) -> bool {
        self.starved
    }

    /// What would have been done, where policy only observes.
    #[must_use]
    pub const fn would(&self) -> Option<Would> {
        self.would
    }

    /// Whether others wait for what this request fetches: then the host tells
    /// the memory's flights what became of it.
    #[must_use]
    pub const fn leads(&self) -> bool {
        COPIES && self.leads
    }

    /// How long is left until the deadline, for the origin to know.
    #[must_use]
    pub fn left(&self, now: Timestamp) -> Duration {
        self.deadline().since(now)
    }

    /// Takes an event and decides the next step.
    ///
    /// An event that answers nothing (a response while none runs, say) changes
    /// nothing: the step that is outstanding is returned once more. Whatever
    /// comes first is the start.
    pub fn step(&mut self, event: Event, now: Timestamp, memory: &mut Memory) -> Step {
        let awaited = self.outstanding().wakes_at();
        let awaited = awaited.filter(|_| event == Event::Woke);
        let steady = memory.clock.read(now, awaited.map(|_| self.wakes));
        let wall = self.clock.read(now, awaited);
        let now = Now { wall, steady };
        let step = self.decide(event, now, memory);
        if let Some(until) = step.wakes_at() {
            self.wakes = steady.after(until.since(wall));
        }
        step.map(|until| self.clock.at_host(until))
    }

    fn decide(&mut self, event: Event, now: Now, memory: &mut Memory) -> Step {
        let outstanding = self.look == Look::Outstanding;
        match (self.state, event) {
            (State::New, _) => self.open(now, memory),
            (State::Done(reply), event) if COPIES => self.after_reply(reply, event, now, memory),
            (State::Done(_), _) => self.outstanding(),
            (_, Event::Left) => self.left_alone(now, memory),
            (State::Looking | State::Running, Event::Looked(copy)) if COPIES && outstanding => {
                self.looked(copy, now, memory)
            }
            (State::Searching(search), Event::LookedFurther(found)) if COPIES => {
                self.looked_further(search, found, now, memory)
            }
            (State::Running, Event::Begun) => self.begun(now),
            (State::Running | State::Pausing { .. }, Event::Responded(number, facts)) => {
                self.responded(number, &facts, now, memory)
            }
            (State::Running, Event::Failed(number, cause)) => {
                self.ended(number, Some(Failure::without_answer(cause)), now, memory)
            }
            (State::Inspecting { number, .. }, Event::Inspected(cause)) => {
                self.inspected(number, cause, now, memory)
            }
            (State::Running | State::Pausing { .. } | State::Waiting { .. }, Event::Woke) => {
                self.woke(now, memory)
            }
            _ => self.outstanding(),
        }
    }

    /// Whether nothing is to be changed. A page has no such policy.
    fn observes(&self) -> bool {
        COPIES && self.policy.observe
    }

    fn deadline(&self) -> Timestamp {
        match self.observes() {
            true => Timestamp::NEVER,
            false => self.started.after(self.request.deadline),
        }
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
            State::Pausing { until, .. } | State::Waiting { until } => Step::Wait(until),
            State::Inspecting { number, until } => Step::Inspect(number, until),
            State::Searching(search) => Step::LookFurther(search.tier, search.until),
            State::Running if self.look == Look::Outstanding => Step::Look,
            State::Running => Step::Wait(self.next_look()),
        }
    }
}
