//! What JavaScript calls.

use super::{Scenario, causes, page_of, played, problems};
use crate::policy::{self, Value};
use alloc::string::String;
use serde::Serialize;
use serde_wasm_bindgen::{Serializer, from_value};
use wasm_bindgen::prelude::*;

/// Checks a configuration: the value of `ORIGIN` and that of `LASTGOOD`, either
/// of them `undefined` if it is not set. Returns what is wrong in them, as
/// `{ field, value, remedy }`.
///
/// # Errors
///
/// A value that no configuration can hold, such as a function.
#[wasm_bindgen]
pub fn check(origin: JsValue, lastgood: JsValue) -> Result<JsValue, JsError> {
    let (_, found) = policy::parse(&from_value(origin)?, &from_value(lastgood)?);
    to_object(&problems(found))
}

/// Plays a scenario: what happened, request by request and moment by moment, and what of
/// the scenario could not be taken as written. The same scenario comes to the same.
///
/// # Errors
///
/// A value that no scenario can hold, such as a function.
#[wasm_bindgen]
pub fn play(scenario: JsValue) -> Result<JsValue, JsError> {
    to_object(&played(&Scenario::read(&from_value(scenario)?)))
}

/// The body of the answer that lastgood itself gave to the request of this number in a
/// scenario; none if it gave none.
///
/// # Errors
///
/// A value that no scenario can hold, such as a function.
#[wasm_bindgen]
pub fn page(scenario: JsValue, request: usize) -> Result<Option<String>, JsError> {
    Ok(page_of(&Scenario::read(&from_value(scenario)?), request))
}

/// Every cause, as `{ name, phase, error, statuses, title }`: `error` is what `Proxy-Status`
/// calls it, `title` what a visitor is told in this language.
///
/// # Errors
///
/// None that can happen.
#[wasm_bindgen]
pub fn advice(language: &str) -> Result<JsValue, JsError> {
    to_object(&causes(language))
}

fn to_object(value: &Value) -> Result<JsValue, JsError> {
    Ok(value.serialize(&Serializer::json_compatible())?)
}
