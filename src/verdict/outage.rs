//! How long an outage lasts, and how long those before it lasted: what people ask first.

use core::time::Duration;

/// What is known of the time that an outage takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outage {
    /// How long no origin has answered, if that is so.
    pub lasting: Option<Duration>,
    /// How long those before lasted as a rule.
    pub usual: Option<Duration>,
}

impl Outage {
    /// What is usual after one more, which lasted so long: each new one counts for a
    /// quarter.
    #[must_use]
    pub fn usual(so_far: Option<Duration>, lasted: Duration) -> Duration {
        let Some(so_far) = so_far else { return lasted };
        let four = so_far.saturating_mul(3).saturating_add(lasted);
        four.checked_div(4).unwrap_or_default()
    }

    /// What two origins together amount to: visitors wait for the first one that is back.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let shorter = |one: Option<Duration>, other: Option<Duration>| Some(one?.min(other?));
        Self {
            lasting: shorter(self.lasting, other.lasting),
            usual: shorter(self.usual, other.usual)
                .or(self.usual)
                .or(other.usual),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_usual_follows_what_happens() {
        let secs = Duration::from_secs;
        assert_eq!(Outage::usual(None, secs(8)), secs(8));
        assert_eq!(Outage::usual(Some(secs(8)), secs(4)), secs(7));
        assert_eq!(
            Outage::usual(Some(Duration::MAX), secs(4)),
            Duration::MAX / 4
        );
    }

    #[test]
    fn one_origin_that_answers_is_enough() {
        let outage = |lasting: Option<u64>, usual: Option<u64>| Outage {
            lasting: lasting.map(Duration::from_secs),
            usual: usual.map(Duration::from_secs),
        };
        let check = |one: Outage, other: Outage, expected: Outage| {
            assert_eq!(one.or(other), expected);
            assert_eq!(other.or(one), expected);
        };
        check(
            outage(Some(5), None),
            outage(None, Some(9)),
            outage(None, Some(9)),
        );
        check(
            outage(Some(5), Some(8)),
            outage(Some(3), Some(9)),
            outage(Some(3), Some(8)),
        );
    }
}
