//! Cache control that is meant for caches like us (RFC 9213).
//!
//! A targeted field is a dictionary of structured fields (RFC 8941), and strict:
//! what breaks the grammar, or gives a directive a value of the wrong type, makes
//! the whole field count as absent, so that a slip of the pen can't turn
//! `no-store` into something weaker.

use super::CacheControl;
use core::time::Duration;

/// The fields that apply to us, the strongest first: our own, and that of all
/// content delivery networks.
pub const FIELDS: [&str; 2] = ["lastgood-cache-control", "cdn-cache-control"];

/// Reads the value of a targeted field; `None` if it is absent, empty or broken.
///
/// ```
/// use lastgood::wire::targeted;
/// assert!(targeted::parse("max-age=60, private").is_some_and(|read| read.private));
/// assert_eq!(targeted::parse("max-age=\"60\""), None);
/// ```
#[must_use]
pub fn parse(value: &str) -> Option<CacheControl> {
    let mut read = CacheControl::default();
    let mut rest = Rest(value.trim_matches(' '));
    rest.peek()?;
    loop {
        let name = rest.key()?;
        let value = match rest.skip('=') {
            true => rest.item()?,
            false => Item::Flag(true),
        };
        rest.parameters()?;
        take(&mut read, name, value)?;
        rest.white_space();
        if rest.peek().is_none() {
            return Some(read);
        }
        if !rest.skip(',') {
            return None;
        }
        rest.white_space();
    }
}

/// `None` if the value is of the wrong type.
fn take(read: &mut CacheControl, name: &str, value: Item) -> Option<()> {
    let seconds = |value: Item| match value {
        Item::Integer(seconds) => Some(Duration::from_secs(seconds)),
        _ => None,
    };
    let flag = value != Item::Flag(false);
    match name {
        "max-age" => read.max_age = Some(seconds(value)?),
        "s-maxage" => read.s_maxage = Some(seconds(value)?),
        "stale-if-error" => read.stale_if_error = Some(seconds(value)?),
        "stale-while-revalidate" => read.stale_while_revalidate = Some(seconds(value)?),
        "public" => read.public = flag,
        "private" => read.private = flag,
        "no-store" => read.no_store = flag,
        "no-cache" => read.no_cache = flag,
        "must-revalidate" => read.must_revalidate = flag,
        "proxy-revalidate" => read.proxy_revalidate = flag,
        "must-understand" => read.must_understand = flag,
        "immutable" => read.immutable = flag,
        _ => {}
    }
    Some(())
}

/// A value, as far as directives have any.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Item {
    /// Not negative.
    Integer(u64),
    Flag(bool),
    Other,
}

/// What is not read yet.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn peek(&self) -> Option<char> {
        self.0.chars().next()
    }

    fn skip(&mut self, wanted: char) -> bool {
        match self.0.strip_prefix(wanted) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let end = self.0.find(|c| !belongs(c)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at_checked(end).unwrap_or((self.0, ""));
        self.0 = rest;
        taken
    }

    fn white_space(&mut self) {
        self.take_while(|c| matches!(c, ' ' | '\t'));
    }

    fn key(&mut self) -> Option<&'a str> {
        if !matches!(self.peek()?, 'a'..='z' | '*') {
            return None;
        }
        let belongs = |c| matches!(c, 'a'..='z' | '0'..='9' | '_' | '-' | '.' | '*');
        Some(self.take_while(belongs))
    }

    /// `;name` or `;name=value`, which mean nothing here.
    fn parameters(&mut self) -> Option<()> {
        while self.skip(';') {
            self.take_while(|c| c == ' ');
            self.key()?;
            if self.skip('=') {
                self.bare_item()?;
            }
        }
        Some(())
    }

    /// An item, or a list of such in brackets.
    fn item(&mut self) -> Option<Item> {
        if !self.skip('(') {
            return self.bare_item();
        }
        loop {
            self.take_while(|c| c == ' ');
            if self.skip(')') {
                return Some(Item::Other);
            }
            self.bare_item()?;
            self.parameters()?;
            if !matches!(self.peek()?, ' ' | ')') {
                return None;
            }
        }
    }

    fn bare_item(&mut self) -> Option<Item> {
        match self.peek()? {
            '"' => self.string(),
            '?' => self.flag(),
            ':' => self.bytes(),
            '-' | '0'..='9' => self.number(),
            'a'..='z' | 'A'..='Z' | '*' => {
                self.take_while(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~:/".contains(c));
                Some(Item::Other)
            }
            _ => None,
        }
    }

    fn string(&mut self) -> Option<Item> {
        let mut escaped = false;
        let mut chars = self.0.char_indices().skip(1);
        loop {
            let (place, c) = chars.next()?;
            match c {
                '"' | '\\' if escaped => escaped = false,
                _ if escaped => return None,
                '\\' => escaped = true,
                '"' => {
                    self.0 = self.0.get(place.saturating_add(1)..)?;
                    return Some(Item::Other);
                }
                ' '..='~' => {}
                _ => return None,
            }
        }
    }

    fn flag(&mut self) -> Option<Item> {
        self.skip('?');
        match (self.skip('1'), self.skip('0')) {
            (true, false) => Some(Item::Flag(true)),
            (false, true) => Some(Item::Flag(false)),
            _ => None,
        }
    }

    fn bytes(&mut self) -> Option<Item> {
        self.skip(':');
        self.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '='));
        self.skip(':').then_some(Item::Other)
    }

    /// At most 15 digits, or 12 before a point and 3 behind it.
    fn number(&mut self) -> Option<Item> {
        let negative = self.skip('-');
        let digits = self.take_while(|c| c.is_ascii_digit());
        if self.skip('.') {
            let fraction = self.take_while(|c| c.is_ascii_digit());
            let fits = matches!((digits.len(), fraction.len()), (1..=12, 1..=3));
            return fits.then_some(Item::Other);
        }
        let value = digits.parse().ok().filter(|_| digits.len() <= 15)?;
        Some(if negative && value > 0 {
            Item::Other
        } else {
            Item::Integer(value)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_grammar_is_strict() {
        for broken in [
            "",
            " ",
            "max-age=60,",
            ",max-age=60",
            "max-age=60 private",
            "max-age = 60",
            "max-age=",
            "Max-Age=60",
            "max-age=\"60\"",
            "max-age=60.0",
            "max-age=-1",
            "max-age=abc",
            "max-age=1234567890123456",
            "max-age",
            "max-age=60, &&&&&",
            "private=\"x",
            "private=\"\\x\"",
            "private=(a",
            "private=?2",
            "private;",
        ] {
            assert_eq!(parse(broken), None, "{broken}");
        }
    }

    #[test]
    fn the_last_word_counts_and_the_unknown_does_not() {
        let read =
            parse("max-age=5;x=1, max-age=60, x=(a \"b\";c :YQ==: -1.5), y=*t/z, no-store=?0")
                .unwrap();
        assert_eq!(read.max_age, Some(Duration::from_secs(60)));
        assert!(!read.no_store);
        assert!(parse("private=\"x\\\"y\"").unwrap().private);
        let longest = parse("max-age=999999999999999").unwrap().max_age;
        assert_eq!(longest, Some(Duration::from_secs(999_999_999_999_999)));
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text: alloc::string::String, near in "[a-z=;,?:()\"\\\\ 0-9.*-]{0,40}") {
            let _ = (parse(&text), parse(&near));
        }
    }
}
