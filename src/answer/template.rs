//! A page of the operator's own, with what is to be said in its places.

use super::{Matter, html};
use crate::wire::cut;
use alloc::{format, string::String};

/// The page with a value for each `{{name}}`, escaped as text in HTML; nothing if it has
/// a place that nobody fills in, or one without an end.
pub(super) fn filled(template: &str, status: u16, matter: &Matter<'_>) -> Option<String> {
    let mut page = String::with_capacity(template.len().saturating_add(1024));
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once("{{") {
        let (name, after) = behind.split_once("}}")?;
        page.push_str(before);
        page.push_str(&html::escaped(&value(name.trim_ascii(), status, matter)?));
        rest = after;
    }
    page.push_str(rest);
    Some(page)
}

fn value(name: &str, status: u16, matter: &Matter<'_>) -> Option<String> {
    // Two slashes would make of it a link to another site.
    let path = || format!("/{}", cut::first(matter.url, b'?').trim_start_matches('/'));
    Some(match name {
        "title" => matter.title().into(),
        "text" => matter.sentences(),
        "later" => matter.later().unwrap_or_default(),
        "quote" => matter.quote(),
        "status" => format!("{status}"),
        "cause" => matter.failure.cause.name().into(),
        "retry_after" => format!("{}", matter.comes_back().unwrap_or_default()),
        "request_id" => matter.id.into(),
        "language" => matter.language.tag.into(),
        "direction" => matter.language.direction().into(),
        "site" => matter.page.name.clone().unwrap_or_default(),
        "path" => path(),
        _ => return None,
    })
}
