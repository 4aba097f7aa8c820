//! The core's exchange, as the loop in `fetch.js` drives it.

use super::problem::Problem;
use super::remembered::with_remembered;
use super::{flag, length_of, millis_of, number, seed_of, table, text, time, to_object};
use crate::copies;
use crate::gateway::{self, Event, Source, Step};
use crate::policy::{Policy, Value};
use crate::retry::{Repeatability, permission};
use crate::verdict::{self, Cause, Facts, Failure, disguise, unfinished};
use crate::wire::{Fields, Listed, Method, RequestHead, Timestamp};
use crate::wire::{accept, media_type, message, representation, retry_after};
use alloc::{borrow::ToOwned, rc::Rc, string::String};
use wasm_bindgen::prelude::*;

/// What a step is, besides a number of milliseconds to wait. From the last one the
/// milliseconds are taken that looking may last.
pub(super) const BEGIN: f64 = -2.0;
pub(super) const REPLY: f64 = -3.0;
pub(super) const INSPECT: f64 = -7.0;

/// What a request comes to: the caller left, the last response, or an error.
const NOBODY: u8 = 0;
const RESPONSE: u8 = 1;
const ERROR: u8 = 2;

/// The number of an attempt, where policy gives the field no other name.
const ATTEMPT: &str = "lastgood-attempt";

/// The life of one request of a page.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Exchange {
    exchange: gateway::Exchange<false>,
    policy: Rc<Policy>,
    /// Scheme, host and port of the URL.
    origin: String,
    method: Method,
    repeat: Repeatability,
    /// JSON is due, and no HTML.
    wants_json: bool,
    seed: u64,
    attempt: gateway::Attempt,
    reply: Option<gateway::Reply>,
    /// By which those who run the site find the last response.
    request_id: Option<String>,
    /// The status, and what is said of the body, in the head that the caller has already.
    shown: Option<(u16, String)>,
    /// The last response says something else: its body can't go under that head.
    says_other: bool,
}

#[wasm_bindgen]
impl Exchange {
    /// A request that is made at `started` under the policy of this
    /// [number](super::own_policy). `fields` are its own, `name:value`, one per line;
    /// `replayable` tells whether its body, if it has one, can be sent more than once.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(
        policy: u32,
        method: &str,
        url: &str,
        fields: &str,
        replayable: bool,
        seed: f64,
        started: f64,
    ) -> Self {
        let (seed, started, listed) = (seed_of(seed), time(started), Listed::new(fields));
        let head = RequestHead::read(method, url, &listed);
        let origin = url
            .strip_suffix(message::path_and_query(url))
            .unwrap_or(url);
        let policy = with_remembered(|it| {
            let memory = it.memory(origin, seed);
            let now = memory.time(started);
            memory.arrive(now);
            it.policy_of(policy, head.path)
        });
        let request = gateway::Request::of_page(&head, url, replayable, &policy);
        let kept = Rc::clone(&policy);
        let takes = |kind| accept::best(listed.get("accept"), &[kind]).is_some();
        Self {
            exchange: gateway::Exchange::of_page(kept, request, seed, started),
            repeat: Repeatability::of(&head, &policy),
            method: head.method,
            policy,
            origin: origin.to_owned(),
            wants_json: takes("application/json") && !takes("text/html"),
            seed,
            attempt: gateway::Attempt {
                number: 0,
                origin: 0,
                beside: false,
                conditional: false,
            },
            reply: None,
            request_id: None,
            shown: None,
            says_other: false,
        }
    }

    /// The first step.
    pub fn start(&mut self, now: f64) -> f64 {
        self.step(Event::Start, now)
    }

    /// The attempt has begun.
    pub fn begun(&mut self, now: f64) -> f64 {
        self.step(Event::Begun, now)
    }

    /// Whether a response is a failure that its body may describe (RFC 9457), as JSON: then
    /// that is read first.
    #[must_use]
    pub fn is_described(&self, status: u16, fields: &str, now: f64) -> bool {
        let fields = Listed::new(fields);
        let facts = Facts::read(status, &fields, &self.policy, time(now));
        Problem::may_be_in(&fields) && verdict::of_response(&facts, &self.policy).is_some()
    }

    /// The attempt of this number got a response from this URL with these fields, all of
    /// them. `problem` is what was read of its body.
    pub fn responded(
        &mut self,
        attempt: u8,
        status: u16,
        url: &str,
        fields: &str,
        problem: JsValue,
        now: f64,
    ) -> f64 {
        let fields = Listed::new(fields);
        let problem = Problem::of(&problem, &fields);
        self.request_id = problem.id(&fields);
        let head = || (status, representation::said(url, &fields));
        self.says_other = self.shown.as_ref().is_some_and(|shown| *shown != head());
        let facts = self.facts(status, &fields, &problem, time(now));
        let step = self.step(Event::Responded(attempt, facts), now);
        if step <= INSPECT && !self.may_be_disguised(&fields) {
            self.shown.get_or_insert_with(head);
        }
        step
    }

    /// The attempt of this number threw. Of one that began `offline` nothing was sent;
    /// else the browser throws one and the same error for everything.
    pub fn failed(&mut self, attempt: u8, offline: bool, now: f64) -> f64 {
        let cause = match offline {
            true => Cause::Offline,
            false => Cause::Network,
        };
        self.step(Event::Failed(attempt, cause), now)
    }

    /// The body that was to be looked at: its media type, its length, and how it starts;
    /// a negative length if it is not small after all.
    pub fn inspected(&mut self, content_type: &str, bytes: f64, start: &[u8], now: f64) -> f64 {
        let start = start.strip_prefix("\u{feff}".as_bytes()).unwrap_or(start);
        let essence = media_type::essence(content_type);
        let cause = match length_of(bytes) {
            // Many an endpoint that has nothing to say calls that HTML.
            None | Some(0) => None,
            Some(_) if essence == "application/json" => {
                unfinished::json(start).then_some(Cause::Truncated)
            }
            _ if !self.policy.disguised => None,
            Some(_) if self.wants_json && essence == "text/html" => Some(Cause::Disguised),
            Some(bytes) => copies::may_keep_body(content_type, bytes, start).err(),
        };
        self.step(Event::Inspected(cause), now)
    }

    /// The body that was to be looked at broke off.
    pub fn broke_off(&mut self, now: f64) -> f64 {
        self.step(Event::Inspected(Some(Cause::Truncated)), now)
    }

    /// The time to wait is over.
    pub fn woke(&mut self, now: f64) -> f64 {
        self.step(Event::Woke, now)
    }

    /// The caller gave up.
    pub fn left(&mut self, now: f64) -> f64 {
        self.step(Event::Left, now)
    }

    /// A body up to this many bytes is held to be looked at.
    #[must_use]
    pub fn inspection_limit(&self) -> f64 {
        let disguised = u64::try_from(disguise::LONGEST)
            .ok()
            .filter(|_| self.policy.disguised);
        let limit = self
            .policy
            .rescue
            .limit()
            .max(disguised.unwrap_or_default());
        f64::from(u32::try_from(limit).unwrap_or(u32::MAX))
    }

    /// Whether the head of the response that is to be looked at goes out at once, or has:
    /// then only its body is held, and what comes of the request is that body or an error.
    #[must_use]
    pub fn shows_head(&self) -> bool {
        self.shown.is_some()
    }

    /// The number of the attempt that is to begin.
    #[must_use]
    pub fn attempt(&self) -> u8 {
        self.attempt.number
    }

    /// Whether the one before goes on beside it.
    #[must_use]
    pub fn beside(&self) -> bool {
        self.attempt.beside
    }

    /// Whether no attempt runs whose answer is still waited for.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.exchange.trail().len() >= self.exchange.attempts().into()
    }

    /// The field that tells the origin the number of the attempt. From another site's
    /// it would make a simple request one that needs leave, so that goes there only where
    /// policy names it.
    #[must_use]
    pub fn attempt_header(&self, own_site: bool) -> Option<String> {
        let usual = self.attempt.number > 1 && own_site;
        let named = self.policy.attempt_header.clone();
        named.or_else(|| usual.then(|| ATTEMPT.into()))
    }

    /// What the request comes to: nothing, as the caller left (0), the last response (1),
    /// or an error (2).
    #[must_use]
    pub fn outcome(&self) -> u8 {
        let disguised = |it: Failure| it.cause == Cause::Disguised && it.status.is_none();
        let useless = |it: Failure| disguised(it) || self.shown.is_some();
        match self.reply.map(|reply| reply.source) {
            Some(Source::Nobody) => NOBODY,
            Some(Source::Origin) if !self.last_failure().is_some_and(useless) => RESPONSE,
            _ => ERROR,
        }
    }

    /// The last failure: `cause`, `phase`, whether it is `retryable`, and, where known, its
    /// `status` and for how many milliseconds the origin wants to be left alone; nothing
    /// if all is well.
    #[must_use]
    pub fn failure(&self) -> JsValue {
        let Some(failure) = self.last_failure() else {
            return JsValue::UNDEFINED;
        };
        let again = permission(self.repeat, &failure, &self.policy).here;
        let span = |span| number(millis_of(span));
        to_object(&table([
            ("cause", text(failure.cause.name())),
            ("phase", text(failure.phase.name())),
            ("retryable", flag(again)),
            (
                "status",
                failure.status.map_or(Value::Null, |it| number(it.into())),
            ),
            ("retryAfter", failure.retry_after.map_or(Value::Null, span)),
            (
                "requestId",
                self.request_id.as_deref().map_or(Value::Null, text),
            ),
            ("attempts", number(self.exchange.attempts().into())),
        ]))
    }
}

impl Exchange {
    /// Whether a body that is to be looked at may be an error page, as far as its head tells;
    /// what is packed is hardly ever shorter for being unpacked.
    fn may_be_disguised(&self, fields: &dyn Fields) -> bool {
        let length: Option<usize> = fields.get("content-length").trim_ascii().parse().ok();
        let is_long = length.is_some_and(|length| length > disguise::LONGEST);
        let is_json = media_type::essence(fields.get("content-type")) == "application/json";
        self.policy.disguised && !is_json && (self.wants_json || !is_long)
    }

    /// A response that says something else does not mend the body that broke off.
    fn last_failure(&self) -> Option<Failure> {
        let trail = self.exchange.trail().iter().rev();
        let mut failures = trail.filter_map(|tried| tried.failure);
        let broken = || failures.find(|it| self.says_other && it.status.is_none());
        self.exchange.failure().or_else(broken)
    }

    fn facts(&self, status: u16, fields: &dyn Fields, problem: &Problem, now: Timestamp) -> Facts {
        let sent = retry_after::sent(fields, now);
        let facts = Facts::read(status, fields, &self.policy, sent);
        let has_body = self.method != Method::Head;
        let facts = Facts {
            is_small: facts.is_small && has_body,
            holdable: facts.holdable && has_body,
            ..facts
        };
        problem.told(facts, fields)
    }

    fn step(&mut self, event: Event, told: f64) -> f64 {
        let now = time(told);
        let Self {
            exchange,
            origin,
            seed,
            ..
        } = self;
        let step = with_remembered(|it| exchange.step(event, now, it.memory(origin, *seed)));
        match step {
            Step::Begin(attempt) => {
                self.attempt = attempt;
                BEGIN
            }
            Step::Wait(until) => millis_of(until.since(now)),
            Step::Inspect(..) if self.says_other => self.step(Event::Inspected(None), told),
            Step::Inspect(_, until) => INSPECT - millis_of(until.since(now)),
            Step::Reply(reply) => {
                self.reply = Some(reply);
                REPLY
            }
            // A page has no store: there is nothing to be found.
            Step::Look => self.step(Event::Looked(None), told),
            Step::LookFurther(..) => {
                self.step(Event::LookedFurther(gateway::Further::Nothing), told)
            }
        }
    }
}
