//! What all isolates know together, at the one place that each can reach.
//!
//! Nothing here is kept anywhere: it is a function of what each isolate said
//! last, and rebuilt by their reports within seconds. It lives by its own clock,
//! and times in reports are ages, so that no two clocks are ever compared.

use super::clock::Steady;
use super::shared::{SELDOM, age, before, line, mark, numbers};
use crate::origins::News;
use crate::policy::{BudgetRule, Configuration};
use crate::retry::{Budget, Counts};
use crate::wire::Timestamp;
use alloc::{string::String, vec, vec::Vec};
use core::time::Duration;

/// Who says nothing for so long has left.
const LEFT: Duration = Duration::from_secs(15);
/// So many isolates at most; beyond, whoever reported longest ago gives way.
const MOST: usize = 1024;
/// Who may probe an origin that is down may do so for this long without a word.
const LEASE: Duration = Duration::from_secs(2);
/// Then it is somebody else's turn: one isolate may have lost its way to an
/// origin that is well.
const TURN: Duration = Duration::from_secs(4);
/// So long what was given to one isolate is not given to another.
const RESERVED: Duration = Duration::from_secs(3);
/// An origin takes so many at once if nobody knows better, and no isolate's share
/// is smaller than this.
const STRANGER: u32 = 16;
const LEAST: u32 = 4;

/// What all isolates know together.
#[derive(Debug)]
pub struct World {
    mark: String,
    rule: BudgetRule,
    clock: Steady,
    members: Vec<Member>,
    budget: Budget,
    leases: Vec<Lease>,
}

/// An isolate, as it last reported.
#[derive(Clone, Debug, Default)]
struct Member {
    id: u32,
    count: u32,
    at: Timestamp,
    counts: Counts,
    /// Requests lately, and in how many milliseconds.
    requests: u32,
    span: u32,
    /// It reported before: what it counts can be told from what it counted.
    known: bool,
    /// Repetitions that it may make.
    batch: u32,
    origins: Vec<News>,
}

/// The right to probe an origin.
#[derive(Clone, Copy, Debug, Default)]
struct Lease {
    holder: u32,
    until: Timestamp,
    turn_ends: Timestamp,
}

impl World {
    /// A world that nobody reported to yet.
    #[must_use]
    pub fn new(configuration: &Configuration) -> Self {
        let origins = configuration.origins.len().max(1);
        let rule = configuration.guards.budget;
        // Reports come this far apart, and each counts at once.
        let window = rule.window.max(SELDOM);
        Self {
            mark: mark(configuration),
            rule: BudgetRule { window, ..rule },
            clock: Steady::default(),
            members: Vec::new(),
            budget: Budget::default(),
            leases: vec![Lease::default(); origins],
        }
    }

    /// Takes in a report, and answers what the isolate should know. Nothing, if
    /// it is none, is older than one that is known, or is about other origins.
    #[must_use]
    pub fn merge(&mut self, report: &str, told: Timestamp) -> Option<String> {
        let now = self.clock.read(told, None);
        let numbers = numbers(&self.mark, report)?;
        let [Some(id), Some(count), counts @ ..] = numbers.as_slice() else {
            return None;
        };
        let [
            Some(requests),
            Some(repeated),
            Some(won),
            Some(lost),
            news @ ..,
        ] = counts
        else {
            return None;
        };
        let news: Option<Vec<_>> = news.chunks(4).map(|it| read(it, now)).collect();
        let member = Member {
            id: *id,
            count: *count,
            at: now,
            counts: Counts {
                requests: *requests,
                repeated: *repeated,
                won: *won,
                lost: *lost,
            },
            origins: news.filter(|news| news.len() == self.leases.len())?,
            ..Member::default()
        };
        self.note(member)?;
        Some(self.answer(*id, *count, now))
    }

    /// Puts a report in the place of the one before. The first one of an isolate
    /// tells nothing of what happened lately.
    fn note(&mut self, mut member: Member) -> Option<()> {
        let now = member.at;
        self.members.retain(|known| now.since(known.at) <= LEFT);
        let place = self.members.iter().position(|known| known.id == member.id);
        if let Some(known) = place.and_then(|place| self.members.get_mut(place)) {
            if member.count <= known.count {
                return None;
            }
            let since = difference(member.counts, known.counts);
            member.known = true;
            member.requests = (known.requests / 2).saturating_add(since.requests);
            member.span = (known.span / 2).saturating_add(age(known.at, now));
            for (news, known) in member.origins.iter_mut().zip(&known.origins) {
                // An outage outlasts what is remembered of the time before.
                news.steady = news.steady.or(known.steady);
            }
            *known = member;
            self.budget.add(since, &self.rule, now);
            return Some(());
        }
        if self.members.len() >= MOST {
            let eldest = (0_usize..).zip(&self.members).min_by_key(|(_, it)| it.at);
            let place = eldest.map(|(place, _)| place).unwrap_or_default();
            self.members.swap_remove(place);
        }
        self.members.push(member);
        self.budget.add(Counts::default(), &self.rule, now);
        Some(())
    }

    fn answer(&mut self, id: u32, count: u32, now: Timestamp) -> String {
        let mut numbers = vec![Some(count), self.batch(id, now)];
        for origin in 0..self.leases.len() {
            let (fell, opened) = self.standing(origin);
            let probes = fell.is_some() && self.lease(origin, id, now);
            numbers.extend([
                fell.map(|at| age(at, now)),
                opened.map(|at| age(at, now)),
                Some(u32::from(probes)),
                Some(self.share(origin)),
            ]);
        }
        line(&self.mark, &numbers)
    }

    fn news(&self, origin: usize) -> impl Iterator<Item = &News> {
        let members = self.members.iter();
        members.filter_map(move |member| member.origins.get(origin))
    }

    /// Since when an origin is down: nobody had a good answer since the last
    /// isolate saw it fall. Else when it came back, if it was away.
    fn standing(&self, origin: usize) -> (Option<Timestamp>, Option<Timestamp>) {
        let fell = self.news(origin).filter_map(|it| it.fell).max();
        let good = self.news(origin).map(|it| it.good.max(it.opened)).max();
        match fell.filter(|_| fell > good.flatten()) {
            Some(fell) => (Some(fell), None),
            None => (None, self.news(origin).filter_map(|it| it.opened).max()),
        }
    }

    /// Whether an isolate is the one that probes an origin.
    fn lease(&mut self, origin: usize, id: u32, now: Timestamp) -> bool {
        let Some(lease) = self.leases.get_mut(origin) else {
            return false;
        };
        if now >= lease.until || (lease.holder != id && now >= lease.turn_ends) {
            lease.holder = id;
            lease.turn_ends = now.after(TURN);
        }
        let holds = lease.holder == id;
        if holds {
            lease.until = now.after(LEASE);
        }
        holds
    }

    /// What each isolate may send at once to an origin that comes back.
    fn share(&self, origin: usize) -> u32 {
        let known = self.news(origin).filter_map(|it| it.steady);
        let all = known.fold(0, u32::saturating_add);
        let all = if all == 0 { STRANGER } else { all };
        let members = u32::try_from(self.members.len()).unwrap_or(u32::MAX);
        all.checked_div(members).unwrap_or(all).max(LEAST)
    }

    /// How many repetitions an isolate may make until it reports again: what is
    /// left in proportion to its requests, and nothing that another was given.
    /// Nothing is said to one that is new, nor where there is a bucket of tokens,
    /// which is each isolate's own.
    fn batch(&mut self, id: u32, now: Timestamp) -> Option<u32> {
        if self.rule.tokens.is_some() {
            return None;
        }
        let left = u64::from(self.budget.left(&self.rule));
        let all: u64 = self.members.iter().map(Member::rate).sum();
        let others = self.members.iter().filter(|it| it.id != id);
        let given: u64 = others
            .filter(|it| now.since(it.at) <= RESERVED)
            .map(|it| u64::from(it.batch))
            .sum();
        let mut members = self.members.iter_mut();
        let member = members.find(|it| it.id == id && it.known)?;
        let fair = left.saturating_mul(member.rate()).div_ceil(all.max(1));
        let batch = fair.min(left.saturating_sub(given));
        member.batch = u32::try_from(batch).unwrap_or(u32::MAX);
        Some(member.batch)
    }
}

impl Member {
    /// Requests in a thousand seconds; one at least.
    fn rate(&self) -> u64 {
        let requests = u64::from(self.requests).saturating_mul(1_000_000);
        requests
            .checked_div(self.span.into())
            .unwrap_or_default()
            .max(1)
    }
}

fn read(numbers: &[Option<u32>], now: Timestamp) -> Option<News> {
    let &[good, fell, opened, steady] = numbers else {
        return None;
    };
    let at = |age: Option<u32>| age.map(|age| before(now, age));
    Some(News {
        good: at(good),
        fell: at(fell),
        opened: at(opened),
        steady,
    })
}

fn difference(now: Counts, before: Counts) -> Counts {
    Counts {
        requests: now.requests.saturating_sub(before.requests),
        repeated: now.repeated.saturating_sub(before.repeated),
        won: now.won.saturating_sub(before.won),
        lost: now.lost.saturating_sub(before.lost),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers to reports by id, from the first origin on.
    struct Told(World, Vec<u32>);

    impl Told {
        fn new() -> Self {
            Self(World::new(&Configuration::default()), vec![0; 2000])
        }

        fn report(
            &mut self,
            id: u32,
            requests: u32,
            news: [Option<u32>; 4],
            millis: u64,
        ) -> Answer {
            let count = &mut self.1[id as usize];
            *count += 1;
            let mut numbers: Vec<_> = [id, *count, requests, 0, 0, 0].map(Some).into();
            numbers.extend(news);
            let mark = self.0.mark.clone();
            let at = Timestamp::from_millis(1_000_000_000 + millis);
            let answer = self.0.merge(&line(&mark, &numbers), at).unwrap();
            let read = super::numbers(&mark, &answer).unwrap();
            let [_, batch, fell, opened, probes, share] = read[..] else {
                unreachable!()
            };
            Answer {
                batch,
                fell,
                opened,
                probes: probes == Some(1),
                share: share.unwrap(),
            }
        }
    }

    #[derive(Debug, PartialEq, Eq)]
    struct Answer {
        batch: Option<u32>,
        fell: Option<u32>,
        opened: Option<u32>,
        probes: bool,
        share: u32,
    }

    const WELL: [Option<u32>; 4] = [None; 4];

    fn down(age: u32) -> [Option<u32>; 4] {
        [None, Some(age), None, None]
    }

    #[test]
    fn it_is_down_until_somebody_gets_an_answer() {
        let mut told = Told::new();
        assert_eq!(
            told.report(1, 0, [Some(100), None, None, None], 0).fell,
            None
        );
        assert_eq!(told.report(2, 0, down(0), 1000).fell, Some(0));
        assert_eq!(
            told.report(1, 0, [Some(1200), None, None, None], 1100).fell,
            Some(100)
        );
        assert_eq!(
            told.report(1, 0, [Some(50), None, None, None], 1200).fell,
            None
        );
        assert_eq!(told.report(2, 0, down(1000), 2000).fell, None);
        let back = told.report(1, 0, [Some(10), None, Some(10), None], 3000);
        assert_eq!((back.fell, back.opened), (None, Some(10)));
        // A probe found it well: that ends what was seen before it.
        let mut told = Told::new();
        assert_eq!(told.report(1, 0, down(0), 0).fell, Some(0));
        let back = told.report(2, 0, [None, None, Some(10), None], 1000);
        assert_eq!((back.fell, back.opened), (None, Some(10)));
        // Who leaves is not a witness for ever.
        assert_eq!(told.report(3, 0, WELL, 30_000).opened, None);
    }

    #[test]
    fn the_lease_goes_round() {
        let mut told = Told::new();
        let mut probes = |id, millis: u64| {
            let age = u32::try_from(millis).unwrap();
            told.report(id, 0, down(age), millis).probes
        };
        assert!(probes(1, 0) && !probes(2, 100) && probes(1, 1000) && !probes(2, 1100));
        assert!(probes(1, 2900) && !probes(2, 3999));
        assert!(probes(2, 4000), "its turn is over");
        assert!(!probes(1, 4100) && !probes(1, 5999));
        assert!(probes(1, 6000), "nothing was heard for two seconds");
    }

    #[test]
    fn what_was_usual_is_divided_and_outlasts_the_outage() {
        let mut told = Told::new();
        let usual = |steady| [None, None, None, Some(steady)];
        assert_eq!(told.report(1, 0, WELL, 0).share, 16);
        assert_eq!(told.report(1, 0, usual(60), 10).share, 60);
        assert_eq!(told.report(2, 0, usual(40), 20).share, 50);
        assert_eq!(told.report(1, 0, WELL, 10_000).share, 50);
        (3..100).for_each(|id| _ = told.report(id, 0, WELL, 10_000));
        assert_eq!(told.report(1, 0, WELL, 10_000).share, 4);
    }

    #[test]
    fn a_batch_follows_the_requests() {
        let mut told = Told::new();
        assert_eq!(told.report(1, 5_000, WELL, 0).batch, None);
        assert_eq!(told.report(2, 1_000_000, WELL, 0).batch, None);
        // Of what it knows, 900 requests: 180.
        assert_eq!(told.report(1, 5_900, WELL, 9_000).batch, Some(180));
        // Of a thousand 200, and a tenth of that; but 180 are given away.
        assert_eq!(told.report(2, 1_000_100, WELL, 9_000).batch, Some(20));
        assert_eq!(told.report(1, 5_900, WELL, 9_500).batch, Some(179));
    }

    #[test]
    fn there_is_room_for_so_many() {
        let mut told = Told::new();
        (0..1500).for_each(|id| _ = told.report(id, 0, WELL, u64::from(id)));
        assert_eq!(told.0.members.len(), MOST);
        assert!(told.0.members.iter().any(|member| member.id == 1499));
        assert!(!told.0.members.iter().any(|member| member.id == 0));
    }
}
