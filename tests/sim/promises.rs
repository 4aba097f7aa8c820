//! What holds for every request, whatever happens to it and to others.

use super::story::{Outcome, Played};
use super::{Asked, End, Seen, Stored, World, law};
use lastgood::gateway::{Attempt, Source, Step};
use lastgood::policy::{Mode, Policy};
use lastgood::wire::Timestamp;

/// The life of one request, looked back upon.
#[derive(Debug)]
pub(crate) struct Life<'p> {
    pub(crate) world: &'p World,
    pub(crate) visit: usize,
    pub(crate) asked: &'p Asked,
    pub(crate) events: Vec<(u64, &'p Seen)>,
    pub(crate) outcome: &'p Outcome,
}

/// A promise that was broken.
pub(crate) type Broken = String;

fn hold(holds: bool, promise: &str) -> Result<(), Broken> {
    holds.then_some(()).ok_or_else(|| promise.to_owned())
}

/// The lives of all requests of a world.
pub(crate) fn lives<'p>(world: &'p World, played: &'p Played) -> Vec<Life<'p>> {
    let life = |(visit, (asked, outcome))| Life {
        world,
        visit,
        asked,
        events: Vec::with_capacity(16),
        outcome,
    };
    let both = world.visits.iter().zip(&played.outcomes);
    let mut lives: Vec<Life<'p>> = both.enumerate().map(life).collect();
    for note in &played.notes {
        lives[note.visit].events.push((note.at, &note.seen));
    }
    lives
}

impl<'p> Life<'p> {
    /// All promises at once.
    pub(crate) fn check(&self) -> Result<(), Broken> {
        hold(!self.outcome.endless, "a request has an end")?;
        self.attempts()?;
        self.repetitions()?;
        self.waits()?;
        self.shown()?;
        self.without_origin()?;
        self.patience()?;
        self.kept()
    }

    fn policy(&self) -> &'p Policy {
        self.world.rules_for(self.asked)
    }

    fn seen(&self) -> impl DoubleEndedIterator<Item = &'p Seen> {
        self.events.iter().map(|(_, seen)| *seen)
    }

    /// By the host's clock; never where no limit is ours.
    fn deadline(&self) -> Timestamp {
        match self.policy().observe {
            true => Timestamp::NEVER,
            false => {
                let started = self.world.shows(self.visit, self.asked.at);
                started.after(self.asked.deadline(self.policy()))
            }
        }
    }

    /// When the reply went out, or nobody waited any more.
    pub(crate) fn replied_at(&self) -> Option<u64> {
        let over = |seen: &Seen| {
            matches!(
                seen,
                Seen::Step(Step::Reply(_)) | Seen::Passed | Seen::Aside | Seen::Vanished
            )
        };
        let found = self.events.iter().find(|(_, seen)| over(seen));
        found.map(|(at, _)| *at)
    }

    /// At most so many, counted from 1, and none after the deadline. One that
    /// provably never left does not count.
    fn attempts(&self) -> Result<(), Broken> {
        let unsent = |seen: &Seen| match seen {
            Seen::Ended { end, .. } => law::is_nothing_sent(end),
            _ => false,
        };
        let most = self.policy().attempts + u8::from(self.seen().any(unsent));
        let end = self.deadline();
        let mut last = 0;
        for (at, seen) in &self.events {
            let Seen::Step(Step::Begin(attempt)) = seen else {
                continue;
            };
            last += 1;
            hold(attempt.number == last, "attempts count up")?;
            hold(last <= most, "there are no more attempts than allowed")?;
            hold(
                attempt.origin < self.world.origins.len(),
                "an origin exists",
            )?;
            // One that is taken over began long before.
            let taken_over = self.world.watched && last == 1;
            let in_time = self.world.shows(self.visit, *at) < end || taken_over;
            hold(in_time, "no attempt begins after the deadline")?;
        }
        Ok(())
    }

    /// Nothing is doubled that must not be.
    fn repetitions(&self) -> Result<(), Broken> {
        let (asked, policy) = (self.asked, self.policy());
        let safe = asked.is_safe();
        let keyed = law::field(&asked.fields, "idempotency-key").is_some();
        // Where an attempt may have been carried out.
        let mut claimed: Vec<usize> = Vec::new();
        let mut running = None;
        for seen in self.seen() {
            match seen {
                Seen::Step(Step::Begin(attempt)) => {
                    let once = !asked.is_replayable(policy);
                    hold(!once || attempt.number == 1, "a stream is sent once")?;
                    let hedged = safe && policy.hedge.is_some();
                    hold(!attempt.beside || hedged, "only a safe request is hedged")?;
                    claimed.extend(running.replace(attempt.origin));
                    if !safe && !policy.retry_unsafe {
                        hold(keyed || claimed.is_empty(), "a write is sent once")?;
                        let elsewhere = claimed.iter().any(|origin| *origin != attempt.origin);
                        hold(!elsewhere, "a keyed write stays where it is known")?;
                    }
                }
                Seen::Ended { end, .. } if law::is_nothing_sent(end) => running = None,
                _ => {}
            }
        }
        Ok(())
    }

    /// No wait goes past the deadline.
    fn waits(&self) -> Result<(), Broken> {
        let end = self.deadline();
        let late = |seen: &Seen| matches!(seen, Seen::Step(Step::Wait(until)) if *until > end);
        hold(!self.seen().any(late), "no wait goes past the deadline")
    }

    /// A good answer is passed on; a copy is lawful; something goes out.
    fn shown(&self) -> Result<(), Broken> {
        let Some(sent) = &self.outcome.sent else {
            // Where no limit is ours, a silent origin ends nothing.
            let endless = self.deadline() == Timestamp::NEVER;
            return hold(
                endless || self.replied_at().is_some(),
                "somebody gets an answer",
            );
        };
        if self.last_was_good() && sent.reply.source != Source::Nobody {
            let passed = matches!(sent.reply.source, Source::Origin | Source::Renewed);
            hold(passed, "a good answer is passed on")?;
        }
        match sent.reply.source {
            Source::Copy(_) => hold(self.is_lawful(), "a copy is shown within the law"),
            Source::Renewed => hold(self.is_confirmed(), "what is called current was asked for"),
            Source::Uncached => hold(self.may_be_nothing(), "nothing, if nothing else is wanted"),
            Source::Origin => {
                let current = sent.status == 304 && self.last_was_good();
                let ours = current && self.asked_conditionally();
                hold(!ours, "nobody gets the answer to our own condition")
            }
            Source::Page => hold(!self.last_was_good(), "a page stands in for an error"),
            Source::Answer(_) | Source::Nobody => Ok(()),
        }
    }

    fn begins(&self) -> impl Iterator<Item = &'p Attempt> {
        self.seen().filter_map(|seen| match seen {
            Seen::Step(Step::Begin(attempt)) => Some(attempt),
            _ => None,
        })
    }

    fn asked_conditionally(&self) -> bool {
        self.begins().any(|attempt| attempt.conditional)
    }

    /// Whether there was something to confirm, and the origin did.
    fn is_confirmed(&self) -> bool {
        let ended = self.seen().rev().find_map(|seen| match seen {
            Seen::Ended { end, .. } => Some(end),
            _ => None,
        });
        let confirmed = matches!(ended, Some(End::Response(304, _)));
        let copy = self.found().map(|(_, copy)| copy);
        confirmed
            && self.asked_conditionally()
            && copy.is_some_and(|copy| copy.status < 400 && law::has_validator(&copy.response))
            && self.policy().mode == Mode::Cache
            && law::takes_copies(self.asked, self.policy())
    }

    /// Whether the client wanted a copy or nothing, and nothing is right.
    fn may_be_nothing(&self) -> bool {
        let (asked, policy) = (self.asked, self.policy());
        law::wants_copy_only(asked, policy)
            && law::takes_copies(asked, policy)
            && !self.had_answer()
    }

    /// Whether a copy was found that answers at once.
    fn had_answer(&self) -> bool {
        self.found().is_some_and(|(at, copy)| {
            let now = self.world.shows(self.visit, at);
            law::answers(copy, self.asked, self.policy(), now)
        })
    }

    /// No origin is asked where a copy answers, or where the client wants nothing
    /// else.
    fn without_origin(&self) -> Result<(), Broken> {
        let (asked, policy) = (self.asked, self.policy());
        let cached = law::takes_copies(asked, policy) && !policy.observe;
        let asks = self.begins().next().is_some();
        let only = cached && law::wants_copy_only(asked, policy);
        hold(!only || !asks, "who wants a copy only gets no more")?;
        let first = self.seen().find(|seen| matches!(seen, Seen::Found(_)));
        let again = self.found().map(|(_, copy)| copy);
        let same = matches!(first, Some(Seen::Found(found)) if found.as_deref() == again);
        let answered = cached && same && self.world.is_punctual() && self.had_answer();
        hold(!answered || !asks, "a copy that answers spares the origin")
    }

    /// Whether the last attempt that ended was good, as far as was looked.
    fn last_was_good(&self) -> bool {
        let mut good = false;
        for seen in self.seen() {
            match seen {
                Seen::Ended { end, .. } => good = !law::is_failure(end, self.policy()),
                Seen::Inspected(cause) => good &= cause.is_none(),
                _ => {}
            }
        }
        good
    }

    /// The copy that was found last, and when.
    fn found(&self) -> Option<(u64, &'p Stored)> {
        let found = self.events.iter().rev().find_map(|(at, seen)| match seen {
            Seen::Found(stored) => Some(stored.as_deref().map(|stored| (*at, stored))),
            _ => None,
        });
        found.flatten()
    }

    fn is_lawful(&self) -> bool {
        let (asked, policy) = (self.asked, self.policy());
        let (Some(at), Some((_, copy))) = (self.replied_at(), self.found()) else {
            return false;
        };
        let now = self.world.shows(self.visit, at);
        let lawful = match self.outcome.failed {
            // What is not marked as degraded is a hit, and must be fresh or renewed.
            false => {
                law::answers(copy, asked, policy, now)
                    || law::is_renewable(copy, asked, policy, now)
            }
            true => law::is_showable(copy, asked, policy, now),
        };
        lawful && law::takes_copies(asked, policy)
    }

    /// With a true clock and punctual timers: the deadline holds for everyone, the
    /// soft deadline wherever there is a lawful copy, but for those who are signed in.
    fn patience(&self) -> Result<(), Broken> {
        let (world, policy) = (self.world, self.policy());
        let unlimited = self.deadline() == Timestamp::NEVER;
        if !world.is_punctual() || unlimited {
            return Ok(());
        }
        let Some(replied) = self.replied_at() else {
            return Ok(());
        };
        let took = replied - self.asked.at;
        let deadline = self.asked.deadline(policy).as_millis();
        let in_time = u128::from(took) <= deadline + u128::from(world.look_takes);
        hold(in_time, "the deadline holds")?;
        let soft = u64::try_from(policy.soft_deadline.as_millis()).unwrap_or(u64::MAX);
        let listed = policy.stale_on.timeout;
        let lawful = self.found().is_some_and(|(found, copy)| {
            let then = (self.asked.at + soft).max(found) + 1;
            replied > then + world.look_takes + 25
                && law::is_showable(copy, self.asked, policy, world.shows(self.visit, then))
                && law::takes_copies(self.asked, policy)
                && !law::is_signed_in(self.asked, policy)
        });
        hold(!listed || !lawful, "a copy beats waiting")
    }

    /// No failure is kept, and nothing private.
    fn kept(&self) -> Result<(), Broken> {
        let mut last: Option<&End> = None;
        for (at, seen) in &self.events {
            match seen {
                Seen::Ended { end, .. } | Seen::Late(_, end) => {
                    last = Some(end)
                        .filter(|end| !matches!(end, End::Failure(_)))
                        .or(last);
                }
                Seen::Keep(status, fields) => {
                    hold(
                        self.is_of(last, *status, fields),
                        "what is kept was answered",
                    )?;
                    self.may_keep(*status, fields, *at)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether what is kept is what the origin answered; or, where that was no more
    /// than that the copy is current, the same page.
    fn is_of(&self, last: Option<&End>, status: u16, fields: &str) -> bool {
        let etag = |fields| law::field(fields, "etag");
        match last {
            Some(End::Response(304, answer)) => self.found().is_some_and(|(_, copy)| {
                let etags = [etag(answer), etag(&copy.response)];
                copy.status == status && etags.contains(&etag(fields))
            }),
            Some(End::Response(answered, answer)) => (*answered, &**answer) == (status, fields),
            Some(End::Disguised(answer)) => (200, &**answer) == (status, fields),
            Some(End::Failure(_)) | None => false,
        }
    }

    fn may_keep(&self, status: u16, fields: &str, at: u64) -> Result<(), Broken> {
        let arrived = Some(self.world.shows(self.visit, at));
        let why = law::refusal(self.asked, (status, fields), arrived, self.policy());
        match why {
            Some(why) => Err(format!("what is kept may be kept: {why}")),
            None => Ok(()),
        }
    }
}
