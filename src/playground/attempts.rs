//! Attempts in the hands of the simulated host: how they begin and end, and what is told
//! of it.

use super::day::{Day, What};
use super::telling::{self, Ended, Kind};
use super::visit::{Stage, Visit};
use crate::gateway::{Attempt, Event, Step};
use crate::wire::Method;
use alloc::string::String;
use core::mem;

impl Day<'_> {
    pub(super) fn begin(&mut self, visit: &mut Visit, attempt: Attempt) -> Step {
        if !attempt.beside {
            self.give_up(visit);
        }
        let Attempt { number, origin, .. } = attempt;
        let (now, scenario) = (self.now, self.scenario);
        let does = scenario.does(origin, now, attempt.conditional, &mut self.chance);
        if let Some((after, _)) = &does {
            let at = now.saturating_add(*after);
            self.plan(visit.index, at, What::Ends(number));
        }
        visit.begins(attempt, does.map(|(_, end)| end), now);
        let text = telling::begins(&attempt, &self.name(origin), visit);
        self.note_attempt(visit, Kind::Begins, (origin, number), text);
        self.tell(visit, Event::Begun)
    }

    /// Lets go of all that runs.
    pub(super) fn give_up(&mut self, visit: &mut Visit) {
        let now = self.now;
        for running in mem::take(&mut visit.running) {
            if let Some(made) = visit.made(running.number)
                && made.until.is_none()
            {
                (made.until, made.given_up) = (Some(now), true);
            }
        }
    }

    /// An attempt ends by itself.
    pub(super) fn ends(&mut self, visit: &mut Visit, number: u8) {
        let now = self.now;
        let Some(running) = visit.running.iter_mut().find(|it| it.number == number) else {
            return;
        };
        running.over = true;
        let status = running.end.as_ref().and_then(|end| end.status);
        if let Some(made) = visit.made(number) {
            (made.until, made.status) = (Some(now), status);
        }
        match visit.stage {
            Stage::Absent => {}
            Stage::Waiting => {
                let step = self.deliver(visit, number);
                self.act(visit, step);
            }
            Stage::Replied => self.late(visit, number),
        }
    }

    /// Tells the exchange of an attempt that is over.
    pub(super) fn deliver(&mut self, visit: &mut Visit, number: u8) -> Step {
        self.hand_over(visit, number, Kind::Ends)
    }

    fn hand_over(&mut self, visit: &mut Visit, number: u8, kind: Kind) -> Step {
        let now = self.clock();
        let Some(running) = visit.take(number) else {
            return self.tell(visit, Event::Woke);
        };
        let (origin, end) = (running.origin, running.end.clone());
        let method = Method::parse(&self.scenario.asked.method);
        let event = visit.event(running, method, now);
        let place = self.notes.len();
        self.note_attempt(visit, kind, (origin, number), String::new());
        let step = self.tell(visit, event);
        let failure = telling::failure(&visit.policy, end.as_ref(), now);
        if let Some(made) = visit.made(number) {
            made.failure = made.failure.or(failure);
        }
        let text = telling::ended(&Ended {
            name: &self.name(origin),
            end: end.as_ref(),
            failure,
            late: kind == Kind::Late,
            safe: method.is_safe(),
        });
        if let Some(note) = self.notes.get_mut(place) {
            note.text = text;
        }
        step
    }

    pub(super) fn wakes(&mut self, visit: &mut Visit) {
        let tried = visit.tried();
        let step = self.tell(visit, Event::Woke);
        self.tell_of_silence(visit, tried);
        self.act(visit, step);
    }

    /// An attempt was given up, as it took too long.
    fn tell_of_silence(&mut self, visit: &mut Visit, tried: usize) {
        let exchange = visit.exchange.as_ref();
        let latest = exchange.and_then(|it| it.trail().get(tried..)?.last().copied());
        let Some(it) = latest else { return };
        let attempts = visit.attempts.iter_mut().rev();
        let mut its = attempts.filter(|made| made.origin == it.origin && made.until.is_none());
        let Some(made) = its.next() else { return };
        (made.until, made.failure) = (Some(self.now), it.failure);
        let number = made.number;
        visit.take(number);
        let told = Ended {
            name: &self.name(it.origin),
            end: None,
            failure: it.failure,
            late: false,
            safe: Method::parse(&self.scenario.asked.method).is_safe(),
        };
        let text = telling::silent(&told, it.took);
        let of = (it.origin, number);
        self.note_attempt(visit, Kind::Ends, of, text);
    }

    /// The attempt that goes on behind the reply has ended.
    fn late(&mut self, visit: &mut Visit, number: u8) {
        let _ = self.hand_over(visit, number, Kind::Late);
        if visit
            .attempts
            .last()
            .is_some_and(|made| made.status.is_some())
        {
            let renewed = visit.exchange.as_ref().is_some_and(|it| it.is_renewed());
            self.keep_response(visit, renewed);
        }
        self.let_go(visit);
    }

    /// Looks in on the attempt that goes on behind a reply.
    pub(super) fn late_look(&mut self, visit: &mut Visit) {
        match self.tell(visit, Event::Woke).wakes_at() {
            Some(until) => self.set_timer(visit, until),
            None => {
                self.note(visit, Kind::Late, telling::LATE_NO_MORE.into());
                self.let_go(visit);
            }
        }
    }
}

impl Visit {
    /// How many attempts the exchange is through with.
    fn tried(&self) -> usize {
        self.exchange.as_ref().map_or(0, |it| it.trail().len())
    }
}
