//! The search before an error goes out: for a copy, or a page, in the further tiers.

use super::{Exchange, Now, State};
use crate::copies::Copy;
use crate::gateway::memory::Memory;
use crate::gateway::step::{Further, Source, Step};
use crate::policy::{Tier, TierKind};
use crate::verdict::Failure;
use crate::wire::{Demands, Timestamp};
use core::time::Duration;

/// So long the tiers together may take at least, even if the deadline is over: a
/// page a second late is worth more than an error in time.
const GRACE: Duration = Duration::from_secs(1);

/// A search, and what goes out if it finds nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Search {
    source: Source,
    failure: Failure,
    /// Until when an attempt goes on behind the reply, if one does.
    behind: Option<Timestamp>,
    /// When all of it is over.
    end: Timestamp,
    pub(super) tier: usize,
    /// When the tier's time is over, and whether that is all that it may take.
    pub(super) until: Timestamp,
    whole: bool,
}

impl<const COPIES: bool> Exchange<COPIES> {
    /// Ends the request, with an attempt that goes on behind the reply until then, if
    /// one does. Where that would be with an error, the further tiers are asked first.
    pub(super) fn conclude(
        &mut self,
        source: Source,
        behind: Option<Timestamp>,
        now: Now,
        memory: &Memory,
    ) -> Step {
        let failure = match source {
            Source::Answer(failure) => Some(failure),
            Source::Origin => self.failure,
            _ => None,
        };
        let failure = failure.filter(|failure| failure.is_in(&self.policy.stale_on));
        match failure.filter(|_| self.may_show_copies()) {
            Some(failure) => {
                let search = Search {
                    source,
                    failure,
                    behind,
                    end: self.deadline().max(now.wall.after(GRACE)),
                    tier: 0,
                    until: now.wall,
                    whole: true,
                };
                self.search(search, now, memory)
            }
            None => self.finish_behind(source, None, behind, now),
        }
    }

    /// Asks the next tier; if there is none, that is the end.
    fn search(&mut self, search: Search, now: Now, memory: &Memory) -> Step {
        let mut tiers = self.policy.tiers.iter().enumerate().skip(search.tier);
        let next = tiers.find(|(_, tier)| {
            let html = tier.kind != TierKind::Assets || self.request.wants_html;
            html && !memory.is_left_alone(tier, now.steady)
        });
        let Some((tier, rule)) = next.filter(|_| now.wall < search.end) else {
            return self.finish_behind(search.source, None, search.behind, now);
        };
        let wait = now.wall.after(rule.wait);
        let until = wait.min(search.end);
        self.state = State::Searching(Search {
            tier,
            until,
            whole: until == wait,
            ..search
        });
        Step::LookFurther(tier, until)
    }

    /// What came of looking into a tier.
    pub(super) fn looked_further(
        &mut self,
        search: Search,
        found: Further,
        now: Now,
        memory: &mut Memory,
    ) -> Step {
        let tier = self.policy.tiers.get(search.tier);
        // One that had less than its time is not to blame.
        let failed = search.whole || now.wall < search.until;
        if let (Further::Lost, Some(tier), true) = (found, tier, failed) {
            memory.leave_alone(tier, now.steady);
        }
        let source = match (found, tier) {
            (Further::Copy(copy), Some(tier)) => self
                .showable_from(tier, &copy, now)
                .inspect(|_| self.copy = Some(copy)),
            (Further::Page, Some(tier)) if !tier.kind.has_copies() => Some(Source::Page),
            _ => None,
        };
        let Some(source) = source else {
            let tier = search.tier.saturating_add(1);
            return self.search(Search { tier, ..search }, now, memory);
        };
        self.found_in = Some(search.tier);
        self.finish_behind(source, Some(search.failure), search.behind, now)
    }

    /// A copy from a tier is shown by the law of all copies, and not for longer than
    /// is said of that tier.
    fn showable_from(&self, tier: &Tier, copy: &Copy, now: Now) -> Option<Source> {
        let demands = &self.request.reader.demands;
        let bounds = [demands.stale_if_error, tier.stale];
        let narrowed = Demands {
            stale_if_error: bounds.into_iter().flatten().min(),
            ..*demands
        };
        let aged = copy.showable(&narrowed, &self.policy, now.wall);
        aged.map(Source::Copy)
    }

    /// The tier in which was found what goes out, if it was one.
    #[must_use]
    pub fn found_in(&self) -> Option<&Tier> {
        self.policy.tiers.get(self.found_in?)
    }

    /// The tier that is being asked.
    #[must_use]
    pub fn asked_tier(&self) -> Option<&Tier> {
        match self.state {
            State::Searching(search) => self.policy.tiers.get(search.tier),
            _ => None,
        }
    }
}
