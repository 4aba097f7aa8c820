//! The host's quick way: the first attempt runs by itself, and an exchange begins
//! only if that was not good, or not in time.

use super::play::Host;
use super::visit::{Running, Stage};
use super::{End, Seen, varied};
use lastgood::copies::Aside;
use lastgood::gateway::{self, Attempt, First, FirstResponse, Opening};
use lastgood::wire::{Listed, Method, RequestHead};
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

    /// Looks for a copy before there is an exchange.
    pub(super) fn look_first(&mut self, visit: usize) {
        let (it, now) = (&self.visits[visit], self.clock(visit));
        let beside = self.asides.is_known(Aside::Error, &it.url, now);
        if beside || self.look(visit).is_some() {
            return self.start(visit, None);
        }
        self.note(visit, Seen::Found(None));
        let it = &self.visits[visit];
        let (url, policy, memory) = (&it.url, &it.policy, &mut self.memory);
        let missed = |head: &RequestHead<'_>| gateway::missed(head, url, policy, memory, now);
        match it.asked.with_head(missed) {
            opening @ (Opening::Ask(origin, patience) | Opening::Lead(origin, patience)) => {
                self.visits[visit].missed = true;
                self.visits[visit].leads = matches!(opening, Opening::Lead(..));
                self.watch(visit, origin, patience);
            }
            _ => self.start(visit, None),
        }
    }

    /// The answer to a request of which there is no copy, while it was watched.
    fn fetched(&mut self, visit: usize, first: &FirstResponse<'_>, (end, fields): (End, &str)) {
        let now = self.clock(visit);
        let policy = Rc::clone(&self.visits[visit].policy);
        let (origin, status) = (first.origin, first.status);
        if gateway::fetched(first, &policy, &mut self.memory, now).is_none() {
            return self.start(visit, Some(origin));
        }
        self.passed(visit, origin, end);
        self.keep_if_due(visit, origin, status, fields);
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
        let (asked, url) = (it.asked, it.url.clone());
        let first = FirstResponse {
            method: Method::parse(&asked.method),
            url: &url,
            origin,
            asked: it.started,
            status,
            varied: &varied(&asked.fields, &fields),
        };
        if it.missed {
            return self.fetched(visit, &first, (end, &fields));
        }
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
