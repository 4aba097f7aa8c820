//! Planned work on a site: when it is, what is said meanwhile, and who may look
//! behind the sign.

use super::Value;
use super::read::{is_all, members, or_false, texts, truth};
use super::wording::{Wording, wording};
use crate::wire::{Timestamp, cut, date_time, list};
use alloc::{string::String, vec::Vec};

/// Planned work, in which visitors get an answer of ours and the origin is left alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Maintenance {
    /// When it begins; without it, it has begun.
    pub start: Option<Timestamp>,
    /// When it is over; without it, when it is taken out of the settings.
    pub end: Option<Timestamp>,
    /// What is said about it, instead of our own words.
    pub message: Wording,
    /// A field that lets a request through to the origin.
    pub allow_header: Option<AllowHeader>,
    /// Addresses of clients that are let through to the origin, in the form that the
    /// host writes them in.
    pub allow_addresses: Vec<String>,
    /// Whether the last good copy is shown where there is one.
    pub copies: bool,
}

/// A field of a request that lets it through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowHeader {
    /// Its name, in lower case.
    pub name: String,
    /// The value that it must have. Without one any will do: who knows the name passes,
    /// and names are no secrets.
    pub value: Option<String>,
}

impl Maintenance {
    /// Whether it is going on.
    #[must_use]
    pub fn is_on(&self, now: Timestamp) -> bool {
        self.start.is_none_or(|start| start <= now) && self.end.is_none_or(|end| now < end)
    }

    /// Whether a request is let through to the origin: by the value of the field
    /// [`allow_header`](Self::allow_header), empty where it is absent, or by the address
    /// of its client.
    #[must_use]
    pub fn admits(&self, header: &str, address: &str) -> bool {
        let known = |rule: &AllowHeader| match &rule.value {
            Some(value) => is_same(value, header),
            None => !header.is_empty(),
        };
        let mut listed = self.allow_addresses.iter();
        self.allow_header.as_ref().is_some_and(known)
            || listed.any(|it| it.eq_ignore_ascii_case(address))
    }
}

/// Compares in a time that does not tell how much of it is right.
fn is_same(secret: &str, told: &str) -> bool {
    let pairs = secret.bytes().zip(told.bytes());
    let differing = pairs.fold(0, |all, (one, other)| all | (one ^ other));
    secret.len() == told.len() && differing == 0
}

/// At most this many characters are said about it.
const LONGEST_MESSAGE: usize = 1000;
/// At most this many addresses: all of them are compared with each request.
const MOST_ADDRESSES: usize = 64;

const EXAMPLE: &str = "{ start = \"2026-11-21T22:00:00Z\", end = \"2026-11-22T02:00:00Z\", \
                       message = \"…\", allow_header = \"x-staff\" }";

/// Reads the window and what holds in it; `true` for now and on, `false` for none.
/// One that is wrong is not taken at all: a site that stays open by mistake is better
/// than one that stays shut.
pub(super) fn maintenance(
    before: Option<&Maintenance>,
    value: &Value,
) -> Result<Option<Maintenance>, String> {
    let mut chosen = before.cloned().unwrap_or_default();
    match value {
        Value::Bool(false) => return Ok(None),
        Value::Bool(true) => (chosen.start, chosen.end) = (None, None),
        _ => members(value, EXAMPLE, |name, value| set(&mut chosen, name, value))
            .map_err(or_false)?,
    }
    match is_window(&chosen) {
        true => Ok(Some(chosen)),
        false => Err(["for end ", AFTER_START].concat()),
    }
}

/// What would be right for an end that is none.
pub(super) const AFTER_START: &str = "a time after start";

/// Whether it ends after it begins.
pub(super) fn is_window(chosen: &Maintenance) -> bool {
    let ends = chosen.start.zip(chosen.end);
    ends.is_none_or(|(start, end)| start < end)
}

/// Reads one member; nothing, if there is none of this name.
pub(super) fn set(
    chosen: &mut Maintenance,
    name: &str,
    value: &Value,
) -> Option<Result<(), String>> {
    let set = match name {
        "start" => time(value).map(|time| chosen.start = Some(time)),
        "end" => time(value).map(|time| chosen.end = Some(time)),
        "message" => wording(&mut chosen.message, value, LONGEST_MESSAGE),
        "allow_header" => allow_header(value).map(|it| chosen.allow_header = Some(it)),
        "allow_addresses" => addresses(value).map(|list| chosen.allow_addresses = list),
        "copies" => truth(value).map(|on| chosen.copies = on),
        _ => return None,
    };
    Some(set)
}

fn time(value: &Value) -> Result<Timestamp, String> {
    match value {
        Value::Text(text) => date_time::parse(text),
        _ => None,
    }
    .ok_or_else(|| {
        "a time with its offset from UTC such as \"2026-11-21T22:00:00Z\" or \
         \"2026-11-21T23:00:00+01:00\""
            .into()
    })
}

fn allow_header(value: &Value) -> Result<AllowHeader, String> {
    let read = match value {
        Value::Text(text) => rule(text),
        _ => None,
    };
    read.ok_or_else(|| {
        "the name of a header such as \"x-staff\", or with the value that it must have: \
         \"x-staff: …\""
            .into()
    })
}

fn rule(text: &str) -> Option<AllowHeader> {
    let (name, value) = match cut::at(text, b':') {
        Some((name, value)) => (name, Some(value.trim_ascii())),
        None => (text, None),
    };
    let is_value = |value: &str| !value.is_empty() && is_all(value, |c| matches!(c, b' '..=b'~'));
    (list::is_token(name) && value.is_none_or(is_value)).then(|| AllowHeader {
        name: name.to_ascii_lowercase(),
        value: value.map(String::from),
    })
}

fn addresses(value: &Value) -> Result<Vec<String>, String> {
    const ADDRESSES: &str = "addresses such as \"192.0.2.7\" or \"2001:db8::7\", one by one";
    texts(value, MOST_ADDRESSES, ADDRESSES, is_address)
}

/// Whether a text has the form of an address, of IPv6 as RFC 5952 writes it; a range or
/// a name would match nobody.
fn is_address(text: &str) -> bool {
    let is_part = |c: u8| c.is_ascii_hexdigit() || c == b':';
    match cut::at(text, b':') {
        Some((_, rest)) => text.len() < 40 && rest.contains(':') && is_all(text, is_part),
        None => {
            let is_part = |part: &str| part.parse::<u16>().is_ok_and(|it| it < 256);
            cut::parts(text, b'.').filter(|it| is_part(it)).count() == 4
                && is_all(text, |c| c.is_ascii_digit() || c == b'.')
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse::{check, parse_json};
    use super::*;
    use alloc::format;

    fn at(time: &str) -> Timestamp {
        date_time::parse(time).unwrap()
    }

    /// What is planned for a path.
    fn planned(lastgood: &str, path: &str) -> Option<Maintenance> {
        let (configuration, problems) = parse_json("null", lastgood);
        assert_eq!(problems, [], "{lastgood}");
        configuration.policy_for(path).maintenance.clone()
    }

    #[test]
    fn it_is_on_from_its_start_and_until_its_end() {
        let (early, late) = (at("2026-11-21T21:59:59.999Z"), at("2026-11-22T02:00:00Z"));
        let first = at("2026-11-21T22:00:00Z");
        let (start, end) = (
            r#""start": "2026-11-21T23:00:00+01:00""#,
            r#""end": "2026-11-22T02:00:00Z""#,
        );
        for (written, expected) in [
            ("true", [true, true, true]),
            ("{}", [true, true, true]),
            (&format!("{{{start}}}"), [false, true, true]),
            (&format!("{{{end}}}"), [true, true, false]),
            (&format!("{{{start}, {end}}}"), [false, true, false]),
        ] {
            let plan = planned(&format!(r#"{{"maintenance": {written}}}"#), "/").unwrap();
            let is_on = [early, first, late].map(|now| plan.is_on(now));
            assert_eq!(is_on, expected, "{written}");
        }
        for none in ["{}", r#"{"maintenance": false}"#] {
            assert_eq!(planned(none, "/"), None);
        }
    }

    #[test]
    fn who_is_listed_is_let_through() {
        let plan = |header: &str| {
            let written = format!(
                r#"{{"maintenance": {{"allow_header": "{header}",
                    "allow_addresses": ["192.0.2.7", "2001:DB8::7"], "copies": true}}}}"#
            );
            planned(&written, "/").unwrap()
        };
        let named = plan("X-Staff");
        assert_eq!(named.allow_header.as_ref().unwrap().name, "x-staff");
        assert!(named.copies && named.admits("anything", ""));
        assert!(named.admits("", "192.0.2.7") && named.admits("", "2001:db8::7"));
        assert!(!named.admits("", "") && !named.admits("", "192.0.2.70"));
        let secret = plan("x-staff:  s3cret: x ");
        assert!(secret.admits("s3cret: x", ""));
        for wrong in ["", "s3cret", "s3cret: x ", "s3cret: y", "S3cret: x"] {
            assert!(!secret.admits(wrong, ""), "{wrong}");
        }
        assert!(!Maintenance::default().admits("x", "192.0.2.7"));
    }

    #[test]
    fn every_wrong_member_is_named() {
        for (written, remedy) in [
            ("7", "a table such as { start"),
            (r#""2026-11-21T22:00:00Z""#, ", or false"),
            (r#"{"from": "x"}"#, "a table such as { start"),
            (
                r#"{"start": "tomorrow"}"#,
                "for start a time with its offset from UTC",
            ),
            (
                r#"{"end": "2026-11-21T22:00:00"}"#,
                "for end a time with its offset from UTC",
            ),
            (
                r#"{"end": 1795298400}"#,
                "for end a time with its offset from UTC",
            ),
            (
                r#"{"start": "2026-11-21T22:00:00Z", "end": "2026-11-21T23:00:00+01:00"}"#,
                "for end a time after start",
            ),
            (
                r#"{"message": ""}"#,
                "for message a text of 1 to 1000 characters",
            ),
            (
                r#"{"allow_header": "x staff"}"#,
                "for allow_header the name of a header",
            ),
            (
                r#"{"allow_header": "x-staff:"}"#,
                "for allow_header the name of a header",
            ),
            (
                r#"{"allow_header": "x-staff: é"}"#,
                "for allow_header the name of a header",
            ),
            (
                r#"{"allow_addresses": ["192.0.2.7", "192.0.2.0/24"]}"#,
                "up to 64 addresses such as \"192.0.2.7\" or \"2001:db8::7\", one by one; \
                 \"192.0.2.0/24\" is none of these",
            ),
            (r#"{"copies": "yes"}"#, "for copies true or false"),
        ] {
            let field = "LASTGOOD.maintenance = ";
            check(&format!(r#"{{"maintenance": {written}}}"#), field, remedy);
        }
        let wrong = r#"{"maintenance": {"message": "Work.", "end": "soon"}}"#;
        assert_eq!(
            parse_json("null", wrong).0.policy_for("/").maintenance,
            None
        );
    }

    #[test]
    fn addresses_have_one_form() {
        for right in [
            "192.0.2.7",
            "0.0.0.0",
            "255.255.255.255",
            "::",
            "2001:db8::7",
        ] {
            assert!(is_address(right), "{right}");
        }
        for wrong in [
            "",
            ".",
            ":",
            "192.0.2",
            "192.0.2.256",
            "192.0.2.7.1",
            "+1.2.3.4",
            "192.0.2.x",
            "staff.test",
            "2001:db8::/32",
            "fe80::1%eth0",
            "cafe:",
            "1.2.3.4:80",
        ] {
            assert!(!is_address(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_route_changes_only_what_it_names() {
        let written = r#"{
            "maintenance": {"start": "2026-11-21T22:00:00Z", "end": "2026-11-22T02:00:00Z",
                            "message": "Work."},
            "routes": [{"path": "/a", "maintenance": false}, {"path": "/b", "maintenance": true},
                       {"path": "/c", "maintenance": {"copies": true}}, {"path": "/d"}]}"#;
        let of = |path| planned(written, path);
        let all = of("/").unwrap();
        assert_eq!((of("/a"), of("/d").as_ref()), (None, Some(&all)));
        let open = Maintenance {
            start: None,
            end: None,
            ..all.clone()
        };
        assert_eq!(of("/b"), Some(open));
        assert_eq!(
            of("/c"),
            Some(Maintenance {
                copies: true,
                ..all
            })
        );
    }
}
