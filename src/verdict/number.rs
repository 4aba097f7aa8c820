//! Numbers by which operators know a failure, beyond its status.

use super::disguise;
use crate::wire::cut;
use alloc::{format, string::String};

/// A number that a gateway gives a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// The 3 of IIS's 502.3.
    Iis(u8),
    /// Cloudflare's 520 to 530, or the 1xxx in the body of a 530 and others.
    Cloudflare(u16),
}

impl Number {
    /// The number behind a status that only Cloudflare gives.
    #[must_use]
    pub const fn of_status(status: u16) -> Option<Self> {
        match status {
            520..=527 | 530 => Some(Self::Cloudflare(status)),
            _ => None,
        }
    }

    /// The number that the body of an error tells.
    ///
    /// ```
    /// use lastgood::verdict::Number;
    /// assert_eq!(Number::of_body(b"error code: 1016"), Some(Number::Cloudflare(1016)));
    /// assert_eq!(Number::of_body(b"<h1>Out of order</h1>"), None);
    /// ```
    #[must_use]
    pub fn of_body(body: &[u8]) -> Option<Self> {
        of_iis(body).or_else(|| of_cloudflare(body))
    }

    /// As it is written: `502.3`, `1016`.
    #[must_use]
    pub fn as_written(self) -> String {
        match self {
            Self::Iis(sub) => format!("502.{sub}"),
            Self::Cloudflare(code) => format!("{code}"),
        }
    }

    /// Its name in the documentation: `iis-502.3`, `cloudflare-1016`.
    #[must_use]
    pub fn name(self) -> String {
        let maker = match self {
            Self::Iis(_) => "iis",
            Self::Cloudflare(_) => "cloudflare",
        };
        format!("{maker}-{}", self.as_written())
    }
}

fn of_iis(body: &[u8]) -> Option<Number> {
    let found = disguise::recognise_as("iis", body).filter(|it| it.status == Some(502));
    let sub = found.and_then(|it| it.sub_status);
    sub.filter(|sub| (1..=7).contains(sub)).map(Number::Iis)
}

/// A bare line, or what stands in the pages: so nobody else writes, or not beside that.
const SIGNS: [(&str, &str); 3] = [
    ("error code: ", ""),
    ("<span class=\"cf-error-code\">", ""),
    ("\"error_code\":", "\"cloudflare_error\":"),
];

fn of_cloudflare(body: &[u8]) -> Option<Number> {
    let body = body.get(..body.len().min(disguise::LONGEST))?;
    let has = |sign: &str| body.windows(sign.len()).any(|it| it == sign.as_bytes());
    SIGNS
        .iter()
        .filter(|(_, beside)| beside.is_empty() || has(beside))
        .find_map(|(sign, _)| behind(body, sign.as_bytes()))
}

fn behind(body: &[u8], sign: &[u8]) -> Option<Number> {
    let place = body.windows(sign.len()).position(|window| window == sign)?;
    let rest = body.get(place.saturating_add(sign.len())..)?;
    let text = core::str::from_utf8(rest.get(..rest.len().min(4))?).ok()?;
    let (digits, _) = cut::before(text, |byte| !byte.is_ascii_digit());
    let code = digits.parse().ok()?;
    matches!(code, 520..=530 | 1000..=1999).then_some(Number::Cloudflare(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_tells_its_number() {
        let check = |body: &str, expected: Option<Number>| {
            assert_eq!(Number::of_body(body.as_bytes()), expected, "{body}");
        };
        let cloudflare = |code| Some(Number::Cloudflare(code));
        check("error code: 1033", cloudflare(1033));
        check("error code: 522", cloudflare(522));
        check("error code: 522\n", cloudflare(522));
        check(
            "<h1>Error <span class=\"cf-error-code\">1001</span></h1>",
            cloudflare(1001),
        );
        check("{\"error_code\":1200}", None);
        check(
            "{\"cloudflare_error\":true,\"error_code\":1200}",
            cloudflare(1200),
        );
        check("error code: 200 ", None);
        check("error code: 9999", None);
        check("error code: ", None);
    }

    #[test]
    fn names_are_those_of_the_documentation() {
        assert_eq!(Number::Iis(3).name(), "iis-502.3");
        assert_eq!(Number::Cloudflare(1016).name(), "cloudflare-1016");
        assert_eq!(Number::of_status(530), Some(Number::Cloudflare(530)));
        assert_eq!(Number::of_status(502), None);
    }
}
