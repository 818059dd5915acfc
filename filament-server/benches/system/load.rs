//! The other side: subscribers that read and count, and a window of messages in flight.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{io::AsyncReadExt, net::TcpStream, sync::Notify};

/// How many messages may be under way: the next one is triggered when the oldest has reached every subscriber.
#[derive(Clone, Copy)]
pub(crate) struct Window(pub(crate) usize);

/// One run.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) subscribers: usize,
    pub(crate) messages: usize,
    pub(crate) window: Window,
    pub(crate) frame_bytes: usize,
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

impl Load {
    /// Drives the run: `trigger` makes the server deliver `count` more messages. Gives deliveries per CPU-second as `cpu_seconds` counts.
    pub(crate) async fn drive(
        self,
        received: &Received,
        cpu_seconds: impl Fn() -> f64,
        mut trigger: impl AsyncFnMut(usize),
    ) -> f64 {
        let one = self.subscribers * self.frame_bytes;
        let warm_up = self.messages / 10;
        let mut base = received.bytes();
        let mut started_at = cpu_seconds();
        let mut sent = 0;
        for phase in [warm_up, self.messages] {
            (base, sent, started_at) = (base + sent * one, 0, cpu_seconds());
            trigger(self.window.0.min(phase)).await;
            sent += self.window.0.min(phase);
            while sent < phase {
                let oldest = sent + 1 - self.window.0;
                received.reach(base + oldest * one).await;
                let arrived = (received.bytes() - base) / one;
                let more = (arrived + self.window.0 - sent).clamp(1, phase - sent);
                trigger(more).await;
                sent += more;
            }
            received.reach(base + phase * one).await;
        }
        (self.messages * self.subscribers) as f64 / (cpu_seconds() - started_at)
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
