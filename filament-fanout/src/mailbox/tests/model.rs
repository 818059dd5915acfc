//! Random lives of a mailbox in all three forms, against a list of what is to be heard.

use std::collections::VecDeque;

use filament_core::Seq;

use super::*;

/// One step. Channels are named by a number below [`CHANNELS`].
#[derive(Clone, Debug)]
enum Op {
    /// The next entry of the journal: its events by channel, `None` for one that is for others. Between them, flushes.
    Entry(Vec<Option<u128>>, bool),
    Live,
    Ack,
    Ephemeral(u128),
    Control,
    Purge(u128),
    Allow(usize),
    Stall,
    Resume,
    Flush,
    /// More of what is replayed, while there is some.
    Replay(usize),
    Release,
}

const CHANNELS: u128 = 3;

fn op(with_partial_writes: bool) -> impl Strategy<Value = Op> {
    let allow = move |bytes| if with_partial_writes { Op::Allow(bytes) } else { Op::Flush };
    let event = || prop_oneof![3 => (0..CHANNELS).prop_map(Some), 1 => Just(None)];
    prop_oneof![
        8 => (vec(event(), 0..5), any::<bool>()).prop_map(|(events, flushes)| Op::Entry(events, flushes)),
        2 => Just(Op::Live),
        1 => Just(Op::Ack),
        2 => (0..CHANNELS).prop_map(Op::Ephemeral),
        1 => Just(Op::Control),
        2 => (0..CHANNELS).prop_map(Op::Purge),
        4 => (0..700_usize).prop_map(allow),
        1 => Just(Op::Stall),
        2 => Just(Op::Resume),
        4 => Just(Op::Flush),
        2 => (1..6_usize).prop_map(Op::Replay),
        1 => Just(Op::Release),
    ]
}

fn mode() -> impl Strategy<Value = Mode> {
    prop_oneof![
        Just(Mode::Plain),
        Just(Mode::Batch { resume: false }),
        Just(Mode::Batch { resume: true }),
        Just(Mode::Stream)
    ]
}

/// Something to be heard in the order of the queue.
#[derive(Clone, Debug)]
struct Item {
    text: String,
    channel: Option<u128>,
    place: Option<Place>,
    /// It was purged, when a message had begun that may hold it.
    is_doubtful: bool,
}

struct Model {
    bench: Bench,
    mode: Mode,
    waiting: VecDeque<Item>,
    /// What is put behind the hold.
    held: Vec<Item>,
    is_held: bool,
    to_replay: VecDeque<Item>,
    seq: Seq,
    names: usize,
    heard: Vec<String>,
    journal_heard: Option<Place>,
    cursor: Option<Place>,
    messages: u64,
}

impl Model {
    /// A connection that had its `ready`, and is to be replayed so many entries of one event each.
    fn new(mode: Mode, replayed: u64) -> Self {
        let mut bench = Bench::in_mode(mode);
        bench.position = replayed;
        bench.put(Frame::unplaced(b"ready"));
        let replay = |seq: u64| Item {
            text: format!("replay{seq}"),
            channel: Some(0),
            place: Some(Place::after(seq)),
            is_doubtful: false,
        };
        let is_held = replayed > 0 && !mode.is_plain();
        if is_held {
            bench.mailbox.hold();
        }
        let to_replay = if is_held { (1..=replayed).map(replay).collect() } else { VecDeque::new() };
        let mut model = Self {
            bench,
            mode,
            waiting: VecDeque::from([Item::live("ready")]),
            held: Vec::new(),
            is_held,
            to_replay,
            seq: replayed,
            names: 0,
            heard: Vec::new(),
            journal_heard: None,
            cursor: None,
            messages: 0,
        };
        model.flush();
        model
    }

    fn run(&mut self, op: &Op) {
        match op {
            Op::Entry(events, flushes) => self.entry(events, *flushes),
            Op::Live => {
                self.names += 1;
                let item = Item::live(&format!("live{}", self.names));
                self.put(Frame::unplaced(item.text.as_bytes()), item);
            }
            Op::Ack => self.put(ack(), Item::live("ack")),
            Op::Ephemeral(n) => {
                self.bench.put_ephemeral(presence(*n, true));
            }
            Op::Control => {
                self.bench.mailbox.put_control(self.bench.wire.ping().expect("it has one"));
            }
            Op::Purge(channel) => self.purge(*channel),
            Op::Allow(bytes) => self.bench.peer.allow(*bytes),
            Op::Stall => self.bench.peer.stall(),
            Op::Resume => self.bench.peer.resume(),
            Op::Flush => self.flush(),
            Op::Replay(count) => self.replay(*count),
            Op::Release => {
                if self.is_held {
                    self.replay(usize::MAX);
                    self.bench.mailbox.release();
                    self.is_held = false;
                    self.waiting.extend(self.held.drain(..));
                }
            }
        }
        self.bench.mailbox.check_invariants(&BOUNDS);
    }

    fn entry(&mut self, events: &[Option<u128>], flushes: bool) {
        self.seq += 1;
        for (index, channel) in events.iter().enumerate() {
            let place = Place::within(self.seq, index, events.len());
            if let Some(channel) = channel {
                let name = format!("event{}.{index}", self.seq);
                let frame = journalled(&name, *channel, place);
                self.put(frame, Item { text: name, channel: Some(*channel), place: Some(place), is_doubtful: false });
            }
            if flushes {
                self.flush();
            }
        }
        self.bench.position = self.seq;
    }

    fn put(&mut self, frame: Frame, item: Item) {
        match self.bench.put(frame) {
            Put::Fresh | Put::Behind if self.is_held => self.held.push(item),
            Put::Fresh | Put::Behind => self.waiting.push_back(item),
            Put::Overflow => {}
            Put::Closed => unreachable!("it is open"),
        }
    }

    fn replay(&mut self, count: usize) {
        for _ in 0..count {
            let Some(item) = self.to_replay.pop_front() else { return };
            self.bench.mailbox.put_replay(journalled(&item.text, 0, item.place.expect("journalled")));
            self.waiting.push_back(item);
        }
    }

    fn purge(&mut self, channel: u128) {
        self.read();
        let has_begun = self.bench.peer.unread() > 0;
        self.bench.purge(|reach| reach.channel_id() != Some(ChannelId::from_u128(channel)));
        let is_kept = |item: &mut Item| {
            item.is_doubtful |= has_begun && item.channel == Some(channel);
            item.channel != Some(channel) || has_begun
        };
        self.waiting.retain_mut(is_kept);
        self.held.retain(|item| item.channel != Some(channel));
    }

    fn flush(&mut self) {
        self.bench.flush();
        self.read();
    }

    fn read(&mut self) {
        for text in self.bench.received() {
            if text == "ping" {
                continue;
            }
            self.read_message(&Told::read(&text));
        }
    }

    fn read_message(&mut self, told: &Told) {
        let is_batch = matches!(self.mode, Mode::Batch { .. }) && self.messages > 0;
        assert_eq!(told.s, is_batch.then_some(self.messages), "dense");
        assert!(told.events.len() <= 64);
        self.messages += u64::from(!told.events.is_empty());
        for text in &told.events {
            self.hear(text, told.s);
        }
        // Only the message that had begun may hold what was purged.
        self.waiting.retain(|item| !item.is_doubtful);
        if told.cursor.is_some() {
            self.check_cursor(place_of(told));
        } else {
            assert!(!is_batch || !self.mode.has_cursor(), "every batch has its cursor");
        }
    }

    fn hear(&mut self, text: &str, s: Option<u64>) {
        if text.contains("presence_update") {
            assert!(!self.is_held, "the lane waits too");
            return;
        }
        let text = if text.contains("heartbeat_ack") {
            let number = s.unwrap_or(self.messages - 1);
            let is_right = self.mode == Mode::Stream || text.contains(&format!(r#""s":{number},"#));
            assert!(is_right, "{number}: {text}");
            "ack"
        } else {
            text
        };
        while self.waiting.front().is_some_and(|item| item.is_doubtful && item.text != text) {
            self.waiting.pop_front();
        }
        let item = self.waiting.pop_front().unwrap_or_else(|| panic!("nothing is to be heard, but {text}"));
        assert_eq!(item.text, text, "in order, and nothing that was purged");
        self.journal_heard = self.journal_heard.max(item.place);
        self.heard.push(item.text);
    }

    /// Whoever resumes there is told exactly the rest.
    fn check_cursor(&mut self, cursor: Place) {
        assert!(self.cursor.is_none_or(|last| last <= cursor), "never back");
        assert!(self.journal_heard.is_none_or(|heard| heard <= cursor), "nothing is told twice");
        let rest = self.waiting.iter().filter(|item| !item.is_doubtful).chain(&self.to_replay).chain(&self.held);
        for item in rest {
            assert!(item.place.is_none_or(|place| cursor < place), "{} would never be told", item.text);
        }
        self.cursor = Some(cursor);
    }

    /// Lets everything out.
    fn finish(&mut self) {
        self.bench.peer.resume();
        self.flush();
        self.run(&Op::Release);
        self.flush();
        self.waiting.retain(|item| !item.is_doubtful);
        assert!(self.waiting.is_empty(), "everything is told: {:?}", self.waiting);
        assert!(self.bench.mailbox.is_empty());
        if self.mode.has_cursor() {
            self.run(&Op::Live);
            self.flush();
            assert_eq!(self.cursor, Some(Place::after(self.seq)), "the cursor is where the relay is");
        }
    }
}

impl Item {
    fn live(name: &str) -> Self {
        Self { text: name.to_owned(), channel: None, place: None, is_doubtful: false }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Proves RES-1 to RES-3, GW-46, DEL-2 and the cursors of SSE-2 for one mailbox, whatever happens to it.
    #[test]
    fn what_is_told_is_what_is_to_be_told_and_cursors_are_exact(
        mode in mode(),
        replayed in prop_oneof![Just(0_u64), 1..200_u64],
        ops in vec(op(true), 1..120),
    ) {
        let mut model = Model::new(mode, replayed);
        ops.iter().for_each(|op| model.run(op));
        model.finish();
    }

    /// Batches and blocks, put one behind the other, are the plain stream.
    #[test]
    fn every_form_tells_the_same(ops in vec(op(false), 1..120)) {
        let told = [Mode::Plain, Mode::Batch { resume: true }, Mode::Stream].map(|mode| {
            let mut model = Model::new(mode, 0);
            ops.iter().for_each(|op| model.run(op));
            model.finish();
            if mode == Mode::Plain {
                model.run(&Op::Live);
                model.flush();
            }
            model.heard
        });
        prop_assert_eq!(&told[0], &told[1]);
        prop_assert_eq!(&told[0], &told[2]);
    }
}
