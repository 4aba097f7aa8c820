//! Saying so: what every degraded reply and its log line carry.

use super::{Exchange, Restraint, Source, StandIn, Tried, Would};
use crate::copies::{Aged, Changes};
use crate::policy::Tier;
use crate::verdict::{Cause, Failure};
use crate::wire::{
    cache_status::{self, Handling},
    json, proxy_status,
    time::millis,
};
use alloc::{format, string::String, vec::Vec};
use core::time::Duration;

/// What caches in front of us would believe more than `Cache-Control` (RFC 9213).
const TARGETED: [&str; 3] = [
    "cdn-cache-control",
    "cloudflare-cdn-cache-control",
    "surrogate-control",
];

/// The fields that mark a copy. A copy shown without a failure is a cache hit.
#[must_use]
pub fn copy_fields(aged: Aged, failure: Option<Failure>, tier: Option<&Tier>, id: &str) -> Changes {
    let mut fields = Changes::default();
    fields.set("age", &format!("{}", aged.age.as_secs()));
    let handling = if failure.is_some() {
        Handling::Stale
    } else {
        Handling::Hit
    };
    let status = failure.and_then(|failure| failure.status);
    let mut line = cache_status::line(handling, status, Some(aged.ttl()));
    match aged.overridden {
        true => line.push_str("; detail=stale-although-origin-forbids"),
        false => line = from(tier, line),
    }
    fields.set("cache-status", &line);
    if let Some(failure) = failure {
        mark_shown(&mut fields, &failure, id);
    }
    fields
}

/// The fields that mark a page from a further tier, of which nobody knows how old it
/// is. What it says to caches and about cookies is not the origin's word.
#[must_use]
pub fn page_fields(failure: &Failure, tier: Option<&Tier>, id: &str) -> Changes {
    let mut fields = Changes::default();
    let line = cache_status::line(Handling::Miss, failure.status, None);
    fields.set("cache-status", &from(tier, line));
    NOT_OF_PAGES.iter().for_each(|name| fields.remove(name));
    mark_shown(&mut fields, failure, id);
    fields
}

/// What is taken off a page whose age nobody knows.
const NOT_OF_PAGES: [&str; 3] = ["age", "expires", "set-cookie"];

/// A line of `Cache-Status` about what was found in a tier (RFC 9211, 2.8).
fn from(tier: Option<&Tier>, mut line: String) -> String {
    if let Some(tier) = tier {
        line.push_str("; detail=");
        line.push_str(tier.kind.name());
    }
    line
}

/// Nothing in front of us may take what is shown for the origin's word.
fn mark_shown(fields: &mut Changes, failure: &Failure, id: &str) {
    fields.set("cache-control", "no-store");
    TARGETED.iter().for_each(|name| fields.remove(name));
    mark(fields, failure, id);
}

/// What is said of a response of the origin's in cache mode, where every reply says
/// what copies had to do with it (RFC 9211).
#[must_use]
pub fn origin_fields(handling: Handling, status: u16) -> Changes {
    let mut fields = Changes::default();
    let line = cache_status::line(handling, Some(status), None);
    fields.set("cache-status", &line);
    fields
}

/// What is said of an error of the origin's that goes out as it is: whose it is.
#[must_use]
pub fn error_fields(status: u16) -> Changes {
    let mut fields = Changes::default();
    fields.set("proxy-status", &proxy_status::line(None, Some(status)));
    fields
}

/// The fields that mark an answer of our own, which took so long.
#[must_use]
pub fn answer_fields(failure: &Failure, id: &str, took: Duration) -> Changes {
    let mut fields = Changes::default();
    let cause = failure.cause.name();
    let timing = format!("lastgood; desc=\"{cause}\"; dur={}", millis(took));
    fields.set("server-timing", &timing);
    fields.set(
        "cache-status",
        &cache_status::line(Handling::Miss, failure.status, None),
    );
    mark(&mut fields, failure, id);
    fields
}

fn mark(fields: &mut Changes, failure: &Failure, id: &str) {
    let error = failure
        .status
        .is_none()
        .then(|| failure.cause.proxy_error());
    fields.set("proxy-status", &proxy_status::line(error, failure.status));
    fields.set("x-request-id", id);
}

/// Which request a log line is about, and what became of it.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// The id that the visitor got as well.
    pub id: &'a str,
    /// The request's method.
    pub method: &'a str,
    /// Path and query.
    pub path: &'a str,
    /// Whose response went out.
    pub source: Source,
    /// Its status.
    pub status: u16,
    /// From the request's start to its reply.
    pub took: Duration,
}

/// What led to a reply, as far as it is told of.
#[derive(Clone, Copy, Debug, Default)]
pub struct Account<'a> {
    trail: &'a [Tried],
    failure: Option<Failure>,
    restraint: Option<Restraint>,
    /// The further tier in which was found what goes out.
    tier: Option<&'a Tier>,
    /// The budget was spent when it was needed.
    starved: bool,
    would: Option<Would>,
}

impl<'a> From<&'a Exchange> for Account<'a> {
    fn from(exchange: &'a Exchange) -> Self {
        Self {
            trail: exchange.trail(),
            failure: exchange.failure(),
            restraint: exchange.restraint(),
            tier: exchange.found_in(),
            starved: exchange.is_starved(),
            would: exchange.would(),
        }
    }
}

impl From<StandIn> for Account<'_> {
    fn from(it: StandIn) -> Self {
        Self {
            failure: Some(it.failure),
            restraint: Some(it.restraint),
            ..Self::default()
        }
    }
}

/// One line of JSON about a degraded request; none about a healthy one, or one
/// whose visitor left.
#[must_use]
pub fn log_line(account: &Account<'_>, told: &Told<'_>) -> Option<String> {
    let (trail, would) = (account.trail, account.would);
    let failed = trail.iter().any(|tried| tried.failure.is_some());
    let degraded = failed || account.failure.is_some() || would.is_some();
    if !degraded || told.source == Source::Nobody {
        return None;
    }
    let age = match told.source {
        Source::Copy(aged) => format!(
            ",\"age\":{}{}",
            aged.age.as_secs(),
            if aged.overridden {
                ",\"overridden\":\"the origin forbids stale\""
            } else {
                ""
            }
        ),
        _ => String::new(),
    };
    let shown = name_of(told.source);
    let trail: Vec<String> = trail.iter().map(tried).collect();
    Some(format!(
        "{{\"lastgood\":\"{}\",\"id\":{},\"method\":{},\"url\":{},\"trail\":[{}],\
         \"shown\":\"{shown}\",\"status\":{}{age},\"ms\":{}{}}}",
        if would.is_some() {
            "observed"
        } else {
            "degraded"
        },
        json::string(told.id),
        json::string(told.method),
        json::string(told.path),
        trail.join(","),
        told.status,
        millis(told.took),
        reasons(account),
    ))
}

const fn name_of(source: Source) -> &'static str {
    match source {
        Source::Origin => "origin",
        Source::Copy(_) | Source::Renewed => "copy",
        Source::Page => "page",
        Source::Answer(_) | Source::Uncached => "answer",
        Source::Nobody => "nobody",
    }
}

/// Why less was done than could have been, and what would have been.
fn reasons(account: &Account<'_>) -> String {
    let mut reasons = String::new();
    if let Some(restraint) = account.restraint {
        reasons.push_str(&format!(",\"why\":\"{}\"", restraint.name()));
    }
    if let Some(tier) = account.tier {
        reasons.push_str(",\"tier\":\"");
        reasons.push_str(tier.kind.name());
        reasons.push('"');
    }
    if account.starved {
        reasons.push_str(",\"budget\":\"spent\"");
    }
    match account.would {
        None => {}
        Some(Would::Ask(origin)) => {
            reasons.push_str(&format!(",\"would\":\"ask origin {origin}\""))
        }
        Some(Would::Restrain(_)) => reasons.push_str(",\"would\":\"spare the origin\""),
        Some(Would::Reply(source)) => {
            reasons.push_str(&format!(",\"would\":\"show {}\"", name_of(source)));
        }
    }
    reasons
}

/// One line of JSON about a good head whose body turned out to be none: it was
/// passed on, and not kept.
#[must_use]
pub fn bad_body_line(path: &str, cause: Cause) -> String {
    format!(
        "{{\"lastgood\":\"degraded\",\"method\":\"GET\",\"url\":{},\"shown\":\"origin\",\"cause\":\"{}\"}}",
        json::string(path),
        cause.name(),
    )
}

fn tried(tried: &Tried) -> String {
    let start = format!(
        "{{\"origin\":{},\"ms\":{}",
        tried.origin,
        millis(tried.took)
    );
    let Some(failure) = tried.failure else {
        return format!("{start},\"verdict\":\"good\"}}");
    };
    let status = failure
        .status
        .map_or_else(String::new, |status| format!(",\"status\":{status}"));
    format!(
        "{start}{status},\"verdict\":\"failed\",\"cause\":\"{}\",\"phase\":\"{}\"}}",
        failure.cause.name(),
        failure.phase.name(),
    )
}
