//! Where else a page may be found when the origin fails and this data centre has no
//! copy of it: stores that the world shares, pages that were shipped with the worker,
//! a mirror.

use super::Value;
use super::read::{DAY, MINUTE, binding, few, members, span};
use alloc::{format, string::String, vec::Vec};
use core::time::Duration;

/// What a tier is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TierKind {
    /// Copies in a KV namespace.
    Kv,
    /// Copies in an R2 bucket.
    R2,
    /// Pages that were shipped with the worker.
    Assets,
    /// Another site that has the same pages.
    Mirror,
}

impl TierKind {
    /// The name in settings, labels and log lines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kv => "kv",
            Self::R2 => "r2",
            Self::Assets => "assets",
            Self::Mirror => "mirror",
        }
    }

    /// Whether copies lie there, under their envelopes; else it has pages whose age
    /// nobody knows.
    #[must_use]
    pub const fn has_copies(self) -> bool {
        matches!(self, Self::Kv | Self::R2)
    }
}

/// A place to look before an error goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tier {
    /// What it is.
    pub kind: TierKind,
    /// The name of its binding; of a mirror its base URL, without a slash at the end.
    pub name: String,
    /// What stands before the paths of shipped pages, without a slash at the end.
    pub path: String,
    /// How long past its freshness a copy from there may be shown at most, if not as
    /// long as any.
    pub stale: Option<Duration>,
    /// How long it may take to answer: 1 s, a mirror 2 s.
    pub wait: Duration,
    /// How often a page is written there by an isolate: once in 1 h.
    pub every: Duration,
    /// How many pages are written there by an isolate within a minute: 10.
    pub writes: u8,
}

impl Tier {
    fn new(kind: TierKind, name: String) -> Self {
        let wait = if kind == TierKind::Mirror { 2 } else { 1 };
        Self {
            kind,
            name,
            path: String::new(),
            stale: None,
            wait: Duration::from_secs(wait),
            every: Duration::from_secs(60 * 60),
            writes: 10,
        }
    }
}

/// At most this many: each may take a second of a visitor's time.
const MOST: usize = 8;

const REMEDY: &str = "{ kv = \"LASTGOOD_COPIES\", stale = \"7d\" }, { r2 = \"LASTGOOD_BUCKET\" }, \
                      { assets = \"ASSETS\", path = \"/lastgood\" } or \
                      { mirror = \"https://mirror.example.com\" }";

/// Reads the list. An entry that is wrong is named and left out.
pub(super) fn tiers(list: &mut Vec<Tier>, value: &Value) -> Result<(), String> {
    let items = match value {
        Value::List(items) => items.as_slice(),
        Value::Bool(false) => &[],
        _ => return Err(format!("a list of tables such as {REMEDY}, or false")),
    };
    let mut read: Vec<Tier> = Vec::new();
    let mut wrong = Ok(());
    for (index, item) in items.iter().enumerate() {
        let tier = tier(item).and_then(|tier| match read.iter().any(|it| is_same(it, &tier)) {
            true => Err(String::from("another one: this stands there already")),
            false if read.len() == MOST => Err(format!("{MOST} entries at most")),
            false => Ok(tier),
        });
        match tier {
            Ok(tier) => read.push(tier),
            Err(wanted) => wrong = Err(format!("in entry {} {wanted}", index.saturating_add(1))),
        }
    }
    *list = read;
    wrong
}

fn is_same(one: &Tier, other: &Tier) -> bool {
    one.kind == other.kind && one.name == other.name
}

fn tier(value: &Value) -> Result<Tier, String> {
    let kinds = [
        TierKind::Kv,
        TierKind::R2,
        TierKind::Assets,
        TierKind::Mirror,
    ];
    let Value::Table(entries) = value else {
        return Err(format!("a table such as {REMEDY}"));
    };
    let mut named = entries.iter().filter_map(|(name, value)| {
        let kind = kinds.into_iter().find(|kind| kind.name() == name)?;
        Some((kind, value))
    });
    let (Some((kind, name)), None) = (named.next(), named.next()) else {
        return Err(format!("one of kv, r2, assets and mirror: {REMEDY}"));
    };
    let mut tier = Tier::new(kind, name_of(kind, name)?);
    members(value, REMEDY, |name, value| set(&mut tier, name, value))?;
    Ok(tier)
}

/// Sets a member; nothing for one that a tier of this kind does not have.
fn set(tier: &mut Tier, name: &str, value: &Value) -> Option<Result<(), String>> {
    let copies = tier.kind.has_copies();
    let set = match name {
        _ if name == tier.kind.name() => Ok(()),
        "wait" => span(value, 10, 10_000).map(|span| tier.wait = span),
        "stale" if copies => span(value, 0, 365 * DAY).map(|span| tier.stale = Some(span)),
        "every" if copies => span(value, MINUTE, 365 * DAY).map(|span| tier.every = span),
        "writes" if copies => few(value, 0, 255).map(|count| tier.writes = count),
        "path" if tier.kind == TierKind::Assets => path(value).map(|path| tier.path = path),
        _ => return None,
    };
    Some(set)
}

fn name_of(kind: TierKind, value: &Value) -> Result<String, String> {
    if kind == TierKind::Mirror {
        let remedy = || String::from("for mirror a URL such as \"https://mirror.example.com\"");
        return super::origin::base_url(value).ok_or_else(remedy);
    }
    binding(value, "LASTGOOD_COPIES").map_err(|wanted| format!("for {} {wanted}", kind.name()))
}

fn path(value: &Value) -> Result<String, String> {
    match value {
        Value::Text(path) if path.starts_with('/') && !path.contains(['?', '#']) => {
            Ok(path.trim_end_matches('/').into())
        }
        _ => Err("the start of a path such as \"/lastgood\"".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> (Vec<Tier>, Result<(), String>) {
        let mut list = Vec::new();
        let read = tiers(&mut list, &serde_json::from_str(json).unwrap());
        (list, read)
    }

    #[test]
    fn each_kind_is_read() {
        let (list, read) = read(
            r#"[{"kv": "COPIES", "stale": "7d", "writes": 0}, {"r2": "B", "every": "1d"},
                {"assets": "ASSETS", "path": "/lastgood/"},
                {"wait": "300ms", "mirror": "https://m.test/"}]"#,
        );
        assert_eq!(read, Ok(()));
        let kinds: Vec<_> = list.iter().map(|tier| tier.kind.name()).collect();
        assert_eq!(kinds, ["kv", "r2", "assets", "mirror"]);
        assert_eq!((list[0].name.as_str(), list[0].writes), ("COPIES", 0));
        assert_eq!(list[0].stale, Some(Duration::from_secs(7 * 86_400)));
        assert_eq!(list[1].every, Duration::from_secs(86_400));
        assert_eq!(
            (list[1].stale, list[1].wait),
            (None, Duration::from_secs(1))
        );
        assert_eq!(list[2].path, "/lastgood");
        assert_eq!(list[3].name, "https://m.test");
        assert_eq!(list[3].wait, Duration::from_millis(300));
    }

    #[test]
    fn a_wrong_entry_is_named_and_the_others_are_kept() {
        for (wrong, wanted) in [
            (r#""kv""#, "a table"),
            (r#"{"path": "/x"}"#, "one of kv, r2"),
            (r#"{"kv": "A", "r2": "B"}"#, "one of kv, r2"),
            (r#"{"kv": "a b"}"#, "for kv the name of a binding"),
            (r#"{"kv": "A", "stale": 7}"#, "for stale a duration"),
            (r#"{"kv": "A", "path": "/x"}"#, "a table such as"),
            (r#"{"mirror": "m.test"}"#, "for mirror a URL"),
            (
                r#"{"mirror": "https://m.test", "stale": "1h"}"#,
                "a table such as",
            ),
            (
                r#"{"assets": "A", "path": "x"}"#,
                "for path the start of a path",
            ),
            (r#"{"kv": "A", "wait": "1m"}"#, "for wait a duration"),
            (r#"{"kv": "GOOD"}"#, "stands there already"),
        ] {
            let (list, read) = read(&format!(r#"[{{"kv": "GOOD"}}, {wrong}]"#));
            let remedy = read.unwrap_err();
            assert!(remedy.starts_with("in entry 2 "), "{wrong}: {remedy}");
            assert!(remedy.contains(wanted), "{wrong}: {remedy}");
            assert_eq!(list.len(), 1, "{wrong}");
        }
        assert!(read("7").1.is_err());
        assert_eq!(read("false"), (Vec::new(), Ok(())));
    }
}
