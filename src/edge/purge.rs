//! Purges, as `purge.js` carries them: read, remembered, and put into one text that
//! is sent around.

use super::isolate::with_isolate;
use super::time;
use crate::copies::{self, Due, Epochs, Purge};
use crate::policy::Value;
use alloc::{string::String, string::ToString, vec::Vec};
use wasm_bindgen::prelude::*;

/// What is to be purged, or why that cannot be understood.
#[wasm_bindgen(getter_with_clone)]
#[derive(Debug)]
pub struct Wish {
    /// The purge as it is [written](Purge::written); or what is wrong, and what would
    /// be right.
    pub text: String,
    /// The field that is wrong; nothing if none is.
    pub wrong: Option<String>,
}

/// Reads the body of a purge; `url` and `prefix` are those of its fields as whole
/// URLs, empty if they are none.
#[wasm_bindgen]
#[must_use]
pub fn purge_wish(body: JsValue, url: &str, prefix: &str) -> Wish {
    let body = serde_wasm_bindgen::from_value(body).unwrap_or(Value::Null);
    match Purge::wished(&body, url, prefix) {
        Ok(purge) => Wish {
            text: purge.written(),
            wrong: None,
        },
        Err(problem) => Wish {
            text: problem.to_string(),
            wrong: Some(problem.field),
        },
    }
}

/// All purges there are, after one more.
#[wasm_bindgen]
#[must_use]
pub fn purges_with(purges: &str, purge: &str, now: f64) -> String {
    let mut epochs = Epochs::default();
    epochs.learn(purges);
    if let Some(purge) = Purge::read(purge) {
        epochs.raise(purge, time(now));
    }
    epochs.written()
}

/// Takes in purges that were written elsewhere. What this isolate wrote lately may
/// be outdated, so all of it is due again.
#[wasm_bindgen]
pub fn learn_purges(purges: &str) {
    with_isolate(|isolate| {
        if isolate.epochs.learn(purges) {
            isolate.due = Due::default();
        }
    });
}

/// All purges that this isolate knows of.
#[wasm_bindgen]
#[must_use]
pub fn known_purges() -> String {
    with_isolate(|isolate| isolate.epochs.written())
}

/// Where copies of a URL lie that is purged for good; what is known of them here is
/// forgotten.
#[wasm_bindgen]
#[must_use]
pub fn purged_places(url: &str) -> Vec<String> {
    with_isolate(|isolate| isolate.asides.forget(url));
    copies::all_of(url).into()
}
