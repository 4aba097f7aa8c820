//! What is wrong in a file of a language stops the build, and says where.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

#[path = "../scripts/build/languages.rs"]
mod languages;

use languages::compile;

const ENGLISH: &str = include_str!("../src/answer/languages/en.txt");

fn compiled(text: &str, aliases: &str) -> Result<String, String> {
    let english = (String::from("en"), ENGLISH.to_owned());
    compile(
        &[english, (String::from("xx"), text.to_owned())],
        aliases,
        false,
    )
}

#[test]
fn what_is_wrong_is_named() {
    let check = |from: &str, to: &str, expected: &str| {
        assert!(ENGLISH.contains(from), "{from}");
        let wrong = compiled(&ENGLISH.replacen(from, to, 1), "").unwrap_err();
        assert_eq!(wrong, format!("xx: {expected}"));
    };
    check("hide = Hide\n", "", "`hide` is missing");
    check("hide = Hide", "hide =", "`hide` is missing");
    check("hide = Hide", "hide", "`hide` is not `key = text`");
    check("hide", "hidden", "`hidden` is no text of ours");
    check("why = ", "hide = ", "`hide` is there twice");
    check("{age}", "{n}", "`saved`: {age} has to be there once");
    check("{age}", "{age}{age}", "`saved`: {age} has to be there once");
    check(
        "Hide",
        "Hide {n}",
        "`hide`: a placeholder that nobody fills in",
    );
    check("= ltr", "= up", "`up` is neither ltr nor rtl");
    check(
        "reviewed = no",
        "reviewed = perhaps",
        "`perhaps` is neither no nor yes",
    );
    check("zero = 0", "zero = 01", "`zero` is one digit");
}

#[test]
fn another_name_is_one_of_a_language() {
    let check = |aliases: &str, expected: &str| {
        assert_eq!(compiled(ENGLISH, aliases).unwrap_err(), expected);
    };
    check("a = b", "aliases: a = b, which is no language here");
    check("xx = en", "aliases: xx is a language itself");
    check("a = en\na = xx", "`a` is there twice");
    let code = compiled(ENGLISH, "# none\n a = xx").unwrap();
    assert!(code.contains("(\"a\", \"xx\")"), "{code}");
}

#[test]
fn there_is_always_one_to_fall_back_on() {
    let only = (String::from("xx"), ENGLISH.to_owned());
    assert_eq!(compile(&[only], "", false).unwrap_err(), "`en` is missing");
}
