//! The Cloudflare Worker: everything between the core and the Workers runtime.
//!
//! The waiting is done in JavaScript, by the runtime's own promises; in here
//! there are only synchronous decisions:
//!
//! - `entry.js` serves a healthy request between [`open`] and [`settle`];
//! - `exchange.js` drives an [`Exchange`] for every other one;
//! - `hand.js` is what one such request has in hand;
//! - `rehearsal.js` checks who may rehearse a fault, and plays the origin that has it;
//! - `keeping.js` keeps copies behind replies, and watches bodies to their end;
//! - `shared.js` carries reports to the [`World`] and back, behind replies;
//! - `probe.js` makes a probe of each origin on a cron trigger;
//! - `platform.js` holds the calls that touch bodies, the cache and timers;
//! - `raw.js` knows the responses whose bodies are of our making, and reads those;
//! - `socket.js` asks an origin under another `Host` than that of its URL;
//! - `incoming.js` reads what comes back over such a socket;
//! - `instance.js` starts the core, and starts it anew after a trap.
//!
//! So a panic here is an exception there, caught in the request that caused it;
//! inside a future of Rust's it would be a promise that never settles.
//!
//! The `worker` crate's own `Request` and `Response` are left aside: they copy
//! what passes through, and panic on a status above 599.

mod exchange;
mod isolate;
mod probe;
mod shared;
mod told;

pub use exchange::Exchange;
pub use probe::{probe_patience, probe_target, probed, probes};
pub use shared::{World, learn, report};
pub use told::{Attempt, Reply};

use crate::copies::{self, Due};
use crate::gateway::{self, Arrival, Body, End, Fault, First, FirstResponse, Opening};
use crate::policy::Origin;
use crate::verdict::{Cause, Facts, disguise};
use crate::wire::{
    Listed, Method, Positional, RequestHead, ResponseHead, Timestamp, message, time::millis,
};
use alloc::{string::String, vec::Vec};
use core::time::Duration;
use isolate::with_isolate;
use wasm_bindgen::prelude::*;
use worker::Env;

/// Names of the request fields that [`open`] and [`settle`] are handed.
#[wasm_bindgen]
#[must_use]
pub fn request_fields() -> Vec<String> {
    names(RequestHead::FIELDS)
}

/// Names of the response fields that [`settle`] is handed.
#[wasm_bindgen]
#[must_use]
pub fn version_fields() -> Vec<String> {
    names(Due::FIELDS)
}

/// Names of the response fields that [`claim_copy`] is handed.
#[wasm_bindgen]
#[must_use]
pub fn response_fields() -> Vec<String> {
    names(ResponseHead::FIELDS)
}

/// Names of the response fields that [`Exchange::responded`] is handed.
#[wasm_bindgen]
#[must_use]
pub fn fact_fields() -> Vec<String> {
    names(Facts::FIELDS)
}

/// Names of the request fields that an [`Exchange`] is handed after the
/// [`request_fields`].
#[wasm_bindgen]
#[must_use]
pub fn further_fields() -> Vec<String> {
    let known = RequestHead::FIELDS.len();
    names(gateway::Request::FIELDS.get(known..).unwrap_or_default())
}

/// Names of the fields of a stored response that an [`Exchange`] is handed: the
/// first one is its `Vary`.
#[wasm_bindgen]
#[must_use]
pub fn stored_fields() -> Vec<String> {
    names(exchange::STORED)
}

fn names(fields: &[&str]) -> Vec<String> {
    fields.iter().copied().map(String::from).collect()
}

/// Reads the configuration of this isolate and returns the origins' base URLs.
/// What is wrong in it is logged, once, and replaced by its default.
#[wasm_bindgen]
#[must_use]
pub fn configure(env: &Env) -> Vec<String> {
    isolate::configure(env)
}

/// Our name in `CDN-Loop`, which requests carry that go to an origin of another
/// host.
#[wasm_bindgen]
#[must_use]
pub fn loop_id() -> String {
    with_isolate(|isolate| isolate.memory.origins.guards().loops.id.clone())
}

/// Whether this instance has been configured.
#[wasm_bindgen]
#[must_use]
pub fn is_configured() -> bool {
    with_isolate(|isolate| isolate.configured)
}

/// The first origin that may see any request as it came, for when the core cannot
/// be asked any more; -1 if there is none.
#[wasm_bindgen]
#[must_use]
pub fn way_out() -> i8 {
    with_isolate(|isolate| {
        let origins = &isolate.memory.origins;
        let safe = |origin: &usize| {
            let origin = origins.get(*origin);
            origin.is_some_and(Origin::is_plain_but_for_its_name)
        };
        let first = (0..origins.count()).find(safe);
        first.and_then(|it| i8::try_from(it).ok()).unwrap_or(-1)
    })
}

/// The `Host` that an origin is sent, if not that of its URL.
#[wasm_bindgen]
#[must_use]
pub fn host_of(origin: u8) -> Option<String> {
    with_isolate(|isolate| isolate.memory.origins.get(origin.into())?.host.clone())
}

/// Above any number of milliseconds: what [`open`] adds for each origin before
/// the one that is asked.
const PER_ORIGIN: f64 = 2_147_483_648.0;

/// How a request begins: the number of the origin to ask times 2^31, and
/// milliseconds of patience with it; -1 to stay aside, -2 for an [`Exchange`]
/// from the start.
///
/// `body` is the length of the body: negative for none, infinite if unknown.
#[wasm_bindgen]
#[must_use]
pub fn open(method: &str, url: &str, fields: &str, body: f64, now: f64) -> f64 {
    let fields = Positional::new(RequestHead::FIELDS, fields);
    let request = RequestHead::read(method, url, &fields);
    let arrival = Arrival {
        url,
        body: body_of(body),
        now: time(now),
    };
    with_isolate(|isolate| {
        let policy = isolate.configuration.policy_for(request.path);
        match gateway::open(&request, &arrival, policy, &mut isolate.memory) {
            Opening::Aside => -1.0,
            Opening::Exchange => -2.0,
            Opening::Ask(origin, patience) => {
                let number = f64::from(u32::try_from(origin).unwrap_or_default());
                number * PER_ORIGIN + millis_of(patience)
            }
        }
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float saturates"
)]
fn body_of(length: f64) -> Body {
    if length < 0.0 {
        Body::None
    } else if length.is_finite() {
        Body::Sized(length as u64)
    } else {
        Body::Unsized
    }
}

/// What to do with the first answer: 0 to pass it on, 1 if a copy may be due as
/// well ([`claim_copy`]), 2 if it is a failure, 3 to pass it on and see whether its
/// body comes to its end. `asked` is when which origin was
/// asked, in the form of [`open`].
#[wasm_bindgen]
#[must_use]
pub fn settle(
    method: &str,
    url: &str,
    status: u16,
    answered: &str,
    origin: u8,
    asked: f64,
    now: f64,
) -> u8 {
    let answered = Positional::new(Due::FIELDS, answered);
    let first = FirstResponse {
        method: Method::parse(method),
        url,
        origin: origin.into(),
        asked: time(asked),
        status,
    };
    with_isolate(|isolate| {
        let policy = isolate.configuration.policy_for(message::path(url));
        let (due, memory) = (&isolate.due, &mut isolate.memory);
        match gateway::on_first_response(&first, &answered, policy, due, memory, time(now)) {
            First::Pass => 0,
            First::PassAndKeep => 1,
            First::PassAndWatch => 3,
            First::Failed => 2,
        }
    })
}

/// What became of a copy that was [claimed](claim_copy) in so many bytes: it is too
/// large for keeping (0), is in the store (1), or was lost on the way there (2).
/// One that was lost is due again. Those who wait for the page learn it, too.
#[wasm_bindgen]
pub fn landed(url: &str, answered: &str, how: u8, reserved: u32, now: f64) {
    let end = match how {
        0 => Some(End::Uncacheable),
        1 => Some(End::Stored),
        _ => None,
    };
    with_isolate(|isolate| {
        isolate.room.give_back(u64::from(reserved));
        if end.is_none() {
            isolate.due.release(url, copies::vary(answered));
        }
        isolate.memory.land(url, end, time(now));
    });
}

/// A fault that is to happen to one request, and what proves that it may.
#[wasm_bindgen(getter_with_clone)]
#[derive(Debug)]
pub struct Rehearsal {
    /// The status that the origin seems to answer; 0 for a connection that
    /// fails, 1 for silence.
    pub fault: u16,
    /// To how many of the request's attempts it happens.
    pub attempts: u8,
    /// The text that was signed.
    pub signed: String,
    /// The signature that it has to have.
    pub signature: Vec<u8>,
}

/// Reads the token of a rehearsal; nothing if there is none in it.
#[wasm_bindgen]
#[must_use]
pub fn rehearsal(token: &str, url: &str, now: f64) -> Option<Rehearsal> {
    let read = gateway::Rehearsal::read(token, message::host(url), time(now))?;
    Some(Rehearsal {
        fault: match read.fault {
            Fault::Status(status) => status,
            Fault::Network => 0,
            Fault::Silence => 1,
        },
        attempts: read.attempts,
        signed: read.signed,
        signature: read.signature,
    })
}

/// If a copy of a response is to be kept now, the bytes of memory that are set
/// aside for it, to be given to [`landed`] afterwards; -1 if not. It counts as
/// kept from then on.
#[wasm_bindgen]
#[must_use]
pub fn claim_copy(
    method: &str,
    url: &str,
    asked: &str,
    status: u16,
    answered: &str,
    now: f64,
) -> f64 {
    let asked = Positional::new(RequestHead::FIELDS, asked);
    let answered = Positional::new(ResponseHead::FIELDS, answered);
    let request = RequestHead::read(method, url, &asked);
    let head = ResponseHead::read(status, &answered);
    with_isolate(|isolate| {
        let policy = isolate.configuration.policy_for(request.path);
        let Some(bytes) = isolate.room.take(&head, policy) else {
            return -1.0;
        };
        let (due, now) = (&mut isolate.due, time(now));
        if gateway::is_keeping_due(&request, url, status, &answered, policy, due, now) {
            return bytes_of(bytes);
        }
        isolate.room.give_back(bytes);
        -1.0
    })
}

/// Whether the body of a good answer, of which no copy is due, is to be watched to
/// its end.
#[wasm_bindgen]
#[must_use]
pub fn watches(method: &str, url: &str, answered: &str, now: f64) -> bool {
    let answered = Positional::new(Due::FIELDS, answered);
    let method = Method::parse(method);
    with_isolate(|isolate| {
        let policy = isolate.configuration.policy_for(message::path(url));
        gateway::is_watched(method, &answered, policy, &mut isolate.memory, time(now))
    })
}

/// A copy has at most this many bytes.
#[wasm_bindgen]
#[must_use]
pub fn copy_limit(url: &str) -> f64 {
    let path = message::path(url);
    with_isolate(|isolate| bytes_of(isolate.configuration.policy_for(path).copy_limit))
}

/// The body of a request is held for a second attempt up to this many bytes; -1
/// if it is not held at all. The parameters are those of [`open`].
#[wasm_bindgen]
#[must_use]
pub fn body_limit(method: &str, url: &str, fields: &str, body: f64) -> f64 {
    let fields = Positional::new(RequestHead::FIELDS, fields);
    let request = RequestHead::read(method, url, &fields);
    with_isolate(|isolate| {
        let policy = isolate.configuration.policy_for(request.path);
        match body_of(body).is_worth_holding(&request, policy) {
            true => bytes_of(policy.body_limit),
            false => -1.0,
        }
    })
}

/// A number of bytes as JavaScript has it.
fn bytes_of(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes).unwrap_or(u32::MAX))
}

/// The changes that make a good response the stored one; `answered` and `asked`
/// are all fields of both messages.
#[wasm_bindgen]
#[must_use]
pub fn seal(answered: &str, asked: &str, now: f64) -> String {
    copies::seal(answered, &Listed::new(asked), time(now))
        .as_str()
        .into()
}

/// Bodies up to this many bytes are shown to [`keep_not`] as text.
#[wasm_bindgen]
#[must_use]
pub fn longest_disguise() -> u32 {
    u32::try_from(disguise::LONGEST).unwrap_or(u32::MAX)
}

/// Why a body that has come whole must not be kept, as a log line: it is empty,
/// or a gateway's error page in disguise.
#[wasm_bindgen]
#[must_use]
pub fn keep_not(url: &str, content_type: &str, bytes: u32, text: &str) -> Option<String> {
    let cause = copies::may_keep_body(content_type, u64::from(bytes), text).err()?;
    Some(gateway::bad_body_line(message::path_and_query(url), cause))
}

/// Notes that a body broke off while a copy was made. Returns the log line.
#[wasm_bindgen]
#[must_use]
pub fn broke_off(url: &str, answered: &str, now: f64) -> String {
    with_isolate(|isolate| {
        isolate.due.release(url, copies::vary(answered));
        isolate.memory.broke_off(time(now));
    });
    gateway::bad_body_line(message::path_and_query(url), Cause::Truncated)
}

/// Milliseconds since the epoch, as JavaScript has them.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float saturates"
)]
const fn time(millis: f64) -> Timestamp {
    Timestamp::from_millis(millis as u64)
}

/// A span as JavaScript has it: at most what a timer takes, 2^31 - 1.
fn millis_of(span: Duration) -> f64 {
    f64::from(i32::try_from(millis(span)).unwrap_or(i32::MAX))
}
