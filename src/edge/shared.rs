//! What isolates know together, as `shared.js` carries it between them.

use super::isolate::with_isolate;
use super::time;
use crate::gateway;
use alloc::string::String;
use wasm_bindgen::prelude::*;

/// What this isolate has to tell the others, if it is time to. Its first word is
/// the name of the place where those are that speak the same.
#[wasm_bindgen]
#[must_use]
pub fn report(now: f64) -> Option<String> {
    with_isolate(|isolate| isolate.memory.report(time(now)))
}

/// Takes in what was answered.
#[wasm_bindgen]
pub fn learn(answer: &str, now: f64) {
    with_isolate(|isolate| isolate.memory.learn(answer, time(now)));
}

/// What all isolates know together.
#[wasm_bindgen]
#[derive(Debug)]
pub struct World(gateway::World);

#[wasm_bindgen]
impl World {
    /// A world that nobody reported to yet, under this isolate's configuration.
    #[wasm_bindgen(constructor)]
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it depends on where it is made")]
    pub fn new() -> Self {
        Self(with_isolate(|isolate| {
            gateway::World::new(&isolate.configuration)
        }))
    }

    /// Takes in a report and answers it; not, if it is none.
    pub fn merge(&mut self, report: &str, now: f64) -> Option<String> {
        self.0.merge(report, time(now))
    }
}
