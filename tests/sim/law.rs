//! The law once more, read from raw header strings and written differently.
//!
//! A test that asked the code what the code should do would agree with every
//! mistake. So the properties are checked against this second reading, which
//! shares nothing with the first but the RFCs and the operator's numbers.

use super::raw::{Said, filled};
use super::{Asked, End, Stored};
use lastgood::policy::{Mode, Policy};
use lastgood::verdict::Cause;
use lastgood::wire::Timestamp;

pub(crate) use super::raw::{directives, field, http_date, is_plain};

/// Words by which an origin forbids to show what is stale (RFC 9111, 4.2.4).
const NEVER_STALE: [&str; 3] = ["no-cache", "must-revalidate", "proxy-revalidate"];

/// Statuses that may be kept without a word about it (RFC 9110, 15.1), and that we
/// know the meaning of.
const BY_ITSELF: [u16; 12] = [200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501];

/// A day: no guess is longer.
const LONGEST_GUESS: i128 = 24 * 3600 * 1000;

/// Milliseconds that a response is fresh for; `None` if it did not say, and
/// nothing can be concluded (RFC 9111, 4.2.1 and 4.2.2).
fn lifetime(status: u16, fields: &str, arrived: Option<Timestamp>) -> Option<i128> {
    by_word(fields, arrived).or_else(|| by_guess(status, fields, arrived))
}

/// In milliseconds; where it does not say so, it was made when it arrived (RFC 9110,
/// 6.6.1).
fn made(fields: &str, arrived: Option<Timestamp>) -> Option<i128> {
    let said = filled(fields, "date").and_then(http_date);
    let arrived = arrived.map(|at| i128::from(at.as_millis()));
    said.map(|secs| secs * 1000).or(arrived)
}

fn by_word(fields: &str, arrived: Option<Timestamp>) -> Option<i128> {
    let said = Said::of(fields);
    let expires = || {
        let expires = filled(fields, "expires").filter(|_| !said.targeted)?;
        let both = http_date(expires).zip(made(fields, arrived));
        let span = both.map(|(end, from)| end * 1000 - from);
        Some(span.unwrap_or(0).max(0))
    };
    said.millis("s-maxage")
        .or_else(|| said.millis("max-age"))
        .or_else(expires)
}

fn by_guess(status: u16, fields: &str, arrived: Option<Timestamp>) -> Option<i128> {
    let allowed = BY_ITSELF.contains(&status) || Said::of(fields).says(&["public"]);
    let changed = filled(fields, "last-modified").and_then(http_date)?;
    let unchanged = made(fields, arrived)? - changed * 1000;
    let tenth = unchanged.max(0) / 10;
    allowed.then(|| tenth.min(LONGEST_GUESS))
}

/// Milliseconds of age at `now` (RFC 9111, 4.2.3).
fn age(stored: &Stored, now: Timestamp) -> i128 {
    let at = i128::from(stored.at.as_millis());
    let told = field(&stored.response, "age").unwrap_or("");
    let told = super::raw::seconds(told.split(',').next().unwrap_or("").trim_ascii()) * 1000;
    // Ages are whole seconds: a wait that is shorter makes nothing older.
    let waited = i128::from(stored.waited);
    let waited = if waited < 1000 { 0 } else { waited };
    let apparent = field(&stored.response, "date").and_then(http_date);
    let apparent = apparent.map_or(0, |date| at - date * 1000);
    apparent.max(told + waited) + (i128::from(now.as_millis()) - at).max(0)
}

/// Milliseconds of freshness that are left, negative once it is stale.
fn left(stored: &Stored, now: Timestamp) -> i128 {
    lifetime(stored.status, &stored.response, Some(stored.at)).unwrap_or(0) - age(stored, now)
}

fn is_fresh(stored: &Stored, now: Timestamp) -> bool {
    left(stored, now) > 0 && !Said::of(&stored.response).says(&["no-cache"])
}

/// Whether the origin forbids to show it stale; `s-maxage` does so by itself, unless
/// another word says more.
fn is_never_stale(stored: &Stored) -> bool {
    forbids_stale(&Said::of(&stored.response))
}

fn forbids_stale(said: &Said) -> bool {
    let explicit = said.says(&["stale-if-error", "stale-while-revalidate"]);
    said.says(&NEVER_STALE) || (said.says(&["s-maxage"]) && !explicit)
}

/// Whether a copy may be shown to this visitor before any origin is asked: one who
/// is signed in gets only what the origin means for all (RFC 9111, 3.5), or, if the
/// sign is a cookie, what the origin wants to be used again.
fn is_for(stored: &Stored, asked: &Asked, policy: &Policy) -> bool {
    let for_all = ["public", "s-maxage", "must-revalidate"];
    let authorized = filled(&asked.fields, "authorization").is_some();
    let meant = !authorized && by_word(&stored.response, Some(stored.at)).is_some();
    meant || Said::of(&stored.response).says(&for_all) || !is_signed_in(asked, policy)
}

/// Whether the client takes a copy without asking the origin (RFC 9111, 5.2.1).
fn is_taken(stored: &Stored, asked: &Asked, policy: &Policy, now: Timestamp) -> bool {
    if !policy.obey_clients {
        return true;
    }
    let demands = Said::plain(&asked.fields);
    // RFC 8246: while it is fresh, a reload does not mean what never changes.
    let immutable = Said::of(&stored.response).says(&["immutable"]) && left(stored, now) > 0;
    let old = demands
        .millis("max-age")
        .is_some_and(|most| age(stored, now) > most && !immutable);
    let ends = demands
        .millis("min-fresh")
        .is_some_and(|least| left(stored, now).max(0) < least);
    !demands.says(&["no-cache"]) && !old && !ends
}

/// Whether the client says that it takes what is stale for so long.
fn is_taken_stale(stored: &Stored, asked: &Asked, now: Timestamp) -> bool {
    let demands = Said::plain(&asked.fields);
    let most = match demands.value("max-stale") {
        None => return false,
        Some("") => i128::MAX,
        Some(_) => demands.millis("max-stale").unwrap_or(0),
    };
    !is_never_stale(stored) && -left(stored, now) <= most
}

/// Whether a copy answers at once, before any origin is asked.
pub(crate) fn answers(stored: &Stored, asked: &Asked, policy: &Policy, now: Timestamp) -> bool {
    policy.mode == Mode::Cache
        && is_for(stored, asked, policy)
        && is_taken(stored, asked, policy, now)
        && (is_fresh(stored, now) || (policy.obey_clients && is_taken_stale(stored, asked, now)))
}

/// Whether a copy may answer at once while it is renewed (RFC 5861, 3).
pub(crate) fn is_renewable(
    stored: &Stored,
    asked: &Asked,
    policy: &Policy,
    now: Timestamp,
) -> bool {
    let said = Said::of(&stored.response);
    let bound = millis(policy.stale);
    let ours = match forbids_stale(&said) {
        true => 0,
        false => millis(policy.renew_behind),
    };
    let window = said.millis("stale-while-revalidate").unwrap_or(ours);
    policy.mode == Mode::Cache
        && !said.says(&NEVER_STALE)
        && is_for(stored, asked, policy)
        && is_taken(stored, asked, policy, now)
        && left(stored, now) + window.min(bound) > 0
}

/// Whether a copy may stand in for a failure: no error does, and nothing that has
/// to be confirmed first. A client may limit for how long (RFC 5861, 4).
pub(crate) fn is_showable(stored: &Stored, asked: &Asked, policy: &Policy, now: Timestamp) -> bool {
    let said = Said::of(&stored.response);
    let (most, least) = (millis(policy.stale), millis(policy.stale_min));
    let lived = lifetime(stored.status, &stored.response, Some(stored.at));
    let share = lived.zip(policy.stale_percent);
    let share = share.map_or(i128::MAX, |(span, percent)| {
        span * i128::from(percent) / 100
    });
    let said_so = said.millis("stale-if-error").unwrap_or(i128::MAX);
    let banned = is_never_stale(stored) && !policy.stale_although_origin_forbids;
    let window = match banned {
        true => 0,
        false => said_so.min(most).min(share).max(least),
    };
    let demanded = Said::plain(&asked.fields).millis("stale-if-error");
    let window = window.min(demanded.unwrap_or(i128::MAX));
    let asked_each_time = said.says(&["no-cache"]) && (banned || window == 0);
    stored.status < 400 && !asked_each_time && left(stored, now) + window > 0
}

fn millis(span: std::time::Duration) -> i128 {
    i128::try_from(span.as_millis()).unwrap_or(i128::MAX)
}

/// Whether the origin can be asked if this is still current (RFC 9110, 8.8).
pub(crate) fn has_validator(fields: &str) -> bool {
    let dated = filled(fields, "last-modified").and_then(http_date);
    filled(fields, "etag").is_some() || dated.is_some()
}

/// Whether a request selects a copy (RFC 9111, 4.1): white space means nothing, nor
/// the order of languages without qualities; and whoever wants one language alone
/// gets what is in it.
pub(crate) fn is_variant(stored: &Stored, asked: &str) -> bool {
    let own = |name: &str| field(&stored.response, name).unwrap_or("");
    let value = |fields: &str, name: &str| {
        let value = field(fields, name).unwrap_or("").to_owned();
        let mut list: Vec<String> = value
            .split(',')
            .map(|it| it.trim_ascii().to_owned())
            .collect();
        if name == "accept-language" {
            list.sort();
        }
        list
    };
    own("vary").to_lowercase().split(',').all(|name| {
        let (wanted, held) = (
            value(asked, name.trim_ascii()),
            value(&stored.selecting, name.trim_ascii()),
        );
        let language =
            name.trim_ascii() == "accept-language" && !own("content-language").is_empty();
        wanted == held || (language && wanted == [own("content-language")])
    })
}

/// Whether the client wants a copy, or nothing (RFC 9111, 5.2.1.7).
pub(crate) fn wants_copy_only(asked: &Asked, policy: &Policy) -> bool {
    policy.mode == Mode::Cache
        && policy.obey_clients
        && Said::plain(&asked.fields).says(&["only-if-cached"])
}

/// Whether a request could be answered with a copy at all.
pub(crate) fn takes_copies(asked: &Asked, policy: &Policy) -> bool {
    let readable = ["GET", "HEAD"].contains(&asked.method.as_str());
    readable && policy.mode != Mode::Off
}

pub(crate) fn is_signed_in(asked: &Asked, policy: &Policy) -> bool {
    filled(&asked.fields, "authorization").is_some() || has_own_cookies(asked, policy)
}

fn has_own_cookies(asked: &Asked, policy: &Policy) -> bool {
    let cookies = field(&asked.fields, "cookie").unwrap_or("");
    cookies.split(';').any(|pair| {
        let name = pair.split('=').next().unwrap_or("").trim_ascii();
        !name.is_empty() && !policy.cookies_ignored.iter().any(|known| known == name)
    })
}

/// Why a response must not be kept, if anything forbids it (RFC 9111, 3).
pub(crate) fn refusal(
    asked: &Asked,
    (status, fields): (u16, &str),
    arrived: Option<Timestamp>,
    policy: &Policy,
) -> Option<&'static str> {
    let said = Said::of(fields);
    let cached = policy.mode == Mode::Cache;
    let lives = lifetime(status, fields, arrived).is_some_and(|span| span > 0);
    let overridden = policy.stale_although_origin_forbids;
    // What the origin wants to be asked for each time it may give to some alone.
    let each_time = said.says(&["no-cache"]) || !lives;
    let banned = forbids_stale(&said);
    let for_all = !(overridden && each_time && banned)
        && (said.says(&["public"]) || (cached && said.says(&["s-maxage", "must-revalidate"])));
    let vary = field(fields, "vary").unwrap_or("");
    let rules = [
        (policy.mode == Mode::Off, "no copies are kept here"),
        (
            asked.method != "GET" && !(cached && lives && is_of_get(asked, fields)),
            "not an answer to GET",
        ),
        (!may_be_kept(status, &said, cached), "not a page"),
        (
            status == 206 && !is_sound_part(fields),
            "a part of nobody knows what",
        ),
        (status != 200 && !lives, "nobody said that it is to be kept"),
        (filled(fields, "set-cookie").is_some(), "it sets a cookie"),
        (is_forbidden(status, &said), "a directive"),
        (
            Said::plain(&asked.fields).says(&["no-store"]),
            "the client forbids it",
        ),
        (
            said.says(&["no-cache"]) && !(cached && has_validator(fields)) && !overridden,
            "it could never be confirmed",
        ),
        (
            filled(&asked.fields, "range").is_some() && status != 206,
            "a part was asked for",
        ),
        (
            is_signed_in(asked, policy) && !for_all,
            "it is for one who is signed in",
        ),
        (
            vary.split(',').any(|name| name.trim_ascii() == "*"),
            "vary by anything",
        ),
    ];
    rules
        .into_iter()
        .find_map(|(broken, why)| broken.then_some(why))
}

/// Whether the answer to a POST says that it is what a GET gets (RFC 9110, 9.3.3).
fn is_of_get(asked: &Asked, fields: &str) -> bool {
    let (path, url) = (asked.path.as_str(), asked.url());
    let names = |location| [path, &url].contains(&location);
    asked.method == "POST" && filled(fields, "content-location").is_some_and(names)
}

/// Whether a part says which it is, and of how much (RFC 9110, 14.4).
fn is_sound_part(fields: &str) -> bool {
    let said = filled(fields, "content-range").unwrap_or("");
    let mut numbers = said.get(6..).unwrap_or("").split(['-', '/']);
    let mut next = || numbers.next()?.parse::<u64>().ok();
    let sound = match (next(), next(), next()) {
        (Some(first), Some(last), Some(whole)) => first <= last && last < whole,
        _ => false,
    };
    sound && said.to_lowercase().starts_with("bytes ")
}

/// In standby pages alone; in a cache every final status but the answer to a
/// condition, and with `must-understand` those that we know.
fn may_be_kept(status: u16, said: &Said, cached: bool) -> bool {
    let understood = BY_ITSELF.contains(&status) || !said.says(&["must-understand"]);
    let last = (200..600).contains(&status) && status != 304;
    status == 200 || (cached && last && (understood || status == 206))
}

/// `must-understand` is stronger than `no-store` for who does (RFC 9111, 5.2.2.3).
fn is_forbidden(status: u16, said: &Said) -> bool {
    let understood = BY_ITSELF.contains(&status) && said.says(&["must-understand"]);
    said.says(&["private"]) || (said.says(&["no-store"]) && !understood)
}

/// Whether an attempt that ended so provably never reached its origin.
pub(crate) fn is_nothing_sent(end: &End) -> bool {
    match end {
        End::Response(status, _) => [521, 523, 525, 526, 530].contains(status),
        End::Disguised(_) => false,
        End::Failure(cause) => [
            Cause::ConnectionRefused,
            Cause::Unreachable,
            Cause::Tls,
            Cause::Dns,
        ]
        .contains(cause),
    }
}

/// Whether policy calls an end of an attempt a failure, by its head.
pub(crate) fn is_failure(end: &End, policy: &Policy) -> bool {
    let marker = policy.retry_header.as_deref();
    let marked = |fields| marker.is_some_and(|name| field(fields, name).is_some());
    let lists = [
        &policy.retry_on,
        &policy.failover_on,
        &policy.stale_on,
        &policy.answer_on,
    ];
    match end {
        End::Response(status, fields) => {
            marked(fields) || lists.iter().any(|list| list.has_status(*status))
        }
        End::Disguised(fields) => marked(fields),
        End::Failure(_) => true,
    }
}
