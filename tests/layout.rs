//! The rules of the house, as tests.
//!
//! Which module may know which is what keeps the core a core: with a clock or a
//! JavaScript type in the wrong file nothing else fails until it is everywhere.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What each module may name of the others. Everything that is not here may not
/// be named: `module::Item` allows that item alone.
const DIRECTIONS: &[(&str, &[&str])] = &[
    ("slots", &[]),
    ("recent", &["wire"]),
    ("wire", &[]),
    ("policy", &["wire"]),
    ("verdict", &["policy", "wire"]),
    ("retry", &["policy", "recent", "verdict", "wire"]),
    (
        "origins",
        &[
            "policy",
            "recent",
            "retry::Permission",
            "retry::Random",
            "slots",
            "verdict",
            "wire",
        ],
    ),
    ("copies", &["policy", "slots", "verdict", "wire"]),
    (
        "answer",
        &[
            "copies::Changes",
            "policy",
            "retry::Random",
            "verdict",
            "wire",
        ],
    ),
    (
        "gateway",
        &[
            "answer", "copies", "origins", "policy", "retry", "slots", "verdict", "wire",
        ],
    ),
    (
        "edge",
        &[
            "answer", "copies", "gateway", "origins", "policy", "retry", "verdict", "wire",
        ],
    ),
    (
        "browser",
        &[
            "answer", "copies", "gateway", "origins", "policy", "retry", "verdict", "wire",
        ],
    ),
    (
        "playground",
        &[
            "answer", "copies", "gateway", "origins", "policy", "retry", "verdict", "wire",
        ],
    ),
];

/// The modules that are hosts, and may know what a host is made of.
const HOSTS: [&str; 3] = ["browser", "edge", "playground"];

/// Crates and modules that only a host may name.
const HOST_THINGS: [&str; 9] = [
    "js_sys",
    "serde_wasm_bindgen",
    "std",
    "talc",
    "wasm_bindgen",
    "wasm_bindgen_futures",
    "wasm_bindgen_test",
    "web_sys",
    "worker",
];

const LONGEST_FILE: usize = 400;

#[test]
fn dependencies_have_one_direction() {
    hold(violations(|source| source.wrong_directions()));
}

#[test]
fn only_hosts_know_what_hosts_are_made_of() {
    hold(violations(|source| source.host_things()));
}

#[test]
fn every_module_says_why_it_exists() {
    hold(violations(|source| match source.text.starts_with("//! ") {
        true => Vec::new(),
        false => vec!["does not open with `//!`".into()],
    }));
}

#[test]
fn no_file_is_long() {
    hold(violations(|source| {
        let lines = source.without_tests().lines().count();
        let long = lines > LONGEST_FILE;
        long.then(|| format!("{lines} lines without tests"))
            .into_iter()
            .collect()
    }));
}

#[test]
fn nothing_is_left_undone_and_nothing_may_panic() {
    let words = [
        "TODO",
        "FIXME",
        "XXX",
        "unwrap()",
        "todo!",
        "unimplemented!",
        "panic!",
    ];
    hold(violations(|source| {
        let code = source.without_tests();
        words
            .iter()
            .filter(|word| code_lines(code).any(|line| line.contains(*word)))
            .map(|word| format!("has `{word}`"))
            .collect()
    }));
}

#[test]
fn names_say_what_things_are() {
    let banned = ["Manager", "Helper", "Utils", "Util"];
    hold(violations(|source| {
        let names = declared_names(&source.text);
        names
            .into_iter()
            .filter(|name| banned.iter().any(|word| has_word(name, word)))
            .map(|name| format!("declares `{name}`"))
            .collect()
    }));
}

#[test]
fn every_data_file_of_the_tests_is_used() {
    let tests = root().join("tests");
    let mut runners = String::new();
    let mut data = Vec::new();
    walk(&tests, &mut |path| match ending(path) {
        "rs" | "mjs" | "js" | "ts" => runners.push_str(&fs::read_to_string(path).unwrap()),
        "md" => {}
        _ => data.push(path.strip_prefix(&tests).unwrap().to_owned()),
    });
    let stray: Vec<_> = data
        .iter()
        .filter(|path| !is_read(path, &runners))
        .collect();
    assert!(stray.is_empty(), "nobody reads {stray:?}");
}

/// Whether a runner reads a file: because of its folder, or by its name.
fn is_read(path: &Path, runners: &str) -> bool {
    let by_folder = match (path.parent().and_then(Path::to_str), ending(path)) {
        (Some("scenarios"), kind) => kind == "txt",
        (Some("cases"), kind) => kind == "json",
        (Some("answers/golden"), kind) => kind == "html" || kind == "txt",
        _ => false,
    };
    let name = path.file_name().and_then(|name| name.to_str());
    by_folder || name.is_some_and(|name| runners.contains(name))
}

fn ending(path: &Path) -> &str {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.unwrap_or_default()
}

/// A source file under `src/`.
struct Source {
    /// Where, from `src/` on.
    path: String,
    /// Its top module; empty for `lib.rs`.
    module: String,
    text: String,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        let top = path.split('/').next().unwrap_or_default();
        let module = top.strip_suffix(".rs").unwrap_or(top);
        Self {
            path: path.to_owned(),
            module: if module == "lib" { "" } else { module }.to_owned(),
            text: text.to_owned(),
        }
    }

    /// Everything above `#[cfg(test)] mod tests`.
    fn without_tests(&self) -> &str {
        let end = self.text.find("#[cfg(test)]\nmod ");
        &self.text[..end.unwrap_or(self.text.len())]
    }

    fn is_host(&self) -> bool {
        HOSTS.contains(&self.module.as_str())
    }

    /// Paths to other modules that this one may not know.
    fn wrong_directions(&self) -> Vec<String> {
        if self.module.is_empty() {
            return Vec::new();
        }
        let allowed = DIRECTIONS.iter().find(|(module, _)| *module == self.module);
        let Some((_, allowed)) = allowed else {
            return vec![format!("`{}` has no place in the tree", self.module)];
        };
        crate_paths(self.without_tests(), &self.module_path())
            .into_iter()
            .filter(|path| !path.starts_with(&format!("{}::", self.module)))
            .filter(|path| !allowed.iter().any(|known| is_within(path, known)))
            .map(|path| format!("names `{path}`"))
            .collect()
    }

    /// The module of this file: `copies`, or `copies::window`.
    fn module_path(&self) -> Vec<String> {
        let stem = self.path.strip_suffix(".rs").unwrap_or(&self.path);
        let parts = stem.split('/').filter(|part| *part != "mod");
        parts.map(ToOwned::to_owned).collect()
    }

    fn host_things(&self) -> Vec<String> {
        // The crate's root names what it must link, and nothing of it.
        if self.is_host() || self.module.is_empty() {
            return Vec::new();
        }
        HOST_THINGS
            .iter()
            .filter(|name| code_lines(self.without_tests()).any(|line| names_crate(line, name)))
            .map(|name| format!("names `{name}`"))
            .collect()
    }
}

fn is_within(path: &str, known: &str) -> bool {
    path.strip_prefix(known)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Lines without comments.
fn code_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .map(|line| line.split("//").next().unwrap_or_default())
}

/// Whether a line has `name` as the first part of a path.
fn names_crate(line: &str, name: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(name).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = &line[at + name.len()..];
        let alone = before.is_none_or(|c| !part(c) && c != ':' && c != '"' && c != '.');
        let leading = before == Some(':') && line[..at].trim_end_matches(':').ends_with([' ', '(']);
        (alone || leading) && (after.starts_with("::") || line.trim() == format!("use {name};"))
    })
}

/// Every path into this crate, from its root on: those that begin with `crate`,
/// and those that climb with `super`.
fn crate_paths(text: &str, module: &[String]) -> BTreeSet<String> {
    let code: String = code_lines(text).flat_map(|line| [line, "\n"]).collect();
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let fresh = code[..at].chars().next_back();
        if fresh.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '$') {
            found.extend(expanded(&code[at + "crate::".len()..], ""));
        }
    }
    for (at, _) in code.match_indices("super::") {
        if code[..at].ends_with("super::") {
            continue;
        }
        let mut rest = &code[at..];
        let mut depth = 0;
        while let Some(climbed) = rest.strip_prefix("super::") {
            rest = climbed;
            depth += 1;
        }
        let base = &module[..module.len().saturating_sub(depth)];
        let base: String = base.iter().flat_map(|part| [part, "::"]).collect();
        found.extend(expanded(rest, &base));
    }
    found
}

/// The paths behind a prefix: `{a, b::{c, d}}` is `a`, `b::c` and `b::d`.
fn expanded(text: &str, prefix: &str) -> Vec<String> {
    if let Some(inside) = text.strip_prefix('{') {
        let elements = elements(inside);
        return elements
            .iter()
            .flat_map(|element| expanded(element.trim(), prefix))
            .collect();
    }
    let part = |c: char| c.is_alphanumeric() || c == '_' || c == '*';
    let end = text.find(|c| !part(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let path = format!("{prefix}{name}");
    match rest.strip_prefix("::") {
        Some(deeper) => expanded(deeper, &format!("{path}::")),
        None => vec![path],
    }
}

/// The elements of a list in braces, up to the brace that closes it.
fn elements(inside: &str) -> Vec<String> {
    let (mut depth, mut all) = (0, vec![String::new()]);
    for c in inside.chars() {
        match c {
            '}' if depth == 0 => break,
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                all.push(String::new());
                continue;
            }
            _ => {}
        }
        all.last_mut().expect("never empty").push(c);
    }
    all.retain(|element| !element.trim().is_empty());
    all
}

/// Names of types, traits, functions and modules that a file declares.
fn declared_names(text: &str) -> Vec<String> {
    let words = ["struct ", "enum ", "trait ", "type ", "fn ", "mod "];
    code_lines(text)
        .flat_map(|line| words.iter().filter_map(move |word| declared(line, word)))
        .collect()
}

fn declared(line: &str, word: &str) -> Option<String> {
    let at = line.find(word)?;
    let free = line[..at]
        .chars()
        .next_back()
        .is_none_or(|c| c == ' ' || c == '(');
    let name: String = line[at + word.len()..]
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect();
    (free && !name.is_empty()).then_some(name)
}

/// Whether `word` is one of the words of a name, however it is written.
fn has_word(name: &str, word: &str) -> bool {
    let low = word.to_lowercase();
    let snake = name
        .split('_')
        .any(|part| part == low || part == format!("{low}s"));
    let camel = name.match_indices(word).any(|(at, _)| {
        let after = name[at + word.len()..].chars().next();
        after.is_none_or(|c| c.is_uppercase() || c == 's')
    });
    snake || camel
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let src = root().join("src");
    let mut found = Vec::new();
    walk(&src, &mut |path| {
        if ending(path) != "rs" {
            return;
        }
        let from_src = path.strip_prefix(&src).unwrap().to_str().unwrap();
        found.push(Source::new(from_src, &fs::read_to_string(path).unwrap()));
    });
    assert!(found.len() > 30, "only {} sources found", found.len());
    found
}

fn walk(folder: &Path, see: &mut dyn FnMut(&Path)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, see);
        } else {
            see(&path);
        }
    }
}

fn violations(check: impl Fn(&Source) -> Vec<String>) -> Vec<String> {
    let told = |source: &Source| -> Vec<String> {
        let found = check(source);
        found
            .iter()
            .map(|wrong| format!("src/{}: {wrong}", source.path))
            .collect()
    };
    sources().iter().flat_map(told).collect()
}

fn hold(violations: Vec<String>) {
    assert!(violations.is_empty(), "\n{}", violations.join("\n"));
}

mod the_rules_themselves {
    use super::{Source, crate_paths, declared_names, expanded, has_word, is_read};
    use std::path::Path;

    fn directions(path: &str, text: &str) -> Vec<String> {
        Source::new(path, text).wrong_directions()
    }

    #[test]
    fn a_wrong_direction_is_seen() {
        for (path, text) in [
            ("wire/list.rs", "use crate::policy::Policy;"),
            ("policy/mod.rs", "use crate::verdict;"),
            ("verdict.rs", "use crate::{policy::Policy, retry};"),
            ("copies/mod.rs", "use super::gateway;"),
            ("copies/window.rs", "use super::super::answer::notice;"),
            ("answer/mod.rs", "fn a() { crate::copies::seal(); }"),
            (
                "answer/mod.rs",
                "use crate::{\n    copies::{Changes, Copy},\n};",
            ),
            ("origins/mod.rs", "use crate::retry::{Pause, Permission};"),
            ("gateway/mod.rs", "pub use crate::edge::Exchange;"),
            ("edge/mod.rs", "use crate::browser::explain;"),
            ("browser/mod.rs", "use crate::edge;"),
            ("novelty.rs", "//! New."),
        ] {
            assert_eq!(directions(path, text).len(), 1, "{path}: {text}");
        }
    }

    #[test]
    fn a_right_direction_is_none() {
        for (path, text) in [
            ("wire/list.rs", "use super::date; // crate::policy"),
            ("wire/list.rs", "use crate::wire::Timestamp;"),
            (
                "copies/window.rs",
                "use super::envelope;\nuse crate::wire::CacheControl;",
            ),
            ("answer/mod.rs", "use crate::copies::Changes;"),
            (
                "gateway/exchange.rs",
                "use super::{attempt_limit, may_show_copies};",
            ),
            (
                "edge/mod.rs",
                "#[cfg(test)]\nmod tests {\n    use crate::browser;\n}",
            ),
            ("lib.rs", "pub mod edge;"),
        ] {
            assert_eq!(
                directions(path, text),
                Vec::<String>::new(),
                "{path}: {text}"
            );
        }
    }

    #[test]
    fn paths_are_read_whole() {
        let list = |text: &str| expanded(text, "").join(" ");
        assert_eq!(
            list("a::{b, c::{d, e as f}, self}"),
            "a::b a::c::d a::c::e a::self"
        );
        assert_eq!(list("copies::seal(x)"), "copies::seal");
        let module = ["copies".to_owned(), "window".to_owned()];
        let found = crate_paths("use super::envelope;\nsuper::super::wire::x()", &module);
        assert_eq!(Vec::from_iter(found), ["copies::envelope", "wire::x"]);
    }

    #[test]
    fn a_host_thing_outside_a_host_is_seen() {
        for text in [
            "use web_sys::Response;",
            "let now = std::time::Instant::now();",
            "fn a(value: &wasm_bindgen::JsValue) {}",
            "let x = js_sys::Math::random();",
            "use ::worker::Env;",
            "use worker;",
        ] {
            assert_eq!(
                Source::new("copies/due.rs", text).host_things().len(),
                1,
                "{text}"
            );
            assert!(Source::new("edge/mod.rs", text).host_things().is_empty());
        }
        for text in [
            "// std::time",
            "let worker = 1;",
            "core::time::Duration",
            "my_worker::x()",
        ] {
            assert!(
                Source::new("copies/due.rs", text).host_things().is_empty(),
                "{text}"
            );
        }
    }

    #[test]
    fn a_banned_name_is_seen() {
        let names = declared_names("pub struct CacheManager;\nfn helper() {}\nmod utils;");
        assert_eq!(names, ["CacheManager", "helper", "utils"]);
        assert!(has_word("CacheManager", "Manager") && has_word("utils", "Util"));
        assert!(has_word("date_helper", "Helper") && has_word("StringUtils", "Utils"));
        assert!(!has_word("Managerial", "Manager") && !has_word("futile", "Util"));
    }

    #[test]
    fn a_file_nobody_reads_is_seen() {
        let read = |path: &str, runners: &str| is_read(Path::new(path), runners);
        assert!(read("scenarios/a.txt", "") && read("cases/A.json", ""));
        assert!(read("support/page.html", r#"open("page.html")"#));
        assert!(!read("scenarios/a.json", "") && !read("a.txt", "") && !read("support/b.html", ""));
    }

    #[test]
    fn tests_do_not_count() {
        let source = Source::new(
            "x.rs",
            "//! X.\nfn a() {}\n#[cfg(test)]\nmod tests { unwrap() }",
        );
        assert!(!source.without_tests().contains("unwrap"));
    }
}
