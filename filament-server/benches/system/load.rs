//! The other side: subscribers that read and count, and a window of messages under way.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Notify,
};

use crate::{SUBSCRIBERS, process::Server, whole::Posters};

/// A server under measurement: its process, its subscribers, and the way to make it deliver.
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    pub(crate) server: Server,
    pub(crate) received: Arc<Received>,
    pub(crate) trigger: Trigger,
}

/// What makes a server deliver a message.
pub(crate) enum Trigger {
    /// A byte on a connection of its own.
    Byte(TcpStream),
    /// A message posted over REST; as many connections as messages may be posted at once.
    Post(Posters),
}

/// How long a run may stand still before it is given up.
const STALL_MAX: Duration = Duration::from_secs(20);

/// How long nothing must arrive before a run begins: presence is told within two seconds.
const QUIET: Duration = Duration::from_millis(2_500);

/// Counts the bytes that subscribers received.
pub(crate) struct Received {
    bytes: AtomicUsize,
    moved: Notify,
}

impl Received {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { bytes: AtomicUsize::new(0), moved: Notify::new() })
    }

    /// Reads a subscriber's socket to its end.
    pub(crate) fn watch(self: &Arc<Self>, mut stream: TcpStream) {
        let received = Arc::clone(self);
        tokio::spawn(async move {
            let mut buffer = vec![0; 32 * 1_024];
            while let Ok(bytes @ 1..) = stream.read(&mut buffer).await {
                received.bytes.fetch_add(bytes, Ordering::Relaxed);
                received.moved.notify_one();
            }
        });
    }

    /// Bytes so far.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Waits until at least `bytes` came.
    pub(crate) async fn reach(&self, bytes: usize) {
        while self.bytes() < bytes {
            let moved = tokio::time::timeout(STALL_MAX, self.moved.notified()).await;
            assert!(moved.is_ok(), "delivery stands still at {} of {bytes} bytes", self.bytes());
        }
    }
}

impl Trigger {
    async fn fire(&mut self, count: usize) {
        match self {
            Self::Byte(control) => control.write_all(&vec![b'.'; count]).await.expect("the server lives"),
            Self::Post(posters) => posters.post(count).await,
        }
    }
}

impl Subject {
    /// Delivers `messages` frames to every subscriber, with at most `window` messages under way: the next one is triggered when the
    /// oldest has reached everybody. Gives the CPU seconds that took the server, and how long it took.
    pub(crate) async fn deliver(&mut self, messages: usize, window: usize, frame_bytes: usize) -> (f64, Duration) {
        let one = SUBSCRIBERS * frame_bytes;
        let base = self.received.bytes();
        let started = Instant::now();
        let began = self.server.cpu_seconds();
        let mut sent = window.min(messages);
        self.trigger.fire(sent).await;
        while sent < messages {
            self.received.reach(base + (sent + 1 - window) * one).await;
            let arrived = (self.received.bytes() - base) / one;
            let more = (arrived + window - sent).clamp(1, messages - sent);
            self.trigger.fire(more).await;
            sent += more;
        }
        self.received.reach(base + messages * one).await;
        (self.server.cpu_seconds() - began, started.elapsed())
    }
}

/// Waits until nothing has arrived for a while.
pub(crate) async fn settle(received: &Received) {
    loop {
        let before = received.bytes();
        tokio::time::sleep(QUIET).await;
        if received.bytes() == before {
            return;
        }
    }
}
