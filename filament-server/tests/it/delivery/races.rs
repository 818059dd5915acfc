//! Subscribing while everything moves (GW-20, FEN-2, FEN-3): what may be received is decided frame by frame.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use crate::harness::{AMBIENT, Cast, Event, Gateway, Room};

/// What a connection may receive of one room, followed along its frames.
struct Reader<'a> {
    room: &'a Room,
    member: bool,
    subscribed: bool,
    /// One list of message ids per time the subscription lasted.
    windows: Vec<Vec<String>>,
    refused: usize,
}

impl<'a> Reader<'a> {
    fn new(room: &'a Room) -> Self {
        Self { room, member: true, subscribed: false, windows: Vec::new(), refused: 0 }
    }

    fn take(&mut self, event: &Event) {
        let text = &event.text;
        match event.t() {
            "workspace_available" => self.member = true,
            "workspace_member_remove" => assert!(self.member, "removed twice: {text}"),
            "workspace_unavailable" => {
                assert!(self.member, "DEL-4: {text}");
                self.member = false;
            }
            "subscribed" => {
                assert!(self.member, "subscribed without membership: {text}");
                if !self.subscribed {
                    self.windows.push(Vec::new());
                }
                self.subscribed = true;
            }
            "unsubscribed" => {
                assert!(self.subscribed, "GW-30: {text}");
                assert!(!self.member, "§6.4: the removal events come first: {text}");
                self.subscribed = false;
            }
            "message_create" => {
                assert!(self.subscribed && self.member, "DEL-2: {text}");
                assert_eq!(event["channel_id"], *self.room.id);
                let id = event["message_id"].as_str().expect("an id").to_owned();
                self.windows.last_mut().expect("a window").push(id);
            }
            "error" => self.refused += 1,
            "presence_sync" | "voice_participant_sync" | "workspace_member_add" | "workspace_role_assignment_add" => {
                assert!(self.member, "DEL-4: {text}");
            }
            other => assert!(AMBIENT.contains(&other), "unexpected: {text}"),
        }
    }

    /// Every window is a stretch of the history without a gap, and no message came twice.
    fn check(&self, history: &[String]) {
        let mut all = BTreeSet::new();
        for window in &self.windows {
            assert!(window.iter().all(|id| all.insert(id)), "a message came twice");
            let Some(first) = window.first() else { continue };
            let start = history.iter().position(|id| id == first).expect("a stored message");
            assert_eq!(*window, history[start..start + window.len()], "GW-21: a gap inside a subscription");
        }
    }
}

/// Proves GW-20, GW-21, GW-30, DEL-2, DEL-4 and FEN-3 for a connection that subscribes again and again while its user
/// leaves and joins and another writes without pause.
#[test]
fn a_subscription_is_whole_or_not_there_while_its_user_comes_and_goes() {
    const MOVES: usize = 12;
    const MESSAGES: usize = 400;
    const SUBSCRIBES: usize = 400;
    let cast = Cast::assemble();
    let mut p: Gateway = cast.p.connect();
    thread::scope(|scope| {
        scope.spawn(|| (0..MESSAGES).for_each(|_| drop(cast.q.say(&cast.text, "on and on"))));
        scope.spawn(|| {
            for _ in 0..MOVES {
                thread::sleep(Duration::from_millis(20));
                cast.p.leave(&cast.guild);
                cast.p.join(&cast.guild);
            }
        });
        for _ in 0..SUBSCRIBES {
            p.ask_subscribe(&cast.text);
            thread::sleep(Duration::from_millis(2));
        }
    });
    let mut reader = Reader::new(&cast.text);
    for event in p.everything_before_sentinel(&cast.p) {
        reader.take(&event);
    }
    let history: Vec<String> = cast
        .q
        .history(&cast.text, 100)
        .iter()
        .rev()
        .map(|message| message["message_id"].as_str().expect("an id").to_owned())
        .collect();
    assert_eq!(history.len(), MESSAGES);
    reader.check(&history);
    assert!(reader.member, "back at the end");
    assert!(reader.windows.len() > 2, "the subscription came and went: {}", reader.windows.len());
}
