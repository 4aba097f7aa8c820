//! What becomes of answers behind their replies: copies that are kept, and copies that
//! are gone.

use super::exchange::Exchange;
use super::isolate::{Isolate, with_isolate};
use super::{bytes_of, names, time};
use crate::copies::{self, Aside, Due, Kept, Search};
use crate::gateway::{self, End};
use crate::policy::{Mode, Policy};
use crate::verdict::{Cause, disguise};
use crate::wire::{
    Fields, Listed, Method, Positional, RequestHead, ResponseHead, Timestamp, message,
};
use alloc::{rc::Rc, string::String, vec::Vec};
use wasm_bindgen::prelude::*;

/// The fields of a request whose answer may be less than the page.
const CONDITIONS: &[&str] = &["if-none-match", "if-modified-since", "range"];

/// Names of the response fields that [`settle`](super::settle) is handed.
#[wasm_bindgen]
#[must_use]
pub fn version_fields() -> Vec<String> {
    names(Due::FIELDS)
}

/// Names of the response fields that [`claim_copy`] is handed, and whatever follows it.
#[wasm_bindgen]
#[must_use]
pub fn response_fields() -> Vec<String> {
    names(copies::SEALED)
}

/// The name of the field in which a stored response has its envelope.
#[wasm_bindgen]
#[must_use]
pub fn envelope_field() -> String {
    copies::ENVELOPE.into()
}

/// Which of some URLs are not to be shown any more, after this answer to a request
/// for the first of them named the others; an empty list if it outdates nothing.
#[wasm_bindgen]
#[must_use]
pub fn outdated(method: &str, status: u16, urls: Vec<String>) -> Vec<String> {
    let Some(url) = urls.first().cloned() else {
        return urls;
    };
    let kept = with_isolate(|isolate| {
        isolate.configuration.policy_for(message::path(&url)).mode != Mode::Off
    });
    if !kept || !copies::outdates(Method::parse(method), status) {
        return Vec::new();
    }
    let named = |other: &String| copies::may_name(&url, other);
    let urls: Vec<String> = urls.into_iter().filter(named).collect();
    with_isolate(|isolate| {
        for url in &urls {
            isolate.asides.forget(url);
            isolate.due.release(url);
        }
    });
    urls
}

/// What became of a copy that was [claimed](claim_copy) in so many bytes: it is not
/// for keeping (0), is in the store (1), or was lost on the way there (2): then it is due
/// again. `answered` is as in [`claim_copy`]. Those who wait for the page learn it, too.
#[wasm_bindgen]
pub fn landed(url: &str, status: u16, answered: &str, how: u8, reserved: u32, now: f64) {
    let answered = Positional::new(copies::SEALED, answered);
    let end = match how {
        0 => Some(End::Uncacheable),
        1 => Some(End::Stored),
        _ => None,
    };
    with_isolate(|isolate| {
        isolate.room.give_back(u64::from(reserved));
        isolate.due.landed(url);
        if end.is_none() {
            isolate.due.lost(url, &answered, answered.rest());
        }
        match Aside::of(status) {
            _ if end != Some(End::Stored) => {}
            None => isolate.asides.forget(url),
            Some(aside) => {
                let head = ResponseHead {
                    arrived: Some(time(now)),
                    ..ResponseHead::read(status, &answered)
                };
                let policy = isolate.configuration.policy_for(message::path(url));
                let given = copies::remembered(&head, policy);
                let lifetime = given.unwrap_or_else(|| copies::lifetime(&head));
                isolate.asides.note(aside, url, lifetime, time(now));
            }
        }
        // Who wanted the page and got a part is one for whom others may wait.
        let part = status == 206 && Listed::new(answered.rest()).has("range");
        match part {
            true => isolate.memory.land_part(url, end, time(now)),
            false => isolate.memory.land(url, end, time(now)),
        }
    });
}

/// If a copy of a response is to be kept now, the bytes of memory that are set
/// aside for it, to be given to [`landed`] afterwards; -1 if not. It counts as
/// kept from then on. After the [`response_fields`] in `answered` stand those fields
/// of the request that `Vary` names, and of a part `Range`.
#[wasm_bindgen]
#[must_use]
pub fn claim_copy(
    method: &str,
    url: &str,
    asked: &str,
    status: u16,
    answered: &str,
    now: f64,
) -> f64 {
    let asked = Positional::new(RequestHead::FIELDS, asked);
    let answered = Positional::new(copies::SEALED, answered);
    let request = RequestHead::read(method, url, &asked);
    let claimed = with_isolate(|isolate| {
        let policy = Rc::clone(isolate.configuration.policy_for(request.path));
        isolate.claim(&request, status, &answered, &policy, time(now))
    });
    claimed.map_or(-1.0, bytes_of)
}

impl Isolate {
    /// Sets memory aside for a copy, if one is due.
    pub(super) fn claim(
        &mut self,
        request: &RequestHead<'_>,
        status: u16,
        answered: &Positional<&str>,
        policy: &Policy,
        now: Timestamp,
    ) -> Option<u64> {
        let head = ResponseHead {
            arrived: Some(now),
            ..ResponseHead::read(status, answered)
        };
        let bytes = self.room.take(&head, policy)?;
        let (due, varied) = (&mut self.due, answered.rest());
        if gateway::is_keeping_due(request, &head, answered, varied, policy, due, now) {
            gateway::keeps(request, request.url, policy, &mut self.memory, now);
            return Some(bytes);
        }
        self.room.give_back(bytes);
        None
    }
}

/// Whether the body of a good answer, of which no copy is due, is to be watched to
/// its end.
#[wasm_bindgen]
#[must_use]
pub fn watches(method: &str, url: &str, answered: &str, now: f64) -> bool {
    let answered = Positional::new(Due::FIELDS, answered);
    let method = Method::parse(method);
    with_isolate(|isolate| {
        let policy = isolate.configuration.policy_for(message::path(url));
        gateway::is_watched(method, &answered, policy, &mut isolate.memory, time(now))
    })
}

/// A copy has at most this many bytes.
#[wasm_bindgen]
#[must_use]
pub fn copy_limit(url: &str) -> f64 {
    let path = message::path(url);
    with_isolate(|isolate| bytes_of(isolate.configuration.policy_for(path).copy_limit))
}

/// How a body that has come whole is stored, as one text: `+`, where to, if not under
/// its own URL, and from the second line on the changes that make the response the
/// stored one. Or why it must not be kept, as it is empty or a gateway's error page in
/// disguise: `-` and the line for the log.
///
/// `answered` is as in [`claim_copy`]. `page` is the envelope of what is in the store under
/// the URL, `arrived` when the response came, after `waited` milliseconds. `start` is the
/// body, or how it begins if it is longer than [`longest_disguise`].
#[wasm_bindgen]
#[must_use]
#[expect(
    clippy::too_many_arguments,
    reason = "one call is cheaper than an object that crosses"
)]
pub fn seal(
    url: &str,
    status: u16,
    answered: &str,
    page: &str,
    length: u32,
    arrived: f64,
    waited: f64,
    start: &[u8],
) -> String {
    let answered = Positional::new(copies::SEALED, answered);
    let request = Listed::new(answered.rest());
    let head = ResponseHead::read(status, &answered);
    let start = unmarked(start);
    if let Err(cause) = copies::may_keep_body(head.content_type, length.into(), start) {
        let line = gateway::bad_body_line(message::path_and_query(url), cause);
        return ["-", &line].concat();
    }
    let given = with_isolate(|isolate| {
        let policy = isolate.configuration.policy_for(message::path(url));
        copies::remembered(&head, policy)
    });
    let kept = Kept {
        given,
        length: length.into(),
        status,
        response: &answered,
        request: &request,
        arrived: time(arrived),
        waited: time(waited).since(Timestamp::default()),
        page,
        document: copies::is_document(start),
    };
    let place = match Aside::of(status) {
        Some(aside) => Some(copies::of_aside(url, aside)),
        None => copies::for_response(url, head.vary, page, &request),
    };
    let changes = copies::seal(&kept);
    ["+", &place.unwrap_or_default(), "\n", changes.as_str()].concat()
}

/// A body without the mark that some editors begin a text with.
pub(super) fn unmarked(start: &[u8]) -> &[u8] {
    start.strip_prefix("\u{feff}".as_bytes()).unwrap_or(start)
}

/// A body up to this many bytes may be an error page in disguise.
#[wasm_bindgen]
#[must_use]
pub fn longest_disguise() -> u32 {
    u32::try_from(disguise::LONGEST).unwrap_or(u32::MAX)
}

/// What is looked for in pages, as a regular expression; nothing if no route refuses
/// pages for it.
#[wasm_bindgen]
#[must_use]
pub fn token_pattern() -> Option<String> {
    with_isolate(|isolate| {
        let mut policies = isolate.configuration.policies();
        policies.any(|policy| policy.refuse_tokens)
    })
    .then(copies::token_pattern)
}

/// How a body that has come whole is to be looked at before it is kept: not at all
/// (0), for the [`token_pattern`] (1), or not even so, as it must not be kept (2).
#[wasm_bindgen]
#[must_use]
pub fn token_search(url: &str, content_type: &str, coding: &str, bytes: u32) -> u8 {
    let path = message::path(url);
    with_isolate(|isolate| {
        let policy = isolate.configuration.policy_for(path);
        match copies::token_search(policy, content_type, coding, bytes.into()) {
            Search::Needless => 0,
            Search::Needed => 1,
            Search::Futile => 2,
        }
    })
}

/// Notes that a body broke off while a copy was made. Returns the log line.
#[wasm_bindgen]
#[must_use]
pub fn broke_off(url: &str, now: f64) -> String {
    with_isolate(|isolate| isolate.memory.broke_off(time(now)));
    gateway::bad_body_line(message::path_and_query(url), Cause::Truncated)
}

#[wasm_bindgen]
impl Exchange {
    /// No copy is kept of the answer with this status. Those who wait for the page
    /// learn that it is not for keeping; but one who has a page already, or is
    /// answered with a failure, knows nothing of what others would get.
    pub fn not_kept(&self, status: u16, now: f64) {
        if !self.exchange.leads() || self.rehearsal.is_some() {
            return;
        }
        if self.exchange.answered().is_none() {
            return;
        }
        let partial = status == 304 || CONDITIONS.iter().any(|name| self.asked.has(name));
        let end = (!partial).then_some(End::Uncacheable);
        with_isolate(|isolate| isolate.memory.land(&self.url, end, time(now)));
    }

    /// Whether a copy may be kept of what this request got: not of a rehearsal, nor of
    /// what is not shown to all, nor of an origin that is not like the others.
    #[must_use]
    pub fn may_keep(&self) -> bool {
        let origin = self.exchange.answered();
        let equivalent = origin.is_none_or(|origin| {
            with_isolate(|isolate| {
                let origin = isolate.memory.origins.get(origin);
                origin.is_none_or(|origin| origin.equivalent)
            })
        });
        equivalent && self.is_usual && self.rehearsal.is_none()
    }
}
