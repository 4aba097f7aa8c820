//! What happened, in words.

use super::origin::End;
use super::visit::Visit;
use crate::copies::{self, Copy, Refusal};
use crate::gateway::{Attempt, Restraint};
use crate::policy::Policy;
use crate::verdict::{Cause, Facts, Failure, Phase, of_response};
use crate::wire::{Listed, ResponseHead, Timestamp, message, time::millis};
use alloc::{format, string::String};
use core::time::Duration;

/// Something that happened.
#[derive(Clone, Debug)]
pub(super) struct Note {
    /// When, in milliseconds.
    pub(super) at: u64,
    /// To which request; none if it is about an origin.
    pub(super) visit: Option<usize>,
    pub(super) kind: Kind,
    pub(super) origin: Option<usize>,
    pub(super) attempt: Option<u8>,
    pub(super) text: String,
}

/// What kind of thing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Comes,
    Looks,
    Begins,
    Ends,
    Waits,
    Reply,
    Late,
    Kept,
    NotKept,
    Down,
    Up,
}

impl Kind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Comes => "comes",
            Self::Looks => "looks",
            Self::Begins => "begins",
            Self::Ends => "ends",
            Self::Waits => "waits",
            Self::Reply => "reply",
            Self::Late => "late",
            Self::Kept => "kept",
            Self::NotKept => "not-kept",
            Self::Down => "down",
            Self::Up => "up",
        }
    }
}

pub(super) const ASIDE: &str = "It is passed on, untouched and unwatched.";
pub(super) const FURTHER: &str = "Looks into a further tier: nothing there.";
pub(super) const HELD_AND_CUT: &str =
    "The answer was held until it is whole, and it broke off: truncated.";
pub(super) const HELD_AND_WHOLE: &str = "The answer is held until it is whole: it is.";
pub(super) const LOOKED_AND_DISGUISED: &str =
    "The answer is small, so it was read: it is a gateway’s error page in disguise.";
pub(super) const LOOKED_AND_GOOD: &str = "The answer is small, so it is read: a page.";
pub(super) const NOT_KEPT_DISGUISED: &str =
    "No copy is kept of it: read to its end, it is a gateway’s error page in disguise.";
pub(super) const BROKE_OFF: &str = "The body broke off half-way, and no copy is kept of it. For \
                                    a minute answers are held until they are whole.";
pub(super) const OUTDATED: &str = "It may have changed the page: its copy is removed.";
pub(super) const LATE_NO_MORE: &str = "The attempt behind the reply is given up.";

/// A time as people say it.
pub(super) fn span(span: Duration) -> String {
    let ms = millis(span);
    let secs = ms / 1000;
    match secs {
        0 => format!("{ms} ms"),
        1..10 => match ms % 1000 / 100 {
            0 => format!("{secs} s"),
            tenths => format!("{secs}.{tenths} s"),
        },
        10..120 => format!("{secs} s"),
        120..7200 => format!("{} min", secs / 60),
        7200..172_800 => format!("{} h", secs / 3600),
        _ => format!("{} days", secs / 86_400),
    }
}

pub(super) const THE_ORIGIN: &str = "the origin";

/// How an origin is called; of one alone nobody needs the name.
pub(super) fn origin(url: &str, count: usize) -> String {
    match (count, url) {
        (1, _) | (_, "") => THE_ORIGIN.into(),
        _ => message::host(url).into(),
    }
}

pub(super) fn came(method: &str, path: &str) -> String {
    format!("{method} {path} comes in.")
}

pub(super) fn standing(name: &str, down: bool) -> String {
    match down {
        true => format!(
            "From now on {name} is known to be down: it is spared, but for a few requests that \
             find out when it is back."
        ),
        false => format!("A good answer: {name} counts as up again, at once."),
    }
}

pub(super) fn found(copy: Option<&Copy>, now: Timestamp) -> String {
    let Some(copy) = copy else {
        return "Looks for a copy: there is none.".into();
    };
    let aged = copy.aged(now);
    let age = span(aged.age);
    match (copy.status, copy.is_fresh(now)) {
        (200, true) => format!("Looks for a copy: there is one, {age} old and fresh."),
        (200, false) => format!("Looks for a copy: there is one, {age} old."),
        (status, _) => format!("Looks for a copy: there is one of a {status}, {age} old."),
    }
}

pub(super) fn begins(attempt: &Attempt, name: &str, visit: &Visit) -> String {
    let number = attempt.number;
    let beside = attempt.beside && number > 1;
    let beside = if beside {
        ", beside the one before"
    } else {
        ""
    };
    let newer = match attempt.conditional {
        true => ", for what is newer than the copy",
        false => "",
    };
    let probes = matches!(
        visit.exchange.as_ref().and_then(|it| it.restraint()),
        Some(Restraint::Down | Restraint::Doubtful)
    );
    let probes = if probes {
        ", as a probe: somebody has to find out whether it is back"
    } else {
        ""
    };
    format!("Attempt {number} goes to {name}{beside}{newer}{probes}.")
}

/// What an end of an attempt means.
pub(super) fn failure(policy: &Policy, end: Option<&End>, now: Timestamp) -> Option<Failure> {
    let answered = end.and_then(|end| Some((end.status?, &end.fields)));
    let Some((status, fields)) = answered else {
        return Some(Failure::without_answer(Cause::Network));
    };
    let facts = Facts::read(status, &Listed::new(fields), policy, now);
    of_response(&facts, policy)
}

/// How an attempt ended, and what that means.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended<'a> {
    pub(super) name: &'a str,
    pub(super) end: Option<&'a End>,
    pub(super) failure: Option<Failure>,
    /// Behind the reply.
    pub(super) late: bool,
    /// The request was safe: how far it came does not matter.
    pub(super) safe: bool,
}

pub(super) fn ended(it: &Ended<'_>) -> String {
    let name = it.name;
    let did = match it.end.and_then(|end| end.status) {
        Some(304) => format!("{name} answers 304, the copy is current"),
        Some(status) => format!("{name} answers {status}"),
        None => format!("the connection to {name} fails"),
    };
    let late = if it.late {
        "late, behind the reply: "
    } else {
        ""
    };
    let text = match it.failure {
        None => format!("{late}{did}."),
        Some(failure) => {
            let phase = if it.safe { "" } else { phase(failure.phase) };
            format!("{late}{did}: {}.{phase}", failure.cause.name())
        }
    };
    capital(&text)
}

pub(super) fn silent(it: &Ended<'_>, took: Duration) -> String {
    let failure = it
        .failure
        .unwrap_or(Failure::without_answer(Cause::Timeout));
    let phase = if it.safe { "" } else { phase(failure.phase) };
    let (name, took, cause) = (it.name, span(took), failure.cause.name());
    format!("No answer from {name} after {took}: {cause}.{phase}")
}

const fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::NothingSent => " Nothing was sent.",
        Phase::MaybeProcessed => " The request may have been processed.",
        Phase::Processed => " The request was processed.",
    }
}

/// A sentence begins with a capital letter, unless it is with the name of a host.
pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().unwrap_or_default();
    match text.split(' ').next().unwrap_or_default().contains('.') {
        true => text.into(),
        false => [first.to_ascii_uppercase()]
            .into_iter()
            .chain(chars)
            .collect(),
    }
}

pub(super) fn waits(visit: &Visit, span: Duration) -> String {
    let exchange = visit.exchange.as_ref();
    let restraint = exchange.and_then(|it| it.restraint());
    match (visit.attempts.len(), restraint) {
        (_, Some(Restraint::Full)) => "Waits for room at the origin.".into(),
        (0, _) => "Another request fetches the same page: this one waits for it.".into(),
        (tried, _) => format!(
            "Waits {} before attempt {}.",
            self::span(span),
            tried.saturating_add(1)
        ),
    }
}

pub(super) fn kept(status: u16, head: &ResponseHead<'_>, policy: &Policy) -> String {
    match status {
        200 => format!(
            "A copy is kept: it may be shown for {}.",
            span(copies::usable_for(head, policy))
        ),
        status => format!("A copy of the {status} is kept beside the page."),
    }
}

/// Why an answer is not kept, where one may wonder.
pub(super) const fn refusal(refusal: Refusal) -> Option<&'static str> {
    Some(match refusal {
        Refusal::Off | Refusal::Method | Refusal::Status | Refusal::Range => return None,
        Refusal::Directive => "No copy is kept: the answer is private, or says no-store.",
        Refusal::Unusable => "No copy is kept: the origin’s word is that it is never shown stale.",
        Refusal::SetsCookie => {
            "No copy is kept: the answer sets a cookie, so it is for one visitor."
        }
        Refusal::Authorization => "No copy is kept: the request carries credentials.",
        Refusal::Cookie => "No copy is kept: the request carries a cookie that matters.",
        Refusal::VaryAny => "No copy is kept: Vary: * does not tell whom the answer is for.",
        Refusal::UnkeyedInput => "No copy is kept: the client forged what may be in the page.",
        Refusal::Type => "No copy is kept: an interface’s answer without a lifetime.",
        Refusal::Empty => "No copy is kept: the page is empty.",
        Refusal::Size => "No copy is kept: it is too large, or nobody knows how large.",
    })
}
