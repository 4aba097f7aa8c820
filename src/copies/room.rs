//! How much may wait in memory to become a copy.
//!
//! A body is stored once all of it has come, so until then it is held. A burst of
//! large pages in a cold isolate would hold them all at once, and an isolate
//! that runs out of memory takes every request in it along. So there is room for
//! so many bytes, and what finds none is not kept this time.

use crate::policy::Policy;
use crate::wire::ResponseHead;

/// The room of one isolate.
#[derive(Debug)]
pub struct Room {
    free: u64,
}

impl Default for Room {
    fn default() -> Self {
        Self { free: Self::BYTES }
    }
}

impl Room {
    /// 32 MiB: a quarter of what an isolate has.
    pub const BYTES: u64 = 32 * 1024 * 1024;

    /// What a body of undeclared length is taken for: 1 MiB, far more than most
    /// pages have.
    const UNDECLARED: u64 = 1024 * 1024;

    /// Takes room for a response's body; `None` if there is not enough. What is
    /// returned has to be given back.
    pub fn take(&mut self, response: &ResponseHead<'_>, policy: &Policy) -> Option<u64> {
        let undeclared = Self::UNDECLARED.min(policy.copy_limit);
        let bytes = response.content_length.unwrap_or(undeclared);
        self.free = self.free.checked_sub(bytes)?;
        Some(bytes)
    }

    /// Gives room back.
    pub fn give_back(&mut self, bytes: u64) {
        self.free = self.free.saturating_add(bytes).min(Self::BYTES);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Listed;

    #[test]
    fn what_finds_no_room_waits_for_another_time() {
        let policy = Policy::default();
        let mut room = Room::default();
        let listed = Listed::new("content-length:8388608");
        let large = ResponseHead::read(200, &listed);
        let unknown = Listed::new("");
        let undeclared = ResponseHead::read(200, &unknown);
        for _ in 0..4 {
            assert_eq!(room.take(&large, &policy), Some(8_388_608));
        }
        assert_eq!(room.take(&undeclared, &policy), None);
        room.give_back(8_388_608);
        assert_eq!(room.take(&undeclared, &policy), Some(1_048_576));
        room.give_back(u64::MAX);
        assert_eq!(room.free, Room::BYTES);
    }
}
