//! How a request ends, in words, and why nothing more was tried.

use super::origin::Content;
use super::telling::{THE_ORIGIN, capital, span};
use super::visit::Visit;
use crate::copies::{Aged, Copy};
use crate::gateway::{Reply, Restraint, Source};
use crate::retry::{Repeatability, permission};
use crate::verdict::{Failure, Phase};
use crate::wire::{Demands, Fields, Timestamp};
use alloc::{format, string::String};

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
