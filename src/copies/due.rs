//! Whether a copy has to be written again.
//!
//! In standby every request reaches the origin, so a busy page would be written
//! hundreds of times a second for nothing. An isolate therefore remembers what
//! it wrote: again only if the page changed, or after a while.

use crate::wire::{ResponseHead, Timestamp};
use alloc::vec::Vec;
use core::time::Duration;

/// What was written lately: one slot per key, found by its hash. Two keys that
/// meet in a slot push each other out, which costs a write too many and nothing
/// else, so the memory needs no upkeep and stays within 96 KB.
#[derive(Debug, Default)]
pub struct Due {
    slots: Vec<Written>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Written {
    key: u64,
    validator: u64,
    at: Timestamp,
}

impl Due {
    const SLOTS: usize = 4096;

    /// Whether the copy under `key` has to be written, given the response that
    /// just came. If so it counts as written.
    pub fn claim(
        &mut self,
        key: &str,
        response: &ResponseHead<'_>,
        every: Duration,
        now: Timestamp,
    ) -> bool {
        let key = digest(&[key, response.vary]);
        let length = response.content_length.unwrap_or_default();
        let validator = digest(&[response.etag, response.last_modified]) ^ length;
        let Some(slot) = self.slot(key) else {
            return true;
        };
        let known = slot.key == key && slot.validator == validator;
        if known && now.since(slot.at) < every {
            return false;
        }
        *slot = Written {
            key,
            validator,
            at: now,
        };
        true
    }

    /// Forgets a claim whose writing failed.
    pub fn release(&mut self, key: &str, vary: &str) {
        let key = digest(&[key, vary]);
        if let Some(slot) = self.slot(key).filter(|slot| slot.key == key) {
            *slot = Written::default();
        }
    }

    fn slot(&mut self, key: u64) -> Option<&mut Written> {
        if self.slots.is_empty() {
            self.slots.resize(Self::SLOTS, Written::default());
        }
        let low_bits = usize::from(u16::try_from(key & 0xfff).unwrap_or_default());
        self.slots.get_mut(low_bits)
    }
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

    fn claim(due: &mut Due, key: &str, fields: &str, secs: u64) -> bool {
        let listed = Listed::new(fields);
        due.claim(
            key,
            &ResponseHead::read(200, &listed),
            EVERY,
            Timestamp::from_secs(secs),
        )
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
    fn keys_that_meet_cost_a_write_at_most() {
        let mut due = Due::default();
        for round in 0..2 {
            for index in 0..Due::SLOTS * 3 {
                let first = claim(&mut due, &alloc::format!("/{index}"), "", 0);
                assert!(first || round > 0);
            }
        }
        assert_eq!(due.slots.len(), Due::SLOTS);
    }
}
