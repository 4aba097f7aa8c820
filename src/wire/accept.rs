//! `Accept` (RFC 9110, 12.5.1): which of our media types a client prefers.

use super::{cut, list};

/// The first of `offers` that is preferred most, or `None` if the client
/// accepts none of them. No field at all, like `*/*`, takes the first offer.
///
/// Quality decides first, then how exactly the client named the type, then its
/// order in the client's list, then ours.
#[must_use]
pub fn best<'o>(accept: &str, offers: &[&'o str]) -> Option<&'o str> {
    if accept.trim_ascii().is_empty() {
        return offers.first().copied();
    }
    let mut best: Option<(Rank, &'o str)> = None;
    for offer in offers {
        let rank = rank(accept, offer);
        let better = best.is_none_or(|(held, _)| rank > held);
        if rank.quality > 0 && better {
            best = Some((rank, offer));
        }
    }
    best.map(|(_, offer)| offer)
}

/// Compared from the top: fields are in order of weight.
#[derive(Clone, Copy, Default, PartialEq, PartialOrd)]
struct Rank {
    quality: u16,
    exactness: u8,
    earliness: i32,
}

/// RFC 9110, 12.5.1: the most specific range that matches decides the quality.
fn rank(accept: &str, offer: &str) -> Rank {
    let mut held = Rank::default();
    for (index, range) in list::elements(accept).enumerate() {
        let exactness = exactness(range, offer);
        if exactness > held.exactness {
            let earliness = i32::try_from(index).unwrap_or(i32::MAX).saturating_neg();
            held = Rank {
                quality: quality(range),
                exactness,
                earliness,
            };
        }
    }
    held
}

/// 3 for the type itself, 2 for `type/*`, 1 for `*/*`, 0 for no match.
fn exactness(range: &str, offer: &str) -> u8 {
    let name = list::parts(range).next().unwrap_or_default();
    let family = |full: &str| cut::parts(full, b'/').next().map(str::to_ascii_lowercase);
    if name.eq_ignore_ascii_case(offer) {
        3
    } else if name == "*/*" {
        1
    } else if name.ends_with("/*") && family(name) == family(offer) {
        2
    } else {
        0
    }
}

/// `q` in thousandths; 1000 without one, 0 for one that cannot be read.
/// The quality of an element in thousandths: 1000 without one, 0 if it cannot be
/// read.
#[must_use]
pub fn quality(range: &str) -> u16 {
    let value = list::parts(range)
        .map(list::pair)
        .find(|(name, _)| name.eq_ignore_ascii_case("q"));
    match value {
        None => 1000,
        Some((_, text)) => thousandths(text).unwrap_or(0).min(1000),
    }
}

fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = cut::at(text, b'.').unwrap_or((text, ""));
    let mut value = whole.parse::<u16>().ok()?.checked_mul(1000)?;
    for (digit, weight) in fraction.bytes().zip([100_u16, 10, 1]) {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit <= 9)?;
        value = value.checked_add(u16::from(digit).checked_mul(weight)?)?;
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFERS: [&str; 3] = ["text/html", "application/json", "text/plain"];

    fn check(accept: &str, expected: Option<&str>) {
        assert_eq!(best(accept, &OFFERS), expected, "{accept}");
    }

    #[test]
    fn quality_then_exactness_then_order() {
        check("", Some("text/html"));
        check("*/*", Some("text/html"));
        check(
            "text/html;q=0.5, application/json;q=0.9",
            Some("application/json"),
        );
        check("application/json;q=0.5, text/html;q=0.9", Some("text/html"));
        check("application/json, text/html", Some("application/json"));
        check("application/json, */*", Some("application/json"));
        check("text/*;q=0.3, text/html;q=0.1", Some("text/plain"));
        check("text/html;q=0, */*", Some("application/json"));
        check("image/png", None);
        check("text/html;q=junk", None);
        check("text/html;q=1.9", Some("text/html"));
    }
}
