//! Which origin is asked: who is well, whose turn it is, who may see what.
//!
//! Origins with a weight share the load; the others are backups in the
//! operator's order. All of it is learnt in one isolate, from real answers, and
//! lives as long as that does.

mod health;
mod latency;
mod load;
mod objects;
mod tally;

pub use health::{Health, News, Standing, Word};
pub use objects::{Held, Objects};
pub use tally::{Tally, Usable};

use crate::policy::{Configuration, Guards, Origin};
use crate::retry::Random;
use crate::verdict::{Failure, Outage};
use crate::wire::Timestamp;
use alloc::{rc::Rc, vec, vec::Vec};
use core::time::Duration;

/// What is known of all origins.
#[derive(Debug)]
pub struct Origins {
    listed: Vec<Origin>,
    health: Vec<Health>,
    /// Each origin with a weight, as often as that says: one draw chooses.
    wheel: Vec<u8>,
    /// One that was chosen for a request, which then had to begin anew.
    owed: Option<usize>,
    guards: Rc<Guards>,
}

impl Origins {
    /// Of the origins that were configured nothing is known yet. Without any,
    /// there is the zone's own.
    #[must_use]
    pub fn new(configuration: &Configuration) -> Self {
        let listed = configuration.origins.clone();
        if listed.is_empty() {
            return Self::lone(&configuration.guards);
        }
        let turns = |(index, origin): (usize, &Origin)| {
            vec![u8::try_from(index).unwrap_or_default(); origin.weight.into()]
        };
        Self {
            health: vec![Health::default(); listed.len()],
            wheel: listed.iter().enumerate().flat_map(turns).collect(),
            owed: None,
            listed,
            guards: Rc::new(configuration.guards.clone()),
        }
    }

    /// The one that requests are made to anyway.
    #[must_use]
    pub fn lone(guards: &Guards) -> Self {
        Self {
            listed: vec![Origin::anyway()],
            health: vec![Health::default()],
            wheel: vec![0],
            owed: None,
            guards: Rc::new(guards.clone()),
        }
    }

    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.listed.len()
    }

    /// One of them, as it was configured.
    #[must_use]
    pub fn get(&self, origin: usize) -> Option<&Origin> {
        self.listed.get(origin)
    }

    /// The rules that protect them.
    #[must_use]
    pub fn guards(&self) -> &Guards {
        &self.guards
    }

    /// Whether an origin may be asked. `secrets` says that the request makes no
    /// sense without its credentials.
    #[must_use]
    pub fn usable(&self, origin: usize, secrets: bool, now: Timestamp) -> Usable {
        match (self.listed.get(origin), self.health.get(origin)) {
            (Some(listed), _) if listed.down || (secrets && !listed.trusted) => Usable::Never,
            (Some(_), Some(health)) if health.is_held(now) => Usable::Held,
            (Some(_), Some(_)) => Usable::Well,
            _ => Usable::Never,
        }
    }

    /// The origin that a request goes to first: of two drawn by weight the one
    /// with less to do, else the first backup that is well. If none is well,
    /// one that is not is asked all the same; `None` if none may be.
    #[must_use]
    pub fn choose(&self, secrets: bool, now: Timestamp, random: &mut Random) -> Option<usize> {
        let usable = |origin: &usize| self.usable(*origin, secrets, now);
        let is = |wanted: Usable| move |origin: &usize| usable(origin) == wanted;
        let weighted = |origin: &usize| self.listed.get(*origin).is_some_and(|it| it.weight > 0);
        let all = 0..self.listed.len();
        let drawn = [self.draw(random), self.draw(random)].into_iter().flatten();
        // One that has all it can take is passed over while another has room.
        let fits = |origin: &usize| is(Usable::Well)(origin) && self.has_room(*origin, now);
        drawn
            .filter(fits)
            .min_by_key(|origin| self.burden(*origin))
            .or_else(|| all.clone().filter(weighted).find(fits))
            .or_else(|| all.clone().find(fits))
            .or_else(|| all.clone().filter(weighted).find(is(Usable::Well)))
            .or_else(|| all.clone().find(is(Usable::Well)))
            .or_else(|| all.clone().find(is(Usable::Held)))
    }

    /// The origin that a request can go to as it came: the one that is chosen, if
    /// nothing has to be changed for it.
    #[must_use]
    pub fn choose_plain(&mut self, now: Timestamp, random: &mut Random) -> Option<usize> {
        let chosen = self.choose(false, now, random)?;
        let plain = self.is_plain(chosen);
        self.owed = (!plain).then_some(chosen);
        plain.then_some(chosen)
    }

    /// Whether a request can go to an origin as it came.
    #[must_use]
    pub fn is_plain(&self, origin: usize) -> bool {
        self.listed.get(origin).is_some_and(Origin::is_plain)
    }

    /// The same as [`choose`](Self::choose), if nothing is owed: a choice that came
    /// to nothing counts, or the plain origins would get more than their share.
    #[must_use]
    pub fn choose_owed(
        &mut self,
        secrets: bool,
        now: Timestamp,
        random: &mut Random,
    ) -> Option<usize> {
        let well = |origin: &usize| self.usable(*origin, secrets, now) == Usable::Well;
        let owed = self.owed.filter(well);
        self.owed = None;
        owed.or_else(|| self.choose(secrets, now, random))
    }

    /// The origin that a request would go to if nothing were known of any.
    #[must_use]
    pub fn choose_blindly(&self, random: &mut Random) -> Option<usize> {
        let any = || (!self.listed.is_empty()).then_some(0);
        self.draw(random).or_else(any)
    }

    fn draw(&self, random: &mut Random) -> Option<usize> {
        match self.wheel.as_slice() {
            [] => None,
            [only] => Some(usize::from(*only)),
            wheel => {
                let turns = u64::try_from(wheel.len()).unwrap_or(1);
                let turn = random.draw().checked_rem(turns).unwrap_or_default();
                let turn = wheel.get(usize::try_from(turn).unwrap_or_default());
                turn.map(|origin| usize::from(*origin))
            }
        }
    }

    /// What runs at an origin, in proportion to its weight.
    fn burden(&self, origin: usize) -> u32 {
        let weight = self.listed.get(origin).map_or(1, |listed| listed.weight);
        let running = self.health.get(origin).map_or(0, |it| it.load.running());
        running
            .saturating_mul(100)
            .checked_div(weight.into())
            .unwrap_or(u32::MAX)
    }

    /// How the best of the origins is doing, for a request with or without
    /// `secrets`.
    #[must_use]
    pub fn standing(&mut self, secrets: bool, now: Timestamp, random: &mut Random) -> Standing {
        let Self {
            health,
            listed,
            guards,
            ..
        } = self;
        let may_ask = |it: &Origin| !it.down && (it.trusted || !secrets);
        let asked = health.iter_mut().zip(listed).filter(|(_, it)| may_ask(it));
        let standings = asked.map(|(health, _)| health.standing(guards.breaker, now, random));
        standings.min().unwrap_or(Standing::Down)
    }

    /// Whether an origin that is down is probed.
    #[must_use]
    pub fn have_breaker(&self) -> bool {
        self.guards.breaker.is_some()
    }

    /// Whether each origin failed lately, and is left alone for it.
    #[must_use]
    pub fn are_held(&self, now: Timestamp) -> bool {
        self.health.iter().all(|health| health.is_held(now))
    }

    /// Takes the right to be the next probe of an origin that is down.
    pub fn take_probe(
        &mut self,
        safe: bool,
        secrets: bool,
        now: Timestamp,
        random: &mut Random,
    ) -> Option<usize> {
        let rule = self.guards.breaker;
        (0..self.listed.len()).find(|origin| {
            self.usable(*origin, secrets, now) != Usable::Never
                && self
                    .health
                    .get_mut(*origin)
                    .is_some_and(|health| health.take_probe(safe, rule, now, random))
        })
    }

    /// Whether somebody would get that right.
    #[must_use]
    pub fn is_probe_due(&self, safe: bool, secrets: bool, now: Timestamp) -> bool {
        let rule = self.guards.breaker;
        (0..self.listed.len()).any(|origin| {
            self.usable(origin, secrets, now) != Usable::Never
                && self
                    .health
                    .get(origin)
                    .is_some_and(|health| health.is_probe_due(safe, rule, now))
        })
    }

    /// How long a visitor waits for a probe.
    #[must_use]
    pub fn probe_patience(&self, origin: usize, now: Timestamp) -> Duration {
        let patience = |health: &Health| health.probe_patience(now);
        self.health.get(origin).map_or(Duration::MAX, patience)
    }

    /// Takes the right to be the one probe that may take up to `limit`.
    pub fn take_long_probe(&mut self, origin: usize, limit: Duration, now: Timestamp) -> bool {
        let health = self.health.get_mut(origin);
        health.is_some_and(|health| health.take_long_probe(limit, now))
    }

    /// Whether an origin is known to be down.
    #[must_use]
    pub fn is_down(&self, origin: usize, now: Timestamp) -> bool {
        self.health
            .get(origin)
            .is_some_and(|health| health.is_down(now))
    }

    /// Whether an origin has answered nobody for so long that waiting on is of
    /// no use for a request that may take up to `limit`. Without one it cannot be
    /// repeated, and it takes more to be sure: if the origin was slow and nothing
    /// else, what it did is lost with the answer.
    #[must_use]
    pub fn is_silent(&self, origin: usize, limit: Option<Duration>, now: Timestamp) -> bool {
        self.health.get(origin).is_some_and(|health| match limit {
            Some(limit) => health.is_silent_for(limit, now),
            None => health.is_mute(now),
        })
    }

    /// The last failure of the first origin that had one.
    #[must_use]
    pub fn last_failure(&self) -> Option<Failure> {
        self.health.iter().find_map(Health::failure)
    }

    /// Whether what was held since then is free again.
    #[must_use]
    pub fn have_recovered_since(&self, since: Timestamp, slow: bool) -> bool {
        let recovered = |health: &Health| health.has_recovered_since(since, slow);
        self.health.iter().any(recovered)
    }

    /// Whether any origin that is well has room for one more request; for one that
    /// could be answered with a copy, without what is reserved for others.
    #[must_use]
    pub fn any_has_room(&self, with_copy: bool, now: Timestamp) -> bool {
        let is_well = |origin: &usize| self.usable(*origin, false, now) == Usable::Well;
        let room = |origin: usize| {
            let health = self.health.get(origin);
            health.is_some_and(|health| health.load.has_room(with_copy, now))
        };
        let mut well = (0..self.health.len()).filter(is_well).peekable();
        match well.peek() {
            Some(_) => well.any(room),
            None => (0..self.health.len()).any(room),
        }
    }

    /// Whether any origin said lately that it has too much to do.
    #[must_use]
    pub fn are_limited(&self, now: Timestamp) -> bool {
        let limited = |health: &Health| health.load.is_limited(now);
        self.health.iter().any(limited)
    }

    /// Whether an origin has room for one more request.
    #[must_use]
    pub fn has_room(&self, origin: usize, now: Timestamp) -> bool {
        let health = self.health.get(origin);
        health.is_none_or(|health| health.load.has_room(false, now))
    }

    /// The time within which so many per cent of answers came.
    #[must_use]
    pub fn percentile(&self, origin: usize, percent: u8) -> Option<Duration> {
        self.health.get(origin)?.percentile(percent)
    }

    /// An attempt begins; whether an answer to it is `expected` soon.
    pub fn begin(&mut self, origin: usize, expected: bool, now: Timestamp) {
        if let Some(health) = self.health.get_mut(origin) {
            health.lease(self.guards.breaker, now);
            health.begin(expected, now);
        }
    }

    /// A good answer came to an attempt that began at `began`.
    pub fn good(&mut self, origin: usize, began: Timestamp, quick: Duration, now: Timestamp) {
        if let Some(health) = self.health.get_mut(origin) {
            health.good(began, quick, now);
        }
    }

    /// An attempt at a page that began at `began` failed.
    pub fn failed(
        &mut self,
        (origin, page): (usize, u64),
        failure: &Failure,
        began: Timestamp,
        now: Timestamp,
        random: &mut Random,
    ) {
        let guards = Rc::clone(&self.guards);
        if let Some(health) = self.health.get_mut(origin) {
            health.failed(page, failure, began, now, &guards, random);
        }
    }

    /// An attempt was given up before its end.
    pub fn abandoned(&mut self, origin: usize, began: Timestamp, now: Timestamp) {
        if let Some(health) = self.health.get_mut(origin) {
            health.abandoned(began, now);
        }
    }

    /// What was seen of each origin here.
    #[must_use]
    pub fn news(&self, now: Timestamp) -> Vec<News> {
        self.health.iter().map(|health| health.news(now)).collect()
    }

    /// Whether any origin is down, or seems to be.
    #[must_use]
    pub fn are_in_trouble(&self) -> bool {
        self.health.iter().any(Health::is_in_trouble)
    }

    /// What was seen of an origin elsewhere. Without a breaker nothing follows.
    pub fn learn(&mut self, origin: usize, word: &Word, now: Timestamp, random: &mut Random) {
        if let (Some(health), Some(rule)) = (self.health.get_mut(origin), self.guards.breaker) {
            health.learn(word, rule, now, random);
        }
    }

    /// Whether an origin was taken out, and is not back.
    #[must_use]
    pub fn is_out(&self, origin: usize) -> bool {
        self.health.get(origin).is_some_and(Health::is_out)
    }

    /// How long no origin has answered, if none does, and how long that takes as a rule.
    #[must_use]
    pub fn outage(&self, now: Timestamp) -> Outage {
        let outages = self.health.iter().map(|health| health.outage(now));
        outages.reduce(Outage::or).unwrap_or_default()
    }

    /// A probe on a cron trigger ended.
    pub fn probed(&mut self, origin: usize, good: bool, now: Timestamp, random: &mut Random) {
        let guards = Rc::clone(&self.guards);
        if let (Some(health), Some(rule)) = (self.health.get_mut(origin), &guards.probe) {
            health.probed(good, rule, &guards, now, random);
        }
    }
}
