//! How a request ends, put into what the host has to do.

use super::exchange::Exchange;
use super::isolate::with_isolate;
use super::shown;
use super::time;
use super::told::{ANSWER, NOBODY, ORIGIN, RENEWED, Reply};
use crate::answer::{self, Asker, Form, Language, Matter};
use crate::copies::{self, Aged, Changes, Copy, ENVELOPE, Found};
use crate::gateway::{self, Shown, Source, Told};
use crate::policy::{Mode, Robots, TemplateSource};
use crate::retry::Random;
use crate::verdict::{Cause, Failure, Number, Outage};
use crate::wire::cache_status::Handling;
use crate::wire::{Demands, Fields, Listed, Method, Timestamp, cdn_loop, message, time::millis};
use alloc::{format, string::String, vec::Vec};
use core::mem;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
impl Exchange {
    /// After so many milliseconds the attempt behind the reply is looked in on; a
    /// negative number if none goes on.
    #[must_use]
    pub fn goes_on(&self, now: f64) -> i32 {
        let until = self.reply.and_then(|reply| reply.goes_on);
        until.map_or(-1, |until| {
            i32::try_from(millis(until.since(time(now)))).unwrap_or(i32::MAX)
        })
    }

    /// The reply, and the log line, none for a healthy request, as one text; how it is cut up
    /// is in `told.rs`.
    #[must_use]
    pub fn reply(&mut self, now: f64) -> String {
        let id = shown::id(&self.asked, self.seed);
        let mut reply = match self.source() {
            Source::Nobody => Reply::of(NOBODY, 499, Changes::default()),
            Source::Origin => Reply {
                outdates: self.outdates(),
                ..Reply::of(ORIGIN, self.status, self.passed(time(now)))
            },
            Source::Copy(aged) => self.copy(aged, &id),
            Source::Renewed => self.confirmed(),
            Source::Page => self.page(&id),
            Source::Answer(failure) => self.answer(failure, &id, time(now)),
            Source::Uncached => Reply::of(ANSWER, 504, uncached()),
        };
        let told = gateway::reply_changes(&self.exchange, self.source(), &self.asked, &self.policy);
        reply.changes.extend(&told);
        let log = self.log(&id, reply.status, time(now)).unwrap_or_default();
        if reply.source == ANSWER {
            self.body = mem::take(&mut reply.text);
        }
        reply.told(self.goes_on(now).into(), &log)
    }

    /// The body of an answer of our own, as it goes out: a string would be decoded and
    /// encoded again on its way.
    #[must_use]
    pub fn body(&mut self) -> Vec<u8> {
        mem::take(&mut self.body).into_bytes()
    }

    /// Whether the body of the origin's last response may say more than its status.
    #[must_use]
    pub fn asks_for_more(&self) -> bool {
        // An attempt after it may have failed without a response.
        let told = |failure: Failure| failure.status == Some(self.status) && self.status >= 500;
        matches!(self.source(), Source::Answer(failure) if told(failure))
    }

    /// Where a page of the operator's own is that this request is to be answered with:
    /// how many milliseconds it may take, and between spaces its URL, or the name of a
    /// binding and a path.
    #[must_use]
    pub fn template(&self) -> Option<String> {
        let template = self.policy.page.template.as_ref()?;
        // The page may lie behind us: whoever asks for it gets ours.
        let ours = with_isolate(|isolate| isolate.memory.origins.guards().loops.id.clone());
        let comes_from_us = cdn_loop::is_at_limit(self.asked.get("cdn-loop"), &ours, 1);
        let answers = matches!(self.source(), Source::Answer(_));
        let wanted = answers && !comes_from_us && Asker::read(&self.asked).form() == Form::Html;
        let wait = millis(template.wait);
        wanted.then(|| match &template.source {
            TemplateSource::Url(url) => format!("{wait} {url}"),
            TemplateSource::Assets { binding, path } => format!("{wait} {binding} {path}"),
        })
    }

    /// The paths of this site that the page of an answer links to; of which there is a
    /// copy, the host finds out.
    #[must_use]
    pub fn own_links(&self) -> Vec<String> {
        let answers = matches!(self.source(), Source::Answer(_));
        let wanted = answers && Asker::read(&self.asked).form() == Form::Html;
        let links = self.policy.page.links.iter();
        let own = links.filter(|link| wanted && link.is_own());
        own.map(|link| link.url.clone()).collect()
    }

    /// What lies in the store under one of them, by its envelope.
    pub fn found_there(&mut self, path: String, url: &str, envelope: &str, now: f64) {
        let now = time(now);
        let shows = |copy: Copy| {
            with_isolate(|isolate| {
                let copy = isolate.epochs.judge(url, copy);
                let policy = isolate.configuration.policy_for(message::path(url));
                copy.is_some_and(|it| it.showable(&Demands::default(), policy, now).is_some())
            })
        };
        if let Found::Copy(copy) = Found::under(envelope, url, &Listed::new(""))
            && shows(copy)
        {
            self.still_there.push(path);
        }
    }

    /// The text of that page.
    pub fn fill(&mut self, template: String) {
        self.template = Some(template);
    }

    /// How the body of the origin's error starts.
    pub fn told_more(&mut self, start: &[u8]) {
        self.number = Number::of_body(start);
    }

    /// The changes that make a page of what is stored, after the origin called it
    /// current; `answer` is all fields of what it said.
    #[must_use]
    pub fn renew(&self, answer: &str) -> String {
        copies::renew(self.stored.get(ENVELOPE), answer)
            .as_str()
            .into()
    }

    /// The changes to what is stored, if the answer to a HEAD, of which `answer` is
    /// all fields, says that it has to be changed.
    #[must_use]
    pub fn after_head(&self, answer: &str, now: f64) -> Option<String> {
        let copy = self.exchange.copy();
        let copy = copy.filter(|copy| (copy.status, self.status) == (200, 200) && self.may_keep());
        let envelope = self.stored.get(ENVELOPE);
        let changes = copies::after_head(envelope, answer, &copy?, time(now))?;
        Some(changes.as_str().into())
    }

    /// The status of the copy.
    #[must_use]
    pub fn stored_status(&self) -> u16 {
        self.exchange.copy().map_or(200, |copy| copy.status)
    }

    /// The log line about this request; none for a healthy one.
    fn log(&self, id: &str, status: u16, now: Timestamp) -> Option<String> {
        let told = Told {
            id,
            method: &self.method,
            path: message::path_and_query(&self.url),
            source: self.source(),
            status,
            took: now.since(self.started),
        };
        gateway::log_line(&(&self.exchange).into(), &told)
    }

    fn outdates(&self) -> bool {
        self.keeps_copies && copies::outdates(self.method(), self.status)
    }

    /// What is added to a response of the origin's: what copies had to do with it, and
    /// that an error is its own.
    fn passed(&self, now: Timestamp) -> Changes {
        let mut fields = match self.policy.mode {
            Mode::Cache => gateway::origin_fields(self.exchange.handling(now), self.status),
            Mode::Standby | Mode::Off => Changes::default(),
        };
        if self.exchange.failure().is_some() && !self.policy.observe {
            fields.extend(&gateway::error_fields(self.status));
        }
        fields
    }

    /// The copy, which the origin called current just now.
    fn confirmed(&self) -> Reply {
        let own = gateway::origin_fields(Handling::Stale, self.status);
        let envelope = self.stored.get(ENVELOPE);
        let known = copies::is_not_modified(envelope, &self.asked);
        let status = if known { 304 } else { self.stored_status() };
        Reply {
            with_body: gateway::has_body(self.method(), status),
            ..Reply::of(RENEWED, status, own)
        }
    }

    fn source(&self) -> Source {
        let lost = Source::Answer(Failure::without_answer(Cause::Network));
        self.reply.map_or(lost, |reply| reply.source)
    }

    fn answer(&self, failure: Failure, id: &str, now: Timestamp) -> Reply {
        let outage = self.outage(now);
        let retry_after = answer::retry_after(&failure, outage, &mut Random::new(self.seed));
        let still_there: Vec<&str> = self.still_there.iter().map(String::as_str).collect();
        let is_planned = failure.cause == Cause::Maintenance;
        let matter = Matter {
            failure,
            number: self.number.or_else(|| Number::of_status(failure.status?)),
            safe: self.method().is_safe(),
            url: message::path_and_query(&self.url),
            id,
            retry_after,
            language: Language::of(self.asked.get("accept-language")),
            outage,
            page: &self.policy.page,
            maintenance: self.policy.maintenance.as_ref().filter(|_| is_planned),
            still_there: &still_there,
            template: self.template.as_deref(),
            near: false,
        };
        let form = Asker::read(&self.asked).form();
        let answer = answer::compose(form, self.answer_status(&failure), &matter);
        let mut fields = answer.fields;
        fields.extend(&gateway::answer_fields(
            &failure,
            id,
            now.since(self.started),
        ));
        let reply = Reply::of(ANSWER, answer.status, fields);
        Reply {
            with_body: self.method() != Method::Head,
            text: answer.body,
            ..reply
        }
    }

    /// A crawler takes a missing `/robots.txt` for leave, and one that fails for a ban.
    fn answer_status(&self, failure: &Failure) -> u16 {
        let is_robots = message::path(&self.url) == "/robots.txt";
        match self.policy.robots {
            Robots::Missing if is_robots => 404,
            _ => answer::status(self.policy.answer_status, failure),
        }
    }

    /// A rehearsed outage is none.
    fn outage(&self, now: Timestamp) -> Outage {
        match &self.rehearsal {
            Some(_) => Outage::default(),
            None => with_isolate(|isolate| {
                let now = isolate.memory.time(now);
                isolate.memory.origins.outage(now)
            }),
        }
    }

    fn copy(&self, aged: Aged, id: &str) -> Reply {
        let failure = self.exchange.failure();
        let shown = self.shown(Some(aged));
        let tier = self.exchange.found_in();
        let own = gateway::copy_fields(aged, failure, tier, id);
        // What comes from far comes whole, and can be cut once it is here.
        let whole = self.method() != Method::Get || tier.is_some();
        match shown.slice().filter(|_| !whole) {
            None => {
                let notice = failure.is_some() && self.policy.notice;
                shown.whole(own, notice, &|| shown::language(&self.asked))
            }
            Some(slice) => shown.part(slice, own),
        }
        .into()
    }
}

impl Exchange {
    /// What is shown, of that age.
    fn shown(&self, aged: Option<Aged>) -> Shown<'_> {
        Shown {
            method: self.method(),
            asked: &self.asked,
            stored: match self.exchange.found_in() {
                Some(_) => &self.further,
                None => &self.stored,
            },
            status: aged.map_or(200, |_| self.stored_status()),
            age: aged.map(|aged| aged.age),
            offline: false,
        }
    }

    /// A page from a further tier.
    fn page(&self, id: &str) -> Reply {
        let lost = Failure::without_answer(Cause::Network);
        let failure = self.exchange.failure().unwrap_or(lost);
        let tier = self.exchange.found_in();
        let own = gateway::page_fields(&failure, tier, id);
        let speaks = || shown::language(&self.asked);
        let shown = self.shown(None);
        shown.foreign(own, self.policy.notice, &speaks).into()
    }
}

/// A client that wants a copy or nothing gets nothing (RFC 9111, 5.2.1.7).
fn uncached() -> Changes {
    let mut fields = Changes::default();
    fields.set("cache-control", "no-store");
    fields.set("cache-status", "lastgood; detail=only-if-cached");
    fields
}
