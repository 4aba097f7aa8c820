//! The simulated host: virtual time, scripted origins, a store of copies, and
//! one memory for all requests.
//!
//! It does what the edge does, and never waits: time jumps to whatever comes
//! next. It also has what no real host can be asked for: a clock that stands
//! still or jumps, timers that fire late, visitors who vanish, and the same
//! chance every time.
#![allow(dead_code, reason = "every suite uses its own part of this")]

pub(crate) mod configured;
pub(crate) mod drawn;
pub(crate) mod given;
pub(crate) mod hostile;
mod keeping;
pub(crate) mod law;
pub(crate) mod origin;
pub(crate) mod play;
pub(crate) mod promises;
pub(crate) mod raw;
pub(crate) mod scenario;
pub(crate) mod story;
pub(crate) mod tiers;
pub(crate) mod told;
pub(crate) mod trial;
pub(crate) mod visit;
mod watching;

pub(crate) use origin::{Behaviour, End, Origin};
pub(crate) use story::{Seen, Sent, Story};

use lastgood::answer::Asker;
use lastgood::copies;
use lastgood::gateway::{Body, Request};
use lastgood::policy::{Configuration, Policy};
use lastgood::wire::{Fields, Listed, RequestHead, Timestamp};
use std::{rc::Rc, time::Duration};

/// When every simulation begins, in true time.
pub(crate) const EPOCH: Timestamp = Timestamp::from_secs(1_800_000_000);

/// Everything outside the core.
#[derive(Clone)]
pub(crate) struct World {
    /// The table `LASTGOOD` as it was written, and what was read from it.
    pub(crate) policy: String,
    pub(crate) configuration: Configuration,
    /// In the order in which they come.
    pub(crate) visits: Vec<Asked>,
    pub(crate) origins: Vec<Origin>,
    /// What is in the store, by path.
    pub(crate) copies: Vec<(String, Stored)>,
    pub(crate) look_takes: u64,
    /// What further tiers do, by their number.
    pub(crate) tiers: Vec<tiers::Tier>,
    pub(crate) clock: Clock,
    /// How far the clock that one request is shown may lag behind another's.
    pub(crate) lags: u64,
    pub(crate) timers_late: u64,
    pub(crate) seed: u64,
    /// Whether the first attempt runs by itself until patience ends, as it does
    /// on the edge; else an exchange is there from the start.
    pub(crate) watched: bool,
    /// Nobody reads what goes out: it is not composed.
    pub(crate) unread: bool,
}

impl World {
    /// A world in which nothing is yet.
    pub(crate) fn blank() -> Self {
        Self {
            policy: "null".into(),
            configuration: Configuration::default(),
            visits: Vec::new(),
            origins: Vec::new(),
            copies: Vec::new(),
            look_takes: 0,
            tiers: Vec::new(),
            clock: Clock::default(),
            lags: 0,
            timers_late: 0,
            seed: 1,
            watched: false,
            unread: false,
        }
    }

    /// The first request.
    pub(crate) fn asked(&self) -> &Asked {
        &self.visits[0]
    }

    /// The rules for the first request.
    pub(crate) fn rules(&self) -> &Rc<Policy> {
        self.rules_for(self.asked())
    }

    pub(crate) fn rules_for(&self, asked: &Asked) -> &Rc<Policy> {
        self.configuration.policy_for(&asked.path)
    }

    /// What the host's clock shows a request.
    pub(crate) fn shows(&self, visit: usize, elapsed: u64) -> Timestamp {
        let visit = u64::try_from(visit).unwrap_or(0);
        let lag = visit.wrapping_mul(7919) % (self.lags + 1);
        let shown = self.clock.shows(elapsed).as_millis();
        Timestamp::from_millis(shown - lag)
    }

    /// Whether all clocks and timers are right.
    pub(crate) fn is_punctual(&self) -> bool {
        self.clock.is_true() && self.timers_late == 0 && self.lags == 0
    }

    /// The copy of the first request's page.
    pub(crate) fn copy(&self) -> Option<&Stored> {
        let path = &self.asked().path;
        let found = self.copies.iter().find(|(known, _)| known == path);
        found.map(|(_, stored)| stored)
    }
}

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// When, in milliseconds from the start.
    pub(crate) at: u64,
    pub(crate) method: String,
    pub(crate) path: String,
    /// `name:value`, one per line.
    pub(crate) fields: String,
    pub(crate) body: Body,
    /// The visitor leaves so long after coming, and the host tells.
    pub(crate) leaves: Option<u64>,
    /// The same, and nobody tells: the host ends the request on the spot.
    pub(crate) vanishes: Option<u64>,
}

impl Asked {
    pub(crate) fn new(method: &str, fields: &str, body: Body) -> Self {
        Self {
            at: 0,
            method: method.to_owned(),
            path: "/".to_owned(),
            fields: fields.to_owned(),
            body,
            leaves: None,
            vanishes: None,
        }
    }

    pub(crate) fn url(&self) -> String {
        url(&self.path)
    }

    /// Hands the head to `see`, since it borrows from here.
    pub(crate) fn with_head<T>(&self, see: impl FnOnce(&RequestHead<'_>) -> T) -> T {
        let (url, listed) = (self.url(), Listed::new(&self.fields));
        see(&RequestHead::read(&self.method, &url, &listed))
    }

    pub(crate) fn request(&self, looped: bool, policy: &Policy) -> Request {
        let (url, listed) = (self.url(), Listed::new(&self.fields));
        let asker = Asker::read(&listed);
        let body = (self.is_replayable(policy), looped);
        self.with_head(|head| Request::new(head, &url, &asker, body, policy))
    }

    pub(crate) fn is_safe(&self) -> bool {
        ["GET", "HEAD", "OPTIONS"].contains(&self.method.as_str())
    }

    /// Whether the host can send the body twice: what the edge holds.
    pub(crate) fn is_replayable(&self, policy: &Policy) -> bool {
        match self.body {
            Body::None => true,
            Body::Sized(bytes) => bytes <= policy.body_limit,
            Body::Unsized => false,
        }
    }

    /// How long it may take by its policy.
    pub(crate) fn deadline(&self, policy: &Policy) -> Duration {
        match (self.is_replayable(policy), self.is_safe()) {
            (false, _) => Duration::MAX,
            (true, true) => policy.deadline,
            (true, false) => policy.unsafe_deadline,
        }
    }
}

/// How many bytes everything has.
const BODY: u64 = 1000;

/// The URL of a page.
pub(crate) fn url(path: &str) -> String {
    format!("https://site.test{path}")
}

/// A copy in the store.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stored {
    pub(crate) status: u16,
    /// The fields of the response as it came.
    pub(crate) response: String,
    /// The fields of the request it answered.
    pub(crate) selecting: String,
    pub(crate) at: Timestamp,
    /// How many milliseconds it took to come.
    pub(crate) waited: u64,
}

impl Stored {
    /// What is opened of the fields in the store.
    pub(crate) fn envelope(&self) -> String {
        Listed::new(&self.sealed(""))
            .get(copies::ENVELOPE)
            .to_owned()
    }

    /// The fields as they lie in the store, beside a page with this envelope.
    pub(crate) fn sealed(&self, page: &str) -> String {
        let request = Listed::new(&self.selecting);
        let changes = copies::seal(&copies::Kept {
            given: None,
            status: self.status,
            response: &Listed::new(&self.response),
            request: &request,
            arrived: self.at,
            waited: Duration::from_millis(self.waited),
            length: BODY,
            page,
            document: false,
        });
        applied(&self.response, changes.as_str())
    }
}

/// Those fields of a request that the `Vary` of a response names.
pub(crate) fn varied(asked: &str, response: &str) -> String {
    let vary = Listed::new(response).get("vary").to_ascii_lowercase();
    let named = |line: &&str| {
        let name = line.split(':').next();
        name.is_some_and(|name| vary.split(',').any(|it| it.trim_ascii() == name))
    };
    asked.lines().filter(named).collect::<Vec<_>>().join("\n")
}

/// Carries out changes to fields, as a host does.
pub(crate) fn applied(fields: &str, changes: &str) -> String {
    let mut lines: Vec<&str> = fields.split('\n').filter(|line| !line.is_empty()).collect();
    for change in changes.split('\n').filter(|change| !change.is_empty()) {
        let (name, sets) = match change.split_once(':') {
            Some((name, _)) => (name, true),
            None => (change, false),
        };
        lines.retain(|line| line.split(':').next() != Some(name));
        if sets {
            lines.push(change);
        }
    }
    lines.join("\n")
}

/// What the host's clock shows, as against true time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clock {
    /// At a true time, in milliseconds from the start, by how much it is set.
    pub(crate) jumps: Vec<(u64, i64)>,
    /// From one true time to another it does not move; then it is right again.
    pub(crate) stands: Option<(u64, u64)>,
}

impl Clock {
    pub(crate) fn shows(&self, elapsed: u64) -> Timestamp {
        let stands = self
            .stands
            .filter(|(from, until)| (from..until).contains(&&elapsed));
        let moved = stands.map_or(elapsed, |(from, _)| from);
        let set = self.jumps.iter().filter(|(at, _)| *at <= elapsed);
        let ahead: i64 = set.map(|(_, by)| by).sum();
        let told = EPOCH.after(Duration::from_millis(moved)).as_millis();
        Timestamp::from_millis(told.saturating_add_signed(ahead))
    }

    pub(crate) fn is_true(&self) -> bool {
        self.jumps.is_empty() && self.stands.is_none()
    }
}

/// Lets the first request live in a world.
pub(crate) fn live(world: &World) -> Story {
    let played = play::play(world);
    played.story(0)
}
