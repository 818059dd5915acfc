//! Batches: what they hold, how large they are, their numbers and cursors.

use filament_protocol::{
    event::Batch,
    limits::{BATCH_EVENTS_MAX, EVENT_BYTES_MAX, MESSAGE_BYTES_MAX},
};

use super::*;

const RESUME: Mode = Mode::Batch { resume: true };

/// A connection that had its `ready`.
fn greeted(mode: Mode) -> Bench {
    let mut bench = Bench::in_mode(mode);
    bench.put(text("ready"));
    assert_eq!(bench.flush(), Flushed::Drained);
    assert_eq!(bench.received(), ["ready"], "ready is no batch (RES-1)");
    bench
}

fn events_of(told: &[Told]) -> Vec<Vec<String>> {
    told.iter().map(|told| told.events.clone()).collect()
}

/// Proves RES-1 and RES-2: what waits when the writer is free is one batch, of 64 events at most.
#[test]
fn everything_that_waits_is_one_batch_of_at_most_sixty_four() {
    let mut bench = greeted(Mode::Batch { resume: false });
    let names: Vec<String> = (0..150).map(|n| format!("message{n}")).collect();
    bench.put_all(names.iter().map(|name| text(name)));
    bench.put_ephemeral(presence(1, true));
    assert_eq!(bench.flush(), Flushed::Drained);
    let told = bench.told();
    assert_eq!(told.iter().map(|told| told.s).collect::<Vec<_>>(), [Some(1), Some(2), Some(3)]);
    assert_eq!(told.iter().map(|told| told.events.len()).collect::<Vec<_>>(), [64, 64, 23]);
    assert!(told.iter().all(|told| told.cursor.is_none()), "no cursor without resume (RES-3)");
    let events = events_of(&told).concat();
    assert_eq!(events[..150], names);
    assert!(events[150].contains("presence_update"), "the lane goes last");
    assert_eq!(bench.peer.writes(), 1 + 3);
}

/// The bytes are those the protocol's own encoder makes of the same batch.
#[test]
fn a_batch_is_encoded_as_the_protocol_encodes_it() {
    for (mode, with_number) in [(RESUME, 1), (Mode::Batch { resume: false }, 1), (RESUME, 12_345)] {
        let mut bench = greeted(mode);
        bench.mailbox.written = with_number;
        for n in 1..=70 {
            bench.put(presence(n, n % 2 == 0));
            bench.put(ack());
        }
        bench.put_ephemeral(presence(1, true));
        assert_eq!(bench.flush(), Flushed::Drained);
        let received = bench.received();
        assert_eq!(received.len(), 141_usize.div_ceil(BATCH_EVENTS_MAX));
        for (text, s) in received.iter().zip(with_number..) {
            let decoded = match decode_event(text.as_bytes()) {
                Ok(filament_protocol::Received::Event(Event::Batch(batch))) => batch,
                other => panic!("no batch: {other:?}"),
            };
            let Batch { s: number, cursor, events } = &decoded;
            assert_eq!(*number, s);
            assert_eq!(cursor.is_some(), mode.has_cursor());
            for event in events {
                if let filament_protocol::Received::Event(Event::HeartbeatAck(ack)) = event {
                    assert_eq!(ack.s, s, "an ack carries the number of its batch (GW-46)");
                }
            }
            assert_eq!(*text.as_bytes(), Event::Batch(decoded).encode().expect("a batch"));
        }
    }
}

/// Proves the bytes of RES-2: the largest events fit, and no batch is larger than a message may be.
#[test]
fn no_batch_is_larger_than_a_message() {
    let mut bench = greeted(RESUME);
    let word = |length: usize| text(&"x".repeat(length));
    bench.put_all([word(EVENT_BYTES_MAX), word(EVENT_BYTES_MAX - 100), word(99), word(1), word(EVENT_BYTES_MAX / 2)]);
    bench.put_all([word(EVENT_BYTES_MAX / 2), word(10), word(EVENT_BYTES_MAX)]);
    assert_eq!(bench.flush(), Flushed::Drained);
    let received = bench.received();
    assert!(received.iter().all(|text| text.len() <= MESSAGE_BYTES_MAX));
    let told: Vec<_> = received.iter().map(|text| Told::read(text)).collect();
    let lengths: Vec<Vec<usize>> = told.iter().map(|told| told.events.iter().map(String::len).collect()).collect();
    let half = EVENT_BYTES_MAX / 2;
    assert_eq!(
        lengths,
        [vec![EVENT_BYTES_MAX], vec![EVENT_BYTES_MAX - 100], vec![99, 1, half], vec![half, 10], vec![EVENT_BYTES_MAX]]
    );
}

/// Proves DEL-2 for batches: one that has not begun holds nothing that was lost; one that has is finished.
#[test]
fn a_purge_reaches_what_waits_for_a_batch_and_no_batch_that_has_begun() {
    let mut bench = greeted(RESUME);
    bench.peer.stall();
    bench.put_all([in_channel(1, "one"), in_channel(2, "two"), in_channel(1, "three")]);
    assert_eq!(bench.flush(), Flushed::Blocked);
    bench.purge(|reach| reach.channel_id() != Some(ChannelId::from_u128(1)));
    bench.put(in_channel(1, "four"));
    bench.put_ephemeral(presence(1, true));
    bench.peer.allow(1);
    assert_eq!(bench.flush(), Flushed::Blocked);
    bench.put(in_channel(1, "five"));
    bench.put_ephemeral(presence(1, false));
    bench.purge(|_| false);
    assert_eq!(bench.dropped, [DropReason::Revoked; 4], "one, three, five and the later presence");
    bench.peer.resume();
    assert_eq!(bench.flush(), Flushed::Drained);
    let told = bench.told();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].events[..2], ["two", "four"]);
    assert!(told[0].events[2].contains("online"));
    assert_eq!(bench.mailbox.depth(), (0, 0));
}

#[test]
fn a_batch_that_has_begun_is_finished_before_the_close_frame() {
    for (code, rest) in [(CloseCode::TokenExpired, &[][..]), (CloseCode::GoingAway, &["three"])] {
        let mut bench = greeted(RESUME);
        bench.put_all([text("one"), text("two")]);
        bench.put_ephemeral(presence(1, true));
        bench.peer.allow(1);
        assert_eq!(bench.flush(), Flushed::Blocked);
        bench.put(text("three"));
        bench.close(code, 0);
        bench.mailbox.check_invariants(&BOUNDS);
        bench.peer.resume();
        assert_eq!(bench.flush(), Flushed::Drained);
        let mut received = bench.received();
        assert_eq!(received.pop(), Some(format!("close {}", code.code())));
        let told: Vec<_> = received.iter().map(|text| Told::read(text)).collect();
        assert_eq!(told[0].events[..2], ["one", "two"]);
        assert_eq!(events_of(&told[1..]).concat(), rest);
    }
}

#[test]
fn a_peer_that_goes_in_the_middle_of_a_batch_leaves_nothing_behind() {
    let mut bench = greeted(RESUME);
    bench.put(text("one"));
    bench.put_ephemeral(presence(1, true));
    bench.peer.allow(1);
    assert_eq!(bench.flush(), Flushed::Blocked);
    let dropped = &mut bench.dropped;
    bench.mailbox.peer_gone(&mut |_, reason| dropped.push(reason));
    assert_eq!(bench.dropped, [DropReason::Closed; 2]);
    assert!(bench.mailbox.is_ended() && bench.mailbox.is_empty());
    bench.mailbox.check_invariants(&BOUNDS);
}

#[test]
fn controls_keep_their_place_between_batches() {
    let mut bench = greeted(RESUME);
    bench.mailbox.put_control(Bytes::from_static(&[0x89, 0]));
    bench.put_all([text("one"), text("two")]);
    bench.mailbox.put_control(Bytes::from_static(&[0x89, 0]));
    bench.put(text("three"));
    assert_eq!(bench.flush(), Flushed::Drained);
    let received = bench.received();
    assert_eq!((&*received[0], &*received[2]), ("ping", "ping"));
    assert_eq!(Told::read(&received[1]).events, ["one", "two"]);
    assert_eq!(Told::read(&received[3]).s, Some(2), "controls take no number");
}

/// Proves RES-3: the cursor is the place of the last event while others wait, in the middle of an entry too, and the relay's
/// position when none does.
#[test]
fn a_cursor_is_exact() {
    let mut bench = greeted(RESUME);
    // Entry 5 has three events, of which the second is for others.
    bench.put(journalled("5.0", 1, Place::within(5, 0, 3)));
    bench.flush();
    assert_eq!(place_of(&bench.told()[0]), Place { seq: 4, part: 1 }, "half of an entry");
    bench.put(journalled("5.2", 1, Place::within(5, 2, 3)));
    bench.position = 5;
    bench.flush();
    assert_eq!(place_of(&bench.told()[0]), Place::after(5));

    bench.position = 900;
    bench.put(ack());
    bench.flush();
    assert_eq!(place_of(&bench.told()[0]), Place::after(900), "moved over what was not for this receiver");

    bench.put_all((901..=1_000).map(|seq| journalled("x", 1, Place::after(seq))));
    bench.position = 1_002;
    bench.flush();
    let places: Vec<_> = bench.told().iter().map(place_of).collect();
    assert_eq!(places, [Place::after(964), Place::after(1_002)], "not past what waits");

    bench.position = 1_001;
    bench.put(ack());
    bench.flush();
    assert_eq!(place_of(&bench.told()[0]), Place::after(1_002), "never back");
}

/// A mailbox that is closing was not given what was committed since: its cursor does not move over it.
#[test]
fn a_cursor_stands_still_once_the_connection_is_closing() {
    let mut bench = greeted(RESUME);
    bench.put(journalled("one", 1, Place::after(1)));
    bench.close(CloseCode::GoingAway, 0);
    bench.position = 50;
    bench.flush();
    assert_eq!(place_of(&Told::read(&bench.received()[0])), Place::after(1));
}

/// What a connection needs besides that is not plain, bytes, allocation overhead apart.
const COMPOSER_BYTES_MAX: usize = 80;

#[test]
fn an_idle_connection_keeps_nothing_of_its_batches() {
    assert!(size_of::<Composer>() <= COMPOSER_BYTES_MAX, "{} bytes", size_of::<Composer>());
    let mut bench = greeted(RESUME);
    bench.put_all((0..200).map(|n| text(&"x".repeat(n))));
    bench.put_ephemeral(presence(1, true));
    bench.peer.allow(10_000);
    bench.flush();
    bench.peer.resume();
    bench.flush();
    bench.mailbox.trim();
    bench.mailbox.trim();
    assert_eq!(bench.mailbox.queue.heap_capacity(), 0);
    assert!(bench.mailbox.lane.is_none() && bench.mailbox.started() == 0);
}

/// Proves GW-45 by its parts: a full queue, a batch of it that has begun, and a replay stay below 1.5 MiB.
#[test]
fn everything_one_connection_may_have_waiting_is_below_a_mebibyte_and_a_half() {
    use crate::limits::{QUEUE_BYTES, REPLAY_BYTES_WAITING_MAX};
    let lane = EPHEMERAL_KEYS_MAX * presence(u128::MAX, false).weight();
    let last_of_a_replay = EVENT_BYTES_MAX;
    let all = QUEUE_BYTES + REPLAY_BYTES_WAITING_MAX + last_of_a_replay + MESSAGE_BYTES_MAX + lane;
    assert!(all <= 3 * 524_288, "{all} bytes");
}

#[test]
fn frames_keep_counting_as_events() {
    let mut bench = greeted(RESUME);
    let stats = crate::observe::Stats::default();
    let mut tally = Tally::default();
    bench.put_all([text("one"), text("two")]);
    bench.put_ephemeral(presence(1, true));
    let cursors = ReadableCursors::default();
    let writing = &mut Writing { bounds: &BOUNDS, cursors: &cursors, position: 0, now: at(7), tally: &mut tally };
    assert_eq!(bench.mailbox.flush(&bench.wire, writing), Flushed::Drained);
    stats.merge(&mut tally);
    let delivered = stats.snapshot().delivery.map(|histogram| histogram.buckets.iter().sum::<u64>());
    assert_eq!(delivered, [2, 0, 1]);
}
