//! The names in a `Cookie` field (RFC 6265, 4.2.1). Values are never looked at.

use super::cut;

/// The names of all cookies, in order.
///
/// ```
/// let names: Vec<&str> = lastgood::wire::cookie::names("_ga=1; sid=x").collect();
/// assert_eq!(names, ["_ga", "sid"]);
/// ```
pub fn names(cookie: &str) -> impl Iterator<Item = &str> {
    cookie
        .split(';')
        .map(|pair| cut::first(pair, b'=').trim_ascii())
        .filter(|name| !name.is_empty())
}
