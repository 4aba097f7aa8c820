//! A copy as it goes out.

use super::told::{COPY, NOTED, Reply};
use crate::answer::{self, Language};
use crate::copies::{self, Changes, ENVELOPE};
use crate::retry::Random;
use crate::wire::{Fields, Method};
use alloc::{format, string::String};
use core::time::Duration;

/// A page with a notice is another page: validators, length and digests of the copy
/// are not its own. These were moved aside, and stay there.
pub(super) const LEFT_ASIDE: &[&str] = &[
    "content-digest",
    "content-md5",
    "digest",
    "etag",
    "last-modified",
    "repr-digest",
];
/// And these were not.
const TAKEN_OFF: &[&str] = &["content-length", "accept-ranges"];

/// Statuses that come without a body.
const WITHOUT_BODY: &[u16] = &[204, 205, 304];

/// A copy that goes out, and who asked for it.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) method: Method,
    pub(super) asked: &'a dyn Fields,
    pub(super) stored: &'a dyn Fields,
    pub(super) status: u16,
    /// How old it is, if anybody knows.
    pub(super) age: Option<Duration>,
}

impl Shown<'_> {
    /// All of the copy, or that the client has it already; with some of our `own`
    /// fields, and with a notice where one is wanted and the page is a reader's.
    pub(super) fn reply(&self, mut own: Changes, notice: bool) -> Reply {
        let envelope = self.stored.get(ENVELOPE);
        if copies::is_not_modified(envelope, self.asked) {
            return Reply::of(COPY, 304, copies::restore(envelope, &own));
        }
        let noted = notice && self.is_for_a_reader() && copies::admits_line(envelope);
        if noted {
            LEFT_ASIDE.iter().for_each(|name| own.leave(name));
            self.admit_notice(&mut own);
        }
        self.page(copies::restore(envelope, &own), noted)
    }

    /// Whether it is a page for somebody who reads.
    pub(super) fn is_for_a_reader(&self) -> bool {
        let content_type = self.stored.get("content-type");
        answer::wants_notice(self.method, content_type, self.asked)
    }

    /// Makes the fields of the copy those of a page with a notice.
    pub(super) fn admit_notice(&self, own: &mut Changes) {
        TAKEN_OFF.iter().for_each(|name| own.remove(name));
        for name in answer::POLICIES {
            if let Some(admitting) = answer::admitting(self.stored.get(name)) {
                own.set(name, &admitting);
            }
        }
    }

    /// The page, with a notice or without.
    pub(super) fn page(&self, changes: Changes, noted: bool) -> Reply {
        let language = || Language::of(self.asked.get("accept-language"));
        let notice = noted.then(|| answer::notice(self.age, language()));
        let source = if noted { NOTED } else { COPY };
        Reply {
            with_body: has_body(self.method, self.status),
            text: notice.unwrap_or_default(),
            ..Reply::of(source, self.status, changes)
        }
    }
}

/// Whether a reply of this status has a body.
pub(super) fn has_body(method: Method, status: u16) -> bool {
    method != Method::Head && !WITHOUT_BODY.contains(&status)
}

/// The edge's own id of a request where it gave one, else one of ours.
pub(super) fn id(asked: &dyn Fields, seed: u64) -> String {
    match asked.get("cf-ray") {
        "" => format!("{:016x}", Random::new(seed).draw()),
        ray => ray.into(),
    }
}
