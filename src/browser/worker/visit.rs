//! The life of one request, as the loop in `serving.js` drives it.

use super::with_worker;
use crate::answer::Asker;
use crate::browser::exchange::{BEGIN, INSPECT, REPLY};
use crate::browser::{length_of, millis_of, seed_of, time};
use crate::copies::{self, ENVELOPE, Found};
use crate::gateway::{self, Event, Step};
use crate::policy::Policy;
use crate::verdict::{Cause, Facts};
use crate::wire::{Fields, Listed, Method, RequestHead, Timestamp, list};
use alloc::{borrow::ToOwned, rc::Rc, string::String};
use wasm_bindgen::prelude::*;

/// More of what a step may be, beside those of a page.
const LOOK: f64 = -1.0;
const LOOK_ELSEWHERE: f64 = -4.0;
const FORGET: f64 = -6.0;

/// The number of an attempt, where policy gives the field no other name.
const ATTEMPT: &str = "lastgood-attempt";

/// The life of one request that a service worker answers.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Visit {
    pub(super) exchange: gateway::Exchange,
    pub(super) policy: Rc<Policy>,
    pub(super) method: String,
    pub(super) url: String,
    /// Its fields, `name:value`, one per line.
    pub(super) asked: String,
    pub(super) seed: u64,
    pub(super) started: Timestamp,
    pub(super) offline: bool,
    /// The status of the last response.
    pub(super) status: u16,
    attempt: Option<gateway::Attempt>,
    pub(super) reply: Option<gateway::Reply>,
    /// Where a copy is looked for, if not under its own URL.
    place: Option<String>,
    /// The fields of what was found, as those of the request.
    pub(super) stored: String,
}

#[wasm_bindgen]
impl Visit {
    /// A request that came at `started`, on a device that is `offline` or not. `asked` is
    /// all fields of it, `name:value`, one per line.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(
        method: String,
        url: String,
        asked: String,
        offline: bool,
        seed: f64,
        started: f64,
    ) -> Self {
        let (seed, started) = (seed_of(seed), time(started));
        let fields = Listed::new(&asked);
        let head = RequestHead::read(&method, &url, &fields);
        let policy = with_worker(|it| {
            let now = it.memory.time(started);
            it.memory.arrive(now);
            Rc::clone(it.configuration.policy_for(head.path))
        });
        // What cannot be sent is not tried a second time.
        let policy = match offline {
            true => Rc::new(Policy {
                attempts: 1,
                ..Policy::clone(&policy)
            }),
            false => policy,
        };
        let asker = Asker::read(&fields);
        let request = gateway::Request::new(&head, &url, &asker, (true, false), &policy);
        let kept = Rc::clone(&policy);
        Self {
            exchange: gateway::Exchange::new(kept, request, None, 1, seed, started),
            policy,
            method,
            url,
            asked,
            seed,
            started,
            offline,
            status: 0,
            attempt: None,
            reply: None,
            place: None,
            stored: String::new(),
        }
    }

    /// The first step.
    pub fn start(&mut self, now: f64) -> f64 {
        self.step(Event::Start, now)
    }

    /// What was found in the store: all fields of it, empty if there is nothing. What is
    /// there and is none of ours is to be removed; then there is nothing.
    pub fn looked(&mut self, stored: String, now: f64) -> f64 {
        self.stored = stored;
        let listed = Listed::new(&self.stored);
        let envelope = listed.get(ENVELOPE);
        let found = Found::under(envelope, &self.url, &Listed::new(&self.asked));
        if !self.stored.is_empty() && found.is_foreign(time(now)) {
            return FORGET;
        }
        match found {
            Found::Variant(place) if self.place.is_none() => {
                self.place = Some(place);
                LOOK_ELSEWHERE
            }
            Found::Copy(copy) => self.step(Event::Looked(Some(copy)), now),
            Found::Nothing | Found::Variant(_) => self.step(Event::Looked(None), now),
        }
    }

    /// Where to look, if not under the request's own URL.
    #[must_use]
    pub fn place(&self) -> Option<String> {
        self.place.clone()
    }

    /// The attempt has begun.
    pub fn begun(&mut self, now: f64) -> f64 {
        self.step(Event::Begun, now)
    }

    /// The attempt of this number got a response with these fields, all of them.
    pub fn responded(&mut self, attempt: u8, status: u16, fields: &str, now: f64) -> f64 {
        self.status = status;
        let facts = self.facts(status, &Listed::new(fields), time(now));
        self.step(Event::Responded(attempt, facts), now)
    }

    /// The attempt of this number threw. The browser throws one and the same error for
    /// everything, but knows whether it is offline.
    pub fn failed(&mut self, attempt: u8, offline: bool, now: f64) -> f64 {
        self.offline = offline;
        let cause = match offline {
            true => Cause::Offline,
            false => Cause::Network,
        };
        self.step(Event::Failed(attempt, cause), now)
    }

    /// The body that was to be looked at: its media type, its length, and how it starts;
    /// a negative length if it is not small after all.
    pub fn inspected(&mut self, content_type: &str, bytes: f64, start: &[u8], now: f64) -> f64 {
        let length = length_of(bytes).filter(|_| self.policy.disguised);
        let start = super::keeping::unmarked(start);
        let look = |length| copies::may_keep_body(content_type, length, start).err();
        self.step(Event::Inspected(length.and_then(look)), now)
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

    /// A body up to this many bytes is held to be looked at.
    #[must_use]
    pub fn inspection_limit(&self) -> f64 {
        let disguised = u64::from(super::longest_disguise());
        let disguised = if self.policy.disguised { disguised } else { 0 };
        let limit = self.policy.rescue.limit().max(disguised);
        f64::from(u32::try_from(limit).unwrap_or(u32::MAX))
    }

    /// The number of the attempt that is to begin.
    #[must_use]
    pub fn attempt(&self) -> u8 {
        self.attempt.map_or(1, |attempt| attempt.number)
    }

    /// Whether the one before goes on beside it.
    #[must_use]
    pub fn beside(&self) -> bool {
        self.attempt.is_some_and(|attempt| attempt.beside)
    }

    /// The field that tells the origin the number of the attempt, if it is told.
    #[must_use]
    pub fn attempt_header(&self) -> Option<String> {
        let usual = self.attempt() > 1;
        let named = self.policy.attempt_header.clone();
        named.or_else(|| usual.then(|| ATTEMPT.to_owned()))
    }

    /// After so many milliseconds the attempt behind the reply is looked in on; a
    /// negative number if none goes on.
    #[must_use]
    pub fn goes_on(&self, now: f64) -> f64 {
        let until = self.reply.and_then(|reply| reply.goes_on);
        until.map_or(-1.0, |until| millis_of(until.since(time(now))))
    }
}

impl Visit {
    /// One layer repeats: what a lastgood in front of the origin says is final. It has
    /// tried, and its own page is better than none.
    fn facts(&self, status: u16, fields: &dyn Fields, now: Timestamp) -> Facts {
        let facts = Facts::read(status, fields, &self.policy, now);
        let has_body = self.method() != Method::Head;
        Facts {
            stop: facts.stop || is_of_lastgood(fields),
            is_small: facts.is_small && has_body,
            holdable: facts.holdable && has_body,
            ..facts
        }
    }

    pub(super) fn method(&self) -> Method {
        Method::parse(&self.method)
    }

    fn step(&mut self, event: Event, told: f64) -> f64 {
        let (now, exchange) = (time(told), &mut self.exchange);
        let step = with_worker(|it| exchange.step(event, now, &mut it.memory));
        match step {
            Step::Look => {
                self.place = None;
                LOOK
            }
            Step::Begin(attempt) => {
                self.attempt = Some(attempt);
                BEGIN
            }
            Step::Wait(until) => millis_of(until.since(now)),
            Step::Inspect(_, until) => INSPECT - millis_of(until.since(now)),
            Step::Reply(reply) => {
                self.reply = Some(reply);
                REPLY
            }
            Step::LookFurther(..) => {
                self.step(Event::LookedFurther(gateway::Further::Nothing), told)
            }
        }
    }
}

/// Whether a response passed a lastgood at the edge that has said something about it.
fn is_of_lastgood(fields: &dyn Fields) -> bool {
    let named = |element| list::parts(element).next() == Some("lastgood");
    ["proxy-status", "cache-status"]
        .iter()
        .any(|name| list::elements(fields.get(name)).any(named))
}
