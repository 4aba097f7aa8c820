//! What comes of a scenario, written down for people.

use super::scenario::{Scenario, ms, span};
use super::story::{Note, Outcome, Played};
use super::{End, Seen, Sent};
use lastgood::gateway::{Source, Step};
use lastgood::wire::Timestamp;

/// A line of a transcript.
struct Line {
    at: u64,
    /// The requests that it is about.
    visits: Vec<usize>,
    text: String,
    brief: bool,
}

impl Scenario {
    /// One line for each thing that was seen; of a request that is told briefly,
    /// one at its end.
    pub(crate) fn transcript(&self, played: &Played) -> Vec<String> {
        let mut lines: Vec<Line> = Vec::new();
        for (index, note) in played.notes.iter().enumerate() {
            let (at, visit) = (note.at, note.visit);
            let outcome = &played.outcomes[visit];
            let brief = self.brief[visit];
            let before = &played.notes[..index];
            let text = match brief {
                true => self.told_briefly(&note.seen, outcome, before, visit),
                false => self.told(note, outcome),
            };
            let Some(text) = text else { continue };
            // A request that looks around now and then has waited all the time.
            let waited = !brief && has_looked_around(before, visit);
            let last = match waited {
                true => lines.iter_mut().rfind(|line| line.visits == [visit]),
                false => lines.last_mut(),
            };
            match last {
                Some(last) if waited => last.text = text,
                Some(last) if brief && last.brief && last.text == text => last.visits.push(visit),
                _ => lines.push(Line {
                    at,
                    visits: vec![visit],
                    text,
                    brief,
                }),
            }
        }
        lines.iter().map(|line| self.written(line)).collect()
    }

    fn written(&self, line: &Line) -> String {
        let (first, last) = (line.visits[0] + 1, line.visits[line.visits.len() - 1] + 1);
        let who = match line.visits.len() {
            _ if self.world.visits.len() == 1 => String::new(),
            1 => format!("#{first} "),
            many if last + 1 == first + many => format!("#{first} to #{last} "),
            many => format!("{many} from #{first} on "),
        };
        format!("{:>8}  {who}{}", span(line.at), line.text)
    }

    fn told(&self, note: &Note, outcome: &Outcome) -> Option<String> {
        let (at, visit) = (note.at, note.visit);
        let told = match &note.seen {
            Seen::Came | Seen::Inspected(_) | Seen::Woke { idle: true, .. } => return None,
            Seen::Aside => "pass it on, untouched and unwatched".into(),
            Seen::Asked(origin, patience) => {
                format!("ask origin {origin}, watched for {}", span(ms(*patience)))
            }
            Seen::Passed => "pass it on".into(),
            Seen::Step(Step::Look) => "look for a copy".into(),
            Seen::Step(Step::LookFurther(tier, _)) => format!("look into tier {tier}"),
            Seen::Step(Step::Inspect(..)) => "look at the body".into(),
            Seen::Step(Step::Begin(attempt)) => {
                let beside = if attempt.beside && attempt.number > 1 {
                    ", beside the one before"
                } else {
                    ""
                };
                let conditional = match attempt.conditional {
                    true => ", for what is newer",
                    false => "",
                };
                format!(
                    "begin {} at origin {}{beside}{conditional}",
                    attempt.number, attempt.origin
                )
            }
            Seen::Step(Step::Wait(Timestamp::NEVER)) => "wait".into(),
            Seen::Step(Step::Wait(until)) => {
                let timer = ms(until.since(self.world.shows(visit, at)));
                format!("wait until {}", span(at.saturating_add(timer)))
            }
            Seen::Step(Step::Reply(_)) => self.replied(outcome),
            Seen::Ended { origin, end } => format!("origin {origin}: {}", name(end)),
            Seen::Woke { idle: false, .. } => "woke".into(),
            Seen::Found(Some(_)) => "found one".into(),
            Seen::Found(None) => "found none".into(),
            Seen::Page => "found a page".into(),
            Seen::Lost => "the tier is lost".into(),
            Seen::Late(_, end) => format!("late: {}", name(end)),
            Seen::LateNoMore => "late: nothing".into(),
            Seen::Keep(200, _) => "keep a copy".into(),
            Seen::Keep(status, _) => format!("keep a copy of the {status}"),
            Seen::Outdated => "the copy is old now, and goes".into(),
            Seen::Left => "the visitor leaves".into(),
            Seen::Vanished => "the request is gone".into(),
        };
        Some(told)
    }

    /// The whole story in a line.
    fn told_briefly(
        &self,
        seen: &Seen,
        outcome: &Outcome,
        before: &[Note],
        visit: usize,
    ) -> Option<String> {
        let end = match seen {
            Seen::Passed => "passed on".into(),
            Seen::Aside => "pass it on, untouched and unwatched".into(),
            Seen::Step(Step::Reply(_)) => self.replied(outcome),
            Seen::Vanished => "the request is gone".into(),
            _ => return None,
        };
        let asked = |note: &Note| match note.seen {
            Seen::Asked(origin, _) => Some(origin.to_string()),
            Seen::Step(Step::Begin(attempt)) => Some(attempt.origin.to_string()),
            _ => None,
        };
        let its = before.iter().filter(|note| note.visit == visit);
        let watched = its.clone().any(|note| matches!(note.seen, Seen::Asked(..)));
        let mut origins: Vec<String> = its.filter_map(asked).collect();
        if watched && origins.len() > 1 {
            origins.remove(0);
        }
        Some(match origins.as_slice() {
            [] => format!("asks nobody; {end}"),
            origins => format!("asks origin {}; {end}", origins.join(", ")),
        })
    }

    fn replied(&self, outcome: &Outcome) -> String {
        let Some(sent) = &outcome.sent else {
            return "reply".into();
        };
        let mut told = reply(sent);
        if let Some(restraint) = outcome.restraint {
            told.push_str(&format!(" ({})", restraint.name()));
        }
        if outcome.starved {
            told.push_str(" (budget spent)");
        }
        told
    }
}

/// Whether the last thing seen of a request is that time passed, and no more.
fn has_looked_around(before: &[Note], visit: usize) -> bool {
    let last = before.iter().rfind(|note| note.visit == visit);
    last.is_some_and(|note| matches!(note.seen, Seen::Woke { idle: true, .. }))
}

pub(crate) fn name(end: &End) -> String {
    match end {
        End::Response(status, _) => status.to_string(),
        End::Disguised(_) => "disguised".into(),
        End::Failure(cause) => cause.name().into(),
    }
}

/// What a copy is one of, if not of a page.
fn copied(status: u16) -> String {
    match status {
        200 => String::new(),
        status => format!(" of a {status}"),
    }
}

fn reply(sent: &Sent) -> String {
    let whose = match (sent.reply.source, sent.origin) {
        (Source::Nobody, _) => return "reply to nobody".into(),
        (Source::Origin, Some(origin)) => format!("the {} of origin {origin}", sent.status),
        (Source::Origin, None) => "a response that nobody gave".into(),
        (Source::Copy(aged), _) => {
            let of = copied(sent.status);
            format!("the copy{of}, {}s old", aged.age.as_secs())
        }
        (Source::Page, _) => "a page".into(),
        (Source::Renewed, _) => {
            let of = copied(sent.status);
            format!("the copy{of}, which the origin calls current")
        }
        (Source::Uncached, _) => format!("our {}, as there is no copy to show", sent.status),
        (Source::Answer(failure), _) => format!(
            "our {}, {}, for {}",
            sent.status,
            sent.content_type,
            failure.cause.name()
        ),
    };
    let goes_on = match sent.reply.goes_on {
        Some(_) => "; the attempt goes on",
        None => "",
    };
    let from = sent.tier.map(|tier| format!(", from {tier}"));
    format!("reply with {whose}{}{goes_on}", from.unwrap_or_default())
}
