//! The further tiers: where to look before an error goes out, what is written there
//! behind replies, and what is removed.
//!
//! A tier crosses into JavaScript as a text: its kind, a space, its name.

use super::exchange::{Exchange, LOOK_FURTHER, STORED};
use super::isolate::with_isolate;
use super::time;
use crate::copies::{self, Aside, Copy, ENVELOPE, Found};
use crate::gateway::{Event, Further};
use crate::policy::{Tier, TierKind};
use crate::wire::{Fields, Listed, Positional, ResponseHead, media_type, message, time::millis};
use alloc::{format, string::String};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
impl Exchange {
    /// The tier to look into, where in it, and for how many milliseconds at most; one
    /// per line.
    #[must_use]
    pub fn tier(&self, now: f64) -> String {
        let Some(tier) = self.exchange.asked_tier() else {
            return String::new();
        };
        let left = millis(self.further_until.since(time(now)));
        let path = message::path_and_query(&self.url);
        let host = message::host(&self.url);
        let far = self.further_place.as_deref().unwrap_or(&self.url);
        let (start, place) = match tier.kind {
            TierKind::Mirror => (["", &tier.name, ""], path),
            TierKind::Assets => (["https://", host, &tier.path], path),
            TierKind::Kv | TierKind::R2 => ([""; 3], far),
        };
        let mut told = String::new();
        name(&mut told, tier);
        told.push('\n');
        told.extend(start);
        told.push_str(&format!("{place}\n{left}"));
        told
    }

    /// What came of it: a status, 0 if the tier failed or took too long, and the values
    /// of [`stored_fields`](super::stored_fields), none if there is nothing, and those
    /// fields of the request that its `Vary` names.
    pub fn looked_further(&mut self, status: u16, stored: String, varied: &str, now: f64) -> f64 {
        self.further = Positional::new(STORED, stored);
        let kind = self.exchange.asked_tier().map(|tier| tier.kind);
        let content_type = self.further.get("content-type");
        let html = || media_type::kind(content_type) == media_type::Kind::Html;
        let found = match kind {
            _ if status == 0 => Further::Lost,
            _ if status != 200 => Further::Nothing,
            Some(TierKind::Mirror) => Further::Page,
            Some(TierKind::Assets) if html() => Further::Page,
            Some(TierKind::Kv | TierKind::R2) => {
                let envelope = self.further.get(ENVELOPE);
                match Found::under(envelope, &self.url, &Listed::new(varied)) {
                    Found::Copy(copy) => self.unless_purged(copy),
                    Found::Variant(place) if self.further_place.is_none() => {
                        self.further_place = Some(place);
                        return LOOK_FURTHER;
                    }
                    Found::Variant(_) | Found::Nothing => Further::Nothing,
                }
            }
            _ => Further::Nothing,
        };
        self.step(Event::LookedFurther(found), now)
    }
}

impl Exchange {
    fn unless_purged(&self, copy: Copy) -> Further {
        let copy = with_isolate(|isolate| isolate.epochs.judge(&self.url, copy));
        copy.map_or(Further::Nothing, Further::Copy)
    }
}

/// `kv LASTGOOD_COPIES`
fn name(out: &mut String, tier: &Tier) {
    out.extend([tier.kind.name(), " ", &tier.name]);
}

/// Whether there are any tiers.
#[wasm_bindgen]
#[must_use]
pub fn has_tiers() -> bool {
    with_isolate(|isolate| isolate.configuration.tiers().next().is_some())
}

/// A line for each tier: empty, or the tier, if a copy goes there that was just stored in
/// `place`, and the number of seconds after which it is of no use any more.
/// `answered` is as in [`claim_copy`](super::claim_copy). It counts as written from then on.
#[wasm_bindgen]
#[must_use]
pub fn spread(url: &str, place: &str, status: u16, answered: &str, bytes: u32, now: f64) -> String {
    let mut due = String::new();
    if Aside::of(status).is_some() {
        return due;
    }
    let (fields, now) = (Positional::new(copies::SEALED, answered), time(now));
    let head = ResponseHead {
        arrived: Some(now),
        ..ResponseHead::read(status, &fields)
    };
    with_isolate(|isolate| {
        let policy = isolate.configuration.policy_for(message::path(url));
        let spread = &mut isolate.spread;
        for tier in &policy.tiers {
            let lasts = copies::usable_within(&head, policy, tier.stale);
            if spread.claim(tier, place, (bytes.into(), lasts), now) {
                name(&mut due, tier);
                due.push_str(&format!(" {}", lasts.as_secs()));
            }
            due.push('\n');
        }
    });
    due
}

/// The tier of this number refused what was to be written in `place`.
#[wasm_bindgen]
pub fn refused(url: &str, place: &str, tier: usize, now: f64) {
    with_isolate(|isolate| {
        let policy = isolate.configuration.policy_for(message::path(url));
        if let Some(tier) = policy.tiers.get(tier) {
            isolate.spread.refused(tier, place, time(now));
        }
    });
}

/// The tiers from which what lies under a URL is to be removed, one per line. It may be
/// written there again at once.
#[wasm_bindgen]
#[must_use]
pub fn tiers_of(url: &str) -> String {
    let mut all = String::new();
    with_isolate(|isolate| {
        let policy = isolate.configuration.policy_for(message::path(url));
        for tier in policy.tiers.iter().filter(|tier| tier.kind.has_copies()) {
            isolate.spread.release(tier, url);
            name(&mut all, tier);
            all.push('\n');
        }
    });
    all
}

/// Where in the store of this data centre a copy goes that was found in a tier, under
/// `envelope`; `page` is the envelope of what is in place of the page there, `asked`
/// all fields of the request. Nothing if there is as new a one, or this is none.
#[wasm_bindgen]
#[must_use]
pub fn place_to_return(url: &str, envelope: &str, page: &str, asked: &str) -> Option<String> {
    copies::to_return(url, envelope, page, &Listed::new(asked))
}
