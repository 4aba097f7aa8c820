//! Whole stories in simulated time, as data that an operator can read.
//!
//! `tests/scenarios/README.md` describes the notation. One `check` plays each
//! file and compares what comes of it; `UPDATE_EXPECT=1 cargo test --test
//! scenarios` writes down what comes of it now, for a person to read.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod sim;

use lastgood::gateway::Body;
use lastgood::wire::Timestamp;
use sim::{Asked, Behaviour, Clock, End, Origin, World, scenario, told};
use std::{env, fs, path::Path, path::PathBuf};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios");

#[test]
fn every_story_ends_as_written() {
    let wrong: Vec<String> = stories().iter().filter_map(|path| check(path)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_matrix_is_as_written() {
    let path = Path::new(DATA).join("matrix.table");
    let written = fs::read_to_string(&path).unwrap();
    let (given, _) = written.split_once("\n\n").unwrap();
    let wrong = compare(&path, &written, &format!("{given}\n\n{}", matrix()));
    assert!(wrong.is_none(), "{}", wrong.unwrap_or_default());
}

#[test]
fn an_unknown_word_is_an_error() {
    let right = "# A.\nrequest GET / accept: */*\norigin 0 502 after 1ms";
    assert!(scenario::Scenario::read(right).is_ok());
    for wrong in [
        "",
        "# A.",
        "# A.\nrequest GET /",
        "request GET /\norigin 0 502 after 1ms",
        "# A.\nrequest GET / Accept: x\norigin 0 502 after 1ms",
        "# A.\nrequest GET /\norigin 1 502 after 1ms",
        "# A.\nrequest GET /\norigin 0 5xx after 1ms",
        "# A.\nrequest GET /\norigin 0 nonsense after 1ms",
        "# A.\nrequest GET /\norigin 0 network after 1ms retry-after: 1",
        "# A.\nrequest GET /\norigin 0 502 after soon",
        "# A.\nrequest GET /\norigin 0 502\nfoo bar",
    ] {
        assert!(scenario::Scenario::read(wrong).is_err(), "{wrong}");
    }
    for wrong in [
        "policy {\"atempts\": 2}",
        "policy {\"attempts\": 0}",
        "policy",
        "copy 120s",
        "clock runs",
        "clock jumps 1h at 3s",
        "clocks lag",
        "timers late",
        "seed x",
        "body 12",
        "leaves",
        "vanishes at 3s",
        "at 3s",
        "at 3s x times every 1s GET /",
        "origin 0 from soon 502 after 1ms",
        "origin 0 30 502 after 1ms",
        "origin 0 502 after 9ms..1ms",
        "origin 0 over 502 after 1ms",
        "origin 0 is {",
        "copy /b",
        "look 3ms",
        "watched closely",
        "surprise",
    ] {
        let text = format!("{right}\n{wrong}");
        assert!(scenario::Scenario::read(&text).is_err(), "{wrong}");
    }
}

fn stories() -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(DATA)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "txt"))
        .collect();
    paths.sort();
    assert!(paths.len() >= 30, "only {} stories found", paths.len());
    paths
}

/// What is wrong with a story, if anything.
fn check(path: &Path) -> Option<String> {
    let written = fs::read_to_string(path).unwrap();
    match scenario::Scenario::read(&written) {
        Ok(scenario) => compare(path, &written, &scenario.played()),
        Err(why) => Some(format!("{}: {why}", path.display())),
    }
}

fn compare(path: &Path, written: &str, played: &str) -> Option<String> {
    if written == played {
        return None;
    }
    if env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(path, played).unwrap();
        return None;
    }
    Some(format!(
        "{}\n{}",
        path.display(),
        difference(written, played)
    ))
}

/// The lines between the common start and the common end.
fn difference(written: &str, played: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (written.lines().collect(), played.lines().collect());
    let same =
        |pairs: &mut dyn Iterator<Item = (&&str, &&str)>| pairs.take_while(|(a, b)| a == b).count();
    let start = same(&mut old.iter().zip(&new));
    let most = old.len().min(new.len()) - start;
    let end = same(&mut old.iter().rev().zip(new.iter().rev())).min(most);
    let shown = |sign: &str, lines: &[&str]| -> String {
        lines[start..lines.len() - end]
            .iter()
            .map(|line| format!("  {sign} {line}\n"))
            .collect()
    };
    format!("{}{}", shown("-", &old), shown("+", &new))
}

/// Requests as far as the retry matrix tells them apart.
const REQUESTS: [(&str, &str, bool); 9] = [
    ("GET", "", false),
    ("HEAD", "", false),
    ("OPTIONS", "", false),
    ("PUT", "", false),
    ("DELETE", "", false),
    ("POST", "", false),
    ("POST", "idempotency-key:1", false),
    ("POST", "", true),
    ("POST", "idempotency-key:1", true),
];

const STATUSES: [u16; 17] = [
    429, 500, 501, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527, 530, 404, 599,
];

/// For every failure a line: which origins are asked, for each request.
fn matrix() -> String {
    let statuses = STATUSES.map(|status| End::Response(status, "".into()));
    let causes = scenario::CAUSES.map(End::Failure);
    let mut lines = vec![heading()];
    let told = End::Response(429, "retry-after:1\n".into());
    lines.push(line(
        "429, told when",
        &REQUESTS.map(|request| cell(request, Some(1), &told)),
    ));
    for end in statuses.into_iter().chain(causes) {
        let cells = REQUESTS.map(|request| cell(request, Some(1), &end));
        lines.push(line(&told::name(&end), &cells));
    }
    let silence = End::Failure(lastgood::verdict::Cause::Network);
    lines.push(line(
        "silence",
        &REQUESTS.map(|request| cell(request, None, &silence)),
    ));
    lines.concat()
}

fn heading() -> String {
    line(
        "",
        &REQUESTS.map(|(method, key, opted_in)| {
            let keyed = if key.is_empty() { "" } else { ",key" };
            let opted = if opted_in { ",opt-in" } else { "" };
            format!("{method}{keyed}{opted}")
        }),
    )
}

fn line(name: &str, cells: &[String]) -> String {
    let cells: String = cells.iter().map(|cell| format!("{cell:<11} ")).collect();
    format!("{}\n", format!("{name:<19} {cells}").trim_end())
}

/// The origins that are asked: alone, and with a backup that fails as well.
fn cell((method, key, opted_in): (&str, &str, bool), after: Option<u64>, end: &End) -> String {
    let policy = format!(
        r#"{{"retry_unsafe": {opted_in}, "attempt_timeout": "1s",
            "retry_on": ["network", "timeout", "404-999"],
            "failover_on": ["network", "timeout", "404-999"]}}"#
    );
    let behaviour = Behaviour {
        after: after.map(|after| (after, after)),
        end: end.clone(),
    };
    let asked = |origins: usize| -> String {
        let story = sim::live(&World {
            configuration: scenario::read_configuration(origins, &policy).unwrap(),
            visits: vec![Asked::new(method, key, Body::None)],
            origins: vec![Origin::script(vec![behaviour.clone()]); origins],
            ..World::blank()
        });
        story
            .attempts()
            .map(|(_, attempt)| attempt.origin.to_string())
            .collect()
    };
    format!("{}/{}", asked(1), asked(2))
}

#[test]
fn the_simulated_clock_does_what_it_is_told() {
    let clock = Clock {
        jumps: vec![(100, -1000)],
        stands: Some((300, 10_000)),
    };
    let shown = |at| clock.shows(at).since(Timestamp::default()).as_millis();
    let start = u128::from(sim::EPOCH.as_millis());
    assert_eq!(shown(99), start + 99);
    assert_eq!(shown(100), start - 900);
    assert_eq!((shown(300), shown(9000)), (start - 700, start - 700));
    assert_eq!(shown(10_000), start + 9000);
}
