//! `Vary` (RFC 9110, 12.5.5) and the part of a request that it names.

use super::{Fields, accept, cut, list};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cmp::Reverse;

/// More names than a page can sensibly depend on.
const MOST_NAMES: usize = 16;
/// Longer than any list of so many names.
const LONGEST: usize = 1024;

/// Whether nothing tells whom a response is for: it depends on something that no
/// field of a request can tell, or on more than can be told apart.
#[must_use]
pub fn is_any(vary: &str) -> bool {
    let mut names = list::elements(vary);
    vary.len() > LONGEST
        || names.by_ref().take(MOST_NAMES).any(|name| name == "*")
        || names.next().is_some()
}

/// The fields of `request` that `vary` names, as one comparable line.
///
/// What means the same makes no other variant (RFC 9111, 4.1 allows such
/// normalisation): white space in any field, and in lists of languages and of
/// codings order and case. An absent field differs from every present one.
#[must_use]
pub fn selecting(vary: &str, request: &dyn Fields) -> String {
    let mut line = String::new();
    for name in list::elements(vary) {
        let name = name.to_ascii_lowercase();
        line.push_str(&name);
        line.push('=');
        let value = request.get(&name);
        match name.as_str() {
            LANGUAGE | "accept-encoding" => preferences(&mut line, value),
            _ => line.extend(value.chars().filter(|c| !c.is_whitespace())),
        }
        line.push(';');
    }
    line
}

const LANGUAGE: &str = "accept-language";

/// Whether a response depends on the languages that somebody reads.
#[must_use]
pub fn has_language(vary: &str) -> bool {
    list::elements(vary).any(|name| name.eq_ignore_ascii_case(LANGUAGE))
}

/// Whether a line selects a response in a language, though it differs from the
/// line that the response was selected by: if it differs in the languages only,
/// and this one is what is wanted most.
#[must_use]
pub fn selects_by_language(line: &str, stored: &str, language: &str) -> bool {
    let mut pairs = cut::parts(line, b';').zip(cut::parts(stored, b';'));
    cut::parts(line, b';').count() == cut::parts(stored, b';').count()
        && pairs.all(|(one, other)| {
            let wanted = one
                .strip_prefix(LANGUAGE)
                .and_then(|it| it.strip_prefix('='));
            one == other || wanted.is_some_and(|wanted| wants_most(wanted, language))
        })
}

/// Whether a language alone is wanted most by [`preferences`].
fn wants_most(wanted: &str, language: &str) -> bool {
    let mut ranked = cut::parts(wanted, b',').map(rank);
    let first = ranked.next();
    first.is_some_and(|(quality, tag)| {
        tag.eq_ignore_ascii_case(language) && ranked.next().is_none_or(|(next, _)| next < quality)
    })
}

fn rank(element: &str) -> (u16, &str) {
    let (tag, quality) = cut::at(element, b'/').unwrap_or((element, ""));
    (quality.parse().unwrap_or(1000), tag)
}

/// A list with qualities in a form that does not depend on how it was written:
/// what is wanted most first, `tag/thousandths`. One that is longer than any that a
/// browser sends stays as it is.
fn preferences(line: &mut String, value: &str) {
    if list::elements(value).count() > MOST_NAMES {
        return line.push_str(value);
    }
    let mut all: Vec<(Reverse<u16>, String)> = Vec::new();
    for element in list::elements(value) {
        let tag = list::parts(element).next().unwrap_or_default();
        let wanted = (Reverse(accept::quality(element)), tag.to_ascii_lowercase());
        let place = all.iter().take_while(|held| **held < wanted).count();
        if all.get(place) != Some(&wanted) {
            all.insert(place, wanted);
        }
    }
    for (index, (Reverse(quality), tag)) in all.iter().enumerate() {
        if index > 0 {
            line.push(',');
        }
        line.push_str(tag);
        if *quality != 1000 {
            line.push('/');
            line.push_str(&quality.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Listed;

    #[test]
    fn what_means_the_same_is_no_difference() {
        let check = |a: &str, b: &str, same: bool| {
            let line = |text| selecting("Accept-Language, X", &Listed::new(text));
            assert_eq!(line(a) == line(b), same, "{a} | {b}");
        };
        check("accept-language:de, en", "accept-language:de,en", true);
        check("accept-language:de, en", "accept-language:EN, de", true);
        check(
            "accept-language:de, en;q=0.5",
            "accept-language:en; q=0.50,de;q=1",
            true,
        );
        check(
            "accept-language:de, en;q=0.5",
            "accept-language:de;q=0.5, en",
            false,
        );
        check("accept-language:de", "accept-language:fr", false);
        check("x:1", "", false);
        check("x:1, 2", "x:1,2", true);
        check("x:1,2", "x:2,1", false);
    }

    #[test]
    fn a_language_that_is_wanted_most_selects() {
        let check = |wanted: &str, language: &str, expected: bool| {
            let line = |text: &str| {
                let field = alloc::format!("accept-language:{text}\nx:1");
                selecting("X, Accept-Language", &Listed::new(&field))
            };
            let found = selects_by_language(&line(wanted), &line("en, de"), language);
            assert_eq!(found, expected, "{wanted} {language}");
        };
        check("fr;q=0.5, de;q=1.0", "de", true);
        check("fr, de", "de", false);
        check("de, fr;q=0.9", "DE", true);
        check("de;q=0.5, fr;q=0.9", "de", false);
        check("de-AT", "de", false);
        assert!(!selects_by_language("x=1;", "x=2;", "de"));
    }

    #[test]
    fn a_star_anywhere_is_any() {
        assert!(is_any("accept, *"));
        assert!(!is_any("accept"));
        assert!(is_any(&"a,".repeat(17)));
        assert!(is_any(&"a".repeat(100_000)));
    }
}
