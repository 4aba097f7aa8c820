//! The simulated host: time that jumps to whatever comes next, one memory, and requests in
//! the order in which they come. It does what the edge does, and never waits.

use super::keeping::Stored;
use super::origin::{Content, End};
use super::scenario::Scenario;
use super::telling::{self, Kind, Note};
use super::visit::{Stage, Visit};
use crate::copies::{self, Asides, Due};
use crate::gateway::{
    self, Arrival, Event, Exchange, Further, Memory, Opening, Reply, Source, Step, Treatment,
};
use crate::retry::Random;
use crate::verdict::Cause;
use crate::wire::{Fields, Listed, Timestamp, time::millis};
use alloc::{
    boxed::Box,
    collections::{BTreeMap, BinaryHeap},
    rc::Rc,
    string::String,
    vec,
    vec::Vec,
};
use core::cmp::Reverse;
use core::mem;

/// When every day begins.
const EPOCH: Timestamp = Timestamp::from_secs(1_800_000_000);

/// A request that takes more steps than this would have no end.
const MOST_STEPS: usize = 20_000;

/// What happens next: when, in which order at the same time, to which request.
type Next = (u64, What, u64, usize);

/// What ends comes before a timer that fires in the same moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    Comes,
    Ends(u8),
    Fires(usize),
}

/// A day, and what there is at a host.
#[derive(Debug)]
pub(super) struct Day<'s> {
    pub(super) scenario: &'s Scenario,
    pub(super) memory: Memory,
    pub(super) due: Due,
    pub(super) asides: Asides,
    /// What lies in the store, by the URL of its place.
    pub(super) store: BTreeMap<String, Rc<Stored>>,
    pub(super) notes: Vec<Note>,
    /// Why nothing is kept was told.
    pub(super) told_refusal: bool,
    pub(super) now: u64,
    pub(super) chance: Random,
    queue: BinaryHeap<Reverse<Next>>,
    /// Breaks ties: first in, first out.
    order: u64,
    /// Which origins are known to be down.
    down: Vec<bool>,
}

/// What became of a day.
#[derive(Debug)]
pub(super) struct Played {
    pub(super) notes: Vec<Note>,
    pub(super) visits: Vec<Visit>,
    pub(super) origins: Vec<String>,
}

/// Plays a scenario.
pub(super) fn play(scenario: &Scenario) -> Played {
    let mut day = Day::new(scenario);
    day.stock();
    let mut visits = Vec::with_capacity(scenario.times.len());
    for (index, at) in scenario.times.iter().enumerate() {
        visits.push(Visit::new(index, *at, Rc::clone(scenario.policy())));
        day.plan(index, *at, What::Comes);
    }
    while let Some(Reverse((at, what, _, index))) = day.queue.pop() {
        day.now = at;
        if let Some(visit) = visits.get_mut(index) {
            day.happens(visit, what);
        }
        day.watch_origins();
    }
    let count = day.memory.origins.count();
    Played {
        origins: (0..count).map(|origin| day.name(origin)).collect(),
        notes: day.notes,
        visits,
    }
}

impl<'s> Day<'s> {
    fn new(scenario: &'s Scenario) -> Self {
        let memory = Memory::new(&scenario.configuration, scenario.seed);
        Self {
            down: vec![false; memory.origins.count()],
            scenario,
            memory,
            due: Due::default(),
            asides: Asides::default(),
            store: BTreeMap::new(),
            notes: Vec::new(),
            told_refusal: false,
            now: 0,
            chance: Random::new(scenario.seed ^ 0xc0ffee),
            queue: BinaryHeap::new(),
            order: 0,
        }
    }

    pub(super) fn plan(&mut self, visit: usize, at: u64, what: What) {
        self.order = self.order.saturating_add(1);
        self.queue
            .push(Reverse((at.max(self.now), what, self.order, visit)));
    }

    /// What the host's clock shows.
    pub(super) fn clock(&self) -> Timestamp {
        Timestamp::from_millis(EPOCH.as_millis().saturating_add(self.now))
    }

    pub(super) fn note(&mut self, visit: &mut Visit, kind: Kind, text: String) {
        visit.told_wait = kind == Kind::Waits;
        self.notes.push(Note {
            at: self.now,
            visit: Some(visit.index),
            kind,
            origin: None,
            attempt: None,
            text,
        });
    }

    pub(super) fn note_attempt(
        &mut self,
        visit: &mut Visit,
        kind: Kind,
        of: (usize, u8),
        text: String,
    ) {
        visit.told_wait = false;
        self.notes.push(Note {
            at: self.now,
            visit: Some(visit.index),
            kind,
            origin: Some(of.0),
            attempt: Some(of.1),
            text,
        });
    }

    /// How an origin is called.
    pub(super) fn name(&self, origin: usize) -> String {
        let listed = self.memory.origins.get(origin);
        let url = listed.map_or("", |it| &it.url);
        telling::origin(url, self.memory.origins.count())
    }

    fn happens(&mut self, visit: &mut Visit, what: What) {
        match what {
            What::Comes => self.comes(visit),
            What::Ends(number) => self.ends(visit, number),
            What::Fires(timer) if visit.timer == timer => match visit.stage {
                Stage::Waiting => self.wakes(visit),
                Stage::Replied => self.late_look(visit),
                Stage::Absent => {}
            },
            What::Fires(_) => {}
        }
    }

    /// Tells when an origin is known to be down, and when it is back.
    fn watch_origins(&mut self) {
        let now = self.memory.time(self.clock());
        for origin in 0..self.memory.origins.count() {
            let is = self.memory.origins.is_down(origin, now);
            let was = self.down.get_mut(origin).map(|was| mem::replace(was, is));
            if was == Some(!is) {
                let name = self.name(origin);
                self.notes.push(Note {
                    at: self.now,
                    visit: None,
                    kind: if is { Kind::Down } else { Kind::Up },
                    origin: Some(origin),
                    attempt: None,
                    text: telling::standing(&name, is),
                });
            }
        }
    }

    /// A request comes: as the edge does it.
    fn comes(&mut self, visit: &mut Visit) {
        let (now, asked) = (self.clock(), &self.scenario.asked);
        visit.started = now;
        let path = crate::wire::message::path_and_query(&asked.url);
        let text = telling::came(&asked.method, path);
        self.note(visit, Kind::Comes, text);
        let path = crate::wire::message::path(&asked.url);
        let listed = Listed::new(&asked.fields);
        let usual = Rc::clone(&visit.policy);
        let works = Treatment::works(path, &usual, None, now);
        let treatment = Treatment::of(path, &listed, &usual, works);
        if let Some(own) = treatment.policy(&usual, works) {
            visit.policy = Rc::new(own);
        }
        if treatment != Treatment::Usual {
            visit.is_usual = false;
            return self.start(visit, None, treatment);
        }
        let arrival = Arrival {
            url: &asked.url,
            body: asked.body,
            now,
        };
        let memory = &mut self.memory;
        match asked.with_head(|head| gateway::open(head, &arrival, &visit.policy, memory)) {
            Opening::Aside => self.note(visit, Kind::Reply, telling::ASIDE.into()),
            Opening::Ask(origin, _) | Opening::Lead(origin, _) => {
                self.start(visit, Some(origin), treatment);
            }
            Opening::Look | Opening::StandIn | Opening::Exchange => {
                self.start(visit, None, treatment);
            }
        }
    }

    /// An exchange begins.
    fn start(&mut self, visit: &mut Visit, first: Option<usize>, treatment: Treatment) {
        let asked = &self.scenario.asked;
        let looped = asked.with_head(|head| gateway::is_looped(head, &self.memory));
        let policy = Rc::clone(&visit.policy);
        let request = asked.request(looped, &policy);
        let copies = policy.maintenance.as_ref().is_some_and(|it| it.copies);
        let request = match treatment {
            Treatment::Closed(until) => request.closed(until, copies, visit.started),
            _ => request,
        };
        let index = u64::try_from(visit.index).unwrap_or_default();
        let seed = self.scenario.seed.wrapping_add(index);
        let origins = self.memory.origins.count();
        let exchange = Exchange::new(policy, request, first, origins, seed, visit.started);
        visit.exchange = Some(Box::new(exchange));
        let step = self.tell(visit, Event::Start);
        self.act(visit, step);
    }

    pub(super) fn tell(&mut self, visit: &mut Visit, event: Event) -> Step {
        let now = self.clock();
        visit.steps = visit.steps.saturating_add(1);
        match visit.exchange.as_mut() {
            Some(exchange) => exchange.step(event, now, &mut self.memory),
            None => Step::Reply(Reply {
                source: Source::Nobody,
                goes_on: None,
            }),
        }
    }

    /// Does a step, and all that follow from it at once.
    pub(super) fn act(&mut self, visit: &mut Visit, mut step: Step) {
        while visit.steps < MOST_STEPS {
            step = match step {
                Step::Look => self.looks(visit),
                Step::LookFurther(..) => {
                    self.note(visit, Kind::Looks, telling::FURTHER.into());
                    self.tell(visit, Event::LookedFurther(Further::Nothing))
                }
                Step::Begin(attempt) => self.begin(visit, attempt),
                Step::Inspect(..) => self.inspect(visit),
                Step::Wait(until) => match visit.running.iter().find(|it| it.over) {
                    Some(running) => {
                        let number = running.number;
                        self.deliver(visit, number)
                    }
                    None => return self.wait(visit, until),
                },
                Step::Reply(reply) => return self.reply(visit, reply),
            };
        }
        self.give_up(visit);
        visit.stage = Stage::Absent;
    }

    fn looks(&mut self, visit: &mut Visit) -> Step {
        let found = self.look(visit);
        let copy = found.as_ref().map(|(copy, _)| *copy);
        visit.found = found.map(|(_, stored)| stored);
        let now = self.clock();
        self.note(visit, Kind::Looks, telling::found(copy.as_ref(), now));
        self.tell(visit, Event::Looked(copy))
    }

    /// Reads a small body before it goes on.
    fn inspect(&mut self, visit: &mut Visit) -> Step {
        let end = visit.response.as_ref().map(|(_, end)| end);
        let (text, cause) = match end {
            Some(end) if end.body == Content::Cut => {
                (telling::HELD_AND_CUT, Some(Cause::Truncated))
            }
            Some(end) if visit.policy.disguised => {
                let text = end.body.text();
                let listed = Listed::new(&end.fields);
                let length = u64::try_from(text.len()).unwrap_or_default();
                let content_type = listed.get("content-type");
                let cause = copies::may_keep_body(content_type, length, text.as_bytes()).err();
                let told = match cause {
                    Some(_) => telling::LOOKED_AND_DISGUISED,
                    None => telling::LOOKED_AND_GOOD,
                };
                (told, cause)
            }
            _ => (telling::HELD_AND_WHOLE, None),
        };
        let latest = visit.attempts.last_mut();
        if let (Some(cause), Some(made)) = (cause, latest) {
            made.failure = Some(crate::verdict::Failure {
                status: made.status,
                ..crate::verdict::Failure::without_answer(cause)
            });
        }
        self.note(visit, Kind::Looks, text.into());
        self.tell(visit, Event::Inspected(cause))
    }

    fn wait(&mut self, visit: &mut Visit, until: Timestamp) {
        visit.stage = Stage::Waiting;
        if visit.running.is_empty() && !visit.told_wait {
            let text = telling::waits(visit, until.since(self.clock()));
            self.note(visit, Kind::Waits, text);
        }
        self.set_timer(visit, until);
    }

    pub(super) fn set_timer(&mut self, visit: &mut Visit, until: Timestamp) {
        visit.timer = visit.timer.saturating_add(1);
        if until != Timestamp::NEVER {
            let after = millis(until.since(self.clock()));
            let (at, timer) = (self.now.saturating_add(after), visit.timer);
            self.plan(visit.index, at, What::Fires(timer));
        }
    }

    fn reply(&mut self, visit: &mut Visit, reply: Reply) {
        self.sends(visit, reply);
        if let (Source::Origin, Some((_, End { status, .. }))) = (reply.source, &visit.response) {
            let status = status.unwrap_or(200);
            self.outdate(visit, status);
        }
        if matches!(reply.source, Source::Origin | Source::Renewed) {
            self.keep_response(visit, reply.source == Source::Renewed);
        }
        match reply.goes_on {
            Some(until) if !visit.running.is_empty() => {
                self.set_timer(visit, until);
                visit.stage = Stage::Replied;
            }
            _ => self.let_go(visit),
        }
    }

    /// The request is over.
    pub(super) fn let_go(&mut self, visit: &mut Visit) {
        self.give_up(visit);
        visit.stage = Stage::Absent;
        visit.exchange = None;
    }
}
