mod batch;
mod hold;
mod model;
mod owed;
mod stream;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Wake,
};

use filament_core::Place;
use filament_protocol::{
    ChannelId, CloseCode, Event, GuildId, Timestamp, UserId, decode_event,
    event::{HeartbeatAck, PresenceStatus, PresenceUpdate},
};
use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{
    cursor::Reached,
    limits::{EPHEMERAL_KEYS_MAX, LANE_KEYS_KEPT, SLICES_PER_WRITE_MAX},
    observe::Tally,
    testing::{Peer, ReadableCursors, Received, Told, Wire},
};

const BOUNDS: Bounds = Bounds { frames: 256, bytes: 1_048_576, input_frames: 128, input_bytes: 524_288 };
const GUILD: GuildId = GuildId::from_u128(7);
const USER: UserId = UserId::from_u128(8);

fn at(ms: u64) -> Now {
    Now { us: ms * 1_000, wall: Timestamp::MIN }
}

fn text(text: &str) -> Frame {
    Frame::sealed(EventKind::MessageCreate, Reach::Connection, text.as_bytes(), 0, Place::after(1))
}

/// A frame of so many bytes, head included.
fn weighing(weight: usize) -> Frame {
    let head = if weight < 128 { 2 } else { 4 };
    let frame = text(&"x".repeat(weight - head));
    assert_eq!(frame.weight(), weight);
    frame
}

fn in_channel(n: u128, name: &str) -> Frame {
    let reach = Reach::Channel(GUILD, ChannelId::from_u128(n));
    Frame::sealed(EventKind::MessageCreate, reach, name.as_bytes(), 0, Place::after(1))
}

/// A journalled event of a channel.
fn journalled(name: &str, channel: u128, place: Place) -> Frame {
    let reach = Reach::Channel(GUILD, ChannelId::from_u128(channel));
    Frame::sealed(EventKind::MessageCreate, reach, name.as_bytes(), 0, place)
}

fn place_of(told: &Told) -> Place {
    reached(told).place
}

fn reached(told: &Told) -> Reached {
    let (user_id, reached) = ReadableCursors::read(told.cursor.as_ref().expect("a cursor")).expect("readable");
    assert_eq!(user_id, USER);
    reached
}

fn presence(user: u128, is_online: bool) -> Frame {
    let user_id = UserId::from_u128(user);
    let status = if is_online { PresenceStatus::Online } else { PresenceStatus::Offline };
    let event = Event::PresenceUpdate(PresenceUpdate { guild_id: GUILD, user_id, status });
    Frame::live(&event, Reach::Presence(GUILD, user_id), 0).expect("small")
}

fn ack() -> Frame {
    let event = Event::HeartbeatAck(HeartbeatAck { s: 0, access_rev: 1, server_time_unix: Timestamp::MIN });
    Frame::live(&event, Reach::Connection, 0).expect("small")
}

fn ignore(_: EventKind, _: DropReason) {}

/// A mailbox with a transport, and what was dropped.
struct Bench {
    mailbox: Mailbox,
    wire: Wire,
    peer: Peer,
    dropped: Vec<DropReason>,
    /// Where the relay stands.
    position: filament_core::Seq,
}

impl Bench {
    fn new() -> Self {
        Self::in_mode(Mode::Plain)
    }

    fn in_mode(mode: Mode) -> Self {
        let (wire, peer) = match mode {
            Mode::Plain | Mode::Batch { .. } => Wire::pair(),
            Mode::Stream => Wire::stream_pair(),
        };
        let mailbox = Mailbox::new(mode, USER, Place::after(0));
        Self { mailbox, wire, peer, dropped: Vec::new(), position: 0 }
    }

    fn put(&mut self, frame: Frame) -> Put {
        self.mailbox.put(frame, &BOUNDS)
    }

    fn put_all(&mut self, frames: impl IntoIterator<Item = Frame>) {
        for frame in frames {
            assert!(matches!(self.put(frame), Put::Fresh | Put::Behind));
        }
    }

    fn put_ephemeral(&mut self, frame: Frame) -> Put {
        let dropped = &mut self.dropped;
        self.mailbox.put_ephemeral(frame, &mut |_, reason| dropped.push(reason))
    }

    fn purge(&mut self, may_have: impl FnMut(&Reach) -> bool) {
        let dropped = &mut self.dropped;
        self.mailbox.purge(may_have, &mut |_, reason| dropped.push(reason));
    }

    fn close(&mut self, code: CloseCode, ms: u64) -> Put {
        let farewell = self.wire.closing(code, None);
        let dropped = &mut self.dropped;
        let keep = code == CloseCode::GoingAway;
        self.mailbox.begin_close(farewell, keep, false, at(ms), &mut |_, reason| dropped.push(reason))
    }

    fn flush_at(&mut self, ms: u64) -> Flushed {
        let flushed = self.mailbox.flush(
            &self.wire,
            &mut Writing {
                bounds: &BOUNDS,
                cursors: &ReadableCursors::default(),
                position: self.position,
                now: at(ms),
                tally: &mut Tally::default(),
            },
        );
        self.mailbox.check_invariants(&BOUNDS);
        flushed
    }

    /// What the messages say that were received, controls apart.
    fn told(&self) -> Vec<Told> {
        self.received().iter().map(|text| Told::read(text)).collect()
    }

    fn flush(&mut self) -> Flushed {
        self.flush_at(0)
    }

    fn received(&self) -> Vec<String> {
        let text = |received| match received {
            Received::Text(text) => text,
            Received::Ping => "ping".to_owned(),
            Received::Pong(payload) => format!("pong {payload:?}"),
            Received::Close(code, _) => format!("close {code}"),
        };
        self.peer.take().into_iter().map(text).collect()
    }
}

/// Proves GW-43: 256 frames fit, one more does not; and so for 1,048,576 bytes.
#[test]
fn a_frame_that_does_not_fit_is_refused_and_nothing_else() {
    let mut bench = Bench::new();
    assert_eq!(bench.put(weighing(100)), Put::Fresh);
    for _ in 1..256 {
        assert_eq!(bench.put(weighing(100)), Put::Behind);
    }
    assert_eq!(bench.put(weighing(100)), Put::Overflow);
    assert_eq!(bench.mailbox.depth(), (256, 25_600));

    let mut bench = Bench::new();
    for _ in 0..16 {
        assert_ne!(bench.put(weighing(65_000)), Put::Overflow);
    }
    let left = 1_048_576 - 16 * 65_000;
    assert_eq!(bench.put(weighing(left + 1)), Put::Overflow);
    assert_eq!(bench.put(weighing(left)), Put::Behind);
    assert_eq!(bench.mailbox.depth(), (17, 1_048_576));
}

#[test]
fn everything_that_waits_goes_out_in_order_sixty_four_pieces_a_write() {
    let mut bench = Bench::new();
    let texts: Vec<String> = (0..200).map(|n| format!("message {n}")).collect();
    bench.put_all(texts.iter().map(|one| text(one)));
    assert_eq!(bench.flush(), Flushed::Drained);
    assert_eq!(bench.received(), texts);
    assert_eq!(bench.peer.writes(), 200_usize.div_ceil(SLICES_PER_WRITE_MAX));
    assert_eq!(bench.put(text("later")), Put::Fresh, "a drained mailbox is to be marked again");
}

/// Proves GW-44.
#[test]
fn ephemeral_values_coalesce_by_key_and_the_oldest_key_gives_way() {
    let mut bench = Bench::new();
    assert_eq!(bench.put_ephemeral(presence(1, true)), Put::Fresh);
    assert_eq!(bench.put_ephemeral(presence(2, true)), Put::Behind);
    bench.put_ephemeral(presence(1, false));
    assert_eq!(bench.dropped, [DropReason::Coalesced]);
    for n in 3..=257 {
        bench.put_ephemeral(presence(n, true));
    }
    assert_eq!(bench.dropped[1..], [DropReason::FullQueue], "the 257th key takes the place of the first");
    bench.put(text("durable"));
    assert_eq!(bench.flush(), Flushed::Drained);
    let received = bench.received();
    assert_eq!(received.len(), EPHEMERAL_KEYS_MAX + 1);
    assert_eq!(received[0], "durable", "the queue goes before the lane");
    assert!(received[1].contains(&UserId::from_u128(2).to_string()), "then by age of the keys");
    assert_eq!(bench.mailbox.depth(), (0, 0), "the lane counts in no bound of the queue");
}

/// Proves DEL-2.
#[test]
fn what_may_no_longer_be_had_is_removed_from_queue_and_lane() {
    let mut bench = Bench::new();
    bench.put(in_channel(1, "one"));
    bench.put(in_channel(2, "two"));
    bench.put(ack());
    bench.put(in_channel(1, "three"));
    bench.put_ephemeral(presence(1, true));
    bench.purge(|reach| !matches!(reach, Reach::Presence(..)) && reach.channel_id() != Some(ChannelId::from_u128(1)));
    assert_eq!(bench.dropped, [DropReason::Revoked; 3]);
    assert_eq!(bench.flush(), Flushed::Drained);
    let received = bench.received();
    assert_eq!(received[0], "two");
    assert!(received[1].contains(r#""s":1,"#), "removed frames take no number: {}", received[1]);
    assert_eq!(received.len(), 2);
}

/// Proves ACT-2 while frames wait, in queue and hold: actors are withheld where they may not be known any more, and nothing is lost.
#[test]
fn actors_that_may_not_be_known_any_more_are_withheld_from_what_waits() {
    let named = |n: u128, name: &str| in_channel(n, &format!("{name} by an actor")).naming(in_channel(n, name));
    for mode in [Mode::Plain, Mode::Batch { resume: true }, Mode::Stream] {
        let mut bench = Bench::in_mode(mode);
        if !mode.is_plain() {
            bench.mailbox.hold();
        }
        bench.put_all([named(1, "one"), in_channel(1, "two"), named(2, "three"), named(1, "four")]);
        bench.mailbox.withhold_actors(|reach| reach.channel_id() != Some(ChannelId::from_u128(1)));
        bench.mailbox.check_invariants(&BOUNDS);
        bench.mailbox.withhold_actors(|_| true);
        bench.mailbox.release();
        bench.mailbox.check_invariants(&BOUNDS);
        assert_eq!(bench.flush(), Flushed::Drained);
        let received: Vec<String> = bench.received().iter().flat_map(|text| Told::read(text).events).collect();
        assert_eq!(received, ["one", "two", "three by an actor", "four"], "{mode:?}");
        assert_eq!(bench.mailbox.depth(), (0, 0));
        assert!(bench.dropped.is_empty());
    }
}

#[test]
fn a_frame_partly_written_is_finished_whatever_happens() {
    let mut bench = Bench::new();
    bench.put(in_channel(1, "begun"));
    bench.put(in_channel(1, "waiting"));
    bench.put_ephemeral(presence(1, true));
    bench.peer.allow(3);
    assert_eq!(bench.flush(), Flushed::Blocked);
    bench.purge(|_| false);
    assert_eq!(bench.mailbox.depth().0, 1);
    assert_eq!(bench.close(CloseCode::SlowConsumer, 0), Put::Behind, "a blocked mailbox is marked already");
    bench.peer.resume();
    assert_eq!(bench.flush(), Flushed::Drained);
    assert_eq!(bench.received(), ["begun", "close 4008"]);
    assert_eq!(bench.dropped, [DropReason::Revoked; 2]);
}

/// Proves the queue half of contract §6.5: 1001 lets what waits go first, every other code drops it.
#[test]
fn only_going_away_lets_what_waits_go_first() {
    for (code, expected) in
        [(CloseCode::GoingAway, vec!["one", "two", "close 1001"]), (CloseCode::TokenExpired, vec!["close 4001"])]
    {
        let mut bench = Bench::new();
        bench.put(text("one"));
        bench.put(text("two"));
        bench.close(code, 0);
        assert_eq!(bench.put(text("late")), Put::Closed);
        assert_eq!(bench.put_ephemeral(presence(1, true)), Put::Closed);
        assert_eq!(bench.mailbox.put_control(Bytes::new()), Put::Closed);
        assert_eq!(bench.close(CloseCode::InternalError, 0), Put::Closed, "the first cause wins");
        assert_eq!(bench.flush(), Flushed::Drained);
        assert_eq!(bench.received(), expected);
    }
}

/// Proves GW-35: 1,000 ms to take the close frame, 2,000 ms to answer it.
#[test]
fn closes_that_are_not_taken_or_not_answered_end_in_a_reset() {
    let mut bench = Bench::new();
    bench.peer.stall();
    bench.close(CloseCode::TokenExpired, 5_000);
    assert_eq!(bench.flush_at(5_000), Flushed::Blocked);
    assert_eq!(bench.mailbox.end_overdue(at(5_999), &mut ignore), None);
    assert_eq!(bench.mailbox.end_overdue(at(6_000), &mut ignore), Some(Ending::Reset));
    assert!(bench.mailbox.is_ended());

    let mut bench = Bench::new();
    bench.close(CloseCode::TokenExpired, 5_000);
    assert_eq!(bench.flush_at(5_010), Flushed::Drained);
    assert_eq!(bench.mailbox.end_overdue(at(7_009), &mut ignore), None);
    assert_eq!(bench.mailbox.end_overdue(at(7_010), &mut ignore), Some(Ending::Reset));

    let mut bench = Bench::new();
    bench.close(CloseCode::TokenExpired, 5_000);
    bench.flush_at(5_010);
    assert_eq!(bench.mailbox.peer_closed(), Some(Ending::Finish), "an answered close ends in good order");
    assert_eq!(bench.mailbox.peer_gone(&mut ignore), None, "an end is told once");
}

#[test]
fn a_peer_that_closed_first_is_answered_and_not_waited_for() {
    let mut bench = Bench::new();
    bench.put(text("dropped"));
    let farewell = bench.wire.closing(CloseCode::Normal, None);
    bench.mailbox.begin_close(farewell, false, true, at(0), &mut ignore);
    assert_eq!(bench.flush(), Flushed::Ended(Ending::Finish));
    assert_eq!(bench.received(), ["close 1000"]);

    // Both close at the same time: the server's close is not taken yet when the peer's arrives.
    let mut bench = Bench::new();
    bench.peer.stall();
    bench.close(CloseCode::TokenExpired, 0);
    assert_eq!(bench.flush(), Flushed::Blocked);
    assert_eq!(bench.mailbox.peer_closed(), None);
    bench.peer.resume();
    assert_eq!(bench.flush(), Flushed::Ended(Ending::Finish));
}

/// Every sequence of four things that concern the end: one close frame at most, and one end.
#[test]
fn row_07_a_close_frame_is_sent_once_whatever_happens() {
    const CAUSES: usize = 8;
    for number in 0..CAUSES.pow(4) {
        let mut bench = Bench::new();
        let mut ends = 0;
        for place in 0..4_u32 {
            let now_ms = u64::from(place) * 1_600;
            let ending = match number / CAUSES.pow(place) % CAUSES {
                0 => {
                    bench.close(CloseCode::TokenExpired, now_ms);
                    None
                }
                1 => {
                    bench.close(CloseCode::GoingAway, now_ms);
                    None
                }
                2 => {
                    let answer = bench.wire.close_answer(Some(1000));
                    bench.mailbox.begin_close(answer, false, true, at(now_ms), &mut ignore);
                    None
                }
                3 => bench.mailbox.peer_closed(),
                4 => bench.mailbox.peer_gone(&mut ignore),
                5 => bench.mailbox.end_overdue(at(now_ms), &mut ignore),
                6 => {
                    bench.put(text("event"));
                    None
                }
                _ => match bench.flush_at(now_ms) {
                    Flushed::Ended(ending) => Some(ending),
                    Flushed::Drained | Flushed::Blocked | Flushed::Failed => None,
                },
            };
            ends += usize::from(ending.is_some());
        }
        let farewells = bench.received().iter().filter(|text| text.starts_with("close")).count();
        assert!(farewells <= 1 && ends <= 1, "sequence {number}: {farewells} close frames, {ends} ends");
    }
}

#[test]
fn a_failed_transport_and_a_gone_peer_end_at_once() {
    let mut bench = Bench::new();
    bench.put(text("one"));
    bench.peer.cut();
    assert_eq!(bench.flush(), Flushed::Failed);
    assert_eq!(bench.mailbox.peer_gone(&mut ignore), Some(Ending::Finish));
    assert!(bench.mailbox.is_ended() && bench.mailbox.is_empty());
}

/// Proves contract §6.5, 4008: no write progress for 10 s, counted from the last byte the peer took.
#[test]
fn a_peer_that_takes_nothing_for_ten_seconds_is_stalled() {
    let mut bench = Bench::new();
    bench.peer.stall();
    bench.put(text("one"));
    assert!(!bench.mailbox.is_stalled(at(60_000)), "idle for a minute is not stalled");
    assert_eq!(bench.flush_at(60_000), Flushed::Blocked);
    assert!(!bench.mailbox.is_stalled(at(69_999)) && bench.mailbox.is_stalled(at(70_000)));
    bench.peer.allow(1);
    assert_eq!(bench.flush_at(69_000), Flushed::Blocked);
    assert!(!bench.mailbox.is_stalled(at(78_999)) && bench.mailbox.is_stalled(at(79_000)));
    assert_eq!(bench.flush_at(75_000), Flushed::Blocked);
    assert!(bench.mailbox.is_stalled(at(79_000)), "trying is no progress");
    bench.peer.resume();
    assert_eq!(bench.flush_at(79_000), Flushed::Drained);
    assert!(!bench.mailbox.is_stalled(at(99_000)));
}

/// Proves GW-46 and GW-47: numbers are dense, in the order of writing, and given when written.
#[test]
fn heartbeat_acks_carry_the_number_of_their_frame() {
    let mut bench = Bench::new();
    let numbers = |received: &[String]| -> Vec<u64> {
        let number = |text: &String| match decode_event(text.as_bytes()) {
            Ok(filament_protocol::Received::Event(Event::HeartbeatAck(ack))) => Some(ack.s),
            _ => None,
        };
        received.iter().filter_map(number).collect()
    };
    bench.put(text("ready"));
    bench.put(ack());
    bench.put(text("two"));
    bench.put(in_channel(1, "never written"));
    bench.put(ack());
    bench.mailbox.put_control(Bytes::from_static(&[0x89, 0]));
    bench.put(ack());
    bench.peer.stall();
    assert_eq!(bench.flush(), Flushed::Blocked);
    bench.purge(|reach| reach.channel_id().is_none());
    bench.peer.resume();
    assert_eq!(bench.flush(), Flushed::Drained);
    assert_eq!(numbers(&bench.received()), [1, 3, 4]);
    // Partly written, an ack keeps the number it began with, and the next one follows it.
    bench.put(ack());
    bench.peer.allow(40);
    assert_eq!(bench.flush(), Flushed::Blocked);
    bench.put(ack());
    bench.peer.resume();
    assert_eq!(bench.flush(), Flushed::Drained);
    assert_eq!(numbers(&bench.received()), [5, 6]);
}

#[test]
fn control_bytes_keep_their_place_and_are_bounded() {
    let mut bench = Bench::new();
    bench.put(text("one"));
    for n in 0..10 {
        bench.mailbox.put_control(Bytes::from(vec![0x8A, 1, n]));
    }
    bench.put(text("two"));
    assert_eq!(bench.flush(), Flushed::Drained);
    assert_eq!(bench.received(), ["one", "pong [0]", "pong [1]", "pong [2]", "pong [9]", "two"]);
}

/// Proves GW-26: the read side waits while more than 128 frames are queued, and is woken when they are not.
#[test]
fn the_read_side_waits_for_room() {
    #[derive(Default)]
    struct Count(AtomicUsize);
    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let count = Arc::new(Count::default());
    let waker = Waker::from(Arc::clone(&count));
    let mut bench = Bench::new();
    bench.put_all((0..128).map(|_| weighing(100)));
    assert!(bench.mailbox.poll_room(&BOUNDS, &waker));
    bench.put(weighing(100));
    assert!(!bench.mailbox.poll_room(&BOUNDS, &waker));
    bench.peer.allow(50);
    assert_eq!(bench.flush(), Flushed::Blocked);
    assert_eq!(count.0.load(Ordering::Relaxed), 0, "half a frame makes no room");
    bench.peer.allow(50);
    assert_eq!(bench.flush(), Flushed::Blocked);
    assert_eq!(count.0.load(Ordering::Relaxed), 1);
    assert!(bench.mailbox.poll_room(&BOUNDS, &waker));

    bench.put_all((0..9).map(|_| weighing(65_000)));
    assert!(!bench.mailbox.poll_room(&BOUNDS, &waker), "bytes count as well");
    bench.close(CloseCode::TokenExpired, 0);
    assert_eq!(count.0.load(Ordering::Relaxed), 2, "a close wakes the read side");
    assert!(bench.mailbox.poll_room(&BOUNDS, &waker));
}

#[test]
fn an_idle_mailbox_owns_no_heap_after_two_sweeps() {
    let mut bench = Bench::new();
    assert_eq!(bench.mailbox.queue.heap_capacity(), 0);
    bench.put(text("one"));
    bench.put_ephemeral(presence(1, true));
    bench.mailbox.trim();
    bench.mailbox.trim();
    assert!(!bench.mailbox.is_empty(), "what waits is not given up");
    bench.flush();
    bench.put_all([text("two"), text("three")]);
    bench.flush();
    bench.mailbox.trim();
    assert!(bench.mailbox.queue.heap_capacity() > 0, "a mailbox in use keeps its buffer");
    bench.mailbox.trim();
    assert_eq!(bench.mailbox.queue.heap_capacity(), 0);
    assert!(bench.mailbox.lane.is_none());
}

#[test]
fn what_a_burst_needed_is_given_back_once_it_is_written() {
    let mut bench = Bench::new();
    for (users, is_kept) in [(LANE_KEYS_KEPT / 2, true), (157, false)] {
        for user in 0..users {
            bench.put_ephemeral(presence(user as u128, true));
        }
        let room = bench.mailbox.lane.as_ref().map_or(0, |lane| lane.room());
        assert!((users..=users * 3 / 2 + LANE_KEYS_KEPT).contains(&room), "room for {room} where {users} wait");
        bench.flush();
        assert_eq!(bench.received().len(), users);
        assert_eq!(bench.mailbox.lane.is_some(), is_kept);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However the transport cuts the bytes, the peer reads whole frames, all of them, in order.
    #[test]
    fn torn_writes_make_whole_frames(
        weights in vec(10..3_000_usize, 1..100),
        rooms in vec(0..5_000_usize, 0..100),
    ) {
        let mut bench = Bench::new();
        let texts: Vec<String> = weights.iter().map(|weight| "y".repeat(*weight)).collect();
        for one in &texts {
            prop_assert_ne!(bench.put(text(one)), Put::Overflow);
        }
        for room in rooms {
            bench.peer.allow(room);
            bench.flush();
        }
        bench.peer.resume();
        prop_assert_eq!(bench.flush(), Flushed::Drained);
        prop_assert_eq!(bench.received(), texts);
    }
}
