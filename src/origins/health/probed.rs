//! What a probe of our own says of an origin.

use super::{Health, growing};
use crate::policy::{Guards, Probe};
use crate::retry::Random;
use crate::verdict::{Cause, Failure};
use crate::wire::Timestamp;

impl Health {
    /// Notes a probe on a cron trigger: after some bad ones in a row the origin
    /// is taken out, after some good ones it is let in again.
    pub(crate) fn probed(
        &mut self,
        good: bool,
        rule: &Probe,
        guards: &Guards,
        now: Timestamp,
        random: &mut Random,
    ) {
        let (same, other, enough) = match good {
            true => (&mut self.probes_good, &mut self.probes_bad, rule.rise),
            false => (&mut self.probes_bad, &mut self.probes_good, rule.fall),
        };
        *other = 0;
        *same = same.saturating_add(1);
        match (*same >= enough, good) {
            (false, _) => {}
            (true, true) => self.found_open(now),
            (true, false) => {
                if let (None, Some(rule)) = (self.down, guards.breaker) {
                    self.fall(false, now, rule, random);
                }
                let failure = Failure::without_answer(Cause::Unavailable);
                self.failure = Some(self.failure.unwrap_or(failure));
                if let Some(rule) = guards.ejection {
                    self.holds = self.holds.saturating_add(1);
                    self.held_until = now.after(growing(rule.hold, rule.cap, self.holds, random));
                }
            }
        }
    }
}
