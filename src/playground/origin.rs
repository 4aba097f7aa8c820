//! What an origin does with what it is asked.

use super::scenario::{Fault, Scenario, What};
use crate::retry::Random;
use crate::wire::{Fields, Listed};
use alloc::{format, rc::Rc};

/// How an attempt ends.
#[derive(Clone, Debug)]
pub(super) struct End {
    /// The status; none where there is no answer.
    pub(super) status: Option<u16>,
    /// `name:value`, one per line.
    pub(super) fields: Rc<str>,
    pub(super) body: Content,
}

/// What a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Page,
    /// It breaks off.
    Cut,
    /// The error page of a gateway, under a good status.
    Disguised,
    Error,
    Nothing,
}

impl Content {
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Page | Self::Cut => PAGE,
            Self::Disguised | Self::Error => ERROR,
            Self::Nothing => "",
        }
    }
}

const PAGE: &str = "<!doctype html><html lang=\"en\"><title>A page</title><p>Good morning.</html>";

/// As nginx has it.
const ERROR: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n\
    <center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx/1.22.1</center>\r\n\
    </body>\r\n</html>\r\n";

/// An error and a refusal need less time than a page.
const ERROR_TAKES: u64 = 20;
const REFUSAL_TAKES: u64 = 2;
const SLOW_TAKES: u64 = 3000;

impl Scenario {
    /// How an attempt ends that begins now, and after how many milliseconds; none if it
    /// never does.
    pub(super) fn does(
        &self,
        origin: usize,
        now: u64,
        conditional: bool,
        chance: &mut Random,
    ) -> Option<(u64, End)> {
        let mut faults = self.faults.iter();
        let fault = faults.find(|fault| fault.fits(origin, now) && fault.strikes(chance));
        let Some(fault) = fault else {
            return Some((self.time(chance), self.good(conditional)));
        };
        let by = |usual: u64| fault.after.unwrap_or(usual);
        Some(match fault.what {
            What::Hang => return None,
            What::Status(status) => (by(ERROR_TAKES), failing(status, fault)),
            What::Refused => (by(REFUSAL_TAKES), thrown()),
            What::Reset => (by(ERROR_TAKES), thrown()),
            What::Slow => (by(SLOW_TAKES), self.good(conditional)),
            What::Cut => (by(self.takes), self.page(Content::Cut)),
            What::Disguised => (by(ERROR_TAKES), self.page(Content::Disguised)),
        })
    }

    /// What a good answer takes: a fifth more or less.
    fn time(&self, chance: &mut Random) -> u64 {
        let (takes, room) = (self.takes, self.takes.saturating_mul(2) / 5);
        let more = chance.draw().checked_rem(room.saturating_add(1));
        (takes.saturating_sub(takes / 5)).saturating_add(more.unwrap_or_default())
    }

    fn good(&self, conditional: bool) -> End {
        let known = conditional && Listed::new(&self.answered).has("etag");
        match known {
            true => End {
                status: Some(304),
                fields: self.answered.as_str().into(),
                body: Content::Nothing,
            },
            false => self.page(Content::Page),
        }
    }

    pub(super) fn page(&self, body: Content) -> End {
        let listed = Listed::new(&self.answered);
        let content_type = if listed.has("content-type") {
            ""
        } else {
            "content-type:text/html; charset=utf-8\n"
        };
        let length = body.text().len();
        let fields = format!("{content_type}content-length:{length}\n{}", self.answered);
        End {
            status: Some(200),
            fields: fields.into(),
            body,
        }
    }
}

fn thrown() -> End {
    End {
        status: None,
        fields: "".into(),
        body: Content::Nothing,
    }
}

fn failing(status: u16, fault: &Fault) -> End {
    let length = ERROR.len();
    let fields = format!(
        "content-type:text/html\ncontent-length:{length}\n{}",
        fault.fields
    );
    End {
        status: Some(status),
        fields: fields.into(),
        body: Content::Error,
    }
}

impl Fault {
    fn fits(&self, origin: usize, now: u64) -> bool {
        let here = self.origin.is_none_or(|it| it == origin);
        here && (self.from..self.until).contains(&now)
    }

    /// By chance, where it is only a share.
    const fn strikes(&self, chance: &mut Random) -> bool {
        self.share >= 100 || (chance.draw() % 100) < self.share as u64
    }
}
