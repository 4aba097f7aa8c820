//! A copy as it goes out: whole, as a part, with a notice, or as the word that its
//! reader has it already.

use crate::answer::{self, Language};
use crate::copies::{self, Changes, ENVELOPE, Slice};
use crate::wire::{Fields, Method};
use alloc::string::String;
use core::time::Duration;

/// A page with a notice is another page: validators, length and digests of the copy
/// are not its own. These were moved aside, and stay there.
const LEFT_ASIDE: &[&str] = &[
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

/// Finds out the language of a notice, where there is one.
pub type Speaks<'a> = &'a dyn Fn() -> &'static Language;

/// A copy that goes out, and who asked for it.
#[derive(Clone, Copy)]
#[expect(
    missing_debug_implementations,
    reason = "a message is any kind of fields"
)]
pub struct Shown<'a> {
    /// The request's method.
    pub method: Method,
    /// Its fields.
    pub asked: &'a dyn Fields,
    /// Those of what is stored.
    pub stored: &'a dyn Fields,
    /// The status of the copy.
    pub status: u16,
    /// How old it is, if anybody knows.
    pub age: Option<Duration>,
    /// Whether it is shown because the reader's own device has no connection.
    pub offline: bool,
}

/// How a copy goes out.
#[derive(Debug)]
pub struct Sent {
    /// Its status.
    pub status: u16,
    /// Changes to the fields of what is stored.
    pub changes: Changes,
    /// Whether a body goes out.
    pub with_body: bool,
    /// What stands behind its end.
    pub notice: Option<String>,
    /// The `Range` that cuts what goes out out of it; empty for all of it.
    pub slice: String,
}

impl Sent {
    const fn of(status: u16, changes: Changes) -> Self {
        Self {
            status,
            changes,
            with_body: false,
            notice: None,
            slice: String::new(),
        }
    }
}

impl Shown<'_> {
    /// All of the copy, or that the client has it already; with some of our `own`
    /// fields, and with a notice where one is wanted and the page is a reader's.
    #[must_use]
    pub fn whole(&self, mut own: Changes, notice: bool, speaks: Speaks<'_>) -> Sent {
        let envelope = self.stored.get(ENVELOPE);
        if copies::is_not_modified(envelope, self.asked) {
            return Sent::of(304, copies::restore(envelope, &own));
        }
        let noted = notice && self.is_for_a_reader() && copies::admits_line(envelope);
        if noted {
            LEFT_ASIDE.iter().for_each(|name| own.leave(name));
            self.admit_notice(&mut own);
        }
        self.page(copies::restore(envelope, &own), noted.then_some(speaks))
    }

    /// A page of which there is no envelope, with a notice if it is wanted.
    #[must_use]
    pub fn foreign(&self, mut own: Changes, notice: bool, speaks: Speaks<'_>) -> Sent {
        let noted = notice && self.is_for_a_reader();
        if noted {
            LEFT_ASIDE.iter().for_each(|name| own.remove(name));
            self.admit_notice(&mut own);
        }
        self.page(own, noted.then_some(speaks))
    }

    /// The slice of the copy that is asked for, if one is: who has the page already is
    /// told that, and no more.
    #[must_use]
    pub fn slice(&self) -> Option<Slice> {
        let envelope = self.stored.get(ENVELOPE);
        let slice = copies::slice(envelope, self.asked);
        slice.filter(|_| !copies::is_not_modified(envelope, self.asked))
    }

    /// That slice, with some of our `own` fields. Where none of the bytes of the copy
    /// is what was asked for, nobody is to take that for the page.
    #[must_use]
    pub fn part(&self, slice: Slice, mut own: Changes) -> Sent {
        let envelope = self.stored.get(ENVELOPE);
        own.remove("content-length");
        match slice {
            Slice::Bytes {
                inside,
                content_range,
            } => {
                own.set("content-range", &content_range);
                Sent {
                    with_body: true,
                    slice: inside,
                    ..Sent::of(206, copies::restore(envelope, &own))
                }
            }
            Slice::Beyond(content_range) => {
                own.set("content-range", &content_range);
                own.set("cache-control", "no-store");
                Sent::of(416, copies::restore(envelope, &own))
            }
        }
    }

    /// Whether it is a page for somebody who reads.
    fn is_for_a_reader(&self) -> bool {
        let content_type = self.stored.get("content-type");
        answer::wants_notice(self.method, content_type, self.asked)
    }

    /// Makes the fields of the copy those of a page with a notice.
    fn admit_notice(&self, own: &mut Changes) {
        TAKEN_OFF.iter().for_each(|name| own.remove(name));
        for name in answer::POLICIES {
            if let Some(admitting) = answer::admitting(self.stored.get(name)) {
                own.set(name, &admitting);
            }
        }
    }

    fn page(&self, changes: Changes, noted: Option<Speaks<'_>>) -> Sent {
        let notice = noted.map(|speaks| answer::notice(self.age, self.offline, speaks()));
        Sent {
            with_body: has_body(self.method, self.status),
            notice,
            ..Sent::of(self.status, changes)
        }
    }
}

/// Whether a reply of this status has a body.
#[must_use]
pub fn has_body(method: Method, status: u16) -> bool {
    method != Method::Head && !WITHOUT_BODY.contains(&status)
}
