//! What an answer, or the lack of one, means.
//!
//! A gateway that treats "the origin failed" as one thing either repeats orders
//! or gives up on pages. Two facts decide nearly everything: the [`Cause`], and
//! the [`Phase`] in which the request was when it failed. What a runtime does
//! not tell is read as the worse case: a lost connection may have carried a
//! request that was carried out.

pub mod disguise;
mod number;
mod outage;
pub mod unfinished;

pub use number::Number;
pub use outage::Outage;

use crate::{
    policy::{Failures, Policy},
    wire::{CacheControl, Fields, Timestamp, media_type, retry_after},
};
use alloc::string::String;
use core::time::Duration;

/// The field in which an answer of our own to a request that is not safe says whether that
/// was carried out: `no`, or `unknown`. Who asked for a page sees it in nothing else.
pub const APPLIED: &str = "lastgood-applied";

/// How far a failed request may have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// It never reached the origin; repeating it repeats nothing.
    NothingSent,
    /// It may or may not have been carried out.
    MaybeProcessed,
    /// The origin carried it out, or refused to, knowing what it was.
    Processed,
}

impl Phase {
    /// The name in log lines and problem details.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NothingSent => "nothing-sent",
            Self::MaybeProcessed => "maybe-processed",
            Self::Processed => "processed",
        }
    }
}

/// Why there is no good answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// 502: a server behind the origin gave it no good answer.
    BadGateway,
    /// 521: the origin refused the connection.
    ConnectionRefused,
    /// 522: the connection to the origin was not made in time.
    ConnectionTimeout,
    /// A gateway's error page under a good status.
    Disguised,
    /// 530: the origin's name could not be resolved.
    Dns,
    /// 504: a server behind the origin did not answer it in time.
    GatewayTimeout,
    /// 520 and 527: the origin's answer was empty, unknown or not HTTP.
    InvalidResponse,
    /// The connection failed in a way that the runtime does not tell: refused,
    /// reset, closed, not HTTP, name or certificate.
    Network,
    /// 429: the origin wants fewer requests.
    RateLimited,
    /// 500 and other failures of the origin itself.
    ServerError,
    /// 524, or our own attempt time-out: the origin may still be at work.
    Timeout,
    /// 525 and 526: no secure connection could be made.
    Tls,
    /// The body broke off before its end.
    Truncated,
    /// 503: the origin is overloaded or in maintenance.
    Unavailable,
    /// 523: no route to the origin.
    Unreachable,
    /// The request came round again to us.
    Loop,
    /// The origin is being worked on, as policy says, and was not asked.
    Maintenance,
    /// The visitor's own device has no connection.
    Offline,
    /// Another status that policy calls a failure.
    Listed,
}

impl Cause {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::BadGateway,
        Self::ConnectionRefused,
        Self::ConnectionTimeout,
        Self::Disguised,
        Self::Dns,
        Self::GatewayTimeout,
        Self::InvalidResponse,
        Self::Network,
        Self::RateLimited,
        Self::ServerError,
        Self::Timeout,
        Self::Tls,
        Self::Truncated,
        Self::Unavailable,
        Self::Unreachable,
        Self::Loop,
        Self::Maintenance,
        Self::Offline,
        Self::Listed,
    ];

    /// The name in log lines, problem details and documentation.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BadGateway => "bad-gateway",
            Self::ConnectionRefused => "connection-refused",
            Self::ConnectionTimeout => "connection-timeout",
            Self::Disguised => "disguised",
            Self::Dns => "dns",
            Self::GatewayTimeout => "gateway-timeout",
            Self::InvalidResponse => "invalid-response",
            Self::Network => "network",
            Self::RateLimited => "rate-limited",
            Self::ServerError => "server-error",
            Self::Timeout => "timeout",
            Self::Tls => "tls",
            Self::Truncated => "truncated",
            Self::Unavailable => "unavailable",
            Self::Unreachable => "unreachable",
            Self::Loop => "loop",
            Self::Maintenance => "maintenance",
            Self::Offline => "offline",
            Self::Listed => "listed",
        }
    }

    /// What the types of our own problems (RFC 9457) begin with: a tag (RFC 4151), since
    /// there is no page that is ours on every site. The rest is a cause's name.
    pub const TYPES: &'static str = "tag:lastgood,2026:";

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.name() == name)
    }

    /// The cause behind a failing status.
    #[must_use]
    pub const fn of_status(status: u16) -> Self {
        match status {
            429 => Self::RateLimited,
            500 => Self::ServerError,
            502 => Self::BadGateway,
            503 => Self::Unavailable,
            504 => Self::GatewayTimeout,
            520 | 527 => Self::InvalidResponse,
            521 => Self::ConnectionRefused,
            522 => Self::ConnectionTimeout,
            523 => Self::Unreachable,
            524 => Self::Timeout,
            525 | 526 => Self::Tls,
            530 => Self::Dns,
            _ => Self::Listed,
        }
    }

    /// How far the request may have come.
    ///
    /// The proof of *nothing sent* is the edge's own word: it answers 521, 523,
    /// 525, 526 and 530 where it could not open a connection to the origin.
    /// 522 is no proof: it also stands for a connection that opened and fell
    /// silent.
    #[must_use]
    pub const fn phase(self) -> Phase {
        match self {
            Self::ConnectionRefused
            | Self::Unreachable
            | Self::Tls
            | Self::Dns
            | Self::Loop
            | Self::Maintenance
            | Self::Offline => Phase::NothingSent,
            Self::RateLimited | Self::ServerError | Self::Listed => Phase::Processed,
            Self::BadGateway
            | Self::Disguised
            | Self::ConnectionTimeout
            | Self::GatewayTimeout
            | Self::InvalidResponse
            | Self::Network
            | Self::Timeout
            | Self::Truncated
            | Self::Unavailable => Phase::MaybeProcessed,
        }
    }

    /// Whether this speaks against the origin as a whole, and not only against
    /// this request: then it counts towards the origin's health.
    #[must_use]
    pub const fn blames_origin(self) -> bool {
        !matches!(
            self,
            Self::RateLimited
                | Self::ServerError
                | Self::Listed
                | Self::Loop
                | Self::Maintenance
                | Self::Offline
        )
    }

    /// The error type of RFC 9209, 2.3, for `Proxy-Status`.
    #[must_use]
    pub const fn proxy_error(self) -> &'static str {
        match self {
            Self::ConnectionRefused => "connection_refused",
            Self::ConnectionTimeout => "connection_timeout",
            Self::Dns => "dns_error",
            Self::InvalidResponse => "http_protocol_error",
            Self::GatewayTimeout | Self::Timeout => "http_response_timeout",
            Self::Loop => "proxy_loop_detected",
            Self::Tls => "tls_protocol_error",
            Self::Truncated => "http_response_incomplete",
            Self::Unreachable => "destination_ip_unroutable",
            Self::Unavailable | Self::RateLimited | Self::Maintenance => "destination_unavailable",
            Self::BadGateway
            | Self::Disguised
            | Self::Network
            | Self::Offline
            | Self::ServerError
            | Self::Listed => "connection_terminated",
        }
    }
}

/// What a verdict needs to know of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The status code.
    pub status: u16,
    /// The lifetime that the origin set by itself.
    pub lifetime: Option<Duration>,
    /// How long the origin asks to be left alone.
    pub retry_after: Option<Duration>,
    /// It carries the field by which the origin forbids a repetition.
    pub stop: bool,
    /// It carries the field that makes it a failure.
    pub marked: bool,
    /// Its body may be so small that an error page could be disguised in it.
    pub is_small: bool,
    /// It is of a kind that is held until it is complete, where policy says so.
    pub holdable: bool,
    /// Why it failed, where the host knows better than the status tells.
    pub cause: Option<Cause>,
    /// How far the request came, where the host knows better than the cause tells.
    pub phase: Option<Phase>,
}

impl Facts {
    /// The fields that decide, where policy names no others.
    pub const FIELDS: &'static [&'static str] = &[
        "cache-control",
        "retry-after",
        "content-type",
        "content-length",
        "content-encoding",
    ];

    /// The facts of a response that arrived at `now`; or was [sent](retry_after::sent) then,
    /// for a host whose own clock may be wrong.
    #[must_use]
    pub fn read(status: u16, fields: &dyn Fields, policy: &Policy, now: Timestamp) -> Self {
        let said = CacheControl::parse(fields.get("cache-control"));
        let has = |name: &Option<String>| name.as_ref().is_some_and(|name| fields.has(name));
        Self {
            stop: has(&policy.retry_stop_header),
            marked: has(&policy.retry_header),
            holdable: status == 200 && is_holdable(fields, policy.rescue.limit()),
            is_small: status == 200 && may_be_disguised(fields),
            status,
            lifetime: said.s_maxage.or(said.max_age),
            retry_after: retry_after::parse(fields.get("retry-after"), now),
            cause: None,
            phase: None,
        }
    }
}

/// Whether an answer is of a kind in which gateways disguise their errors: text
/// that is not packed, and not known to be long.
fn may_be_disguised(fields: &dyn Fields) -> bool {
    let length: Option<usize> = fields.get("content-length").trim_ascii().parse().ok();
    let short = length.is_none_or(|length| length <= disguise::LONGEST);
    let essence = media_type::essence(fields.get("content-type"));
    short
        && !fields.has("content-encoding")
        && ["", "text/html", "text/plain", "application/xhtml+xml"].contains(&essence)
}

/// Whether an answer can be held until it is complete: HTML or JSON that is not
/// known to be long, in an encoding that a host takes off.
fn is_holdable(fields: &dyn Fields, limit: u64) -> bool {
    let length: Option<u64> = fields.get("content-length").trim_ascii().parse().ok();
    let short = length.is_none_or(|length| length <= limit);
    let essence = media_type::essence(fields.get("content-type"));
    let plain = ["", "identity", "gzip", "br"].contains(&fields.get("content-encoding"));
    short && plain && ["text/html", "application/json"].contains(&essence)
}

/// A failed attempt, understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Why.
    pub cause: Cause,
    /// How far the request may have come.
    pub phase: Phase,
    /// The status, where the origin answered at all.
    pub status: Option<u16>,
    /// How long the origin asks to be left alone.
    pub retry_after: Option<Duration>,
    /// The origin set a lifetime for its error, or said that nothing is to be
    /// repeated: so it means it.
    pub meant: bool,
}

impl Failure {
    /// A failure without an answer.
    #[must_use]
    pub const fn without_answer(cause: Cause) -> Self {
        Self {
            cause,
            phase: cause.phase(),
            status: None,
            retry_after: None,
            meant: false,
        }
    }

    /// An answer with a failing status.
    #[must_use]
    pub fn answered(facts: &Facts) -> Self {
        let cause = facts
            .cause
            .unwrap_or_else(|| Cause::of_status(facts.status));
        let lives = facts.lifetime.is_some_and(|span| span > Duration::ZERO);
        Self {
            cause,
            phase: facts.phase.unwrap_or_else(|| cause.phase()),
            status: Some(facts.status),
            retry_after: facts.retry_after,
            meant: (facts.status >= 500 && lives) || facts.stop,
        }
    }

    /// Whether `list` names this failure, by its status or by its kind. No list
    /// can name a good status, so one that is a failure by the origin's word
    /// counts as no answer.
    #[must_use]
    pub fn is_in(&self, list: &Failures) -> bool {
        match (self.status, self.cause) {
            (Some(status @ 400..), _) => list.has_status(status),
            (None, Cause::Timeout) => list.timeout,
            _ => list.network,
        }
    }
}

/// What a response means under a policy: `None` for a good one.
#[must_use]
pub fn of_response(facts: &Facts, policy: &Policy) -> Option<Failure> {
    (facts.marked || is_failure(facts.status, policy)).then(|| Failure::answered(facts))
}

/// Whether a status is a failure under a policy: whether any of its lists names
/// it. Which of them decides what is done about it.
#[must_use]
pub fn is_failure(status: u16, policy: &Policy) -> bool {
    status >= 400
        && [
            &policy.retry_on,
            &policy.failover_on,
            &policy.stale_on,
            &policy.answer_on,
        ]
        .into_iter()
        .any(|list| list.has_status(status))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Listed;

    #[test]
    fn every_status_of_the_gateway_class_is_a_failure() {
        let policy = Policy::default();
        for status in [
            429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527, 530,
        ] {
            assert!(is_failure(status, &policy), "{status}");
        }
        for status in [200, 204, 301, 304, 400, 403, 404, 410, 418, 501, 505, 999] {
            assert!(!is_failure(status, &policy), "{status}");
        }
    }

    #[test]
    fn only_the_edge_proves_that_nothing_was_sent() {
        let proven = [521, 523, 525, 526, 530];
        for status in 400..600 {
            let phase = Cause::of_status(status).phase();
            assert_eq!(
                phase == Phase::NothingSent,
                proven.contains(&status),
                "{status}"
            );
        }
        assert_eq!(Cause::Network.phase(), Phase::MaybeProcessed);
    }

    #[test]
    fn an_error_with_a_lifetime_is_meant() {
        let check = |status: u16, fields: &str, meant: bool| {
            let listed = Listed::new(fields);
            let facts = Facts::read(status, &listed, &Policy::default(), Timestamp::default());
            assert_eq!(Failure::answered(&facts).meant, meant, "{status} {fields}");
        };
        check(503, "cache-control:max-age=60", true);
        check(503, "cache-control:max-age=0", false);
        check(503, "cache-control:no-store", false);
        check(429, "cache-control:max-age=60", false);
    }
}
