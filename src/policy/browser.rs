//! The policy of a page: the same fields by the names that JavaScript uses, with
//! defaults for somebody who waits before a screen.
//!
//! A gateway answers within seconds, as another program waits for it. A page may take its time
//! between attempts: it is one of many that met the same outage, and what it shows
//! meanwhile is up to it.

use super::grammar::{Grammar, PAGE, SERVICE_WORKER};
use super::parse::{Problem, configured, policy, problem};
use super::value::decimal;
use super::{AnswerWith, Backoff, Configuration, Failures, Mode, Policy, Rescue, Value};
use alloc::{string::String, vec::Vec};
use core::time::Duration;

impl Policy {
    /// What holds in a page if nothing is said: three attempts in 30 s, pauses up to
    /// 3 s, 429 as well; answers are looked at and small ones held, since nobody but
    /// the page could.
    #[must_use]
    pub fn of_pages() -> Self {
        let again = [(429, 429), (502, 504), (520, 527), (530, 530)];
        Self {
            mode: Mode::Off,
            deadline: Duration::from_secs(30),
            backoff: Backoff {
                base: Duration::from_millis(300),
                cap: Duration::from_secs(3),
            },
            retry_on: Failures::all_and(&again),
            disguised: true,
            rescue: Rescue::UpTo(64 * 1024),
            hold_down: None,
            collapse: None,
            notice: false,
            answer: AnswerWith::Origin,
            ..Self::default()
        }
    }
}

impl Policy {
    /// What holds in a service worker if nothing is said: as at the edge, with copies for
    /// the bad day; but for one visitor, who decides when to look again, so that no page
    /// is held, and is one of many that met the same outage, so that a second attempt is
    /// the last, after a pause as in a page.
    #[must_use]
    pub fn of_service_workers() -> Self {
        Self {
            attempts: 2,
            backoff: Self::of_pages().backoff,
            hold_down: None,
            collapse: None,
            copy_limit: 4 * 1024 * 1024,
            ..Self::default()
        }
    }
}

/// Reads what holds for all requests of a page, on top of `base`.
#[must_use]
pub fn browser(written: &Value, base: &Policy) -> (Configuration, Vec<Problem>) {
    by(&PAGE, written, base)
}

/// The same for a service worker, which has copies.
#[must_use]
pub fn service_worker(written: &Value, base: &Policy) -> (Configuration, Vec<Problem>) {
    by(&SERVICE_WORKER, written, base)
}

fn by(grammar: &Grammar, written: &Value, base: &Policy) -> (Configuration, Vec<Problem>) {
    let mut problems = Vec::new();
    let written = as_known("", written);
    let configuration = configured(grammar, base, &written, &mut problems);
    (configuration, as_written(problems))
}

/// Reads what differs for one request.
///
/// ```
/// use lastgood::policy::{self, Policy, Value};
/// let written = Value::Table(vec![("attemptTimeout".into(), Value::Number(500.0))]);
/// let (policy, problems) = policy::for_request(&written, &Policy::of_pages());
/// assert_eq!((policy.attempt_timeout.as_millis(), problems.len()), (500, 0));
/// ```
#[must_use]
pub fn for_request(written: &Value, base: &Policy) -> (Policy, Vec<Problem>) {
    let mut problems = Vec::new();
    let policy = match as_known("", written) {
        Value::Table(entries) => policy(&PAGE, base, PAGE.root, entries.iter(), &mut problems),
        Value::Null => base.clone(),
        other => {
            problems.push(problem(PAGE.root, &other, PAGE.table));
            base.clone()
        }
    };
    (policy, as_written(problems))
}

/// The fields that a page can write for all its requests.
pub fn names_of_pages() -> impl Iterator<Item = String> {
    PAGE.names().map(camel).chain([String::from("routes")])
}

/// Fields that are durations: a plain number is one in milliseconds, as everywhere in
/// JavaScript.
const SPANS: [&str; 17] = [
    "after",
    "age",
    "attempt_timeout",
    "base",
    "cap",
    "deadline",
    "keep_every",
    "probe_every",
    "renew_behind",
    "soft_deadline",
    "span",
    "stale",
    "stale_min",
    "unsafe_deadline",
    "wait",
    "window",
    "hold",
];

/// Names and durations as the grammar knows them.
fn as_known(name: &str, value: &Value) -> Value {
    match value {
        Value::Number(number) if SPANS.contains(&name) => {
            let mut span = decimal(*number);
            span.push_str("ms");
            Value::Text(span)
        }
        Value::List(items) => Value::List(items.iter().map(|item| as_known("", item)).collect()),
        Value::Table(entries) => {
            let known = |(name, value): &(String, Value)| {
                let name = snake(name);
                let value = as_known(&name, value);
                (name, value)
            };
            Value::Table(entries.iter().map(known).collect())
        }
        other => other.clone(),
    }
}

/// What is wrong, by the names that the page uses.
fn as_written(mut problems: Vec<Problem>) -> Vec<Problem> {
    let worded = problems.iter_mut().filter(|_| cfg!(feature = "words"));
    for problem in worded {
        problem.field = camel(&problem.field);
        problem.remedy = camel(&problem.remedy);
    }
    problems
}

/// `attemptTimeout` as `attempt_timeout`.
fn snake(name: &str) -> String {
    let mut known = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            known.push('_');
        }
        known.push(c.to_ascii_lowercase());
    }
    known
}

/// The names in a text the other way round.
fn camel(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut parts = text.split('_');
    written.extend(parts.next());
    for part in parts {
        let mut rest = part.chars();
        written.extend(rest.next().map(|first| first.to_ascii_uppercase()));
        written.push_str(rest.as_str());
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    fn read(json: &str) -> (Policy, Vec<String>) {
        let value = serde_json::from_str(json).unwrap();
        let (policy, problems) = for_request(&value, &Policy::of_pages());
        let lines = problems.iter().map(|problem| format!("{problem}"));
        (policy, lines.collect())
    }

    #[test]
    fn a_page_writes_names_and_times_as_scripts_do() {
        let (policy, problems) = read(
            r#"{"attemptTimeout": 1500, "deadline": "5s", "backoff": {"base": 20, "cap": "1s"}}"#,
        );
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!(policy.attempt_timeout, Duration::from_millis(1500));
        assert_eq!(policy.backoff.base, Duration::from_millis(20));
    }

    #[test]
    fn what_is_wrong_is_named_as_it_was_written() {
        let check = |json, field: &str, remedy: &str| {
            let (_, problems) = read(json);
            assert_eq!(problems.len(), 1, "{problems:?}");
            assert!(problems[0].starts_with(field), "{problems:?}");
            assert!(problems[0].contains(remedy), "{problems:?}");
        };
        check(
            r#"{"attemptTimout": 5}"#,
            "policy.attemptTimout",
            "did you mean `attemptTimeout`?",
        );
        check(
            r#"{"attemptTimeout": "50s"}"#,
            "policy.attemptTimeout = 50s",
            "at most the deadline (30s)",
        );
        check(r#"{"deadline": "soon"}"#, "policy.deadline", "a duration");
        check(r#"{"budget": {}}"#, "policy.budget", "configure(");
        check(r#"{"tiers": []}"#, "policy.tiers", "a field that exists");
        check(r#"{"page": {}}"#, "policy.page", "a field that exists");
        check("7", "policy = 7", "an object such as");
    }

    #[test]
    fn routes_stand_on_what_holds_for_all() {
        let written = r#"{"attempts": 2, "budget": {"percent": 5}, "routes": [{"path": "/api/*", "retryUnsafe": true}]}"#;
        let written = serde_json::from_str(written).unwrap();
        let (configuration, problems) = browser(&written, &Policy::of_pages());
        assert_eq!(problems, []);
        assert_eq!(configuration.guards.budget.percent, 5);
        let policy = configuration.policy_for("/api/x");
        assert!(policy.retry_unsafe && policy.attempts == 2);
        assert!(!configuration.policy_for("/").retry_unsafe);
    }
}
