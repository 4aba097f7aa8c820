//! Readers of single values: each takes a value or says what would be right in
//! its place.

use super::value::decimal;
use super::{Failures, Value};
use crate::wire::{json, list, time::millis};
use alloc::{format, string::String, vec::Vec};
use core::time::Duration;

/// What is said to who wrote a setting, as `format!` has it. A build without the feature
/// `words` knows that something is wrong, and not what.
macro_rules! words {
    ($($format:tt)*) => {
        match cfg!(feature = "words") {
            true => alloc::format!($($format)*),
            false => alloc::string::String::new(),
        }
    };
}

pub(super) const MINUTE: u64 = 60_000;
pub(super) const DAY: u64 = 24 * 60 * MINUTE;
pub(super) const MIB: u64 = 1024 * 1024;

/// Reads a table member by member; `set` says `None` to a name that it does not
/// know. `example` is what would be right.
pub(super) fn members(
    value: &Value,
    example: &str,
    mut set: impl FnMut(&str, &Value) -> Option<Result<(), String>>,
) -> Result<(), String> {
    each(value, example, &mut set)
}

type SetMember<'s> = dyn FnMut(&str, &Value) -> Option<Result<(), String>> + 's;

/// The same, once for all tables: for each anew it is too much code.
fn each(value: &Value, example: &str, set: &mut SetMember<'_>) -> Result<(), String> {
    let remedy = || words!("a table such as {example}");
    let Value::Table(entries) = value else {
        return Err(remedy());
    };
    for (name, value) in entries {
        match set(name, value) {
            None => return Err(remedy()),
            Some(Err(wanted)) => return Err(words!("for {name} {wanted}")),
            Some(Ok(())) => {}
        }
    }
    Ok(())
}

/// Reads a text that may be left out; `false` does where a route differs.
pub(super) fn put(
    slot: &mut Option<String>,
    value: &Value,
    read: fn(&Value) -> Result<String, String>,
) -> Result<(), String> {
    *slot = match value {
        Value::Bool(false) => None,
        _ => Some(read(value).map_err(or_false)?),
    };
    Ok(())
}

/// What would be right, where `false` would be as well.
#[expect(
    clippy::needless_pass_by_value,
    reason = "what it is mapped over owns it"
)]
pub(super) fn or_false(wanted: String) -> String {
    words!("{wanted}, or false")
}

/// Whether a text is made of such bytes.
pub(super) fn is_all(text: &str, is_part: fn(u8) -> bool) -> bool {
    text.bytes().all(is_part)
}

/// Like [`members`], or `false` to turn the whole thing off.
pub(super) fn optional<T>(
    value: &Value,
    example: &str,
    mut chosen: T,
    mut set: impl FnMut(&mut T, &str, &Value) -> Option<Result<(), String>>,
) -> Result<Option<T>, String> {
    match value {
        Value::Bool(false) => Ok(None),
        Value::Bool(true) => Ok(Some(chosen)),
        _ => members(value, example, |name, value| set(&mut chosen, name, value))
            .map(|()| Some(chosen))
            .map_err(or_false),
    }
}

pub(super) fn one_of<T: Copy>(choices: &[(&str, T)], value: &Value) -> Result<T, String> {
    let written = word(value);
    let chosen = choices.iter().find(|(name, _)| *name == written);
    chosen.map(|(_, choice)| *choice).ok_or_else(|| {
        let names = choices.iter().map(|(name, _)| json::string(name));
        words!("{}", names.collect::<Vec<_>>().join(" or "))
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float saturates, and what changed by that is refused"
)]
pub(super) fn whole(value: &Value, least: u16, most: u16) -> Result<u16, String> {
    match value {
        Value::Number(number) => Some(*number as u16).filter(|whole| f64::from(*whole) == *number),
        _ => None,
    }
    .filter(|whole| (least..=most).contains(whole))
    .ok_or_else(|| words!("a whole number from {least} to {most}"))
}

/// As [`whole`], for what counts in bytes' range.
pub(super) fn few(value: &Value, least: u8, most: u8) -> Result<u8, String> {
    let count = whole(value, least.into(), most.into())?;
    Ok(u8::try_from(count).unwrap_or(most))
}

/// The name of a header field, in lower case.
pub(super) fn field_name(value: &Value) -> Result<String, String> {
    match value {
        Value::Text(name) if list::is_token(name) => Ok(name.to_ascii_lowercase()),
        _ => Err(words!("the name of a header such as \"x-attempt\"")),
    }
}

/// The name of a binding, such as `example`.
pub(super) fn binding(value: &Value, example: &str) -> Result<String, String> {
    let is_part = |c: u8| c.is_ascii_alphanumeric() || c == b'_' || c == b'$';
    match value {
        Value::Text(name) if !name.is_empty() && is_all(name, is_part) => Ok(name.clone()),
        _ => Err(words!("the name of a binding such as \"{example}\"")),
    }
}

pub(super) fn truth(value: &Value) -> Result<bool, String> {
    match value {
        Value::Bool(on) => Ok(*on),
        _ => Err(words!("true or false")),
    }
}

pub(super) fn span(value: &Value, least_ms: u64, most_ms: u64) -> Result<Duration, String> {
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
            words!(
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

pub(super) fn bytes(value: &Value, most: u64) -> Result<u64, String> {
    let units = [("KiB", 1024), ("MiB", MIB), ("B", 1)];
    let read = match value {
        Value::Text(text) => units.into_iter().find_map(|(unit, factor)| {
            plain(text.trim().strip_suffix(unit)?.trim_end())?.checked_mul(factor)
        }),
        _ => None,
    };
    read.filter(|count| *count <= most).ok_or_else(|| {
        words!(
            "a size such as \"64KiB\" or \"1MiB\", at most {}MiB",
            most / MIB
        )
    })
}

pub(super) fn names(value: &Value) -> Result<Vec<String>, String> {
    let remedy = || words!("a list of names such as [\"_ga\"]");
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

/// A list of at most `most` texts that fit; `wanted` says what they are.
pub(super) fn texts(
    value: &Value,
    most: usize,
    wanted: &str,
    fits: fn(&str) -> bool,
) -> Result<Vec<String>, String> {
    let remedy = || words!("a list of up to {most} {wanted}");
    let items = match value {
        Value::List(items) if items.len() <= most => items,
        _ => return Err(remedy()),
    };
    let mut list = Vec::new();
    for item in items {
        match item {
            Value::Text(text) if fits(text) => list.push(text.clone()),
            _ => return Err(words!("{}; {item} is none of these", remedy())),
        }
    }
    Ok(list)
}

/// A word that is not understood is named, and the others are taken: the
/// operator meant those. A list of which nothing is left stays what it was, for
/// one that silently lost everything would switch a whole rule off.
pub(super) fn failures(list: &mut Failures, value: &Value) -> Result<(), String> {
    const REMEDY: &str = "a list of \"network\", \"timeout\", statuses and ranges from 400 on, \
                          such as [\"network\", \"502-504\"]";
    let Value::List(items) = value else {
        return Err(words!("{REMEDY}"));
    };
    let mut understood = Failures::default();
    let strange = items
        .iter()
        .filter(|item| !understood.add(&word(item)))
        .last();
    match strange {
        Some(item) if understood == Failures::default() => {
            Err(words!("{REMEDY}; {item} is none of these"))
        }
        Some(item) => {
            *list = understood;
            Err(words!("{REMEDY}; {item} is none of these and left out"))
        }
        None => {
            *list = understood;
            Ok(())
        }
    }
}

/// A word, or a number as one.
fn word(item: &Value) -> String {
    match item {
        Value::Text(word) => word.clone(),
        Value::Number(number) => decimal(*number),
        _ => String::new(),
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
