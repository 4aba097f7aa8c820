//! The core's exchange, as the loop in `exchange.js` drives it.

use super::isolate::{seed, with_isolate};
use super::told::{ANSWER, Attempt, COPY, NOBODY, ORIGIN, Reply};
use super::{body_of, millis_of, time};
use crate::answer::{self, Asker, Matter};
use crate::copies::{self, Aged, Changes, ENVELOPE, VARY};
use crate::gateway::{self, Body, End, Event, Memory, Source, Step, Told};
use crate::policy::Policy;
use crate::retry::Random;
use crate::verdict::{Cause, Facts, Failure, disguise};
use crate::wire::{Fields, Listed, Method, Positional, RequestHead, Timestamp, message};
use alloc::{format, rc::Rc, string::String};
use wasm_bindgen::prelude::*;

/// What a step is, besides a number of milliseconds to wait. From the last one the
/// milliseconds are taken that looking may last.
const LOOK: f64 = -1.0;
const BEGIN: f64 = -2.0;
const REPLY: f64 = -3.0;
const INSPECT: f64 = -4.0;

/// The fields of a stored response that matter.
pub(super) const STORED: &[&str] = &[VARY, ENVELOPE, "content-type", "content-security-policy"];

/// The fields of a request whose answer may be less than the page.
const CONDITIONS: &[&str] = &["if-none-match", "if-modified-since", "range"];

/// A page with a notice is another page: validators and length of the copy are
/// not its own.
const NOT_OF_NOTED: &[&str] = &["etag", "last-modified", "content-length", "accept-ranges"];

/// The life of one request.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Exchange {
    exchange: gateway::Exchange,
    policy: Rc<Policy>,
    method: String,
    url: String,
    /// What it asks with.
    asked: Positional<String>,
    seed: u64,
    started: Timestamp,
    attempt: Option<gateway::Attempt>,
    reply: Option<gateway::Reply>,
    /// The [`STORED`] fields of the stored response, if there is one.
    stored: Positional<String>,
    /// A rehearsed request learns from no other, and teaches none.
    rehearsal: Option<Memory>,
}

#[wasm_bindgen]
impl Exchange {
    /// A request that came at `started`; `fields` are the values of
    /// [`request_fields`](super::request_fields) and
    /// [`further_fields`](super::further_fields), and
    /// `replayable` tells whether its body can be sent more than once. `first` is
    /// the origin that it was sent to then, negative if it was not.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(
        method: String,
        url: String,
        fields: String,
        replayable: bool,
        first: i8,
        started: f64,
    ) -> Self {
        let asked = Positional::new(gateway::Request::FIELDS, fields);
        let head = RequestHead::read(&method, &url, &asked);
        let (policy, origins, looped) = with_isolate(|isolate| {
            let policy = Rc::clone(isolate.configuration.policy_for(head.path));
            let looped = gateway::is_looped(&head, &isolate.memory);
            (policy, isolate.memory.origins.count(), looped)
        });
        let asker = Asker::read(&asked);
        let request = gateway::Request::new(&head, &url, &asker, (replayable, looped), &policy);
        let (seed, started) = (seed(), time(started));
        let first = usize::try_from(first).ok();
        let kept = Rc::clone(&policy);
        let exchange = gateway::Exchange::new(kept, request, first, origins, seed, started);
        Self {
            exchange,
            policy,
            method,
            url,
            asked,
            seed,
            started,
            attempt: None,
            reply: None,
            stored: Positional::new(STORED, String::new()),
            rehearsal: None,
        }
    }

    /// Makes this request a rehearsal: what happens to it is not remembered.
    pub fn rehearse(&mut self) {
        let memory = with_isolate(|isolate| Memory::new(&isolate.configuration, self.seed));
        self.rehearsal = Some(memory);
    }

    /// The first step.
    pub fn start(&mut self, now: f64) -> f64 {
        self.step(Event::Start, now)
    }

    /// The first step after the attempt that ran before there was an exchange, as it
    /// is over: its status, 0 if it threw, and its fields as in
    /// [`responded`](Self::responded).
    pub fn start_after(&mut self, status: u16, fields: &str, now: f64) -> f64 {
        let begins = self.step(Event::Start, now);
        if begins != BEGIN {
            return begins;
        }
        self.step(Event::Begun, now);
        match status {
            0 => self.failed(1, now),
            _ => self.responded(1, status, fields, now),
        }
    }

    /// What was found in the store: its status, 0 if nothing, the values of
    /// [`stored_fields`](super::stored_fields), and those fields of the request
    /// that its `Vary` names.
    pub fn looked(&mut self, status: u16, stored: String, varied: &str, now: f64) -> f64 {
        self.stored = Positional::new(STORED, stored);
        let envelope = self.stored.get(ENVELOPE);
        let found =
            (status > 0).then(|| copies::Copy::open(status, envelope, &Listed::new(varied)));
        self.step(Event::Looked(found.flatten()), now)
    }

    /// The attempt has begun.
    pub fn begun(&mut self, now: f64) -> f64 {
        self.step(Event::Begun, now)
    }

    /// The attempt of this number got a response with these fields: all of them if
    /// the policy [asks for a field](Self::reads_all) of any name, else those of
    /// [`fact_fields`](super::fact_fields).
    pub fn responded(&mut self, number: u8, status: u16, fields: &str, now: f64) -> f64 {
        let read = self.facts(status, fields, now);
        let facts = Facts {
            is_small: read.is_small && self.method() != Method::Head,
            holdable: read.holdable && self.method() != Method::Head,
            ..read
        };
        self.step(Event::Responded(number, facts), now)
    }

    fn facts(&self, status: u16, fields: &str, now: f64) -> Facts {
        let by_position = Positional::new(Facts::FIELDS, fields);
        let by_name = Listed::new(fields);
        let fields: &dyn Fields = match self.reads_all() {
            true => &by_name,
            false => &by_position,
        };
        Facts::read(status, fields, &self.policy, time(now))
    }

    /// Whether all fields of a response have to be known.
    #[must_use]
    pub fn reads_all(&self) -> bool {
        self.policy.retry_header.is_some() || self.policy.retry_stop_header.is_some()
    }

    /// The attempt of this number threw. The runtime throws one and the same
    /// error for nearly everything, so there is nothing to tell apart.
    pub fn failed(&mut self, number: u8, now: f64) -> f64 {
        self.step(Event::Failed(number, Cause::Network), now)
    }

    /// The body that was to be looked at: its media type, its length, and its
    /// text; a negative length if it is not small after all.
    pub fn inspected(&mut self, content_type: &str, bytes: f64, text: &str, now: f64) -> f64 {
        let cause = match body_of(bytes) {
            _ if !self.policy.disguised => None,
            Body::Sized(bytes) => copies::may_keep_body(content_type, bytes, text).err(),
            Body::None | Body::Unsized => None,
        };
        self.step(Event::Inspected(cause), now)
    }

    /// A body up to this many bytes is held to be looked at.
    #[must_use]
    pub fn inspection_limit(&self) -> f64 {
        let longest = u64::try_from(disguise::LONGEST).unwrap_or_default();
        let disguised = if self.policy.disguised { longest } else { 0 };
        let limit = self.policy.rescue.limit().max(disguised);
        f64::from(u32::try_from(limit).unwrap_or(u32::MAX))
    }

    /// Whether the body of a late answer is to be looked at before it is told of.
    #[must_use]
    pub fn holds_late(&self, status: u16, fields: &str, now: f64) -> bool {
        let facts = self.facts(status, fields, now);
        facts.holdable
            && with_isolate(|isolate| {
                let now = isolate.memory.time(time(now));
                isolate.memory.rescues(self.policy.rescue, now)
            })
    }

    /// A late answer broke off.
    pub fn cut(&mut self, number: u8, now: f64) -> f64 {
        self.step(Event::Failed(number, Cause::Truncated), now)
    }

    /// The body that was to be looked at broke off.
    pub fn broke_off(&mut self, now: f64) -> f64 {
        self.step(Event::Inspected(Some(Cause::Truncated)), now)
    }

    /// The time to wait is over.
    pub fn woke(&mut self, now: f64) -> f64 {
        self.step(Event::Woke, now)
    }

    /// The visitor left.
    pub fn left(&mut self, now: f64) -> f64 {
        self.step(Event::Left, now)
    }

    fn step(&mut self, event: Event, now: f64) -> f64 {
        let now = time(now);
        let Self {
            exchange,
            rehearsal,
            ..
        } = self;
        let step = match rehearsal {
            Some(memory) => exchange.step(event, now, memory),
            None => with_isolate(|isolate| exchange.step(event, now, &mut isolate.memory)),
        };
        match step {
            Step::Look => LOOK,
            Step::Inspect(_, until) => INSPECT - millis_of(until.since(now)),
            Step::Begin(attempt) => {
                self.attempt = Some(attempt);
                BEGIN
            }
            Step::Wait(until) => millis_of(until.since(now)),
            Step::Reply(reply) => {
                self.reply = Some(reply);
                REPLY
            }
        }
    }

    /// The attempt that is to begin.
    #[must_use]
    pub fn attempt(&self, now: f64) -> Attempt {
        let attempt = self.attempt.unwrap_or(gateway::Attempt {
            number: 1,
            origin: 0,
            beside: false,
        });
        let left = self.exchange.left(time(now));
        let upgrades = RequestHead::read(&self.method, &self.url, &self.asked).upgrade;
        with_isolate(|isolate| {
            let origins = &isolate.memory.origins;
            let origin = origins.get(attempt.origin).filter(|it| !it.url.is_empty());
            let changes =
                gateway::request_changes(attempt, origins, &self.asked, &self.policy, left);
            Attempt {
                number: attempt.number,
                beside: attempt.beside,
                target: origin.map(|it| it.target(message::path_and_query(&self.url))),
                // Only `fetch` can hand on a WebSocket, and only under the URL's name.
                host: origin.filter(|_| !upgrades).and_then(|it| it.host.clone()),
                changes: changes.as_str().into(),
            }
        })
    }

    /// No copy is kept of the answer with this status. Those who wait for the page
    /// learn that it is not for keeping; but one who has a page already, or is
    /// answered with a failure, knows nothing of what others would get.
    pub fn not_kept(&self, status: u16, now: f64) {
        if !self.exchange.leads() || self.rehearsal.is_some() {
            return;
        }
        if self.exchange.answered().is_none() {
            return;
        }
        let partial = status == 304 || CONDITIONS.iter().any(|name| self.asked.has(name));
        let end = (!partial).then_some(End::Uncacheable);
        with_isolate(|isolate| isolate.memory.land(&self.url, end, time(now)));
    }

    /// Whether a copy may be kept of what this request got: not of a rehearsal,
    /// nor of an origin that is not like the others.
    #[must_use]
    pub fn may_keep(&self) -> bool {
        let origin = self.exchange.answered();
        let equivalent = origin.is_none_or(|origin| {
            with_isolate(|isolate| {
                let origin = isolate.memory.origins.get(origin);
                origin.is_none_or(|origin| origin.equivalent)
            })
        });
        equivalent && self.rehearsal.is_none()
    }

    /// After so many milliseconds the attempt behind the reply is looked in on; a
    /// negative number if none goes on.
    #[must_use]
    pub fn goes_on(&self, now: f64) -> f64 {
        let until = self.reply.and_then(|reply| reply.goes_on);
        until.map_or(-1.0, |until| millis_of(until.since(time(now))))
    }

    /// The reply.
    #[must_use]
    pub fn reply(&self, now: f64) -> Reply {
        let goes_on = self.goes_on(now);
        let mut reply = match self.source() {
            Source::Nobody => Reply::of(NOBODY, 499, Changes::default()),
            Source::Origin => Reply::of(ORIGIN, 0, Changes::default()),
            Source::Copy(aged) => self.copy(aged),
            Source::Answer(failure) => self.answer(failure),
        };
        let told = gateway::reply_changes(&self.exchange, &self.policy);
        if !reply.changes.is_empty() && !told.as_str().is_empty() {
            reply.changes.push('\n');
        }
        reply.changes.push_str(told.as_str());
        Reply { goes_on, ..reply }
    }

    /// The log line about this request; none for a healthy one.
    #[must_use]
    pub fn log(&self, status: u16, now: f64) -> Option<String> {
        let told = Told {
            id: &self.id(),
            method: &self.method,
            path: message::path_and_query(&self.url),
            source: self.source(),
            status,
            took: time(now).since(self.started),
        };
        gateway::log_line(&self.exchange, &told)
    }

    fn source(&self) -> Source {
        let lost = Source::Answer(Failure::without_answer(Cause::Network));
        self.reply.map_or(lost, |reply| reply.source)
    }

    /// The edge's own id of a request where it gave one, else one of ours.
    fn id(&self) -> String {
        match self.asked.get("cf-ray") {
            "" => format!("{:016x}", Random::new(self.seed).draw()),
            ray => String::from(ray),
        }
    }

    fn method(&self) -> Method {
        Method::parse(&self.method)
    }

    fn answer(&self, failure: Failure) -> Reply {
        let retry_after = answer::retry_after(&failure, &mut Random::new(self.seed));
        let (id, safe) = (self.id(), self.method().is_safe());
        let matter = Matter {
            failure,
            safe,
            id: &id,
            retry_after,
        };
        let form = Asker::read(&self.asked).form();
        let answer = answer::compose(form, self.policy.answer_status, &matter);
        let mut fields = answer.fields;
        fields.extend(&gateway::answer_fields(&failure, &id));
        let reply = Reply::of(ANSWER, answer.status, fields);
        Reply {
            with_body: self.method() != Method::Head,
            text: Some(answer.body),
            ..reply
        }
    }

    fn copy(&self, aged: Aged) -> Reply {
        let failure = self.exchange.failure();
        let Self { asked, stored, .. } = self;
        let envelope = stored.get(ENVELOPE);
        let mut own = gateway::copy_fields(aged, failure, &self.id());
        if copies::is_not_modified(envelope, asked) {
            return Reply::of(COPY, 304, copies::restore(envelope, &own));
        }
        let content_type = stored.get("content-type");
        let noted = failure.is_some()
            && self.policy.notice
            && answer::wants_notice(self.method(), content_type, asked);
        if noted {
            NOT_OF_NOTED.iter().for_each(|name| own.remove(name));
        }
        let reply = Reply::of(COPY, 200, copies::restore(envelope, &own));
        Reply {
            with_body: self.method() != Method::Head,
            text: noted.then(|| answer::notice(aged.age, stored)),
            ..reply
        }
    }
}
