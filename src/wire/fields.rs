//! The fields of a message, as a host hands them over.
//!
//! Fetching a field from the platform costs a crossing, and a copy of all of
//! them costs more than everything else here. So hosts hand over fields as one
//! block of text: [`Positional`] for the few that a healthy request needs,
//! [`Listed`] for all of them once something went wrong.

use super::cut;
use core::cell::Cell;

/// Fields of a message by name. A field that is absent reads as empty; no rule
/// here needs to tell the two apart.
pub trait Fields {
    /// The value of the field `name`, given in lower case.
    fn get(&self, name: &str) -> &str;

    /// Whether the field is there with a value.
    fn has(&self, name: &str) -> bool {
        !self.get(name).is_empty()
    }
}

/// No list of names is longer.
const MOST_FIELDS: usize = 28;

/// Values one per line, in the order of an agreed list of names.
#[derive(Clone, Debug)]
pub struct Positional<T> {
    names: &'static [&'static str],
    lines: T,
    /// Where each line ends.
    ends: [usize; MOST_FIELDS],
    /// The line behind the one that was read last: most are read in their order.
    next: Cell<usize>,
}

impl<T: AsRef<str>> Positional<T> {
    /// Values in the order of their names, as in [`RequestHead::FIELDS`](super::RequestHead::FIELDS).
    #[must_use]
    pub fn new(names: &'static [&'static str], lines: T) -> Self {
        debug_assert!(names.len() <= MOST_FIELDS, "too many names");
        let text = lines.as_ref().as_bytes();
        let mut ends = [text.len(); MOST_FIELDS];
        let breaks = (0..).zip(text).filter(|(_, byte)| **byte == b'\n');
        for (end, (place, _)) in ends.iter_mut().zip(breaks) {
            *end = place;
        }
        Self {
            names,
            lines,
            ends,
            next: Cell::default(),
        }
    }

    /// What follows the values.
    #[must_use]
    pub fn rest(&self) -> &str {
        let last = self.names.len().checked_sub(1);
        let end = last.and_then(|last| self.ends.get(last));
        let start = end.and_then(|end| end.checked_add(1));
        let rest = start.and_then(|start| self.lines.as_ref().get(start..));
        rest.unwrap_or_default()
    }

    fn place(&self, name: &str) -> Option<usize> {
        let next = self.next.get();
        let (before, behind) = self.names.split_at_checked(next).unwrap_or_default();
        let place = match position(behind, name) {
            Some(place) => place.saturating_add(next),
            None => position(before, name)?,
        };
        self.next.set(place.saturating_add(1));
        Some(place)
    }

    fn line(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)?;
        let start = match index.checked_sub(1) {
            None => 0,
            Some(before) => self.ends.get(before)?.saturating_add(1),
        };
        self.lines.as_ref().get(start..end)
    }
}

impl<T: AsRef<str>> Fields for Positional<T> {
    fn get(&self, name: &str) -> &str {
        let known = self.place(name);
        debug_assert!(known.is_some(), "{name} is not handed over");
        known.and_then(|index| self.line(index)).unwrap_or_default()
    }
}

/// The place of a name among others. This is asked dozens of times for a request, and
/// nearly all names differ in length or where they begin: that is seen without a call.
pub(crate) fn position(names: &[&str], name: &str) -> Option<usize> {
    let name = name.as_bytes();
    for (place, known) in names.iter().enumerate() {
        let known = known.as_bytes();
        let like = known.len() == name.len() && known.first() == name.first();
        if like && known == name {
            return Some(place);
        }
    }
    None
}

/// `name:value`, one per line.
#[derive(Clone, Copy, Debug)]
pub struct Listed<'a>(&'a str);

impl<'a> Listed<'a> {
    /// Names in lower case, as the Fetch standard hands them out.
    #[must_use]
    pub const fn new(lines: &'a str) -> Self {
        Self(lines)
    }
}

impl Fields for Listed<'_> {
    fn get(&self, name: &str) -> &str {
        let mut rest = self.0;
        while !rest.is_empty() {
            let (line, after) = cut::before(rest, |byte| byte == b'\n');
            let value = line.strip_prefix(name).and_then(|it| it.strip_prefix(':'));
            if let Some(value) = value {
                return value;
            }
            rest = after.get(1..).unwrap_or_default();
        }
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_read_the_same() {
        const NAMES: &[&str] = &["upgrade", "authorization", "cookie", "range"];
        let positional = Positional::new(NAMES, "\nBasic x\n_ga=1; sid=2\n\nand more");
        let listed = Listed::new("authorization:Basic x\ncookie:_ga=1; sid=2");
        // In their order and not, one of them twice.
        for (name, value) in [
            ("authorization", "Basic x"),
            ("cookie", "_ga=1; sid=2"),
            ("range", ""),
            ("upgrade", ""),
            ("cookie", "_ga=1; sid=2"),
            ("cookie", "_ga=1; sid=2"),
        ] {
            assert_eq!(positional.get(name), value, "{name}");
            assert_eq!(listed.get(name), value, "{name}");
        }
        assert_eq!(positional.rest(), "and more");
    }
}
