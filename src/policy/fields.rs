//! Every field of a policy, with the way to read it.
//!
//! A reader takes a value or says what would be right in its place; where, and
//! what stands there, is added by the caller.

use super::{AnswerStatus, AnswerWith, Failures, Mode, Policy, Value};
use crate::wire::{json, time::millis};
use alloc::{format, string::String, string::ToString, vec::Vec};
use core::time::Duration;

pub(super) type Set = fn(&mut Policy, &Value) -> Result<(), String>;

/// Every field of a policy, with the way to read it.
pub(super) const FIELDS: &[(&str, Set)] = &[
    ("mode", |policy, value| {
        let modes = [
            ("standby", Mode::Standby),
            ("cache", Mode::Cache),
            ("off", Mode::Off),
        ];
        one_of(&modes, value).map(|mode| policy.mode = mode)
    }),
    ("attempts", |policy, value| {
        whole(value, 1, 10).map(|n| policy.attempts = n)
    }),
    ("attempts_per_origin", |policy, value| {
        whole(value, 1, 10).map(|n| policy.attempts_per_origin = n)
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
    ("soft_deadline", |policy, value| {
        span(value, 0, 10 * MINUTE).map(|span| policy.soft_deadline = span)
    }),
    ("backoff", backoff),
    ("retry_on", |policy, value| {
        failures(&mut policy.retry_on, value)
    }),
    ("failover_on", |policy, value| {
        failures(&mut policy.failover_on, value)
    }),
    ("retry_unsafe", |policy, value| {
        truth(value).map(|on| policy.retry_unsafe = on)
    }),
    ("retry_after", |policy, value| {
        truth(value).map(|on| policy.retry_after = on)
    }),
    ("body_limit", |policy, value| {
        bytes(value, 16 * MIB).map(|n| policy.body_limit = n)
    }),
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
    ("keep_every", |policy, value| {
        span(value, 0, DAY).map(|span| policy.keep_every = span)
    }),
    ("cookies_ignored", |policy, value| {
        names(value).map(|list| policy.cookies_ignored = list)
    }),
    ("notice", |policy, value| {
        truth(value).map(|on| policy.notice = on)
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
];

const MINUTE: u64 = 60_000;
const DAY: u64 = 24 * 60 * MINUTE;
const MIB: u64 = 1024 * 1024;

fn backoff(policy: &mut Policy, value: &Value) -> Result<(), String> {
    let remedy = || String::from("a table such as { base = \"50ms\", cap = \"250ms\" }");
    let Value::Table(entries) = value else {
        return Err(remedy());
    };
    let mut chosen = policy.backoff;
    for (name, value) in entries {
        let span = span(value, 0, MINUTE).map_err(|wanted| format!("for {name} {wanted}"))?;
        match name.as_str() {
            "base" => chosen.base = span,
            "cap" => chosen.cap = span,
            _ => return Err(remedy()),
        }
    }
    policy.backoff = chosen;
    Ok(())
}

fn one_of<T: Copy>(choices: &[(&str, T)], value: &Value) -> Result<T, String> {
    let chosen = match value {
        Value::Text(text) => choices.iter().find(|(name, _)| name == text),
        Value::Number(_) => choices.iter().find(|(name, _)| value.to_string() == *name),
        _ => None,
    };
    chosen.map(|(_, choice)| *choice).ok_or_else(|| {
        let mut names = String::new();
        for (name, _) in choices {
            names.push_str(if names.is_empty() { "" } else { " or " });
            names.push_str(&json::string(name));
        }
        names
    })
}

fn whole(value: &Value, least: u8, most: u8) -> Result<u8, String> {
    match value {
        Value::Number(number) => (least..=most).find(|whole| f64::from(*whole) == *number),
        _ => None,
    }
    .ok_or_else(|| format!("a whole number from {least} to {most}"))
}

fn truth(value: &Value) -> Result<bool, String> {
    match value {
        Value::Bool(on) => Ok(*on),
        _ => Err(String::from("true or false")),
    }
}

fn span(value: &Value, least_ms: u64, most_ms: u64) -> Result<Duration, String> {
    let read = match value {
        Value::Text(text) => duration(text),
        _ => None,
    };
    let (least, most) = (
        Duration::from_millis(least_ms),
        Duration::from_millis(most_ms),
    );
    read.filter(|span| (least..=most).contains(span))
        .ok_or_else(|| {
            format!(
                "a duration such as \"700ms\", \"10s\", \"5m\", \"24h\" or \"7d\", from {} to {}",
                spoken(least),
                spoken(most)
            )
        })
}

/// Reads `"250ms"`, `"10s"`, `"5m"`, `"24h"` or `"7d"`.
#[must_use]
pub fn duration(text: &str) -> Option<Duration> {
    let units = [
        ("ms", 1),
        ("s", 1000),
        ("m", MINUTE),
        ("h", 60 * MINUTE),
        ("d", DAY),
    ];
    units.into_iter().find_map(|(unit, millis)| {
        let digits = text.trim().strip_suffix(unit)?.trim_end();
        let count: u64 = plain(digits)?;
        Some(Duration::from_millis(count.checked_mul(millis)?))
    })
}

/// A duration in the largest unit that needs no fraction.
pub(super) fn spoken(span: Duration) -> String {
    let millis = millis(span);
    let units = [("d", DAY), ("h", 60 * MINUTE), ("m", MINUTE), ("s", 1000)];
    let whole = |unit: u64| millis >= unit && millis.is_multiple_of(unit);
    match units.into_iter().find(|(_, unit)| whole(*unit)) {
        Some((name, unit)) => format!("{}{name}", millis.checked_div(unit).unwrap_or_default()),
        None => format!("{millis}ms"),
    }
}

fn plain(digits: &str) -> Option<u64> {
    digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| digits.parse().ok())?
}

fn bytes(value: &Value, most: u64) -> Result<u64, String> {
    let units = [("KiB", 1024), ("MiB", MIB), ("B", 1)];
    let read = match value {
        Value::Text(text) => units.into_iter().find_map(|(unit, factor)| {
            plain(text.trim().strip_suffix(unit)?.trim_end())?.checked_mul(factor)
        }),
        _ => None,
    };
    read.filter(|count| *count <= most).ok_or_else(|| {
        format!(
            "a size such as \"64KiB\" or \"1MiB\", at most {}MiB",
            most / MIB
        )
    })
}

fn names(value: &Value) -> Result<Vec<String>, String> {
    let remedy = || String::from("a list of names such as [\"_ga\"]");
    let Value::List(items) = value else {
        return Err(remedy());
    };
    items
        .iter()
        .map(|item| match item {
            Value::Text(name) => Ok(name.clone()),
            _ => Err(remedy()),
        })
        .collect()
}

/// A word that is not understood is named, and the others are taken: the
/// operator meant those. A list of which nothing is left stays what it was, for
/// one that silently lost everything would switch a whole rule off.
fn failures(list: &mut Failures, value: &Value) -> Result<(), String> {
    const REMEDY: &str = "a list of \"network\", \"timeout\", statuses and ranges from 400 on, \
                          such as [\"network\", \"502-504\"]";
    let Value::List(items) = value else {
        return Err(REMEDY.into());
    };
    let mut understood = Failures::default();
    let strange = items
        .iter()
        .filter(|item| !understood.add(&word(item)))
        .last();
    match strange {
        Some(item) if understood == Failures::default() => {
            Err(format!("{REMEDY}; {item} is none of these"))
        }
        Some(item) => {
            *list = understood;
            Err(format!("{REMEDY}; {item} is none of these and left out"))
        }
        None => {
            *list = understood;
            Ok(())
        }
    }
}

fn word(item: &Value) -> String {
    match item {
        Value::Text(word) => word.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_spoken_as_they_are_written() {
        for text in ["0ms", "250ms", "1500ms", "10s", "5m", "24h", "7d"] {
            let spoken = spoken(duration(text).unwrap());
            assert_eq!(duration(&spoken), duration(text), "{text} {spoken}");
        }
        assert_eq!(spoken(Duration::from_secs(86_400)), "1d");
    }
}
