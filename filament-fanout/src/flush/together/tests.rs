//! Connections written together are told the same as connections written one by one.

use std::{
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use filament_core::Place;
use filament_protocol::{
    CloseCode, Event, EventKind, GuildId, Timestamp, UserId,
    event::{HeartbeatAck, PresenceStatus, PresenceUpdate},
};
use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{
    clock::Now,
    config::Bounds,
    frame::Reach,
    mode::Mode,
    observe::Tally,
    testing::{Peer, ReadableCursors, Received, Wire},
};

const BOUNDS: Bounds = Bounds { frames: 256, bytes: 1_048_576, input_frames: 128, input_bytes: 524_288 };
const NOW: Now = Now { us: 0, wall: Timestamp::MIN };
const USER: UserId = UserId::from_u128(8);
const GUILD: GuildId = GuildId::from_u128(7);
/// More than two groups.
const CONNECTIONS: usize = 40;
const DEADLINE: Duration = Duration::from_secs(10);

fn text(text: &str) -> Frame {
    Frame::sealed(EventKind::MessageCreate, Reach::Connection, text.as_bytes(), 0, Place::after(1))
}

fn ack() -> Frame {
    let event = Event::HeartbeatAck(HeartbeatAck { s: 0, access_rev: 1, server_time_unix: Timestamp::MIN });
    Frame::live(&event, Reach::Connection, 0).expect("small")
}

fn presence(n: u8) -> Frame {
    let user_id = UserId::from_u128(u128::from(n));
    let event = Event::PresenceUpdate(PresenceUpdate { guild_id: GUILD, user_id, status: PresenceStatus::Online });
    Frame::live(&event, Reach::Presence(GUILD, user_id), 0).expect("small")
}

/// Connections, each with its peer. Of ten, one gets batches.
struct Crowd {
    links: Vec<Arc<Link<Wire>>>,
    peers: Vec<Peer>,
}

impl Crowd {
    fn new(connections: usize) -> Self {
        let (links, peers) = (0..connections)
            .map(|nth| {
                let mode = if nth % 10 == 7 { Mode::Batch { resume: false } } else { Mode::Plain };
                let (wire, peer) = Wire::pair();
                let mailbox = Mailbox::new(mode, USER, Place::after(0));
                (Link::new(wire, u32::try_from(nth).expect("few"), 0, mode, mailbox, NOW), peer)
            })
            .unzip();
        Self { links, peers }
    }

    fn put(&self, frame: &Frame, is_meant: impl Fn(usize) -> bool) {
        for (_, link) in self.links.iter().enumerate().filter(|(nth, _)| is_meant(*nth)) {
            link.lock().put(frame.clone(), &BOUNDS);
        }
    }

    /// What every peer heard, and how much of a message that is not complete.
    fn heard(&self) -> Vec<(Vec<Received>, usize)> {
        self.peers.iter().map(|peer| (peer.take(), peer.unread())).collect()
    }

    fn writes(&self) -> usize {
        self.peers.iter().map(Peer::writes).sum()
    }

    fn flush(&self, together: &mut Together) -> Vec<Flushed> {
        let mut became = vec![None; self.links.len()];
        self.writing(|writing| {
            for some in self.links.chunks(FLUSHES_TOGETHER_MAX) {
                together.flush(some, writing, |link, flushed| {
                    let before = became[link.key as usize].replace(flushed);
                    assert!(before.is_none(), "each is told once");
                });
            }
        });
        became.into_iter().map(|flushed| flushed.expect("each is told")).collect()
    }

    fn flush_one_by_one(&self) -> Vec<Flushed> {
        self.writing(|writing| self.links.iter().map(|link| link.lock().flush(&link.transport, writing)).collect())
    }

    fn writing<R>(&self, run: impl FnOnce(&mut Writing<'_>) -> R) -> R {
        let (cursors, mut tally) = (ReadableCursors::default(), Tally::default());
        let outcome =
            run(&mut Writing { bounds: &BOUNDS, cursors: &cursors, position: 1, now: NOW, tally: &mut tally });
        self.links.iter().for_each(|link| link.lock().check_invariants(&BOUNDS));
        outcome
    }
}

/// Something that happens to both crowds alike.
#[derive(Clone, Debug)]
enum Op {
    /// Every connection whose number is not among the excepted gets a frame.
    Put(Vec<usize>),
    Ack(usize),
    Presence(usize, u8),
    Ping(usize),
    Close(usize),
    Allow(usize, usize),
    Resume(usize),
    Cut(usize),
    Flush,
}

fn op() -> impl Strategy<Value = Op> {
    let connection = || 0..CONNECTIONS;
    prop_oneof![
        8 => vec(connection(), 0..3).prop_map(Op::Put),
        1 => connection().prop_map(Op::Ack),
        1 => (connection(), 0..3_u8).prop_map(|(nth, user)| Op::Presence(nth, user)),
        1 => connection().prop_map(Op::Ping),
        1 => connection().prop_map(Op::Close),
        1 => (connection(), 0..60_usize).prop_map(|(nth, bytes)| Op::Allow(nth, bytes)),
        1 => connection().prop_map(Op::Resume),
        1 => connection().prop_map(Op::Cut),
        3 => Just(Op::Flush),
    ]
}

fn happen(crowd: &Crowd, op: &Op, frame: &Frame) {
    match op {
        Op::Put(excepted) => crowd.put(frame, |nth| !excepted.contains(&nth)),
        Op::Ack(nth) => crowd.put(frame, |one| one == *nth),
        Op::Presence(nth, user) => drop(crowd.links[*nth].lock().put_ephemeral(presence(*user), &mut |_, _| {})),
        Op::Ping(nth) => {
            let link = &crowd.links[*nth];
            link.lock().put_control(link.transport.ping().expect("a WebSocket has one"));
        }
        Op::Close(nth) => {
            let link = &crowd.links[*nth];
            let farewell = link.transport.closing(CloseCode::GoingAway, None);
            link.lock().begin_close(farewell, true, false, NOW, &mut |_, _| {});
        }
        Op::Allow(nth, bytes) => crowd.peers[*nth].allow(*bytes),
        Op::Resume(nth) => crowd.peers[*nth].resume(),
        Op::Cut(nth) => crowd.peers[*nth].cut(),
        Op::Flush => {}
    }
}

proptest! {
    /// Proves ORD-1 for connections written together: whatever waits, stalls and breaks, every peer gets the bytes that it gets from a
    /// flush of its own, and each flush ends as that one does.
    #[test]
    fn written_together_as_one_by_one(ops in vec(op(), 1..60)) {
        let (together, alone) = (Crowd::new(CONNECTIONS), Crowd::new(CONNECTIONS));
        let mut remembered = Together::default();
        for (step, op) in ops.iter().chain([&Op::Flush]).enumerate() {
            let frame = if matches!(op, Op::Ack(_)) { ack() } else { text(&format!("message {step}")) };
            happen(&together, op, &frame);
            happen(&alone, op, &frame);
            if matches!(op, Op::Flush) {
                prop_assert_eq!(together.flush(&mut remembered), alone.flush_one_by_one());
                prop_assert_eq!(together.heard(), alone.heard());
                prop_assert_eq!(together.writes(), alone.writes());
            }
        }
    }
}

/// What a hundred connections wait for is laid one behind the other once, and forgotten when asked.
#[test]
fn a_burst_for_many_is_joined_once() {
    let crowd = Crowd::new(100);
    for n in 0..16 {
        crowd.put(&text(&format!("message {n}")), |_| true);
    }
    let mut together = Together::default();
    crowd.flush(&mut together);
    assert_eq!(together.frames.len(), 16);
    assert_eq!(together.joined.len(), together.frames.iter().map(Frame::weight).sum::<usize>());
    let told: Vec<_> = (0..16).map(|n| Received::Text(format!("message {n}"))).collect();
    for (_, peer) in crowd.links.iter().zip(&crowd.peers).filter(|(link, _)| link.mode.is_plain()) {
        assert_eq!(peer.writes(), 1, "one system call each");
        assert_eq!(peer.take(), told);
    }
    together.forget();
    assert!(together.frames.is_empty() && together.joined.is_empty(), "no frame is kept");
}

#[test]
fn more_than_fits_is_not_joined() {
    let crowd = Crowd::new(40);
    for _ in 0..2 {
        crowd.put(&text(&"x".repeat(JOINED_BYTES_MAX / 2)), |_| true);
    }
    let mut together = Together::default();
    crowd.flush(&mut together);
    assert!(together.joined.is_empty());
    assert!(crowd.heard().iter().all(|(heard, unread)| !heard.is_empty() && *unread == 0));
}

/// A mailbox that somebody else holds is written later, and nobody else waits for it.
#[test]
fn one_that_is_held_elsewhere_delays_no_other() {
    let crowd = &Crowd::new(3);
    crowd.put(&text("hello"), |_| true);
    let (locked, is_locked) = mpsc::channel();
    let (release, is_released) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            let mailbox = crowd.links[0].lock();
            locked.send(()).expect("awaited");
            is_released.recv().expect("released");
            drop(mailbox);
        });
        is_locked.recv().expect("locked");
        let flushing = scope.spawn(|| {
            crowd.writing(|writing| Together::default().flush(&crowd.links, writing, |_, _| {}));
        });
        let began = Instant::now();
        while crowd.peers[1].writes() == 0 || crowd.peers[2].writes() == 0 {
            assert!(began.elapsed() < DEADLINE, "the others are written");
            thread::yield_now();
        }
        assert_eq!(crowd.peers[0].writes(), 0);
        release.send(()).expect("awaited");
        flushing.join().expect("no panic");
    });
    assert_eq!(crowd.peers[0].writes(), 1);
}
