//! A raw WebSocket client: a thread records every frame with its time of arrival, the test asks for them in order.

use std::collections::VecDeque;
use std::io::{BufReader, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::recorder::{Arrival, Closing, Event, record};
use super::wire::{Opcode, RawFrame};
use super::{PROMPT_MAX, Room, SILENCE, User, stream};

/// Frames that may stand between any two others; [`Gateway::expect`] skips them unless they are asked for.
///
/// Presence is an ephemeral class that D and L frames may overtake (§2.2); the access update is coalesced over 250 ms
/// (§4.8), so its place among later events is not fixed.
pub(crate) const AMBIENT: [&str; 2] = ["presence_update", "workspace_access_update"];
/// How many frames a failure text shows.
const TRANSCRIPT_SHOWN: usize = 40;

/// The names of these events, for comparing whole sequences.
pub(crate) fn types(events: &[Event]) -> Vec<&str> {
    events.iter().map(Event::t).collect()
}

/// One gateway connection.
pub(crate) struct Gateway {
    name: String,
    /// The headers of the 101 answer.
    pub(crate) headers: Vec<(String, String)>,
    writer: Arc<Mutex<TcpStream>>,
    arrivals: mpsc::Receiver<Arrival>,
    waiting: VecDeque<Event>,
    transcript: VecDeque<String>,
    pings: Vec<Instant>,
    pongs: VecDeque<Vec<u8>>,
    closing: Option<Closing>,
    ended: Option<Instant>,
    /// The guild of the own room, see [`Self::before_sentinel`].
    muted: Option<String>,
    hears_sentinels: bool,
    /// The cursor that came with the last frame handed out.
    cursor: Option<String>,
    takes_commands: bool,
}

impl Gateway {
    /// Starts to read an upgraded connection.
    pub(crate) fn run(
        name: &str,
        link: BufReader<TcpStream>,
        headers: Vec<(String, String)>,
        answers_pings: bool,
    ) -> Self {
        let writer = Arc::new(Mutex::new(link.get_ref().try_clone().expect("a second handle of the socket")));
        let (tx, arrivals) = mpsc::channel();
        let pong_writer = Arc::clone(&writer);
        std::thread::spawn(move || record(link, &tx, &pong_writer, answers_pings));
        Self::of(name, writer, headers, arrivals)
    }

    /// Starts to read a stream of Server-Sent Events, which takes no commands.
    pub(crate) fn read_stream(name: &str, link: BufReader<TcpStream>, headers: Vec<(String, String)>) -> Self {
        let writer = Arc::new(Mutex::new(link.get_ref().try_clone().expect("a second handle of the socket")));
        let (tx, arrivals) = mpsc::channel();
        std::thread::spawn(move || stream::record(link, &tx));
        let mut gateway = Self::of(name, writer, headers, arrivals);
        gateway.takes_commands = false;
        gateway
    }

    fn of(
        name: &str,
        writer: Arc<Mutex<TcpStream>>,
        headers: Vec<(String, String)>,
        arrivals: mpsc::Receiver<Arrival>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            headers,
            writer,
            arrivals,
            waiting: VecDeque::new(),
            transcript: VecDeque::new(),
            pings: Vec::new(),
            pongs: VecDeque::new(),
            closing: None,
            ended: None,
            muted: None,
            hears_sentinels: false,
            cursor: None,
            takes_commands: true,
        }
    }

    // --- sending ---

    /// Sends a command envelope.
    pub(crate) fn send(&self, t: &str, d: &Value) {
        self.send_text(&json!({"v": 1, "t": t, "d": d}).to_string());
    }

    /// Sends a text frame as it is.
    pub(crate) fn send_text(&self, text: &str) {
        self.send_frame(&RawFrame::new(Opcode::Text, text));
    }

    /// Sends a frame of the test's own making.
    pub(crate) fn send_frame(&self, frame: &RawFrame) {
        assert!(self.takes_commands, "{}: SSE-5, a stream takes no commands", self.name);
        self.try_send_bytes(&frame.encode()).unwrap_or_else(|error| panic!("{}: write: {error}", self.name));
    }

    /// Writes bytes to the socket.
    ///
    /// # Errors
    /// Whatever the socket says; the server may have closed.
    pub(crate) fn try_send_bytes(&self, bytes: &[u8]) -> std::io::Result<()> {
        self.writer.lock().expect("writer lock").write_all(bytes)
    }

    /// Sends `subscribe` without waiting.
    pub(crate) fn ask_subscribe(&self, room: &Room) {
        self.send("subscribe", &json!({"guild_id": room.guild, "channel_id": room.id}));
    }

    /// Subscribes and waits for the three answers; fails on a refusal. Returns every frame up to the last answer.
    #[track_caller]
    pub(crate) fn subscribe(&mut self, room: &Room) -> Vec<Event> {
        self.ask_subscribe(room);
        let frames = self.through(|event| {
            assert!(event.t() != "error", "subscribe refused: {}", event.text);
            event.t() == "voice_participant_sync" && event["channel_id"] == *room.id
        });
        let of_room = |t: &str| frames.iter().position(|event| event.t() == t && event["channel_id"] == *room.id);
        let sync = frames.iter().position(|event| event.t() == "presence_sync" && event["guild_id"] == *room.guild);
        let (sync, subscribed) = (sync.expect("presence_sync"), of_room("subscribed").expect("subscribed"));
        assert!(
            sync < subscribed,
            "GW-21: presence_sync → subscribed → voice_participant_sync in {:?}",
            types(&frames)
        );
        frames
    }

    /// Sends `heartbeat` and waits for its answer; returns what came before it.
    #[track_caller]
    pub(crate) fn heartbeat(&mut self) -> Vec<Event> {
        self.send("heartbeat", &json!({"s": 0}));
        let mut frames = self.through(|event| event.t() == "heartbeat_ack");
        frames.pop();
        frames
    }

    /// Sends a close frame with this code and waits until the stream has ended.
    pub(crate) fn close(&mut self, code: u16) -> Closing {
        self.send_frame(&RawFrame::new(Opcode::Close, code.to_be_bytes()));
        self.end()
    }

    /// As [`Self::close`], with an empty close frame.
    pub(crate) fn close_without_code(&mut self) -> Closing {
        self.send_frame(&RawFrame::new(Opcode::Close, []));
        self.end()
    }

    /// Ends the stream without a close frame, as a pulled cable does for the other side.
    pub(crate) fn cut(&self) {
        let _ = self.writer.lock().expect("writer lock").shutdown(Shutdown::Both);
    }

    // --- waiting ---

    /// Where the stream stands after the last frame handed out, and all that came in one batch with it.
    #[track_caller]
    pub(crate) fn cursor(&self) -> String {
        self.cursor.clone().unwrap_or_else(|| panic!("{}: no cursor came yet", self.name))
    }

    /// The next frame within the time, whatever it is; absent when nothing came or the stream ended.
    pub(crate) fn next_within(&mut self, within: Duration) -> Option<Event> {
        let deadline = Instant::now() + within;
        loop {
            let event = match self.waiting.pop_front() {
                Some(event) => event,
                None => match self.take_arrival(deadline)? {
                    Arrival::Event(event) => event,
                    Arrival::End(..) => return None,
                    Arrival::Ping(_) | Arrival::Pong(_) | Arrival::Close(_) | Arrival::Broken(_) => continue,
                },
            };
            if let Some(cursor) = event.batch.as_ref().and_then(|batch| batch.cursor.clone()) {
                self.cursor = Some(cursor);
            }
            if event["guild_id"].as_str().is_none_or(|guild| self.muted.as_deref() != Some(guild)) {
                return Some(event);
            }
        }
    }

    /// Says that this connection is subscribed to the user's own room already, and leaves out what is of its guild.
    pub(crate) fn hears_sentinels_in(&mut self, room: &Room) {
        self.hears_sentinels = true;
        self.mute(room);
    }

    /// Leaves out every frame of the guild in which this connection's user keeps its own room.
    pub(crate) fn mute(&mut self, room: &Room) {
        self.muted = Some(room.guild.clone());
    }

    /// The next frame, at once.
    #[track_caller]
    pub(crate) fn next(&mut self) -> Event {
        match self.next_within(PROMPT_MAX) {
            Some(event) => event,
            None => panic!("{}: no frame\n{}", self.name, self.transcript()),
        }
    }

    /// The next frame that is not ambient; it must be a `t`.
    #[track_caller]
    pub(crate) fn expect(&mut self, t: &str) -> Event {
        loop {
            let event = self.next();
            if event.t() == t {
                return event;
            }
            assert!(
                AMBIENT.contains(&event.t()),
                "{}: expected `{t}`, got {}\n{}",
                self.name,
                event.text,
                self.transcript()
            );
        }
    }

    /// Skips to the next `t`.
    #[track_caller]
    pub(crate) fn until(&mut self, t: &str) -> Event {
        self.until_where(|event| event.t() == t)
    }

    /// Skips to the next frame that satisfies the condition.
    #[track_caller]
    pub(crate) fn until_where(&mut self, found: impl FnMut(&Event) -> bool) -> Event {
        self.through(found).pop().expect("the frame looked for")
    }

    /// Every frame up to and with the first that satisfies the condition.
    #[track_caller]
    pub(crate) fn through(&mut self, mut found: impl FnMut(&Event) -> bool) -> Vec<Event> {
        let deadline = Instant::now() + PROMPT_MAX;
        let mut frames = Vec::new();
        loop {
            let Some(event) = self.next_within(deadline.saturating_duration_since(Instant::now())) else {
                panic!("{}: the frame waited for did not come\n{}", self.name, self.transcript());
            };
            let last = found(&event);
            frames.push(event);
            if last {
                return frames;
            }
        }
    }

    /// The next frame that satisfies the condition, if it comes within the time; what stands before it is skipped.
    pub(crate) fn find_within(&mut self, within: Duration, mut found: impl FnMut(&Event) -> bool) -> Option<Event> {
        let deadline = Instant::now() + within;
        loop {
            let event = self.next_within(deadline.saturating_duration_since(Instant::now()))?;
            if found(&event) {
                return Some(event);
            }
        }
    }

    /// Every frame that comes within the time.
    pub(crate) fn collect_for(&mut self, duration: Duration) -> Vec<Event> {
        let deadline = Instant::now() + duration;
        let rest = || deadline.saturating_duration_since(Instant::now());
        std::iter::from_fn(|| self.next_within(rest())).collect()
    }

    /// Every frame before a message that is posted now to the user's own room, ambient ones left out.
    ///
    /// Durable events come in commit order across all guilds, so nothing committed before this call can come later.
    #[track_caller]
    pub(crate) fn before_sentinel(&mut self, user: &User) -> Vec<Event> {
        let mut frames = self.everything_before_sentinel(user);
        frames.retain(|event| !AMBIENT.contains(&event.t()));
        frames
    }

    /// As [`Self::before_sentinel`], with the ambient frames.
    #[track_caller]
    pub(crate) fn everything_before_sentinel(&mut self, user: &User) -> Vec<Event> {
        let room = user.own_room();
        let mut frames = Vec::new();
        self.muted = None;
        if !self.hears_sentinels {
            self.hears_sentinels = true;
            self.ask_subscribe(&room);
            frames
                .extend(self.through(|event| event.t() == "voice_participant_sync" && event["channel_id"] == *room.id));
        }
        let message = user.say(&room, "sentinel");
        frames.extend(
            self.through(|event| event.t() == "message_create" && event["message_id"] == message["message_id"]),
        );
        self.mute(&room);
        frames.retain(|event| event["guild_id"] != *room.guild);
        frames
    }

    /// Fails if any frame but ambient ones came before a sentinel: the contract's "nothing".
    #[track_caller]
    pub(crate) fn nothing(&mut self, user: &User) {
        let frames = self.before_sentinel(user);
        assert!(frames.is_empty(), "{}: nothing was due, got {:?}", self.name, texts(&frames));
    }

    /// The close frame of the server, or the end of the stream.
    #[track_caller]
    pub(crate) fn closing(&mut self, within: Duration) -> Closing {
        let deadline = Instant::now() + within;
        while self.closing.is_none() && self.ended.is_none() {
            if let Some(Arrival::Event(event)) = self.take_arrival(deadline) {
                self.waiting.push_back(event);
            } else if Instant::now() >= deadline {
                panic!("{}: still open after {within:?}\n{}", self.name, self.transcript());
            }
        }
        self.closing.clone().unwrap_or_else(|| Closing {
            code: None,
            reason: String::new(),
            at: self.ended.expect("ended without a close frame"),
        })
    }

    /// The close frame of the server; its code and name must be these.
    #[track_caller]
    pub(crate) fn closed_with(&mut self, code: u16, name: &str) -> Closing {
        let closing = self.closing(PROMPT_MAX);
        assert_eq!(
            (closing.code, closing.name()),
            (Some(code), name),
            "{}: closed by {closing:?}\n{}",
            self.name,
            self.transcript()
        );
        closing
    }

    /// Waits until the server has closed the stream.
    #[track_caller]
    pub(crate) fn end(&mut self) -> Closing {
        let closing = self.closing(PROMPT_MAX);
        let deadline = Instant::now() + PROMPT_MAX;
        while self.ended.is_none() {
            if let Some(Arrival::Event(event)) = self.take_arrival(deadline) {
                self.waiting.push_back(event);
            }
            assert!(Instant::now() < deadline, "{}: closed but the stream stays open", self.name);
        }
        closing
    }

    /// Fails unless the connection is open and answers commands.
    #[track_caller]
    pub(crate) fn is_usable(&mut self) {
        let frames = self.heartbeat();
        for event in frames.into_iter().rev() {
            self.waiting.push_front(event);
        }
    }

    /// The times of the pings received so far.
    pub(crate) fn pings(&self) -> &[Instant] {
        &self.pings
    }

    /// The payload of the next pong within the prompt time.
    #[track_caller]
    pub(crate) fn pong(&mut self) -> Vec<u8> {
        let deadline = Instant::now() + PROMPT_MAX;
        loop {
            if let Some(payload) = self.pongs.pop_front() {
                return payload;
            }
            if let Some(Arrival::Event(event)) = self.take_arrival(deadline) {
                self.waiting.push_back(event);
            }
            assert!(Instant::now() < deadline, "{}: no pong\n{}", self.name, self.transcript());
        }
    }

    /// What was received last, for failure texts.
    pub(crate) fn transcript(&self) -> String {
        let shown: Vec<&str> = self.transcript.iter().map(String::as_str).collect();
        format!("--- last frames of {} ---\n{}\n---", self.name, shown.join("\n"))
    }

    /// Takes one arrival and files what is not an event.
    fn take_arrival(&mut self, deadline: Instant) -> Option<Arrival> {
        if self.ended.is_some() {
            return None;
        }
        let arrival = self.arrivals.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok()?;
        let line = match &arrival {
            Arrival::Event(event) => event.text.chars().take(600).collect(),
            Arrival::Ping(at) => {
                self.pings.push(*at);
                "(ping)".to_owned()
            }
            Arrival::Pong(payload) => {
                self.pongs.push_back(payload.clone());
                "(pong)".to_owned()
            }
            Arrival::Close(closing) => {
                self.closing = Some(closing.clone());
                format!("(close {:?} {})", closing.code, closing.reason)
            }
            Arrival::End(at, how) => {
                self.ended = Some(*at);
                format!("(end: {how})")
            }
            Arrival::Broken(why) => panic!("{}: {why}\n{}", self.name, self.transcript()),
        };
        if self.transcript.len() == TRANSCRIPT_SHOWN {
            self.transcript.pop_front();
        }
        self.transcript.push_back(line);
        Some(arrival)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.cut();
    }
}

/// Fails if any of these connections gets a frame within the contract's silence; ambient frames are let pass.
#[track_caller]
pub(crate) fn still_nothing(gateways: &mut [&mut Gateway]) {
    let deadline = Instant::now() + SILENCE;
    for gateway in gateways {
        while let Some(event) = gateway.next_within(deadline.saturating_duration_since(Instant::now())) {
            assert!(AMBIENT.contains(&event.t()), "{}: nothing was due, got {}", gateway.name, event.text);
        }
    }
}

fn texts(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.text.as_str()).collect()
}
