//! Which origin is asked next.
//!
//! Origins are in the operator's order: the first is asked as long as it
//! answers, the others are backups. A repetition avoids the origin that just
//! failed, if another may be asked.

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
    /// in order, then `failed` again; `None` if none may be asked.
    ///
    /// `per_origin` limits the attempts on each of several origins. It does not
    /// hold where there is nowhere else to go.
    #[must_use]
    pub fn next(&self, failed: usize, permission: Permission, per_origin: u8) -> Option<usize> {
        let others = (0..self.asked.len()).filter(|origin| {
            permission.elsewhere && *origin != failed && self.asked(*origin) < per_origin
        });
        let other = others.min_by_key(|origin| self.asked(*origin));
        let confined = self.asked.len() == 1 || !permission.elsewhere;
        let again = permission.here && (confined || self.asked(failed) < per_origin);
        other.or_else(|| again.then_some(failed))
    }
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

    #[test]
    fn a_lone_origin_is_asked_again() {
        let mut tally = Tally::new(1);
        tally.count(0);
        assert_eq!(tally.next(0, BOTH, 1), Some(0));
        assert_eq!(tally.next(0, ELSEWHERE, 1), None);
    }

    #[test]
    fn backups_come_in_order_and_once_each() {
        let mut tally = Tally::new(3);
        let mut order = vec![];
        let mut origin = Some(0);
        while let Some(asked) = origin {
            order.push(asked);
            tally.count(asked);
            origin = tally.next(asked, BOTH, 1);
        }
        assert_eq!(order, [0, 1, 2]);
    }

    #[test]
    fn what_may_not_go_elsewhere_stays() {
        let mut tally = Tally::new(2);
        tally.count(0);
        assert_eq!(tally.next(0, HERE, 1), Some(0));
        assert_eq!(tally.next(0, ELSEWHERE, 1), Some(1));
    }
}
