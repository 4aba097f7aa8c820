//! A day at a site, played by the core under simulated time.
//!
//! What lastgood does with a failing origin is a matter of moments, and hard to believe
//! from a table. So the playground on the project's site lets one compose policy, request
//! and misbehaviour, and shows what was decided and why. The host is simulated, and all
//! else is the core as it runs at the edge: what one sees there is what one gets.
//!
//! It also exports the checker of configurations, which the command line uses.

mod attempts;
#[cfg(feature = "playground")]
mod bindings;
mod catalogue;
mod day;
mod keeping;
mod origin;
mod reading;
mod replying;
mod scenario;
mod sending;
mod telling;
mod visit;
mod written;

#[cfg(feature = "playground")]
pub use bindings::{advice, check, page, play};
pub use catalogue::causes;
pub use scenario::Scenario;
pub use written::{page_of, played, problems};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retry::Random;
    use alloc::{format, string::String, vec::Vec};
    use serde_json::{Value as Json, json};

    /// What was played, with everything that can be read of it.
    fn play(scenario: &Json) -> Json {
        let value = serde_json::from_value(scenario.clone()).unwrap();
        serde_json::to_value(played(&Scenario::read(&value))).unwrap()
    }

    fn told(seen: &Json) -> Vec<&str> {
        let events = seen["events"].as_array().unwrap();
        events
            .iter()
            .map(|it| it["text"].as_str().unwrap())
            .collect()
    }

    fn requests(seen: &Json) -> &Vec<Json> {
        seen["requests"].as_array().unwrap()
    }

    fn shown(seen: &Json) -> Vec<&str> {
        let all = requests(seen).iter();
        all.map(|it| it["shown"].as_str().unwrap()).collect()
    }

    fn attempts(request: &Json) -> usize {
        request["attempts"].as_array().unwrap().len()
    }

    #[test]
    fn a_failure_is_repeated_and_then_a_copy_shown() {
        let seen = play(&json!({"copy": {"age": "10m"}, "faults": [{"what": "status"}]}));
        assert_eq!(seen["problems"], json!([]));
        assert_eq!(shown(&seen), ["copy"]);
        assert_eq!(attempts(&requests(&seen)[0]), 3);
        assert_eq!(requests(&seen)[0]["age"], 600.0);
        let texts = told(&seen);
        assert_eq!(texts[0], "GET / comes in.");
        assert!(texts.contains(&"The origin answers 502: bad-gateway."));
        assert!(
            texts
                .last()
                .unwrap()
                .starts_with("The visitor sees the copy, 10 min old, after")
        );
    }

    #[test]
    fn what_may_have_been_carried_out_is_not_sent_again() {
        let post = |fault: Json, fields: Json| {
            let request =
                json!({"method": "POST", "path": "/order", "body": 200, "fields": fields});
            play(&json!({"request": request, "faults": [fault]}))
        };
        let seen = post(json!({"what": "reset"}), json!({}));
        assert_eq!(
            (attempts(&requests(&seen)[0]), shown(&seen)),
            (1, ["answer"].into())
        );
        assert!(
            told(&seen)
                .last()
                .unwrap()
                .contains("may have been processed")
        );
        let keyed = post(
            json!({"what": "reset", "to": "10ms"}),
            json!({"Idempotency-Key": "a"}),
        );
        assert_eq!(
            (attempts(&requests(&keyed)[0]), shown(&keyed)),
            (2, ["origin"].into())
        );
        let refused = post(
            json!({"what": "status", "status": 521, "to": "10ms"}),
            json!({}),
        );
        assert_eq!(
            (attempts(&requests(&refused)[0]), shown(&refused)),
            (2, ["origin"].into())
        );
    }

    #[test]
    fn a_soft_deadline_shows_the_copy_and_the_late_answer_renews_it() {
        let slow = json!({"copy": {"age": "10m"}, "faults": [{"what": "slow", "after": "2s"}]});
        let seen = play(&slow);
        assert_eq!(shown(&seen), ["copy"]);
        assert_eq!(requests(&seen)[0]["until"], 700.0);
        let texts = told(&seen);
        assert!(texts.contains(&"Late, behind the reply: the origin answers 200."));
        assert!(texts.last().unwrap().starts_with("A copy is kept"));
    }

    #[test]
    fn an_outage_is_found_out_and_its_end_too() {
        let seen = play(&json!({
            "every": "500ms", "for": "60s", "copy": {"age": "1m"},
            "faults": [{"what": "status", "from": "10s", "to": "40s"}],
        }));
        assert_eq!(requests(&seen).len(), 120);
        assert!(
            shown(&seen)
                .iter()
                .all(|shown| ["origin", "copy"].contains(shown))
        );
        let of = |kind: &str| -> Vec<f64> {
            let events = seen["events"].as_array().unwrap().iter();
            let its = events.filter(|it| it["kind"] == kind);
            its.map(|it| it["at"].as_f64().unwrap()).collect()
        };
        let (down, up) = (of("down"), of("up"));
        assert_eq!((down.len(), up.len()), (1, 1));
        assert!((10_000.0..13_000.0).contains(&down[0]), "{down:?}");
        assert!((40_000.0..41_500.0).contains(&up[0]), "{up:?}");
    }

    #[test]
    fn a_backup_answers_where_the_first_is_refused() {
        let seen = play(&json!({
            "origin": ["https://a.example", "https://b.example"],
            "faults": [{"what": "refused", "origin": 0}],
        }));
        assert_eq!(seen["origins"], json!(["a.example", "b.example"]));
        assert_eq!(shown(&seen), ["origin"]);
        assert!(
            told(&seen)
                .iter()
                .any(|text| text.contains("the answer of b.example"))
        );
    }

    #[test]
    fn a_disguise_is_looked_through_where_policy_asks_for_it() {
        let fault = json!([{"what": "disguised"}]);
        let seen = play(&json!({"copy": {"age": "1m"}, "faults": fault}));
        assert_eq!(shown(&seen), ["broken"]);
        let seen = play(&json!({
            "copy": {"age": "1m"}, "faults": fault, "lastgood": {"disguised": true},
        }));
        assert_eq!(shown(&seen), ["copy"]);
        assert_eq!(requests(&seen)[0]["cause"], "disguised");
    }

    #[test]
    fn one_cut_page_makes_the_next_ones_whole() {
        let seen = play(&json!({
            "every": "1s", "for": "4s", "faults": [{"what": "cut", "to": "1010ms"}],
        }));
        assert_eq!(shown(&seen), ["broken", "origin", "origin", "origin"]);
    }

    #[test]
    fn a_cache_renews_behind_the_reply() {
        let seen = play(&json!({
            "every": "500ms", "for": "10s", "lastgood": {"mode": "cache"},
            "answers": {"fields": {"cache-control": "max-age=2, stale-while-revalidate=5",
                                    "etag": "\"v1\""}},
        }));
        assert_eq!(shown(&seen)[0], "origin");
        assert!(shown(&seen)[1..].iter().all(|shown| *shown == "hit"));
        let asked = requests(&seen).iter().map(attempts).sum::<usize>();
        assert!((4..=6).contains(&asked), "{asked}");
    }

    #[test]
    fn the_page_is_the_one_that_the_worker_makes() {
        let scenario =
            json!({"faults": [{"what": "hang"}], "lastgood": {"page": {"name": "Larkfield"}}});
        let value = serde_json::from_value(scenario).unwrap();
        let page = page_of(&Scenario::read(&value), 0).unwrap();
        assert!(page.starts_with("<!doctype html>") && page.contains("Larkfield"));
        assert_eq!(page_of(&Scenario::read(&value), 1), None);
    }

    #[test]
    fn every_cause_is_told_of_in_every_language() {
        let english = serde_json::to_value(causes("en")).unwrap();
        let german = serde_json::to_value(causes("de")).unwrap();
        let of = |all: &Json, name: &str| {
            let mut all = all.as_array().unwrap().iter();
            all.find(|it| it["name"] == name).unwrap().clone()
        };
        let refused = of(&english, "connection-refused");
        assert_eq!(refused["statuses"], json!([521.0]));
        assert_eq!(refused["phase"], "nothing-sent");
        assert_eq!(refused["error"], "connection_refused");
        assert_ne!(refused["title"], of(&german, "connection-refused")["title"]);
        assert_eq!(of(&english, "listed")["statuses"], json!([]));
    }

    #[test]
    fn whatever_is_wrong_is_named() {
        let seen = play(&json!({
            "lastgood": {"atempts": 3, "stale": 30}, "origin": "ftp://a", "colour": 1,
            "request": {"path": "news", "fields": {"a b": "c", "x": 1}}, "every": 5,
            "copy": {"size": 1}, "answers": 3,
            "faults": [{"what": "flood"}, {"share": 101}, 7],
        }));
        let problems = seen["problems"].as_array().unwrap().iter();
        let mut named: Vec<&str> = problems.map(|it| it["field"].as_str().unwrap()).collect();
        named.sort_unstable();
        assert_eq!(
            named,
            [
                "LASTGOOD.atempts",
                "LASTGOOD.stale",
                "ORIGIN",
                "answers",
                "colour",
                "copy.size",
                "every",
                "faults[0].what",
                "faults[1].share",
                "faults[2]",
                "request.fields",
                "request.fields.x",
                "request.path",
            ]
        );
    }

    /// A scenario by chance, out of everything that there is to compose.
    fn any_scenario(random: &mut Random) -> Json {
        let mut pick = |all: Json| {
            let all = all.as_array().unwrap().clone();
            let place = usize::try_from(random.draw()).unwrap() % all.len();
            all[place].clone()
        };
        let mut faults = Vec::new();
        for _ in 0..pick(json!([0, 1, 1, 2, 3])).as_u64().unwrap() {
            let mut fault = json!({
                "what": pick(json!(["status", "refused", "reset", "hang", "slow", "cut", "disguised"])),
                "status": pick(json!([500, 502, 503, 504, 521, 429, 404])),
                "from": pick(json!(["0s", "3s"])), "share": pick(json!([100, 100, 30])),
            });
            if pick(json!([true, false])) == true {
                fault["to"] = pick(json!(["5s", "9s"]));
                fault["retry_after"] = pick(json!(["1s", "20s"]));
            }
            faults.push(fault);
        }
        json!({
            "origin": pick(json!([null, "https://a.example", ["https://a.example", "https://b.example"]])),
            "lastgood": pick(json!([
                {}, {"mode": "cache"}, {"mode": "off"}, {"disguised": true}, {"hedge": {"after": "50ms"}},
                {"rescue": "64KiB"}, {"breaker": false}, {"observe": true}, {"retry_unsafe": true},
                {"mode": "cache", "remember": {"404": "10s"}}, {"answer": "origin"},
            ])),
            "request": {
                "method": pick(json!(["GET", "GET", "HEAD", "POST", "DELETE"])),
                "body": pick(json!([null, 100, 1_000_000])), "path": "/x",
                "fields": pick(json!([
                    {}, {"accept": "text/html"}, {"cookie": "sid=1"}, {"cache-control": "no-cache"},
                    {"idempotency-key": "k"}, {"sec-fetch-mode": "cors"}, {"upgrade": "websocket"},
                    {"range": "bytes=0-9"}, {"cache-control": "only-if-cached"},
                ])),
            },
            "every": pick(json!(["100ms", "500ms", "700ms"])), "for": pick(json!(["0s", "12s"])),
            "copy": pick(json!([null, {"age": "5m"}, {"age": "3d"}])),
            "answers": {"after": pick(json!(["40ms", "900ms"])), "fields": pick(json!([
                {"cache-control": "max-age=2", "etag": "\"a\""}, {"cache-control": "no-store"},
                {"cache-control": "max-age=1, stale-while-revalidate=9"}, {"vary": "accept"},
                {"set-cookie": "a=b"}, {},
            ]))},
            "seed": pick(json!([1, 2, 3, 4])),
        })
    }

    #[test]
    fn any_scenario_comes_to_its_end_and_again_to_the_same() {
        let mut random = Random::new(7);
        for _ in 0..60 {
            let scenario = any_scenario(&mut random);
            let seen = play(&scenario);
            assert_eq!(seen["problems"], json!([]), "{scenario}");
            let upgrades = scenario["request"]["fields"]["upgrade"] == "websocket";
            let of_request = |request: &Json| -> Option<String> {
                let ended = request["shown"].is_string() || upgrades;
                let few = attempts(request) <= 5;
                let over = request["attempts"]
                    .as_array()?
                    .iter()
                    .all(|it| !it["until"].is_null());
                (!(ended && few && over)).then(|| format!("{request}"))
            };
            let wrong = requests(&seen).iter().find_map(of_request);
            assert_eq!(wrong, None, "{scenario}");
            assert_eq!(play(&scenario), seen, "{scenario}");
        }
    }
}
