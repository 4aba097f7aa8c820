//! What a reply means. What can be said about it lies in files beside the module, and
//! comes when it is wanted.

use super::problem::Problem;
use super::remembered::with_remembered;
use super::{flag, millis_of, number, objects, table, text, time, to_object};
use crate::answer;
use crate::policy::{Policy, Value};
use crate::retry::{Repeatability, permission};
use crate::verdict::{self, Cause, Facts, Failure, Number, disguise};
use crate::wire::{Listed, Method, Timestamp, retry_after};
use alloc::{format, string::String};
use core::mem;
use wasm_bindgen::prelude::*;

/// Explains a reply: its verdict with cause and phase, and whether `method` may be
/// repeated and when; `now` is when that is asked.
///
/// `seen` has `status`, `headers` (a list of names and values) and, if it is at
/// hand, `body` of a reply, or the `problem` that its body describes; or `error`, which is
/// `"network"` or `"timeout"`, if there was none.
///
/// ```js
/// explain({ status: 502, headers: [["content-type", "text/html"]] }, "GET", Date.now()).cause // "bad-gateway"
/// explain({ error: "network" }, "POST", Date.now()).retryable // false
/// ```
///
/// # Errors
///
/// A field that does not exist or is of another kind; the message names it.
#[wasm_bindgen]
pub fn explain(seen: &JsValue, method: &str, now: f64) -> Result<JsValue, JsError> {
    let seen = Seen::read(objects::read(seen)?).map_err(|wrong| JsError::new(&wrong))?;
    Ok(to_object(&explanation(&seen, method, time(now))))
}

/// The text of a language's file that is the title of an answer about this cause; nothing
/// if there is no such cause.
#[wasm_bindgen]
#[must_use]
pub fn title_of(cause: &str) -> Option<String> {
    Cause::named(cause).map(|cause| answer::advice(cause).heading_name().into())
}

/// What a page knows of a reply, or of its lack.
#[derive(Debug, Default)]
struct Seen {
    status: Option<u16>,
    /// `name:value`, one per line.
    fields: String,
    body: String,
    problem: Problem,
    timed_out: bool,
}

impl Seen {
    fn read(value: Value) -> Result<Self, String> {
        let Value::Table(entries) = value else {
            return Err("an object is expected: { status, headers, body } or { error }".into());
        };
        let mut seen = Self::default();
        for (name, value) in entries {
            seen.take(&name, value).ok_or_else(|| format!("{name}: expected are a number as status, a list of pairs as headers, text as body, an object as problem, or a word as error"))?;
        }
        seen.problem = mem::take(&mut seen.problem).within(&Listed::new(&seen.fields));
        Ok(seen)
    }

    fn take(&mut self, name: &str, value: Value) -> Option<()> {
        match (name, value) {
            ("status" | "headers" | "body" | "problem" | "error", Value::Null) => {}
            ("status", Value::Number(number)) => {
                let status = (100..=999).find(|status| f64::from(*status) == number);
                self.status = Some(status?);
            }
            ("headers", Value::List(pairs)) => self.take_headers(&pairs)?,
            ("body", Value::Text(body)) => self.body = body,
            ("problem", problem) => self.problem = Problem::read(problem),
            ("error", Value::Text(error)) => self.timed_out = error == "timeout",
            _ => return None,
        }
        Some(())
    }

    fn take_headers(&mut self, pairs: &[Value]) -> Option<()> {
        for pair in pairs {
            let Value::List(pair) = pair else { return None };
            let [Value::Text(name), Value::Text(value)] = pair.as_slice() else {
                return None;
            };
            let value = value.replace('\n', " ");
            self.fields
                .extend([&name.to_ascii_lowercase(), ":", &value, "\n"]);
        }
        Some(())
    }

    fn failure(&self, policy: &Policy, now: Timestamp) -> Option<Failure> {
        let Some(status) = self.status else {
            let cause = if self.timed_out {
                Cause::Timeout
            } else {
                Cause::Network
            };
            return Some(Failure::without_answer(cause));
        };
        let fields = Listed::new(&self.fields);
        let sent = retry_after::sent(&fields, now);
        let facts = Facts::read(status, &fields, policy, sent);
        let facts = self.problem.told(facts, &fields);
        let disguised = disguise::recognise(self.body.as_bytes()).map(|_| Failure {
            status: Some(status),
            ..Failure::without_answer(Cause::Disguised)
        });
        verdict::of_response(&facts, policy).or(disguised)
    }
}

fn explanation(seen: &Seen, method: &str, now: Timestamp) -> Value {
    let policy = with_remembered(|it| it.policy_for("/"));
    let failure = seen.failure(&policy, now);
    let repeat = if Method::parse(method).is_safe() {
        Repeatability::Safe
    } else {
        Repeatability::Unsafe
    };
    let retryable = failure.is_some_and(|failure| permission(repeat, &failure, &policy).here);
    let verdict = match (failure, retryable) {
        (None, _) => "good",
        (Some(_), true) => "retryable",
        (Some(_), false) => "final",
    };
    let or_null = |known: Option<Value>| known.unwrap_or(Value::Null);
    let cause = failure.map(|failure| text(failure.cause.name()));
    let phase = failure.map(|failure| text(failure.phase.name()));
    let wait = failure.and_then(|failure| failure.retry_after);
    let told = Number::of_body(seen.body.as_bytes());
    let told = told.or_else(|| Number::of_status(failure?.status?));
    let id = seen.problem.id(&Listed::new(&seen.fields));
    let facts = [
        ("verdict", text(verdict)),
        ("cause", or_null(cause)),
        ("phase", or_null(phase)),
        ("retryable", flag(retryable)),
        ("retryAfter", or_null(wait.map(|it| number(millis_of(it))))),
        ("requestId", or_null(id.map(Value::Text))),
        ("number", or_null(told.map(|it| Value::Text(it.name())))),
    ];
    table(facts)
}
