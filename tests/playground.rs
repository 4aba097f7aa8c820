//! The module for the playground, as wasm: the checker of configurations, and what crosses
//! to JavaScript of what was played. What is played is tested natively, with the module.
//!
//! ```sh
//! wasm-pack test --node -- --features playground --test playground
//! ```
#![cfg(all(target_arch = "wasm32", feature = "playground"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

use lastgood::playground::{advice, check, page, play};
use serde::Serialize;
use serde_json::{Value, json};
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsError, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

fn js(value: &Value) -> JsValue {
    value.serialize(&Serializer::json_compatible()).unwrap()
}

fn outcome(returned: Result<JsValue, JsError>) -> Result<Value, String> {
    match returned {
        Ok(value) => Ok(serde_wasm_bindgen::from_value(value).unwrap()),
        Err(error) => Err(format!("{:?}", JsValue::from(error))),
    }
}

fn problems(origin: &Value, lastgood: &Value) -> Value {
    outcome(check(js(origin), js(lastgood))).unwrap()
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
        let absent = odd.is_undefined() || odd.is_null();
        for (origin, lastgood) in [(&odd, &JsValue::UNDEFINED), (&JsValue::UNDEFINED, &odd)] {
            match outcome(check(origin.clone(), lastgood.clone())) {
                Ok(found) => assert_eq!(found.as_array().unwrap().is_empty(), absent, "{odd:?}"),
                Err(_) => assert!(!absent, "{odd:?}"),
            }
        }
        match outcome(play(odd.clone())) {
            Ok(seen) => assert_eq!(seen["problems"] == json!([]), absent, "{odd:?}"),
            Err(_) => assert!(!absent, "{odd:?}"),
        }
    }
}

#[wasm_bindgen_test]
fn what_was_played_crosses_whole() {
    let scenario = json!({"request": {"path": "/a"}, "faults": [{"what": "status"}]});
    let seen = outcome(play(js(&scenario))).unwrap();
    assert_eq!(seen["requests"][0]["shown"], "answer");
    assert_eq!(seen["requests"][0]["attempts"].as_array().unwrap().len(), 3);
    assert_eq!(seen["events"][0]["text"], "GET /a comes in.");
    let shown = page(js(&scenario), 0).unwrap_or_else(|_| panic!("a page"));
    assert!(shown.unwrap().contains("<h1"));
    assert!(page(js(&scenario), 1).is_ok_and(|page| page.is_none()));
    let causes = outcome(advice("ja")).unwrap();
    assert!(causes.as_array().unwrap().len() > 15);
}
