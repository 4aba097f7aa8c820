//! Where text comes from: messages, configurations, and what looks like either.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

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
        "connection:",
        "\0",
        "stored 1 1 ",
        "vary 1 x ",
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
        "2026-11-21T22:00:00",
        ".5Z",
        "+01:00",
        "<svg ",
        "data:image/svg+xml,",
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
        "lastgood-envelope",
        "lastgood-vary",
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

const FIELDS: &[&str] = &[
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
    "retry_stop_header",
    "retry_header",
    "attempt_header",
    "hedge",
    "collapse",
    "hold_down",
    "needs_credentials",
    "disguised",
    "observe",
    "ejection",
    "breaker",
    "budget",
    "loop",
    "trust_control_headers",
    "probe",
    "failures",
    "window",
    "hold",
    "span",
    "probe_every",
    "percent",
    "most",
    "floor",
    "tokens",
    "max",
    "refill_per_mille",
    "url",
    "host",
    "weight",
    "trusted",
    "equivalent",
    "down",
    "strip",
    "page",
    "look",
    "name",
    "logo",
    "colour",
    "dark_colour",
    "font",
    "links",
    "contact",
    "title",
    "message",
    "template",
    "monitors",
    "paths",
    "robots",
    "maintenance",
    "start",
    "end",
    "allow_header",
];

/// Origins as tables, with values that are right, nearly right or wrong.
pub(crate) fn origin_tables() -> impl Strategy<Value = serde_json::Value> {
    let values = select(vec![
        "\"https://a.test\"",
        "\"http://a.test/base/\"",
        "\"https://a.test?x\"",
        "\"ftp://a.test\"",
        "\"a.test:8080\"",
        "\"a b\"",
        "\"/blog/\"",
        "\"/\"",
        "\"blog\"",
        "0",
        "100",
        "101",
        "true",
        "false",
        "null",
    ]);
    let names = select(vec![
        "url",
        "url",
        "host",
        "weight",
        "trusted",
        "equivalent",
        "down",
        "strip",
        "origin",
    ]);
    let table = vec((names, values), 0..6).prop_map(as_table);
    prop_oneof![
        table.clone(),
        vec(table, 0..20).prop_map(serde_json::Value::from)
    ]
}

fn as_table(entries: Vec<(&str, &str)>) -> serde_json::Value {
    let read = |(name, value): (&str, &str)| {
        (
            name.to_owned(),
            serde_json::from_str::<serde_json::Value>(value).unwrap(),
        )
    };
    entries.into_iter().map(read).collect()
}

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
        "false",
        "{}",
        "{\"after\": \"1s\"}",
        "{\"after\": \"1m\"}",
        "{\"percentile\": 95}",
        "{\"percentile\": 100}",
        "{\"wait\": \"1m\", \"age\": \"0s\"}",
        "{\"base\": \"2h\", \"without_copy\": true}",
        "{\"failures\": 0}",
        "{\"failures\": 1, \"hold\": \"1h\"}",
        "{\"failures\": 1, \"span\": \"0s\", \"probe_every\": \"10ms\"}",
        "{\"percent\": 0, \"floor\": 0}",
        "{\"percent\": 90, \"most\": 10}",
        "{\"window\": \"1s\", \"tokens\": {\"max\": 1}}",
        "{\"tokens\": {\"refill_per_mille\": 0}}",
        "{\"id\": \"a b\"}",
        "{\"id\": \"us\", \"limit\": 1}",
        "{\"path\": \"/health\", \"status\": 204, \"rise\": 2}",
        "{\"path\": \"health\"}",
        "{\"colour\": \"#036\", \"font\": \"Georgia, 'Times New Roman'\"}",
        "{\"colour\": \"#ffd\", \"dark_colour\": \"#fc0\", \"logo\": \"<svg/>\"}",
        "{\"links\": [{\"text\": \"A\", \"url\": \"//a\"}], \"contact\": \"a@b\"}",
        "{\"paths\": [\"/health\"], \"user_agents\": [\"Pingdom\"]}",
        "{\"start\": \"2026-11-21T22:00:00Z\", \"end\": \"2026-11-21T22:00:00Z\"}",
        "{\"end\": \"2026-11-21T22:00:00+01:00\", \"allow_header\": \"x-staff: s3cret\"}",
        "\"missing\"",
    ]);
    vec((select(FIELDS.to_vec()), values), 0..10).prop_map(as_table)
}
