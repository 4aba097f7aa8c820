//! The law once more, read from raw header strings and written differently.
//!
//! A test that asked the code what the code should do would agree with every
//! mistake. So the properties are checked against this second reading, which
//! shares nothing with the first but the RFCs and the operator's numbers.

use super::{Asked, End, Stored};
use lastgood::policy::{Mode, Policy};
use lastgood::verdict::Cause;
use lastgood::wire::Timestamp;

/// The value of a field in `name:value` lines.
pub(crate) fn field<'f>(fields: &'f str, name: &str) -> Option<&'f str> {
    fields.lines().find_map(|line| {
        let (known, value) = line.split_once(':')?;
        (known == name).then_some(value.trim())
    })
}

/// Directives of a `Cache-Control` value, names in lower case, quotes off.
pub(crate) fn directives(value: &str) -> Vec<(String, String)> {
    let mut found = vec![String::new()];
    let mut quoted = false;
    for c in value.chars() {
        quoted ^= c == '"';
        match c {
            ',' if !quoted => found.push(String::new()),
            _ => found.last_mut().expect("never empty").push(c),
        }
    }
    let split = |directive: &String| {
        let mut halves = directive.splitn(2, '=');
        let name = halves.next().unwrap_or("").trim().to_lowercase();
        let value = halves.next().unwrap_or("").trim().trim_matches('"');
        (name, value.to_owned())
    };
    found.iter().map(split).collect()
}

fn says(fields: &str, words: &[&str]) -> bool {
    directives(field(fields, "cache-control").unwrap_or(""))
        .iter()
        .any(|(name, _)| words.contains(&name.as_str()))
}

/// Seconds of a directive; the first one counts, and junk is zero.
fn seconds(fields: &str, wanted: &str) -> Option<i128> {
    let all = directives(field(fields, "cache-control").unwrap_or(""));
    let (_, value) = all.iter().find(|(name, _)| name == wanted)?;
    let junk = value.is_empty() || value.contains(|c: char| !c.is_ascii_digit());
    Some(if junk {
        0
    } else {
        value.parse().unwrap_or_else(|_| i128::from(u32::MAX))
    })
}

/// Milliseconds that a stored response is fresh for; `None` if it did not say.
fn lifetime(fields: &str) -> Option<i128> {
    let expires = || {
        let expires = http_date(field(fields, "expires")?);
        let date = field(fields, "date").and_then(http_date);
        Some(
            expires
                .zip(date)
                .map_or(0, |(end, from)| (end - from).max(0)),
        )
    };
    let said = seconds(fields, "s-maxage").or_else(|| seconds(fields, "max-age"));
    said.or_else(expires).map(|secs| secs * 1000)
}

/// Milliseconds of age at `now` (RFC 9111, 4.2.3).
fn age(stored: &Stored, now: Timestamp) -> i128 {
    let at = i128::from(stored.at.as_millis());
    let told = field(&stored.response, "age").and_then(|age| age.parse().ok());
    let apparent = field(&stored.response, "date").and_then(http_date);
    let apparent = apparent.map_or(0, |date| at - date * 1000);
    let on_arrival = apparent.max(told.unwrap_or(0_i128) * 1000).max(0);
    on_arrival + (i128::from(now.as_millis()) - at).max(0)
}

/// Whether a copy answers at once, before any origin is asked.
pub(crate) fn is_fresh(stored: &Stored, asked: &Asked, policy: &Policy, now: Timestamp) -> bool {
    let for_anyone = says(&stored.response, &["public"]) || !is_signed_in(asked, policy);
    for_anyone && age(stored, now) < lifetime(&stored.response).unwrap_or(0)
}

/// Whether a copy may answer at once while it is renewed (RFC 5861, 3).
pub(crate) fn is_renewable(
    stored: &Stored,
    asked: &Asked,
    policy: &Policy,
    now: Timestamp,
) -> bool {
    let fields = stored.response.as_str();
    let forbidden = says(fields, &["no-cache", "must-revalidate", "proxy-revalidate"]);
    let for_anyone = says(fields, &["public"]) || !is_signed_in(asked, policy);
    let bound = i128::try_from(policy.stale.as_millis()).unwrap_or(i128::MAX);
    let said = seconds(fields, "stale-while-revalidate").unwrap_or(0) * 1000;
    let until = lifetime(fields).unwrap_or(0) + said.min(bound);
    !forbidden && for_anyone && policy.mode == Mode::Cache && age(stored, now) < until
}

/// Whether a copy may stand in for a failure.
pub(crate) fn is_showable(stored: &Stored, policy: &Policy, now: Timestamp) -> bool {
    let fields = stored.response.as_str();
    let forbidden = says(fields, &["no-cache", "must-revalidate", "proxy-revalidate"]);
    let explicit = says(fields, &["stale-if-error", "stale-while-revalidate"]);
    let implied = says(fields, &["s-maxage"]) && !explicit;
    let millis = |span: std::time::Duration| i128::try_from(span.as_millis()).unwrap_or(i128::MAX);
    let (most, least) = (millis(policy.stale), millis(policy.stale_min));
    let window = match seconds(fields, "stale-if-error") {
        _ if forbidden || implied => 0,
        Some(secs) => (secs * 1000).clamp(least, most.max(least)),
        None => most.max(least),
    };
    age(stored, now) < lifetime(fields).unwrap_or(0) + window
}

/// Whether a request could be answered with a copy at all.
pub(crate) fn takes_copies(asked: &Asked, policy: &Policy) -> bool {
    let readable = ["GET", "HEAD"].contains(&asked.method.as_str());
    readable && field(&asked.fields, "range").is_none_or(str::is_empty) && policy.mode != Mode::Off
}

pub(crate) fn is_signed_in(asked: &Asked, policy: &Policy) -> bool {
    let authorized = field(&asked.fields, "authorization").is_some_and(|value| !value.is_empty());
    authorized || has_own_cookies(asked, policy)
}

fn has_own_cookies(asked: &Asked, policy: &Policy) -> bool {
    let cookies = field(&asked.fields, "cookie").unwrap_or("");
    cookies.split(';').any(|pair| {
        let name = pair.split('=').next().unwrap_or("").trim();
        !name.is_empty() && !policy.cookies_ignored.iter().any(|known| known == name)
    })
}

/// Why a response must not be kept, if anything forbids it.
pub(crate) fn refusal(
    asked: &Asked,
    status: u16,
    fields: &str,
    policy: &Policy,
) -> Option<&'static str> {
    let has = |fields: &str, name: &str| field(fields, name).is_some_and(|value| !value.is_empty());
    let public = says(fields, &["public"]);
    let vary = field(fields, "vary").unwrap_or("");
    let rules = [
        (policy.mode == Mode::Off, "no copies are kept here"),
        (asked.method != "GET", "not an answer to GET"),
        (status != 200, "not a page"),
        (has(fields, "set-cookie"), "it sets a cookie"),
        (
            says(fields, &["no-store", "private", "no-cache"]),
            "a directive",
        ),
        (has(&asked.fields, "range"), "a part was asked for"),
        (
            has(&asked.fields, "authorization") && !public,
            "authorization",
        ),
        (
            has_own_cookies(asked, policy) && !public,
            "a cookie that matters",
        ),
        (
            vary.split(',').any(|name| name.trim() == "*"),
            "vary by anything",
        ),
    ];
    rules
        .into_iter()
        .find_map(|(broken, why)| broken.then_some(why))
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

/// Seconds since 1970 of an IMF-fixdate, day by day.
pub(crate) fn http_date(value: &str) -> Option<i128> {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let number = |from: usize, to: usize| value.get(from..to)?.parse::<i128>().ok();
    if value.len() != 29 || !value.ends_with(" GMT") {
        return None;
    }
    let month = MONTHS.find(value.get(8..11)?)? / 3;
    let (day, year) = (number(5, 7)?, number(12, 16)?);
    let mut days = day - 1;
    for past in 1970..year {
        days += if is_leap(past) { 366 } else { 365 };
    }
    let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    days += lengths.iter().take(month).sum::<i128>();
    days += i128::from(month > 1 && is_leap(year));
    Some(days * 86_400 + number(17, 19)? * 3600 + number(20, 22)? * 60 + number(23, 25)?)
}

const fn is_leap(year: i128) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// An IMF-fixdate of a time, found by trying day after day.
pub(crate) fn as_http_date(at: Timestamp) -> String {
    let secs = i128::from(at.as_millis() / 1000);
    let (mut year, mut left) = (1970, secs / 86_400);
    while left >= if is_leap(year) { 366 } else { 365 } {
        left -= if is_leap(year) { 366 } else { 365 };
        year += 1;
    }
    let feb = if is_leap(year) { 29 } else { 28 };
    let lengths = [31, feb, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let names = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let mut month = 0;
    while left >= lengths[month] {
        left -= lengths[month];
        month += 1;
    }
    let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        [usize::try_from(secs / 86_400 % 7).unwrap_or(0)];
    format!(
        "{weekday}, {:02} {} {year} {:02}:{:02}:{:02} GMT",
        left + 1,
        names[month],
        secs / 3600 % 24,
        secs / 60 % 60,
        secs % 60
    )
}
