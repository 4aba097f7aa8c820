//! The operator's colours and font, and the style that they come to.
//!
//! A page that nobody can read is no help on the day it is shown, so each colour is
//! held against the paper it lies on. The style is composed and hashed once, when the
//! configuration is read: a policy that allows it by its hash needs both for each page.

use super::Value;
use super::read::is_all;
use crate::wire::cut;
use alloc::{format, string::String};
use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256};

/// What each value of a channel is in linear light (WCAG 2.2, "relative luminance"),
/// of 65,535: the core has no floats to raise to a power.
const LINEAR: [u16; 256] = include!(concat!(env!("OUT_DIR"), "/linear.rs"));

/// The least contrast of a colour with its paper, in hundredths (WCAG 2.2, 1.4.11).
const NEEDED: u32 = 300;

/// A colour in sRGB: red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour([u8; 3]);

impl Colour {
    /// White, the paper by day.
    pub const WHITE: Self = Self([255; 3]);
    /// Black.
    pub const BLACK: Self = Self([0; 3]);
    /// The paper where dark pages are preferred.
    pub const DARK_PAPER: Self = Self([0x15, 0x18, 0x1c]);

    /// Reads `#rgb` or `#rrggbb`.
    ///
    /// ```
    /// use lastgood::policy::Colour;
    /// assert_eq!(Colour::parse("#0a5"), Colour::parse("#00AA55"));
    /// assert_eq!(Colour::parse("teal"), None);
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        let short = digits.len() == 3;
        if !short && digits.len() != 6 {
            return None;
        }
        let mut digits = digits.chars().map(|digit| digit.to_digit(16));
        let mut channels = [0; 3];
        for channel in &mut channels {
            let high = digits.next()??;
            let low = if short { high } else { digits.next()?? };
            *channel = u8::try_from((high << 4) | low).ok()?;
        }
        Some(Self(channels))
    }

    /// As CSS has it, in the short form where there is one.
    #[must_use]
    pub fn css(self) -> String {
        let mut css = String::from("#");
        let mut push = |digit: u8| css.push(char::from_digit(digit.into(), 16).unwrap_or('0'));
        let short = self.0.iter().all(|channel| channel >> 4 == channel & 15);
        for channel in self.0 {
            if !short {
                push(channel >> 4);
            }
            push(channel & 15);
        }
        css
    }

    /// The contrast with another colour, from 100 to 2100: hundredths of the ratio,
    /// rounded down (WCAG 2.2, "contrast ratio").
    #[must_use]
    pub fn contrast(self, other: Self) -> u32 {
        /// 0.05 in the unit of luminance.
        const FLARE: u64 = 65_535 * 500;
        let (one, other) = (self.luminance(), other.luminance());
        let lighter = one.max(other).saturating_add(FLARE);
        let darker = one.min(other).saturating_add(FLARE);
        let ratio = lighter.saturating_mul(100).checked_div(darker);
        ratio.and_then(|it| u32::try_from(it).ok()).unwrap_or(100)
    }

    /// Relative luminance (WCAG 2.2), of 655,350,000.
    fn luminance(self) -> u64 {
        let mut sum = 0_u64;
        for (channel, share) in self.0.iter().zip([2126, 7152, 722]) {
            let linear = LINEAR.get(usize::from(*channel)).copied();
            let light = u64::from(linear.unwrap_or_default());
            sum = sum.saturating_add(light.saturating_mul(share));
        }
        sum
    }

    /// What text on it is written in: black or white, one of which always has 4.5:1.
    fn ink(self) -> Self {
        match self.contrast(Self::WHITE) >= self.contrast(Self::BLACK) {
            true => Self::WHITE,
            false => Self::BLACK,
        }
    }

    /// The same for dark paper: as it is, or only so much lighter that it shows there.
    fn for_dark_paper(self) -> Self {
        (0..=16)
            .map(|parts| self.lightened(parts))
            .find(|it| it.contrast(Self::DARK_PAPER) >= NEEDED)
            .unwrap_or(Self::WHITE)
    }

    /// Mixed with white, so many sixteenths of it.
    fn lightened(mut self, parts: u16) -> Self {
        for channel in &mut self.0 {
            let white = u16::from(255_u8.saturating_sub(*channel)).saturating_mul(parts) / 16;
            *channel = channel.saturating_add(u8::try_from(white).unwrap_or(u8::MAX));
        }
        self
    }
}

/// Colours and a font of the operator's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Brand {
    pub(super) colour: Option<Colour>,
    pub(super) dark_colour: Option<Colour>,
    pub(super) font: Option<String>,
    style: String,
    style_hash: String,
}

impl Brand {
    /// A brand, its style composed: its colour on white, that on dark paper (without
    /// one, the former, made lighter where it would not show), and a font stack as CSS
    /// has it. Nothing is held against the limits of settings here.
    #[must_use]
    pub fn new(colour: Option<Colour>, dark_colour: Option<Colour>, font: Option<String>) -> Self {
        let mut brand = Self {
            colour,
            dark_colour,
            font,
            ..Self::default()
        };
        brand.compose();
        brand
    }

    /// The text of a style element: `--brand`, `--on-brand` for text on it, and
    /// `--font`; empty if nothing is chosen.
    #[must_use]
    pub fn style(&self) -> &str {
        &self.style
    }

    /// The SHA-256 of the style in base64, as `Content-Security-Policy` has it between
    /// `'sha256-` and `'`; empty if the style is.
    #[must_use]
    pub fn style_hash(&self) -> &str {
        &self.style_hash
    }

    /// Writes the style anew, after a choice has changed.
    pub(super) fn compose(&mut self) {
        let dark = self.dark_colour;
        let dark = dark.or_else(|| self.colour.map(Colour::for_dark_paper));
        let font = self.font.as_deref().unwrap_or_default();
        let mut style = rule(self.colour, font);
        if dark != self.colour {
            style.push_str("@media(prefers-color-scheme:dark){");
            style.push_str(&rule(dark, ""));
            style.push('}');
        }
        self.style_hash = match style.as_str() {
            "" => String::new(),
            style => Base64::encode_string(&Sha256::digest(style)),
        };
        self.style = style;
    }
}

/// A rule for the root; nothing without a colour and a font.
fn rule(colour: Option<Colour>, font: &str) -> String {
    let mut rule = String::new();
    let mut declare = |name: &str, value: &str| {
        rule.push_str(if rule.is_empty() { ":root{" } else { ";" });
        rule.push_str(name);
        rule.push_str(value);
    };
    if let Some(colour) = colour {
        declare("--brand:", &colour.css());
        declare("--on-brand:", &colour.ink().css());
    }
    if !font.is_empty() {
        declare("--font:", font);
    }
    if !rule.is_empty() {
        rule.push('}');
    }
    rule
}

/// Reads a colour that shows on its paper; `false` for none.
pub(super) fn colour(
    chosen: &mut Option<Colour>,
    paper: Colour,
    value: &Value,
) -> Result<(), String> {
    let read = match value {
        Value::Bool(false) => {
            *chosen = None;
            return Ok(());
        }
        Value::Text(text) => Colour::parse(text.trim_ascii()),
        _ => None,
    };
    let Some(colour) = read else {
        return Err("a colour such as \"#0a5\" or \"#00aa55\", or false".into());
    };
    let contrast = colour.contrast(paper);
    if contrast < NEEDED {
        return Err(too_pale(contrast, paper));
    }
    *chosen = Some(colour);
    Ok(())
}

fn too_pale(contrast: u32, paper: Colour) -> String {
    let side = match paper == Colour::WHITE {
        true => "darker",
        false => "lighter",
    };
    format!(
        "a {side} colour: this one has a contrast of {}.{:02}:1 with {}, and 3:1 is needed \
         (WCAG 2.2, 1.4.11)",
        contrast / 100,
        contrast % 100,
        paper.css(),
    )
}

/// Reads a font stack: families between commas, those in quotes that have more in
/// their name than words of letters.
pub(super) fn font(value: &Value) -> Result<String, String> {
    const LONGEST: usize = 200;
    let read = match value {
        Value::Text(text) if text.len() <= LONGEST => stack(text),
        _ => None,
    };
    read.ok_or_else(|| {
        format!(
            "a font stack of letters, digits, spaces, commas, hyphens and quotes, such as \
             \"Georgia, 'Times New Roman', serif\", at most {LONGEST} bytes"
        )
    })
}

/// A font stack without the spaces around its families.
fn stack(text: &str) -> Option<String> {
    let mut stack = String::new();
    for family in cut::parts(text, b',').map(str::trim_ascii) {
        if !is_family(family) {
            return None;
        }
        stack.push_str(if stack.is_empty() { "" } else { "," });
        stack.push_str(family);
    }
    Some(stack)
}

/// Whether CSS takes it for the name of a family: a quoted string, or identifiers.
fn is_family(name: &str) -> bool {
    let is_part = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b' ' | b'-');
    let is_word = |word: &str| {
        let first = word.bytes().find(|c| *c != b'-');
        first.is_some_and(|c| c.is_ascii_alphabetic())
    };
    let inside = unquoted(name, '"').or_else(|| unquoted(name, '\''));
    match inside {
        Some(name) => !name.is_empty() && is_all(name, is_part),
        None => !name.is_empty() && is_all(name, is_part) && cut::parts(name, b' ').all(is_word),
    }
}

fn unquoted(name: &str, quote: char) -> Option<&str> {
    name.strip_prefix(quote)?.strip_suffix(quote)
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use proptest::prelude::*;

    fn hex(text: &str) -> Colour {
        Colour::parse(text).unwrap()
    }

    #[test]
    fn colours_are_read_in_both_forms() {
        let check = |text: &str, css: Option<&str>| {
            let read = Colour::parse(text).map(Colour::css);
            assert_eq!(read.as_deref(), css, "{text}");
        };
        check("#0a5", Some("#0a5"));
        check("#00AA55", Some("#0a5"));
        check("#15181C", Some("#15181c"));
        for wrong in [
            "", "#", "0a5", "#0a", "#0a55", "#0a5g55", "#ééé", "#0a5 ", "#00aa555",
        ] {
            check(wrong, None);
        }
    }

    #[test]
    fn contrasts_are_those_that_are_published() {
        let check = |one: &str, other: &str, expected| {
            assert_eq!(hex(one).contrast(hex(other)), expected, "{one} {other}");
            assert_eq!(hex(other).contrast(hex(one)), expected, "{one} {other}");
        };
        check("#000", "#fff", 2100);
        check("#777", "#fff", 447);
        check("#767676", "#fff", 454);
        check("#949494", "#fff", 303);
        check("#959595", "#fff", 299);
        check("#f00", "#fff", 399);
        check("#00f", "#fff", 859);
        check("#0a5", "#0a5", 100);
    }

    proptest! {
        #[test]
        fn integers_tell_contrasts_as_floats_do(one: [u8; 3], other: [u8; 3]) {
            let linear = |channel: u8| {
                let c = f64::from(channel) / 255.0;
                if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
            };
            let luminance =
                |[r, g, b]: [u8; 3]| 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
            let (a, b) = (luminance(one) + 0.05, luminance(other) + 0.05);
            let exact = a.max(b) / a.min(b) * 100.0;
            let told = f64::from(Colour(one).contrast(Colour(other)));
            prop_assert!((told - exact).abs() < 1.5, "{told} {exact}");
        }

        #[test]
        fn text_on_a_colour_and_the_colour_on_its_paper_can_be_read(channels: [u8; 3]) {
            let colour = Colour(channels);
            prop_assert!(colour.contrast(colour.ink()) >= 450);
            prop_assert!(colour.for_dark_paper().contrast(Colour::DARK_PAPER) >= NEEDED);
            prop_assert_eq!(Colour::parse(&colour.css()), Some(colour));
        }

        #[test]
        fn no_font_leaves_its_rule(text: String, odd in "[a-z0-9 ,'\"-]{0,12}") {
            for text in [text, odd] {
                let stack = font(&Value::Text(text)).unwrap_or_default();
                let escapes = stack.contains([';', '{', '}', '<', '\\', '/']);
                prop_assert!(!escapes, "{stack}");
                for family in stack.split(',') {
                    prop_assert!(family.matches('"').count() % 2 == 0);
                    prop_assert!(family.matches('\'').count() % 2 == 0);
                }
            }
        }
    }

    #[test]
    fn fonts_are_families_that_css_takes() {
        let check = |text: &str, stack: Option<&str>| {
            let read = font(&Value::Text(text.into()));
            assert_eq!(read.ok().as_deref(), stack, "{text}");
        };
        check("serif", Some("serif"));
        check(
            " Georgia ,  \"Times New Roman\",'Fira 3', -apple-system",
            Some("Georgia,\"Times New Roman\",'Fira 3',-apple-system"),
        );
        check(&"a".repeat(200), Some(&"a".repeat(200)));
        check(&"a".repeat(201), None);
        for wrong in [
            "",
            ",",
            "a,",
            "a;b",
            "a}b",
            "\"a",
            "a\"",
            "\"a'",
            "a \"b\"",
            "\"\"",
            "'",
            "3 of",
            "Source Sans 3",
            "-",
            "url(x)",
            "a\nb",
            "\"a,b\"",
            "é",
        ] {
            check(wrong, None);
        }
    }

    #[test]
    fn the_style_has_what_was_chosen() {
        let check = |colour: &str, dark: &str, font: &str, expected: &str| {
            let font = Some(String::from(font)).filter(|it| !it.is_empty());
            let brand = Brand::new(Colour::parse(colour), Colour::parse(dark), font);
            assert_eq!(brand.style(), expected);
        };
        check("", "", "", "");
        check("", "", "Georgia,serif", ":root{--font:Georgia,serif}");
        // It shows on both papers.
        check("#0a5", "", "", ":root{--brand:#0a5;--on-brand:#000}");
        check(
            "#036",
            "#fc0",
            "serif",
            ":root{--brand:#036;--on-brand:#fff;--font:serif}\
             @media(prefers-color-scheme:dark){:root{--brand:#fc0;--on-brand:#000}}",
        );
        check(
            "#000",
            "",
            "",
            ":root{--brand:#000;--on-brand:#fff}\
             @media(prefers-color-scheme:dark){:root{--brand:#6f6f6f;--on-brand:#fff}}",
        );
        check(
            "",
            "#fc0",
            "",
            "@media(prefers-color-scheme:dark){:root{--brand:#fc0;--on-brand:#000}}",
        );
    }

    #[test]
    fn the_hash_is_that_of_the_style() {
        let brand = |colour| Brand::new(Colour::parse(colour), None, None);
        assert_eq!(brand("").style_hash(), "");
        let known = brand("#0a5");
        assert_eq!(known.style(), ":root{--brand:#0a5;--on-brand:#000}");
        assert_eq!(
            known.style_hash(),
            "LeET0CfyMAdC6YrDPjBUTZ6cSXK8wNHRn0YMBO+ZMUM="
        );
    }
}
