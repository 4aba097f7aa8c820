//! From what was written to what holds, every rejection named.
//!
//! Two readers need opposite things: `npm run check` must refuse a file with any
//! fault in it, and a worker in front of a site must run whatever happens. So
//! parsing always yields a whole [`Configuration`], with the default where a
//! field was wrong, and beside it the list of what was wrong.

use super::{AnswerStatus, AnswerWith, Configuration, Failures, Mode, Policy, Value};
use crate::wire::{json, time::millis};
use alloc::{format, rc::Rc, string::String, string::ToString, vec::Vec};
use core::{fmt, time::Duration};

/// One field that could not be taken as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: `LASTGOOD.routes[0].attempts`.
    pub field: String,
    /// What stands there.
    pub value: String,
    /// What would be right.
    pub remedy: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}: use {}", self.field, self.value, self.remedy)
    }
}

/// Reads `ORIGIN` and `LASTGOOD`; [`Value::Null`] stands for one that is absent.
///
/// Rejected, each with field, value and remedy: an origin that is no http(s)
/// URL or carries a query; a table that is none; an unknown field; a value of
/// the wrong kind or outside its limits; an attempt time-out above the
/// deadline; a soft deadline above the deadline; a backoff base above its cap;
/// a route without a path.
///
/// ```
/// use lastgood::policy::{Value, parse};
/// let table = Value::Table(vec![("atempts".into(), Value::Number(3.0))]);
/// let (_, problems) = parse(&Value::Null, &table);
/// assert_eq!(problems[0].field, "LASTGOOD.atempts");
/// ```
#[must_use]
pub fn parse(origin: &Value, lastgood: &Value) -> (Configuration, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut configuration = Configuration {
        origins: origins(origin, &mut problems),
        ..Configuration::default()
    };
    let entries = match lastgood {
        Value::Table(entries) => entries.as_slice(),
        Value::Null => &[],
        other => {
            problems.push(problem("LASTGOOD", other, "a table: [vars.LASTGOOD]"));
            &[]
        }
    };
    let (own, routes) = split_routes(entries);
    configuration.fallback = Rc::new(policy(&Policy::default(), "LASTGOOD", own, &mut problems));
    if let Some(routes) = routes {
        configuration.routes = read_routes(&configuration.fallback, routes, &mut problems);
    }
    (configuration, problems)
}

fn problem(field: &str, value: &Value, remedy: &str) -> Problem {
    Problem {
        field: field.into(),
        value: value.to_string(),
        remedy: remedy.into(),
    }
}

type Entry = (String, Value);

fn split_routes(entries: &[Entry]) -> (impl Iterator<Item = &Entry>, Option<&Value>) {
    let routes = entries.iter().find(|(name, _)| name == "routes");
    let own = entries.iter().filter(|(name, _)| name != "routes");
    (own, routes.map(|(_, value)| value))
}

fn origins(value: &Value, problems: &mut Vec<Problem>) -> Vec<String> {
    let listed = match value {
        Value::Null => return Vec::new(),
        Value::List(items) => items.as_slice(),
        single => core::slice::from_ref(single),
    };
    let mut bases = Vec::new();
    for item in listed {
        match base_url(item) {
            Some(base) => bases.push(base),
            None => problems.push(problem(
                "ORIGIN",
                item,
                "a URL such as \"https://origin.example.com\", or a list of them",
            )),
        }
    }
    bases
}

/// An absolute http(s) URL without query and fragment, its last slash off.
fn base_url(value: &Value) -> Option<String> {
    let Value::Text(text) = value else {
        return None;
    };
    let text = text.trim();
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))?;
    let host = rest.split('/').next().unwrap_or_default();
    let plain = !host.is_empty()
        && !host.starts_with(':')
        && !text.contains(|c: char| c.is_whitespace() || c.is_control() || "?#@\\".contains(c));
    plain.then(|| String::from(text.trim_end_matches('/')))
}

fn read_routes(
    base: &Policy,
    value: &Value,
    problems: &mut Vec<Problem>,
) -> Vec<(String, Rc<Policy>)> {
    let Value::List(items) = value else {
        problems.push(problem(
            "LASTGOOD.routes",
            value,
            "a list of tables: [[vars.LASTGOOD.routes]]",
        ));
        return Vec::new();
    };
    let mut routes = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let place = format!("LASTGOOD.routes[{index}]");
        match item {
            Value::Table(entries) => routes.extend(route(base, &place, entries, problems)),
            other => problems.push(problem(
                &place,
                other,
                "a table with a path and what differs there",
            )),
        }
    }
    routes
}

fn route(
    base: &Policy,
    place: &str,
    entries: &[Entry],
    problems: &mut Vec<Problem>,
) -> Option<(String, Rc<Policy>)> {
    let path = entries
        .iter()
        .find(|(name, _)| name == "path")
        .map(|(_, value)| value);
    let fields = entries.iter().filter(|(name, _)| name != "path");
    let policy = policy(base, place, fields, problems);
    match path {
        Some(Value::Text(pattern)) if is_pattern(pattern) => {
            Some((pattern.clone(), Rc::new(policy)))
        }
        other => {
            let field = format!("{place}.path");
            problems.push(problem(
                &field,
                other.unwrap_or(&Value::Null),
                "a path such as \"/api/*\", with one star at most",
            ));
            None
        }
    }
}

fn is_pattern(path: &str) -> bool {
    path.starts_with(['/', '*']) && path.bytes().filter(|byte| *byte == b'*').count() <= 1
}

fn policy<'e>(
    base: &Policy,
    place: &str,
    entries: impl Iterator<Item = &'e Entry>,
    problems: &mut Vec<Problem>,
) -> Policy {
    let mut policy = base.clone();
    for (name, value) in entries {
        let outcome = FIELDS
            .iter()
            .find(|(known, _)| known == name)
            .map_or_else(|| Err(unknown(name)), |(_, set)| set(&mut policy, value));
        if let Err(remedy) = outcome {
            problems.push(problem(&format!("{place}.{name}"), value, &remedy));
        }
    }
    settle_contradictions(&mut policy, place, problems);
    policy
}

/// Names the known field that is written most alike, if one is close.
fn unknown(name: &str) -> String {
    let alike = |known: &str| {
        let common = known.chars().filter(|c| name.contains(*c)).count();
        let longest = known.len().max(name.len());
        common.saturating_mul(4) >= longest.saturating_mul(3)
            && known.chars().next() == name.chars().next()
    };
    match FIELDS.iter().find(|(known, _)| alike(known)) {
        Some((known, _)) => format!("a field that exists; did you mean `{known}`?"),
        None => String::from("a field that exists; the README lists them"),
    }
}

/// What each value alone allows and both together do not. The deadline wins.
fn settle_contradictions(policy: &mut Policy, place: &str, problems: &mut Vec<Problem>) {
    let deadline = policy.deadline;
    let mut limit = |name: &str, span: &mut Duration, highest: Duration, other: &str| {
        if *span > highest {
            problems.push(Problem {
                field: format!("{place}.{name}"),
                value: spoken(*span),
                remedy: format!("at most the {other} ({}), or raise that", spoken(highest)),
            });
            *span = highest;
        }
    };
    // A deadline lowered below the default time-outs is no contradiction.
    let defaults = Policy::default();
    if policy.attempt_timeout == defaults.attempt_timeout {
        policy.attempt_timeout = policy.attempt_timeout.min(deadline);
    }
    if policy.soft_deadline == defaults.soft_deadline {
        policy.soft_deadline = policy.soft_deadline.min(deadline);
    }
    limit(
        "attempt_timeout",
        &mut policy.attempt_timeout,
        deadline,
        "deadline",
    );
    limit(
        "soft_deadline",
        &mut policy.soft_deadline,
        deadline,
        "deadline",
    );
    let cap = policy.backoff.cap;
    limit("backoff", &mut policy.backoff.base, cap, "backoff's cap");
}

type Set = fn(&mut Policy, &Value) -> Result<(), String>;

/// Every field of a policy, with the way to read it.
const FIELDS: &[(&str, Set)] = &[
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
fn spoken(span: Duration) -> String {
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

    fn parse_json(origin: &str, lastgood: &str) -> (Configuration, Vec<Problem>) {
        let read = |text| serde_json::from_str::<Value>(text).unwrap();
        parse(&read(origin), &read(lastgood))
    }

    /// Every problem as one line.
    fn problems(origin: &str, lastgood: &str) -> Vec<String> {
        let (_, problems) = parse_json(origin, lastgood);
        problems.iter().map(ToString::to_string).collect()
    }

    fn check(lastgood: &str, field: &str, remedy: &str) {
        let found = problems("null", lastgood);
        assert_eq!(found.len(), 1, "{lastgood}: {found:?}");
        assert!(
            found[0].starts_with(field) && found[0].contains(remedy),
            "{}",
            found[0]
        );
    }

    #[test]
    fn what_is_right_is_taken() {
        let (configuration, problems) = parse_json(
            r#"["https://a.test/", "http://b.test:8080/base"]"#,
            r#"{"attempts": 2, "deadline": "3s", "retry_on": ["network", 502, "520-526"],
                "body_limit": "1MiB", "backoff": {"base": "10ms", "cap": "1s"}, "answer_status": 503,
                "routes": [{"path": "/api/*", "mode": "off", "retry_unsafe": true}]}"#,
        );
        assert_eq!(problems, []);
        assert_eq!(
            configuration.origins,
            ["https://a.test", "http://b.test:8080/base"]
        );
        let policy = configuration.policy_for("/");
        assert_eq!((policy.attempts, policy.body_limit), (2, MIB));
        assert_eq!(policy.attempt_timeout, Duration::from_secs(3));
        assert!(policy.retry_on.has_status(526) && !policy.retry_on.timeout);
        let api = configuration.policy_for("/api/x");
        assert_eq!(
            (api.mode, api.retry_unsafe, api.attempts),
            (Mode::Off, true, 2)
        );
    }

    #[test]
    fn durations_are_spoken_as_they_are_written() {
        for text in ["0ms", "250ms", "1500ms", "10s", "5m", "24h", "7d"] {
            let spoken = spoken(duration(text).unwrap());
            assert_eq!(duration(&spoken), duration(text), "{text} {spoken}");
        }
        assert_eq!(spoken(Duration::from_secs(86_400)), "1d");
    }

    #[test]
    fn nothing_configured_is_the_default() {
        let (configuration, problems) = parse(&Value::Null, &Value::Null);
        assert_eq!(
            (configuration, problems),
            (Configuration::default(), Vec::new())
        );
    }

    #[test]
    fn every_wrong_field_is_named() {
        check(
            r#"{"attempts": 0}"#,
            "LASTGOOD.attempts = 0",
            "from 1 to 10",
        );
        check(
            r#"{"attempts": 2.5}"#,
            "LASTGOOD.attempts = 2.5",
            "whole number",
        );
        check(
            r#"{"atempts": 3}"#,
            "LASTGOOD.atempts = 3",
            "did you mean `attempts`?",
        );
        check(r#"{"zzz": 3}"#, "LASTGOOD.zzz", "README");
        check(
            r#"{"mode": "turbo"}"#,
            "LASTGOOD.mode = \"turbo\"",
            "\"standby\" or \"cache\" or \"off\"",
        );
        check(r#"{"stale": 30}"#, "LASTGOOD.stale = 30", "a duration");
        check(r#"{"stale": "400d"}"#, "LASTGOOD.stale", "a duration");
        check(
            r#"{"retry_on": ["502", "nonsense"]}"#,
            "LASTGOOD.retry_on",
            "\"nonsense\" is none",
        );
        check(r#"{"body_limit": "64"}"#, "LASTGOOD.body_limit", "64KiB");
        check(r#"{"notice": "yes"}"#, "LASTGOOD.notice", "true or false");
        check(
            r#"{"backoff": {"base": "2s", "cap": "1s"}}"#,
            "LASTGOOD.backoff",
            "cap",
        );
        check(
            r#"{"attempt_timeout": "20s"}"#,
            "LASTGOOD.attempt_timeout",
            "at most the deadline",
        );
        check(
            r#"{"routes": [{"attempts": 2}]}"#,
            "LASTGOOD.routes[0].path",
            "/api/*",
        );
        check(
            r#"{"routes": [{"path": "/x", "mode": 7}]}"#,
            "LASTGOOD.routes[0].mode = 7",
            "\"off\"",
        );
        check(
            r#"{"routes": [{"path": "/*/x/*"}]}"#,
            "LASTGOOD.routes[0].path",
            "one star",
        );
        check(r#"{"routes": {}}"#, "LASTGOOD.routes", "a list of tables");
        check(r#""on""#, "LASTGOOD = \"on\"", "a table");
    }

    #[test]
    fn a_strange_word_costs_itself_only() {
        let on = |lastgood| {
            parse_json("null", lastgood)
                .0
                .policy_for("/")
                .retry_on
                .clone()
        };
        let kept = on(r#"{"retry_on": ["502", "nonsense"]}"#);
        assert!(kept.has_status(502) && !kept.has_status(503) && !kept.network);
        assert_eq!(
            on(r#"{"retry_on": ["nonsense"]}"#),
            Policy::default().retry_on
        );
        assert_eq!(on(r#"{"retry_on": []}"#), Failures::default());
    }

    #[test]
    fn a_wrong_origin_is_named() {
        for wrong in [
            "\"origin.test\"",
            "\"ftp://a.test\"",
            "\"https://\"",
            "\"https://a.test?x\"",
            "7",
            "\"https://u@a.test\"",
        ] {
            let found = problems(wrong, "null");
            assert!(
                found.len() == 1 && found[0].starts_with("ORIGIN"),
                "{wrong}: {found:?}"
            );
        }
    }

    #[test]
    fn several_faults_are_all_named_and_the_rest_is_kept() {
        let (configuration, problems) = parse_json(
            "null",
            r#"{"attempts": "x", "mode": "cache", "stale": [], "zz": {}}"#,
        );
        assert_eq!(problems.len(), 3);
        let policy = configuration.policy_for("/");
        assert_eq!((policy.mode, policy.attempts), (Mode::Cache, 3));
    }
}
