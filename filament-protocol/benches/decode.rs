//! Decoding of one client command, accepted and refused.
//!
//! Targets for a `message_create` of 350 bytes: at most 350 ns accepted, at most 1 µs refused.
//!
//! **Allocations.** Accepting a command allocates once, for the text of its content (twice with a `ref`). The structure
//! says so: ids are decoded to integers, names are compared in place, an absent list owns nothing. A counting allocator
//! would need `unsafe`, which the workspace forbids, so the proof is taken from outside. With `DECODE_CALLS` set this
//! program only decodes, that many times, and `valgrind --tool=dhat` prints the blocks in total; the difference of two runs
//! is the count:
//!
//! ```text
//! cargo bench -p filament-protocol --bench decode --no-run
//! DECODE_CALLS=0    valgrind --tool=dhat target/release/deps/decode-<hash>
//! DECODE_CALLS=1000 valgrind --tool=dhat target/release/deps/decode-<hash>
//! ```

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group};
use filament_protocol::{Event, Received, decode_command, decode_event};

const ENVELOPE_BYTES: usize = 350;

const IDS: &str = r#""guild_id":"01JZ8Q4M5N6P7Q8R9S0T1V2W3X","channel_id":"01JZ8Q4M5N6P7Q8R9S0T1V2W3Y""#;

/// Builds a command of 350 bytes out of two halves by padding the content between them.
fn padded(head: &str, tail: &str) -> String {
    let content = "lorem ipsum dolor sit amet ".repeat(16);
    let text = format!("{head}{}{tail}", &content[..ENVELOPE_BYTES - head.len() - tail.len()]);
    assert_eq!(text.len(), ENVELOPE_BYTES);
    text
}

/// A `message_create` without attachments and without `ref`.
fn plain() -> String {
    padded(&format!(r#"{{"v":1,"t":"message_create","d":{{{IDS},"content":""#), r#""}}"#)
}

fn bench(criterion: &mut Criterion) {
    let with_ref =
        padded(&format!(r#"{{"v":1,"t":"message_create","d":{{{IDS},"content":""#), r#"","ref":"c-000017"}}"#);
    let payload_first =
        padded(&format!(r#"{{"v":1,"d":{{{IDS},"content":""#), r#"","ref":"c-000017"},"t":"message_create"}"#);
    let unknown_first =
        padded(&format!(r#"{{"v":1,"t":"message_create","d":{{"nonce":"1",{IDS},"content":""#), r#""}}"#);
    let unknown_last =
        padded(&format!(r#"{{"v":1,"t":"message_create","d":{{{IDS},"content":""#), r#"","nonce":"1"}}"#);
    let mut group = criterion.benchmark_group("decode");
    group.measurement_time(Duration::from_secs(3)).warm_up_time(Duration::from_secs(1));
    group.throughput(Throughput::Bytes(ENVELOPE_BYTES as u64));
    for (name, text, accepted) in [
        ("accept", &plain(), true),
        ("accept_with_ref", &with_ref, true),
        ("accept_payload_before_name", &payload_first, true),
        ("reject_unknown_field_first", &unknown_first, false),
        ("reject_unknown_field_last", &unknown_last, false),
    ] {
        assert_eq!(decode_command(text.as_bytes()).is_ok(), accepted, "{name}");
        group.bench_function(name, |bencher| {
            bencher.iter(|| decode_command(black_box(text.as_bytes())));
        });
    }
    group.finish();
}

fn event(criterion: &mut Criterion) {
    let text = format!(
        r#"{{"v":1,"t":"message_create","d":{{"message_id":"01JZ8Q4M5N6P7Q8R9S0T1V2W3Z",{IDS},"author_id":"01JZ8Q4M5N6P7Q8R9S0T1V2W40","content":"hello there","markdown_tokens":[{{"type":"paragraph_start"}},{{"type":"text","text":"hello there"}},{{"type":"paragraph_end"}}],"attachments":[],"reactions":[],"created_at_unix":1760000000}}}}"#
    );
    let Ok(Received::Event(event)) = decode_event(text.as_bytes()) else { panic!("not an event: {text}") };
    let mut group = criterion.benchmark_group("event");
    group.measurement_time(Duration::from_secs(3)).warm_up_time(Duration::from_secs(1));
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("decode_message_create", |bencher| {
        bencher.iter(|| decode_event(black_box(text.as_bytes())));
    });
    let mut buffer = Vec::with_capacity(1_024);
    group.bench_function("encode_message_create", |bencher| {
        bencher.iter(|| {
            buffer.clear();
            Event::encode_into(black_box(&event), &mut buffer)
        });
    });
    group.finish();
}

criterion_group!(benches, bench, event);

fn main() {
    let Some(calls) = std::env::var_os("DECODE_CALLS") else {
        benches();
        Criterion::default().configure_from_args().final_summary();
        return;
    };
    let calls: u32 = calls.to_string_lossy().parse().expect("DECODE_CALLS is a number");
    let text = plain();
    for _ in 0..calls {
        assert!(decode_command(black_box(text.as_bytes())).is_ok());
    }
}
