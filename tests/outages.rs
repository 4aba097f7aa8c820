//! Random outages, in simulated time: many requests, one memory, origins that do
//! what origins do on a bad day.
//!
//! Each seed is a world of its own (`outages/drawn.rs`), and what must hold in all
//! of them is in `outages/checked.rs` and `sim/promises.rs`. A seed that breaks a
//! promise is cut down and written to `target/outages/`, as a scenario.
//!
//! ```sh
//! cargo test --test outages                      # some of them
//! OUTAGES=100000 cargo test --profile outages --test outages
//! OUTAGE_SEED=7 cargo test --test outages        # one of them
//! ```
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test may panic, and this one tells what it did"
)]

#[path = "outages/checked.rs"]
mod checked;
#[path = "outages/drawn.rs"]
mod drawn;
#[path = "outages/policies.rs"]
mod policies;
mod sim;

use drawn::Outage;
use sim::scenario::Scenario;
use std::panic::catch_unwind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::{env, fs, path::PathBuf, thread};

/// So many in an ordinary test run: seconds without optimisation.
const SOME: u64 = 1500;
/// After so many broken promises nobody reads on.
const ENOUGH: usize = 5;

#[test]
fn no_outage_breaks_a_promise() {
    let number = |name: &str| env::var(name).ok().map(|text| text.parse().unwrap());
    let seeds = match number("OUTAGE_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("OUTAGES").unwrap_or(SOME),
    };
    let (next, broken) = (AtomicU64::new(seeds.start), Mutex::new(Vec::new()));
    let (requests, calls) = (AtomicU64::new(0), AtomicU64::new(0));
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while broken.lock().unwrap().len() < ENOUGH {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        break;
                    }
                    let run = run(seed);
                    requests.fetch_add(run.requests, Ordering::Relaxed);
                    calls.fetch_add(run.calls, Ordering::Relaxed);
                    broken.lock().unwrap().extend(run.broken);
                }
            });
        }
    });
    println!(
        "{} outages, {} requests, {} calls of origins",
        seeds.end - seeds.start,
        requests.into_inner(),
        calls.into_inner()
    );
    let broken = broken.into_inner().unwrap();
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

struct Run {
    requests: u64,
    calls: u64,
    broken: Option<String>,
}

fn run(seed: u64) -> Run {
    let outage = drawn::outage(seed);
    let Ok(played) = catch_unwind(|| sim::play::play(&outage.world)) else {
        let broken = Some(format!("seed {seed} panics"));
        return Run {
            requests: 0,
            calls: 0,
            broken,
        };
    };
    let mut verdict = checked::check(&outage, &played);
    if seed.is_multiple_of(997) && sim::play::play(&outage.world) != played {
        verdict = Err("the same seed leads to the same events".into());
    }
    Run {
        requests: outage.world.visits.len().try_into().unwrap(),
        calls: played.calls.len().try_into().unwrap(),
        broken: verdict.err().map(|broken| report(&outage, &broken)),
    }
}

/// Writes down what breaks a promise, and says where.
fn report(outage: &Outage, broken: &str) -> String {
    let seed = outage.seed;
    // What holds for many requests together says nothing of a few.
    let small = match outage.total {
        true => outage.clone(),
        false => cut_down(outage.clone(), broken),
    };
    let about = format!("Seed {seed} breaks the promise that {broken}.");
    let given = small.world.written(&about);
    let played = Scenario::read(&given).map_or_else(|why| why, |scenario| scenario.played());
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/target/outages"));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("{seed}.txt"));
    fs::write(&path, format!("{given}\n{played}")).unwrap();
    format!("seed {seed}: {broken}: {}", path.display())
}

/// Leaves requests out as long as the same promise breaks.
fn cut_down(mut outage: Outage, broken: &str) -> Outage {
    let promise = |broken: &str| broken.split(':').next().map(str::to_owned);
    let mut chunk = outage.world.visits.len() / 2;
    while chunk > 0 {
        let mut from = 0;
        while from < outage.world.visits.len() {
            let mut smaller = outage.clone();
            let until = (from + chunk).min(smaller.world.visits.len());
            smaller.world.visits.drain(from..until);
            let played = sim::play::play(&smaller.world);
            let found = checked::check(&smaller, &played).err();
            match found.is_some_and(|found| promise(&found) == promise(broken)) {
                true => outage = smaller,
                false => from += chunk,
            }
        }
        chunk /= 2;
    }
    outage
}
