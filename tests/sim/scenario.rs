//! Stories as text: read into a [`World`], lived, and written down again.
//!
//! The notation is described in `tests/scenarios/README.md`.

use super::{Asked, Behaviour, Clock, EPOCH, End, Seen, Sent, Stored, Story, World, hostile, live};
use lastgood::gateway::{Body, Source, Step};
use lastgood::policy::{self, Policy};
use lastgood::verdict::Cause;
use lastgood::wire::Timestamp;
use std::{rc::Rc, time::Duration};

/// A scenario, read.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) world: World,
    /// Everything above the transcript, as it stands in the file.
    given: String,
    shows_log: bool,
}

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    ///
    /// The first line that is not understood.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let (given, _) = text
            .split_once("\n\n")
            .unwrap_or_else(|| (text.trim_end(), ""));
        if !given.starts_with("# ") {
            return Err("a scenario begins with a comment that says what it is about".into());
        }
        let mut reader = Self {
            world: blank(),
            given: given.to_owned(),
            shows_log: false,
        };
        for line in given.lines().filter(|line| !line.starts_with('#')) {
            reader
                .take(line)
                .ok_or_else(|| format!("not understood: {line}"))?;
        }
        if reader.world.asked.method.is_empty() || reader.world.origins.is_empty() {
            return Err("a scenario has a request and an origin".into());
        }
        Ok(reader)
    }

    fn take(&mut self, line: &str) -> Option<()> {
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let (world, rest) = (&mut self.world, rest.trim());
        match word {
            "policy" => world.policy = read_policy(rest)?,
            "request" => read_request(rest, &mut world.asked)?,
            "body" => world.asked.body = body(rest)?,
            "copy" => world.copy = Some(copy(rest)?),
            "look" => world.look_takes = millis(rest.strip_prefix("takes ")?)?,
            "origin" => read_origin(rest, &mut world.origins)?,
            "clock" => read_clock(rest, &mut world.clock)?,
            "timers" => world.timers_late = millis(rest.strip_prefix("late by ")?)?,
            "seed" => world.seed = rest.parse().ok()?,
            "watched" if rest.is_empty() => world.watched = true,
            "log" if rest.is_empty() => self.shows_log = true,
            _ => return None,
        }
        Some(())
    }

    /// The file as it should be: what is given, and what comes of it.
    pub(crate) fn played(&self) -> String {
        let story = live(&self.world);
        let mut lines = self.transcript(&story);
        if story.endless {
            lines.truncate(20);
            lines.push("and so on, without end".into());
        }
        lines.insert(0, format!("{}\n", self.given));
        lines.join("\n") + "\n"
    }

    fn transcript(&self, story: &Story) -> Vec<String> {
        let mut lines: Vec<String> = story
            .events
            .iter()
            .map(|(at, seen)| {
                let told = self.told(*at, seen, story.sent.as_ref());
                format!("{:>8}  {told}", span(*at))
            })
            .collect();
        let log = story.sent.as_ref().and_then(|sent| sent.log.clone());
        if self.shows_log {
            lines.push(log.unwrap_or_else(|| "nothing is logged".into()));
        }
        lines
    }

    fn told(&self, at: u64, seen: &Seen, sent: Option<&Sent>) -> String {
        match seen {
            Seen::Aside => "pass it on, untouched and unwatched".into(),
            Seen::Asked(patience) => format!("ask origin 0, watched for {}", span(ms(*patience))),
            Seen::Passed => "pass it on".into(),
            Seen::Step(Step::Look) => "look for a copy".into(),
            Seen::Step(Step::Begin(attempt)) => {
                format!("begin {} at origin {}", attempt.number, attempt.origin)
            }
            Seen::Step(Step::Wait(Timestamp::NEVER)) => "wait".into(),
            Seen::Step(Step::Wait(until)) => {
                let timer = ms(until.since(self.world.clock.shows(at)));
                format!("wait until {}", span(at + timer))
            }
            Seen::Step(Step::Reply(_)) => sent.map_or_else(|| "reply".into(), reply),
            Seen::Ended { origin, end } => format!("origin {origin}: {}", name(end)),
            Seen::Woke => "woke".into(),
            Seen::Found(true) => "found one".into(),
            Seen::Found(false) => "found none".into(),
            Seen::Late(status) => format!("late: {status}"),
            Seen::Keep => "keep a copy".into(),
        }
    }
}

fn blank() -> World {
    World {
        policy: Rc::new(Policy::default()),
        asked: Asked {
            method: String::new(),
            path: String::new(),
            fields: String::new(),
            body: Body::None,
        },
        origins: Vec::new(),
        copy: None,
        look_takes: 0,
        clock: Clock::default(),
        timers_late: 0,
        seed: 1,
        watched: false,
    }
}

/// A policy without any fault in it.
pub(crate) fn read_policy(json: &str) -> Option<Rc<Policy>> {
    let table = hostile::value(&serde_json::from_str(json).ok()?);
    let (configuration, problems) = policy::parse(&policy::Value::Null, &table);
    problems
        .is_empty()
        .then(|| Rc::clone(configuration.policy_for("/")))
}

fn read_request(rest: &str, asked: &mut Asked) -> Option<()> {
    let (method, rest) = rest.split_once(' ')?;
    let (path, listed) = rest.split_once(' ').unwrap_or((rest, ""));
    asked.method = method.to_owned();
    asked.path = path.to_owned();
    asked.fields = fields(listed)?;
    path.starts_with('/').then_some(())
}

/// `name: value | name: value` as `name:value` lines.
fn fields(listed: &str) -> Option<String> {
    let mut lines = Vec::new();
    for field in listed.split(" | ").filter(|field| !field.trim().is_empty()) {
        let (name, value) = field.split_once(':')?;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !name.trim().chars().all(plain) {
            return None;
        }
        lines.push(format!("{}:{}", name.trim(), value.trim()));
    }
    Some(lines.join("\n"))
}

fn body(rest: &str) -> Option<Body> {
    match rest.strip_suffix("KiB") {
        Some(count) => Some(Body::Sized(count.parse::<u64>().ok()? * 1024)),
        None => (rest == "unknown").then_some(Body::Unsized),
    }
}

/// `stored=120s-ago` and its fields; `for=de` where it varies by language.
fn copy(rest: &str) -> Option<Stored> {
    let rest = rest.strip_prefix("stored=")?;
    let (ago, rest) = rest
        .split_once("-ago")
        .filter(|(_, rest)| rest.is_empty() || rest.starts_with(' '))?;
    let rest = rest.trim();
    let (language, listed) = match rest.strip_prefix("for=") {
        Some(rest) => rest.split_once(' ')?,
        None => ("", rest),
    };
    Some(Stored {
        response: fields(listed)?,
        selecting: format!("accept-language:{language}"),
        at: Timestamp::from_millis(EPOCH.as_millis().checked_sub(millis(ago)?)?),
    })
}

/// `0 502 after 20ms retry-after: 1`, `0 network after 20ms`, `0 silence`
fn read_origin(rest: &str, origins: &mut Vec<Vec<Behaviour>>) -> Option<()> {
    let (index, rest) = rest.split_once(' ')?;
    let index: usize = index.parse().ok()?;
    let behaviour = match rest.split_once(" after ") {
        None if rest == "silence" => Behaviour {
            after: None,
            end: End::Failure(Cause::Network),
        },
        None => return None,
        Some((end, rest)) => {
            let (after, listed) = rest.split_once(' ').unwrap_or((rest, ""));
            Behaviour {
                after: Some(millis(after)?),
                end: read_end(end.trim(), fields(listed)?)?,
            }
        }
    };
    if index == origins.len() {
        origins.push(Vec::new());
    }
    origins.get_mut(index)?.push(behaviour);
    Some(())
}

fn read_end(end: &str, fields: String) -> Option<End> {
    match end.parse::<u16>() {
        Ok(status) => (100..=999)
            .contains(&status)
            .then_some(End::Response(status, fields)),
        Err(_) => cause(end).filter(|_| fields.is_empty()).map(End::Failure),
    }
}

/// Causes that a host may tell of an attempt without an answer.
pub(crate) const CAUSES: [Cause; 9] = [
    Cause::ConnectionRefused,
    Cause::ConnectionTimeout,
    Cause::Dns,
    Cause::InvalidResponse,
    Cause::Network,
    Cause::Timeout,
    Cause::Tls,
    Cause::Truncated,
    Cause::Unreachable,
];

fn cause(name: &str) -> Option<Cause> {
    CAUSES.into_iter().find(|cause| cause.name() == name)
}

/// `jumps -1h at 300ms`, `stands still from 20ms`
fn read_clock(rest: &str, clock: &mut Clock) -> Option<()> {
    if let Some(from) = rest.strip_prefix("stands still from ") {
        clock.stands_from = Some(millis(from)?);
        return Some(());
    }
    let (by, at) = rest.strip_prefix("jumps ")?.split_once(" at ")?;
    let far = |span: &str| i64::try_from(millis(span)?).ok();
    let by = match by.strip_prefix('-') {
        Some(back) => -far(back)?,
        None => far(by.strip_prefix('+')?)?,
    };
    clock.jumps.push((millis(at)?, by));
    Some(())
}

fn millis(text: &str) -> Option<u64> {
    policy::duration(text).map(ms)
}

fn ms(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// Milliseconds as people write them.
fn span(millis: u64) -> String {
    match millis {
        0 => "0ms".into(),
        whole if whole % 1000 == 0 => format!("{}s", whole / 1000),
        millis => format!("{millis}ms"),
    }
}

pub(crate) fn name(end: &End) -> String {
    match end {
        End::Response(status, _) => status.to_string(),
        End::Failure(cause) => cause.name().into(),
    }
}

fn reply(sent: &Sent) -> String {
    let whose = match (sent.reply.source, sent.origin) {
        (Source::Origin, Some(origin)) => format!("the {} of origin {origin}", sent.status),
        (Source::Origin, None) => "a response that nobody gave".into(),
        (Source::Copy(aged), _) => format!("the copy, {}s old", aged.age.as_secs()),
        (Source::Answer(failure), _) => format!(
            "our {}, {}, for {}",
            sent.status,
            sent.content_type,
            failure.cause.name()
        ),
    };
    let goes_on = if sent.reply.goes_on {
        "; the attempt goes on"
    } else {
        ""
    };
    format!("reply with {whose}{goes_on}")
}
