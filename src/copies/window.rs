//! How long past its freshness a copy may be shown, and why.

use crate::policy::Policy;
use crate::wire::CacheControl;
use core::time::Duration;

/// How long past its freshness a copy may answer while it is renewed behind the
/// reply (RFC 5861, 3): as the origin said, or else the operator, whose bound holds.
#[must_use]
pub(super) fn renewal(origin: &CacheControl, policy: &Policy) -> Duration {
    if origin.no_cache || origin.must_revalidate || origin.proxy_revalidate {
        return Duration::ZERO;
    }
    let ours = match is_forbidden(origin) {
        true => Duration::ZERO,
        false => policy.renew_behind,
    };
    let allowed = origin.stale_while_revalidate.unwrap_or(ours);
    allowed.min(policy.stale)
}

/// Whether the origin forbids to show a copy that is stale (RFC 9111, 4.2.4).
#[must_use]
pub(super) const fn is_forbidden(origin: &CacheControl) -> bool {
    let explicit = origin.stale_if_error.is_some() || origin.stale_while_revalidate.is_some();
    origin.no_cache
        || origin.must_revalidate
        || origin.proxy_revalidate
        || (origin.s_maxage.is_some() && !explicit)
}

/// The window for showing a copy instead of a failure: the smallest of what the
/// origin allows and of the operator's bounds.
///
/// RFC 9111, 4.2.4: `no-cache`, `must-revalidate`, `proxy-revalidate` and an
/// applicable `s-maxage` forbid stale. Where the origin wrote `stale-if-error`
/// or `stale-while-revalidate` beside `s-maxage`, its explicit word wins over
/// the one that `s-maxage` implies. RFC 5861, 4: `stale-if-error` is the
/// origin's limit; the operator's bound holds over it, and alone without it.
#[must_use]
pub(super) fn window(
    origin: &CacheControl,
    lifetime: Option<Duration>,
    policy: &Policy,
) -> Duration {
    match is_forbidden(origin) {
        true => Duration::ZERO,
        false => bound(origin, lifetime, policy),
    }
}

/// The window of an operator who shows copies against the origin's word; zero for
/// all others.
#[must_use]
pub(super) fn overridden(
    origin: &CacheControl,
    lifetime: Option<Duration>,
    policy: &Policy,
) -> Duration {
    match policy.stale_although_origin_forbids && is_forbidden(origin) {
        true => bound(origin, lifetime, policy),
        false => Duration::ZERO,
    }
}

fn bound(origin: &CacheControl, lifetime: Option<Duration>, policy: &Policy) -> Duration {
    let share = |percent: u16| {
        let hundredth = lifetime?.checked_div(100)?;
        Some(hundredth.saturating_mul(percent.into()))
    };
    let share = policy.stale_percent.and_then(share);
    [origin.stale_if_error, share]
        .into_iter()
        .flatten()
        .fold(policy.stale, Duration::min)
        .max(policy.stale_min)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    const fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    #[test]
    fn the_smallest_counts_but_for_what_is_granted_at_least() {
        let check = |said: &str, percent, least, lifetime: Option<u64>, expected| {
            let policy = Policy {
                stale: secs(1000),
                stale_percent: percent,
                stale_min: secs(least),
                ..Policy::default()
            };
            let said = CacheControl::parse(said);
            let found = window(&said, lifetime.map(secs), &policy);
            assert_eq!(found, secs(expected), "{said:?} {percent:?} {lifetime:?}");
        };
        check("", None, 0, Some(100), 1000);
        check("", Some(50), 0, Some(100), 50);
        check("", Some(5000), 0, Some(100), 1000);
        check("", Some(50), 0, None, 1000);
        check("", Some(50), 0, Some(0), 0);
        check("stale-if-error=20", Some(50), 0, Some(100), 20);
        check("stale-if-error=99", Some(50), 0, Some(100), 50);
        check("stale-if-error=9999", None, 0, Some(100), 1000);
        check("stale-if-error=20", Some(50), 30, Some(100), 30);
        check("must-revalidate", Some(50), 30, Some(100), 0);
    }

    #[test]
    fn a_copy_is_renewed_as_the_origin_says_or_else_as_the_operator_does() {
        let policy = Policy {
            stale: secs(100),
            renew_behind: secs(30),
            ..Policy::default()
        };
        let check = |said: &str, expected| {
            let found = renewal(&CacheControl::parse(said), &policy);
            assert_eq!(found, secs(expected), "{said}");
        };
        check("", 30);
        check("stale-while-revalidate=5", 5);
        check("stale-while-revalidate=0", 0);
        check("stale-while-revalidate=500", 100);
        check("s-maxage=5", 0);
        check("s-maxage=5, stale-while-revalidate=9", 9);
        check("must-revalidate", 0);
        check("no-cache", 0);
    }

    #[test]
    fn a_ban_is_overridden_only_by_who_says_so() {
        let policies: Vec<Policy> = [false, true]
            .map(|stale_although_origin_forbids| Policy {
                stale_although_origin_forbids,
                ..Policy::default()
            })
            .into();
        for word in [
            "must-revalidate",
            "proxy-revalidate",
            "s-maxage=9",
            "no-cache",
        ] {
            let said = CacheControl::parse(word);
            let found: Vec<u64> = policies
                .iter()
                .map(|policy| overridden(&said, None, policy).as_secs())
                .collect();
            assert_eq!(found, [0, 24 * 60 * 60], "{word}");
            assert!(window(&said, None, &policies[1]).is_zero(), "{word}");
        }
        let free = CacheControl::parse("max-age=9");
        assert!(overridden(&free, None, &policies[1]).is_zero());
    }
}
