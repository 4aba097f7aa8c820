//! The Cloudflare Worker: everything between the core and the Workers runtime.
//!
//! The waiting is done in JavaScript, by the runtime's own promises; in here
//! there are only synchronous decisions:
//!
//! - `entry.js` serves a healthy request between [`open`] and [`settle`];
//! - `answering.js` gathers what an answer of our own is made of;
//! - `exchange.js` drives an [`Exchange`] for every other one;
//! - `at_once.js` shows a copy that answers at once, by one call as well: [`hit`] or
//!   [`stand_in`];
//! - `fetching.js` fetches a page in cache mode without an exchange: [`missed`],
//!   [`fetched`];
//! - `looking.js` looks into the store, `told.js` reads what the core says of a reply;
//! - `hand.js` is what one such request has in hand;
//! - `rehearsal.js` checks who may rehearse a fault, and plays the origin that has it;
//! - `keeping.js` keeps copies behind replies, and watches bodies to their end;
//! - `commands.js` answers operators: `purge.js` those who purge copies, `maintenance.js`
//!   those who announce planned work;
//! - `epochs.js` carries both to where they are kept, and to each isolate;
//! - `tiers.js` looks further than this data centre, and writes and removes there;
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

mod at_once;
mod exchange;
mod fetching;
mod inspecting;
mod isolate;
mod keeping;
mod maintenance;
mod probe;
mod purge;
mod reply;
mod shared;
mod shown;
mod tiers;
mod told;

pub use at_once::{hit, stand_in};
pub use exchange::Exchange;
pub use fetching::{fetched, missed};
pub use keeping::{
    broke_off, claim_copy, copy_limit, envelope_field, landed, longest_disguise, outdated,
    response_fields, seal, token_pattern, token_search, version_fields, watches,
};
pub use maintenance::{announced, maintenance_wish};
pub use probe::{probe_patience, probe_target, probed, probes};
pub use purge::{Wish, known_purges, learn_purges, purge_wish, purged_places, purges_with};
pub use shared::{World, learn, report};
pub use tiers::{has_tiers, place_to_return, refused, spread, tiers_of};
pub use told::Attempt;

use crate::copies::{Aside, Due, ENVELOPE, VARY};
use crate::gateway::{self, Arrival, Body, Fault, First, FirstResponse, Opening, Treatment};
use crate::policy::Origin;
use crate::verdict::Facts;
use crate::wire::{Listed, Method, Positional, RequestHead, Timestamp, message, time::millis};
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
    let further = gateway::Request::BEFORE_READER.get(known..);
    names(further.unwrap_or_default())
}

/// Names of the request fields that an [`Exchange`] is handed after these.
#[wasm_bindgen]
#[must_use]
pub fn reader_fields() -> Vec<String> {
    names(gateway::Request::OF_READER)
}

/// Names of the fields of a stored response that tell whether it answers at once: the
/// first one is its `Vary`.
#[wasm_bindgen]
#[must_use]
pub fn stored_fields() -> Vec<String> {
    names(&[VARY, ENVELOPE])
}

/// Names of those that an [`Exchange`] is handed after these.
#[wasm_bindgen]
#[must_use]
pub fn shown_fields() -> Vec<String> {
    names(exchange::STORED.get(2..).unwrap_or_default())
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

/// The field by which somebody wants the origin's answer, if there is one.
#[wasm_bindgen]
#[must_use]
pub fn bypass_header() -> Option<String> {
    with_isolate(|isolate| isolate.memory.origins.guards().bypass_header.clone())
}

/// The request fields that tell who is treated apart; none if nobody is.
#[wasm_bindgen]
#[must_use]
pub fn treatment_fields(now: f64) -> Vec<String> {
    with_isolate(|isolate| {
        let announced = isolate.announcement.as_ref();
        Treatment::fields(&isolate.configuration, announced, time(now))
    })
}

/// Whether a request is treated apart, by those of the [`treatment_fields`] that it has,
/// as `name:value`, one per line.
#[wasm_bindgen]
#[must_use]
pub fn is_apart(url: &str, fields: &str, now: f64) -> bool {
    let path = message::path(url);
    let usual = with_isolate(|isolate| {
        let policy = isolate.configuration.policy_for(path);
        let works = Treatment::works(path, policy, isolate.announcement.as_ref(), time(now));
        Treatment::of(path, &Listed::new(fields), policy, works)
    });
    usual != Treatment::Usual
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
const PER_ORIGIN: i64 = 2_147_483_648;

/// Above any of these: what is added if others wait for what comes of it.
const LEADS: i64 = 1_125_899_906_842_624;

/// How a request begins: the number of the origin to ask times 2^31, and
/// milliseconds of patience with it; -1 to stay aside, -2 for an [`Exchange`]
/// from the start, -3 to look first whether a copy answers at once ([`hit`], or
/// [`missed`] where there is nothing), -4 whether one stands in ([`stand_in`]). Where
/// others wait for what comes of it, 2^50 is added.
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
    let opening = with_isolate(|isolate| {
        let policy = isolate.configuration.policy_for(request.path);
        let opening = gateway::open(&request, &arrival, policy, &mut isolate.memory);
        let known = || isolate.asides.is_known(Aside::Error, url, arrival.now);
        match opening {
            Opening::Look if known() => Opening::Exchange,
            opening => opening,
        }
    });
    number_of(opening) as f64
}

/// An opening as [`open`] says it.
fn number_of(opening: Opening) -> i64 {
    match opening {
        Opening::Aside => -1,
        Opening::Exchange => -2,
        Opening::Look => -3,
        Opening::StandIn => -4,
        Opening::Lead(origin, patience) => {
            number_of(Opening::Ask(origin, patience)).saturating_add(LEADS)
        }
        Opening::Ask(origin, patience) => {
            let number = i64::try_from(origin).unwrap_or_default();
            let patience = i32::try_from(millis(patience)).unwrap_or(i32::MAX);
            number
                .saturating_mul(PER_ORIGIN)
                .saturating_add(patience.into())
        }
    }
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
/// asked, in the form of [`open`]. 4 to pass it on once the copies that it makes old
/// are [removed](outdated). After the [`version_fields`] in `answered` stand those
/// fields of the request that the first of them, `Vary`, names.
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
        varied: answered.rest(),
    };
    with_isolate(|isolate| {
        let policy = isolate.configuration.policy_for(message::path(url));
        let (due, memory) = (&isolate.due, &mut isolate.memory);
        match gateway::on_first_response(&first, &answered, policy, due, memory, time(now)) {
            First::Pass => 0,
            First::PassAndKeep => 1,
            First::PassAndWatch => 3,
            First::Failed => 2,
            First::PassAndOutdate => 4,
        }
    })
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
