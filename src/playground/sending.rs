//! What goes out, composed as at the edge.

use super::day::Day;
use super::keeping::applied;
use super::origin::Content;
use super::replying::Sending;
use super::telling::Kind;
use super::visit::{Outcome, Visit};
use crate::answer::{self, Asker, Language, Matter};
use crate::copies::{self, Changes};
use crate::gateway::{self, Reply, Source, Told};
use crate::policy::{Mode, Robots};
use crate::retry::{Random, Repeatability};
use crate::verdict::{Cause, Failure, Number};
use crate::wire::{Fields, Listed, Method, Timestamp, cache_status::Handling, message};
use alloc::{format, string::String};

/// What is sent: status, fields, body.
type Sent = (u16, String, String);

impl Day<'_> {
    /// Sends the reply, and tells of it.
    pub(super) fn sends(&mut self, visit: &mut Visit, reply: Reply) {
        let now = self.clock();
        let (status, mut fields, body) = self.sent(visit, reply, now);
        let asked = &self.scenario.asked;
        let listed = Listed::new(&asked.fields);
        if let Some(exchange) = visit.exchange.as_ref() {
            let more = gateway::reply_changes(exchange, reply.source, &listed, &visit.policy);
            fields = applied(&fields, more.as_str());
        }
        let repeat = asked.with_head(|head| Repeatability::of(head, &visit.policy));
        let answered = visit.response.as_ref().map(|(origin, _)| *origin);
        let text = Sending {
            visit,
            reply,
            status,
            repeat,
            fields: &Listed::new(&fields),
            name: &self.name(answered.unwrap_or_default()),
            now,
        }
        .told();
        let exchange = visit.exchange.as_ref();
        let told = Told {
            id: &self.id(visit),
            method: &asked.method,
            path: message::path_and_query(&asked.url),
            source: reply.source,
            status,
            took: now.since(visit.started),
        };
        let content = match (reply.source, &visit.response) {
            (Source::Origin, Some((_, end))) => end.body,
            _ => Content::Page,
        };
        visit.until = self.now;
        visit.outcome = Some(Outcome {
            reply,
            status,
            fields: visible(&fields),
            body,
            log: exchange.and_then(|it| gateway::log_line(&(&**it).into(), &told)),
            content,
            text: text.clone(),
            failure: exchange.and_then(|it| it.failure()),
            why: exchange.and_then(|it| it.restraint()).map(|it| it.name()),
        });
        self.note(visit, Kind::Reply, text);
    }

    fn id(&self, visit: &Visit) -> String {
        let index = u64::try_from(visit.index).unwrap_or_default();
        let seed = self.scenario.seed.wrapping_add(index);
        format!("{:016x}", Random::new(seed).draw())
    }

    fn sent(&mut self, visit: &Visit, reply: Reply, now: Timestamp) -> Sent {
        let id = self.id(visit);
        let found = visit.found.as_ref();
        let stored = found.map_or("", |stored| &stored.fields);
        let envelope = found.map_or("", |stored| stored.envelope());
        let exchange = visit.exchange.as_ref();
        let failure = exchange.and_then(|it| it.failure());
        let restored = |own: &Changes| {
            let changes = copies::restore(envelope, own);
            applied(stored, changes.as_str())
        };
        let status = found.map_or(200, |stored| stored.status);
        match reply.source {
            Source::Nobody => (499, String::new(), String::new()),
            Source::Uncached => (504, String::new(), String::new()),
            Source::Page => (200, String::new(), String::new()),
            Source::Copy(aged) => {
                let own = gateway::copy_fields(aged, failure, None, &id);
                (status, restored(&own), String::new())
            }
            Source::Renewed => {
                let own = gateway::origin_fields(Handling::Stale, status);
                (status, restored(&own), String::new())
            }
            Source::Origin => {
                let end = visit.response.as_ref().map(|(_, end)| end.clone());
                let status = end.as_ref().and_then(|end| end.status).unwrap_or(200);
                let mut own = match (visit.policy.mode, exchange) {
                    (Mode::Cache, Some(it)) => gateway::origin_fields(it.handling(now), status),
                    _ => Changes::default(),
                };
                if failure.is_some() && !visit.policy.observe {
                    own.extend(&gateway::error_fields(status));
                }
                let fields = end.map_or_else(|| "".into(), |end| end.fields);
                (status, applied(&fields, own.as_str()), String::new())
            }
            Source::Answer(failure) => self.answer(visit, failure, &id, now),
        }
    }

    fn answer(&mut self, visit: &Visit, failure: Failure, id: &str, now: Timestamp) -> Sent {
        let steady = self.memory.time(now);
        let outage = self.memory.origins.outage(steady);
        let asked = &self.scenario.asked;
        let listed = Listed::new(&asked.fields);
        let policy = &visit.policy;
        let index = u64::try_from(visit.index).unwrap_or_default();
        let mut random = Random::new(self.scenario.seed.wrapping_add(index));
        let is_planned = failure.cause == Cause::Maintenance;
        let matter = Matter {
            failure,
            number: failure.status.and_then(Number::of_status),
            safe: Method::parse(&asked.method).is_safe(),
            url: message::path_and_query(&asked.url),
            id,
            retry_after: answer::retry_after(&failure, outage, &mut random),
            language: Language::of(listed.get("accept-language")),
            outage,
            page: &policy.page,
            maintenance: policy.maintenance.as_ref().filter(|_| is_planned),
            near: false,
            still_there: &[],
            template: None,
        };
        let is_robots = message::path(&asked.url) == "/robots.txt";
        let status = match policy.robots {
            Robots::Missing if is_robots => 404,
            _ => answer::status(policy.answer_status, &failure),
        };
        let answer = answer::compose(Asker::read(&listed).form(), status, &matter);
        let mut fields = answer.fields;
        let took = now.since(visit.started);
        fields.extend(&gateway::answer_fields(&failure, id, took));
        (answer.status, applied("", fields.as_str()), answer.body)
    }
}

/// What a visitor is sent of the fields: our own envelope stays in the store.
fn visible(fields: &str) -> String {
    let ours = |line: &&str| {
        let name = line.split(':').next().unwrap_or_default();
        name == copies::ENVELOPE || name.starts_with("lastgood-original")
    };
    let lines = fields.lines().filter(|line| !ours(line));
    lines.flat_map(|line| [line, "\n"]).collect()
}
