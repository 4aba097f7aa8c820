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

use chance::{
    cache_control, copies, field_lines, heads, json, policies, requests, tables, wordy, worlds,
};
use lastgood::gateway::{Body, Source, Step};
use lastgood::policy::Policy;
use lastgood::wire::Timestamp;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use sim::{Asked, EPOCH, End, Seen, Stored, Story, World, hostile, law, live, trial};
use std::{env, time::Duration};

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
        let story = live(&world);
        prop_assert!(!story.endless, "a request that has no end");
        check_attempts(&world, &story)?;
        check_repetitions(&world, &story)?;
        check_waits(&world, &story)?;
        check_what_is_shown(&world, &story)?;
        check_patience(&world, &story)?;
        check_what_is_kept(&world, &story)?;
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
        world.asked.fields.push_str("\nupgrade:websocket");
        let story = live(&world);
        prop_assert_eq!(story.events, vec![(0, Seen::Aside)]);
    }
}

/// At most so many, counted from 1, and none after the deadline.
fn check_attempts(world: &World, story: &Story) -> Result<(), TestCaseError> {
    let end = deadline(world);
    for (index, (at, attempt)) in story.attempts().enumerate() {
        prop_assert_eq!(usize::from(attempt.number), index + 1);
        prop_assert!(attempt.number <= world.policy.attempts);
        prop_assert!(attempt.origin < world.origins.len());
        let in_time = world.clock.shows(at) < end;
        // An attempt that is taken over began long before.
        let taken_over = world.watched && index == 0;
        prop_assert!(
            in_time || taken_over,
            "attempt {} at {at}ms",
            attempt.number
        );
    }
    Ok(())
}

/// Nothing is doubled that must not be.
fn check_repetitions(world: &World, story: &Story) -> Result<(), TestCaseError> {
    let (asked, policy) = (&world.asked, &world.policy);
    let safe = ["GET", "HEAD", "OPTIONS"].contains(&asked.method.as_str());
    let keyed = law::field(&asked.fields, "idempotency-key").is_some();
    let attempts = story.attempts().count();
    prop_assert!(
        asked.is_replayable(policy) || attempts <= 1,
        "a body is sent twice"
    );
    // Where an attempt may have been carried out.
    let mut claimed: Vec<usize> = Vec::new();
    let mut running = None;
    for (_, seen) in &story.events {
        match seen {
            Seen::Step(Step::Begin(attempt)) => {
                claimed.extend(running.replace(attempt.origin));
                if !safe && !policy.retry_unsafe && !keyed {
                    prop_assert!(claimed.is_empty(), "a write is sent again");
                }
                if !safe && !policy.retry_unsafe {
                    let elsewhere = claimed.iter().any(|origin| *origin != attempt.origin);
                    prop_assert!(!elsewhere, "a keyed write is sent to another origin");
                }
            }
            Seen::Ended { end, .. } if law::is_nothing_sent(end) => running = None,
            _ => {}
        }
    }
    Ok(())
}

/// No wait goes past the deadline.
fn check_waits(world: &World, story: &Story) -> Result<(), TestCaseError> {
    for (_, seen) in &story.events {
        if let Seen::Step(Step::Wait(until)) = seen {
            prop_assert!(*until <= deadline(world));
        }
    }
    Ok(())
}

/// A good answer is passed on; a copy is lawful; nothing comes from nowhere.
fn check_what_is_shown(world: &World, story: &Story) -> Result<(), TestCaseError> {
    let Some(sent) = &story.sent else {
        prop_assert!(story.has(&Seen::Passed), "nothing goes out");
        return Ok(());
    };
    let last = story.events.iter().rev().find_map(|(_, seen)| match seen {
        Seen::Ended { end, .. } => Some(end),
        _ => None,
    });
    let good = last.is_some_and(|end| !law::is_failure(end, &world.policy));
    if good {
        prop_assert_eq!(
            sent.reply.source,
            Source::Origin,
            "a good answer is held back"
        );
    }
    if let Source::Copy(_) = sent.reply.source {
        let at = world.clock.shows(replied_at(story));
        prop_assert!(law::takes_copies(&world.asked, &world.policy));
        let copy = world.copy.as_ref().expect("a copy from nowhere");
        let variant = law::field(&copy.response, "vary").is_none();
        prop_assert!(variant || copy.selecting == "accept-language:");
        // What is not marked as degraded is a hit, and must be fresh.
        let lawful = if sent.log.is_some() {
            law::is_showable(copy, &world.policy, at)
        } else {
            law::is_fresh(copy, &world.asked, &world.policy, at)
        };
        prop_assert!(lawful, "a copy that may not be shown");
    }
    Ok(())
}

/// With a true clock and punctual timers: the deadline holds for everyone, the
/// soft deadline wherever there is a lawful copy.
fn check_patience(world: &World, story: &Story) -> Result<(), TestCaseError> {
    // A body that is passed on as it comes has no limit of ours.
    let unlimited = deadline(world) == Timestamp::NEVER;
    if !world.clock.is_true() || world.timers_late > 0 || unlimited {
        return Ok(());
    }
    let replied = replied_at(story);
    let most = deadline(world).since(EPOCH).as_millis();
    prop_assert!(u128::from(replied) <= most + u128::from(world.look_takes));
    let soft = u64::try_from(world.policy.soft_deadline.as_millis()).unwrap();
    let then = world
        .clock
        .shows(soft.max(world.look_takes) + world.look_takes);
    let lawful = world.copy.as_ref().is_some_and(|copy| {
        let variant = law::field(&copy.response, "vary").is_none();
        variant && law::is_showable(copy, &world.policy, then)
    });
    if lawful && law::takes_copies(&world.asked, &world.policy) {
        prop_assert!(
            replied <= soft + 2 * world.look_takes,
            "{replied}ms with a copy at hand"
        );
    }
    Ok(())
}

/// No failure is kept, and nothing private.
fn check_what_is_kept(world: &World, story: &Story) -> Result<(), TestCaseError> {
    let keeps = story.has(&Seen::Keep);
    let mut ends = story
        .events
        .iter()
        .rev()
        .filter_map(|(_, seen)| match seen {
            Seen::Ended { end, .. } => Some(end.clone()),
            Seen::Late(status) => Some(End::Response(*status, late_fields(world, *status))),
            _ => None,
        });
    match (keeps, ends.next()) {
        (false, _) => {}
        (true, Some(End::Response(status, fields))) => {
            let why = law::refusal(&world.asked, status, &fields, &world.policy);
            prop_assert_eq!(why, None);
        }
        (true, _) => return Err(TestCaseError::fail("nothing was there to keep")),
    }
    Ok(())
}

/// The fields of the late answer: that of the only origin that gives this one.
fn late_fields(world: &World, status: u16) -> String {
    let all = world.origins.iter().flatten();
    let found = all.filter_map(|behaviour| match &behaviour.end {
        End::Response(known, fields) if *known == status => Some(fields.clone()),
        _ => None,
    });
    found.min_by_key(String::len).unwrap_or_default()
}

fn deadline(world: &World) -> Timestamp {
    if !world.asked.is_replayable(&world.policy) {
        return Timestamp::NEVER;
    }
    let safe = ["GET", "HEAD", "OPTIONS"].contains(&world.asked.method.as_str());
    let span = if safe {
        world.policy.deadline
    } else {
        world.policy.unsafe_deadline
    };
    world.clock.shows(0).after(span)
}

fn replied_at(story: &Story) -> u64 {
    let replied = story.events.iter().find_map(|(at, seen)| match seen {
        Seen::Step(Step::Reply(_)) | Seen::Passed => Some(*at),
        _ => None,
    });
    replied.expect("every story has a reply")
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
        let asked = Asked {
            method: method.to_owned(),
            path: "/".to_owned(),
            fields: asked,
            body: Body::None,
        };
        let answered = format!("{answered}\ncache-control:{said}\nvary:{vary}");
        hostile::check_keeping(&asked, status, &answered, &policy);
    }
}

fn opened(copy: &Stored) -> lastgood::copies::Copy {
    let listed = lastgood::wire::Listed::new("accept-language:de");
    lastgood::copies::Copy::open(200, &copy.sealed(), &listed).expect("its own variant")
}

#[test]
fn the_rules_for_keeping_do_let_something_through() {
    let asked = Asked {
        method: "GET".into(),
        path: "/".into(),
        fields: "cookie:_ga=1".into(),
        body: Body::None,
    };
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
    fn any_table_of_known_fields_is_usable(table in tables()) {
        hostile::configuration(&format!("null\n{table}"));
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
