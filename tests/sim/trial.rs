//! Events in any order, by a host that does as it likes, with a clock that does
//! too. What the law allows is asked of its second reading.

use super::{Asked, EPOCH, End, Stored, law, scenario};
use lastgood::copies::Copy;
use lastgood::gateway::{Body, Event, Exchange, Reply, Source, Step};
use lastgood::policy::Policy;
use lastgood::verdict::{Facts, Failure};
use lastgood::wire::{Listed, Timestamp};
use std::{rc::Rc, time::Duration};

/// Bytes as decisions; zero once they are used up.
struct Bytes<'b>(&'b [u8]);

impl Bytes<'_> {
    fn next(&mut self) -> u8 {
        match self.0.split_first() {
            Some((first, rest)) => {
                self.0 = rest;
                *first
            }
            None => 0,
        }
    }

    fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[usize::from(self.next()) % choices.len()].clone()
    }
}

/// An exchange between a host that does as it likes and a clock that does too.
struct Trial {
    policy: Rc<Policy>,
    asked: Asked,
    exchange: Exchange,
    started: Timestamp,
    now: Timestamp,
    copies: Vec<Stored>,
    /// The copy that was asked for and given.
    given: Option<usize>,
    last: Option<Step>,
    begun: u8,
    responded: bool,
    told: Vec<String>,
}

/// Any bytes as a policy, a request, and events in any order. Returns the steps.
pub(crate) fn events(bytes: &[u8]) -> Vec<Step> {
    let mut bytes = Bytes(bytes);
    let mut trial = Trial::new(&mut bytes);
    let mut steps = Vec::new();
    while !bytes.0.is_empty() && steps.len() < 64 && trial.reply().is_none() {
        steps.push(trial.hostile_step(&mut bytes));
    }
    let bound = steps.len() + 8 * usize::from(trial.policy.attempts) + 8;
    while trial.reply().is_none() {
        steps.push(trial.honest_step());
        assert!(steps.len() < bound, "no end: {}", trial.told.join(", "));
    }
    trial.check_that_the_reply_is_final(&mut bytes);
    steps
}

impl Trial {
    fn new(bytes: &mut Bytes<'_>) -> Self {
        let policy = scenario::read_policy(&any_policy(bytes)).expect("a right policy");
        let asked = Asked {
            method: bytes
                .pick(&["GET", "HEAD", "OPTIONS", "POST", "PUT"])
                .into(),
            path: "/".into(),
            fields: bytes
                .pick(&[
                    "",
                    "",
                    "idempotency-key:1",
                    "range:bytes=0-1",
                    "cookie:sid=1",
                ])
                .into(),
            body: bytes.pick(&[Body::None, Body::Sized(9), Body::Unsized]),
        };
        let origins = usize::from(bytes.next() % 3) + 1;
        let seed = u64::from(bytes.next());
        let exchange = Exchange::new(
            Rc::clone(&policy),
            asked.request(&policy),
            origins,
            seed,
            EPOCH,
        );
        Self {
            policy,
            asked,
            exchange,
            started: EPOCH,
            now: EPOCH,
            copies: any_copies(),
            given: None,
            last: None,
            begun: 0,
            responded: false,
            told: Vec::new(),
        }
    }

    fn reply(&self) -> Option<Reply> {
        match self.last {
            Some(Step::Reply(reply)) => Some(reply),
            _ => None,
        }
    }

    fn deadline(&self) -> Timestamp {
        if !self.asked.is_replayable(&self.policy) {
            return Timestamp::NEVER;
        }
        let safe = ["GET", "HEAD", "OPTIONS"].contains(&self.asked.method.as_str());
        let span = if safe {
            self.policy.deadline
        } else {
            self.policy.unsafe_deadline
        };
        self.started.after(span)
    }

    /// What a host would do that keeps the rules, and whose origins are silent.
    fn honest_step(&mut self) -> Step {
        match self.last {
            None => self.tell(Event::Start),
            Some(Step::Look) => self.look(None),
            Some(Step::Begin(_)) => self.tell(Event::Begun),
            Some(Step::Wait(until)) => {
                self.now = self.now.max(until);
                self.tell(Event::Woke)
            }
            Some(Step::Reply(_)) => unreachable!("the trial is over"),
        }
    }

    fn hostile_step(&mut self, bytes: &mut Bytes<'_>) -> Step {
        let moved = bytes.pick(&[0, 0, 1, 20, 300, 700, 1500, 5000, 60_000]);
        let told = self.now.as_millis();
        let told = match bytes.next() {
            0..16 => told.saturating_sub(moved),
            _ => told.saturating_add(moved),
        };
        self.now = Timestamp::from_millis(told);
        match bytes.next() % 16 {
            0 => self.tell(Event::Start),
            1 => self.tell(Event::Begun),
            2 => self.tell(Event::Woke),
            3 => self.tell(Event::Failed(bytes.pick(&scenario::CAUSES))),
            4..8 => self.respond(bytes),
            8 | 9 => {
                let copy = usize::from(bytes.next()) % self.copies.len();
                self.look(Some(copy))
            }
            _ => self.honest_step(),
        }
    }

    fn look(&mut self, found: Option<usize>) -> Step {
        if self.last == Some(Step::Look) {
            self.given = found;
        }
        let request = Listed::new("");
        let copy = found.and_then(|copy| Copy::open(200, &self.copies[copy].sealed(), &request));
        self.tell(Event::Looked(copy))
    }

    fn respond(&mut self, bytes: &mut Bytes<'_>) -> Step {
        let status = bytes.pick(&[200, 204, 404, 429, 500, 502, 503, 504, 521, 525, 530, 599]);
        let span = |secs: u8| (secs > 0).then(|| Duration::from_secs(u64::from(secs)));
        let facts = Facts {
            status,
            lifetime: span(bytes.pick(&[0, 0, 0, 60])),
            retry_after: span(bytes.pick(&[0, 0, 0, 1, 8, 255])),
        };
        self.responded = true;
        self.tell(Event::Responded(facts))
    }

    fn tell(&mut self, event: Event) -> Step {
        let step = self.exchange.step(event, self.now);
        let at = self.now.since(self.started).as_millis();
        self.told.push(format!("{at}ms {event:?} -> {step:?}"));
        self.last = Some(step);
        self.check(step);
        step
    }

    fn check(&mut self, step: Step) {
        match step {
            Step::Begin(attempt) => self.check_attempt(attempt.number, attempt.origin),
            Step::Wait(until) => self.hold(until <= self.deadline(), "a wait past the deadline"),
            Step::Reply(reply) => self.check_reply(reply),
            Step::Look => self.hold(self.takes_copies(), "no copy may be shown"),
        }
    }

    fn check_attempt(&mut self, number: u8, origin: usize) {
        self.begun += 1;
        self.hold(number == self.begun, "attempts count up");
        self.hold(number <= self.policy.attempts, "more attempts than allowed");
        self.hold(
            self.now < self.deadline() || self.told.len() == 1,
            "an attempt begins after the deadline",
        );
        let trail: Vec<_> = self.exchange.trail().to_vec();
        self.hold(
            trail.len() + 1 == usize::from(number),
            "two attempts at once",
        );
        let claims: Vec<usize> = trail
            .iter()
            .filter(|tried| tried.failure.is_none_or(|failure| !never_left(&failure)))
            .map(|tried| tried.origin)
            .collect();
        let safe = ["GET", "HEAD", "OPTIONS"].contains(&self.asked.method.as_str());
        if !safe && !self.policy.retry_unsafe {
            let keyed = self.asked.fields.contains("idempotency-key");
            self.hold(keyed || claims.is_empty(), "a write is sent twice");
            self.hold(
                claims.iter().all(|claimed| *claimed == origin),
                "another origin gets a keyed write",
            );
        }
        let once = !self.asked.is_replayable(&self.policy);
        self.hold(!once || number == 1, "a body is sent twice");
    }

    fn takes_copies(&self) -> bool {
        law::takes_copies(&self.asked, &self.policy)
    }

    fn check_reply(&self, reply: Reply) {
        match reply.source {
            Source::Origin => self.hold(self.responded, "nobody's response"),
            Source::Answer(_) => {}
            Source::Copy(_) => {
                self.hold(self.takes_copies(), "no copy may be shown");
                let copy = self.given.map(|copy| &self.copies[copy]);
                let lawful = copy.is_some_and(|copy| match self.exchange.failure() {
                    Some(_) => law::is_showable(copy, &self.policy, self.now),
                    None => law::is_fresh(copy, &self.asked, &self.policy, self.now),
                });
                self.hold(lawful, "a copy that may not be shown");
            }
        }
    }

    fn check_that_the_reply_is_final(&mut self, bytes: &mut Bytes<'_>) {
        let reply = self.last;
        for event in [Event::Woke, Event::Looked(None), Event::Start] {
            self.now = self.now.after(Duration::from_secs(u64::from(bytes.next())));
            let step = self.exchange.step(event, self.now);
            self.hold(Some(step) == reply, "a reply is final");
        }
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
        Some(status) => End::Response(status, String::new()),
        None => End::Failure(failure.cause),
    })
}

fn any_policy(bytes: &mut Bytes<'_>) -> String {
    let attempts = bytes.next() % 5 + 1;
    let mode = bytes.pick(&["standby", "standby", "cache", "off"]);
    let deadline = bytes.pick(&["100ms", "2s", "10s"]);
    let attempt = bytes.pick(&["50ms", "100ms"]);
    let soft = bytes.pick(&["0s", "20ms", "100ms"]);
    let (unsafe_deadline, stale) = (bytes.pick(&["2s", "100s"]), bytes.pick(&["0s", "1h"]));
    let cap = bytes.pick(&["50ms", "250ms", "60s"]);
    let (opted_in, answer) = (
        bytes.next().is_multiple_of(4),
        bytes.pick(&["page", "origin"]),
    );
    let per_origin = bytes.next() % 2 + 1;
    let retry_on = bytes.pick(&[
        r#"["network", "timeout", "429-599"]"#,
        r#"["network", "timeout", "502-504", "520-527", "530"]"#,
        r#"["timeout"]"#,
    ]);
    format!(
        r#"{{"attempts": {attempts}, "mode": "{mode}", "deadline": "{deadline}",
            "attempt_timeout": "{attempt}", "soft_deadline": "{soft}", "stale": "{stale}",
            "unsafe_deadline": "{unsafe_deadline}", "retry_unsafe": {opted_in},
            "backoff": {{"base": "50ms", "cap": "{cap}"}}, "answer": "{answer}",
            "attempts_per_origin": {per_origin}, "retry_on": {retry_on},
            "failover_on": {retry_on}}}"#
    )
}

/// Copies of every kind: young and old, allowed and forbidden.
fn any_copies() -> Vec<Stored> {
    let words = [
        "",
        "cache-control:max-age=60",
        "cache-control:public, max-age=9000",
        "cache-control:max-age=1, must-revalidate",
        "cache-control:s-maxage=1",
        "cache-control:max-age=1, stale-if-error=4",
        "cache-control:s-maxage=1, stale-while-revalidate=30",
    ];
    let ages = [0, 30, 3599, 100_000];
    let kinds = ages
        .iter()
        .flat_map(|ago| words.iter().map(move |word| (*ago, *word)));
    kinds
        .map(|(ago, word)| Stored {
            response: word.to_owned(),
            selecting: String::new(),
            at: Timestamp::from_millis(EPOCH.as_millis() - ago * 1000),
        })
        .collect()
}
