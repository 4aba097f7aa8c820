//! Worlds with an outage in them, drawn by a seed.

use crate::policies::{Chance, policy};
use crate::sim::origin::Line;
use crate::sim::scenario::{CAUSES, configuration};
use crate::sim::{Asked, Behaviour, Clock, EPOCH, End, Origin, Stored, World};
use lastgood::gateway::Body;
use lastgood::wire::Timestamp;

/// A world, and what is known of its outage.
#[derive(Clone)]
pub(crate) struct Outage {
    pub(crate) seed: u64,
    pub(crate) world: World,
    /// The trouble begins.
    pub(crate) from: u64,
    /// From here on all origins are good, for good.
    pub(crate) until: u64,
    /// How long a good answer takes at most.
    pub(crate) slowest: u64,
    /// All origins fail, in the same way; there is a copy of every page, and nobody
    /// has chosen a policy.
    pub(crate) total: bool,
    /// The first origin alone fails, and the second one has no trouble.
    pub(crate) backed: bool,
    /// Ten visitors come at a time: more than is usual for an origin that is back.
    pub(crate) bursts: bool,
    /// They fail at once.
    pub(crate) quick: bool,
}

/// The outage of a seed.
pub(crate) fn outage(seed: u64) -> Outage {
    let mut chance = Chance::new(seed);
    match seed % 400 {
        7 => total(seed, &mut chance, 150, 5),
        3 | 103 | 203 | 303 => total(seed, &mut chance, 80, 2),
        53 | 253 => with_backup(total(seed, &mut chance, 80, 2)),
        _ => any(seed, &mut chance),
    }
}

const PAGE: &str = "content-type:text/html\ncache-control:max-age=5";

/// Everything is down at once, with many visitors.
fn total(seed: u64, chance: &mut Chance, rate: u64, before: u64) -> Outage {
    let from = before * 1000;
    let until = from + chance.between(5000, 9000);
    let end = until + 7000;
    let trouble = trouble(chance, &[0, 0, 1, 1, 2, 3]);
    let quick = trouble.after.is_some_and(|(_, most)| most < 200);
    let good = good(5, 40, PAGE);
    // The first answers after an outage are slow: nothing is in its caches.
    let cold = line(until, good_after(chance.between(100, 600)));
    let script = vec![line(0, good.clone()), line(from, trouble), cold];
    let origin = Origin {
        lines: [script, vec![line(until + 3000, good)]].concat(),
        ..Origin::default()
    };
    let origins = vec![origin; usize::try_from(chance.pick(&[1, 1, 2])).unwrap()];
    let pages = chance.between(1, 40);
    let visits = (0..rate * end / 1000).map(|index| Asked {
        at: index * 1000 / rate,
        path: format!("/p{}", chance.below(pages)),
        ..Asked::new("GET", "", Body::None)
    });
    let visits = visits.collect();
    let copies = (0..pages).map(|page| (format!("/p{page}"), copy("cache-control:max-age=5")));
    let world = World {
        visits,
        copies: copies.collect(),
        watched: chance.percent(70),
        lags: chance.pick(&[0, 0, 0, 5, 60]),
        look_takes: chance.pick(&[0, 2, 10]),
        ..settled(seed, "{}".into(), origins)
    };
    Outage {
        seed,
        world,
        from,
        until,
        slowest: 600,
        total: true,
        backed: false,
        bursts: false,
        quick,
    }
}

/// The same, but for a backup that has no trouble.
fn with_backup(outage: Outage) -> Outage {
    let mut world = outage.world;
    world.origins.truncate(1);
    let well = good(5, 40, PAGE);
    world.origins.push(Origin::script(vec![well]));
    let policy = world.policy.clone();
    let World { configuration, .. } = settled(outage.seed, policy, world.origins.clone());
    world.configuration = configuration;
    Outage {
        world,
        total: false,
        backed: true,
        ..outage
    }
}

fn settled(seed: u64, policy: String, origins: Vec<Origin>) -> World {
    let (configuration, problems) = configuration(&origins, &policy).expect("JSON");
    assert!(problems.is_empty(), "{problems:?} {policy}");
    World {
        policy,
        configuration,
        origins,
        seed,
        unread: true,
        ..World::blank()
    }
}

fn copy(fields: &str) -> Stored {
    Stored {
        status: 200,
        waited: 0,
        response: fields.to_owned(),
        selecting: String::new(),
        at: Timestamp::from_millis(EPOCH.as_millis() - 60_000),
    }
}

const fn line(from: u64, does: Behaviour) -> Line {
    Line {
        from,
        path: None,
        share: None,
        does,
    }
}

fn good(least: u64, most: u64, fields: &str) -> Behaviour {
    Behaviour {
        after: Some((least, most)),
        end: End::Response(200, fields.into()),
    }
}

fn good_after(millis: u64) -> Behaviour {
    good(millis, millis, PAGE)
}

/// What an origin does that has trouble; `kinds` says of which kinds it may be.
fn trouble(chance: &mut Chance, kinds: &[u64]) -> Behaviour {
    let quick = chance.between(0, 30);
    let statuses = [
        500, 502, 502, 502, 503, 504, 520, 521, 522, 523, 524, 525, 530,
    ];
    let (after, end) = match chance.pick(kinds) {
        0 => (
            quick,
            End::Response(chance.pick(&[502, 503, 504, 520]), "".into()),
        ),
        1 => (0, End::Failure(CAUSES[4])),
        2 => (quick, End::Failure(chance.pick(&CAUSES))),
        3 => (chance.between(1000, 9000), End::Response(502, "".into())),
        4 => (quick, End::Response(chance.pick(&statuses), "".into())),
        5 => (chance.between(600, 9000), End::Response(200, PAGE.into())),
        6 => {
            let secs = chance.pick(&[1, 2, 5, 30]);
            let fields = format!("retry-after:{secs}");
            (
                quick,
                End::Response(chance.pick(&[503, 429]), fields.into()),
            )
        }
        7 => (quick, End::Disguised(PAGE.into())),
        8 => (quick, End::Response(503, "x-stop:1".into())),
        _ => (quick, End::Response(503, "cache-control:max-age=9".into())),
    };
    let silent = end == End::Failure(CAUSES[4]) && after == 0;
    Behaviour {
        after: (!silent).then_some((after, after + quick)),
        end,
    }
}

/// Whatever chance comes up with.
fn any(seed: u64, chance: &mut Chance) -> Outage {
    let from = chance.between(0, 5000);
    let until = from + chance.between(300, 12_000);
    let end = until + chance.between(6000, 9000);
    let slowest = chance.pick(&[20, 60, 60, 60, 300, 500]);
    let count = chance.pick(&[1, 1, 1, 1, 2, 2, 2, 3, 4]);
    let pages = chance.pick(&[1, 3, 10, 40]);
    let fields = chance.pick(&[
        PAGE,
        PAGE,
        "content-type:text/html",
        "cache-control:private",
        "content-type:text/html\ncache-control:max-age=1\netag:\"a\"",
        "content-type:text/html\ncache-control:no-cache\netag:\"a\"",
        "content-type:text/html\ncdn-cache-control:max-age=2, must-revalidate\netag:\"a\"",
    ]);
    let well = good(slowest / 4, slowest, fields);
    let mut origins = Vec::new();
    for index in 0..count {
        let mut lines = vec![line(0, well.clone())];
        lines.extend(troubles(chance, from, until, pages, &well));
        lines.push(line(until, well.clone()));
        origins.push(Origin {
            is: table(chance, index),
            lines,
            over: None,
        });
    }
    let policy = policy(chance);
    if chance.percent(8) {
        let most = usize::try_from(chance.between(5, 30)).unwrap();
        let busy = End::Response(503, chance.pick(&["", "retry-after:1"]).into());
        let after = Some((1, 5));
        origins[0].over = Some((most, Behaviour { after, end: busy }));
    }
    let bursts = chance.percent(20);
    let world = World {
        visits: visits(chance, end, pages, bursts),
        copies: copies(chance, pages),
        look_takes: chance.pick(&[0, 0, 1, 5, 30]),
        clock: clock(chance, end),
        lags: chance.pick(&[0, 0, 0, 0, 5, 60]),
        timers_late: chance.pick(&[0, 0, 0, 0, 0, 0, 0, 0, 5, 400]),
        watched: chance.percent(70),
        ..settled(seed, policy, origins)
    };
    Outage {
        seed,
        world,
        from,
        until,
        slowest,
        total: false,
        backed: false,
        bursts,
        quick: false,
    }
}

fn table(chance: &mut Chance, index: u64) -> String {
    let weight = chance.pick(&["", "", "\"weight\": 1", "\"weight\": 3"]);
    let rare = match index {
        0 => "",
        _ => chance.pick(&[
            "",
            "",
            "",
            "\"trusted\": false",
            "\"equivalent\": false",
            "\"down\": true",
        ]),
    };
    let both: Vec<&str> = [weight, rare]
        .into_iter()
        .filter(|it| !it.is_empty())
        .collect();
    match both.is_empty() {
        true => String::new(),
        false => format!("{{{}}}", both.join(", ")),
    }
}

/// One thing after another, from the beginning of the trouble to its end.
fn troubles(chance: &mut Chance, from: u64, until: u64, pages: u64, well: &Behaviour) -> Vec<Line> {
    const KINDS: &[u64] = &[0, 0, 0, 1, 1, 2, 3, 4, 4, 5, 6, 7, 8, 9];
    let mut lines = Vec::new();
    let mut at = from;
    while at < until {
        match chance.below(6) {
            0 => lines.push(line(at, well.clone())),
            1 => {
                let share = Some(chance.pick(&[5, 30, 30, 70]));
                lines.push(Line {
                    share,
                    ..line(at, trouble(chance, KINDS))
                });
                lines.push(line(at, well.clone()));
            }
            2 => {
                let path = Some(format!("/p{}", chance.below(pages)));
                lines.push(line(at, well.clone()));
                lines.push(Line {
                    path,
                    ..line(at, trouble(chance, KINDS))
                });
            }
            _ => lines.push(line(at, trouble(chance, KINDS))),
        }
        at += chance.pick(&[200, 700, 2000, 6000, 20_000]);
    }
    lines
}

fn visits(chance: &mut Chance, end: u64, pages: u64, bursts: bool) -> Vec<Asked> {
    let count = chance.pick(&[20, 60, 100, 200, 300]);
    let mut visits = Vec::new();
    for index in 0..count {
        let at = match bursts {
            true => index / 10 * 10 * end / count + chance.below(20),
            false => index * end / count + chance.below(end / count),
        };
        visits.push(visit(chance, at, pages));
    }
    visits
}

fn visit(chance: &mut Chance, at: u64, pages: u64) -> Asked {
    let method = match chance.below(100) {
        0..84 => "GET",
        84..86 => "HEAD",
        86..88 => "OPTIONS",
        88..97 => "POST",
        _ => "PUT",
    };
    let writes = ["POST", "PUT"].contains(&method);
    let mut fields = Vec::new();
    let demanded = chance.pick(&[
        "cache-control:no-cache",
        "cache-control:max-age=0",
        "cache-control:max-stale=60",
        "cache-control:only-if-cached",
        "cache-control:stale-if-error=9",
    ]);
    let rare = [
        ("cookie:sid=1", 10),
        ("authorization:Basic eA==", 2),
        ("range:bytes=0-9", 2),
        ("cdn-loop:lastgood, lastgood, lastgood", 1),
        ("upgrade:websocket", 1),
        ("idempotency-key:1", if writes { 50 } else { 1 }),
        (demanded, 5),
    ];
    fields.extend(
        rare.into_iter()
            .filter(|(_, share)| chance.percent(*share))
            .map(|(field, _)| field),
    );
    let body = match writes {
        true => chance.pick(&[
            Body::Sized(200),
            Body::Sized(200),
            Body::Sized(1 << 20),
            Body::Unsized,
        ]),
        false => Body::None,
    };
    let page = chance.below(pages).min(chance.below(pages));
    let leaves = chance.percent(4).then(|| chance.between(1, 3000));
    let vanishes = chance.percent(3).then(|| chance.between(1, 3000));
    Asked {
        at,
        path: format!("/p{page}"),
        leaves,
        vanishes,
        ..Asked::new(method, &fields.join("\n"), body)
    }
}

fn copies(chance: &mut Chance, pages: u64) -> Vec<(String, Stored)> {
    let share = chance.pick(&[0, 50, 100, 100]);
    let words = [
        "cache-control:max-age=5",
        "cache-control:max-age=5",
        "cache-control:max-age=5, stale-if-error=70",
        "cache-control:max-age=5, must-revalidate",
        "cache-control:s-maxage=90",
        "cache-control:max-age=5\netag:\"a\"",
    ];
    let all = 0..pages;
    all.filter_map(|page| {
        let there = chance.percent(share);
        there.then(|| (format!("/p{page}"), copy(chance.pick(&words))))
    })
    .collect()
}

fn clock(chance: &mut Chance, end: u64) -> Clock {
    let mut clock = Clock::default();
    match chance.below(8) {
        0 => {
            let by = chance.pick(&[-3_600_000, -1500, -30, 30, 1500, 3_600_000]);
            clock.jumps.push((chance.below(end), by));
        }
        1 => {
            let from = chance.below(end);
            clock.stands = Some((from, from + chance.pick(&[50, 2000, 9000])));
        }
        _ => {}
    }
    clock
}
