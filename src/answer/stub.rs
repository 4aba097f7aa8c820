//! The least that a parser takes for what it expects: it must not choke on an
//! outage.

use super::form::{PICTURE, SCRIPT, STYLE};
use super::html;
use super::language::{Language, Text};
use alloc::{format, string::String};

/// The body under a media type; empty where nothing is better than something.
pub(super) fn render(media_type: &str, language: &Language) -> String {
    let text = language.text(Text::Unavailable);
    match media_type {
        PICTURE => picture(&html::escaped(text)),
        SCRIPT | STYLE => format!("/* {text} */\n"),
        _ => String::new(),
    }
}

/// As wide as it is shown, in whatever colours are around it.
fn picture(text: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 240 120\" role=\"img\">\
         <title>{text}</title><rect width=\"240\" height=\"120\" fill=\"#8883\"/>\
         <text x=\"120\" y=\"64\" text-anchor=\"middle\" font-family=\"system-ui,sans-serif\" \
         font-size=\"13\" fill=\"#777\">{text}</text></svg>\n"
    )
}
