//! Purges, as operators write them: JSON that names one thing.
//!
//! What is written wrongly is refused and nothing is purged, for a purge that was
//! meant and did nothing is found out on the worst of days.

use crate::copies::Purge;
use crate::policy::{Problem, Value};
use crate::wire::{cut, message};
use alloc::{string::String, string::ToString};

const BODY: &str = "a JSON object with url, prefix or everything, such as {\"url\": \"https://www.example.com/menu\"}";
const ONE: &str = "url, prefix, everything or hard";
const ALONE: &str = "only one of url, prefix and everything";
const TRUTH: &str = "true or false";
const URL: &str = "a URL such as \"https://www.example.com/menu\", or a path such as \"/menu\", up to 2048 characters";
const PREFIX: &str =
    "what URLs begin with, such as \"https://www.example.com/shop/\" or \"/shop/\", without a star";

impl Purge {
    /// Reads what is to be purged: `url`, `prefix` or `everything`, and `hard`. The
    /// host hands over what the first two are when resolved as URLs, empty if they
    /// are none.
    ///
    /// # Errors
    ///
    /// The first field that is wrong, and what would be right.
    pub fn wished(body: &Value, url: &str, prefix: &str) -> Result<Self, Problem> {
        let Value::Table(entries) = body else {
            return Err(problem("body", body, BODY));
        };
        let mut wished = None;
        let mut hard = false;
        for (name, value) in entries {
            let wrong = |remedy| problem(name, value, remedy);
            let scope = match (name.as_str(), value) {
                ("everything" | "hard", Value::Bool(false)) => continue,
                ("hard", Value::Bool(true)) => {
                    hard = true;
                    continue;
                }
                ("everything", Value::Bool(true)) => Ok((String::new(), false)),
                ("everything" | "hard", _) => Err(TRUTH),
                ("url", value) => scope(value, url).map(|url| (url, true)).ok_or(URL),
                ("prefix", value) => scope(value, prefix)
                    .filter(|prefix| !prefix.ends_with('*'))
                    .map(|prefix| (prefix, false))
                    .ok_or(PREFIX),
                _ => Err(ONE),
            };
            if wished.replace(scope.map_err(wrong)?).is_some() {
                return Err(wrong(ALONE));
            }
        }
        let (scope, exact) = wished.ok_or_else(|| problem("body", body, BODY))?;
        Ok(Self { scope, exact, hard })
    }
}

/// A URL as requests have it: whole, without a fragment.
fn scope(value: &Value, resolved: &str) -> Option<String> {
    let Value::Text(text) = value else {
        return None;
    };
    let url = cut::first(resolved, b'#');
    let is_web = |scheme: &str| {
        ["http", "https"]
            .iter()
            .any(|it| it.eq_ignore_ascii_case(scheme))
    };
    let has_scheme = |url: &str| url.split_once("://").is_some_and(|(it, _)| is_web(it));
    let is_url = (text.starts_with('/') || has_scheme(text))
        && has_scheme(url)
        && !message::host(url).contains('@')
        && url.len() <= Purge::LONGEST;
    is_url.then(|| url.into())
}

fn problem(field: &str, value: &Value, remedy: &str) -> Problem {
    Problem {
        field: field.into(),
        value: value.to_string(),
        remedy: remedy.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    /// As a host that resolves paths under `https://a.test`.
    fn wished(body: &str) -> Result<Purge, Problem> {
        let body: Value = serde_json::from_str(body).unwrap();
        let resolved = |name: &str| {
            let Value::Table(entries) = &body else {
                return String::new();
            };
            match entries.iter().find(|(known, _)| known == name) {
                Some((_, Value::Text(text))) if text.starts_with('/') => {
                    format!("https://a.test{text}")
                }
                Some((_, Value::Text(text))) => text.clone(),
                _ => String::new(),
            }
        };
        Purge::wished(&body, &resolved("url"), &resolved("prefix"))
    }

    #[test]
    fn what_is_meant_is_understood() {
        let check = |body: &str, purge: &str| {
            assert_eq!(wished(body).unwrap().written(), purge, "{body}");
        };
        check(
            r#"{"url": "https://b.test/x?y=1"}"#,
            "soft url https://b.test/x?y=1",
        );
        check(
            r#"{"url": "/x#y", "hard": true}"#,
            "hard url https://a.test/x",
        );
        check(
            r#"{"prefix": "/shop/", "hard": false}"#,
            "soft prefix https://a.test/shop/",
        );
        check(r#"{"hard": true, "everything": true}"#, "hard prefix ");
        check(
            r#"{"everything": false, "url": "/"}"#,
            "soft url https://a.test/",
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        let check = |body: &str, field: &str, remedy: &str| {
            let problem = wished(body).unwrap_err();
            assert_eq!(
                (&*problem.field, &*problem.remedy),
                (field, remedy),
                "{body}"
            );
        };
        for body in [
            "{}",
            "[]",
            "null",
            "\"/\"",
            r#"{"hard": true}"#,
            r#"{"everything": false}"#,
        ] {
            check(body, "body", BODY);
        }
        check(r#"{"uri": "/"}"#, "uri", ONE);
        check(r#"{"url": "/", "hard": "yes"}"#, "hard", TRUTH);
        check(r#"{"everything": 1}"#, "everything", TRUTH);
        check(r#"{"url": "/", "everything": true}"#, "everything", ALONE);
        check(r#"{"prefix": "/", "url": "/"}"#, "url", ALONE);
        for url in [
            "\"\"",
            "\"a?b=http://a.test\"",
            "\"menu\"",
            "\"ftp://a.test/\"",
            "\"https://u@a.test/\"",
            "1",
            "[\"/\"]",
            "null",
        ] {
            check(&format!(r#"{{"url": {url}}}"#), "url", URL);
        }
        check(
            &format!(r#"{{"url": "/{}"}}"#, "x".repeat(3000)),
            "url",
            URL,
        );
        check(r#"{"prefix": "/shop/*"}"#, "prefix", PREFIX);
        check(r#"{"prefix": ""}"#, "prefix", PREFIX);
    }
}
