//! One request in a host's hands: what runs for it, and what goes out.

use super::keeping::Kept;
use super::{Asked, End, Sent, World, applied};
use lastgood::answer::{self, Asker, Language, Matter};
use lastgood::copies;
use lastgood::gateway::{self, Attempt, Event, Exchange, Reply, Source, Told};
use lastgood::policy::Policy;
use lastgood::retry::Random;
use lastgood::verdict::{Facts, Failure, Outage};
use lastgood::wire::{Fields, Listed, Method, Timestamp};
use std::rc::Rc;

/// A request in a host's hands.
#[derive(Debug)]
pub(crate) struct Visit<'w> {
    pub(crate) asked: &'w Asked,
    pub(crate) url: String,
    pub(crate) policy: Rc<Policy>,
    pub(crate) stage: Stage,
    pub(crate) exchange: Option<Box<Exchange>>,
    pub(crate) running: Vec<Running>,
    /// The last response of an origin.
    pub(crate) response: Option<(usize, u16, Rc<str>)>,
    /// The copy that was found.
    pub(super) found: Option<Kept>,
    /// It is asked for without an exchange, as there is no copy.
    pub(super) missed: bool,
    /// Others wait for it.
    pub(super) leads: bool,
    /// It began with a look for a copy that stands in.
    pub(super) stands_in: bool,
    /// An error page is disguised in it.
    pub(crate) disguised: bool,
    /// What the host's clock showed when it came.
    pub(crate) started: Timestamp,
    /// Counts timers: one that is set voids the one before.
    pub(crate) timer: usize,
    pub(crate) steps: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Not there yet, or gone.
    Absent,
    /// The first attempt runs by itself.
    Watched,
    /// The store is being asked.
    Looking,
    /// Whatever comes first.
    Waiting,
    /// The reply is out; an attempt goes on behind it.
    Replied,
}

/// An attempt that runs.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    pub(crate) number: u8,
    pub(crate) origin: usize,
    pub(crate) end: End,
    /// It ended, and the exchange has not been told yet.
    pub(crate) over: bool,
    /// Which of all calls it is.
    pub(crate) call: usize,
}

impl<'w> Visit<'w> {
    pub(crate) fn new(asked: &'w Asked, world: &World) -> Self {
        Self {
            asked,
            url: asked.url(),
            policy: Rc::clone(world.rules_for(asked)),
            stage: Stage::Absent,
            exchange: None,
            running: Vec::new(),
            response: None,
            found: None,
            missed: false,
            leads: false,
            stands_in: false,
            disguised: false,
            started: Timestamp::default(),
            timer: 0,
            steps: 0,
        }
    }

    /// A request that takes more steps than this has no end: for each attempt a
    /// few, for each wait those in which it looks around.
    pub(crate) fn most_steps(&self) -> usize {
        let policy = &self.policy;
        let deadline = match self.asked.is_safe() {
            true => policy.deadline,
            false => policy.unsafe_deadline,
        };
        let waits = deadline.as_millis() / 500;
        let polls = policy.collapse.map_or(0, |rule| rule.wait.as_millis() / 25);
        let looks = usize::try_from(waits + polls).unwrap_or(usize::MAX);
        100 + 12 * usize::from(policy.attempts) + 2 * looks
    }

    /// How many attempts the exchange is through with.
    pub(crate) fn tried(&self) -> usize {
        self.exchange.as_ref().map_or(0, |it| it.trail().len())
    }

    /// The fields that an origin gets.
    pub(crate) fn fields(&self, attempt: Attempt) -> String {
        let found = self.found.as_ref().filter(|_| attempt.conditional);
        let conditions = found.map(|(envelope, _)| copies::conditions(envelope));
        applied(&self.asked.fields, conditions.unwrap_or_default().as_str())
    }

    /// The status of the copy that was found.
    fn copied(&self) -> u16 {
        self.found.as_ref().map_or(200, |(_, stored)| stored.status)
    }

    /// Takes an attempt out of what runs.
    pub(crate) fn take(&mut self, number: u8) -> Option<Running> {
        let index = self.running.iter().position(|it| it.number == number)?;
        Some(self.running.remove(index))
    }

    /// The end of an attempt as the exchange is told it; a response is held.
    pub(crate) fn event(&mut self, running: &Running, now: Timestamp) -> Event {
        let (status, fields) = match &running.end {
            End::Failure(cause) => return Event::Failed(running.number, *cause),
            End::Response(status, fields) => (*status, fields),
            End::Disguised(fields) => (200, fields),
        };
        self.disguised = matches!(running.end, End::Disguised(_));
        self.response = Some((running.origin, status, Rc::clone(fields)));
        let facts = Facts::read(status, &Listed::new(fields), &self.policy, now);
        Event::Responded(running.number, facts)
    }

    /// What goes out.
    pub(crate) fn sent(&self, reply: Reply, world: &World, now: Timestamp) -> Sent {
        let (status, content_type, origin) = match reply.source {
            Source::Nobody => (499, String::new(), None),
            Source::Copy(_) | Source::Renewed => (self.copied(), String::new(), None),
            Source::Uncached => (504, String::new(), None),
            Source::Page => (200, String::new(), None),
            Source::Origin => {
                let (origin, status, fields) = self.response.as_ref().expect("a response is held");
                let content_type = Listed::new(fields).get("content-type").to_owned();
                (*status, content_type, Some(*origin))
            }
            Source::Answer(_) if world.unread => (503, String::new(), None),
            Source::Answer(failure) => {
                let form = Asker::read(&Listed::new(&self.asked.fields)).form();
                let matter = self.matter(failure, world.seed);
                let answer = answer::compose(
                    form,
                    answer::status(self.policy.answer_status, &failure),
                    &matter,
                );
                (answer.status, form.content_type().to_owned(), None)
            }
        };
        let log = if world.unread {
            None
        } else {
            self.log(reply, status, now)
        };
        Sent {
            reply,
            status,
            content_type,
            origin,
            tier: self
                .exchange
                .as_ref()
                .and_then(|it| it.found_in())
                .map(|it| it.kind.name()),
            log,
        }
    }

    fn matter(&self, failure: Failure, seed: u64) -> Matter<'_> {
        Matter {
            failure,
            safe: Method::parse(&self.asked.method).is_safe(),
            id: "id",
            number: None,
            url: "/",
            language: Language::english(),
            outage: Outage::default(),
            page: &self.policy.page,
            maintenance: None,
            still_there: &[],
            template: None,
            near: false,
            retry_after: answer::retry_after(&failure, Outage::default(), &mut Random::new(seed)),
        }
    }

    fn log(&self, reply: Reply, status: u16, now: Timestamp) -> Option<String> {
        let told = Told {
            id: "id",
            method: &self.asked.method,
            path: &self.asked.path,
            source: reply.source,
            status,
            took: now.since(self.started),
        };
        gateway::log_line(&self.exchange.as_deref()?.into(), &told)
    }
}
