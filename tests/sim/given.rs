//! A world as a scenario gives it: what chance came up with, for people to read
//! and to play again.

use super::origin::Line;
use super::scenario::{ms, span};
use super::{Asked, Behaviour, EPOCH, End, Stored, World, told};
use lastgood::gateway::Body;
use std::fmt;

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{}", self.written("what chance came up with"))
    }
}

impl World {
    /// The first half of a scenario file.
    pub(crate) fn written(&self, about: &str) -> String {
        let mut lines = vec![format!("# {about}"), format!("policy {}", self.policy)];
        for asked in &self.visits {
            request(asked, &mut lines);
        }
        let copies = self.copies.iter();
        lines.extend(copies.map(|(path, stored)| copy(path, stored)));
        for (index, origin) in self.origins.iter().enumerate() {
            if !origin.is.is_empty() {
                lines.push(format!("origin {index} is {}", origin.is));
            }
            let over = origin.over.as_ref();
            let over = over.map(|(most, does)| format!("over {most} {}", behaviour(does)));
            let script = origin.lines.iter().map(line);
            let all = script.chain(over);
            lines.extend(all.map(|line| format!("origin {index} {line}")));
        }
        self.write_host(&mut lines);
        lines.join("\n")
    }

    fn write_host(&self, lines: &mut Vec<String>) {
        let far = |by: u64| format!("{by}ms");
        if self.look_takes > 0 {
            lines.push(format!("look takes {}", far(self.look_takes)));
        }
        for (at, by) in &self.clock.jumps {
            let sign = if *by < 0 { '-' } else { '+' };
            let by = far(by.unsigned_abs());
            lines.push(format!("clock jumps {sign}{by} at {}", far(*at)));
        }
        match self.clock.stands {
            None => {}
            Some((from, u64::MAX)) => lines.push(format!("clock stands still from {}", far(from))),
            Some((from, until)) => lines.push(format!(
                "clock stands still from {} to {}",
                far(from),
                far(until)
            )),
        }
        if self.lags > 0 {
            lines.push(format!("clocks lag by up to {}", far(self.lags)));
        }
        if self.timers_late > 0 {
            lines.push(format!("timers late by {}", far(self.timers_late)));
        }
        lines.push(format!("seed {}", self.seed));
        if self.watched {
            lines.push("watched".into());
        }
    }
}

fn request(asked: &Asked, lines: &mut Vec<String>) {
    let Asked {
        at, method, path, ..
    } = asked;
    let fields = fields(&asked.fields);
    lines.push(format!("at {} {method} {path}{fields}", span(*at)));
    match asked.body {
        Body::None => {}
        Body::Sized(bytes) => lines.push(format!("body {bytes}B")),
        Body::Unsized => lines.push("body unknown".into()),
    }
    let leaves = asked.leaves.map(|after| ("leaves", after));
    let vanishes = asked.vanishes.map(|after| ("vanishes", after));
    for (word, after) in [leaves, vanishes].into_iter().flatten() {
        lines.push(format!("{word} after {}", span(after)));
    }
}

/// ` name: value | name: value`, as it stands at the end of a line.
fn fields(lines: &str) -> String {
    let lines = lines.lines().filter_map(|line| line.split_once(':'));
    let listed: Vec<String> = lines
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    let space = if listed.is_empty() { "" } else { " " };
    format!("{space}{}", listed.join(" | "))
}

fn copy(path: &str, stored: &Stored) -> String {
    let ago = ms(EPOCH.since(stored.at));
    let language = stored.selecting.strip_prefix("accept-language:");
    let language = language.filter(|language| !language.is_empty());
    let language = language.map_or_else(String::new, |language| format!(" for={language}"));
    let status = match stored.status {
        200 => String::new(),
        status => format!(" status={status}"),
    };
    let fields = fields(&stored.response);
    format!(
        "copy {path} stored={}-ago{status}{language}{fields}",
        span(ago)
    )
}

fn line(line: &Line) -> String {
    let mut written = String::new();
    if line.from > 0 {
        written.push_str(&format!("from {} ", span(line.from)));
    }
    if let Some(path) = &line.path {
        written.push_str(&format!("{path} "));
    }
    if let Some(share) = line.share {
        written.push_str(&format!("{share}% "));
    }
    written + &behaviour(&line.does)
}

fn behaviour(does: &Behaviour) -> String {
    let Some((least, most)) = does.after else {
        return "silence".into();
    };
    let after = match least == most {
        true => span(least),
        false => format!("{}..{}", span(least), span(most)),
    };
    let listed = match &does.end {
        End::Response(_, listed) | End::Disguised(listed) => fields(listed),
        End::Failure(_) => String::new(),
    };
    format!("{} after {after}{listed}", told::name(&does.end))
}
