//! What was seen happening: one list for a world, one story for each request.

use super::{End, Stored};
use lastgood::gateway::{Attempt, Reply, Restraint, Step};
use lastgood::verdict::Cause;
use std::{rc::Rc, time::Duration};

/// Something that was seen.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Seen {
    /// The request came.
    Came,
    /// It was passed on, and nothing will be known of its answer.
    Aside,
    /// The first attempt runs by itself at this origin, for this long at most.
    Asked(usize, Duration),
    /// The first answer was passed on without an exchange.
    Passed,
    Step(Step),
    /// An attempt ended by itself.
    Ended {
        origin: usize,
        end: End,
    },
    /// Time passed; idle if that led to nothing but more waiting, and an end if it
    /// was that of an attempt.
    Woke {
        idle: bool,
        end: bool,
    },
    /// A body was looked at: what is wrong with it.
    Inspected(Option<Cause>),
    /// What was found in the store.
    Found(Option<Rc<Stored>>),
    /// A page was found in a further tier.
    Page,
    /// A further tier failed, or took too long.
    Lost,
    /// The attempt behind the reply ended, at this origin.
    Late(usize, End),
    /// The attempt behind the reply is out of time.
    LateNoMore,
    /// The copies are gone that an answer made old.
    Outdated,
    /// A copy was made of this.
    Keep(u16, Rc<str>),
    /// The visitor left, and the host tells.
    Left,
    /// The request is gone, and nobody tells.
    Vanished,
}

/// Something that was seen: when, in true milliseconds from the start, and of
/// which request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Note {
    pub(crate) at: u64,
    pub(crate) visit: usize,
    pub(crate) seen: Seen,
}

/// What a request had come to when it was over.
#[derive(Clone, Debug, PartialEq, Default)]
pub(crate) struct Outcome {
    /// What goes out.
    pub(crate) sent: Option<Sent>,
    pub(crate) restraint: Option<Restraint>,
    /// A failure led to it.
    pub(crate) failed: bool,
    /// The budget was spent when it was needed.
    pub(crate) starved: bool,
    /// It took so many steps that it was broken off.
    pub(crate) endless: bool,
}

/// A request that an origin got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) at: u64,
    /// When it was answered, or given up.
    pub(crate) until: u64,
    pub(crate) visit: usize,
    pub(crate) origin: usize,
}

/// All that happened in a world.
#[derive(Clone, Debug, PartialEq, Default)]
pub(crate) struct Played {
    pub(crate) notes: Vec<Note>,
    pub(crate) calls: Vec<Call>,
    /// One for each request.
    pub(crate) outcomes: Vec<Outcome>,
}

impl Played {
    /// The story of one request.
    pub(crate) fn story(&self, visit: usize) -> Story {
        let its = self.notes.iter().filter(|note| note.visit == visit);
        let told = |note: &Note| (note.at, note.seen.clone());
        let outcome = self.outcomes[visit].clone();
        Story {
            events: its.map(told).collect(),
            sent: outcome.sent,
            endless: outcome.endless,
        }
    }
}

/// The story of one request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Story {
    pub(crate) events: Vec<(u64, Seen)>,
    /// What goes out: the reply, the status, and the log line, if any.
    pub(crate) sent: Option<Sent>,
    /// It took so many steps that it was broken off.
    pub(crate) endless: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sent {
    pub(crate) reply: Reply,
    pub(crate) status: u16,
    pub(crate) content_type: String,
    /// The origin whose response it is.
    pub(crate) origin: Option<usize>,
    pub(crate) log: Option<String>,
    /// The further tier that it was found in.
    pub(crate) tier: Option<&'static str>,
}

impl Story {
    /// The attempts that began: when, and which.
    pub(crate) fn attempts(&self) -> impl Iterator<Item = (u64, Attempt)> {
        self.events.iter().filter_map(|(at, seen)| match seen {
            Seen::Step(Step::Begin(attempt)) => Some((*at, *attempt)),
            _ => None,
        })
    }

    pub(crate) fn has(&self, wanted: &Seen) -> bool {
        self.events.iter().any(|(_, seen)| seen == wanted)
    }
}
