//! Method × phase × key: what may be repeated.
//!
//! RFC 9110, 9.2.2: a proxy must not automatically repeat a request that is not
//! idempotent. The gateways in use know methods only; here the phase counts
//! too, so a payment that provably never left is sent again, and a second one
//! never.

use crate::policy::Policy;
use crate::verdict::{Cause, Failure, Phase};
use crate::wire::RequestHead;

/// How freely a request may be repeated once it may have been carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeatability {
    /// GET, HEAD, OPTIONS: always.
    Safe,
    /// It carries an `Idempotency-Key`: the origin that saw it can tell.
    Keyed,
    /// The operator said so for this route.
    OptedIn,
    /// Both of the last two.
    KeyedAndOptedIn,
    /// Never.
    Unsafe,
}

impl Repeatability {
    /// Of a request under a policy.
    #[must_use]
    pub const fn of(request: &RequestHead<'_>, policy: &Policy) -> Self {
        match (request.method.is_safe(), request.keyed, policy.retry_unsafe) {
            (true, _, _) => Self::Safe,
            (false, true, true) => Self::KeyedAndOptedIn,
            (false, true, false) => Self::Keyed,
            (false, false, true) => Self::OptedIn,
            (false, false, false) => Self::Unsafe,
        }
    }

    /// Whether one that may have been carried out may be sent again.
    #[must_use]
    pub const fn is_free(self) -> bool {
        matches!(self, Self::Safe | Self::OptedIn | Self::KeyedAndOptedIn)
    }
}

/// Where a failed request may be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permission {
    /// At the same origin.
    pub here: bool,
    /// At another one.
    pub elsewhere: bool,
}

impl Permission {
    const NEITHER: Self = Self {
        here: false,
        elsewhere: false,
    };

    const fn both(allowed: bool) -> Self {
        Self {
            here: allowed,
            elsewhere: allowed,
        }
    }
}

/// The matrix, narrowed by the policy's lists.
#[must_use]
pub fn permission(repeat: Repeatability, failure: &Failure, policy: &Policy) -> Permission {
    if failure.meant {
        return Permission::NEITHER;
    }
    let allowed = by_law(repeat, failure);
    Permission {
        here: allowed.here && failure.is_in(&policy.retry_on),
        elsewhere: allowed.elsewhere && failure.is_in(&policy.failover_on),
    }
}

fn by_law(repeat: Repeatability, failure: &Failure) -> Permission {
    use Repeatability::{Keyed, KeyedAndOptedIn, OptedIn, Safe, Unsafe};
    match (failure.phase, failure.cause, repeat) {
        // A certificate does not mend itself within a request.
        (Phase::NothingSent, Cause::Tls, _) => Permission {
            here: false,
            elsewhere: true,
        },
        (Phase::NothingSent, _, _) => Permission::both(true),
        (_, _, Unsafe) => Permission::NEITHER,
        // Whoever says so: there is nothing to wait for.
        (_, Cause::Tls, _) => Permission {
            here: false,
            elsewhere: repeat.is_free(),
        },
        // The origin asked for fewer requests, so there are no more of them unless it says
        // when; others are not asked instead.
        (_, Cause::RateLimited, Safe) => Permission {
            here: failure.retry_after.is_some(),
            elsewhere: false,
        },
        (_, Cause::RateLimited, _) => Permission::NEITHER,
        // It is likely still running.
        (_, Cause::Timeout, Safe) => Permission::both(true),
        (_, Cause::Timeout, KeyedAndOptedIn) => Permission {
            here: true,
            elsewhere: false,
        },
        (_, Cause::Timeout, _) => Permission::NEITHER,
        (_, _, Safe | OptedIn | KeyedAndOptedIn) => Permission::both(true),
        // Another origin need not know the key.
        (_, _, Keyed) => Permission {
            here: true,
            elsewhere: false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table as it is written in the research: for each failure, whether it
    /// is repeated at the same origin for a safe, opted-in, unsafe and keyed
    /// request, and whether a safe one goes elsewhere.
    const TABLE: &[(Cause, [bool; 4], bool)] = &[
        (Cause::ConnectionRefused, [true, true, true, true], true),
        (Cause::Unreachable, [true, true, true, true], true),
        (Cause::Dns, [true, true, true, true], true),
        (Cause::Tls, [false, false, false, false], true),
        (Cause::ConnectionTimeout, [true, true, false, true], true),
        (Cause::Network, [true, true, false, true], true),
        (Cause::InvalidResponse, [true, true, false, true], true),
        (Cause::Timeout, [true, false, false, false], true),
        (Cause::BadGateway, [true, true, false, true], true),
        (Cause::GatewayTimeout, [true, true, false, true], true),
        (Cause::Unavailable, [true, true, false, true], true),
        (Cause::RateLimited, [false, false, false, false], false),
    ];

    #[test]
    fn too_many_are_repeated_when_the_origin_says_and_not_before() {
        use Repeatability::{Keyed, KeyedAndOptedIn, OptedIn, Safe, Unsafe};
        let told = Failure {
            retry_after: Some(core::time::Duration::from_secs(1)),
            ..Failure::without_answer(Cause::RateLimited)
        };
        for repeat in [Safe, Keyed, OptedIn, KeyedAndOptedIn, Unsafe] {
            let here = repeat == Safe;
            let elsewhere = false;
            assert_eq!(by_law(repeat, &told), Permission { here, elsewhere });
        }
    }

    #[test]
    fn follows_the_table() {
        use Repeatability::{Keyed, OptedIn, Safe, Unsafe};
        for (cause, here, elsewhere) in TABLE {
            let failure = Failure::without_answer(*cause);
            for (repeat, expected) in [Safe, OptedIn, Unsafe, Keyed].into_iter().zip(here) {
                assert_eq!(
                    by_law(repeat, &failure).here,
                    *expected,
                    "{cause:?} {repeat:?}"
                );
            }
            assert_eq!(by_law(Safe, &failure).elsewhere, *elsewhere, "{cause:?}");
        }
    }

    #[test]
    fn an_unsafe_request_is_repeated_only_if_it_never_left() {
        let policy = Policy::default();
        for status in 400..600 {
            let facts = crate::verdict::Facts {
                status,
                lifetime: None,
                retry_after: None,
                stop: false,
                marked: false,
                is_small: false,
                holdable: false,
                cause: None,
                phase: None,
            };
            let failure = Failure::answered(&facts);
            let given = permission(Repeatability::Unsafe, &failure, &policy);
            if given != Permission::NEITHER {
                assert_eq!(failure.phase, Phase::NothingSent, "{status}");
            }
        }
    }
}
