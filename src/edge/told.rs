//! What the host is told to do: values that cross into JavaScript.

use crate::answer;
use crate::copies::{Changes, ENVELOPE, VARY};
use alloc::{format, string::String};
use wasm_bindgen::prelude::*;

/// The fields of a stored response that matter: the first two tell whether it answers
/// at once.
pub(super) const STORED: &[&str] = &[
    VARY,
    ENVELOPE,
    "content-type",
    answer::POLICIES[0],
    answer::POLICIES[1],
];

/// An attempt, for the host to begin.
#[wasm_bindgen(getter_with_clone)]
#[derive(Debug)]
pub struct Attempt {
    /// From 1.
    pub number: u8,
    /// Whether the one before goes on beside it.
    pub beside: bool,
    /// Where it goes; nothing for the request's own URL.
    pub target: Option<String>,
    /// The `Host` that it is sent, if not that of its URL.
    pub host: Option<String>,
    /// Changes to the fields of the request.
    pub changes: String,
}

/// What [`Reply::source`] may be.
pub(super) const NOBODY: u8 = 0;
pub(super) const ORIGIN: u8 = 1;
pub(super) const COPY: u8 = 2;
pub(super) const ANSWER: u8 = 3;
pub(super) const RENEWED: u8 = 4;
/// A copy with a notice.
pub(super) const NOTED: u8 = 5;

/// How a request ends, for the host to carry out.
#[derive(Debug)]
pub(super) struct Reply {
    /// Whose response goes out.
    pub(super) source: u8,
    /// Its status.
    pub(super) status: u16,
    /// Changes to the fields of a copy, or the fields of an answer.
    pub(super) changes: Changes,
    /// Whether a body goes out.
    pub(super) with_body: bool,
    /// The body of an answer, which crosses by itself, or the notice on a copy.
    pub(super) text: String,
    /// The `Range` that cuts out of a copy what goes out; empty for all of it.
    pub(super) slice: String,
    /// Whether it makes copies old.
    pub(super) outdates: bool,
}

impl Reply {
    pub(super) const fn of(source: u8, status: u16, changes: Changes) -> Self {
        Self {
            source,
            status,
            changes,
            with_body: false,
            text: String::new(),
            slice: String::new(),
            outdates: false,
        }
    }

    /// All of it as one text, as each value that crosses has its price, and to cut it
    /// up has nearly none: in a line a digit each for the source, the body and what it
    /// makes old, three for the status, and behind spaces what goes on behind the reply
    /// (negative for nothing, else as who says it has it) and the slice; then
    /// the changes, an empty line, the line for the log, and the text.
    pub(super) fn told(&self, goes_on: i64, log: &str) -> String {
        let Self { source, status, .. } = self;
        let (body, outdates) = (u8::from(self.with_body), u8::from(self.outdates));
        let slice = &self.slice;
        let changes = self.changes.as_str();
        let room = [changes, log, &self.text]
            .map(str::len)
            .iter()
            .sum::<usize>();
        let mut told = String::with_capacity(room.saturating_add(64));
        told.push_str(&format!(
            "{source}{body}{outdates}{status:03} {goes_on} {slice}"
        ));
        if !changes.is_empty() {
            told.push('\n');
        }
        for part in [changes, "\n\n", log, "\n", &self.text] {
            told.push_str(part);
        }
        told
    }
}
