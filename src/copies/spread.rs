//! Whether a copy is written to a further tier as well.
//!
//! A write to a store that all the world shares costs money, and a busy site would
//! make thousands an hour that say nothing new. So each isolate writes a page now and
//! then, and no more than a few pages a minute: those that are asked for most come
//! first by themselves.

use crate::policy::Tier;
use crate::slots::{Slot, Slots, digest};
use crate::wire::Timestamp;
use core::time::Duration;

/// What cannot be shown for longer is not written: KV may take a minute until it
/// can be read elsewhere.
const SHORTEST: Duration = Duration::from_secs(60);

/// What is larger is not written: a value of KV has 25 MiB at most, with its envelope.
const LARGEST: u64 = 24 * 1024 * 1024;

/// In so long there are as many writes as the tier allows, and as many at once before.
const MINUTE: Duration = Duration::from_secs(60);

/// So long nothing is written to a tier after it refused a write: it may be a limit
/// for the day.
const REFUSED: Duration = Duration::from_secs(5 * 60);

/// What was written to further tiers lately. A key that is pushed out costs a write
/// too many and nothing else; all of it stays within 16 KB.
#[derive(Debug, Default)]
pub struct Spread {
    written: Slots<Until, 64, 8>,
    counted: Slots<Until, 64, 8>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Until(Timestamp);

impl Slot for Until {
    fn worth(&self) -> u64 {
        self.0.as_millis()
    }
}

impl Spread {
    /// Whether a copy of so many bytes, which can be shown for so long, is written to a
    /// tier now. It counts as written from then on.
    pub fn claim(
        &mut self,
        tier: &Tier,
        place: &str,
        (bytes, lasts): (u64, Duration),
        now: Timestamp,
    ) -> bool {
        let of_use = tier.kind.has_copies() && lasts >= SHORTEST && bytes <= LARGEST;
        let key = key_of(tier, place);
        let written = self.written.get(key).is_some_and(|until| now < until.0);
        if !of_use || written || !self.count(tier, now) {
            return false;
        }
        self.written.put(key, Until(now.after(tier.every)));
        true
    }

    /// Takes a write out of what a minute has. What is known of a tier is when all that
    /// was written would have been, had it come at even intervals.
    fn count(&mut self, tier: &Tier, now: Timestamp) -> bool {
        let Some(interval) = MINUTE.checked_div(tier.writes.into()) else {
            return false;
        };
        let key = key_of(tier, "");
        let known = self.counted.get(key).copied().unwrap_or_default();
        let even = known.0.max(now).after(interval);
        let may = even <= now.after(MINUTE);
        if may {
            self.counted.put(key, Until(even));
        }
        may
    }

    /// Forgets that something was written: it is gone, or is not to be relied on.
    pub fn release(&mut self, tier: &Tier, place: &str) {
        self.written.forget(key_of(tier, place));
    }

    /// A tier refused what was to be written.
    pub fn refused(&mut self, tier: &Tier, place: &str, now: Timestamp) {
        self.release(tier, place);
        let until = now.after(REFUSED).after(MINUTE);
        self.counted.put(key_of(tier, ""), Until(until));
    }

    /// A tier is not there, and nothing is ever written to it.
    pub fn forgo(&mut self, tier: &Tier) {
        self.counted.put(key_of(tier, ""), Until(Timestamp::NEVER));
    }
}

fn key_of(tier: &Tier, place: &str) -> u64 {
    digest(&[tier.kind.name(), &tier.name, place])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Policy, Value, parse};
    use alloc::{format, vec::Vec};

    const DAY: Duration = Duration::from_secs(86_400);

    fn tiers(json: &str) -> Vec<Tier> {
        let table: Value = serde_json::from_str(&format!(r#"{{"tiers": {json}}}"#)).unwrap();
        let (configuration, problems) = parse(&Value::Null, &table);
        assert_eq!(problems, []);
        let policy: &Policy = configuration.policy_for("/");
        policy.tiers.clone()
    }

    #[test]
    fn a_page_now_and_then_and_few_a_minute() {
        let tiers = tiers(r#"[{"kv": "A", "writes": 2, "every": "1h"}]"#);
        let mut spread = Spread::default();
        let mut claim = |place: &str, secs: u64| {
            let now = Timestamp::from_secs(1000 + secs);
            spread.claim(&tiers[0], place, (9, DAY), now)
        };
        assert!(claim("/a", 0) && !claim("/a", 1) && claim("/b", 2));
        assert!(!claim("/c", 29), "two a minute");
        assert!(claim("/c", 30) && !claim("/d", 59) && claim("/d", 60));
        assert!(!claim("/a", 3599) && claim("/a", 3600));
    }

    #[test]
    fn not_what_is_of_no_use_there() {
        let tiers =
            tiers(r#"[{"kv": "A"}, {"mirror": "https://m.test"}, {"r2": "B", "writes": 0}]"#);
        let mut spread = Spread::default();
        let now = Timestamp::from_secs(1000);
        let short = SHORTEST - Duration::from_secs(1);
        assert!(!spread.claim(&tiers[0], "/", (9, short), now));
        assert!(!spread.claim(&tiers[0], "/", (LARGEST + 1, DAY), now));
        assert!(!spread.claim(&tiers[1], "/", (9, DAY), now));
        assert!(!spread.claim(&tiers[2], "/", (9, DAY), now));
        assert!(spread.claim(&tiers[0], "/", (LARGEST, SHORTEST), now));
    }

    #[test]
    fn what_is_gone_is_written_anew_and_a_refusal_is_respected() {
        let tiers = tiers(r#"[{"kv": "A"}, {"r2": "A"}]"#);
        let (mut spread, now) = (Spread::default(), Timestamp::from_secs(1000));
        let claim =
            |spread: &mut Spread, tier: usize, now| spread.claim(&tiers[tier], "/", (9, DAY), now);
        assert!(claim(&mut spread, 0, now) && !claim(&mut spread, 0, now));
        spread.release(&tiers[0], "/");
        assert!(claim(&mut spread, 0, now));
        spread.refused(&tiers[0], "/", now);
        assert!(!claim(&mut spread, 0, now.after(MINUTE * 4)));
        assert!(claim(&mut spread, 1, now), "the other one is well");
        assert!(claim(&mut spread, 0, now.after(REFUSED + MINUTE)));
        spread.forgo(&tiers[1]);
        spread.release(&tiers[1], "/");
        assert!(!claim(&mut spread, 1, now.after(DAY)));
    }
}
