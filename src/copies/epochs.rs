//! Purges: moments from which on what was kept before them does not count.
//!
//! A store cannot be searched, is spread over the world, and may be written at this
//! very moment with what an origin said a second ago. So a purge removes nothing. It
//! is a moment, an *epoch*, of a URL or of all that begin alike; whoever opens a
//! copy compares the moment at which that was asked for. Of what was asked for
//! before, nobody knows whether the origin saw the change already, so it is
//! outdated, whenever it arrived. The clocks of different machines are taken to
//! agree, as an edge's do within milliseconds.

use super::Copy;
use crate::wire::{Timestamp, cut};
use alloc::{string::String, string::ToString, vec::Vec};

/// So many epochs are remembered at most, in so many bytes: as many as a busy site
/// purges pages in some days, and few enough to be sent around every few seconds.
/// Beyond, the oldest two of a kind become one that is about both, and more.
const MOST: usize = 512;
const MOST_BYTES: usize = 64 * 1024;

/// The two strengths and the two scopes, as they are written.
const STRENGTHS: [&str; 2] = ["soft", "hard"];
const SCOPES: [&str; 2] = ["prefix", "url"];

/// What is to be purged, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purge {
    /// A URL, or what URLs begin with; empty for all of them.
    pub scope: String,
    /// It is about this URL and no other.
    pub exact: bool,
    /// What it is about is never shown again; else it is stale at once, and still
    /// there for the bad day.
    pub hard: bool,
}

impl Purge {
    /// The longest scope there may be.
    pub const LONGEST: usize = 2048;

    /// Reads what [`written`](Self::written) wrote.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut words = text.splitn(3, ' ');
        let hard = choice(STRENGTHS, words.next()?)?;
        let exact = choice(SCOPES, words.next()?)?;
        let scope = words.next()?;
        let fits = scope.len() <= Self::LONGEST && scope.bytes().all(|byte| byte > b' ');
        fits.then(|| Self {
            scope: scope.into(),
            exact,
            hard,
        })
    }

    /// As text without a line break: strength, kind of scope, scope.
    #[must_use]
    pub fn written(&self) -> String {
        let [soft, hard] = STRENGTHS;
        let [prefix, url] = SCOPES;
        let strength = if self.hard { hard } else { soft };
        let kind = if self.exact { url } else { prefix };
        [strength, kind, &self.scope].join(" ")
    }

    fn is_about(&self, url: &str) -> bool {
        match self.exact {
            true => url == self.scope,
            false => url.starts_with(&self.scope),
        }
    }

    /// Whether it purges all that another one does, at least as hard.
    fn covers(&self, other: &Self) -> bool {
        let wider = !self.exact || other.exact;
        wider && self.is_about(&other.scope) && (self.hard || !other.hard)
    }
}

fn choice([no, yes]: [&str; 2], word: &str) -> Option<bool> {
    (word == yes || word == no).then_some(word == yes)
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Epoch {
    at: Timestamp,
    purge: Purge,
}

impl Epoch {
    fn read(line: &str) -> Option<Self> {
        let (at, purge) = cut::at(line, b' ')?;
        Some(Self {
            at: Timestamp::from_millis(at.parse().ok()?),
            purge: Purge::read(purge)?,
        })
    }

    fn covers(&self, other: &Self) -> bool {
        self.at >= other.at && self.purge.covers(&other.purge)
    }

    /// The narrowest epoch that covers two of the same strength.
    fn merged(one: &Self, other: &Self) -> Self {
        let letters = one.purge.scope.chars().zip(other.purge.scope.chars());
        let common = letters.take_while(|(one, other)| one == other);
        Self {
            at: one.at.max(other.at),
            purge: Purge {
                scope: common.map(|(letter, _)| letter).collect(),
                exact: false,
                hard: one.purge.hard,
            },
        }
    }
}

/// All purges that still matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Epochs {
    /// The oldest first.
    epochs: Vec<Epoch>,
}

impl Epochs {
    /// What a copy of a URL is worth after all purges: nothing after a hard one, and
    /// after a soft one it is stale since then.
    #[must_use]
    pub fn judge(&self, url: &str, copy: Copy) -> Option<Copy> {
        let mut judged = copy;
        let since = self.epochs.iter().rev();
        for Epoch { at, purge } in since.take_while(|epoch| epoch.at >= copy.asked_at) {
            if !purge.is_about(url) {
                continue;
            }
            if purge.hard {
                return None;
            }
            judged = judged.outdated_at(*at);
        }
        Some(judged)
    }

    /// Notes a purge.
    pub fn raise(&mut self, purge: Purge, now: Timestamp) {
        self.put(Epoch { at: now, purge });
        self.limit();
    }

    /// Takes in what others [wrote](Self::written), besides what is known. Whether
    /// anything in it was new.
    pub fn learn(&mut self, text: &str) -> bool {
        let mut new = false;
        for epoch in cut::parts(text, b'\n').filter_map(Epoch::read) {
            new |= self.put(epoch);
        }
        self.limit();
        new
    }

    /// All of it as text, one epoch per line.
    #[must_use]
    pub fn written(&self) -> String {
        let mut text = String::new();
        for Epoch { at, purge } in &self.epochs {
            let at = at.as_millis().to_string();
            text.extend([&at, " ", &purge.written(), "\n"]);
        }
        text
    }

    /// Adds an epoch in place of those that it covers; not, if it is covered.
    fn put(&mut self, new: Epoch) -> bool {
        let covered = self.epochs.iter().any(|known| known.covers(&new));
        if !covered {
            self.epochs.retain(|known| !new.covers(known));
            let place = self.epochs.partition_point(|known| known.at <= new.at);
            self.epochs.insert(place, new);
        }
        !covered
    }

    fn limit(&mut self) {
        let bytes = |all: &[Epoch]| all.iter().map(|it| it.purge.scope.len()).sum::<usize>();
        let is_full = |all: &[Epoch]| all.len() > MOST || bytes(all) > MOST_BYTES;
        while is_full(&self.epochs) && self.merge() {}
    }

    /// Makes one of the oldest two of the strength that most have: rather is more
    /// purged than a purge forgotten.
    fn merge(&mut self) -> bool {
        let hard = self.epochs.iter().filter(|it| it.purge.hard).count();
        let hard = hard > self.epochs.len() / 2;
        let mut oldest = self.epochs.iter().filter(|it| it.purge.hard == hard);
        let two = oldest.next().zip(oldest.next());
        let merged = two.map(|(one, other)| Epoch::merged(one, other));
        // It covers both, and so takes their place.
        merged.is_some_and(|merged| self.put(merged))
    }
}

impl Copy {
    /// The same copy, of which nothing is fresh since `at`: what its origin allows for
    /// stale ones begins then, but for answering at once.
    fn outdated_at(self, at: Timestamp) -> Self {
        let age = self.aged(at).age;
        Self {
            lifetime: self.lifetime.map(|lifetime| lifetime.min(age)),
            outdated: true,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;
    use crate::wire::{Demands, Listed, ResponseHead};
    use alloc::format;
    use core::time::Duration;
    use proptest::prelude::*;

    const PAGE: &str = "https://a.test/shop/1?x=2";

    const fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    /// A copy that arrived at 10 s, after a wait.
    fn copy(cache_control: &str, waited: u64) -> Copy {
        let fields = format!("cache-control:{cache_control}");
        let listed = Listed::new(&fields);
        let head = ResponseHead::read(200, &listed);
        Copy::new(&head, at(10_000), Duration::from_millis(waited))
    }

    fn epochs(purges: &[(u64, &str)]) -> Epochs {
        let mut epochs = Epochs::default();
        for (millis, purge) in purges {
            epochs.raise(Purge::read(purge).unwrap(), at(*millis));
        }
        epochs
    }

    fn judged(purges: &[(u64, &str)], copy: Copy) -> Option<Copy> {
        epochs(purges).judge(PAGE, copy)
    }

    #[test]
    fn only_what_was_asked_for_before_and_is_meant() {
        let check = |millis: u64, purge: &str, gone: bool| {
            let judged = judged(&[(millis, purge)], copy("max-age=60", 300));
            assert_eq!(judged.is_none(), gone, "{millis} {purge}");
        };
        // It was on its way when the purge came, and arrived after it.
        check(9_700, "hard url https://a.test/shop/1?x=2", true);
        check(9_699, "hard url https://a.test/shop/1?x=2", false);
        check(20_000, "hard url https://a.test/shop/1?x=2", true);
        check(20_000, "hard url https://a.test/shop/1", false);
        check(20_000, "hard url https://a.test/shop/1?x=22", false);
        check(20_000, "hard prefix https://a.test/shop/", true);
        check(20_000, "hard prefix https://a.test/shop/2", false);
        check(20_000, "hard prefix http://a.test/", false);
        check(20_000, "hard prefix ", true);
        check(20_000, "soft prefix ", false);
        check(9_699, "hard prefix ", false);
    }

    #[test]
    fn after_a_soft_purge_a_copy_stands_in_and_does_nothing_else() {
        let said = "max-age=60, stale-while-revalidate=60, stale-if-error=5";
        let (none, policy) = (Demands::default(), Policy::default());
        let untouched = copy(said, 0);
        assert_eq!(
            judged(&[(9_999, "soft prefix ")], untouched),
            Some(untouched)
        );
        let forbidding = copy("max-age=60, must-revalidate", 0);
        let copy = judged(
            &[
                (20_000, "soft prefix "),
                (30_000, "soft url https://a.test/shop/1?x=2"),
            ],
            untouched,
        )
        .unwrap();
        let any = Demands::parse("max-stale");
        for now in [at(19_000), at(20_000), at(25_000)] {
            assert!(!copy.is_fresh(now) && copy.renewable(&policy, now).is_none());
            assert!(!copy.satisfies_stale(&any, now));
        }
        // Its window runs from the first purge on.
        assert_eq!(copy.aged(at(24_000)).ttl(), -4);
        assert!(copy.showable(&none, &policy, at(24_999)).is_some());
        assert!(copy.showable(&none, &policy, at(25_000)).is_none());
        let forbidden = judged(&[(20_000, "soft prefix ")], forbidding);
        assert!(
            forbidden
                .unwrap()
                .showable(&none, &policy, at(20_000))
                .is_none()
        );
    }

    #[test]
    fn a_purge_takes_the_place_of_those_it_covers() {
        let check = |purges: &[(u64, &str)], left: &str| {
            assert_eq!(epochs(purges).written(), left, "{purges:?}");
        };
        let (url, wide) = ("hard url https://a.test/1", "hard prefix https://a.test/");
        check(&[(1, url), (2, url)], "2 hard url https://a.test/1\n");
        check(&[(2, url), (1, url)], "2 hard url https://a.test/1\n");
        check(&[(1, url), (2, wide)], "2 hard prefix https://a.test/\n");
        check(
            &[(3, url), (2, wide)],
            "2 hard prefix https://a.test/\n3 hard url https://a.test/1\n",
        );
        check(
            &[(1, wide), (2, "soft prefix ")],
            "1 hard prefix https://a.test/\n2 soft prefix \n",
        );
        check(
            &[(1, "soft prefix "), (2, "hard prefix ")],
            "2 hard prefix \n",
        );
        check(
            &[(2, "hard prefix https://a.test/1"), (1, url)],
            "2 hard prefix https://a.test/1\n",
        );
    }

    #[test]
    fn what_is_no_epoch_is_none() {
        for foreign in [
            "",
            "x",
            "1",
            "1 hard",
            "1 hard url",
            "x hard url https://a.test/",
            "1 mild url https://a.test/",
            "1 hard page https://a.test/",
            "-1 hard url https://a.test/",
            "1 hard url https://a.test/ x",
            "99999999999999999999 hard url https://a.test/",
        ] {
            assert!(!Epochs::default().learn(foreign), "{foreign}");
        }
        let long = format!("1 hard url {}", "x".repeat(Purge::LONGEST + 1));
        assert!(!Epochs::default().learn(&long));
        assert!(Epochs::default().learn("x\n1 hard url https://a.test/\n\n"));
    }

    #[test]
    fn there_are_never_too_many() {
        let mut epochs = Epochs::default();
        let url = |n: u64| format!("https://a.test/{}/{n}", n % 7);
        for n in 0..2000 {
            let (scope, hard) = (url(n), n % 5 == 0);
            epochs.raise(
                Purge {
                    scope,
                    exact: true,
                    hard,
                },
                at(20_000 + n),
            );
        }
        let text = epochs.written();
        assert_eq!(text.lines().count(), MOST);
        let copy = copy("max-age=60", 0);
        for n in 0..2000 {
            let judged = epochs.judge(&url(n), copy);
            assert!(judged.is_none_or(|copy| copy.outdated), "{n}");
            assert!(judged.is_none() || n % 5 != 0, "{n}");
        }
        // One that was never purged fares no worse than the oldest.
        assert!(
            epochs
                .judge("https://b.test/", copy)
                .is_some_and(|copy| !copy.outdated)
        );
        let mut large = Epochs::default();
        for n in 0..100 {
            let scope = format!("https://a.test/{}{n}", "x".repeat(2000));
            large.raise(
                Purge {
                    scope,
                    exact: true,
                    hard: false,
                },
                at(n),
            );
        }
        assert!(large.written().len() < MOST_BYTES + 100 * 40);
        assert!(large.written().lines().count() > 20);
    }

    fn any_purge() -> impl Strategy<Value = (u64, Purge)> {
        let scope = prop_oneof![3 => "https://[ab]/[cd]{0,2}", 1 => ""];
        (0..40_u64, scope, any::<(bool, bool)>()).prop_map(|(millis, scope, (exact, hard))| {
            (
                millis,
                Purge {
                    exact: exact && !scope.is_empty(),
                    scope,
                    hard,
                },
            )
        })
    }

    proptest! {
        #[test]
        fn no_purge_is_forgotten(
            purges in prop::collection::vec(any_purge(), 0..20),
            url in "https://[ab]/[cd]{0,2}",
            asked in 0..40_u64,
        ) {
            let listed = Listed::new("cache-control:max-age=60");
            let copy = Copy::new(&ResponseHead::read(200, &listed), at(asked), Duration::ZERO);
            let mut epochs = Epochs::default();
            for (millis, purge) in &purges {
                epochs.raise(purge.clone(), at(*millis));
            }
            let hit = |hard: bool| purges.iter().any(|(millis, purge)| {
                *millis >= asked && purge.is_about(&url) && (purge.hard || !hard)
            });
            let judged = epochs.judge(&url, copy);
            prop_assert_eq!(judged.is_none(), hit(true));
            prop_assert_eq!(judged.is_none_or(|copy| copy.outdated), hit(false));
            // What is sent around arrives as it was, in parts and more than once.
            let mut learnt = Epochs::default();
            let text = epochs.written();
            for line in text.lines().rev() {
                learnt.learn(line);
            }
            prop_assert_eq!(learnt.learn(&text), false);
            prop_assert_eq!(&learnt.judge(&url, copy), &judged);
            prop_assert_eq!(learnt.written().lines().count(), text.lines().count());
        }

        #[test]
        fn hostile_text_is_read_or_left(text in "\\PC{0,60}|[0-9]{1,3} (hard|soft) (url|prefix) \\PC{0,20}\n?") {
            let mut epochs = Epochs::default();
            epochs.learn(&text);
            let mut again = Epochs::default();
            again.learn(&epochs.written());
            prop_assert_eq!(again, epochs);
        }
    }
}
