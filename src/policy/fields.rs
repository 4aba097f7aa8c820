//! Every field of a policy, with the way to read it.
//!
//! A reader takes a value or says what would be right in its place; where, and
//! what stands there, is added by the caller. They come in groups, since a page in a
//! browser has no use for some, and should not carry them.

use super::read::{
    DAY, MIB, MINUTE, bytes, failures, few, field_name, members, names, one_of, optional, span,
    truth, whole,
};
use super::tier::tiers;
use super::{AnswerStatus, AnswerWith, Collapse, Hedge, HoldDown, Mode, Policy, Rescue, Robots};
use super::{Value, maintenance::maintenance, monitors::monitors};
use alloc::{format, string::String, vec::Vec};

pub(super) type Set = fn(&mut Policy, &Value) -> Result<(), String>;

/// What is asked, how often, and how long it may take.
pub(super) const ATTEMPTS: &[(&str, Set)] = &[
    ("attempts", |policy, value| {
        few(value, 1, 10).map(|n| policy.attempts = n)
    }),
    ("attempt_timeout", |policy, value| {
        span(value, 10, 10 * MINUTE).map(|span| policy.attempt_timeout = span)
    }),
    ("deadline", |policy, value| {
        span(value, 10, 10 * MINUTE).map(|span| policy.deadline = span)
    }),
    ("unsafe_deadline", |policy, value| {
        span(value, 10, 10 * MINUTE).map(|span| policy.unsafe_deadline = span)
    }),
    ("backoff", backoff),
    ("retry_on", |policy, value| {
        failures(&mut policy.retry_on, value)
    }),
    ("retry_unsafe", |policy, value| {
        truth(value).map(|on| policy.retry_unsafe = on)
    }),
    ("retry_after", |policy, value| {
        truth(value).map(|on| policy.retry_after = on)
    }),
    ("retry_stop_header", |policy, value| {
        field_name(value).map(|name| policy.retry_stop_header = Some(name))
    }),
    ("retry_header", |policy, value| {
        field_name(value).map(|name| policy.retry_header = Some(name))
    }),
    ("attempt_header", |policy, value| {
        field_name(value).map(|name| policy.attempt_header = Some(name))
    }),
    ("hedge", hedge),
    ("disguised", |policy, value| {
        truth(value).map(|on| policy.disguised = on)
    }),
    ("rescue", |policy, value| {
        let words = [("off", Rescue::Off), ("auto", Rescue::Auto)];
        policy.rescue = match one_of(&words, value) {
            Ok(rescue) => rescue,
            Err(wanted) => {
                Rescue::UpTo(bytes(value, MIB).map_err(|size| words!("{wanted}, or {size}"))?)
            }
        };
        Ok(())
    }),
    ("body_limit", |policy, value| {
        bytes(value, 16 * MIB).map(|n| policy.body_limit = n)
    }),
];

/// What is kept, and when it is shown.
pub(super) const COPIES: &[(&str, Set)] = &[
    ("mode", |policy, value| {
        let modes = [
            ("standby", Mode::Standby),
            ("cache", Mode::Cache),
            ("off", Mode::Off),
        ];
        one_of(&modes, value).map(|mode| policy.mode = mode)
    }),
    ("soft_deadline", |policy, value| {
        span(value, 0, 10 * MINUTE).map(|span| policy.soft_deadline = span)
    }),
    ("collapse", |policy, value| {
        optional(value, COLLAPSE, Collapse::DEFAULT, |chosen, name, value| {
            let span = span(value, 0, MINUTE);
            match name {
                "wait" => Some(span.map(|span| chosen.wait = span)),
                "age" => Some(span.map(|span| chosen.age = span)),
                _ => None,
            }
        })
        .map(|chosen| policy.collapse = chosen)
    }),
    ("hold_down", hold_down),
    ("copy_limit", |policy, value| {
        bytes(value, 64 * MIB).map(|n| policy.copy_limit = n)
    }),
    ("stale_on", |policy, value| {
        failures(&mut policy.stale_on, value)
    }),
    ("stale", |policy, value| {
        span(value, 0, 365 * DAY).map(|span| policy.stale = span)
    }),
    ("stale_min", |policy, value| {
        span(value, 0, 365 * DAY).map(|span| policy.stale_min = span)
    }),
    ("stale_percent", |policy, value| {
        whole(value, 1, 10_000).map(|percent| policy.stale_percent = Some(percent))
    }),
    ("stale_although_origin_forbids", |policy, value| {
        truth(value).map(|on| policy.stale_although_origin_forbids = on)
    }),
    ("renew_behind", |policy, value| {
        span(value, 0, 365 * DAY).map(|span| policy.renew_behind = span)
    }),
    ("remember", remember),
    ("keep_every", |policy, value| {
        span(value, 0, DAY).map(|span| policy.keep_every = span)
    }),
    ("obey_clients", |policy, value| {
        truth(value).map(|on| policy.obey_clients = on)
    }),
    ("refuse_tokens", |policy, value| {
        truth(value).map(|on| policy.refuse_tokens = on)
    }),
    ("notice", |policy, value| {
        truth(value).map(|on| policy.notice = on)
    }),
];

/// What only who stands in front of a site can choose.
pub(super) const SITE: &[(&str, Set)] = &[
    ("attempts_per_origin", |policy, value| {
        few(value, 1, 10).map(|n| policy.attempts_per_origin = n)
    }),
    ("failover_on", |policy, value| {
        failures(&mut policy.failover_on, value)
    }),
    ("needs_credentials", |policy, value| {
        truth(value).map(|on| policy.needs_credentials = on)
    }),
    ("observe", |policy, value| {
        truth(value).map(|on| policy.observe = on)
    }),
    ("tiers", |policy, value| tiers(&mut policy.tiers, value)),
    ("cookies_ignored", |policy, value| {
        names(value).map(|list| policy.cookies_ignored = list)
    }),
    ("answer", |policy, value| {
        let choices = [("page", AnswerWith::Page), ("origin", AnswerWith::Origin)];
        one_of(&choices, value).map(|answer| policy.answer = answer)
    }),
    ("answer_on", |policy, value| {
        failures(&mut policy.answer_on, value)
    }),
    ("answer_status", |policy, value| {
        let choices = [
            ("503", AnswerStatus::Unavailable),
            ("upstream", AnswerStatus::Upstream),
        ];
        one_of(&choices, value).map(|status| policy.answer_status = status)
    }),
    // A table is read member by member, in `page.rs`.
    ("page", |_, _| Err(format!("a table such as {PAGE}"))),
    ("monitors", |policy, value| {
        monitors(&policy.monitors, value).map(|chosen| policy.monitors = chosen)
    }),
    ("robots", |policy, value| {
        let choices = [
            ("unavailable", Robots::Unavailable),
            ("missing", Robots::Missing),
        ];
        one_of(&choices, value).map(|robots| policy.robots = robots)
    }),
    ("maintenance", |policy, value| {
        let read = maintenance(policy.maintenance.as_ref(), value);
        read.map(|chosen| policy.maintenance = chosen)
    }),
];

const BACKOFF: &str = "{ base = \"50ms\", cap = \"250ms\" }";
const COLLAPSE: &str = "{ wait = \"5s\", age = \"5s\" }";
const HEDGE: &str = "{ after = \"300ms\" } or { percentile = 95 }";
const REMEMBER: &str = "{ 404 = \"10s\" } of statuses from 400 to 599";
const PAGE: &str =
    "{ name = \"Corner Bakery\", colour = \"#0a5\", contact = \"help@example.com\" }";
const HOLD_DOWN: &str = "{ failures = 2, base = \"1s\", cap = \"60s\" }";

fn backoff(policy: &mut Policy, value: &Value) -> Result<(), String> {
    let mut chosen = policy.backoff;
    members(value, BACKOFF, |name, value| {
        let span = span(value, 0, MINUTE);
        match name {
            "base" => Some(span.map(|span| chosen.base = span)),
            "cap" => Some(span.map(|span| chosen.cap = span)),
            _ => None,
        }
    })?;
    policy.backoff = chosen;
    Ok(())
}

fn hedge(policy: &mut Policy, value: &Value) -> Result<(), String> {
    let chosen = optional(
        value,
        HEDGE,
        Hedge::Percentile(95),
        |chosen, name, value| match name {
            "after" => Some(span(value, 1, MINUTE).map(|span| *chosen = Hedge::After(span))),
            "percentile" => {
                Some(few(value, 50, 99).map(|percent| *chosen = Hedge::Percentile(percent)))
            }
            _ => None,
        },
    )?;
    policy.hedge = chosen;
    Ok(())
}

fn hold_down(policy: &mut Policy, value: &Value) -> Result<(), String> {
    let before = policy.hold_down.unwrap_or(HoldDown::DEFAULT);
    policy.hold_down = optional(value, HOLD_DOWN, before, |chosen, name, value| match name {
        "base" => Some(span(value, 1, DAY).map(|span| chosen.base = span)),
        "cap" => Some(span(value, 1, DAY).map(|span| chosen.cap = span)),
        "failures" => Some(few(value, 1, 100).map(|count| chosen.failures = count)),
        "without_copy" => Some(truth(value).map(|on| chosen.without_copy = on)),
        _ => None,
    })?;
    Ok(())
}

fn remember(policy: &mut Policy, value: &Value) -> Result<(), String> {
    let mut chosen = Vec::new();
    members(value, REMEMBER, |name, value| {
        let status = name.parse().ok();
        let status = status.filter(|status| (400..=599).contains(status))?;
        let span = span(value, 1000, 10 * MINUTE);
        Some(span.map(|span| chosen.push((status, span))))
    })?;
    policy.remember = chosen;
    Ok(())
}
