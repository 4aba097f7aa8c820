//! How a request ends, and what it leaves behind.

use super::{Exchange, LATE_LOOK_IN, Now, State};
use crate::copies::Aged;
use crate::gateway::flights::End;
use crate::gateway::memory::Memory;
use crate::gateway::runs::Run;
use crate::gateway::step::{Event, Reply, Source, Step};
use crate::policy::AnswerWith;
use crate::verdict::{Cause, Failure};
use crate::wire::Timestamp;

impl<const COPIES: bool> Exchange<COPIES> {
    pub(super) fn finish(&mut self, source: Source, failure: Option<Failure>) -> Step {
        self.finish_with(source, failure.or(self.failure))
    }

    pub(super) fn finish_with(&mut self, source: Source, failure: Option<Failure>) -> Step {
        self.failure = failure;
        self.replied(source, None)
    }

    /// Ends the request, while its attempt goes on behind the reply until then.
    pub(super) fn finish_behind(
        &mut self,
        source: Source,
        failure: Option<Failure>,
        until: Option<Timestamp>,
        now: Now,
    ) -> Step {
        self.failure = failure.or(self.failure);
        self.late_until = until.unwrap_or_default();
        self.replied(source, self.next_late_look(now))
    }

    fn replied(&mut self, source: Source, goes_on: Option<Timestamp>) -> Step {
        let reply = Reply { source, goes_on };
        self.state = State::Done(reply);
        Step::Reply(reply)
    }

    fn next_late_look(&self, now: Now) -> Option<Timestamp> {
        let next = self.late_until.min(now.wall.after(LATE_LOOK_IN));
        Some(next).filter(|next| *next > now.wall && !self.runs.is_empty())
    }

    /// Leaves this page alone for a while.
    pub(super) fn hold(&mut self, failure: Failure, slow: bool, now: Now, memory: &mut Memory) {
        if let Some(rule) = self.policy.hold_down.filter(|_| self.may_show_copies()) {
            let Memory {
                objects, random, ..
            } = memory;
            objects.hold(self.request.key, failure, slow, rule, now.steady, random);
        }
    }

    /// The page is well: nobody needs to leave it alone any more.
    pub(super) fn free(&self, now: Now, memory: &mut Memory) {
        if COPIES {
            memory.objects.free(|| self.request.key, now.steady);
        }
    }

    /// As if we were not there.
    pub(super) fn pass_on(&mut self) -> Step {
        let lost = self
            .failure
            .unwrap_or(Failure::without_answer(Cause::Network));
        let source = match self.holds_response {
            true => Source::Origin,
            false => Source::Answer(lost),
        };
        self.finish(source, None)
    }

    pub(super) fn give_up(&mut self, now: Now, memory: &mut Memory) -> Step {
        if let Some(failure) = self.failure {
            self.land(failure, now, memory);
        }
        self.conclude(self.outcome(now), None, now, memory)
    }

    /// Nothing came of it: the page is left alone for a while, and those who wait
    /// for it learn it.
    fn land(&mut self, failure: Failure, now: Now, memory: &mut Memory) {
        // A page is not to blame for an origin that has too much to do.
        let crowded = failure.cause == Cause::Unavailable
            && failure.retry_after.is_none()
            && memory.origins.are_limited(now.steady);
        if !crowded {
            self.hold(failure, false, now, memory);
        }
        if self.leads() {
            let end = End::Failed(failure);
            memory.flights.end(self.request.key, end, now.steady);
        }
    }

    pub(super) fn showable(&self, failure: &Failure, now: Now) -> Option<Aged> {
        let stands_in = COPIES && failure.is_in(&self.policy.stale_on);
        let copy = self.copy.filter(|_| stands_in)?;
        copy.showable(&self.request.reader.demands, &self.policy, now.wall)
    }

    /// What goes out when nothing more is tried.
    pub(super) fn outcome(&self, now: Now) -> Source {
        let Some(failure) = self.failure else {
            return Source::Answer(Failure::without_answer(Cause::Timeout));
        };
        if let Some(aged) = self.showable(&failure, now) {
            return Source::Copy(aged);
        }
        let ours = COPIES
            && self.policy.answer == AnswerWith::Page
            && failure.is_in(&self.policy.answer_on)
            && !failure.meant
            && !self.request.wants_raw_error;
        if self.holds_response && !ours {
            Source::Origin
        } else {
            let phase = self.worst_phase().max(failure.phase);
            Source::Answer(Failure { phase, ..failure })
        }
    }

    /// The visitor left: nothing more is asked, nobody is answered.
    pub(super) fn left_alone(&mut self, now: Now, memory: &mut Memory) -> Step {
        self.abandon_all(now, memory);
        if self.leads() {
            memory.flights.forget(self.request.key);
        }
        self.finish(Source::Nobody, None)
    }

    /// What becomes of the attempt that goes on behind the reply.
    pub(super) fn after_reply(
        &mut self,
        reply: Reply,
        event: Event,
        now: Now,
        memory: &mut Memory,
    ) -> Step {
        let ended = match event {
            Event::Responded(number, facts) => {
                let failure = self.verdict(&facts);
                self.runs.take(number).map(|run| (run, failure))
            }
            Event::Failed(number, cause) => {
                let failure = Failure::without_answer(cause);
                self.runs.take(number).map(|run| (run, Some(failure)))
            }
            Event::Woke => {
                let slow = Failure::without_answer(Cause::Timeout);
                self.late_no_more(now, memory).map(|run| (run, Some(slow)))
            }
            _ => None,
        };
        if let Some((run, failure)) = ended {
            self.remember(&run, failure, now, memory);
            // One end is enough: a hedge beside it is given up.
            self.abandon_all(now, memory);
            if !self.probes {
                memory.came_late(self.request.key);
            }
            match failure {
                None => {
                    self.answered = Some(run.origin);
                    self.free(now, memory);
                }
                Some(failure) if self.leads() => self.land(failure, now, memory),
                Some(_) => {}
            }
        }
        let goes_on = self.next_late_look(now);
        self.replied(reply.source, goes_on)
    }

    /// The attempt behind the reply, if its time is over: at the latest when the
    /// platform would end it, at the earliest when its origin answers nobody.
    fn late_no_more(&mut self, now: Now, memory: &Memory) -> Option<Run> {
        let run = self.runs.latest()?;
        let origins = &memory.origins;
        let no_use = match self.probes {
            // Another one has found out.
            true => !origins.is_out(run.origin),
            false => origins.is_silent(run.origin, Some(self.request.limit), now.steady),
        };
        let over = now.wall >= self.late_until || no_use;
        over.then(|| self.runs.take(run.number)).flatten()
    }
}
