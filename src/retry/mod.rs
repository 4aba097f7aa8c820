//! Whether the same thing may be asked again, and when.
//!
//! Three tries at each of four layers make 81 calls out of one, which is how a
//! short failure becomes a long one. So there is a cap on attempts, a pause
//! with full jitter between them, one deadline over all of them, and a matrix
//! that knows what must not be done twice. What may wait for days has rules of
//! its own, in [`queue`].

mod backoff;
mod budget;
mod matrix;
pub mod queue;
mod random;

pub use backoff::{Pause, pause};
pub use budget::{Budget, Counts};
pub use matrix::{Permission, Repeatability, permission};
pub use random::Random;
