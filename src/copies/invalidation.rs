//! Copies that a write has made old (RFC 9111, 4.4).

use crate::wire::{Method, message};

/// Whether an answer to a request says that something has changed: one that is no
/// error, to a method that is not safe.
#[must_use]
pub const fn outdates(method: Method, status: u16) -> bool {
    !method.is_safe() && status >= 200 && status < 400
}

/// Whether a URL that the answer names (`Location`, `Content-Location`), resolved,
/// is of the same origin as the request: nobody may remove the copies of others.
#[must_use]
pub fn may_name(url: &str, named: &str) -> bool {
    let origin = |url: &'_ str| -> Option<(bool, alloc::string::String)> {
        let secure = url.starts_with("https://");
        let known = secure || url.starts_with("http://");
        known.then(|| (secure, message::host(url).to_ascii_lowercase()))
    };
    let (one, other) = (origin(url), origin(named));
    one.is_some() && one == other
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_something_outdates() {
        assert!(outdates(Method::Other, 200) && outdates(Method::Delete, 303));
        assert!(!outdates(Method::Get, 200) && !outdates(Method::Put, 400));
        assert!(!outdates(Method::Other, 101));
    }

    #[test]
    fn only_the_same_origin() {
        let check = |named: &str, expected: bool| {
            assert_eq!(may_name("https://a.test/x", named), expected, "{named}");
        };
        check("https://A.test/y", true);
        check("http://a.test/y", false);
        check("https://a.test:444/y", false);
        check("https://b.test/y", false);
        check("/y", false);
    }
}
