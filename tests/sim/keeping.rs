//! The host behind its replies: late answers, and what goes into the store.

use super::play::Host;
use super::visit::Stage;
use super::{Seen, Stored};
use lastgood::gateway::{self, End as Landed, Event, Step};
use lastgood::wire::Listed;
use std::rc::Rc;

impl<'w> Host<'w> {
    /// The attempt that goes on behind the reply has ended.
    pub(super) fn late(&mut self, visit: usize, number: u8) {
        let now = self.clock(visit);
        let it = &mut self.visits[visit];
        let running = it.take(number).expect("it ran");
        let event = it.event(&running, now);
        let response = it.response.clone();
        self.note(visit, Seen::Late(running.origin, running.end));
        let _ = self.tell_late(visit, event);
        if let (Event::Responded(..), Some((origin, status, fields))) = (event, response) {
            self.keep_if_due(visit, origin, status, &fields);
        }
        self.let_go(visit);
    }

    /// Looks in on the attempt that goes on behind a reply.
    pub(super) fn late_look(&mut self, visit: usize) {
        match self.tell_late(visit, Event::Woke).wakes_at() {
            Some(until) => {
                self.wait(visit, until);
                self.visits[visit].stage = Stage::Replied;
            }
            None => {
                self.note(visit, Seen::LateNoMore);
                self.let_go(visit);
            }
        }
    }

    fn tell_late(&mut self, visit: usize, event: Event) -> Step {
        let now = self.clock(visit);
        let exchange = self.visits[visit].exchange.as_mut();
        let exchange = exchange.expect("there is an exchange");
        exchange.step(event, now, &mut self.memory)
    }

    pub(super) fn keep_if_due(&mut self, visit: usize, origin: usize, status: u16, fields: &str) {
        let (now, it) = (self.clock(visit), &self.visits[visit]);
        let (listed, due) = (Listed::new(fields), &mut self.due);
        let equivalent = self
            .memory
            .origins
            .get(origin)
            .is_none_or(|it| it.equivalent);
        // Of a body in which an error is disguised no copy is made.
        let due = equivalent
            && !it.disguised
            && it.asked.with_head(|request| {
                let (url, policy) = (&it.url, &it.policy);
                gateway::is_keeping_due(request, url, status, &listed, policy, due, now)
            });
        let led = it.exchange.as_ref();
        let leads = led.is_some_and(|it| it.leads() && it.answered().is_some());
        let (asked, url) = (it.asked, it.url.clone());
        if due {
            self.note(visit, Seen::Keep);
            let stored = Stored {
                response: fields.to_owned(),
                selecting: asked.fields.clone(),
                at: now,
            };
            self.keep(&asked.path, stored);
            self.memory.land(&url, Some(Landed::Stored), now);
        } else if leads {
            self.memory.land(&url, Some(Landed::Uncacheable), now);
        }
    }

    pub(super) fn keep(&mut self, path: &'w str, stored: Stored) {
        let envelope = stored.envelope();
        self.store.insert(path, (envelope, Rc::new(stored)));
    }
}
