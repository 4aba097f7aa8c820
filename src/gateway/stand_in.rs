//! A copy that stands in at once, since the origin had better not be asked.
//!
//! While an origin is known to be down nearly every request comes to this. An
//! [`Exchange`](super::Exchange) comes to the same, by more steps; so a host that found
//! a copy asks here first.

use super::memory::{Memory, Restraint};
use super::reader::Reader;
use crate::copies::{Aged, Copy};
use crate::policy::Policy;
use crate::verdict::Failure;
use crate::wire::{RequestHead, Timestamp};

/// A copy that stands in, and what for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StandIn {
    /// How old it is.
    pub aged: Aged,
    /// Why nobody is asked.
    pub restraint: Restraint,
    /// The failure that stands for this.
    pub failure: Failure,
}

impl StandIn {
    /// The answer to a request for `url`, for which [`open`](super::open) said that a
    /// copy may stand in; `None` where an exchange has to find one: the origin may be
    /// asked again, somebody has to find out whether it may, or the copy may not be
    /// shown.
    #[must_use]
    pub fn find(
        request: &RequestHead<'_>,
        url: &str,
        copy: &Copy,
        policy: &Policy,
        memory: &mut Memory,
        told: Timestamp,
    ) -> Option<Self> {
        let reader = Reader::read(request, policy);
        let (now, signed_in) = (memory.time(told), || reader.signed_in);
        let (restraint, failure) =
            memory.restraint(|| Memory::key(url), policy, true, signed_in, now)?;
        let secrets = policy.needs_credentials && reader.signed_in;
        let waits = restraint.ends_by_probe()
            && memory
                .origins
                .is_probe_due(request.method.is_safe(), secrets, now);
        let aged = copy.showable(&reader.demands, policy, told)?;
        let stands_in = !waits && failure.is_in(&policy.stale_on);
        stands_in.then_some(Self {
            aged,
            restraint,
            failure,
        })
    }
}
