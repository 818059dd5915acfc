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
pub struct Window(pub usize);

/// One run.
#[derive(Clone, Copy)]
pub struct Load {
    pub subscribers: usize,
    pub messages: usize,
    pub window: Window,
    pub frame_bytes: usize,
}

/// How long a run may stand still before it is given up.
const STALL_MAX: Duration = Duration::from_secs(20);

/// Counts the bytes that subscribers received.
pub struct Received {
    bytes: AtomicUsize,
    moved: Notify,
}

impl Received {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { bytes: AtomicUsize::new(0), moved: Notify::new() })
    }

    /// Reads a subscriber's socket to its end.
    pub fn watch(self: &Arc<Self>, mut stream: TcpStream) {
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
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Waits until at least `bytes` came.
    pub async fn reach(&self, bytes: usize) {
        while self.bytes() < bytes {
            let moved = tokio::time::timeout(STALL_MAX, self.moved.notified()).await;
            assert!(moved.is_ok(), "delivery stands still at {} of {bytes} bytes", self.bytes());
        }
    }
}

impl Load {
    /// Drives the run: `trigger` makes the server deliver `count` more messages. Gives deliveries per CPU-second as `cpu_seconds` counts.
    pub async fn drive(
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
