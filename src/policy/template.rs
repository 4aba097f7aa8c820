//! A page of the operator's own, which is fetched and filled in instead of ours.

use super::Value;
use super::link::{is_path, is_web, url};
use super::read::{binding, members, or_false, span};
use alloc::{format, string::String};
use core::time::Duration;

/// Where the page of the operator's own is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateSource {
    /// At this URL, on a server that had better not be the one that failed.
    Url(String),
    /// Among the pages that were shipped with the worker.
    Assets {
        /// The name of their binding.
        binding: String,
        /// The path of the page, from its slash on.
        path: String,
    },
}

/// A page of the operator's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// Where it is.
    pub source: TemplateSource,
    /// How long it may take to come, until the answer is ours: 1 s, at most 5 s.
    pub wait: Duration,
}

const REMEDY: &str = "{ url = \"https://errors.example.com/oops\" } or \
                      { assets = \"ASSETS\", path = \"/error.html\" }";

/// Reads where a template is; `false` for none.
pub(super) fn template(chosen: &mut Option<Template>, value: &Value) -> Result<(), String> {
    *chosen = match value {
        Value::Bool(false) => None,
        _ => Some(read(value).map_err(or_false)?),
    };
    Ok(())
}

fn read(value: &Value) -> Result<Template, String> {
    let (mut at, mut assets, mut path) = (None, None, None);
    let mut wait = Duration::from_secs(1);
    members(value, REMEDY, |name, value| {
        let set = match name {
            "url" => web_url(value).map(|url| at = Some(url)),
            "assets" => binding(value, "ASSETS").map(|name| assets = Some(name)),
            "path" => asset(value).map(|it| path = Some(it)),
            "wait" => span(value, 10, 5000).map(|span| wait = span),
            _ => return None,
        };
        Some(set)
    })?;
    let source = match (at, assets, path) {
        (Some(url), None, None) => TemplateSource::Url(url),
        (None, Some(binding), Some(path)) => TemplateSource::Assets { binding, path },
        _ => return Err(format!("a table such as {REMEDY}")),
    };
    Ok(Template { source, wait })
}

fn web_url(value: &Value) -> Result<String, String> {
    url(value, &[is_web])
        .filter(|url| !url.contains('#'))
        .ok_or_else(|| "a URL such as \"https://errors.example.com/oops\"".into())
}

fn asset(value: &Value) -> Result<String, String> {
    url(value, &[is_path])
        .filter(|path| !path.contains(['?', '#']))
        .ok_or_else(|| "a path such as \"/error.html\"".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Option<Template>, String> {
        let mut chosen = None;
        template(&mut chosen, &serde_json::from_str(json).unwrap())?;
        Ok(chosen)
    }

    #[test]
    fn a_template_is_a_url_or_a_shipped_page() {
        let at = |json: &str| read(json).unwrap().unwrap();
        let far = at(r#"{"url": "https://e.test/oops?x"}"#);
        assert_eq!(
            far.source,
            TemplateSource::Url("https://e.test/oops?x".into())
        );
        assert_eq!(far.wait, Duration::from_secs(1));
        let near = at(r#"{"wait": "5s", "assets": "ASSETS", "path": "/error.html"}"#);
        let (binding, path) = ("ASSETS".into(), "/error.html".into());
        assert_eq!(near.source, TemplateSource::Assets { binding, path });
        assert_eq!(near.wait, Duration::from_secs(5));
        assert_eq!(read("false"), Ok(None));
    }

    #[test]
    fn every_wrong_member_is_named() {
        for (json, wanted) in [
            ("{}", "a table such as { url ="),
            (r#"{"assets": "ASSETS"}"#, "a table such as { url ="),
            (r#"{"path": "/error.html"}"#, "a table such as { url ="),
            (
                r#"{"url": "https://e.test", "path": "/x"}"#,
                "a table such as { url =",
            ),
            (
                r#"{"url": "https://e.test", "assets": "A", "path": "/x"}"#,
                "a table such as",
            ),
            (r#"{"url": "/oops"}"#, "for url a URL"),
            (r#"{"url": "https://e.test/#x"}"#, "for url a URL"),
            (
                r#"{"assets": "a b", "path": "/x"}"#,
                "for assets the name of a binding such as \"ASSETS\"",
            ),
            (r#"{"assets": "A", "path": "x"}"#, "for path a path such as"),
            (
                r#"{"assets": "A", "path": "/x?y"}"#,
                "for path a path such as",
            ),
            (
                r#"{"url": "https://e.test", "wait": "6s"}"#,
                "for wait a duration",
            ),
            (r#""https://e.test""#, ", or false"),
        ] {
            let remedy = read(json).unwrap_err();
            assert!(remedy.contains(wanted), "{json}: {remedy}");
        }
    }
}
