//! Policies and copies out of bytes, for a trial.

use super::{Asked, EPOCH, Stored};
use lastgood::gateway::Body;
use lastgood::wire::Timestamp;

/// Bytes as decisions; zero once they are used up.
pub(crate) struct Bytes<'b>(pub(crate) &'b [u8]);

impl Bytes<'_> {
    pub(crate) fn next(&mut self) -> u8 {
        match self.0.split_first() {
            Some((first, rest)) => {
                self.0 = rest;
                *first
            }
            None => 0,
        }
    }

    pub(crate) fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[usize::from(self.next()) % choices.len()].clone()
    }
}

/// A policy as its operator would write it.
pub(crate) fn any_policy(bytes: &mut Bytes<'_>) -> String {
    let attempts = bytes.next() % 5 + 1;
    let mode = bytes.pick(&["standby", "standby", "cache", "off"]);
    let deadline = bytes.pick(&["100ms", "2s", "10s"]);
    let attempt = bytes.pick(&["50ms", "100ms"]);
    let soft = bytes.pick(&["0s", "20ms", "100ms"]);
    let (unsafe_deadline, stale) = (bytes.pick(&["2s", "100s"]), bytes.pick(&["0s", "1h"]));
    let cap = bytes.pick(&["50ms", "250ms", "60s"]);
    let (opted_in, answer) = (
        bytes.next().is_multiple_of(4),
        bytes.pick(&["page", "origin"]),
    );
    let per_origin = bytes.next() % 2 + 1;
    let retry_on = bytes.pick(&[
        r#"["network", "timeout", "429-599"]"#,
        r#"["network", "timeout", "502-504", "520-527", "530"]"#,
        r#"["timeout"]"#,
    ]);
    format!(
        r#"{{"attempts": {attempts}, "mode": "{mode}", "deadline": "{deadline}",
            "attempt_timeout": "{attempt}", "soft_deadline": "{soft}", "stale": "{stale}",
            "unsafe_deadline": "{unsafe_deadline}", "retry_unsafe": {opted_in},
            "backoff": {{"base": "50ms", "cap": "{cap}"}}, "answer": "{answer}",
            "attempts_per_origin": {per_origin}, "retry_on": {retry_on},
            "failover_on": {retry_on}, {}}}"#,
        guards(bytes)
    )
}

fn guards(bytes: &mut Bytes<'_>) -> String {
    let off = |name: &str, choices: &[&str], bytes: &mut Bytes<'_>| {
        format!("\"{name}\": {}", bytes.pick(choices))
    };
    [
        off("hedge", &["false", "{\"after\": \"20ms\"}"], bytes),
        off(
            "collapse",
            &["false", "{\"wait\": \"1s\", \"age\": \"1s\"}"],
            bytes,
        ),
        off(
            "hold_down",
            &["true", "false", "{\"without_copy\": true}"],
            bytes,
        ),
        off("observe", &["false", "false", "false", "true"], bytes),
        off("disguised", &["false", "true"], bytes),
        off(
            "breaker",
            &["true", "false", "{\"failures\": 1, \"span\": \"0s\"}"],
            bytes,
        ),
        off("ejection", &["true", "false", "{\"failures\": 1}"], bytes),
        off(
            "tiers",
            &[
                "[]",
                r#"[{"kv": "A", "stale": "0s"}, {"r2": "B"}, {"mirror": "https://m.test"}]"#,
                r#"[{"assets": "A"}, {"kv": "B", "wait": "20ms"}]"#,
            ],
            bytes,
        ),
        off(
            "budget",
            &["{}", "{\"tokens\": {}}", "{\"percent\": 0, \"floor\": 2}"],
            bytes,
        ),
    ]
    .join(", ")
}

/// A request that brings a rule into play.
pub(crate) fn any_request(bytes: &mut Bytes<'_>) -> Asked {
    let fields = [
        "",
        "",
        "idempotency-key:1",
        "range:bytes=0-1",
        "cookie:sid=1",
        "cdn-loop:lastgood, lastgood, lastgood",
        "cache-control:max-age=0",
        "cache-control:no-cache",
        "cache-control:only-if-cached",
        "cache-control:max-stale",
        "cache-control:max-stale=5, min-fresh=1, stale-if-error=60",
    ];
    let methods = ["GET", "HEAD", "OPTIONS", "POST", "PUT"];
    let bodies = [Body::None, Body::Sized(9), Body::Unsized];
    Asked {
        path: bytes.pick(&["/", "/", "/b"]).into(),
        ..Asked::new(
            bytes.pick(&methods),
            bytes.pick(&fields),
            bytes.pick(&bodies),
        )
    }
}

/// Copies of every kind: young and old, allowed and forbidden.
pub(crate) fn any_copies() -> Vec<Stored> {
    let words = [
        "",
        "cache-control:max-age=60",
        "cache-control:max-age=1\netag:\"a\"",
        "cache-control:no-cache\netag:\"a\"",
        "cache-control:max-age=60, immutable",
        "cdn-cache-control:max-age=60\ncache-control:no-store",
        "cache-control:public, max-age=9000",
        "cache-control:max-age=1, must-revalidate",
        "cache-control:s-maxage=1",
        "cache-control:max-age=1, stale-if-error=4",
        "cache-control:s-maxage=1, stale-while-revalidate=30",
    ];
    let ages = [0, 30, 3599, 100_000];
    let kinds = ages
        .iter()
        .flat_map(|ago| words.iter().map(move |word| (*ago, *word)));
    let kinds = (0..).zip(kinds);
    kinds
        .map(|(index, (ago, word))| Stored {
            status: [200, 200, 200, 301, 404][index % 5],
            waited: 0,
            response: word.to_owned(),
            selecting: String::new(),
            at: Timestamp::from_millis(EPOCH.as_millis() - ago * 1000),
        })
        .collect()
}
