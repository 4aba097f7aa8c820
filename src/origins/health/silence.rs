//! Whether an origin answers anybody at all.
//!
//! A time-out is about one request, and written for the slowest page there is.
//! That nobody gets an answer is noticed much sooner, by what answers usually
//! take.

use crate::origins::latency::Latency;
use crate::wire::Timestamp;
use core::time::Duration;

/// Without an answer for longer than this, and twice the slowest usual answer,
/// an origin is silent.
const SILENCE: Duration = Duration::from_secs(1);
/// The same while nobody knows how fast it usually is.
const OF_A_STRANGER: Duration = Duration::from_secs(3);
/// Silence towards fewer requests than this says nothing.
const FEW: u32 = 5;
/// Silence towards so many is silence towards everybody.
const MANY: u32 = 20;
/// So long a slow origin is known to be one.
const SLOW: Duration = Duration::from_secs(300);

/// Who waits for an answer, and how long answers take.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Silence {
    /// Requests since the last answer, and when the first of them began.
    unanswered: u32,
    since: Timestamp,
    begun_at: Timestamp,
    latency: Latency,
    /// What was taken for silence turned out to be slowness: so long answers may
    /// take, until then.
    slow: Duration,
    slow_until: Timestamp,
}

impl Silence {
    /// Somebody waits for an answer.
    pub(super) fn begin(&mut self, now: Timestamp) {
        if self.unanswered == 0 || self.is_idle(now) {
            self.unanswered = 0;
            self.since = now;
        }
        self.begun_at = now;
        self.unanswered = self.unanswered.saturating_add(1);
    }

    /// Somebody got one.
    pub(super) fn broken(&mut self) {
        self.unanswered = 0;
    }

    /// A good answer took so long; `doubted` if it was not expected any more.
    pub(super) fn note(&mut self, took: Duration, doubted: bool, now: Timestamp) {
        if doubted && took > self.patience(now) {
            self.slow = took.saturating_mul(2);
            self.slow_until = now.after(SLOW);
        }
        self.latency.note(took);
        self.broken();
    }

    /// How long an answer may be expected to take.
    pub(super) fn patience(&self, now: Timestamp) -> Duration {
        let usual = match self.latency.percentile(99) {
            Some(usual) => usual.saturating_mul(2).max(SILENCE),
            None => OF_A_STRANGER,
        };
        match now < self.slow_until {
            true => usual.max(self.slow),
            false => usual,
        }
    }

    /// The time within which so many per cent of answers came.
    pub(super) fn percentile(&self, percent: u8) -> Option<Duration> {
        self.latency.percentile(percent)
    }

    /// How long it has lasted; no time if too few wait.
    pub(super) fn lasts(&self, now: Timestamp) -> Duration {
        match self.unanswered >= FEW && !self.is_idle(now) {
            true => now.since(self.since),
            false => Duration::ZERO,
        }
    }

    /// Whether it has lasted for so many times the patience.
    pub(super) fn lasts_for(&self, times: u32, now: Timestamp) -> bool {
        self.lasts(now) >= self.patience(now).saturating_mul(times)
    }

    /// Whether it concerns everybody.
    pub(super) const fn is_general(&self) -> bool {
        self.unanswered >= MANY
    }

    /// Whether nobody has asked for so long that those who got no answer say
    /// nothing about those who come now.
    fn is_idle(&self, now: Timestamp) -> bool {
        now.since(self.begun_at) > OF_A_STRANGER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(1_000_000 + millis)
    }

    fn quick() -> Silence {
        let mut silence = Silence::default();
        (0..500).for_each(|_| silence.note(Duration::from_millis(40), false, at(0)));
        silence
    }

    #[test]
    fn a_few_who_wait_are_no_silence() {
        let mut silence = quick();
        (0..4).for_each(|_| silence.begin(at(0)));
        assert_eq!(silence.lasts(at(2000)), Duration::ZERO);
        silence.begin(at(100));
        assert!(silence.lasts_for(2, at(2000)) && !silence.is_general());
        silence.broken();
        assert_eq!(silence.lasts(at(2000)), Duration::ZERO);
    }

    #[test]
    fn one_slow_answer_teaches_patience_if_it_was_not_expected() {
        let mut silence = quick();
        let slow = Duration::from_secs(3);
        silence.note(slow, false, at(0));
        assert_eq!(silence.patience(at(0)), SILENCE);
        silence.note(slow, true, at(0));
        assert_eq!(silence.patience(at(0)), Duration::from_secs(6));
        assert_eq!(silence.patience(at(300_000)), SILENCE);
    }
}
