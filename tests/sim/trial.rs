//! Events in any order, told to several exchanges that share a memory, by a host
//! that does as it likes, with a clock that does too. What the law allows is
//! asked of its second reading.

use super::drawn::{Bytes, any_copies, any_policy, any_request};
use super::{Asked, EPOCH, End, Stored, law, scenario};
use lastgood::copies::Copy;
use lastgood::gateway::{
    self, Arrival, End as Landed, Event, Exchange, Further, Memory, Opening, Reply, Source, Step,
};
use lastgood::policy::Policy;
use lastgood::verdict::{Cause, Facts, Failure};
use lastgood::wire::{Listed, Timestamp};
use std::{rc::Rc, time::Duration};

/// What the exchanges share.
struct World {
    policy: Rc<Policy>,
    memory: Memory,
    now: Timestamp,
    copies: Vec<Stored>,
}

/// An exchange between a host that does as it likes and a clock that does too.
struct Trial {
    policy: Rc<Policy>,
    asked: Asked,
    exchange: Exchange,
    started: Timestamp,
    /// The copy that was asked for and given, and when.
    given: Option<usize>,
    looked_at: Timestamp,
    /// It was asked for, and not given yet.
    looks: bool,
    last: Option<Step>,
    taken_over: bool,
    begun: u8,
    responded: bool,
    /// An attempt asked only for what is newer.
    conditional: bool,
    /// A tier gave a page.
    page: bool,
    left: bool,
    told: Vec<String>,
}

/// Any bytes as a policy, requests, and events in any order. Returns the steps.
pub(crate) fn events(bytes: &[u8]) -> Vec<Step> {
    let mut bytes = Bytes(bytes);
    let mut world = World::new(&mut bytes);
    let mut trials: Vec<Trial> = Vec::new();
    let mut steps = Vec::new();
    while !bytes.0.is_empty() && steps.len() < 96 {
        let turn = usize::from(bytes.next() % 16);
        let new = trials.len() < 4 && (trials.is_empty() || turn == 15);
        if new {
            trials.extend(Trial::new(&mut world, &mut bytes));
            continue;
        }
        let turn = turn % trials.len();
        steps.push(trials[turn].hostile_step(&mut world, &mut bytes));
    }
    for trial in &mut trials {
        trial.come_to_an_end(&mut world, &mut steps);
        trial.check_that_the_reply_is_final(&mut world, &mut bytes);
        trial.check_that_what_goes_on_ends(&mut world);
    }
    steps
}

impl World {
    fn new(bytes: &mut Bytes<'_>) -> Self {
        let origins = usize::from(bytes.next() % 3) + 1;
        let configuration = scenario::read_configuration(origins, &any_policy(bytes));
        let configuration = configuration.expect("a right policy");
        Self {
            policy: Rc::clone(configuration.policy_for("/")),
            memory: Memory::new(&configuration, u64::from(bytes.next())),
            now: EPOCH,
            copies: any_copies(),
        }
    }
}

impl Trial {
    fn new(world: &mut World, bytes: &mut Bytes<'_>) -> Option<Self> {
        let asked = any_request(bytes);
        let (policy, now) = (Rc::clone(&world.policy), world.now);
        let (url, body) = (&*asked.url(), asked.body);
        let arrival = Arrival { url, body, now };
        let memory = &mut world.memory;
        let opening = asked.with_head(|head| gateway::open(head, &arrival, &policy, memory));
        let first = match opening {
            Opening::Aside => return None,
            Opening::Ask(origin, _) | Opening::Lead(origin, _) => Some(origin),
            Opening::Look | Opening::StandIn | Opening::Exchange => None,
        };
        let looped = asked.with_head(|head| gateway::is_looped(head, memory));
        let (request, seed) = (asked.request(looped, &policy), u64::from(bytes.next()));
        let (kept, origins) = (Rc::clone(&policy), memory.origins.count());
        Some(Self {
            exchange: Exchange::new(kept, request, first, origins, seed, now),
            policy,
            asked,
            started: now,
            given: None,
            looked_at: now,
            looks: false,
            last: None,
            taken_over: first.is_some(),
            begun: 0,
            responded: false,
            conditional: false,
            page: false,
            left: false,
            told: Vec::new(),
        })
    }

    fn reply(&self) -> Option<Reply> {
        match self.last {
            Some(Step::Reply(reply)) => Some(reply),
            _ => None,
        }
    }

    fn deadline(&self) -> Timestamp {
        match self.policy.observe {
            true => Timestamp::NEVER,
            false => self.started.after(self.asked.deadline(&self.policy)),
        }
    }

    fn come_to_an_end(&mut self, world: &mut World, steps: &mut Vec<Step>) {
        let looks = self.policy.unsafe_deadline.as_millis() / 250;
        let bound = steps.len() + 12 * usize::from(self.policy.attempts) + 100;
        let bound = bound + usize::try_from(looks).unwrap();
        while self.reply().is_none() {
            steps.push(self.honest_step(world));
            assert!(steps.len() < bound, "no end: {}", self.told.join("\n"));
        }
    }

    /// What a host would do that keeps the rules, and whose origins are silent.
    fn honest_step(&mut self, world: &mut World) -> Step {
        match self.last {
            None => self.tell(world, Event::Start),
            Some(Step::Look) => self.look(world, None),
            Some(Step::LookFurther(..)) => self.look_further(world, Further::Nothing),
            Some(Step::Begin(_)) => self.tell(world, Event::Begun),
            Some(Step::Inspect(..)) => self.tell(world, Event::Inspected(None)),
            Some(Step::Wait(Timestamp::NEVER)) => self.tell(world, Event::Left),
            Some(Step::Wait(until)) => {
                world.now = world.now.max(until);
                self.tell(world, Event::Woke)
            }
            Some(Step::Reply(_)) => self.tell(world, Event::Woke),
        }
    }

    fn hostile_step(&mut self, world: &mut World, bytes: &mut Bytes<'_>) -> Step {
        let moved = bytes.pick(&[0, 0, 1, 20, 300, 700, 1500, 5000, 60_000]);
        let told = world.now.as_millis();
        let told = match bytes.next() {
            0..16 => told.saturating_sub(moved),
            _ => told.saturating_add(moved),
        };
        world.now = Timestamp::from_millis(told);
        let number = bytes.pick(&[self.begun, self.begun, self.begun, 1, 2, 0, 255]);
        match bytes.next() % 20 {
            0 => self.tell(world, Event::Start),
            1 => self.tell(world, Event::Begun),
            2 => self.tell(world, Event::Woke),
            3 => self.tell(world, Event::Failed(number, bytes.pick(&scenario::CAUSES))),
            4..8 => self.respond(world, number, bytes),
            8 | 9 => {
                let copy = usize::from(bytes.next()) % world.copies.len();
                self.look(world, Some(copy))
            }
            10 => self.tell(world, Event::Left),
            11 => self.tell(world, Event::Inspected(Some(Cause::Disguised))),
            12 => {
                let (url, now) = (self.asked.url(), world.now);
                let ends = [None, Some(Landed::Stored), Some(Landed::Uncacheable)];
                world.memory.land(&url, bytes.pick(&ends), now);
                self.honest_step(world)
            }
            13 => {
                let copy = usize::from(bytes.next()) % world.copies.len();
                let request = Listed::new("");
                let opened = Copy::open(&world.copies[copy].envelope(), &request);
                let copied = opened.map_or(Further::Nothing, Further::Copy);
                let found = bytes.pick(&[copied, copied, Further::Page, Further::Lost]);
                if matches!(
                    (self.last, found),
                    (Some(Step::LookFurther(..)), Further::Copy(_))
                ) {
                    (self.given, self.looked_at) = (Some(copy), world.now);
                }
                self.look_further(world, found)
            }
            _ => self.honest_step(world),
        }
    }

    fn look_further(&mut self, world: &mut World, found: Further) -> Step {
        let asked = matches!(self.last, Some(Step::LookFurther(..)));
        self.page = asked && found == Further::Page;
        self.tell(world, Event::LookedFurther(found))
    }

    fn look(&mut self, world: &mut World, found: Option<usize>) -> Step {
        if self.looks {
            (self.given, self.looked_at, self.looks) = (found, world.now, false);
        }
        let request = Listed::new("");
        let copy = found.and_then(|copy| Copy::open(&world.copies[copy].envelope(), &request));
        self.tell(world, Event::Looked(copy))
    }

    fn respond(&mut self, world: &mut World, number: u8, bytes: &mut Bytes<'_>) -> Step {
        let status = bytes.pick(&[
            200, 204, 304, 404, 429, 500, 502, 503, 504, 521, 525, 530, 599,
        ]);
        let span = |secs: u8| (secs > 0).then(|| Duration::from_secs(u64::from(secs)));
        let facts = Facts {
            status,
            lifetime: span(bytes.pick(&[0, 0, 0, 60])),
            retry_after: span(bytes.pick(&[0, 0, 0, 1, 8, 255])),
            stop: bytes.pick(&[false, false, false, true]),
            marked: bytes.pick(&[false, false, false, true]),
            is_small: status == 200 && bytes.next().is_multiple_of(2),
            holdable: status == 200 && bytes.next().is_multiple_of(2),
            cause: None,
            phase: None,
        };
        self.responded = true;
        self.tell(world, Event::Responded(number, facts))
    }

    fn tell(&mut self, world: &mut World, event: Event) -> Step {
        let was = self.reply();
        let step = self.exchange.step(event, world.now, &mut world.memory);
        let at = world.now.since(self.started).as_millis();
        self.told.push(format!("{at}ms {event:?} -> {step:?}"));
        self.last = Some(step);
        self.looks |= step == Step::Look;
        self.left |= event == Event::Left && self.told.len() > 1;
        match was {
            Some(reply) => {
                let same = matches!(step, Step::Reply(again) if again.source == reply.source);
                self.hold(same, "a reply is final");
            }
            None => {
                self.check(step, world);
                self.check_confirmation(event, step);
            }
        }
        step
    }

    fn check(&mut self, step: Step, world: &World) {
        match step {
            Step::Begin(attempt) => self.check_attempt(attempt, world),
            Step::Wait(until) => self.hold(until <= self.deadline(), "a wait past the deadline"),
            Step::Reply(reply) => self.check_reply(reply, world),
            Step::Look => self.hold(self.takes_copies(), "no copy may be shown"),
            Step::LookFurther(_, until) => {
                self.hold(self.takes_copies(), "no copy may be shown");
                let grace = world.now.after(Duration::from_secs(1));
                let in_time = until <= self.deadline().max(grace);
                self.hold(in_time, "a search without an end");
            }
            // By which clock a rescue is over only the memory knows.
            Step::Inspect(..) => self.hold(!self.policy.observe, "no body is to be looked at"),
        }
    }

    fn check_attempt(&mut self, attempt: gateway::Attempt, world: &World) {
        let (number, origin) = (attempt.number, attempt.origin);
        let known = self.begun > 0 && number == self.begun;
        if known {
            return;
        }
        self.begun += 1;
        self.conditional |= attempt.conditional;
        let given = self.given.map(|copy| &world.copies[copy]);
        let asks = given.is_some_and(|copy| law::has_validator(&copy.response));
        self.hold(!attempt.conditional || asks, "there is nothing to confirm");
        let only = law::wants_copy_only(&self.asked, &self.policy) && self.takes_copies();
        self.hold(!only || self.policy.observe, "a copy only was wanted");
        self.hold(number == self.begun, "attempts count up");
        self.hold(origin < world.memory.origins.count(), "no such origin");
        let trail: Vec<_> = self.exchange.trail().to_vec();
        let failures = trail.iter().filter_map(|tried| tried.failure);
        let excused = failures.clone().any(|failure| never_left(&failure));
        let most = self.policy.attempts + u8::from(excused);
        self.hold(number <= most, "more attempts than allowed");
        let taken_over = self.taken_over && number == 1;
        self.hold(
            world.now < self.deadline() || self.told.len() == 1 || taken_over,
            "an attempt begins after the deadline",
        );
        self.hold(
            attempt.beside || trail.len() + 1 == usize::from(number),
            "two attempts at once",
        );
        self.hold(
            !attempt.beside || (self.asked.is_safe() && self.policy.hedge.is_some()),
            "a hedge that nobody asked for",
        );
        let claims: Vec<usize> = trail
            .iter()
            .filter(|tried| tried.failure.is_none_or(|failure| !never_left(&failure)))
            .map(|tried| tried.origin)
            .collect();
        if !self.asked.is_safe() && !self.policy.retry_unsafe {
            let keyed = self.asked.fields.contains("idempotency-key");
            self.hold(keyed || claims.is_empty(), "a write is sent twice");
            self.hold(
                claims.iter().all(|claimed| *claimed == origin),
                "another origin gets a keyed write",
            );
        }
        let once = !self.asked.is_replayable(&self.policy);
        self.hold(!once || number == 1, "a body is sent twice");
        self.hold(!self.left, "nobody waits for it");
    }

    fn takes_copies(&self) -> bool {
        law::takes_copies(&self.asked, &self.policy)
    }

    fn check_reply(&self, reply: Reply, world: &World) {
        let longest = world.now.after(Duration::from_secs(25));
        let bounded = reply.goes_on.is_none_or(|until| until <= longest);
        self.hold(bounded, "what goes on behind a reply has an end");
        match reply.source {
            Source::Origin => self.hold(self.responded, "nobody's response"),
            Source::Nobody => self.hold(self.left, "somebody waits for it"),
            Source::Answer(_) | Source::Renewed => {}
            Source::Page => {
                self.hold(self.takes_copies() && self.page, "nobody's page");
                let named = self
                    .exchange
                    .found_in()
                    .is_some_and(|it| !it.kind.has_copies());
                self.hold(named, "a page from where copies are");
            }
            Source::Uncached => {
                let only = law::wants_copy_only(&self.asked, &self.policy);
                self.hold(only && self.begun == 0, "more than a copy was wanted");
            }
            Source::Copy(_) => {
                self.hold(self.takes_copies(), "no copy may be shown");
                let copy = self.given.map(|copy| &world.copies[copy]);
                // One that goes out as soon as a probe has begun was chosen before.
                let chosen = match self.begun {
                    1 => self.looked_at.min(world.now),
                    _ => world.now,
                };
                let lawful = copy.is_some_and(|copy| match self.exchange.failure() {
                    Some(_) => law::is_showable(copy, &self.asked, &self.policy, chosen),
                    None => {
                        law::answers(copy, &self.asked, &self.policy, chosen)
                            || law::is_renewable(copy, &self.asked, &self.policy, chosen)
                    }
                });
                self.hold(lawful, "a copy that may not be shown");
            }
        }
    }

    /// That a copy is current counts only where that was asked, and goes out as the
    /// copy, whatever policy says of other answers: it is one to our own question.
    fn check_confirmation(&self, event: Event, step: Step) {
        let Step::Reply(reply) = step else { return };
        let answered = match event {
            Event::Responded(_, facts) => Some(facts.status),
            _ => None,
        };
        let confirmed = answered == Some(304) && self.conditional;
        match reply.source {
            Source::Renewed => self.hold(confirmed, "nobody called the copy current"),
            Source::Origin => self.hold(!confirmed, "an answer to our own condition"),
            _ => {}
        }
    }

    fn check_that_the_reply_is_final(&mut self, world: &mut World, bytes: &mut Bytes<'_>) {
        let late = Event::Failed(self.begun, Cause::Network);
        for event in [Event::Woke, Event::Looked(None), Event::Start, late] {
            let passed = Duration::from_secs(u64::from(bytes.next()));
            world.now = world.now.after(passed);
            let _ = self.tell(world, event);
        }
    }

    fn check_that_what_goes_on_ends(&mut self, world: &mut World) {
        const SECONDS: usize = 26;
        for _ in 0..SECONDS {
            let Some(until) = self.reply().and_then(|reply| reply.goes_on) else {
                return;
            };
            world.now = world.now.max(until);
            let _ = self.tell(world, Event::Woke);
        }
        self.hold(false, "what goes on behind a reply has an end");
    }

    fn hold(&self, holds: bool, why: &str) {
        assert!(
            holds,
            "{why}\n{:?}\n{:?}\n{}",
            self.asked,
            self.policy,
            self.told.join("\n")
        );
    }
}

fn never_left(failure: &Failure) -> bool {
    law::is_nothing_sent(&match failure.status {
        Some(status) => End::Response(status, "".into()),
        None => End::Failure(failure.cause),
    })
}
