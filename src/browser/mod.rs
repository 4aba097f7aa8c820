//! HOST: a page, or a worker in a browser.
//!
//! `lastgoodFetch` is a loop in JavaScript (`fetch.js`) around the core's exchange, as
//! at the edge: the browser is asked there, and here is decided. Nothing in here is
//! asynchronous, and no body comes by but the small ones that are looked at.

mod exchange;
mod explain;
mod objects;
mod problem;
mod queue;
mod remembered;
mod status;
mod tables;
#[cfg(feature = "service-worker")]
mod worker;

pub use exchange::Exchange;
pub use explain::{explain, title_of};
pub use queue::{queue_fate, queue_next, queue_reads};
pub use status::{blames_origin, heard, learn, news};
pub use tables::tables;
#[cfg(feature = "service-worker")]
pub use worker::*;

use crate::policy::{Policy, Problem, Value};
use crate::wire::{Timestamp, time::millis};
use alloc::{borrow::ToOwned, string::String, string::ToString};
use core::time::Duration;
use objects::to_object;
use remembered::with_remembered;
use wasm_bindgen::prelude::*;

/// Takes what holds for all requests from now on, by the names of the README's table.
/// What was learnt of origins before is forgotten.
///
/// # Errors
///
/// What is wrong in it, a line for each field with the remedy; then nothing is changed.
#[wasm_bindgen]
pub fn configure(written: &JsValue) -> Result<(), JsError> {
    let written = objects::read(written)?;
    let problems = with_remembered(|it| it.configure(&written, &Policy::of_pages()));
    match problems.is_empty() {
        true => Ok(()),
        false => Err(refusal(&problems)),
    }
}

/// Takes what differs for some requests, and gives it a number from 1.
///
/// # Errors
///
/// As in [`configure`].
#[wasm_bindgen]
pub fn own_policy(written: &JsValue) -> Result<u32, JsError> {
    let written = objects::read(written)?;
    with_remembered(|it| it.own(written)).map_err(|problems| refusal(&problems))
}

/// Forgets what differs: the numbers begin anew.
#[wasm_bindgen]
pub fn forget_own_policies() {
    with_remembered(remembered::Remembered::forget_own);
}

fn refusal(problems: &[Problem]) -> JsError {
    let mut lines = String::new();
    let worded = problems.iter().filter(|_| cfg!(feature = "words"));
    for problem in worded {
        lines.push_str(if lines.is_empty() { "" } else { "\n" });
        lines.push_str(&problem.to_string());
    }
    JsError::new(&lines)
}

fn table<const N: usize>(entries: [(&'static str, Value); N]) -> Value {
    let named = |(name, value): (&str, Value)| (name.to_owned(), value);
    Value::Table(entries.into_iter().map(named).collect())
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

const fn number(number: f64) -> Value {
    Value::Number(number)
}

const fn flag(flag: bool) -> Value {
    Value::Bool(flag)
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

/// A number from 0 to 1 as a seed.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float saturates"
)]
const fn seed_of(random: f64) -> u64 {
    (random * 9_007_199_254_740_992.0) as u64
}

/// A length in bytes, unless it is negative.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float saturates"
)]
fn length_of(bytes: f64) -> Option<u64> {
    (bytes >= 0.0).then_some(bytes as u64)
}
