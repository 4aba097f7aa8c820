//! A copy as it goes out of this host.

use super::told::{COPY, NOTED, Reply};
use crate::answer::Language;
use crate::gateway::Sent;
use crate::retry::Random;
use crate::wire::Fields;
use alloc::{format, string::String};

impl From<Sent> for Reply {
    fn from(sent: Sent) -> Self {
        let source = if sent.notice.is_some() { NOTED } else { COPY };
        Self {
            with_body: sent.with_body,
            text: sent.notice.unwrap_or_default(),
            slice: sent.slice,
            ..Self::of(source, sent.status, sent.changes)
        }
    }
}

/// The language that a visitor reads.
pub(super) fn language(asked: &dyn Fields) -> &'static Language {
    Language::of(asked.get("accept-language"))
}

/// The edge's own id of a request where it gave one, else one of ours.
pub(super) fn id(asked: &dyn Fields, seed: u64) -> String {
    match asked.get("cf-ray") {
        "" => format!("{:016x}", Random::new(seed).draw()),
        ray => ray.into(),
    }
}
