//! The line on a stale page that says how old it is.
//!
//! It must not do to a page what the outage did not: nothing is moved, nothing
//! breaks, and what it lies over is one press of a key away.

use super::language::Text;
use super::{Asker, Language, html};
use crate::wire::{Fields, Method, media_type, security_policy};
use alloc::string::String;
use core::time::Duration;

/// Whether a reply is a page that a person reads: HTML, asked for as a document or
/// by a client that does not say. A frame is a part of a page, and what a script
/// asked for is put into one.
#[must_use]
pub fn wants_notice(method: Method, content_type: &str, request: &dyn Fields) -> bool {
    method == Method::Get
        && media_type::essence(content_type).eq_ignore_ascii_case("text/html")
        && Asker::read(request).is_reader()
}

/// The line as HTML, without an age if nobody knows it, to be put behind a page's end: in ASCII, since the page may be
/// in any encoding. Why the copy is shown depends on whether the device is `offline`.
///
/// There the browser makes it the last child of `body`, so that no selector and no
/// script that counts children from the start counts otherwise. In a shadow root of
/// its own it neither obeys the page's styles nor is seen by them; only its parts
/// `notice` and `hide` can be styled from outside. A `dialog` closes without a script,
/// and is out of the page's flow even where its style is forbidden. Until its text has come,
/// which may be in another piece of the page, it is not shown: it would grow.
#[must_use]
pub fn notice(age: Option<Duration>, offline: bool, language: &Language) -> String {
    let mut line = String::with_capacity(2048);
    line.push_str("<div data-lastgood=\"notice\" data-nosnippet lang=\"");
    line.push_str(language.tag);
    line.push_str("\" dir=\"");
    line.push_str(language.direction());
    line.push_str(BEFORE);
    line.push_str(&html::ascii(language.text(Text::Hide)));
    line.push_str(BEHIND);
    if let Some(age) = age {
        let saved = html::filled(language.text(Text::Saved), &language.age(age));
        line.push_str(&html::ascii(&saved));
        line.push(' ');
    }
    let why = match offline {
        true => Text::Disconnected,
        false => Text::Why,
    };
    line.push_str(&html::ascii(language.text(why)));
    line.push_str("</div>");
    line
}

const BEFORE: &str = concat!(
    "\"><template shadowrootmode=\"open\"><style>",
    env!("LASTGOOD_NOTICE_STYLE"),
    "</style><dialog open part=\"notice\" aria-labelledby=\"t\"><form method=\"dialog\">\
     <p id=\"t\" role=\"status\"><slot></slot></p><button part=\"hide\" aria-label=\""
);
const BEHIND: &str = "\">&#215;</button></form></dialog></template>";

/// The fields by which a page may forbid the style of the [`notice`].
pub const POLICIES: [&str; 2] = [
    "content-security-policy",
    "content-security-policy-report-only",
];

/// The value of such a field with which the style is allowed, if it is not by this
/// one: its hash is added, and nothing else.
#[must_use]
pub fn admitting(policy: &str) -> Option<String> {
    security_policy::with_style(policy, env!("LASTGOOD_NOTICE_STYLE_SHA256"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Listed;

    #[test]
    fn reads_right_in_every_encoding_and_language() {
        for tag in ["en", "ja", "ar", "de"] {
            assert!(notice(Some(Duration::ZERO), false, Language::of(tag)).is_ascii());
        }
        let arabic = notice(Some(Duration::from_secs(300)), false, Language::of("ar"));
        assert!(
            arabic.starts_with(
                "<div data-lastgood=\"notice\" data-nosnippet lang=\"ar\" dir=\"rtl\">"
            )
        );
        let german = notice(Some(Duration::from_secs(300)), false, Language::of("de"));
        assert!(german.ends_with(
            "</template>Kopie, gespeichert vor 5&#160;Min. \
             Der Server der Website antwortet gerade nicht.</div>"
        ));
        let offline = notice(None, true, Language::of("de"));
        assert!(offline.ends_with("</template>Ihr Ger&#228;t ist offline.</div>"));
    }

    #[test]
    fn a_strict_page_is_told_to_allow_one_style() {
        let allowed = admitting("default-src 'none'").unwrap();
        assert!(allowed.starts_with("default-src 'none'; style-src 'sha256-"));
        assert_eq!(admitting("script-src 'self'"), None);
    }

    #[test]
    fn only_pages_get_one() {
        let check = |content_type: &str, fields: &str, expected: bool| {
            let wanted = wants_notice(Method::Get, content_type, &Listed::new(fields));
            assert_eq!(wanted, expected, "{content_type} {fields}");
        };
        check("text/html; charset=utf-8", "", true);
        check("Text/HTML", "sec-fetch-dest:document", true);
        check("text/html", "sec-fetch-dest:empty", false);
        check("text/html", "sec-fetch-dest:iframe", false);
        check("text/html", "sec-fetch-dest:frame", false);
        check("text/html", "x-requested-with:XMLHttpRequest", false);
        check("text/html", "x-requested-with:com.example.app", true);
        check("text/html", "hx-request:true", false);
        check("text/html", "turbo-frame:cart", false);
        // It would be no XML any more.
        check("application/xhtml+xml", "", false);
        check("application/json", "", false);
        let head = wants_notice(Method::Head, "text/html", &Listed::new(""));
        assert!(!head);
    }
}
