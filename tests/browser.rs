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
#![cfg(all(target_arch = "wasm32", feature = "browser"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod sim;

use lastgood::browser::{
    Exchange, blames_origin, configure, explain, forget_own_policies, heard, learn, news,
    own_policy, tables, title_of,
};
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

const NOW: f64 = 784_111_717_000.0;
const URL: &str = "https://a.test/x?y";

fn js(value: &Value) -> JsValue {
    value.serialize(&Serializer::json_compatible()).unwrap()
}

fn read(returned: JsValue) -> Value {
    serde_wasm_bindgen::from_value(returned).unwrap()
}

fn outcome(returned: Result<JsValue, JsError>) -> Result<Value, String> {
    match returned {
        Ok(value) => Ok(serde_wasm_bindgen::from_value(value).unwrap()),
        Err(error) => Err(format!("{:?}", JsValue::from(error))),
    }
}

fn explained(seen: &Value, method: &str) -> Value {
    outcome(explain(&js(seen), method, NOW)).unwrap()
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
        let retryable = told["retryable"].as_bool().unwrap();
        assert_eq!(retryable, text("verdict") == "retryable");
        (text("cause"), text("phase"), retryable)
    };
    let expected = |cause: &str, phase: &str, retryable| (cause.into(), phase.into(), retryable);
    let answered = |status: u16| json!({"status": status});
    let by_the_edge = |status: u16| json!({"status": status, "headers": [["CF-Ray", "8a-FRA"]]});
    let (maybe, nothing, processed) = ("maybe-processed", "nothing-sent", "processed");
    for (seen, method, right) in [
        (answered(502), "GET", expected("bad-gateway", maybe, true)),
        (answered(502), "POST", expected("bad-gateway", maybe, false)),
        (
            by_the_edge(521),
            "POST",
            expected("connection-refused", nothing, true),
        ),
        // Anybody can say 521.
        (
            answered(521),
            "POST",
            expected("connection-refused", maybe, false),
        ),
        (
            answered(500),
            "GET",
            expected("server-error", processed, false),
        ),
        (
            json!({"error": "network"}),
            "GET",
            expected("network", maybe, true),
        ),
        (
            json!({"error": "timeout"}),
            "POST",
            expected("timeout", maybe, false),
        ),
    ] {
        assert_eq!(told(seen.clone(), method), right, "{seen} {method}");
    }
}

#[wasm_bindgen_test]
fn what_a_server_says_of_its_failure_is_told() {
    let wait = |value: &str| {
        let seen = json!({"status": 503, "headers": [["Retry-After", value]]});
        explained(&seen, "GET")["retryAfter"].clone()
    };
    assert_eq!(wait("7"), json!(7000));
    assert_eq!(wait("Sun, 06 Nov 1994 08:49:37 GMT"), json!(60_000));
    assert_eq!(wait("soon"), Value::Null);
    let told = explained(
        &json!({"status": 522, "headers": [["x-request-id", "r1"]]}),
        "GET",
    );
    assert_eq!(
        (&told["requestId"], &told["number"]),
        (&json!("r1"), &json!("cloudflare-522"))
    );
    let problem = json!({"applied": "no", "request_id": "p1", "retry_after": 1.5});
    let told = explained(&json!({"status": 502, "problem": problem}), "POST");
    assert_eq!(told["phase"], "nothing-sent");
    assert_eq!(
        (&told["requestId"], &told["retryAfter"]),
        (&json!("p1"), &json!(1500))
    );
    assert_eq!(told["retryable"], true);
}

#[wasm_bindgen_test]
fn a_cause_has_a_title_and_nothing_else_has() {
    assert_eq!(title_of("timeout").as_deref(), Some("slow"));
    for odd in ["", "Timeout", "toString"] {
        assert_eq!(title_of(odd), None, "{odd}");
    }
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
        let wrong = outcome(explain(&js(&seen), "GET", NOW)).unwrap_err();
        assert!(wrong.contains(name), "{seen}: {wrong}");
    }
}

const BEGIN: f64 = -2.0;
const REPLY: f64 = -3.0;

/// A request that nothing was learnt for yet.
fn request(policy: u32, method: &str, fields: &str) -> Exchange {
    Exchange::new(policy, method, URL, fields, true, 0.5, NOW)
}

/// What is taken by a function that takes policies.
fn refusals(written: &Value) -> [Option<String>; 2] {
    let whole = configure(&js(written)).map(|()| JsValue::NULL);
    let single = own_policy(&js(written)).map(JsValue::from);
    [whole, single].map(|returned| outcome(returned).err())
}

#[wasm_bindgen_test]
fn an_exchange_repeats_what_may_be_repeated() {
    outcome(configure(&js(&json!({"backoff": {"base": 40}}))).map(|()| JsValue::NULL)).unwrap();
    let mut get = request(0, "GET", "");
    assert_eq!(get.start(NOW), BEGIN);
    assert_eq!((get.attempt(), get.beside()), (1, false));
    assert!(get.attempt_header(true).is_none());
    assert!(get.begun(NOW) >= 0.0);
    let wait = get.responded(
        1,
        502,
        URL,
        "x-request-id:r1\n",
        JsValue::UNDEFINED,
        NOW + 5.0,
    );
    assert!((0.0..40.0).contains(&wait) || wait == BEGIN, "{wait}");
    let failure = read(get.failure());
    assert_eq!(
        (&failure["cause"], &failure["status"], &failure["requestId"]),
        (&json!("bad-gateway"), &json!(502), &json!("r1"))
    );
    if wait >= 0.0 {
        assert_eq!(get.woke(NOW + 5.0 + wait), BEGIN);
    }
    assert_eq!(
        get.attempt_header(true).as_deref(),
        Some("lastgood-attempt")
    );
    assert!(get.attempt_header(false).is_none());
    assert!(get.begun(NOW + 50.0) >= 0.0);
    let good = get.responded(2, 204, URL, "", JsValue::UNDEFINED, NOW + 60.0);
    assert_eq!((good, get.outcome()), (REPLY, 1));
    assert!(get.failure().is_undefined());
}

#[wasm_bindgen_test]
fn an_exchange_sends_no_write_twice() {
    for (fields, offline, again) in [
        ("", false, false),
        ("idempotency-key:k", false, true),
        ("", true, true),
    ] {
        let mut post = request(0, "POST", fields);
        assert_eq!(post.start(NOW), BEGIN);
        assert!(post.begun(NOW) >= 0.0);
        let step = post.failed(1, offline, NOW + 5.0);
        assert_eq!(step != REPLY, again, "{fields} {offline}");
        if !again {
            assert_eq!(post.outcome(), 2);
        }
    }
}

#[wasm_bindgen_test]
fn a_body_that_is_looked_at_may_be_a_failure() {
    let page = b"<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center></body></html>";
    let html = "content-type:text/html\n";
    let inspected = |look: &dyn Fn(&mut Exchange) -> f64| {
        let mut get = request(0, "GET", "");
        assert_eq!(get.start(NOW), BEGIN);
        assert!(get.begun(NOW) >= 0.0);
        let step = get.responded(1, 200, URL, html, JsValue::UNDEFINED, NOW);
        assert!(step <= -7.0 && get.inspection_limit() > 0.0, "{step}");
        look(&mut get)
    };
    let good = inspected(&|it| it.inspected("text/html", 4.0, b"<p>x", NOW));
    assert_eq!(good, REPLY);
    let long = inspected(&|it| it.inspected("text/html", -1.0, b"", NOW));
    assert_eq!(long, REPLY);
    assert!(inspected(&|it| it.inspected("text/html", 130.0, page, NOW)) != REPLY);
    assert!(inspected(&|it| it.broke_off(NOW)) != REPLY);
}

#[wasm_bindgen_test]
fn who_leaves_gets_nothing() {
    let mut get = request(0, "GET", "");
    assert_eq!(get.start(NOW), BEGIN);
    assert!(get.begun(NOW) >= 0.0);
    assert_eq!((get.left(NOW), get.outcome()), (REPLY, 0));
}

#[wasm_bindgen_test]
fn a_policy_of_its_own_holds_for_its_number() {
    forget_own_policies();
    let once = own_policy(&js(&json!({"attempts": 1}))).map(JsValue::from);
    assert_eq!(outcome(once).unwrap(), json!(1));
    let step_of = |policy| {
        let mut get = request(policy, "GET", "");
        assert_eq!(get.start(NOW), BEGIN);
        assert!(get.begun(NOW) >= 0.0);
        get.responded(1, 502, URL, "", JsValue::UNDEFINED, NOW)
    };
    assert_eq!(step_of(1), REPLY);
    assert!(step_of(0) != REPLY);
    // A number that nobody gave is no policy of its own.
    assert!(step_of(7) != REPLY && step_of(u32::MAX) != REPLY);
    forget_own_policies();
    assert!(step_of(1) != REPLY);
}

#[wasm_bindgen_test]
fn every_wrong_field_is_named_with_a_remedy() {
    for (written, named) in [
        (json!({"attempts": 0}), "policy.attempts = 0"),
        (json!({"atempts": 3}), "did you mean `attempts`?"),
        (json!({"deadline": "soon"}), "policy.deadline"),
        (json!({"backoff": {"base": "1x"}}), "policy.backoff"),
        (json!({"retryOn": [200]}), "policy.retryOn"),
        (json!({"page": {}}), "a field that exists"),
        (json!("text"), "an object such as"),
    ] {
        for wrong in refusals(&written) {
            let wrong = wrong.unwrap_or_default();
            assert!(wrong.contains(named), "{written}: {wrong}");
        }
    }
    let many = refusals(&json!({"attempts": 0, "colour": 1}))[0].clone();
    let many = many.unwrap_or_default();
    assert!(many.contains("policy.attempts") && many.contains("policy.colour"));
}

#[wasm_bindgen_test]
fn the_tables_hold_every_cause() {
    let told = read(tables());
    assert_eq!(told["statuses"]["502"], "bad-gateway");
    assert_eq!(told["causes"]["timeout"]["again"][1], "ynnyn");
    assert_eq!(told["policy"]["attempts"], 3);
    assert!(told["causes"].as_object().unwrap().len() >= 18);
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
        assert!(explain(&odd, "GET", NOW).is_err(), "{odd:?}");
        let absent = odd.is_undefined() || odd.is_null();
        assert_eq!(configure(&odd).is_ok(), absent, "{odd:?}");
        assert_eq!(own_policy(&odd).is_ok(), absent, "{odd:?}");
        let mut get = request(0, "GET", "");
        get.start(NOW);
        get.begun(NOW);
        assert!(
            get.responded(1, 502, URL, "", odd.clone(), NOW) != BEGIN,
            "{odd:?}"
        );
        for field in [
            "attempts", "deadline", "backoff", "retryOn", "hedge", "routes",
        ] {
            let written = entry(field, odd.clone());
            let taken = configure(&written).is_ok();
            assert!(!taken || odd == JsValue::TRUE, "{field} {odd:?}");
            assert!(
                own_policy(&written).is_err() || odd == JsValue::TRUE,
                "{field} {odd:?}"
            );
        }
    }
    forget_own_policies();
    assert!(configure(&JsValue::UNDEFINED).is_ok());
}

#[wasm_bindgen_test]
fn hostile_events_and_numbers_are_never_a_fault() {
    let numbers = [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e300, NOW];
    for (place, odd) in numbers.into_iter().enumerate() {
        let url = ["", "https://", "\u{0}", "about:blank", "x", "//"][place];
        let mut get = Exchange::new(u32::MAX, "", url, "a\n:b\n", true, odd, odd);
        for other in numbers {
            get.responded(u8::MAX, 0, url, ":::\n\n", JsValue::NULL, other);
            get.start(other);
            get.inspected("", other, &[0xff; 3], odd);
            get.failed(0, true, other);
            get.broke_off(other);
            get.woke(other);
            get.begun(other);
            get.responded(get.attempt(), u16::MAX, URL, "", JsValue::NULL, other);
        }
        assert_eq!(get.left(odd), REPLY);
        assert!(get.outcome() <= 2);
    }
}

/// An object with one member, of any kind.
fn entry(name: &str, value: JsValue) -> JsValue {
    let map = std::collections::BTreeMap::from([(name.to_owned(), ())]);
    let object = map.serialize(&Serializer::json_compatible()).unwrap();
    // Only JSON can be serialised, so the value is put in afterwards.
    put(&object, name, &value);
    object
}

#[wasm_bindgen_test]
fn a_status_that_is_no_number_is_no_good_reply() {
    for odd in [f64::NAN, f64::INFINITY, -0.5] {
        let seen = entry("status", JsValue::from_f64(odd));
        assert!(explain(&seen, "GET", NOW).is_err(), "{odd}");
    }
}

#[wasm_bindgen::prelude::wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Reflect, js_name = set)]
    fn put(object: &JsValue, name: &str, value: &JsValue) -> bool;
}

fn told(status: u16, fields: &str, in_vain: u8, random: f64) -> Value {
    read(heard(status, fields, in_vain, random, NOW))
}

#[wasm_bindgen_test]
fn a_reply_tells_how_the_site_is_doing() {
    let check = |status: u16, fields: &str, state: &str| {
        assert_eq!(
            told(status, fields, 1, 0.5)["state"],
            state,
            "{status} {fields}"
        );
    };
    check(0, "", "failing");
    check(502, "", "failing");
    check(405, "", "well");
    check(404, "lastgood-verdict:good\n", "well");
    check(200, "lastgood-verdict:copy\n", "degraded");
    check(
        200,
        "cache-status:lastgood; fwd=stale; ttl=-9\n",
        "degraded",
    );
    // Renewed behind the reply.
    check(
        200,
        "lastgood-verdict:copy\ncache-status:lastgood; hit; ttl=-9\n",
        "well",
    );
    let copy = "cache-status:lastgood; fwd=stale; ttl=-9\nage:90\n";
    assert_eq!(told(200, copy, 1, 0.5)["age"], 90.0);
    assert_eq!(told(200, "age:90\n", 1, 0.5)["age"], Value::Null);
}

#[wasm_bindgen_test]
fn pauses_grow_and_servers_are_obeyed_within_limits() {
    let wait = |in_vain, fields: &str, random| {
        let wait = told(503, fields, in_vain, random);
        wait["wait"].as_f64().unwrap()
    };
    let longest = |in_vain| {
        let turns = (0..200).map(|turn| wait(in_vain, "", f64::from(turn) / 200.0));
        turns.fold(0.0, f64::max)
    };
    assert!(longest(0) <= 2000.0 && longest(1) <= 2000.0);
    assert!((2000.0..=4000.0).contains(&longest(2)));
    assert!((50_000.0..=60_000.0).contains(&longest(255)));
    for random in [0.0, 0.3, 0.9] {
        assert!(wait(9, "", random) >= 500.0);
        assert!((10_000.0..=15_000.0).contains(&wait(1, "retry-after:10\n", random)));
        assert!((300_000.0..=450_000.0).contains(&wait(1, "retry-after:86400\n", random)));
    }
}

#[wasm_bindgen_test]
fn what_another_page_saw_is_believed_until_it_is_over() {
    let site = "https://told.test";
    let sends_nothing = || {
        let mut request = Exchange::new(0, "GET", "https://told.test/", "", true, 0.5, NOW);
        request.start(NOW) == REPLY
    };
    assert_eq!(news(site, NOW), [-1.0, -1.0]);
    learn(site, 1000.0, -1.0, NOW);
    assert!(sends_nothing());
    assert_eq!(news(site, NOW), [-1.0, -1.0], "a rumour is not passed on");
    learn(site, -1.0, 5000.0, NOW);
    assert!(sends_nothing(), "that was before");
    learn(site, -1.0, -1.0, NOW);
    assert!(sends_nothing(), "who tells nothing knows nothing");
    learn(site, -1.0, 0.0, NOW);
    assert!(!sends_nothing());
    for odd in [f64::NAN, f64::INFINITY, -0.5, 1e300] {
        learn(site, odd, odd, odd);
        let _ = news(site, odd);
        told(0, "", 0, odd);
    }
    assert!(blames_origin("bad-gateway") && !blames_origin("rate-limited") && !blames_origin("?"));
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
