//! What the host is told to do: values that cross into JavaScript.

use crate::copies::Changes;
use alloc::string::String;
use wasm_bindgen::prelude::*;

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

/// How a request ends, for the host to carry out.
#[wasm_bindgen(getter_with_clone)]
#[derive(Debug)]
pub struct Reply {
    /// Whose response goes out.
    pub source: u8,
    /// The status of a copy or an answer.
    pub status: u16,
    /// Changes to the fields of a copy, or the fields of an answer.
    pub changes: String,
    /// Whether a body goes out.
    pub with_body: bool,
    /// The body of an answer, or the notice on a copy.
    pub text: Option<String>,
    /// The `Range` that cuts out of a copy what goes out; nothing for all of it.
    pub slice: Option<String>,
    /// Whether it makes copies old.
    pub outdates: bool,
    /// For how many milliseconds the running attempt goes on behind the reply;
    /// negative if it does not.
    pub goes_on: f64,
}

impl Reply {
    pub(super) fn of(source: u8, status: u16, changes: Changes) -> Self {
        Self {
            source,
            status,
            changes: changes.as_str().into(),
            with_body: false,
            text: None,
            slice: None,
            outdates: false,
            goes_on: -1.0,
        }
    }
}
