//! The simulated store: what is found there, and what is put there behind replies.

use super::day::Day;
use super::origin::{Content, End};
use super::telling::{self, Kind};
use super::visit::Visit;
use crate::copies::{self, Aside, Copy, ENVELOPE, Found, Kept};
use crate::gateway::{self, End as Landed};
use crate::policy::Mode;
use crate::wire::{Fields, Listed, Method, ResponseHead, Timestamp};
use alloc::{rc::Rc, string::String, vec::Vec};
use core::time::Duration;

/// A response as it lies in the store.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) status: u16,
    /// `name:value`, one per line, the envelope among them.
    pub(super) fields: String,
}

impl Stored {
    pub(super) fn envelope(&self) -> &str {
        // `Listed` borrows from itself.
        let mut lines = self.fields.lines();
        let line = lines.find_map(|line| line.strip_prefix(ENVELOPE)?.strip_prefix(':'));
        line.unwrap_or_default()
    }

    /// Seals an answer that arrived at this time, after so long.
    fn sealed(end: &End, asked: &str, arrived: Timestamp, waited: Duration) -> Self {
        let status = end.status.unwrap_or(200);
        let response = Listed::new(&end.fields);
        let changes = copies::seal(&Kept {
            given: None,
            status,
            response: &response,
            request: &Listed::new(asked),
            arrived,
            waited,
            length: u64::try_from(end.body.text().len()).unwrap_or_default(),
            page: "",
            document: copies::is_document(end.body.text().as_bytes()),
        });
        Self {
            status,
            fields: applied(&end.fields, changes.as_str()),
        }
    }
}

impl Day<'_> {
    /// Puts the copy into the store that there is at first.
    pub(super) fn stock(&mut self) {
        let Some(age) = self.scenario.copy else {
            return;
        };
        let end = self.scenario.page(Content::Page);
        let asked = &self.scenario.asked;
        let arrived = self.clock().before(age);
        let stored = Stored::sealed(&end, &asked.fields, arrived, Duration::ZERO);
        self.store.insert(asked.url.clone(), Rc::new(stored));
    }

    /// Looks as the edge does: at an error beside the page, if that is of use, else at
    /// the page.
    pub(super) fn look(&self, visit: &Visit) -> Option<(Copy, Rc<Stored>)> {
        let (url, now) = (&self.scenario.asked.url, self.clock());
        let asked = Listed::new(&self.scenario.asked.fields);
        let open = |place: &str| {
            let stored = self.store.get(place)?;
            match Found::under(stored.envelope(), url, &asked) {
                Found::Copy(copy) => Some((copy, Rc::clone(stored))),
                Found::Nothing | Found::Variant(_) => None,
            }
        };
        let cached = visit.policy.mode == Mode::Cache;
        let known = cached && self.asides.is_known(Aside::Error, url, now);
        let place = copies::of_aside(url, Aside::Error);
        let aside = if known { open(&place) } else { None };
        let taken = |copy: &Copy| {
            let exchange = visit.exchange.as_ref();
            exchange.is_some_and(|it| it.takes(copy, now))
        };
        aside.filter(|(copy, _)| taken(copy)).or_else(|| open(url))
    }

    /// Keeps what an origin answered last; if that said no more than that the copy is
    /// current, the copy, with what it said.
    pub(super) fn keep_response(&mut self, visit: &mut Visit, renewed: bool) {
        let Some((origin, end)) = visit.response.clone() else {
            return;
        };
        match visit.found.clone().filter(|_| renewed) {
            Some(stored) => {
                let changes = copies::renew(stored.envelope(), &end.fields);
                let renewed = End {
                    status: Some(stored.status),
                    fields: applied(&stored.fields, changes.as_str()).as_str().into(),
                    body: Content::Page,
                };
                self.keep_if_due(visit, origin, &renewed);
            }
            None => self.keep_if_due(visit, origin, &end),
        }
    }

    fn keep_if_due(&mut self, visit: &mut Visit, origin: usize, end: &End) {
        let (now, status) = (self.clock(), end.status.unwrap_or(200));
        let listed = Listed::new(&end.fields);
        let head = ResponseHead {
            arrived: Some(now),
            ..ResponseHead::read(status, &listed)
        };
        let Day {
            scenario,
            memory,
            due,
            ..
        } = self;
        let like_others = memory.origins.get(origin).is_none_or(|it| it.equivalent);
        let varied = varied(&scenario.asked.fields, &end.fields);
        let is_due = like_others
            && visit.is_usual
            && scenario.asked.with_head(|request| {
                gateway::is_keeping_due(request, &head, &listed, &varied, &visit.policy, due, now)
            });
        let method = Method::parse(&scenario.asked.method);
        let watched = !is_due
            && end.body == Content::Cut
            && gateway::is_watched(method, &listed, &visit.policy, memory, now);
        match end.body {
            Content::Cut if is_due || watched => self.broke_off(visit, end),
            _ if !is_due => self.not_kept(visit, status),
            body => {
                let text = body.text();
                let length = u64::try_from(text.len()).unwrap_or_default();
                let kept = copies::may_keep_body(head.content_type, length, text.as_bytes());
                match kept {
                    Ok(()) => self.land_copy(visit, end, &head),
                    Err(_) => {
                        self.note(visit, Kind::NotKept, telling::NOT_KEPT_DISGUISED.into());
                        self.memory
                            .land(&self.scenario.asked.url, Some(Landed::Uncacheable), now);
                    }
                }
            }
        }
        if !is_due {
            self.tell_refusal(visit, &head);
        }
    }

    /// Why there is no copy, once.
    fn tell_refusal(&mut self, visit: &mut Visit, head: &ResponseHead<'_>) {
        if self.told_refusal || visit.policy.mode == Mode::Off {
            return;
        }
        let refused = self
            .scenario
            .asked
            .with_head(|request| copies::may_keep(request, head, &visit.policy));
        if let Err(refusal) = refused
            && let Some(text) = telling::refusal(refusal)
        {
            self.told_refusal = true;
            self.note(visit, Kind::NotKept, text.into());
        }
    }

    /// The body of an answer broke off, and somebody noticed.
    fn broke_off(&mut self, visit: &mut Visit, end: &End) {
        let now = self.clock();
        let url = &self.scenario.asked.url;
        self.memory.broke_off(now);
        let listed = Listed::new(&end.fields);
        let varied = varied(&self.scenario.asked.fields, &end.fields);
        self.due.lost(url, &listed, &varied);
        self.due.landed(url);
        self.memory.land(url, None, now);
        self.note(visit, Kind::NotKept, telling::BROKE_OFF.into());
    }

    fn land_copy(&mut self, visit: &mut Visit, end: &End, head: &ResponseHead<'_>) {
        let (now, asked) = (self.clock(), &self.scenario.asked);
        let waited = now.since(visit.started);
        let mut stored = Stored::sealed(end, &asked.fields, now, waited);
        let url = asked.url.clone();
        let place = match Aside::of(stored.status) {
            Some(aside) => {
                let given = copies::remembered(head, &visit.policy);
                let lifetime = given.unwrap_or_else(|| copies::lifetime(head));
                self.asides.note(aside, &url, lifetime, now);
                copies::of_aside(&url, aside)
            }
            None => {
                self.asides.forget(&url);
                url.clone()
            }
        };
        stored.status = end.status.unwrap_or(200);
        let text = telling::kept(stored.status, head, &visit.policy);
        self.store.insert(place, Rc::new(stored));
        self.due.landed(&url);
        self.memory.land(&url, Some(Landed::Stored), now);
        self.note(visit, Kind::Kept, text);
    }

    /// Those who wait learn that it is not for keeping.
    fn not_kept(&mut self, visit: &Visit, status: u16) {
        let led = visit.exchange.as_ref();
        if !led.is_some_and(|it| it.leads() && it.answered().is_some()) {
            return;
        }
        let now = self.clock();
        let asked = Listed::new(&self.scenario.asked.fields);
        let conditions = ["if-none-match", "if-modified-since", "range"];
        let partial = status == 304 || conditions.iter().any(|name| asked.has(name));
        let end = (!partial).then_some(Landed::Uncacheable);
        self.memory.land(&self.scenario.asked.url, end, now);
    }

    /// Removes the copy that an answer makes old, before it goes out.
    pub(super) fn outdate(&mut self, visit: &mut Visit, status: u16) {
        let method = Method::parse(&self.scenario.asked.method);
        if visit.policy.mode == Mode::Off || !copies::outdates(method, status) {
            return;
        }
        let url = self.scenario.asked.url.clone();
        self.asides.forget(&url);
        self.due.release(&url);
        if self.store.remove(&url).is_some() {
            self.note(visit, Kind::NotKept, telling::OUTDATED.into());
        }
    }
}

/// Those fields of a request that the `Vary` of a response names.
fn varied(asked: &str, response: &str) -> String {
    let vary = Listed::new(response).get("vary").to_ascii_lowercase();
    let named = |line: &&str| {
        let name = line.split(':').next();
        name.is_some_and(|name| vary.split(',').any(|it| it.trim_ascii() == name))
    };
    let lines: Vec<&str> = asked.lines().filter(named).collect();
    lines.join("\n")
}

/// Carries out changes to fields, as a host does.
pub(super) fn applied(fields: &str, changes: &str) -> String {
    let mut lines: Vec<&str> = fields.lines().filter(|line| !line.is_empty()).collect();
    for change in changes.lines().filter(|change| !change.is_empty()) {
        let (name, sets) = match change.split_once(':') {
            Some((name, _)) => (name, true),
            None => (change, false),
        };
        lines.retain(|line| line.split(':').next() != Some(name));
        if sets {
            lines.push(change);
        }
    }
    let mut written = lines.join("\n");
    written.push('\n');
    written
}
