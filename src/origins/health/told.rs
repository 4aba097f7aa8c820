//! What isolates tell each other of an origin.
//!
//! Each tells what it saw itself, and nothing that it was told: a rumour that
//! comes round would keep itself alive.

use super::{Health, jittered};
use crate::policy::Breaker;
use crate::retry::Random;
use crate::wire::Timestamp;
use core::time::Duration;

/// Who has not heard for so long that somebody else probes does it again.
const ALONE_AFTER: Duration = Duration::from_secs(3);

/// What one isolate saw of an origin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// When the last good answer was asked for.
    pub good: Option<Timestamp>,
    /// Since when it is down.
    pub fell: Option<Timestamp>,
    /// When an outage was found to be over.
    pub opened: Option<Timestamp>,
    /// How many requests run there at once on a good day.
    pub steady: Option<u32>,
}

/// What all isolates together know of an origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// Since when it is down.
    pub fell: Option<Timestamp>,
    /// When an outage was found to be over.
    pub opened: Option<Timestamp>,
    /// Whether it is this isolate that probes, while it is down.
    pub probes: bool,
    /// After an outage, so many requests at once are this isolate's share.
    pub share: u32,
}

impl Health {
    /// What was seen here.
    pub(crate) fn news(&self, now: Timestamp) -> News {
        let ever = |at: Timestamp| (at > Timestamp::default()).then_some(at);
        let own = self.down.filter(|down| !down.told && self.is_down(now));
        News {
            good: ever(self.good_at),
            fell: own.map(|down| down.since),
            opened: ever(self.found_at),
            steady: self.load.steady(),
        }
    }

    /// Whether it is down, or seems to be.
    pub(crate) const fn is_in_trouble(&self) -> bool {
        self.down.is_some()
    }

    /// Believes what others saw, where nothing that was seen here is against it.
    pub(crate) fn learn(
        &mut self,
        word: &Word,
        rule: Breaker,
        now: Timestamp,
        random: &mut Random,
    ) {
        match (self.down, word.fell) {
            (None, Some(fell)) if self.good_at < fell => {
                self.fall(false, now, rule, random);
                if let Some(down) = &mut self.down {
                    down.told = true;
                    down.since = fell;
                }
            }
            (Some(down), None) if down.told || word.opened >= Some(down.since) => {
                self.open(word.share, now);
            }
            _ => {}
        }
        if word.fell.is_some() {
            self.share_probes(word.probes, rule, now, random);
        }
    }

    /// Leaves probing to somebody else for a while, or takes it over.
    fn share_probes(&mut self, mine: bool, rule: Breaker, now: Timestamp, random: &mut Random) {
        let Some(down) = &mut self.down else { return };
        let alone = now.after(ALONE_AFTER);
        if mine {
            let soon = now.after(jittered(rule.probe_every, random));
            down.next_probe = down.next_probe.min(soon);
        } else {
            down.next_probe = down.next_probe.max(alone);
            if self.holds > 0 {
                self.held_until = self.held_until.max(alone);
            }
        }
    }
}
