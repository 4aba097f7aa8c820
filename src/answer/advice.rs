//! What each cause means, in plain words, and what can be done about it.
//!
//! A visitor needs few words, in a language of theirs: `languages/`. Those who run the
//! site need the exact cause and what to look at: `causes.md`, which is documentation and
//! data at once, so that neither can be out of date.

use super::language::{Language, Text};
use crate::verdict::{Cause, Number};

include!(concat!(env!("OUT_DIR"), "/causes.rs"));

/// Texts about one cause.
#[derive(Clone, Copy, Debug)]
pub struct Advice {
    cause: Cause,
}

impl Advice {
    /// A heading for a person who came for the site, not for HTTP.
    #[must_use]
    pub fn title(&self, language: &Language) -> &'static str {
        let text = language.text(heading(self.cause));
        text.trim_end_matches(['.', '。', '।'])
    }

    /// The name of that heading in the languages' files.
    #[must_use]
    pub const fn heading_name(&self) -> &'static str {
        match heading(self.cause) {
            Text::Busy => "busy",
            Text::Slow => "slow",
            Text::Unreachable => "unreachable",
            Text::Circles => "circles",
            Text::Maintenance => "maintenance",
            Text::Disconnected => "disconnected",
            _ => "failing",
        }
    }

    /// What that person may want to know.
    #[must_use]
    pub fn visitor(&self, language: &Language) -> &'static str {
        language.text(Text::Fault)
    }

    /// For those who run the site, in English: what it means, and then what to look
    /// at. Code is between `` ` ``.
    pub fn administrators(&self) -> impl Iterator<Item = &'static str> {
        about(self.cause.name()).lines()
    }
}

/// The texts for a cause.
#[must_use]
pub const fn advice(cause: Cause) -> Advice {
    Advice { cause }
}

/// What is known of a number, in English: what it means, and what to look at.
pub fn of_number(number: Number) -> impl Iterator<Item = &'static str> {
    about(&number.name()).lines()
}

/// The section of this name.
fn about(name: &str) -> &'static str {
    let found = CAUSES.iter().find(|(known, _)| *known == name);
    found.map_or("", |(_, lines)| lines)
}

const fn heading(cause: Cause) -> Text {
    match cause {
        Cause::Unavailable | Cause::RateLimited => Text::Busy,
        Cause::Timeout | Cause::GatewayTimeout => Text::Slow,
        Cause::ConnectionRefused
        | Cause::ConnectionTimeout
        | Cause::Unreachable
        | Cause::Network
        | Cause::Dns
        | Cause::Tls => Text::Unreachable,
        Cause::Loop => Text::Circles,
        Cause::Maintenance => Text::Maintenance,
        Cause::Offline => Text::Disconnected,
        Cause::BadGateway
        | Cause::Disguised
        | Cause::InvalidResponse
        | Cause::Truncated
        | Cause::ServerError
        | Cause::Listed => Text::Failing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_and_number_has_its_lines() {
        for cause in Cause::ALL {
            assert!(advice(cause).administrators().count() > 3, "{cause:?}");
        }
        for sub in 1..=7 {
            let number = Number::Iis(sub);
            assert!(of_number(number).count() > 1, "{number:?}");
        }
        for code in [
            520, 521, 522, 523, 524, 525, 526, 527, 530, 1001, 1016, 1033,
        ] {
            let number = Number::Cloudflare(code);
            assert!(of_number(number).count() > 1, "{number:?}");
        }
        assert_eq!(of_number(Number::Cloudflare(999)).count(), 0);
    }
}
