//! The answer in sentences: as plain text, and as Markdown.

use super::Matter;
use alloc::{format, string::String};

pub(super) fn text(matter: &Matter<'_>) -> String {
    let mut text = format!("{}\n\n{}\n", matter.title(), matter.sentences());
    if let Some(later) = matter.later() {
        text.push_str(&format!("{later}\n"));
    }
    text.push_str(&format!("\n{} {}\n", matter.contact(), matter.quote()));
    text
}

/// With the facts below, by names that are the same in all languages.
pub(super) fn markdown(status: u16, matter: &Matter<'_>) -> String {
    let failure = &matter.failure;
    let mut text = format!("# {}\n\n{}\n", matter.title(), matter.sentences());
    if let Some(later) = matter.later() {
        text.push_str(&format!("\n{later}\n"));
    }
    text.push_str("\n| | |\n|---|---|\n");
    let mut row = |name: &str, value: &str| text.push_str(&format!("| {name} | {value} |\n"));
    row("status", &format!("{status}"));
    row("cause", failure.cause.name());
    row("phase", failure.phase.name());
    row("retryable", &format!("{}", matter.is_retryable()));
    if let Some(after) = matter.comes_back() {
        row("retry_after", &format!("{after}"));
    }
    if let Some(applied) = matter.applied() {
        row("applied", applied);
    }
    if let Some(status) = failure.status {
        row("upstream_status", &format!("{status}"));
    }
    row("request_id", &code(matter.id));
    text
}

/// Text that means nothing but itself.
fn code(text: &str) -> String {
    let is_mark = |c: char| c.is_control() || matches!(c, '`' | '|' | '<');
    format!("`{}`", text.replace(is_mark, ""))
}
