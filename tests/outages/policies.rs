//! Chance, and the policies it comes up with.

use lastgood::retry::Random;

/// Numbers as decisions.
pub(crate) struct Chance(Random);

impl Chance {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(Random::new(seed))
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0.draw() % end.max(1)
    }

    pub(crate) fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most - least + 1)
    }

    pub(crate) fn percent(&mut self, share: u64) -> bool {
        self.below(100) < share
    }

    pub(crate) fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        let length = u64::try_from(choices.len()).unwrap();
        choices[usize::try_from(self.below(length)).unwrap()].clone()
    }
}

/// A policy as an operator would write it; often none.
pub(crate) fn policy(chance: &mut Chance) -> String {
    if chance.percent(45) {
        return "{}".into();
    }
    let mut fields = Vec::new();
    for (share, choices) in CHOICES {
        if chance.percent(*share) {
            fields.push(chance.pick(choices));
        }
    }
    format!("{{{}}}", fields.join(", "))
}

/// What an operator may choose, and how often one does.
const CHOICES: &[(u64, &[&str])] = &[
    (
        40,
        &[r#""attempts": 1"#, r#""attempts": 2"#, r#""attempts": 5"#],
    ),
    (15, &[r#""attempts_per_origin": 2"#]),
    (
        30,
        &[
            r#""deadline": "3s""#,
            r#""deadline": "6s", "attempt_timeout": "2s""#,
            r#""attempt_timeout": "1s""#,
        ],
    ),
    (
        20,
        &[r#""soft_deadline": "200ms""#, r#""soft_deadline": "2s""#],
    ),
    (
        40,
        &[r#""unsafe_deadline": "5s""#, r#""unsafe_deadline": "20s""#],
    ),
    (
        20,
        &[
            r#""backoff": {"base": "10ms", "cap": "2s"}"#,
            r#""backoff": {"base": "0ms", "cap": "0ms"}"#,
        ],
    ),
    (
        40,
        &[
            r#""mode": "cache""#,
            r#""mode": "cache", "collapse": {"wait": "3s", "age": "2s"}"#,
            r#""mode": "cache", "collapse": true"#,
            r#""mode": "cache", "obey_clients": false"#,
            r#""mode": "cache", "renew_behind": "30s""#,
            r#""mode": "off""#,
        ],
    ),
    (
        20,
        &[
            r#""hedge": {"after": "100ms"}"#,
            r#""hedge": {"percentile": 95}"#,
        ],
    ),
    (
        20,
        &[
            r#""hold_down": false"#,
            r#""hold_down": {"base": "200ms", "cap": "2s"}"#,
            r#""hold_down": {"without_copy": true}"#,
        ],
    ),
    (
        25,
        &[
            r#""breaker": false"#,
            r#""breaker": {"failures": 1, "span": "0s"}"#,
            r#""breaker": {"probe_every": "1s"}"#,
        ],
    ),
    (
        25,
        &[
            r#""ejection": false"#,
            r#""ejection": {"failures": 1, "hold": "500ms"}"#,
            r#""ejection": {"failures": 2, "cap": "5s"}"#,
        ],
    ),
    (
        30,
        &[
            r#""budget": {"percent": 0, "floor": 1}"#,
            r#""budget": {"percent": 10, "most": 10, "floor": 2, "window": "2s"}"#,
            r#""budget": {"tokens": {"max": 10}}"#,
        ],
    ),
    (4, &[r#""observe": true"#]),
    (15, &[r#""disguised": true"#]),
    (15, &[r#""retry_unsafe": true"#]),
    (10, &[r#""retry_stop_header": "x-stop""#]),
    (10, &[r#""needs_credentials": true"#]),
    (10, &[r#""retry_after": false"#]),
    (10, &[r#""answer": "origin""#]),
    (
        20,
        &[
            r#""stale": "0s""#,
            r#""stale_min": "1h""#,
            r#""stale_although_origin_forbids": true"#,
            r#""stale_although_origin_forbids": true, "stale_percent": 10000"#,
            r#""stale_percent": 50"#,
        ],
    ),
];
