//! How many repetitions there may be.
//!
//! Each request alone may be tried three times; all of them together must not
//! be, or the origin that fails gets three times the load that made it fail. So
//! repetitions have a budget: a share of the requests of the last seconds,
//! counted when a repetition is decided, so that one that still sleeps counts.
//!
//! A fixed share is wrong twice. In a brownout a repetition mostly succeeds, and
//! visitors would see errors that one more try would mend; in an outage it never
//! does, and each is a burden. So the share follows how the last ones ended.

use crate::policy::BudgetRule;
use crate::recent::Recent;
use crate::wire::Timestamp;

/// The window is this many slots long; what leaves it goes slot by slot.
const SLOTS: usize = 10;
const SLOTS_LONG: u32 = 10;

/// So many repetitions must have ended before their success says anything.
const TELLING: u32 = 10;

/// What happened in some time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests that came.
    pub requests: u32,
    /// Repetitions that were decided.
    pub repeated: u32,
    /// Repetitions that ended well.
    pub won: u32,
    /// Repetitions that did not.
    pub lost: u32,
}

impl Counts {
    fn plus(self, more: Self) -> Self {
        Self {
            requests: self.requests.saturating_add(more.requests),
            repeated: self.repeated.saturating_add(more.repeated),
            won: self.won.saturating_add(more.won),
            lost: self.lost.saturating_add(more.lost),
        }
    }
}

/// The budget of an isolate. Every operation takes the same time, however long
/// nothing happened.
#[derive(Clone, Copy, Debug, Default)]
pub struct Budget {
    window: Recent<Counts, SLOTS>,
    ever: Counts,
    /// Thousandths of a token that were taken.
    taken: u32,
}

impl Budget {
    /// Notes a request.
    pub fn deposit(&mut self, rule: &BudgetRule, now: Timestamp) {
        self.count(rule, now, |slot| {
            slot.requests = slot.requests.saturating_add(1)
        });
    }

    /// Takes a repetition out of the budget, if there is one.
    #[must_use]
    pub fn take(&mut self, rule: &BudgetRule, now: Timestamp) -> bool {
        self.count(rule, now, |_| {});
        let allowed = match rule.tokens {
            Some(_) => self.has_tokens(rule),
            None => self.left(rule) > 0,
        };
        if allowed {
            self.count(rule, now, |slot| {
                slot.repeated = slot.repeated.saturating_add(1)
            });
        }
        allowed
    }

    /// Notes how an attempt ended; `repeated` if it was a repetition.
    pub fn settle(&mut self, rule: &BudgetRule, repeated: bool, good: bool, now: Timestamp) {
        if let Some(tokens) = rule.tokens {
            self.taken = if good {
                self.taken.saturating_sub(tokens.refill.into())
            } else {
                let all = u32::from(tokens.max).saturating_mul(1000);
                self.taken.saturating_add(1000).min(all)
            };
        }
        if repeated {
            self.count(rule, now, |slot| {
                let count = if good { &mut slot.won } else { &mut slot.lost };
                *count = count.saturating_add(1);
            });
        }
    }

    /// Notes what happened elsewhere.
    pub fn add(&mut self, counts: Counts, rule: &BudgetRule, now: Timestamp) {
        self.count(rule, now, |slot| *slot = slot.plus(counts));
    }

    /// Everything that was ever counted.
    #[must_use]
    pub const fn ever(&self) -> Counts {
        self.ever
    }

    /// How many more repetitions the window allows.
    #[must_use]
    pub fn left(&self, rule: &BudgetRule) -> u32 {
        self.allowance(rule).saturating_sub(self.total().repeated)
    }

    fn has_tokens(&self, rule: &BudgetRule) -> bool {
        let all = u32::from(rule.tokens.map_or(0, |tokens| tokens.max)).saturating_mul(1000);
        all.saturating_sub(self.taken).saturating_mul(2) > all
    }

    /// How many repetitions the window allows.
    fn allowance(&self, rule: &BudgetRule) -> u32 {
        let total = self.total();
        let ended = total.won.saturating_add(total.lost);
        let percent = if ended < TELLING {
            rule.percent
        } else if total.won.saturating_mul(2) >= ended {
            rule.most
        } else if total.won.saturating_mul(10) < ended {
            0
        } else {
            rule.percent
        };
        let share = total.requests.saturating_mul(percent.into()) / 100;
        share.max(rule.floor.into())
    }

    fn total(&self) -> Counts {
        let slots = self.window.iter().copied();
        slots.fold(Counts::default(), Counts::plus)
    }

    /// Counts something that happens now.
    fn count(&mut self, rule: &BudgetRule, now: Timestamp, count: impl Fn(&mut Counts)) {
        let length = rule.window.checked_div(SLOTS_LONG).unwrap_or_default();
        let slot = self.window.at(now, length);
        slot.into_iter().chain([&mut self.ever]).for_each(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Tokens;

    const RULE: BudgetRule = BudgetRule::DEFAULT;

    fn at(secs: u64) -> Timestamp {
        Timestamp::from_secs(1000 + secs)
    }

    fn with(requests: u32) -> Budget {
        let mut budget = Budget::default();
        (0..requests).for_each(|_| budget.deposit(&RULE, at(0)));
        budget
    }

    /// How many repetitions are allowed in a row.
    fn allowed(budget: &mut Budget, rule: &BudgetRule, secs: u64) -> usize {
        (0..10_000)
            .take_while(|_| budget.take(rule, at(secs)))
            .count()
    }

    #[test]
    fn a_floor_and_a_share() {
        // Envoy's own numbers: 20 %, three at least.
        let rule = BudgetRule { floor: 3, ..RULE };
        assert_eq!(allowed(&mut with(2), &rule, 0), 3);
        assert_eq!(allowed(&mut with(20), &rule, 0), 4);
        let none = BudgetRule {
            percent: 0,
            most: 0,
            floor: 0,
            ..RULE
        };
        assert_eq!(allowed(&mut with(1000), &none, 0), 0);
    }

    #[test]
    fn what_is_taken_comes_back_with_time() {
        let mut budget = with(1000);
        assert_eq!(allowed(&mut budget, &RULE, 0), 200);
        assert_eq!(allowed(&mut budget, &RULE, 9), 0);
        assert_eq!(allowed(&mut budget, &RULE, 10), 10);
        assert_eq!(allowed(&mut budget, &RULE, 1_000_000), 10);
    }

    #[test]
    fn a_brownout_is_told_from_an_outage() {
        let ended = |won: u32, lost: u32| {
            let mut budget = with(1000);
            (0..won).for_each(|_| budget.settle(&RULE, true, true, at(0)));
            (0..lost).for_each(|_| budget.settle(&RULE, true, false, at(0)));
            allowed(&mut budget, &RULE, 0)
        };
        assert_eq!(ended(0, 9), 200);
        assert_eq!(ended(0, 10), 10);
        assert_eq!(ended(1, 10), 10);
        assert_eq!(ended(2, 10), 200);
        assert_eq!(ended(10, 10), 600);
    }

    #[test]
    fn tokens_run_out_and_come_back() {
        let rule = BudgetRule {
            tokens: Some(Tokens {
                max: 10,
                refill: 100,
            }),
            ..RULE
        };
        let mut budget = Budget::default();
        let mut fail = |good| {
            budget.settle(&rule, false, good, at(0));
            budget.take(&rule, at(0))
        };
        assert_eq!(
            [false; 6].map(&mut fail),
            [true, true, true, true, false, false]
        );
        assert!(!(0..10).any(|_| fail(true)));
        assert!(fail(true));
    }

    #[test]
    fn a_clock_that_falls_back_forgets_nothing() {
        let mut budget = with(1000);
        assert_eq!(allowed(&mut budget, &RULE, 5), 200);
        assert!(!budget.take(&RULE, Timestamp::from_secs(1)));
    }
}
