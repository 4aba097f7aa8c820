//! What must hold in every outage, besides what holds for every request.

use crate::drawn::Outage;
use crate::sim::promises::{self, Broken, Life};
use crate::sim::story::{Call, Note, Played};
use crate::sim::{Seen, law};
use lastgood::gateway::{Restraint, Source, Step};
use lastgood::policy::BudgetRule;
use std::time::Duration;

/// The first promise that is broken.
pub(crate) fn check(outage: &Outage, played: &Played) -> Result<(), Broken> {
    let lives = promises::lives(&outage.world, played);
    lives.iter().try_for_each(Life::check)?;
    budget(outage, played)?;
    last_origin(outage, &lives)?;
    late(outage, &lives)?;
    if outage.total {
        load_in_total_outage(outage, played)?;
        no_rush(outage, &played.calls)?;
    }
    if outage.backed {
        backup_is_used(outage, &lives)?;
    }
    no_starvation(outage, played, &lives)
}

fn hold(holds: bool, promise: &str, what: &dyn Fn() -> String) -> Result<(), Broken> {
    match holds {
        true => Ok(()),
        false => Err(format!("{promise}: {}", what())),
    }
}

/// In no window are there more repetitions than the budget allows.
fn budget(outage: &Outage, played: &Played) -> Result<(), Broken> {
    let rule: &BudgetRule = &outage.world.configuration.guards.budget;
    if rule.tokens.is_some() || !outage.world.is_punctual() {
        return Ok(());
    }
    let window = u64::try_from(rule.window.as_millis()).unwrap();
    let came: Vec<u64> = outage.world.visits.iter().map(|asked| asked.at).collect();
    let decided = repetitions(&played.notes);
    for (index, at) in decided.iter().enumerate() {
        // The window goes slot by slot: nine tenths of it are always in it.
        let first = decided.partition_point(|then| then + window * 9 / 10 <= *at);
        let count = index + 1 - first.min(index);
        let requests = came
            .iter()
            .filter(|then| **then <= *at && **then + window > *at)
            .count();
        let share = requests * usize::from(rule.most) / 100;
        let most = share.max(rule.floor.into());
        hold(count <= most, "the budget holds", &|| {
            format!("{count} repetitions for {requests} requests at {at}ms")
        })?;
    }
    Ok(())
}

/// When each repetition was decided, in order.
fn repetitions(notes: &[Note]) -> Vec<u64> {
    let mut decided: Vec<u64> = notes
        .iter()
        .enumerate()
        .filter(|(_, note)| match note.seen {
            Seen::Step(Step::Begin(attempt)) => attempt.number > 1,
            _ => false,
        })
        .map(|(index, note)| decided_at(&notes[..index], note))
        .collect();
    decided.sort_unstable();
    decided
}

/// Before a repetition that does not begin at once there is a pause.
fn decided_at(before: &[Note], begin: &Note) -> u64 {
    let mut its = before.iter().rev().filter(|note| note.visit == begin.visit);
    let hedged = matches!(begin.seen, Seen::Step(Step::Begin(attempt)) if attempt.beside);
    let paused = matches!(
        its.next().map(|note| &note.seen),
        Some(Seen::Woke { end: false, .. })
    );
    match hedged || !paused {
        true => begin.at,
        false => its.next().map_or(begin.at, |wait| wait.at),
    }
}

/// Without a breaker nobody is refused who could be sent somewhere.
fn last_origin(outage: &Outage, lives: &[Life<'_>]) -> Result<(), Broken> {
    let guarded = outage.world.configuration.guards.breaker.is_some();
    // By a clock that is set, a deadline may be over before anybody was asked.
    if guarded || !outage.world.clock.is_true() {
        return Ok(());
    }
    for life in lives {
        let refused = matches!(
            life.outcome.sent.as_ref().map(|sent| sent.reply.source),
            Some(Source::Answer(_))
        );
        let policy = outage.world.rules_for(life.asked);
        let alone = policy.hold_down.is_some_and(|rule| rule.without_copy);
        let meant = law::field(&life.asked.fields, "cdn-loop").is_some()
            || (alone && life.outcome.restraint == Some(Restraint::Page))
            || policy.needs_credentials
            || policy.collapse.is_some();
        let asked = |(_, seen): &(u64, &Seen)| matches!(seen, Seen::Step(Step::Begin(_)));
        let holds = !refused || meant || life.events.iter().any(asked);
        hold(holds, "the last usable origin is asked", &|| {
            format!("{:?}", life.asked)
        })?;
    }
    Ok(())
}

/// What goes on behind replies of an origin that keeps visitors waiting is little:
/// eight, besides probes, of which there is one in a while. A renewal is another
/// matter: there is one for a page, and nobody waited.
fn late(outage: &Outage, lives: &[Life<'_>]) -> Result<(), Broken> {
    const MOST: usize = 8;
    let mut spans: Vec<(u64, u64)> = Vec::new();
    for life in lives {
        let probes = matches!(
            life.outcome.restraint,
            Some(Restraint::Down | Restraint::Doubtful)
        );
        let goes_on = life
            .outcome
            .sent
            .as_ref()
            .and_then(|sent| sent.reply.goes_on);
        let exempt = probes || !life.outcome.failed;
        if let (Some(_), false, Some(at)) = (goes_on, exempt, life.replied_at()) {
            let end = life.events.iter().find_map(|(at, seen)| match seen {
                Seen::Late(..) | Seen::LateNoMore => Some(*at),
                _ => None,
            });
            spans.push((at, end.unwrap_or(u64::MAX)));
        }
    }
    let worst = most_at_once(&spans);
    let true_time = outage.world.is_punctual();
    hold(
        worst <= MOST || !true_time,
        "little goes on behind replies",
        &|| format!("{worst} at once"),
    )
}

fn most_at_once(spans: &[(u64, u64)]) -> usize {
    let running = |at: u64| move |span: &&(u64, u64)| span.0 <= at && at < span.1;
    let counts = spans
        .iter()
        .map(|(at, _)| spans.iter().filter(running(*at)).count());
    counts.max().unwrap_or(0)
}

/// Where everything is down and there are copies, origins get little more than the
/// requests at first, and soon next to nothing.
fn load_in_total_outage(outage: &Outage, played: &Played) -> Result<(), Broken> {
    let within = |from: u64, until: u64| {
        let visits = outage.world.visits.iter();
        let requests = visits
            .filter(|asked| (from..until).contains(&asked.at))
            .count();
        let calls = played.calls.iter();
        let calls = calls
            .filter(|call| (from..until).contains(&call.at))
            .count();
        (requests, calls)
    };
    let (from, until) = (outage.from, outage.until);
    let (requests, calls) = within(from, from + 1000);
    hold(
        calls <= requests * 12 / 10 + 15,
        "an outage is not made worse",
        &|| format!("{calls} calls for {requests} requests in the first second"),
    )?;
    // Where a silent origin has a backup that is silent too, that is found out one
    // after the other.
    if outage.world.origins.len() > 1 && !outage.quick {
        return Ok(());
    }
    let (requests, calls) = within(from + 3000, until);
    // Of each further origin somebody finds out now and then whether it is back.
    let others = outage.world.origins.len() - 1;
    let probes = others * usize::try_from(until - from).unwrap() / 200;
    hold(
        calls <= requests / 10 + 3 + probes,
        "an outage is found out",
        &|| format!("{calls} calls for {requests} requests after three seconds"),
    )
}

/// When an origin is back it has hardly more at once than it used to have, until it
/// has shown for a while that it can take more.
fn no_rush(outage: &Outage, calls: &[Call]) -> Result<(), Broken> {
    // Nobody knows how much is usual for a backup.
    if outage.world.origins.len() > 1 {
        return Ok(());
    }
    for origin in 0..outage.world.origins.len() {
        let its = || calls.iter().filter(|call| call.origin == origin);
        let at_once = |from: u64, until: u64| {
            let then = its().filter(|call| (from..until).contains(&call.at));
            let spans: Vec<(u64, u64)> = then.map(|call| (call.at, call.until)).collect();
            most_at_once(&spans)
        };
        let back = its()
            .filter(|call| call.at >= outage.until)
            .map(|call| call.until);
        let back = back.min().unwrap_or(u64::MAX / 2);
        let before = at_once(0, outage.from).max(16);
        let after = at_once(outage.until, back + 500);
        hold(
            after <= before * 2 + 4,
            "nobody rushes to an origin that is back",
            &|| format!("{after} at once, {before} before"),
        )?;
    }
    Ok(())
}

/// Where a backup is well, few get a copy once the trouble is known: those who
/// find out whether it is over.
fn backup_is_used(outage: &Outage, lives: &[Life<'_>]) -> Result<(), Broken> {
    let known = outage.from + 4000..outage.until;
    let later = lives.iter().filter(|life| known.contains(&life.asked.at));
    let (all, fresh) = (
        later.clone().count(),
        later.filter(|life| is_fresh(life)).count(),
    );
    hold(fresh * 4 >= all * 3, "a backup is used", &|| {
        format!("{fresh} of {all} got an answer of an origin")
    })
}

/// Five seconds after the end of all trouble nobody notices any of it.
fn no_starvation(outage: &Outage, played: &Played, lives: &[Life<'_>]) -> Result<(), Broken> {
    let guards = &outage.world.configuration.guards;
    let capped = outage.bursts
        || outage
            .world
            .origins
            .iter()
            .any(|origin| origin.over.is_some());
    let tells_time = outage.world.clock.is_true() && outage.world.timers_late == 0;
    if !tells_time || capped || guards.breaker.is_none() {
        return Ok(());
    }
    // Nobody finds out that an origin is back where nobody asks.
    let back = outage.until..outage.until + 5000;
    if lives
        .iter()
        .filter(|life| back.contains(&life.asked.at))
        .count()
        < 5
    {
        return Ok(());
    }
    let excused = held_for_a_reason(outage, played, lives);
    let holds = holds(outage, lives);
    let (mut all, mut starved) = (0_usize, Vec::new());
    for life in lives {
        let policy = outage.world.rules_for(life.asked);
        let quick = u128::from(outage.slowest) < policy.soft_deadline.as_millis();
        let leaves = life.asked.leaves.is_some() || life.asked.vanishes.is_some();
        let looped = law::field(&life.asked.fields, "cdn-loop").is_some();
        let aside = law::field(&life.asked.fields, "upgrade").is_some();
        let later = life.asked.at >= outage.until + 5000;
        let path = life.asked.path.as_str();
        let own = holds.iter().find(|(known, _)| *known == path);
        let held = excused.contains(&path) || own.is_some_and(|(_, end)| life.asked.at < *end);
        // One that waited for another may have to ask after all.
        let twice = u128::from(outage.slowest) * 2 + 100;
        let quick =
            quick && (policy.collapse.is_none() || twice < policy.soft_deadline.as_millis());
        let copy_only = law::wants_copy_only(life.asked, policy);
        if !later || !quick || leaves || looped || aside || held || copy_only {
            continue;
        }
        all += 1;
        if !is_fresh(life) {
            starved.push(life.asked.at);
        }
        let held = life.outcome.restraint == Some(Restraint::Page);
        hold(!held, "no page stays held", &|| format!("{:?}", life.asked))?;
    }
    hold(
        starved.len() * 100 <= all,
        "nobody starves after an outage",
        &|| {
            format!(
                "{} of {all}, the first at {:?}",
                starved.len(),
                starved.first()
            )
        },
    )
}

/// Pages of which the origin said for how long they are to be left alone; of which
/// a request from before the recovery failed after it; or for which others may
/// still wait although the request that fetched them is gone.
fn held_for_a_reason<'p>(outage: &Outage, played: &Played, lives: &[Life<'p>]) -> Vec<&'p str> {
    let told = |life: &&Life<'p>| {
        life.events.iter().any(|(_, seen)| match seen {
            Seen::Ended { end, .. } => end.has("retry-after"),
            _ => false,
        })
    };
    let gone = |life: &&Life<'p>| {
        let collapses = outage.world.rules_for(life.asked).collapse.is_some();
        collapses && life.asked.vanishes.is_some()
    };
    let old = |call: &&Call| call.at < outage.until && call.until > outage.until;
    let late = played.calls.iter().filter(old);
    let late = late.map(|call| &lives[call.visit]).filter(|life| {
        let sent = life.outcome.sent.as_ref();
        sent.is_none_or(|sent| sent.reply.goes_on.is_none())
    });
    let excused = lives.iter().filter(|life| told(life) || gone(life));
    excused
        .chain(late)
        .map(|life| life.asked.path.as_str())
        .collect()
}

/// Until when each page may be held that failed by itself, in an outage that is not
/// total: the end of that is no sign for it.
fn holds<'p>(outage: &Outage, lives: &[Life<'p>]) -> Vec<(&'p str, u64)> {
    let mut failed: Vec<(&str, u32, u64)> = Vec::new();
    for life in lives.iter().filter(|_| !outage.total) {
        let held = life.outcome.restraint == Some(Restraint::Page);
        let (Some(at), true, false) = (life.replied_at(), life.outcome.failed, held) else {
            continue;
        };
        let path = life.asked.path.as_str();
        match failed.iter_mut().find(|(known, ..)| *known == path) {
            Some((_, count, last)) => (*count, *last) = (*count + 1, at.max(*last)),
            None => failed.push((path, 1, at)),
        }
    }
    let rule = outage.world.rules().hold_down;
    let end = |(path, count, last): (&'p str, u32, u64)| {
        let grown = rule.map_or(Duration::ZERO, |rule| {
            rule.base
                .saturating_mul(2_u32.saturating_pow(count - 1))
                .min(rule.cap)
        });
        (
            path,
            last + u64::try_from(grown.as_millis()).unwrap() * 3 / 2,
        )
    };
    failed.into_iter().map(end).collect()
}

/// The origin's own answer, or a copy that is fresh.
fn is_fresh(life: &Life<'_>) -> bool {
    match life.outcome.sent.as_ref() {
        None => life.events.iter().any(|(_, seen)| **seen == Seen::Passed),
        Some(sent) => match sent.reply.source {
            Source::Origin => sent.status == 200,
            Source::Copy(_) => !life.outcome.failed,
            Source::Renewed => true,
            Source::Answer(_) | Source::Page | Source::Uncached | Source::Nobody => false,
        },
    }
}
