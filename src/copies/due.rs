//! Whether a copy has to be written again.
//!
//! In standby every request reaches the origin, so a busy page would be written
//! hundreds of times a second for nothing. An isolate therefore remembers what
//! it wrote: again only if the page changed, or after a while.

use crate::wire::{Fields, Timestamp};
use alloc::vec::Vec;
use core::time::Duration;

/// What was written lately, found by the hash of its key: a set of eight slots
/// for each, of which the one that expires first gives way. A key that is pushed
/// out costs a write too many and nothing else, so the memory needs no upkeep
/// and stays within 96 KB.
#[derive(Debug, Default)]
pub struct Due {
    slots: Vec<Written>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Written {
    key: u64,
    validator: u64,
    until: Timestamp,
}

impl Due {
    const SETS: usize = 512;
    const WAYS: usize = 8;

    /// Whether the copy under `key` was written lately, of a response with the
    /// same validators as this one.
    #[must_use]
    pub fn is_current(&self, key: &str, response: &dyn Fields, now: Timestamp) -> bool {
        let (key, validator) = (digest(&[key, response.get("vary")]), validator(response));
        let set = self
            .slots
            .chunks(Self::WAYS)
            .nth(set_of(key))
            .unwrap_or_default();
        set.iter()
            .any(|slot| slot.key == key && slot.validator == validator && now < slot.until)
    }

    /// Notes that the copy is being written now, and need not be again for a
    /// while unless it changes.
    pub fn claim(&mut self, key: &str, response: &dyn Fields, every: Duration, now: Timestamp) {
        let (key, validator) = (digest(&[key, response.get("vary")]), validator(response));
        let written = Written {
            key,
            validator,
            until: now.after(every),
        };
        let set = self.set(key);
        let known = set.iter().position(|slot| slot.key == key);
        let oldest = set.iter().enumerate().min_by_key(|(_, slot)| slot.until);
        let place = known
            .or_else(|| oldest.map(|(index, _)| index))
            .unwrap_or_default();
        if let Some(slot) = set.get_mut(place) {
            *slot = written;
        }
    }

    /// Forgets a claim whose writing failed.
    pub fn release(&mut self, key: &str, vary: &str) {
        let key = digest(&[key, vary]);
        if let Some(slot) = self.set(key).iter_mut().find(|slot| slot.key == key) {
            *slot = Written::default();
        }
    }

    fn set(&mut self, key: u64) -> &mut [Written] {
        if self.slots.is_empty() {
            self.slots
                .resize(Self::SETS.saturating_mul(Self::WAYS), Written::default());
        }
        self.slots
            .chunks_mut(Self::WAYS)
            .nth(set_of(key))
            .unwrap_or_default()
    }
}

/// The low nine bits, of which there are as many values as sets.
fn set_of(key: u64) -> usize {
    usize::from(u16::try_from(key & 0x1ff).unwrap_or_default())
}

fn validator(response: &dyn Fields) -> u64 {
    digest(&["etag", "last-modified", "content-length"].map(|name| response.get(name)))
}

/// FNV-1a: short, and a collision costs no more than one write left out.
fn digest(parts: &[&str]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
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
    use crate::wire::Listed;

    const EVERY: Duration = Duration::from_secs(60);

    /// Claims what is not current, and returns whether it did.
    fn claim(due: &mut Due, key: &str, fields: &str, secs: u64) -> bool {
        let (listed, now) = (Listed::new(fields), Timestamp::from_secs(secs));
        let current = due.is_current(key, &listed, now);
        if !current {
            due.claim(key, &listed, EVERY, now);
        }
        !current
    }

    #[test]
    fn once_until_it_changes_or_grows_old() {
        let mut due = Due::default();
        assert!(claim(&mut due, "/a", "etag:1", 100));
        assert!(!claim(&mut due, "/a", "etag:1", 159));
        assert!(claim(&mut due, "/a", "etag:2", 159));
        assert!(!claim(&mut due, "/a", "etag:2", 218));
        assert!(claim(&mut due, "/a", "etag:2", 219));
        assert!(claim(&mut due, "/b", "etag:2", 219));
        due.release("/b", "");
        assert!(claim(&mut due, "/b", "etag:2", 219));
    }

    #[test]
    fn a_thousand_keys_hardly_push_each_other_out() {
        let mut due = Due::default();
        let mut written = 0;
        for _ in 0..5 {
            for index in 0..1000 {
                written += usize::from(claim(
                    &mut due,
                    &alloc::format!("https://a.test/page/{index}"),
                    "",
                    0,
                ));
            }
        }
        assert!(written < 1010, "{written}");
        for index in 0..20_000 {
            claim(&mut due, &alloc::format!("/{index}"), "", 0);
        }
        assert_eq!(due.slots.len(), Due::SETS * Due::WAYS);
    }
}
