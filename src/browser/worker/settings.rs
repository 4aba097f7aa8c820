//! What a site chooses for its service worker, beside the policy.

use super::shelf::Bounds;
use crate::policy::{self, Value};
use alloc::{format, string::String, vec::Vec};
use core::time::Duration;

/// Beside the policy.
#[derive(Debug)]
pub(super) struct Settings {
    /// The folder of the package's files, for the texts of languages.
    pub(super) files: String,
    /// Paths after which no copy is left: somebody signed out.
    pub(super) forget_after: Vec<String>,
    pub(super) bounds: Bounds,
}

/// What signs people out on most sites; links and forms alike.
const SIGNS_OUT: [&str; 6] = [
    "*/logout",
    "*/log-out",
    "*/signout",
    "*/sign-out",
    "*/sign_out",
    "*/logoff",
];

impl Default for Settings {
    fn default() -> Self {
        Self {
            files: "/lastgood/".into(),
            forget_after: SIGNS_OUT.map(String::from).into(),
            bounds: Bounds::default(),
        }
    }
}

impl Settings {
    /// Takes what is ours out of what was written; beside it what is left, and a line for
    /// each field that is wrong.
    pub(super) fn read(written: Value) -> (Self, Value, String) {
        let (mut settings, mut lines) = (Self::default(), String::new());
        let Value::Table(entries) = written else {
            return (settings, written, lines);
        };
        let mut rest = Vec::new();
        for (name, value) in entries {
            match settings.take(&name, &value) {
                None => rest.push((name, value)),
                Some(Ok(())) => {}
                Some(Err(remedy)) => lines.push_str(&format!("{name} = {value}: use {remedy}\n")),
            }
        }
        (settings, Value::Table(rest), lines)
    }

    fn take(&mut self, name: &str, value: &Value) -> Option<Result<(), &'static str>> {
        let taken = match name {
            "files" => {
                let folder = folder(value).map(|folder| self.files = folder);
                folder.ok_or("the path of a folder, such as \"/lastgood/\"")
            }
            "forgetAfter" => {
                let paths = paths(value).map(|paths| self.forget_after = paths);
                paths.ok_or("a list of paths such as [\"/logout\"]")
            }
            "store" => self
                .take_bounds(value)
                .ok_or("an object such as { copies: 200, bytes: 33554432, age: \"30d\" }"),
            _ => return None,
        };
        Some(taken)
    }

    fn take_bounds(&mut self, value: &Value) -> Option<()> {
        let Value::Table(members) = value else {
            return None;
        };
        let mut bounds = Bounds::default();
        for (name, value) in members {
            match (name.as_str(), value) {
                ("copies", value) => bounds.copies = whole(value)?.try_into().ok()?,
                ("bytes", value) => bounds.bytes = whole(value)?,
                ("age", Value::Text(text)) => bounds.age = policy::duration(text)?,
                ("age", value) => bounds.age = Duration::from_millis(whole(value)?),
                _ => return None,
            }
        }
        self.bounds = bounds;
        Some(())
    }
}

fn folder(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) if text.ends_with('/') => Some(text.clone()),
        _ => None,
    }
}

fn paths(value: &Value) -> Option<Vec<String>> {
    let Value::List(items) = value else {
        return None;
    };
    let path = |item: &Value| match item {
        Value::Text(path) if policy::is_pattern(path) => Some(path.clone()),
        _ => None,
    };
    items.iter().map(path).collect()
}

fn whole(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => super::super::length_of(*number),
        _ => None,
    }
}
