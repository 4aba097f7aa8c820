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

use chance::{cache_control, copies, dates, demands, policies, requests, variants, worlds};
use lastgood::copies::Copy;
use lastgood::gateway::{self, Body, Event, Exchange, Memory, Reader, Renewal, Source, Step};
use lastgood::policy::{Mode, Policy};
use lastgood::wire::{Demands, Listed, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use sim::story::Played;
use sim::{
    Asked, EPOCH, Seen, Stored, World, configured, hostile, law, live, play, promises, raw, trial,
};
use std::{env, fs, rc::Rc, time::Duration};
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
        variant && law::is_showable(copy, asked, policy, world.clock.shows(then))
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
    fn a_copy_is_shown_within_the_law_only(
        copy in copies(),
        policy in policies(),
        asked in requests(),
        later in 0_u64..90_000,
    ) {
        let now = EPOCH.after(Duration::from_millis(later));
        let demands = Demands::parse(law::field(&asked.fields, "cache-control").unwrap_or(""));
        let shown = opened(&copy).showable(&demands, &policy, now).is_some();
        prop_assert_eq!(shown, law::is_showable(&copy, &asked, &policy, now));
    }

    #[test]
    fn a_copy_answers_at_once_within_the_law_only(
        copy in copies(),
        policy in policies(),
        asked in requests(),
        later in 0_u64..90_000,
    ) {
        let policy = Rc::new(Policy { mode: Mode::Cache, observe: false, ..Policy::clone(&policy) });
        let method = if asked.method == "HEAD" { "HEAD" } else { "GET" };
        let asked = Asked::new(method, &asked.fields, Body::None);
        let now = EPOCH.after(Duration::from_millis(later));
        let expected = expected(&copy, &asked, &policy, now);
        prop_assert_eq!(begins(&copy, &asked, &policy, now), expected);
        let ranged = law::field(&asked.fields, "range").is_some();
        if !ranged && !law::answers(&copy, &asked, &policy, now) {
            let renewed = match renewal(&copy, &asked, &policy, now) {
                None => return Ok(()),
                Some(Renewal::Begins(_)) => Begins::BehindTheCopy,
                Some(Renewal::Elsewhere) => Begins::WithTheCopy,
            };
            prop_assert_eq!(renewed, expected, "without an exchange");
        }
    }

    #[test]
    fn a_copy_is_for_its_own_variant_only(
        vary in select(vec!["accept", "X-A, accept", "accept-language", "accept,accept-language"]),
        language in select(vec!["", "de", "fr"]),
        (own, other) in (variants(), variants()),
    ) {
        let stored = Stored {
            response: format!("vary:{vary}\ncontent-language:{language}"),
            selecting: own,
            ..page("")
        };
        let found = Copy::open(&stored.envelope(), &Listed::new(&other));
        prop_assert_eq!(found.is_some(), law::is_variant(&stored, &other));
    }

    #[test]
    fn only_what_is_for_anyone_is_kept(
        asked in heads(),
        answered in heads(),
        said in cache_control(),
        demanded in demands(),
        dated in dates(),
        vary in select(vec!["", "accept", "*", "accept, *", "*,accept"]),
        status in select(vec![
            200, 200, 200, 200, 201, 203, 204, 206, 301, 302, 304, 404, 410, 500, 503, 599,
        ]),
        method in select(vec!["GET", "GET", "GET", "HEAD", "POST", "get"]),
        policy in policies(),
    ) {
        let asked = Asked::new(method, &format!("{asked}\n{demanded}"), Body::None);
        let answered = format!("{answered}\ncache-control:{said}\nvary:{vary}\n{dated}");
        hostile::check_keeping(&asked, status, &answered, &policy);
    }
}

/// What a request begins with in cache mode, if this is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Begins {
    WithTheCopy,
    WithNothing,
    /// The origin is asked; for what is newer only, or not.
    WithAnAttempt(bool),
    /// The same, behind the copy.
    BehindTheCopy,
}

fn begins(copy: &Stored, asked: &Asked, policy: &Rc<Policy>, now: Timestamp) -> Begins {
    let (memory, request) = (&mut Memory::default(), asked.request(false, policy));
    let mut exchange = Exchange::new(Rc::clone(policy), request, None, 1, 1, now);
    assert_eq!(exchange.step(Event::Start, now, memory), Step::Look);
    let found = Event::Looked(Some(opened(copy)));
    let attempt = match exchange.step(found, now, memory) {
        Step::Begin(attempt) => attempt,
        Step::Reply(reply) if reply.source == Source::Uncached => return Begins::WithNothing,
        Step::Reply(_) => return Begins::WithTheCopy,
        step => panic!("{step:?}"),
    };
    match exchange.step(Event::Begun, now, memory) {
        Step::Reply(_) => Begins::BehindTheCopy,
        _ => Begins::WithAnAttempt(attempt.conditional),
    }
}

/// How a host begins that needs no exchange for it.
fn renewal(copy: &Stored, asked: &Asked, policy: &Policy, now: Timestamp) -> Option<Renewal> {
    let (copy, memory, url) = (opened(copy), &mut Memory::default(), asked.url());
    asked.with_head(|head| {
        let reader = Reader::read(head, policy);
        gateway::renewal(head, &url, &copy, reader, policy, memory, now)
    })
}

/// The same by the law.
fn expected(copy: &Stored, asked: &Asked, policy: &Policy, now: Timestamp) -> Begins {
    let ranged = law::field(&asked.fields, "range").is_some();
    if law::answers(copy, asked, policy, now) {
        Begins::WithTheCopy
    } else if law::wants_copy_only(asked, policy) {
        Begins::WithNothing
    } else if law::is_renewable(copy, asked, policy, now) {
        // A head or a part renews no page.
        match asked.method == "GET" && !ranged {
            true => Begins::BehindTheCopy,
            false => Begins::WithTheCopy,
        }
    } else {
        let asks = copy.status < 400 && law::has_validator(&copy.response);
        Begins::WithAnAttempt(asks && !ranged)
    }
}

fn opened(copy: &Stored) -> Copy {
    let listed = Listed::new("accept-language:de");
    Copy::open(&copy.envelope(), &listed).expect("its own variant")
}

/// A page that came at once.
fn page(fields: &str) -> Stored {
    Stored {
        status: 200,
        response: fields.to_owned(),
        selecting: String::new(),
        at: EPOCH,
        waited: 0,
    }
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
        configured::configuration(&format!("{origin}\n{json}"));
        configured::configuration(&text);
    }

    #[test]
    fn any_table_of_known_fields_is_usable(table in tables(), origins in origin_tables()) {
        configured::configuration(&format!("{origins}\n{table}"));
    }
}

proptest! {
    #![proptest_config(config(3000))]

    #[test]
    fn events_in_any_order_break_no_promise(bytes in vec(any::<u8>(), 0..160)) {
        prop_assert_eq!(trial::events(&bytes), trial::events(&bytes));
    }
}

/// Among them what the fuzzer found: it is not found by chance in so many cases.
#[test]
fn the_seeds_of_the_fuzzer_break_no_promise() {
    for seed in fs::read_dir("fuzz/seeds/events").unwrap() {
        trial::events(&fs::read(seed.unwrap().path()).unwrap());
    }
}

#[test]
fn the_second_reading_knows_the_calendar() {
    let date = "Sun, 06 Nov 1994 08:49:37 GMT";
    assert_eq!(law::http_date(date), Some(784_111_777));
    assert_eq!(raw::as_http_date(Timestamp::from_secs(784_111_777)), date);
    assert_eq!(
        law::http_date("Thu, 29 Feb 2024 23:59:59 GMT"),
        Some(1_709_251_199)
    );
    assert_eq!(law::http_date("soon"), None);
}
