//! Which requests of a site are ours, and after which responses no copy is left.

use super::with_worker;
use crate::browser::time;
use crate::policy::{self, Mode};
use crate::wire::{Fields, Listed, Method, RequestHead, list, media_type, message};
use core::time::Duration;
use wasm_bindgen::prelude::*;

/// What is done with a request: the browser does as if we were not there, an exchange
/// answers it, it goes on as it is and may outdate copies, or it goes on as it is, with the
/// response that was asked for ahead of us.
const ALONE: u8 = 0;
const SERVED: u8 = 1;
const WRITTEN: u8 = 2;
const PASSED: u8 = 3;

/// The field by which a site gets rid of its copies (`forget`): of `Clear-Site-Data` not
/// every browser shows us anything. By `off` it gets rid of the service worker, which is
/// heeded without the core, as it must be where that fails.
const SWITCH: &str = "lastgood-service-worker";

/// What is to be done with a request: left to the browser (0), served by a
/// [`Visit`](super::Visit) (1), passed on and seen what it [outdates](super::outdated)
/// (2), passed on (3). `site` is the origin that this worker serves, `asked` the fields of
/// the request, `name:value`, one per line, `cache` the cache mode that a script chose;
/// one that is to outlive its page (`keepalive`) must not wait for us.
#[wasm_bindgen]
#[must_use]
pub fn treatment(
    method: &str,
    url: &str,
    site: &str,
    asked: &str,
    cache: &str,
    keepalive: bool,
) -> u8 {
    let fields = Listed::new(asked);
    let head = RequestHead::read(method, url, &fields);
    let origin = url.strip_suffix(message::path_and_query(url));
    if origin.unwrap_or(url) != site {
        return ALONE;
    }
    let navigates = fields.get("sec-fetch-mode") == "navigate";
    let off = with_worker(|it| it.configuration.policy_for(head.path).mode == Mode::Off);
    match head.method {
        Method::Get | Method::Head if !off && wants_copies(&fields, cache) => SERVED,
        Method::Get if navigates => PASSED,
        Method::Get | Method::Head | Method::Options => ALONE,
        _ if !off && !keepalive && (navigates || !is_upload(&fields)) => WRITTEN,
        _ => ALONE,
    }
}

/// Whether a copy could be of use. A player asks for parts of what is too large for us; a
/// stream of events never ends; who asks under a condition has a store of their own.
fn wants_copies(fields: &dyn Fields, cache: &str) -> bool {
    let destination = fields.get("sec-fetch-dest");
    let plays = ["audio", "video", "track"].contains(&destination);
    let own = ["if-none-match", "if-modified-since", "if-match", "if-range"];
    let conditional = own.iter().any(|name| fields.has(name)) && !fields.has("range");
    let asides = ["no-store", "only-if-cached"].contains(&cache) && !fields.has("lastgood-probe");
    !plays && !conditional && !asides && !streams(fields)
}

fn streams(fields: &dyn Fields) -> bool {
    list::elements(fields.get("accept")).any(|it| media_type::essence(it) == "text/event-stream")
}

/// Whether a script sends a file: who passes on its request takes its progress away.
fn is_upload(fields: &dyn Fields) -> bool {
    let essence = media_type::essence(fields.get("content-type"));
    let small = [
        "",
        "application/json",
        "application/x-www-form-urlencoded",
        "text/plain",
    ];
    !small.contains(&essence) && !essence.ends_with("+json")
}

/// Whether a response to a request for `url` orders, by its fields or by where it comes
/// from, that no copy be left.
#[wasm_bindgen]
#[must_use]
pub fn forgets(url: &str, status: u16, fields: &str) -> bool {
    let fields = Listed::new(fields);
    let cleared = ["\"*\"", "\"cache\"", "\"cookies\"", "\"storage\""];
    let mut clears = list::elements(fields.get("clear-site-data"));
    let signs_out = || {
        let path = message::path(url);
        with_worker(|it| {
            let mut paths = it.settings.forget_after.iter();
            paths.any(|pattern| policy::fits(pattern, path))
        })
    };
    fields.get(SWITCH) == "forget"
        || clears.any(|it| cleared.contains(&it))
        || (status < 400 && signs_out())
}

/// A worker asks for a new version of itself so often, while its pages stay open: browsers
/// do that only when one is loaded.
const BETWEEN_CHECKS: Duration = Duration::from_secs(60 * 60);

/// Whether it is time to ask for a new version, after one was asked for `last`.
#[wasm_bindgen]
#[must_use]
pub fn is_check_due(last: f64, now: f64) -> bool {
    let (last, now) = (time(last), time(now));
    now.since(last) >= BETWEEN_CHECKS || last > now
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str = "https://a.test";

    #[test]
    fn what_is_not_ours_is_left_alone() {
        let check = |method: &str, url: &str, asked: &str, cache: &str, expected: u8| {
            let found = treatment(method, url, SITE, asked, cache, false);
            assert_eq!(found, expected, "{method} {url} {asked} {cache}");
        };
        let own = "https://a.test/x?y#z";
        let navigates = "sec-fetch-mode:navigate\nsec-fetch-dest:document";
        check("GET", own, navigates, "default", SERVED);
        check("GET", own, "", "reload", SERVED);
        check("HEAD", own, "", "default", SERVED);
        check("HEAD", own, "lastgood-probe:1", "no-store", SERVED);
        check("GET", own, "range:bytes=0-", "default", SERVED);
        check("GET", "https://a.test.evil/x", "", "default", ALONE);
        check("GET", "https://b.test/x", "", "default", ALONE);
        check("GET", own, "", "no-store", ALONE);
        check(
            "GET",
            own,
            "sec-fetch-dest:video\nrange:bytes=0-",
            "default",
            ALONE,
        );
        check("GET", own, "accept:text/event-stream", "default", ALONE);
        check("GET", own, "if-none-match:\"a\"", "default", ALONE);
        check("OPTIONS", own, "", "default", ALONE);
        check(
            "POST",
            own,
            "content-type:application/json",
            "default",
            WRITTEN,
        );
        check("POST", own, "content-type:image/png", "default", ALONE);
        let form = "sec-fetch-mode:navigate\ncontent-type:multipart/form-data; boundary=x";
        check("POST", own, form, "default", WRITTEN);
        let outlives = treatment("POST", own, SITE, "", "default", true);
        assert_eq!(outlives, ALONE);
    }

    #[test]
    fn a_site_orders_by_fields_and_by_paths() {
        let check = |path: &str, status: u16, fields: &str, expected: bool| {
            let url = ["https://a.test", path].concat();
            assert_eq!(forgets(&url, status, fields), expected, "{path} {fields}");
        };
        check("/", 200, "", false);
        check("/", 200, "lastgood-service-worker:forget", true);
        check("/", 502, "lastgood-service-worker:forget", true);
        check("/", 200, "clear-site-data:\"cache\", \"cookies\"", true);
        check("/", 200, "clear-site-data:\"executionContexts\"", false);
        check("/account/logout", 303, "", true);
        check("/account/logout", 502, "", false);
        check("/logout/help", 200, "", false);
    }

    #[test]
    fn a_new_version_is_asked_for_once_an_hour() {
        let hour = 60.0 * 60.0 * 1000.0;
        assert!(is_check_due(0.0, hour) && !is_check_due(1.0, hour));
        assert!(is_check_due(2.0 * hour, hour), "a clock that was set back");
    }
}
