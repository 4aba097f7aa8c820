//! The line on a stale page that says how old it is.

use crate::wire::{Fields, Method, media_type};
use alloc::{format, string::String};
use core::time::Duration;

/// Whether a reply is a page that a person reads: HTML, asked for as a document
/// or by a client that does not say.
#[must_use]
pub fn wants_notice(method: Method, content_type: &str, request: &dyn Fields) -> bool {
    method == Method::Get
        && media_type::kind(content_type) == media_type::Kind::Html
        && matches!(
            request.get("sec-fetch-dest"),
            "" | "document" | "iframe" | "frame"
        )
}

/// The line as HTML, to be put first into `body`: in ASCII, since the page may
/// be in any encoding, and without style where the page's own policy might
/// forbid that.
#[must_use]
pub fn notice(age: Duration, page: &dyn Fields) -> String {
    framed(&format!("This page was saved {}. {SILENT}", ago(age)), page)
}

/// The same on a page of which nobody knows how old it is.
#[must_use]
pub fn notice_without_age(page: &dyn Fields) -> String {
    framed(&format!("This is a spare page. {SILENT}"), page)
}

const SILENT: &str = "The site&#8217;s server is not answering right now, \
so some things may have changed since.";

fn framed(says: &str, page: &dyn Fields) -> String {
    let style = if page.has("content-security-policy") {
        String::new()
    } else {
        format!(" style=\"{STYLE}\"")
    };
    format!("<div role=\"status\" data-lastgood=\"notice\"{style}>{says}</div>")
}

const STYLE: &str = "box-sizing:border-box;margin:0;padding:.6em 1em;background:#fff8e1;color:#3d2f00;\
font:14px/1.45 system-ui,sans-serif;text-align:center;border-bottom:1px solid #e6d8a8";

/// An age as people say it.
fn ago(age: Duration) -> String {
    let secs = age.as_secs();
    let (count, unit) = match secs {
        0..60 => return String::from("less than a minute ago"),
        60..3600 => (secs / 60, "minute"),
        3600..86_400 => (secs / 3600, "hour"),
        _ => (secs / 86_400, "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural} ago")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Listed;

    #[test]
    fn ages_read_like_speech() {
        let check = |secs, expected: &str| assert_eq!(ago(Duration::from_secs(secs)), expected);
        check(0, "less than a minute ago");
        check(60, "1 minute ago");
        check(7199, "1 hour ago");
        check(86_400 * 3, "3 days ago");
    }

    #[test]
    fn reads_right_in_every_encoding() {
        assert!(notice(Duration::ZERO, &Listed::new("")).is_ascii());
        assert!(notice_without_age(&Listed::new("")).is_ascii());
    }

    #[test]
    fn a_strict_page_gets_no_inline_style() {
        let strict = Listed::new("content-security-policy:default-src 'self'");
        assert!(!notice(Duration::ZERO, &strict).contains("style"));
        assert!(notice(Duration::ZERO, &Listed::new("")).contains("style"));
    }

    #[test]
    fn only_pages_get_one() {
        let check = |content_type: &str, fields: &str, expected: bool| {
            let wanted = wants_notice(Method::Get, content_type, &Listed::new(fields));
            assert_eq!(wanted, expected, "{content_type} {fields}");
        };
        check("text/html; charset=utf-8", "", true);
        check("text/html", "sec-fetch-dest:document", true);
        check("text/html", "sec-fetch-dest:empty", false);
        check("application/json", "", false);
    }
}
