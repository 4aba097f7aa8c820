//! What lives as long as a page or a worker: what was configured, and what its
//! requests taught.
//!
//! An origin that fails the one request fails the next, whoever made it and under
//! whatever policy: so there is a memory for each origin, and not for each policy.

use crate::gateway::Memory;
use crate::policy::{self, Configuration, Policy, Problem, Value};
use alloc::{borrow::ToOwned, rc::Rc, string::String, vec::Vec};
use core::cell::RefCell;

/// Of so many origins something is remembered; beyond, the one asked first gives way.
const MOST_ORIGINS: usize = 32;

/// What differs for some requests, and what that came to for the last of them.
#[derive(Debug)]
struct Own {
    written: Value,
    base: Rc<Policy>,
    policy: Rc<Policy>,
}

/// What is remembered.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    configuration: Option<Configuration>,
    own: Vec<Own>,
    memories: Vec<(String, Memory)>,
}

std::thread_local! {
    static REMEMBERED: RefCell<Remembered> = RefCell::default();
}

/// Lends it for a moment.
pub(super) fn with_remembered<T>(act: impl FnOnce(&mut Remembered) -> T) -> T {
    REMEMBERED.with_borrow_mut(act)
}

impl Remembered {
    /// Takes what holds for all requests from now on, if nothing in it is wrong. What
    /// was learnt before is forgotten.
    pub(super) fn configure(&mut self, written: &Value, base: &Policy) -> Vec<Problem> {
        let (configuration, problems) = policy::browser(written, base);
        if problems.is_empty() {
            self.configuration = Some(configuration);
            self.memories.clear();
        }
        problems
    }

    /// What holds for a path.
    pub(super) fn policy_for(&mut self, path: &str) -> Rc<Policy> {
        Rc::clone(self.configuration().policy_for(path))
    }

    fn configuration(&mut self) -> &Configuration {
        self.configuration
            .get_or_insert_with(|| policy::browser(&Value::Null, &Policy::of_pages()).0)
    }

    /// Takes what differs for some requests, and gives it a number from 1; or says what
    /// is wrong in it.
    pub(super) fn own(&mut self, written: Value) -> Result<u32, Vec<Problem>> {
        let base = self.policy_for("/");
        let (policy, problems) = policy::for_request(&written, &base);
        if !problems.is_empty() {
            return Err(problems);
        }
        self.own.push(Own {
            written,
            base,
            policy: Rc::new(policy),
        });
        Ok(u32::try_from(self.own.len()).unwrap_or(u32::MAX))
    }

    /// Forgets what differs.
    pub(super) fn forget_own(&mut self) {
        self.own.clear();
    }

    /// The policy of a request for a path, with what differs under this number; 0 for
    /// nothing.
    pub(super) fn policy_of(&mut self, number: u32, path: &str) -> Rc<Policy> {
        let base = self.policy_for(path);
        let place = usize::try_from(number)
            .ok()
            .and_then(|it| it.checked_sub(1));
        let Some(own) = place.and_then(|place| self.own.get_mut(place)) else {
            return base;
        };
        if !Rc::ptr_eq(&own.base, &base) {
            own.policy = Rc::new(policy::for_request(&own.written, &base).0);
            own.base = base;
        }
        Rc::clone(&own.policy)
    }

    /// What is remembered of an origin.
    pub(super) fn memory(&mut self, origin: &str, seed: u64) -> &mut Memory {
        let place = self.memories.iter().position(|(known, _)| known == origin);
        let place = place.unwrap_or_else(|| {
            if self.memories.len() >= MOST_ORIGINS {
                self.memories.remove(0);
            }
            let memory = Memory::of_page(&self.configuration().guards, seed);
            self.memories.push((origin.to_owned(), memory));
            self.memories.len().saturating_sub(1)
        });
        #[expect(clippy::indexing_slicing, reason = "it was found or put there above")]
        &mut self.memories[place].1
    }
}
