//! From a signal to the end: what runs may finish, what comes is refused, and a second signal ends the wait (GW-50).
//!
//! ```text
//! running ──first signal──► draining: readyz 503, new requests 503, running ones go on (≤ 10 s)
//!                              │ all answered, or out of time
//!                              ▼
//!                           stopped: no more connections, gateway closed, store closed ──► exit 0 (≤ 15 s)
//! any state ──second signal──► exit 1, now
//! ```

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How far the server is on its way out; shared by everything that has to know.
#[derive(Debug, Default)]
pub struct Drain {
    begun: CancellationToken,
    stopped: CancellationToken,
    forced: CancellationToken,
}

impl Drain {
    /// Begins to drain; a repeat changes nothing.
    pub fn begin(&self) {
        self.begun.cancel();
    }

    /// Returns whether draining has begun.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.begun.is_cancelled()
    }

    /// Waits until draining begins.
    pub async fn begun(&self) {
        self.begun.cancelled().await;
    }

    /// Ends the patience: whatever still runs is dropped.
    pub fn stop(&self) {
        self.begun.cancel();
        self.stopped.cancel();
    }

    /// Waits until nothing may run any longer.
    pub async fn stopped(&self) {
        self.stopped.cancelled().await;
    }

    /// Asks for the end at once, with nothing in order.
    pub fn force(&self) {
        self.forced.cancel();
    }

    /// Waits until the end at once is asked for.
    pub async fn forced(&self) {
        self.forced.cancelled().await;
    }
}

/// Closes `tracker` and waits for its tasks, at most `patience`; tells whether all ended.
pub async fn wait_for(tracker: &TaskTracker, patience: Duration) -> bool {
    tracker.close();
    tokio::time::timeout(patience, tracker.wait()).await.is_ok()
}

/// The signals that end the server.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Takes SIGTERM and SIGINT over from the system.
    ///
    /// # Errors
    /// The system refuses.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for either and returns its name.
    pub async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }

    /// Turns the first signal into a drain and the second into the end.
    pub async fn steer(mut self, drain: &Drain) {
        let name = self.next().await;
        tracing::info!(signal = name, "draining; the same signal again ends at once");
        drain.begin();
        let name = self.next().await;
        tracing::warn!(signal = name, "ending at once");
        drain.force();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_states_follow_each_other() {
        let drain = Drain::default();
        assert!(!drain.has_begun());
        drain.begin();
        drain.begin();
        drain.begun().await;
        assert!(drain.has_begun());
        drain.stop();
        drain.stopped().await;
        drain.force();
        drain.forced().await;
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_for_tasks_ends_in_time() {
        let tracker = TaskTracker::new();
        tracker.spawn(std::future::pending::<()>());
        assert!(!wait_for(&tracker, Duration::from_secs(10)).await);
        assert!(wait_for(&TaskTracker::new(), Duration::from_secs(10)).await);
    }
}
