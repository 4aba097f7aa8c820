//! The heads of requests and responses, in the fields that decide something.
//!
//! Fetching a field from the platform costs a crossing, and a copy of all of
//! them costs more than everything else here. So hosts hand over fields as one
//! block of text: [`Positional`] for the few that a healthy request needs,
//! [`Listed`] for all of them once something went wrong.

use super::range::Part;
use super::{CacheControl, Timestamp, cookie, cut, date, delta_seconds, targeted};
use core::time::Duration;

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
#[derive(Clone, Copy, Debug)]
pub struct Positional<T> {
    names: &'static [&'static str],
    lines: T,
    /// Where each line ends.
    ends: [usize; MOST_FIELDS],
}

impl<T: AsRef<str>> Positional<T> {
    /// Values in the order of their names, as in [`RequestHead::FIELDS`].
    #[must_use]
    pub fn new(names: &'static [&'static str], lines: T) -> Self {
        debug_assert!(names.len() <= MOST_FIELDS, "too many names");
        let text = lines.as_ref().as_bytes();
        let mut ends = [text.len(); MOST_FIELDS];
        let breaks = (0..).zip(text).filter(|(_, byte)| **byte == b'\n');
        for (end, (place, _)) in ends.iter_mut().zip(breaks) {
            *end = place;
        }
        Self { names, lines, ends }
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
        let known = position(self.names, name);
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

/// A request method, as far as rules differ (RFC 9110, 9).
///
/// Methods are case-sensitive, and one that is not known is [`Method::Other`],
/// which is never repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `DELETE`
    Delete,
    /// `GET`
    Get,
    /// `HEAD`
    Head,
    /// `OPTIONS`
    Options,
    /// `PUT`
    Put,
    /// `POST`, `PATCH` and every other method.
    Other,
}

impl Method {
    /// Reads a method name.
    #[must_use]
    pub fn parse(name: &str) -> Self {
        match name {
            "DELETE" => Self::Delete,
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "OPTIONS" => Self::Options,
            "PUT" => Self::Put,
            _ => Self::Other,
        }
    }

    /// Whether the client asks for nothing to change (RFC 9110, 9.2.1).
    #[must_use]
    pub const fn is_safe(self) -> bool {
        matches!(self, Self::Get | Self::Head | Self::Options)
    }
}

/// A request, as far as rules need it.
#[derive(Clone, Copy, Debug)]
pub struct RequestHead<'a> {
    /// What is asked for.
    pub method: Method,
    /// It is a POST, which is one of the [`Method::Other`].
    pub posts: bool,
    /// The URL.
    pub url: &'a str,
    /// The path of the URL, without its query.
    pub path: &'a str,
    /// `Authorization` is there: the answer is for one person.
    pub authorized: bool,
    /// The `Cookie` field.
    pub cookie: &'a str,
    /// `Range` is there: a part was asked for.
    pub ranged: bool,
    /// The `Cache-Control` field.
    pub cache_control: &'a str,
    /// `Upgrade` asks for a WebSocket: the connection becomes something else.
    pub upgrade: bool,
    /// `Idempotency-Key` is there: the origin can tell a repetition.
    pub keyed: bool,
    /// `CDN-Loop`: who has passed it on already.
    pub cdn_loop: &'a str,
    /// It carries a token that may make a fault happen on purpose.
    pub rehearsed: bool,
    /// It tells a gateway how to retry.
    pub controls: bool,
    /// A field that origins put into pages, and that is not part of the key of
    /// a copy, was set by the client: the answer may be poisoned.
    pub unkeyed_input: bool,
}

impl<'a> RequestHead<'a> {
    /// The fields to hand over, in this order.
    pub const FIELDS: &'static [&'static str] = &[
        "upgrade",
        "authorization",
        "cookie",
        "range",
        "cache-control",
        "idempotency-key",
        "x-forwarded-host",
        "forwarded",
        "cdn-loop",
        "lastgood-rehearsal",
        "lastgood-attempt",
        "lastgood-remaining",
        "x-envoy-max-retries",
        "x-envoy-retry-on",
    ];

    /// Fields by which clients tell gateways how to retry. They are taken off a
    /// request unless policy trusts them.
    pub const CONTROLS: &'static [&'static str] = &[
        "lastgood-attempt",
        "lastgood-remaining",
        "x-envoy-max-retries",
        "x-envoy-retry-on",
    ];

    /// Reads a request; `url` is absolute.
    #[must_use]
    pub fn read(method: &str, url: &'a str, fields: &'a dyn Fields) -> Self {
        let (host, path) = split_url(url);
        let forwarded_host = fields.get("x-forwarded-host");
        Self {
            method: Method::parse(method),
            posts: method == "POST",
            url,
            path,
            authorized: fields.has("authorization"),
            cookie: fields.get("cookie"),
            ranged: fields.has("range"),
            cache_control: fields.get("cache-control"),
            upgrade: fields.get("upgrade").eq_ignore_ascii_case("websocket"),
            keyed: fields.has("idempotency-key"),
            cdn_loop: fields.get("cdn-loop"),
            rehearsed: fields.has("lastgood-rehearsal"),
            controls: Self::CONTROLS.iter().any(|name| fields.has(name)),
            unkeyed_input: fields.has("forwarded")
                || !(forwarded_host.is_empty() || forwarded_host.eq_ignore_ascii_case(host)),
        }
    }

    /// Whether a cookie came along that is not on the list of those that do
    /// not matter.
    #[must_use]
    pub fn has_cookie_beyond(&self, ignored: &[impl AsRef<str>]) -> bool {
        cookie::names(self.cookie).any(|name| !ignored.iter().any(|known| known.as_ref() == name))
    }
}

/// Path and query of an absolute URL.
#[must_use]
pub fn path_and_query(url: &str) -> &str {
    let (_, rest) = cut::before(past_scheme(url), |byte| byte == b'/');
    if rest.is_empty() { "/" } else { rest }
}

/// The path of an absolute URL, without its query.
#[must_use]
pub fn path(url: &str) -> &str {
    split_url(url).1
}

/// The host of an absolute URL, with its port.
#[must_use]
pub fn host(url: &str) -> &str {
    split_url(url).0
}

/// What follows `https://` or `http://`.
fn past_scheme(url: &str) -> &str {
    url.strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"))
        .unwrap_or(url)
}

/// Host (with port) and path of an absolute URL.
fn split_url(url: &str) -> (&str, &str) {
    let rest = past_scheme(url);
    let (host, rest) = cut::before(rest, |byte| byte == b'/');
    let (path, _) = cut::before(rest, |byte| matches!(byte, b'?' | b'#'));
    (host, if path.is_empty() { "/" } else { path })
}

/// A response, as far as rules need it.
#[derive(Clone, Copy, Debug)]
pub struct ResponseHead<'a> {
    /// The status code, 100 to 999.
    pub status: u16,
    /// What holds for us: a targeted field, or else `Cache-Control`.
    pub cache_control: CacheControl,
    /// A targeted field holds, and `Expires` says nothing (RFC 9213, 2.1).
    pub targeted: bool,
    /// `Set-Cookie` is there.
    pub sets_cookie: bool,
    /// The `Vary` field.
    pub vary: &'a str,
    /// The `Content-Type` field.
    pub content_type: &'a str,
    /// `Content-Length`, if it is one number.
    pub content_length: Option<u64>,
    /// `Content-Range`, of a part.
    pub part: Option<Part>,
    /// `Content-Location`.
    pub content_location: &'a str,
    /// `ETag`.
    pub etag: &'a str,
    /// `Last-Modified`.
    pub last_modified: &'a str,
    /// `Date`.
    pub date: Option<Timestamp>,
    /// When it arrived, if that is known: it stands in for a `Date` that cannot be
    /// read (RFC 9110, 6.6.1).
    pub arrived: Option<Timestamp>,
    /// `Age`, zero if absent or unreadable.
    pub age: Duration,
    /// `Expires`: absent, unreadable (which means the past), or a date.
    pub expires: Option<Option<Timestamp>>,
}

impl<'a> ResponseHead<'a> {
    /// The fields to hand over, in this order.
    pub const FIELDS: &'static [&'static str] = &[
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
    ];

    /// Reads a response.
    #[must_use]
    pub fn read(status: u16, fields: &'a dyn Fields) -> Self {
        let expires = fields.get("expires");
        let mut named = targeted::FIELDS.iter();
        let meant_for_us = named.find_map(|name| targeted::parse(fields.get(name)));
        Self {
            status,
            targeted: meant_for_us.is_some(),
            cache_control: meant_for_us
                .unwrap_or_else(|| CacheControl::parse(fields.get("cache-control"))),
            part: Part::parse(fields.get("content-range")),
            content_location: fields.get("content-location"),
            sets_cookie: fields.has("set-cookie"),
            vary: fields.get("vary"),
            content_type: fields.get("content-type"),
            content_length: fields.get("content-length").trim().parse().ok(),
            etag: fields.get("etag"),
            last_modified: fields.get("last-modified"),
            date: date::parse(fields.get("date")),
            arrived: None,
            age: age(fields.get("age")),
            expires: (!expires.is_empty()).then(|| date::parse(expires)),
        }
    }
}

impl ResponseHead<'_> {
    /// When it was made, as far as that is known.
    #[must_use]
    pub fn made(&self) -> Option<Timestamp> {
        self.date.or(self.arrived)
    }

    /// Whether the origin can be asked if it still is current.
    #[must_use]
    pub fn has_validator(&self) -> bool {
        !self.etag.is_empty() || date::parse(self.last_modified).is_some()
    }

    /// Whether it says that it is what a GET of a URL would have got.
    #[must_use]
    pub fn is_at(&self, url: &str) -> bool {
        let location = self.content_location;
        let named = !location.is_empty();
        named && (location == url || location == path_and_query(url))
    }
}

/// `Age` as a list counts by its first member (RFC 9111, 5.1).
fn age(value: &str) -> Duration {
    let first = value.split(',').next().unwrap_or_default();
    delta_seconds::parse(first).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_read_the_same() {
        let positional = Positional::new(RequestHead::FIELDS, "\nBasic x\n_ga=1; sid=2\n\n\n\n");
        let listed = Listed::new("authorization:Basic x\ncookie:_ga=1; sid=2");
        for (first, second) in [
            ("authorization", "Basic x"),
            ("cookie", "_ga=1; sid=2"),
            ("range", ""),
        ] {
            assert_eq!(positional.get(first), second);
            assert_eq!(listed.get(first), second);
        }
        let head = RequestHead::read("GET", "https://a.test/x?y#z", &listed);
        assert_eq!(head.path, "/x");
        assert!(head.authorized && head.has_cookie_beyond(&["_ga"]));
        assert!(!head.has_cookie_beyond(&["_ga", "sid"]));
    }

    #[test]
    fn a_forged_forwarded_host_is_noticed() {
        let check = |value: &str, expected: bool| {
            let line = alloc::format!("x-forwarded-host:{value}");
            let listed = Listed::new(&line);
            let head = RequestHead::read("GET", "https://a.test/", &listed);
            assert_eq!(head.unkeyed_input, expected, "{value}");
        };
        check("evil.test", true);
        check("A.test", false);
        check("", false);
    }

    #[test]
    fn odd_urls_still_have_a_path() {
        for (url, path) in [
            ("https://a.test", "/"),
            ("https://a.test?x", "/"),
            ("", "/"),
            ("/x", "/x"),
        ] {
            let listed = Listed::new("");
            assert_eq!(RequestHead::read("GET", url, &listed).path, path, "{url}");
        }
    }

    #[test]
    fn an_expires_that_cannot_be_read_is_the_past() {
        let listed = Listed::new("expires:0\nage:5, 9\ncontent-length:12");
        let head = ResponseHead::read(200, &listed);
        assert_eq!(head.expires, Some(None));
        assert_eq!(head.age, Duration::from_secs(5));
        assert_eq!(head.content_length, Some(12));
    }
}
