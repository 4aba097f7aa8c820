//! The life of one request.
//!
//! [`Exchange`] decides and does nothing. A host does what was decided, one
//! [`Step`] at a time, and tells the exchange what came of it:
//!
//! ```text
//! step ─▶ Look ────▶ look for a copy ───────▶ Looked, LookedFurther ─┐
//!   ▲     Begin ───▶ start a fetch ─────────▶ Begun ─────────────────┤
//!   │     Wait ────▶ for one, or for a time ▶ Responded, Failed, Woke┤
//!   │     Inspect ─▶ read a small body ─────▶ Inspected ─────────────┤
//!   └────────────────────────────────────────────────────────────────┘
//!         Reply ───▶ done
//! ```
//!
//! What one request teaches the next is in the [`Memory`], which a host keeps
//! and lends to each step.
//!
//! A host that can serve the healthy case without all this (as the edge does)
//! asks [`open`] and [`on_first_response`], in cache mode [`missed`], [`renewal`] and
//! [`fetched`], for a copy in an outage [`StandIn`], and starts an exchange only when those
//! say so. There is no loop here and no `async`: the loop is the host's,
//! a dozen lines in the language in which that host waits.

mod announced;
mod clock;
mod exchange;
mod fetching;
mod flights;
mod memory;
mod outgoing;
mod probe;
mod purge;
mod reader;
mod rehearsal;
mod report;
mod runs;
mod shared;
mod shown;
mod stand_in;
mod step;
mod treatment;
mod world;

pub use announced::Announced;
pub use exchange::Exchange;
pub use fetching::{Renewal, fetched, keeps, missed, not_kept, renewal};
pub use flights::{End, Flights};
pub use memory::{Memory, Restraint};
pub use outgoing::{reply_changes, request_changes};
pub use reader::Reader;
pub use rehearsal::{Fault, Rehearsal};
pub use report::{
    Account, Told, answer_fields, bad_body_line, copy_fields, error_fields, log_line,
    origin_fields, page_fields,
};
pub use shown::{Sent, Shown, Speaks, has_body};
pub use stand_in::StandIn;
pub use step::{Attempt, Event, Further, Reply, Request, Source, Step, Tried, Would};
pub use treatment::Treatment;
pub use world::World;

use crate::copies::{self, Due};
use crate::policy::{Mode, Origin, Policy, Rescue};
use crate::retry::Repeatability;
use crate::verdict;
use crate::wire::{Fields, Method, RequestHead, ResponseHead, Timestamp, cdn_loop};
use core::time::Duration;

/// How a request begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// Pass it on and stay out of its way: the connection becomes something
    /// else.
    Aside,
    /// Ask this origin; if there is no answer after this long, an [`Exchange`]
    /// takes over the running attempt.
    Ask(usize, Duration),
    /// The same, and others wait for what comes of it.
    Lead(usize, Duration),
    /// Look whether a copy answers at once, or while it is [renewed](renewal); where there
    /// is nothing, it is [`missed`], and for all else there is an [`Exchange`].
    Look,
    /// Look whether a copy stands in at once ([`StandIn`]), as the origin had better not
    /// be asked; if none does, an [`Exchange`].
    StandIn,
    /// An [`Exchange`] from the start: the body has to be held for a second attempt, or
    /// the request cannot go on as it came.
    Exchange,
}

/// What is known of a request besides its head.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// Its URL.
    pub url: &'a str,
    /// Its body.
    pub body: Body,
    /// When it came.
    pub now: Timestamp,
}

/// Decides how a request begins, and remembers that it came.
#[must_use]
pub fn open(
    request: &RequestHead<'_>,
    arrival: &Arrival<'_>,
    policy: &Policy,
    memory: &mut Memory,
) -> Opening {
    let now = memory.time(arrival.now);
    memory.arrive(now);
    if is_looped(request, memory) {
        return Opening::Exchange;
    }
    if request.upgrade && !request.rehearsed && !request.controls {
        // As it came, to the first origin; where that cannot be, an exchange.
        let first = memory.origins.choose(false, now, &mut memory.random);
        let upgrades = |origin: &Origin| origin.is_plain_but_for_its_name();
        return match first {
            Some(0) if memory.origins.get(0).is_some_and(upgrades) => Opening::Aside,
            _ => Opening::Exchange,
        };
    }
    let involved = is_involved(request, policy, memory, now)
        || arrival.body.is_worth_holding(request, policy)
        || policy.mode == Mode::Cache;
    let for_a_copy = is_for_a_copy(request, arrival.body, policy);
    if for_a_copy && policy.mode == Mode::Cache {
        return Opening::Look;
    }
    let restrained =
        (for_a_copy || !involved) && is_restrained(request, arrival.url, policy, memory, now);
    if restrained && for_a_copy {
        return Opening::StandIn;
    }
    if restrained || involved {
        return Opening::Exchange;
    }
    let small = arrival.body.is_small(policy);
    let expected = small && request.method.is_safe();
    first_origin(expected, policy, memory, now).map_or(Opening::Exchange, |origin| {
        Opening::Ask(origin, within_upload(small, first_wait(request, policy)))
    })
}

/// Whether a copy may be all that is needed.
fn is_for_a_copy(request: &RequestHead<'_>, body: Body, policy: &Policy) -> bool {
    let plain = !request.upgrade && !request.ranged && !request.rehearsed && body == Body::None;
    !policy.observe && plain && may_show_copies(request, policy)
}

/// Whether a request has come round to us too often (RFC 8586).
#[must_use]
pub fn is_looped(request: &RequestHead<'_>, memory: &Memory) -> bool {
    let rule = &memory.origins.guards().loops;
    !request.cdn_loop.is_empty() && cdn_loop::is_at_limit(request.cdn_loop, &rule.id, rule.limit)
}

/// Whether the policy asks for what only an exchange can give.
fn is_involved(
    request: &RequestHead<'_>,
    policy: &Policy,
    memory: &Memory,
    now: Timestamp,
) -> bool {
    let rescued = || memory.rescues(policy.rescue, now);
    request.rehearsed
        || request.controls
        || policy.attempt_header.is_some()
        || policy.retry_header.is_some()
        || policy.disguised
        || (policy.hedge.is_some() && request.method.is_safe())
        || (request.method == Method::Get && !policy.observe && rescued())
}

/// Whether an origin had better not be asked.
fn is_restrained(
    request: &RequestHead<'_>,
    url: &str,
    policy: &Policy,
    memory: &mut Memory,
    now: Timestamp,
) -> bool {
    let (key, signed_in) = (|| Memory::key(url), || is_signed_in(request, policy));
    let shows = may_show_copies(request, policy);
    let restraint = memory.restraint(key, policy, shows, signed_in, now);
    restraint.is_some()
}

/// The origin that a request can go to at once and as it came, if there is one.
fn first_origin(
    expected: bool,
    policy: &Policy,
    memory: &mut Memory,
    now: Timestamp,
) -> Option<usize> {
    let Memory {
        origins, random, ..
    } = memory;
    let origin = match policy.observe {
        true => origins
            .choose_blindly(random)
            .filter(|it| origins.is_plain(*it)),
        false => origins.choose_plain(now, random),
    }?;
    memory.origins.begin(origin, expected, now);
    Some(origin)
}

/// Whether the answer to a request may be for one person.
fn is_signed_in(request: &RequestHead<'_>, policy: &Policy) -> bool {
    request.authorized || request.has_cookie_beyond(&policy.cookies_ignored)
}

/// Whether a copy could stand in for the answer to a request.
fn may_show_copies(request: &RequestHead<'_>, policy: &Policy) -> bool {
    let readable = matches!(request.method, Method::Get | Method::Head);
    readable && policy.mode != Mode::Off && !copies::is_ours(request.url)
}

/// How long the first attempt goes unwatched: until a copy might be shown
/// instead, or its time is over.
#[must_use]
pub fn first_wait(request: &RequestHead<'_>, policy: &Policy) -> Duration {
    let limit = attempt_limit(request.method, Repeatability::of(request, policy), policy);
    if policy.observe {
        Duration::MAX
    } else if may_show_copies(request, policy) && policy.stale_on.timeout {
        limit.min(policy.soft_deadline)
    } else {
        limit.min(UNWATCHED)
    }
}

/// So long a request goes unwatched at most: then an exchange looks in now and
/// then whether the origin still answers anybody.
const UNWATCHED: Duration = Duration::from_secs(2);

/// How long one attempt may take. An unsafe request is cut short only if another
/// attempt could follow a time-out; otherwise it has all the time there is.
fn attempt_limit(method: Method, repeat: Repeatability, policy: &Policy) -> Duration {
    match (method.is_safe(), repeat) {
        (true, _) => policy.attempt_timeout,
        (false, Repeatability::KeyedAndOptedIn) => {
            policy.attempt_timeout.min(policy.unsafe_deadline)
        }
        (false, _) => policy.unsafe_deadline,
    }
}

/// While a large body is passed on as it comes, nobody can tell a slow upload
/// from a silent origin: the platform's own limits hold then, and none of ours.
const fn within_upload(small: bool, limit: Duration) -> Duration {
    if small { limit } else { Duration::MAX }
}

/// What a request carries besides its head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// Nothing.
    None,
    /// This many bytes.
    Sized(u64),
    /// Nobody knows how much.
    Unsized,
}

impl Body {
    const fn is_small(self, policy: &Policy) -> bool {
        match self {
            Self::None => true,
            Self::Sized(bytes) => bytes <= policy.body_limit,
            Self::Unsized => false,
        }
    }

    /// Whether the body is held so that it can be sent a second time.
    ///
    /// Where the method rule forbids a repetition, only a failure before
    /// anything was sent could need it; a small body of known length is held
    /// for that, and a stream never is.
    #[must_use]
    pub fn is_worth_holding(self, request: &RequestHead<'_>, policy: &Policy) -> bool {
        let repeatable = Repeatability::of(request, policy) != Repeatability::Unsafe;
        policy.attempts > 1
            && match self {
                Self::None => false,
                Self::Sized(bytes) => bytes <= policy.body_limit,
                Self::Unsized => repeatable,
            }
    }
}

/// What to do with the first answer, if it came in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// Pass it on.
    Pass,
    /// Pass it on; a copy may be due ([`is_keeping_due`] decides).
    PassAndKeep,
    /// Pass it on, and see whether its body comes to its end.
    PassAndWatch,
    /// Pass it on once the copies are gone that it makes old.
    PassAndOutdate,
    /// It is a failure: an [`Exchange`] takes over.
    Failed,
}

/// The first answer, as far as it has to be known.
#[derive(Clone, Copy, Debug)]
pub struct FirstResponse<'a> {
    /// The request's method.
    pub method: Method,
    /// The request's URL.
    pub url: &'a str,
    /// Which origin answered.
    pub origin: usize,
    /// When it was asked.
    pub asked: Timestamp,
    /// The status.
    pub status: u16,
    /// Those fields of the request that the answer's `Vary` names, one per line.
    pub varied: &'a str,
}

/// Decides about the first answer, by as little of it as possible: most answers
/// are good ones of which there is a copy already. A good one is remembered.
#[must_use]
pub fn on_first_response(
    first: &FirstResponse<'_>,
    response: &dyn Fields,
    policy: &Policy,
    due: &Due,
    memory: &mut Memory,
    now: Timestamp,
) -> First {
    let of_interest =
        first.method == Method::Get && first.status == 200 && policy.mode != Mode::Off;
    if verdict::is_failure(first.status, policy) {
        return First::Failed;
    }
    memory.well(first.url, first.origin, now.since(first.asked), policy, now);
    if policy.mode != Mode::Off && copies::outdates(first.method, first.status) {
        First::PassAndOutdate
    } else if of_interest && !due.is_current(first.url, response, first.varied, now) {
        First::PassAndKeep
    } else if is_watched(first.method, response, policy, memory, now) {
        First::PassAndWatch
    } else {
        First::Pass
    }
}

/// Whether the body of an answer is watched to its end, since answers that break
/// off are to be rescued from then on.
#[must_use]
pub fn is_watched(
    method: Method,
    response: &dyn Fields,
    policy: &Policy,
    memory: &mut Memory,
    now: Timestamp,
) -> bool {
    policy.rescue == Rescue::Auto && memory.watches(method, response, now)
}

/// Whether a good answer is to be kept now. It counts as kept from then on.
///
/// In standby an unchanged copy is rewritten only now and then, but often enough
/// that there is always one whose window is at least half open. In cache mode
/// whatever comes from the origin is news, or it would not have been asked. `head` is
/// that of the answer, and `varied` those fields of the request that its `Vary` names.
#[must_use]
pub fn is_keeping_due(
    request: &RequestHead<'_>,
    head: &ResponseHead<'_>,
    response: &dyn Fields,
    varied: &str,
    policy: &Policy,
    due: &mut Due,
    now: Timestamp,
) -> bool {
    let url = request.url;
    let refused = copies::may_keep(request, head, policy).is_err();
    if refused || due.is_current(url, response, varied, now) {
        return false;
    }
    let half = copies::usable_for(head, policy)
        .checked_div(2)
        .unwrap_or_default();
    let every = match policy.mode {
        Mode::Cache => Duration::ZERO,
        Mode::Standby | Mode::Off => policy.keep_every.min(half),
    };
    due.claim(url, response, varied, every, now);
    true
}
