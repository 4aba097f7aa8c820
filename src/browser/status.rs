//! How the site is doing, for those who show it: what a reply tells of that, when to ask
//! next, and what tabs tell each other of an origin.
//!
//! A page knows more than one reply says: whether what it shows is a copy, and what the
//! other tabs saw. Here is decided what each of these means; who asks, and whom it
//! concerns, is in `status/`.

use super::remembered::with_remembered;
use super::{millis_of, number, seed_of, table, text, time, to_object};
use crate::gateway::Memory;
use crate::origins::Word;
use crate::policy::{Backoff, Policy, Value};
use crate::retry::{Pause, Random, pause};
use crate::verdict::{self, Cause, Facts};
use crate::wire::{Fields, Listed, Timestamp, delta_seconds, list, retry_after};
use alloc::vec::Vec;
use core::time::Duration;
use wasm_bindgen::prelude::*;

/// The ceiling of the first pause, which doubles, and of all: a visitor waits for a
/// minute without a word, not longer.
const PAUSES: Backoff = Backoff {
    base: Duration::from_secs(2),
    cap: Duration::from_secs(60),
};
/// A pause is drawn from nothing on; less than this is none.
const SHORTEST: Duration = Duration::from_millis(500);
/// So long an origin may want to be left alone: whatever it asks for, it is tried in
/// good time.
const LONGEST: Duration = Duration::from_secs(300);
/// What a tab may send at once when another one found the origin back.
const SHARE: u32 = 16;

/// How a site is doing, by a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Well,
    /// Copies are shown.
    Degraded,
    Failing,
}

impl State {
    const fn name(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Degraded => "degraded",
            Self::Failing => "failing",
        }
    }
}

/// What a reply tells of the site: its `state`, the `age` of a copy in seconds if anybody
/// knows it, and for how many milliseconds to `wait` before asking again, when it was
/// asked in vain so many times.
///
/// `status` is 0 if there was none; `fields` are `name:value`, one per line.
#[wasm_bindgen]
pub fn heard(status: u16, fields: &str, in_vain: u8, random: f64, now: f64) -> JsValue {
    let fields = Listed::new(fields);
    let policy = with_remembered(|it| it.policy_for("/"));
    let now = time(now);
    let state = state_of(status, &fields, &policy, now);
    let age = delta_seconds::parse(fields.get("age")).filter(|_| state == State::Degraded);
    let sent = retry_after::sent(&fields, now);
    let told = retry_after::parse(fields.get("retry-after"), sent);
    let wait = wait(in_vain, told, Random::new(seed_of(random)).draw());
    to_object(&table([
        ("state", text(state.name())),
        (
            "age",
            age.map_or(Value::Null, |age| number(age.as_secs_f64())),
        ),
        ("wait", number(millis_of(wait))),
    ]))
}

fn state_of(status: u16, fields: &dyn Fields, policy: &Policy, now: Timestamp) -> State {
    let label = label(fields.get("cache-status"));
    match (fields.get("lastgood-verdict"), label) {
        _ if status == 0 => State::Failing,
        ("failing", _) => State::Failing,
        (_, Label::Copy) | ("copy", Label::None) => State::Degraded,
        ("good" | "copy", _) => State::Well,
        _ => {
            let facts = Facts::read(status, fields, policy, now);
            match verdict::of_response(&facts, policy) {
                Some(_) => State::Failing,
                None => State::Well,
            }
        }
    }
}

/// What a lastgood on the way says that its copies had to do with a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Label {
    /// Nothing.
    None,
    /// A copy stands in for an answer.
    Copy,
    /// A copy answers as it should, or none does. One that is stale and renewed behind
    /// the reply is a hit: there nothing is wrong.
    Other,
}

fn label(cache_status: &str) -> Label {
    let mut members = list::elements(cache_status);
    let own = members.find_map(|member| {
        let mut parts = list::parts(member);
        (parts.next() == Some("lastgood")).then_some(parts)
    });
    let Some(parts) = own else { return Label::None };
    let (mut stale, mut hit, mut stood_in) = (false, false, false);
    for part in parts {
        match list::pair(part) {
            ("fwd", "stale") => stale = true,
            ("hit", _) => hit = true,
            // Of an origin's own answer, no freshness is told.
            ("ttl", _) if stale => stood_in = true,
            ("detail", _) => stood_in = true,
            _ => {}
        }
    }
    match stood_in && !hit {
        true => Label::Copy,
        false => Label::Other,
    }
}

fn wait(in_vain: u8, told: Option<Duration>, random: u64) -> Duration {
    let told = told.map(|told| told.min(LONGEST));
    // Who says when to come back is not asked ever more seldom.
    let in_vain = told.map_or(in_vain, |_| 1);
    match pause(PAUSES, in_vain, told, Duration::MAX, random) {
        Pause::For(drawn) => drawn.max(SHORTEST),
        Pause::TooLong => LONGEST,
    }
}

/// Whether a request that failed for this cause says that its origin is down.
#[wasm_bindgen]
#[must_use]
pub fn blames_origin(cause: &str) -> bool {
    Cause::named(cause).is_some_and(Cause::blames_origin)
}

/// What this page saw of an origin itself: how many milliseconds ago it fell and how many
/// ago it was found back; a negative number for never.
#[wasm_bindgen]
#[must_use]
pub fn news(origin: &str, now: f64) -> Vec<f64> {
    with_origin(origin, now, |memory, now| {
        let news = memory.origins.news(now).into_iter().next();
        let news = news.unwrap_or_default();
        let ago = |at: Option<Timestamp>| at.map_or(-1.0, |at| millis_of(now.since(at)));
        [ago(news.fell), ago(news.opened)].into()
    })
}

/// Believes what another page saw of an origin, in the terms of [`news`], where nothing
/// that was seen here is against it. While it is down, others probe it.
#[wasm_bindgen]
pub fn learn(origin: &str, fell: f64, opened: f64, now: f64) {
    with_origin(origin, now, |memory, now| {
        let when = |ago: f64| (ago >= 0.0).then(|| before(now, ago));
        let (fell, opened) = (when(fell), when(opened));
        let word = Word {
            fell,
            opened,
            probes: false,
            share: SHARE,
        };
        // Who found it open before this outage, or never, says nothing of its end.
        let lasts = memory.origins.outage(now).lasting;
        let ends = opened.is_some_and(|at| lasts.is_some_and(|lasts| now.since(at) <= lasts));
        if fell.is_some() || ends {
            let mut random = Random::new(now.as_millis());
            memory.origins.learn(0, &word, now, &mut random);
        }
    });
}

fn with_origin<T>(origin: &str, now: f64, act: impl FnOnce(&mut Memory, Timestamp) -> T) -> T {
    with_remembered(|it| {
        let memory = it.memory(origin, seed_of(now));
        let now = memory.time(time(now));
        act(memory, now)
    })
}

fn before(now: Timestamp, ago: f64) -> Timestamp {
    let ago = time(ago).as_millis();
    Timestamp::from_millis(now.as_millis().saturating_sub(ago))
}
