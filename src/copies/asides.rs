//! What is stored of a page besides the page.
//!
//! Nothing may take the place of the last good copy but a better one. So an error
//! that the origin wants to be remembered, and a part that somebody asked for, lie
//! beside it. They are looked for only where something is known here: a page that is
//! well costs no second look, and what is known is forgotten by itself.

use super::freshness;
use crate::policy::{Mode, Policy};
use crate::slots::{Slot, Slots, digest};
use crate::wire::{ResponseHead, Timestamp};
use core::time::Duration;

/// What lies beside a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aside {
    /// An error.
    Error,
    /// A part of the page.
    Part,
}

impl Aside {
    /// What an answer with this status is, if it is not the page.
    #[must_use]
    pub const fn of(status: u16) -> Option<Self> {
        match status {
            206 => Some(Self::Part),
            400.. => Some(Self::Error),
            _ => None,
        }
    }

    /// How it is called in URLs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Part => "part",
        }
    }

    /// It is not remembered for longer, whatever the origin says: an error may be
    /// mended.
    const fn longest(self) -> Duration {
        match self {
            Self::Error => Duration::from_secs(10 * 60),
            Self::Part => Duration::from_secs(24 * 60 * 60),
        }
    }
}

/// How long an error is fresh that does not say so, if the operator does.
#[must_use]
pub fn remembered(response: &ResponseHead<'_>, policy: &Policy) -> Option<Duration> {
    let silent = policy.mode == Mode::Cache && freshness::lifetime(response).is_none();
    let all = policy.remember.iter().filter(|_| silent);
    let mut its = all.filter(|(status, _)| *status == response.status);
    its.next().map(|(_, span)| *span)
}

/// What this isolate has stored beside pages.
#[derive(Debug, Default)]
pub struct Asides {
    known: Slots<Until, 64, 8>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Until(Timestamp);

impl Slot for Until {
    fn worth(&self) -> u64 {
        self.0.as_millis()
    }
}

impl Asides {
    /// Notes that something was stored which is fresh for so long.
    pub fn note(&mut self, aside: Aside, url: &str, lifetime: Duration, now: Timestamp) {
        let until = Until(now.after(lifetime.min(aside.longest())));
        self.known.put(digest(&[url, aside.name()]), until);
    }

    /// Whether there may be something that is fresh.
    #[must_use]
    pub fn is_known(&self, aside: Aside, url: &str, now: Timestamp) -> bool {
        let known = self.known.get(digest(&[url, aside.name()]));
        known.is_some_and(|until| now < until.0)
    }

    /// Forgets it: there is something better, or nothing any more.
    pub fn forget(&mut self, url: &str) {
        for aside in [Aside::Error, Aside::Part] {
            self.known.forget(digest(&[url, aside.name()]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Listed;

    #[test]
    fn an_error_is_remembered_by_its_own_word_or_by_the_operators() {
        let check = |mode, status, fields: &str, secs: Option<u64>| {
            let policy = Policy {
                mode,
                remember: [(404, Duration::from_secs(10))].into(),
                ..Policy::default()
            };
            let listed = Listed::new(fields);
            let found = remembered(&ResponseHead::read(status, &listed), &policy);
            assert_eq!(found, secs.map(Duration::from_secs), "{status} {fields}");
        };
        check(Mode::Cache, 404, "", Some(10));
        check(Mode::Cache, 404, "cache-control:max-age=5", None);
        check(Mode::Cache, 404, "expires:0", None);
        check(Mode::Cache, 400, "", None);
        check(Mode::Standby, 404, "", None);
    }

    #[test]
    fn known_for_as_long_as_it_is_fresh_and_not_for_ever() {
        let mut asides = Asides::default();
        let at = Timestamp::from_secs;
        let error = Aside::Error;
        asides.note(error, "/a", Duration::from_secs(5), at(100));
        assert!(asides.is_known(error, "/a", at(104)) && !asides.is_known(error, "/a", at(105)));
        assert!(!asides.is_known(error, "/b", at(100)));
        assert!(!asides.is_known(Aside::Part, "/a", at(100)));
        asides.note(error, "/b", Duration::from_secs(86_400), at(100));
        assert!(asides.is_known(error, "/b", at(699)) && !asides.is_known(error, "/b", at(700)));
        asides.forget("/b");
        assert!(!asides.is_known(error, "/b", at(100)));
    }
}
