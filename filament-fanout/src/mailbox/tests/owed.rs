//! Cursors while an update of access is owed (RES-12).

use filament_protocol::EventKind;

use super::*;

const RESUME: Mode = Mode::Batch { resume: true };

/// An update of access, which no entry of the journal holds.
fn update(bytes: usize) -> Frame {
    let update = vec![b'u'; bytes];
    Frame::sealed(EventKind::WorkspaceAccessUpdate, Reach::Guild(GUILD), &update, 0, Place::default())
}

/// What the newest cursor says of events and of access.
fn newest(bench: &Bench) -> (Place, u64) {
    let told = bench.told();
    let Reached { place, access } = reached(told.iter().rev().find(|told| told.cursor.is_some()).expect("a cursor"));
    (place, access)
}

fn greeted(mode: Mode) -> Bench {
    let mut bench = Bench::in_mode(mode);
    bench.put(text("ready"));
    bench.flush();
    bench.received();
    bench
}

fn apply(bench: &mut Bench, seq: u64) {
    bench.put(journalled("event", 1, Place::after(seq)));
    bench.position = seq;
}

/// Proves RES-12: a change of access counts as told when its update was written, not when its events were.
#[test]
fn a_cursor_does_not_pass_access_that_is_not_told() {
    for mode in [RESUME, Mode::Stream] {
        let mut bench = greeted(mode);
        apply(&mut bench, 6);
        bench.flush();
        assert_eq!(newest(&bench), (Place::after(6), 6), "nothing is owed");
        bench.mailbox.owe_access(7);
        apply(&mut bench, 7);
        bench.flush();
        assert_eq!(newest(&bench), (Place::after(7), 6));
        bench.mailbox.owe_access(8);
        apply(&mut bench, 8);
        bench.put(update(10));
        bench.flush();
        assert_eq!(newest(&bench), (Place::after(8), 6), "there may be others");
        bench.mailbox.put_all_access();
        bench.put(text("anything"));
        bench.flush();
        assert_eq!(newest(&bench), (Place::after(8), 8));
        apply(&mut bench, 9);
        bench.flush();
        assert_eq!(newest(&bench), (Place::after(9), 9), "it is forgotten");
    }
}

#[test]
fn an_update_that_waits_behind_a_batch_is_not_told_with_it() {
    let mut bench = greeted(RESUME);
    bench.mailbox.owe_access(1);
    apply(&mut bench, 1);
    bench.put_all([update(60_000), update(60_000)]);
    bench.mailbox.put_all_access();
    bench.flush();
    let said: Vec<_> = bench.told().iter().map(reached).map(|reached| (reached.place, reached.access)).collect();
    assert_eq!(said, [(Place::after(1), 0), (Place::after(1), 1)], "the first is full without the second update");
}

#[test]
fn a_change_while_updates_wait_is_owed_too() {
    let mut bench = greeted(RESUME);
    bench.mailbox.owe_access(1);
    bench.put(update(10));
    bench.mailbox.put_all_access();
    bench.mailbox.owe_access(5);
    apply(&mut bench, 5);
    bench.flush();
    assert_eq!(newest(&bench), (Place::after(5), 0), "further back than it need be, never too far");
    bench.put(update(10));
    bench.mailbox.put_all_access();
    bench.flush();
    assert_eq!(newest(&bench), (Place::after(5), 5));
}

/// What a purge takes out is not for the receiver (DEL-5), and so not owed.
#[test]
fn a_purged_update_is_not_owed() {
    let mut bench = greeted(RESUME);
    bench.mailbox.owe_access(1);
    bench.position = 1;
    bench.put_all([update(10), text("other")]);
    bench.mailbox.put_all_access();
    bench.purge(|reach| !matches!(reach, Reach::Guild(_)));
    bench.flush();
    assert_eq!(newest(&bench), (Place::after(1), 1));
}

#[test]
fn who_is_resumed_is_owed_what_was_owed_until_it_is_put() {
    let mut bench = Bench::in_mode(RESUME);
    bench.position = 20;
    bench.mailbox.hold();
    bench.mailbox.start_at(Reached { place: Place::after(10), access: 4 });
    bench.put(text("ready"));
    bench.mailbox.put_replay(text("ready"));
    bench.mailbox.put_replay(journalled("replayed", 1, Place::after(12)));
    bench.mailbox.put_all_access();
    bench.flush();
    assert_eq!(newest(&bench), (Place::after(12), 4), "not before the hold is over");
    bench.mailbox.put_replay(update(10));
    bench.mailbox.release();
    bench.flush();
    assert_eq!(newest(&bench), (Place::after(20), 20));
}

#[test]
fn what_is_put_into_a_closing_mailbox_stays_owed() {
    let mut bench = greeted(RESUME);
    bench.peer.stall();
    bench.mailbox.owe_access(1);
    apply(&mut bench, 1);
    bench.flush();
    bench.close(CloseCode::GoingAway, 0);
    assert_eq!(bench.put(update(10)), Put::Closed);
    bench.mailbox.put_all_access();
    bench.peer.resume();
    bench.flush();
    let received = bench.received();
    assert_eq!(reached(&Told::read(&received[0])), Reached { place: Place::after(1), access: 0 });
}
