//! What happened lately, in slots of time.
//!
//! Counting over a sliding window by remembering each event costs memory under
//! load, exactly when there is none to spare. A few slots that age together
//! cost the same whatever happens, also after a night without a request.

use crate::wire::{Timestamp, time::millis};
use core::time::Duration;

/// The last `N` slots of time, the current one first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recent<T, const N: usize> {
    slots: [T; N],
    /// The number of the current slot since the epoch.
    current: u64,
}

impl<T: Copy + Default, const N: usize> Default for Recent<T, N> {
    fn default() -> Self {
        Self {
            slots: [T::default(); N],
            current: 0,
        }
    }
}

impl<T: Copy + Default, const N: usize> Recent<T, N> {
    /// The slot of `now`, where each slot is `length` long. A clock that was set
    /// back counts into the current one.
    pub(crate) fn at(&mut self, now: Timestamp, length: Duration) -> Option<&mut T> {
        let number = now.as_millis().checked_div(millis(length))?;
        let passed = number.saturating_sub(self.current);
        let passed = usize::try_from(passed).unwrap_or(N).min(N);
        self.current = self.current.max(number);
        self.slots.copy_within(..N.saturating_sub(passed), passed);
        self.slots
            .iter_mut()
            .take(passed)
            .for_each(|slot| *slot = T::default());
        self.slots.first_mut()
    }

    /// The slot of an earlier time, as seen at the last [`Recent::at`]; nothing
    /// if it is too long ago.
    pub(crate) fn back_at(&mut self, then: Timestamp, length: Duration) -> Option<&mut T> {
        let number = then.as_millis().checked_div(millis(length))?;
        let back = usize::try_from(self.current.saturating_sub(number)).ok()?;
        self.slots.get_mut(back)
    }

    /// All slots, the current one first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.slots.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_age_together() {
        let (second, at) = (Duration::from_secs(1), Timestamp::from_secs);
        let mut recent: Recent<u32, 3> = Recent::default();
        let mut count = |secs| *recent.at(at(secs), second).unwrap() += 1;
        for secs in [100, 100, 101, 102, 101] {
            count(secs);
        }
        assert_eq!(
            recent.iter().copied().collect::<alloc::vec::Vec<_>>(),
            [2, 1, 2]
        );
        assert_eq!(recent.back_at(at(100), second).copied(), Some(2));
        assert_eq!(recent.back_at(at(99), second), None);
        recent.at(at(103), second);
        assert_eq!(recent.iter().sum::<u32>(), 3);
        recent.at(at(100_000_000), second);
        assert_eq!(recent.iter().sum::<u32>(), 0);
    }
}
