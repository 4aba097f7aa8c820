//! `CDN-Loop` (RFC 8586): who has passed a request on already.

use super::list;

/// No chain of gateways is longer that leads anywhere: as many hops as the
/// platform allows between workers.
const LONGEST: usize = 16;

/// Whether `id` stands in a field so often that the request goes in circles, or
/// the field names more gateways than any way has.
///
/// ```
/// use lastgood::wire::cdn_loop::is_at_limit;
/// assert!(!is_at_limit("other; hops=2, lastgood", "lastgood", 2));
/// assert!(is_at_limit("lastgood, other, LastGood; v=1", "lastgood", 2));
/// ```
#[must_use]
pub fn is_at_limit(field: &str, id: &str, limit: u8) -> bool {
    let names = || list::elements(field).filter_map(|element| list::parts(element).next());
    let ours = names().filter(|name| name.eq_ignore_ascii_case(id)).count();
    ours >= usize::from(limit) || names().count() > LONGEST
}
