//! The answers as they read, in every form and every language: `answers/golden`, to be
//! read by people. `UPDATE_EXPECT=1` writes them anew.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

use lastgood::answer::{self, Form, Language, Matter};
use lastgood::policy::Page;
use lastgood::verdict::{Cause, Failure, Number, Outage};
use std::{env, fs, path::PathBuf, sync::LazyLock, time::Duration};

static PAGE: LazyLock<Page> = LazyLock::new(Page::default);

/// A failed read during an outage, with all that can be known.
fn read(language: &'static Language) -> Matter<'static> {
    Matter {
        failure: Failure {
            status: Some(502),
            ..Failure::without_answer(Cause::BadGateway)
        },
        number: Some(Number::Iis(3)),
        safe: true,
        url: "/menu?day=2",
        id: "8c2f1e4a7b6d5c3f-FRA",
        retry_after: 12,
        language,
        outage: Outage {
            lasting: Some(Duration::from_secs(340)),
            usual: Some(Duration::from_secs(600)),
        },
        page: &PAGE,
        maintenance: None,
        still_there: &[],
        template: None,
        near: false,
    }
}

/// A form that may have been carried out.
fn sent(language: &'static Language) -> Matter<'static> {
    Matter {
        failure: Failure::without_answer(Cause::Timeout),
        number: None,
        safe: false,
        outage: Outage::default(),
        ..read(language)
    }
}

/// A form that was not.
fn unsent(language: &'static Language) -> Matter<'static> {
    Matter {
        failure: Failure::without_answer(Cause::ConnectionRefused),
        ..sent(language)
    }
}

fn body(form: Form, matter: &Matter<'_>) -> String {
    let body = answer::compose(form, 503, matter).body;
    let page = without(&body, "<style>", "</style>");
    without(&page, "<script>", "</script>")
}

/// What is the same on every page has its own tests.
fn without(text: &str, start: &str, end: &str) -> String {
    match (text.find(start), text.rfind(end)) {
        (Some(from), Some(to)) => format!("{}…{}", &text[..from + start.len()], &text[to..]),
        _ => text.to_owned(),
    }
}

#[track_caller]
fn check(file: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/answers/golden");
    let path = path.join(file);
    if env::var_os("UPDATE_EXPECT").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, expected, "{file}; UPDATE_EXPECT=1 writes it anew");
}

#[test]
fn each_form_reads_as_it_did() {
    let matter = read(Language::english());
    for (name, form) in [
        ("problem.json", Form::Problem("application/problem+json")),
        ("problem.xml", Form::Problem("application/problem+xml")),
        ("answer.md", Form::Markdown),
        ("answer.txt", Form::Text),
        ("picture.svg", Form::Stub("image/svg+xml")),
    ] {
        check(name, &body(form, &matter));
    }
}

#[test]
fn each_language_reads_as_it_did() {
    for language in Language::all() {
        let tag = language.tag;
        check(&format!("{tag}.html"), &body(Form::Html, &read(language)));
        let texts = [sent, unsent].map(|matter| body(Form::Text, &matter(language)));
        check(&format!("{tag}.txt"), &texts.join("\n---\n\n"));
    }
}
