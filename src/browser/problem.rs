//! What a problem (RFC 9457) tells about the request that met it.
//!
//! A gateway that describes its errors knows what nobody else does: whether a request
//! was carried out, and how long it had better not be repeated. One of ours knows why it
//! failed, too.

use super::objects;
use crate::policy::Value;
use crate::verdict::{APPLIED, Cause, Facts, Phase};
use crate::wire::{Fields, media_type};
use alloc::string::String;
use core::time::Duration;
use wasm_bindgen::prelude::*;

/// So who asked for JSON gets ours.
const PLAIN: &str = "application/json";

/// What matters of a problem, whoever described it. A member of another kind than it
/// should be is ignored (RFC 9457, 3.1).
#[derive(Debug, Default)]
pub(super) struct Problem {
    retry_after: Option<Duration>,
    request_id: Option<String>,
    retryable: Option<bool>,
    applied: Option<String>,
    /// Why, as far as the name is one that we give.
    cause: Option<Cause>,
    /// It is one of ours, by its type.
    own: bool,
}

impl Problem {
    /// Reads it from its JSON; what is no object tells nothing. `fields` are those of its
    /// response.
    pub(super) fn of(json: &JsValue, fields: &dyn Fields) -> Self {
        let problem = objects::read(json).map_or_else(|_| Self::default(), Self::read);
        problem.within(fields)
    }

    /// What it tells in a response with these fields. Plain JSON is a problem only where
    /// its type is one of ours: who asked for JSON is answered so. In pages of ours, and
    /// before any body, what became of the request is told by a field.
    pub(super) fn within(self, fields: &dyn Fields) -> Self {
        let essence = media_type::essence(fields.get("content-type"));
        let is_plain = essence.eq_ignore_ascii_case(PLAIN);
        let mut problem = match is_plain && !self.own {
            true => Self::default(),
            false => self,
        };
        if fields.has(APPLIED) {
            problem.applied = Some(fields.get(APPLIED).into());
        }
        problem
    }

    /// Whether the body of a response with these fields may be one.
    pub(super) fn may_be_in(fields: &dyn Fields) -> bool {
        let essence = media_type::essence(fields.get("content-type"));
        let is = |kind| essence.eq_ignore_ascii_case(kind);
        is("application/problem+json") || is(PLAIN)
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
                ("type", Value::Text(kind)) => problem.own = kind.starts_with(Cause::TYPES),
                ("cause", Value::Text(name)) => problem.cause = Cause::named(&name),
                _ => {}
            }
        }
        problem
    }

    /// What is known of the response that it came with.
    pub(super) fn told(&self, facts: Facts, fields: &dyn Fields) -> Facts {
        let cause = self.cause.filter(|_| self.own);
        let phase = self.phase().or_else(|| cause.map(Cause::phase));
        Facts {
            cause,
            stop: facts.stop || self.forbids_repetition(),
            retry_after: facts.retry_after.or(self.retry_after),
            phase: phase.or_else(|| unproven(facts.status, fields)),
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
