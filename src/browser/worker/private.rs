//! A response as the cache of one visitor reads it.
//!
//! What is said to shared caches alone is not said to us: `s-maxage`, `proxy-revalidate`
//! (RFC 9111, 5.2.2) and what targets networks (RFC 9213). Stricter than the law we stay
//! where we may not see enough: `private` is not kept, as the next who uses the device
//! may be another person, and neither is what depends on cookies.

use crate::wire::{Fields, Listed, list};
use alloc::string::String;

const FOR_OTHERS: [&str; 2] = ["s-maxage", "proxy-revalidate"];

/// The fields of a response, as they concern us.
#[derive(Debug)]
pub(super) struct Private<'a> {
    fields: Listed<'a>,
    cache_control: String,
    depends_on_cookies: bool,
}

impl<'a> Private<'a> {
    /// Of fields as `name:value`, one per line.
    pub(super) fn new(lines: &'a str) -> Self {
        let fields = Listed::new(lines);
        let mut cache_control = String::new();
        for element in list::elements(fields.get("cache-control")) {
            let (name, _) = list::pair(element);
            if FOR_OTHERS.iter().any(|it| it.eq_ignore_ascii_case(name)) {
                continue;
            }
            if !cache_control.is_empty() {
                cache_control.push_str(", ");
            }
            cache_control.push_str(element);
        }
        let mut varies = list::elements(fields.get("vary"));
        Self {
            depends_on_cookies: varies.any(|name| name.eq_ignore_ascii_case("cookie")),
            fields,
            cache_control,
        }
    }
}

impl Fields for Private<'_> {
    fn get(&self, name: &str) -> &str {
        match name {
            "cache-control" => &self.cache_control,
            "cdn-cache-control" => "",
            "vary" if self.depends_on_cookies => "*",
            _ => self.fields.get(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_to_shared_caches_is_not_said_to_us() {
        let check = |lines: &str, name: &str, expected: &str| {
            assert_eq!(Private::new(lines).get(name), expected, "{lines}");
        };
        let said = "cache-control:public, S-MaxAge=9, max-age=1, proxy-revalidate\ncdn-cache-control:no-store";
        check(said, "cache-control", "public, max-age=1");
        check(said, "cdn-cache-control", "");
        check("vary:Accept, Cookie", "vary", "*");
        check("vary:Accept", "vary", "Accept");
    }
}
