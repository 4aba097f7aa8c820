//! Any text as a configuration: whatever comes of it is usable.

use lastgood::gateway::Memory;
use lastgood::policy::{self, Policy, Value};
use std::time::Duration;

/// JSON as the value that a host hands over.
pub(crate) fn value(json: &serde_json::Value) -> Value {
    use serde_json::Value as Json;
    match json {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Bool(*truth),
        Json::Number(number) => Value::Number(number.as_f64().unwrap_or(f64::NAN)),
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(items) => Value::List(items.iter().map(value).collect()),
        Json::Object(entries) => Value::Table(
            entries
                .iter()
                .map(|(name, entry)| (name.clone(), value(entry)))
                .collect(),
        ),
    }
}

/// Any text as a configuration: a line for `ORIGIN`, the rest for `LASTGOOD`.
/// Returns how much was found wrong.
pub(crate) fn configuration(text: &str) -> usize {
    let (origin, lastgood) = text.split_once('\n').unwrap_or(("null", text));
    let read = |text: &str| match serde_json::from_str::<serde_json::Value>(text) {
        Ok(json) => value(&json),
        Err(_) => Value::Text(text.to_owned()),
    };
    let (configuration, problems) = policy::parse(&read(origin), &read(lastgood));
    for path in ["/", "/api/x", "", text] {
        let policy = configuration.policy_for(path);
        assert_usable(policy);
        assert_page(&policy.page);
        let plan = policy.maintenance.as_ref();
        let window = plan.and_then(|plan| plan.start.zip(plan.end));
        assert!(window.is_none_or(|(start, end)| start < end));
    }
    for origin in &configuration.origins {
        assert_origin(origin);
    }
    assert!(configuration.origins.is_empty() || configuration.origins[0].weight <= 100);
    assert_guards(&configuration.guards);
    let memory = &mut Memory::new(&configuration, 1);
    assert_eq!(memory.origins.count(), configuration.origins.len().max(1));
    for problem in &problems {
        assert!(problem.field.starts_with("ORIGIN") || problem.field.starts_with("LASTGOOD"));
        assert!(!problem.remedy.is_empty() && !problem.to_string().is_empty());
    }
    problems.len()
}

fn assert_origin(origin: &policy::Origin) {
    let base = &origin.url;
    assert!(base.starts_with("http://") || base.starts_with("https://"));
    assert!(!base.ends_with('/') && !base.contains(char::is_whitespace));
    let host = origin.host.as_deref();
    assert!(host.is_none_or(|host| !host.is_empty() && !host.contains(char::is_whitespace)));
    assert!(origin.strip.is_empty() || origin.strip.starts_with('/'));
    assert!(!origin.strip.ends_with('/'));
    for path in ["/", "/a?b", "", origin.strip.as_str()] {
        let target = origin.target(path);
        let rest = target.strip_prefix(base.as_str());
        assert!(rest.is_some_and(|rest| rest.starts_with('/')), "{target}");
    }
}

fn assert_guards(guards: &policy::Guards) {
    let hour = Duration::from_secs(3600);
    if let Some(rule) = guards.ejection {
        assert!(rule.failures > 0 && rule.hold <= rule.cap && rule.cap <= hour);
        assert!(rule.hold > Duration::ZERO && rule.window > Duration::ZERO);
    }
    if let Some(rule) = guards.breaker {
        assert!(rule.failures > 0 && rule.probe_every > Duration::ZERO);
    }
    let budget = guards.budget;
    assert!(budget.percent <= budget.most && budget.most <= 100);
    assert!(budget.window >= Duration::from_secs(1));
    assert!(budget.tokens.is_none_or(|tokens| tokens.max > 0));
    assert!(guards.loops.limit > 0 && !guards.loops.id.is_empty());
    let probe = guards.probe.as_ref();
    assert!(probe.is_none_or(|probe| probe.path.starts_with('/') && probe.rise > 0));
}

/// Nothing of a page leaves its place or runs.
fn assert_page(page: &policy::Page) {
    let style = page.style();
    assert!(
        !style.contains(['<', '\\']) && style.matches('{').count() == style.matches('}').count()
    );
    assert_eq!(
        page.style_hash().len(),
        if style.is_empty() { 0 } else { 44 }
    );
    let begins = |url: &str, kinds: &[&str]| kinds.iter().any(|kind| url.starts_with(kind));
    let logo = page.logo.as_deref();
    assert!(logo.is_none_or(|uri| begins(uri, &["data:image/"]) && !uri.contains(['"', '<'])));
    let contact = page.contact.as_deref();
    let kinds = ["mailto:", "tel:", "https://", "/"];
    assert!(contact.is_none_or(|url| begins(url, &kinds)));
    assert!(page.links.len() <= 8);
    for link in &page.links {
        assert!(begins(&link.url, &["https://", "http://", "/"]) && !begins(&link.url, &["//"]));
    }
}

pub(crate) fn assert_usable(policy: &Policy) {
    let least = Duration::from_millis(10);
    let most = Duration::from_secs(600);
    assert!((1..=10).contains(&policy.attempts));
    assert!((1..=10).contains(&policy.attempts_per_origin));
    assert!((least..=most).contains(&policy.deadline));
    assert!((least..=most).contains(&policy.unsafe_deadline));
    assert!((least..=policy.deadline).contains(&policy.attempt_timeout));
    assert!(policy.soft_deadline <= policy.deadline);
    assert!(policy.backoff.base <= policy.backoff.cap);
    assert!(policy.backoff.cap <= Duration::from_secs(60));
    assert!(policy.body_limit <= 16 << 20 && policy.copy_limit <= 64 << 20);
    assert!(policy.hold_down.is_none_or(|rule| rule.base <= rule.cap));
    let minute = Duration::from_secs(60);
    assert!(
        policy
            .collapse
            .is_none_or(|rule| rule.wait.max(rule.age) <= minute)
    );
    let lists = [
        &policy.retry_on,
        &policy.failover_on,
        &policy.stale_on,
        &policy.answer_on,
    ];
    assert!(
        lists
            .iter()
            .all(|list| !list.has_status(200) && !list.has_status(304))
    );
}
