//! What protects the origins from us: one set of rules for all routes, since
//! they share the origins.

use super::Value;
use super::read::{MINUTE, few, field_name, members, optional, span, truth, whole};
use alloc::string::String;
use core::time::Duration;

/// The rules that hold for all routes together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guards {
    /// When an origin is passed over while another is there.
    pub ejection: Option<Ejection>,
    /// When an origin is known to be down, and how it is probed then.
    pub breaker: Option<Breaker>,
    /// How many repetitions there may be.
    pub budget: BudgetRule,
    /// When a request has come round too often.
    pub loops: LoopRule,
    /// Whether clients may say to the origin how to retry; else such fields are
    /// taken off their requests.
    pub trust_control_headers: bool,
    /// How origins are probed on a cron trigger.
    pub probe: Option<Probe>,
    /// A request with this field wants the origin's answer, in cache mode, as with
    /// `no-cache`; the operator's own way, which holds even where clients are not
    /// obeyed.
    pub bypass_header: Option<String>,
}

/// Passive ejection: an origin that fails is left alone for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ejection {
    /// Failures in a row: 5, as in Envoy; one is too touchy (nginx).
    pub failures: u8,
    /// Failures further apart than this are no row: 10 s.
    pub window: Duration,
    /// How long it is left alone the first time; it doubles: 1 s.
    pub hold: Duration,
    /// No hold is longer: 60 s.
    pub cap: Duration,
}

/// An origin that is known to be down is asked by a few real requests only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breaker {
    /// Failures in a row: 5.
    pub failures: u8,
    /// They have to span this long, or be three times as many: 1 s. At a
    /// hundred requests a second, five failures in a row are no outage.
    pub span: Duration,
    /// One request in this time goes through, jittered: 250 ms.
    pub probe_every: Duration,
}

/// How many repetitions there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetRule {
    /// In per cent of the requests in the window: 20, as in Finagle and Envoy.
    pub percent: u8,
    /// The same while at least half of the repetitions succeed: 60.
    pub most: u8,
    /// So many in a window by all means: 10.
    pub floor: u16,
    /// The window: 10 s.
    pub window: Duration,
    /// A bucket instead: each failure takes a token, a success gives some
    /// thousandths of one back, and below half of them nothing is repeated.
    pub tokens: Option<Tokens>,
}

/// gRPC's retry throttling (proposal A6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// So many at most, and at the start.
    pub max: u16,
    /// Thousandths of a token that a success gives back.
    pub refill: u16,
}

/// Loop detection (RFC 8586).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoopRule {
    /// Our name in `CDN-Loop`: `lastgood`.
    pub id: String,
    /// A request in which it stands so often is refused: 3, since two lastgoods
    /// in a row can be meant.
    pub limit: u8,
}

/// How origins are probed on a cron trigger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The path that is asked for.
    pub path: String,
    /// The status that is good: 200.
    pub status: u16,
    /// What a good body holds; empty for anything.
    pub body: String,
    /// How long an answer may take: 5 s.
    pub timeout: Duration,
    /// So many good probes in a row restore an origin: 1.
    pub rise: u8,
    /// So many bad probes in a row take it out: 2.
    pub fall: u8,
}

impl Default for Guards {
    fn default() -> Self {
        Self {
            ejection: Some(Ejection::DEFAULT),
            breaker: Some(Breaker::DEFAULT),
            budget: BudgetRule::DEFAULT,
            loops: LoopRule {
                id: "lastgood".into(),
                limit: 3,
            },
            trust_control_headers: false,
            probe: None,
            bypass_header: None,
        }
    }
}

impl Ejection {
    const DEFAULT: Self = Self {
        failures: 5,
        window: Duration::from_secs(10),
        hold: Duration::from_secs(1),
        cap: Duration::from_secs(60),
    };
}

impl Breaker {
    const DEFAULT: Self = Self {
        failures: 5,
        span: Duration::from_secs(1),
        probe_every: Duration::from_millis(250),
    };
}

impl BudgetRule {
    /// What holds if nothing is said.
    pub const DEFAULT: Self = Self {
        percent: 20,
        most: 60,
        floor: 10,
        window: Duration::from_secs(10),
        tokens: None,
    };
}

pub(super) type Set = fn(&mut Guards, &Value) -> Result<(), String>;

/// How much may be asked of an origin; these stand at the top only.
pub(super) const ASKING: &[(&str, Set)] = &[
    ("breaker", |guards, value| {
        let example = "{ failures = 5, span = \"1s\", probe_every = \"250ms\" }";
        guards.breaker = optional(
            value,
            example,
            Breaker::DEFAULT,
            |chosen, name, value| match name {
                "failures" => Some(few(value, 1, 100).map(|count| chosen.failures = count)),
                "span" => Some(span(value, 0, MINUTE).map(|span| chosen.span = span)),
                "probe_every" => {
                    Some(span(value, 10, MINUTE).map(|span| chosen.probe_every = span))
                }
                _ => None,
            },
        )?;
        Ok(())
    }),
    ("budget", |guards, value| {
        let mut chosen = guards.budget;
        members(value, BUDGET, |name, value| match name {
            "percent" => Some(few(value, 0, 100).map(|share| chosen.percent = share)),
            "most" => Some(few(value, 0, 100).map(|share| chosen.most = share)),
            "floor" => Some(whole(value, 0, 10_000).map(|count| chosen.floor = count)),
            "window" => Some(span(value, 1000, MINUTE).map(|span| chosen.window = span)),
            "tokens" => Some(tokens(value).map(|tokens| chosen.tokens = Some(tokens))),
            _ => None,
        })?;
        if chosen.percent != BudgetRule::DEFAULT.percent && chosen.most == BudgetRule::DEFAULT.most
        {
            chosen.most = if chosen.percent == 0 {
                0
            } else {
                chosen.most.max(chosen.percent)
            };
        }
        guards.budget = chosen;
        Ok(())
    }),
];

/// The same, of what only who stands in front of a site can choose.
pub(super) const SITE: &[(&str, Set)] = &[
    ("ejection", |guards, value| {
        let example = "{ failures = 5, window = \"10s\", hold = \"1s\", cap = \"60s\" }";
        guards.ejection =
            optional(
                value,
                example,
                Ejection::DEFAULT,
                |chosen, name, value| match name {
                    "failures" => Some(few(value, 1, 100).map(|count| chosen.failures = count)),
                    "window" => {
                        Some(span(value, 100, 60 * MINUTE).map(|span| chosen.window = span))
                    }
                    "hold" => Some(span(value, 10, 60 * MINUTE).map(|span| chosen.hold = span)),
                    "cap" => Some(span(value, 10, 60 * MINUTE).map(|span| chosen.cap = span)),
                    _ => None,
                },
            )?;
        Ok(())
    }),
    ("loop", |guards, value| {
        members(
            value,
            "{ id = \"lastgood\", limit = 3 }",
            |name, value| match name {
                "id" => Some(field_name(value).map(|id| guards.loops.id = id)),
                "limit" => Some(few(value, 1, 20).map(|count| guards.loops.limit = count)),
                _ => None,
            },
        )
    }),
    ("trust_control_headers", |guards, value| {
        truth(value).map(|on| guards.trust_control_headers = on)
    }),
    ("probe", probe),
    ("bypass_header", |guards, value| {
        field_name(value).map(|name| guards.bypass_header = Some(name))
    }),
];

const BUDGET: &str = "{ percent = 20, most = 60, floor = 10, window = \"10s\" }";

fn tokens(value: &Value) -> Result<Tokens, String> {
    let mut chosen = Tokens {
        max: 10,
        refill: 100,
    };
    members(
        value,
        "{ max = 10, refill_per_mille = 100 }",
        |name, value| match name {
            "max" => Some(whole(value, 1, 1000).map(|count| chosen.max = count)),
            "refill_per_mille" => Some(whole(value, 1, 1000).map(|count| chosen.refill = count)),
            _ => None,
        },
    )?;
    Ok(chosen)
}

fn probe(guards: &mut Guards, value: &Value) -> Result<(), String> {
    let start = Probe {
        path: "/".into(),
        status: 200,
        body: String::new(),
        timeout: Duration::from_secs(5),
        rise: 1,
        fall: 2,
    };
    let example =
        "{ path = \"/health\", status = 200, body = \"ok\", timeout = \"5s\", rise = 1, fall = 2 }";
    guards.probe = optional(value, example, start, |chosen, name, value| {
        match (name, value) {
            ("path", Value::Text(path)) if path.starts_with('/') => {
                chosen.path.clone_from(path);
                Some(Ok(()))
            }
            ("body", Value::Text(body)) => {
                chosen.body.clone_from(body);
                Some(Ok(()))
            }
            ("path", _) => Some(Err("a path such as \"/health\"".into())),
            ("body", _) => Some(Err("a text such as \"ok\"".into())),
            ("status", _) => Some(whole(value, 100, 599).map(|status| chosen.status = status)),
            ("timeout", _) => Some(span(value, 100, MINUTE).map(|span| chosen.timeout = span)),
            ("rise", _) => Some(few(value, 1, 20).map(|count| chosen.rise = count)),
            ("fall", _) => Some(few(value, 1, 20).map(|count| chosen.fall = count)),
            _ => None,
        }
    })?;
    Ok(())
}
