//! What may be kept at all.
//!
//! A copy is shown to anyone. So only what is meant for anyone is kept, and
//! only what is whole and good: every refusal here has a name, and a reason to
//! prefer an error page to what it refuses.

use super::asides::{Aside, remembered};
use super::{freshness, places, usable_for, window};
use crate::policy::{Mode, Policy};
use crate::verdict::{Cause, disguise};
use crate::wire::{Demands, Method, RequestHead, ResponseHead, media_type, vary};
use core::time::Duration;

/// Why a response is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Policy keeps no copies here, or nobody can: it is where we keep our own.
    Off,
    /// Only answers to GET are kept.
    Method,
    /// In standby a failure, a redirect, or a part: only 200 is the page.
    Status,
    /// `no-store` or `private`.
    Directive,
    /// It could never be shown: `no-cache`, or no lifetime and no window.
    Unusable,
    /// `Set-Cookie`: it was made for one visitor.
    SetsCookie,
    /// The request carried `Authorization`, and the answer is not for all.
    Authorization,
    /// The request carried a cookie that matters, and the answer is not for all.
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

/// Whether an answer may be kept: as the page, or beside it.
///
/// In standby only what would do as the page is: 200. A shared cache also keeps
/// what the law lets it keep (RFC 9111, 3), for as long as that is fresh.
///
/// # Errors
///
/// The first rule that forbids it.
pub fn may_keep(
    request: &RequestHead<'_>,
    response: &ResponseHead<'_>,
    policy: &Policy,
) -> Result<Option<Aside>, Refusal> {
    let said = &response.cache_control;
    let cookie_matters = || request.has_cookie_beyond(&policy.cookies_ignored);
    let kind = media_type::kind(response.content_type);
    let validates = policy.mode == Mode::Cache && response.has_validator();
    let meant_for_reuse = said.public || validates || lifetime(response, policy).is_some();
    // RFC 9111, 3.5. In standby the first of the further two forbids stale by
    // itself, and the second always.
    let cached = policy.mode == Mode::Cache;
    let named = said.public || (cached && (said.s_maxage.is_some() || said.must_revalidate));
    let shared = named && !is_for_the_asked(response, policy);
    let aside = Aside::of(response.status);
    let rules = [
        (
            policy.mode == Mode::Off || places::is_ours(request.url),
            Refusal::Off,
        ),
        (!method_is_fit(request, response, policy), Refusal::Method),
        (!status_is_fit(response, cached), Refusal::Status),
        // RFC 9111, 3, 5.2.1.5 and 5.2.2.
        (
            is_forbidden(response) || Demands::parse(request.cache_control).no_store,
            Refusal::Directive,
        ),
        (!is_usable(response, policy), Refusal::Unusable),
        (response.sets_cookie, Refusal::SetsCookie),
        (request.authorized && !shared, Refusal::Authorization),
        (!shared && cookie_matters(), Refusal::Cookie),
        (request.ranged && response.status != 206, Refusal::Range),
        (vary::is_any(response.vary), Refusal::VaryAny),
        (request.unkeyed_input, Refusal::UnkeyedInput),
        (
            kind == media_type::Kind::Other && !meant_for_reuse && !is_for_crawlers(request.path),
            Refusal::Type,
        ),
        (
            kind == media_type::Kind::Html && is_empty_page(response),
            Refusal::Empty,
        ),
        (!size_is_fit(kind, response, policy), Refusal::Size),
    ];
    match rules.into_iter().find(|(broken, _)| *broken) {
        Some((_, refusal)) => Err(refusal),
        None => Ok(aside),
    }
}

/// Answers to GET; and to POST if the answer is said to be that of a GET (RFC
/// 9110, 9.3.3).
fn method_is_fit(request: &RequestHead<'_>, response: &ResponseHead<'_>, policy: &Policy) -> bool {
    let posted = policy.mode == Mode::Cache && request.posts && response.is_at(request.url);
    request.method == Method::Get || (posted && lives(response, policy))
}

fn status_is_fit(response: &ResponseHead<'_>, cached: bool) -> bool {
    let understood = freshness::is_cacheable_by_itself(response.status) && response.status != 206;
    match response.status {
        200 => true,
        206 => cached && response.part.is_some_and(|part| part.whole.is_some()),
        304 => false,
        _ if response.cache_control.must_understand => cached && understood,
        status => cached && (201..=599).contains(&status),
    }
}

fn is_forbidden(response: &ResponseHead<'_>) -> bool {
    let said = &response.cache_control;
    let understood = said.must_understand && freshness::is_cacheable_by_itself(response.status);
    said.private || (said.no_store && !understood)
}

/// Whether each who wants an answer has to ask the origin for it, which may look who
/// it is: then one that was given to somebody is shown to nobody else, even where
/// the operator [overrides](Policy::stale_although_origin_forbids) the ban on stale.
fn is_for_the_asked(response: &ResponseHead<'_>, policy: &Policy) -> bool {
    let said = &response.cache_control;
    let each_time = said.no_cache || !lives(response, policy);
    policy.stale_although_origin_forbids && window::is_forbidden(said) && each_time
}

/// Whether there is a moment at which it could be of use.
fn is_usable(response: &ResponseHead<'_>, policy: &Policy) -> bool {
    let said = &response.cache_control;
    let cached = policy.mode == Mode::Cache;
    if response.status > 200 {
        return !said.no_cache && lives(response, policy);
    }
    let validates = cached && response.has_validator();
    let banned = said.no_cache && !policy.stale_although_origin_forbids;
    let shows = !banned && !usable_for(response, policy).is_zero();
    validates || shows
}

/// How long it is fresh, by its own word; in a shared cache, by the operator's, or by a
/// guess.
fn lifetime(response: &ResponseHead<'_>, policy: &Policy) -> Option<Duration> {
    let guess = || freshness::guess(response).filter(|_| policy.mode == Mode::Cache);
    freshness::lifetime(response)
        .or_else(|| remembered(response, policy))
        .or_else(guess)
}

fn lives(response: &ResponseHead<'_>, policy: &Policy) -> bool {
    lifetime(response, policy).is_some_and(|span| !span.is_zero())
}

/// A page of which nothing came; what has no body by its status is none.
const fn is_empty_page(response: &ResponseHead<'_>) -> bool {
    response.status == 200 && matches!(response.content_length, Some(0))
}

const LONGEST_DISGUISE: u64 = disguise::LONGEST as u64;

/// Whether a body that has come whole is what its head promised. `start` is all of it,
/// or how it begins if it is longer than [`disguise::LONGEST`] bytes.
///
/// # Errors
///
/// Why it must not be kept: an empty page is none, and neither is a gateway's
/// error page under a good status.
pub fn may_keep_body(content_type: &str, bytes: u64, start: &[u8]) -> Result<(), Cause> {
    let is_html = media_type::kind(content_type) == media_type::Kind::Html;
    let looked_at = (1..=LONGEST_DISGUISE).contains(&bytes);
    let is_disguised = looked_at && disguise::recognise(start).is_some();
    if (is_html && bytes == 0) || is_disguised {
        Err(Cause::Disguised)
    } else {
        Ok(())
    }
}

/// What crawlers read before all else: without it they take a site for shut, whatever
/// else there is of it (RFC 9309, 2.3.1.4).
fn is_for_crawlers(path: &str) -> bool {
    let known = [
        "/robots.txt",
        "/ads.txt",
        "/app-ads.txt",
        "/llms.txt",
        // Not all that is there: keys that were revoked must not come back.
        "/.well-known/security.txt",
        "/.well-known/assetlinks.json",
        "/.well-known/apple-app-site-association",
    ];
    let is_sitemap = path.starts_with("/sitemap") && path.ends_with(".xml");
    known.contains(&path) || is_sitemap
}

/// Pages and what they are made of are kept without a declared length; what
/// else is streamed without one may go on for ever.
fn size_is_fit(kind: media_type::Kind, response: &ResponseHead<'_>, policy: &Policy) -> bool {
    match response.content_length {
        Some(length) => length <= policy.copy_limit,
        None => {
            kind != media_type::Kind::Other
                || is_json(response.content_type)
                || (policy.mode == Mode::Cache
                    && (response.has_validator() || lifetime(response, policy).is_some()))
        }
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
        let expected = expected.map(|()| None);
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
    fn an_override_keeps_what_is_banned_but_not_what_was_for_one() {
        let check = |mode, asked: &str, said: &str, expected: Result<(), Refusal>| {
            let policy = Policy {
                mode,
                stale_although_origin_forbids: true,
                ..Policy::default()
            };
            let answer = alloc::format!("content-type:text/html\ncache-control:{said}");
            let (asked, answer) = (Listed::new(asked), Listed::new(&answer));
            let request = RequestHead::read("GET", "https://a.test/", &asked);
            let response = ResponseHead::read(200, &answer);
            let verdict = may_keep(&request, &response, &policy).map(|_| ());
            assert_eq!(verdict, expected, "{mode:?} {said}");
        };
        let authorized = "authorization:x";
        for mode in [Mode::Standby, Mode::Cache] {
            for said in ["no-cache", "max-age=0, must-revalidate", "s-maxage=0"] {
                check(mode, "", said, Ok(()));
                let public = alloc::format!("public, {said}");
                check(mode, authorized, &public, Err(Refusal::Authorization));
                check(mode, "cookie:sid=1", &public, Err(Refusal::Cookie));
            }
            for said in ["no-store", "private", "private=\"x\"", "max-age=9, private"] {
                check(mode, "", said, Err(Refusal::Directive));
            }
            check(
                mode,
                authorized,
                "public, max-age=9, must-revalidate",
                Ok(()),
            );
        }
    }

    #[test]
    fn what_crawlers_ask_for_first_is_kept() {
        let kept = |path: &str| {
            let nothing = Listed::new("");
            let url = alloc::format!("https://a.test{path}");
            let request = RequestHead::read("GET", &url, &nothing);
            let answer = Listed::new("content-type:text/plain\ncontent-length:30");
            let response = ResponseHead::read(200, &answer);
            may_keep(&request, &response, &Policy::default()).is_ok()
        };
        for path in [
            "/robots.txt",
            "/sitemap.xml",
            "/sitemap-2.xml",
            "/.well-known/security.txt",
        ] {
            assert!(kept(path), "{path}");
        }
        for path in [
            "/.well-known/jwks.json",
            "/notes.txt",
            "/a/robots.txt",
            "/sitemap.php",
            "/robots.txt.bak",
        ] {
            assert!(!kept(path), "{path}");
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
    fn a_shared_cache_keeps_what_the_law_lets_it() {
        let policy = Policy {
            mode: Mode::Cache,
            remember: [(410, Duration::from_secs(9))].into(),
            ..Policy::default()
        };
        let check = |method: &str, asked: &str, status: u16, answer: &str, expected| {
            let (asked, answered) = (Listed::new(asked), Listed::new(answer));
            let request = RequestHead::read(method, "https://a.test/x", &asked);
            let response = ResponseHead::read(status, &answered);
            let verdict = may_keep(&request, &response, &policy);
            assert_eq!(verdict, expected, "{method} {status} {answer}");
        };
        let lives = "content-type:text/html\ncache-control:max-age=9";
        check("GET", "", 301, lives, Ok(None));
        check("GET", "", 404, lives, Ok(Some(Aside::Error)));
        check("GET", "", 404, "", Err(Refusal::Unusable));
        check("GET", "", 410, "", Ok(Some(Aside::Error)));
        let banned = "cache-control:no-cache";
        check("GET", "", 410, banned, Err(Refusal::Unusable));
        check(
            "GET",
            "",
            410,
            "cache-control:max-age=0",
            Err(Refusal::Unusable),
        );
        check("GET", "", 410, "set-cookie:a=b", Err(Refusal::SetsCookie));
        check("GET", "", 304, lives, Err(Refusal::Status));
        check("GET", "", 206, lives, Err(Refusal::Status));
        let part = with(lives, "content-range:bytes 0-1/9");
        check("GET", "range:bytes=0-1", 206, &part, Ok(Some(Aside::Part)));
        check("GET", "range:bytes=0-1", 200, lives, Err(Refusal::Range));
        check(
            "GET",
            "cache-control:no-store",
            200,
            lives,
            Err(Refusal::Directive),
        );
        check("POST", "", 200, lives, Err(Refusal::Method));
        check(
            "POST",
            "",
            200,
            &with(lives, "content-location:/x"),
            Ok(None),
        );
        check(
            "POST",
            "",
            200,
            &with(lives, "content-location:/y"),
            Err(Refusal::Method),
        );
        for word in [
            "s-maxage=9",
            "public, max-age=9",
            "max-age=9, must-revalidate",
        ] {
            let answer = alloc::format!("content-type:text/html\ncache-control:{word}");
            check("GET", "authorization:x", 200, &answer, Ok(None));
        }
        check(
            "GET",
            "authorization:x",
            200,
            lives,
            Err(Refusal::Authorization),
        );
        let asked_each_time = "content-type:text/html\ncache-control:no-cache";
        check("GET", "", 200, asked_each_time, Err(Refusal::Unusable));
        check(
            "GET",
            "",
            200,
            &with(asked_each_time, "etag:\"a\""),
            Ok(None),
        );
        let understood = "cache-control:no-store, must-understand, max-age=9\ncontent-length:1";
        check("GET", "", 200, understood, Ok(None));
        check("GET", "", 299, understood, Err(Refusal::Status));
    }

    #[test]
    fn a_body_has_to_be_one() {
        let check = |content_type, bytes, text: &str, expected| {
            assert_eq!(
                may_keep_body(content_type, bytes, text.as_bytes()),
                expected,
                "{text}"
            );
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
