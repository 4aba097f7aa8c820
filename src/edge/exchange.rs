//! The core's exchange, as the loop in `exchange.js` drives it.

use super::isolate::with_isolate;
use super::{millis_of, time};
use crate::answer::{self, Asker, Matter};
use crate::copies::{self, Aged, Changes};
use crate::gateway::{self, Attempt, Event, Source, Step, Told};
use crate::policy::Policy;
use crate::retry::Random;
use crate::verdict::{Cause, Facts, Failure};
use crate::wire::{
    Fields, Listed, Method, Positional, RequestHead, ResponseHead, Timestamp, message,
};
use alloc::{format, rc::Rc, string::String};
use wasm_bindgen::prelude::*;

/// What a step is, besides a number of milliseconds to wait.
const LOOK: f64 = -1.0;
const BEGIN: f64 = -2.0;
const REPLY: f64 = -3.0;

/// The life of one request.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Exchange {
    exchange: gateway::Exchange,
    policy: Rc<Policy>,
    method: String,
    url: String,
    fields: String,
    seed: u64,
    started: Timestamp,
    attempt: Option<Attempt>,
    reply: Option<gateway::Reply>,
}

/// How a request ends, for the host to carry out.
#[wasm_bindgen(getter_with_clone)]
#[derive(Debug)]
pub struct Reply {
    /// `origin`, `copy` or `answer`.
    pub source: String,
    /// The status of a copy or an answer.
    pub status: u16,
    /// Changes to the fields of a copy, or the fields of an answer.
    pub changes: String,
    /// Whether a body goes out.
    pub with_body: bool,
    /// The body of an answer, or the notice on a copy.
    pub text: Option<String>,
    /// Whether the running attempt goes on behind the reply.
    pub goes_on: bool,
}

#[wasm_bindgen]
impl Exchange {
    /// A request that came at `started`; `fields` are all of its fields, and
    /// `replayable` tells whether its body can be sent more than once.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(
        method: String,
        url: String,
        fields: String,
        replayable: bool,
        started: f64,
    ) -> Self {
        let listed = Listed::new(&fields);
        let head = RequestHead::read(&method, &url, &listed);
        let (policy, origins) = with_isolate(|isolate| {
            let configuration = &isolate.configuration;
            (
                Rc::clone(configuration.policy_for(head.path)),
                configuration.origin_count(),
            )
        });
        let request = gateway::Request::new(&head, &Asker::read(&listed), replayable, &policy);
        let (seed, started) = (seed(), time(started));
        let exchange = gateway::Exchange::new(Rc::clone(&policy), request, origins, seed, started);
        Self {
            exchange,
            policy,
            method,
            url,
            fields,
            seed,
            started,
            attempt: None,
            reply: None,
        }
    }

    /// The first step.
    pub fn start(&mut self, now: f64) -> f64 {
        self.step(Event::Start, now)
    }

    /// What was found in the store: its status and all its fields, 0 if nothing.
    pub fn looked(&mut self, status: u16, stored: &str, now: f64) -> f64 {
        let found =
            (status > 0).then(|| copies::Copy::open(status, stored, &Listed::new(&self.fields)));
        self.step(Event::Looked(found.flatten()), now)
    }

    /// The attempt has begun.
    pub fn begun(&mut self, now: f64) -> f64 {
        self.step(Event::Begun, now)
    }

    /// An attempt got a response.
    pub fn responded(&mut self, status: u16, values: &str, now: f64) -> f64 {
        let fields = Positional::new(ResponseHead::FIELDS, values);
        let facts = Facts::read(status, &fields, time(now));
        self.step(Event::Responded(facts), now)
    }

    /// An attempt threw. The runtime throws one and the same error for nearly
    /// everything, so there is nothing to tell apart.
    pub fn failed(&mut self, now: f64) -> f64 {
        self.step(Event::Failed(Cause::Network), now)
    }

    /// The time to wait is over.
    pub fn woke(&mut self, now: f64) -> f64 {
        self.step(Event::Woke, now)
    }

    fn step(&mut self, event: Event, now: f64) -> f64 {
        let now = time(now);
        match self.exchange.step(event, now) {
            Step::Look => LOOK,
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

    /// Where the attempt that is to begin goes; nothing for the request's own
    /// URL.
    #[must_use]
    pub fn target(&self) -> Option<String> {
        let origin = self.attempt?.origin;
        with_isolate(|isolate| {
            let base = isolate.configuration.origins.get(origin)?;
            Some(format!("{base}{}", message::path_and_query(&self.url)))
        })
    }

    /// The reply; `stored` are the fields of the stored response, if there is one.
    #[must_use]
    pub fn reply(&self, stored: &str) -> Reply {
        let goes_on = self.reply.is_some_and(|reply| reply.goes_on);
        let reply = match self.source() {
            Source::Origin => Reply::of("origin", 0, Changes::default()),
            Source::Copy(aged) => self.copy(stored, aged),
            Source::Answer(failure) => self.answer(failure),
        };
        Reply { goes_on, ..reply }
    }

    /// The log line about this request; none for a healthy one.
    #[must_use]
    pub fn log(&self, status: u16, now: f64) -> Option<String> {
        let trail = self.exchange.trail();
        let degraded =
            trail.iter().any(|tried| tried.failure.is_some()) || self.exchange.failure().is_some();
        let told = Told {
            id: &self.id(),
            method: &self.method,
            path: message::path_and_query(&self.url),
            source: self.source(),
            status,
            took: time(now).since(self.started),
        };
        degraded.then(|| gateway::log_line(trail, &told))
    }

    fn source(&self) -> Source {
        let lost = Source::Answer(Failure::without_answer(Cause::Network));
        self.reply.map_or(lost, |reply| reply.source)
    }

    /// The edge's own id of a request where it gave one, else one of ours.
    fn id(&self) -> String {
        match Listed::new(&self.fields).get("cf-ray") {
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
        let form = Asker::read(&Listed::new(&self.fields)).form();
        let answer = answer::compose(form, self.policy.answer_status, &matter);
        let mut fields = answer.fields;
        fields.extend(&gateway::answer_fields(&failure, &id));
        let reply = Reply::of("answer", answer.status, fields);
        Reply {
            with_body: self.method() != Method::Head,
            text: Some(answer.body),
            ..reply
        }
    }

    fn copy(&self, stored: &str, aged: Aged) -> Reply {
        let failure = self.exchange.failure();
        let asked = Listed::new(&self.fields);
        let mut fields = copies::restore(stored);
        fields.extend(&gateway::copy_fields(aged, failure, &self.id()));
        if copies::is_not_modified(stored, &asked) {
            return Reply::of("copy", 304, fields);
        }
        let content_type = Listed::new(stored);
        let noted = failure.is_some()
            && self.policy.notice
            && answer::wants_notice(self.method(), content_type.get("content-type"), &asked);
        if noted {
            // A page with a notice is another page: validators and length of
            // the copy are not its own.
            for name in ["etag", "last-modified", "content-length", "accept-ranges"] {
                fields.remove(name);
            }
        }
        let text = noted.then(|| answer::notice(aged.age, &Listed::new(stored)));
        let reply = Reply::of("copy", 200, fields);
        Reply {
            with_body: self.method() != Method::Head,
            text,
            ..reply
        }
    }
}

impl Reply {
    fn of(source: &str, status: u16, changes: Changes) -> Self {
        Self {
            source: source.into(),
            status,
            changes: changes.as_str().into(),
            with_body: false,
            text: None,
            goes_on: false,
        }
    }
}

/// A seed for what should look random.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float saturates"
)]
fn seed() -> u64 {
    (js_sys::Math::random() * 9_007_199_254_740_992.0) as u64
}
