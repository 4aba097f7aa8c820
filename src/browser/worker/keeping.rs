//! What becomes of responses behind their replies: copies that are kept, and copies that
//! are gone.

use super::private::Private;
use super::shelf::Stored;
use super::with_worker;
use crate::browser::{length_of, time};
use crate::copies::{self, ENVELOPE, Kept, Search};
use crate::gateway::{self, FirstResponse};
use crate::policy::Mode;
use crate::verdict::{Cause, disguise};
use crate::wire::{Fields, Listed, Method, RequestHead, ResponseHead, Timestamp, list, message};
use alloc::{rc::Rc, string::String, vec::Vec};
use wasm_bindgen::prelude::*;

/// The name of the field in which a stored response has its envelope.
#[wasm_bindgen]
#[must_use]
pub fn envelope_field() -> String {
    ENVELOPE.into()
}

/// If a copy of a response is to be kept now, the bytes of memory that are set aside for
/// it, to be given to [`landed`] afterwards; -1 if not. It counts as kept from then on.
/// `asked` and `fields` are all fields of both; `type_of` is what the browser calls the
/// response: of one that is not `basic` not all is seen, or it is another site's.
#[wasm_bindgen]
#[must_use]
pub fn claim_copy(
    method: &str,
    url: &str,
    asked: &str,
    status: u16,
    fields: &str,
    type_of: &str,
    now: f64,
) -> f64 {
    let asked = Listed::new(asked);
    let fields = Private::new(fields);
    let request = RequestHead::read(method, url, &asked);
    let head = ResponseHead {
        arrived: Some(time(now)),
        ..ResponseHead::read(status, &fields)
    };
    let claimed = with_worker(|it| {
        let policy = Rc::clone(it.configuration.policy_for(request.path));
        let aside = copies::may_keep(&request, &head, &policy);
        // What lies beside a page is of use to many, and to one visitor hardly.
        if type_of != "basic" || aside != Ok(None) {
            return None;
        }
        let bytes = it.room.take(&head, &policy)?;
        let varied = varied(head.vary, &asked);
        let due = &mut it.due;
        if gateway::is_keeping_due(&request, &head, &fields, &varied, &policy, due, time(now)) {
            return Some(bytes);
        }
        it.room.give_back(bytes);
        None
    });
    claimed.map_or(-1.0, bytes_of)
}

/// Notes a response that the browser asked for ahead of us at `asked`, and for which no
/// attempt waited. Whether it is a good one: then the origin is well.
#[wasm_bindgen]
#[must_use]
pub fn overheard(url: &str, status: u16, asked: f64, now: f64) -> bool {
    let first = FirstResponse {
        method: Method::Get,
        url,
        origin: 0,
        asked: time(asked),
        status,
        varied: "",
    };
    with_worker(|it| {
        let policy = it.configuration.policy_for(message::path(url));
        gateway::fetched(&first, policy, &mut it.memory, time(now)).is_some()
    })
}

/// What became of a copy that was [claimed](claim_copy) in so many bytes: it is not for
/// keeping (0), is in the store (1), or was lost on the way there (2): then it is due again.
#[wasm_bindgen]
pub fn landed(url: &str, asked: &str, fields: &str, how: u8, reserved: f64) {
    let fields = Private::new(fields);
    with_worker(|it| {
        it.room.give_back(length_of(reserved).unwrap_or_default());
        it.due.landed(url);
        if how == 2 {
            let varied = varied(fields.get("vary"), &Listed::new(asked));
            it.due.lost(url, &fields, &varied);
        }
    });
}

/// How a body that has come whole is stored, as one text: `+`, where to, if not under its
/// own URL, and from the second line on the changes that make the response the stored
/// one. Or why it must not be kept: `-` and the line for the log.
///
/// `page` is the envelope of what is in the store under the URL, `arrived` when the
/// response came, after `waited` milliseconds. `start` is the body, or how it begins if it
/// is longer than [`longest_disguise`].
#[wasm_bindgen]
#[must_use]
#[expect(
    clippy::too_many_arguments,
    reason = "one call is simpler than an object that crosses"
)]
pub fn seal(
    url: &str,
    asked: &str,
    status: u16,
    fields: &str,
    page: &str,
    length: f64,
    arrived: f64,
    waited: f64,
    start: &[u8],
) -> String {
    let (request, response) = (Listed::new(asked), Private::new(fields));
    let head = ResponseHead::read(status, &response);
    let (start, length) = (unmarked(start), length_of(length).unwrap_or_default());
    if let Err(cause) = copies::may_keep_body(head.content_type, length, start) {
        let line = gateway::bad_body_line(message::path_and_query(url), cause);
        return ["-", &line].concat();
    }
    let given = with_worker(|it| {
        let policy = it.configuration.policy_for(message::path(url));
        copies::remembered(&head, policy)
    });
    let kept = Kept {
        given,
        length,
        status,
        response: &response,
        request: &request,
        arrived: time(arrived),
        waited: time(waited).since(Timestamp::default()),
        page,
        document: copies::is_document(start),
    };
    let place = copies::for_response(url, head.vary, page, &request);
    let mut changes = copies::seal(&kept);
    // The browser has unpacked it.
    changes.remove("content-encoding");
    changes.remove("content-length");
    ["+", &place.unwrap_or_default(), "\n", changes.as_str()].concat()
}

/// A body without the mark that some editors begin a text with.
pub(super) fn unmarked(start: &[u8]) -> &[u8] {
    start.strip_prefix("\u{feff}".as_bytes()).unwrap_or(start)
}

/// A copy has at most this many bytes.
#[wasm_bindgen]
#[must_use]
pub fn copy_limit(url: &str) -> f64 {
    let path = message::path(url);
    with_worker(|it| bytes_of(it.configuration.policy_for(path).copy_limit))
}

/// A body up to this many bytes may be an error page in disguise.
#[wasm_bindgen]
#[must_use]
pub fn longest_disguise() -> u32 {
    u32::try_from(disguise::LONGEST).unwrap_or(u32::MAX)
}

/// What is looked for in a page before it is kept, as a regular expression: empty if
/// nothing is, `-` if it must not be kept even so.
#[wasm_bindgen]
#[must_use]
pub fn token_pattern(url: &str, content_type: &str, bytes: f64) -> String {
    let path = message::path(url);
    let bytes = length_of(bytes).unwrap_or_default();
    let search = with_worker(|it| {
        let policy = it.configuration.policy_for(path);
        copies::token_search(policy, content_type, "", bytes)
    });
    match search {
        Search::Needless => String::new(),
        Search::Needed => copies::token_pattern(),
        Search::Futile => "-".into(),
    }
}

/// Notes that a body broke off while a copy was made. Returns the log line.
#[wasm_bindgen]
#[must_use]
pub fn cut(url: &str, now: f64) -> String {
    with_worker(|it| it.memory.broke_off(time(now)));
    gateway::bad_body_line(message::path_and_query(url), Cause::Truncated)
}

/// Which of some URLs are not to be shown any more, after this answer to a request for the
/// first of them named the others; an empty list if it outdates nothing.
#[wasm_bindgen]
#[must_use]
pub fn outdated(method: &str, status: u16, urls: Vec<String>) -> Vec<String> {
    let Some(url) = urls.first().cloned() else {
        return urls;
    };
    let kept = with_worker(|it| it.configuration.policy_for(message::path(&url)).mode != Mode::Off);
    if !kept || !copies::outdates(Method::parse(method), status) {
        return Vec::new();
    }
    let named = |other: &String| copies::may_name(&url, other);
    let urls: Vec<String> = urls.into_iter().filter(named).collect();
    with_worker(|it| urls.iter().for_each(|url| it.due.release(url)));
    urls
}

/// What has to go, so that there is room for one more copy of so many bytes. `stored` is
/// the URL and the envelope of all that is there, in turns; `scarce` says that the
/// browser has no room for it.
#[wasm_bindgen]
#[must_use]
pub fn surplus(stored: Vec<String>, wanted: f64, scarce: bool, now: f64) -> Vec<String> {
    let mut gone = Vec::new();
    let mut known = Vec::new();
    for pair in stored.chunks_exact(2) {
        let [place, envelope] = pair else { continue };
        match copies::extent(envelope) {
            None => gone.push(place.clone()),
            Some((at, bytes)) => known.push(Stored {
                place: place.clone(),
                at,
                bytes,
            }),
        }
    }
    let wanted = length_of(wanted).unwrap_or_default();
    with_worker(|it| {
        let bounds = it.settings.bounds;
        let bounds = match scarce {
            true => bounds.scarce(&known, wanted),
            false => bounds,
        };
        let more = bounds.surplus(known, wanted, time(now));
        for place in &more {
            it.due.release(place);
        }
        gone.extend(more);
    });
    gone
}

/// Those fields of a request that a `Vary` names, one per line.
fn varied(vary: &str, asked: &Listed<'_>) -> String {
    let mut lines = String::new();
    for name in list::elements(vary) {
        let name = name.to_ascii_lowercase();
        lines.extend([&name, ":", asked.get(&name), "\n"]);
    }
    lines
}

/// A number of bytes as JavaScript has it.
fn bytes_of(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes).unwrap_or(u32::MAX))
}
