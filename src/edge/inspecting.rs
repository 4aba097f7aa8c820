//! Looks at bodies, where a head may not be the whole truth.

use super::isolate::with_isolate;
use super::keeping::unmarked;
use super::{Exchange, body_of, time};
use crate::copies;
use crate::gateway::{Body, Event};
use crate::verdict::disguise;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
impl Exchange {
    /// The body that was to be looked at: its media type, its length, and how it
    /// starts, as for [`seal`](super::seal); a negative length if it is not small after
    /// all.
    pub fn inspected(&mut self, content_type: &str, bytes: f64, start: &[u8], now: f64) -> f64 {
        let cause = match body_of(bytes) {
            _ if !self.policy.disguised => None,
            Body::Sized(bytes) => copies::may_keep_body(content_type, bytes, unmarked(start)).err(),
            Body::None | Body::Unsized => None,
        };
        self.step(Event::Inspected(cause), now)
    }

    /// A body up to this many bytes is held to be looked at.
    #[must_use]
    pub fn inspection_limit(&self) -> f64 {
        let longest = u64::try_from(disguise::LONGEST).unwrap_or_default();
        let disguised = if self.policy.disguised { longest } else { 0 };
        let limit = self.policy.rescue.limit().max(disguised);
        f64::from(u32::try_from(limit).unwrap_or(u32::MAX))
    }

    /// An error's body up to this many bytes is looked at, for what it says besides its
    /// status.
    #[must_use]
    pub fn longest_error(&self) -> f64 {
        u32::try_from(disguise::LONGEST).map_or(0.0, f64::from)
    }

    /// Whether the body of a late answer is to be looked at before it is told of.
    #[must_use]
    pub fn holds_late(&self, status: u16, fields: &str, now: f64) -> bool {
        let facts = self.facts(status, fields, now);
        facts.holdable
            && with_isolate(|isolate| {
                let now = isolate.memory.time(time(now));
                isolate.memory.rescues(self.policy.rescue, now)
            })
    }
}
