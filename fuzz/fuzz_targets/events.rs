//! Any events in any order, under any policy: no promise breaks.
#![no_main]

#[path = "../../tests/sim/mod.rs"]
mod sim;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    sim::trial::events(bytes);
});
