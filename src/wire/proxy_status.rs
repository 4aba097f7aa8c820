//! `Proxy-Status` (RFC 9209): what happened between us and the origin.

use alloc::{format, string::String};

/// The field value: the error type of RFC 9209, 2.3 where the failure was
/// noticed here, the status where the origin answered.
///
/// ```
/// use lastgood::wire::proxy_status::line;
/// assert_eq!(line(None, Some(502)), "lastgood; received-status=502");
/// ```
#[must_use]
pub fn line(error: Option<&str>, received: Option<u16>) -> String {
    let mut line = String::from("lastgood");
    if let Some(error) = error {
        line.push_str("; error=");
        line.push_str(error);
    }
    if let Some(status) = received {
        line.push_str(&format!("; received-status={status}"));
    }
    line
}
