//! A service worker: copies and answers in the browser of one visitor.
//!
//! As at the edge, but that the one who asks is always the same, so that the law of a
//! private cache holds (`private.rs`); and that this host may not see cookies, nor that
//! they are set: what must not be there for the next who uses the device is forgotten on
//! the word of the site ([`forgets`]).
//!
//! - `treatment.rs` says which requests are ours at all;
//! - `visit.rs` is the life of one, `reply.rs` how it ends;
//! - `keeping.rs` keeps copies, `shelf.rs` sees that they do not become too many.

mod keeping;
mod private;
mod reply;
mod settings;
mod shelf;
mod treatment;
mod visit;

pub use keeping::{
    claim_copy, copy_limit, cut, envelope_field, landed, longest_disguise, outdated, overheard,
    seal, surplus, token_pattern,
};
pub use treatment::{forgets, is_check_due, treatment};
pub use visit::Visit;

use crate::answer::Language;
use crate::copies::{Due, Room};
use crate::gateway::Memory;
use crate::policy::{self, Configuration, Policy, Value};
use alloc::{borrow::ToOwned, string::String};
use core::cell::RefCell;
use settings::Settings;
use wasm_bindgen::prelude::*;

/// What lives as long as the worker runs: minutes, and then it is started anew.
struct Worker {
    configuration: Configuration,
    settings: Settings,
    memory: Memory,
    due: Due,
    room: Room,
    language: &'static Language,
}

impl Default for Worker {
    fn default() -> Self {
        let base = Policy::of_service_workers();
        let (configuration, _) = policy::browser(&Value::Null, &base);
        Self {
            memory: Memory::new(&configuration, 1),
            configuration,
            settings: Settings::default(),
            due: Due::default(),
            room: Room::default(),
            language: Language::english(),
        }
    }
}

std::thread_local! {
    static WORKER: RefCell<Worker> = RefCell::default();
}

/// Lends it for a moment.
fn with_worker<T>(act: impl FnOnce(&mut Worker) -> T) -> T {
    WORKER.with_borrow_mut(act)
}

/// Takes what the site chose; what is wrong in it is returned, a line for each field, and
/// its default holds.
#[wasm_bindgen]
#[must_use]
pub fn configure_worker(written: &JsValue, seed: f64) -> String {
    let Ok(written) = super::objects::read(written) else {
        return "LASTGOOD: use an object of settings".into();
    };
    let (settings, rest, mut lines) = Settings::read(written);
    let (configuration, problems) = policy::service_worker(&rest, &Policy::of_service_workers());
    for problem in problems {
        lines.push_str(&alloc::format!("{problem}\n"));
    }
    with_worker(|it| {
        it.memory = Memory::new(&configuration, super::seed_of(seed));
        it.configuration = configuration;
        it.settings = settings;
    });
    lines
}

/// Where the files of the package lie.
#[wasm_bindgen]
#[must_use]
pub fn files() -> String {
    with_worker(|it| it.settings.files.clone())
}

/// The tag of the language that the visitor reads; nothing if it is spoken already.
#[wasm_bindgen]
#[must_use]
pub fn language_wanted(accept_language: &str) -> Option<String> {
    let tag = Language::tag_of(accept_language);
    with_worker(|it| (it.language.tag != tag).then(|| tag.to_owned()))
}

/// Speaks a language from now on, out of its file; whether that is one.
#[wasm_bindgen]
#[must_use]
pub fn speak(tag: &str, file: &str) -> bool {
    let read = Language::read(tag, file);
    if let Some(language) = read {
        with_worker(|it| it.language = language);
    }
    read.is_some()
}
