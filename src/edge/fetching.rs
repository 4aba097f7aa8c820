//! A page that is fetched in cache mode without an exchange.

use super::exchange::Exchange;
use super::isolate::with_isolate;
use super::{number_of, time};
use crate::copies;
use crate::gateway::{self, FirstResponse};
use crate::wire::{Positional, RequestHead};
use alloc::rc::Rc;
use alloc::{format, string::String};
use wasm_bindgen::prelude::*;

/// How a request goes on for which [`open`](super::open) said to look, and there was
/// nothing: as `open` says it, to ask an origin, to lead, or -2.
#[wasm_bindgen]
#[must_use]
pub fn missed(method: &str, url: &str, fields: &str, now: f64) -> f64 {
    let fields = Positional::new(RequestHead::FIELDS, fields);
    let request = RequestHead::read(method, url, &fields);
    let opening = with_isolate(|isolate| {
        let policy = isolate.configuration.policy_for(request.path);
        gateway::missed(&request, url, policy, &mut isolate.memory, time(now))
    });
    number_of(opening) as f64
}

/// What becomes of an answer that came without an exchange: the bytes of memory that are
/// set aside for a copy of it, as [`claim_copy`](super::claim_copy) says them, a space, and
/// the changes to its fields; empty if it is a failure. `origin` was asked when `asked`
/// says; `leads` tells whether others wait for it.
#[wasm_bindgen]
#[must_use]
#[expect(
    clippy::too_many_arguments,
    reason = "one call is cheaper than an object that crosses"
)]
pub fn fetched(
    method: &str,
    url: &str,
    fields: &str,
    status: u16,
    answered: &str,
    origin: u8,
    asked: f64,
    leads: bool,
    now: f64,
) -> String {
    let fields = Positional::new(RequestHead::FIELDS, fields);
    let answered = Positional::new(copies::SEALED, answered);
    let (request, now) = (RequestHead::read(method, url, &fields), time(now));
    let first = FirstResponse {
        method: request.method,
        url,
        origin: origin.into(),
        asked: time(asked),
        status,
        varied: answered.rest(),
    };
    with_isolate(|isolate| {
        let policy = Rc::clone(isolate.configuration.policy_for(request.path));
        let Some(changes) = gateway::fetched(&first, &policy, &mut isolate.memory, now) else {
            return String::new();
        };
        let claimed = isolate.claim(&request, status, &answered, &policy, now);
        if claimed.is_none() && leads {
            gateway::not_kept(url, status, &mut isolate.memory, now);
        }
        format!("{} {}", reserved(claimed), changes.as_str())
    })
}

/// The bytes that were set aside; -1 if no copy is due.
fn reserved(claimed: Option<u64>) -> i64 {
    claimed.map_or(-1, |bytes| i64::try_from(bytes).unwrap_or(i64::MAX))
}

#[wasm_bindgen]
impl Exchange {
    /// Makes this the exchange of an attempt for which others wait.
    pub fn lead(&mut self) {
        self.exchange.lead();
    }

    /// Makes this the exchange of an attempt that runs behind a reply that went out.
    pub fn renew_behind(&mut self) {
        self.exchange.renew();
    }
}
