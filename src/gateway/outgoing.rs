//! What messages carry that pass through us: what an origin is told about an
//! attempt, and may not be; what a visitor is told about the attempts.

use super::{Attempt, Exchange, Source};
use crate::copies::Changes;
use crate::origins::Origins;
use crate::policy::Policy;
use crate::wire::{Fields, RequestHead, time::millis};
use alloc::format;
use core::time::Duration;

/// The number of an attempt, where policy gives the field no other name.
const ATTEMPT: &str = "lastgood-attempt";
/// Milliseconds that are left until nobody waits for the answer.
const REMAINING: &str = "lastgood-remaining";
/// On a HEAD, by which the page of an answer asks whether the site answers again.
const PROBE: &str = "lastgood-probe";
/// What it is told: that the origin answered, that there is a copy, or neither.
const VERDICT: &str = "lastgood-verdict";
/// What tells who somebody is.
const CREDENTIALS: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

/// Changes to the fields of a request for an attempt; `left` is the time until
/// its deadline.
#[must_use]
pub fn request_changes(
    attempt: Attempt,
    origins: &Origins,
    fields: &dyn Fields,
    policy: &Policy,
    left: Duration,
) -> Changes {
    let mut changes = Changes::default();
    let mut without = |name: &str| {
        if fields.has(name) {
            changes.remove(name);
        }
    };
    without("lastgood-rehearsal");
    without(PROBE);
    if !origins.guards().trust_control_headers {
        RequestHead::CONTROLS.iter().copied().for_each(&mut without);
    }
    let origin = origins.get(attempt.origin);
    if origin.is_some_and(|origin| !origin.trusted) {
        CREDENTIALS.into_iter().for_each(&mut without);
        let works = policy.maintenance.as_ref();
        if let Some(secret) = works.and_then(|it| it.allow_header.as_ref()) {
            changes.remove(&secret.name);
        }
    }
    if attempt.number > 1 || policy.attempt_header.is_some() {
        let name = policy.attempt_header.as_deref().unwrap_or(ATTEMPT);
        changes.set(name, &format!("{}", attempt.number));
    }
    if attempt.number > 1 && left < Duration::MAX {
        changes.set(REMAINING, &format!("{}", millis(left)));
    }
    if origin.is_some_and(|origin| !origin.url.is_empty()) {
        let (so_far, id) = (fields.get("cdn-loop"), &origins.guards().loops.id);
        let comma = if so_far.is_empty() { "" } else { ", " };
        changes.set("cdn-loop", &format!("{so_far}{comma}{id}"));
    }
    changes
}

/// Changes to the fields of a reply: after several attempts, how many; and for one who
/// `asked` whether the site answers, the verdict.
#[must_use]
pub fn reply_changes(
    exchange: &Exchange,
    source: Source,
    asked: &dyn Fields,
    policy: &Policy,
) -> Changes {
    let mut changes = Changes::default();
    if exchange.attempts() > 1 {
        let name = policy.attempt_header.as_deref().unwrap_or(ATTEMPT);
        changes.set(name, &format!("{}", exchange.attempts()));
    }
    if asked.has(PROBE) {
        changes.set(VERDICT, verdict(source, exchange.failure().is_some()));
    }
    changes
}

const fn verdict(source: Source, failed: bool) -> &'static str {
    match source {
        Source::Copy(_) | Source::Renewed | Source::Page => "copy",
        Source::Origin if !failed => "good",
        _ => "failing",
    }
}
