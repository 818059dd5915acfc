//! What one message costs per subscriber, without sockets: into the mailbox, and out of it.
//!
//! `cargo xtask bench -- broadcast`. Throughput is in mailboxes; nanoseconds per mailbox are its inverse. Rows per size:
//! `broadcast` is the relay's step (audience, mailboxes, marking), `flush` is the flush loop's work for one frame per mailbox on a
//! transport that takes everything and makes no system call, `flush_batch` the same where each mailbox makes a batch of it (of 16 in
//! `flush_batch_16_waiting`), its cursor apart.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use filament_fanout::{Mode, testing::Crowd};

const TEXT_BYTES: usize = 350;

/// Runs `iterations` rounds in batches the mailboxes can hold, and times one of the two halves.
fn timed(crowd: &mut Crowd, iterations: u64, per_flush: usize, is_flush_timed: bool) -> Duration {
    let mut spent = Duration::ZERO;
    let mut left = usize::try_from(iterations).expect("iterations fit a word");
    while left > 0 {
        let round = left.min(per_flush);
        left -= round;
        let began = Instant::now();
        (0..round).for_each(|_| crowd.broadcast());
        let flushing = Instant::now();
        black_box(crowd.flush());
        spent += if is_flush_timed { flushing.elapsed() } else { flushing - began };
    }
    spent
}

fn broadcast(criterion: &mut Criterion) {
    let batch = Mode::Batch { resume: false };
    for (name, mode, per_flush, is_flush_timed) in [
        ("broadcast", Mode::Plain, 1, false),
        ("broadcast_16_waiting", Mode::Plain, 16, false),
        ("flush", Mode::Plain, 1, true),
        ("flush_batch", batch, 1, true),
        ("flush_batch_16_waiting", batch, 16, true),
    ] {
        let mut group = criterion.benchmark_group(name);
        group.sample_size(20);
        for connections in [10, 1_000, 10_000] {
            let mut crowd = Crowd::subscribed(connections, TEXT_BYTES, mode);
            group.throughput(Throughput::Elements(connections as u64));
            group.bench_function(BenchmarkId::from_parameter(connections), |bencher| {
                bencher.iter_custom(|iterations| timed(&mut crowd, iterations, per_flush, is_flush_timed));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, broadcast);
criterion_main!(benches);
