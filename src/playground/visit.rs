//! One request in the hands of the simulated host.

use super::keeping::Stored;
use super::origin::{Content, End};
use crate::gateway::{Attempt, Event, Exchange, Reply};
use crate::policy::Policy;
use crate::verdict::{Cause, Facts, Failure};
use crate::wire::{Listed, Method, Timestamp};
use alloc::{boxed::Box, rc::Rc, string::String, vec::Vec};

/// A request, and what became of it.
#[derive(Debug)]
pub(super) struct Visit {
    /// Its number, from 0.
    pub(super) index: usize,
    pub(super) policy: Rc<Policy>,
    pub(super) stage: Stage,
    pub(super) exchange: Option<Box<Exchange>>,
    pub(super) running: Vec<Running>,
    /// The last response of an origin, and whose it is.
    pub(super) response: Option<(usize, End)>,
    /// The copy that was found.
    pub(super) found: Option<Rc<Stored>>,
    /// It is treated as all are.
    pub(super) is_usual: bool,
    /// By the host's clock.
    pub(super) started: Timestamp,
    /// Counts timers: one that is set voids the one before.
    pub(super) timer: usize,
    pub(super) steps: usize,
    /// It was told that it waits, and nothing happened since.
    pub(super) told_wait: bool,
    pub(super) attempts: Vec<Made>,
    pub(super) outcome: Option<Outcome>,
    /// When it came, and when its reply went out, in milliseconds.
    pub(super) at: u64,
    pub(super) until: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Not there yet, or gone.
    Absent,
    /// Whatever comes first.
    Waiting,
    /// The reply is out; an attempt goes on behind it.
    Replied,
}

/// An attempt that runs.
#[derive(Clone, Debug)]
pub(super) struct Running {
    pub(super) number: u8,
    pub(super) origin: usize,
    /// How it will end; none if it never does.
    pub(super) end: Option<End>,
    /// It ended, and the exchange has not been told yet.
    pub(super) over: bool,
}

/// An attempt, as it is told afterwards.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) number: u8,
    pub(super) origin: usize,
    pub(super) from: u64,
    pub(super) until: Option<u64>,
    pub(super) status: Option<u16>,
    pub(super) failure: Option<Failure>,
    /// Nobody waited for it any more.
    pub(super) given_up: bool,
}

/// What went out.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) reply: Reply,
    pub(super) status: u16,
    /// `name:value`, one per line.
    pub(super) fields: String,
    pub(super) body: String,
    pub(super) log: Option<String>,
    /// What of it the visitor does not get whole, or not as it is meant.
    pub(super) content: Content,
    /// The story in a sentence.
    pub(super) text: String,
    pub(super) failure: Option<Failure>,
    pub(super) why: Option<&'static str>,
}

impl Visit {
    pub(super) fn new(index: usize, at: u64, policy: Rc<Policy>) -> Self {
        Self {
            index,
            policy,
            stage: Stage::Absent,
            exchange: None,
            running: Vec::new(),
            response: None,
            found: None,
            is_usual: true,
            started: Timestamp::default(),
            timer: 0,
            steps: 0,
            told_wait: false,
            attempts: Vec::new(),
            outcome: None,
            at,
            until: at,
        }
    }

    /// Takes an attempt out of what runs.
    pub(super) fn take(&mut self, number: u8) -> Option<Running> {
        let place = self.running.iter().position(|it| it.number == number)?;
        Some(self.running.remove(place))
    }

    pub(super) fn begins(&mut self, attempt: Attempt, end: Option<End>, now: u64) {
        let Attempt { number, origin, .. } = attempt;
        self.running.push(Running {
            number,
            origin,
            end,
            over: false,
        });
        self.attempts.push(Made {
            number,
            origin,
            from: now,
            until: None,
            status: None,
            failure: None,
            given_up: false,
        });
    }

    /// What is told of the attempt of this number.
    pub(super) fn made(&mut self, number: u8) -> Option<&mut Made> {
        self.attempts
            .iter_mut()
            .rev()
            .find(|it| it.number == number)
    }

    /// The end of an attempt as the exchange is told it; a response is held.
    pub(super) fn event(&mut self, running: Running, method: Method, now: Timestamp) -> Event {
        let Some(end) = running.end else {
            return Event::Failed(running.number, Cause::Network);
        };
        let Some(status) = end.status else {
            return Event::Failed(running.number, Cause::Network);
        };
        let facts = Facts::read(status, &Listed::new(&end.fields), &self.policy, now);
        let whole = method != Method::Head;
        self.response = Some((running.origin, end));
        Event::Responded(
            running.number,
            Facts {
                is_small: facts.is_small && whole,
                holdable: facts.holdable && whole,
                ..facts
            },
        )
    }
}
