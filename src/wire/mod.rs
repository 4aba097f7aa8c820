//! The grammars of HTTP fields, one per file, read once at the border.
//!
//! Everything here was written by somebody we do not know. So parsing never
//! fails as a whole: what cannot be read counts as absent, or as the strictest
//! reading where a standard says so; numbers saturate (RFC 9111, 1.2.2); nothing
//! panics. Past this module there are types, not strings.

pub mod accept;
pub mod accept_language;
pub mod cache_control;
pub mod cache_status;
pub mod cdn_loop;
pub mod cookie;
pub(crate) mod cut;
pub mod date;
pub mod date_time;
pub mod delta_seconds;
pub mod demands;
pub mod fields;
pub mod json;
pub mod list;
pub mod media_type;
pub mod message;
pub mod proxy_status;
pub mod range;
pub mod representation;
pub mod retry_after;
pub mod security_policy;
pub mod targeted;
pub mod time;
pub mod vary;

/// Whether there were bytes in a value that are no UTF-8: a host has put the same sign
/// in place of each, so that it says nothing any more when it equals another.
#[must_use]
pub fn is_garbled(value: &str) -> bool {
    value.contains('\u{fffd}')
}

pub use cache_control::CacheControl;
pub use demands::Demands;
pub use fields::{Fields, Listed, Positional};
pub use message::{Method, RequestHead, ResponseHead};
pub use time::Timestamp;
