//! What becomes of a write that waits in a queue.
//!
//! A page asks again within seconds, a queue within days, after the page was
//! closed and its answer lost. So each sending is remembered with what it left
//! in doubt. While a write may have been carried out, it is sent again only as
//! long as the origin recognises its key; otherwise whoever wrote it decides.

use super::{Pause, Repeatability, pause, permission};
use crate::policy::{Backoff, Failures, Policy};
use crate::verdict::{self, APPLIED, Cause, Facts, Failure, Phase, disguise};
use crate::wire::{Fields, Timestamp, media_type, retry_after};
use core::time::Duration;

/// A write is asked about once it got the same answer so often: an origin's own
/// error to one write may last for ever, and those behind it would wait as long.
/// Ten minutes with the default pauses.
const SAME_ANSWERS: u32 = 12;

/// A clock that was set back by more than this tells nothing of how long ago a
/// key was used.
const CLOCKS_DIFFER: Duration = Duration::from_secs(5 * 60);

/// The rules for the writes of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueRule {
    /// For how long the origin recognises a key, if it does: then it carries out
    /// once what it gets twice.
    pub remembers: Option<Duration>,
    /// Nothing is sent by itself that was stored longer ago.
    pub age: Duration,
    /// The pauses between sendings.
    pub backoff: Backoff,
}

/// A write that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Write {
    /// How often it was sent; the sending that is judged is counted.
    pub sent: u32,
    /// When it was stored, or last sent at its writer's wish.
    pub stored: Timestamp,
    /// When it was first sent without being known not to have been carried out.
    pub doubtful: Option<Timestamp>,
    /// When it was last decided about.
    pub decided: Timestamp,
    /// How long it rests from then on.
    pub pause: Duration,
    /// Its last sending had no answer at all.
    pub lost: bool,
}

/// What is to be done with the first write of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is sent.
    Send,
    /// It rests for so long.
    Wait(Duration),
    /// The device has no network: nothing is sent, which is the one proof of it.
    Offline,
    /// Its writer is asked: it may have been carried out, and its key be forgotten.
    Unknown,
    /// It is too old, and was not carried out.
    Refused,
}

/// What came of a sending.
#[derive(Clone, Copy, Debug)]
pub enum Came<'a> {
    /// No answer: it was lost, or whoever sent it vanished.
    Lost(Cause),
    /// An answer.
    Answered(Reply<'a>),
}

/// What is known of an answer to a write.
#[derive(Clone, Copy)]
pub struct Reply<'a> {
    /// The status.
    pub status: u16,
    /// The fields.
    pub fields: &'a dyn Fields,
    /// The body, if [`reads`] asked for it.
    pub body: &'a str,
    /// It answers to where the write was sent on by another answer.
    pub redirected: bool,
    /// The problem's `type` and `applied`, if the body is one.
    pub problem: Option<(&'a str, &'a str)>,
}

impl core::fmt::Debug for Reply<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// What becomes of a write after a sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was carried out.
    Done,
    /// It is sent again.
    Again {
        /// After so long.
        after: Duration,
        /// This sending may have been carried out.
        doubtful: bool,
        /// Why it failed.
        cause: Cause,
    },
    /// It may have been carried out, and its writer is asked.
    Unknown(Option<Cause>),
    /// It was not carried out, and will not be.
    Refused(Option<Cause>),
}

/// What is read of an answer's body before it is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// Nothing.
    Nothing,
    /// Its text, for a gateway's error may be disguised in it.
    Text,
    /// The problem that it describes.
    Problem,
}

/// The first thing to know of an answer.
#[must_use]
pub fn reads(status: u16, fields: &dyn Fields) -> Reads {
    let essence = media_type::essence(fields.get("content-type"));
    let is = |kind| essence.eq_ignore_ascii_case(kind);
    let is_problem = is("application/problem+json") || is("application/json");
    match (is_problem, status) {
        (true, _) if is_told_in_body(status, fields) => Reads::Problem,
        (_, 200) if facts(status, fields, Timestamp::default()).is_small => Reads::Text,
        _ => Reads::Nothing,
    }
}

/// Whether it is for the body of a failure to say how far the write came.
fn is_told_in_body(status: u16, fields: &dyn Fields) -> bool {
    verdict::is_failure(status, &policy()) && !fields.has(APPLIED)
}

/// What is known of the network that a device is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// There is one.
    pub is_there: bool,
    /// When it was last seen to come back.
    pub back: Timestamp,
}

/// What is to be done with a write now.
#[must_use]
pub fn next(write: &Write, rule: &QueueRule, network: Network, now: Timestamp) -> Next {
    let forgotten = |since| rule.left(since, now).is_zero();
    if write.doubtful.is_some_and(forgotten) {
        return Next::Unknown;
    }
    if now.since(write.stored) >= rule.age {
        return match write.doubtful {
            Some(_) => Next::Unknown,
            None => Next::Refused,
        };
    }
    let rested = now.since(write.decided);
    let left = write.pause.saturating_sub(rested);
    // What was lost with the network need not wait once that is back; and after a clock
    // was set back nobody knows how long it rested.
    let is_over = (write.lost && network.back > write.decided) || now < write.decided;
    match left.is_zero() || is_over {
        false => Next::Wait(left),
        true if network.is_there => Next::Send,
        true => Next::Offline,
    }
}

/// What becomes of a write after what came of its last sending, which began at
/// `began`.
#[must_use]
pub fn fate(
    write: &Write,
    came: &Came<'_>,
    rule: &QueueRule,
    began: Timestamp,
    now: Timestamp,
    random: u64,
) -> Fate {
    let failed = match came {
        Came::Lost(cause) => Failed {
            failure: Failure::without_answer(*cause),
            lasting: false,
            pushback: None,
        },
        Came::Answered(reply) => match reply.meaning(write, rule, now) {
            Meaning::Good => return Fate::Done,
            // It is the repetition that was refused, not what went before it.
            Meaning::Refused if write.doubtful.is_some() => return Fate::Unknown(None),
            Meaning::Refused => return Fate::Refused(None),
            Meaning::Unclear => return Fate::Unknown(None),
            Meaning::Failed(failed) => failed,
        },
    };
    failed.fate(write, rule, began, now, random)
}

impl QueueRule {
    /// How long the origin goes on recognising a key that it first saw at `since`.
    fn left(&self, since: Timestamp, now: Timestamp) -> Duration {
        let remembers = self.remembers.unwrap_or_default();
        if since.since(now) > CLOCKS_DIFFER {
            return Duration::ZERO;
        }
        remembers.saturating_sub(now.since(since))
    }

    const fn repeatability(&self) -> Repeatability {
        match self.remembers {
            Some(_) => Repeatability::KeyedAndOptedIn,
            None => Repeatability::Unsafe,
        }
    }
}

/// What an answer says of the write.
enum Meaning {
    Good,
    /// The origin would not carry it out.
    Refused,
    /// The origin took it, and what it then pointed to refused.
    Unclear,
    Failed(Failed),
}

/// A sending without a good answer.
struct Failed {
    failure: Failure,
    /// It may be the same for ever.
    lasting: bool,
    /// How long the origin asks to be left alone.
    pushback: Option<Duration>,
}

impl Failed {
    fn fate(
        self,
        write: &Write,
        rule: &QueueRule,
        began: Timestamp,
        now: Timestamp,
        random: u64,
    ) -> Fate {
        let Failure { cause, phase, .. } = self.failure;
        let doubtful = phase != Phase::NothingSent;
        let since = write.doubtful.or_else(|| doubtful.then_some(began));
        let ended = match since {
            Some(_) => Fate::Unknown(Some(cause)),
            None => Fate::Refused(Some(cause)),
        };
        if !self.may_repeat(rule) || (self.lasting && write.sent >= SAME_ANSWERS) {
            return ended;
        }
        let left = rule.age.saturating_sub(now.since(write.stored));
        let left = since.map_or(left, |since| left.min(rule.left(since, now)));
        let failed = u8::try_from(write.sent).unwrap_or(u8::MAX);
        match pause(rule.backoff, failed, self.pushback, left, random) {
            Pause::For(after) => Fate::Again {
                after,
                doubtful,
                cause,
            },
            Pause::TooLong => ended,
        }
    }

    /// The matrix of [`permission`], for days: a certificate mends itself, and an
    /// error with a lifetime is over after it.
    fn may_repeat(&self, rule: &QueueRule) -> bool {
        let cause = match self.failure.cause {
            Cause::Tls => Cause::Network,
            other => other,
        };
        let failure = Failure {
            cause,
            meant: false,
            ..self.failure
        };
        failure.phase == Phase::NothingSent
            || permission(rule.repeatability(), &failure, &policy()).here
    }
}

impl Reply<'_> {
    fn meaning(&self, write: &Write, rule: &QueueRule, now: Timestamp) -> Meaning {
        let facts = facts(self.status, self.fields, now);
        let disguised = || disguise::recognise(self.body.as_bytes()).is_some();
        let failure = match verdict::of_response(&facts, &policy()) {
            Some(failure) => failure,
            None if facts.is_small && disguised() => Failure {
                status: Some(self.status),
                ..Failure::without_answer(Cause::Disguised)
            },
            None => return self.without_failure(write, rule),
        };
        Meaning::Failed(Failed {
            lasting: failure.cause == Cause::ServerError,
            pushback: facts
                .retry_after
                .max(facts.lifetime.filter(|_| failure.meant)),
            failure: Failure {
                phase: self.phase(failure.cause),
                ..failure
            },
        })
    }

    /// Of an answer that no list of failures names.
    fn without_failure(&self, write: &Write, rule: &QueueRule) -> Meaning {
        let again = |phase, lasting| {
            let failure = Failure {
                phase,
                status: None,
                ..Failure::without_answer(Cause::Listed)
            };
            Meaning::Failed(Failed {
                failure,
                lasting,
                pushback: None,
            })
        };
        match self.status {
            ..400 => Meaning::Good,
            _ if self.redirected => Meaning::Unclear,
            // Not read to its end, sent to a server that is not meant, or too
            // early to be looked at (RFC 9110, 15.5.9 and 15.5.20; RFC 8470, 5.2).
            408 | 421 | 425 => again(Phase::NothingSent, false),
            // It is still at work on what it got before, says who knows the key.
            409 if write.doubtful.is_some() && rule.remembers.is_some() => {
                again(Phase::MaybeProcessed, true)
            }
            _ => Meaning::Refused,
        }
    }

    /// How far the write came. The statuses of an edge that could not reach the
    /// origin are proof only from the edge itself.
    fn phase(&self, cause: Cause) -> Phase {
        let own = |(kind, applied): (&str, &str)| kind.starts_with(Cause::TYPES) && applied == "no";
        let proven = match cause {
            Cause::RateLimited => true,
            _ if self.fields.has(APPLIED) => self.fields.get(APPLIED) == "no",
            _ if self.problem.is_some_and(own) => true,
            _ => cause.phase() == Phase::NothingSent && self.fields.has("cf-ray"),
        };
        match proven && !self.redirected {
            true => Phase::NothingSent,
            false => Phase::MaybeProcessed,
        }
    }
}

fn facts(status: u16, fields: &dyn Fields, now: Timestamp) -> Facts {
    Facts::read(status, fields, &policy(), retry_after::sent(fields, now))
}

/// The default, with the origin's own errors: they end within days, too.
fn policy() -> Policy {
    let kept = [(429, 429), (500, 500), (502, 504), (520, 527), (530, 530)];
    Policy {
        retry_on: Failures::all_and(&kept),
        ..Policy::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Listed;
    use alloc::format;
    use proptest::prelude::*;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    const NOW: Timestamp = Timestamp::from_secs(1_000_000_000);
    const PLAIN: QueueRule = QueueRule {
        remembers: None,
        age: Duration::from_secs(7 * 24 * 60 * 60),
        backoff: Backoff {
            base: Duration::from_secs(1),
            cap: Duration::from_secs(300),
        },
    };
    const KEYED: QueueRule = QueueRule {
        remembers: Some(DAY),
        ..PLAIN
    };
    const FIRST: Write = Write {
        sent: 1,
        stored: NOW,
        doubtful: None,
        decided: NOW,
        pause: Duration::ZERO,
        lost: false,
    };
    const ONLINE: Network = Network {
        is_there: true,
        back: Timestamp::from_secs(0),
    };
    const DOUBTFUL: Write = Write {
        sent: 2,
        doubtful: Some(NOW),
        ..FIRST
    };

    fn answer<'a>(status: u16, fields: &'a Listed<'a>) -> Reply<'a> {
        Reply {
            status,
            fields,
            body: "",
            redirected: false,
            problem: None,
        }
    }

    fn judged(write: Write, rule: &QueueRule, came: &Came<'_>) -> Fate {
        fate(&write, came, rule, NOW, NOW, 7)
    }

    /// What becomes of a write with each rule, in a word.
    fn words(write: Write, came: &Came<'_>) -> [&'static str; 2] {
        [PLAIN, KEYED].map(|rule| match judged(write, &rule, came) {
            Fate::Done => "done",
            Fate::Again { doubtful: true, .. } => "again, in doubt",
            Fate::Again { .. } => "again",
            Fate::Unknown(_) => "unknown",
            Fate::Refused(_) => "refused",
        })
    }

    fn check(status: u16, fields: &str, expected: [&str; 2]) {
        let fields = Listed::new(fields);
        let given = words(FIRST, &Came::Answered(answer(status, &fields)));
        assert_eq!(given, expected, "{status}");
    }

    #[test]
    fn an_answer_says_what_becomes_of_a_write() {
        let lost = ["unknown", "again, in doubt"];
        for status in [200, 201, 204, 302, 303] {
            check(status, "", ["done"; 2]);
        }
        for status in [400, 401, 403, 404, 409, 410, 413, 422, 501, 505, 507] {
            check(status, "", ["refused"; 2]);
        }
        for status in [408, 421, 425, 429] {
            check(status, "", ["again"; 2]);
        }
        for status in [500, 502, 503, 504, 520, 522, 524, 527] {
            check(status, "", lost);
            check(status, "cf-ray:8a\n", lost);
        }
        for status in [521, 523, 525, 526, 530] {
            check(status, "", lost);
            check(status, "cf-ray:8a\n", ["again"; 2]);
        }
    }

    #[test]
    fn a_lost_answer_leaves_a_doubt() {
        for cause in [Cause::Network, Cause::Timeout] {
            assert_eq!(
                words(FIRST, &Came::Lost(cause)),
                ["unknown", "again, in doubt"]
            );
        }
    }

    #[test]
    fn our_own_word_is_proof_and_a_strangers_is_none() {
        let fields = Listed::new("content-type:application/problem+json\n");
        let told = |kind, applied| {
            let problem = Some((kind, applied));
            let reply = Reply {
                problem,
                ..answer(503, &fields)
            };
            words(FIRST, &Came::Answered(reply))[0]
        };
        assert_eq!(told("tag:lastgood,2026:unavailable", "no"), "again");
        assert_eq!(told("tag:lastgood,2026:unavailable", "unknown"), "unknown");
        assert_eq!(told("about:blank", "no"), "unknown");
    }

    #[test]
    fn a_field_says_it_before_any_body() {
        let html = "content-type:text/html\n";
        for (said, fate) in [("no", "again"), ("unknown", "unknown"), ("", "unknown")] {
            let fields = format!("{html}{APPLIED}:{said}\n");
            let fields = Listed::new(&fields);
            assert_eq!(words(FIRST, &Came::Answered(answer(503, &fields)))[0], fate);
            assert_eq!(reads(503, &fields), Reads::Nothing, "{said}");
        }
    }

    #[test]
    fn a_failure_that_is_described_is_read() {
        for kind in [
            "application/problem+json",
            "Application/JSON; charset=utf-8",
        ] {
            let fields = format!("content-type:{kind}\n");
            let plain = Listed::new(&fields);
            assert_eq!(reads(503, &plain), Reads::Problem);
            assert_eq!(reads(422, &plain), Reads::Nothing, "nothing depends on it");
            let fields = format!("{fields}{APPLIED}:no\n");
            assert_eq!(reads(503, &Listed::new(&fields)), Reads::Nothing);
        }
    }

    #[test]
    fn what_was_sent_on_proves_nothing_and_refuses_nothing() {
        let fields = Listed::new("cf-ray:8a\n");
        let sent_on = |status| {
            let reply = Reply {
                redirected: true,
                ..answer(status, &fields)
            };
            words(FIRST, &Came::Answered(reply))
        };
        assert_eq!(sent_on(200), ["done"; 2]);
        assert_eq!(sent_on(404), ["unknown"; 2]);
        assert_eq!(sent_on(429), ["unknown"; 2]);
        for status in [521, 502] {
            assert_eq!(sent_on(status), ["unknown", "again, in doubt"], "{status}");
        }
    }

    #[test]
    fn an_error_in_disguise_is_no_success() {
        let fields = Listed::new("content-type:text/html\n");
        assert_eq!(reads(200, &fields), Reads::Text);
        let reply = Reply {
            body: "error code: 522",
            ..answer(200, &fields)
        };
        assert_eq!(
            words(FIRST, &Came::Answered(reply)),
            ["unknown", "again, in doubt"]
        );
    }

    #[test]
    fn a_refused_repetition_says_nothing_of_what_went_before() {
        let fields = Listed::new("");
        let given = |status| judged(DOUBTFUL, &KEYED, &Came::Answered(answer(status, &fields)));
        assert_eq!(given(401), Fate::Unknown(None));
        assert!(matches!(given(409), Fate::Again { doubtful: true, .. }));
        assert_eq!(given(200), Fate::Done);
    }

    #[test]
    fn the_same_answer_is_not_waited_for_for_ever() {
        let fields = Listed::new("");
        let sent = |status, sent, write: Write| {
            let came = Came::Answered(answer(status, &fields));
            judged(Write { sent, ..write }, &KEYED, &came)
        };
        assert!(matches!(sent(500, 11, DOUBTFUL), Fate::Again { .. }));
        assert!(matches!(sent(500, 12, DOUBTFUL), Fate::Unknown(Some(_))));
        assert!(matches!(sent(409, 12, DOUBTFUL), Fate::Unknown(Some(_))));
        assert!(matches!(sent(502, 500, DOUBTFUL), Fate::Again { .. }));
    }

    #[test]
    fn an_origin_says_when_to_come_back() {
        let after = |fields: &str| {
            let listed = Listed::new(fields);
            let came = Came::Answered(answer(503, &listed));
            judged(FIRST, &KEYED, &came)
        };
        let within = |fate, low, high| match fate {
            Fate::Again { after, .. } => (low..=high).contains(&after.as_secs()),
            _ => false,
        };
        assert!(within(after("retry-after:60\n"), 60, 90));
        assert!(within(after("cache-control:max-age=600\n"), 600, 900));
        // Longer than the key is remembered, or than anything is kept.
        assert_eq!(
            after("retry-after:90000\n"),
            Fate::Unknown(Some(Cause::Unavailable))
        );
        let listed = Listed::new("retry-after:700000\n");
        assert_eq!(
            judged(FIRST, &KEYED, &Came::Answered(answer(429, &listed))),
            Fate::Refused(Some(Cause::RateLimited))
        );
    }

    #[test]
    fn it_rests_and_goes_when_there_is_a_network() {
        let write = Write {
            pause: Duration::from_secs(10),
            ..FIRST
        };
        let at = |secs: u64| NOW.after(Duration::from_secs(secs));
        let offline = Network {
            is_there: false,
            ..ONLINE
        };
        let seen = |network, now| next(&write, &PLAIN, network, now);
        assert_eq!(seen(ONLINE, at(4)), Next::Wait(Duration::from_secs(6)));
        assert_eq!(seen(ONLINE, at(10)), Next::Send);
        assert_eq!(seen(offline, at(10)), Next::Offline);
        assert_eq!(seen(ONLINE, NOW.before(DAY)), Next::Send);
    }

    #[test]
    fn what_was_lost_with_the_network_goes_when_that_is_back() {
        let pause = Duration::from_secs(10);
        let (now, back) = (NOW.after(pause / 2), NOW.after(pause / 4));
        let seen = |lost, back| {
            let write = Write {
                pause,
                lost,
                ..FIRST
            };
            next(&write, &KEYED, Network { back, ..ONLINE }, now)
        };
        assert_eq!(seen(true, back), Next::Send);
        assert_eq!(seen(true, NOW), Next::Wait(pause / 2));
        assert_eq!(seen(false, back), Next::Wait(pause / 2));
    }

    #[test]
    fn a_key_is_good_for_as_long_as_the_origin_knows_it() {
        let short = Duration::from_secs(60);
        assert_eq!(
            next(&DOUBTFUL, &KEYED, ONLINE, NOW.after(DAY - short)),
            Next::Send
        );
        assert_eq!(
            next(&DOUBTFUL, &KEYED, ONLINE, NOW.after(DAY)),
            Next::Unknown
        );
        assert_eq!(next(&DOUBTFUL, &PLAIN, ONLINE, NOW), Next::Unknown);
        assert_eq!(
            next(&DOUBTFUL, &KEYED, ONLINE, NOW.before(short)),
            Next::Send,
            "clocks are set right"
        );
        assert_eq!(
            next(&DOUBTFUL, &KEYED, ONLINE, NOW.before(DAY)),
            Next::Unknown
        );
    }

    #[test]
    fn what_is_old_is_not_sent_by_itself() {
        let late = NOW.after(PLAIN.age);
        assert_eq!(next(&FIRST, &PLAIN, ONLINE, late), Next::Refused);
        let long = QueueRule {
            remembers: Some(PLAIN.age * 2),
            ..PLAIN
        };
        assert_eq!(next(&DOUBTFUL, &long, ONLINE, late), Next::Unknown);
    }

    proptest! {
        #[test]
        fn nothing_in_doubt_is_sent_again_without_a_key(
            status in 100_u16..1000, redirected: bool, sent in 1_u32..50, ray: bool, random: u64
        ) {
            let fields = Listed::new(if ray { "cf-ray:8a\nretry-after:3\n" } else { "" });
            let reply = Reply { redirected, ..answer(status, &fields) };
            let write = Write { sent, ..FIRST };
            let fate = fate(&write, &Came::Answered(reply), &PLAIN, NOW, NOW, random);
            let repeats_a_doubt = matches!(fate, Fate::Again { doubtful: true, .. });
            prop_assert!(!repeats_a_doubt);
        }

        #[test]
        fn nothing_is_repeated_once_its_key_is_forgotten(
            status in 100_u16..1000, sent in 1_u32..50, ago in 0_u64..200_000, random: u64
        ) {
            let fields = Listed::new("");
            let write = Write { sent, ..DOUBTFUL };
            let now = NOW.after(Duration::from_secs(ago));
            let came = Came::Answered(answer(status, &fields));
            if let Fate::Again { after, .. } = fate(&write, &came, &KEYED, now, now, random) {
                prop_assert!(now.after(after).since(NOW) < DAY);
            }
        }
    }
}
