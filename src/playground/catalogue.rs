//! The causes and what is said about them, for the site's documentation.

use super::written::{table, text};
use crate::answer::{self, Language};
use crate::policy::Value;
use crate::verdict::Cause;
use alloc::vec::Vec;

/// Statuses that servers and Cloudflare's edge give to failures.
const STATUSES: [(u16, u16); 3] = [(429, 429), (500, 504), (520, 530)];

/// Every cause: its name, how far a request may have come, what `Proxy-Status` calls it, the
/// statuses that mean it, and what a visitor is told in this language.
#[must_use]
pub fn causes(language: &str) -> Value {
    let language = Language::of(language);
    let all = Cause::ALL.iter().map(|cause| {
        table([
            ("name", text(cause.name())),
            ("phase", text(cause.phase().name())),
            ("error", text(cause.proxy_error())),
            ("statuses", Value::List(statuses(*cause))),
            ("title", text(answer::advice(*cause).title(language))),
        ])
    });
    Value::List(all.collect())
}

/// The statuses that mean this; of all others none means it more than another.
fn statuses(cause: Cause) -> Vec<Value> {
    let all = STATUSES.into_iter().flat_map(|(first, last)| first..=last);
    all.filter(|status| cause != Cause::Listed && Cause::of_status(*status) == cause)
        .map(|status| Value::Number(status.into()))
        .collect()
}
