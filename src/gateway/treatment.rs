//! Who is treated apart: those who watch the site must see how it is, and while it is
//! being worked on visitors are told so, but for those who work on it.

use crate::policy::{
    Announcement, AnswerStatus, AnswerWith, Configuration, Maintenance, Mode, Policy, Rescue,
};
use crate::verdict::{Cause, Failure};
use crate::wire::{Fields, Timestamp};
use alloc::{string::String, vec::Vec};

/// How a request is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// As policy has it for all.
    Usual,
    /// It sees what the origin says, and nothing else.
    Watched,
    /// It works on the origin that is closed for others: what it sees, nobody else does.
    Admitted,
    /// The origin is being worked on, until then if anybody knows.
    Closed(Option<Timestamp>),
}

const USER_AGENT: &str = "user-agent";
const ADDRESS: &str = "cf-connecting-ip";

impl Treatment {
    /// The fields of a request that tell, over all routes and for what was announced;
    /// none if nobody is treated apart.
    #[must_use]
    pub fn fields(
        configuration: &Configuration,
        announced: Option<&Announcement>,
        now: Timestamp,
    ) -> Vec<String> {
        let mut names = Vec::new();
        if let Some(it) = announced.filter(|it| !it.is_over(now)) {
            let admits = it.plan().allow_header.iter();
            names.extend(admits.map(|rule| rule.name.clone()));
            names.extend([USER_AGENT, ADDRESS].map(String::from));
        }
        for policy in configuration.policies().filter(|policy| is_choosy(policy)) {
            let watches = policy.monitors.header.iter();
            let works = policy.maintenance.iter();
            let admits = works.filter_map(|it| Some(&it.allow_header.as_ref()?.name));
            names.extend(watches.chain(admits).cloned());
            names.extend([USER_AGENT, ADDRESS].map(String::from));
        }
        names.sort();
        names.dedup();
        names
    }

    /// The planned work that is going on at a path: what was announced for it, or else
    /// what its policy says.
    #[must_use]
    pub fn works<'a>(
        path: &str,
        policy: &'a Policy,
        announced: Option<&'a Announcement>,
        now: Timestamp,
    ) -> Option<&'a Maintenance> {
        let own = || policy.maintenance.as_ref().filter(|it| it.is_on(now));
        announced.and_then(|it| it.plan_for(path, now)).or_else(own)
    }

    /// How the request for a path with these [fields](Self::fields) is treated, with
    /// the [work](Self::works) that is going on there.
    #[must_use]
    pub fn of(
        path: &str,
        fields: &dyn Fields,
        policy: &Policy,
        works: Option<&Maintenance>,
    ) -> Self {
        if let Some(works) = works {
            let name = works
                .allow_header
                .as_ref()
                .map(|rule| fields.get(&rule.name));
            return match works.admits(name.unwrap_or_default(), fields.get(ADDRESS)) {
                true => Self::Admitted,
                false => Self::Closed(works.end),
            };
        }
        let has = |name: &String| fields.has(name);
        let marked = policy.monitors.header.as_ref().is_some_and(has);
        match policy.monitors.watch(path, fields.get(USER_AGENT), marked) {
            true => Self::Watched,
            false => Self::Usual,
        }
    }

    /// The policy for a request that is treated like this, if it has one of its own: then
    /// the work that is going on is its maintenance.
    #[must_use]
    pub fn policy(self, usual: &Policy, works: Option<&Maintenance>) -> Option<Policy> {
        match self {
            Self::Usual => None,
            Self::Watched => Some(Policy {
                mode: Mode::Off,
                attempts: 1,
                hedge: None,
                rescue: Rescue::Off,
                tiers: Vec::new(),
                answer: AnswerWith::Origin,
                answer_status: AnswerStatus::Upstream,
                ..usual.clone()
            }),
            Self::Admitted => Some(Policy {
                mode: Mode::Off,
                tiers: Vec::new(),
                ..usual.clone()
            }),
            Self::Closed(_) => Some(Policy {
                tiers: Vec::new(),
                maintenance: works.cloned(),
                ..usual.clone()
            }),
        }
    }
}

/// Whether anybody is treated apart on a route.
fn is_choosy(policy: &Policy) -> bool {
    policy.monitors != Default::default() || policy.maintenance.is_some()
}

/// Why a request comes to nothing while the origin is being worked on.
pub(super) fn closed(until: Option<Timestamp>, now: Timestamp) -> Failure {
    Failure {
        retry_after: until.map(|until| until.since(now)),
        ..Failure::without_answer(Cause::Maintenance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Maintenance, Monitors};
    use crate::wire::Listed;

    fn chosen() -> Policy {
        Policy {
            monitors: Monitors {
                paths: Vec::from(["/health".into()]),
                user_agents: Vec::from(["UptimeRobot".into()]),
                header: Some("x-monitor".into()),
            },
            maintenance: Some(Maintenance {
                end: Some(Timestamp::from_secs(100)),
                allow_addresses: Vec::from(["192.0.2.7".into()]),
                ..Maintenance::default()
            }),
            ..Policy::default()
        }
    }

    #[test]
    fn each_is_treated_as_policy_has_it() {
        let policy = chosen();
        let closed = Treatment::Closed(Some(Timestamp::from_secs(100)));
        let check = |path, fields, secs, expected| {
            let fields = Listed::new(fields);
            let now = Timestamp::from_secs(secs);
            let works = Treatment::works(path, &policy, None, now);
            assert_eq!(Treatment::of(path, &fields, &policy, works), expected);
        };
        check("/", "", 10, closed);
        check("/", "", 100, Treatment::Usual);
        check("/", "cf-connecting-ip:192.0.2.7", 10, Treatment::Admitted);
        check("/", "cf-connecting-ip:192.0.2.7", 100, Treatment::Usual);
        check("/health", "", 10, closed);
        check("/health", "", 200, Treatment::Watched);
        check(
            "/",
            "user-agent:Mozilla (UptimeRobot/2.0)",
            200,
            Treatment::Watched,
        );
        check("/", "x-monitor:1", 200, Treatment::Watched);
    }

    #[test]
    fn nothing_is_read_where_all_are_treated_alike() {
        let fields = Treatment::fields(&Configuration::default(), None, Timestamp::default());
        assert!(fields.is_empty());
    }

    fn announced(json: &str) -> Option<Announcement> {
        Announcement::read(&serde_json::from_str(json).unwrap()).unwrap()
    }

    #[test]
    fn what_is_announced_stands_in_place_of_what_policy_says() {
        let policy = chosen();
        let shop = announced(
            r#"{"on": true, "path": "/shop/*", "start": "1970-01-01T00:00:20Z",
                "end": "1970-01-01T00:00:40Z", "allow_header": "x-staff"}"#,
        );
        let check = |path, fields, secs, expected| {
            let now = Timestamp::from_secs(secs);
            let works = Treatment::works(path, &policy, shop.as_ref(), now);
            let seen = Treatment::of(path, &Listed::new(fields), &policy, works);
            assert_eq!(seen, expected, "{path} {fields} {secs}");
            if let Treatment::Closed(end) = seen {
                let own = seen.policy(&policy, works).unwrap().maintenance;
                assert_eq!(own.unwrap().end, end);
            }
        };
        let closed = |secs| Treatment::Closed(Some(Timestamp::from_secs(secs)));
        check("/", "", 30, closed(100));
        check("/shop/1", "", 30, closed(40));
        check("/shop/1", "x-staff:1", 30, Treatment::Admitted);
        check("/shop/1", "cf-connecting-ip:192.0.2.7", 30, closed(40));
        // Before it begins and when it is over, policy has its say again.
        check("/shop/1", "x-staff:1", 19, closed(100));
        check("/shop/1", "x-staff:1", 40, closed(100));
        check("/shop/1", "", 100, Treatment::Usual);
    }

    #[test]
    fn what_is_announced_is_looked_for_until_it_is_over() {
        let plan = announced(
            r#"{"on": true, "end": "1970-01-01T00:00:40Z", "allow_header": "x-staff: a"}"#,
        );
        let fields = |secs| {
            let now = Timestamp::from_secs(secs);
            Treatment::fields(&Configuration::default(), plan.as_ref(), now)
        };
        assert_eq!(fields(39), ["cf-connecting-ip", "user-agent", "x-staff"]);
        assert!(fields(40).is_empty());
    }
}
