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

/// The same for all requests of a host together.
///
/// Requests that run at once may be shown times that differ, as some runtimes
/// advance each one's clock only when something happens to it. So one that lags
/// behind a little is not a clock that was set back.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Steady {
    latest: Timestamp,
    ahead: Duration,
}

impl Steady {
    /// How far one request's clock may lag behind another's.
    const LAG: Duration = Duration::from_secs(5);

    /// The time, given what one request is shown, and that `reached` has come by
    /// all means.
    pub(super) fn read(&mut self, told: Timestamp, reached: Option<Timestamp>) -> Timestamp {
        let now = told.after(self.ahead);
        let behind = self.latest.since(now);
        if behind > Self::LAG {
            self.ahead = self.ahead.saturating_add(behind);
        }
        let floor = reached.map_or(self.latest, |reached| reached.max(self.latest));
        self.latest = told.after(self.ahead).max(floor);
        self.latest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_differ_do_not_make_time_run() {
        let at = Timestamp::from_millis;
        let mut steady = Steady::default();
        for turn in 0..100 {
            assert_eq!(steady.read(at(90_000 + turn), None), at(90_000 + turn));
            assert_eq!(steady.read(at(89_000), None), at(90_000 + turn));
        }
        assert_eq!(steady.read(at(80_000), None), at(90_099));
        assert_eq!(steady.read(at(80_001), None), at(90_100));
        assert_eq!(steady.read(at(80_001), Some(at(90_500))), at(90_500));
        assert_eq!(steady.read(at(80_402), None), at(90_501));
    }

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
