//! Any text in every grammar: no panic, and two readings that agree.
#![no_main]

#[path = "../../tests/sim/mod.rs"]
mod sim;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    sim::hostile::fields(&String::from_utf8_lossy(bytes));
});
