//! The attempts of a request that run at this moment: one, or two where policy
//! hedges.

use super::exchange::Now;
use crate::wire::Timestamp;

/// An attempt that runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) number: u8,
    pub(super) origin: usize,
    pub(super) since: Now,
    pub(super) until: Timestamp,
    /// It was paid for from the budget.
    pub(super) repeated: bool,
}

/// The attempts that run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Runs {
    older: Option<Run>,
    newer: Option<Run>,
}

impl Runs {
    pub(super) const fn is_empty(&self) -> bool {
        self.older.is_none() && self.newer.is_none()
    }

    pub(super) const fn is_lone(&self) -> bool {
        self.older.is_none() != self.newer.is_none()
    }

    /// A third one takes the place of the oldest.
    pub(super) const fn add(&mut self, run: Run) {
        self.older = self.newer.replace(run);
    }

    pub(super) fn all(&self) -> impl Iterator<Item = Run> + use<> {
        [self.older, self.newer].into_iter().flatten()
    }

    pub(super) fn get(&self, number: u8) -> Option<Run> {
        self.all().find(|run| run.number == number)
    }

    pub(super) fn latest(&self) -> Option<Run> {
        self.newer.or(self.older)
    }

    pub(super) fn take(&mut self, number: u8) -> Option<Run> {
        let is_it = |run: &mut Run| run.number == number;
        self.older
            .take_if(is_it)
            .or_else(|| self.newer.take_if(is_it))
    }

    /// One whose time is over.
    pub(super) fn overdue(&self, now: Timestamp) -> Option<Run> {
        self.all().find(|run| now >= run.until)
    }

    /// When the first of them is out of time.
    pub(super) fn until(&self) -> Timestamp {
        let ends = self.all().map(|run| run.until);
        ends.min().unwrap_or(Timestamp::NEVER)
    }

    pub(super) fn extend(&mut self, number: u8, until: Timestamp) {
        for run in [&mut self.older, &mut self.newer].into_iter().flatten() {
            if run.number == number {
                run.until = until;
            }
        }
    }
}
