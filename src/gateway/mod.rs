//! The life of one request.
//!
//! [`Exchange`] decides and does nothing. A host does what was decided, one
//! [`Step`] at a time, and tells the exchange what came of it:
//!
//! ```text
//! step ─▶ Look ──▶ look for a copy ───────▶ Looked ──────────────────┐
//!   ▲     Begin ─▶ start a fetch ─────────▶ Begun ───────────────────┤
//!   │     Wait ──▶ for it, or for a time ─▶ Responded, Failed, Woke ─┤
//!   └────────────────────────────────────────────────────────────────┘
//!         Reply ─▶ done
//! ```
//!
//! A host that can serve the healthy case without all this (as the edge does)
//! asks [`open`] and [`on_first_response`], and starts an exchange only when
//! those say so. There is no loop here and no `async`: the loop is the host's,
//! a dozen lines in the language in which that host waits.

mod clock;
mod exchange;
mod report;
mod step;

pub use exchange::Exchange;
pub use report::{Told, answer_fields, bad_body_line, copy_fields, log_line};
pub use step::{Attempt, Event, Reply, Request, Source, Step, Tried};

use crate::copies::{self, Due};
use crate::policy::{Mode, Policy};
use crate::retry::Repeatability;
use crate::verdict;
use crate::wire::{Fields, Method, RequestHead, ResponseHead, Timestamp};
use core::time::Duration;

/// How a request begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// Pass it on and stay out of its way: the connection becomes something
    /// else.
    Aside,
    /// Ask the first origin; if there is no answer after this long, an
    /// [`Exchange`] takes over the running attempt.
    Ask(Duration),
    /// An [`Exchange`] from the start: a copy may answer, or the body has to be
    /// held for a second attempt.
    Exchange,
}

/// Decides how a request begins. `body` tells what can be repeated of it.
#[must_use]
pub fn open(request: &RequestHead<'_>, body: Body, policy: &Policy) -> Opening {
    if request.upgrade {
        Opening::Aside
    } else if body.is_worth_holding(request, policy) || answers_from_cache(request, policy) {
        Opening::Exchange
    } else {
        let small = body.is_small(policy);
        Opening::Ask(within_upload(small, first_wait(request, policy)))
    }
}

fn answers_from_cache(request: &RequestHead<'_>, policy: &Policy) -> bool {
    policy.mode == Mode::Cache && may_show_copies(request, policy)
}

/// Whether a copy could stand in for the answer to a request.
const fn may_show_copies(request: &RequestHead<'_>, policy: &Policy) -> bool {
    let readable = matches!(request.method, Method::Get | Method::Head);
    readable && !request.ranged && !matches!(policy.mode, Mode::Off)
}

/// How long the first attempt goes unwatched: until a copy might be shown
/// instead, or its time is over.
#[must_use]
pub fn first_wait(request: &RequestHead<'_>, policy: &Policy) -> Duration {
    let limit = attempt_limit(request.method, Repeatability::of(request, policy), policy);
    if may_show_copies(request, policy) && policy.stale_on.timeout {
        limit.min(policy.soft_deadline)
    } else {
        limit
    }
}

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
    fn is_worth_holding(self, request: &RequestHead<'_>, policy: &Policy) -> bool {
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
    /// It is a failure: an [`Exchange`] takes over.
    Failed,
}

/// Decides about the first answer, by as little of it as possible: most answers
/// are good ones of which there is a copy already.
#[must_use]
pub fn on_first_response(
    method: Method,
    url: &str,
    status: u16,
    response: &dyn Fields,
    policy: &Policy,
    due: &Due,
    now: Timestamp,
) -> First {
    let of_interest = method == Method::Get && status == 200 && policy.mode != Mode::Off;
    if verdict::is_failure(status, policy) {
        First::Failed
    } else if of_interest && !due.is_current(url, response, now) {
        First::PassAndKeep
    } else {
        First::Pass
    }
}

/// Whether a good answer is to be kept now. It counts as kept from then on.
///
/// In standby an unchanged copy is rewritten only now and then, but often enough
/// that there is always one whose window is at least half open. In cache mode
/// whatever comes from the origin is news, or it would not have been asked.
#[must_use]
pub fn is_keeping_due(
    request: &RequestHead<'_>,
    url: &str,
    status: u16,
    response: &dyn Fields,
    policy: &Policy,
    due: &mut Due,
    now: Timestamp,
) -> bool {
    let head = ResponseHead::read(status, response);
    if copies::may_keep(request, &head, policy).is_err() || due.is_current(url, response, now) {
        return false;
    }
    let half = copies::usable_for(&head, policy)
        .checked_div(2)
        .unwrap_or_default();
    let every = match policy.mode {
        Mode::Cache => Duration::ZERO,
        Mode::Standby | Mode::Off => policy.keep_every.min(half),
    };
    due.claim(url, response, every, now);
    true
}
