//! How long past its freshness a copy may be shown, and why.

use crate::policy::Policy;
use crate::wire::CacheControl;
use core::time::Duration;

/// How long past its freshness a copy may answer while it is renewed behind the
/// reply (RFC 5861, 3): as the origin said, within the operator's bound.
#[must_use]
pub(super) fn renewal(origin: &CacheControl, policy: &Policy) -> Duration {
    if origin.no_cache || origin.must_revalidate || origin.proxy_revalidate {
        return Duration::ZERO;
    }
    let allowed = origin.stale_while_revalidate.unwrap_or_default();
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

/// The window for showing a copy instead of a failure.
///
/// RFC 9111, 4.2.4: `no-cache`, `must-revalidate`, `proxy-revalidate` and an
/// applicable `s-maxage` forbid stale. Where the origin wrote `stale-if-error`
/// or `stale-while-revalidate` beside `s-maxage`, its explicit word wins over
/// the one that `s-maxage` implies. RFC 5861, 4: `stale-if-error` is the
/// origin's limit; the operator's bound holds over it, and alone without it.
#[must_use]
pub(super) fn window(origin: &CacheControl, policy: &Policy) -> Duration {
    if is_forbidden(origin) {
        return Duration::ZERO;
    }
    let allowed = origin.stale_if_error.unwrap_or(policy.stale);
    allowed
        .max(policy.stale_min)
        .min(policy.stale.max(policy.stale_min))
}
