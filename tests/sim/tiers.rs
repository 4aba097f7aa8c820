//! Further tiers: each does the same, whoever asks.

use super::play::Host;
use super::scenario::{copy, millis};
use super::{Seen, Stored};
use lastgood::copies::Copy;
use lastgood::gateway::{Event, Further};
use lastgood::wire::Listed;
use std::rc::Rc;

/// What a tier does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tier {
    pub(crate) holds: Holds,
    /// After how many milliseconds it answers; never, if there is none.
    pub(crate) after: Option<u64>,
}

#[derive(Clone, Debug, Default)]
pub(crate) enum Holds {
    #[default]
    Nothing,
    Copy(Stored),
    Page,
    /// It fails.
    Failure,
}

/// `silence`, `nothing after 20ms`, `page after 20ms`, `failure after 5ms`,
/// `copy after 20ms stored=2h-ago` and its fields
pub(crate) fn read(rest: &str) -> Option<Tier> {
    if rest == "silence" {
        return Some(Tier::default());
    }
    let (what, rest) = rest.split_once(" after ")?;
    let (after, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let holds = match what {
        "copy" => Holds::Copy(copy(rest)?.1),
        _ if !rest.is_empty() => return None,
        "nothing" => Holds::Nothing,
        "page" => Holds::Page,
        "failure" => Holds::Failure,
        _ => return None,
    };
    let after = Some(millis(after)?);
    Some(Tier { holds, after })
}

impl Host<'_> {
    /// The look into a tier is over; or its time, if it was not answered.
    pub(super) fn found_further(&mut self, visit: usize, tier: usize, answered: bool) {
        let holds = match self.world.tiers.get(tier).filter(|_| answered) {
            Some(tier) => tier.holds.clone(),
            None => Holds::Failure,
        };
        let asked = self.visits[visit].asked;
        let (seen, event) = match holds {
            Holds::Nothing => (Seen::Found(None), Further::Nothing),
            Holds::Page => (Seen::Page, Further::Page),
            Holds::Failure => (Seen::Lost, Further::Lost),
            Holds::Copy(stored) => {
                let envelope = stored.envelope();
                let opened = Copy::open(&envelope, &Listed::new(&asked.fields));
                let stored = Rc::new(stored);
                let found = opened.map(|_| Rc::clone(&stored));
                self.visits[visit].found = Some((envelope, stored));
                let event = opened.map_or(Further::Nothing, Further::Copy);
                (Seen::Found(found), event)
            }
        };
        self.note(visit, seen);
        let step = self.tell(visit, Event::LookedFurther(event));
        self.act(visit, step);
    }
}
