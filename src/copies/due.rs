//! Whether a copy has to be written again.
//!
//! In standby every request reaches the origin, so a busy page would be written
//! hundreds of times a second for nothing. An isolate therefore remembers what
//! it wrote: again only if the page changed, or after a while.

use crate::slots::{Slot, Slots, digest};
use crate::wire::{Fields, Timestamp};
use core::time::Duration;

/// What was written lately. A key that is pushed out costs a write too many and
/// nothing else; all of it stays within 96 KB.
#[derive(Debug, Default)]
pub struct Due {
    written: Slots<Written, 512, 8>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Written {
    validator: u64,
    until: Timestamp,
}

impl Slot for Written {
    fn worth(&self) -> u64 {
        self.until.as_millis()
    }
}

impl Due {
    /// The fields of a response that tell one version of a page from another.
    pub const FIELDS: &'static [&'static str] =
        &["vary", "content-length", "etag", "last-modified"];

    /// Whether the copy under `key` was written lately, of a response with the
    /// same validators as this one.
    #[must_use]
    pub fn is_current(&self, key: &str, response: &dyn Fields, now: Timestamp) -> bool {
        let written = self.written.get(digest(&[key]));
        written
            .is_some_and(|written| now < written.until && written.validator == validator(response))
    }

    /// Notes that the copy is being written now, and need not be again for a
    /// while unless it changes.
    pub fn claim(&mut self, key: &str, response: &dyn Fields, every: Duration, now: Timestamp) {
        let written = Written {
            validator: validator(response),
            until: now.after(every),
        };
        self.written.put(digest(&[key]), written);
    }

    /// Forgets a claim: its writing failed, or the copy is gone.
    pub fn release(&mut self, key: &str) {
        self.written.forget(digest(&[key]));
    }
}

fn validator(response: &dyn Fields) -> u64 {
    digest(&["vary", "etag", "last-modified", "content-length"].map(|name| response.get(name)))
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
        due.release("/b");
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
    }
}
