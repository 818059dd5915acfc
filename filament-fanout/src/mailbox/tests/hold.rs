//! The hold: a replay goes before everything that happens meanwhile (RES-12).

use super::*;
use crate::limits::REPLAY_FRAMES_WAITING_MAX;

const RESUME: Mode = Mode::Batch { resume: true };

fn held(mode: Mode) -> Bench {
    let mut bench = Bench::in_mode(mode);
    bench.position = 100;
    bench.put(text("ready"));
    bench.mailbox.hold();
    bench.flush();
    bench.received();
    bench
}

fn replay(bench: &mut Bench, seqs: impl IntoIterator<Item = u64>) {
    for seq in seqs {
        bench.mailbox.put_replay(journalled(&format!("replay{seq}"), 1, Place::after(seq)));
    }
}

#[test]
fn what_happens_meanwhile_waits_behind_the_replay() {
    for mode in [RESUME, Mode::Stream] {
        let mut bench = held(mode);
        assert_eq!(bench.put(journalled("live101", 1, Place::after(101))), Put::Behind);
        assert_eq!(bench.put_ephemeral(presence(1, true)), Put::Behind);
        bench.position = 101;
        assert_eq!(bench.flush(), Flushed::Drained);
        assert_eq!(bench.received(), [""; 0]);

        replay(&mut bench, [40, 41]);
        bench.mailbox.put_control(bench.wire.ping().expect("a ping"));
        assert_eq!(bench.flush(), Flushed::Drained);
        let mut received = bench.received();
        let ping = received.iter().position(|text| text == "ping").expect("controls are not held");
        received.remove(ping);
        let told: Vec<_> = received.iter().map(|text| Told::read(text)).collect();
        assert_eq!(told.iter().flat_map(|told| &told.events).collect::<Vec<_>>(), ["replay40", "replay41"]);
        assert_eq!(place_of(told.last().expect("some")), Place::after(41), "not past what is not replayed yet");

        bench.mailbox.trim();
        bench.mailbox.trim();
        replay(&mut bench, [100]);
        assert_eq!(bench.mailbox.release(), Put::Behind);
        bench.put(journalled("live102", 1, Place::after(102)));
        bench.flush();
        let told = bench.told();
        let events: Vec<_> = told.iter().flat_map(|told| told.events.clone()).collect();
        assert_eq!(events[..3], ["replay100", "live101", "live102"]);
        assert!(events[3].contains("online"), "the lane waited too");
        let last = told.iter().rev().find(|told| told.cursor.is_some()).expect("a cursor");
        assert_eq!(place_of(last), Place::after(102));
    }
}

#[test]
fn a_release_of_nothing_marks_nothing_and_one_of_something_does() {
    let mut bench = held(RESUME);
    assert_eq!(bench.mailbox.release(), Put::Behind);
    assert_eq!(bench.mailbox.release(), Put::Behind, "it was released");
    bench.mailbox.hold();
    bench.put(text("live"));
    assert_eq!(bench.mailbox.release(), Put::Fresh);
    assert_eq!(bench.flush(), Flushed::Drained);
    assert_eq!(bench.told()[0].events, ["live"]);
}

/// Proves GW-43 for a connection that is being resumed.
#[test]
fn what_is_held_is_bounded_and_the_replay_has_room_of_its_own() {
    let mut bench = held(RESUME);
    for _ in 0..256 {
        assert_eq!(bench.put(text("live")), Put::Behind);
    }
    assert_eq!(bench.put(text("live")), Put::Overflow);
    assert!(bench.mailbox.poll_replay_room(Waker::noop()));
    replay(&mut bench, (1..).take(REPLAY_FRAMES_WAITING_MAX));
    assert!(!bench.mailbox.poll_replay_room(Waker::noop()));
    bench.mailbox.check_invariants(&BOUNDS);
    bench.flush();
    assert!(bench.mailbox.poll_replay_room(Waker::noop()));
    let mut bench = held(RESUME);
    for _ in 0..16 {
        assert_eq!(bench.put(weighing(65_000)), Put::Behind);
    }
    assert_eq!(bench.put(weighing(9_000)), Put::Overflow);
}

#[test]
fn who_replays_is_woken_by_room_and_by_the_end() {
    struct Count(AtomicUsize);
    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let count = Arc::new(Count(AtomicUsize::new(0)));
    let waker = Waker::from(Arc::clone(&count));
    let mut bench = held(RESUME);
    bench.peer.stall();
    replay(&mut bench, (1..).take(REPLAY_FRAMES_WAITING_MAX));
    assert!(!bench.mailbox.poll_replay_room(&waker));
    assert_eq!(bench.flush(), Flushed::Blocked);
    assert_eq!(count.0.load(Ordering::Relaxed), 0);
    bench.peer.resume();
    bench.flush();
    assert_eq!(count.0.load(Ordering::Relaxed), 1);
    bench.peer.stall();
    replay(&mut bench, (1_000..).take(REPLAY_FRAMES_WAITING_MAX));
    assert!(!bench.mailbox.poll_replay_room(&waker));
    bench.close(CloseCode::TokenExpired, 0);
    assert_eq!(count.0.load(Ordering::Relaxed), 2);
    assert!(bench.mailbox.poll_replay_room(&waker), "a closed connection makes nobody wait");
    assert_eq!(bench.mailbox.put_replay(text("late")), Put::Closed);
}

/// Proves DEL-2 for what is held, and that a close drops it whatever its code: it was never to come before the rest.
#[test]
fn purges_and_closes_reach_what_is_held() {
    let mut bench = held(RESUME);
    bench.peer.stall();
    bench.put(in_channel(1, "held"));
    bench.put(in_channel(2, "held too"));
    replay(&mut bench, [1]);
    bench.purge(|reach| reach.channel_id() != Some(ChannelId::from_u128(1)));
    assert_eq!(bench.dropped, [DropReason::Revoked; 2]);
    bench.mailbox.check_invariants(&BOUNDS);
    bench.mailbox.put_replay(journalled("replayed", 2, Place::after(2)));
    bench.close(CloseCode::GoingAway, 0);
    assert_eq!(bench.dropped[2..], [DropReason::Closed]);
    bench.peer.resume();
    bench.flush();
    let received = bench.received();
    assert_eq!(received.len(), 2);
    let told = Told::read(&received[0]);
    assert_eq!((told.events.as_slice(), place_of(&told)), (&["replayed".to_owned()][..], Place::after(2)));
    assert_eq!(received[1], "close 1001");
}
