//! Planned work that is announced by a call, as `maintenance.js` answers it.

use super::exchange::Exchange;
use super::isolate::with_isolate;
use super::purge::Wish;
use super::time;
use crate::gateway::{Announced, Treatment};
use crate::policy::{Announcement, Problem, Value};
use crate::wire::{Listed, message};
use alloc::{rc::Rc, string::String, string::ToString};
use js_sys::JSON;
use wasm_bindgen::prelude::*;

/// Reads the body of a call that announces planned work, or the end of it.
#[wasm_bindgen]
#[must_use]
pub fn maintenance_wish(body: &JsValue, now: f64) -> Wish {
    let wished = Announcement::wished(&value_of(body), time(now));
    Wish::of(wished.and_then(|_| line_of(body)))
}

/// What was announced last, as JSON, as far as this isolate knows.
#[wasm_bindgen]
#[must_use]
pub fn announced() -> Option<String> {
    with_isolate(|isolate| isolate.announced.said().map(String::from))
}

#[wasm_bindgen]
impl Exchange {
    /// Heeds what was announced and learnt since the request came, while a copy was looked
    /// for; `apart` are the [`treatment_fields`](super::treatment_fields).
    pub fn treat(&mut self, apart: &str) {
        let (path, fields) = (message::path(&self.url), Listed::new(apart));
        let (treatment, policy) = with_isolate(|isolate| {
            let announced = isolate.announcement.as_ref();
            let works = Treatment::works(path, &self.policy, announced, self.started);
            let treatment = Treatment::of(path, &fields, &self.policy, works);
            (treatment, treatment.policy(&self.policy, works))
        });
        self.is_usual &= treatment == Treatment::Usual;
        if let (Treatment::Closed(until), Some(policy)) = (treatment, policy) {
            let copies = policy.maintenance.as_ref().is_some_and(|it| it.copies);
            // What the origin said does not matter any more.
            self.status = 0;
            self.exchange.close(until, copies);
            self.policy = Rc::new(policy);
        }
    }
}

fn line_of(body: &JsValue) -> Result<String, Problem> {
    let said = JSON::stringify(body).map(String::from).unwrap_or_default();
    Announced::line(&said).ok_or_else(|| Problem {
        field: "body".into(),
        value: said.len().to_string(),
        remedy: ["at most ", &Announced::LONGEST.to_string(), " bytes"].concat(),
    })
}

/// What was announced last, unless that is an end, or written by a version that knows
/// more.
pub(super) fn meant(announced: &Announced) -> Option<Announcement> {
    let body = JSON::parse(announced.said()?).ok()?;
    Announcement::read(&value_of(&body)).ok().flatten()
}

fn value_of(body: &JsValue) -> Value {
    serde_wasm_bindgen::from_value(body.clone()).unwrap_or(Value::Null)
}
