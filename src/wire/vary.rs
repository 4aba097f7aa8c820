//! `Vary` (RFC 9110, 12.5.5) and the part of a request that it names.

use super::{Fields, list};
use alloc::string::String;

/// Whether a response depends on something no field of a request can tell.
#[must_use]
pub fn is_any(vary: &str) -> bool {
    list::elements(vary).any(|name| name == "*")
}

/// The fields of `request` that `vary` names, as one comparable line.
///
/// White space inside a value does not make another variant (RFC 9111, 4.1
/// allows such normalisation); an absent field differs from every present one.
#[must_use]
pub fn selecting(vary: &str, request: &dyn Fields) -> String {
    let mut line = String::new();
    for name in list::elements(vary) {
        let name = name.to_ascii_lowercase();
        line.push_str(&name);
        line.push('=');
        line.extend(request.get(&name).chars().filter(|c| !c.is_whitespace()));
        line.push(';');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Listed;

    #[test]
    fn white_space_is_no_difference() {
        let check = |a: &str, b: &str, same: bool| {
            let line = |text| selecting("Accept-Language, X", &Listed::new(text));
            assert_eq!(line(a) == line(b), same, "{a} | {b}");
        };
        check("accept-language:de, en", "accept-language:de,en", true);
        check("accept-language:de", "accept-language:fr", false);
        check("x:1", "", false);
    }

    #[test]
    fn a_star_anywhere_is_any() {
        assert!(is_any("accept, *"));
        assert!(!is_any("accept"));
    }
}
