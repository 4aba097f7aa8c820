//! How a request begins: with a copy, with a wait, with an attempt, or not at all.

use super::{Exchange, Look, Next, Now, POLL, QUEUE, State};
use crate::copies::{Aged, Copy};
use crate::gateway::flights::{End, Role};
use crate::gateway::memory::{Memory, Restraint};
use crate::gateway::step::{Request, Source, Step, Would};
use crate::policy::{Collapse, Mode};
use crate::verdict::{Cause, Failure, Phase};
use crate::wire::Timestamp;

impl<const COPIES: bool> Exchange<COPIES> {
    pub(super) fn open(&mut self, now: Now, memory: &mut Memory) -> Step {
        if let Some(first) = self.first {
            return self.begin(first, false, now, memory);
        }
        if COPIES && self.request.looped {
            let looped = Failure::without_answer(Cause::Loop);
            return self.finish_with(Source::Answer(looped), Some(looped));
        }
        if let Some(closed) = self.request.closed.filter(|_| COPIES) {
            return self.stay_closed(closed);
        }
        let Request {
            key,
            reader,
            may_show_copies: shows,
            ..
        } = self.request;
        let restraint =
            memory.restraint(|| key, &self.policy, shows, || reader.signed_in, now.steady);
        if let Some((restraint, failure)) = restraint {
            self.restraint = Some(restraint);
            self.failure = Some(failure);
        }
        if self.observes() {
            self.would = self.restraint.map(Would::Restrain);
            return self.first_attempt(now, memory);
        }
        let looks = self.restraint.is_some() || self.policy.mode == Mode::Cache;
        if looks && self.may_show_copies() {
            self.state = State::Looking;
            self.ask_for_copy()
        } else {
            self.without_copy(now, memory)
        }
    }

    /// The origin is left alone: there may be a copy.
    fn stay_closed(&mut self, closed: Failure) -> Step {
        self.failure = Some(closed);
        if !self.may_show_copies() {
            return self.finish_with(Source::Answer(closed), Some(closed));
        }
        self.state = State::Looking;
        self.ask_for_copy()
    }

    /// The origin is being worked on, as was learnt on the way, until then if anybody
    /// knows; with copies or without.
    pub fn close(&mut self, until: Option<Timestamp>, copies: bool) {
        self.request = self.request.closed(until, copies, self.started);
    }

    /// What was asked of the origin before that was known is given up.
    fn closed_meanwhile(&mut self, closed: Failure, now: Now, memory: &mut Memory) -> Step {
        self.abandon_all(now, memory);
        if self.leads() {
            memory.flights.forget(self.request.key);
        }
        let copy = self.showable(&closed, now).map(Source::Copy);
        let shown = copy.unwrap_or(Source::Answer(closed));
        self.finish_with(shown, Some(closed))
    }

    /// Makes this the exchange of an attempt for which others wait.
    pub const fn lead(&mut self) {
        self.leads = true;
    }

    /// Makes this the exchange of an attempt that runs behind a reply that went out: it
    /// sees the attempt to its end.
    pub fn renew(&mut self) {
        self.stand_in = Some(Aged::default());
    }

    pub(super) const fn ask_for_copy(&mut self) -> Step {
        self.look = Look::Outstanding;
        Step::Look
    }

    pub(super) fn looked(&mut self, copy: Option<Copy>, now: Now, memory: &mut Memory) -> Step {
        self.look = Look::Over;
        self.copy = copy;
        if let Some(closed) = self.request.closed {
            self.copy = copy.filter(|_| self.request.may_show_copies);
            if self.begun > 0 {
                return self.closed_meanwhile(closed, now, memory);
            }
        }
        let copy = self.copy;
        if matches!(self.state, State::Running) {
            return self.woke(now, memory);
        }
        if self.begun > 0 {
            return self.after_failure(now, memory);
        }
        let reader = &self.request.reader;
        let answer = copy.filter(|copy| reader.is_answered_by(copy, &self.policy, now.wall));
        if let Some(copy) = answer {
            return self.finish_with(Source::Copy(copy.aged(now.wall)), None);
        }
        if self.request.reader.demands.only_if_cached {
            return self.finish_with(Source::Uncached, None);
        }
        if self.landed {
            return self.go_alone(now, memory);
        }
        if let Some(aged) = self.renewable(copy, now) {
            return self.renew_behind(aged, now, memory);
        }
        match self
            .failure
            .and_then(|failure| self.showable(&failure, now))
        {
            Some(aged) => self.instead(aged, now, memory),
            None => self.without_copy(now, memory),
        }
    }

    /// Whether a copy that is fresh answers this request.
    #[must_use]
    pub fn takes(&self, copy: &Copy, now: Timestamp) -> bool {
        self.request.reader.takes(copy, now)
    }

    /// A copy that may answer at once while it is renewed.
    fn renewable(&self, copy: Option<Copy>, now: Now) -> Option<Aged> {
        let open = self.restraint.is_none() && self.request.closed.is_none();
        let well = self.policy.mode == Mode::Cache && open;
        let reader = &self.request.reader;
        copy.filter(|copy| well && reader.may_see(copy))
            .filter(|copy| copy.satisfies(&reader.demands, now.wall))
            .and_then(|copy| copy.renewable(&self.policy, now.wall))
    }

    /// Whether the origin is asked only for what is newer than the copy: not for
    /// what goes on behind the reply, for then the copy is gone out.
    fn asks_conditionally(&self) -> bool {
        let copy = self
            .copy
            .filter(|copy| copy.has_validator && copy.status < 400);
        let asks = self.policy.mode == Mode::Cache && self.stand_in.is_none();
        COPIES && asks && !self.request.ranged && copy.is_some()
    }

    /// The copy answers; one of those who ask fetches a new one behind its reply.
    fn renew_behind(&mut self, aged: Aged, now: Now, memory: &mut Memory) -> Step {
        if !self.request.wants_page {
            return self.finish(Source::Copy(aged), None);
        }
        let rule = self.policy.collapse.unwrap_or(Collapse::DEFAULT);
        let key = self.request.key;
        let in_time = now.wall < self.deadline();
        match memory.flights.role(key, rule, now.steady, now.steady) {
            Role::Lead if in_time => {
                self.leads = true;
                self.stand_in = Some(aged);
                self.first_attempt(now, memory)
            }
            // It is not for keeping any more.
            Role::Alone => self.first_attempt(now, memory),
            _ => self.finish(Source::Copy(aged), None),
        }
    }

    /// A copy answers, since the origin had better not be asked; but once in a
    /// while somebody has to find out whether it still is so.
    pub(super) fn instead(&mut self, aged: Aged, now: Now, memory: &mut Memory) -> Step {
        let ailing = self.restraint.is_some_and(Restraint::ends_by_probe);
        let probed = ailing.then(|| self.take_probe(now, memory)).flatten();
        match probed {
            Some(origin) => {
                self.stand_in = Some(aged);
                self.probe(origin, now, memory)
            }
            None => self.finish(Source::Copy(aged), None),
        }
    }

    pub(super) fn take_probe(&self, now: Now, memory: &mut Memory) -> Option<usize> {
        let (safe, secrets) = (self.request.safe, self.request.needs_credentials);
        let Memory {
            origins, random, ..
        } = memory;
        origins.take_probe(safe, secrets, now.steady, random)
    }

    pub(super) fn probe(&mut self, origin: usize, now: Now, memory: &mut Memory) -> Step {
        self.probes = true;
        self.begin(origin, false, now, memory)
    }

    /// There is nothing to show: whether the origin is asked all the same.
    pub(super) fn without_copy(&mut self, now: Now, memory: &mut Memory) -> Step {
        if let Some(closed) = self.request.closed.filter(|_| COPIES) {
            return self.finish_with(Source::Answer(closed), Some(closed));
        }
        let alone = self.policy.hold_down.is_some_and(|rule| rule.without_copy);
        match self.restraint {
            Some(Restraint::Page) if COPIES && alone => self.refuse(now, memory),
            Some(Restraint::Down) => match self.take_probe(now, memory) {
                Some(origin) => self.probe(origin, now, memory),
                None => self.refuse(now, memory),
            },
            Some(Restraint::Full) => self.queue(now, memory),
            _ => self.join(now, memory),
        }
    }

    /// Nothing was sent, and nothing will be.
    pub(super) fn refuse(&mut self, now: Now, memory: &Memory) -> Step {
        let failure = self
            .failure
            .unwrap_or(Failure::without_answer(Cause::Unavailable));
        let unsent = Failure {
            phase: Phase::NothingSent,
            ..failure
        };
        self.failure = Some(unsent);
        self.conclude(Source::Answer(unsent), None, now, memory)
    }

    /// Waits for room, for a while.
    pub(super) fn queue(&mut self, now: Now, memory: &mut Memory) -> Step {
        let patient = now.wall < self.started.after(QUEUE).min(self.deadline());
        if patient && !memory.origins.any_has_room(false, now.steady) {
            let until = now.wall.after(POLL).min(self.deadline());
            self.state = State::Pausing {
                origin: Next::WithRoom,
                until,
            };
            return Step::Wait(until);
        }
        self.failure = None;
        self.first_attempt(now, memory)
    }

    /// Somebody may be fetching the page already.
    pub(super) fn join(&mut self, now: Now, memory: &mut Memory) -> Step {
        let shares = COPIES && self.policy.mode == Mode::Cache && self.request.may_be_shared;
        if self.joined == Timestamp::default() {
            self.joined = now.steady;
        }
        let Some(rule) = self.policy.collapse.filter(|_| shares) else {
            return self.follow(now, memory);
        };
        let patient = now.wall < self.started.after(rule.wait).min(self.deadline());
        match memory
            .flights
            .role(self.request.key, rule, self.joined, now.steady)
        {
            Role::Wait if patient => self.wait_for_another(now),
            Role::Look => self.look_again(),
            Role::Share(failure) => {
                self.failure = Some(failure);
                self.conclude(self.outcome(now), None, now, memory)
            }
            Role::Lead => {
                self.leads = true;
                self.first_attempt(now, memory)
            }
            Role::Wait | Role::Alone => self.first_attempt(now, memory),
        }
    }

    /// Who leads nobody may still want what is on its way into the store.
    fn follow(&mut self, now: Now, memory: &mut Memory) -> Step {
        let wants_copies = !self.request.reader.demands.no_cache;
        let follows = COPIES && self.request.follows && wants_copies && now.wall < self.deadline();
        let role = match follows {
            true => memory
                .flights
                .follow(self.request.key, self.joined, now.steady),
            false => Role::Alone,
        };
        match role {
            Role::Wait => self.wait_for_another(now),
            Role::Look => self.look_again(),
            _ => {
                self.failure = None;
                self.first_attempt(now, memory)
            }
        }
    }

    /// What another fetched is in the store.
    fn look_again(&mut self) -> Step {
        self.landed = true;
        self.state = State::Looking;
        self.ask_for_copy()
    }

    /// What another fetched is of no use here. If it never was fresh, nobody is to
    /// wait for it, or all of them would ask one after another; but who wants a part says
    /// nothing of the page.
    fn go_alone(&mut self, now: Now, memory: &mut Memory) -> Step {
        let lives = |copy: Copy| !copy.aged(now.wall).lifetime.is_zero();
        if !self.request.follows && !self.copy.is_some_and(lives) {
            let end = End::Uncacheable;
            memory.flights.end(self.request.key, end, now.steady);
        }
        self.first_attempt(now, memory)
    }

    /// A usable copy beats waiting on.
    fn wait_for_another(&mut self, now: Now) -> Step {
        let slow = Failure::without_answer(Cause::Timeout);
        if now.wall >= self.soft_deadline()
            && let Some(aged) = self.showable(&slow, now)
        {
            return self.finish(Source::Copy(aged), Some(slow));
        }
        let until = now.wall.after(POLL).min(self.deadline());
        self.state = State::Waiting { until };
        Step::Wait(until)
    }

    pub(super) fn first_attempt(&mut self, now: Now, memory: &mut Memory) -> Step {
        self.conditional = self.asks_conditionally();
        let secrets = self.request.needs_credentials;
        let Memory {
            origins, random, ..
        } = memory;
        let chosen = match self.observes() {
            _ if !COPIES => Some(0),
            true => origins.choose_blindly(random),
            false => origins.choose_owed(secrets, now.steady, random),
        };
        match chosen {
            Some(origin) => self.begin(origin, false, now, memory),
            None => self.refuse(now, memory),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::answer::Asker;
    use crate::copies::Copy;
    use crate::gateway::{Event, Exchange, Memory, Request, Source, Step};
    use crate::policy::{Configuration, Policy};
    use crate::verdict::{Cause, Facts};
    use crate::wire::{Listed, RequestHead, ResponseHead, Timestamp};
    use alloc::rc::Rc;
    use core::time::Duration;

    const NOW: Timestamp = Timestamp::from_secs(1_000);
    const URL: &str = "https://a.test/";

    /// What goes out where the work was learnt of while a copy was looked for: after the
    /// origin failed, or while it still runs.
    fn shown(copies: bool, failed: bool) -> Source {
        let configuration = Configuration::default();
        let (mut memory, policy) = (Memory::new(&configuration, 1), Rc::new(Policy::default()));
        let none = Listed::new("");
        let head = RequestHead::read("GET", URL, &none);
        let request = Request::new(&head, URL, &Asker::read(&none), (true, false), &policy);
        let rules = Rc::clone(&policy);
        let mut exchange = Exchange::new(rules, request, Some(0), 1, 1, NOW);
        let step = exchange.step(Event::Start, NOW, &mut memory);
        assert!(matches!(step, Step::Begin(_)));
        let mut step = exchange.step(Event::Begun, NOW, &mut memory);
        let late = match failed {
            true => Event::Responded(1, Facts::read(502, &none, &policy, NOW)),
            false => Event::Woke,
        };
        let now = match step {
            Step::Wait(until) if !failed => until,
            _ => NOW,
        };
        step = exchange.step(late, now, &mut memory);
        assert_eq!(step, Step::Look, "{copies} {failed}");
        exchange.close(None, copies);
        let said = Listed::new("cache-control:max-age=60");
        let copy = Copy::new(&ResponseHead::read(200, &said), NOW, Duration::ZERO);
        step = exchange.step(Event::Looked(Some(copy)), now, &mut memory);
        assert_eq!(exchange.failure().unwrap().cause, Cause::Maintenance);
        assert!(step.wakes_at().is_none(), "nothing goes on behind it");
        match step {
            Step::Reply(reply) => reply.source,
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn work_that_is_learnt_of_on_the_way_ends_it() {
        for failed in [true, false] {
            assert!(matches!(shown(true, failed), Source::Copy(_)));
            let Source::Answer(failure) = shown(false, failed) else {
                unreachable!("{failed}")
            };
            assert_eq!(failure.cause, Cause::Maintenance);
        }
    }
}
