//! Stories as text: read into a [`World`], lived, and written down again.
//!
//! The notation is described in `tests/scenarios/README.md`.

use super::origin::Line;
use super::{Asked, Behaviour, Clock, EPOCH, End, Origin, Stored, World, configured, play};
use lastgood::gateway::Body;
use lastgood::policy::{self, Configuration, Policy};
use lastgood::verdict::Cause;
use lastgood::wire::Timestamp;
use std::{rc::Rc, time::Duration};

/// A scenario, read.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) world: World,
    /// Which requests are told in one line.
    pub(crate) brief: Vec<bool>,
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
            world: World::blank(),
            brief: Vec::new(),
            given: given.to_owned(),
            shows_log: false,
        };
        for line in given.lines().filter(|line| !line.starts_with('#')) {
            reader
                .take(line)
                .ok_or_else(|| format!("not understood: {line}"))?;
        }
        reader.settle()
    }

    fn take(&mut self, line: &str) -> Option<()> {
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let (world, rest) = (&mut self.world, rest.trim());
        match word {
            "policy" => world.policy = Some(rest.to_owned()).filter(|rest| !rest.is_empty())?,
            "request" => self.request(read_request(rest)?, false),
            "at" => self.requests(rest)?,
            "body" => world.visits.last_mut()?.body = body(rest)?,
            "leaves" => world.visits.last_mut()?.leaves = Some(after(rest)?),
            "vanishes" => world.visits.last_mut()?.vanishes = Some(after(rest)?),
            "copy" => world.copies.push(copy(rest)?),
            "look" => world.look_takes = millis(rest.strip_prefix("takes ")?)?,
            "tier" => {
                let (number, rest) = rest.split_once(' ')?;
                let next = number == world.tiers.len().to_string();
                world.tiers.push(super::tiers::read(rest).filter(|_| next)?);
            }
            "origin" => read_origin(rest, &mut world.origins)?,
            "clock" => read_clock(rest, &mut world.clock)?,
            "clocks" => world.lags = millis(rest.strip_prefix("lag by up to ")?)?,
            "timers" => world.timers_late = millis(rest.strip_prefix("late by ")?)?,
            "seed" => world.seed = rest.parse().ok()?,
            "watched" if rest.is_empty() => world.watched = true,
            "log" if rest.is_empty() => self.shows_log = true,
            _ => return None,
        }
        Some(())
    }

    fn request(&mut self, asked: Asked, brief: bool) {
        self.world.visits.push(asked);
        self.brief.push(brief);
    }

    /// `300ms GET /`, `1s 20 times every 50ms GET /`
    fn requests(&mut self, rest: &str) -> Option<()> {
        let (at, rest) = rest.split_once(' ')?;
        let at = millis(at)?;
        let (count, every, asked) = match rest.split_once(" times every ") {
            Some((count, rest)) => {
                let (every, asked) = rest.split_once(' ')?;
                (count.parse().ok()?, millis(every)?, asked)
            }
            None => (1, 0, rest),
        };
        let asked = read_request(asked)?;
        for index in 0..count {
            let at = at + every * index;
            let asked = Asked {
                at,
                ..asked.clone()
            };
            self.request(asked, count > 1);
        }
        Some(())
    }

    /// What can be said only once everything is read.
    fn settle(mut self) -> Result<Self, String> {
        let world = &mut self.world;
        let scripted = world.origins.iter().all(|origin| !origin.lines.is_empty());
        if world.visits.is_empty() || world.origins.is_empty() || !scripted {
            return Err("a scenario has a request, and an origin that does something".into());
        }
        let (configuration, problems) = configuration(&world.origins, &world.policy)
            .ok_or_else(|| format!("no JSON: {}", world.policy))?;
        if let Some(problem) = problems.first() {
            return Err(problem.to_string());
        }
        world.configuration = configuration;
        let path = world.visits[0].path.clone();
        let unnamed = world.copies.iter_mut().filter(|(of, _)| of.is_empty());
        unnamed.for_each(|(of, _)| of.clone_from(&path));
        Ok(self)
    }

    /// The file as it should be: what is given, and what comes of it.
    pub(crate) fn played(&self) -> String {
        let played = play::play(&self.world);
        let mut lines = self.transcript(&played);
        if played.outcomes.iter().any(|outcome| outcome.endless) {
            lines.truncate(20);
            lines.push("and so on, without end".into());
        }
        if self.shows_log {
            let sent = played.outcomes.iter().filter_map(|it| it.sent.as_ref());
            let logs = sent.map(|sent| sent.log.clone());
            lines.extend(logs.map(|log| log.unwrap_or_else(|| "nothing is logged".into())));
        }
        lines.insert(0, format!("{}\n", self.given));
        lines.join("\n") + "\n"
    }
}

/// `ORIGIN` and `LASTGOOD` as an operator would write them.
pub(crate) fn configuration(
    origins: &[Origin],
    policy: &str,
) -> Option<(Configuration, Vec<policy::Problem>)> {
    let mut tables = Vec::new();
    for (index, origin) in origins.iter().enumerate() {
        let is = if origin.is.is_empty() {
            "{}"
        } else {
            origin.is.as_str()
        };
        let mut table: serde_json::Map<_, _> = serde_json::from_str(is).ok()?;
        table.insert("url".into(), format!("https://o{index}.test").into());
        tables.push(serde_json::Value::Object(table));
    }
    let policy = serde_json::from_str(policy).ok()?;
    Some(policy::parse(
        &configured::value(&serde_json::Value::Array(tables)),
        &configured::value(&policy),
    ))
}

/// A policy without any fault in it.
pub(crate) fn read_policy(json: &str) -> Option<Rc<Policy>> {
    let configuration = read_configuration(1, json)?;
    Some(Rc::clone(configuration.policy_for("/")))
}

/// A configuration without any fault in it, with so many origins.
pub(crate) fn read_configuration(origins: usize, json: &str) -> Option<Configuration> {
    let (configuration, problems) = configuration(&vec![Origin::default(); origins], json)?;
    problems.is_empty().then_some(configuration)
}

fn read_request(rest: &str) -> Option<Asked> {
    let (method, rest) = rest.split_once(' ')?;
    let (path, listed) = rest.split_once(' ').unwrap_or((rest, ""));
    let asked = Asked {
        path: path.to_owned(),
        ..Asked::new(method, &fields(listed)?, Body::None)
    };
    path.starts_with('/').then_some(asked)
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
    let sized = |count: &str, unit: u64| Some(Body::Sized(count.parse::<u64>().ok()? * unit));
    match (rest.strip_suffix("KiB"), rest.strip_suffix('B')) {
        (Some(count), _) => sized(count, 1024),
        (None, Some(count)) => sized(count, 1),
        (None, None) => (rest == "unknown").then_some(Body::Unsized),
    }
}

/// `/page stored=120s-ago` and its fields; `status=404` if it is not a 200, `for=de`
/// where it varies by language.
pub(super) fn copy(rest: &str) -> Option<(String, Stored)> {
    let (path, rest) = match rest.starts_with('/') {
        true => rest.split_once(' ')?,
        false => ("", rest),
    };
    let rest = rest.strip_prefix("stored=")?;
    let (ago, rest) = rest
        .split_once("-ago")
        .filter(|(_, rest)| rest.is_empty() || rest.starts_with(' '))?;
    let (status, rest) = match rest.trim().strip_prefix("status=") {
        Some(rest) => rest.split_once(' ').unwrap_or((rest, "")),
        None => ("200", rest.trim()),
    };
    let (language, listed) = match rest.strip_prefix("for=") {
        Some(rest) => rest.split_once(' ')?,
        None => ("", rest),
    };
    let stored = Stored {
        status: status.parse().ok()?,
        waited: 0,
        response: fields(listed)?,
        selecting: format!("accept-language:{language}"),
        at: Timestamp::from_millis(EPOCH.as_millis().checked_sub(millis(ago)?)?),
    };
    Some((path.to_owned(), stored))
}

/// `0 is {"trusted": false}`, `0 over 20 503 after 1ms`,
/// `0 from 2s /page 30% 502 after 20ms..80ms retry-after: 1`
fn read_origin(rest: &str, origins: &mut Vec<Origin>) -> Option<()> {
    let (index, rest) = rest.split_once(' ')?;
    let index: usize = index.parse().ok()?;
    if index == origins.len() {
        origins.push(Origin::default());
    }
    let origin = origins.get_mut(index)?;
    if let Some(table) = rest.strip_prefix("is ") {
        origin.is = table.to_owned();
        return Some(());
    }
    if let Some(rest) = rest.strip_prefix("over ") {
        let (most, rest) = rest.split_once(' ')?;
        origin.over = Some((most.parse().ok()?, behaviour(rest)?));
        return Some(());
    }
    let (from, rest) = match rest.strip_prefix("from ") {
        Some(rest) => {
            let (from, rest) = rest.split_once(' ')?;
            (millis(from)?, rest)
        }
        None => (0, rest),
    };
    let (path, rest) = match rest.starts_with('/') {
        true => rest
            .split_once(' ')
            .map(|(path, rest)| (Some(path.to_owned()), rest))?,
        false => (None, rest),
    };
    let (share, rest) = match rest.split_once("% ") {
        Some((share, rest)) if !share.contains(' ') => (Some(share.parse().ok()?), rest),
        _ => (None, rest),
    };
    origin.lines.push(Line {
        from,
        path,
        share,
        does: behaviour(rest)?,
    });
    Some(())
}

/// `502 after 20ms retry-after: 1`, `network after 20ms..80ms`, `silence`
fn behaviour(rest: &str) -> Option<Behaviour> {
    let Some((end, rest)) = rest.split_once(" after ") else {
        return (rest == "silence").then_some(Behaviour {
            after: None,
            end: End::Failure(Cause::Network),
        });
    };
    let (after, listed) = rest.split_once(' ').unwrap_or((rest, ""));
    let (least, most) = after.split_once("..").unwrap_or((after, after));
    let (least, most) = (millis(least)?, millis(most)?);
    Some(Behaviour {
        after: (least <= most).then_some((least, most)),
        end: read_end(end.trim(), &fields(listed)?)?,
    })
    .filter(|behaviour| behaviour.after.is_some())
}

fn read_end(end: &str, fields: &str) -> Option<End> {
    if end == "disguised" {
        return Some(End::Disguised(fields.into()));
    }
    match end.parse::<u16>() {
        Ok(status) => (100..=999)
            .contains(&status)
            .then(|| End::Response(status, fields.into())),
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

/// `jumps -1h at 300ms`, `stands still from 20ms`, `stands still from 1s to 3s`
fn read_clock(rest: &str, clock: &mut Clock) -> Option<()> {
    if let Some(rest) = rest.strip_prefix("stands still from ") {
        let stands = match rest.split_once(" to ") {
            Some((from, until)) => (millis(from)?, millis(until)?),
            None => (millis(rest)?, u64::MAX),
        };
        clock.stands = Some(stands);
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

fn after(rest: &str) -> Option<u64> {
    millis(rest.strip_prefix("after ")?)
}

pub(super) fn millis(text: &str) -> Option<u64> {
    policy::duration(text).map(ms)
}

pub(crate) fn ms(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// Milliseconds as people write them.
pub(crate) fn span(millis: u64) -> String {
    match millis {
        0 => "0ms".into(),
        whole if whole % 1000 == 0 => format!("{}s", whole / 1000),
        millis => format!("{millis}ms"),
    }
}
