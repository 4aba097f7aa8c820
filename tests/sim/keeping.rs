//! The host and its store: what it finds there, and what it puts there behind its
//! replies.

use super::play::Host;
use super::visit::Stage;
use super::{Seen, Stored, applied, law, varied};
use lastgood::copies::{self, Aside, Copy, Found};
use lastgood::gateway::{self, End as Landed, Event, Reply, Restraint, Source, StandIn, Step};
use lastgood::policy::Mode;
use lastgood::wire::{Fields, Listed, Method, ResponseHead, Timestamp};
use std::rc::Rc;

/// What lies in one place: its envelope, and what that was made of.
pub(super) type Kept = (String, Rc<Stored>);

impl Host<'_> {
    /// The look for a copy is over.
    pub(super) fn found(&mut self, visit: usize) {
        let kept = self.look(visit);
        let copy = kept.as_ref().map(|(copy, _)| *copy);
        let kept = kept.map(|(_, kept)| kept);
        let stored = kept.as_ref().map(|(_, stored)| Rc::clone(stored));
        self.note(visit, Seen::Found(stored));
        self.visits[visit].found = kept;
        let stands_in = std::mem::take(&mut self.visits[visit].stands_in);
        let expected = stands_in.then(|| self.stand_in(visit, copy?));
        let step = self.tell(visit, Event::Looked(copy));
        if let Some(expected) = expected {
            self.check_stand_in(visit, expected, step);
        }
        self.act(visit, step);
    }

    /// What a host that needs no exchange for it would show.
    fn stand_in(&mut self, visit: usize, copy: Copy) -> Option<StandIn> {
        let (it, now) = (&self.visits[visit], self.clock(visit));
        let (policy, memory) = (&it.policy, &mut self.memory);
        it.asked
            .with_head(|head| StandIn::find(head, &it.url, &copy, policy, memory, now))
    }

    /// An exchange comes to the same, unless others came since it began, in the same
    /// moment, and the origin has more to do now.
    fn check_stand_in(&self, visit: usize, expected: Option<StandIn>, step: Step) {
        let exchange = self.visits[visit].exchange.as_deref();
        let exchange = exchange.expect("there is an exchange");
        let full = |it: &StandIn| it.restraint == Restraint::Full;
        if expected.as_ref().is_some_and(full) && exchange.restraint() != Some(Restraint::Full) {
            return;
        }
        let found = match step {
            Step::Reply(Reply {
                source: Source::Copy(aged),
                goes_on: None,
            }) => exchange
                .restraint()
                .zip(exchange.failure())
                .map(|(restraint, failure)| StandIn {
                    aged,
                    restraint,
                    failure,
                }),
            _ => None,
        };
        assert_eq!(found, expected, "request {visit}");
    }

    /// Looks as the edge does: at what lies beside the page, if that is of use, else
    /// at the page, or at the variant of it that is for this request.
    pub(super) fn look(&self, visit: usize) -> Option<(Copy, Kept)> {
        let (it, now) = (&self.visits[visit], self.clock(visit));
        let asked = Listed::new(&it.asked.fields);
        let open = |place: &str| {
            let kept = self.store.get(place)?.clone();
            Some((Copy::open(&kept.0, &asked)?, kept))
        };
        let ranged = law::field(&it.asked.fields, "range").is_some();
        let is_known = |aside: &Aside| {
            (*aside == Aside::Error || ranged) && self.asides.is_known(*aside, &it.url, now)
        };
        let mut known = [Aside::Part, Aside::Error].into_iter().filter(is_known);
        let known = known.next().filter(|_| it.policy.mode == Mode::Cache);
        let aside = known.and_then(|aside| {
            let (copy, kept) = open(&copies::of_aside(&it.url, aside))?;
            let fits = || copies::slice(&kept.0, &asked).is_some();
            let of_use = it
                .exchange
                .as_ref()
                .is_some_and(|exchange| exchange.takes(&copy, now))
                && (aside == Aside::Error || fits());
            of_use.then_some((copy, kept))
        });
        let page = self.store.get(&it.url);
        let found = page.map(|(page, _)| Found::under(page, &it.url, &asked));
        let place = match found {
            Some(Found::Variant(place)) => place,
            _ => it.url.clone(),
        };
        aside.or_else(|| open(&place))
    }

    /// The attempt that goes on behind the reply has ended.
    pub(super) fn late(&mut self, visit: usize, number: u8) {
        let now = self.clock(visit);
        let it = &mut self.visits[visit];
        let running = it.take(number).expect("it ran");
        let event = it.event(&running, now);
        self.note(visit, Seen::Late(running.origin, running.end));
        let _ = self.tell_late(visit, event);
        if matches!(event, Event::Responded(..)) {
            let renewed = self.visits[visit].exchange.as_ref();
            let renewed = renewed.is_some_and(|it| it.is_renewed());
            self.keep_response(visit, renewed);
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

    /// Keeps the last response of an origin; if that said no more than that the copy
    /// is current, the copy, with what it said.
    pub(super) fn keep_response(&mut self, visit: usize, renewed: bool) {
        let it = &self.visits[visit];
        let Some((origin, status, fields)) = it.response.clone() else {
            return;
        };
        match it.found.clone().filter(|_| renewed) {
            Some((envelope, stored)) => {
                let changes = copies::renew(&envelope, &fields);
                let page = applied(&stored.sealed(""), changes.as_str());
                self.keep_if_due(visit, origin, stored.status, &page);
            }
            None => self.keep_if_due(visit, origin, status, &fields),
        }
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
                let varied = varied(&it.asked.fields, fields);
                let head = ResponseHead {
                    arrived: Some(now),
                    ..ResponseHead::read(status, &listed)
                };
                gateway::is_keeping_due(request, &head, &listed, &varied, &it.policy, due, now)
            });
        if due {
            self.land_copy(visit, status, fields, now);
        } else {
            self.not_kept(visit, status, now);
        }
    }

    fn land_copy(&mut self, visit: usize, status: u16, fields: &str, now: Timestamp) {
        self.note(visit, Seen::Keep(status, fields.into()));
        let it = &self.visits[visit];
        let (url, waited) = (it.url.clone(), now.since(it.started));
        let stored = Stored {
            status,
            response: fields.to_owned(),
            selecting: it.asked.fields.clone(),
            at: now,
            waited: u64::try_from(waited.as_millis()).unwrap_or(u64::MAX),
        };
        self.keep(&url, stored, now);
        self.due.landed(&url);
        self.memory.land(&url, Some(Landed::Stored), now);
    }

    /// Those who wait learn that it is not for keeping; but one who has a page
    /// already knows nothing of what others would get.
    fn not_kept(&mut self, visit: usize, status: u16, now: Timestamp) {
        let it = &self.visits[visit];
        if it.leads && it.exchange.is_none() {
            return gateway::not_kept(&it.url, status, &mut self.memory, now);
        }
        let led = it.exchange.as_ref();
        if !led.is_some_and(|it| it.leads() && it.answered().is_some()) {
            return;
        }
        let conditions = ["if-none-match", "if-modified-since", "range"];
        let has = |name: &&str| law::field(&it.asked.fields, name).is_some();
        let partial = status == 304 || conditions.iter().any(has);
        let (url, end) = (it.url.clone(), (!partial).then_some(Landed::Uncacheable));
        self.memory.land(&url, end, now);
    }

    /// Removes the copies that an answer makes old, before it goes out.
    pub(super) fn outdate(&mut self, visit: usize, status: u16) {
        let it = &self.visits[visit];
        let method = Method::parse(&it.asked.method);
        if it.policy.mode == Mode::Off || !copies::outdates(method, status) {
            return;
        }
        let url = it.url.clone();
        self.asides.forget(&url);
        self.due.release(&url);
        if self.store.remove(&url).is_some() {
            self.note(visit, Seen::Outdated);
        }
    }

    /// Puts something into its place.
    pub(super) fn keep(&mut self, url: &str, stored: Stored, now: Timestamp) {
        let listed = Listed::new(&stored.response);
        let vary = listed.get("vary");
        let page = self.store.get(url).filter(|_| !vary.is_empty());
        let page = page.map_or(String::new(), |(page, _)| page.clone());
        let place = match Aside::of(stored.status) {
            Some(aside) => {
                let head = ResponseHead::read(stored.status, &listed);
                let lifetime = copies::lifetime(&head);
                self.asides.note(aside, url, lifetime, now);
                Some(copies::of_aside(url, aside))
            }
            None => {
                self.asides.forget(url);
                let asked = Listed::new(&stored.selecting);
                copies::for_response(url, vary, &page, &asked)
            }
        };
        let sealed = stored.sealed(&page);
        let envelope = Listed::new(&sealed).get(copies::ENVELOPE).to_owned();
        let place = place.unwrap_or_else(|| url.to_owned());
        self.store.insert(place, (envelope, Rc::new(stored)));
    }
}
