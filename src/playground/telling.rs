//! What happened, in words.

use super::origin::{Content, End};
use super::visit::Visit;
use crate::copies::{self, Aged, Copy, Refusal};
use crate::gateway::{Attempt, Reply, Restraint, Source};
use crate::policy::Policy;
use crate::retry::{Repeatability, permission};
use crate::verdict::{Cause, Facts, Failure, Phase, of_response};
use crate::wire::{Demands, Fields, Listed, ResponseHead, Timestamp, message, time::millis};
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

const THE_ORIGIN: &str = "the origin";

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
fn capital(text: &str) -> String {
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

const fn spared(restraint: Restraint) -> &'static str {
    match restraint {
        Restraint::Page => "this page failed a moment ago and is left alone",
        Restraint::Held => "the origin failed a moment ago and is left alone",
        Restraint::Doubtful => "the origin has stopped answering",
        Restraint::Down => "the origin is known to be down",
        Restraint::Full => "the origin has all it can take",
    }
}

/// Why nothing more was tried, where that is not plain.
fn no_more(visit: &Visit, repeat: Repeatability, now: Timestamp) -> Option<String> {
    let exchange = visit.exchange.as_ref()?;
    let (failure, policy) = (exchange.failure()?, &visit.policy);
    if let Some(restraint) = exchange.restraint() {
        return Some(format!("{}. ", capital(spared(restraint))));
    }
    if exchange.is_starved() {
        return Some("The budget for repetitions is spent. ".into());
    }
    let tried = usize::from(exchange.attempts()).max(1);
    if tried >= usize::from(policy.attempts) || exchange.attempts() == 0 {
        return None;
    }
    let may = permission(repeat, &failure, policy);
    let unsafe_one = repeat != Repeatability::Safe;
    let text = match failure.phase {
        _ if failure.meant => "The origin set a lifetime for its error, so it means it. ",
        _ if may.here || may.elsewhere => {
            let over = exchange.left(now).is_zero();
            if over {
                "Its time is over. "
            } else {
                return None;
            }
        }
        Phase::MaybeProcessed | Phase::Processed if unsafe_one => {
            "It is not sent again, since it may have been processed. "
        }
        _ => "By policy, nothing is repeated after this. ",
    };
    Some(text.into())
}

/// What goes out, as far as it is told of.
#[derive(Clone, Copy)]
pub(super) struct Sending<'a> {
    pub(super) visit: &'a Visit,
    pub(super) reply: Reply,
    pub(super) status: u16,
    pub(super) repeat: Repeatability,
    pub(super) fields: &'a dyn Fields,
    /// The origin that answered last.
    pub(super) name: &'a str,
    pub(super) now: Timestamp,
}

impl Sending<'_> {
    /// How the request ends, in a sentence or two.
    pub(super) fn told(&self) -> String {
        let why = no_more(self.visit, self.repeat, self.now).unwrap_or_default();
        let (status, after) = (self.status, self.after());
        match self.reply.source {
            Source::Nobody => "Nobody waits for it any more.".into(),
            Source::Origin if self.failure().is_some() => {
                format!("{why}The origin’s own {status} goes out as it came.")
            }
            Source::Origin => self.passed_on(),
            Source::Copy(aged) => self.copy(aged, &why),
            Source::Renewed => {
                format!("The visitor gets the copy, which the origin called current, {after}.")
            }
            Source::Uncached => {
                "Only a copy was wanted, and there is none that may be shown.".into()
            }
            Source::Page => "The visitor gets a page from a further tier.".into(),
            Source::Answer(_) => self.answer(&why),
        }
    }

    fn failure(&self) -> Option<Failure> {
        self.visit.exchange.as_ref().and_then(|it| it.failure())
    }

    fn after(&self) -> String {
        let took = self.now.since(self.visit.started);
        match took.is_zero() {
            true => "at once".into(),
            false => format!("after {}", span(took)),
        }
    }

    fn passed_on(&self) -> String {
        let (status, after) = (self.status, self.after());
        let whose = match self.name {
            THE_ORIGIN => "the origin’s answer".into(),
            name => format!("the answer of {name}"),
        };
        let content = self.visit.response.as_ref().map(|(_, end)| end.body);
        match content {
            Some(Content::Cut) => format!("The visitor gets {whose} {after}, and it breaks off."),
            Some(Content::Disguised) => {
                format!("The visitor gets {whose} {after}: an error page that says 200.")
            }
            _ => format!("The visitor gets {whose}, {status}, {after}."),
        }
    }

    fn copy(&self, aged: Aged, why: &str) -> String {
        let (age, after) = (span(aged.age), self.after());
        let goes_on = self.reply.goes_on.is_some();
        let behind = match goes_on {
            true => ", while the attempt goes on behind the reply",
            false => "",
        };
        let restraint = self.visit.exchange.as_ref().and_then(|it| it.restraint());
        match self.failure() {
            None => format!("The copy answers, {age} old, {after}{behind}."),
            Some(_) if goes_on && restraint.is_none() => {
                let soft = span(self.visit.policy.soft_deadline);
                format!(
                    "{soft} are over and there is a copy, {age} old: the visitor sees it{behind}."
                )
            }
            Some(_) => format!("{why}The visitor sees the copy, {age} old, {after}{behind}."),
        }
    }

    fn answer(&self, why: &str) -> String {
        let (status, after) = (self.status, self.after());
        let had = self.visit.exchange.as_ref().and_then(|it| it.copy());
        let may = |copy: Copy| copy.showable(&Demands::default(), &self.visit.policy, self.now);
        let copy = match had.is_some_and(|copy| may(copy).is_none()) {
            true => "The copy may not be shown. ",
            false => "",
        };
        let later = match self.fields.get("retry-after") {
            "" => String::new(),
            secs => format!(" with Retry-After: {secs}"),
        };
        format!("{why}{copy}lastgood gives an answer of its own, {status}{later}, {after}.")
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
