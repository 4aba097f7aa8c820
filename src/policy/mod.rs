//! What an operator may choose, and what holds if nothing is chosen.
//!
//! A default here is a promise to people who never read this page: installing
//! lastgood must change nothing on a good day. So copies wait in
//! [`Mode::Standby`], nothing unsafe is repeated, and time-outs are long enough
//! for a slow page that is not broken.

#[macro_use]
mod read;
mod announcement;
mod brand;
mod browser;
mod failures;
mod fields;
mod grammar;
mod guards;
mod link;
mod logo;
mod maintenance;
mod monitors;
mod origin;
mod page;
mod parse;
mod template;
mod tier;
mod value;
mod wording;

pub use announcement::Announcement;
pub use brand::{Brand, Colour};
pub use browser::{browser, for_request, names_of_pages, service_worker};
pub use failures::Failures;
pub use guards::{Breaker, BudgetRule, Ejection, Guards, LoopRule, Probe, Tokens};
pub use link::Link;
pub use maintenance::{AllowHeader, Maintenance};
pub use monitors::{Monitors, Robots};
pub use origin::Origin;
pub use page::{Look, Page};
pub use parse::{Problem, parse};
pub use read::duration;
pub use template::{Template, TemplateSource};
pub use tier::{Tier, TierKind};
pub use value::Value;
pub use wording::Wording;

use crate::wire::cut;
use alloc::{rc::Rc, string::String, vec::Vec};
use core::time::Duration;

/// What copies are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The origin is always asked; copies are for the bad day.
    Standby,
    /// A shared cache: a fresh copy answers at once.
    Cache,
    /// No copies at all.
    Off,
}

/// What goes out when there is no good answer and no copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerWith {
    /// An answer of our own, made for whoever asked.
    Page,
    /// The origin's own error, untouched; ours only where it sent none.
    Origin,
}

/// The status of an answer of our own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerStatus {
    /// 503: the body survives Cloudflare's edge, which replaces those of 502
    /// and 504, and crawlers take it for temporary.
    Unavailable,
    /// What the origin answered; 502 where it did not, 504 after a time-out.
    Upstream,
}

/// How long to wait between attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The ceiling of the first pause; it doubles with every attempt.
    pub base: Duration,
    /// No pause is longer.
    pub cap: Duration,
}

/// How long to leave something alone that failed, while a copy can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HoldDown {
    /// So many requests for it have to fail in a row, or one in which the origin
    /// asks for time: 2, since one alone may be chance.
    pub failures: u8,
    /// How long at first; it doubles with each further failure.
    pub base: Duration,
    /// No hold-down is longer.
    pub cap: Duration,
    /// Whether it holds where there is no copy as well: then the answer is ours.
    pub without_copy: bool,
}

impl HoldDown {
    /// What holds if nothing is said.
    pub const DEFAULT: Self = Self {
        failures: 2,
        base: Duration::from_secs(1),
        cap: Duration::from_secs(60),
        without_copy: false,
    };
}

/// When a second attempt begins although the first still runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hedge {
    /// After this long.
    After(Duration),
    /// After so many per cent of answers would have been there.
    Percentile(u8),
}

/// How requests for the same page wait for one of them (cache mode).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Collapse {
    /// How long one waits before it asks by itself: 5 s, as in nginx.
    pub wait: Duration,
    /// How long the one that asks counts as asking: 5 s.
    pub age: Duration,
}

impl Collapse {
    /// What holds if nothing is said.
    pub const DEFAULT: Self = Self {
        wait: Duration::from_secs(5),
        age: Duration::from_secs(5),
    };
}

/// Whether answers are held until they are complete, so that one that breaks off
/// becomes a second try or a copy instead of half a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rescue {
    /// Never.
    Off,
    /// For a minute after an answer broke off: HTML and JSON, up to 64 KiB.
    Auto,
    /// Always: HTML and JSON, up to so many bytes.
    UpTo(u64),
}

impl Rescue {
    /// Answers up to this many bytes are held.
    #[must_use]
    pub const fn limit(self) -> u64 {
        match self {
            Self::Off => 0,
            Self::Auto => 64 * 1024,
            Self::UpTo(bytes) => bytes,
        }
    }
}

/// The rules for one route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What copies are for.
    pub mode: Mode,
    /// Attempts for one request in all, over all origins: 3, as the SRE book
    /// and the AWS SDKs have it. At least 1.
    pub attempts: u8,
    /// How long one attempt may take until its headers: 10 s, all of the
    /// deadline, since a page may be slow without being broken.
    pub attempt_timeout: Duration,
    /// How long a safe request may take until our headers: 10 s.
    pub deadline: Duration,
    /// The same for an unsafe request: 100 s, as long as the platform waits,
    /// since cutting short a write that goes on anyway helps nobody.
    pub unsafe_deadline: Duration,
    /// With a copy at hand, how long to wait for the origin before showing it:
    /// 700 ms.
    pub soft_deadline: Duration,
    /// Pauses between attempts on one origin: 50 ms doubling to 250 ms, as a
    /// client is waiting.
    pub backoff: Backoff,
    /// Failures after which the same origin is asked again.
    pub retry_on: Failures,
    /// Failures after which another origin is asked.
    pub failover_on: Failures,
    /// Whether requests that are not safe are repeated too.
    pub retry_unsafe: bool,
    /// Whether `Retry-After` is obeyed where it fits the deadline.
    pub retry_after: bool,
    /// A response that carries this field is never repeated: the origin's veto.
    pub retry_stop_header: Option<String>,
    /// A response that carries this field is a failure, whatever its status.
    pub retry_header: Option<String>,
    /// The field that tells the origin the number of each attempt, the first
    /// one's too, and the client how many there were. Without it, the origin is
    /// told from the second attempt on, in `lastgood-attempt`.
    pub attempt_header: Option<String>,
    /// A second attempt beside a slow first one; off.
    pub hedge: Option<Hedge>,
    /// Requests for one page wait for one of them, in cache mode.
    pub collapse: Option<Collapse>,
    /// How long a page that failed is not asked for again while there is a copy:
    /// 1 s doubling to 60 s.
    pub hold_down: Option<HoldDown>,
    /// Requests with credentials make no sense without them: they do not go to
    /// an origin that may not see them.
    pub needs_credentials: bool,
    /// Whether small good answers are looked at, since some gateways send their
    /// error pages as 200.
    pub disguised: bool,
    /// Whether answers are held until they are complete.
    pub rescue: Rescue,
    /// Changes nothing, and logs what would have been done.
    pub observe: bool,
    /// How often one origin is asked, if there are several: once.
    pub attempts_per_origin: u8,
    /// Request bodies up to this many bytes are held for a second attempt:
    /// 64 KiB, as in linkerd and Pingora.
    pub body_limit: u64,
    /// Failures for which a copy is shown.
    pub stale_on: Failures,
    /// How long past its freshness a copy may be shown at most: 24 h.
    pub stale: Duration,
    /// How long it may be shown at least, even if the origin's
    /// `stale-if-error` is shorter: 0.
    pub stale_min: Duration,
    /// Where else a page is looked for before an error goes out, in this order.
    pub tiers: Vec<Tier>,
    /// The same in per cent of the lifetime, if that is less; off. Without one there is no share.
    pub stale_percent: Option<u16>,
    /// Whether a copy is shown instead of a failure although the origin forbids to
    /// show it stale: off, as the origin may have its reasons.
    pub stale_although_origin_forbids: bool,
    /// In cache mode, how long past its freshness a copy answers while it is renewed
    /// behind the reply, if the origin says nothing about that: 0.
    pub renew_behind: Duration,
    /// In cache mode, for how long an error is remembered that has no lifetime of its
    /// own, by its status: none is.
    pub remember: Vec<(u16, Duration)>,
    /// How often an unchanged copy is written again: once in 60 s.
    pub keep_every: Duration,
    /// A copy has at most this many bytes: 8 MiB, since a body waits in memory
    /// until it is known to be whole, and an isolate has 128 MB.
    pub copy_limit: u64,
    /// In cache mode, whether clients may demand that the origin is asked although
    /// there is a fresh copy (RFC 9111, 5.2.1).
    pub obey_clients: bool,
    /// Whether pages that carry a token, against forged requests or of a security
    /// policy, are refused as copies.
    pub refuse_tokens: bool,
    /// Cookies that do not change what a page says.
    pub cookies_ignored: Vec<String>,
    /// Whether a stale HTML page gets a line that says how old it is.
    pub notice: bool,
    /// What goes out when there is nothing to show.
    pub answer: AnswerWith,
    /// Failures that our answer replaces.
    pub answer_on: Failures,
    /// The status of our answer.
    pub answer_status: AnswerStatus,
    /// What our page looks like, and says.
    pub page: Rc<Page>,
    /// Who must see what the origin says: nobody.
    pub monitors: Monitors,
    /// What `/robots.txt` is answered with: 503.
    pub robots: Robots,
    /// Planned work; none.
    pub maintenance: Option<Maintenance>,
}

impl Default for Policy {
    fn default() -> Self {
        let gateway = [(502, 504), (520, 527), (530, 530)];
        let stale = [(429, 429), (500, 500), (502, 504), (520, 527), (530, 530)];
        Self {
            mode: Mode::Standby,
            attempts: 3,
            attempt_timeout: Duration::from_secs(10),
            deadline: Duration::from_secs(10),
            unsafe_deadline: Duration::from_secs(100),
            soft_deadline: Duration::from_millis(700),
            backoff: Backoff {
                base: Duration::from_millis(50),
                cap: Duration::from_millis(250),
            },
            retry_on: Failures::all_and(&gateway),
            failover_on: Failures::all_and(&gateway),
            retry_unsafe: false,
            retry_after: true,
            retry_stop_header: None,
            retry_header: None,
            attempt_header: None,
            hedge: None,
            collapse: Some(Collapse::DEFAULT),
            hold_down: Some(HoldDown::DEFAULT),
            needs_credentials: false,
            disguised: false,
            rescue: Rescue::Auto,
            observe: false,
            attempts_per_origin: 1,
            body_limit: 64 * 1024,
            stale_on: Failures::all_and(&stale),
            stale: Duration::from_secs(24 * 60 * 60),
            stale_min: Duration::ZERO,
            tiers: Vec::new(),
            stale_percent: None,
            renew_behind: Duration::ZERO,
            remember: Vec::new(),
            stale_although_origin_forbids: false,
            keep_every: Duration::from_secs(60),
            copy_limit: 8 * 1024 * 1024,
            obey_clients: true,
            refuse_tokens: false,
            cookies_ignored: analytics(),
            notice: true,
            answer: AnswerWith::Page,
            answer_on: Failures::all_and(&gateway),
            answer_status: AnswerStatus::Unavailable,
            page: Rc::default(),
            monitors: Monitors::default(),
            robots: Robots::Unavailable,
            maintenance: None,
        }
    }
}

/// Cookies that widespread analytics and consent scripts set for themselves.
fn analytics() -> Vec<String> {
    [
        "_ga",
        "_gid",
        "_gat",
        "_gcl_au",
        "_fbp",
        "_pk_id",
        "_pk_ses",
        "__utma",
        "__utmb",
        "__utmc",
        "__utmz",
        "__cf_bm",
        "cf_clearance",
    ]
    .into_iter()
    .map(String::from)
    .collect()
}

/// Everything that was configured: origins, and rules by path.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Configuration {
    /// The first choice first. Empty: the zone's own origin.
    pub origins: Vec<Origin>,
    /// What holds for all routes together.
    pub guards: Guards,
    routes: Vec<(String, Rc<Policy>)>,
    fallback: Rc<Policy>,
}

impl Configuration {
    /// The rules for a path: those of the first route that matches it.
    #[must_use]
    pub fn policy_for(&self, path: &str) -> &Rc<Policy> {
        self.routes
            .iter()
            .find(|(pattern, _)| fits(pattern, path))
            .map_or(&self.fallback, |(_, policy)| policy)
    }

    /// The rules of all routes, and those for the rest.
    pub fn policies(&self) -> impl Iterator<Item = &Rc<Policy>> {
        let routes = self.routes.iter().map(|(_, policy)| policy);
        routes.chain([&self.fallback])
    }

    /// All tiers of all routes; one that several have comes several times.
    pub fn tiers(&self) -> impl Iterator<Item = &Tier> {
        self.policies().flat_map(|policy| policy.tiers.iter())
    }
}

/// Whether a text is a pattern of paths.
pub fn is_pattern(path: &str) -> bool {
    path.starts_with(['/', '*']) && path.bytes().filter(|byte| *byte == b'*').count() <= 1
}

/// Whether a path fits a pattern, in which one `*` stands for any characters.
#[must_use]
pub fn fits(pattern: &str, path: &str) -> bool {
    match cut::at(pattern, b'*') {
        None => pattern == path,
        Some((start, end)) => path
            .strip_prefix(start)
            .is_some_and(|rest| rest.ends_with(end)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        let check = |pattern: &str, path: &str, expected: bool| {
            assert_eq!(fits(pattern, path), expected, "{pattern} {path}");
        };
        check("/api/*", "/api/x/y", true);
        check("/api/*", "/api", false);
        check("/", "/", true);
        check("/", "/x", false);
        check("*.css", "/a/b.css", true);
        check("*.css", "/a/b.css.map", false);
        check("/a/*.png", "/a/b/c.png", true);
        check("/a/*/a", "/a/a", false);
        check("*", "", true);
    }
}
