//! Error pages of gateways that arrive under a status that hides them.
//!
//! A proxy between the origin and us, or a framework that catches everything,
//! may send a 502 page as 200. Kept as the last good page it would be shown for
//! a day. The pages are few, small and old; each is known by what nothing else
//! says.
//!
//! What is known is data: each line of `fingerprints.txt` is a maker, the status
//! that its page stands for, or `-` where only the page tells, and the page. In
//! the page `*` is any text, with markup in it only if markup follows; `#` is a
//! digit, and a space is white space or none, for line ends change on the way.
//! The digits are the status, and a fourth one the sub-status. Letters match in
//! either case. The first page that fits is taken: those that fit more are last.
//!
//! Pages about errors quote error pages, so a page has to begin as it is
//! written, and `<title>` is only ever the first one: in a quotation it is the
//! second.

use crate::wire::cut;

/// The lines of `fingerprints.txt`: the page, and then the maker and the status.
const FINGERPRINTS: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/fingerprints.rs"));

/// No known error page is longer, in bytes; nothing longer is looked at.
pub const LONGEST: usize = 8192;

/// What a page in disguise is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disguise {
    /// Whose error page it is.
    pub maker: &'static str,
    /// The status that it should have come with, if the page tells.
    pub status: Option<u16>,
    /// The 3 of IIS's 502.3.
    pub sub_status: Option<u8>,
}

/// The gateway's error page that this is, if it is a known one. `body` is the
/// whole body; one above [`LONGEST`] is none.
///
/// ```
/// use lastgood::verdict::disguise::recognise;
/// let found = recognise(b"error code: 522").unwrap();
/// assert_eq!((found.maker, found.status), ("cloudflare", Some(522)));
/// assert_eq!(recognise(b"<h1>Our opening hours</h1>"), None);
/// ```
#[must_use]
pub fn recognise(body: &[u8]) -> Option<Disguise> {
    first(FINGERPRINTS.iter(), body)
}

/// The same, if it is the error page of this maker.
#[must_use]
pub fn recognise_as(maker: &str, body: &[u8]) -> Option<Disguise> {
    let of_maker = |told: &str| cut::at(told, b' ').is_some_and(|(name, _)| name == maker);
    let pages = FINGERPRINTS.iter().filter(|(_, told)| of_maker(told));
    first(pages, body)
}

/// What the body is by the first of these pages that fits.
fn first<'a>(
    pages: impl Iterator<Item = &'a (&'static str, &'static str)>,
    body: &[u8],
) -> Option<Disguise> {
    if body.len() > LONGEST {
        return None;
    }
    let body = body.trim_ascii();
    let mut alike = pages.filter(|(page, _)| piece(page, (body, 0)).is_some());
    alike.find_map(|(page, told)| compare(page, told, body))
}

/// What `body` is, if it is this page.
fn compare(page: &str, told: &'static str, body: &[u8]) -> Option<Disguise> {
    let (maker, status) = cut::at(told, b' ')?;
    let (status, sub_status) = match digits(page, body)? {
        0 => (status.parse().ok(), None),
        read @ 1..=999 => (Some(read), None),
        read => (Some(read / 10), u8::try_from(read % 10).ok()),
    };
    // Its 404 is cut from the same cloth.
    let is_failure = status.is_none_or(|status| (500..600).contains(&status));
    is_failure.then_some(Disguise {
        maker,
        status,
        sub_status,
    })
}

/// The number that the digits of a page make, if `body` is that page.
fn digits(page: &str, body: &[u8]) -> Option<u16> {
    let mut parts = cut::parts(page, b'*');
    let mut at = piece(parts.next()?, (body, 0))?;
    let mut open = false;
    for part in parts {
        at = find(part, at)?;
        open = part.is_empty();
    }
    (open || at.0.trim_ascii_start().is_empty()).then_some(at.1)
}

/// What is left of a body, and the number read so far.
type Position<'a> = (&'a [u8], u16);

/// Behind the first place that matches. Bytewise: the standard library's clever
/// search weighs more than all of this.
fn find<'a>(part: &str, mut at: Position<'a>) -> Option<Position<'a>> {
    let is_markup = part.starts_with('<');
    loop {
        if is_markup {
            let place = at.0.iter().position(|byte| *byte == b'<')?;
            at.0 = at.0.get(place..)?;
        }
        if let Some(found) = piece(part, at) {
            return Some(found);
        }
        let passes_title = is_title(part.as_bytes()) && is_title(at.0);
        let (first, rest) = at.0.split_first()?;
        if passes_title || (*first == b'<' && !is_markup) {
            return None;
        }
        at.0 = rest;
    }
}

fn is_title(text: &[u8]) -> bool {
    text.get(..6)
        .is_some_and(|tag| tag.eq_ignore_ascii_case(b"<title"))
}

/// Behind a page, or a part of it, up to a `*`, if the body goes on with that.
fn piece<'a>(part: &str, (mut body, mut number): Position<'a>) -> Option<Position<'a>> {
    for sign in part.bytes() {
        if sign == b'*' {
            break;
        }
        if sign == b' ' {
            body = body.trim_ascii_start();
            continue;
        }
        let (first, rest) = body.split_first()?;
        if sign == b'#' {
            let digit = first.is_ascii_digit().then_some(first & 0xf)?;
            number = number.saturating_mul(10).saturating_add(digit.into());
        } else if !sign.eq_ignore_ascii_case(first) {
            return None;
        }
        body = rest;
    }
    Some((body, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_which_failure_it_is() {
        let check = |body: &str, maker, status, sub_status| {
            let expected = Disguise {
                maker,
                status,
                sub_status,
            };
            assert_eq!(recognise(body.as_bytes()), Some(expected), "{body}");
        };
        check("error code: 522", "cloudflare", Some(522), None);
        check(" error code: 502\r\n", "cloudflare", Some(502), None);
        check("error code: 1033", "cloudflare", Some(530), None);
        check("no healthy upstream", "envoy", Some(503), None);
        let iis = "<!DOCTYPE html PUBLIC ''><html><head><title>IIS 8.5 Detailed Error - 502.3 - Bad Gateway</title>";
        check(iis, "iis", Some(502), Some(3));
        let down = "<h2>Our services aren't available right now</h2><p>We're working to restore all services as soon as possible.";
        check(down, "azure-front-door", None, None);
    }

    #[test]
    fn what_is_no_failure_is_a_page() {
        for body in [
            "error code: 404",
            "error code: 5020",
            "error code: 52",
            "see error code: 502",
            "error code: 502, and what it means",
            "<html><head><title>404 Not Found</title></head><body><center><h1>404 Not Found</h1></center><hr><center>nginx</center>",
        ] {
            assert_eq!(recognise(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn a_title_is_the_first() {
        let read = |page: &str| digits("<html>*<title>### Proxy*", page.as_bytes());
        let page = "<html><head><title>502 Proxy</title>";
        assert_eq!(read(page), Some(502));
        assert_eq!(read(&page.replace('t', "T")), Some(502));
        let quoted = "<html><head><title>Proxies</title><title>502 Proxy</title>";
        assert_eq!(read(quoted), None);
    }

    #[cfg(not(target_arch = "wasm32"))]
    #[test]
    fn every_fingerprint_has_a_page() {
        extern crate std;
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/disguises");
        let files = std::fs::read_dir(folder).unwrap();
        let pages: alloc::vec::Vec<_> = files
            .filter_map(|file| std::fs::read_to_string(file.unwrap().path()).ok())
            .collect();
        let known_by = |page: &str| {
            let page = page.as_bytes().trim_ascii();
            let mut lines = FINGERPRINTS.iter();
            lines.find(|(start, told)| compare(start, told, page).is_some())
        };
        for line in FINGERPRINTS {
            let known = pages.iter().any(|page| known_by(page) == Some(line));
            assert!(known, "no page is known by {line:?}");
        }
    }
}
