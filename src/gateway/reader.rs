//! Who asks for a copy, and whether one answers them without the origin.

use super::{is_signed_in, step};
use crate::copies::Copy;
use crate::policy::{Mode, Policy};
use crate::wire::{Demands, RequestHead, Timestamp};

/// Who asks for a copy.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reader {
    pub(super) demands: Demands,
    pub(super) signed_in: bool,
    pub(super) authorized: bool,
}

impl Reader {
    /// Takes what matters from the head of a request.
    #[must_use]
    pub fn read(head: &RequestHead<'_>, policy: &Policy) -> Self {
        Self {
            demands: step::demands(head, policy),
            signed_in: is_signed_in(head, policy),
            authorized: head.authorized,
        }
    }

    /// The same reader, who wants the origin's answer.
    #[must_use]
    pub const fn bypassing(mut self) -> Self {
        self.demands.no_cache = true;
        self
    }

    /// Whether a copy answers without the origin (RFC 9111, 4): a fresh one, or a stale
    /// one by the reader's own word. One made for anonymous visitors does not answer
    /// one who is signed in.
    #[must_use]
    pub fn is_answered_by(&self, copy: &Copy, policy: &Policy, now: Timestamp) -> bool {
        let stale = copy.satisfies_stale(&self.demands, now) && self.may_see(copy);
        policy.mode == Mode::Cache && (stale || self.takes(copy, now))
    }

    /// Whether a copy is fresh, and fresh enough for this reader.
    pub(super) fn takes(&self, copy: &Copy, now: Timestamp) -> bool {
        copy.is_fresh(now) && copy.satisfies(&self.demands, now) && self.may_see(copy)
    }

    pub(super) const fn may_see(&self, copy: &Copy) -> bool {
        !self.signed_in || copy.is_for_all() || (!self.authorized && copy.is_meant_for_reuse)
    }
}
