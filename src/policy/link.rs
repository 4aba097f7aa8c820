//! Where a visitor may go or write instead, while the site cannot be reached.
//!
//! What stands here becomes a link on a page of ours: it leads to the web, to this
//! site, into a mail or to a telephone, and never into a script.

use super::Value;
use super::read::{is_all, members};
use super::wording::text;
use crate::wire::cut;
use alloc::{format, string::String, vec::Vec};

/// A link on a page of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What it says, 1 to 80 characters.
    pub text: String,
    /// Where it leads: a URL with `http:` or `https:`, or a path on this site.
    pub url: String,
}

impl Link {
    /// Whether it leads to this site.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.url.starts_with('/')
    }
}

/// At most this many links: a page of them would help nobody.
const MOST: usize = 8;
/// At most this many characters of text in a link.
const LONGEST_TEXT: usize = 80;
/// At most this many bytes of a URL.
const LONGEST_URL: usize = 2048;

const LINK: &str = "{ text = \"Status\", url = \"https://status.example.com\" }";
const URL: &str = "a URL such as \"https://status.example.com\", or a path such as \"/status\"";

/// Reads the list of links; `false` for none.
pub(super) fn links(value: &Value) -> Result<Vec<Link>, String> {
    match value {
        Value::Bool(false) => Ok(Vec::new()),
        Value::List(items) if items.len() <= MOST => {
            let mut links = Vec::new();
            for item in items {
                let place = links.len().saturating_add(1);
                links.push(link(item).map_err(|it| format!("in entry {place} {it}"))?);
            }
            Ok(links)
        }
        _ => Err(format!(
            "a list of up to {MOST} tables such as {LINK}, or false"
        )),
    }
}

fn link(value: &Value) -> Result<Link, String> {
    let mut link = Link {
        text: String::new(),
        url: String::new(),
    };
    members(value, LINK, |name, value| {
        let set = match name {
            "text" => text(value, LONGEST_TEXT).map(|text| link.text = text),
            "url" => url(value, &[is_web, is_path])
                .map(|url| link.url = url)
                .ok_or_else(|| URL.into()),
            _ => return None,
        };
        Some(set)
    })?;
    match link.text.is_empty() || link.url.is_empty() {
        true => Err(format!("a table such as {LINK}")),
        false => Ok(link),
    }
}

/// Reads where to write to; an address alone becomes `mailto:`.
pub(super) fn contact(value: &Value) -> Result<String, String> {
    if let Value::Text(text) = value
        && is_address(text.trim_ascii())
    {
        let mut url = String::from("mailto:");
        url.push_str(text.trim_ascii());
        return Ok(url);
    }
    let is_https = |url: &str| url.starts_with("https:") && is_web(url);
    url(value, &[is_https, is_path, is_mail, is_telephone]).ok_or_else(|| {
        "an address such as \"help@example.com\", \"tel:+49301234567\", a URL with https: or a path \
         such as \"/contact\""
            .into()
    })
}

/// A URL of one of these kinds, with nothing in it that a browser would leave out or
/// take for something else.
pub(super) fn url(value: &Value, kinds: &[fn(&str) -> bool]) -> Option<String> {
    let Value::Text(text) = value else {
        return None;
    };
    let text = text.trim_ascii();
    let is_plain = |c: u8| c > b' ' && c != 0x7f && !b"\"<>\\^`{|}".contains(&c);
    let fits = text.len() <= LONGEST_URL && is_all(text, is_plain);
    (fits && kinds.iter().any(|is_kind| is_kind(text))).then(|| text.into())
}

/// A path on this site; with a second slash it would name another.
pub(super) fn is_path(url: &str) -> bool {
    url.starts_with('/') && !url.starts_with("//")
}

/// A URL with a host, and without a name or a password before it.
pub(super) fn is_web(url: &str) -> bool {
    let rest = url.strip_prefix("https://");
    let rest = rest.or_else(|| url.strip_prefix("http://"));
    let host = rest.map(|rest| cut::before(rest, |byte| b"/?#".contains(&byte)).0);
    host.is_some_and(|host| !host.is_empty() && !host.starts_with(':') && !host.contains('@'))
}

fn is_mail(url: &str) -> bool {
    let behind = url.strip_prefix("mailto:");
    behind.is_some_and(|it| cut::at(it, b'@').is_some_and(|(name, _)| !name.is_empty()))
}

fn is_telephone(url: &str) -> bool {
    let is_part = |c: u8| c.is_ascii_alphanumeric() || b"+-.()*;=".contains(&c);
    let number = url.strip_prefix("tel:");
    number.is_some_and(|it| !it.is_empty() && is_all(it, is_part))
}

/// An address for mail, of characters that mean nothing else in a URL.
fn is_address(text: &str) -> bool {
    let is_part = |c: u8| c.is_ascii_alphanumeric() || b"._+-".contains(&c);
    let is_name = |name: &str| !name.is_empty() && is_all(name, is_part);
    cut::at(text, b'@').is_some_and(|(name, host)| is_name(name) && is_name(host))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn links_lead_to_the_web_or_into_the_site() {
        let check = |url: &str, expected: bool| {
            let value = Value::Text(url.into());
            let read = super::url(&value, &[is_web, is_path]);
            assert_eq!(read.is_some(), expected, "{url}");
        };
        for right in [
            "/",
            "/a/b?c#d",
            "https://a.test",
            "http://a.test:8080/ü?x=%20",
        ] {
            check(right, true);
        }
        for wrong in [
            "",
            "status",
            "//b.test",
            "/\\b.test",
            "/\t/b.test",
            "/a b",
            "javascript:alert(1)",
            "data:text/html,x",
            "https:a.test",
            "https:///a",
            "https://",
            "https://:80",
            "https://user@a.test",
            "HTTPS:",
            "ftp://a.test",
            "mailto:a@b.test",
            "/\"",
            "/\u{7f}",
        ] {
            check(wrong, false);
        }
        check(&format!("/{}", "x".repeat(LONGEST_URL - 1)), true);
        check(&format!("/{}", "x".repeat(LONGEST_URL)), false);
    }

    #[test]
    fn a_contact_is_mail_a_telephone_or_a_page() {
        let check = |text: &str, expected: Option<&str>| {
            let read = contact(&Value::Text(text.into())).ok();
            assert_eq!(read.as_deref(), expected, "{text}");
        };
        check(" help@a.test ", Some("mailto:help@a.test"));
        check("a.b+c@a.test", Some("mailto:a.b+c@a.test"));
        let same = [
            "mailto:a@b.test?subject=Site",
            "tel:+49-30-1234",
            "https://a.test/help",
            "/contact",
        ];
        for right in same {
            check(right, Some(right));
        }
        for wrong in [
            "",
            "me",
            "a@",
            "@a.test",
            "a?b@a.test",
            "a@b@c",
            "mailto:",
            "mailto:@a.test",
            "tel:",
            "tel:+49 30",
            "http://a.test",
            "//a.test",
            "javascript:a@b.test",
        ] {
            check(wrong, None);
        }
    }

    #[test]
    fn a_wrong_entry_is_named() {
        let check = |json: &str, wanted: &str| {
            let remedy = links(&serde_json::from_str(json).unwrap()).unwrap_err();
            assert!(remedy.contains(wanted), "{json}: {remedy}");
        };
        let good = r#"{"text": "A", "url": "/a"}"#;
        assert_eq!(links(&Value::Bool(false)), Ok(Vec::new()));
        check("7", "a list of up to 8 tables");
        check(
            &format!("[{}{good}]", format!("{good},").repeat(8)),
            "a list of up to 8",
        );
        check(&format!("[{good}, 7]"), "in entry 2 a table such as");
        check(
            &format!(r#"[{good}, {{"text": "B"}}]"#),
            "in entry 2 a table such as",
        );
        check(
            r#"[{"text": "A", "url": "b"}]"#,
            "in entry 1 for url a URL such as",
        );
        check(
            r#"[{"text": "", "url": "/b"}]"#,
            "in entry 1 for text a text of 1 to 80",
        );
        check(
            r#"[{"text": "A", "url": "/b", "rel": "x"}]"#,
            "in entry 1 a table such as",
        );
    }

    proptest! {
        #[test]
        fn nothing_leads_elsewhere(text: String) {
            for start in ["", "/", "https://", "mailto:", "tel:", "a@"] {
                let read = contact(&Value::Text(format!("{start}{text}"))).unwrap_or_else(|_| "/".into());
                let kinds = ["/", "https://", "mailto:", "tel:"];
                prop_assert!(kinds.iter().any(|kind| read.starts_with(kind)), "{read}");
                prop_assert!(!read.starts_with("//") && !read.contains(['"', '<', '\\', ' ']));
            }
        }
    }
}
