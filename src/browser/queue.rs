//! The write queue's questions to the core.

use super::{flag, millis_of, number, objects, table, text, time, to_object};
use crate::policy::{Backoff, Value};
use crate::retry::Random;
use crate::retry::queue::{self, Came, Fate, Network, Next, QueueRule, Reads, Reply, Write};
use crate::verdict::Cause;
use crate::wire::{Listed, Timestamp};
use alloc::{borrow::ToOwned, string::String};
use core::time::Duration;
use wasm_bindgen::prelude::*;

/// What is to be done with the first write of a route: `{ next, wait }`, where
/// `next` is `send`, `wait`, `offline`, `unknown` or `refused`.
///
/// `write` has `sent`, `since`, `doubtful`, `decided`, `pause` and `cause`, `rule` has
/// `remembers`, `age`, `base` and `cap`; numbers are milliseconds but for the first.
/// `back` is when the network was last seen to come back.
///
/// # Errors
///
/// A value of a kind that is not expected.
#[wasm_bindgen]
pub fn queue_next(
    write: &JsValue,
    rule: &JsValue,
    online: bool,
    back: f64,
    now: f64,
) -> Result<JsValue, JsError> {
    let (write, rule) = (objects::read(write)?, objects::read(rule)?);
    let network = Network {
        is_there: online,
        back: time(back),
    };
    let next = queue::next(&write_of(&write), &rule_of(&rule), network, time(now));
    let (word, wait) = match next {
        Next::Send => ("send", Duration::ZERO),
        Next::Wait(wait) => ("wait", wait),
        Next::Offline => ("offline", Duration::ZERO),
        Next::Unknown => ("unknown", Duration::ZERO),
        Next::Refused => ("refused", Duration::ZERO),
    };
    Ok(to_object(&table([
        ("next", text(word)),
        ("wait", number(millis_of(wait))),
    ])))
}

/// What is read of an answer before it is judged: `text`, `problem` or nothing.
/// `fields` has a `name:value` per line.
#[wasm_bindgen]
#[must_use]
pub fn queue_reads(status: u16, fields: &str) -> String {
    let word = match queue::reads(status, &Listed::new(fields)) {
        Reads::Nothing => "",
        Reads::Text => "text",
        Reads::Problem => "problem",
    };
    word.to_owned()
}

/// What becomes of a write after a sending that began at `began`:
/// `{ fate, after, doubtful, cause }`, where `fate` is `done`, `again`, `unknown`
/// or `refused`.
///
/// `came` has `status`, `fields`, `body`, `redirected`, `type` and `applied` of an
/// answer; or `lost`, which is `network` or `timeout`.
///
/// # Errors
///
/// A value of a kind that is not expected.
#[wasm_bindgen]
pub fn queue_fate(
    write: &JsValue,
    rule: &JsValue,
    came: &JsValue,
    began: f64,
    now: f64,
    seed: f64,
) -> Result<JsValue, JsError> {
    let (write, rule, came) = (
        objects::read(write)?,
        objects::read(rule)?,
        objects::read(came)?,
    );
    let fields = Listed::new(words(&came, "fields"));
    let problem = (words(&came, "type"), words(&came, "applied"));
    let came = match words(&came, "lost") {
        "" => Came::Answered(Reply {
            status: whole(&came, "status").try_into().unwrap_or_default(),
            fields: &fields,
            body: words(&came, "body"),
            redirected: matches!(member(&came, "redirected"), Some(Value::Bool(true))),
            problem: Some(problem),
        }),
        "timeout" => Came::Lost(Cause::Timeout),
        _ => Came::Lost(Cause::Network),
    };
    let random = Random::new(seed.to_bits()).draw();
    let (write, rule) = (write_of(&write), rule_of(&rule));
    let fate = queue::fate(&write, &came, &rule, time(began), time(now), random);
    Ok(to_object(&told(fate)))
}

fn told(fate: Fate) -> Value {
    let (word, cause, after, doubtful) = match fate {
        Fate::Done => ("done", None, Duration::ZERO, false),
        Fate::Again {
            after,
            doubtful,
            cause,
        } => ("again", Some(cause), after, doubtful),
        Fate::Unknown(cause) => ("unknown", cause, Duration::ZERO, true),
        Fate::Refused(cause) => ("refused", cause, Duration::ZERO, false),
    };
    table([
        ("fate", text(word)),
        ("after", number(millis_of(after))),
        ("doubtful", flag(doubtful)),
        ("cause", cause.map_or(Value::Null, |it| text(it.name()))),
    ])
}

fn write_of(value: &Value) -> Write {
    Write {
        sent: whole(value, "sent").try_into().unwrap_or(u32::MAX),
        stored: at(value, "since"),
        doubtful: known(value, "doubtful").map(time),
        decided: at(value, "decided"),
        pause: span(value, "pause"),
        lost: words(value, "cause") == Cause::Network.name(),
    }
}

fn rule_of(value: &Value) -> QueueRule {
    QueueRule {
        remembers: known(value, "remembers").map(|_| span(value, "remembers")),
        age: span(value, "age"),
        backoff: Backoff {
            base: span(value, "base"),
            cap: span(value, "cap"),
        },
    }
}

fn member<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let Value::Table(entries) = value else {
        return None;
    };
    let found = entries.iter().find(|(own, _)| own == name);
    found.map(|(_, value)| value)
}

fn known(value: &Value, name: &str) -> Option<f64> {
    match member(value, name) {
        Some(Value::Number(number)) => Some(*number),
        _ => None,
    }
}

fn words<'v>(value: &'v Value, name: &str) -> &'v str {
    match member(value, name) {
        Some(Value::Text(text)) => text,
        _ => "",
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a float saturates")]
#[expect(clippy::cast_sign_loss, reason = "a float saturates")]
fn whole(value: &Value, name: &str) -> u64 {
    known(value, name).unwrap_or_default() as u64
}

fn at(value: &Value, name: &str) -> Timestamp {
    Timestamp::from_millis(whole(value, name))
}

fn span(value: &Value, name: &str) -> Duration {
    Duration::from_millis(whole(value, name))
}
