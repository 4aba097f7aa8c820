//! Time that only goes forwards.
//!
//! A host's clock may stand still (some runtimes advance it only when something
//! happens outside), be set back, or wake a moment early. Deadlines that
//! believed it would never pass, or pass an hour late.

use crate::wire::{Timestamp, time::millis};
use core::time::Duration;

/// Turns what a host tells into time that never goes back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    latest: Timestamp,
    /// How far we are ahead of the host.
    ahead: Duration,
}

impl Clock {
    pub(super) const fn new(started: Timestamp) -> Self {
        Self {
            latest: started,
            ahead: Duration::ZERO,
        }
    }

    /// The time, given what the host's clock shows, and that `reached` has come
    /// by all means.
    pub(super) fn read(&mut self, told: Timestamp, reached: Option<Timestamp>) -> Timestamp {
        let floor = reached.map_or(self.latest, |reached| reached.max(self.latest));
        let now = told.after(self.ahead);
        self.ahead = self.ahead.saturating_add(floor.since(now));
        self.latest = now.max(floor);
        self.latest
    }

    /// What the host's clock will show at a time of ours.
    pub(super) fn at_host(&self, time: Timestamp) -> Timestamp {
        if time == Timestamp::NEVER {
            return time;
        }
        Timestamp::from_millis(time.as_millis().saturating_sub(millis(self.ahead)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_on_when_the_host_stands_still_or_falls_back() {
        let at = Timestamp::from_millis;
        let mut clock = Clock::new(at(1000));
        assert_eq!(clock.read(at(1500), None), at(1500));
        assert_eq!(clock.read(at(500), None), at(1500));
        assert_eq!(clock.read(at(600), None), at(1600));
        assert_eq!(clock.at_host(at(2000)), at(1000));
        assert_eq!(clock.read(at(600), Some(at(2000))), at(2000));
        assert_eq!(clock.read(at(601), None), at(2001));
    }
}
