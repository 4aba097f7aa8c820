//! From what was written to what holds, every rejection named.
//!
//! Two readers need opposite things: `npm run check` must refuse a file with any
//! fault in it, and a worker in front of a site must run whatever happens. So
//! parsing always yields a whole [`Configuration`], with the default where a
//! field was wrong, and beside it the list of what was wrong.

use super::grammar::{GATEWAY, Grammar};
use super::read::spoken;
use super::{Configuration, Guards, Hedge, Policy, Value, is_pattern, origin};
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
    let origins = origin::origins(origin, &mut problems);
    let base = Policy::default();
    let mut configuration = configured(&GATEWAY, &base, lastgood, &mut problems);
    configuration.origins = origins;
    refuse_hedges_without_budget(&configuration, &mut problems);
    refuse_probes_of_no_origin(&mut configuration, &mut problems);
    (configuration, problems)
}

/// Reads what is for all routes, and the routes.
pub(super) fn configured(
    grammar: &Grammar,
    base: &Policy,
    written: &Value,
    problems: &mut Vec<Problem>,
) -> Configuration {
    let root = grammar.root;
    let entries = match written {
        Value::Table(entries) => entries.as_slice(),
        Value::Null => &[],
        other => {
            problems.push(problem(root, other, grammar.table));
            &[]
        }
    };
    let routes = entries.iter().find(|(name, _)| name == "routes");
    let own = entries
        .iter()
        .filter(|(name, _)| name != "routes" && !grammar.is_guard(name));
    let guards = read_guards(grammar, entries, problems);
    let fallback = Rc::new(policy(grammar, base, root, own, problems));
    let routes = routes.map(|(_, routes)| read_routes(grammar, &fallback, routes, problems));
    Configuration {
        guards,
        routes: routes.unwrap_or_default(),
        fallback,
        ..Configuration::default()
    }
}

pub(super) fn problem(field: &str, value: &Value, remedy: &str) -> Problem {
    Problem {
        field: words!("{field}"),
        value: words!("{value}"),
        remedy: words!("{remedy}"),
    }
}

type Entry = (String, Value);

fn read_guards(grammar: &Grammar, entries: &[Entry], problems: &mut Vec<Problem>) -> Guards {
    let mut read = Guards::default();
    for (name, set) in grammar.guards() {
        let written = entries.iter().find(|(known, _)| known == name);
        if let Some((_, value)) = written
            && let Err(remedy) = set(&mut read, value)
        {
            problems.push(problem(&words!("{}.{name}", grammar.root), value, &remedy));
        }
    }
    settle_guards(grammar.root, &mut read, problems);
    read
}

fn settle_guards(root: &str, guards: &mut Guards, problems: &mut Vec<Problem>) {
    if let Some(ejection) = &mut guards.ejection
        && ejection.hold > ejection.cap
    {
        problems.push(Problem {
            field: words!("{root}.ejection"),
            value: words!("{}", spoken(ejection.hold)),
            remedy: words!("a hold of at most its cap ({})", spoken(ejection.cap)),
        });
        ejection.hold = ejection.cap;
    }
    if guards.budget.most < guards.budget.percent {
        problems.push(Problem {
            field: words!("{root}.budget"),
            value: words!("{}", guards.budget.most),
            remedy: words!("for most at least percent ({})", guards.budget.percent),
        });
        guards.budget.most = guards.budget.percent;
    }
}

fn read_routes(
    grammar: &Grammar,
    base: &Policy,
    value: &Value,
    problems: &mut Vec<Problem>,
) -> Vec<(String, Rc<Policy>)> {
    let Value::List(items) = value else {
        let field = words!("{}.routes", grammar.root);
        problems.push(problem(&field, value, grammar.routes));
        return Vec::new();
    };
    let mut routes = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let place = words!("{}.routes[{index}]", grammar.root);
        match item {
            Value::Table(entries) => {
                routes.extend(route(grammar, base, &place, entries, problems));
            }
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
    grammar: &Grammar,
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
    let policy = policy(grammar, base, place, fields, problems);
    match path {
        Some(Value::Text(pattern)) if is_pattern(pattern) => {
            Some((pattern.clone(), Rc::new(policy)))
        }
        other => {
            let field = words!("{place}.path");
            problems.push(problem(
                &field,
                other.unwrap_or(&Value::Null),
                "a path such as \"/api/*\", with one star at most",
            ));
            None
        }
    }
}

pub(super) fn policy<'e>(
    grammar: &Grammar,
    base: &Policy,
    place: &str,
    entries: impl Iterator<Item = &'e Entry>,
    problems: &mut Vec<Problem>,
) -> Policy {
    let mut policy = base.clone();
    let mut own_tiers = false;
    for (name, value) in entries {
        own_tiers |= name == "tiers";
        if let ("page", Value::Table(members), Some(read)) =
            (name.as_str(), value, grammar.read_page)
        {
            read(&mut policy, place, members, problems);
            continue;
        }
        let outcome = match grammar.field(name) {
            Some(set) => set(&mut policy, value),
            None => Err(words!("{}", strange(grammar, name))),
        };
        if let Err(remedy) = outcome {
            problems.push(problem(&words!("{place}.{name}"), value, &remedy));
        }
    }
    settle_contradictions(&mut policy, base, place, problems);
    if own_tiers {
        settle_tiers(&mut policy, place, problems);
    }
    policy
}

/// A tier cannot keep for longer what may not be shown for longer.
fn settle_tiers(policy: &mut Policy, place: &str, problems: &mut Vec<Problem>) {
    let most = policy.stale.max(policy.stale_min);
    for tier in &mut policy.tiers {
        if let Some(stale) = tier.stale.take_if(|stale| *stale > most) {
            problems.push(Problem {
                field: words!("{place}.tiers"),
                value: words!("{}", spoken(stale)),
                remedy: words!(
                    "for stale of {} at most the stale of all copies ({}), or raise that",
                    tier.name,
                    spoken(most)
                ),
            });
        }
    }
}

/// What would be right in place of a field that a policy does not have.
fn strange(grammar: &Grammar, name: &str) -> String {
    match grammar.is_guard(name) {
        true => format!("a field of the route; {}", grammar.at_top),
        false => unknown(name, grammar.names()),
    }
}

/// Names the known field that is written most alike, if one is close.
pub(super) fn unknown<'k>(name: &str, mut known: impl Iterator<Item = &'k str>) -> String {
    let alike = |known: &str| {
        let letters = name.as_bytes();
        let common = known.bytes().filter(|it| letters.contains(it)).count();
        let longest = known.len().max(name.len());
        common.saturating_mul(4) >= longest.saturating_mul(3)
            && known.as_bytes().first() == letters.first()
    };
    match known.find(|known| alike(known)) {
        Some(known) => format!("a field that exists; did you mean `{known}`?"),
        None => String::from("a field that exists; the README lists them"),
    }
}

/// A hedge is a repetition, and there is none without a budget.
fn refuse_hedges_without_budget(configuration: &Configuration, problems: &mut Vec<Problem>) {
    let budget = configuration.guards.budget;
    let none = budget.most == 0 && budget.floor == 0 && budget.tokens.is_none();
    let mut all = configuration.policies();
    if none && all.any(|policy| policy.hedge.is_some()) {
        problems.push(Problem {
            field: "LASTGOOD.hedge".into(),
            value: "a hedge".into(),
            remedy: "none where the budget is 0, or give the budget a percentage or a floor".into(),
        });
    }
}

/// The zone's own origin has no address that could be probed.
fn refuse_probes_of_no_origin(configuration: &mut Configuration, problems: &mut Vec<Problem>) {
    let unbound = configuration.origins.is_empty();
    if let Some(probe) = configuration.guards.probe.take_if(|_| unbound) {
        problems.push(Problem {
            field: "LASTGOOD.probe".into(),
            value: Value::Text(probe.path).to_string(),
            remedy: "an ORIGIN beside it: the zone's own cannot be probed".into(),
        });
    }
}

/// What each value alone allows and both together do not. The deadline wins.
fn settle_contradictions(
    policy: &mut Policy,
    base: &Policy,
    place: &str,
    problems: &mut Vec<Problem>,
) {
    let deadline = policy.deadline;
    let mut limit = |name: &str, span: &mut Duration, highest: Duration, other: &str| {
        if *span > highest {
            problems.push(Problem {
                field: words!("{place}.{name}"),
                value: words!("{}", spoken(*span)),
                remedy: words!("at most the {other} ({}), or raise that", spoken(highest)),
            });
            *span = highest;
        }
    };
    // A deadline lowered below time-outs that were not touched is no contradiction.
    if policy.attempt_timeout == base.attempt_timeout {
        policy.attempt_timeout = policy.attempt_timeout.min(deadline);
    }
    if policy.soft_deadline == base.soft_deadline {
        policy.soft_deadline = policy.soft_deadline.min(deadline);
    }
    if policy.backoff.base == base.backoff.base {
        policy.backoff.base = policy.backoff.base.min(policy.backoff.cap);
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
    if let Some(hold_down) = &mut policy.hold_down {
        let cap = hold_down.cap;
        limit("hold_down", &mut hold_down.base, cap, "hold_down's cap");
    }
    if let Some(Hedge::After(after)) = &mut policy.hedge {
        limit("hedge", after, deadline, "deadline");
    }
    if policy.stale_although_origin_forbids && policy.stale.max(policy.stale_min).is_zero() {
        problems.push(Problem {
            field: words!("{place}.stale_although_origin_forbids"),
            value: words!("true"),
            remedy: words!("a stale above 0s beside it, or leave it off"),
        });
        policy.stale_although_origin_forbids = false;
    }
}

#[cfg(test)]
pub(super) use tests::{check, parse_json};

#[cfg(test)]
mod tests {
    use super::super::{Failures, Mode};
    use super::*;

    const MIB: u64 = 1024 * 1024;

    pub(in crate::policy) fn parse_json(
        origin: &str,
        lastgood: &str,
    ) -> (Configuration, Vec<Problem>) {
        let read = |text| serde_json::from_str::<Value>(text).unwrap();
        parse(&read(origin), &read(lastgood))
    }

    /// Every problem as one line.
    fn problems(origin: &str, lastgood: &str) -> Vec<String> {
        let (_, problems) = parse_json(origin, lastgood);
        problems.iter().map(ToString::to_string).collect()
    }

    pub(in crate::policy) fn check(lastgood: &str, field: &str, remedy: &str) {
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
        let origins = configuration.origins.iter();
        let urls: Vec<&str> = origins.map(|origin| origin.url.as_str()).collect();
        assert_eq!(urls, ["https://a.test", "http://b.test:8080/base"]);
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
            r#"{"stale_percent": 0}"#,
            "LASTGOOD.stale_percent = 0",
            "from 1 to 10000",
        );
        check(
            r#"{"stale": "0s", "stale_although_origin_forbids": true}"#,
            "LASTGOOD.stale_although_origin_forbids = true",
            "a stale above 0s",
        );
        check(
            r#"{"remember": {"200": "5s"}}"#,
            "LASTGOOD.remember",
            "from 400 to 599",
        );
        check(
            r#"{"remember": {"404": "1h"}}"#,
            "LASTGOOD.remember",
            "for 404 a duration",
        );
        check(
            r#"{"bypass_header": "x y"}"#,
            "LASTGOOD.bypass_header",
            "the name of a header",
        );
        check(
            r#"{"obey_clients": "no"}"#,
            "LASTGOOD.obey_clients",
            "true or false",
        );
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
        for (written, field, remedy) in [
            (
                r#"{"breaker": {"failures": 0}}"#,
                "LASTGOOD.breaker",
                "for failures a whole number",
            ),
            (r#"{"breaker": "on"}"#, "LASTGOOD.breaker", "probe_every"),
            (
                r#"{"ejection": {"hold": "2m"}}"#,
                "LASTGOOD.ejection",
                "at most its cap",
            ),
            (
                r#"{"budget": {"percent": 101}}"#,
                "LASTGOOD.budget",
                "from 0 to 100",
            ),
            (
                r#"{"budget": {"percent": 50, "most": 40}}"#,
                "LASTGOOD.budget",
                "at least percent",
            ),
            (
                r#"{"budget": {"tokens": {"max": 0}}}"#,
                "LASTGOOD.budget",
                "from 1 to 1000",
            ),
            (r#"{"loop": {"id": "a b"}}"#, "LASTGOOD.loop", "header"),
            (
                r#"{"probe": {"path": "health"}}"#,
                "LASTGOOD.probe",
                "/health",
            ),
            (r#"{"probe": {}}"#, "LASTGOOD.probe", "an ORIGIN"),
            (
                r#"{"hedge": {"after": "0s"}}"#,
                "LASTGOOD.hedge",
                "from 1ms",
            ),
            (
                r#"{"hedge": {"after": "20s"}}"#,
                "LASTGOOD.hedge",
                "deadline",
            ),
            (
                r#"{"hedge": true, "budget": {"percent": 0, "floor": 0}}"#,
                "LASTGOOD.hedge",
                "budget",
            ),
            (
                r#"{"hold_down": {"base": "2m"}}"#,
                "LASTGOOD.hold_down",
                "cap",
            ),
            (
                r#"{"collapse": {"wait": 5}}"#,
                "LASTGOOD.collapse",
                "for wait a duration",
            ),
            (
                r#"{"attempt_header": "X Attempt"}"#,
                "LASTGOOD.attempt_header",
                "x-attempt",
            ),
            (r#"{"observe": 1}"#, "LASTGOOD.observe", "true or false"),
            (
                r#"{"robots": "gone"}"#,
                "LASTGOOD.robots = \"gone\"",
                "\"unavailable\" or \"missing\"",
            ),
            (
                r#"{"routes": [{"path": "/x", "budget": {}}]}"#,
                "LASTGOOD.routes[0].budget",
                "at the top",
            ),
        ] {
            check(written, field, remedy);
        }
    }

    #[test]
    fn a_tier_keeps_to_the_bound_of_all() {
        let tiers = r#""tiers": [{"kv": "A", "stale": "7d"}]"#;
        check(
            &alloc::format!("{{{tiers}}}"),
            "LASTGOOD.tiers = 7d",
            "for stale of A at most the stale of all copies (1d)",
        );
        let routes = r#""routes": [{"path": "/x", "stale": "1h"}, {"path": "/y", "tiers": []}]"#;
        let (configuration, found) = parse_json(
            "null",
            &alloc::format!(r#"{{"stale": "7d", {tiers}, {routes}}}"#),
        );
        assert_eq!(found, []);
        let count = |path| configuration.policy_for(path).tiers.len();
        assert_eq!((count("/"), count("/x"), count("/y")), (1, 1, 0));
        assert_eq!(configuration.tiers().count(), 2);
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
            r#"{"trusted": false}"#,
            r#"{"url": "https://a.test", "weight": 101}"#,
            r#"{"url": "https://a.test", "host": "a b"}"#,
            r#"{"url": "https://a.test", "colour": "red"}"#,
            r#"{"url": "https://a.test", "strip": "blog"}"#,
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
