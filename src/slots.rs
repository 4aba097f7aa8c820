//! A bounded memory of what happened under a key.
//!
//! An isolate lives for days and meets any number of URLs, so what it remembers
//! of each must forget by itself. Keys are hashed into sets of a few slots, and
//! the slot that matters least gives way: no upkeep, no growth, O(1).

use alloc::vec::Vec;

/// What a slot holds.
pub(crate) trait Slot: Copy + Default {
    /// What matters least has the least of these, and gives way first.
    fn worth(&self) -> u64;
}

/// Sets of slots, found by the hash of a key. A key that is pushed out is
/// forgotten, and nothing else.
#[derive(Debug)]
pub(crate) struct Slots<T, const SETS: usize, const WAYS: usize> {
    slots: Vec<(u64, T)>,
}

impl<T, const SETS: usize, const WAYS: usize> Default for Slots<T, SETS, WAYS> {
    fn default() -> Self {
        Self { slots: Vec::new() }
    }
}

impl<T: Slot, const SETS: usize, const WAYS: usize> Slots<T, SETS, WAYS> {
    /// What is known under a key.
    pub(crate) fn get(&self, key: u64) -> Option<&T> {
        let set = self.slots.chunks(WAYS).nth(Self::set_of(key))?;
        set.iter()
            .find(|(known, _)| *known == key)
            .map(|(_, slot)| slot)
    }

    /// The same, to be changed.
    pub(crate) fn get_mut(&mut self, key: u64) -> Option<&mut T> {
        let set = self.slots.chunks_mut(WAYS).nth(Self::set_of(key))?;
        set.iter_mut()
            .find(|(known, _)| *known == key)
            .map(|(_, slot)| slot)
    }

    /// Remembers something under a key, in place of what was known.
    pub(crate) fn put(&mut self, key: u64, value: T) {
        if self.slots.is_empty() {
            self.slots
                .resize(SETS.saturating_mul(WAYS), (0, T::default()));
        }
        let set = self.slots.chunks_mut(WAYS).nth(Self::set_of(key));
        let set = set.unwrap_or_default();
        let known = set.iter().position(|(known, _)| *known == key);
        let least = set
            .iter()
            .enumerate()
            .min_by_key(|(_, (_, slot))| slot.worth());
        let place = known
            .or_else(|| least.map(|(index, _)| index))
            .unwrap_or_default();
        if let Some(slot) = set.get_mut(place) {
            *slot = (key, value);
        }
    }

    /// Forgets a key.
    pub(crate) fn forget(&mut self, key: u64) {
        if let Some(slot) = self.get_mut(key) {
            *slot = T::default();
        }
    }

    fn set_of(key: u64) -> usize {
        let sets = u64::try_from(SETS).unwrap_or(1);
        let set = key.checked_rem(sets).unwrap_or_default();
        usize::try_from(set).unwrap_or_default()
    }
}

/// FNV-1a over some parts: short, and what a collision costs is bounded by what
/// is remembered.
pub(crate) fn digest(parts: &[&str]) -> u64 {
    digest_on(0xcbf2_9ce4_8422_2325, parts)
}

/// The digest of what a digest is of, and of some parts more.
pub(crate) fn digest_on(digest: u64, parts: &[&str]) -> u64 {
    let mut hash = digest;
    for part in parts {
        for byte in part.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Slot for u64 {
        fn worth(&self) -> u64 {
            *self
        }
    }

    #[test]
    fn the_least_gives_way() {
        let mut slots: Slots<u64, 2, 2> = Slots::default();
        assert_eq!(slots.get(4), None);
        for (key, value) in [(2, 20), (4, 10), (3, 1), (6, 30)] {
            slots.put(key, value);
        }
        assert_eq!((slots.get(2), slots.get(4)), (Some(&20), None));
        assert_eq!((slots.get(6), slots.get(3)), (Some(&30), Some(&1)));
        slots.put(2, 5);
        slots.forget(6);
        assert_eq!(slots.get(2), Some(&5));
        assert_eq!(slots.slots.len(), 4);
    }
}
