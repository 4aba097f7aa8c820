//! Purges, as `purge.js` reads them and `epochs.js` carries them: remembered, and put
//! into one text that is sent around, in which also stands what was announced.

use super::isolate::with_isolate;
use super::maintenance;
use super::time;
use crate::copies::{self, Due, Epochs, Purge};
use crate::gateway::Announced;
use crate::policy::{Problem, Value};
use alloc::{string::String, string::ToString, vec::Vec};
use wasm_bindgen::prelude::*;

/// What is to be done, or why that cannot be understood.
#[wasm_bindgen(getter_with_clone)]
#[derive(Debug)]
pub struct Wish {
    /// The line for [`purges_with`]; or what is wrong, and what would be right.
    pub text: String,
    /// The field that is wrong; nothing if none is.
    pub wrong: Option<String>,
}

impl Wish {
    pub(super) fn of(line: Result<String, Problem>) -> Self {
        match line {
            Ok(text) => Self { text, wrong: None },
            Err(problem) => Self {
                text: problem.to_string(),
                wrong: Some(problem.field),
            },
        }
    }
}

/// Reads the body of a purge; `url` and `prefix` are those of its fields as whole
/// URLs, empty if they are none.
#[wasm_bindgen]
#[must_use]
pub fn purge_wish(body: JsValue, url: &str, prefix: &str) -> Wish {
    let body = serde_wasm_bindgen::from_value(body).unwrap_or(Value::Null);
    Wish::of(Purge::wished(&body, url, prefix).map(|it| it.written()))
}

/// All purges there are and what was announced last, after one more of either.
#[wasm_bindgen]
#[must_use]
pub fn purges_with(purges: &str, line: &str, now: f64) -> String {
    let (mut epochs, mut announced) = (Epochs::default(), Announced::default());
    epochs.learn(purges);
    announced.learn(purges);
    match Purge::read(line) {
        Some(purge) => epochs.raise(purge, time(now)),
        None => announced.raise(line, time(now)),
    }
    written(&epochs, &announced)
}

fn written(epochs: &Epochs, announced: &Announced) -> String {
    [epochs.written(), announced.written()].concat()
}

/// Takes in purges, and what was announced, as written elsewhere. What this isolate wrote lately may
/// be outdated, so all of it is due again.
#[wasm_bindgen]
pub fn learn_purges(purges: &str) {
    with_isolate(|isolate| {
        if isolate.epochs.learn(purges) {
            isolate.due = Due::default();
        }
        if isolate.announced.learn(purges) {
            isolate.announcement = maintenance::meant(&isolate.announced);
        }
    });
}

/// All purges that this isolate knows of, and what was announced last.
#[wasm_bindgen]
#[must_use]
pub fn known_purges() -> String {
    with_isolate(|isolate| written(&isolate.epochs, &isolate.announced))
}

/// Where copies of a URL lie that is purged for good; what is known of them here is
/// forgotten.
#[wasm_bindgen]
#[must_use]
pub fn purged_places(url: &str) -> Vec<String> {
    with_isolate(|isolate| isolate.asides.forget(url));
    copies::all_of(url).into()
}
