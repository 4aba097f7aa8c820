//! Whether a copy has to be written again.
//!
//! In standby every request reaches the origin, so a busy page would be written
//! hundreds of times a second for nothing. An isolate therefore remembers what
//! it wrote: again only if the page changed, or after a while.

use crate::slots::{Slot, Slots, digest, digest_on};
use crate::wire::{Fields, Timestamp, vary};
use core::time::Duration;

/// So long a variant is being stored at most: others of its page wait for their turn,
/// as each has to find the first one in its place. One that is let go never lands.
const LONGEST_MAKING: Duration = Duration::from_secs(10);

/// What was written lately, of each variant of each page. A key that is pushed out
/// costs a write too many and nothing else; all of it stays within 96 KB.
#[derive(Debug, Default)]
pub struct Due {
    written: Slots<Written, 512, 8>,
    releases: u64,
    /// The latest end of any claim.
    latest: Timestamp,
}

#[derive(Clone, Copy, Debug, Default)]
struct Written {
    /// Of the page itself, where it was [released](Due::release), how often any was:
    /// what was said of its variants before then is void.
    validator: u64,
    until: Timestamp,
}

impl Slot for Written {
    fn worth(&self) -> u64 {
        self.until.as_millis()
    }
}

impl Due {
    /// The fields of a response that tell one version of a page from another. The
    /// first one names the fields of a request that tell its variants apart.
    pub const FIELDS: &'static [&'static str] =
        &["vary", "content-length", "etag", "last-modified"];

    /// Whether the copy of `url` for a request was written lately, of a response with
    /// the same validators as this one. `variant` is those fields of the request that
    /// `Vary` names, as they came: one who says the same in other words has a copy
    /// written once more.
    #[must_use]
    pub fn is_current(
        &self,
        url: &str,
        response: &dyn Fields,
        variant: &str,
        now: Timestamp,
    ) -> bool {
        let written = self.written.get(self.key(url, response, variant));
        let current = |it: &Written| now < it.until && it.validator == validator(response);
        let making = || self.written.get(making(url));
        written.is_some_and(current)
            || (varies(response) && making().is_some_and(|it| now < it.until))
    }

    /// Notes that the copy is being written now, and need not be again for a
    /// while unless it changes.
    pub fn claim(
        &mut self,
        url: &str,
        response: &dyn Fields,
        variant: &str,
        every: Duration,
        now: Timestamp,
    ) {
        let written = Written {
            validator: validator(response),
            until: now.after(every),
        };
        self.latest = self.latest.max(written.until);
        // Where every answer is kept, the next one mends what this one pushes out.
        if varies(response) && !every.is_zero() {
            let until = now.after(LONGEST_MAKING);
            self.written.put(
                making(url),
                Written {
                    validator: 0,
                    until,
                },
            );
        }
        self.written.put(self.key(url, response, variant), written);
    }

    /// Notes that what was claimed last of a page is in the store, or will not be.
    pub fn landed(&mut self, url: &str) {
        self.written.forget(making(url));
    }

    /// Forgets a claim, as its writing failed.
    pub fn lost(&mut self, url: &str, response: &dyn Fields, variant: &str) {
        self.written.forget(self.key(url, response, variant));
    }

    /// Forgets all claims of a page: the copies are gone.
    pub fn release(&mut self, url: &str) {
        self.releases = self.releases.saturating_add(1);
        let released = Written {
            validator: self.releases,
            until: self.latest,
        };
        self.written.put(digest(&[url]), released);
    }

    fn key(&self, url: &str, response: &dyn Fields, variant: &str) -> u64 {
        let page = digest(&[url]);
        if !varies(response) {
            return page;
        }
        let released = self.written.get(page).map_or(0, |page| page.validator);
        digest_on(page, &[variant]).wrapping_add(released)
    }
}

/// The key under which it stands that a variant of a page is being stored.
fn making(url: &str) -> u64 {
    digest(&[url, "making"])
}

/// Whether there may be variants of a page that can be told apart.
fn varies(response: &dyn Fields) -> bool {
    let vary = response.get("vary");
    !vary.is_empty() && !vary::is_any(vary)
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
    fn claim_for(due: &mut Due, url: &str, fields: &str, asked: &str, secs: u64) -> bool {
        let (listed, now) = (Listed::new(fields), Timestamp::from_secs(secs));
        let current = due.is_current(url, &listed, asked, now);
        if !current {
            due.claim(url, &listed, asked, EVERY, now);
            due.landed(url);
        }
        !current
    }

    fn claim(due: &mut Due, url: &str, fields: &str, secs: u64) -> bool {
        claim_for(due, url, fields, "", secs)
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
    fn each_variant_by_itself_until_all_are_gone() {
        let (mut due, fields) = (Due::default(), "vary:accept-language");
        let (german, french) = ("accept-language:de", "accept-language:fr");
        let both = |due: &mut Due, secs| {
            [german, french].map(|asked| claim_for(due, "/a", fields, asked, secs))
        };
        assert_eq!(both(&mut due, 100), [true, true]);
        assert_eq!(both(&mut due, 159), [false, false]);
        due.lost("/a", &Listed::new(fields), german);
        assert_eq!(both(&mut due, 159), [true, false]);
        due.release("/a");
        assert_eq!(both(&mut due, 159), [true, true]);
        assert_eq!(both(&mut due, 159), [false, false]);
        due.release("/b");
        assert_eq!(both(&mut due, 159), [false, false]);
        due.release("/a");
        due.release("/a");
        assert_eq!(both(&mut due, 159), [true, true]);
    }

    #[test]
    fn one_variant_after_another() {
        let (mut due, fields) = (Due::default(), Listed::new("vary:accept-language"));
        let (german, french) = ("accept-language:de", "accept-language:fr");
        let at = Timestamp::from_secs;
        due.claim("/a", &fields, german, EVERY, at(100));
        assert!(due.is_current("/a", &fields, french, at(109)));
        assert!(!due.is_current("/b", &fields, french, at(109)));
        assert!(!due.is_current("/a", &fields, french, at(110)));
        due.landed("/a");
        assert!(!due.is_current("/a", &fields, french, at(101)));
        assert!(due.is_current("/a", &fields, german, at(101)));
        due.claim("/a", &fields, german, Duration::ZERO, at(101));
        assert!(!due.is_current("/a", &fields, french, at(101)));
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
