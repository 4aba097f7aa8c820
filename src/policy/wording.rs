//! Words of the operator's own: one text for all who read, or one for each language.

use super::Value;
use super::read::{is_all, members};
use crate::wire::cut;
use alloc::{format, string::String, vec::Vec};
use core::iter;

/// A text, or one by language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wording(Vec<(String, String)>);

/// In place of a tag: for who reads none of the languages.
const ANY: &str = "*";

impl Wording {
    /// Whether there is no text at all.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text for who reads `language`, a tag such as `pt-BR`: in that language, or
    /// by the tag's beginning (RFC 4647, 3.4), or the one for all.
    #[must_use]
    pub fn in_language(&self, language: &str) -> Option<&str> {
        iter::successors(Some(language), |tag| Some(tag.rsplit_once('-')?.0))
            .chain([ANY])
            .find_map(|tag| self.under(tag))
    }

    /// The text under the first tag that fits.
    pub fn under_any(&self, fits: impl Fn(&str) -> bool) -> Option<&str> {
        let found = self.0.iter().find(|(tag, _)| tag != ANY && fits(tag));
        found.map(|(_, text)| text.as_str())
    }

    fn under(&self, tag: &str) -> Option<&str> {
        let mut texts = self.0.iter();
        let found = texts.find(|(known, _)| known.eq_ignore_ascii_case(tag));
        found.map(|(_, text)| text.as_str())
    }
}

/// Reads a text for all languages or a table of them, none longer than `most`
/// characters; `false` for our own words.
pub(super) fn wording(chosen: &mut Wording, value: &Value, most: usize) -> Result<(), String> {
    let mut texts = Vec::new();
    match value {
        Value::Bool(false) => {}
        Value::Table(_) => members(value, EXAMPLE, |tag, value| {
            let read = is_tag(tag).then(|| text(value, most))?;
            Some(read.map(|text| texts.push((tag.into(), text))))
        })?,
        _ => {
            let read = text(value, most);
            let or_table = |wanted| format!("{wanted}, a table such as {EXAMPLE}, or false");
            texts.push((ANY.into(), read.map_err(or_table)?));
        }
    }
    chosen.0 = texts;
    Ok(())
}

const EXAMPLE: &str = "{ en = \"…\", de = \"…\" }";

/// Whether a text has the form of a language's tag (RFC 5646, 2.1).
fn is_tag(text: &str) -> bool {
    let is_part = |c: u8| c.is_ascii_alphanumeric();
    text == ANY
        || cut::parts(text, b'-').all(|it| (1..=8).contains(&it.len()) && is_all(it, is_part))
}

/// Reads a text that says something, of `most` characters at most.
pub(super) fn text(value: &Value, most: usize) -> Result<String, String> {
    let is_plain = |c: u8| c >= b' ' && c != 0x7f || matches!(c, b'\n' | b'\r' | b'\t');
    let read = match value {
        Value::Text(text) => text.trim_ascii(),
        _ => "",
    };
    let fits = !read.is_empty() && read.chars().count() <= most && is_all(read, is_plain);
    match fits {
        true => Ok(read.into()),
        false => Err(format!("a text of 1 to {most} characters")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Wording, String> {
        let mut chosen = Wording::default();
        wording(&mut chosen, &serde_json::from_str(json).unwrap(), 5)?;
        Ok(chosen)
    }

    #[test]
    fn each_reader_gets_the_text_in_their_language() {
        let texts = read(r#"{"de": "a", "pt-BR": "b", "zh": "c"}"#).unwrap();
        let check = |tag: &str, expected: Option<&str>| {
            assert_eq!(texts.in_language(tag), expected, "{tag}");
        };
        check("de", Some("a"));
        check("DE-at", Some("a"));
        check("pt-BR", Some("b"));
        check("zh-Hant", Some("c"));
        for other in ["pt", "d", "", "-", "fr-CA"] {
            check(other, None);
        }
        let texts = read(r#"{"*": "all", "de": "a"}"#).unwrap();
        assert_eq!(texts.in_language("fr"), Some("all"));
        assert_eq!(texts.in_language("de-CH"), Some("a"));
        let all = read(r#"" a\nb ""#).unwrap();
        assert_eq!(all.in_language("ja"), Some("a\nb"));
        for none in ["{}", "false"] {
            let none = read(none).unwrap();
            assert!(none.is_empty() && none.in_language("en").is_none());
        }
    }

    #[test]
    fn a_text_has_something_to_say_and_an_end() {
        assert!(read(r#""ééééé""#).is_ok() && read(r#""éééééé""#).is_err());
        for wrong in [
            "7",
            "[]",
            "null",
            r#""""#,
            r#"" \n""#,
            r#""a\u0007""#,
            r#""\u007f""#,
        ] {
            assert!(
                read(wrong).unwrap_err().starts_with("a text of 1 to 5"),
                "{wrong}"
            );
        }
        let wanted = "a text of 1 to 5 characters, a table such as { en =";
        assert!(read("7").unwrap_err().starts_with(wanted));
        for wrong in [
            r#"{"en": 7}"#,
            r#"{"en": "", "de": "a"}"#,
            r#"{"en": "éééééé"}"#,
        ] {
            assert!(
                read(wrong).unwrap_err().starts_with("for en a text"),
                "{wrong}"
            );
        }
        for tag in ["", "e n", "en_GB", "-", "en-", "englisches"] {
            let json = alloc::format!(r#"{{"{tag}": "a"}}"#);
            assert!(
                read(&json).unwrap_err().starts_with("a table such as"),
                "{tag}"
            );
        }
    }
}
