//! What anybody may throw at the core: text for every grammar, envelopes and
//! configurations.
//!
//! Each body here, and the one in `trial.rs`, panics if a promise breaks. They run
//! under proptest on stable Rust (`tests/properties.rs`) and under libfuzzer
//! (`fuzz/`).

use super::raw::Said;
use super::{Asked, EPOCH, Stored, applied, law};
use lastgood::answer::{self, Asker, Form, Language, Matter};
use lastgood::copies::{self, Changes, Copy};
use lastgood::gateway::{self, Arrival, Body, Event, Exchange, Memory, Request, Source, Told};
use lastgood::policy::{self, Page, Policy};
use lastgood::retry::Random;
use lastgood::verdict::{Facts, Failure, Number, Outage, disguise};
use lastgood::wire::{
    self, CacheControl, Demands, Fields, Listed, Positional, RequestHead, ResponseHead,
    list::{elements, parts},
};
use std::{rc::Rc, time::Duration};

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
    for element in elements(text).chain(parts(text)) {
        assert!(!element.is_empty() && element == element.trim_ascii());
        let (name, value) = wire::list::pair(element);
        assert!(element.contains(name) && element.contains(value));
    }
    assert!(wire::cookie::names(text).all(|name| !name.is_empty() && !name.contains(';')));
    let preferred = wire::accept::best(text, &OFFERS);
    assert!(preferred.is_none_or(|best| OFFERS.contains(&best)));
    let _ = wire::accept_language::lookup(text, |tag| tag.is_empty().then_some(()));
    let admitted = wire::security_policy::with_style(text, "x");
    assert!(admitted.is_none_or(|it| it.contains(" 'sha256-x'")));
    let notice = answer::notice(Some(Duration::ZERO), false, Language::of(text));
    assert!(notice.is_ascii());
    let _ = copies::is_document(text.as_bytes());
    let (mut read, mut again) = (copies::Epochs::default(), copies::Epochs::default());
    read.learn(text);
    again.learn(&read.written());
    assert_eq!(again.written(), read.written());
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
    demands(text, &says);
    targeted(text);
}

/// Two readings of what a client demands agree.
fn demands(text: &str, says: &dyn Fn(&str) -> bool) {
    let read = Demands::parse(text);
    let both = [
        (read.no_store, "no-store"),
        (read.no_cache, "no-cache"),
        (read.only_if_cached, "only-if-cached"),
        (read.max_age.is_some(), "max-age"),
        (read.min_fresh.is_some(), "min-fresh"),
        (read.max_stale.is_some(), "max-stale"),
        (read.stale_if_error.is_some(), "stale-if-error"),
    ];
    for (first, word) in both {
        assert_eq!(first, says(word), "{word} in {text:?}");
    }
}

/// Two readings of a targeted field agree, where the second one knows the grammar.
fn targeted(text: &str) {
    let fields = format!("cdn-cache-control:{text}");
    let read = wire::targeted::parse(text.trim_ascii());
    if text.contains('\n') || !law::is_plain(&fields) {
        return;
    }
    let said = Said::of(&fields);
    assert_eq!(read.is_some(), said.targeted, "{text:?}");
    let Some(read) = read else { return };
    let words = [(read.no_store, "no-store"), (read.public, "public")];
    for (first, word) in words {
        assert_eq!(first, said.says(&[word]), "{word} in {text:?}");
    }
    let millis = |span: Duration| i128::try_from(span.as_millis()).unwrap();
    assert_eq!(read.max_age.map(millis), said.millis("max-age"), "{text:?}");
}

/// Two readings of an IMF-fixdate agree.
fn dates(text: &str) {
    retry_after(text);
    let _ = wire::date_time::parse(text);
    let read = wire::date::parse(text).map(|at| i128::from(at.as_millis() / 1000));
    let fixed = text.as_bytes().get(3) == Some(&b',') && text.trim_ascii() == text;
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
                let demands = Demands::parse(text);
                let copy = Copy::new(&response, EPOCH, Duration::ZERO);
                let _ = copy.showable(&demands, &policy, EPOCH);
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
    let _ = Copy::open(text, &listed);
    let _ = copies::restore(text, &Changes::default());
    let bytes = u64::try_from(text.len()).unwrap();
    let kept = copies::may_keep_body("text/html", bytes, text.as_bytes()).is_ok();
    let disguised = disguise::recognise(text.as_bytes()).is_some();
    assert_eq!(kept, bytes > 0 && !disguised);
}

/// Whatever is kept breaks no rule of the second reading.
pub(crate) fn check_keeping(asked: &Asked, status: u16, answered: &str, policy: &Policy) -> bool {
    let listed = Listed::new(answered);
    let kept = asked.with_head(|request| {
        let response = ResponseHead::read(status, &listed);
        copies::may_keep(request, &response, policy).is_ok()
    });
    if kept && law::is_plain(answered) && law::is_plain(&asked.fields) {
        let why = law::refusal(asked, (status, answered), None, policy);
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
        Form::Problem("application/problem+xml"),
        Form::Markdown,
        Form::Text,
        Form::Stub("image/svg+xml"),
    ];
    let facts = Facts::read(503, &listed, &Policy::default(), EPOCH);
    let failure = Failure::answered(&facts);
    let matter = Matter {
        failure,
        safe: false,
        id: text,
        number: Number::of_body(text.as_bytes()),
        url: text,
        language: Language::of(text),
        outage: Outage::default(),
        page: &Page::default(),
        maintenance: None,
        still_there: &[],
        template: None,
        near: false,
        retry_after: answer::retry_after(&failure, Outage::default(), &mut Random::new(1)),
    };
    for form in forms {
        let answer = answer::compose(form, 503, &matter);
        assert_eq!(answer.status, 503);
        assert!(!answer.body.contains("<script>alert("), "{}", answer.body);
        if let Form::Problem("application/problem+json") = form {
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
    let line = gateway::log_line(&(&exchange).into(), &told).expect("it is worth a line");
    assert!(!line.contains('\n'));
    let read: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&read["id"], &read["url"]), (&text.into(), &text.into()));
}

/// Fields as a host hands them out: lower-case tokens, each once, trimmed.
fn as_handed_out(text: &str) -> Vec<String> {
    let mut seen = Vec::new();
    let mut lines = Vec::new();
    for (name, value) in text.lines().filter_map(|line| line.split_once(':')) {
        let (name, value) = (name.trim_ascii().to_ascii_lowercase(), value.trim_ascii());
        let token = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let fit = !name.is_empty() && name.chars().all(token) && !value.is_empty();
        if fit && !value.contains('\r') && !seen.contains(&name) {
            lines.push(format!("{name}:{value}"));
            seen.push(name);
        }
    }
    lines
}

/// No `Connection` takes these from a copy: it would be shown where they forbid it. Nor
/// the digests, which are moved aside with them.
const CACHES_GO_BY: [&str; 17] = [
    "age",
    "cache-control",
    "cdn-cache-control",
    "cloudflare-cdn-cache-control",
    "content-digest",
    "content-md5",
    "content-range",
    "date",
    "digest",
    "etag",
    "expires",
    "last-modified",
    "lastgood-cache-control",
    "pragma",
    "repr-digest",
    "surrogate-control",
    "vary",
];

/// What a copy never shows: ours, what the store adds, and what was for one visitor.
const OF_NO_COPY: [&str; 6] = [
    "cf-cache-status",
    "cf-ray",
    "lastgood-cache-control",
    "lastgood-envelope",
    "lastgood-vary",
    "set-cookie",
];

/// What goes into an envelope comes out of it, whatever an origin sends.
/// `text` has the request's fields, a line `---`, and the response's.
pub(crate) fn envelope(text: &str) {
    let (asked, answered) = text.split_once("\n---\n").unwrap_or(("", text));
    let asked = as_handed_out(asked).join("\n");
    let request = Listed::new(&asked);
    let lines = as_handed_out(answered);
    // What is about the connection ends with it, but for what caches go by.
    let hops = lines
        .iter()
        .find_map(|line| line.strip_prefix("connection:"));
    let hops = hops.unwrap_or("").to_ascii_lowercase();
    let is_hop = |name: &str| name == "connection" || elements(&hops).any(|hop| hop == name);
    let ours = |line: &&String| {
        let name = line.split(':').next().unwrap_or("");
        OF_NO_COPY.contains(&name) || (is_hop(name) && !CACHES_GO_BY.contains(&name))
    };
    let mut foreign: Vec<String> = lines.iter().filter(|line| !ours(line)).cloned().collect();
    let stored = Stored {
        status: [200, 203, 301, 404, 206][text.len() % 5],
        response: lines.join("\n"),
        selecting: asked.clone(),
        at: EPOCH,
        waited: u64::try_from(text.len()).unwrap() * 100,
    };
    let sealed = stored.sealed("");

    let envelope = stored.envelope();
    let direct = Listed::new(&stored.response);
    let varied = wire::vary::selecting(direct.get("vary"), &request);
    let opened = match Copy::open(&envelope, &request) {
        Some(copy) => copy,
        None => return assert!(wire::is_garbled(&varied), "it is its own variant"),
    };
    let head = ResponseHead::read(stored.status, &direct);
    let waited = Duration::from_millis(stored.waited);
    let expected = Copy::new(&head, EPOCH, waited);
    assert_eq!(opened, expected, "{:?}", stored.response);

    let restored = applied(
        &sealed,
        copies::restore(&envelope, &Changes::default()).as_str(),
    );
    let mut restored: Vec<&str> = restored.lines().collect();
    restored.sort_unstable();
    foreign.sort_unstable();
    assert_eq!(restored, foreign);
}
