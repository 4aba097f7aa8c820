//! The languages that we speak, and which of them somebody reads best.
//!
//! Texts are data: a file per language beside this one, read when the crate is
//! built, where one that is missing is an error. An age is told in short forms, as
//! they stand for any number, and no grammar can go wrong.

use super::html;
use crate::wire::accept_language;
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

/// One language, and what is said in it.
#[derive(Debug, PartialEq, Eq)]
pub struct Language {
    /// Its tag (RFC 5646), for `lang`.
    pub tag: &'static str,
    /// Whether it is written from right to left.
    pub right_to_left: bool,
    /// The first of its ten digits.
    zero: char,
    /// What is said in it, in the order of [`Text`], one behind the other: a pointer to
    /// each would cost as much as some of them.
    texts: &'static str,
    /// Where each of them ends.
    ends: &'static [u16],
}

include!(concat!(env!("OUT_DIR"), "/languages.rs"));

impl Language {
    /// All of them.
    #[must_use]
    pub const fn all() -> &'static [&'static Self] {
        &LANGUAGES
    }

    /// English, for who reads none of the others.
    #[must_use]
    pub fn english() -> &'static Self {
        DEFAULT
    }

    /// The language that a reader wants most, of those that we speak: by
    /// `Accept-Language`, and by what languages are called besides. English for who
    /// reads none of them.
    #[must_use]
    pub fn of(accept_language: &str) -> &'static Self {
        accept_language::lookup(accept_language, Self::called).unwrap_or_else(Self::english)
    }

    /// The tag of the language that a reader wants most, of all that there are; a host
    /// that carries English alone [reads](Self::read) the others where they are wanted.
    #[must_use]
    pub fn tag_of(accept_language: &str) -> &'static str {
        let known = |name: &str| {
            let mut tags = TAGS.iter();
            let tag = usual(name);
            tags.find(|known| known.eq_ignore_ascii_case(tag))
        };
        accept_language::lookup(accept_language, known).map_or(DEFAULT.tag, |tag| tag)
    }

    /// The language with this tag, out of its file; it lives for ever. `None` where a text
    /// is missing, or there is no such language.
    #[must_use]
    pub fn read(tag: &str, file: &str) -> Option<&'static Self> {
        let tag = *TAGS.iter().find(|known| **known == tag)?;
        let lines = || file.lines().filter(|line| !line.starts_with('#'));
        let value = |key: &str| {
            let mut pairs = lines().filter_map(|line| line.split_once('='));
            let found = pairs.find(|(known, _)| known.trim() == key);
            found.map(|(_, value)| value.trim())
        };
        let (mut texts, mut ends) = (String::new(), Vec::new());
        for key in KEYS {
            texts.push_str(value(key)?);
            ends.push(u16::try_from(texts.len()).ok()?);
        }
        Some(Box::leak(Box::new(Self {
            tag,
            right_to_left: value("direction")? == "rtl",
            zero: value("zero")?.chars().next()?,
            texts: texts.leak(),
            ends: ends.leak(),
        })))
    }

    /// The language with this tag or this other name.
    pub(super) fn called(name: &str) -> Option<&'static Self> {
        let tag = usual(name);
        LANGUAGES
            .into_iter()
            .find(|it| it.tag.eq_ignore_ascii_case(tag))
    }

    /// What is said in it; `{…}` is the place of a value.
    pub(super) fn text(&self, text: Text) -> &'static str {
        let place = text as usize;
        let end = |place: usize| self.ends.get(place).copied().unwrap_or_default();
        let start = place.checked_sub(1).map(end).unwrap_or_default();
        let range = usize::from(start)..usize::from(end(place));
        self.texts.get(range).unwrap_or_default()
    }

    /// The first of its ten digits.
    pub(super) const fn zero(&self) -> char {
        self.zero
    }

    /// The value of `dir`.
    #[must_use]
    pub const fn direction(&self) -> &'static str {
        match self.right_to_left {
            true => "rtl",
            false => "ltr",
        }
    }

    /// An age in the largest unit that there is one of, in a line of its own.
    pub(super) fn age(&self, age: Duration) -> String {
        let secs = age.as_secs();
        let (count, unit) = match secs {
            0..60 => (secs, Text::Seconds),
            60..3600 => (secs / 60, Text::Minutes),
            3600..86_400 => (secs / 3600, Text::Hours),
            _ => (secs / 86_400, Text::Days),
        };
        let unbroken = |c| if c == ' ' { '\u{a0}' } else { c };
        let age = html::filled(self.text(unit), &self.digits(count));
        age.chars().map(unbroken).collect()
    }

    /// A number in the digits of the language.
    fn digits(&self, number: u64) -> String {
        let native = |digit: char| {
            let value = digit.to_digit(10).unwrap_or_default();
            char::from_u32(u32::from(self.zero).saturating_add(value)).unwrap_or(digit)
        };
        number.to_string().chars().map(native).collect()
    }
}

/// The tag of what has other names as well.
fn usual(name: &str) -> &str {
    let mut aliases = ALIASES.iter();
    let alias = aliases.find(|(alias, _)| alias.eq_ignore_ascii_case(name));
    alias.map_or(name, |(_, tag)| tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reader_is_spoken_to_in_what_they_read_best() {
        let check = |field: &str, expected: &str| {
            assert_eq!(Language::of(field).tag, expected, "{field}");
        };
        check("", "en");
        check("*", "en");
        check("sw, xx-YY", "en");
        check("de-CH, fr;q=0.9", "de");
        check("en;q=0.5, ar-EG;q=0.7", "ar");
        for simplified in ["zh", "zh-CN", "zh-SG", "ZH-hans-CN", "zh-Hans", "cmn"] {
            check(simplified, "zh-Hans");
        }
        for traditional in ["zh-TW", "zh-HK", "zh-MO", "zh-Hant", "zh-Hant-HK", "yue"] {
            check(traditional, "zh-Hant");
        }
        for portuguese in ["pt", "pt-PT", "pt-BR", "PT-ao"] {
            check(portuguese, "pt-BR");
        }
        for norwegian in ["no", "nb-NO", "nn", "nn-NO", "no-NO"] {
            check(norwegian, "nb");
        }
        check("iw-IL", "he");
        check("in", "id");
        check("mo-MD", "ro");
        check("es-419, es;q=0.9", "es");
    }

    #[test]
    fn a_language_is_read_out_of_its_file() {
        let german = include_str!("languages/de.txt");
        assert_eq!(Language::read("de", german), Language::called("de"));
        assert_eq!(Language::tag_of("de-AT, en;q=0.5"), "de");
        assert_eq!(Language::tag_of("xx"), "en");
        assert!(Language::read("xx", german).is_none());
        assert!(Language::read("de", "zero = 0").is_none());
    }

    #[test]
    fn an_age_is_told_in_its_largest_unit() {
        let check = |tag: &str, secs, expected: &str| {
            assert_eq!(Language::of(tag).age(Duration::from_secs(secs)), expected);
        };
        check("en", 0, "0\u{a0}s");
        check("en", 59, "59\u{a0}s");
        check("en", 60, "1\u{a0}min");
        check("en", 7199, "1\u{a0}h");
        check("de", 86_400 * 3, "3\u{a0}Tg.");
        check("ja", 300, "5分");
        check("fa", 1234 * 86_400, "۱۲۳۴\u{a0}روز");
        check("en", u64::MAX, "213503982334601\u{a0}d");
    }

    #[test]
    fn every_language_is_whole_and_unlike_the_others() {
        assert_eq!(LANGUAGES.len(), 31);
        for language in LANGUAGES {
            assert_eq!(Language::of(language.tag), language);
            let same = LANGUAGES
                .iter()
                .filter(|it| it.text(Text::Why) == language.text(Text::Why));
            assert_eq!(same.count(), 1, "{}", language.tag);
        }
        let rtl = LANGUAGES.iter().filter(|it| it.right_to_left);
        let rtl: Vec<&str> = rtl.map(|it| it.tag).collect();
        assert_eq!(rtl, ["ar", "fa", "he"]);
    }
}
