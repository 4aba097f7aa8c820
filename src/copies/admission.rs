//! What may be kept at all.
//!
//! A copy is shown to anyone. So only what is meant for anyone is kept, and
//! only what is whole and good: every refusal here has a name, and a reason to
//! prefer an error page to what it refuses.

use super::{freshness, usable_for};
use crate::policy::{Mode, Policy};
use crate::verdict::{Cause, disguise};
use crate::wire::{Method, RequestHead, ResponseHead, media_type, vary};

/// Why a response is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Policy keeps no copies here.
    Off,
    /// Only answers to GET are kept.
    Method,
    /// A failure, a redirect, or a part: only 200 is the page.
    Status,
    /// `no-store` or `private`.
    Directive,
    /// It could never be shown: `no-cache`, or no lifetime and no window.
    Unusable,
    /// `Set-Cookie`: it was made for one visitor.
    SetsCookie,
    /// The request carried `Authorization`, and the answer is not `public`.
    Authorization,
    /// The request carried a cookie that matters, and the answer is not `public`.
    Cookie,
    /// A part was asked for.
    Range,
    /// `Vary: *`: nothing tells whom it is for.
    VaryAny,
    /// The client forged what an origin may print into its page.
    UnkeyedInput,
    /// An interface answer without a lifetime is not meant to be reused.
    Type,
    /// An HTML page without a body is no page.
    Empty,
    /// More bytes than policy allows, or a download whose size nobody knows.
    Size,
}

/// Whether an answer may be kept as the last good copy.
///
/// # Errors
///
/// The first rule that forbids it.
pub fn may_keep(
    request: &RequestHead<'_>,
    response: &ResponseHead<'_>,
    policy: &Policy,
) -> Result<(), Refusal> {
    let said = &response.cache_control;
    let cookie_matters = || request.has_cookie_beyond(&policy.cookies_ignored);
    let kind = media_type::kind(response.content_type);
    let meant_for_reuse = said.public || freshness::lifetime(response).is_some();
    let rules = [
        (policy.mode == Mode::Off, Refusal::Off),
        (request.method != Method::Get, Refusal::Method),
        (response.status != 200, Refusal::Status),
        // RFC 9111, 3 and 5.2.2.
        (said.no_store || said.private, Refusal::Directive),
        (
            said.no_cache || usable_for(response, policy).is_zero(),
            Refusal::Unusable,
        ),
        (response.sets_cookie, Refusal::SetsCookie),
        // RFC 9111, 3.5: s-maxage and must-revalidate allow it too, but the
        // first forbids stale by itself and the second always.
        (request.authorized && !said.public, Refusal::Authorization),
        (!said.public && cookie_matters(), Refusal::Cookie),
        (request.ranged, Refusal::Range),
        (vary::is_any(response.vary), Refusal::VaryAny),
        (request.unkeyed_input, Refusal::UnkeyedInput),
        (
            kind == media_type::Kind::Other && !meant_for_reuse,
            Refusal::Type,
        ),
        (
            kind == media_type::Kind::Html && response.content_length == Some(0),
            Refusal::Empty,
        ),
        (!size_is_fit(kind, response, policy), Refusal::Size),
    ];
    match rules.into_iter().find(|(broken, _)| *broken) {
        Some((_, refusal)) => Err(refusal),
        None => Ok(()),
    }
}

/// Whether a body that has come whole is what its head promised. `text` is the
/// body of one of at most [`disguise::LONGEST`] bytes, and empty for a longer one.
///
/// # Errors
///
/// Why it must not be kept: an empty page is none, and neither is a gateway's
/// error page under a good status.
pub fn may_keep_body(content_type: &str, bytes: u64, text: &str) -> Result<(), Cause> {
    let is_html = media_type::kind(content_type) == media_type::Kind::Html;
    let is_disguised = bytes > 0 && disguise::recognise(text).is_some();
    if (is_html && bytes == 0) || is_disguised {
        Err(Cause::Disguised)
    } else {
        Ok(())
    }
}

/// Pages and what they are made of are kept without a declared length; what
/// else is streamed without one may go on for ever.
fn size_is_fit(kind: media_type::Kind, response: &ResponseHead<'_>, policy: &Policy) -> bool {
    match response.content_length {
        Some(length) => length <= policy.copy_limit,
        None => kind != media_type::Kind::Other || is_json(response.content_type),
    }
}

fn is_json(content_type: &str) -> bool {
    media_type::essence(content_type).ends_with("json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Listed;

    fn check(
        method: &str,
        request: &str,
        status: u16,
        response: &str,
        expected: Result<(), Refusal>,
    ) {
        let (asked, answered) = (Listed::new(request), Listed::new(response));
        let request_head = RequestHead::read(method, "https://a.test/", &asked);
        let response_head = ResponseHead::read(status, &answered);
        let verdict = may_keep(&request_head, &response_head, &Policy::default());
        assert_eq!(verdict, expected, "{method} {request} {status} {response}");
    }

    #[test]
    fn only_what_is_for_anyone() {
        let html = "content-type:text/html";
        check("GET", "", 200, html, Ok(()));
        check("GET", "cookie:_ga=1", 200, html, Ok(()));
        check("GET", "cookie:sid=1", 200, html, Err(Refusal::Cookie));
        check(
            "GET",
            "cookie:sid=1",
            200,
            &with(html, "cache-control:public"),
            Ok(()),
        );
        check(
            "GET",
            "authorization:x",
            200,
            html,
            Err(Refusal::Authorization),
        );
        check(
            "GET",
            "authorization:x",
            200,
            &with(html, "cache-control:public"),
            Ok(()),
        );
        check(
            "GET",
            "x-forwarded-host:evil.test",
            200,
            html,
            Err(Refusal::UnkeyedInput),
        );
        check(
            "GET",
            "",
            200,
            &with(html, "set-cookie:a=b"),
            Err(Refusal::SetsCookie),
        );
        check("GET", "", 200, &with(html, "vary:*"), Err(Refusal::VaryAny));
        for word in ["no-cache", "max-age=0, must-revalidate"] {
            let field = alloc::format!("cache-control:{word}");
            check("GET", "", 200, &with(html, &field), Err(Refusal::Unusable));
        }
        for word in ["no-store", "private", "private=\"x\""] {
            let field = alloc::format!("cache-control:{word}, max-age=60");
            check("GET", "", 200, &with(html, &field), Err(Refusal::Directive));
        }
    }

    #[test]
    fn only_what_is_whole_and_good() {
        let html = "content-type:text/html";
        for status in [201, 204, 206, 301, 304, 404, 500, 502, 503] {
            check("GET", "", status, html, Err(Refusal::Status));
        }
        check("GET", "range:bytes=0-1", 200, html, Err(Refusal::Range));
        check(
            "GET",
            "",
            200,
            &with(html, "content-length:0"),
            Err(Refusal::Empty),
        );
        for method in ["HEAD", "POST", "OPTIONS", "get"] {
            check(method, "", 200, html, Err(Refusal::Method));
        }
    }

    #[test]
    fn interfaces_are_kept_only_where_meant() {
        let json = "content-type:application/json";
        check("GET", "", 200, json, Err(Refusal::Type));
        check(
            "GET",
            "",
            200,
            &with(json, "cache-control:max-age=0"),
            Ok(()),
        );
        check("GET", "", 200, &with(json, "cache-control:public"), Ok(()));
        check("GET", "", 200, "content-type:image/png", Ok(()));
        let stream = "content-type:application/octet-stream\ncache-control:max-age=9";
        check("GET", "", 200, stream, Err(Refusal::Size));
        check("GET", "", 200, &with(stream, "content-length:9"), Ok(()));
        let huge = with(stream, "content-length:99999999999");
        check("GET", "", 200, &huge, Err(Refusal::Size));
    }

    #[test]
    fn a_body_has_to_be_one() {
        let check = |content_type, bytes, text, expected| {
            assert_eq!(may_keep_body(content_type, bytes, text), expected, "{text}");
        };
        check("text/html", 9, "<h1>hello", Ok(()));
        check("text/html", 0, "", Err(Cause::Disguised));
        check("text/css", 0, "", Ok(()));
        check("text/html", 15, "error code: 502", Err(Cause::Disguised));
        check("text/html", 99_999, "", Ok(()));
    }

    fn with(first: &str, second: &str) -> alloc::string::String {
        alloc::format!("{first}\n{second}")
    }
}
