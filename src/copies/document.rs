//! Whether a body is a whole HTML document: what begins otherwise is a part of one,
//! or no HTML at all, whatever it is called.

/// Whether a document begins so, behind whose end something may stand: a line there
/// is a child of `body`. AMP knows no such line, and frames leave no place for it.
#[must_use]
pub fn is_document(start: &str) -> bool {
    let first = first_tag(start);
    let html = match is_tag(first, "!doctype") {
        true => first_tag(first.split_once('>').unwrap_or_default().1),
        false => first,
    };
    let whole = ["!doctype", "html", "head", "body"];
    whole.iter().any(|name| is_tag(first, name))
        && !(is_tag(html, "html") && is_amp(html))
        && !start.split('<').any(|tag| is_tag(tag, "frameset"))
}

/// What follows the `<` of the first tag: comments and processing instructions may
/// stand before it.
fn first_tag(text: &str) -> &str {
    let mut rest = text.trim_start();
    loop {
        let after = match (rest.strip_prefix("<!--"), rest.strip_prefix("<?")) {
            (Some(comment), _) => comment.split_once("-->"),
            (_, Some(instruction)) => instruction.split_once('>'),
            (None, None) => return rest.strip_prefix('<').unwrap_or_default(),
        };
        rest = after.unwrap_or_default().1.trim_start();
    }
}

/// Whether a tag has this name.
fn is_tag(tag: &str, name: &str) -> bool {
    let (start, rest) = tag.split_at_checked(name.len()).unwrap_or_default();
    start.eq_ignore_ascii_case(name)
        && rest.starts_with(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/'))
}

/// Whether the `html` element says that it is AMP, of whatever kind.
fn is_amp(html: &str) -> bool {
    let (attributes, _) = html.split_once('>').unwrap_or((html, ""));
    let mut attributes = attributes.split_ascii_whitespace();
    attributes.any(|it| {
        let name = it.split(['=', '4']).next().unwrap_or_default();
        name == "⚡" || name.eq_ignore_ascii_case("amp")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use proptest::prelude::*;

    #[test]
    fn a_document_is_told_by_how_it_begins() {
        let check =
            |start: &str, expected: bool| assert_eq!(is_document(start), expected, "{start}");
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
                assert_eq!(is_document(&start), expected, "{start}");
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
        fn anything_may_come(start in "(<!--|-->|<\\?|>|<!doctype|<html| |a|⚡)*", rest: String) {
            let _ = (is_document(&start), is_document(&rest));
        }
    }
}
