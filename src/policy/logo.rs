//! The operator's logo, as a URI that carries the image in itself.
//!
//! The page it stands on is shown when the site cannot be reached, so nothing of it
//! can be fetched. It goes into an image element, where no SVG runs a script.

use super::Value;
use super::read::is_all;
use crate::wire::cut;
use alloc::{format, string::String};

/// At most this many bytes, as written: it is part of each page.
const LONGEST: usize = 8 * 1024;

const SVG: &str = "data:image/svg+xml";

/// The kinds of image that come in base64 only.
const PACKED: [&str; 4] = [
    "data:image/png;base64",
    "data:image/webp;base64",
    "data:image/jpeg;base64",
    "data:image/gif;base64",
];

/// Reads a logo: a data URI of an image, or the source of an SVG. What comes of it
/// has no character that an attribute of HTML would have to escape.
pub(super) fn logo(value: &Value) -> Result<String, String> {
    let read = match value {
        Value::Text(text) if text.len() <= LONGEST => data_uri(text.trim_ascii()),
        _ => None,
    };
    read.ok_or_else(|| {
        format!(
            "an image such as \"data:image/png;base64,…\", in SVG, PNG, WebP, JPEG or GIF, or SVG \
             that begins with \"<svg\", at most {} KiB",
            LONGEST / 1024
        )
    })
}

fn data_uri(text: &str) -> Option<String> {
    if let Some(rest) = text.strip_prefix("<svg") {
        return svg(rest);
    }
    let (kind, data) = cut::at(text, b',')?;
    if PACKED.contains(&kind) {
        return is_base64(data).then(|| text.into());
    }
    let parameters = kind.strip_prefix(SVG)?;
    let is_part = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b';' | b'=' | b'-');
    let right = match parameters.strip_suffix(";base64") {
        Some(_) => is_base64(data),
        None => !data.is_empty(),
    };
    let plain = parameters.is_empty() || parameters.starts_with(';');
    (right && plain && is_all(parameters, is_part)).then(|| {
        let mut uri = String::from(kind);
        uri.push(',');
        // What is encoded already stays as it is.
        encode(&mut uri, data, b'%');
        uri
    })
}

/// The source of an SVG behind `<svg`. In an image it is nothing without its
/// namespace, which sources that were cut out of pages lack.
fn svg(rest: &str) -> Option<String> {
    const NAMESPACE: &str = "http://www.w3.org/2000/svg";
    if !rest.starts_with([' ', '\t', '\n', '\r', '>', '/']) {
        return None;
    }
    let mut uri = String::from(SVG);
    uri.push(',');
    encode(&mut uri, "<svg", 0);
    if !rest.contains(NAMESPACE) {
        encode(&mut uri, " xmlns='", 0);
        uri.push_str(NAMESPACE);
        encode(&mut uri, "'", 0);
    }
    encode(&mut uri, rest, 0);
    Some(uri)
}

fn is_base64(data: &str) -> bool {
    let digits = data.trim_end_matches('=');
    let padding = data.len().saturating_sub(digits.len());
    let is_digit = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'/');
    !digits.is_empty() && padding <= 2 && is_all(digits, is_digit)
}

/// Appends a text with all of its characters percent-encoded that a URL or an
/// attribute would take for something else, and `spared` as it is.
fn encode(uri: &mut String, text: &str, spared: u8) {
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or('0');
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!*():;@=+$,/".contains(&byte) || byte == spared {
            uri.push(char::from(byte));
        } else {
            uri.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Option<String> {
        logo(&Value::Text(text.into())).ok()
    }

    #[test]
    fn images_that_carry_themselves_are_taken() {
        let check = |text: &str, uri: &str| assert_eq!(read(text).as_deref(), Some(uri));
        check(
            "data:image/png;base64,iVBORw0=",
            "data:image/png;base64,iVBORw0=",
        );
        for kind in ["webp", "jpeg", "gif", "svg+xml"] {
            let uri = format!("data:image/{kind};base64,AA==");
            check(&uri, &uri);
        }
        check(
            "data:image/svg+xml;utf8,<svg fill='#0a5' width='5%25'/>",
            "data:image/svg+xml;utf8,%3csvg%20fill=%27%230a5%27%20width=%275%25%27/%3e",
        );
        check(
            " <svg\n viewBox=\"0 0 1 1\">é</svg> ",
            "data:image/svg+xml,%3csvg%20xmlns=%27http://www.w3.org/2000/svg%27%0a%20\
             viewBox=%220%200%201%201%22%3e%c3%a9%3c/svg%3e",
        );
        let named = read("<svg xmlns='http://www.w3.org/2000/svg'/>").unwrap();
        assert_eq!(named.matches("xmlns").count(), 1);
    }

    #[test]
    fn what_is_fetched_or_no_image_is_refused() {
        for wrong in [
            "",
            "/logo.svg",
            "https://a.test/logo.png",
            "<svgx/>",
            "<svg",
            "<?xml version='1.0'?><svg/>",
            "data:image/png,AA==",
            "data:image/png;base64,",
            "data:image/png;base64,====",
            "data:image/png;base64,AA\"onerror",
            "data:image/bmp;base64,AA==",
            "data:text/html,<script>",
            "data:image/svg+xml",
            "data:image/svg+xml,",
            "data:image/svg+xml;base64,<svg/>",
            "data:image/svg+xmlx,<svg/>",
            "data:image/svg+xml;a\"b,<svg/>",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert!(read(&format!("<svg>{}</svg>", "x".repeat(LONGEST - 11))).is_some());
        assert!(read(&format!("<svg>{}</svg>", "x".repeat(LONGEST - 10))).is_none());
    }

    proptest! {
        #[test]
        fn nothing_leaves_its_attribute(text: String) {
            for start in ["", "<svg ", "data:image/svg+xml,", "data:image/png;base64,"] {
                let uri = read(&format!("{start}{text}")).unwrap_or_default();
                let is_plain = |c: u8| c.is_ascii_graphic() && !b"\"'<>&#`\\".contains(&c);
                prop_assert!(uri.bytes().all(is_plain), "{uri}");
            }
        }
    }
}
