//! What lives as long as an isolate: the configuration, and what was kept.

use crate::copies::{Asides, Due, Epochs, Room, Spread};
use crate::gateway::{Announced, Memory};
use crate::policy::{self, Announcement, Configuration, Problem, Tier, TierKind, Value};
use crate::wire::json;
use alloc::{string::String, string::ToString, vec::Vec};
use core::cell::RefCell;
use worker::Env;

/// Read once per isolate, lent to each request.
#[derive(Debug, Default)]
pub(super) struct Isolate {
    pub(super) configuration: Configuration,
    /// Whether that was read already: a new instance after a trap knows nothing.
    pub(super) configured: bool,
    pub(super) memory: Memory,
    pub(super) due: Due,
    pub(super) asides: Asides,
    pub(super) epochs: Epochs,
    pub(super) announced: Announced,
    /// What that means, unless it is an end.
    pub(super) announcement: Option<Announcement>,
    pub(super) room: Room,
    pub(super) spread: Spread,
}

std::thread_local! {
    static ISOLATE: RefCell<Isolate> = RefCell::default();
}

/// Lends this isolate's state for a moment.
pub(super) fn with_isolate<T>(act: impl FnOnce(&mut Isolate) -> T) -> T {
    ISOLATE.with_borrow_mut(act)
}

/// Reads the bindings, logs each problem, and returns the origins.
pub(super) fn configure(env: &Env) -> Vec<String> {
    let (configuration, problems) =
        policy::parse(&binding(env, "ORIGIN"), &binding(env, "LASTGOOD"));
    problems.iter().for_each(complain);
    let origins = configuration.origins.iter();
    let bases = origins.map(|origin| origin.url.clone()).collect();
    with_isolate(|isolate| {
        isolate.memory = Memory::new(&configuration, seed());
        isolate.spread = Spread::default();
        for tier in configuration.tiers().filter(|tier| !is_bound(env, tier)) {
            isolate.spread.forgo(tier);
            if isolate.memory.forgo(tier) {
                complain(&unbound(tier));
            }
        }
        isolate.configuration = configuration;
        isolate.configured = true;
    });
    bases
}

fn complain(problem: &Problem) {
    let line = json::string(&problem.to_string());
    worker::console_error!("{{\"lastgood\":\"configuration\",\"problem\":{line}}}");
}

/// Whether the binding of a tier is there, and can do what is asked of it.
fn is_bound(env: &Env, tier: &Tier) -> bool {
    let can = |what: &str| {
        let bound = js_sys::Reflect::get(env, &tier.name.as_str().into()).unwrap_or_default();
        js_sys::Reflect::get(&bound, &what.into()).is_ok_and(|it| it.is_function())
    };
    match tier.kind {
        TierKind::Kv => can("getWithMetadata"),
        TierKind::R2 => can("head"),
        TierKind::Assets => can("fetch"),
        TierKind::Mirror => true,
    }
}

fn unbound(tier: &Tier) -> Problem {
    Problem {
        field: "LASTGOOD.tiers".into(),
        value: tier.name.clone(),
        remedy: "a binding of this kind and name; until then the tier is left out".into(),
    }
}

/// A seed for what should look random.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float saturates"
)]
pub(super) fn seed() -> u64 {
    (js_sys::Math::random() * 9_007_199_254_740_992.0) as u64
}

/// A binding as a value; nothing, if it is absent or holds what `[vars]` cannot.
fn binding(env: &Env, name: &str) -> Value {
    let bound = js_sys::Reflect::get(env, &name.into()).unwrap_or_default();
    serde_wasm_bindgen::from_value(bound).unwrap_or(Value::Null)
}
