//! What it costs to seal and to open a cursor (RES-10): the first once per batch and connection, the second once per resume.
//!
//! `cargo bench -p filament-server --bench cursor`. Add it to `flush_batch` of `cargo xtask bench -- broadcast`, which leaves it out.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use filament_core::Place;
use filament_fanout::{Cursors as _, Reached};
use filament_protocol::{Timestamp, UserId};
use filament_server::gateway::{CursorKey, SealedCursors};

const USER: UserId = UserId::from_u128(7);
const REACHED: Reached = Reached { place: Place { seq: 123_456_789_012, part: 3 }, access: 123_456_789_000 };

fn cursors(criterion: &mut Criterion) {
    let cursors = SealedCursors::new(&CursorKey::from_bytes([1; 32]), 5).expect("random bytes");
    let now = Timestamp::new(1_800_000_000).expect("a time");
    let mut group = criterion.benchmark_group("cursor");
    let mut text = Vec::with_capacity(256);
    cursors.seal(USER, REACHED, now, &mut text);
    let sealed = String::from_utf8(text.clone()).expect("ASCII");
    assert_eq!(cursors.open(&sealed, USER, now), Ok(REACHED));
    group.bench_function("seal", |bencher| {
        bencher.iter(|| {
            text.clear();
            cursors.seal(black_box(USER), black_box(REACHED), now, &mut text);
            black_box(text.len())
        });
    });
    group.bench_function("open", |bencher| bencher.iter(|| cursors.open(black_box(&sealed), USER, now)));
    group.bench_function("open_forged", |bencher| {
        let last = if sealed.ends_with('A') { "B" } else { "A" };
        let forged = format!("{}{last}", &sealed[..sealed.len() - 1]);
        assert!(cursors.open(&forged, USER, now).is_err());
        bencher.iter(|| cursors.open(black_box(&forged), USER, now));
    });
    group.finish();
}

criterion_group!(benches, cursors);
criterion_main!(benches);
