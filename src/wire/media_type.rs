//! What kind of thing a `Content-Type` names (RFC 9110, 8.3.1).

use super::cut;

/// The kinds that rules here tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `text/html` and `application/xhtml+xml`.
    Html,
    /// Style sheets, scripts, images, fonts, media: what pages are made of.
    Asset,
    /// Everything else, JSON and other interfaces among it, and no type at all.
    Other,
}

/// The kind of a field value; parameters do not matter.
#[must_use]
pub fn kind(content_type: &str) -> Kind {
    let essence = essence(content_type);
    let is = |wanted: &str| essence.eq_ignore_ascii_case(wanted);
    let starts = |wanted: &str| {
        essence
            .get(..wanted.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(wanted))
    };
    if is("text/html") || is("application/xhtml+xml") {
        Kind::Html
    } else if ["image/", "font/", "audio/", "video/"]
        .into_iter()
        .any(starts)
        || [
            "text/css",
            "text/javascript",
            "application/javascript",
            "application/wasm",
        ]
        .into_iter()
        .any(is)
    {
        Kind::Asset
    } else {
        Kind::Other
    }
}

/// `type/subtype` without parameters.
#[must_use]
pub fn essence(content_type: &str) -> &str {
    cut::first(content_type, b';').trim_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_kinds_apart() {
        let check = |value: &str, expected: Kind| assert_eq!(kind(value), expected, "{value}");
        check("Text/HTML; charset=utf-8", Kind::Html);
        check("application/xhtml+xml", Kind::Html);
        check("image/svg+xml", Kind::Asset);
        check("text/css", Kind::Asset);
        check("application/json", Kind::Other);
        check("text/html-ish", Kind::Other);
        check("", Kind::Other);
    }
}
