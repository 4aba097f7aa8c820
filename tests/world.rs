//! Several isolates and the one place where they meet, in simulated time.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

use lastgood::answer::Asker;
use lastgood::gateway::{
    self, Arrival, Body, Event, Exchange, First, FirstResponse, Further, Memory, Opening, Request,
    Step, World,
};
use lastgood::policy::{Configuration, Value, parse};
use lastgood::retry::Random;
use lastgood::verdict::Facts;
use lastgood::wire::{Listed, Method, RequestHead, Timestamp};
use std::rc::Rc;

const URL: &str = "https://site.test/page";
/// How long a report and its answer are on their way, each.
const WAY: u64 = 40;
/// The host looks so often whether there is a report, and at each request that
/// ended otherwise than well.
const LOOKS: u64 = 1000;

/// Isolates, and what they share.
struct Play {
    configuration: Configuration,
    isolates: Vec<Isolate>,
    world: Option<World>,
    chance: Random,
    now: u64,
    /// Each request that an origin saw: when, of which isolate, and how it ended.
    asked: Vec<(u64, usize, bool)>,
    repeated: Vec<(u64, usize)>,
}

struct Isolate {
    memory: Memory,
    /// Milliseconds between two requests.
    every: u64,
    looked_at: u64,
    report: Option<(u64, String)>,
    answer: Option<(u64, String)>,
    lines: usize,
}

impl Play {
    fn new(lastgood: &[(&str, Value)], every: &[u64]) -> Self {
        let fields = lastgood.iter();
        let table = fields.map(|(name, value)| ((*name).to_owned(), value.clone()));
        let origin = Value::Text("https://origin.test".into());
        let (configuration, problems) = parse(&origin, &Value::Table(table.collect()));
        assert!(problems.is_empty(), "{problems:?}");
        let isolate = |(seed, every): (u64, &u64)| Isolate {
            memory: Memory::new(&configuration, seed),
            every: *every,
            looked_at: 0,
            report: None,
            answer: None,
            lines: 0,
        };
        Self {
            isolates: (1..).zip(every).map(isolate).collect(),
            world: Some(World::new(&configuration)),
            chance: Random::new(7),
            now: 1_000_000_000,
            asked: Vec::new(),
            repeated: Vec::new(),
            configuration,
        }
    }

    /// Goes on for so many seconds; `good` tells how an isolate's request to the
    /// origin ends.
    fn run(&mut self, seconds: u64, good: impl Fn(usize, &mut Random) -> bool) {
        let end = self.now + seconds * 1000;
        while self.now < end {
            self.tick(&good);
        }
    }

    fn tick(&mut self, good: &impl Fn(usize, &mut Random) -> bool) {
        for index in 0..self.isolates.len() {
            self.carry(index);
            // Not all at the same moment.
            if (self.now + index as u64 * 35) % self.isolates[index].every < 5 {
                self.visit(index, good);
            }
        }
        self.now += 5;
    }

    /// What is on its way arrives.
    fn carry(&mut self, index: usize) {
        let now = self.now;
        let at = Timestamp::from_millis(now);
        let isolate = &mut self.isolates[index];
        if let Some((_, report)) = isolate.report.take_if(|(due, _)| now >= *due) {
            let answer = self.world.as_mut().and_then(|it| it.merge(&report, at));
            isolate.answer = answer.map(|answer| (now + WAY, answer));
        }
        if let Some((_, answer)) = isolate.answer.take_if(|(due, _)| now >= *due) {
            isolate.memory.learn(&answer, at);
        }
    }

    fn visit(&mut self, index: usize, good: &impl Fn(usize, &mut Random) -> bool) {
        let well = self.serve(index, good);
        let now = self.now;
        let isolate = &mut self.isolates[index];
        let busy = isolate.report.is_some() || isolate.answer.is_some();
        if busy || (well && now < isolate.looked_at + LOOKS) {
            return;
        }
        isolate.looked_at = now;
        let report = isolate.memory.report(Timestamp::from_millis(now));
        isolate.lines += usize::from(report.is_some());
        isolate.report = report.map(|report| (now + WAY, report));
    }

    /// One request to its end, all in one moment; whether it ended on the quick
    /// way.
    fn serve(&mut self, index: usize, good: &impl Fn(usize, &mut Random) -> bool) -> bool {
        let (at, nothing) = (self.now, Listed::new(""));
        let now = Timestamp::from_millis(at);
        let head = RequestHead::read("GET", URL, &nothing);
        let policy = Rc::clone(self.configuration.policy_for("/page"));
        let arrival = Arrival {
            url: URL,
            body: Body::None,
            now,
        };
        let memory = &mut self.isolates[index].memory;
        let seed = self.chance.draw();
        let mut ask = || {
            let well = good(index, &mut self.chance);
            self.asked.push((at, index, well));
            well
        };
        let (mut first, rules) = (None, Rc::clone(&policy));
        let mut pending = None;
        if let Opening::Ask(origin, _) = gateway::open(&head, &arrival, &policy, memory) {
            let well = ask();
            let response = FirstResponse {
                method: Method::Get,
                url: URL,
                origin,
                asked: now,
                status: if well { 200 } else { 502 },
                varied: "",
            };
            let due = lastgood::copies::Due::default();
            let end = gateway::on_first_response(&response, &nothing, &policy, &due, memory, now);
            if end != First::Failed {
                return true;
            }
            (first, pending) = (Some(origin), Some(well));
        }
        let request = Request::new(&head, URL, &Asker::read(&nothing), (true, false), &policy);
        let mut exchange = Exchange::new(rules, request, first, 1, seed, now);
        let mut step = exchange.step(Event::Start, now, memory);
        let (mut number, mut time) = (0, now);
        loop {
            let event = match step {
                Step::Look => Event::Looked(None),
                Step::LookFurther(..) => Event::LookedFurther(Further::Nothing),
                Step::Inspect(..) => Event::Inspected(None),
                Step::Begin(attempt) => {
                    number = attempt.number;
                    if number > 1 {
                        self.repeated.push((at, index));
                    }
                    pending = pending.or_else(|| Some(ask()));
                    Event::Begun
                }
                Step::Wait(until) => match pending.take() {
                    Some(well) => {
                        let status = if well { 200 } else { 502 };
                        let facts = Facts::read(status, &nothing, &policy, time);
                        Event::Responded(number, facts)
                    }
                    None => {
                        time = until;
                        Event::Woke
                    }
                },
                Step::Reply(_) => return false,
            };
            step = exchange.step(event, time, memory);
        }
    }

    /// Requests that the origin saw in a time, per second.
    fn rate(&self, from: u64, to: u64) -> f64 {
        let seen = self.asked.iter().filter(|(at, ..)| (from..to).contains(at));
        seen.count() as f64 * 1000.0 / (to - from) as f64
    }

    fn out(&self) -> Vec<bool> {
        let isolates = self.isolates.iter();
        isolates.map(|it| it.memory.origins.is_out(0)).collect()
    }

    /// How many repetitions there were in the last seconds.
    fn repetitions(&self, seconds: u64) -> usize {
        let since = self.now - seconds * 1000;
        self.repeated.iter().filter(|(at, _)| *at >= since).count()
    }
}

/// One attempt, so that what is counted are requests.
fn single() -> Vec<(&'static str, Value)> {
    vec![("attempts", Value::Number(1.0))]
}

/// Each failure is repeated at once, and nothing else protects the origin.
fn repeating() -> Vec<(&'static str, Value)> {
    let none = ("base".to_owned(), Value::Text("0ms".into()));
    vec![
        ("attempts", Value::Number(2.0)),
        ("backoff", Value::Table(vec![none])),
        ("breaker", Value::Bool(false)),
        ("ejection", Value::Bool(false)),
    ]
}

fn well(_: usize, _: &mut Random) -> bool {
    true
}

fn never(_: usize, _: &mut Random) -> bool {
    false
}

#[test]
fn one_probes_for_all() {
    let rate = |isolates: usize| {
        let mut play = Play::new(&single(), &vec![20; isolates]);
        play.run(20, well);
        play.run(3, never);
        let from = play.now;
        play.run(30, never);
        play.rate(from, play.now)
    };
    let (one, five) = (rate(1), rate(5));
    assert!(one > 2.0, "one alone probes {one} times a second");
    assert!(five < one * 1.5, "{five} probes a second instead of {one}");
}

#[test]
fn what_one_sees_all_know() {
    let mut play = Play::new(&single(), &[20, 20, 30, 50, 100]);
    play.run(20, well);
    // Who has few visitors would not know for long.
    play.run(3, never);
    assert_eq!(play.out(), [true; 5]);
    play.run(20, never);
    let from = play.asked.len();
    play.run(3, well);
    assert_eq!(play.out(), [false; 5]);
    let waited = play.asked[from].0 + 3000 - play.now;
    assert!(waited < 600, "it was not probed for {waited} ms");
}

#[test]
fn all_open_within_a_second() {
    let mut play = Play::new(&single(), &[20; 5]);
    play.run(20, well);
    play.run(30, never);
    let from = play.asked.len();
    while play.asked.len() == from {
        play.tick(&well);
    }
    assert_eq!(play.out().iter().filter(|out| !**out).count(), 1);
    let first = play.asked[from].0;
    while play.now < first + 1100 {
        play.tick(&well);
    }
    assert_eq!(play.out(), [false; 5]);
}

#[test]
fn without_the_world_each_is_alone_again() {
    let mut play = Play::new(&single(), &[20; 5]);
    play.run(20, well);
    play.run(20, never);
    let shared = play.rate(play.now - 10_000, play.now);
    play.world = None;
    play.run(4, never);
    let from = play.now;
    play.run(20, never);
    let alone = play.rate(from, play.now);
    assert!(alone > shared * 3.5, "{alone} instead of {shared}");
    play.run(2, well);
    assert_eq!(play.out(), [false; 5]);
}

#[test]
fn a_world_that_was_lost_is_rebuilt() {
    let mut play = Play::new(&single(), &[20; 5]);
    play.run(20, well);
    play.run(20, never);
    let before = play.rate(play.now - 10_000, play.now);
    play.world = Some(World::new(&play.configuration));
    play.run(3, never);
    let from = play.now;
    play.run(20, never);
    let after = play.rate(from, play.now);
    assert!(after < before * 1.3, "{after} instead of {before}");
}

#[test]
fn one_that_lost_its_way_takes_nobody_along() {
    let mut play = Play::new(&single(), &[20; 5]);
    play.run(20, well);
    play.run(30, |isolate, _| isolate != 0);
    assert_eq!(play.out(), [true, false, false, false, false]);
    let others = |(at, isolate, _): &&(u64, usize, bool)| *isolate > 0 && *at > play.now - 20_000;
    let seen = play.asked.iter().filter(others).count();
    assert!(seen > 3900, "others asked {seen} times of 4000");
}

#[test]
fn whoever_was_idle_meanwhile_finds_the_way() {
    let mut play = Play::new(&single(), &[20, u64::MAX, u64::MAX]);
    play.run(20, well);
    play.run(20, |isolate, _| isolate != 0);
    for isolate in &mut play.isolates[1..] {
        isolate.every = 50;
    }
    play.run(6, |isolate, _| isolate != 0);
    assert_eq!(play.out(), [true, false, false]);
}

#[test]
fn the_budget_is_that_of_the_world() {
    let repetitions = |every: &[u64], shared: bool| {
        let mut play = Play::new(&repeating(), every);
        if !shared {
            play.world = None;
        }
        play.run(60, well);
        play.run(60, never);
        play.repetitions(50)
    };
    let (each, all) = (repetitions(&[1000; 20], false), [1000; 20]);
    let (together, one) = (repetitions(&all, true), repetitions(&[50], false));
    assert!(each > 800, "{each} if each has its own");
    // That nothing succeeds is known a second late, in each window.
    assert!(together < one * 3, "{together} instead of {one}");
    assert!(together * 2 > one, "{together} instead of {one}");
}

#[test]
fn who_has_the_visitors_has_the_budget() {
    let mut play = Play::new(&repeating(), &[20, 1000, 1000, 1000, 1000]);
    play.run(30, well);
    let before = play.repeated.len();
    // One in eight fails once: a fifth of the requests is enough for all.
    play.run(30, |_, chance| chance.draw() % 8 > 0);
    let failed = play.asked.iter().filter(|(.., well)| !well).count();
    let repeated = play.repeated.len() - before;
    assert!(repeated * 10 > failed * 8, "{repeated} of {failed}");
}

#[test]
fn on_a_good_day_little_is_said() {
    let mut play = Play::new(&single(), &[20; 5]);
    play.run(100, well);
    assert!(play.isolates.iter().all(|isolate| isolate.lines <= 11));
}
