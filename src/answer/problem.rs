//! Problem details (RFC 9457), as JSON and as XML: what a program has to know to do
//! the right thing next.

use super::{Matter, html};
use crate::verdict::Cause;
use crate::wire::{json, time::millis};
use alloc::{format, string::String, string::ToString, vec::Vec};

/// No more of a URL is given back.
const LONGEST_INSTANCE: usize = 1024;

enum Value {
    Text(String),
    Number(u64),
    Flag(bool),
}

/// A member: its name, and what it is.
type Member = (&'static str, Value);

/// All of it, in the syntax of the media type.
pub(super) fn render(media_type: &str, status: u16, matter: &Matter<'_>) -> String {
    let members = members(status, matter);
    match media_type.contains("xml") {
        true => xml(&members),
        false => json(&members),
    }
}

fn members(status: u16, matter: &Matter<'_>) -> Vec<Member> {
    let failure = &matter.failure;
    let cause = failure.cause.name();
    let text = |text: &str| Value::Text(text.into());
    let mut members = Vec::from([
        ("type", Value::Text(format!("{}{cause}", Cause::TYPES))),
        ("title", text(matter.title())),
        ("status", Value::Number(status.into())),
        ("detail", Value::Text(matter.sentences())),
        ("instance", text(instance(matter.url))),
        ("cause", text(cause)),
        ("phase", text(failure.phase.name())),
        ("retryable", Value::Flag(matter.is_retryable())),
    ]);
    let seconds = |span| Value::Number(millis(span) / 1000);
    let more = [
        ("retry_after", matter.comes_back().map(Value::Number)),
        ("applied", matter.applied().map(text)),
        (
            "upstream_status",
            failure.status.map(|it| Value::Number(it.into())),
        ),
        ("number", matter.number.map(|it| Value::Text(it.name()))),
        ("lasting", matter.outage.lasting.map(seconds)),
        ("usually", matter.outage.usual.map(seconds)),
        ("request_id", Some(text(matter.id))),
    ];
    let known = |(name, value): (_, Option<Value>)| Some((name, value?));
    members.extend(more.into_iter().filter_map(known));
    members
}

fn instance(url: &str) -> &str {
    let end = url.floor_char_boundary(LONGEST_INSTANCE);
    url.get(..end).unwrap_or_default()
}

fn json(members: &[Member]) -> String {
    let mut body = String::from("{");
    for (name, value) in members {
        if body.len() > 1 {
            body.push(',');
        }
        body.push_str(&json::string(name));
        body.push(':');
        body.push_str(&match value {
            Value::Text(text) => json::string(text),
            Value::Number(number) => number.to_string(),
            Value::Flag(flag) => flag.to_string(),
        });
    }
    body.push_str("}\n");
    body
}

/// RFC 9457, Appendix B.
fn xml(members: &[Member]) -> String {
    let mut body = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<problem xmlns=\"urn:ietf:rfc:7807\">\n",
    );
    for (name, value) in members {
        let value = match value {
            Value::Text(text) => html::escaped(text).replace(is_no_xml, ""),
            Value::Number(number) => number.to_string(),
            Value::Flag(flag) => flag.to_string(),
        };
        body.push_str(&format!("  <{name}>{value}</{name}>\n"));
    }
    body.push_str("</problem>\n");
    body
}

/// Whether XML has no way to write it, not even escaped (XML 1.0, 2.2).
fn is_no_xml(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}
