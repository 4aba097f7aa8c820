//! Where chance comes from: worlds, messages, texts and configurations, with the
//! edges of every rule drawn more often than the rest.

use crate::sim::{Asked, Behaviour, Clock, EPOCH, End, Origin, Stored, World, raw, scenario};
use lastgood::gateway::Body;
use lastgood::policy::Policy;
use lastgood::wire::Timestamp;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use std::{rc::Rc, time::Duration};

pub(crate) fn worlds() -> impl Strategy<Value = World> {
    let outside = (
        clocks(),
        select(vec![0, 0, 0, 5, 900]),
        select(vec![0, 0, 0, 30, 3000]),
    );
    let inside = (
        tables_of_policies(),
        requests(),
        vec(vec(behaviours(), 1..4), 1..4),
    );
    let copy = option::of(copies());
    (inside, copy, outside, any::<u64>(), any::<bool>()).prop_map(
        |((policy, asked, origins), copy, (clock, timers_late, look_takes), seed, watched)| {
            let configuration = scenario::read_configuration(origins.len(), &policy);
            World {
                policy,
                configuration: configuration.expect("a right policy"),
                visits: vec![asked],
                origins: origins.into_iter().map(Origin::script).collect(),
                copies: copy
                    .map(|copy| ("/".to_owned(), copy))
                    .into_iter()
                    .collect(),
                look_takes,
                tiers: Vec::new(),
                clock,
                lags: 0,
                timers_late,
                seed,
                watched,
                unread: false,
            }
        },
    )
}

pub(crate) fn policies() -> impl Strategy<Value = Rc<Policy>> {
    tables_of_policies().prop_map(|json| scenario::read_policy(&json).expect("a right policy"))
}

/// A policy as its operator would write it.
fn tables_of_policies() -> impl Strategy<Value = String> {
    let numbers = (
        1_u8..6,
        1_u8..3,
        10_u64..12_000,
        10_u64..12_000,
        0_u64..2000,
        10_u64..60_000,
    );
    let pauses = (0_u64..300, 0_u64..5000);
    let words = (
        select(vec!["standby", "standby", "cache", "off"]),
        select(vec!["page", "origin"]),
        any::<(bool, bool)>(),
        select(vec!["0s", "30s", "2h"]),
        select(vec!["0s", "0s", "1m"]),
    );
    let listed = subsequence(
        vec![
            "\"network\"",
            "\"timeout\"",
            "\"502-504\"",
            "\"520-530\"",
            "429",
        ],
        0..6,
    );
    (numbers, pauses, words, listed, rarities()).prop_map(
        |(numbers, pauses, words, listed, rare)| {
            let (attempts, per_origin, deadline, attempt, soft, unsafe_deadline) = numbers;
            let (mode, answer, (opted_in, obeys), stale, stale_min) = words;
            let (attempt, soft) = (attempt.min(deadline), soft.min(deadline));
            let (base, cap) = (pauses.0.min(pauses.1), pauses.1);
            let list = listed.join(", ");
            [
                format!(r#"{{"attempts": {attempts}, "attempts_per_origin": {per_origin}"#),
                format!(r#""deadline": "{deadline}ms", "attempt_timeout": "{attempt}ms""#),
                format!(r#""soft_deadline": "{soft}ms", "unsafe_deadline": "{unsafe_deadline}ms""#),
                format!(r#""backoff": {{"base": "{base}ms", "cap": "{cap}ms"}}, "mode": "{mode}""#),
                format!(r#""answer": "{answer}", "retry_unsafe": {opted_in}"#),
                format!(
                    r#""retry_after": {obeys}, "stale": "{stale}", "stale_min": "{stale_min}""#
                ),
                format!(r#""retry_on": [{list}], "failover_on": [{list}]{rare}}}"#),
            ]
            .join(", ")
        },
    )
}

/// What few operators turn on, or off.
fn rarities() -> impl Strategy<Value = String> {
    let fields = vec![
        r#", "hedge": {"after": "10ms"}"#,
        r#", "hold_down": false"#,
        r#", "observe": true"#,
        r#", "disguised": true"#,
        r#", "retry_stop_header": "x-stop""#,
        r#", "retry_header": "x-again""#,
        r#", "attempt_header": "x-attempt""#,
        r#", "breaker": false"#,
        r#", "ejection": {"failures": 1}"#,
        r#", "budget": {"percent": 0, "floor": 1}"#,
        r#", "collapse": {"wait": "10ms"}"#,
    ];
    prop_oneof![
        1 => Just(String::new()),
        1 => subsequence(fields, 0..4).prop_map(|fields| fields.concat()),
    ]
}

pub(crate) fn requests() -> impl Strategy<Value = Asked> {
    let method = select(vec![
        "GET", "GET", "GET", "HEAD", "OPTIONS", "POST", "PUT", "BREW",
    ]);
    let lines = vec![
        "cookie:sid=1",
        "idempotency-key:1",
        "authorization:Basic eA==",
        "range:bytes=0-1",
        "sec-fetch-mode:cors",
    ];
    let body = select(vec![
        Body::None,
        Body::None,
        Body::Sized(100),
        Body::Sized(1 << 20),
        Body::Unsized,
    ]);
    let demands = prop_oneof![2 => Just(String::new()), 1 => demands()];
    (method, subsequence(lines, 0..3), demands, body).prop_map(|(method, lines, demands, body)| {
        let bodiless = method == "GET" || method == "HEAD";
        let body = if bodiless { Body::None } else { body };
        let fields = format!("{}\n{demands}", lines.join("\n"));
        Asked::new(method, fields.trim(), body)
    })
}

/// `Cache-Control` of a client.
pub(crate) fn demands() -> impl Strategy<Value = String> {
    let words = vec![
        "max-age=0",
        "max-age=30",
        "MAX-AGE=junk",
        "min-fresh=20",
        "max-stale",
        "max-stale=60",
        "stale-if-error=5",
        "no-cache",
        "no-store",
        "only-if-cached",
    ];
    let words = subsequence(words, 0..3);
    words.prop_map(|words| format!("cache-control:{}", words.join(", ")))
}

/// Fields of requests that tell variants apart.
pub(crate) fn variants() -> impl Strategy<Value = String> {
    let lines = vec![
        "accept:a",
        "accept:a,  b",
        "accept:a,b",
        "x-a:1",
        "accept-language:de",
        "accept-language:de, en",
        "accept-language:en,de",
        "accept-language:fr",
    ];
    subsequence(lines, 0..4).prop_map(|lines| lines.join("\n"))
}

/// Dates of a response, and what else bears on how long it is fresh.
pub(crate) fn dates() -> impl Strategy<Value = String> {
    let at = |secs: u64| raw::as_http_date(Timestamp::from_millis(EPOCH.as_millis() - secs * 1000));
    let lines = vec![
        format!("date:{}", at(0)),
        format!("expires:{}", at(60)),
        format!("last-modified:{}", at(600)),
        format!("last-modified:{}", at(86_400 * 400)),
        "last-modified:yesterday".to_owned(),
        "etag:\"a\"".to_owned(),
        "content-location:/".to_owned(),
        "content-location:https://site.test/".to_owned(),
        "content-location:https://evil.test/".to_owned(),
        "cdn-cache-control:max-age=60".to_owned(),
        "cdn-cache-control:max-age=\"60\"".to_owned(),
        "lastgood-cache-control:no-store, max-age=60".to_owned(),
        "content-range:bytes 0-9/10".to_owned(),
        "content-range:bytes 0-9/*".to_owned(),
    ];
    subsequence(lines, 0..5).prop_map(|lines| lines.join("\n"))
}

fn behaviours() -> impl Strategy<Value = Behaviour> {
    let statuses = select(vec![
        200, 200, 204, 206, 301, 304, 404, 410, 429, 500, 502, 503, 504, 521, 524, 525, 530,
    ]);
    let lines = select(vec![
        "",
        "",
        "content-type:text/html",
        "content-type:text/html\ncache-control:private",
        "content-type:text/html\nset-cookie:a=b",
        "cache-control:max-age=60",
        "content-type:text/html\netag:\"a\"",
        "content-type:text/html\ncache-control:no-cache\netag:\"a\"",
        "cache-control:s-maxage=9\netag:\"b\"",
        "cache-control:max-age=9, must-revalidate\nlast-modified:Sun, 06 Nov 1994 08:49:37 GMT",
        "cdn-cache-control:max-age=9\ncontent-range:bytes 0-1/9",
        "retry-after:1",
        "retry-after:8",
        "retry-after:600",
        "retry-after:1\nx-stop:1",
        "content-type:text/html\nx-again:1",
    ]);
    let response =
        (statuses, lines).prop_map(|(status, lines)| End::Response(status, lines.into()));
    let end = prop_oneof![
        12 => response,
        1 => Just(End::Disguised("content-type:text/html".into())),
        4 => select(scenario::CAUSES.to_vec()).prop_map(End::Failure),
    ];
    let after = prop_oneof![
        4 => (0_u64..200).prop_map(Some),
        2 => (0_u64..15_000).prop_map(Some),
        1 => Just(None),
    ];
    let after = after.prop_map(|after| after.map(|after| (after, after)));
    (after, end).prop_map(|(after, end)| Behaviour { after, end })
}

/// A directive: right, at the edge, or as nobody should write it.
fn directives() -> impl Strategy<Value = String> {
    let names = select(vec![
        "max-age",
        "s-maxage",
        "stale-if-error",
        "stale-while-revalidate",
        "Max-Age",
        "no-cache",
        "no-store",
        "private",
        "public",
        "must-revalidate",
        "Proxy-Revalidate",
        "immutable",
        "must-understand",
        "x-foo",
    ]);
    let values = select(vec![
        "",
        "=0",
        "=5",
        "=60",
        "=\"60\"",
        "=3600",
        "=99999999999999999999",
        "=-1",
        "=junk",
        "=1.5",
        "=\"set-cookie, etag\"",
        "=\"no-store\"",
    ]);
    (names, values).prop_map(|(name, value)| format!("{name}{value}"))
}

pub(crate) fn cache_control() -> impl Strategy<Value = String> {
    let separators = select(vec![",", ", ", " ,,\t"]);
    (vec(directives(), 0..4), separators).prop_map(|(list, separator)| list.join(separator))
}

/// What was stored so long ago, and how: its status, its `Age`, how long it took.
fn stored() -> impl Strategy<Value = (Timestamp, u16, &'static str, u64)> {
    let ago = select(vec![
        0_u64, 1, 4, 5, 30, 59, 60, 61, 3599, 3600, 7300, 86_400,
    ]);
    let at = ago.prop_map(|ago| Timestamp::from_millis(EPOCH.as_millis() - ago * 1000));
    let status = select(vec![200, 200, 200, 200, 203, 301, 404, 503]);
    let age = select(vec!["", "", "0", "50", "7000", "5, 9", "-1"]);
    (at, status, age, select(vec![0, 0, 400, 2500]))
}

pub(crate) fn copies() -> impl Strategy<Value = Stored> {
    let before = option::of(select(vec![0_u64, 3, 600]));
    let expires = option::of(select(vec![0_u64, 60, 4000]));
    let modified = option::of(select(vec![0_u64, 100, 9000, 86_400_000]));
    let more = select(vec![
        "",
        "",
        "",
        "etag:\"a\"",
        "cdn-cache-control:max-age=60, stale-if-error=5",
        "cdn-cache-control:max-age=x",
    ]);
    let dates = (before, expires, modified);
    (cache_control(), stored(), dates, more, any::<bool>()).prop_map(
        |(said, (at, status, age, waited), (before, expires, modified), more, varies)| {
            let earlier = |at: Timestamp, secs: u64| {
                Timestamp::from_millis(at.as_millis().saturating_sub(secs * 1000))
            };
            let date = before.map(|secs| earlier(at, secs));
            let modified = modified.map(|secs| earlier(at, secs));
            let end = expires.map(|secs| date.unwrap_or(at).after(Duration::from_secs(secs)));
            let dated = |at: Option<Timestamp>| at.map(raw::as_http_date).unwrap_or_default();
            let lines = [
                ("cache-control", said),
                ("age", age.to_owned()),
                ("date", dated(date)),
                ("expires", dated(end)),
                ("last-modified", dated(modified)),
                ("vary", if varies { "accept-language" } else { "" }.into()),
            ];
            let lines = lines.iter().filter(|(_, value)| !value.is_empty());
            let lines: Vec<String> = lines
                .map(|(name, value)| format!("{name}:{value}"))
                .collect();
            Stored {
                status,
                response: format!("{}\n{more}", lines.join("\n")).trim().to_owned(),
                selecting: "accept-language:de".to_owned(),
                at,
                waited,
            }
        },
    )
}

fn clocks() -> impl Strategy<Value = Clock> {
    let by = select(vec![-3_600_000_i64, -1000, -1, 1, 900, 3_600_000]);
    let jumps = vec((0_u64..9000, by), 1..3);
    prop_oneof![
        4 => Just(Clock::default()),
        1 => jumps.prop_map(|jumps| Clock { jumps, stands: None }),
        1 => (0_u64..5000, prop_oneof![Just(u64::MAX), 0_u64..9000]).prop_map(|(from, until)| Clock {
            jumps: Vec::new(),
            stands: Some((from, until)),
        }),
    ]
}
