//! What we say ourselves when nothing can be shown.
//!
//! An error answer has readers: a person, a script, a crawler, an image
//! element. Each gets a form it can use, a true status, and a time to come back.

mod advice;
mod form;
mod html;
mod language;
mod later;
mod notice;
mod page;
mod problem;
mod prose;
mod stub;
mod template;

pub use advice::{Advice, advice, of_number};
pub use form::{Asker, Form};
pub use language::Language;
pub use later::retry_after;
pub use notice::{POLICIES, admitting, notice, wants_notice};

use crate::copies::Changes;
use crate::policy::{AnswerStatus, Maintenance, Page, Wording};
use crate::verdict::{APPLIED, Cause, Failure, Number, Outage, Phase};
use crate::wire::date_time;
use alloc::{format, string::String};
use core::time::Duration;
use language::Text;

/// What an answer has to say.
#[derive(Clone, Copy, Debug)]
pub struct Matter<'a> {
    /// What went wrong with the last attempt.
    pub failure: Failure,
    /// The number by which operators know it.
    pub number: Option<Number>,
    /// Whether the request was safe: nothing of the visitor's can be lost.
    pub safe: bool,
    /// Path and query of the request.
    pub url: &'a str,
    /// The id that is also in the log line.
    pub id: &'a str,
    /// When to come back, in seconds.
    pub retry_after: u64,
    /// What the visitor reads.
    pub language: &'static Language,
    /// How long it lasts.
    pub outage: Outage,
    /// What the operator chose of the page.
    pub page: &'a Page,
    /// The planned work that is going on.
    pub maintenance: Option<&'a Maintenance>,
    /// Those of the page's links to the site itself of which there is a copy.
    pub still_there: &'a [&'a str],
    /// A page of the operator's own, with places for what is to be said.
    pub template: Option<&'a str>,
    /// It is said by the visitor's own device, which knows nothing of the way to the site.
    pub near: bool,
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

    /// Whether nobody but the visitor's own device is to blame.
    #[must_use]
    pub const fn is_offline(&self) -> bool {
        matches!(self.failure.cause, Cause::Offline)
    }

    /// Whether it is known that the visitor's side is well: whoever got no answer there
    /// cannot tell.
    #[must_use]
    pub const fn is_away(&self) -> bool {
        let answered = self.failure.status.is_some();
        (answered || !self.near) && !self.is_offline()
    }

    /// After how many seconds, unless that is of no use.
    #[must_use]
    pub fn comes_back(&self) -> Option<u64> {
        (self.failure.cause != Cause::Loop).then_some(self.retry_after)
    }

    /// What became of a request that was not safe: `no`, or `unknown`.
    #[must_use]
    pub const fn applied(&self) -> Option<&'static str> {
        match (self.safe, self.maybe_applied()) {
            (true, _) => None,
            (false, false) => Some("no"),
            (false, true) => Some("unknown"),
        }
    }

    fn text(&self, text: Text) -> &'static str {
        self.language.text(text)
    }

    /// The operator's heading, or ours.
    fn title(&self) -> &str {
        let own = self.worded(&self.page.title);
        own.unwrap_or_else(|| advice(self.failure.cause).title(self.language))
    }

    /// What the operator has to say.
    fn message(&self) -> Option<&str> {
        let work = self.maintenance.and_then(|it| self.worded(&it.message));
        work.or_else(|| self.worded(&self.page.message))
    }

    /// The operator's words in the visitor's language, by whatever it is called.
    fn worded<'w>(&self, wording: &'w Wording) -> Option<&'w str> {
        let called = |tag: &str| Language::called(tag) == Some(self.language);
        wording
            .under_any(called)
            .or_else(|| wording.in_language(self.language.tag))
    }

    /// When planned work is to be over.
    fn back_at(&self) -> Option<String> {
        let end = self.maintenance?.end?;
        Some(html::filled(
            self.text(Text::BackAt),
            &date_time::spoken(end),
        ))
    }

    /// What became of what the visitor sent.
    fn sent(&self) -> Option<&'static str> {
        let text = match self.applied()? {
            "no" => Text::Unsent,
            _ => Text::Sent,
        };
        Some(self.text(text))
    }

    /// Under the title, in one line.
    fn sentences(&self) -> String {
        let fault = match (self.is_offline(), self.is_away()) {
            (true, _) => Text::Disconnected,
            (false, true) => Text::Fault,
            (false, false) => Text::Connection,
        };
        let mut all = String::from(self.text(fault));
        let back_at = self.back_at();
        let more = [self.message(), back_at.as_deref(), self.sent()];
        for sentence in more.into_iter().flatten() {
            all.extend([" ", sentence]);
        }
        all
    }

    /// When to come back, unless that is of no use: nobody is encouraged to send
    /// something a second time.
    fn later(&self) -> Option<String> {
        let after = self.comes_back().filter(|_| self.is_retryable())?;
        let span = self.language.age(Duration::from_secs(after));
        Some(html::filled(self.text(Text::Later), &span))
    }

    /// Whom to tell if it lasts.
    fn contact(&self) -> &'static str {
        self.text(Text::Contact)
    }

    /// And what to tell them.
    fn quote(&self) -> String {
        html::filled(self.text(Text::Quote), self.id)
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
pub fn compose(form: Form, status: u16, matter: &Matter<'_>) -> Answer {
    let own = || template::filled(matter.template?, status, matter);
    let own = if form == Form::Html { own() } else { None };
    let mut fields = fields(form, matter);
    // What a page of the operator's own needs, nobody knows here.
    if form == Form::Html && own.is_none() {
        let policy = page::content_security_policy(matter.page);
        fields.set("content-security-policy", &policy);
    }
    let body = match form {
        Form::Html => own.unwrap_or_else(|| page::render(matter)),
        Form::Problem(media_type) => problem::render(media_type, status, matter),
        Form::Markdown => prose::markdown(status, matter),
        Form::Text => prose::text(matter),
        Form::Stub(media_type) => stub::render(media_type, matter.language),
    };
    Answer {
        status,
        fields,
        body,
    }
}

/// What decided about the form and its words.
const VARY: &str = "accept, accept-language, sec-fetch-dest, sec-fetch-mode";

fn fields(form: Form, matter: &Matter<'_>) -> Changes {
    let mut fields = Changes::default();
    fields.set("cache-control", "no-store");
    if let Some(after) = matter.comes_back() {
        fields.set("retry-after", &format!("{after}"));
    }
    if let Some(applied) = matter.applied() {
        fields.set(APPLIED, applied);
    }
    fields.set("vary", VARY);
    fields.set("x-robots-tag", "noindex");
    fields.set("content-type", form.content_type());
    fields.set("x-content-type-options", "nosniff");
    if !matches!(form, Form::Stub(_)) {
        fields.set("content-language", matter.language.tag);
    }
    if form == Form::Html {
        fields.set("referrer-policy", "same-origin");
    }
    fields
}

/// The status of an answer of our own.
#[must_use]
pub fn status(choice: AnswerStatus, failure: &Failure) -> u16 {
    match (choice, failure.status, failure.cause) {
        // Nothing is down, and coming back later is of no use (RFC 5842).
        (_, _, Cause::Loop) => 508,
        (_, _, Cause::Maintenance) => 503,
        (AnswerStatus::Unavailable, _, _) => 503,
        (AnswerStatus::Upstream, Some(status), _) => status,
        (AnswerStatus::Upstream, None, Cause::Timeout) => 504,
        (AnswerStatus::Upstream, None, _) => 502,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::boxed::Box;

    const PROBLEM: Form = Form::Problem("application/problem+json");

    fn matter(failure: Failure, safe: bool) -> Matter<'static> {
        Matter {
            failure,
            number: None,
            safe,
            url: "/a?<b>",
            id: "ab<c",
            retry_after: 7,
            language: Language::english(),
            outage: Outage::default(),
            page: Box::leak(Box::default()),
            maintenance: None,
            still_there: &[],
            template: None,
            near: false,
        }
    }

    fn body(form: Form, failure: Failure, safe: bool) -> String {
        compose(form, 503, &matter(failure, safe)).body
    }

    fn problem(matter: &Matter<'_>) -> serde_json::Value {
        let body = compose(PROBLEM, 503, matter).body;
        serde_json::from_str(&body).unwrap()
    }

    #[test]
    fn the_status_is_503_unless_the_operator_wants_the_truth() {
        let check = |choice, failure, expected| {
            assert_eq!(status(choice, &failure), expected);
        };
        let timeout = Failure::without_answer(Cause::Timeout);
        let answered = Failure {
            status: Some(502),
            ..Failure::without_answer(Cause::BadGateway)
        };
        let network = Failure::without_answer(Cause::Network);
        check(AnswerStatus::Unavailable, answered, 503);
        check(AnswerStatus::Upstream, answered, 502);
        check(AnswerStatus::Upstream, timeout, 504);
        check(AnswerStatus::Upstream, network, 502);
    }

    #[test]
    fn a_loop_is_no_outage() {
        let looped = matter(Failure::without_answer(Cause::Loop), true);
        for choice in [AnswerStatus::Unavailable, AnswerStatus::Upstream] {
            assert_eq!(status(choice, &looped.failure), 508);
            let answer = compose(Form::Html, 508, &looped);
            assert!(!answer.fields.as_str().contains("retry-after"));
            assert!(!answer.body.contains("id=\"retry\""));
            let text = compose(Form::Text, 508, &looped).body;
            assert!(!text.contains("come back"), "{text}");
        }
        assert!(problem(&looped).get("retry_after").is_none());
    }

    #[test]
    fn what_became_of_a_write_is_said() {
        let lost = Failure::without_answer(Cause::Network);
        let refused = Failure::without_answer(Cause::ConnectionRefused);
        let check = |failure, safe, sent: bool, unsent: bool| {
            let forms = [Form::Html, Form::Text, Form::Markdown, PROBLEM];
            for body in forms.map(|form| body(form, failure, safe)) {
                assert_eq!(
                    body.contains("may or may not have been saved"),
                    sent,
                    "{body}"
                );
                assert_eq!(body.contains("nothing was saved"), unsent, "{body}");
            }
        };
        check(lost, false, true, false);
        check(lost, true, false, false);
        check(refused, false, false, true);
        let applied = |failure, safe| problem(&matter(failure, safe))["applied"].clone();
        assert_eq!(applied(lost, false), "unknown");
        assert_eq!(applied(refused, false), "no");
        assert_eq!(applied(lost, true), serde_json::Value::Null);
    }

    #[test]
    fn and_in_a_field_whatever_the_form() {
        let lost = Failure::without_answer(Cause::Network);
        let refused = Failure::without_answer(Cause::ConnectionRefused);
        for (failure, safe, said) in [
            (lost, false, Some("lastgood-applied:unknown")),
            (refused, false, Some("lastgood-applied:no")),
            (refused, true, None),
        ] {
            for form in [Form::Html, Form::Text, PROBLEM, Form::Stub(form::PICTURE)] {
                let answer = compose(form, 503, &matter(failure, safe));
                let told = answer.fields.as_str();
                let found = told.lines().find(|line| line.starts_with(APPLIED));
                assert_eq!(found, said, "{told}");
            }
        }
    }

    #[test]
    fn a_page_that_must_not_be_sent_twice_tries_nothing_by_itself() {
        for cause in [Cause::Network, Cause::ConnectionRefused] {
            let page = body(Form::Html, Failure::without_answer(cause), false);
            assert!(!page.contains("id=\"retry\"") && page.contains("id=\"back\""));
        }
    }

    #[test]
    fn a_problem_says_all_that_is_known() {
        let failure = Failure {
            status: Some(530),
            ..Failure::without_answer(Cause::Dns)
        };
        let matter = Matter {
            number: Some(Number::Cloudflare(1016)),
            outage: Outage {
                lasting: Some(Duration::from_millis(95_500)),
                usual: Some(Duration::from_secs(60)),
            },
            ..matter(failure, true)
        };
        let expected = serde_json::json!({
            "type": "tag:lastgood,2026:dns",
            "title": "The site’s server cannot be reached",
            "status": 503,
            "detail": "This is not caused by your device or your connection.",
            "instance": "/a?<b>",
            "cause": "dns",
            "phase": "nothing-sent",
            "retryable": true,
            "retry_after": 7,
            "upstream_status": 530,
            "number": "cloudflare-1016",
            "lasting": 95,
            "usually": 60,
            "request_id": "ab<c",
        });
        assert_eq!(problem(&matter), expected);
    }

    #[test]
    fn nothing_is_reflected_unescaped() {
        let network = Failure::without_answer(Cause::Network);
        let xml = Form::Problem("application/problem+xml");
        for form in [Form::Html, Form::Markdown, xml] {
            let body = body(form, network, true);
            assert!(!body.contains("ab<c") && !body.contains("?<b>"), "{body}");
        }
    }

    #[test]
    fn every_language_is_spoken_in_every_form() {
        let network = Failure::without_answer(Cause::Network);
        let forms = [
            Form::Html,
            PROBLEM,
            Form::Markdown,
            Form::Text,
            Form::Stub(form::PICTURE),
        ];
        for language in Language::all() {
            for form in forms {
                let matter = Matter {
                    language,
                    ..matter(network, true)
                };
                let answer = compose(form, 503, &matter);
                let (tag, body) = (language.tag, answer.body);
                assert!(
                    !body.contains("{age}") || form == Form::Html,
                    "{tag} {body}"
                );
                assert!(!body.contains("{id}"), "{tag} {body}");
                let says = format!("content-language:{tag}");
                let stub = matches!(form, Form::Stub(_));
                assert_eq!(answer.fields.as_str().contains(&says), !stub);
            }
        }
    }
}
