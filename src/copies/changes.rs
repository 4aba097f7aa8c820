//! Changes to the fields of a message, as text that a host carries out.

use crate::wire::fields;
use alloc::string::String;

/// Fields that the platform's store would follow, or replace, and digests, which not
/// all that is shown of a page may have: all but the last three are moved aside. The
/// first four and the last three it may show on its own account, or on ours.
pub(super) const KNOWN: [&str; 20] = [
    "cache-control",
    "date",
    "age",
    "expires",
    "lastgood-cache-control",
    "cdn-cache-control",
    "vary",
    "content-range",
    "etag",
    "last-modified",
    "cloudflare-cdn-cache-control",
    "content-digest",
    "content-md5",
    "digest",
    "pragma",
    "repr-digest",
    "surrogate-control",
    "cf-cache-status",
    "cf-ray",
    "set-cookie",
];

/// So many of the [`KNOWN`] are moved aside.
pub(super) const MOVED: usize = 17;
/// So many of these the store shows all the same.
const MOVED_AND_ADDED: usize = 4;

/// The place of a field among the [`KNOWN`].
pub(super) fn known(name: &str) -> Option<usize> {
    fields::position(&KNOWN, name)
}

/// The known fields that a store shows, whatever it was given.
pub(super) fn added() -> impl Iterator<Item = (usize, &'static str)> {
    let is_added = |place| !(MOVED_AND_ADDED..MOVED).contains(&place);
    (0..).zip(KNOWN).filter(move |(place, _)| is_added(*place))
}

/// Some of the [`KNOWN`] fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Names(u32);

impl Names {
    /// Adds one; whether it was not there.
    pub(super) fn add(&mut self, place: usize) -> bool {
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        let bit = 1_u32.checked_shl(place).unwrap_or_default();
        let new = self.0 & bit == 0;
        self.0 |= bit;
        new
    }
}

/// Changes to the fields of a message: `name:value` sets, `name` alone removes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    lines: String,
    /// Which of the known fields they are about.
    pub(super) known: Names,
}

impl Changes {
    /// None yet, in room for so many bytes.
    pub(super) fn with_room(bytes: usize) -> Self {
        Self {
            lines: String::with_capacity(bytes),
            known: Names::default(),
        }
    }

    /// Sets a field, in place of all its earlier lines.
    pub fn set(&mut self, name: &str, value: &str) {
        self.line(&[name, ":", value]);
    }

    /// Removes a field.
    pub fn remove(&mut self, name: &str) {
        self.line(&[name]);
    }

    /// Leaves a field aside that was moved there when its copy was stored: there is
    /// nothing to remove, which would have its price.
    pub fn leave(&mut self, name: &str) {
        if let Some(place) = known(name) {
            self.known.add(place);
        }
    }

    /// Appends later changes, which win over earlier ones.
    pub fn extend(&mut self, later: &Self) {
        self.known.0 |= later.known.0;
        if !later.lines.is_empty() {
            self.append(&[&later.lines]);
        }
    }

    /// One change per line.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.lines
    }

    fn line(&mut self, parts: &[&str]) {
        if let Some(place) = parts.first().and_then(|name| known(name)) {
            self.known.add(place);
        }
        self.append(parts);
    }

    fn append(&mut self, parts: &[&str]) {
        if !self.lines.is_empty() {
            self.lines.push('\n');
        }
        self.lines.extend(parts.iter().copied());
    }
}
