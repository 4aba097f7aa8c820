//! Whether a copy has to be written again.
//!
//! In standby every request reaches the origin, so a busy page would be written
//! hundreds of times a second for nothing. An isolate therefore remembers what
//! it wrote: again only if the page changed, or after a while.

use crate::wire::{ResponseHead, Timestamp};
use alloc::collections::BTreeMap;
use core::time::Duration;

/// What was written lately. Its memory is bounded: two generations of at most
/// [`Due::GENERATION`] entries, of which the elder is dropped whole.
#[derive(Debug, Default)]
pub struct Due {
    young: BTreeMap<u64, Written>,
    old: BTreeMap<u64, Written>,
}

#[derive(Clone, Copy, Debug)]
struct Written {
    validator: u64,
    at: Timestamp,
}

impl Due {
    /// Entries in one generation: 4096, some 300 KB in all.
    pub const GENERATION: usize = 4096;

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
        let validator = match response.content_length {
            Some(length) => digest(&[response.etag, response.last_modified]) ^ length,
            None => digest(&[response.etag, response.last_modified]),
        };
        let known = self.young.get(&key).or_else(|| self.old.get(&key));
        let current = known
            .is_some_and(|written| written.validator == validator && now.since(written.at) < every);
        if !current {
            self.remember(key, Written { validator, at: now });
        }
        !current
    }

    /// Forgets a claim whose writing failed.
    pub fn release(&mut self, key: &str, vary: &str) {
        let key = digest(&[key, vary]);
        self.young.remove(&key);
        self.old.remove(&key);
    }

    fn remember(&mut self, key: u64, written: Written) {
        if self.young.len() >= Self::GENERATION {
            self.old = core::mem::take(&mut self.young);
        }
        self.young.insert(key, written);
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
    fn memory_is_bounded() {
        let mut due = Due::default();
        for index in 0..Due::GENERATION * 3 {
            claim(&mut due, &alloc::format!("/{index}"), "", 0);
        }
        assert!(due.young.len() + due.old.len() <= Due::GENERATION * 2);
    }
}
