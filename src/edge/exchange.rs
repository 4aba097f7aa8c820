//! The core's exchange, as the loop in `exchange.js` drives it.

use super::isolate::{seed, with_isolate};
use super::told::Attempt;
pub(super) use super::told::STORED;
use super::{millis_of, time};
use crate::answer::Asker;
use crate::copies::{self, Aside, ENVELOPE, Found};
use crate::gateway::{self, Event, Memory, Step, Treatment};
use crate::policy::{Mode, Policy};
use crate::verdict::{Cause, Facts, Number};
use crate::wire::{Fields, Listed, Method, Positional, RequestHead, Timestamp, cut, message};
use alloc::{rc::Rc, string::String, vec::Vec};
use wasm_bindgen::prelude::*;

/// What a step is, besides a number of milliseconds to wait. From the last one the
/// milliseconds are taken that looking may last.
const LOOK: f64 = -1.0;
const BEGIN: f64 = -2.0;
const REPLY: f64 = -3.0;
const LOOK_ELSEWHERE: f64 = -4.0;
pub(super) const LOOK_FURTHER: f64 = -5.0;
const FORGET: f64 = -6.0;
const INSPECT: f64 = -7.0;

/// Which of the places of a URL is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Looking {
    /// One beside it.
    At(Aside),
    /// Its own.
    AtPage,
    /// That of a variant.
    AtVariant,
}

/// The life of one request.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Exchange {
    pub(super) exchange: gateway::Exchange,
    pub(super) policy: Rc<Policy>,
    pub(super) method: String,
    pub(super) url: String,
    /// What it asks with.
    pub(super) asked: Positional<String>,
    pub(super) seed: u64,
    pub(super) started: Timestamp,
    attempt: Option<gateway::Attempt>,
    pub(super) reply: Option<gateway::Reply>,
    looking: Looking,
    /// Where it looks, if not under its own URL.
    place: Option<String>,
    /// The [`STORED`] fields of the stored response, if there is one.
    pub(super) stored: Positional<String>,
    /// The same of what was found in a further tier, where in it, and until when that
    /// is looked at.
    pub(super) further: Positional<String>,
    pub(super) further_place: Option<String>,
    pub(super) further_until: Timestamp,
    /// The status of the last response of an origin.
    pub(super) status: u16,
    /// The number that the body of that response tells.
    pub(super) number: Option<Number>,
    /// Whether there may be copies, whoever asks.
    pub(super) keeps_copies: bool,
    /// It is treated as all are.
    pub(super) is_usual: bool,
    /// The body of an answer.
    pub(super) body: String,
    /// The paths of this site that the page of an answer may link to.
    pub(super) still_there: Vec<String>,
    /// The text of a page of the operator's own.
    pub(super) template: Option<String>,
    /// A rehearsed request learns from no other, and teaches none.
    pub(super) rehearsal: Option<Memory>,
}

#[wasm_bindgen]
impl Exchange {
    /// A request that came at `started`; `fields` are the values of
    /// [`request_fields`](super::request_fields), of
    /// [`further_fields`](super::further_fields), of
    /// [`reader_fields`](super::reader_fields), of the
    /// [`bypass_header`](super::bypass_header), and, as `name:value`, the
    /// [`treatment_fields`](super::treatment_fields). `replayable` tells whether its body can
    /// be sent more than once; `first` is the origin that it was sent to then, negative
    /// if it was not.
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
        let (bypass, apart) = cut::at(asked.rest(), b'\n').unwrap_or_else(|| (asked.rest(), ""));
        let (seed, started) = (seed(), time(started));
        let (policy, keeps_copies, treatment, origins, looped) = with_isolate(|isolate| {
            let policy = isolate.configuration.policy_for(head.path);
            // Of what is announced, a request that went to the origin knows nothing.
            let announced = isolate.announcement.as_ref().filter(|_| first < 0);
            let works = Treatment::works(head.path, policy, announced, started);
            let treatment = Treatment::of(head.path, &Listed::new(apart), policy, works);
            let keeps_copies = policy.mode != Mode::Off;
            let own = treatment.policy(policy, works);
            let policy = own.map_or_else(|| Rc::clone(policy), Rc::new);
            let looped = gateway::is_looped(&head, &isolate.memory);
            let origins = isolate.memory.origins.count();
            (policy, keeps_copies, treatment, origins, looped)
        });
        let asker = Asker::read(&asked);
        let request = gateway::Request::new(&head, &url, &asker, (replayable, looped), &policy);
        let request = match bypass {
            "" => request,
            _ => request.bypassing(),
        };
        let copies = policy.maintenance.as_ref().is_some_and(|it| it.copies);
        let request = match treatment {
            Treatment::Closed(until) => request.closed(until, copies, started),
            Treatment::Usual | Treatment::Watched | Treatment::Admitted => request,
        };
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
            looking: Looking::AtPage,
            place: None,
            stored: Positional::new(STORED, String::new()),
            further: Positional::new(STORED, String::new()),
            further_place: None,
            further_until: started,
            status: 0,
            number: None,
            keeps_copies,
            is_usual: treatment == Treatment::Usual,
            body: String::new(),
            still_there: Vec::new(),
            template: None,
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

    /// What was found in the store: the values of
    /// [`stored_fields`](super::stored_fields) and of
    /// [`shown_fields`](super::shown_fields), none if there is nothing, and those fields
    /// of the request that its `Vary` names.
    ///
    /// What is there and is none of ours is to be removed; then there is nothing.
    pub fn looked(&mut self, stored: String, varied: &str, now: f64) -> f64 {
        let is_there = !stored.is_empty();
        self.stored = Positional::new(STORED, stored);
        let envelope = self.stored.get(ENVELOPE);
        let found = Found::under(envelope, &self.url, &Listed::new(varied));
        if is_there && found.is_foreign(time(now)) {
            with_isolate(|isolate| isolate.due.release(&self.url));
            return FORGET;
        }
        if let (Looking::AtPage, Found::Variant(place)) = (self.looking, &found) {
            self.place = Some(place.clone());
            self.looking = Looking::AtVariant;
            return LOOK_ELSEWHERE;
        }
        let copy = match found {
            Found::Copy(copy) => with_isolate(|it| it.epochs.judge(&self.url, copy)),
            Found::Nothing | Found::Variant(_) => None,
        };
        if let Looking::At(aside) = self.looking
            && !self.is_of_use(aside, copy, time(now))
        {
            self.looking = Looking::AtPage;
            self.place = None;
            return LOOK;
        }
        self.step(Event::Looked(copy), now)
    }

    /// Where to look, if not under the request's own URL.
    #[must_use]
    pub fn place(&self) -> Option<String> {
        self.place.clone()
    }

    /// Where to look first.
    fn look(&mut self, now: Timestamp) -> f64 {
        let cached = self.policy.mode == Mode::Cache;
        let ranged = cached && self.asked.has("range");
        let asides = [(ranged, Aside::Part), (cached, Aside::Error)];
        let known = with_isolate(|isolate| {
            let known = |aside| isolate.asides.is_known(aside, &self.url, now);
            asides
                .into_iter()
                .find(|(looks, aside)| *looks && known(*aside))
        });
        match known {
            // It may not be the first look.
            None => {
                self.looking = Looking::AtPage;
                self.place = None;
                LOOK
            }
            Some((_, aside)) => {
                self.looking = Looking::At(aside);
                self.place = Some(copies::of_aside(&self.url, aside));
                LOOK_ELSEWHERE
            }
        }
    }

    /// Whether what lies beside the page answers this request.
    fn is_of_use(&self, aside: Aside, found: Option<copies::Copy>, now: Timestamp) -> bool {
        let taken = found.is_some_and(|copy| self.exchange.takes(&copy, now));
        let fits = || copies::slice(self.stored.get(ENVELOPE), &self.asked).is_some();
        taken && (aside == Aside::Error || fits())
    }

    /// The attempt has begun.
    pub fn begun(&mut self, now: f64) -> f64 {
        self.step(Event::Begun, now)
    }

    /// The attempt of this number got a response with these fields: all of them if
    /// the policy [asks for a field](Self::reads_all) of any name, else those of
    /// [`fact_fields`](super::fact_fields).
    pub fn responded(&mut self, number: u8, status: u16, fields: &str, now: f64) -> f64 {
        self.status = status;
        let read = self.facts(status, fields, now);
        let facts = Facts {
            is_small: read.is_small && self.method() != Method::Head,
            holdable: read.holdable && self.method() != Method::Head,
            ..read
        };
        self.step(Event::Responded(number, facts), now)
    }

    pub(super) fn facts(&self, status: u16, fields: &str, now: f64) -> Facts {
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

    pub(super) fn step(&mut self, event: Event, now: f64) -> f64 {
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
            Step::Look => self.look(now),
            Step::LookFurther(_, until) => {
                (self.further_place, self.further_until) = (None, until);
                LOOK_FURTHER
            }
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
            conditional: false,
        });
        let left = self.exchange.left(time(now));
        let upgrades = RequestHead::read(&self.method, &self.url, &self.asked).upgrade;
        with_isolate(|isolate| {
            let origins = &isolate.memory.origins;
            let origin = origins.get(attempt.origin).filter(|it| !it.url.is_empty());
            let mut changes =
                gateway::request_changes(attempt, origins, &self.asked, &self.policy, left);
            if attempt.conditional {
                changes.extend(&copies::conditions(self.stored.get(ENVELOPE)));
            }
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

    /// Whether the origin said no more than that the copy is current.
    #[must_use]
    pub fn is_renewed(&self) -> bool {
        self.exchange.is_renewed()
    }

    pub(super) fn method(&self) -> Method {
        Method::parse(&self.method)
    }
}
