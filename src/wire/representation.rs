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

/// What is said of a body, to be compared with what is said of another one: no more than
/// that is to be read in it.
///
/// ```
/// use lastgood::wire::{Listed, representation::said};
/// let one = Listed::new("content-type:text/html\netag:\"1\"\ndate:now\ncontent-length:7");
/// let same = Listed::new("etag:\"1\"\ncontent-type:text/html\ndate:later");
/// let other = Listed::new("content-type:text/html\netag:\"2\"");
/// assert_eq!(said(&one), said(&same));
/// assert_ne!(said(&one), said(&other));
/// ```
#[must_use]
pub fn said(fields: &dyn Fields) -> String {
    let mut said = String::new();
    for name in FIELDS {
        said.push_str(fields.get(name));
        said.push('\n');
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
        let bare = said(&Listed::new("date:x\ncontent-length:1"));
        for name in FIELDS {
            let one = said(&Listed::new(&format!("{name}:x")));
            assert_ne!(one, bare, "{name}");
            for other in FIELDS.iter().filter(|other| **other != name) {
                let another = said(&Listed::new(&format!("{other}:x")));
                assert_ne!(one, another, "{name}, {other}");
            }
        }
    }
}
