//! Delivery on threads of its own: relay and flush loops take turns there, undisturbed by requests and with their data in one
//! core's cache, instead of wandering between the threads that serve requests.

use std::io;
use std::sync::Arc;
use std::thread;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use crate::app::App;

/// Name of the threads; Linux shows fifteen characters.
const THREAD_NAME: &str = "filament-fanout";

/// Delivery that runs. Dropping it ends delivery soon, [`stop`](Self::stop) ends it and waits.
#[derive(Debug)]
pub(crate) struct Delivery {
    /// Dropped to end delivery.
    stop: oneshot::Sender<()>,
    ended: oneshot::Receiver<()>,
}

impl Delivery {
    /// Delivers what the store commits, from now on.
    ///
    /// # Errors
    /// When the system gives no thread or no timer.
    pub(crate) fn start(app: Arc<App>) -> io::Result<Self> {
        let runtime = runtime(app.gateway.flush_loops)?;
        let (stop, stopped) = oneshot::channel::<()>();
        let (has_ended, ended) = oneshot::channel::<()>();
        thread::Builder::new().name(THREAD_NAME.to_owned()).spawn(move || {
            runtime.block_on(app.gateway.run(async { drop(stopped.await) }));
            drop((runtime, app, has_ended));
        })?;
        Ok(Self { stop, ended })
    }

    /// Ends delivery and returns when nothing of it runs.
    pub(crate) async fn stop(self) {
        drop(self.stop);
        // Nothing is ever sent: the other side goes when the thread ends, in whatever way.
        let _gone = self.ended.await;
    }
}

/// One thread for one flush loop, which then shares it with the relay: what a burst commits is put into the mailboxes whole before
/// it is flushed, so writes gather more. With more loops, as many threads, and the loops run at once.
fn runtime(flush_loops: usize) -> io::Result<Runtime> {
    let mut builder = if flush_loops == 1 { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    if flush_loops > 1 {
        builder.worker_threads(flush_loops);
    }
    builder.thread_name(THREAD_NAME).enable_time().build()
}
