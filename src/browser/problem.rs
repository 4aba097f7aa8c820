//! What a problem (RFC 9457) tells about the request that met it.
//!
//! A gateway that describes its errors knows what nobody else does: whether a request
//! was carried out, and how long it had better not be repeated.

use super::objects;
use crate::policy::Value;
use crate::verdict::{Cause, Facts, Phase};
use crate::wire::Fields;
use alloc::string::String;
use core::time::Duration;
use wasm_bindgen::prelude::*;

/// What matters of a problem, whoever described it. A member of another kind than it
/// should be is ignored (RFC 9457, 3.1).
#[derive(Debug, Default)]
pub(super) struct Problem {
    retry_after: Option<Duration>,
    request_id: Option<String>,
    retryable: Option<bool>,
    applied: Option<String>,
}

impl Problem {
    /// Reads it from its JSON; what is no object tells nothing.
    pub(super) fn of(json: &JsValue) -> Self {
        objects::read(json).map_or_else(|_| Self::default(), Self::read)
    }

    pub(super) fn read(value: Value) -> Self {
        let mut problem = Self::default();
        let Value::Table(members) = value else {
            return problem;
        };
        for (name, value) in members {
            match (name.as_str(), value) {
                ("retry_after", Value::Number(seconds)) => {
                    problem.retry_after = Duration::try_from_secs_f64(seconds).ok();
                }
                ("retryable", Value::Bool(again)) => problem.retryable = Some(again),
                ("applied", Value::Text(applied)) => problem.applied = Some(applied),
                ("request_id" | "ray_id", Value::Text(id)) => problem.request_id = Some(id),
                _ => {}
            }
        }
        problem
    }

    /// What is known of the response that it came with.
    pub(super) fn told(&self, facts: Facts, fields: &dyn Fields) -> Facts {
        Facts {
            stop: facts.stop || self.forbids_repetition(),
            retry_after: facts.retry_after.or(self.retry_after),
            phase: self.phase().or_else(|| unproven(facts.status, fields)),
            ..facts
        }
    }

    /// By which those who run the site find the response.
    pub(super) fn id(&self, fields: &dyn Fields) -> Option<String> {
        let named = ["x-request-id", "cf-ray"].map(|name| fields.get(name));
        let named = named.into_iter().find(|id| !id.is_empty());
        named.map(String::from).or_else(|| self.request_id.clone())
    }

    /// How far the request came, if the gateway says so.
    fn phase(&self) -> Option<Phase> {
        match self.applied.as_deref()? {
            "no" => Some(Phase::NothingSent),
            "unknown" => Some(Phase::MaybeProcessed),
            _ => None,
        }
    }

    /// Whether nothing is to be repeated. Who only does not know what became of a
    /// request does not forbid that to somebody with a key.
    fn forbids_repetition(&self) -> bool {
        self.retryable == Some(false) && self.applied.as_deref() != Some("unknown")
    }
}

/// How far a request came at least, where its status says that it was not sent. Only
/// Cloudflare's edge can know that; of any other server it is a word like another.
fn unproven(status: u16, fields: &dyn Fields) -> Option<Phase> {
    let unsent = Cause::of_status(status).phase() == Phase::NothingSent;
    (unsent && !fields.has("cf-ray")).then_some(Phase::MaybeProcessed)
}
