//! Where chance comes from: worlds, messages, texts and configurations, with the
//! edges of every rule drawn more often than the rest.

use crate::sim::{Asked, Behaviour, Clock, EPOCH, End, Stored, World, law, scenario};
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
    let inside = (policies(), requests(), vec(vec(behaviours(), 1..4), 1..4));
    (
        inside,
        option::of(copies()),
        outside,
        any::<u64>(),
        any::<bool>(),
    )
        .prop_map(
            |((policy, asked, origins), copy, (clock, timers_late, look_takes), seed, watched)| {
                World {
                    policy,
                    asked,
                    origins,
                    copy,
                    look_takes,
                    clock,
                    timers_late,
                    seed,
                    watched,
                }
            },
        )
}

pub(crate) fn policies() -> impl Strategy<Value = Rc<Policy>> {
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
    (numbers, pauses, words, listed).prop_map(|(numbers, pauses, words, listed)| {
        let (attempts, per_origin, deadline, attempt, soft, unsafe_deadline) = numbers;
        let (mode, answer, (opted_in, obeys), stale, stale_min) = words;
        let (attempt, soft) = (attempt.min(deadline), soft.min(deadline));
        let (base, cap) = (pauses.0.min(pauses.1), pauses.1);
        let list = listed.join(", ");
        scenario::read_policy(&format!(
            r#"{{"attempts": {attempts}, "attempts_per_origin": {per_origin},
                "deadline": "{deadline}ms", "attempt_timeout": "{attempt}ms",
                "soft_deadline": "{soft}ms", "unsafe_deadline": "{unsafe_deadline}ms",
                "backoff": {{"base": "{base}ms", "cap": "{cap}ms"}}, "mode": "{mode}",
                "answer": "{answer}", "retry_unsafe": {opted_in}, "retry_after": {obeys},
                "stale": "{stale}", "stale_min": "{stale_min}",
                "retry_on": [{list}], "failover_on": [{list}]}}"#
        ))
        .expect("a right policy")
    })
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
    (method, subsequence(lines, 0..3), body).prop_map(|(method, lines, body)| Asked {
        method: method.to_owned(),
        path: "/".to_owned(),
        fields: lines.join("\n"),
        body: if method == "GET" || method == "HEAD" {
            Body::None
        } else {
            body
        },
    })
}

fn behaviours() -> impl Strategy<Value = Behaviour> {
    let statuses = select(vec![
        200, 200, 204, 404, 429, 500, 502, 503, 504, 521, 524, 525, 530,
    ]);
    let lines = select(vec![
        "",
        "",
        "content-type:text/html",
        "content-type:text/html\ncache-control:private",
        "content-type:text/html\nset-cookie:a=b",
        "cache-control:max-age=60",
        "retry-after:1",
        "retry-after:8",
        "retry-after:600",
    ]);
    let response =
        (statuses, lines).prop_map(|(status, lines)| End::Response(status, lines.to_owned()));
    let end = prop_oneof![
        3 => response,
        1 => select(scenario::CAUSES.to_vec()).prop_map(End::Failure),
    ];
    let after = prop_oneof![
        4 => (0_u64..200).prop_map(Some),
        2 => (0_u64..15_000).prop_map(Some),
        1 => Just(None),
    ];
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

pub(crate) fn copies() -> impl Strategy<Value = Stored> {
    let ago = select(vec![
        0_u64, 1, 4, 5, 30, 59, 60, 61, 3599, 3600, 7300, 86_400,
    ]);
    let before = option::of(select(vec![0_u64, 3, 600]));
    let expires = option::of(select(vec![0_u64, 60, 4000]));
    let age = select(vec!["", "", "0", "50", "7000"]);
    (cache_control(), ago, age, before, expires, any::<bool>()).prop_map(
        |(said, ago, age, before, expires, varies)| {
            let at = Timestamp::from_millis(EPOCH.as_millis() - ago * 1000);
            let date = before.map(|secs| Timestamp::from_millis(at.as_millis() - secs * 1000));
            let mut lines = Vec::new();
            let mut line = |name: &str, value: String| {
                if !value.is_empty() {
                    lines.push(format!("{name}:{value}"));
                }
            };
            line("cache-control", said);
            line("age", age.to_owned());
            line("date", date.map(law::as_http_date).unwrap_or_default());
            let end = expires.map(|secs| date.unwrap_or(at).after(Duration::from_secs(secs)));
            line("expires", end.map(law::as_http_date).unwrap_or_default());
            line(
                "vary",
                if varies { "accept-language" } else { "" }.to_owned(),
            );
            Stored {
                response: lines.join("\n"),
                selecting: "accept-language:de".to_owned(),
                at,
            }
        },
    )
}

fn clocks() -> impl Strategy<Value = Clock> {
    let by = select(vec![-3_600_000_i64, -1000, -1, 1, 900, 3_600_000]);
    let jumps = vec((0_u64..9000, by), 1..3);
    prop_oneof![
        4 => Just(Clock::default()),
        1 => jumps.prop_map(|jumps| Clock { jumps, stands_from: None }),
        1 => (0_u64..5000).prop_map(|from| Clock { jumps: Vec::new(), stands_from: Some(from) }),
    ]
}

/// Fields that matter to keeping, in any number.
pub(crate) fn heads() -> impl Strategy<Value = String> {
    let lines = vec![
        "content-type:text/html",
        "content-type:application/json",
        "content-length:5",
        "set-cookie:a=b",
        "cookie:_ga=1",
        "cookie:_ga=1; sid=2",
        "cookie:sid",
        "authorization:x",
        "range:bytes=0-",
        "expires:0",
        "etag:\"1\"",
    ];
    let count = lines.len();
    subsequence(lines, 0..count).prop_map(|lines| lines.join("\n"))
}

/// Text that looks like something: words of every grammar, glued together.
pub(crate) fn wordy() -> impl Strategy<Value = String> {
    let words = vec![
        "max-age",
        "=",
        "\"",
        "\\",
        ",",
        ";",
        ":",
        "\n",
        " ",
        "\t",
        "*",
        "/",
        "q=0.5",
        "no-store",
        "private",
        "99999999999999999999",
        "-1",
        "0",
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "502-504",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "text/html",
        "cookie:",
        "é",
        "cache-control:",
        "vary:",
        "date:",
        "expires:",
        "age:",
        "retry-after:",
        "set-cookie:",
        "\0",
        "lastgood-stored:1",
        "lastgood-was-vary:x",
        "if-none-match:",
        "https://",
        "?",
        "#",
        "\u{2028}",
        "accept:",
        "sec-fetch-mode:cors",
        "content-length:",
        "W/",
        "GMT",
        "24h",
        "ms",
        "\u{feff}",
    ];
    vec(select(words), 0..24).prop_map(|words| words.concat())
}

pub(crate) fn field_lines() -> impl Strategy<Value = String> {
    let names = select(vec![
        "cache-control",
        "age",
        "date",
        "etag",
        "expires",
        "last-modified",
        "vary",
        "x-a",
        "cf-ray",
        "cdn-cache-control",
        "accept-language",
        "accept",
        "set-cookie",
        "content-type",
        "---",
        "lastgood-stored",
        "lastgood-selecting",
        "lastgood-was-vary",
        "lastgood-was-etag",
        "lastgood-was-cache-control",
    ]);
    let values = prop_oneof![wordy(), "[ -~]{1,30}", Just("max-age=9".to_owned())];
    vec((names, values), 0..12).prop_map(|lines| {
        let line = |(name, value): (&str, String)| match name {
            "---" => name.to_owned(),
            _ => format!("{name}:{}", value.replace('\n', " ")),
        };
        lines.into_iter().map(line).collect::<Vec<_>>().join("\n")
    })
}

/// Any JSON, not too deep.
pub(crate) fn json() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::Value;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        wordy().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        let key = prop_oneof![
            select(FIELDS.to_vec()).prop_map(str::to_owned),
            any::<String>()
        ];
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((key, inner), 0..6).prop_map(|entries| entries.into_iter().collect()),
        ]
    })
}

const FIELDS: [&str; 27] = [
    "mode",
    "attempts",
    "attempts_per_origin",
    "attempt_timeout",
    "deadline",
    "unsafe_deadline",
    "soft_deadline",
    "backoff",
    "base",
    "cap",
    "retry_on",
    "failover_on",
    "retry_unsafe",
    "retry_after",
    "body_limit",
    "copy_limit",
    "stale_on",
    "stale",
    "stale_min",
    "keep_every",
    "cookies_ignored",
    "notice",
    "answer",
    "answer_on",
    "answer_status",
    "routes",
    "path",
];

/// Tables whose fields exist, with values that are right, nearly right or wrong.
pub(crate) fn tables() -> impl Strategy<Value = serde_json::Value> {
    let values = select(vec![
        "0",
        "1",
        "10",
        "11",
        "255",
        "2.5",
        "-1",
        "1e300",
        "\"10ms\"",
        "\"9ms\"",
        "\"10m\"",
        "\"11m\"",
        "\"0s\"",
        "\"365d\"",
        "\"64KiB\"",
        "\"16MiB\"",
        "\"18446744073709551615MiB\"",
        "true",
        "null",
        "\"18446744073709551615d\"",
        "[]",
        "[502]",
        "[\"timeout\", \"400-999\"]",
        "[\"200\"]",
        "\"cache\"",
        "{\"base\": \"1m\", \"cap\": \"1ms\"}",
        "{\"base\": \"1m\"}",
        "\"origin\"",
        "\"upstream\"",
        "503",
        "[{\"path\": \"/api/*\", \"deadline\": \"10ms\"}]",
        "[{\"path\": \"*\", \"attempt_timeout\": \"9m\"}]",
    ]);
    vec((select(FIELDS.to_vec()), values), 0..10).prop_map(|entries| {
        let read = |(name, value): (&str, &str)| {
            (
                name.to_owned(),
                serde_json::from_str::<serde_json::Value>(value).unwrap(),
            )
        };
        entries.into_iter().map(read).collect()
    })
}
