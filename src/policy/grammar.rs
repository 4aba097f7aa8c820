//! Which fields can be written, and where: in front of a site, in a page, or in its service
//! worker.
//!
//! What a page can choose is a part of what a gateway can. The rest is named in the
//! gateway's grammar alone, so that a module for pages does not carry its readers.

use super::page;
use super::parse::Problem;
use super::{Policy, Value, fields, guards};
use alloc::{rc::Rc, string::String, vec::Vec};

type Group<Set> = &'static [(&'static str, Set)];

/// Reads the members of `page`, as [`page::read`] does.
pub(super) type ReadPage = fn(&mut Policy, &str, &[(String, Value)], &mut Vec<Problem>);

/// Which fields can be written.
#[derive(Debug)]
pub(super) struct Grammar {
    /// What all of them stand in.
    pub(super) root: &'static str,
    /// What that is, as a remedy.
    pub(super) table: &'static str,
    /// What its routes are, as a remedy.
    pub(super) routes: &'static str,
    /// Where the guards stand, as a remedy.
    pub(super) at_top: &'static str,
    pub(super) read_page: Option<ReadPage>,
    guards: &'static [Group<guards::Set>],
    fields: &'static [Group<fields::Set>],
}

/// What stands in front of a site.
pub(super) static GATEWAY: Grammar = Grammar {
    root: "LASTGOOD",
    table: "a table: [vars.LASTGOOD]",
    routes: "a list of tables: [[vars.LASTGOOD.routes]]",
    at_top: "this one stands at the top of LASTGOOD, for all routes",
    read_page: Some(|policy, place, members, problems| {
        page::read(Rc::make_mut(&mut policy.page), place, members, problems);
    }),
    guards: &[guards::ASKING, guards::SITE],
    fields: &[fields::ATTEMPTS, fields::COPIES, fields::SITE],
};

/// What runs in a page: it has no copies.
pub(super) static PAGE: Grammar = Grammar {
    fields: &[fields::ATTEMPTS],
    ..SERVICE_WORKER
};

/// What stands in front of a site, in the browser of each visitor.
pub(super) static SERVICE_WORKER: Grammar = Grammar {
    root: "policy",
    table: "an object such as { attempts: 3, deadline: \"30s\" }",
    routes: "a list of objects such as { path: \"/api/*\", attempts: 2 }",
    at_top: "this one is for all requests together: configure({ … }) takes it",
    read_page: None,
    guards: &[guards::ASKING],
    fields: &[fields::ATTEMPTS, fields::COPIES],
};

impl Grammar {
    pub(super) fn guards(&self) -> impl Iterator<Item = &'static (&'static str, guards::Set)> {
        self.guards.iter().copied().flatten()
    }

    fn fields(&self) -> impl Iterator<Item = &'static (&'static str, fields::Set)> {
        self.fields.iter().copied().flatten()
    }

    pub(super) fn is_guard(&self, name: &str) -> bool {
        self.guards().any(|(known, _)| *known == name)
    }

    pub(super) fn field(&self, name: &str) -> Option<fields::Set> {
        let found = self.fields().find(|(known, _)| *known == name);
        found.map(|(_, set)| *set)
    }

    /// The names of all fields.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        let guards = self.guards().map(|(known, _)| *known);
        self.fields().map(|(known, _)| *known).chain(guards)
    }
}
