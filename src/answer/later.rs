//! When to come back.

use crate::retry::Random;
use crate::verdict::{Cause, Failure, Outage};

/// Nobody is sent away for longer on our own account, in seconds.
const LONGEST: u64 = 60;
/// An origin that asks for more time than this, in seconds, gets so much.
const LONGEST_ASKED: u64 = 3600;

/// When to come back, in seconds: what the origin asked for, else a time at random,
/// so that visitors turned away together do not return together. An outage that has
/// just begun is likely to be over soon: 5 to 15 s. The longer it lasts, the longer
/// the time; after four minutes it is 13 to 60 s.
#[must_use]
pub fn retry_after(failure: &Failure, outage: Outage, random: &mut Random) -> u64 {
    if let Some(asked) = failure.retry_after {
        let most = match failure.cause {
            // Nobody asks for it: it is planned.
            Cause::Maintenance => u64::MAX,
            _ => LONGEST_ASKED,
        };
        return asked.as_secs().clamp(1, most);
    }
    let lasting = outage.lasting.unwrap_or_default().as_secs();
    let least = (lasting / 30).saturating_add(5).min(LONGEST / 3);
    let most = (lasting / 5).saturating_add(15).min(LONGEST);
    let room = most.saturating_sub(least).saturating_add(1);
    least.saturating_add(random.draw().checked_rem(room).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::time::Duration;

    #[test]
    fn who_is_turned_away_comes_back_later_in_a_long_outage() {
        let network = Failure::without_answer(Cause::Network);
        let check = |lasting, expected: (u64, u64)| {
            let outage = Outage {
                lasting: Some(Duration::from_secs(lasting)),
                usual: None,
            };
            let mut random = Random::new(1);
            let drawn = (0..5000).map(|_| retry_after(&network, outage, &mut random));
            let (least, most) = drawn.fold((99, 0), |(a, b), it| (a.min(it), b.max(it)));
            assert_eq!((least, most), expected, "{lasting} s");
        };
        check(0, (5, 15));
        check(60, (7, 27));
        check(240, (13, 60));
        check(86_400, (20, 60));
    }

    #[test]
    fn what_the_origin_asks_for_holds() {
        let check = |asked, expected| {
            let failure = Failure {
                retry_after: Some(Duration::from_secs(asked)),
                ..Failure::without_answer(Cause::Unavailable)
            };
            let after = retry_after(&failure, Outage::default(), &mut Random::new(1));
            assert_eq!(after, expected);
        };
        check(0, 1);
        check(120, 120);
        check(1_000_000, 3600);
    }
}
