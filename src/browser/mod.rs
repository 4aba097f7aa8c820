//! The module for pages: the core's verdicts and texts, and the policy checker.

use crate::answer::{self, Advice, Language};
use crate::policy::{self, Policy, Value};
use crate::retry::{Repeatability, permission};
use crate::verdict::{self, Cause, Facts, Failure, disguise};
use crate::wire::{Listed, Method, Timestamp};
use alloc::{borrow::ToOwned, format, string::String};
use serde::Serialize;
use serde_wasm_bindgen::{Serializer, from_value};
use wasm_bindgen::prelude::*;

/// Explains a reply: its verdict with cause and phase, whether `method` may be
/// repeated, and what a visitor and an administrator can do.
///
/// `seen` has `status`, `headers` (a list of names and values) and, if it is at
/// hand, `body` of a reply; or `error`, which is `"network"` or `"timeout"`, if
/// there was none.
///
/// ```js
/// explain({ status: 502, headers: [["content-type", "text/html"]] }, "GET").cause // "bad-gateway"
/// explain({ error: "network" }, "POST").retryable // false
/// ```
///
/// # Errors
///
/// A field that does not exist or is of another kind; the message names it.
#[wasm_bindgen]
pub fn explain(seen: JsValue, method: &str) -> Result<JsValue, JsError> {
    let seen = Seen::read(from_value(seen)?).map_err(|wrong| JsError::new(&wrong))?;
    to_object(&explanation(&seen, method))
}

/// Checks a configuration: the value of `ORIGIN` and that of `LASTGOOD`, either
/// of them `undefined` if it is not set. Returns what is wrong in them, as
/// `{ field, value, remedy }`.
///
/// # Errors
///
/// A value that no configuration can hold, such as a function.
#[wasm_bindgen]
pub fn check(origin: JsValue, lastgood: JsValue) -> Result<JsValue, JsError> {
    let (_, problems) = policy::parse(&from_value(origin)?, &from_value(lastgood)?);
    let wrong = problems.into_iter().map(|problem| {
        table([
            ("field", Value::Text(problem.field)),
            ("value", Value::Text(problem.value)),
            ("remedy", Value::Text(problem.remedy)),
        ])
    });
    to_object(&Value::List(wrong.collect()))
}

fn to_object(value: &Value) -> Result<JsValue, JsError> {
    Ok(value.serialize(&Serializer::json_compatible())?)
}

fn table<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Table(
        entries
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    )
}

/// What a page knows of a reply, or of its lack.
#[derive(Debug, Default)]
struct Seen {
    status: Option<u16>,
    /// `name:value`, one per line.
    fields: String,
    body: String,
    timed_out: bool,
}

impl Seen {
    fn read(value: Value) -> Result<Self, String> {
        let Value::Table(entries) = value else {
            return Err("an object is expected: { status, headers, body } or { error }".into());
        };
        let mut seen = Self::default();
        for (name, value) in entries {
            let taken = match (name.as_str(), &value) {
                ("status" | "headers" | "body" | "error", Value::Null) => Some(()),
                ("status", Value::Number(number)) => (100..=999_u16)
                    .find(|status| f64::from(*status) == *number)
                    .map(|status| seen.status = Some(status)),
                ("headers", Value::List(pairs)) => seen.take_headers(pairs),
                ("body", Value::Text(body)) => {
                    seen.body.clone_from(body);
                    Some(())
                }
                ("error", Value::Text(error)) => {
                    seen.timed_out = error == "timeout";
                    Some(())
                }
                _ => None,
            };
            taken.ok_or_else(|| format!("{name} = {value}: expected are a number as status, a list of pairs as headers, text as body, or a word as error"))?;
        }
        Ok(seen)
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

    fn failure(&self, policy: &Policy) -> Option<Failure> {
        let Some(status) = self.status else {
            let cause = if self.timed_out {
                Cause::Timeout
            } else {
                Cause::Network
            };
            return Some(Failure::without_answer(cause));
        };
        let fields = Listed::new(&self.fields);
        let facts = Facts::read(status, &fields, policy, Timestamp::default());
        let disguised = disguise::recognise(self.body.as_bytes()).map(|_| Failure {
            status: Some(status),
            ..Failure::without_answer(Cause::Disguised)
        });
        verdict::of_response(&facts, policy).or(disguised)
    }
}

fn explanation(seen: &Seen, method: &str) -> Value {
    let policy = Policy::default();
    let failure = seen.failure(&policy);
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
    let advice = failure.map(|failure| answer::advice(failure.cause));
    let language = Language::english();
    let title = advice.map_or("The site answered", |advice| advice.title(language));
    let said = advice.map_or("Nothing needs to be done.", |it| it.visitor(language));
    let text = |text: &str| Value::Text(text.to_owned());
    let checks = advice.iter().flat_map(Advice::administrators).map(text);
    table([
        ("verdict", text(verdict)),
        (
            "cause",
            failure.map_or(Value::Null, |failure| text(failure.cause.name())),
        ),
        (
            "phase",
            failure.map_or(Value::Null, |failure| text(failure.phase.name())),
        ),
        ("retryable", Value::Bool(retryable)),
        ("title", text(title)),
        ("advice", text(said)),
        ("administrators", Value::List(checks.collect())),
    ])
}
