//! The promises, tried with whatever chance comes up with.
//!
//! Worlds are lived in the simulated host; hostile input goes through the same
//! bodies as the fuzzer's. What the law allows is read a second time, from raw
//! header strings (`sim/law.rs`).
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

#[path = "properties/chance.rs"]
mod chance;
mod sim;
#[path = "properties/written.rs"]
mod written;

use chance::{cache_control, copies, policies, requests, worlds};
use lastgood::gateway::Body;
use lastgood::policy::Policy;
use lastgood::wire::Timestamp;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use sim::story::Played;
use sim::{Asked, EPOCH, Seen, Stored, World, hostile, law, live, play, promises, trial};
use std::{env, time::Duration};
use written::{field_lines, heads, json, origin_tables, tables, wordy};

/// So many cases as stay within seconds; `PROPTEST_CASES` asks for others.
fn config(cases: u32) -> ProptestConfig {
    let wanted = env::var("PROPTEST_CASES").ok();
    let cases = wanted.map_or(cases, |count| count.parse().expect("a number"));
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(1500))]

    #[test]
    fn every_promise_holds_in_every_world(world in worlds()) {
        let played = play::play(&world);
        let broken = promises::lives(&world, &played)[0].check();
        prop_assert_eq!(broken, Ok(()));
        prop_assert_eq!(check_patience(&world, &played), Ok(()));
    }
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn the_same_seed_gives_the_same_story(world in worlds()) {
        prop_assert_eq!(live(&world), live(&world));
    }

    #[test]
    fn a_connection_that_becomes_something_else_is_left_alone(mut world in worlds()) {
        world.visits[0].fields.push_str("\nupgrade:websocket");
        let story = live(&world);
        prop_assert_eq!(story.events, vec![(0, Seen::Came), (0, Seen::Aside)]);
    }
}

/// With a true clock and punctual timers, the soft deadline holds wherever there is
/// a lawful copy for somebody who is not signed in, whether it was looked for or not.
fn check_patience(world: &World, played: &Played) -> Result<(), &'static str> {
    let (asked, policy) = (world.asked(), world.rules());
    let replied = promises::lives(world, played)[0].replied_at();
    let unlimited = policy.observe || asked.deadline(policy) == Duration::MAX;
    if !world.clock.is_true() || world.timers_late > 0 || unlimited {
        return Ok(());
    }
    let soft = u64::try_from(policy.soft_deadline.as_millis()).unwrap();
    let then = soft.max(world.look_takes) + world.look_takes;
    let lawful = world.copy().is_some_and(|copy| {
        let variant = law::field(&copy.response, "vary").is_none();
        variant && law::is_showable(copy, policy, world.clock.shows(then))
    });
    let late = replied.is_none_or(|at| at > soft + 2 * world.look_takes);
    let hurries = law::takes_copies(asked, policy) && !law::is_signed_in(asked, policy);
    match lawful && late && hurries {
        true => Err("a copy was at hand"),
        false => Ok(()),
    }
}

proptest! {
    #![proptest_config(config(2000))]

    #[test]
    fn a_copy_is_shown_within_the_law_only(copy in copies(), policy in policies(), later in 0_u64..90_000) {
        let now = EPOCH.after(Duration::from_millis(later));
        let shown = opened(&copy).showable(&policy, now).is_some();
        prop_assert_eq!(shown, law::is_showable(&copy, &policy, now));
    }

    #[test]
    fn a_copy_is_fresh_within_the_law_only(
        copy in copies(),
        policy in policies(),
        asked in requests(),
        later in 0_u64..90_000,
    ) {
        let now = EPOCH.after(Duration::from_millis(later));
        let signed_in = asked.with_head(|head| {
            head.authorized || head.has_cookie_beyond(&policy.cookies_ignored)
        });
        let fresh = opened(&copy).is_fresh(signed_in, now);
        prop_assert_eq!(fresh, law::is_fresh(&copy, &asked, &policy, now));
    }

    #[test]
    fn only_what_is_for_anyone_is_kept(
        asked in heads(),
        answered in heads(),
        said in cache_control(),
        vary in select(vec!["", "accept", "*", "accept, *", "*,accept"]),
        status in select(vec![200, 200, 200, 200, 201, 206, 301, 404, 500, 502, 503, 504, 520, 599]),
        method in select(vec!["GET", "GET", "GET", "HEAD", "POST", "get"]),
        policy in policies(),
    ) {
        let asked = Asked::new(method, &asked, Body::None);
        let answered = format!("{answered}\ncache-control:{said}\nvary:{vary}");
        hostile::check_keeping(&asked, status, &answered, &policy);
    }
}

fn opened(copy: &Stored) -> lastgood::copies::Copy {
    let listed = lastgood::wire::Listed::new("accept-language:de");
    lastgood::copies::Copy::open(200, &copy.envelope(), &listed).expect("its own variant")
}

#[test]
fn the_rules_for_keeping_do_let_something_through() {
    let asked = Asked::new("GET", "cookie:_ga=1", Body::None);
    let html = "content-type:text/html\ncache-control:max-age=60\nvary:accept";
    assert!(hostile::check_keeping(
        &asked,
        200,
        html,
        &Policy::default()
    ));
}

proptest! {
    #![proptest_config(config(600))]

    #[test]
    fn hostile_text_never_panics(text in prop_oneof![any::<String>(), wordy()]) {
        hostile::fields(&text);
    }

    #[test]
    fn what_goes_into_an_envelope_comes_out(text in prop_oneof![field_lines(), wordy()]) {
        hostile::envelope(&text);
    }

    #[test]
    fn any_configuration_is_usable(json in json(), origin in json(), text in any::<String>()) {
        hostile::configuration(&format!("{origin}\n{json}"));
        hostile::configuration(&text);
    }

    #[test]
    fn any_table_of_known_fields_is_usable(table in tables(), origins in origin_tables()) {
        hostile::configuration(&format!("{origins}\n{table}"));
    }
}

proptest! {
    #![proptest_config(config(3000))]

    #[test]
    fn events_in_any_order_break_no_promise(bytes in vec(any::<u8>(), 0..160)) {
        prop_assert_eq!(trial::events(&bytes), trial::events(&bytes));
    }
}

#[test]
fn the_second_reading_knows_the_calendar() {
    let date = "Sun, 06 Nov 1994 08:49:37 GMT";
    assert_eq!(law::http_date(date), Some(784_111_777));
    assert_eq!(law::as_http_date(Timestamp::from_secs(784_111_777)), date);
    assert_eq!(
        law::http_date("Thu, 29 Feb 2024 23:59:59 GMT"),
        Some(1_709_251_199)
    );
    assert_eq!(law::http_date("soon"), None);
}
