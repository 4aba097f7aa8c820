//! How many copies there are room for on a visitor's device.
//!
//! A browser gives a site much, and takes all of it away at once when its disk is full.
//! So we take little, and what was stored first goes first: to note when a copy was looked
//! at would be a write for each look. A page that is visited while the site is well
//! is stored anew, once in `keep_every`.

use crate::wire::Timestamp;
use alloc::{string::String, vec::Vec};
use core::time::Duration;

/// How much is kept at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// 200: more pages and what they are made of than most visitors see of a site.
    pub(super) copies: usize,
    /// 32 MiB: a page weighs 2 MiB at the median, most of it pictures that all pages share,
    /// and nobody's disk is full of this.
    pub(super) bytes: u64,
    /// 30 days since it was stored: older ones are of pages nobody returned to.
    pub(super) age: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            copies: 200,
            bytes: 32 * 1024 * 1024,
            age: Duration::from_secs(30 * 24 * 60 * 60),
        }
    }
}

/// Something that is stored.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) place: String,
    pub(super) at: Timestamp,
    pub(super) bytes: u64,
}

impl Bounds {
    /// The same where the disk has no room for `wanted` bytes more: a quarter of what
    /// there is has to go, and as much as is wanted.
    pub(super) fn scarce(self, stored: &[Stored], wanted: u64) -> Self {
        let all: u64 = sum(stored);
        let quarter = all / 4;
        let bytes = all.saturating_sub(quarter.max(wanted).max(1));
        Self {
            bytes: self.bytes.min(bytes.saturating_add(wanted)),
            ..self
        }
    }

    /// What has to go, so that there is room for one more of so many bytes.
    pub(super) fn surplus(
        &self,
        mut stored: Vec<Stored>,
        wanted: u64,
        now: Timestamp,
    ) -> Vec<String> {
        stored.sort_by_key(|it| core::cmp::Reverse(it.at.as_millis()));
        let (mut count, mut bytes) = (1_usize, wanted);
        let stays = |it: &Stored| {
            let (more, sum) = (count.saturating_add(1), bytes.saturating_add(it.bytes));
            let fits = more <= self.copies && sum <= self.bytes && now.since(it.at) < self.age;
            if fits {
                (count, bytes) = (more, sum);
            }
            fits
        };
        let (_, gone): (Vec<_>, Vec<_>) = stored.into_iter().partition(stays);
        gone.into_iter().map(|it| it.place).collect()
    }
}

fn sum(stored: &[Stored]) -> u64 {
    stored
        .iter()
        .map(|it| it.bytes)
        .fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(place: &str, secs: u64, bytes: u64) -> Stored {
        Stored {
            place: place.into(),
            at: Timestamp::from_secs(secs),
            bytes,
        }
    }

    fn check(bounds: Bounds, wanted: u64, expected: &[&str]) {
        let all = [
            stored("old", 10, 40),
            stored("new", 90, 40),
            stored("mid", 50, 40),
        ];
        let gone = bounds.surplus(all.into(), wanted, Timestamp::from_secs(100));
        assert_eq!(gone, expected, "{bounds:?}");
    }

    #[test]
    fn the_oldest_goes_first() {
        let bounds = Bounds::default();
        check(bounds, 0, &[]);
        check(
            Bounds {
                copies: 3,
                ..bounds
            },
            0,
            &["old"],
        );
        check(
            Bounds {
                bytes: 100,
                ..bounds
            },
            20,
            &["old"],
        );
        check(
            Bounds {
                bytes: 100,
                ..bounds
            },
            60,
            &["mid", "old"],
        );
        let age = Duration::from_secs(60);
        check(Bounds { age, ..bounds }, 0, &["old"]);
    }

    #[test]
    fn where_the_disk_is_full_a_quarter_goes_at_least() {
        let all = [
            stored("old", 10, 40),
            stored("new", 90, 40),
            stored("mid", 50, 40),
        ];
        check(Bounds::default().scarce(&all, 1), 1, &["old"]);
        check(Bounds::default().scarce(&all, 60), 60, &["mid", "old"]);
    }
}
