//! Any text as `ORIGIN` and `LASTGOOD`: what comes of it is usable.
#![no_main]

#[path = "../../tests/sim/mod.rs"]
mod sim;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    sim::configured::configuration(&String::from_utf8_lossy(bytes));
});
