//! What isolates know together.
//!
//! One isolate learns from its own visitors only, and there are hundreds. So
//! where the host has a place that all can reach, each reports there what it saw
//! since, and learns what the [`World`](super::World) makes of it: a line of
//! numbers each way, behind the reply of some request. Nothing waits for it, and
//! whoever hears nothing for three seconds is as it was without.

use super::memory::Memory;
use crate::origins::{News, Word};
use crate::policy::Configuration;
use crate::retry::{Counts, Random};
use crate::slots::digest;
use crate::wire::{Timestamp, cut, time::millis};
use alloc::{format, string::String, vec::Vec};
use core::time::Duration;

/// How often an isolate reports while there is nothing to tell.
pub(super) const SELDOM: Duration = Duration::from_secs(10);
/// The same while an origin is down.
const OFTEN: Duration = Duration::from_secs(1);
/// The same while nobody answers; and so long what was learnt last still holds.
const UNANSWERED: Duration = Duration::from_secs(3);
/// What comes later than this is not believed any more.
const STALE: Duration = Duration::from_secs(5);
/// The longest line that is read.
const LONGEST: usize = 4096;

/// Where an isolate stands with the others.
#[derive(Debug, Default)]
pub(super) struct Shared {
    mark: String,
    /// Who this is among the others.
    id: u32,
    /// The number of the last report, and when it went.
    count: u32,
    reported_at: Timestamp,
    awaits: bool,
    /// When the first report went that nobody answered.
    unanswered: Option<Timestamp>,
    /// What the last report said of standings.
    standings: Vec<Standing>,
    batch: Option<Batch>,
}

/// When an origin fell and when it opened.
type Standing = (Option<Timestamp>, Option<Timestamp>);

/// Repetitions that may be made until the next report.
#[derive(Clone, Copy, Debug)]
struct Batch {
    given: u32,
    left: u32,
    /// One more was wanted.
    short: bool,
}

impl Batch {
    const fn is_due(self) -> bool {
        self.short || (self.given > 0 && self.left.saturating_mul(2) <= self.given)
    }
}

impl Shared {
    pub(super) fn new(configuration: &Configuration, seed: u64) -> Self {
        let id = Random::new(!seed).draw();
        Self {
            mark: mark(configuration),
            id: truncated(id),
            ..Self::default()
        }
    }

    /// Whether all isolates together may make one more repetition, as far as is
    /// known here.
    pub(super) fn may_repeat(&mut self, now: Timestamp) -> bool {
        let answered = !self.is_alone(now);
        match self.batch.as_mut().filter(|_| answered) {
            Some(batch) => {
                batch.short |= batch.left == 0;
                batch.left > 0
            }
            None => true,
        }
    }

    /// Notes a repetition.
    pub(super) const fn repeat(&mut self) {
        if let Some(batch) = &mut self.batch {
            batch.left = batch.left.saturating_sub(1);
        }
    }

    fn is_alone(&self, now: Timestamp) -> bool {
        self.unanswered
            .is_some_and(|since| now.since(since) > UNANSWERED)
    }

    /// How long there is between two reports.
    fn period(&self, trouble: bool) -> Duration {
        if trouble || self.batch.is_some_and(Batch::is_due) {
            OFTEN
        } else if self.unanswered.is_some() {
            UNANSWERED
        } else {
            SELDOM
        }
    }
}

impl Memory {
    /// What this isolate has to tell the others, if it is time to: at once when
    /// an origin fell or came back, soon while one is down, else now and then.
    #[must_use]
    pub fn report(&mut self, told: Timestamp) -> Option<String> {
        let now = self.time(told);
        let news = self.origins.news(now);
        let standings: Vec<_> = news.iter().map(|news| (news.fell, news.opened)).collect();
        let shared = &mut self.shared;
        let passed = now.since(shared.reported_at);
        let due = passed >= shared.period(self.origins.are_in_trouble());
        if !due && standings == shared.standings {
            return None;
        }
        shared.standings = standings;
        shared.count = shared.count.wrapping_add(1);
        shared.reported_at = now;
        shared.awaits = true;
        shared.unanswered.get_or_insert(now);
        Some(self.written(&news, now))
    }

    fn written(&self, news: &[News], now: Timestamp) -> String {
        let Shared {
            mark, id, count, ..
        } = &self.shared;
        let Counts {
            requests,
            repeated,
            won,
            lost,
        } = self.budget.ever();
        let mut numbers: Vec<_> = [*id, *count, requests, repeated, won, lost]
            .map(Some)
            .into();
        let age = |at: Option<Timestamp>| at.map(|at| age(at, now));
        for it in news {
            numbers.extend([age(it.good), age(it.fell), age(it.opened), it.steady]);
        }
        line(mark, &numbers)
    }

    /// Takes in what the others know. Anything but the answer to the last report
    /// is ignored, and so is one that was long on its way.
    pub fn learn(&mut self, answer: &str, told: Timestamp) {
        let now = self.time(told);
        let Some((batch, words)) = self.read(answer, now) else {
            return;
        };
        self.shared.awaits = false;
        self.shared.unanswered = None;
        self.shared.batch = batch.map(|given| Batch {
            given,
            left: given,
            short: false,
        });
        for (origin, word) in words.iter().enumerate() {
            self.origins.learn(origin, word, now, &mut self.random);
        }
    }

    fn read(&self, answer: &str, now: Timestamp) -> Option<(Option<u32>, Vec<Word>)> {
        let asked = self.shared.reported_at;
        let timely = self.shared.awaits && now.since(asked) <= STALE;
        let numbers = numbers(&self.shared.mark, answer).filter(|_| timely)?;
        let [count, batch, words @ ..] = numbers.as_slice() else {
            return None;
        };
        let words: Option<Vec<_>> = words.chunks(4).map(|it| word(it, asked)).collect();
        let words = words.filter(|words| words.len() == self.origins.count())?;
        (*count == Some(self.shared.count)).then_some((*batch, words))
    }
}

fn word(numbers: &[Option<u32>], asked: Timestamp) -> Option<Word> {
    let &[fell, opened, Some(probes), Some(share)] = numbers else {
        return None;
    };
    Some(Word {
        fell: fell.map(|age| before(asked, age)),
        opened: opened.map(|age| before(asked, age)),
        probes: probes == 1,
        share,
    })
}

/// What a line begins with: its grammar, and which origins it is about. Whoever
/// speaks otherwise is somebody else.
pub(super) fn mark(configuration: &Configuration) -> String {
    let origins = configuration.origins.iter();
    let urls: Vec<&str> = origins.map(|origin| origin.url.as_str()).collect();
    format!("1-{}", truncated(digest(&urls)))
}

/// A line of numbers; a dash for one that is not known.
pub(super) fn line(mark: &str, numbers: &[Option<u32>]) -> String {
    let mut line = String::from(mark);
    for number in numbers {
        match number {
            Some(number) => line.push_str(&format!(" {number}")),
            None => line.push_str(" -"),
        }
    }
    line
}

/// The numbers of a line, if it is one.
pub(super) fn numbers(mark: &str, line: &str) -> Option<Vec<Option<u32>>> {
    let rest = line.strip_prefix(mark).filter(|_| line.len() <= LONGEST)?;
    let words = cut::parts(rest.strip_prefix(' ')?, b' ');
    words.map(number).collect()
}

fn number(word: &str) -> Option<Option<u32>> {
    if word == "-" {
        return Some(None);
    }
    let digits = word.bytes().all(|byte| byte.is_ascii_digit());
    word.parse().ok().filter(|_| digits).map(Some)
}

/// How long ago something was, in milliseconds.
pub(super) fn age(at: Timestamp, now: Timestamp) -> u32 {
    u32::try_from(millis(now.since(at))).unwrap_or(u32::MAX)
}

/// When something was that was so many milliseconds ago.
pub(super) fn before(now: Timestamp, age: u32) -> Timestamp {
    Timestamp::from_millis(now.as_millis().saturating_sub(age.into()))
}

fn truncated(number: u64) -> u32 {
    u32::try_from(number >> 32).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::World;
    use crate::verdict::{Cause, Failure};
    use proptest::prelude::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(1_000_000_000 + millis)
    }

    fn isolates() -> (Memory, Memory, World) {
        let configuration = Configuration::default();
        let isolate = |seed| Memory::new(&configuration, seed);
        (isolate(1), isolate(2), World::new(&configuration))
    }

    fn exchange(memory: &mut Memory, world: &mut World, millis: u64) {
        let report = memory.report(at(millis)).unwrap();
        let answer = world.merge(&report, at(millis)).unwrap();
        memory.learn(&answer, at(millis));
    }

    /// Five failures in a row, the last one then.
    fn fall(memory: &mut Memory, millis: u64) {
        let failure = Failure::without_answer(Cause::BadGateway);
        for turn in 0..5 {
            let now = at(millis - 1000 + turn * 250);
            let mut random = Random::new(1);
            memory.origins.begin(0, true, now);
            memory
                .origins
                .failed((0, 0), &failure, now, now, &mut random);
        }
    }

    fn good(memory: &mut Memory, millis: u64) {
        let quick = Duration::from_secs(1);
        memory.origins.begin(0, true, at(millis));
        memory.origins.good(0, at(millis), quick, at(millis));
    }

    #[test]
    fn a_fall_is_told_at_once_and_the_end_of_it() {
        let (mut one, mut other, mut world) = isolates();
        exchange(&mut one, &mut world, 0);
        exchange(&mut other, &mut world, 0);
        assert_eq!(one.report(at(4000)), None);
        fall(&mut one, 5000);
        exchange(&mut one, &mut world, 5000);
        assert_eq!(one.report(at(5999)), None);
        exchange(&mut other, &mut world, 10_000);
        assert!(other.origins.is_out(0));
        exchange(&mut one, &mut world, 10_000);
        // The other one probes now, as the first one's lease ran out.
        good(&mut other, 10_500);
        exchange(&mut other, &mut world, 10_500);
        assert!(one.origins.is_out(0) && !other.origins.is_out(0));
        exchange(&mut one, &mut world, 11_000);
        assert!(!one.origins.is_out(0));
    }

    #[test]
    fn what_was_seen_here_counts_for_more() {
        let (mut one, mut other, mut world) = isolates();
        exchange(&mut other, &mut world, 0);
        fall(&mut one, 5000);
        exchange(&mut one, &mut world, 5000);
        good(&mut other, 6000);
        exchange(&mut other, &mut world, 10_000);
        assert!(!other.origins.is_out(0));
        exchange(&mut one, &mut world, 10_100);
        assert!(one.origins.is_out(0), "it did not come back, it never left");
    }

    #[test]
    fn late_and_foreign_answers_are_ignored() {
        let (mut one, mut other, mut world) = isolates();
        fall(&mut one, 5000);
        exchange(&mut one, &mut world, 5000);
        let report = other.report(at(5000)).unwrap();
        let answer = world.merge(&report, at(5000)).unwrap();
        let foreign = answer.replacen("1-", "2-", 1);
        let longer = alloc::format!("{answer} 1");
        let signed = answer.replacen(" 1 ", " +1 ", 1);
        for wrong in [foreign.as_str(), &longer, &signed, "", "1-", " "] {
            other.learn(wrong, at(5100));
        }
        other.learn(&answer, at(10_001));
        assert!(!other.origins.is_out(0));
        other.learn(&answer, at(10_000));
        assert!(!other.origins.is_out(0), "time went on");
        let again = other.report(at(10_000)).unwrap();
        other.learn(&answer, at(10_000));
        assert!(!other.origins.is_out(0), "that was asked before");
        let answer = world.merge(&again, at(10_000)).unwrap();
        other.learn(&answer, at(10_001));
        assert!(other.origins.is_out(0));
        assert_eq!(world.merge(&again, at(10_000)), None);
    }

    #[test]
    fn without_a_breaker_nobody_is_taken_out() {
        let (mut one, _, mut world) = isolates();
        let mut configuration = Configuration::default();
        configuration.guards.breaker = None;
        let mut other = Memory::new(&configuration, 3);
        fall(&mut one, 5000);
        exchange(&mut one, &mut world, 5000);
        exchange(&mut other, &mut world, 5000);
        assert!(one.origins.is_out(0) && !other.origins.is_out(0));
    }

    #[test]
    fn after_three_seconds_without_an_answer_the_own_budget_rules() {
        let (mut one, _, mut world) = isolates();
        exchange(&mut one, &mut world, 0);
        exchange(&mut one, &mut world, 10_000);
        let granted = (0..100).take_while(|_| one.may_repeat(at(10_000))).count();
        assert_eq!(granted, 10);
        let _ = one.report(at(11_000));
        assert!(!one.may_repeat(at(14_000)));
        assert!(one.shared.may_repeat(at(14_001)));
    }

    proptest! {
        #[test]
        fn no_line_does_any_harm(lines in proptest::collection::vec("(1-[0-9]{1,10})?( [0-9-]{1,11}){0,12}", 20), noise: String) {
            let (mut one, _, mut world) = isolates();
            for line in lines.iter().chain([&noise]) {
                let _ = world.merge(line, at(0));
                let _ = one.report(at(0));
                one.learn(line, at(0));
            }
        }

        #[test]
        fn wild_numbers_are_taken_as_they_are(numbers in proptest::collection::vec(proptest::option::of(any::<u32>()), 10), told in proptest::collection::vec(proptest::option::of(any::<u32>()), 5)) {
            let (mut one, mut other, mut world) = isolates();
            let mark = one.shared.mark.clone();
            let _ = world.merge(&line(&mark, &numbers), at(0));
            let _ = world.merge(&line(&mark, &numbers), at(20_000));
            let _ = one.report(at(20_000));
            let mut answer = alloc::vec![Some(1)];
            answer.extend(told);
            one.learn(&line(&mark, &answer), at(20_000));
            exchange(&mut other, &mut world, 20_000);
            // It still opens by itself.
            for memory in [&mut one, &mut other] {
                good(memory, 20_001);
                assert!(!memory.origins.is_out(0));
            }
        }
    }
}
