//! Who is treated apart: those who watch the site must see how it is, and while it is
//! being worked on visitors are told so, but for those who work on it.

use crate::policy::{AnswerStatus, AnswerWith, Configuration, Mode, Policy, Rescue};
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
    /// The fields of a request that tell, over all routes; none if nobody is treated
    /// apart.
    #[must_use]
    pub fn fields(configuration: &Configuration) -> Vec<String> {
        let mut names = Vec::new();
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

    /// How the request for a path with these [fields](Self::fields) is treated.
    #[must_use]
    pub fn of(path: &str, fields: &dyn Fields, policy: &Policy, now: Timestamp) -> Self {
        if let Some(works) = policy.maintenance.as_ref().filter(|it| it.is_on(now)) {
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

    /// The policy for a request that is treated like this, if it has one of its own.
    #[must_use]
    pub fn policy(self, usual: &Policy) -> Option<Policy> {
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
            assert_eq!(Treatment::of(path, &fields, &policy, now), expected);
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
        assert!(Treatment::fields(&Configuration::default()).is_empty());
    }
}
