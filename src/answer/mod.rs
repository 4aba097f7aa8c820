//! What we say ourselves when nothing can be shown.
//!
//! An error answer has readers: a person, a script, a crawler, an image
//! element. Each gets a form it can use, a true status, and a time to come back.

mod advice;
mod form;
mod html;
mod language;
mod notice;
mod page;

pub use advice::{Advice, advice};
pub use form::{Asker, Form};
pub use language::Language;
pub use notice::{POLICIES, admitting, notice, wants_notice};

use crate::copies::Changes;
use crate::policy::AnswerStatus;
use crate::retry::Random;
use crate::verdict::{Cause, Failure, Phase};
use crate::wire::json;
use alloc::{format, string::String};

/// What an answer has to say.
#[derive(Clone, Copy, Debug)]
pub struct Matter<'a> {
    /// What went wrong with the last attempt.
    pub failure: Failure,
    /// Whether the request was safe: nothing of the visitor's can be lost.
    pub safe: bool,
    /// The id that is also in the log line.
    pub id: &'a str,
    /// When to come back, in seconds.
    pub retry_after: u64,
}

impl Matter<'_> {
    /// Whether the request may have been carried out although it failed.
    #[must_use]
    pub const fn maybe_applied(&self) -> bool {
        !self.safe && !matches!(self.failure.phase, Phase::NothingSent)
    }

    /// Whether it may be sent again and fare better: a loop goes round once more.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        !self.maybe_applied() && !matches!(self.failure.cause, Cause::Loop)
    }
}

/// A response of our own.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its fields.
    pub fields: Changes,
    /// Its body; empty where none is due.
    pub body: String,
}

/// Composes the answer in the form that suits the asker.
#[must_use]
pub fn compose(form: Form, status: AnswerStatus, matter: &Matter<'_>) -> Answer {
    let status = status_code(status, &matter.failure);
    let body = match form {
        Form::Html => page::render(matter),
        Form::Problem(_) => problem(status, matter),
        Form::Text => text(matter),
        Form::Empty(_) => String::new(),
    };
    let mut fields = Changes::default();
    fields.set("cache-control", "no-store");
    if matter.failure.cause != Cause::Loop {
        fields.set("retry-after", &format!("{}", matter.retry_after));
    }
    fields.set("vary", "accept, sec-fetch-dest, sec-fetch-mode");
    fields.set("x-robots-tag", "noindex");
    fields.set("content-type", form.content_type());
    if form == Form::Html {
        fields.set("content-security-policy", page::CONTENT_SECURITY_POLICY);
        fields.set("content-language", "en");
    }
    Answer {
        status,
        fields,
        body,
    }
}

fn status_code(choice: AnswerStatus, failure: &Failure) -> u16 {
    match (choice, failure.status, failure.cause) {
        // Nothing is down, and coming back later is of no use (RFC 5842).
        (_, _, Cause::Loop) => 508,
        (AnswerStatus::Unavailable, _, _) => 503,
        (AnswerStatus::Upstream, Some(status), _) => status,
        (AnswerStatus::Upstream, None, Cause::Timeout) => 504,
        (AnswerStatus::Upstream, None, _) => 502,
    }
}

/// When to come back, in seconds: what the origin asked for, else 5 to 15 at
/// random, so that visitors turned away together do not return together.
#[must_use]
pub fn retry_after(failure: &Failure, random: &mut Random) -> u64 {
    const LONGEST: u64 = 60;
    let spread = random.draw() % 11;
    match failure.retry_after {
        Some(asked) => asked.as_secs().clamp(1, LONGEST.saturating_mul(60)),
        None => spread.saturating_add(5).min(LONGEST),
    }
}

/// Problem details (RFC 9457).
fn problem(status: u16, matter: &Matter<'_>) -> String {
    let advice = advice(matter.failure.cause);
    let applied = match (matter.safe, matter.maybe_applied()) {
        (true, _) => "",
        (false, false) => ",\"applied\":\"no\"",
        (false, true) => ",\"applied\":\"unknown\"",
    };
    format!(
        "{{\"type\":\"about:blank\",\"title\":{title},\"status\":{status},\"detail\":{detail},\
         \"cause\":\"{cause}\",\"phase\":\"{phase}\",\"retryable\":{retryable},\
         \"retry_after\":{retry_after},\"request_id\":{id}{applied}}}\n",
        title = json::string(advice.title),
        detail = json::string(advice.visitor),
        cause = matter.failure.cause.name(),
        phase = matter.failure.phase.name(),
        retryable = matter.is_retryable(),
        retry_after = matter.retry_after,
        id = json::string(matter.id),
    )
}

fn text(matter: &Matter<'_>) -> String {
    let advice = advice(matter.failure.cause);
    let sent = if matter.maybe_applied() {
        page::SENT
    } else {
        ""
    };
    let when = match matter.failure.cause {
        Cause::Loop => String::new(),
        _ => format!("Try again in {} seconds.\n", matter.retry_after),
    };
    format!(
        "{}\n\n{} {}\n{when}Request {}\n",
        advice.title, advice.visitor, sent, matter.id
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matter(failure: Failure, safe: bool) -> Matter<'static> {
        Matter {
            failure,
            safe,
            id: "ab<c",
            retry_after: 7,
        }
    }

    #[test]
    fn the_status_is_503_unless_the_operator_wants_the_truth() {
        let check = |choice, failure, expected| {
            let answer = compose(Form::Html, choice, &matter(failure, true));
            assert_eq!(answer.status, expected);
        };
        let timeout = Failure::without_answer(Cause::Timeout);
        let answered = Failure {
            status: Some(502),
            ..Failure::without_answer(Cause::BadGateway)
        };
        check(AnswerStatus::Unavailable, answered, 503);
        check(AnswerStatus::Upstream, answered, 502);
        check(AnswerStatus::Upstream, timeout, 504);
        check(
            AnswerStatus::Upstream,
            Failure::without_answer(Cause::Network),
            502,
        );
    }

    #[test]
    fn a_loop_is_no_outage() {
        let looped = matter(Failure::without_answer(Cause::Loop), true);
        for choice in [AnswerStatus::Unavailable, AnswerStatus::Upstream] {
            let answer = compose(Form::Html, choice, &looped);
            assert_eq!(answer.status, 508);
            assert!(!answer.fields.as_str().contains("retry-after"));
            assert!(!answer.body.contains("worthwhile"));
            let text = compose(Form::Text, choice, &looped).body;
            assert!(!text.contains("Try again"));
        }
    }

    #[test]
    fn a_write_that_may_have_happened_says_so() {
        let lost = Failure::without_answer(Cause::Network);
        let refused = Failure::without_answer(Cause::ConnectionRefused);
        let page = |failure, safe| {
            compose(
                Form::Html,
                AnswerStatus::Unavailable,
                &matter(failure, safe),
            )
            .body
        };
        assert!(page(lost, false).contains(page::SENT));
        assert!(!page(lost, true).contains(page::SENT));
        assert!(!page(refused, false).contains(page::SENT));
        let problem = |failure, safe| {
            let form = Form::Problem("application/json");
            let body = compose(form, AnswerStatus::Unavailable, &matter(failure, safe)).body;
            serde_json::from_str::<serde_json::Value>(&body).unwrap()
        };
        assert_eq!(problem(lost, false)["applied"], "unknown");
        assert_eq!(problem(refused, false)["applied"], "no");
        assert_eq!(problem(lost, true)["applied"], serde_json::Value::Null);
        assert_eq!(problem(lost, true)["request_id"], "ab<c");
    }

    #[test]
    fn nothing_is_reflected_unescaped() {
        let failure = Failure::without_answer(Cause::Network);
        let page = compose(
            Form::Html,
            AnswerStatus::Unavailable,
            &matter(failure, true),
        )
        .body;
        assert!(page.contains("ab&lt;c") && !page.contains("ab<c"));
    }
}
