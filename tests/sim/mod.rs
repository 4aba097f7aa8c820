//! The simulated host: virtual time, scripted origins, one slot for a copy.
//!
//! It does what the edge does, and never waits: time jumps to whatever comes
//! next. It also has what no real host can be asked for: a clock that stands
//! still or jumps, timers that fire late, and the same chance every time.
#![allow(dead_code, reason = "every suite uses its own part of this")]

pub(crate) mod hostile;
pub(crate) mod law;
pub(crate) mod scenario;
pub(crate) mod trial;

use lastgood::answer::{self, Asker, Matter};
use lastgood::copies::{self, Due};
use lastgood::gateway::{
    self, Attempt, Body, Event, Exchange, First, Opening, Reply, Request, Source, Step, Told,
};
use lastgood::policy::Policy;
use lastgood::retry::Random;
use lastgood::verdict::{Cause, Facts, Failure};
use lastgood::wire::{Fields, Listed, Method, RequestHead, Timestamp};
use std::{rc::Rc, time::Duration};

/// When every simulation begins, in true time.
pub(crate) const EPOCH: Timestamp = Timestamp::from_secs(1_800_000_000);

/// A simulation that takes more steps than this has no end.
const MOST_STEPS: usize = 200;

/// Everything outside the exchange.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) policy: Rc<Policy>,
    pub(crate) asked: Asked,
    /// What each origin does, request by request; the last one repeats.
    pub(crate) origins: Vec<Vec<Behaviour>>,
    pub(crate) copy: Option<Stored>,
    pub(crate) look_takes: u64,
    pub(crate) clock: Clock,
    pub(crate) timers_late: u64,
    pub(crate) seed: u64,
    /// Whether the first attempt runs by itself until patience ends, as it does
    /// on the edge; else an exchange is there from the start.
    pub(crate) watched: bool,
}

/// The request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    /// `name:value`, one per line.
    pub(crate) fields: String,
    pub(crate) body: Body,
}

impl Asked {
    pub(crate) fn url(&self) -> String {
        format!("https://site.test{}", self.path)
    }

    /// Hands the head to `see`, since it borrows from here.
    pub(crate) fn with_head<T>(&self, see: impl FnOnce(&RequestHead<'_>) -> T) -> T {
        let (url, listed) = (self.url(), Listed::new(&self.fields));
        see(&RequestHead::read(&self.method, &url, &listed))
    }

    fn request(&self, policy: &Policy) -> Request {
        let listed = Listed::new(&self.fields);
        let asker = Asker::read(&listed);
        self.with_head(|head| Request::new(head, &asker, self.is_replayable(policy), policy))
    }

    /// Whether the host can send the body twice: what the edge holds.
    pub(crate) fn is_replayable(&self, policy: &Policy) -> bool {
        match self.body {
            Body::None => true,
            Body::Sized(bytes) => bytes <= policy.body_limit,
            Body::Unsized => false,
        }
    }
}

/// How an origin treats one request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Behaviour {
    /// Milliseconds until then; `None` for never.
    pub(crate) after: Option<u64>,
    pub(crate) end: End,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum End {
    Response(u16, String),
    Failure(Cause),
}

/// A copy in the store.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    /// The fields of the response as it came.
    pub(crate) response: String,
    /// The fields of the request it answered.
    pub(crate) selecting: String,
    pub(crate) at: Timestamp,
}

impl Stored {
    /// The fields as they lie in the store.
    pub(crate) fn sealed(&self) -> String {
        let request = Listed::new(&self.selecting);
        applied(
            &self.response,
            copies::seal(&self.response, &request, self.at).as_str(),
        )
    }
}

/// Carries out changes to fields, as a host does.
pub(crate) fn applied(fields: &str, changes: &str) -> String {
    let mut lines: Vec<&str> = fields.split('\n').filter(|line| !line.is_empty()).collect();
    for change in changes.split('\n').filter(|change| !change.is_empty()) {
        let (name, sets) = match change.split_once(':') {
            Some((name, _)) => (name, true),
            None => (change, false),
        };
        lines.retain(|line| line.split(':').next() != Some(name));
        if sets {
            lines.push(change);
        }
    }
    lines.join("\n")
}

/// What the host's clock shows, as against true time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clock {
    /// At a true time, in milliseconds from the start, by how much it is set.
    pub(crate) jumps: Vec<(u64, i64)>,
    /// From this true time on it does not move.
    pub(crate) stands_from: Option<u64>,
}

impl Clock {
    pub(crate) fn shows(&self, elapsed: u64) -> Timestamp {
        let moved = self.stands_from.map_or(elapsed, |from| elapsed.min(from));
        let set = self.jumps.iter().filter(|(at, _)| *at <= elapsed);
        let ahead: i64 = set.map(|(_, by)| by).sum();
        let told = EPOCH.after(Duration::from_millis(moved)).as_millis();
        Timestamp::from_millis(told.saturating_add_signed(ahead))
    }

    pub(crate) fn is_true(&self) -> bool {
        self.jumps.is_empty() && self.stands_from.is_none()
    }
}

/// What was seen happening.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Seen {
    /// The request was passed on, and nothing will be known of its answer.
    Aside,
    /// The first attempt runs by itself, for this long at most.
    Asked(Duration),
    /// The first answer was passed on without an exchange.
    Passed,
    Step(Step),
    /// An attempt ended by itself.
    Ended {
        origin: usize,
        end: End,
    },
    Woke,
    /// What was found in the store.
    Found(bool),
    /// The attempt behind the reply got this.
    Late(u16),
    Keep,
}

/// All that happened, with true times in milliseconds from the start.
#[derive(Clone, Debug, PartialEq, Default)]
pub(crate) struct Story {
    pub(crate) events: Vec<(u64, Seen)>,
    /// What goes out: the reply, the status, and the log line, if any.
    pub(crate) sent: Option<Sent>,
    /// It took so many steps that it was broken off.
    pub(crate) endless: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sent {
    pub(crate) reply: Reply,
    pub(crate) status: u16,
    pub(crate) content_type: String,
    /// The origin whose response it is.
    pub(crate) origin: Option<usize>,
    pub(crate) log: Option<String>,
}

impl Story {
    /// The attempts that began: when, and which.
    pub(crate) fn attempts(&self) -> impl Iterator<Item = (u64, Attempt)> {
        self.events.iter().filter_map(|(at, seen)| match seen {
            Seen::Step(Step::Begin(attempt)) => Some((*at, *attempt)),
            _ => None,
        })
    }

    pub(crate) fn has(&self, wanted: &Seen) -> bool {
        self.events.iter().any(|(_, seen)| seen == wanted)
    }
}

/// Lets a request live in a world.
pub(crate) fn live(world: &World) -> Story {
    let mut host = Host::new(world);
    let opening = world
        .asked
        .with_head(|head| gateway::open(head, world.asked.body, &world.policy));
    match opening {
        Opening::Aside => host.note(Seen::Aside),
        Opening::Ask(patience) if world.watched => return host.watch(patience),
        Opening::Ask(_) | Opening::Exchange => return host.drive(),
    }
    host.story
}

#[derive(Clone, Debug)]
struct Running {
    origin: usize,
    ends_at: u64,
    end: End,
}

/// Drives an exchange.
#[derive(Debug)]
struct Host<'w> {
    world: &'w World,
    exchange: Exchange,
    now: u64,
    /// What each origin was asked so far.
    asked: Vec<usize>,
    running: Option<Running>,
    /// The first attempt, where it ran before the exchange was there.
    first: Option<Running>,
    response: Option<(usize, u16, String)>,
    story: Story,
}

impl<'w> Host<'w> {
    fn new(world: &'w World) -> Self {
        let policy = Rc::clone(&world.policy);
        let request = world.asked.request(&policy);
        let (origins, started) = (world.origins.len(), world.clock.shows(0));
        Self {
            world,
            exchange: Exchange::new(policy, request, origins, world.seed, started),
            now: 0,
            asked: vec![0; origins],
            running: None,
            first: None,
            response: None,
            story: Story::default(),
        }
    }

    fn note(&mut self, seen: Seen) {
        self.story.events.push((self.now, seen));
    }

    fn clock(&self) -> Timestamp {
        self.world.clock.shows(self.now)
    }

    /// The whole loop.
    fn drive(mut self) -> Story {
        // As on the edge: an attempt that is taken over has run from the start.
        let mut step = self.tell_at(Event::Start, self.world.clock.shows(0));
        for _ in 0..MOST_STEPS {
            step = match step {
                Step::Look => self.look(),
                Step::Begin(attempt) => self.begin(attempt),
                Step::Wait(until) => self.wait(until),
                Step::Reply(reply) => return self.reply(reply),
            };
        }
        self.story.endless = true;
        self.story
    }

    fn tell(&mut self, event: Event) -> Step {
        self.tell_at(event, self.clock())
    }

    fn tell_at(&mut self, event: Event, now: Timestamp) -> Step {
        let step = self.exchange.step(event, now);
        self.note(Seen::Step(step));
        step
    }

    fn look(&mut self) -> Step {
        self.now = self.now.saturating_add(self.world.look_takes);
        let asked = Listed::new(&self.world.asked.fields);
        let stored = self.world.copy.as_ref();
        let copy = stored.and_then(|stored| copies::Copy::open(200, &stored.sealed(), &asked));
        self.note(Seen::Found(copy.is_some()));
        self.tell(Event::Looked(copy))
    }

    fn begin(&mut self, attempt: Attempt) -> Step {
        let taken_over = self.first.take();
        self.running = Some(taken_over.unwrap_or_else(|| self.ask(attempt.origin)));
        self.tell(Event::Begun)
    }

    /// Sends the request to an origin.
    fn ask(&mut self, origin: usize) -> Running {
        let script = &self.world.origins[origin];
        let behaviour = &script[self.asked[origin].min(script.len() - 1)];
        self.asked[origin] += 1;
        Running {
            origin,
            ends_at: self.now.saturating_add(behaviour.after.unwrap_or(u64::MAX)),
            end: behaviour.end.clone(),
        }
    }

    /// Waits for the attempt, or for the timer, whichever comes first.
    fn wait(&mut self, until: Timestamp) -> Step {
        let timer = until.since(self.clock()).as_millis();
        let timer = u64::try_from(timer).unwrap_or(u64::MAX);
        let fires_at = self
            .now
            .saturating_add(timer)
            .saturating_add(self.world.timers_late);
        match self
            .running
            .take_if(|running| running.ends_at.max(self.now) <= fires_at)
        {
            Some(running) => {
                self.now = running.ends_at.max(self.now);
                let event = self.ended(running);
                self.tell(event)
            }
            None => {
                self.now = fires_at;
                self.note(Seen::Woke);
                self.tell(Event::Woke)
            }
        }
    }

    fn ended(&mut self, Running { origin, end, .. }: Running) -> Event {
        let event = match &end {
            End::Failure(cause) => Event::Failed(*cause),
            End::Response(status, fields) => {
                self.response = Some((origin, *status, fields.clone()));
                let listed = Listed::new(fields);
                Event::Responded(Facts::read(*status, &listed, self.clock()))
            }
        };
        self.note(Seen::Ended { origin, end });
        event
    }

    /// The first attempt, watched from outside as the edge does it.
    fn watch(mut self, patience: Duration) -> Story {
        self.note(Seen::Asked(patience));
        let first = self.ask(0);
        let patience = u64::try_from(patience.as_millis()).unwrap_or(u64::MAX);
        if first.ends_at > patience {
            self.now = patience.saturating_add(self.world.timers_late);
        } else {
            self.now = first.ends_at;
            if self.is_passed_on(&first) {
                return self.story;
            }
        }
        self.first = Some(first);
        self.drive()
    }

    fn is_passed_on(&mut self, first: &Running) -> bool {
        let End::Response(status, fields) = &first.end else {
            return false;
        };
        let (world, now) = (self.world, self.clock());
        let (method, url) = (Method::parse(&world.asked.method), world.asked.url());
        let (listed, due) = (Listed::new(fields), Due::default());
        let policy = &world.policy;
        let verdict = gateway::on_first_response(method, &url, *status, &listed, policy, &due, now);
        if verdict == First::Failed {
            return false;
        }
        self.note(Seen::Ended {
            origin: first.origin,
            end: first.end.clone(),
        });
        self.note(Seen::Passed);
        if verdict == First::PassAndKeep {
            self.keep_if_due(*status, fields);
        }
        true
    }

    fn reply(mut self, reply: Reply) -> Story {
        self.story.sent = Some(self.sent(reply));
        if let (Source::Origin, Some((_, status, fields))) = (reply.source, self.response.take()) {
            self.keep_if_due(status, &fields);
        }
        if let Some(late) = self.running.take().filter(|_| reply.goes_on) {
            self.late(late);
        }
        self.story
    }

    fn sent(&self, reply: Reply) -> Sent {
        let policy = &self.world.policy;
        let listed = Listed::new(&self.world.asked.fields);
        let (status, content_type, origin) = match reply.source {
            Source::Copy(_) => (200, String::new(), None),
            Source::Origin => {
                let (origin, status, fields) = self.response.as_ref().expect("a response is held");
                let content_type = Listed::new(fields).get("content-type").to_owned();
                (*status, content_type, Some(*origin))
            }
            Source::Answer(failure) => {
                let form = Asker::read(&listed).form();
                let answer = answer::compose(form, policy.answer_status, &self.matter(failure));
                (answer.status, form.content_type().to_owned(), None)
            }
        };
        Sent {
            reply,
            status,
            content_type,
            origin,
            log: self.log(reply, status),
        }
    }

    fn matter(&self, failure: Failure) -> Matter<'static> {
        Matter {
            failure,
            safe: Method::parse(&self.world.asked.method).is_safe(),
            id: "id",
            retry_after: answer::retry_after(&failure, &mut Random::new(self.world.seed)),
        }
    }

    fn log(&self, reply: Reply, status: u16) -> Option<String> {
        let trail = self.exchange.trail();
        let degraded =
            trail.iter().any(|tried| tried.failure.is_some()) || self.exchange.failure().is_some();
        let told = Told {
            id: "id",
            method: &self.world.asked.method,
            path: &self.world.asked.path,
            source: reply.source,
            status,
            took: self.clock().since(self.world.clock.shows(0)),
        };
        degraded.then(|| gateway::log_line(trail, &told))
    }

    fn keep_if_due(&mut self, status: u16, fields: &str) {
        let (world, now) = (self.world, self.clock());
        let (url, listed) = (world.asked.url(), Listed::new(fields));
        let (policy, due) = (&world.policy, &mut Due::default());
        let due = world.asked.with_head(|request| {
            gateway::is_keeping_due(request, &url, status, &listed, policy, due, now)
        });
        if due {
            self.note(Seen::Keep);
        }
    }

    /// The attempt that goes on behind the reply.
    fn late(&mut self, running: Running) {
        if running.ends_at == u64::MAX {
            return;
        }
        self.now = running.ends_at;
        if let End::Response(status, fields) = running.end {
            self.note(Seen::Late(status));
            self.keep_if_due(status, &fields);
        }
    }
}
