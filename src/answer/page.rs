//! The page for a person: one document, nothing fetched, nothing scripted.

use super::{Matter, advice, html};
use alloc::{format, string::String};

/// What is said about something the visitor sent.
pub(super) const SENT: &str =
    "What you sent may or may not have been saved. Please check before you send it again.";

/// Styles are the only thing the page needs; they are allowed by their hash.
pub(super) const CONTENT_SECURITY_POLICY: &str = concat!(
    "default-src 'none'; style-src 'sha256-",
    env!("LASTGOOD_PAGE_STYLE_SHA256"),
    "'; base-uri 'none'; form-action 'none'"
);

const STYLE: &str = include_str!("page.css");

pub(super) fn render(matter: &Matter<'_>) -> String {
    let advice = advice(matter.failure.cause);
    let sent = if matter.maybe_applied() {
        format!("<p class=\"sent\">{SENT}</p>")
    } else {
        String::new()
    };
    let again = if matter.safe {
        "<p><a class=\"again\" href=\"\">Try again</a></p>"
    } else {
        ""
    };
    format!(
        "<!doctype html>\n<html lang=\"en\" dir=\"ltr\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
         <body>\n<main>\n{PICTURE}\n<h1>{title}</h1>\n<p>{visitor}</p>\n{sent}\n\
         {when}\n{again}\n\
         <footer><p>If you write to the site’s owner about this, please quote <code>{id}</code>.</p>\n\
         <details><summary>For the site’s administrators</summary><ul>{checks}</ul></details></footer>\n\
         </main>\n</body>\n</html>\n",
        title = advice.title,
        visitor = advice.visitor,
        when = when(matter),
        id = html::escaped(matter.id),
        checks = checks(advice.administrators),
    )
}

/// Nobody is encouraged to send something a second time.
fn when(matter: &Matter<'_>) -> String {
    if !matter.is_retryable() {
        return String::new();
    }
    let span = match matter.retry_after {
        1 => String::from("a second"),
        count @ 0..120 => format!("{count} seconds"),
        count => format!("{} minutes", count / 60),
    };
    format!(
        "<p class=\"when\">Most such failures pass quickly. \
         Trying again in about {span} is worthwhile.</p>"
    )
}

fn checks(lines: &[&str]) -> String {
    let mut list = String::new();
    for line in lines {
        list.push_str("<li>");
        list.push_str(line);
    }
    list
}

/// Whose side it is on, as a picture that reads well aloud.
const PICTURE: &str = "<ol class=\"way\" aria-label=\"Where the fault is\">\
<li><span aria-hidden=\"true\">✓</span>Your device<b>works</b>\
<li><span aria-hidden=\"true\">✓</span>The way here<b>works</b>\
<li class=\"fault\"><span aria-hidden=\"true\">✗</span>The site’s server<b>has a fault</b></ol>";
