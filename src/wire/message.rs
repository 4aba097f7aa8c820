//! The heads of requests and responses, in the [fields](super::fields) that decide
//! something.

use super::fields::Fields;
use super::range::Part;
use super::{CacheControl, Timestamp, cookie, cut, date, delta_seconds, targeted};
use core::time::Duration;

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
        let is_foreign = |name: &str| !(name.is_empty() || name.eq_ignore_ascii_case(host));
        // In the order of the fields, in which they are found at once.
        Self {
            method: Method::parse(method),
            posts: method == "POST",
            url,
            path,
            upgrade: fields.get("upgrade").eq_ignore_ascii_case("websocket"),
            authorized: fields.has("authorization"),
            cookie: fields.get("cookie"),
            ranged: fields.has("range"),
            cache_control: fields.get("cache-control"),
            keyed: fields.has("idempotency-key"),
            unkeyed_input: is_foreign(fields.get("x-forwarded-host")) || fields.has("forwarded"),
            cdn_loop: fields.get("cdn-loop"),
            rehearsed: fields.has("lastgood-rehearsal"),
            controls: Self::CONTROLS.iter().any(|name| fields.has(name)),
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
        let mut named = targeted::FIELDS.iter();
        let meant_for_us = named.find_map(|name| targeted::parse(fields.get(name)));
        let dated = |value: &str| (!value.is_empty()).then(|| date::parse(value));
        // In the order of the fields, in which they are found at once.
        Self {
            status,
            targeted: meant_for_us.is_some(),
            cache_control: meant_for_us
                .unwrap_or_else(|| CacheControl::parse(fields.get("cache-control"))),
            sets_cookie: fields.has("set-cookie"),
            vary: fields.get("vary"),
            content_type: fields.get("content-type"),
            content_length: fields.get("content-length").trim_ascii().parse().ok(),
            part: Part::parse(fields.get("content-range")),
            content_location: fields.get("content-location"),
            etag: fields.get("etag"),
            last_modified: fields.get("last-modified"),
            date: date::parse(fields.get("date")),
            arrived: None,
            age: age(fields.get("age")),
            expires: dated(fields.get("expires")),
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
    let first = cut::first(value, b',');
    delta_seconds::parse(first).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Listed;

    #[test]
    fn a_head_is_read_from_its_fields() {
        let listed = Listed::new("authorization:Basic x\ncookie:_ga=1; sid=2");
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
