//! Whether a body is a whole HTML document: what begins otherwise is a part of one,
//! or no HTML at all, whatever it is called.

/// Whether a document begins so, behind whose end something may stand: a line there
/// is a child of `body`. AMP knows no such line, and frames leave no place for it.
#[must_use]
pub fn is_document(start: &[u8]) -> bool {
    let first = first_tag(start);
    let html = match is_tag(first, "!doctype") {
        true => first_tag(past(first, b">")),
        false => first,
    };
    let whole = ["!doctype", "html", "head", "body"];
    whole.iter().any(|name| is_tag(first, name))
        && !(is_tag(html, "html") && is_amp(html))
        && !start
            .split(|byte| *byte == b'<')
            .any(|tag| is_tag(tag, "frameset"))
}

/// What follows the `<` of the first tag: comments and processing instructions may
/// stand before it.
fn first_tag(text: &[u8]) -> &[u8] {
    let mut rest = text.trim_ascii_start();
    loop {
        let end: &[u8] = match rest {
            [b'<', b'!', b'-', b'-', ..] => b"-->",
            [b'<', b'?', ..] => b">",
            [b'<', tag @ ..] => return tag,
            _ => return &[],
        };
        rest = past(rest, end).trim_ascii_start();
    }
}

/// What follows something in a text; nothing if it is not there.
fn past<'a>(text: &'a [u8], end: &[u8]) -> &'a [u8] {
    let place = text.windows(end.len()).position(|it| it == end);
    let rest = place.and_then(|place| text.get(place.saturating_add(end.len())..));
    rest.unwrap_or_default()
}

/// Whether a tag has this name.
fn is_tag(tag: &[u8], name: &str) -> bool {
    let (start, rest) = tag.split_at_checked(name.len()).unwrap_or_default();
    let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/');
    rest.first().is_some_and(ends) && start.eq_ignore_ascii_case(name.as_bytes())
}

/// Whether the `html` element says that it is AMP, of whatever kind.
fn is_amp(html: &[u8]) -> bool {
    let attributes = html.split(|byte| *byte == b'>').next().unwrap_or_default();
    let mut attributes = attributes.split(u8::is_ascii_whitespace);
    attributes.any(|it| {
        let mut parts = it.split(|byte| matches!(byte, b'=' | b'4'));
        let name = parts.next().unwrap_or_default();
        name == "⚡".as_bytes() || name.eq_ignore_ascii_case(b"amp")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    #[test]
    fn a_document_is_told_by_how_it_begins() {
        let check = |start: &str, expected: bool| {
            assert_eq!(is_document(start.as_bytes()), expected, "{start}")
        };
        check("<!doctype html><title>x</title>", true);
        check("\n <!DOCTYPE HTML PUBLIC \"x\">\n<HTML lang=en>", true);
        check("<!-- by hand --><?php ?>\n<html><head>", true);
        check("<body>Bread", true);
        check("<head/>", true);
        check("", false);
        check("<", false);
        check("<p>Bread", false);
        check("Bread <body>", false);
        check("<!-- <body> --><li>Bread", false);
        check("<!-- <body>", false);
        check("<header>Bread</header>", false);
        check("{\"a\":\"<html>\"}", false);
        check("<\0!\0d\0o\0c\0t\0y\0p\0e\0", false);
        check("<script>'<body>'</script>", false);
    }

    #[test]
    fn what_takes_no_line_is_none() {
        let check = |html: &str, expected: bool| {
            for doctype in ["", "<!doctype html> <!-- x -->"] {
                let start = alloc::format!("{doctype}{html}");
                assert_eq!(is_document(start.as_bytes()), expected, "{start}");
            }
        };
        check("<html amp lang=en>", false);
        check("<html lang=en ⚡>", false);
        check("<html AMP4ads>", false);
        check("<html ⚡4email=\"\">", false);
        check("<html class=amp data-amp>", true);
        check("<html><head><title>x</title><FRAMESET rows=*>", false);
        check("<html><body><amp-img>", true);
    }

    proptest! {
        #[test]
        fn anything_may_come(start in "(<!--|-->|<\\?|>|<!doctype|<html| |a|⚡)*", rest: Vec<u8>) {
            let _ = (is_document(start.as_bytes()), is_document(&rest));
        }
    }
}
