//! `Content-Security-Policy` (CSP Level 3), as far as it forbids a style element.

use super::cut;
use alloc::string::String;

/// The directives that rule over a style element; the first that is there counts.
const RULING: [&str; 3] = ["style-src-elem", "style-src", DEFAULT];
const DEFAULT: &str = "default-src";

/// The policies of a field, changed so that they allow one style element more, whose
/// text has this hash; nothing if they allow it as they are. What else they say stays
/// word for word: where a default rules, it gets a directive of its own beside it.
#[must_use]
pub fn with_style(field: &str, hash: &str) -> Option<String> {
    let mut changed = String::with_capacity(field.len().saturating_add(96));
    let mut differs = false;
    for (index, policy) in cut::parts(field, b',').map(str::trim_ascii).enumerate() {
        if index > 0 {
            changed.push_str(", ");
        }
        match ruling(policy) {
            Some(directive) => {
                differs = true;
                allow(&mut changed, policy, directive, hash);
            }
            None => changed.push_str(policy),
        }
    }
    differs.then_some(changed)
}

/// The directive that forbids inline styles, if one does.
fn ruling(policy: &str) -> Option<&str> {
    let named = |wanted: &&str| directives(policy).find(|it| name(it).eq_ignore_ascii_case(wanted));
    let directive = RULING.iter().find_map(named)?;
    (!allows_inline(directive)).then_some(directive)
}

fn directives(policy: &str) -> impl Iterator<Item = &str> {
    cut::parts(policy, b';').map(str::trim_ascii)
}

fn name(directive: &str) -> &str {
    sources(directive).next().unwrap_or_default()
}

/// The words of a directive, its name first.
fn sources(directive: &str) -> impl Iterator<Item = &str> {
    directive.split_ascii_whitespace()
}

/// `'unsafe-inline'`, which any nonce or hash beside it turns off.
fn allows_inline(directive: &str) -> bool {
    let exact = |word: &str| {
        ["'nonce-", "'sha256-", "'sha384-", "'sha512-"]
            .iter()
            .any(|start| begins(word, start))
    };
    sources(directive).any(|word| word.eq_ignore_ascii_case("'unsafe-inline'"))
        && !sources(directive).any(exact)
}

fn begins(word: &str, start: &str) -> bool {
    word.get(..start.len())
        .is_some_and(|it| it.eq_ignore_ascii_case(start))
}

/// Appends a policy with the hash in it.
fn allow(changed: &mut String, policy: &str, ruling: &str, hash: &str) {
    for (index, directive) in directives(policy).enumerate() {
        if index > 0 {
            changed.push_str("; ");
        }
        // The very one: a second of the same name says nothing.
        let is_ruling = core::ptr::eq(directive, ruling);
        if !is_ruling || begins(directive, DEFAULT) {
            changed.push_str(directive);
        }
        if is_ruling {
            extended(changed, directive, hash);
        }
    }
}

/// Appends what a directive becomes.
fn extended(changed: &mut String, directive: &str, hash: &str) {
    changed.push_str(match begins(directive, DEFAULT) {
        true => "; style-src",
        false => name(directive),
    });
    let sources = sources(directive).skip(1);
    for source in sources.filter(|it| !it.eq_ignore_ascii_case("'none'")) {
        changed.push(' ');
        changed.push_str(source);
    }
    changed.push_str(" 'sha256-");
    changed.push_str(hash);
    changed.push('\'');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(field: &str, expected: Option<&str>) {
        assert_eq!(with_style(field, "H").as_deref(), expected, "{field}");
    }

    #[test]
    fn only_what_forbids_it_is_changed() {
        check("", None);
        check("script-src 'none'; img-src *", None);
        check("style-src 'self' 'unsafe-inline'", None);
        check("style-src 'none'; style-src-elem 'UNSAFE-INLINE'", None);
        check("default-src 'unsafe-inline'; style-src-attr 'none'", None);
        check("default-src 'none'; style-src 'unsafe-inline'", None);
    }

    #[test]
    fn one_style_more_is_allowed_and_nothing_else() {
        check(
            "default-src 'none'",
            Some("default-src 'none'; style-src 'sha256-H'"),
        );
        check(
            "default-src 'self' cdn.test; img-src *;",
            Some("default-src 'self' cdn.test; style-src 'self' cdn.test 'sha256-H'; img-src *; "),
        );
        check(
            "Style-Src 'None' ; style-src *",
            Some("Style-Src 'sha256-H'; style-src *"),
        );
        check(
            "style-src-elem 'self'; style-src 'unsafe-inline'",
            Some("style-src-elem 'self' 'sha256-H'; style-src 'unsafe-inline'"),
        );
        check(
            "style-src 'self', script-src 'self'",
            Some("style-src 'self' 'sha256-H', script-src 'self'"),
        );
        check(
            "style-src a, default-src b",
            Some("style-src a 'sha256-H', default-src b; style-src b 'sha256-H'"),
        );
    }

    #[test]
    fn a_nonce_or_a_hash_turns_unsafe_inline_off() {
        check(
            "style-src 'unsafe-inline' 'nonce-x'",
            Some("style-src 'unsafe-inline' 'nonce-x' 'sha256-H'"),
        );
        check(
            "style-src 'unsafe-inline' 'SHA512-x'",
            Some("style-src 'unsafe-inline' 'SHA512-x' 'sha256-H'"),
        );
    }

    proptest! {
        #[test]
        fn no_directive_is_lost(field in "((default|style|img)-src|[a-z'; ,-]){0,20}") {
            let words = |field: &str| -> alloc::vec::Vec<String> {
                let words = field.split([' ', ';', ',']).filter(|it| !it.is_empty() && *it != "'none'");
                words.map(String::from).collect()
            };
            if let Some(changed) = with_style(&field, "H") {
                let mut all = words(&changed).into_iter();
                prop_assert!(words(&field).iter().all(|word| all.any(|it| it == *word)), "{}", changed);
                prop_assert!(changed.contains("'sha256-H'"));
                prop_assert_eq!(changed.matches(',').count(), field.matches(',').count());
            }
        }
    }
}
