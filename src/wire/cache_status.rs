//! `Cache-Status` (RFC 9211): what our copies had to do with a reply.

use alloc::{format, string::String};

/// How a request came to be answered, in the RFC's terms (2.1 to 2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handling {
    /// A fresh copy answered; the origin was not asked.
    Hit,
    /// The origin was asked because there was no copy.
    Miss,
    /// The origin was asked because the copies are those of other variants.
    VaryMiss,
    /// The origin was asked because the client demanded it, though there is a fresh
    /// copy.
    Demanded,
    /// The origin was asked because of the method.
    Method,
    /// Copies have nothing to do with requests of this kind.
    Bypass,
    /// The origin was asked, or would have been, and a stale copy answers.
    Stale,
}

/// The field value.
///
/// `ttl` is the remaining freshness in seconds, negative once stale;
/// `status` is what the origin answered, if it did.
///
/// ```
/// use lastgood::wire::cache_status::{Handling, line};
/// let value = line(Handling::Stale, Some(502), Some(-90));
/// assert_eq!(value, "lastgood; fwd=stale; fwd-status=502; ttl=-90");
/// ```
#[must_use]
pub fn line(handling: Handling, status: Option<u16>, ttl: Option<i64>) -> String {
    let mut line = String::from(match handling {
        Handling::Hit => "lastgood; hit",
        Handling::Miss => "lastgood; fwd=miss",
        Handling::VaryMiss => "lastgood; fwd=vary-miss",
        Handling::Demanded => "lastgood; fwd=request",
        Handling::Method => "lastgood; fwd=method",
        Handling::Bypass => "lastgood; fwd=bypass",
        Handling::Stale => "lastgood; fwd=stale",
    });
    if let Some(status) = status {
        line.push_str(&format!("; fwd-status={status}"));
    }
    if let Some(ttl) = ttl {
        line.push_str(&format!("; ttl={ttl}"));
    }
    line
}
