//! A copy that answers at once: one look into the store, one call.

use super::exchange::STORED;
use super::isolate::{Isolate, seed, with_isolate};
use super::shown;
use super::told::Reply;
use super::{number_of, time};
use crate::copies::{Copy, ENVELOPE, Found};
use crate::gateway::{self, Reader, Renewal, Request, Shown, StandIn, Told};
use crate::wire::{Fields, Listed, Positional, RequestHead, Timestamp, message};
use alloc::rc::Rc;
use alloc::string::String;
use wasm_bindgen::prelude::*;

/// The reply to a request for which [`open`](super::open) said that a copy may answer
/// at once, in the [form](super::Exchange::reply) of all replies; empty if what was
/// found does not. The parameters are those of [`Exchange::new`](super::Exchange::new)
/// and [`looked`](super::Exchange::looked), but for the
/// [`reader_fields`](super::reader_fields) and the [`shown_fields`](super::shown_fields).
///
/// In place of the milliseconds that an attempt behind the reply goes on stands what
/// `open` says of one that is to begin there.
#[wasm_bindgen]
#[must_use]
pub fn hit(method: &str, url: &str, fields: &str, stored: &str, varied: &str, now: f64) -> String {
    let asked = Positional::new(Request::BEFORE_READER, fields);
    let stored = Positional::new(STORED, stored);
    let (head, now) = (RequestHead::read(method, url, &asked), time(now));
    let bypasses = !asked.rest().is_empty();
    let found = with_isolate(|isolate| {
        let policy = Rc::clone(isolate.configuration.policy_for(head.path));
        let copy = found(isolate, stored.get(ENVELOPE), url, varied, now).filter(|_| !bypasses)?;
        let reader = Reader::read(&head, &policy);
        if reader.is_answered_by(&copy, &policy, now) {
            return Some((copy, None));
        }
        let memory = &mut isolate.memory;
        let renewal = gateway::renewal(&head, url, &copy, reader, &policy, memory, now)?;
        Some((copy, Some(renewal)))
    });
    let Some((copy, renewal)) = found else {
        return String::new();
    };
    let aged = copy.aged(now);
    let shown = Shown {
        method: head.method,
        asked: &asked,
        stored: &stored,
        status: copy.status,
        age: Some(aged.age),
        offline: false,
    };
    let own = gateway::copy_fields(aged, None, None, "");
    let behind = match renewal {
        Some(Renewal::Begins(opening)) => number_of(opening),
        Some(Renewal::Elsewhere) | None => -1,
    };
    let speaks = || shown::language(&asked);
    Reply::from(shown.whole(own, false, &speaks)).told(behind, "")
}

/// The same for a request that came at `started` and for which a copy may stand in, with
/// the line for the log. All fields are needed.
#[wasm_bindgen]
#[must_use]
pub fn stand_in(
    method: &str,
    url: &str,
    fields: &str,
    stored: &str,
    varied: &str,
    started: f64,
    now: f64,
) -> String {
    let asked = Positional::new(Request::FIELDS, fields);
    let stored = Positional::new(STORED, stored);
    let (head, now) = (RequestHead::read(method, url, &asked), time(now));
    let found = with_isolate(|isolate| {
        let policy = Rc::clone(isolate.configuration.policy_for(head.path));
        let copy = found(isolate, stored.get(ENVELOPE), url, varied, now)?;
        let memory = &mut isolate.memory;
        let found = StandIn::find(&head, url, &copy, &policy, memory, now)?;
        Some((policy.notice, copy.status, found))
    });
    let Some((notice, status, found)) = found else {
        return String::new();
    };
    let id = shown::id(&asked, seed());
    let aged = found.aged;
    let shown = Shown {
        method: head.method,
        asked: &asked,
        stored: &stored,
        status,
        age: Some(aged.age),
        offline: false,
    };
    let own = gateway::copy_fields(aged, Some(found.failure), None, &id);
    let reply = Reply::from(shown.whole(own, notice, &|| shown::language(&asked)));
    let told = Told {
        id: &id,
        method,
        path: message::path_and_query(url),
        source: gateway::Source::Copy(aged),
        status: reply.status,
        took: now.since(time(started)),
    };
    let line = gateway::log_line(&found.into(), &told);
    reply.told(-1, &line.unwrap_or_default())
}

/// The copy that was found, if it is one of ours, for this request, and not purged.
fn found(
    isolate: &Isolate,
    envelope: &str,
    url: &str,
    varied: &str,
    now: Timestamp,
) -> Option<Copy> {
    let found = Found::under(envelope, url, &Listed::new(varied));
    match found {
        Found::Copy(copy) if !found.is_foreign(now) => isolate.epochs.judge(url, copy),
        _ => None,
    }
}
