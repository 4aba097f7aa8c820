//! How much an origin has to do, and how much it can.
//!
//! Two things overload an origin that is nearly well: requests beyond what it
//! said it can take (503), and all those that waited for it to come back. Both
//! are met by a limit on how many run at once. Those for which there is a copy
//! give way first, so that those for which there is none get through.

use crate::recent::Recent;
use crate::wire::{Timestamp, time::millis};
use core::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
/// What has no answer after so many seconds is not counted any more: its visitor
/// may have left, of which nobody tells.
const SECONDS: usize = 16;
/// The peak is measured over this long.
const SPELL: Duration = Duration::from_secs(5);
/// So few at once are never too many.
const FEW: u32 = 8;
/// After an outage so few are no rush, even where fewer were usual.
const FEWEST: u32 = 4;
/// What an origin takes that is not known yet.
pub(super) const STRANGER: u32 = 16;
/// How long a limit holds after the last overload, or after an outage.
const HOLDS: Duration = Duration::from_secs(10);

/// What a round of good answers adds, in millionths: six more at once, and so
/// many times that as there were tenths of a second without a word against it.
/// What is too much costs a copy for a refused request, what is too little many.
const GROWTH: u32 = 6_000_000;

#[derive(Clone, Copy, Debug, Default)]
struct Second {
    begun: u32,
    ended: u32,
    refused: u32,
}

/// A limit on how many run at once.
#[derive(Clone, Copy, Debug)]
struct Limit {
    /// In thousandths.
    milli: u32,
    until: Timestamp,
    /// When the origin last said that it was too much.
    cut_at: Timestamp,
    /// Part of it is kept for requests without a copy.
    reserves: bool,
}

/// How much an origin has to do, and how much it can.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Load {
    seconds: Recent<Second, SECONDS>,
    peaks: Recent<Peak, 3>,
    limit: Option<Limit>,
}

/// The most that ran at once in a spell.
#[derive(Clone, Copy, Debug, Default)]
struct Peak {
    most: u32,
    /// Something was wrong then: it is no measure.
    spoilt: bool,
}

impl Load {
    /// An attempt begins; `troubled` if the origin is not well.
    pub(super) fn begin(&mut self, now: Timestamp, troubled: bool) {
        if let Some(second) = self.seconds.at(now, SECOND) {
            second.begun = second.begun.saturating_add(1);
        }
        let (running, limited) = (self.running(), self.is_limited(now));
        if let Some(peak) = self.peaks.at(now, SPELL) {
            peak.most = peak.most.max(running);
            peak.spoilt |= troubled || limited;
        }
    }

    /// An attempt that began at `began` ended.
    pub(super) fn end(&mut self, began: Timestamp, now: Timestamp) {
        self.seconds.at(now, SECOND);
        if let Some(second) = self.seconds.back_at(began, SECOND) {
            second.ended = second.ended.saturating_add(1).min(second.begun);
        }
    }

    /// How many run now.
    pub(super) fn running(&self) -> u32 {
        let open = |second: &Second| second.begun.saturating_sub(second.ended);
        self.seconds.iter().map(open).fold(0, u32::saturating_add)
    }

    /// The most that ran at once in the last spells in which all was well.
    pub(super) fn steady(&self) -> Option<u32> {
        let past = self.peaks.iter().skip(1).filter(|peak| !peak.spoilt);
        past.map(|peak| peak.most).max().filter(|most| *most > 0)
    }

    /// The current spell is no measure of anything.
    pub(super) fn spoil(&mut self, now: Timestamp) {
        if let Some(peak) = self.peaks.at(now, SPELL) {
            peak.spoilt = true;
        }
    }

    /// Notes that the origin refused a request; whether it refuses a good part of
    /// them.
    pub(super) fn refuses(&mut self, now: Timestamp) -> bool {
        const SOME: u32 = 5;
        self.seconds.at(now, SECOND).is_some_and(|second| {
            second.refused = second.refused.saturating_add(1);
            second.refused >= SOME && second.refused.saturating_mul(3) >= second.begun
        })
    }

    /// The origin said that this was too much.
    pub(super) fn overloaded(&mut self, now: Timestamp) {
        let running = self.running();
        if running < FEW {
            return;
        }
        let less = running.saturating_mul(900).max(FEW.saturating_mul(1000));
        let milli = match self.limit.filter(|limit| now < limit.until) {
            Some(limit) => limit.milli.min(less),
            None => less,
        };
        self.limit = Some(Limit {
            milli,
            until: now.after(HOLDS),
            cut_at: now,
            reserves: true,
        });
        self.spoil(now);
    }

    /// A good answer: while half of what is allowed is used, a little more is.
    pub(super) fn good(&mut self, now: Timestamp) {
        let running = self.running().saturating_mul(1000);
        if let Some(limit) = self.limit.as_mut().filter(|limit| now < limit.until)
            && running.saturating_mul(2) >= limit.milli
        {
            let rounds = millis(now.since(limit.cut_at)) / 100;
            let growth = GROWTH.saturating_mul(u32::try_from(rounds.min(10)).unwrap_or(1).max(1));
            let more = growth.checked_div(limit.milli).unwrap_or_default();
            limit.milli = limit.milli.saturating_add(more);
        }
    }

    /// After an outage: what was usual before it, and no more; `share` where that
    /// is not known.
    pub(super) fn ramp(&mut self, share: u32, now: Timestamp) {
        // What the outage left without an answer is no burden any more.
        self.seconds = Recent::default();
        self.limit = Some(Limit {
            milli: self
                .steady()
                .unwrap_or(share)
                .max(FEWEST)
                .saturating_mul(1000),
            until: now.after(HOLDS),
            cut_at: now,
            reserves: false,
        });
    }

    /// Whether there is a limit now.
    pub(super) fn is_limited(&self, now: Timestamp) -> bool {
        self.limit.is_some_and(|limit| now < limit.until)
    }

    /// Whether there is room for one more; for one that could be answered with a
    /// copy, without what is reserved for others.
    pub(super) fn has_room(&self, with_copy: bool, now: Timestamp) -> bool {
        let Some(limit) = self.limit.filter(|limit| now < limit.until) else {
            return true;
        };
        let allowed = match limit.reserves && with_copy {
            true => limit.milli.saturating_sub(limit.milli / 4),
            false => limit.milli,
        };
        self.running().saturating_add(1).saturating_mul(1000) <= allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(1_000_000 + millis)
    }

    #[test]
    fn what_never_ends_is_forgotten() {
        let mut load = Load::default();
        (0..10).for_each(|count| load.begin(at(count), false));
        load.end(at(3), at(2500));
        assert_eq!(load.running(), 9);
        load.begin(at(17_000), false);
        assert_eq!(load.running(), 1);
        load.end(at(3), at(17_000));
        assert_eq!(load.running(), 1);
    }

    #[test]
    fn copies_give_way_at_an_origin_that_has_too_much() {
        let mut load = Load::default();
        (0..20).for_each(|_| load.begin(at(0), false));
        assert!(load.has_room(true, at(0)));
        load.overloaded(at(0));
        assert!(!load.has_room(false, at(0)));
        (0..4).for_each(|_| load.end(at(0), at(0)));
        assert!(load.has_room(false, at(0)) && !load.has_room(true, at(0)));
        assert!(load.has_room(true, at(10_000)));
    }

    #[test]
    fn a_few_at_once_are_never_too_many() {
        let mut load = Load::default();
        (0..7).for_each(|_| load.begin(at(0), false));
        load.overloaded(at(0));
        assert!(load.has_room(true, at(0)));
    }

    #[test]
    fn after_an_outage_there_is_room_for_what_was_usual() {
        let mut load = Load::default();
        for spell in 0..3 {
            let now = at(spell * 5000);
            (0..6).for_each(|_| load.begin(now, false));
            (0..6).for_each(|_| load.end(now, now));
        }
        (0..100).for_each(|_| load.begin(at(15_000), true));
        (0..100).for_each(|_| load.end(at(15_000), at(15_000)));
        load.ramp(STRANGER, at(20_000));
        (0..6).for_each(|_| load.begin(at(20_000), false));
        assert!(!load.has_room(true, at(20_000)));
        load.end(at(20_000), at(20_001));
        assert!(load.has_room(true, at(20_001)));
    }
}
