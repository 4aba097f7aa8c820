//! What anybody may throw at the core: text for every grammar, envelopes and
//! configurations.
//!
//! Each body here, and the one in `trial.rs`, panics if a promise breaks. They run
//! under proptest on stable Rust (`tests/properties.rs`) and under libfuzzer
//! (`fuzz/`).

use super::{Asked, EPOCH, Stored, applied, law};
use lastgood::answer::{self, Asker, Form, Matter};
use lastgood::copies::{self, Changes, Copy};
use lastgood::gateway::{self, Arrival, Body, Event, Exchange, Memory, Request, Source, Told};
use lastgood::policy::{self, Policy, Value};
use lastgood::retry::Random;
use lastgood::verdict::{Facts, Failure, disguise};
use lastgood::wire::{self, CacheControl, Fields, Listed, Positional, RequestHead, ResponseHead};
use std::{rc::Rc, time::Duration};

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

/// Any text as every field, name, URL and date there is.
pub(crate) fn fields(text: &str) {
    grammars(text);
    cache_control(text);
    dates(text);
    heads(text);
    answers(text);
}

fn grammars(text: &str) {
    const OFFERS: [&str; 3] = ["text/html", "application/json", "text/plain"];
    for element in wire::list::elements(text).chain(wire::list::parts(text)) {
        assert!(!element.is_empty() && element == element.trim());
        let (name, value) = wire::list::pair(element);
        assert!(element.contains(name) && element.contains(value));
    }
    assert!(wire::cookie::names(text).all(|name| !name.is_empty() && !name.contains(';')));
    let preferred = wire::accept::best(text, &OFFERS);
    assert!(preferred.is_none_or(|best| OFFERS.contains(&best)));
    let _ = wire::media_type::kind(text);
    assert!(!wire::media_type::essence(text).contains(';'));
    let _ = wire::proxy_status::line(Some(text), Some(502));
    let listed = Listed::new(text);
    let line = wire::vary::selecting(text, &listed);
    assert_eq!(line, wire::vary::selecting(text, &listed));
    assert!(wire::message::path_and_query(text).starts_with('/'));
    let json = wire::json::string(text);
    assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    assert!(!json.contains('\n'));
    let _ = policy::duration(text);
    let _ = policy::Failures::default().add(text);
}

/// Two readings of `Cache-Control` agree on what forbids.
fn cache_control(text: &str) {
    let read = CacheControl::parse(text);
    let longest = Duration::from_secs(u64::from(u32::MAX));
    let spans = [
        read.max_age,
        read.s_maxage,
        read.stale_if_error,
        read.stale_while_revalidate,
    ];
    assert!(spans.into_iter().flatten().all(|span| span <= longest));
    // The second reading knows nothing of backslashes in quoted strings.
    if text.contains('\\') {
        return;
    }
    let directives = law::directives(text);
    let says = |word: &str| directives.iter().any(|(name, _)| name == word);
    let both = [
        (read.no_store, "no-store"),
        (read.no_cache, "no-cache"),
        (read.private, "private"),
        (read.public, "public"),
        (read.must_revalidate, "must-revalidate"),
        (read.proxy_revalidate, "proxy-revalidate"),
        (read.s_maxage.is_some(), "s-maxage"),
        (read.max_age.is_some(), "max-age"),
        (read.stale_if_error.is_some(), "stale-if-error"),
    ];
    for (first, word) in both {
        assert_eq!(first, says(word), "{word} in {text:?}");
    }
}

/// Two readings of an IMF-fixdate agree.
fn dates(text: &str) {
    retry_after(text);
    let read = wire::date::parse(text).map(|at| i128::from(at.as_millis() / 1000));
    let fixed = text.as_bytes().get(3) == Some(&b',') && text.trim() == text;
    if let (Some(first), Some(second), true) = (read, law::http_date(text), fixed) {
        assert_eq!(first, second, "{text:?}");
    }
}

/// Two readings of `Retry-After` agree, on seconds and on dates.
fn retry_after(text: &str) {
    let read = wire::retry_after::parse(text, EPOCH).map(|span| span.as_millis());
    let plain = text.trim_matches([' ', '\t']);
    let digits = !plain.is_empty() && plain.bytes().all(|byte| byte.is_ascii_digit());
    if digits {
        let secs: u128 = plain.parse().unwrap_or(u128::MAX);
        assert_eq!(read, Some(secs.min(u32::MAX.into()) * 1000), "{text:?}");
    } else if let (Some(read), Some(date)) = (read, law::http_date(text)) {
        let left = date * 1000 - i128::from(EPOCH.as_millis());
        assert_eq!(i128::try_from(read), Ok(left.max(0)), "{text:?}");
    }
    let listed = format!("retry-after:{text}");
    let facts = Facts::read(503, &Listed::new(&listed), &Policy::default(), EPOCH);
    let line = text.split('\n').next().unwrap_or_default();
    assert_eq!(facts.retry_after, wire::retry_after::parse(line, EPOCH));
}

/// The text as the fields, the method and the URL of both messages.
fn heads(text: &str) {
    let listed = Listed::new(text);
    let positional = Positional::new(RequestHead::FIELDS, text);
    let by_position = Positional::new(ResponseHead::FIELDS, text);
    let policy = Policy::default();
    for fields in [&listed as &dyn Fields, &positional] {
        for method in ["GET", text] {
            let request = RequestHead::read(method, text, fields);
            let arrival = Arrival {
                url: text,
                body: Body::None,
                now: EPOCH,
            };
            let memory = &mut Memory::default();
            let _ = gateway::open(&request, &arrival, &policy, memory);
            let _ = gateway::is_looped(&request, memory);
            for answered in [&listed as &dyn Fields, &by_position] {
                let response = ResponseHead::read(200, answered);
                let _ = copies::may_keep(&request, &response, &policy);
                let _ = Copy::new(&response, EPOCH).showable(&policy, EPOCH);
            }
        }
    }
    for facts in [
        &listed as &dyn Fields,
        &Positional::new(Facts::FIELDS, text),
    ] {
        let _ = Facts::read(200, facts, &policy, EPOCH);
    }
    let asked = Asked::new("GET", text, Body::None);
    check_keeping(&asked, 200, text, &policy);
    let _ = copies::is_not_modified(text, &listed);
    let _ = Copy::open(200, text, &listed);
    let _ = copies::restore(text, &Changes::default());
    let _ = copies::vary(text);
    let bytes = u64::try_from(text.len()).unwrap();
    let kept = copies::may_keep_body("text/html", bytes, text).is_ok();
    assert_eq!(kept, bytes > 0 && disguise::recognise(text).is_none());
}

/// Whatever is kept breaks no rule of the second reading.
pub(crate) fn check_keeping(asked: &Asked, status: u16, answered: &str, policy: &Policy) -> bool {
    // The second reading is not made for white space that is no header's.
    let plain = |text: &str| !text.contains(|c: char| c.is_control() && c != '\n');
    let listed = Listed::new(answered);
    let kept = asked.with_head(|request| {
        let response = ResponseHead::read(status, &listed);
        copies::may_keep(request, &response, policy).is_ok()
    });
    if kept && plain(answered) && plain(&asked.fields) && !answered.contains('\\') {
        let why = law::refusal(asked, status, answered, policy);
        assert_eq!(why, None, "{asked:?} {status} {answered:?}");
    }
    kept
}

/// The text as an asker, and as an id on every form of answer.
fn answers(text: &str) {
    let listed = Listed::new(text);
    let asker = Asker::read(&listed);
    let forms = [
        asker.form(),
        Form::Html,
        Form::Problem("application/problem+json"),
        Form::Text,
        Form::Empty("image/png"),
    ];
    let facts = Facts::read(503, &listed, &Policy::default(), EPOCH);
    let failure = Failure::answered(&facts);
    let matter = Matter {
        failure,
        safe: false,
        id: text,
        retry_after: answer::retry_after(&failure, &mut Random::new(1)),
    };
    for form in forms {
        let answer = answer::compose(form, policy::AnswerStatus::Upstream, &matter);
        assert_eq!(answer.status, 503);
        if let Form::Problem(_) = form {
            let problem: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
            assert_eq!(problem["request_id"], text);
        }
    }
    log_line(text, failure);
}

/// The line about a request that came to nothing, whatever it was for.
fn log_line(text: &str, failure: Failure) {
    let told = Told {
        id: text,
        method: text,
        path: text,
        source: Source::Answer(failure),
        status: 503,
        took: Duration::MAX,
    };
    let looped = (true, true);
    let (listed, policy) = (Listed::new(text), Rc::new(Policy::default()));
    let head = RequestHead::read(text, text, &listed);
    let request = Request::new(&head, text, &Asker::read(&listed), looped, &policy);
    let mut exchange = Exchange::new(policy, request, None, 1, 1, EPOCH);
    let _ = exchange.step(Event::Start, EPOCH, &mut Memory::default());
    let line = gateway::log_line(&exchange, &told).expect("it is worth a line");
    assert!(!line.contains('\n'));
    let read: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&read["id"], &read["url"]), (&text.into(), &text.into()));
}

/// Fields as a host hands them out: lower-case tokens, each once, trimmed.
fn as_handed_out(text: &str) -> Vec<String> {
    let mut seen = Vec::new();
    let mut lines = Vec::new();
    for (name, value) in text.lines().filter_map(|line| line.split_once(':')) {
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
        let token = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let fit = !name.is_empty() && name.chars().all(token) && !value.is_empty();
        if fit && !value.contains('\r') && !seen.contains(&name) {
            lines.push(format!("{name}:{value}"));
            seen.push(name);
        }
    }
    lines
}

/// What goes into an envelope comes out of it, whatever an origin sends.
/// `text` has the request's fields, a line `---`, and the response's.
pub(crate) fn envelope(text: &str) {
    let (asked, answered) = text.split_once("\n---\n").unwrap_or(("", text));
    let asked = as_handed_out(asked).join("\n");
    let request = Listed::new(&asked);
    let lines = as_handed_out(answered);
    let ours = |line: &&String| {
        let name = line.split(':').next().unwrap_or("");
        name.starts_with("lastgood-") || ["set-cookie", "cf-cache-status", "cf-ray"].contains(&name)
    };
    let mut foreign: Vec<String> = lines.iter().filter(|line| !ours(line)).cloned().collect();
    let stored = Stored {
        response: lines.join("\n"),
        selecting: asked.clone(),
        at: EPOCH,
    };
    let sealed = stored.sealed();

    let envelope = stored.envelope();
    let opened =
        Copy::open(200, &envelope, &request).expect("it is the variant of its own request");
    let original = foreign.join("\n");
    let direct = Listed::new(&original);
    let expected = Copy::new(&ResponseHead::read(200, &direct), EPOCH);
    assert_eq!(opened, expected, "{original:?}");

    let restored = applied(
        &sealed,
        copies::restore(&envelope, &Changes::default()).as_str(),
    );
    let mut restored: Vec<&str> = restored.lines().collect();
    restored.sort_unstable();
    foreign.sort_unstable();
    assert_eq!(restored, foreign);
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
        assert_usable(configuration.policy_for(path));
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
