//! What the core asks of the place where it runs.

use super::{Attempt, Event, Exchange, Reply, Step};
use crate::copies::Copy;
use crate::wire::Timestamp;

/// A place where requests are served: the edge, a browser, a simulation.
///
/// No future needs to be `Send`: every host so far has one thread.
#[expect(
    async_fn_in_trait,
    reason = "hosts have one thread; nothing needs Send"
)]
pub trait Host {
    /// The time.
    fn now(&self) -> Timestamp;

    /// Looks for a copy that belongs to the request.
    async fn look(&self) -> Option<Copy>;

    /// Starts an attempt and does not wait for it. Attempts that still run are
    /// given up, unless `attempt` says otherwise.
    fn begin(&self, attempt: Attempt);

    /// Waits until an attempt ends, or until a time: [`Event::Responded`],
    /// [`Event::Failed`] or [`Event::Woke`].
    async fn wait(&self, until: Timestamp) -> Event;
}

/// Carries out what `exchange` decides until there is a reply.
///
/// ```text
/// step ─▶ Look ──▶ host.look  ─▶ Looked ─┐
///   ▲     Begin ─▶ host.begin ─▶ Begun ──┤
///   │     Wait ──▶ host.wait  ─▶ … ──────┤
///   └────────────────────────────────────┘
///         Reply ─▶ done
/// ```
pub async fn drive(exchange: &mut Exchange<'_>, host: &impl Host) -> Reply {
    let mut event = Event::Start;
    loop {
        event = match exchange.step(event, host.now()) {
            Step::Look => Event::Looked(host.look().await),
            Step::Begin(attempt) => {
                host.begin(attempt);
                Event::Begun
            }
            Step::Wait(until) => host.wait(until).await,
            Step::Reply(reply) => return reply,
        };
    }
}
