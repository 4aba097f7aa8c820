//! How a request ends, put into what the loop has to do.

use super::visit::Visit;
use super::with_worker;
use crate::answer::{self, Asker, Language, Matter};
use crate::browser::{flag, number, table, text, time, to_object};
use crate::copies::{Aged, Changes};
use crate::gateway::{self, Sent, Shown, Source, Told};
use crate::policy::Value;
use crate::retry::Random;
use crate::verdict::{Cause, Failure, Number};
use crate::wire::{Fields, Listed, Method, Timestamp, message};
use alloc::{format, string::String};
use wasm_bindgen::prelude::*;

/// Whose response goes out: nobody's, the last one of the network, the copy, or one of
/// our own.
const NOBODY: f64 = 0.0;
const NETWORK: f64 = 1.0;
const COPY: f64 = 2.0;
const ANSWER: f64 = 3.0;

/// A reply, for the loop to carry out.
struct Reply {
    source: f64,
    sent: Sent,
    /// The body of an answer.
    body: String,
}

#[wasm_bindgen]
impl Visit {
    /// The reply: `source`, `status`, `changes` (`name:value` sets a field, `name` removes
    /// it), `full` (whether a body goes out), `text` (of an answer, or the notice behind a
    /// copy), `slice` (the range that is cut out of the copy) and `line` for the log.
    #[must_use]
    pub fn reply(&mut self, now: f64) -> JsValue {
        let id = format!("{:016x}", Random::new(self.seed).draw());
        let now = time(now);
        let mut reply = match self.source() {
            Source::Nobody => Reply::of(NOBODY, 499, Changes::default()),
            Source::Origin | Source::Renewed => Reply::of(NETWORK, self.status, Changes::default()),
            Source::Copy(aged) => self.copy(aged, &id),
            Source::Answer(failure) => self.answer(failure, &id, now),
            Source::Page | Source::Uncached => Reply::of(ANSWER, 504, Changes::default()),
        };
        let asked = Listed::new(&self.asked);
        let told = gateway::reply_changes(&self.exchange, self.source(), &asked, &self.policy);
        // The network's own response stays as it is, but for who asks about it.
        if !matches!(self.source(), Source::Origin) || asked.has("lastgood-probe") {
            reply.sent.changes.extend(&told);
        }
        let line = self.log(&id, reply.sent.status, now).unwrap_or_default();
        reply.told(&line)
    }
}

impl Visit {
    fn source(&self) -> Source {
        let lost = Source::Answer(Failure::without_answer(Cause::Network));
        self.reply.map_or(lost, |reply| reply.source)
    }

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

    fn copy(&self, aged: Aged, id: &str) -> Reply {
        let failure = self.exchange.failure();
        let (asked, stored) = (Listed::new(&self.asked), Listed::new(&self.stored));
        let shown = Shown {
            method: self.method(),
            asked: &asked,
            stored: &stored,
            status: self.exchange.copy().map_or(200, |copy| copy.status),
            age: Some(aged.age),
            offline: self.offline,
        };
        let own = gateway::copy_fields(aged, failure, None, id);
        let slice = shown.slice().filter(|_| self.method() == Method::Get);
        let notice = failure.is_some() && self.policy.notice;
        let sent = match slice {
            Some(slice) => shown.part(slice, own),
            None => shown.whole(own, notice, &language),
        };
        Reply {
            source: COPY,
            sent,
            body: String::new(),
        }
    }

    fn answer(&self, failure: Failure, id: &str, now: Timestamp) -> Reply {
        let outage = with_worker(|it| {
            let now = it.memory.time(now);
            it.memory.origins.outage(now)
        });
        let matter = Matter {
            failure,
            number: failure.status.and_then(Number::of_status),
            safe: true,
            url: message::path_and_query(&self.url),
            id,
            retry_after: answer::retry_after(&failure, outage, &mut Random::new(self.seed)),
            language: language(),
            outage,
            page: &self.policy.page,
            maintenance: None,
            still_there: &[],
            template: None,
            near: true,
        };
        let asked = Listed::new(&self.asked);
        let form = Asker::read(&asked).form();
        let status = answer::status(self.policy.answer_status, &failure);
        let answer = answer::compose(form, status, &matter);
        let mut fields = answer.fields;
        let took = now.since(self.started);
        fields.extend(&gateway::answer_fields(&failure, id, took));
        let mut reply = Reply::of(ANSWER, answer.status, fields);
        reply.sent.with_body = self.method() != Method::Head;
        reply.body = answer.body;
        reply
    }
}

impl Reply {
    const fn of(source: f64, status: u16, changes: Changes) -> Self {
        Self {
            source,
            sent: Sent {
                status,
                changes,
                with_body: false,
                notice: None,
                slice: String::new(),
            },
            body: String::new(),
        }
    }

    fn told(self, line: &str) -> JsValue {
        let Sent {
            status,
            changes,
            with_body,
            notice,
            slice,
        } = self.sent;
        to_object(&table([
            ("source", number(self.source)),
            ("status", number(status.into())),
            ("changes", text(changes.as_str())),
            ("full", flag(with_body)),
            ("text", Value::Text(notice.unwrap_or(self.body))),
            ("slice", Value::Text(slice)),
            ("line", text(line)),
        ]))
    }
}

/// The language that is spoken.
fn language() -> &'static Language {
    with_worker(|it| it.language)
}
