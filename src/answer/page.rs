//! The page for a person: one document, nothing fetched, and complete without its
//! script.
//!
//! The script is there so that nobody has to sit and press the key that loads a page
//! again: it asks the edge, and loads the page when that says that the site answers. It
//! can be held and ended (WCAG 2.2.1, 2.2.2), and is not there for what must not be sent
//! twice.

use super::language::Text;
use super::{Matter, advice, html, of_number};
use alloc::{format, string::String};

/// Styles and the script are allowed by their hashes, and nothing else is.
pub(super) const CONTENT_SECURITY_POLICY: &str = concat!(
    "default-src 'none'; style-src 'sha256-",
    env!("LASTGOOD_PAGE_STYLE_SHA256"),
    "'; script-src 'sha256-",
    env!("LASTGOOD_RETRY_SHA256"),
    "'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'self'"
);

const STYLE: &str = include_str!("looks/calm.css");
const SCRIPT: &str = env!("LASTGOOD_RETRY");

/// What the script says, by the name that it has there.
const SAID: [(&str, Text); 12] = [
    ("next", Text::Next),
    ("seconds", Text::Seconds),
    ("minutes", Text::Minutes),
    ("pause", Text::Pause),
    ("resume", Text::Resume),
    ("trying", Text::Trying),
    ("down", Text::Down),
    ("up", Text::Up),
    ("paused", Text::Paused),
    ("stopped", Text::Stopped),
    ("offline", Text::Offline),
    ("elsewhere", Text::Elsewhere),
];

/// The whole document.
pub(super) fn render(matter: &Matter<'_>) -> String {
    let mut page = String::with_capacity(24 * 1024);
    head(&mut page, matter);
    page.push_str("<body>\n<main>\n");
    way(&mut page, matter);
    what(&mut page, matter);
    match matter.sent() {
        None => again(&mut page, matter),
        Some(sent) => written(&mut page, sent, matter),
    }
    remedies(&mut page, matter);
    footer(&mut page, matter);
    add(&mut page, &["</main>\n<script>", SCRIPT, "</script>\n"]);
    page
}

fn add(page: &mut String, parts: &[&str]) {
    page.extend(parts.iter().copied());
}

fn escaped(matter: &Matter<'_>, text: Text) -> String {
    html::escaped(matter.text(text))
}

fn head(page: &mut String, matter: &Matter<'_>) {
    let language = matter.language;
    let title = html::escaped(matter.title());
    let (tag, direction) = (language.tag, language.direction());
    add(
        page,
        &[
            "<!doctype html>\n<html lang=\"",
            tag,
            "\" dir=\"",
            direction,
            "\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, \
             initial-scale=1\">\n<meta name=\"robots\" content=\"noindex\">\n<title>",
            &title,
            "</title>\n<style>",
            STYLE,
            "</style>\n",
        ],
    );
}

/// Whose side it is on, as a picture that reads well aloud.
fn way(page: &mut String, matter: &Matter<'_>) {
    let name = escaped(matter, Text::Where);
    add(page, &["<ol class=\"way\" aria-label=\"", &name, "\">\n"]);
    let places = [
        (Text::Device, Text::Works, "✓"),
        (Text::Edge, Text::Works, "✓"),
        (Text::Server, Text::Fails, "✗"),
    ];
    for (place, state, sign) in places {
        let class = if sign == "✗" {
            " class=\"fault\""
        } else {
            ""
        };
        let (place, state) = (escaped(matter, place), escaped(matter, state));
        let line = format!(
            "<li{class}><span aria-hidden=\"true\">{sign}</span>{place} <b>{state}</b></li>\n"
        );
        page.push_str(&line);
    }
    page.push_str("</ol>\n");
}

/// What happened, and for how long.
fn what(page: &mut String, matter: &Matter<'_>) {
    let title = html::escaped(matter.title());
    let fault = escaped(matter, Text::Fault);
    add(page, &["<h1>", &title, "</h1>\n<p>", &fault]);
    let language = matter.language;
    let spans = [
        (matter.outage.lasting, Text::Since),
        (matter.outage.usual, Text::Usual),
    ];
    for (span, text) in spans {
        if let Some(span) = span {
            let said = html::filled(matter.text(text), &language.age(span));
            add(page, &[" ", &html::escaped(&said)]);
        }
    }
    page.push_str("</p>\n");
}

/// When it is tried again, and what the visitor has to say in that. Without a script
/// this is a sentence and a link.
fn again(page: &mut String, matter: &Matter<'_>) {
    let Some(later) = matter.later() else { return };
    page.push_str(&format!(
        "<section id=\"retry\" data-after=\"{}\" data-zero=\"{}\"",
        matter.retry_after,
        matter.language.zero()
    ));
    for (name, text) in SAID {
        add(page, &[" data-", name, "=\"", &escaped(matter, text), "\""]);
    }
    let (later, again) = (html::escaped(&later), escaped(matter, Text::Again));
    let (pause, stop) = (escaped(matter, Text::Pause), escaped(matter, Text::Stop));
    page.push_str(&format!(
        ">\n<p id=\"when\">{later}</p>\n<p id=\"state\" role=\"status\"></p>\n\
         <p class=\"keys\"><a id=\"again\" href=\"\">{again}</a> \
         <button id=\"pause\" type=\"button\" hidden>{pause}</button> \
         <button id=\"stop\" type=\"button\" hidden>{stop}</button></p>\n</section>\n"
    ));
}

/// What became of what the visitor sent. It is never sent again by itself: the browser
/// asks before it does so, and still has what was typed.
fn written(page: &mut String, sent: &str, matter: &Matter<'_>) {
    let (back, resend) = (escaped(matter, Text::Back), escaped(matter, Text::Resend));
    add(
        page,
        &["<p class=\"sent\">", &html::escaped(sent), "</p>\n"],
    );
    page.push_str(&format!(
        "<p class=\"keys\"><button id=\"back\" type=\"button\" hidden>{back}</button> \
         <button id=\"resend\" type=\"button\" hidden>{resend}</button></p>\n"
    ));
}

fn remedies(page: &mut String, matter: &Matter<'_>) {
    let heading = escaped(matter, Text::Remedies);
    add(page, &["<h2>", &heading, "</h2>\n<ul>\n"]);
    let remedies = [
        Text::Wait,
        Text::Connection,
        Text::Other,
        Text::Cache,
        Text::Contact,
    ];
    for text in remedies {
        add(page, &["<li>", &escaped(matter, text), "</li>\n"]);
    }
    page.push_str("</ul>\n");
}

fn footer(page: &mut String, matter: &Matter<'_>) {
    let id = format!("<code dir=\"ltr\">{}</code>", html::escaped(matter.id));
    let quote = html::filled(&escaped(matter, Text::Quote), &id);
    add(page, &["<footer>\n<p>", &quote, "</p>\n"]);
    administrators(page, matter);
    page.push_str("</footer>\n");
}

/// What those who run the site need to know; in English, as the log is.
fn administrators(page: &mut String, matter: &Matter<'_>) {
    let admins = escaped(matter, Text::Admins);
    let failure = &matter.failure;
    add(
        page,
        &[
            "<details><summary>",
            &admins,
            "</summary>\n<div lang=\"en\" dir=\"ltr\">\n<p class=\"facts\">",
            failure.cause.name(),
            " · ",
            failure.phase.name(),
        ],
    );
    if let Some(status) = failure.status {
        page.push_str(&format!(" · {status}"));
    }
    if let Some(number) = matter.number {
        add(page, &[" · ", &number.name()]);
    }
    page.push_str("</p>\n");
    checks(page, advice(failure.cause).administrators());
    if let Some(number) = matter.number {
        checks(page, of_number(number));
    }
    page.push_str("</div></details>\n");
}

/// The meaning, and then what to look at.
fn checks(page: &mut String, mut lines: impl Iterator<Item = &'static str>) {
    let Some(meaning) = lines.next() else { return };
    add(page, &["<p>", &html::coded(meaning), "</p>\n<ul>\n"]);
    for line in lines {
        add(page, &["<li>", &html::coded(line), "</li>\n"]);
    }
    page.push_str("</ul>\n");
}
