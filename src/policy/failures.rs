//! Lists of failures, as operators write them: `["network", "timeout", "502-504"]`.

use crate::wire::cut;
use alloc::{borrow::ToOwned, vec::Vec};

/// Which failures a rule is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failures {
    /// Attempts that ended without an answer.
    pub network: bool,
    /// Attempts that got none in time.
    pub timeout: bool,
    /// Ranges of status codes, both ends included.
    statuses: Vec<(u16, u16)>,
}

impl Failures {
    /// Network failures, time-outs and these ranges.
    #[must_use]
    pub fn all_and(statuses: &[(u16, u16)]) -> Self {
        Self {
            network: true,
            timeout: true,
            statuses: statuses.to_owned(),
        }
    }

    /// Whether a status is on the list.
    #[must_use]
    pub fn has_status(&self, status: u16) -> bool {
        self.statuses
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&status))
    }

    /// Adds one word of a list: `network`, `timeout`, a status or a range.
    /// Returns whether it was understood.
    pub fn add(&mut self, word: &str) -> bool {
        match word.trim() {
            "network" => self.network = true,
            "timeout" => self.timeout = true,
            range => match status_range(range) {
                Some(range) => self.statuses.push(range),
                None => return false,
            },
        }
        true
    }
}

fn status_range(text: &str) -> Option<(u16, u16)> {
    let (first, last) = cut::at(text, b'-').unwrap_or((text, text));
    let status = |digits: &str| {
        digits
            .trim()
            .parse()
            .ok()
            .filter(|code| (400..=999).contains(code))
    };
    let (first, last) = (status(first)?, status(last)?);
    (first <= last).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_are_included() {
        let mut list = Failures::default();
        assert!(list.add("502-504") && list.add(" 530 ") && list.add("network"));
        for status in [502, 503, 504, 530] {
            assert!(list.has_status(status));
        }
        assert!(!list.has_status(501) && !list.has_status(505));
        assert!(list.network && !list.timeout);
        for junk in [
            "", "5xx", "504-502", "200", "200-599", "1000", "502-", "nonsense",
        ] {
            assert!(!list.add(junk), "{junk}");
        }
    }
}
