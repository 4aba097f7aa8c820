//! The module for pages, and a slice of the core, as wasm.
//!
//! Runs in Node and in a real browser:
//!
//! ```sh
//! wasm-pack test --node -- --features browser --test browser
//! WASM_BINDGEN_USE_BROWSER=1 wasm-pack test --headless --chrome \
//!     --chromedriver /usr/bin/chromedriver -- --features browser --test browser
//! ```
//!
//! `run_in_browser` in this file would shut Node out, so the variable says where
//! to run; forgetting it is an error here, where the runner would skip in silence.
#![cfg(target_arch = "wasm32")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod sim;

use lastgood::browser::{check, explain};
use lastgood::retry::Random;
use serde::Serialize;
use serde_json::{Value, json};
use serde_wasm_bindgen::Serializer;
use sim::{hostile, scenario::Scenario, trial};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsError, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

const _: () = assert!(
    option_env!("WASM_BINDGEN_TEST_ONLY_WEB").is_none()
        || option_env!("WASM_BINDGEN_USE_BROWSER").is_some(),
    "to run these tests in a browser, set WASM_BINDGEN_USE_BROWSER=1"
);

fn js(value: &Value) -> JsValue {
    value.serialize(&Serializer::json_compatible()).unwrap()
}

fn outcome(returned: Result<JsValue, JsError>) -> Result<Value, String> {
    match returned {
        Ok(value) => Ok(serde_wasm_bindgen::from_value(value).unwrap()),
        Err(error) => Err(format!("{:?}", JsValue::from(error))),
    }
}

fn explained(seen: &Value, method: &str) -> Value {
    outcome(explain(js(seen), method)).unwrap()
}

fn problems(origin: &Value, lastgood: &Value) -> Value {
    outcome(check(js(origin), js(lastgood))).unwrap()
}

#[wasm_bindgen_test]
fn a_good_reply_is_good() {
    let headers = json!([["Content-Type", "text/html"]]);
    let seen = explained(&json!({"status": 200, "headers": headers}), "GET");
    assert_eq!(seen["verdict"], "good");
    assert_eq!(
        (&seen["cause"], &seen["phase"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(seen["retryable"], false);
}

#[wasm_bindgen_test]
fn a_failure_is_explained() {
    let told = |seen: Value, method: &str| {
        let told = explained(&seen, method);
        let text = |name: &str| told[name].as_str().unwrap().to_owned();
        assert!(!text("title").is_empty() && !text("advice").is_empty());
        assert!(!told["administrators"].as_array().unwrap().is_empty());
        let retryable = told["retryable"].as_bool().unwrap();
        assert_eq!(retryable, text("verdict") == "retryable");
        (text("cause"), text("phase"), retryable)
    };
    let expected = |cause: &str, phase: &str, retryable| (cause.into(), phase.into(), retryable);
    let answered = |status: u16| json!({"status": status});
    let (maybe, nothing, processed) = ("maybe-processed", "nothing-sent", "processed");
    assert_eq!(
        told(answered(502), "GET"),
        expected("bad-gateway", maybe, true)
    );
    assert_eq!(
        told(answered(502), "POST"),
        expected("bad-gateway", maybe, false)
    );
    assert_eq!(
        told(answered(521), "POST"),
        expected("connection-refused", nothing, true)
    );
    assert_eq!(
        told(answered(500), "GET"),
        expected("server-error", processed, false)
    );
    assert_eq!(
        told(json!({"error": "network"}), "GET"),
        expected("network", maybe, true)
    );
    assert_eq!(
        told(json!({"error": "timeout"}), "POST"),
        expected("timeout", maybe, false)
    );
}

#[wasm_bindgen_test]
fn an_error_that_is_meant_is_final() {
    let headers = json!([["Cache-Control", "max-age=60"]]);
    let seen = explained(&json!({"status": 503, "headers": headers}), "GET");
    assert_eq!(
        (&seen["verdict"], &seen["cause"]),
        (&json!("final"), &json!("unavailable"))
    );
}

#[wasm_bindgen_test]
fn a_wrong_field_of_a_reply_is_named() {
    for (seen, name) in [
        (json!({"status": "502"}), "status"),
        (json!({"status": -1}), "status"),
        (json!({"status": 502.5}), "status"),
        (json!({"status": 70_000}), "status"),
        (json!({"headers": {"a": "b"}}), "headers"),
        (json!({"headers": [["a"]]}), "headers"),
        (json!({"headers": [["a", 1]]}), "headers"),
        (json!({"error": 7}), "error"),
        (json!({"colour": "red"}), "colour"),
        (json!([]), "object"),
        (json!("502"), "object"),
        (Value::Null, "object"),
    ] {
        let wrong = outcome(explain(js(&seen), "GET")).unwrap_err();
        assert!(wrong.contains(name), "{seen}: {wrong}");
    }
}

#[wasm_bindgen_test]
fn a_right_configuration_has_no_problems() {
    assert_eq!(
        outcome(check(JsValue::UNDEFINED, JsValue::UNDEFINED)),
        Ok(json!([]))
    );
    let table =
        json!({"attempts": 2, "stale": "7d", "routes": [{"path": "/api/*", "mode": "off"}]});
    assert_eq!(problems(&json!("https://origin.test"), &table), json!([]));
}

#[wasm_bindgen_test]
fn every_wrong_field_is_named_with_its_value_and_a_remedy() {
    let found = problems(
        &json!("ftp://a"),
        &json!({"attempts": 0, "atempts": 3, "stale": 30}),
    );
    let mut named: Vec<_> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| {
            assert!(!problem["remedy"].as_str().unwrap().is_empty());
            (problem["field"].clone(), problem["value"].clone())
        })
        .collect();
    named.sort_by_key(|(field, _)| field.to_string());
    let expected = [
        ("LASTGOOD.atempts", "3"),
        ("LASTGOOD.attempts", "0"),
        ("LASTGOOD.stale", "30"),
        ("ORIGIN", "\"ftp://a\""),
    ];
    assert_eq!(
        named,
        expected.map(|(field, value)| (json!(field), json!(value)))
    );
}

/// Values that only JavaScript has.
fn oddities() -> Vec<JsValue> {
    let function = Closure::<dyn Fn()>::new(|| {});
    vec![
        JsValue::UNDEFINED,
        JsValue::NULL,
        JsValue::TRUE,
        JsValue::from_f64(f64::NAN),
        JsValue::from_f64(f64::INFINITY),
        JsValue::from_f64(-0.0),
        JsValue::bigint_from_str("18446744073709551616"),
        JsValue::symbol(Some("x")),
        JsValue::from_str("\u{0}\u{2028}"),
        function.into_js_value(),
    ]
}

#[wasm_bindgen_test]
fn hostile_values_are_refused_or_named_and_never_a_fault() {
    for odd in oddities() {
        assert!(explain(odd.clone(), "GET").is_err(), "{odd:?}");
        for (origin, lastgood) in [(&odd, &JsValue::UNDEFINED), (&JsValue::UNDEFINED, &odd)] {
            let absent = odd.is_undefined() || odd.is_null();
            match outcome(check(origin.clone(), lastgood.clone())) {
                Ok(found) => assert_eq!(found.as_array().unwrap().is_empty(), absent, "{odd:?}"),
                Err(_) => assert!(!absent, "{odd:?}"),
            }
        }
    }
}

#[wasm_bindgen_test]
fn a_status_that_is_no_number_is_no_good_reply() {
    let entry = |name: &str, value: JsValue| {
        let map = std::collections::BTreeMap::from([(name.to_owned(), ())]);
        let object = map.serialize(&Serializer::json_compatible()).unwrap();
        // Only JSON can be serialised, so the value is put in afterwards.
        put(&object, name, &value);
        object
    };
    for odd in [f64::NAN, f64::INFINITY, -0.5] {
        let seen = entry("status", JsValue::from_f64(odd));
        assert!(explain(seen, "GET").is_err(), "{odd}");
    }
}

#[wasm_bindgen::prelude::wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Reflect, js_name = set)]
    fn put(object: &JsValue, name: &str, value: &JsValue) -> bool;
}

/// Stories that are also played natively.
const STORIES: [(&str, &str); 12] = [
    (
        "asked-by-script",
        include_str!("scenarios/asked-by-script.txt"),
    ),
    (
        "attempts-run-out",
        include_str!("scenarios/attempts-run-out.txt"),
    ),
    (
        "backups-in-order",
        include_str!("scenarios/backups-in-order.txt"),
    ),
    ("cache-fresh", include_str!("scenarios/cache-fresh.txt")),
    ("deadline", include_str!("scenarios/deadline.txt")),
    ("good-answer", include_str!("scenarios/good-answer.txt")),
    ("keyed-write", include_str!("scenarios/keyed-write.txt")),
    ("old-copy", include_str!("scenarios/old-copy.txt")),
    (
        "retry-after-fits",
        include_str!("scenarios/retry-after-fits.txt"),
    ),
    ("soft-deadline", include_str!("scenarios/soft-deadline.txt")),
    ("window-past", include_str!("scenarios/window-past.txt")),
    ("write-once", include_str!("scenarios/write-once.txt")),
];

#[wasm_bindgen_test]
fn stories_end_as_they_do_natively() {
    for (name, written) in STORIES {
        assert_eq!(Scenario::read(written).unwrap().played(), written, "{name}");
    }
}

#[wasm_bindgen_test]
fn hostile_input_is_harmless_as_wasm_too() {
    let mut random = Random::new(1);
    for _ in 0..300 {
        let length = random.draw() % 160;
        let bytes: Vec<u8> = (0..length)
            .map(|_| random.draw().to_le_bytes()[0])
            .collect();
        trial::events(&bytes);
        hostile::fields(&String::from_utf8_lossy(&bytes));
        hostile::envelope(&String::from_utf8_lossy(&bytes));
    }
}
