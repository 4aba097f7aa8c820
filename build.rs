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
    let page = read("src/answer/page.css")?;
    tell("LASTGOOD_PAGE_STYLE_SHA256", &sha256(&page));
    let notice: String = read("src/answer/notice.css")?
        .lines()
        .map(str::trim)
        .collect();
    tell("LASTGOOD_NOTICE_STYLE_SHA256", &sha256(&notice));
    tell("LASTGOOD_NOTICE_STYLE", &notice);
    let out = PathBuf::from(env::var("OUT_DIR")?).join("languages.rs");
    fs::write(out, texts("src/answer/languages")?)?;
    let out = PathBuf::from(env::var("OUT_DIR")?).join("fingerprints.rs");
    fs::write(out, fingerprints("src/verdict/fingerprints.txt")?)?;
    let out = PathBuf::from(env::var("OUT_DIR")?).join("linear.rs");
    fs::write(out, linear())?;
    Ok(())
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
    Ok(languages::compile(&languages, &aliases)?)
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
