//! `Accept-Language` (RFC 9110, 12.5.4), by the lookup of RFC 4647, 3.4.

use super::{accept, list};

/// More languages than anybody reads.
const MOST: usize = 24;

/// What `known` knows of the language that is wanted most. A range that it does not
/// know is shortened from its end, part by part, before the next one counts. `*`
/// tells nothing, and `q=0` is what is not wanted.
pub fn lookup<T>(field: &str, known: impl Fn(&str) -> Option<T>) -> Option<T> {
    let mut best = None;
    let mut held = 0;
    for element in list::elements(field).take(MOST) {
        let quality = accept::quality(element);
        if quality <= held {
            continue;
        }
        let range = list::parts(element).next().unwrap_or_default();
        if let Some(found) = shortened(range).find_map(&known) {
            best = Some(found);
            held = quality;
        }
    }
    best
}

/// A range and what is left of it, from the longest on: a lone letter goes with
/// what follows it.
fn shortened(range: &str) -> impl Iterator<Item = &str> {
    core::iter::successors(Some(range), |range| {
        let (rest, _) = range.rsplit_once('-')?;
        match rest.rsplit_once('-') {
            Some((before, letter)) if letter.len() == 1 => Some(before),
            _ => Some(rest),
        }
    })
    .take(LONGEST)
}

/// More parts than a tag has.
const LONGEST: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{string::String, vec::Vec};
    use proptest::prelude::*;

    fn check(field: &str, expected: Option<&str>) {
        let known = |tag: &str| {
            ["de", "fr", "zh-Hant"]
                .into_iter()
                .find(|it| it.eq_ignore_ascii_case(tag))
        };
        assert_eq!(lookup(field, known), expected, "{field}");
    }

    #[test]
    fn what_is_wanted_most_and_known_is_found() {
        check("de", Some("de"));
        check("DE-at", Some("de"));
        check("zh-hant-HK", Some("zh-Hant"));
        check("zh-Hans", None);
        check("it, fr;q=0.5, de;q=0.7", Some("de"));
        check("fr, de", Some("fr"));
        check("de;q=0, fr;q=0.1", Some("fr"));
        check("*, de;q=0.5", Some("de"));
        check("*", None);
        check("", None);
        check("de;q=junk, fr", Some("fr"));
        check(" , ;q=1, -, --, de-, fr", Some("de"));
    }

    #[test]
    fn a_lone_letter_goes_with_what_follows() {
        let all: Vec<&str> = shortened("zh-Hant-CN-x-private1").collect();
        assert_eq!(
            all,
            ["zh-Hant-CN-x-private1", "zh-Hant-CN", "zh-Hant", "zh"]
        );
    }

    #[test]
    fn sixteen_kilobytes_of_it_are_read_in_part() {
        check(&"xx,".repeat(5000), None);
        let asked = core::cell::Cell::new(0);
        let long = "a-".repeat(8000);
        let known = |_: &str| -> Option<()> {
            asked.set(asked.get() + 1);
            None
        };
        assert_eq!(lookup(&long, known), None);
        assert!(asked.get() <= LONGEST);
    }

    proptest! {
        #[test]
        fn anything_may_come(field: String) {
            let _ = lookup(&field, |tag| (tag == "de").then_some(()));
        }
    }
}
