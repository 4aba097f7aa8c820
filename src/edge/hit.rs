//! A copy that answers at once: one look into the store, one call.

use super::exchange::STORED;
use super::isolate::with_isolate;
use super::reply::has_body;
use super::time;
use super::told::{COPY, Reply};
use crate::copies::{self, ENVELOPE, Found};
use crate::gateway::{self, Reader};
use crate::wire::{Fields, Listed, Positional, RequestHead};
use alloc::string::String;
use wasm_bindgen::prelude::*;

/// The reply to a request for which [`open`](super::open) said that a copy may answer
/// at once, in the [form](super::Exchange::reply) of all replies; empty if what was
/// found does not. The parameters are those of [`Exchange::new`](super::Exchange::new)
/// and [`looked`](super::Exchange::looked), but for the
/// [`reader_fields`](super::reader_fields) and the [`shown_fields`](super::shown_fields).
#[wasm_bindgen]
#[must_use]
pub fn hit(method: &str, url: &str, fields: &str, stored: &str, varied: &str, now: f64) -> String {
    let asked = Positional::new(gateway::Request::BEFORE_READER, fields);
    let stored = Positional::new(STORED, stored);
    let (envelope, now) = (stored.get(ENVELOPE), time(now));
    let found = Found::under(envelope, url, &Listed::new(varied));
    let bypasses = !asked.rest().is_empty();
    let copy = match found {
        Found::Copy(copy) if !bypasses && !found.is_foreign(now) => copy,
        _ => return String::new(),
    };
    let head = RequestHead::read(method, url, &asked);
    let found = with_isolate(|isolate| {
        let policy = isolate.configuration.policy_for(head.path);
        let reader = Reader::read(&head, policy);
        let copy = isolate.epochs.judge(url, copy)?;
        reader.is_answered_by(&copy, policy, now).then_some(copy)
    });
    let Some(copy) = found else {
        return String::new();
    };
    let own = gateway::copy_fields(copy.aged(now), None, None, "");
    let status = match copies::is_not_modified(envelope, &asked) {
        true => 304,
        false => copy.status,
    };
    let reply = Reply {
        with_body: has_body(head.method, status),
        ..Reply::of(COPY, status, copies::restore(envelope, &own))
    };
    reply.told(-1, "")
}
