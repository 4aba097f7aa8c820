//! In which form an asker can use an answer.
//!
//! HTML given to a script's parser breaks more than the outage did. So what a
//! browser says about the destination decides first, then `Accept`.

use crate::wire::{Fields, accept, cut, list};

/// The form of an answer of our own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A page for a person.
    Html,
    /// Problem details (RFC 9457), under this media type: as JSON or as XML.
    Problem(&'static str),
    /// Markdown (RFC 7763), for who reads it aloud or feeds it to a model.
    Markdown,
    /// Plain text.
    Text,
    /// As little as the asker's parser takes, under the media type that it expects.
    Stub(&'static str),
}

impl Form {
    /// The media type.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Html => "text/html; charset=utf-8",
            Self::Markdown => "text/markdown; charset=utf-8",
            Self::Text => "text/plain; charset=utf-8",
            Self::Problem(media_type) | Self::Stub(media_type) => media_type,
        }
    }
}

/// A picture that says so itself.
pub(super) const PICTURE: &str = "image/svg+xml";
/// An empty script, but for a remark.
pub(super) const SCRIPT: &str = "text/javascript; charset=utf-8";
/// An empty style sheet, but for a remark.
pub(super) const STYLE: &str = "text/css; charset=utf-8";

/// Under what each form is asked for. The first is taken by who takes anything.
const OFFERS: [(&str, Form); 13] = [
    ("text/html", Form::Html),
    (PROBLEM, Form::Problem(PROBLEM)),
    ("application/json", Form::Problem("application/json")),
    (PROBLEM_XML, Form::Problem(PROBLEM_XML)),
    ("application/xml", Form::Problem("application/xml")),
    ("text/xml", Form::Problem("text/xml; charset=utf-8")),
    ("text/markdown", Form::Markdown),
    ("text/plain", Form::Text),
    ("application/xhtml+xml", Form::Html),
    ("text/css", Form::Stub(STYLE)),
    ("text/javascript", Form::Stub(SCRIPT)),
    (PICTURE, Form::Stub(PICTURE)),
    ("text/event-stream", Form::Stub("text/event-stream")),
];

const PROBLEM: &str = "application/problem+json";
const PROBLEM_XML: &str = "application/problem+xml";

/// Who asks, as far as the request tells.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    accept: &'a str,
    destination: &'a str,
    mode: &'a str,
    partial: bool,
    upgrades: bool,
}

impl<'a> Asker<'a> {
    /// Reads the fields that tell.
    #[must_use]
    pub fn read(fields: &'a dyn Fields) -> Self {
        Self {
            upgrades: fields.has("upgrade"),
            accept: fields.get("accept"),
            destination: fields.get("sec-fetch-dest"),
            mode: fields.get("sec-fetch-mode"),
            partial: is_partial(fields),
        }
    }

    /// Whether what is asked for is shown as a page of its own, as far as can be
    /// told.
    #[must_use]
    pub fn is_reader(&self) -> bool {
        matches!(self.destination, "" | "document") && !self.partial
    }

    /// Whether a script asked and did not say what it wants: the origin's own
    /// error is what its code was written for.
    #[must_use]
    pub fn is_script(&self) -> bool {
        matches!(self.mode, "cors" | "no-cors" | "same-origin")
            && matches!(self.destination, "" | "empty")
            && matches!(self.accept.trim_ascii(), "" | "*/*")
    }

    /// The form that suits.
    #[must_use]
    pub fn form(&self) -> Form {
        if self.upgrades {
            return Form::Stub("text/plain; charset=utf-8");
        }
        if let Some(media_type) = for_parser(self.destination) {
            return Form::Stub(media_type);
        }
        if self.is_script() || self.destination == "json" {
            return Form::Problem(PROBLEM);
        }
        // Before browsers told a destination, they told it here.
        let first = list::elements(self.accept).next().unwrap_or_default();
        match cut::before(first, |byte| byte == b'/').0 {
            "image" => Form::Stub(PICTURE),
            "audio" | "video" | "font" => Form::Stub(BYTES),
            _ => self.accepted(),
        }
    }

    fn accepted(&self) -> Form {
        let best = accept::best(self.accept, &OFFERS.map(|(name, _)| name));
        let offer = OFFERS.iter().find(|(name, _)| Some(*name) == best);
        offer.map_or(Form::Text, |(_, form)| *form)
    }
}

const BYTES: &str = "application/octet-stream";

/// Whether libraries say that they put it into a page: older browsers say nothing of
/// a destination, and none does over plain HTTP.
fn is_partial(fields: &dyn Fields) -> bool {
    // Apps that show pages send the name of theirs.
    let by = fields.get("x-requested-with");
    by == "XMLHttpRequest" || fields.has("hx-request") || fields.has("turbo-frame")
}

/// The media type for destinations whose parser must not see anything else.
fn for_parser(destination: &str) -> Option<&'static str> {
    Some(match destination {
        "script" | "worker" | "sharedworker" | "serviceworker" | "audioworklet"
        | "paintworklet" => SCRIPT,
        "style" => STYLE,
        "image" => PICTURE,
        "font" => "font/woff2",
        "audio" | "video" => BYTES,
        "track" => "text/vtt",
        "manifest" => "application/manifest+json",
        "xslt" => "application/xslt+xml",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Listed;

    fn check(fields: &str, expected: Form) {
        let listed = Listed::new(fields);
        assert_eq!(Asker::read(&listed).form(), expected, "{fields}");
    }

    #[test]
    fn each_asker_gets_its_form() {
        check("", Form::Html);
        check("accept:*/*", Form::Html);
        check("accept:application/problem+json", Form::Problem(PROBLEM));
        check("accept:application/vnd.api+json", Form::Text);
        check("accept:text/plain", Form::Text);
        check("accept:text/markdown, text/html;q=0.5", Form::Markdown);
        check("accept:image/png", Form::Stub(PICTURE));
        check("accept:text/event-stream", Form::Stub("text/event-stream"));
        check(
            "accept:application/xml;q=0.9, text/html;q=0.1",
            Form::Problem("application/xml"),
        );
        check(
            "accept:*/*\nupgrade:websocket",
            Form::Stub("text/plain; charset=utf-8"),
        );
    }
}
