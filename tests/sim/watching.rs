//! The host's quick way: the first attempt runs by itself, and an exchange begins
//! only if that was not good, or not in time.

use super::play::Host;
use super::visit::{Running, Stage};
use super::{End, Seen};
use lastgood::gateway::{self, Attempt, First, FirstResponse};
use lastgood::wire::{Listed, Method};
use std::{rc::Rc, time::Duration};

impl Host<'_> {
    /// The first attempt runs by itself.
    pub(super) fn watch(&mut self, visit: usize, origin: usize, patience: Duration) {
        self.note(visit, Seen::Asked(origin, patience));
        self.visits[visit].stage = Stage::Watched;
        let first = Attempt {
            number: 1,
            origin,
            beside: false,
            conditional: false,
        };
        self.ask(visit, first);
        let patience = u64::try_from(patience.as_millis()).unwrap_or(u64::MAX);
        self.set_timer(visit, patience);
    }

    /// The first answer, while it was watched.
    pub(super) fn first_ended(&mut self, visit: usize) {
        let now = self.clock(visit);
        let it = &mut self.visits[visit];
        let Running { origin, end, .. } = it.running[0].clone();
        it.disguised = matches!(end, End::Disguised(_));
        let (status, fields) = match &end {
            End::Failure(_) => return self.start(visit, Some(origin)),
            End::Response(status, fields) => (*status, Rc::clone(fields)),
            End::Disguised(fields) => (200, Rc::clone(fields)),
        };
        let first = FirstResponse {
            method: Method::parse(&it.asked.method),
            url: &it.url,
            origin,
            asked: it.started,
            status,
            varied: Listed::new(&it.asked.fields),
        };
        let (listed, policy) = (Listed::new(&fields), &it.policy);
        let memory = &mut self.memory;
        match gateway::on_first_response(&first, &listed, policy, &self.due, memory, now) {
            First::Failed => self.start(visit, Some(origin)),
            First::PassAndOutdate => {
                self.outdate(visit, status);
                self.passed(visit, origin, end);
            }
            First::Pass | First::PassAndWatch => self.passed(visit, origin, end),
            First::PassAndKeep => {
                self.passed(visit, origin, end);
                self.keep_if_due(visit, origin, status, &fields);
            }
        }
    }

    fn passed(&mut self, visit: usize, origin: usize, end: End) {
        self.note(visit, Seen::Ended { origin, end });
        self.note(visit, Seen::Passed);
        self.visits[visit].stage = Stage::Absent;
    }
}
