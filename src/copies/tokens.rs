//! Pages that carry a token: something that was made for one visitor, or to be used
//! once.
//!
//! A form with a token against forged requests fails for everybody else who fills it
//! in, and a nonce that many pages share protects none of them. Whoever runs such
//! pages may refuse them as copies. Looking is for the host, in whose language a body
//! is; what it looks for is said here.

use crate::policy::Policy;
use crate::wire::media_type;
use alloc::string::String;

/// A page is looked through up to this many bytes, 1 MiB; a longer one is taken for
/// one that carries a token.
pub const LONGEST_SEARCHED: u64 = 1024 * 1024;

/// Regular expressions in the dialect of ECMAScript, of which one has to be found, in
/// letters of either case. None takes longer than the text is long.
const PATTERNS: [&str; 4] = [
    // Of forms: Django, Spring, Flask and Phoenix; WordPress; Rails; ASP.NET; Laravel;
    // Symfony; Drupal and Magento; Moodle; MediaWiki; Joomla, which names the field
    // itself by chance.
    r#"<input\b[^<>]*\sname\s*=\s*["']?(?:[^\s"'<>]*(?:csrf|xsrf|nonce|\[_token\])|authenticity_token|__RequestVerificationToken|_token["'\s/>]|form_(?:token|build_id|key)|logintoken|sesskey|wpEditToken|[\da-f]{32}["'\s/>])"#,
    // For scripts that send it.
    r#"<meta\b[^<>]*\sname\s*=\s*["']?[^\s"'<>]*(?:csrf|xsrf)"#,
    r#"(?:csrf|xsrf)[-_]?(?:token)?["']?\s{0,9}[:=]\s{0,9}["'][\w+/=.-]{16}"#,
    // Of a Content-Security-Policy.
    r#"<(?:script|style|link)\b[^<>]*\snonce\s*=\s*["']?[^\s"'<>]"#,
];

/// How a body is to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// Not at all.
    Needless,
    /// For a [`pattern`].
    Needed,
    /// It could not be read, so it is taken for one that carries a token.
    Futile,
}

/// What to look for, as one regular expression.
#[must_use]
pub fn pattern() -> String {
    PATTERNS.join("|")
}

/// How a whole body is to be looked at, which a host decodes if it is packed in one
/// of the two ways that it knows.
#[must_use]
pub fn search(policy: &Policy, content_type: &str, coding: &str, bytes: u64) -> Search {
    let is_html = media_type::kind(content_type) == media_type::Kind::Html;
    let packed = !["", "identity", "gzip", "br"].contains(&coding);
    // Of all character sets of pages these alone do not write ASCII as it is.
    let lower = content_type.to_ascii_lowercase();
    let wide = ["utf-16", "utf-32"].iter().any(|name| lower.contains(name));
    match policy.refuse_tokens && is_html {
        false => Search::Needless,
        true if packed || wide || bytes > LONGEST_SEARCHED => Search::Futile,
        true => Search::Needed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_looked_at_where_it_was_asked_for() {
        let check = |refuse_tokens, content_type, coding, bytes, expected| {
            let policy = Policy {
                refuse_tokens,
                ..Policy::default()
            };
            let found = search(&policy, content_type, coding, bytes);
            assert_eq!(found, expected, "{content_type} {coding} {bytes}");
        };
        check(false, "text/html", "", 9, Search::Needless);
        check(true, "text/css", "zstd", 9, Search::Needless);
        check(true, "text/html; charset=utf-8", "", 9, Search::Needed);
        check(
            true,
            "application/xhtml+xml",
            "br",
            1024 * 1024,
            Search::Needed,
        );
        check(true, "text/html", "", 1024 * 1024 + 1, Search::Futile);
        check(true, "text/html", "zstd", 9, Search::Futile);
        check(true, "text/html; charset=UTF-16LE", "", 9, Search::Futile);
    }
}
