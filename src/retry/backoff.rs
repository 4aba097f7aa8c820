//! How long to wait before asking again.
//!
//! Clients that failed together come back together unless chance spreads them:
//! full jitter draws the whole pause, not a part of it (AWS, "Exponential
//! backoff and jitter"). An origin that says when to come back is taken at its
//! word, or not asked at all; but not asked sooner than one that says nothing, for
//! `Retry-After: 0` is what all are told, too.

use crate::policy::Backoff;
use crate::wire::time::millis;
use core::time::Duration;

/// The decision about a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// Ask again after this.
    For(Duration),
    /// The origin wants more time than there is: do not wait at all.
    TooLong,
}

/// The pause after the `failed`th attempt on an origin (from 1), within
/// `left`, the time that remains.
///
/// `pushback` is the origin's `Retry-After`, if it is to be obeyed. It is spread
/// over 1.0 to 1.5 times its length, since everyone was told the same number, and
/// never shorter than the pause that would be drawn without it.
#[must_use]
pub fn pause(
    backoff: Backoff,
    failed: u8,
    pushback: Option<Duration>,
    left: Duration,
    random: u64,
) -> Pause {
    let least = jittered(backoff, failed, random);
    // Spreading must not cost the attempt that the pushback itself allows.
    let asked = pushback.map_or(Duration::ZERO, |asked| {
        let spread = Some(spread(asked, random)).filter(|spread| *spread < left);
        spread.unwrap_or(asked)
    });
    let pause = asked.max(least);
    if pause < left {
        Pause::For(pause)
    } else {
        Pause::TooLong
    }
}

/// A draw from `0..ceiling`, where the ceiling doubles and is capped last.
fn jittered(backoff: Backoff, failed: u8, random: u64) -> Duration {
    let doublings = u32::from(failed.saturating_sub(1));
    let factor = 2_u32.saturating_pow(doublings);
    let ceiling = backoff.base.saturating_mul(factor).min(backoff.cap);
    Duration::from_millis(random.checked_rem(millis(ceiling)).unwrap_or(0))
}

fn spread(asked: Duration, random: u64) -> Duration {
    let most = millis(asked).saturating_div(2);
    let extra = random.checked_rem(most.saturating_add(1)).unwrap_or(0);
    asked.saturating_add(Duration::from_millis(extra))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn backoff(base: u64, cap: u64) -> Backoff {
        Backoff {
            base: Duration::from_millis(base),
            cap: Duration::from_millis(cap),
        }
    }

    fn check(backoff: Backoff, failed: u8, random: u64, millis: u64) {
        let expected = Pause::For(Duration::from_millis(millis));
        assert_eq!(
            pause(backoff, failed, None, HOUR, random),
            expected,
            "{failed} {random}"
        );
    }

    #[test]
    fn the_ceiling_doubles() {
        // Envoy's own numbers: 190 against ceilings of 25, 50 and 100.
        check(backoff(25, 250), 1, 190, 15);
        check(backoff(25, 250), 2, 190, 40);
        check(backoff(25, 250), 3, 190, 90);
    }

    #[test]
    fn a_zero_base_is_no_pause() {
        check(backoff(0, 0), 1, 12345, 0);
        check(backoff(0, 250), 200, 12345, 0);
    }

    #[test]
    fn pushback_is_obeyed_or_there_is_no_waiting() {
        let asked = Some(Duration::from_secs(2));
        let short = Duration::from_secs(1);
        assert_eq!(pause(backoff(1, 1), 1, asked, short, 7), Pause::TooLong);
        assert_eq!(
            pause(backoff(1, 1), 1, asked, HOUR, 0),
            Pause::For(Duration::from_secs(2))
        );
    }

    #[test]
    fn at_once_is_no_sooner_than_without_a_word() {
        for asked in [Duration::ZERO, Duration::from_millis(1)] {
            assert_eq!(
                pause(backoff(300, 3000), 1, Some(asked), HOUR, 299),
                Pause::For(Duration::from_millis(299))
            );
        }
    }

    proptest! {
        #[test]
        fn never_above_the_cap(base in 0_u64..10_000, cap in 0_u64..10_000, failed: u8, random: u64) {
            let Pause::For(pause) = pause(backoff(base, cap), failed, None, HOUR, random) else {
                return Err(TestCaseError::fail("an hour is enough"));
            };
            prop_assert!(pause <= Duration::from_millis(cap));
        }

        #[test]
        fn pushback_is_spread_upwards_only(asked in 0_u64..100_000, random: u64) {
            let asked = Duration::from_millis(asked);
            let Pause::For(pause) = pause(backoff(0, 0), 1, Some(asked), HOUR, random) else {
                return Err(TestCaseError::fail("an hour is enough"));
            };
            prop_assert!(pause >= asked && pause <= asked.saturating_mul(3) / 2);
        }

        #[test]
        fn pushback_never_shortens(asked in 0_u64..10_000, failed: u8, left in 1_u64..20_000, random: u64) {
            let left = Duration::from_millis(left);
            let drawn = pause(backoff(300, 3000), failed, None, left, random);
            let told = pause(backoff(300, 3000), failed, Some(Duration::from_millis(asked)), left, random);
            if let Pause::For(told) = told {
                prop_assert!(matches!(drawn, Pause::For(drawn) if drawn <= told));
            }
        }
    }
}
