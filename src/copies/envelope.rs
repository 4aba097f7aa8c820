//! How a copy is stored: by our own terms.
//!
//! The platform's store follows the caching fields of what it is given, and
//! drops an entry as soon as it is stale, which is just when it is needed. So
//! those fields are moved aside under names the platform does not read, it is
//! told a long lifetime, and the true time of storing is written beside them.

use crate::wire::{self, Fields, Listed, Timestamp};
use alloc::{format, string::String};

/// Fields that the platform's store would follow, or replace.
const MOVED: [&str; 9] = [
    "age",
    "cache-control",
    "cdn-cache-control",
    "cloudflare-cdn-cache-control",
    "date",
    "etag",
    "expires",
    "last-modified",
    "vary",
];

/// Fields that a store adds on its own account.
const ADDED: [&str; 2] = ["cf-cache-status", "cf-ray"];

/// What all names of our own fields begin with.
const OURS: &str = "lastgood-";
const STORED_AT: &str = "lastgood-stored";
const SELECTING: &str = "lastgood-selecting";
const ASIDE: &str = "lastgood-was-";

/// What the platform is told: a year, so that only our own rules end a copy.
const STORE_FOR: &str = "public, max-age=31536000";

/// Changes to the fields of a message: `name:value` sets, `name` alone removes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes(String);

impl Changes {
    /// Sets a field, in place of all its earlier lines.
    pub fn set(&mut self, name: &str, value: &str) {
        self.line(&[name, ":", value]);
    }

    /// Removes a field.
    pub fn remove(&mut self, name: &str) {
        self.line(&[name]);
    }

    /// Appends later changes, which win over earlier ones.
    pub fn extend(&mut self, later: &Self) {
        self.line(&[&later.0]);
    }

    /// One change per line.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn line(&mut self, parts: &[&str]) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.0.extend(parts.iter().copied());
    }
}

/// The changes that turn a response into what is stored.
///
/// `response` is the whole list of its fields; `request` is the one it answers.
#[must_use]
pub fn seal(response: &str, request: &dyn Fields, now: Timestamp) -> Changes {
    let fields = Listed::new(response);
    let mut changes = Changes::default();
    // An origin that wrote fields of these names would forge the envelope.
    let names = response
        .split('\n')
        .filter_map(|line| line.split(':').next());
    names
        .filter(|name| name.starts_with(OURS))
        .for_each(|name| changes.remove(name));
    for name in MOVED {
        let value = fields.get(name);
        if !value.is_empty() {
            changes.remove(name);
            changes.set(&format!("{ASIDE}{name}"), value);
        }
    }
    changes.set(STORED_AT, &format!("{}", now.as_millis()));
    changes.set(
        SELECTING,
        &wire::vary::selecting(fields.get("vary"), request),
    );
    changes.set("cache-control", STORE_FOR);
    changes
}

/// The changes that turn what is stored back into the response.
#[must_use]
pub fn restore(stored: &str) -> Changes {
    let fields = Listed::new(stored);
    let mut changes = Changes::default();
    for name in MOVED {
        let aside = format!("{ASIDE}{name}");
        let value = fields.get(&aside);
        if !value.is_empty() {
            changes.set(name, value);
            changes.remove(&aside);
        } else if fields.has(name) {
            changes.remove(name);
        }
    }
    // These two are always there, one of them often empty.
    changes.remove(STORED_AT);
    changes.remove(SELECTING);
    // What is not there need not be removed, which costs a host as much.
    let others = ["set-cookie"].into_iter().chain(ADDED);
    others
        .filter(|name| fields.has(name))
        .for_each(|name| changes.remove(name));
    changes
}

/// `Vary` among all fields of a response.
#[must_use]
pub fn vary(response: &str) -> &str {
    response
        .split('\n')
        .find_map(|line| line.strip_prefix("vary:"))
        .unwrap_or_default()
}

/// The caching fields of a stored response, as they came.
#[derive(Debug)]
pub(super) struct Originals {
    /// `name:value` lines.
    pub(super) fields: String,
    /// When it was stored.
    pub(super) stored_at: Timestamp,
    vary: String,
    selecting: String,
}

impl Originals {
    /// Whether the stored response is the variant for a request.
    pub(super) fn selects(&self, request: &dyn Fields) -> bool {
        wire::vary::selecting(&self.vary, request) == self.selecting
    }
}

/// Reads an envelope; `None` for what is not one.
pub(super) fn originals(stored: &str) -> Option<Originals> {
    let fields = Listed::new(stored);
    let stored_at = Timestamp::from_millis(fields.get(STORED_AT).parse().ok()?);
    let mut originals = String::new();
    for line in stored
        .split('\n')
        .filter_map(|line| line.strip_prefix(ASIDE))
    {
        originals.push_str(line);
        originals.push('\n');
    }
    let vary = String::from(Listed::new(&originals).get("vary"));
    let selecting = String::from(fields.get(SELECTING));
    Some(Originals {
        fields: originals,
        stored_at,
        vary,
        selecting,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{string::ToString, vec::Vec};
    use proptest::prelude::*;

    /// What a host does with changes.
    fn apply(fields: &str, changes: &Changes) -> String {
        let mut lines: Vec<String> = fields
            .split('\n')
            .filter(|l| !l.is_empty())
            .map(ToString::to_string)
            .collect();
        for change in changes.as_str().split('\n') {
            let name = change.split(':').next().unwrap();
            lines.retain(|line| line.split(':').next() != Some(name));
            if change.contains(':') {
                lines.push(change.to_string());
            }
        }
        lines.sort();
        lines.join("\n")
    }

    #[test]
    fn what_goes_in_comes_out() {
        let now = Timestamp::from_millis(1_700_000_000_123);
        let request = Listed::new("accept-language:de");
        let response = "cache-control:max-age=5, x=\"é\"\ncontent-type:text/html\netag:\"1\"\nvary:Accept-Language";
        let stored = apply(response, &seal(response, &request, now));
        assert!(stored.contains("cache-control:public, max-age=31536000"));
        assert!(!stored.contains("\netag:"));
        let opened = originals(&stored).unwrap();
        assert_eq!(opened.stored_at, now);
        assert!(opened.selects(&Listed::new("accept-language: de")));
        assert!(!opened.selects(&Listed::new("accept-language:fr")));
        assert_eq!(apply(&stored, &restore(&stored)), response);
    }

    #[test]
    fn what_is_not_ours_is_no_copy() {
        for foreign in [
            "",
            "content-type:text/html",
            "lastgood-stored:x",
            "lastgood-stored:-1",
        ] {
            assert!(originals(foreign).is_none(), "{foreign}");
        }
    }

    proptest! {
        #[test]
        fn hostile_fields_survive(value in "[^\n\r:]{0,40}", name in "[a-z-]{1,20}") {
            let fields = alloc::format!("{name}:{value}\ncache-control:{value}\nvary:{value}");
            let sealed = apply(&fields, &seal(&fields, &Listed::new(""), Timestamp::default()));
            let _ = originals(&sealed);
            let _ = restore(&sealed);
        }
    }
}
