//! What an exchange is told, and what it decides: plain values.

use super::fetching::{follows, may_be_shared};
use super::memory::{Memory, Restraint};
use super::reader::Reader;
use super::treatment;
use super::{attempt_limit, may_show_copies, within_upload};
use crate::answer::{Asker, Form};
use crate::copies::{Aged, Copy};
use crate::policy::{Mode, Policy};
use crate::retry::Repeatability;
use crate::verdict::{Cause, Facts, Failure};
use crate::wire::{Demands, Method, RequestHead, Timestamp};
use core::time::Duration;

/// What an exchange needs to know of its request.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// The key of the page.
    pub(super) key: u64,
    pub(super) safe: bool,
    /// It has been here before, too often.
    pub(super) looped: bool,
    /// The origin is not to be asked, and this stands for its answer.
    pub(super) closed: Option<Failure>,
    pub(super) needs_credentials: bool,
    /// Others that ask for the same may be given the same.
    pub(super) may_be_shared: bool,
    /// It waits for what is on its way into the store.
    pub(super) follows: bool,
    /// The page is what it asks for, and not its head or a part.
    pub(super) wants_page: bool,
    pub(super) repeat: Repeatability,
    pub(super) limit: Duration,
    pub(super) deadline: Duration,
    pub(super) may_show_copies: bool,
    pub(super) reader: Reader,
    pub(super) replayable: bool,
    pub(super) wants_raw_error: bool,
    pub(super) ranged: bool,
    /// A page for a person is what it asks for.
    pub(super) wants_html: bool,
}

impl Request {
    /// The fields that a host has at hand for an exchange, in this order: those
    /// of the head, which it read already, and some more.
    pub const FIELDS: &'static [&'static str] = &[
        "upgrade",
        "authorization",
        "cookie",
        "range",
        "cache-control",
        "idempotency-key",
        "x-forwarded-host",
        "forwarded",
        "cdn-loop",
        "lastgood-rehearsal",
        "lastgood-attempt",
        "lastgood-remaining",
        "x-envoy-max-retries",
        "x-envoy-retry-on",
        "accept",
        "sec-fetch-dest",
        "sec-fetch-mode",
        "if-none-match",
        "if-modified-since",
        "if-range",
        "proxy-authorization",
        "lastgood-probe",
        "cf-ray",
        "accept-language",
        "x-requested-with",
        "hx-request",
        "turbo-frame",
    ];

    /// All but the last four; to show a copy as it is, these are enough.
    pub const BEFORE_READER: &'static [&'static str] = Self::PARTS.0;
    /// The last four, which only who makes a page or changes one needs.
    pub const OF_READER: &'static [&'static str] = Self::PARTS.1;

    const PARTS: (&'static [&'static str], &'static [&'static str]) =
        Self::FIELDS.split_at(Self::FIELDS.len() - 4);

    /// Takes what matters from the head of a request for `url`. `replayable`
    /// tells whether its body, if any, can be sent a second time; `looped` that
    /// it came round too often.
    #[must_use]
    pub fn new(
        head: &RequestHead<'_>,
        url: &str,
        asker: &Asker<'_>,
        (replayable, looped): (bool, bool),
        policy: &Policy,
    ) -> Self {
        let reader = Reader::read(head, policy);
        Self {
            looped,
            needs_credentials: policy.needs_credentials && reader.signed_in,
            may_be_shared: may_be_shared(head, policy),
            follows: follows(head, policy),
            wants_page: head.method == Method::Get && !head.ranged,
            may_show_copies: may_show_copies(head, policy),
            reader,
            wants_raw_error: asker.is_script(),
            ranged: head.ranged,
            wants_html: asker.form() == Form::Html,
            ..Self::of_page(head, url, replayable, policy)
        }
    }

    /// The same of a page's own request: nothing but the origin's answer is of use to it.
    #[must_use]
    pub fn of_page(head: &RequestHead<'_>, url: &str, replayable: bool, policy: &Policy) -> Self {
        let repeat = Repeatability::of(head, policy);
        let deadline = if head.method.is_safe() {
            policy.deadline
        } else {
            policy.unsafe_deadline
        };
        Self {
            key: Memory::key(url),
            safe: head.method.is_safe(),
            looped: false,
            closed: None,
            needs_credentials: false,
            may_be_shared: false,
            follows: false,
            wants_page: false,
            repeat,
            limit: within_upload(replayable, attempt_limit(head.method, repeat, policy)),
            deadline: within_upload(replayable, deadline),
            may_show_copies: false,
            reader: Reader::default(),
            replayable,
            wants_raw_error: true,
            ranged: false,
            wants_html: false,
        }
    }
}

impl Request {
    /// The same request, while the origin is being worked on, until then if anybody
    /// knows; with copies or without.
    #[must_use]
    pub fn closed(self, until: Option<Timestamp>, copies: bool, now: Timestamp) -> Self {
        Self {
            closed: Some(treatment::closed(until, now)),
            may_show_copies: self.may_show_copies && copies,
            ..self
        }
    }

    /// The same request, of somebody who wants the origin's answer.
    #[must_use]
    pub const fn bypassing(self) -> Self {
        Self {
            reader: self.reader.bypassing(),
            ..self
        }
    }
}

/// What the client demands of copies. In standby the origin is asked anyway, and
/// only how long a copy may stand in is for the client to limit; as in a cache that
/// does not obey its clients, where nobody can make each request reach the origin.
pub(super) fn demands(head: &RequestHead<'_>, policy: &Policy) -> Demands {
    let demands = Demands::parse(head.cache_control);
    match policy.mode {
        Mode::Cache if policy.obey_clients => demands,
        Mode::Cache | Mode::Standby | Mode::Off => Demands {
            stale_if_error: demands.stale_if_error,
            ..Demands::default()
        },
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event {
    /// The request is there.
    Start,
    /// Answers [`Step::Look`].
    Looked(Option<Copy>),
    /// Answers [`Step::LookFurther`].
    LookedFurther(Further),
    /// Answers [`Step::Begin`].
    Begun,
    /// The attempt of this number got the head of a response.
    Responded(u8, Facts),
    /// The attempt of this number ended without one.
    Failed(u8, Cause),
    /// Answers [`Step::Inspect`]: why the body makes the response a failure, if
    /// it does.
    Inspected(Option<Cause>),
    /// The visitor left.
    Left,
    /// The time in [`Step::Wait`] was reached.
    Woke,
}

/// What a look into a further tier came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Further {
    /// There is nothing for this request.
    Nothing,
    /// A copy.
    Copy(Copy),
    /// A page whose age nobody knows.
    Page,
    /// It failed, or took too long.
    Lost,
}

/// One fetch of one origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// From 1.
    pub number: u8,
    /// Index into the configured origins.
    pub origin: usize,
    /// It runs beside the one before, which is not given up.
    pub beside: bool,
    /// It asks only for what is newer than the copy.
    pub conditional: bool,
}

/// What the host does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Step {
    /// Look for a copy.
    Look,
    /// Look into the tier of this number, at most until then.
    LookFurther(usize, Timestamp),
    /// Start an attempt.
    Begin(Attempt),
    /// Wait for an attempt, at most until then.
    Wait(Timestamp),
    /// Look at the body of the response to the attempt of this number, as it is
    /// small; if it is not after all, or is not whole by then, it is good.
    Inspect(u8, Timestamp),
    /// Send the reply.
    Reply(Reply),
}

impl Step {
    /// When the exchange wants to be woken, if it does.
    #[must_use]
    pub const fn wakes_at(self) -> Option<Timestamp> {
        match self {
            Self::Wait(until) => Some(until),
            Self::Reply(reply) => reply.goes_on,
            Self::Look | Self::LookFurther(..) | Self::Begin(_) | Self::Inspect(..) => None,
        }
    }

    /// The same step with its times by another clock.
    pub(super) fn map(self, clock: impl Fn(Timestamp) -> Timestamp) -> Self {
        match self {
            Self::Wait(until) => Self::Wait(clock(until)),
            Self::Inspect(number, until) => Self::Inspect(number, clock(until)),
            Self::LookFurther(tier, until) => Self::LookFurther(tier, clock(until)),
            Self::Reply(Reply { source, goes_on }) => Self::Reply(Reply {
                source,
                goes_on: goes_on.map(clock),
            }),
            Self::Look | Self::Begin(_) => self,
        }
    }
}

/// How the request ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Whose response goes out.
    pub source: Source,
    /// The running attempt goes on behind the reply, if it does, so that its late
    /// answer still refreshes the copy. Its end is an event like any other; at
    /// this time the exchange wants to be woken.
    pub goes_on: Option<Timestamp>,
}

/// Whose response goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The last response that an origin gave, untouched.
    Origin,
    /// The copy; fresh if no failure led to it.
    Copy(Aged),
    /// The copy, which the origin called current in its last response.
    Renewed,
    /// Nobody's: the client wanted a copy and nothing else, and there is none.
    Uncached,
    /// A page from a further tier: of the site, but nobody knows how old.
    Page,
    /// One of our own.
    Answer(Failure),
    /// None: the visitor left.
    Nobody,
}

/// What would have been done, where policy only observes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Would {
    /// Another attempt, at this origin.
    Ask(usize),
    /// No attempt, or not at once.
    Restrain(Restraint),
    /// This reply.
    Reply(Source),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_begin_with_those_of_the_head() {
        assert!(Request::FIELDS.starts_with(RequestHead::FIELDS));
        assert_eq!(Request::OF_READER.first(), Some(&"accept-language"));
    }
}
