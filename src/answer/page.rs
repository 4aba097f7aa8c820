//! The page for a person: one document, nothing fetched, and complete without its
//! script.
//!
//! The script is there so that nobody has to sit and press the key that loads a page
//! again: it asks the edge, and loads the page when that says that the site answers. It
//! can be held and ended (WCAG 2.2.1, 2.2.2), and is not there for what must not be sent
//! twice.

use super::language::Text;
use super::{Matter, advice, html, of_number};
use crate::policy::{Link, Look, Page};
use crate::wire::date_time;
use alloc::{format, string::String};

/// What a look is drawn with, and its hash.
const fn style(look: Look) -> (&'static str, &'static str) {
    match look {
        Look::Calm => (include_str!("looks/calm.css"), env!("LASTGOOD_CALM_SHA256")),
        Look::Plain => (
            include_str!("looks/plain.css"),
            env!("LASTGOOD_PLAIN_SHA256"),
        ),
        Look::Status => (
            include_str!("looks/status.css"),
            env!("LASTGOOD_STATUS_SHA256"),
        ),
    }
}

const SCRIPT: &str = env!("LASTGOOD_RETRY");

/// Styles and the script are allowed by their hashes, and nothing else is.
pub(super) fn content_security_policy(page: &Page) -> String {
    let mut policy = String::from("default-src 'none'; style-src");
    let hashes = [style(page.look).1, page.style_hash()];
    for hash in hashes.iter().filter(|hash| !hash.is_empty()) {
        policy.extend([" 'sha256-", hash, "'"]);
    }
    policy.push_str(concat!(
        "; script-src 'sha256-",
        env!("LASTGOOD_RETRY_SHA256"),
        "'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'self'"
    ));
    policy
}

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

/// However long it is to take, the page looks again after so many seconds: what was
/// planned may be over early.
const LONGEST_WAIT: u64 = 300;

/// The whole document.
pub(super) fn render(matter: &Matter<'_>) -> String {
    let mut page = String::with_capacity(24 * 1024);
    head(&mut page, matter);
    page.push_str("<body>\n<main>\n");
    site(&mut page, matter.page);
    if matter.is_away() {
        way(&mut page, matter);
    }
    what(&mut page, matter);
    match matter.sent() {
        None => again(&mut page, matter),
        Some(sent) => written(&mut page, sent, matter),
    }
    if matter.maintenance.is_none() {
        remedies(&mut page, matter);
    }
    links(&mut page, matter);
    if !matter.is_offline() {
        footer(&mut page, matter);
    }
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
    let mut title = html::escaped(matter.title());
    if let Some(name) = &matter.page.name {
        title.extend([" – ", &html::escaped(name)]);
    }
    let (tag, direction) = (language.tag, language.direction());
    let (look, _) = style(matter.page.look);
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
            look,
            "</style>\n",
        ],
    );
    let brand = matter.page.style();
    if !brand.is_empty() {
        add(page, &["<style>", brand, "</style>\n"]);
    }
}

/// Whose site it is.
fn site(page: &mut String, chosen: &Page) {
    let name = chosen.name.as_deref().map(html::escaped);
    if name.is_none() && chosen.logo.is_none() {
        return;
    }
    page.push_str("<header>");
    if let Some(logo) = &chosen.logo {
        // The name beside it says the same.
        add(page, &["<img src=\"", logo, "\" alt=\"\">"]);
    }
    add(
        page,
        &["<bdi>", &name.unwrap_or_default(), "</bdi></header>\n"],
    );
}

/// Whose side it is on, as a picture that reads well aloud.
fn way(page: &mut String, matter: &Matter<'_>) {
    let name = escaped(matter, Text::Where);
    add(page, &["<ol class=\"way\" aria-label=\"", &name, "\">\n"]);
    let server = match matter.maintenance {
        Some(_) => (Text::Server, Text::Serviced, " class=\"work\"", "…"),
        None => (Text::Server, Text::Fails, " class=\"fault\"", "✗"),
    };
    let places = [
        (Text::Device, Text::Works, "", "✓"),
        (Text::Edge, Text::Works, "", "✓"),
        server,
    ];
    for (place, state, class, sign) in places {
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
    add(page, &["<h1>", &title, "</h1>\n"]);
    if let Some(message) = matter.message() {
        add(
            page,
            &["<p dir=\"auto\">", &html::escaped(message), "</p>\n"],
        );
    }
    if let Some(end) = matter.maintenance.and_then(|it| it.end) {
        let (written, spoken) = (date_time::written(end), date_time::spoken(end));
        let time = format!("<time dir=\"ltr\" datetime=\"{written}\">{spoken}</time>");
        let text = html::filled(&escaped(matter, Text::BackAt), &time);
        add(page, &["<p>", &text, "</p>\n"]);
    }
    if matter.maintenance.is_none() && !matter.is_offline() {
        how_long(page, matter);
    }
}

fn how_long(page: &mut String, matter: &Matter<'_>) {
    let fault = match matter.is_away() {
        true => Text::Fault,
        false => Text::Connection,
    };
    add(page, &["<p>", &escaped(matter, fault)]);
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
        matter.retry_after.min(LONGEST_WAIT),
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
    let remedies = match matter.is_offline() {
        true => &[Text::Connection][..],
        false if matter.is_away() => &[Text::Wait, Text::Connection, Text::Other, Text::Cache],
        // The connection was named above.
        false => &[Text::Wait, Text::Other, Text::Cache],
    };
    for text in remedies {
        add(page, &["<li>", &escaped(matter, *text), "</li>\n"]);
    }
    if !matter.is_offline() {
        contact(page, matter);
    }
    page.push_str("</ul>\n");
}

fn contact(page: &mut String, matter: &Matter<'_>) {
    let contact = escaped(matter, Text::Contact);
    match &matter.page.contact {
        Some(url) => {
            let url = html::escaped(url);
            add(
                page,
                &["<li><a href=\"", &url, "\">", &contact, "</a></li>\n"],
            );
        }
        None => add(page, &["<li>", &contact, "</li>\n"]),
    }
}

/// Where to go meanwhile.
fn links(page: &mut String, matter: &Matter<'_>) {
    // A page of the site itself is of use only if there is a copy of it.
    let works = |link: &&Link| !link.is_own() || matter.still_there.contains(&link.url.as_str());
    let mut links = matter.page.links.iter().filter(works).peekable();
    if links.peek().is_none() {
        return;
    }
    let heading = escaped(matter, Text::Links);
    add(page, &["<h2>", &heading, "</h2>\n<ul>\n"]);
    for Link { text, url } in links {
        let (text, url) = (html::escaped(text), html::escaped(url));
        let link = format!("<li><a href=\"{url}\"><bdi>{text}</bdi></a></li>\n");
        page.push_str(&link);
    }
    page.push_str("</ul>\n");
}

fn footer(page: &mut String, matter: &Matter<'_>) {
    let id = format!("<code dir=\"ltr\">{}</code>", html::escaped(matter.id));
    let quote = html::filled(&escaped(matter, Text::Quote), &id);
    add(page, &["<footer>\n<p>", &quote, "</p>\n"]);
    if matter.page.administrators {
        administrators(page, matter);
    }
    page.push_str("</footer>\n");
}

/// What those who run the site need to know; in English, as the log is.
fn administrators(page: &mut String, matter: &Matter<'_>) {
    let admins = escaped(matter, Text::Admins);
    let failure = &matter.failure;
    add(
        page,
        &[
            match matter.page.look {
                Look::Status => "<details open><summary>",
                Look::Calm | Look::Plain => "<details><summary>",
            },
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
