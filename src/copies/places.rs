//! Where copies are stored.
//!
//! The platform's store holds one thing under each URL. The page is under its own,
//! so that the platform's tools find it there; what else there is of it lies under
//! URLs of a host that cannot exist. Variants hang on the page: whoever removes
//! that has removed them.

use super::asides::Aside;
use super::envelope::Originals;
use crate::slots::digest;
use crate::wire::{Fields, cut, message, vary};
use alloc::{format, string::String};

/// The host under which nobody can ask for anything (RFC 6761, 6.4).
const NOWHERE: &str = ".lastgood.invalid";

/// Whether a URL is one that only we may use.
#[must_use]
pub fn is_ours(url: &str) -> bool {
    let host = message::host(url);
    let name = cut::first(host, b':');
    let name = name.trim_end_matches('.');
    let end = name.len().saturating_sub(NOWHERE.len());
    name.get(end..)
        .is_some_and(|end| end.eq_ignore_ascii_case(NOWHERE))
}

/// Where something lies beside the page.
#[must_use]
pub fn of_aside(url: &str, aside: Aside) -> String {
    elsewhere(aside.name(), url)
}

/// All places of a page that can be named: it, and what lies beside it. Variants hang
/// on it.
#[must_use]
pub fn all_of(url: &str) -> [String; 3] {
    [
        url.into(),
        of_aside(url, Aside::Error),
        of_aside(url, Aside::Part),
    ]
}

/// Where a response goes: in place of the page, if that is the same variant, or
/// there is none, or it was told apart otherwise; else beside it.
#[must_use]
pub fn for_response(
    url: &str,
    response_vary: &str,
    envelope: &str,
    request: &dyn Fields,
) -> Option<String> {
    let page = Originals::read(envelope)?;
    let same = page.get("vary").eq_ignore_ascii_case(response_vary);
    (same && !page.selects(request)).then(|| variant(url, &page, request))
}

/// Where a copy goes that was found elsewhere for a request, under `envelope`; `page` is
/// the envelope of what is in place of the page here. Nothing if there is as new a one.
#[must_use]
pub fn to_return(url: &str, envelope: &str, page: &str, request: &dyn Fields) -> Option<String> {
    let copy = Originals::read(envelope)?;
    let newer = Originals::read(page)
        .is_some_and(|page| page.selects(request) && page.stored_at >= copy.stored_at);
    let place = || for_response(url, copy.get("vary"), page, request).unwrap_or_else(|| url.into());
    (!newer).then(place)
}

/// Where the variant for a request is, if the page is another one.
pub(super) fn variant(url: &str, page: &Originals<'_>, request: &dyn Fields) -> String {
    let line = vary::selecting(page.get("vary"), request);
    let name = digest(&[line.as_str(), page.root]);
    elsewhere(&format!("{name:016x}"), url)
}

fn elsewhere(name: &str, url: &str) -> String {
    let host = message::host(url);
    format!(
        "https://{name}{NOWHERE}/{host}{}",
        message::path_and_query(url)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::copies::Found;
    use crate::wire::Listed;

    const URL: &str = "https://a.test:8443/x?y=/1";
    const GERMAN: &str =
        "stored 1 1 selecting 19 accept-language=de; root 1 7 vary 15 Accept-Language .";

    fn place(envelope: &str, request: &Listed<'_>) -> Option<String> {
        match Found::under(envelope, URL, request) {
            Found::Variant(place) => Some(place),
            Found::Copy(_) | Found::Nothing => None,
        }
    }

    #[test]
    fn a_variant_has_a_place_of_its_own() {
        let french = Listed::new("accept-language:fr");
        let french_place = place(GERMAN, &french).unwrap();
        assert!(
            french_place.ends_with(".lastgood.invalid/a.test:8443/x?y=/1"),
            "{french_place}"
        );
        assert!(is_ours(&french_place));
        assert_eq!(place(GERMAN, &Listed::new("accept-language:DE")), None);
        assert_eq!(place("", &french), None);
        let later = GERMAN.replace("root 1 7", "root 1 8");
        assert_ne!(place(&later, &french), Some(french_place.clone()));
        assert_eq!(
            for_response(URL, "accept-language", GERMAN, &french),
            Some(french_place)
        );
        assert_eq!(for_response(URL, "accept", GERMAN, &french), None);
        let vary = "vary 15 Accept-Language .";
        let found = alloc::format!("stored 1 2 selecting 19 accept-language=fr; {vary}");
        let to = |envelope: &str, page: &str| to_return(URL, envelope, page, &french);
        assert_eq!(to(&found, ""), Some(URL.into()));
        assert_eq!(to(&found, GERMAN), place(GERMAN, &french));
        let older = found.replace("stored 1 2", "stored 1 1");
        assert_eq!(to(&found, &older), Some(URL.into()));
        assert_eq!(to(&older, &found), None);
        assert_eq!(to(&found, &found), None);
        assert_eq!(to("damaged", ""), None);
    }

    #[test]
    fn nobody_can_ask_for_what_is_ours() {
        for ours in [
            "https://error.lastgood.invalid/",
            "http://A.LASTGOOD.INVALID.:80/x",
        ] {
            assert!(is_ours(ours), "{ours}");
        }
        for other in [
            URL,
            "https://lastgood.invalid.test/",
            "https://a.test/.lastgood.invalid/",
        ] {
            assert!(!is_ours(other), "{other}");
        }
        assert!(is_ours(&of_aside(URL, Aside::Error)));
    }
}
