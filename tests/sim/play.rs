//! The host at work: all requests of a world, in the order of time.

use super::keeping::Kept;
use super::origin::Working;
use super::story::{Call, Note, Outcome, Played};
use super::visit::{Running, Stage, Visit};
use super::{Seen, World};
use lastgood::copies::{Asides, Due};
use lastgood::gateway::{
    self, Arrival, Attempt, Event, Exchange, Memory, Opening, Reply, Source, Step,
};
use lastgood::retry::Random;
use lastgood::verdict::Cause;
use lastgood::wire::Timestamp;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::rc::Rc;

/// What happens next: when, in which order at the same time, to which request.
type Next = (u64, What, u64, usize);

/// What ends comes before a timer that fires in the same moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Comes,
    Found,
    /// In a further tier; or its time is over.
    FoundFurther(usize, bool),
    Ends(u8),
    Leaves,
    Vanishes,
    Fires(usize),
}

/// Plays a world.
pub(crate) fn play(world: &World) -> Played {
    let mut host = Host::new(world);
    while let Some(Reverse((at, what, _, visit))) = host.queue.pop() {
        host.now = at;
        host.happens(visit, what);
    }
    host.played
}

/// A host at work.
#[derive(Debug)]
pub(super) struct Host<'w> {
    pub(super) world: &'w World,
    pub(super) memory: Memory,
    pub(super) due: Due,
    pub(super) asides: Asides,
    /// What lies in the store, by the URL of its place.
    pub(super) store: BTreeMap<String, Kept>,
    pub(super) visits: Vec<Visit<'w>>,
    origins: Vec<Working>,
    chance: Random,
    queue: BinaryHeap<Reverse<Next>>,
    /// Breaks ties: first in, first out.
    order: u64,
    now: u64,
    played: Played,
}

impl<'w> Host<'w> {
    fn new(world: &'w World) -> Self {
        let mut host = Self {
            world,
            memory: Memory::new(&world.configuration, world.seed),
            due: Due::default(),
            asides: Asides::default(),
            store: BTreeMap::new(),
            visits: Vec::with_capacity(world.visits.len()),
            origins: vec![Working::default(); world.origins.len()],
            chance: Random::new(world.seed ^ 0xc0ffee),
            queue: BinaryHeap::new(),
            order: 0,
            now: 0,
            played: Played::default(),
        };
        for (path, stored) in &world.copies {
            let url = super::url(path);
            host.keep(&url, stored.clone(), stored.at);
        }
        for (index, asked) in world.visits.iter().enumerate() {
            host.visits.push(Visit::new(asked, world));
            host.played.outcomes.push(Outcome::default());
            host.plan(index, asked.at, What::Comes);
            if let Some(after) = asked.leaves {
                host.plan(index, asked.at + after, What::Leaves);
            }
            if let Some(after) = asked.vanishes {
                host.plan(index, asked.at + after, What::Vanishes);
            }
        }
        host
    }

    fn plan(&mut self, visit: usize, at: u64, what: What) {
        self.order += 1;
        self.queue
            .push(Reverse((at.max(self.now), what, self.order, visit)));
    }

    pub(super) fn note(&mut self, visit: usize, seen: Seen) {
        let at = self.now;
        self.played.notes.push(Note { at, visit, seen });
    }

    /// What the host's clock shows a request.
    pub(super) fn clock(&self, visit: usize) -> Timestamp {
        self.world.shows(visit, self.now)
    }

    fn happens(&mut self, visit: usize, what: What) {
        match (what, self.visits[visit].stage) {
            (What::Comes, _) => self.comes(visit),
            (What::Found, Stage::Looking) => self.found(visit),
            (What::FoundFurther(tier, answered), Stage::Looking) => {
                self.found_further(visit, tier, answered);
            }
            (What::Ends(number), stage) => self.ends(visit, number, stage),
            (What::Fires(timer), stage) if self.visits[visit].timer == timer => {
                self.fires(visit, stage)
            }
            (What::Leaves, Stage::Looking | Stage::Waiting) => {
                self.note(visit, Seen::Left);
                let step = self.tell(visit, Event::Left);
                self.act(visit, step);
            }
            // Of a request that is only watched nobody tells.
            (What::Leaves, Stage::Watched)
            | (What::Vanishes, Stage::Watched | Stage::Looking | Stage::Waiting) => {
                self.note(visit, Seen::Vanished);
                self.give_up(visit);
                self.visits[visit].stage = Stage::Absent;
            }
            _ => {}
        }
    }

    /// A request comes: as the edge does it.
    fn comes(&mut self, visit: usize) {
        self.note(visit, Seen::Came);
        let (now, asked) = (self.clock(visit), self.visits[visit].asked);
        self.visits[visit].started = now;
        let (url, policy) = (asked.url(), Rc::clone(&self.visits[visit].policy));
        let (url, body) = (url.as_str(), asked.body);
        let arrival = Arrival { url, body, now };
        let memory = &mut self.memory;
        match asked.with_head(|head| gateway::open(head, &arrival, &policy, memory)) {
            Opening::Aside => self.note(visit, Seen::Aside),
            Opening::Ask(origin, patience) if self.world.watched => {
                self.watch(visit, origin, patience);
            }
            Opening::Ask(origin, _) | Opening::Lead(origin, _) => self.start(visit, Some(origin)),
            Opening::StandIn => {
                self.visits[visit].stands_in = self.world.look_takes == 0;
                self.start(visit, None);
            }
            Opening::Look if self.world.watched && self.world.look_takes == 0 => {
                self.look_first(visit);
            }
            Opening::Look | Opening::Exchange => self.start(visit, None),
        }
    }

    pub(super) fn set_timer(&mut self, visit: usize, after: u64) {
        self.visits[visit].timer += 1;
        let timer = self.visits[visit].timer;
        if let Some(at) = self.now.checked_add(after)
            && at < u64::MAX / 2
        {
            self.plan(visit, at + self.world.timers_late, What::Fires(timer));
        }
    }

    /// Sends a request to an origin.
    pub(super) fn ask(&mut self, visit: usize, attempt: Attempt) {
        let Attempt { number, origin, .. } = attempt;
        let asked = self.visits[visit].asked;
        let path = &asked.path;
        let script = &self.world.origins[origin];
        let does = self.origins[origin].take(script, path, self.now, &mut self.chance);
        let end = match asked.method.as_str() {
            "GET" | "HEAD" => does.end.unless_known(&self.visits[visit].fields(attempt)),
            _ => does.end.clone(),
        };
        if let Some((least, most)) = does.after {
            let after = least + self.chance.draw() % (most - least + 1);
            self.plan(visit, self.now + after, What::Ends(number));
        }
        let call = self.played.calls.len();
        self.played.calls.push(Call {
            at: self.now,
            until: u64::MAX,
            visit,
            origin,
        });
        self.visits[visit].running.push(Running {
            number,
            origin,
            end,
            over: false,
            call,
        });
    }

    /// The origin is through with a request.
    fn hang_up(&mut self, call: usize) {
        let now = self.now;
        let call = &mut self.played.calls[call];
        call.until = now;
        self.origins[call.origin].running -= 1;
    }

    /// An exchange begins, with the attempt that runs already, if one does.
    pub(super) fn start(&mut self, visit: usize, first: Option<usize>) {
        let it = &mut self.visits[visit];
        let looped = it
            .asked
            .with_head(|head| gateway::is_looped(head, &self.memory));
        let (policy, request) = (Rc::clone(&it.policy), it.asked.request(looped, &it.policy));
        let seed = self
            .world
            .seed
            .wrapping_add(u64::try_from(visit).unwrap_or(0));
        let origins = self.world.origins.len();
        let mut exchange = Exchange::new(policy, request, first, origins, seed, it.started);
        if it.leads {
            exchange.lead();
        }
        it.exchange = Some(Box::new(exchange));
        let step = self.tell(visit, Event::Start);
        self.act(visit, step);
    }

    pub(super) fn tell(&mut self, visit: usize, event: Event) -> Step {
        let now = self.clock(visit);
        let it = &mut self.visits[visit];
        it.steps += 1;
        let exchange = it.exchange.as_mut().expect("there is an exchange");
        let step = exchange.step(event, now, &mut self.memory);
        self.note(visit, Seen::Step(step));
        step
    }

    /// Does a step, and all that follow from it at once.
    pub(super) fn act(&mut self, visit: usize, mut step: Step) {
        while self.visits[visit].steps < self.visits[visit].most_steps() {
            step = match step {
                Step::Look => {
                    self.visits[visit].stage = Stage::Looking;
                    return self.plan(visit, self.now + self.world.look_takes, What::Found);
                }
                Step::LookFurther(tier, until) => {
                    self.visits[visit].stage = Stage::Looking;
                    let patience = until.since(self.clock(visit)).as_millis();
                    let patience = u64::try_from(patience).unwrap_or(u64::MAX);
                    let does = self.world.tiers.get(tier);
                    let after = does.map_or(Some(0), |tier| tier.after);
                    let answered = after.filter(|after| *after < patience);
                    let end = self.now + answered.unwrap_or(patience);
                    let what = What::FoundFurther(tier, answered.is_some());
                    return self.plan(visit, end, what);
                }
                Step::Begin(attempt) => self.begin(visit, attempt),
                Step::Inspect(..) => {
                    let disguised = self.visits[visit].disguised;
                    let cause = disguised.then_some(Cause::Disguised);
                    self.note(visit, Seen::Inspected(cause));
                    self.tell(visit, Event::Inspected(cause))
                }
                Step::Wait(until) => {
                    let mut running = self.visits[visit].running.iter();
                    match running.find(|it| it.over).map(|it| it.number) {
                        Some(number) => self.deliver(visit, number),
                        None => return self.wait(visit, until),
                    }
                }
                Step::Reply(reply) => return self.reply(visit, reply),
            };
        }
        self.played.outcomes[visit].endless = true;
        self.give_up(visit);
        self.visits[visit].stage = Stage::Absent;
    }

    pub(super) fn wait(&mut self, visit: usize, until: Timestamp) {
        self.visits[visit].stage = Stage::Waiting;
        let after = match until {
            Timestamp::NEVER => u64::MAX,
            until => u64::try_from(until.since(self.clock(visit)).as_millis()).unwrap_or(u64::MAX),
        };
        self.set_timer(visit, after);
    }

    fn begin(&mut self, visit: usize, attempt: Attempt) -> Step {
        let it = &self.visits[visit];
        let taken_over = it.running.iter().any(|it| it.number == attempt.number);
        if !taken_over {
            if !attempt.beside {
                self.give_up(visit);
            }
            self.ask(visit, attempt);
        }
        self.tell(visit, Event::Begun)
    }

    /// Lets go of all that runs.
    fn give_up(&mut self, visit: usize) {
        for running in std::mem::take(&mut self.visits[visit].running) {
            if !running.over {
                self.hang_up(running.call);
            }
        }
    }

    /// An attempt ends by itself.
    fn ends(&mut self, visit: usize, number: u8, stage: Stage) {
        let mut running = self.visits[visit].running.iter_mut();
        let Some(running) = running.find(|it| it.number == number) else {
            return;
        };
        running.over = true;
        let call = running.call;
        self.hang_up(call);
        match stage {
            Stage::Absent | Stage::Looking => {}
            Stage::Watched => self.first_ended(visit),
            Stage::Waiting => {
                let step = self.deliver(visit, number);
                self.act(visit, step);
            }
            Stage::Replied => self.late(visit, number),
        }
    }

    /// Tells the exchange of an attempt that is over.
    fn deliver(&mut self, visit: usize, number: u8) -> Step {
        let now = self.clock(visit);
        let it = &mut self.visits[visit];
        let running = it.take(number).expect("it ran");
        let event = it.event(&running, now);
        let Running { origin, end, .. } = running;
        self.note(visit, Seen::Ended { origin, end });
        self.tell(visit, event)
    }

    fn fires(&mut self, visit: usize, stage: Stage) {
        match stage {
            Stage::Watched => self.start(visit, Some(self.visits[visit].running[0].origin)),
            Stage::Waiting => self.wakes(visit),
            Stage::Replied => self.late_look(visit),
            Stage::Absent | Stage::Looking => {}
        }
    }

    fn wakes(&mut self, visit: usize) {
        let tried = self.visits[visit].tried();
        let place = self.played.notes.len();
        self.note(
            visit,
            Seen::Woke {
                idle: false,
                end: false,
            },
        );
        let step = self.tell(visit, Event::Woke);
        let end = self.visits[visit].tried() > tried;
        let idle = matches!(step, Step::Wait(_)) && !end;
        self.played.notes[place].seen = Seen::Woke { idle, end };
        self.act(visit, step);
    }

    fn reply(&mut self, visit: usize, reply: Reply) {
        let now = self.clock(visit);
        let it = &self.visits[visit];
        let exchange = it.exchange.as_ref().expect("there is an exchange");
        let sent = it.sent(reply, self.world, now);
        let outcome = &mut self.played.outcomes[visit];
        outcome.restraint = exchange.restraint();
        outcome.failed = exchange.failure().is_some();
        outcome.starved = exchange.is_starved();
        outcome.sent = Some(sent);
        if let (Source::Origin, Some((_, status, _))) = (reply.source, &it.response) {
            self.outdate(visit, *status);
        }
        if matches!(reply.source, Source::Origin | Source::Renewed) {
            self.keep_response(visit, reply.source == Source::Renewed);
        }
        match reply.goes_on {
            Some(until) if !self.visits[visit].running.is_empty() => {
                self.wait(visit, until);
                self.visits[visit].stage = Stage::Replied;
            }
            _ => self.let_go(visit),
        }
    }

    /// The request is over.
    pub(super) fn let_go(&mut self, visit: usize) {
        self.give_up(visit);
        self.visits[visit].stage = Stage::Absent;
        self.visits[visit].exchange = None;
    }
}
