//! **lastgood keeps the last good page up when an origin answers 502.**
//!
//! This crate is the core of it: decisions without I/O. Which answer is a
//! failure and why, what may be asked again, when and where, what may be kept
//! and shown instead, and what to say when there is nothing to show. Time,
//! randomness and messages are arguments; a decision is a value that carries
//! what is needed to act on it. With no feature turned on the crate is `no_std`,
//! needs nothing but an allocator and two small crates for a hash, and serves any
//! gateway; the features `edge` and `browser` add the two hosts that are part of the
//! project, and `playground` a simulated one to watch the core with. `words`, which is on
//! unless default features are off, says in words what is wrong with a setting.
//!
//! The modules, in the order in which a request meets them:
//!
//! - [`wire`]: the grammars of HTTP fields, read once at the border
//! - [`policy`]: what an operator may choose, and every wrong choice named
//! - [`verdict`]: what an answer or a failure means
//! - [`retry`]: whether the same may be asked again, and when
//! - [`origins`]: which origin is asked next
//! - [`copies`]: the law of stored responses
//! - [`answer`]: what we say ourselves
//! - [`gateway`]: the life of one request, as a [`gateway::Exchange`]
#![no_std]
#![cfg_attr(
    test,
    allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)
)]

extern crate alloc;
// A cdylib for an ordinary system has to take its panic handler from somewhere;
// the core cannot name the library.
#[cfg(any(feature = "edge", feature = "browser"))]
extern crate std;
#[cfg(all(any(unix, windows), not(any(feature = "edge", feature = "browser"))))]
extern crate std as _;

#[cfg(all(
    target_arch = "wasm32",
    any(feature = "edge", feature = "browser", feature = "playground")
))]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

pub mod answer;
pub mod copies;
pub mod gateway;
pub mod origins;
pub mod policy;
mod recent;
pub mod retry;
mod slots;
pub mod verdict;
pub mod wire;

#[cfg(feature = "browser")]
pub mod browser;
#[cfg(feature = "edge")]
pub mod edge;
// The simulated host needs none of what a browser has, so its tests run everywhere.
#[cfg(any(feature = "playground", test))]
pub mod playground;

/// The README's example, run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
