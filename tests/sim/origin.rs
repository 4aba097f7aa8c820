//! Origins: what each of them does with whatever it is asked.

use super::law;
use lastgood::retry::Random;
use lastgood::verdict::Cause;
use std::rc::Rc;

/// An origin, as it is configured and as it behaves.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origin {
    /// What its table says besides the URL, as JSON; empty for nothing.
    pub(crate) is: String,
    pub(crate) lines: Vec<Line>,
    /// What it does while it has more than so many requests at once.
    pub(crate) over: Option<(usize, Behaviour)>,
}

/// One line of its script: from when on, for which path, how often, what.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    pub(crate) from: u64,
    pub(crate) path: Option<String>,
    /// In so many per cent of the cases; `None` for one answer after another,
    /// of which the last one repeats.
    pub(crate) share: Option<u8>,
    pub(crate) does: Behaviour,
}

/// How an origin treats one request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Behaviour {
    /// Milliseconds until then, from the least to the most; `None` for never.
    pub(crate) after: Option<(u64, u64)>,
    pub(crate) end: End,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum End {
    Response(u16, Rc<str>),
    /// A 200 with a gateway's error page in it.
    Disguised(Rc<str>),
    Failure(Cause),
}

impl End {
    /// Whether an answer carries a field.
    pub(crate) fn has(&self, name: &str) -> bool {
        match self {
            Self::Response(_, fields) | Self::Disguised(fields) => {
                law::field(fields, name).is_some()
            }
            Self::Failure(_) => false,
        }
    }

    /// What it is for one who asks only for what is newer (RFC 9110, 13.2.2).
    pub(crate) fn unless_known(&self, asked: &str) -> Self {
        match self {
            Self::Response(200, fields) if is_known(asked, fields) => {
                let rest = fields.lines().filter(|line| !line.starts_with("content-"));
                Self::Response(304, rest.collect::<Vec<_>>().join("\n").into())
            }
            _ => self.clone(),
        }
    }
}

/// Whether who asks with these fields has what is answered with those.
fn is_known(asked: &str, fields: &str) -> bool {
    let date = |fields, name| law::field(fields, name).and_then(law::http_date);
    match law::field(asked, "if-none-match") {
        Some(held) => law::field(fields, "etag").is_some_and(|etag| held == etag),
        None => date(fields, "last-modified")
            .zip(date(asked, "if-modified-since"))
            .is_some_and(|(changed, since)| changed <= since),
    }
}

impl Origin {
    /// One that does one thing after another.
    pub(crate) fn script(behaviours: Vec<Behaviour>) -> Self {
        let line = |does| Line {
            from: 0,
            path: None,
            share: None,
            does,
        };
        Self {
            lines: behaviours.into_iter().map(line).collect(),
            ..Self::default()
        }
    }
}

/// An origin at work.
#[derive(Clone, Debug, Default)]
pub(crate) struct Working {
    /// Requests that it has not answered, and that nobody has given up.
    pub(crate) running: usize,
    /// Parts of the script by the index of their first line, and how often each
    /// was followed.
    turns: Vec<(usize, usize)>,
}

impl Working {
    /// What it does with a request for `path` that comes `now`.
    pub(crate) fn take<'o>(
        &mut self,
        origin: &'o Origin,
        path: &str,
        now: u64,
        chance: &mut Random,
    ) -> &'o Behaviour {
        self.running += 1;
        if let Some((most, does)) = origin.over.as_ref()
            && self.running > *most
        {
            return does;
        }
        let fits = |line: &Line| {
            line.from <= now && line.path.as_deref().is_none_or(|known| known == path)
        };
        // The latest part of the script counts, and of that what is for this path.
        let part = |line: &Line| (line.from, line.path.is_some());
        let fitting = origin.lines.iter().filter(|line| fits(line));
        let latest = fitting.map(part).max().unwrap_or_default();
        let current = |line: &&Line| fits(line) && part(line) == latest;
        let first = origin.lines.iter().position(|line| current(&line));
        let lines = origin.lines.iter().filter(current);
        let mut by_chance = lines.clone().filter(|line| {
            let share = line.share.unwrap_or_default();
            share > 0 && chance.draw() % 100 < u64::from(share)
        });
        if let Some(line) = by_chance.next() {
            return &line.does;
        }
        let in_turn = lines.filter(|line| line.share.is_none());
        let turn = self.turn(first.unwrap_or_default());
        let found = in_turn.take(turn).last();
        found.map_or(&SILENCE, |line| &line.does)
    }

    /// How often a part of the script was followed, with this time.
    fn turn(&mut self, part: usize) -> usize {
        let known = self.turns.iter().position(|(known, _)| *known == part);
        let place = known.unwrap_or_else(|| {
            self.turns.push((part, 0));
            self.turns.len() - 1
        });
        self.turns[place].1 += 1;
        self.turns[place].1
    }
}

/// What an origin does that has nothing in its script.
const SILENCE: Behaviour = Behaviour {
    after: None,
    end: End::Failure(Cause::Network),
};
