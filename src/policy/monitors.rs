//! Programs that read a site for somebody: monitors and crawlers.
//!
//! A page that stands in is good for a visitor. A monitor that is shown one raises no
//! alarm, and a crawler believes what it reads, so both can be told otherwise.

use super::read::{field_name, is_all, members, or_false, texts};
use super::{Value, fits, is_pattern};
use alloc::{string::String, vec::Vec};

/// Who must see what the origin says, whatever that is. None by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Monitors {
    /// Paths that only monitors ask for, with one star at most, as those of routes.
    pub paths: Vec<String>,
    /// Parts of the `User-Agent` of monitors, in either case.
    pub user_agents: Vec<String>,
    /// A field that monitors send, in lower case; its value does not matter.
    pub header: Option<String>,
}

impl Monitors {
    /// Whether a request is a monitor's: by its path, its `User-Agent`, or because it
    /// has the field that monitors send.
    #[must_use]
    pub fn watch(&self, path: &str, user_agent: &str, has_header: bool) -> bool {
        (has_header && self.header.is_some())
            || self.paths.iter().any(|pattern| fits(pattern, path))
            || self.user_agents.iter().any(|it| has_part(user_agent, it))
    }
}

/// Whether a part, which is not empty, is in a text, letters in either case.
fn has_part(text: &str, part: &str) -> bool {
    let mut windows = text.as_bytes().windows(part.len().max(1));
    windows.any(|window| window.eq_ignore_ascii_case(part.as_bytes()))
}

/// What `/robots.txt` is answered with where there is nothing to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Robots {
    /// 503: crawlers leave the whole site alone until it is back.
    Unavailable,
    /// 404: crawlers take it that everything may be read, and go on.
    Missing,
}

/// At most this many paths, and this many parts of `User-Agent`: all of them are
/// compared with each request.
const MOST: usize = 16;
/// At most this many bytes of each.
const LONGEST: usize = 200;

const EXAMPLE: &str =
    "{ paths = [\"/health\"], user_agents = [\"UptimeRobot\"], header = \"x-monitor\" }";

/// Reads who must see the truth; `false` for nobody.
pub(super) fn monitors(before: &Monitors, value: &Value) -> Result<Monitors, String> {
    if let Value::Bool(false) = value {
        return Ok(Monitors::default());
    }
    let mut chosen = before.clone();
    members(value, EXAMPLE, |name, value| {
        let set = match name {
            "paths" => texts(value, MOST, PATHS, is_path).map(|list| chosen.paths = list),
            "user_agents" => texts(value, MOST, AGENTS, is_agent).map(|it| chosen.user_agents = it),
            "header" => field_name(value).map(|name| chosen.header = Some(name)),
            _ => return None,
        };
        Some(set)
    })
    .map_err(or_false)?;
    Ok(chosen)
}

const PATHS: &str = "paths such as \"/health\" or \"/status/*\", with one star at most in each";
const AGENTS: &str = "parts of User-Agent such as \"UptimeRobot\"";

fn is_path(path: &str) -> bool {
    path.len() <= LONGEST && is_pattern(path)
}

fn is_agent(part: &str) -> bool {
    (1..=LONGEST).contains(&part.len()) && is_all(part, |c| c >= b' ')
}

#[cfg(test)]
mod tests {
    use super::super::parse::{check, parse_json};
    use super::super::{Policy, Robots};
    use super::*;
    use alloc::{format, rc::Rc};

    fn policy(lastgood: &str, path: &str) -> Rc<Policy> {
        let (configuration, problems) = parse_json("null", lastgood);
        assert_eq!(problems, [], "{lastgood}");
        Rc::clone(configuration.policy_for(path))
    }

    #[test]
    fn monitors_are_told_by_path_name_or_field() {
        let written = r#"{"monitors": {"paths": ["/health", "/status/*"],
            "user_agents": ["UptimeRobot", "Pingdom"], "header": "X-Monitor"}}"#;
        let monitors = &policy(written, "/").monitors;
        assert_eq!(monitors.header.as_deref(), Some("x-monitor"));
        let check = |path, agent, has_header, expected| {
            assert_eq!(
                monitors.watch(path, agent, has_header),
                expected,
                "{path} {agent}"
            );
        };
        check("/health", "", false, true);
        check("/status/db", "", false, true);
        check("/healthy", "", false, false);
        check(
            "/",
            "Mozilla/5.0+(compatible; uptimerobot/2.0)",
            false,
            true,
        );
        check("/", "PINGDOM", false, true);
        check("/", "Pingdo", false, false);
        check("/", "", false, false);
        check("/", "", true, true);
    }

    #[test]
    fn nobody_is_a_monitor_by_default() {
        let policy = policy("{}", "/");
        assert_eq!(policy.monitors, Monitors::default());
        assert!(!policy.monitors.watch("/health", "Pingdom", true));
        assert_eq!(policy.robots, Robots::Unavailable);
    }

    #[test]
    fn every_wrong_member_is_named() {
        let many = |item: &str| format!("[{}{item}]", format!("{item},").repeat(16));
        for (written, remedy) in [
            ("true", "a table such as { paths"),
            (r#"{"agents": []}"#, ", or false"),
            (
                r#"{"paths": "/health"}"#,
                "for paths a list of up to 16 paths such as",
            ),
            (r#"{"paths": ["health"]}"#, "\"health\" is none of these"),
            (r#"{"paths": ["/*/x/*"]}"#, "with one star at most in each"),
            (
                &format!(r#"{{"paths": {}}}"#, many(r#""/x""#)),
                "a list of up to 16",
            ),
            (
                r#"{"user_agents": [""]}"#,
                "for user_agents a list of up to 16 parts of User-Agent",
            ),
            (r#"{"user_agents": [7]}"#, "7 is none of these"),
            (
                &format!(r#"{{"user_agents": {}}}"#, many(r#""x""#)),
                "a list of up to 16",
            ),
            (
                r#"{"header": "x monitor"}"#,
                "for header the name of a header",
            ),
        ] {
            let field = "LASTGOOD.monitors = ";
            check(&format!(r#"{{"monitors": {written}}}"#), field, remedy);
        }
    }

    #[test]
    fn a_route_changes_only_what_it_names() {
        let written = r#"{"monitors": {"paths": ["/health"], "header": "x-monitor"},
            "robots": "missing",
            "routes": [{"path": "/a", "monitors": {"header": "x-other"}, "robots": "unavailable"},
                       {"path": "/b", "monitors": false}, {"path": "/c"}]}"#;
        let of = |path| policy(written, path);
        let (all, a, b) = (of("/"), of("/a"), of("/b"));
        assert_eq!(
            (all.robots, a.robots),
            (Robots::Missing, Robots::Unavailable)
        );
        assert_eq!(a.monitors.paths, all.monitors.paths);
        assert_eq!(a.monitors.header.as_deref(), Some("x-other"));
        assert_eq!(b.monitors, Monitors::default());
        assert_eq!(of("/c").monitors, all.monitors);
    }
}
