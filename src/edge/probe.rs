//! Probes on a cron trigger, as `probe.js` makes them.

use super::isolate::with_isolate;
use super::{millis_of, time};
use alloc::{format, string::String};
use wasm_bindgen::prelude::*;

/// How many origins there are to probe, at most.
#[wasm_bindgen]
#[must_use]
pub fn probes() -> u8 {
    with_isolate(|isolate| {
        let origins = &isolate.memory.origins;
        let count = origins.guards().probe.as_ref().map(|_| origins.count());
        count.map_or(0, |count| u8::try_from(count).unwrap_or(u8::MAX))
    })
}

/// Where the probe of an origin goes; nowhere for one that was taken out by hand.
#[wasm_bindgen]
#[must_use]
pub fn probe_target(origin: u8) -> Option<String> {
    with_isolate(|isolate| {
        let origins = &isolate.memory.origins;
        let rule = origins.guards().probe.as_ref()?;
        let origin = origins.get(origin.into()).filter(|it| !it.down)?;
        Some(format!("{}{}", origin.url, rule.path))
    })
}

/// How many milliseconds it may take.
#[wasm_bindgen]
#[must_use]
pub fn probe_patience() -> f64 {
    with_isolate(|isolate| {
        let rule = &isolate.memory.origins.guards().probe;
        rule.as_ref().map_or(0.0, |rule| millis_of(rule.timeout))
    })
}

/// What came of it: the status, 0 if nothing came, and the start of the body.
/// Returns the log line, if the origin was taken out or is back.
#[wasm_bindgen]
#[must_use]
pub fn probed(origin: u8, status: u16, body: &str, now: f64) -> Option<String> {
    with_isolate(|isolate| {
        isolate
            .memory
            .probed(origin.into(), status, body, time(now))
    })
}
