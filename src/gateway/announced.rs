//! What was announced last, as it is kept beside purges and sent around with them: a
//! line with its moment.
//!
//! There is one, and the newest counts. The end of what was announced is a line as well,
//! so that an older one that comes later does not bring it back.

use crate::wire::{Timestamp, cut};
use alloc::string::{String, ToString};

/// What the line begins with, where a purge has its moment: who does not know it takes
/// it for none.
const WORD: &str = "maintenance";

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    at: Timestamp,
    /// As it was asked for: JSON.
    said: String,
}

impl Line {
    fn read(line: &str) -> Option<Self> {
        let (at, said) = cut::at(told(line)?, b' ')?;
        Some(Self {
            at: Timestamp::from_millis(at.parse().ok()?),
            said: fitting(said)?.into(),
        })
    }
}

/// What stands behind the word.
fn told(line: &str) -> Option<&str> {
    line.strip_prefix(WORD)?.strip_prefix(' ')
}

/// What can stand in a line.
fn fitting(said: &str) -> Option<&str> {
    let fits = said.len() <= Announced::LONGEST && said.bytes().all(|byte| byte >= b' ');
    (fits && said.starts_with('{')).then_some(said)
}

/// What was announced last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Announced {
    newest: Option<Line>,
}

impl Announced {
    /// The longest there may be, in bytes.
    pub const LONGEST: usize = 8192;

    /// The line by which something is [announced](Self::raise): JSON, without a break.
    #[must_use]
    pub fn line(said: &str) -> Option<String> {
        Some([WORD, fitting(said)?].join(" "))
    }

    /// What was announced last, as it was asked for.
    #[must_use]
    pub fn said(&self) -> Option<&str> {
        self.newest.as_ref().map(|it| it.said.as_str())
    }

    /// Takes a [line](Self::line). It is newer than all that is known, whatever the
    /// clocks say.
    pub fn raise(&mut self, line: &str, now: Timestamp) {
        let Some(said) = told(line).and_then(fitting) else {
            return;
        };
        let known = self.newest.as_ref().map(|it| it.at.as_millis());
        let next = known.map_or(0, |millis| millis.saturating_add(1));
        self.put(Line {
            at: now.max(Timestamp::from_millis(next)),
            said: said.into(),
        });
    }

    /// Takes in what others [wrote](Self::written), between whatever else is there.
    /// Whether it was new.
    pub fn learn(&mut self, text: &str) -> bool {
        let lines = cut::parts(text, b'\n').filter_map(Line::read);
        lines.max().is_some_and(|line| self.put(line))
    }

    /// As text: a line, or nothing.
    #[must_use]
    pub fn written(&self) -> String {
        let line = |Line { at, said }: &Line| {
            let at = at.as_millis().to_string();
            [WORD, " ", &at, " ", said, "\n"].concat()
        };
        self.newest.as_ref().map(line).unwrap_or_default()
    }

    /// Of two at one moment all isolates take the same.
    fn put(&mut self, line: Line) -> bool {
        let new = self.newest.as_ref().is_none_or(|known| *known < line);
        if new {
            self.newest = Some(line);
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::copies::{Epochs, Purge};
    use alloc::{format, vec::Vec};
    use proptest::prelude::*;

    const ON: &str = r#"{"on":true}"#;
    const OFF: &str = r#"{"on":false}"#;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn line(said: &str) -> String {
        Announced::line(said).unwrap()
    }

    #[test]
    fn the_newest_counts() {
        let mut known = Announced::default();
        assert_eq!((known.said(), known.written()), (None, String::new()));
        known.raise(&line(ON), at(5));
        assert_eq!(known.written(), "maintenance 5 {\"on\":true}\n");
        known.raise(&line(OFF), at(9));
        assert!(
            !known.learn("maintenance 5 {\"on\":true}\n"),
            "an older one"
        );
        assert_eq!(known.said(), Some(OFF));
        assert!(known.learn("x\nmaintenance 10 {\"on\":true}\n"));
        assert!(!known.learn("maintenance 10 {\"on\":true}\n"), "known");
        // A clock that is behind.
        known.raise(&line(OFF), at(2));
        assert_eq!(known.written(), "maintenance 11 {\"on\":false}\n");
        let mut two = Announced::default();
        assert!(
            two.learn("maintenance 1 {\"on\":true}\nmaintenance 3 {}\nmaintenance 2 {\"a\":1}")
        );
        assert_eq!(two.said(), Some("{}"));
    }

    #[test]
    fn what_is_no_line_is_none() {
        for foreign in [
            "",
            "maintenance",
            "maintenance 1",
            "maintenance 1 ",
            "maintenance {\"on\":true}",
            "maintenance  1 {}",
            "maintenance -1 {}",
            "maintenance 99999999999999999999 {}",
            "maintenance 1 on",
            "maintenance 1 {\r}",
            "maintenances 1 {}",
            "1 hard prefix ",
        ] {
            assert!(!Announced::default().learn(foreign), "{foreign}");
        }
        let long = |length: usize| format!("{{{}", "x".repeat(length));
        assert!(Announced::line(&long(Announced::LONGEST - 1)).is_some());
        assert_eq!(Announced::line(&long(Announced::LONGEST)), None);
        for wrong in ["", "on", "{\n}"] {
            assert_eq!(Announced::line(wrong), None);
        }
        let mut known = Announced::default();
        for wrong in ["", "maintenance", "hard prefix ", "maintenance on"] {
            known.raise(wrong, at(1));
        }
        assert_eq!(known, Announced::default());
    }

    #[test]
    fn whoever_knows_only_purges_reads_those() {
        let mut epochs = Epochs::default();
        epochs.raise(Purge::read("hard prefix ").unwrap(), at(3));
        let own = epochs.written();
        let all = format!("{own}maintenance 5 {{\"on\":true}}\n");
        let mut old = Epochs::default();
        assert!(old.learn(&all));
        assert_eq!(old.written(), own);
        assert!(Purge::read(&line(ON)).is_none());
    }

    proptest! {
        #[test]
        fn it_arrives_as_it_was(said in "\\{[^\\x00-\\x1f]{0,40}", millis in any::<u64>()) {
            let mut known = Announced::default();
            known.raise(&line(&said), at(millis));
            let mut learnt = Announced::default();
            prop_assert!(learnt.learn(&known.written()));
            prop_assert_eq!(learnt.said(), Some(said.as_str()));
            prop_assert_eq!(&learnt, &known);
            prop_assert!(!learnt.learn(&known.written()));
        }

        #[test]
        fn all_who_learn_the_same_know_the_same(
            lines in prop::collection::vec((0..5_u64, "\\{[ab]"), 0..6),
            turn in 0..6_usize,
        ) {
            let mut texts: Vec<_> =
                lines.iter().map(|(at, said)| format!("maintenance {at} {said}\n")).collect();
            let learn = |texts: &[String]| {
                let mut known = Announced::default();
                texts.iter().for_each(|text| _ = known.learn(text));
                known
            };
            let (one, whole) = (learn(&texts), learn(&[texts.concat()]));
            let turn = turn.min(texts.len());
            texts.rotate_left(turn);
            prop_assert_eq!(&learn(&texts), &one);
            prop_assert_eq!(&whole, &one);
        }

        #[test]
        fn hostile_text_is_read_or_left(
            text in "\\PC{0,60}|(maintenance [0-9]{1,22} \\{?\\PC{0,20}\n?){1,3}",
        ) {
            let mut known = Announced::default();
            known.learn(&text);
            known.raise(&text, at(7));
            let mut again = Announced::default();
            again.learn(&known.written());
            prop_assert_eq!(again, known);
        }
    }
}
