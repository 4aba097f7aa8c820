//! Any fields of a request and a response: what goes into an envelope comes out.
#![no_main]

#[path = "../../tests/sim/mod.rs"]
mod sim;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    sim::hostile::envelope(&String::from_utf8_lossy(bytes));
});
