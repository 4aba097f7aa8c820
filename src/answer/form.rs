//! In which form an asker can use an answer.
//!
//! HTML given to a script's parser breaks more than the outage did. So what a
//! browser says about the destination decides first, then `Accept`.

use crate::wire::{Fields, accept};

/// The form of an answer of our own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A page for a person.
    Html,
    /// Problem details (RFC 9457), under this media type.
    Problem(&'static str),
    /// Plain text.
    Text,
    /// No body, under the media type that the asker's parser expects.
    Empty(&'static str),
}

impl Form {
    /// The media type.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Html => "text/html; charset=utf-8",
            Self::Text => "text/plain; charset=utf-8",
            Self::Problem(media_type) | Self::Empty(media_type) => media_type,
        }
    }
}

/// Who asks, as far as the request tells.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    accept: &'a str,
    destination: &'a str,
    mode: &'a str,
    partial: bool,
}

impl<'a> Asker<'a> {
    /// Reads the fields that tell.
    #[must_use]
    pub fn read(fields: &'a dyn Fields) -> Self {
        Self {
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
        const OFFERS: [&str; 4] = [
            "text/html",
            "application/problem+json",
            "application/json",
            "text/plain",
        ];
        if let Some(media_type) = for_parser(self.destination) {
            return Form::Empty(media_type);
        }
        if self.is_script() {
            return Form::Problem("application/problem+json");
        }
        match accept::best(self.accept, &OFFERS) {
            Some("application/problem+json") => Form::Problem("application/problem+json"),
            Some("application/json") => Form::Problem("application/json"),
            Some("text/plain") => Form::Text,
            Some(_) => Form::Html,
            None => Form::Text,
        }
    }
}

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
        | "paintworklet" => "text/javascript",
        "style" => "text/css",
        "image" => "image/svg+xml",
        "font" => "font/woff2",
        "audio" | "video" | "track" => "application/octet-stream",
        "manifest" => "application/manifest+json",
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
        let problem = Form::Problem("application/problem+json");
        check("", Form::Html);
        check("accept:*/*", Form::Html);
        check(
            "accept:text/html,application/xhtml+xml,*/*;q=0.8\nsec-fetch-dest:document",
            Form::Html,
        );
        check("accept:application/json", Form::Problem("application/json"));
        check("accept:application/problem+json", problem);
        check(
            "accept:*/*\nsec-fetch-mode:cors\nsec-fetch-dest:empty",
            problem,
        );
        check(
            "accept:*/*\nsec-fetch-mode:no-cors\nsec-fetch-dest:script",
            Form::Empty("text/javascript"),
        );
        check(
            "accept:text/css,*/*;q=0.1\nsec-fetch-dest:style",
            Form::Empty("text/css"),
        );
        check(
            "accept:image/avif,*/*;q=0.8\nsec-fetch-dest:image",
            Form::Empty("image/svg+xml"),
        );
        check("accept:text/plain", Form::Text);
        check("accept:image/png", Form::Text);
    }
}
