//! How long an origin takes to answer, as far as it matters for patience.
//!
//! A time-out written into a configuration is a guess about somebody else's
//! server. What it did in the last thousand answers is a measurement (AWS
//! builders' library: choose the percentile, not the number).

use crate::wire::time::millis;
use core::time::Duration;

/// Two buckets per doubling, from 1 ms to a minute and a half.
const BUCKETS: usize = 34;

/// After so many answers the old ones count half.
const MEMORY: u32 = 1000;

/// A histogram that forgets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Latency {
    counts: [u16; BUCKETS],
    all: u32,
}

impl Default for Latency {
    fn default() -> Self {
        Self {
            counts: [0; BUCKETS],
            all: 0,
        }
    }
}

impl Latency {
    /// Notes how long an answer took.
    pub(super) fn note(&mut self, took: Duration) {
        if self.all >= MEMORY {
            self.counts.iter_mut().for_each(|count| *count /= 2);
            self.all = self.counts.iter().map(|count| u32::from(*count)).sum();
        }
        if let Some(count) = self.counts.get_mut(bucket(took)) {
            *count = count.saturating_add(1);
            self.all = self.all.saturating_add(1);
        }
    }

    /// The time within which so many per cent of answers came; nothing while
    /// too few are known.
    pub(super) fn percentile(&self, percent: u8) -> Option<Duration> {
        const FEW: u32 = 20;
        if self.all < FEW {
            return None;
        }
        let wanted = self.all.saturating_mul(percent.into()).div_ceil(100);
        let mut seen = 0_u32;
        let reached = self.counts.iter().position(|count| {
            seen = seen.saturating_add((*count).into());
            seen >= wanted
        });
        reached.map(end_of)
    }
}

/// Where a time falls: by its highest bit, and the one below that.
fn bucket(took: Duration) -> usize {
    let millis = millis(took).max(1);
    let high = millis.ilog2();
    let half = millis.checked_shr(high.saturating_sub(1)).unwrap_or(0) & 1;
    let half = if high == 0 { 0 } else { half };
    let bucket = u64::from(high).saturating_mul(2).saturating_add(half);
    usize::try_from(bucket)
        .unwrap_or(BUCKETS)
        .min(BUCKETS.saturating_sub(1))
}

/// The end of a bucket.
fn end_of(bucket: usize) -> Duration {
    let high = u32::try_from(bucket / 2).unwrap_or(0);
    let base = 2_u64.saturating_pow(high);
    let halves = if bucket.is_multiple_of(2) { 1 } else { 2 };
    Duration::from_millis(base.saturating_add(base.saturating_mul(halves) / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_never_below_what_was_measured() {
        let ms = Duration::from_millis;
        for took in [1, 2, 3, 5, 20, 47, 700, 1500, 2999, 60_000] {
            let mut latency = Latency::default();
            (0..30).for_each(|_| latency.note(ms(took)));
            let found = latency.percentile(99).unwrap();
            assert!(
                found >= ms(took) && found <= ms(took * 2),
                "{took} {found:?}"
            );
        }
        let mut mixed = Latency::default();
        assert_eq!(mixed.percentile(50), None);
        for count in 0..100 {
            mixed.note(ms(if count < 95 { 20 } else { 3000 }));
        }
        assert!(mixed.percentile(90).unwrap() < ms(50));
        assert!(mixed.percentile(99).unwrap() >= ms(3000));
    }

    #[test]
    fn the_past_fades() {
        let mut latency = Latency::default();
        (0..1000).for_each(|_| latency.note(Duration::from_secs(3)));
        (0..9000).for_each(|_| latency.note(Duration::from_millis(20)));
        assert!(latency.percentile(99).unwrap() < Duration::from_millis(50));
        latency.note(Duration::MAX);
    }
}
