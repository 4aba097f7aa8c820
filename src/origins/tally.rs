//! Where one request has been.

use crate::retry::Permission;
use alloc::{vec, vec::Vec};

/// How often each origin was asked for one request.
#[derive(Clone, Debug)]
pub struct Tally {
    asked: Vec<u8>,
}

impl Tally {
    /// Nobody was asked yet; there is at least one origin.
    #[must_use]
    pub fn new(origins: usize) -> Self {
        Self {
            asked: vec![0; origins.max(1)],
        }
    }

    /// Notes an attempt on an origin.
    pub fn count(&mut self, origin: usize) {
        if let Some(count) = self.asked.get_mut(origin) {
            *count = count.saturating_add(1);
        }
    }

    /// How often an origin was asked.
    #[must_use]
    pub fn asked(&self, origin: usize) -> u8 {
        self.asked.get(origin).copied().unwrap_or(u8::MAX)
    }

    /// The origin to ask after `failed` failed: the least asked of the others,
    /// in order, then `failed` again; `None` if none may be asked. `is_well`
    /// says which of the others are worth it; the rest come last.
    ///
    /// `per_origin` limits the attempts on each of several origins. It does not
    /// hold where there is nowhere else to go.
    #[must_use]
    pub fn next(
        &self,
        failed: usize,
        permission: Permission,
        per_origin: u8,
        usable: impl Fn(usize) -> Usable,
    ) -> Option<usize> {
        let others = |wanted: Usable| {
            let usable = &usable;
            let fits = move |origin: &usize| {
                permission.elsewhere
                    && *origin != failed
                    && self.asked(*origin) < per_origin
                    && usable(*origin) == wanted
            };
            let fitting = (0..self.asked.len()).filter(fits);
            fitting.min_by_key(|origin| self.asked(*origin))
        };
        let elsewhere =
            (0..self.asked.len()).any(|origin| origin != failed && usable(origin) != Usable::Never);
        let confined = !elsewhere || !permission.elsewhere;
        let again = permission.here && (confined || self.asked(failed) < per_origin);
        others(Usable::Well)
            .or_else(|| again.then_some(failed))
            .or_else(|| others(Usable::Held))
    }
}

/// Whether an origin may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usable {
    /// It is as good as any.
    Well,
    /// It failed lately: only if there is nobody else.
    Held,
    /// It must not be asked for this request.
    Never,
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: Permission = Permission {
        here: true,
        elsewhere: true,
    };
    const HERE: Permission = Permission {
        here: true,
        elsewhere: false,
    };
    const ELSEWHERE: Permission = Permission {
        here: false,
        elsewhere: true,
    };

    const fn well(_: usize) -> Usable {
        Usable::Well
    }

    #[test]
    fn a_lone_origin_is_asked_again() {
        let mut tally = Tally::new(1);
        tally.count(0);
        assert_eq!(tally.next(0, BOTH, 1, well), Some(0));
        assert_eq!(tally.next(0, ELSEWHERE, 1, well), None);
    }

    #[test]
    fn backups_come_in_order_and_once_each() {
        let mut tally = Tally::new(3);
        let mut order = vec![];
        let mut origin = Some(0);
        while let Some(asked) = origin {
            order.push(asked);
            tally.count(asked);
            origin = tally.next(asked, BOTH, 1, well);
        }
        assert_eq!(order, [0, 1, 2]);
    }

    #[test]
    fn what_may_not_go_elsewhere_stays() {
        let mut tally = Tally::new(2);
        tally.count(0);
        assert_eq!(tally.next(0, HERE, 1, well), Some(0));
        assert_eq!(tally.next(0, ELSEWHERE, 1, well), Some(1));
    }

    #[test]
    fn those_that_failed_lately_come_last_and_the_forbidden_never() {
        let mut tally = Tally::new(3);
        tally.count(0);
        let check = |second: Usable, third: Usable, expected: Option<usize>| {
            let usable = move |origin| [Usable::Well, second, third][origin];
            assert_eq!(tally.next(0, ELSEWHERE, 1, usable), expected);
        };
        check(Usable::Held, Usable::Well, Some(2));
        check(Usable::Held, Usable::Never, Some(1));
        check(Usable::Never, Usable::Never, None);
        let alone = |_| Usable::Never;
        assert_eq!(tally.next(0, BOTH, 1, alone), Some(0));
    }
}
