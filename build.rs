//! Hashes what Content-Security-Policy has to allow, reads the texts of all
//! languages, and cuts up what gateways' error pages are known by.

#[path = "scripts/build/languages.rs"]
mod languages;

use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::{env, error::Error, fs};

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo runs this in the package's folder.
    for look in ["calm", "plain", "status"] {
        let style = read(&format!("src/answer/looks/{look}.css"))?;
        let name = format!("LASTGOOD_{}_SHA256", look.to_uppercase());
        tell(&name, &sha256(&style));
    }
    let notice: String = read("src/answer/notice.css")?
        .lines()
        .map(str::trim)
        .collect();
    tell("LASTGOOD_NOTICE_STYLE_SHA256", &sha256(&notice));
    tell("LASTGOOD_NOTICE_STYLE", &notice);
    let retry = squeezed(&read("src/answer/retry.js")?);
    tell("LASTGOOD_RETRY_SHA256", &sha256(&retry));
    tell("LASTGOOD_RETRY", &retry);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("languages.rs"), texts("src/answer/languages")?)?;
    fs::write(
        out.join("fingerprints.rs"),
        fingerprints("src/verdict/fingerprints.txt")?,
    )?;
    fs::write(out.join("causes.rs"), causes("src/answer/causes.md")?)?;
    fs::write(out.join("linear.rs"), linear())?;
    Ok(())
}

/// A script in one line, without its remarks, types, and spaces that nobody needs: each
/// of its lines has to end so that the next one can follow it.
fn squeezed(script: &str) -> String {
    let lines = script.lines().map(str::trim);
    let code: String = lines.filter(|line| !line.starts_with("//")).collect();
    let mut rest = code.as_str();
    let mut untyped = String::new();
    while let Some((before, behind)) = rest.split_once("/**") {
        untyped.push_str(before);
        rest = behind
            .split_once("*/")
            .map_or("", |(_, rest)| rest)
            .trim_start();
    }
    without_spaces(&(untyped + rest))
}

/// The same without the spaces beside signs, but for those in texts.
fn without_spaces(code: &str) -> String {
    let is_sign = |c: char| "=+-*<>?:;,(){}[]&|!".contains(c);
    let mut squeezed = String::new();
    let mut quote = None;
    let mut chars = code.chars().peekable();
    while let Some(c) = chars.next() {
        let beside = squeezed.ends_with(is_sign) || chars.peek().copied().is_some_and(is_sign);
        match quote {
            Some(open) if c == open => quote = None,
            None if matches!(c, '"' | '\'' | '`') => quote = Some(c),
            None if c == ' ' && beside => continue,
            _ => {}
        }
        squeezed.push(c);
    }
    squeezed
}

/// The sections of the documentation of causes, as Rust: the name of each, and its lines,
/// without marks of a list.
fn causes(file: &str) -> Result<String, Box<dyn Error>> {
    let text = read(file)?;
    let mut sections: Vec<(&str, String)> = Vec::new();
    for section in text.split("\n## ").skip(1) {
        let (name, rest) = section.split_once('\n').unwrap_or((section, ""));
        let lines: Vec<&str> = rest
            .lines()
            .map(|line| line.trim_start_matches("- "))
            .filter(|line| !line.is_empty())
            .collect();
        if lines.len() < 2 || sections.iter().any(|(known, _)| *known == name) {
            return Err(format!("{file}: {name} is there twice, or says nothing").into());
        }
        sections.push((name, lines.join("\n")));
    }
    let count = sections.len();
    Ok(format!(
        "static CAUSES: [(&str, &str); {count}] = {sections:?};"
    ))
}

/// What gateways' error pages are known by, as Rust: the page, and its maker and status.
fn fingerprints(file: &str) -> Result<String, Box<dyn Error>> {
    let mut lines = Vec::new();
    for line in read(file)?.lines() {
        let words: Vec<_> = line.splitn(3, ' ').collect();
        let [maker, status, page] = words[..] else {
            return Err(format!("{file}: maker, status and page, not {line:?}").into());
        };
        lines.push((page.to_owned(), format!("{maker} {status}")));
    }
    Ok(format!("{lines:?}"))
}

/// What each value of a channel in sRGB is in linear light, of 65,535 (WCAG 2.2,
/// "relative luminance"), as Rust.
fn linear() -> String {
    let linear = |value: u8| match f64::from(value) / 255.0 {
        dark @ ..=0.04045 => dark / 12.92,
        light => ((light + 0.055) / 1.055).powf(2.4),
    };
    let whole = |value| format!("{:.0}", linear(value) * 65_535.0);
    let values: Vec<_> = (0..=255).map(whole).collect();
    format!("[{}]", values.join(", "))
}

/// The texts of all languages, as Rust.
fn texts(folder: &str) -> Result<String, Box<dyn Error>> {
    println!("cargo::rerun-if-changed={folder}");
    let mut languages = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let tag = path
            .file_stem()
            .and_then(|it| it.to_str())
            .unwrap_or_default();
        if tag != "aliases" {
            languages.push((tag.to_owned(), fs::read_to_string(&path)?));
        }
    }
    languages.sort();
    let aliases = fs::read_to_string(Path::new(folder).join("aliases.txt"))?;
    // A page loads what it speaks; the rest would be most of it.
    let has = |feature| env::var_os(feature).is_some();
    let alone = has("CARGO_FEATURE_BROWSER") && !has("CARGO_FEATURE_EDGE");
    Ok(languages::compile(&languages, &aliases, alone)?)
}

fn read(source: &str) -> Result<String, Box<dyn Error>> {
    println!("cargo::rerun-if-changed={source}");
    Ok(fs::read_to_string(source)?)
}

fn tell(name: &str, value: &str) {
    println!("cargo::rustc-env={name}={value}");
}

fn sha256(text: &str) -> String {
    Base64::encode_string(&Sha256::digest(text))
}
