//! How a copy is stored: by our own terms.
//!
//! The platform's store follows the caching fields of what it is given, and
//! drops an entry as soon as it is stale, which is just when it is needed. So
//! those fields are moved aside under names the platform does not read, it is
//! told a long lifetime, and the true time of storing is written beside them.

use super::changes::{self, Changes, KNOWN, MOVED};
use crate::wire::{self, Fields, Timestamp, cut, list, time::millis};
use alloc::format;
use alloc::string::{String, ToString};
use core::time::Duration;

/// What all names of our own fields begin with.
const OURS: &str = "lastgood-";

/// The field that holds all that was moved aside, when it was stored and for
/// whom. It is one, as a platform asks a price for each.
pub const ENVELOPE: &str = "lastgood-envelope";
/// The field that holds `Vary`, for a host that has to know what to hand over.
pub const VARY: &str = "lastgood-vary";
/// What an envelope ends with: a space at the end of a field's value is lost.
const END: &str = ".";
const STORED_AT: &str = "stored";
const SELECTING: &str = "selecting";
/// The status, if it is not 200.
const STATUS: &str = "status";
/// How many milliseconds it took to come.
const WAITED: &str = "waited";
/// For how many milliseconds it is fresh, as it did not say so itself.
const GIVEN: &str = "given";
/// How many bytes it has, as stored.
const LENGTH: &str = "length";
/// What part was asked for, of a part.
const RANGE: &str = "range";
/// What tells the variants of this page from those of an earlier one.
const ROOT: &str = "root";
/// Is there if it is a whole HTML document.
const DOCUMENT: &str = "document";
/// The language of a page that depends on that.
const LANGUAGE: &str = "language";

/// More bytes than most envelopes have.
const ROOM: usize = 512;

/// What the platform is told: a year, so that only our own rules end a copy.
const STORE_FOR: &str = "public, max-age=31536000";

/// The fields of a response that matter when it is stored.
pub const SEALED: &[&str] = &[
    "lastgood-cache-control",
    "cdn-cache-control",
    "cache-control",
    "set-cookie",
    "vary",
    "content-type",
    "content-length",
    "content-range",
    "content-location",
    "etag",
    "last-modified",
    "date",
    "age",
    "expires",
    "cloudflare-cdn-cache-control",
    "connection",
    "content-digest",
    "content-language",
    "content-md5",
    "digest",
    "lastgood-vary",
    "pragma",
    "repr-digest",
    "surrogate-control",
];

/// What is about to be stored.
#[derive(Clone, Copy)]
#[expect(
    missing_debug_implementations,
    reason = "a message is any kind of fields"
)]
pub struct Kept<'a> {
    /// Its status.
    pub status: u16,
    /// Those of its fields that are [`SEALED`].
    pub response: &'a dyn Fields,
    /// The request that it answers.
    pub request: &'a dyn Fields,
    /// When it arrived.
    pub arrived: Timestamp,
    /// How long it took to come.
    pub waited: Duration,
    /// For how long it is fresh, if it does not say so itself.
    pub given: Option<Duration>,
    /// How many bytes its body has.
    pub length: u64,
    /// The envelope of the page that is in the store, empty without one.
    pub page: &'a str,
    /// Whether it is a whole HTML document.
    pub document: bool,
}

/// The changes that turn a response into what is stored.
#[must_use]
pub fn seal(kept: &Kept<'_>) -> Changes {
    let (fields, request) = (kept.response, kept.request);
    let mut changes = Changes::default();
    // An origin that wrote this would say for whom our copy is; the envelope is
    // written anew.
    if fields.has(VARY) {
        changes.remove(VARY);
    }
    // What is about the connection ends with it (RFC 9111, 3.1).
    let connection = fields.get("connection");
    if !connection.is_empty() {
        list::elements(connection)
            .filter(|name| list::is_token(name))
            .for_each(|name| changes.remove(&name.to_ascii_lowercase()));
        changes.remove("connection");
    }
    let vary = fields.get("vary");
    let mut envelope = String::with_capacity(ROOM);
    let arrived = format!("{}", kept.arrived.as_millis());
    let selecting = wire::vary::selecting(vary, request);
    pack(&mut envelope, STORED_AT, &arrived);
    pack(&mut envelope, SELECTING, &selecting);
    if kept.status != 200 {
        pack(&mut envelope, STATUS, &format!("{}", kept.status));
    }
    if kept.status == 206 {
        pack(&mut envelope, RANGE, request.get("range"));
    }
    pack(&mut envelope, LENGTH, &kept.length.to_string());
    if kept.waited >= Duration::from_millis(1) {
        pack(&mut envelope, WAITED, &format!("{}", millis(kept.waited)));
    }
    if let Some(given) = kept.given {
        pack(&mut envelope, GIVEN, &millis(given).to_string());
    }
    if !vary.is_empty() {
        let page = Originals::read(kept.page);
        let same = page.filter(|page| page.get("vary").eq_ignore_ascii_case(vary));
        pack(&mut envelope, ROOT, same.map_or(&arrived, |page| page.root));
    }
    if wire::vary::has_language(vary) {
        pack(&mut envelope, LANGUAGE, fields.get("content-language"));
    }
    if kept.document {
        pack(&mut envelope, DOCUMENT, "");
    }
    for name in KNOWN.into_iter().take(MOVED) {
        let value = fields.get(name);
        if !value.is_empty() {
            changes.remove(name);
            pack(&mut envelope, name, value);
        }
    }
    envelope.push_str(END);
    if !vary.is_empty() {
        changes.set(VARY, vary);
    }
    changes.set(ENVELOPE, &envelope);
    changes.set("cache-control", STORE_FOR);
    changes
}

/// The changes that turn what is stored under an envelope back into the
/// response, and then some of our `own`. No field is changed twice, as a platform
/// asks a price for each change.
#[must_use]
pub fn restore(envelope: &str, own: &Changes) -> Changes {
    let mut changes = Changes::with_room(envelope.len().saturating_add(own.as_str().len()));
    changes.remove(ENVELOPE);
    changes.remove(VARY);
    let mut settled = own.known;
    for (name, value) in Packed(envelope) {
        let moved = changes::known(name).filter(|place| *place < MOVED);
        if !name.starts_with(OURS) && moved.is_some_and(|place| settled.add(place)) {
            changes.set(name, value);
        }
    }
    for (_, name) in changes::added().filter(|(place, _)| settled.add(*place)) {
        changes.remove(name);
    }
    changes.extend(own);
    changes
}

/// Appends a field to an envelope: `name length value `.
fn pack(envelope: &mut String, name: &str, value: &str) {
    for part in [name, " ", &value.len().to_string(), " ", value, " "] {
        envelope.push_str(part);
    }
}

/// The fields in an envelope.
#[derive(Clone, Copy, Debug)]
struct Packed<'a>(&'a str);

impl<'a> Iterator for Packed<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, rest) = cut::at(self.0, b' ')?;
        let (length, rest) = cut::at(rest, b' ')?;
        let (value, rest) = rest.split_at_checked(length.parse().ok()?)?;
        self.0 = rest.strip_prefix(' ').unwrap_or_default();
        Some((name, value))
    }
}

/// Whether what is stored under an envelope is a [document](super::is_document), and
/// may go out as another one than it was (RFC 9111, 5.2.2.6).
#[must_use]
pub fn admits_line(envelope: &str) -> bool {
    let forbids = |rules| list::elements(rules).any(|it| it.eq_ignore_ascii_case("no-transform"));
    let mut document = false;
    for (name, value) in Packed(envelope) {
        document |= name == DOCUMENT;
        if name == "cache-control" && forbids(value) {
            return false;
        }
    }
    document
}

/// When what is stored under an envelope came, and how many bytes it has; `None` if it is
/// none of ours.
#[must_use]
pub fn extent(envelope: &str) -> Option<(Timestamp, u64)> {
    let stored = Originals::read(envelope)?;
    Some((stored.stored_at, stored.length?))
}

/// The caching fields of a stored response, as they came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Originals<'a> {
    /// In the order of [`KNOWN`].
    values: [&'a str; MOVED],
    selecting: &'a str,
    language: &'a str,
    /// What tells the variants of this page from those of an earlier one.
    pub(super) root: &'a str,
    pub(super) status: u16,
    /// How long it is fresh, if it did not say so.
    pub(super) given: Option<Duration>,
    /// How many bytes it has.
    pub(super) length: Option<u64>,
    /// What part was asked for.
    pub(super) range: &'a str,
    /// How long it took to come.
    pub(super) waited: Duration,
    /// When it was stored.
    pub(super) stored_at: Timestamp,
}

impl<'a> Originals<'a> {
    /// Reads an envelope; `None` for what is not one, or not all of one.
    pub(super) fn read(envelope: &'a str) -> Option<Self> {
        let mut fields = Packed(envelope.strip_suffix(END)?);
        let mut next = |wanted| fields.next().filter(|(name, _)| *name == wanted);
        let (_, stored_at) = next(STORED_AT)?;
        let (_, selecting) = next(SELECTING)?;
        let mut read = Self {
            values: [""; MOVED],
            selecting,
            language: "",
            root: "",
            status: 200,
            given: None,
            length: None,
            range: "",
            waited: Duration::ZERO,
            stored_at: Timestamp::from_millis(stored_at.parse().ok()?),
        };
        for (name, value) in &mut fields {
            match name {
                STATUS => {
                    let status = value.parse().ok();
                    read.status = status.filter(|status| (200..=599).contains(status))?;
                }
                WAITED => read.waited = Duration::from_millis(value.parse().ok()?),
                GIVEN => read.given = Some(Duration::from_millis(value.parse().ok()?)),
                LENGTH => read.length = Some(value.parse().ok()?),
                RANGE => read.range = value,
                ROOT => read.root = value,
                LANGUAGE => read.language = value,
                _ => read.take(name, value),
            }
        }
        fields.0.is_empty().then_some(read)
    }

    fn take(&mut self, name: &str, value: &'a str) {
        let known = changes::known(name);
        if let Some(slot) = known.and_then(|index| self.values.get_mut(index)) {
            *slot = value;
        }
    }

    /// Whether the stored response is the variant for a request.
    pub(super) fn selects(&self, request: &dyn Fields) -> bool {
        let line = wire::vary::selecting(self.get("vary"), request);
        let Self {
            selecting,
            language,
            ..
        } = *self;
        !wire::is_garbled(&line)
            && (line == selecting
                || (!language.is_empty()
                    && wire::vary::selects_by_language(&line, selecting, language)))
    }
}

impl Fields for Originals<'_> {
    fn get(&self, name: &str) -> &str {
        let known = changes::known(name);
        let value = known.and_then(|index| self.values.get(index));
        value.copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Listed;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    /// What is stored of a page that came at once.
    fn seal(response: &str, request: &dyn Fields, arrived: Timestamp) -> Changes {
        super::seal(&Kept {
            status: 200,
            response: &Listed::new(response),
            request,
            arrived,
            waited: Duration::ZERO,
            given: None,
            length: 0,
            page: "",
            document: true,
        })
    }

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
        let listed = Listed::new(&stored);
        let envelope = listed.get(ENVELOPE);
        let opened = Originals::read(envelope).unwrap();
        assert_eq!(opened.stored_at, now);
        assert!(opened.selects(&Listed::new("accept-language: de")));
        assert!(!opened.selects(&Listed::new("accept-language:fr")));
        let garbled = Listed::new("accept-language:\u{fffd}");
        let stored = apply(response, &seal(response, &garbled, now));
        let envelope = String::from(Listed::new(&stored).get(ENVELOPE));
        assert!(!Originals::read(&envelope).unwrap().selects(&garbled));
        let stored = apply(response, &seal(response, &request, now));
        let listed = Listed::new(&stored);
        let envelope = listed.get(ENVELOPE);
        assert_eq!(listed.get(VARY), "Accept-Language");
        assert_eq!(
            apply(&stored, &restore(envelope, &Changes::default())),
            response
        );
        let mut own = Changes::default();
        own.remove("etag");
        own.set("cache-control", "no-store");
        let changes = restore(envelope, &own);
        let rest = "cache-control:no-store\ncontent-type:text/html\nvary:Accept-Language";
        assert_eq!(apply(&stored, &changes), rest);
        assert_eq!(changes.as_str().matches("cache-control").count(), 1);
    }

    #[test]
    fn what_no_field_says_is_kept_beside_them() {
        let request = Listed::new("range:bytes=0-4\naccept-language:de");
        let response = "content-language:de\nvary:Accept-Language";
        let kept = Kept {
            status: 206,
            response: &Listed::new(response),
            request: &request,
            arrived: Timestamp::from_millis(7),
            waited: Duration::from_millis(2500),
            given: Some(Duration::from_secs(10)),
            length: 5,
            page: "",
            document: false,
        };
        let stored = apply(response, &super::seal(&kept));
        let envelope = String::from(Listed::new(&stored).get(ENVELOPE));
        let opened = Originals::read(&envelope).unwrap();
        assert_eq!((opened.status, opened.length), (206, Some(5)));
        assert_eq!((opened.range, opened.root), ("bytes=0-4", "7"));
        assert_eq!((opened.waited, opened.given), (kept.waited, kept.given));
        assert!(opened.selects(&Listed::new("accept-language:de, en;q=0.5")));
        // What comes later belongs to the same page.
        let later = Kept {
            arrived: Timestamp::from_millis(9),
            page: &envelope,
            ..kept
        };
        let stored = apply(response, &super::seal(&later));
        let listed = Listed::new(&stored);
        let later = Originals::read(listed.get(ENVELOPE)).unwrap();
        assert_eq!(later.root, "7");
    }

    #[test]
    fn an_origin_may_forbid_any_change() {
        let check = |rules: &str, expected: bool| {
            let response = format!("cache-control:{rules}");
            let request = Listed::new("");
            let stored = apply(&response, &seal(&response, &request, Timestamp::default()));
            let envelope = Listed::new(&stored);
            assert_eq!(admits_line(envelope.get(ENVELOPE)), expected, "{rules}");
        };
        check("max-age=5, No-Transform", false);
        check("max-age=5", true);
        check("x=\"no-transform\"", true);
        assert!(!admits_line("stored 1 1 selecting 0  ."));
    }

    #[test]
    fn digests_wait_aside() {
        let response = "content-digest:sha-256=:x:\ncontent-md5:y";
        let request = Listed::new("");
        let stored = apply(response, &seal(response, &request, Timestamp::default()));
        assert!(!stored.contains("\ncontent-digest:"));
        let envelope = Listed::new(&stored);
        let envelope = envelope.get(ENVELOPE);
        assert_eq!(
            apply(&stored, &restore(envelope, &Changes::default())),
            response
        );
        let mut own = Changes::default();
        own.leave("content-digest");
        let shown = restore(envelope, &own);
        assert_eq!(apply(&stored, &shown), "content-md5:y");
        assert!(!shown.as_str().contains("digest"));
    }

    #[test]
    fn what_is_not_ours_is_no_copy() {
        for foreign in [
            "",
            "x",
            "stored",
            "stored 1",
            "stored 1 x",
            "stored 2 1",
            "stored 99999999999999999999 1",
            "stored 1 é",
            "stored 2 -1",
            "stored 1 1 etag 1 x .",
            "etag 9 1 stored 1 1 selecting 0  .",
            "stored 1 1 selecting 0  ",
            "stored 1 1 selecting 0  cache-control 25 max-age=5.",
        ] {
            assert!(Originals::read(foreign).is_none(), "{foreign}");
        }
        assert!(Originals::read("stored 1 1 selecting 0  .").is_some());
    }

    #[test]
    fn what_is_about_the_connection_ends_with_it() {
        let response = "connection:X-Hop, \"a, b\", c:d, e f\nx-hop:1\nx-on:2";
        let stored = apply(
            response,
            &seal(response, &Listed::new(""), Timestamp::default()),
        );
        let listed = Listed::new(&stored);
        assert_eq!(listed.get("connection"), "");
        // What is no name can be no field that is set or removed.
        assert!(!stored.contains("c:d") && !stored.contains("\n\"a"));
        let back = apply(&stored, &restore(listed.get(ENVELOPE), &Changes::default()));
        assert_eq!(back, "x-on:2");
    }

    #[test]
    fn nothing_is_lost_at_the_end_of_the_field() {
        let stored = apply("", &seal("", &Listed::new(""), Timestamp::default()));
        let listed = Listed::new(&stored);
        let envelope = listed.get(ENVELOPE);
        assert_eq!(envelope, envelope.trim());
        assert!(Originals::read(envelope).is_some());
    }

    #[test]
    fn no_value_can_pass_for_another_field() {
        let response = "cache-control:max-age=5 stored 1 7 vary 1 x\netag: 3 x";
        let stored = apply(
            response,
            &seal(response, &Listed::new(""), Timestamp::default()),
        );
        let listed = Listed::new(&stored);
        let envelope = listed.get(ENVELOPE);
        assert_eq!(Originals::read(envelope).unwrap().get("vary"), "");
        let back = apply(&stored, &restore(envelope, &Changes::default()));
        assert_eq!(back, response);
    }

    proptest! {
        #[test]
        fn hostile_fields_survive(value in "[^\n\r:]{0,40}", name in "[a-z-]{1,20}") {
            let fields = alloc::format!("{name}:{value}\ncache-control:{value}\nvary:{value}");
            let sealed = apply(&fields, &seal(&fields, &Listed::new(""), Timestamp::default()));
            let listed = Listed::new(&sealed);
            prop_assert!(Originals::read(listed.get(ENVELOPE)).is_some());
            let _ = restore(listed.get(ENVELOPE), &Changes::default());
            let _ = (Originals::read(&value), restore(&value, &Changes::default()));
        }
    }
}
