//! Reader threads: each has a connection that cannot write and gives every read one snapshot of its own.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
};

use filament_core::TransactError;
use rusqlite::Connection;
use tokio::sync::{
    mpsc::{self, error::TrySendError},
    oneshot,
};

use crate::{connect, error::OpenError, error::StoreError, sql};

type Read = Box<dyn FnOnce(Result<&Connection, StoreError>) + Send>;
type Queue = Arc<Mutex<mpsc::Receiver<Read>>>;

/// A bounded queue of reads and the threads that serve it.
#[derive(Debug)]
pub(crate) struct Lane {
    queue: mpsc::Sender<Read>,
    threads: Vec<JoinHandle<()>>,
}

impl Lane {
    /// Starts `threads` readers of the database.
    pub(crate) fn start(database: &Path, name: &str, threads: usize, queued_max: usize) -> Result<Self, OpenError> {
        let (sender, receiver) = mpsc::channel(queued_max);
        let queue: Queue = Arc::new(Mutex::new(receiver));
        let mut lane = Self { queue: sender, threads: Vec::with_capacity(threads) };
        for index in 0..threads {
            let connection = connect::reader(database).map_err(|error| connect::refused(database, error))?;
            let queue = Arc::clone(&queue);
            let thread = spawn(format!("filament-{name}-{index}"), move || serve(&connection, &queue));
            lane.threads.push(thread.map_err(|source| connect::io_error(database, source))?);
        }
        Ok(lane)
    }

    /// Reads from a fresh snapshot; answers `Busy` at once if the queue is full.
    pub(crate) async fn try_read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, TransactError<StoreError>> {
        let (read, reply) = packed(read);
        self.queue.try_send(read).map_err(|refused| match refused {
            TrySendError::Full(_) => TransactError::Busy,
            TrySendError::Closed(_) => TransactError::Failed(StoreError::Closed),
        })?;
        answer(reply).await.map_err(TransactError::Failed)
    }

    /// Reads from a fresh snapshot; waits for a place in the queue.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (read, reply) = packed(read);
        self.queue.send(read).await.map_err(|_| StoreError::Closed)?;
        answer(reply).await
    }

    /// Lets the threads finish what is queued and end.
    pub(crate) fn stop(self) {
        drop(self.queue);
        self.threads.into_iter().for_each(join);
    }
}

/// Starts a named thread.
pub(crate) fn spawn(name: String, work: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name(name).spawn(work)
}

/// Waits for a thread, unless it is this one: the last owner of a store may be a closure that a store's own thread drops.
pub(crate) fn join(thread: JoinHandle<()>) {
    if thread.thread().id() != thread::current().id() {
        drop(thread.join());
    }
}

fn packed<T: Send + 'static>(
    read: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
) -> (Read, oneshot::Receiver<Result<T, StoreError>>) {
    let (caller, reply) = oneshot::channel();
    let read = move |connection: Result<&Connection, StoreError>| drop(caller.send(connection.and_then(read)));
    (Box::new(read), reply)
}

/// A read that was taken and never answered has panicked.
async fn answer<T>(reply: oneshot::Receiver<Result<T, StoreError>>) -> Result<T, StoreError> {
    reply.await.unwrap_or(Err(StoreError::Panicked))
}

fn serve(connection: &Connection, queue: &Queue) {
    loop {
        // One thread waits in the queue, the others for this lock: whoever holds it gets the next read.
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
        let Some(read) = next else { return };
        let begun = execute(connection, sql::BEGIN_READ).map(|()| connection);
        if catch_unwind(AssertUnwindSafe(|| read(begun))).is_err() {
            tracing::error!("a read panicked");
        }
        if !connection.is_autocommit()
            && let Err(error) = execute(connection, sql::ROLLBACK)
        {
            tracing::error!(%error, "a snapshot could not be ended");
        }
    }
}

fn execute(connection: &Connection, sql: &str) -> Result<(), StoreError> {
    connection.prepare_cached(sql)?.execute(()).map(drop).map_err(StoreError::from)
}
