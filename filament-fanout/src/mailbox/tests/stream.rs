//! Streams: blocks, the cursor before them, pings.

use super::*;

/// Proves the blocks of SSE-2: `retry:`, then each event by itself, with its `id:`.
#[test]
fn each_event_is_a_block_with_an_id() {
    let mut bench = Bench::in_mode(Mode::Stream);
    bench.position = 3;
    bench.put(text_live("ready"));
    bench.flush();
    let received = bench.received();
    assert!(received[0].starts_with("retry: 2000\nid: ") && received[0].ends_with("\ndata: ready\n\n"), "{received:?}");
    assert_eq!(place_of(&Told::read(&received[0])), Place::after(3));

    bench.put_all([
        text_live("live"),
        journalled("4.0!", 1, Place::within(4, 0, 2)),
        text_live("other"),
        journalled("4.1!", 1, Place::within(4, 1, 2)),
    ]);
    bench.put_ephemeral(presence(1, true));
    bench.position = 4;
    bench.flush();
    let told = bench.told();
    assert_eq!(
        told.iter().map(|told| &told.events[0][..4]).collect::<Vec<_>>(),
        ["live", "4.0!", "othe", "4.1!", r#"{"v""#]
    );
    let places: Vec<_> = told.iter().map(place_of).collect();
    let half = Place { seq: 3, part: 1 };
    assert_eq!(places, [Place::after(3), half, half, Place::after(4), Place::after(4)]);
    assert_eq!(bench.peer.writes(), 2, "what waits goes out in one write");

    bench.position = 9;
    bench.put(text_live("live"));
    bench.flush();
    assert_eq!(place_of(&bench.told()[0]), Place::after(9), "the relay's position moved");
}

/// Proves DEL-6 for a quiet stream: the cursor comes with every ping, moved or not.
#[test]
fn a_ping_brings_the_cursor_whether_it_moved_or_not() {
    let mut bench = Bench::in_mode(Mode::Stream);
    bench.put(text_live("ready"));
    bench.flush();
    bench.received();
    for position in [0, 7, 7] {
        bench.position = position;
        bench.mailbox.put_control(bench.wire.ping().expect("a comment"));
        bench.flush();
        let received = bench.received();
        assert_eq!((received.len(), received[0].as_str()), (2, "ping"));
        assert_eq!(Told::read(&received[1]).events, [""; 0]);
        assert_eq!(place_of(&Told::read(&received[1])), Place::after(position));
    }
    bench.position = 8;
    bench.mailbox.put_control(bench.wire.ping().expect("a comment"));
    bench.put(journalled("8", 1, Place::after(8)));
    bench.flush();
    let received = bench.received();
    assert_eq!(received.len(), 3, "the ping, its cursor, the event behind");
    let places: Vec<_> = received[1..].iter().map(|text| place_of(&Told::read(text))).collect();
    assert_eq!(places, [Place::after(7), Place::after(8)]);
}

#[test]
fn the_end_of_a_stream_comes_last_and_moves_no_cursor() {
    let mut bench = Bench::in_mode(Mode::Stream);
    bench.put(text_live("ready"));
    bench.put(journalled("1", 1, Place::after(1)));
    bench.close(CloseCode::GoingAway, 0);
    bench.position = 50;
    bench.flush();
    let received = bench.received();
    assert_eq!(received.len(), 3);
    assert_eq!(place_of(&Told::read(&received[1])), Place::after(1));
    assert_eq!(received[2], "close 1001");
}

/// A frame that is not journalled.
fn text_live(name: &str) -> Frame {
    Frame::unplaced(name.as_bytes())
}
