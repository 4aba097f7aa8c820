//! The origins, as operators list them: a URL, or a table that says more.

use super::Value;
use super::parse::{Problem, problem};
use super::read::{few, members, truth};
use crate::wire::cut;
use alloc::{format, string::String, vec::Vec};

/// A server that requests go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Its base URL, without a slash at the end.
    pub url: String,
    /// The `Host` that it is sent, if not that of its URL.
    pub host: Option<String>,
    /// Its share of the load, in proportion to the others'; 0 for a backup,
    /// which is asked only when those with a share fail, in order.
    pub weight: u8,
    /// Whether it may see cookies and credentials.
    pub trusted: bool,
    /// Whether its answers may be kept as copies, and shown for the others'.
    pub equivalent: bool,
    /// It is not asked at all: taken out by hand.
    pub down: bool,
    /// The start of paths that is taken off for this origin, without a slash at
    /// its end.
    pub strip: String,
}

impl Origin {
    /// An origin of which nothing is known but its URL.
    #[must_use]
    pub const fn new(url: String) -> Self {
        Self {
            url,
            host: None,
            weight: 0,
            trusted: true,
            equivalent: true,
            down: false,
            strip: String::new(),
        }
    }

    /// The one that requests are made to anyway, if none is configured.
    #[must_use]
    pub const fn anyway() -> Self {
        let mut own = Self::new(String::new());
        own.weight = 1;
        own
    }

    /// Whether a request can go there as it came, but for its URL.
    #[must_use]
    pub const fn is_plain(&self) -> bool {
        self.host.is_none() && self.is_plain_but_for_its_name()
    }

    /// The same for a connection that becomes something else: its `Host` is that
    /// of the URL.
    #[must_use]
    pub const fn is_plain_but_for_its_name(&self) -> bool {
        self.trusted && self.equivalent && !self.down && self.strip.is_empty()
    }

    /// Where a request for `path_and_query` goes.
    #[must_use]
    pub fn target(&self, path_and_query: &str) -> String {
        let rest = path_and_query
            .strip_prefix(self.strip.as_str())
            .filter(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
            .unwrap_or(path_and_query);
        let slash = if rest.starts_with('/') { "" } else { "/" };
        format!("{}{slash}{rest}", self.url)
    }
}

const REMEDY: &str = "a URL such as \"https://origin.example.com\", a table such as \
                      { url = \"https://origin.example.com\", trusted = false }, or a list of them";

/// At most this many, so that choosing one costs next to nothing.
const MOST: usize = 16;

pub(super) fn origins(value: &Value, problems: &mut Vec<Problem>) -> Vec<Origin> {
    let listed = match value {
        Value::Null => return Vec::new(),
        Value::List(items) => items.as_slice(),
        single => core::slice::from_ref(single),
    };
    let mut origins = Vec::new();
    for (index, item) in listed.iter().enumerate() {
        let place = match value {
            Value::List(_) => format!("ORIGIN[{index}]"),
            _ => String::from("ORIGIN"),
        };
        if origins.len() == MOST {
            problems.push(problem(&place, item, "16 origins at most"));
            break;
        }
        match origin(item, u8::from(index == 0)) {
            Ok(origin) => origins.push(origin),
            Err(remedy) => problems.push(problem(&place, item, &remedy)),
        }
    }
    let unweighted = origins.iter().all(|origin| origin.weight == 0);
    if let Some(first) = origins.first_mut().filter(|_| unweighted) {
        first.weight = 1;
    }
    origins
}

/// Without a word about it, an origin has this `weight`.
fn origin(value: &Value, weight: u8) -> Result<Origin, String> {
    let named = |url| Origin {
        weight,
        ..Origin::new(url)
    };
    if let Value::Text(_) = value {
        return base_url(value).map(named).ok_or_else(|| REMEDY.into());
    }
    let mut origin = named(String::new());
    members(value, REMEDY, |name, value| {
        let set = match name {
            "url" => base_url(value)
                .map(|url| origin.url = url)
                .ok_or_else(|| "a URL such as \"https://origin.example.com\"".into()),
            "host" => host(value).map(|host| origin.host = Some(host)),
            "weight" => few(value, 0, 100).map(|weight| origin.weight = weight),
            "trusted" => truth(value).map(|on| origin.trusted = on),
            "equivalent" => truth(value).map(|on| origin.equivalent = on),
            "down" => truth(value).map(|on| origin.down = on),
            "strip" => strip(value).map(|strip| origin.strip = strip),
            _ => return None,
        };
        Some(set)
    })?;
    if origin.url.is_empty() {
        return Err(REMEDY.into());
    }
    Ok(origin)
}

fn host(value: &Value) -> Result<String, String> {
    let is_part = |c: u8| c.is_ascii_alphanumeric() || b"-._:[]".contains(&c);
    match value {
        Value::Text(host) if !host.is_empty() && host.bytes().all(is_part) => Ok(host.clone()),
        _ => Err("a host name such as \"www.example.com\"".into()),
    }
}

fn strip(value: &Value) -> Result<String, String> {
    match value {
        Value::Text(path) if path.starts_with('/') && !path.contains(['?', '#']) => {
            Ok(path.trim_end_matches('/').into())
        }
        _ => Err("the start of a path such as \"/blog\"".into()),
    }
}

/// An absolute http(s) URL without query and fragment, its last slash off.
pub(super) fn base_url(value: &Value) -> Option<String> {
    let Value::Text(text) = value else {
        return None;
    };
    let text = text.trim();
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))?;
    let host = cut::first(rest, b'/');
    let plain = !host.is_empty()
        && !host.starts_with(':')
        && !text.contains(|c: char| c.is_whitespace() || c.is_control() || "?#@\\".contains(c));
    plain.then(|| String::from(text.trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_moved_to_where_the_origin_has_it() {
        let origin = Origin {
            strip: "/blog".into(),
            ..Origin::new("https://a.test/v1".into())
        };
        for (path, target) in [
            ("/blog/x?y", "https://a.test/v1/x?y"),
            ("/blog", "https://a.test/v1/"),
            ("/blog?x", "https://a.test/v1/?x"),
            ("/blogger", "https://a.test/v1/blogger"),
            ("/", "https://a.test/v1/"),
        ] {
            assert_eq!(origin.target(path), target);
        }
    }
}
