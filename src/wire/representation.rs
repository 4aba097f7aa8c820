//! What a head says of the body behind it (RFC 9110, 8).

use super::Fields;
use alloc::string::String;

/// Fields that are about the body. Not its length: two bodies of which the same is said
/// need not be equally long.
const FIELDS: [&str; 10] = [
    "content-type",
    "content-encoding",
    "content-language",
    "content-location",
    "content-range",
    "content-digest",
    "repr-digest",
    "etag",
    "last-modified",
    "link",
];

/// What is said of a body that is from a URL, to be compared with what is said of another
/// one: no more than that is to be read in it.
///
/// ```
/// use lastgood::wire::{Listed, representation::said};
/// let said = |fields| said("/a", &Listed::new(fields));
/// let one = said("content-type:text/html\netag:\"1\"\ndate:now\ncontent-length:7");
/// let same = said("etag:\"1\"\ncontent-type:text/html\ndate:later");
/// let other = said("content-type:text/html\netag:\"2\"");
/// assert_eq!(one, same);
/// assert_ne!(one, other);
/// ```
#[must_use]
pub fn said(url: &str, fields: &dyn Fields) -> String {
    let mut said = String::from(url);
    for name in FIELDS {
        said.push('\n');
        said.push_str(fields.get(name));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Listed;
    use alloc::format;

    #[test]
    fn each_field_counts_and_none_passes_for_another() {
        let of = |fields: &str| said("/a", &Listed::new(fields));
        let bare = of("date:x\ncontent-length:1");
        assert_eq!(bare, of(""));
        assert_ne!(bare, said("/b", &Listed::new("")));
        for name in FIELDS {
            let one = of(&format!("{name}:x"));
            assert_ne!(one, bare, "{name}");
            for other in FIELDS.iter().filter(|other| **other != name) {
                assert_ne!(one, of(&format!("{other}:x")), "{name}, {other}");
            }
        }
    }
}
