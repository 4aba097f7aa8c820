//! What the core decides of single failures, as data.
//!
//! A page whose security policy forbids wasm gets by with a script (`fallback.js`)
//! that looks up here. The build asks once, and takes this function out of what it ships.

use super::{flag, number, table, text, to_object};
use crate::answer;
use crate::policy::{self, Failures, Policy, Problem, Value};
use crate::retry::{Repeatability, permission};
use crate::verdict::{APPLIED, Cause, Failure, Phase, is_failure};
use crate::wire::time::millis;
use alloc::{format, string::String, vec::Vec};
use core::time::Duration;
use wasm_bindgen::prelude::*;

/// How freely a request may be repeated, in the order of the table's columns.
const REPEATABILITIES: [Repeatability; 5] = [
    Repeatability::Safe,
    Repeatability::Keyed,
    Repeatability::OptedIn,
    Repeatability::KeyedAndOptedIn,
    Repeatability::Unsafe,
];

/// How far a request may have come, in the order of the table's rows.
const PHASES: [Phase; 3] = [Phase::NothingSent, Phase::MaybeProcessed, Phase::Processed];

/// Fields of which the remedies are wanted, besides those at the top: within these.
const MEMBERS: [(&str, &str); 2] = [("backoff", "base"), ("backoff", "cap")];

/// Causes, statuses, defaults and names of fields, each as the core has it.
#[wasm_bindgen]
pub fn tables() -> JsValue {
    let policy = Policy::of_pages();
    to_object(&table([
        ("types", text(Cause::TYPES)),
        ("applied", text(APPLIED)),
        ("phases", list(PHASES.map(|phase| text(phase.name())))),
        ("causes", causes()),
        ("statuses", statuses()),
        ("failing", failing(&policy)),
        ("policy", defaults(&policy)),
        ("remedies", remedies(&policy)),
    ]))
}

/// Of each cause its phase, its title, whether it speaks against the origin, and for each phase and repeatability whether a
/// request is sent again to where it failed.
fn causes() -> Value {
    table(Cause::ALL.map(|cause| {
        let again = PHASES.map(|phase| text(&permissions(cause, phase)));
        let told = [
            ("phase", text(cause.phase().name())),
            ("title", text(answer::advice(cause).heading_name())),
            ("blames", flag(cause.blames_origin())),
            ("again", list(again)),
        ];
        (cause.name(), table(told))
    }))
}

/// A letter for each repeatability: `y` where the law allows it, `w` where it does if the
/// server says when.
fn permissions(cause: Cause, phase: Phase) -> String {
    let policy = Policy {
        retry_on: Failures::all_and(&[(400, 999)]),
        ..Policy::of_pages()
    };
    let allowed = |repeat, retry_after| {
        let failure = Failure {
            phase,
            retry_after,
            ..Failure::without_answer(cause)
        };
        permission(repeat, &failure, &policy).here
    };
    let letter = |repeat| match [None, Some(Duration::ZERO)].map(|it| allowed(repeat, it)) {
        [true, _] => 'y',
        [false, true] => 'w',
        [false, false] => 'n',
    };
    REPEATABILITIES.map(letter).into_iter().collect()
}

/// The causes of statuses, but for those that are merely listed.
fn statuses() -> Value {
    let named = (400..=999).filter_map(|status| {
        let cause = Cause::of_status(status);
        (cause != Cause::Listed).then(|| (format!("{status}"), text(cause.name())))
    });
    Value::Table(named.collect())
}

/// Statuses that are failures whatever is repeated.
fn failing(policy: &Policy) -> Value {
    let policy = Policy {
        retry_on: Failures::default(),
        ..policy.clone()
    };
    let failing = (400..=999).filter(|status| is_failure(*status, &policy));
    list(failing.map(|status| number(status.into())))
}

fn defaults(policy: &Policy) -> Value {
    let span = |span: Duration| Value::Text(format!("{}ms", millis(span)));
    let again = (400..=999).filter(|status| policy.retry_on.has_status(*status));
    let kinds = [
        ("network", policy.retry_on.network),
        ("timeout", policy.retry_on.timeout),
    ];
    let kinds = kinds.into_iter().filter(|(_, listed)| *listed);
    let listed = kinds
        .map(|(kind, _)| text(kind))
        .chain(again.map(|status| number(status.into())));
    let backoff = [
        ("base", span(policy.backoff.base)),
        ("cap", span(policy.backoff.cap)),
    ];
    table([
        ("attempts", number(policy.attempts.into())),
        ("attemptTimeout", span(policy.attempt_timeout)),
        ("deadline", span(policy.deadline)),
        ("unsafeDeadline", span(policy.unsafe_deadline)),
        ("backoff", table(backoff)),
        ("retryOn", list(listed)),
        ("retryUnsafe", Value::Bool(policy.retry_unsafe)),
        ("retryAfter", Value::Bool(policy.retry_after)),
    ])
}

/// What would be right in place of a wrong value of each field there is.
fn remedies(base: &Policy) -> Value {
    let at_top = policy::names_of_pages().map(|name| {
        let (_, problems) = policy::browser(&wrong(&name), base);
        (name, problems)
    });
    let within = MEMBERS.map(|(field, member)| {
        let written = Value::Table(Vec::from([(field.into(), wrong(member))]));
        let (_, problems) = policy::browser(&written, base);
        (format!("{field}.{member}"), problems)
    });
    let remedy = |(name, problems): (String, Vec<Problem>)| {
        let first = problems.into_iter().next()?;
        Some((name, Value::Text(first.remedy)))
    };
    Value::Table(at_top.chain(within).filter_map(remedy).collect())
}

/// A table in which a field has a value that none can have.
fn wrong(name: &str) -> Value {
    Value::Table(Vec::from([(name.into(), Value::Number(-1.0))]))
}

fn list(items: impl IntoIterator<Item = Value>) -> Value {
    Value::List(items.into_iter().collect())
}
