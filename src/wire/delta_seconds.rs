//! Whole seconds (RFC 9111, 1.2.2), as in `max-age`, `Age` and `Retry-After`.

use core::time::Duration;

/// Reads a number of seconds; one too large to hold counts as 2^32 - 1, which is
/// as good as for ever. `None` for anything but digits.
///
/// ```
/// use lastgood::wire::delta_seconds;
/// assert_eq!(delta_seconds::parse(" 60 ").map(|span| span.as_secs()), Some(60));
/// assert_eq!(delta_seconds::parse("-1"), None);
/// ```
#[must_use]
pub fn parse(value: &str) -> Option<Duration> {
    let value = value.trim_ascii();
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let secs = digits.then(|| value.parse().unwrap_or(u32::MAX))?;
    Some(Duration::from_secs(u64::from(secs)))
}
