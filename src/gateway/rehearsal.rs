//! Faults on purpose: what happens if the origin is down, tried on the real site
//! by one request, while nobody else notices.
//!
//! Whoever holds the secret writes a token; it says which fault, until when, and
//! is signed for one host. The token is read here, and the signature compared by
//! the host, with a cryptographic library and in constant time.

use crate::wire::{Timestamp, cut};
use alloc::{format, string::String, vec::Vec};
use core::time::Duration;

/// No token is valid for longer.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// What an origin seems to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It answers with this status.
    Status(u16),
    /// The connection fails.
    Network,
    /// It never answers.
    Silence,
}

/// A token, read; not yet to be believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rehearsal {
    /// The fault.
    pub fault: Fault,
    /// To how many of the request's attempts it happens.
    pub attempts: u8,
    /// The text that was signed, with HMAC-SHA-256.
    pub signed: String,
    /// The signature that it has to have.
    pub signature: Vec<u8>,
}

impl Rehearsal {
    /// Reads a token such as `502x1.1800000000.9f…`: the fault, and to how many
    /// attempts it happens (to all, if that is left out); the second in which it
    /// expires; the signature in hexadecimal. Nothing if it is no token, has
    /// expired, or is valid for longer than a day.
    #[must_use]
    pub fn read(token: &str, host: &str, now: Timestamp) -> Option<Self> {
        let mut parts = cut::parts(token, b'.');
        let (what, expires, signature) = (parts.next()?, parts.next()?, parts.next()?);
        let end = Timestamp::from_secs(expires.parse().ok()?);
        let valid = parts.next().is_none() && end > now && end.since(now) <= LONGEST;
        let (fault, attempts) = cut::at(what, b'x').unwrap_or((what, "255"));
        valid.then_some(())?;
        Some(Self {
            fault: fault_of(fault)?,
            attempts: attempts.parse().ok()?,
            signed: format!("lastgood-rehearsal\n{host}\n{what}.{expires}"),
            signature: bytes(signature)?,
        })
    }
}

fn fault_of(word: &str) -> Option<Fault> {
    match word {
        "network" => Some(Fault::Network),
        "silence" => Some(Fault::Silence),
        status => {
            let status = status.parse().ok()?;
            (400..600)
                .contains(&status)
                .then_some(Fault::Status(status))
        }
    }
}

/// Bytes written in hexadecimal.
fn bytes(hex: &str) -> Option<Vec<u8>> {
    const SHA_256: usize = 64;
    if hex.len() != SHA_256 || !hex.is_ascii() {
        return None;
    }
    let (pairs, _) = hex.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| {
        let digits = core::str::from_utf8(pair).ok()?;
        u8::from_str_radix(digits, 16).ok()
    };
    pairs.iter().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn read(what: &str, expires: u64) -> Option<Rehearsal> {
        let token = format!("{what}.{expires}.{}", "0f".repeat(32));
        Rehearsal::read(&token, "site.test", NOW)
    }

    #[test]
    fn a_token_is_read() {
        let token = read("502x1", 1_800_000_600).unwrap();
        assert_eq!((token.fault, token.attempts), (Fault::Status(502), 1));
        assert_eq!(
            token.signed,
            "lastgood-rehearsal\nsite.test\n502x1.1800000600"
        );
        assert_eq!(token.signature, [15; 32]);
        assert_eq!(read("silence", 1_800_000_600).unwrap().attempts, 255);
    }

    #[test]
    fn what_is_none_is_refused() {
        for (what, expires) in [
            ("502", 1_800_000_000),
            ("502", 1_800_086_401),
            ("200", 1_800_000_600),
            ("", 1_800_000_600),
            ("502x", 1_800_000_600),
            ("502x256", 1_800_000_600),
        ] {
            assert_eq!(read(what, expires), None, "{what} {expires}");
        }
        for token in [
            "",
            "502",
            "502.1800000600",
            "502.1800000600.0f",
            "502.1800000600.é",
        ] {
            assert_eq!(Rehearsal::read(token, "site.test", NOW), None, "{token}");
        }
    }
}
