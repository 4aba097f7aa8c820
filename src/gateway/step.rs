//! What an exchange is told, and what it decides: plain values.

use super::{attempt_limit, may_show_copies, within_upload};
use crate::answer::Asker;
use crate::copies::{Aged, Copy};
use crate::policy::Policy;
use crate::retry::Repeatability;
use crate::verdict::{Cause, Facts, Failure};
use crate::wire::{RequestHead, Timestamp};
use core::time::Duration;

/// What an exchange needs to know of its request.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    pub(super) repeat: Repeatability,
    pub(super) limit: Duration,
    pub(super) deadline: Duration,
    pub(super) may_show_copies: bool,
    pub(super) signed_in: bool,
    pub(super) replayable: bool,
    pub(super) wants_raw_error: bool,
}

impl Request {
    /// Takes what matters from a request's head. `replayable` tells whether its
    /// body, if any, can be sent a second time.
    #[must_use]
    pub fn new(
        head: &RequestHead<'_>,
        asker: &Asker<'_>,
        replayable: bool,
        policy: &Policy,
    ) -> Self {
        let repeat = Repeatability::of(head, policy);
        let deadline = if head.method.is_safe() {
            policy.deadline
        } else {
            policy.unsafe_deadline
        };
        Self {
            repeat,
            limit: within_upload(replayable, attempt_limit(head.method, repeat, policy)),
            deadline: within_upload(replayable, deadline),
            may_show_copies: may_show_copies(head, policy),
            signed_in: head.authorized || head.has_cookie_beyond(&policy.cookies_ignored),
            replayable,
            wants_raw_error: asker.is_script(),
        }
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event {
    /// The request is there.
    Start,
    /// Answers [`Step::Look`].
    Looked(Option<Copy>),
    /// Answers [`Step::Begin`].
    Begun,
    /// An attempt got the head of a response.
    Responded(Facts),
    /// An attempt ended without one.
    Failed(Cause),
    /// The time in [`Step::Wait`] was reached.
    Woke,
}

/// One fetch of one origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// From 1.
    pub number: u8,
    /// Index into the configured origins.
    pub origin: usize,
}

/// What the host does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Step {
    /// Look for a copy.
    Look,
    /// Start an attempt.
    Begin(Attempt),
    /// Wait for an attempt, at most until then.
    Wait(Timestamp),
    /// Send the reply.
    Reply(Reply),
}

/// How the request ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Whose response goes out.
    pub source: Source,
    /// Whether the running attempt goes on behind the reply, so that its late
    /// answer still refreshes the copy.
    pub goes_on: bool,
}

/// Whose response goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The last response that an origin gave, untouched.
    Origin,
    /// The copy; fresh if no failure led to it.
    Copy(Aged),
    /// One of our own.
    Answer(Failure),
}

/// One attempt, looked back upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tried {
    /// Index into the configured origins.
    pub origin: usize,
    /// How long it took.
    pub took: Duration,
    /// What came of it; `None` for a good answer.
    pub failure: Option<Failure>,
}
