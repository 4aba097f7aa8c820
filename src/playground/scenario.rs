//! What is played: settings, one request or many alike, and what the origins do meanwhile.

use super::reading::Reading;
use crate::answer::Asker;
use crate::gateway::{Body, Request};
use crate::policy::{self, Configuration, Policy, Problem, Value};
use crate::wire::{Listed, RequestHead};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::time::Duration;

/// Nobody watches longer than this, and there are not more requests: each is drawn.
const LONGEST: Duration = Duration::from_secs(30 * 60);
const MOST_REQUESTS: u64 = 600;
/// A copy is up to this old at first.
const OLDEST: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A scenario. What it does not say is a request in a browser, to a good origin.
#[derive(Debug)]
pub struct Scenario {
    pub(super) configuration: Configuration,
    pub(super) asked: Asked,
    /// When the requests come, in milliseconds.
    pub(super) times: Vec<u64>,
    /// How old the copy is that there is at first, if there is one.
    pub(super) copy: Option<Duration>,
    /// What a good answer takes, in milliseconds, and its fields.
    pub(super) takes: u64,
    pub(super) answered: String,
    pub(super) faults: Vec<Fault>,
    pub(super) seed: u64,
    /// What could not be taken as written.
    pub(super) problems: Vec<Problem>,
}

/// What is asked for.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) url: String,
    /// `name:value`, one per line.
    pub(super) fields: String,
    pub(super) body: Body,
}

impl Asked {
    /// Hands the head to `see`, since it borrows from here.
    pub(super) fn with_head<T>(&self, see: impl FnOnce(&RequestHead<'_>) -> T) -> T {
        let listed = Listed::new(&self.fields);
        see(&RequestHead::read(&self.method, &self.url, &listed))
    }

    pub(super) fn request(&self, looped: bool, policy: &Policy) -> Request {
        let listed = Listed::new(&self.fields);
        let asker = Asker::read(&listed);
        let replayable = match self.body {
            Body::None => true,
            Body::Sized(bytes) => bytes <= policy.body_limit,
            Body::Unsized => false,
        };
        self.with_head(|head| Request::new(head, &self.url, &asker, (replayable, looped), policy))
    }
}

/// What an origin does that it should not, and when.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) what: What,
    /// From when until when, in milliseconds.
    pub(super) from: u64,
    pub(super) until: u64,
    /// In so many per cent of the cases.
    pub(super) share: u32,
    /// All of them, if none is named.
    pub(super) origin: Option<usize>,
    /// How long it takes, in milliseconds.
    pub(super) after: Option<u64>,
    /// Further fields of the answer.
    pub(super) fields: String,
}

/// The ways of going wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Status(u16),
    Refused,
    Reset,
    Hang,
    Slow,
    Cut,
    Disguised,
}

const KINDS: [(&str, What); 7] = [
    ("status", What::Status(502)),
    ("refused", What::Refused),
    ("reset", What::Reset),
    ("hang", What::Hang),
    ("slow", What::Slow),
    ("cut", What::Cut),
    ("disguised", What::Disguised),
];

impl Scenario {
    /// Reads a scenario: `{ origin, lastgood, request: { method, path, fields, body },
    /// every, for, copy: { age }, answers: { after, fields }, faults, seed }`, where each of
    /// the `faults` is `{ what, status, retry_after, after, from, to, share, origin }`.
    #[must_use]
    pub fn read(value: &Value) -> Self {
        let mut reading = Reading::default();
        let mut given = (&Value::Null, &Value::Null);
        let mut scenario = Self::blank();
        let (mut every, mut lasts) = (None, None);
        for (name, value) in reading.members("scenario", value) {
            match name.as_str() {
                "origin" => given.0 = value,
                "lastgood" => given.1 = value,
                "request" => scenario.asked = asked(&mut reading, value),
                "every" => every = reading.span(name, value, LONGEST),
                "for" => lasts = reading.span(name, value, LONGEST),
                "copy" => scenario.copy = copy(&mut reading, value),
                "answers" => scenario.read_answers(&mut reading, value),
                "faults" => scenario.faults = faults(&mut reading, value),
                "seed" => scenario.seed = reading.whole(name, value, (0, u32::MAX)).into(),
                _ => reading.wrong(name, value, "no such field: it is not one of a scenario"),
            }
        }
        scenario.times = times(&mut reading, every, lasts);
        let (configuration, problems) = policy::parse(given.0, given.1);
        scenario.configuration = configuration;
        scenario.problems = problems;
        scenario.problems.append(&mut reading.problems);
        scenario
    }

    fn blank() -> Self {
        Self {
            configuration: Configuration::default(),
            asked: asked(&mut Reading::default(), &Value::Null),
            times: Vec::new(),
            copy: None,
            takes: 40,
            answered: String::from("cache-control:max-age=60\n"),
            faults: Vec::new(),
            seed: 1,
            problems: Vec::new(),
        }
    }

    fn read_answers(&mut self, reading: &mut Reading, value: &Value) {
        for (name, value) in reading.members("answers", value) {
            match name.as_str() {
                "after" => {
                    let after = reading.span("answers.after", value, LONGEST);
                    self.takes = after.unwrap_or(self.takes);
                }
                "fields" => self.answered = reading.fields("answers.fields", value),
                _ => reading.wrong(&format!("answers.{name}"), value, "after or fields"),
            }
        }
    }

    /// The rules for what is asked.
    pub(super) fn policy(&self) -> &alloc::rc::Rc<Policy> {
        let path = self.asked.with_head(|head| String::from(head.path));
        self.configuration.policy_for(&path)
    }
}

/// What a browser sends for a page.
const BROWSER: &str = "accept:text/html,*/*;q=0.8\naccept-language:en\nsec-fetch-dest:document\n\
                       sec-fetch-mode:navigate\n";

fn asked(reading: &mut Reading, value: &Value) -> Asked {
    let mut asked = Asked {
        method: "GET".into(),
        url: "https://www.example.com/".into(),
        fields: BROWSER.into(),
        body: Body::None,
    };
    for (name, value) in reading.members("request", value) {
        let place = format!("request.{name}");
        match (name.as_str(), value) {
            ("method", Value::Text(method)) if is_method(method) => {
                asked.method.clone_from(method);
            }
            ("path", Value::Text(path)) if is_path(path) => {
                asked.url = format!("https://www.example.com{path}");
            }
            ("fields", _) => asked.fields = reading.fields(&place, value),
            ("body", Value::Null) => {}
            ("body", _) => {
                let bytes = reading.whole(&place, value, (0, u32::MAX));
                asked.body = Body::Sized(bytes.into());
            }
            ("method", _) => reading.wrong(&place, value, "a method such as \"GET\""),
            ("path", _) => reading.wrong(&place, value, "a path such as \"/news\""),
            _ => reading.wrong(&place, value, "method, path, fields or body"),
        }
    }
    asked
}

fn is_method(text: &str) -> bool {
    !text.is_empty() && text.len() < 20 && text.bytes().all(|c| c.is_ascii_uppercase())
}

fn is_path(text: &str) -> bool {
    text.starts_with('/') && text.len() < 500 && text.bytes().all(|c| c.is_ascii_graphic())
}

fn copy(reading: &mut Reading, value: &Value) -> Option<Duration> {
    let mut age = (*value != Value::Null).then_some(0);
    for (name, value) in reading.members("copy", value) {
        match name.as_str() {
            "age" => age = reading.span("copy.age", value, OLDEST),
            _ => reading.wrong(&format!("copy.{name}"), value, "age"),
        }
    }
    age.map(Duration::from_millis)
}

fn times(reading: &mut Reading, every: Option<u64>, lasts: Option<u64>) -> Vec<u64> {
    let Some(every) = every.filter(|every| *every > 0) else {
        return Vec::from([0]);
    };
    let count = lasts.unwrap_or(0).div_ceil(every).max(1);
    if count > MOST_REQUESTS {
        let remedy = format!("at most {MOST_REQUESTS} requests: more between them, or less time");
        reading.wrong("every", &Value::Text(count.to_string()), &remedy);
    }
    (0..count.min(MOST_REQUESTS))
        .map(|turn| turn.saturating_mul(every))
        .collect()
}

fn faults(reading: &mut Reading, value: &Value) -> Vec<Fault> {
    match value {
        Value::Null => Vec::new(),
        Value::List(items) => {
            let all = items.iter().enumerate();
            all.map(|(index, item)| fault(reading, &format!("faults[{index}]"), item))
                .collect()
        }
        other => {
            reading.wrong("faults", other, "a list");
            Vec::new()
        }
    }
}

fn fault(reading: &mut Reading, place: &str, value: &Value) -> Fault {
    let mut fault = Fault {
        what: What::Status(502),
        from: 0,
        until: u64::MAX,
        share: 100,
        origin: None,
        after: None,
        fields: String::new(),
    };
    let mut status = 502;
    for (name, value) in reading.members(place, value) {
        let place = format!("{place}.{name}");
        let mut span = |value| reading.span(&place, value, LONGEST);
        match name.as_str() {
            _ if *value == Value::Null => {}
            "what" => match KINDS.iter().find(|(name, _)| is(value, name)) {
                Some((_, what)) => fault.what = *what,
                None => {
                    let names = KINDS.map(|(name, _)| name).join(", ");
                    reading.wrong(&place, value, &format!("one of {names}"));
                }
            },
            "status" => status = reading.whole(&place, value, (200, 599)),
            "retry_after" => {
                let secs = span(value).unwrap_or(0).div_ceil(1000);
                fault.fields = format!("retry-after:{secs}\n");
            }
            "after" => fault.after = span(value),
            "from" => fault.from = span(value).unwrap_or(0),
            "to" => fault.until = span(value).unwrap_or(u64::MAX),
            "share" => fault.share = reading.whole(&place, value, (0, 100)),
            "origin" => {
                let origin = reading.whole(&place, value, (0, 63));
                fault.origin = usize::try_from(origin).ok();
            }
            _ => reading.wrong(&place, value, "no such field: it is not one of a fault"),
        }
    }
    if let What::Status(_) = fault.what {
        fault.what = What::Status(u16::try_from(status).unwrap_or(502));
    }
    fault
}

fn is(value: &Value, name: &str) -> bool {
    matches!(value, Value::Text(text) if text == name)
}
