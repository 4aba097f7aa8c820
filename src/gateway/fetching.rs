//! A page that is fetched in cache mode without an exchange: nobody has it, or a stale
//! copy of it went out already.
//!
//! One attempt between two calls, as in standby. It leads those who wait for the same
//! page. What is not over soon and well is taken over by an
//! [`Exchange`](super::Exchange).

use super::flights::{End, Role};
use super::memory::Memory;
use super::reader::Reader;
use super::report::origin_fields;
use super::{FirstResponse, Opening, first_wait, is_involved, is_restrained};
use crate::copies::{Changes, Copy};
use crate::policy::{Collapse, Mode, Policy};
use crate::verdict;
use crate::wire::cache_status::Handling;
use crate::wire::{Method, RequestHead, Timestamp};

/// How a stale copy is renewed that answers at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// By an attempt behind the reply.
    Begins(Opening),
    /// Not by this request: another one renews it, or this one wants its head alone.
    Elsewhere,
}

/// Decides how a request goes on for which [`open`](super::open) said to look, and there
/// was nothing.
#[must_use]
pub fn missed(
    request: &RequestHead<'_>,
    url: &str,
    policy: &Policy,
    memory: &mut Memory,
    told: Timestamp,
) -> Opening {
    let now = memory.time(told);
    let demands = Reader::read(request, policy).demands;
    if demands.only_if_cached || !is_simple(request, url, policy, memory, now) {
        return Opening::Exchange;
    }
    let Some(origin) = plain_origin(memory, now) else {
        return Opening::Exchange;
    };
    let follows = follows(request, policy) && !demands.no_cache;
    if follows && memory.flights.follow(Memory::key(url), now, now) == Role::Wait {
        return Opening::Exchange;
    }
    let rule = policy.collapse.filter(|_| may_be_shared(request, policy));
    let role = rule.map(|rule| memory.flights.role(Memory::key(url), rule, now, now));
    // Who leads and left is found out when this is over, and another one asks.
    let patience = first_wait(request, policy);
    let opening = match role {
        Some(Role::Lead) => Opening::Lead(origin, patience),
        None | Some(Role::Alone) => Opening::Ask(origin, patience),
        Some(Role::Wait | Role::Look | Role::Share(_)) => return Opening::Exchange,
    };
    memory.origins.begin(origin, true, now);
    opening
}

/// How a stale copy is renewed while it answers a request (RFC 5861, 3); `None` where it
/// does not, or an exchange has to see to it.
#[must_use]
pub fn renewal(
    request: &RequestHead<'_>,
    url: &str,
    copy: &Copy,
    reader: Reader,
    policy: &Policy,
    memory: &mut Memory,
    told: Timestamp,
) -> Option<Renewal> {
    let now = memory.time(told);
    let taken = reader.may_see(copy) && copy.satisfies(&reader.demands, told);
    copy.renewable(policy, told).filter(|_| taken)?;
    if reader.demands.only_if_cached || !is_simple(request, url, policy, memory, now) {
        return None;
    }
    if request.method != Method::Get {
        return Some(Renewal::Elsewhere);
    }
    let origin = plain_origin(memory, now)?;
    let rule = policy.collapse.unwrap_or(Collapse::DEFAULT);
    match memory.flights.role(Memory::key(url), rule, now, now) {
        Role::Lead => {
            memory.origins.begin(origin, true, now);
            let patience = first_wait(request, policy);
            Some(Renewal::Begins(Opening::Lead(origin, patience)))
        }
        // It is not for keeping any more.
        Role::Alone => None,
        Role::Wait | Role::Look | Role::Share(_) => Some(Renewal::Elsewhere),
    }
}

/// Whether others that ask for the same may be given the same.
pub(super) fn may_be_shared(request: &RequestHead<'_>, policy: &Policy) -> bool {
    request.method == Method::Get && !request.ranged && !super::is_signed_in(request, policy)
}

/// Whether a request, though it leads nobody, waits for what is on its way into the store.
pub(super) fn follows(request: &RequestHead<'_>, policy: &Policy) -> bool {
    is_collapsed(policy) && request.method == Method::Get && request.ranged
}

fn is_collapsed(policy: &Policy) -> bool {
    policy.mode == Mode::Cache && policy.collapse.is_some()
}

/// Notes that a copy is being made of the answer to a request.
pub fn keeps(
    request: &RequestHead<'_>,
    url: &str,
    policy: &Policy,
    memory: &mut Memory,
    now: Timestamp,
) {
    if is_collapsed(policy) && !may_be_shared(request, policy) {
        let now = memory.time(now);
        memory.flights.begin_beside(Memory::key(url), now);
    }
}

/// Whether one attempt, made as the request came, may be all that is needed.
fn is_simple(
    request: &RequestHead<'_>,
    url: &str,
    policy: &Policy,
    memory: &mut Memory,
    now: Timestamp,
) -> bool {
    !is_involved(request, policy, memory, now) && !is_restrained(request, url, policy, memory, now)
}

/// The origin that is chosen, if it can be asked as the request came.
fn plain_origin(memory: &mut Memory, now: Timestamp) -> Option<usize> {
    let Memory {
        origins, random, ..
    } = memory;
    origins.choose_plain(now, random)
}

/// What is added to an answer that came without an exchange; `None` if it is a failure,
/// and an exchange takes over. A good one is remembered.
#[must_use]
pub fn fetched(
    first: &FirstResponse<'_>,
    policy: &Policy,
    memory: &mut Memory,
    now: Timestamp,
) -> Option<Changes> {
    if verdict::is_failure(first.status, policy) {
        return None;
    }
    memory.well(first.url, first.origin, now.since(first.asked), policy, now);
    Some(origin_fields(Handling::Miss, first.status))
}

/// Notes that no copy is kept of such an answer for which others wait: nobody is to. One
/// that says that the visitor has the page already says nothing of what others would get.
pub fn not_kept(url: &str, status: u16, memory: &mut Memory, now: Timestamp) {
    let end = (status != 304).then_some(End::Uncacheable);
    memory.land(url, end, now);
}
