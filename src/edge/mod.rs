//! The Cloudflare Worker: everything between the core and the Workers runtime.
//!
//! The waiting is done in JavaScript, by the runtime's own promises; in here
//! there are only synchronous decisions:
//!
//! - `entry.js` serves a healthy request between [`open`] and [`settle`];
//! - `exchange.js` drives an [`Exchange`] for every other one;
//! - `platform.js` holds the calls that touch bodies, the cache and timers.
//!
//! So a panic here is an exception there, caught in the request that caused it;
//! inside a future of Rust's it would be a promise that never settles.
//!
//! The `worker` crate's own `Request` and `Response` are left aside: they copy
//! what passes through, and panic on a status above 599.

mod exchange;
mod isolate;

pub use exchange::{Exchange, Reply};

use crate::copies;
use crate::gateway::{self, Body, First, Opening};
use crate::policy::Policy;
use crate::verdict::{Cause, disguise};
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
pub fn response_fields() -> Vec<String> {
    names(ResponseHead::FIELDS)
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

/// How a request begins: milliseconds of patience with the first attempt, -1 to
/// stay aside, -2 for an [`Exchange`] from the start.
///
/// `body` is the length of the body: negative for none, infinite if unknown.
#[wasm_bindgen]
#[must_use]
pub fn open(method: &str, url: &str, fields: &str, body: f64) -> f64 {
    let fields = Positional::new(RequestHead::FIELDS, fields);
    let request = RequestHead::read(method, url, &fields);
    with_isolate(|isolate| {
        let policy = isolate.configuration.policy_for(request.path);
        match gateway::open(&request, body_of(body), policy) {
            Opening::Aside => -1.0,
            Opening::Exchange => -2.0,
            Opening::Ask(patience) => millis_of(patience),
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
/// well ([`claim_copy`]), 2 if it is a failure.
#[wasm_bindgen]
#[must_use]
pub fn settle(method: &str, url: &str, status: u16, answered: &str, now: f64) -> u8 {
    let (method, answered) = (
        Method::parse(method),
        Positional::new(ResponseHead::FIELDS, answered),
    );
    with_isolate(|isolate| {
        let policy = isolate.configuration.policy_for(message::path(url));
        let due = &isolate.due;
        match gateway::on_first_response(method, url, status, &answered, policy, due, time(now)) {
            First::Pass => 0,
            First::PassAndKeep => 1,
            First::Failed => 2,
        }
    })
}

/// If a copy of a response is to be kept now, the bytes of memory that are set
/// aside for it, to be given to [`give_back`] afterwards; -1 if not. It counts as
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
            return f64::from(u32::try_from(bytes).unwrap_or(u32::MAX));
        }
        isolate.room.give_back(bytes);
        -1.0
    })
}

/// Gives back what was set aside for a copy.
#[wasm_bindgen]
pub fn give_back(bytes: u32) {
    with_isolate(|isolate| isolate.room.give_back(u64::from(bytes)));
}

/// A copy has at most this many bytes.
#[wasm_bindgen]
#[must_use]
pub fn copy_limit(url: &str) -> f64 {
    limit(url, |policy| policy.copy_limit)
}

/// Bodies up to this many bytes are held for a second attempt.
#[wasm_bindgen]
#[must_use]
pub fn body_limit(url: &str) -> f64 {
    limit(url, |policy| policy.body_limit)
}

fn limit(url: &str, of: impl Fn(&Policy) -> u64) -> f64 {
    let path = message::path(url);
    let limit = with_isolate(|isolate| of(isolate.configuration.policy_for(path)));
    f64::from(u32::try_from(limit).unwrap_or(u32::MAX))
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
pub fn broke_off(url: &str, answered: &str) -> String {
    with_isolate(|isolate| isolate.due.release(url, copies::vary(answered)));
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
