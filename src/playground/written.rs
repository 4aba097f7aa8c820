//! What was played, as values of JSON's kinds.

use super::day::{self, Played};
use super::origin::Content;
use super::scenario::Scenario;
use super::telling::Note;
use super::visit::{Made, Outcome, Visit};
use crate::gateway::Source;
use crate::policy::{Problem, Value};
use crate::verdict::Failure;
use alloc::{borrow::ToOwned, string::String, vec::Vec};

/// Everything that happened in a scenario.
#[must_use]
pub fn played(scenario: &Scenario) -> Value {
    let Played {
        notes,
        visits,
        origins,
    } = day::play(scenario);
    let ends = visits.iter().map(|visit| visit.until);
    let last = ends.chain(notes.iter().map(|note| note.at)).max();
    table([
        ("problems", problems(scenario.problems.clone())),
        ("lasts", number(last.unwrap_or_default())),
        (
            "origins",
            Value::List(origins.into_iter().map(Value::Text).collect()),
        ),
        (
            "events",
            Value::List(notes.into_iter().map(event).collect()),
        ),
        (
            "requests",
            Value::List(visits.iter().map(request).collect()),
        ),
    ])
}

/// The body of the answer that went to this request, if it was one of ours.
#[must_use]
pub fn page_of(scenario: &Scenario, request: usize) -> Option<String> {
    let played = day::play(scenario);
    let outcome = played.visits.into_iter().nth(request)?.outcome?;
    Some(outcome.body).filter(|body| !body.is_empty())
}

/// What is wrong, as `{ field, value, remedy }`.
#[must_use]
pub fn problems(found: Vec<Problem>) -> Value {
    let wrong = found.into_iter().map(|problem| {
        table([
            ("field", Value::Text(problem.field)),
            ("value", Value::Text(problem.value)),
            ("remedy", Value::Text(problem.remedy)),
        ])
    });
    Value::List(wrong.collect())
}

fn event(note: Note) -> Value {
    table([
        ("at", number(note.at)),
        ("request", note.visit.map_or(Value::Null, index)),
        ("kind", text(note.kind.name())),
        ("origin", note.origin.map_or(Value::Null, index)),
        (
            "attempt",
            note.attempt.map_or(Value::Null, |it| number(it.into())),
        ),
        ("text", Value::Text(note.text)),
    ])
}

fn request(visit: &Visit) -> Value {
    let attempts = visit.attempts.iter().map(attempt);
    let mut entries = Vec::from([
        ("at".to_owned(), number(visit.at)),
        ("until".to_owned(), number(visit.until)),
        ("attempts".to_owned(), Value::List(attempts.collect())),
    ]);
    if let (Value::Table(more), Some(outcome)) = (
        visit.outcome.as_ref().map_or(Value::Null, outcome_of),
        &visit.outcome,
    ) {
        entries.extend(more);
        entries.push(("text".to_owned(), text(&outcome.text)));
    }
    Value::Table(entries)
}

fn outcome_of(outcome: &Outcome) -> Value {
    let fields = outcome.fields.lines().filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        Some(Value::List(Vec::from([text(name), text(value)])))
    });
    let age = match outcome.reply.source {
        Source::Copy(aged) => number(aged.age.as_secs()),
        _ => Value::Null,
    };
    table([
        ("shown", text(shown(outcome))),
        ("status", number(outcome.status.into())),
        ("age", age),
        ("cause", outcome.failure.map_or(Value::Null, cause)),
        ("why", outcome.why.map_or(Value::Null, text)),
        ("fields", Value::List(fields.collect())),
        ("log", outcome.log.as_deref().map_or(Value::Null, text)),
        ("own", Value::Bool(!outcome.body.is_empty())),
    ])
}

/// What the visitor sees.
fn shown(outcome: &Outcome) -> &'static str {
    match outcome.reply.source {
        Source::Origin if outcome.failure.is_some() => "error",
        Source::Origin if outcome.content == Content::Page => "origin",
        Source::Origin if outcome.status >= 400 => "error",
        Source::Origin if outcome.content == Content::Nothing => "origin",
        Source::Origin => "broken",
        Source::Copy(_) | Source::Renewed | Source::Page if outcome.failure.is_none() => "hit",
        Source::Copy(_) | Source::Renewed | Source::Page => "copy",
        Source::Answer(_) | Source::Uncached => "answer",
        Source::Nobody => "nobody",
    }
}

fn attempt(made: &Made) -> Value {
    table([
        ("number", number(made.number.into())),
        ("origin", index(made.origin)),
        ("from", number(made.from)),
        ("until", made.until.map_or(Value::Null, number)),
        (
            "status",
            made.status.map_or(Value::Null, |it| number(it.into())),
        ),
        ("cause", made.failure.map_or(Value::Null, cause)),
        ("given_up", Value::Bool(made.given_up)),
    ])
}

fn cause(failure: Failure) -> Value {
    text(failure.cause.name())
}

pub(super) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn number(number: u64) -> Value {
    Value::Number(f64::from(u32::try_from(number).unwrap_or(u32::MAX)))
}

fn index(index: usize) -> Value {
    number(u64::try_from(index).unwrap_or(u64::MAX))
}

pub(super) fn table<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Table(
        entries
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    )
}
