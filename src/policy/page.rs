//! What an operator may choose of the page that stands in for theirs.
//!
//! Each member is a field of its own to who reads problems: a colour that cannot be
//! read on its paper costs that colour, and not the links beside it.

use super::Value;
use super::brand::{Brand, Colour, colour, font};
use super::link::{Link, contact, links};
use super::logo::logo;
use super::parse::{Problem, problem, unknown};
use super::read::{one_of, put, truth};
use super::template::{Template, template};
use super::wording::{Wording, text, wording};
use alloc::{format, string::String, vec::Vec};

/// How the page is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    /// Friendly and quiet.
    #[default]
    Calm,
    /// Words, with as little around them as there can be.
    Plain,
    /// What works and what does not, for sites whose visitors want to know.
    Status,
}

/// What an operator chose of our page. What is not chosen is ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// How it is drawn.
    pub look: Look,
    /// The site's name, 1 to 80 characters.
    pub name: Option<String>,
    /// The site's logo, as a data URI that needs no escaping in an attribute.
    pub logo: Option<String>,
    /// The site's colours and font.
    pub brand: Brand,
    /// Where to go instead; 8 at most.
    pub links: Vec<Link>,
    /// Where to write to: a URL with `mailto:`, `tel:` or `https:`, or a path.
    pub contact: Option<String>,
    /// Whether pages for the public have the part for the site's administrators, which
    /// folds out and names what they may look at first.
    pub administrators: bool,
    /// Its title, 1 to 200 characters.
    pub title: Wording,
    /// What it says, 1 to 1,000 characters.
    pub message: Wording,
    /// A page of the operator's own in place of it.
    pub template: Option<Template>,
}

impl Default for Page {
    fn default() -> Self {
        Self {
            look: Look::default(),
            name: None,
            logo: None,
            brand: Brand::default(),
            links: Vec::new(),
            contact: None,
            administrators: true,
            title: Wording::default(),
            message: Wording::default(),
            template: None,
        }
    }
}

impl Page {
    /// The brand's style, as in [`Brand::style`]: empty if neither a colour nor a font
    /// is chosen.
    #[must_use]
    pub fn style(&self) -> &str {
        self.brand.style()
    }

    /// The brand's style's hash, as in [`Brand::style_hash`].
    #[must_use]
    pub fn style_hash(&self) -> &str {
        self.brand.style_hash()
    }
}

type Set = fn(&mut Page, &Value) -> Result<(), String>;

/// The members of `page`.
pub(super) const FIELDS: &[(&str, Set)] = &[
    ("look", |page, value| {
        let looks = [
            ("calm", Look::Calm),
            ("plain", Look::Plain),
            ("status", Look::Status),
        ];
        one_of(&looks, value).map(|look| page.look = look)
    }),
    ("name", |page, value| {
        put(&mut page.name, value, |value| text(value, 80))
    }),
    ("logo", |page, value| put(&mut page.logo, value, logo)),
    ("colour", |page, value| {
        colour(&mut page.brand.colour, Colour::WHITE, value)
    }),
    ("dark_colour", |page, value| {
        colour(&mut page.brand.dark_colour, Colour::DARK_PAPER, value)
    }),
    ("font", |page, value| put(&mut page.brand.font, value, font)),
    ("links", |page, value| {
        links(value).map(|links| page.links = links)
    }),
    ("contact", |page, value| {
        put(&mut page.contact, value, contact)
    }),
    ("administrators", |page, value| {
        truth(value).map(|on| page.administrators = on)
    }),
    ("title", |page, value| wording(&mut page.title, value, 200)),
    ("message", |page, value| {
        wording(&mut page.message, value, 1000)
    }),
    ("template", |page, value| {
        template(&mut page.template, value)
    }),
];

/// Reads the members of `page` at `place`; one that is wrong stays as it was.
pub(super) fn read(
    page: &mut Page,
    place: &str,
    members: &[(String, Value)],
    problems: &mut Vec<Problem>,
) {
    for (name, value) in members {
        let field = FIELDS.iter().find(|(known, _)| known == name);
        let outcome = match field {
            Some((_, set)) => set(page, value),
            None => Err(unknown(name, FIELDS.iter().map(|(known, _)| *known))),
        };
        if let Err(remedy) = outcome {
            problems.push(problem(&format!("{place}.page.{name}"), value, &remedy));
        }
    }
    page.brand.compose();
}

#[cfg(test)]
mod tests {
    use super::super::parse::{check, parse_json};
    use super::super::{Configuration, TemplateSource};
    use super::*;
    use core::time::Duration;

    fn configured(lastgood: &str) -> Configuration {
        let (configuration, problems) = parse_json("null", lastgood);
        assert_eq!(problems, [], "{lastgood}");
        configuration
    }

    #[test]
    fn nothing_chosen_is_the_default() {
        let page = &Page::default();
        assert_eq!((page.look, page.administrators), (Look::Calm, true));
        assert_eq!((page.style(), page.style_hash()), ("", ""));
        assert_eq!(configured("{}").policy_for("/").page.as_ref(), page);
        assert_eq!(
            configured(r#"{"page": {}}"#).policy_for("/").page.as_ref(),
            page
        );
    }

    #[test]
    fn what_is_right_is_taken() {
        let configuration = configured(
            r##"{"page": {"look": "status", "name": " Corner Bakery ", "logo": "<svg/>",
                "colour": "#036", "dark_colour": "#FC0", "font": "Georgia, serif",
                "links": [{"text": "Status", "url": "https://s.test/?a#b"}, {"url": "/x", "text": "X"}],
                "contact": "help@a.test", "administrators": false, "title": "Back soon",
                "message": {"en": "Baking.", "pt": "A cozer."},
                "template": {"assets": "ASSETS", "path": "/error.html", "wait": "300ms"}}}"##,
        );
        let page = &configuration.policy_for("/").page;
        assert_eq!((page.look, page.administrators), (Look::Status, false));
        assert_eq!(page.name.as_deref(), Some("Corner Bakery"));
        assert!(page.logo.as_ref().is_some_and(|it| it.starts_with("data:")));
        assert_eq!(
            page.style(),
            ":root{--brand:#036;--on-brand:#fff;--font:Georgia,serif}\
             @media(prefers-color-scheme:dark){:root{--brand:#fc0;--on-brand:#000}}"
        );
        assert_eq!(page.style_hash().len(), 44);
        let urls: Vec<&str> = page.links.iter().map(|link| link.url.as_str()).collect();
        assert_eq!(urls, ["https://s.test/?a#b", "/x"]);
        assert_eq!(page.contact.as_deref(), Some("mailto:help@a.test"));
        assert_eq!(page.title.in_language("ja"), Some("Back soon"));
        assert_eq!(page.message.in_language("pt-BR"), Some("A cozer."));
        let template = page.template.as_ref().unwrap();
        assert_eq!(template.wait, Duration::from_millis(300));
        let (binding, path) = ("ASSETS".into(), "/error.html".into());
        assert_eq!(template.source, TemplateSource::Assets { binding, path });
    }

    #[test]
    fn every_wrong_member_is_named() {
        for (member, value, remedy) in [
            ("look", r#""gaudy""#, "\"calm\" or \"plain\" or \"status\""),
            ("name", "7", "a text of 1 to 80 characters, or false"),
            ("name", r#"" ""#, "a text of 1 to 80 characters"),
            ("name", r#""a\u0000b""#, "a text of 1 to 80 characters"),
            ("logo", r#""logo.svg""#, "at most 8 KiB, or false"),
            (
                "colour",
                r#""teal""#,
                "a colour such as \"#0a5\" or \"#00aa55\", or false",
            ),
            ("colour", "7", "a colour such as"),
            (
                "colour",
                r##""#ffd""##,
                "a darker colour: this one has a contrast of 1.01:1 with #fff, and 3:1 is needed",
            ),
            (
                "dark_colour",
                r##""#222""##,
                "a lighter colour: this one has a contrast of 1.11:1 with #15181c",
            ),
            ("font", r#""serif; color: red""#, "a font stack of letters"),
            ("font", "7", "at most 200 bytes, or false"),
            ("links", "{}", "a list of up to 8 tables"),
            ("links", r#"[{"text": "A"}]"#, "in entry 1 a table such as"),
            ("contact", r#""me""#, "an address such as"),
            ("administrators", r#""no""#, "true or false"),
            (
                "title",
                "7",
                "a text of 1 to 200 characters, a table such as",
            ),
            (
                "title",
                r#"{"en": ""}"#,
                "for en a text of 1 to 200 characters",
            ),
            (
                "message",
                r#"{"in English": "x"}"#,
                "a table such as { en =",
            ),
            ("template", r#"{"url": "oops"}"#, "for url a URL such as"),
            ("template", "true", "a table such as { url ="),
            ("color", r##""#036""##, "did you mean `colour`?"),
            ("zzz", "1", "README"),
        ] {
            let field = format!("LASTGOOD.page.{member} = ");
            check(
                &format!(r#"{{"page": {{"{member}": {value}}}}}"#),
                &field,
                remedy,
            );
        }
        check(
            r#"{"page": "plain"}"#,
            "LASTGOOD.page = \"plain\"",
            "a table such as { name",
        );
        check(r#"{"pages": {}}"#, "LASTGOOD.pages", "did you mean `page`?");
        check(
            r#"{"routes": [{"path": "/x", "page": {"look": 7}}]}"#,
            "LASTGOOD.routes[0].page.look = 7",
            "\"calm\"",
        );
    }

    #[test]
    fn a_wrong_member_costs_itself_only() {
        let written =
            r##"{"page": {"name": "A", "colour": "#ffd", "font": "serif", "look": "x"}}"##;
        let (configuration, problems) = parse_json("null", written);
        assert_eq!(problems.len(), 2);
        let page = &configuration.policy_for("/").page;
        assert_eq!(page.name.as_deref(), Some("A"));
        assert_eq!(page.style(), ":root{--font:serif}");
    }

    #[test]
    fn a_route_changes_only_what_it_names() {
        let configuration = configured(
            r##"{"page": {"name": "A", "colour": "#036", "links": [{"text": "S", "url": "/s"}],
                "template": {"url": "https://e.test/"}},
                "routes": [{"path": "/shop/*", "page": {"colour": "#400", "template": false}},
                           {"path": "/api/*", "attempts": 1},
                           {"path": "/bare/*", "page": {"name": false, "colour": false, "links": false}}]}"##,
        );
        let page = |path| &configuration.policy_for(path).page;
        let (all, shop, bare) = (page("/"), page("/shop/x"), page("/bare/x"));
        assert!(all.style().starts_with(":root{--brand:#036;") && all.template.is_some());
        assert!(shop.style().starts_with(":root{--brand:#400;") && shop.template.is_none());
        assert_ne!(all.style_hash(), shop.style_hash());
        assert_eq!((&shop.name, &shop.links), (&all.name, &all.links));
        assert_eq!(
            (&bare.name, bare.style(), bare.style_hash()),
            (&None, "", "")
        );
        assert_eq!(bare.template, all.template);
        assert!(bare.links.is_empty());
        assert_eq!(page("/api/x"), all);
    }
}
