//! Readers of what a scenario says; each names what it cannot take, as the checker of a
//! configuration does.

use crate::policy::{self, Problem, Value};
use crate::wire::list;
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::time::Duration;

/// Where something stands that is read, and what was wrong so far.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) problems: Vec<Problem>,
}

impl Reading {
    pub(super) fn wrong(&mut self, field: &str, value: &Value, remedy: &str) {
        self.problems.push(Problem {
            field: field.into(),
            value: value.to_string(),
            remedy: remedy.into(),
        });
    }

    /// The members of a table; none of what is no table.
    pub(super) fn members<'v>(&mut self, field: &str, value: &'v Value) -> &'v [(String, Value)] {
        match value {
            Value::Table(entries) => entries,
            Value::Null => &[],
            other => {
                self.wrong(field, other, "a table");
                &[]
            }
        }
    }

    /// A time in milliseconds, up to `most`.
    pub(super) fn span(&mut self, field: &str, value: &Value, most: Duration) -> Option<u64> {
        let read = match value {
            Value::Text(text) => policy::duration(text),
            _ => None,
        };
        let span = read.filter(|span| *span <= most);
        if span.is_none() {
            let remedy = format!(
                "a duration such as \"300ms\", \"10s\" or \"5m\", up to {} s",
                most.as_secs()
            );
            self.wrong(field, value, &remedy);
        }
        span.map(|span| u64::try_from(span.as_millis()).unwrap_or(u64::MAX))
    }

    /// A whole number.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float saturates, and what changed by that is refused"
    )]
    pub(super) fn whole(&mut self, field: &str, value: &Value, (least, most): (u32, u32)) -> u32 {
        let read = match value {
            Value::Number(number) => {
                Some(*number as u32).filter(|whole| f64::from(*whole) == *number)
            }
            _ => None,
        };
        let read = read.filter(|whole| (least..=most).contains(whole));
        read.unwrap_or_else(|| {
            let remedy = format!("a whole number from {least} to {most}");
            self.wrong(field, value, &remedy);
            least
        })
    }

    /// Fields of a message, as `name:value` lines.
    pub(super) fn fields(&mut self, field: &str, value: &Value) -> String {
        let mut lines = String::new();
        for (name, value) in self.members(field, value) {
            let text = match value {
                Value::Text(text) if !text.contains(['\n', '\r']) => text.trim(),
                Value::Null => continue,
                other => {
                    let place = format!("{field}.{name}");
                    self.wrong(&place, other, "text in one line");
                    continue;
                }
            };
            if !list::is_token(name) {
                self.wrong(field, &Value::Text(name.clone()), "names of HTTP fields");
                continue;
            }
            lines.extend([&*name.to_ascii_lowercase(), ":", text, "\n"]);
        }
        lines
    }
}
