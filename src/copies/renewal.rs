//! Asking whether a copy still is current, and what follows if it is (RFC 9111,
//! 4.3).

use super::Copy;
use super::changes::Changes;
use super::envelope::{Originals, restore};
use crate::wire::{Fields, Listed, Timestamp, cut};
use alloc::format;

/// Fields that speak of the message and not of the page, or by which the body that
/// is stored could no longer be read (RFC 9111, 3.2).
const NOT_UPDATED: [&str; 11] = [
    "connection",
    "content-encoding",
    "content-length",
    "content-range",
    "keep-alive",
    "proxy-connection",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Changes to the fields of a request that make it ask only for what is newer than
/// the copy under `envelope`. What the visitor has is compared afterwards.
#[must_use]
pub fn conditions(envelope: &str) -> Changes {
    let mut changes = Changes::default();
    if let Some(original) = Originals::read(envelope) {
        for (name, validator) in [
            ("if-none-match", "etag"),
            ("if-modified-since", "last-modified"),
        ] {
            match original.get(validator) {
                "" => changes.remove(name),
                value => changes.set(name, value),
            }
        }
    }
    changes
}

/// The changes that turn what is stored under `envelope` into the page as it is
/// since the origin said that it is current; `answer` is all fields of what it
/// said, one per line. An answer that names another version by a strong validator is
/// about something else, and changes nothing (RFC 9111, 4.3.4).
#[must_use]
pub fn renew(envelope: &str, answer: &str) -> Changes {
    let mut own = Changes::default();
    let lines = cut::parts(answer, b'\n').filter_map(|line| cut::at(line, b':'));
    let stored = Originals::read(envelope);
    let named = stored.as_ref().map_or("", |stored| stored.get("etag"));
    let other = |name: &str, value: &str| name == "etag" && !named.is_empty() && value != named;
    let is_strong = |value: &str| !value.starts_with("W/");
    if lines
        .clone()
        .any(|(name, value)| other(name, value) && is_strong(value))
    {
        return restore(envelope, &own);
    }
    let counts = |name: &str| !NOT_UPDATED.contains(&name) && !name.starts_with("lastgood-");
    let updates = |(name, value): &(&str, &str)| counts(name) && !other(name, value);
    for (name, value) in lines.clone().filter(updates) {
        own.set(name, value);
    }
    // Its age and its date are those of the new answer, or unknown.
    for name in ["age", "date"] {
        if lines.clone().all(|(given, _)| given != name) {
            own.remove(name);
        }
    }
    restore(envelope, &own)
}

/// The changes that turn what is stored under `envelope` into the page as the answer
/// to a HEAD says that it is (RFC 9111, 4.3.5); `None` if nothing has to be changed.
///
/// One that names the same version makes the copy a new one. One that names another,
/// or another length, ends its freshness; there is still nothing better to show
/// instead of a failure.
#[must_use]
pub fn after_head(envelope: &str, answer: &str, copy: &Copy, now: Timestamp) -> Option<Changes> {
    let (stored, said) = (Originals::read(envelope)?, Listed::new(answer));
    let named = ["etag", "last-modified"].map(|name| (said.get(name), stored.get(name)));
    let mut named = named.iter().filter(|(said, _)| !said.is_empty());
    let other = named.clone().any(|(said, stored)| said != stored);
    // The length of what is packed says nothing of what is stored unpacked.
    let length = said.get("content-length").parse().ok();
    let length = length.filter(|_| !said.has("content-encoding"));
    let resized = length.is_some_and(|length: u64| stored.length != Some(length));
    if !other && !resized {
        return named.next().map(|_| renew(envelope, answer));
    }
    copy.is_fresh(now).then(|| {
        let lifetime = copy.aged(now).lifetime.as_secs();
        let mut own = Changes::default();
        own.set("age", &format!("{}", lifetime.saturating_add(1)));
        restore(envelope, &own)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::copies::Found;

    const STORED: &str =
        "stored 1 1 selecting 0  age 1 7 cache-control 9 max-age=1 date 1 x etag 3 \"a\" .";

    #[test]
    fn an_answer_about_another_version_changes_nothing() {
        let check = |etag: &str, changes: bool| {
            let answer = format!("etag:{etag}\ncache-control:max-age=9");
            let renewed = renew(STORED, &answer);
            let has = renewed.as_str().contains("cache-control:max-age=9");
            assert_eq!(has, changes, "{etag}");
            assert!(renewed.as_str().contains("etag:\"a\""));
        };
        check("\"a\"", true);
        check("W/\"b\"", true);
        check("\"b\"", false);
    }

    #[test]
    fn the_validators_of_the_copy_are_asked_for() {
        let asked = conditions(STORED);
        assert_eq!(asked.as_str(), "if-none-match:\"a\"\nif-modified-since");
        assert!(conditions("").as_str().is_empty());
    }

    #[test]
    fn the_head_of_a_page_tells_of_its_copy() {
        let stored =
            "stored 5 60000 selecting 0  length 1 9 cache-control 10 max-age=30 etag 3 \"a\" .";
        let Found::Copy(copy) = Found::under(stored, "", &Listed::new("")) else {
            panic!("it is a copy");
        };
        let check = |answer: &str, secs: u64, expected: Option<&str>| {
            let found = after_head(stored, answer, &copy, Timestamp::from_secs(60 + secs));
            let lines = found.as_ref().map(Changes::as_str);
            let has = |line| lines.is_some_and(|lines| lines.split('\n').any(|it| it == line));
            assert_eq!(found.is_some(), expected.is_some(), "{answer}");
            assert!(expected.is_none_or(has), "{answer}: {lines:?}");
        };
        let (renewed, ended) = (Some("cache-control:max-age=9"), Some("age:31"));
        check("etag:\"a\"\ncache-control:max-age=9", 40, renewed);
        check(
            "etag:\"a\"\ncache-control:max-age=9\ncontent-length:9",
            40,
            renewed,
        );
        check("etag:\"b\"", 1, ended);
        check("etag:\"a\"\nlast-modified:x", 1, ended);
        check("etag:\"a\"\ncontent-length:8", 1, ended);
        check(
            "etag:\"a\"\ncontent-length:8\ncontent-encoding:br",
            1,
            Some("etag:\"a\""),
        );
        check("content-length:8", 1, ended);
        check("etag:\"b\"", 31, None);
        check("content-length:9\ncache-control:max-age=9", 1, None);
        check("", 1, None);
    }

    #[test]
    fn the_new_fields_win_but_for_those_of_the_message() {
        let answer =
            "cache-control:max-age=9\ncontent-length:0\nx:new\ncontent-encoding:gzip\netag:W/\"b\"";
        let changes = renew(STORED, answer);
        let lines: alloc::vec::Vec<&str> = changes.as_str().split('\n').collect();
        for line in [
            "cache-control:max-age=9",
            "x:new",
            "etag:\"a\"",
            "age",
            "date",
        ] {
            assert!(lines.contains(&line), "{line} in {lines:?}");
        }
        assert!(!changes.as_str().contains("content-"));
    }
}
