//! Planned work that is announced while the site runs, by a call instead of a setting:
//! the members of `maintenance`, and which paths it is about.
//!
//! What is written wrongly is refused and nothing is announced: whoever asks is there,
//! and can put it right.

use super::maintenance::{AFTER_START, Maintenance, is_window, set};
use super::parse::problem;
use super::{Problem, Value, fits, is_pattern};
use crate::wire::Timestamp;
use alloc::string::String;

const BODY: &str =
    "a JSON object such as {\"on\": true, \"end\": \"2026-11-22T02:00:00Z\"} or {\"on\": false}";
const SWITCH: &str = "true or false";
const ALONE: &str = "nothing beside \"on\": false, which ends all that was announced";
const MEMBERS: &str = "on, path, start, end, message, allow_header, allow_addresses or copies";
const PATH: &str = "a path such as \"/shop/*\", with one star at most";
const AHEAD: &str = "a time that is still to come";

/// Planned work, and the paths that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// As that of a route, with one star at most.
    path: String,
    plan: Maintenance,
}

impl Announcement {
    /// Reads what holds from now on; nothing, if that is the end of what was announced.
    ///
    /// # Errors
    ///
    /// The first member that is wrong, and what would be right.
    pub fn read(body: &Value) -> Result<Option<Self>, Problem> {
        let Value::Table(members) = body else {
            return Err(problem("body", body, BODY));
        };
        let switch = members.iter().find(|(name, _)| name == "on");
        let mut rest = members.iter().filter(|(name, _)| name != "on");
        match switch.map(|(_, value)| value) {
            Some(Value::Bool(true)) => {}
            Some(Value::Bool(false)) => {
                return match rest.next() {
                    Some((name, value)) => Err(problem(name, value, ALONE)),
                    None => Ok(None),
                };
            }
            other => return Err(problem("on", other.unwrap_or(&Value::Null), SWITCH)),
        }
        let mut read = Self {
            path: "*".into(),
            plan: Maintenance::default(),
        };
        for (name, value) in rest {
            let set = read.set(name, value);
            set.map_err(|remedy| problem(name, value, &remedy))?;
        }
        match is_window(&read.plan) {
            true => Ok(Some(read)),
            false => Err(wrong_end(members, AFTER_START)),
        }
    }

    /// The same for who asks for it now. What is over before it begins was not meant.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn wished(body: &Value, now: Timestamp) -> Result<Option<Self>, Problem> {
        let read = Self::read(body)?;
        match (body, &read) {
            (Value::Table(members), Some(it)) if it.is_over(now) => Err(wrong_end(members, AHEAD)),
            _ => Ok(read),
        }
    }

    fn set(&mut self, name: &str, value: &Value) -> Result<(), String> {
        match (name, value) {
            ("path", Value::Text(path)) if is_pattern(path) => self.path.clone_from(path),
            ("path", _) => return Err(PATH.into()),
            _ => return set(&mut self.plan, name, value).unwrap_or_else(|| Err(MEMBERS.into())),
        }
        Ok(())
    }

    /// Whether it is over.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.plan.end.is_some_and(|end| end <= now)
    }

    /// The planned work, if it is going on and about a path.
    #[must_use]
    pub fn plan_for(&self, path: &str, now: Timestamp) -> Option<&Maintenance> {
        let holds = self.plan.is_on(now) && fits(&self.path, path);
        holds.then_some(&self.plan)
    }

    /// The planned work, wherever and whenever.
    #[must_use]
    pub const fn plan(&self) -> &Maintenance {
        &self.plan
    }
}

fn wrong_end(members: &[(String, Value)], remedy: &str) -> Problem {
    let end = members.iter().find(|(name, _)| name == "end");
    problem("end", end.map_or(&Value::Null, |(_, value)| value), remedy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::parse;
    use alloc::{format, vec};
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::from_secs(1_795_298_400);

    fn value(json: &str) -> Value {
        serde_json::from_str(json).unwrap()
    }

    fn read(json: &str) -> Announcement {
        let read = Announcement::wished(&value(json), NOW).unwrap();
        read.unwrap_or_else(|| panic!("{json} announces nothing"))
    }

    #[test]
    fn it_is_about_its_paths_while_it_is_on() {
        let check = |json: &str, path: &str, expected: bool| {
            let plan = read(json);
            assert_eq!(
                plan.plan_for(path, NOW).is_some(),
                expected,
                "{json} {path}"
            );
        };
        let all = r#"{"on": true}"#;
        check(all, "/", true);
        check(all, "/a/b", true);
        let shop = r#"{"on": true, "path": "/shop/*"}"#;
        check(shop, "/shop/1", true);
        check(shop, "/shop", false);
        check(
            r#"{"on": true, "start": "2026-11-21T22:00:00Z"}"#,
            "/",
            true,
        );
        check(
            r#"{"on": true, "start": "2026-11-21T22:00:01Z"}"#,
            "/",
            false,
        );
        let ending = read(r#"{"on": true, "end": "2026-11-21T22:00:01Z"}"#);
        let end = Timestamp::from_secs(1_795_298_401);
        assert!(ending.plan_for("/", NOW).is_some() && !ending.is_over(NOW));
        assert!(ending.plan_for("/", end).is_none() && ending.is_over(end));
        assert_eq!(Announcement::read(&value(r#"{"on": false}"#)), Ok(None));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let check = |json: &str, field: &str, remedy: &str| {
            let problem = Announcement::wished(&value(json), NOW).unwrap_err();
            assert_eq!(problem.field, field, "{json}");
            assert!(problem.remedy.starts_with(remedy), "{json}: {problem}");
        };
        for body in ["null", "[]", "true", r#""on""#] {
            check(body, "body", BODY);
        }
        for body in ["{}", r#"{"path": "/"}"#, r#"{"on": 1}"#, r#"{"on": null}"#] {
            check(body, "on", SWITCH);
        }
        check(r#"{"on": false, "path": "/"}"#, "path", ALONE);
        for (member, remedy) in [
            (r#""from": 1"#, MEMBERS),
            (r#""path": "shop""#, PATH),
            (r#""path": "/*/*""#, PATH),
            (r#""path": null"#, PATH),
            (r#""start": "tomorrow""#, "a time with its offset"),
            (r#""end": 7"#, "a time with its offset"),
            (r#""end": "2026-11-21T22:00:00Z""#, AHEAD),
            (r#""message": """#, "a text of 1 to 1000"),
            (r#""message": {"en": 7}"#, "for en a text"),
            (r#""allow_header": "x y""#, "the name of a header"),
            (
                r#""allow_addresses": ["192.0.2.0/24"]"#,
                "a list of up to 64",
            ),
            (r#""copies": "yes""#, "true or false"),
        ] {
            let name = member.split('"').nth(1).unwrap();
            check(&format!(r#"{{"on": true, {member}}}"#), name, remedy);
        }
        let window =
            r#"{"on": true, "start": "2026-11-22T22:00:00Z", "end": "2026-11-22T22:00:00Z"}"#;
        check(window, "end", AFTER_START);
    }

    proptest! {
        /// What the policy would take is taken, and means the same.
        #[test]
        fn it_is_read_as_policy_reads_it(
            start in prop::option::of("2026-11-2[0-9]T1[0-9]:00:00Z|x"),
            end in prop::option::of("2026-11-2[0-9]T1[0-9]:00:00Z|7"),
            message in prop::option::of("[a-zé]{0,3}"),
            header in prop::option::of("x-[a-z]{1,3}(: [a-z ]{0,3})?"),
            copies in prop::option::of(any::<bool>()),
        ) {
            let texts = [("start", start), ("end", end), ("message", message), ("allow_header", header)];
            let mut members: vec::Vec<(String, Value)> = texts
                .into_iter()
                .filter_map(|(name, text)| Some((name.into(), Value::Text(text?))))
                .collect();
            members.extend(copies.map(|on| ("copies".into(), Value::Bool(on))));
            let table = vec![("maintenance".into(), Value::Table(members.clone()))];
            let (configuration, problems) = parse(&Value::Null, &Value::Table(table));
            members.insert(0, ("on".into(), Value::Bool(true)));
            let read = Announcement::read(&Value::Table(members));
            prop_assert_eq!(read.is_ok(), problems.is_empty());
            let plan = read.ok().flatten().map(|it| it.plan);
            prop_assert_eq!(&plan, &configuration.policy_for("/").maintenance);
        }
    }
}
