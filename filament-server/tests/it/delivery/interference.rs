//! What happens where somebody cannot look must not show in what they receive (DEL-6).

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use crate::harness::{AMBIENT, Cast, Event, Gateway, hidden_from_members, is_ulid};

/// A small generator, so that a history is the same in every run of the test.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        // Xorshift; its quality does not matter, its repeatability does.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// Something happens that P may see all of. What P has to take in meanwhile goes to `frames`.
fn act_in_the_open(
    cast: &Cast,
    dice: &mut Dice,
    step: usize,
    messages: &mut Vec<Value>,
    (p, frames): (&mut Gateway, &mut Vec<Event>),
) {
    let target = messages.len().checked_sub(1);
    match (dice.roll(9), target) {
        (0, _) => {
            let rename = json!({"name": format!("text {step}")});
            drop(cast.owner.patch(&cast.text.path(), &rename).ok());
        }
        (1, _) => {
            let rename = json!({"name": format!("guild {step}")});
            drop(cast.owner.patch(&format!("/guilds/{}", cast.guild), &rename).ok());
        }
        (2, _) => {
            let room = cast.owner.create_text(&cast.guild, "for a moment");
            // A frame that waits goes with its channel (DEL-2): when it is written is a matter of the moment.
            frames.extend(p.through(|event| event["channel"]["channel_id"] == *room.id));
            cast.owner.delete(&room.path()).is(204);
        }
        (3, _) => {
            cast.stranger.join(&cast.guild);
            cast.stranger.leave(&cast.guild);
        }
        (4, Some(last)) => {
            let path = cast.text.message(&messages[last]);
            drop(cast.q.patch(&path, &json!({"content": format!("edit {step}")})).ok());
        }
        (5, Some(last)) => {
            cast.q.delete(&cast.text.message(&messages[last])).is(204);
            messages.pop();
        }
        (6, Some(last)) => {
            drop(cast.owner.post_empty(&cast.text.reaction(&messages[last], "👍")).ok());
        }
        _ => {
            let message = cast.q.say(&cast.text, &format!("message {step}"));
            messages.push(message["message_id"].clone());
        }
    }
}

/// Everything that can happen in a channel, in one that P does not see.
fn act_in_hiding(cast: &Cast, owner: &Gateway, step: usize) {
    let message = cast.owner.say(&cast.hidden, "hidden");
    let path = cast.hidden.message(&message["message_id"]);
    cast.owner.patch(&path, &json!({"content": "changed"})).ok();
    cast.owner.post_empty(&cast.hidden.reaction(&message["message_id"], "👀")).ok();
    cast.owner.delete(&path).is(204);
    let file = cast.owner.attach(&cast.hidden, "hidden.txt", "hidden");
    let carrier = cast.owner.say_with(&cast.hidden, "", &[&file]);
    cast.owner.delete(&cast.hidden.attachment(&file["attachment_id"])).is(204);
    cast.owner.delete(&cast.hidden.message(&carrier["message_id"])).is(204);
    cast.owner.patch(&cast.hidden.path(), &json!({"name": format!("hidden {step}")})).ok();
    owner.ask_subscribe(&cast.hidden);
    let body = hidden_from_members("H2", &cast.member_role, &[]);
    let second = cast.owner.create_channel(&cast.guild, &body);
    let order = json!({"channel_ids": [second.id, cast.hidden.id]});
    cast.owner.post(&format!("/guilds/{}/channels/reorder", cast.guild), &order).ok();
    cast.owner.delete(&second.path()).is(204);
}

/// P's events through a seeded history, ids numbered by first appearance and stamps blanked.
fn frames_of_p(also_hidden: bool, resumable: bool) -> Vec<Value> {
    const STEPS: usize = 40;
    let cast = Cast::assemble();
    let mut p = if resumable { cast.p.connect_resumable() } else { cast.p.connect() };
    for room in [&cast.text, &cast.voice] {
        p.subscribe(room);
    }
    let owner = cast.owner.dial().open().expect("an upgrade");
    let known = [&cast.guild, &cast.text.id, &cast.voice.id, &cast.hidden.id, &cast.owner.id];
    let mut numbers: HashMap<String, usize> =
        known.iter().enumerate().map(|(number, id)| ((*id).clone(), number)).collect();
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let mut messages = Vec::new();
    let mut frames = Vec::new();
    for step in 0..STEPS {
        if also_hidden && step % 3 == 0 {
            act_in_hiding(&cast, &owner, step);
        }
        act_in_the_open(&cast, &mut dice, step, &mut messages, (&mut p, &mut frames));
        if step % 8 == 7 {
            // The sentinel of this stretch: everything before it is there when its event is. Only then P asks, since
            // the answer to a command and the event of a REST call have no order of their own.
            let mark = cast.q.say(&cast.text, &format!("mark {step}"));
            let is_mark = |event: &Event| event["message_id"] == mark["message_id"];
            frames.extend(p.through(is_mark));
            p.ask_subscribe(&cast.hidden);
            frames.extend(p.through(|event| event.t() == "error"));
            frames.extend(p.subscribe(&cast.voice));
            p.send("heartbeat", &json!({"s": 0}));
            frames.extend(p.through(|event| event.t() == "heartbeat_ack"));
        }
    }
    let cursors = frames.iter().filter_map(|event| event.batch.as_ref()?.cursor.as_ref());
    let lengths: HashSet<usize> = cursors.map(String::len).collect();
    assert_eq!(lengths.len(), usize::from(resumable), "cursors are of one length (RES-10)");
    let mut normal: Vec<Value> = Vec::new();
    let mut ambient = 0;
    for event in &frames {
        if AMBIENT.contains(&event.t()) {
            // Who is online changes nowhere in the history, but what connecting made known is told on the clock.
            ambient += 1;
            continue;
        }
        let mut envelope: Value = serde_json::from_str(&event.text).expect("a checked frame");
        if let Some(place) = envelope["d"]["s"].as_u64() {
            // How many events share a batch is a matter of the moment.
            envelope["d"]["s"] = json!(if resumable { 0 } else { place - ambient });
        }
        normalise(&mut envelope, &mut numbers);
        normal.push(envelope);
    }
    normal
}

fn normalise(value: &mut Value, numbers: &mut HashMap<String, usize>) {
    match value {
        Value::String(text) if is_ulid(text) => {
            let next = numbers.len();
            *value = json!(format!("id {}", numbers.entry(text.clone()).or_insert(next)));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| normalise(item, numbers)),
        Value::Object(members) => {
            for (name, member) in members {
                if name.ends_with("_unix") {
                    *member = Value::Null;
                } else {
                    normalise(member, numbers);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn check(resumable: bool) {
    let (quiet, busy) = std::thread::scope(|scope| {
        let quiet = scope.spawn(move || frames_of_p(false, resumable));
        let busy = scope.spawn(move || frames_of_p(true, resumable));
        (quiet.join().expect("the quiet run"), busy.join().expect("the busy run"))
    });
    assert!(quiet.len() > 40, "{}", quiet.len());
    for (index, (one, other)) in quiet.iter().zip(&busy).enumerate() {
        assert_eq!(one, other, "frame {index}");
    }
    assert_eq!(quiet.len(), busy.len());
}

/// Proves DEL-6 for a plain connection and everything that exists in a channel so far: messages, reactions, renames,
/// channels made, moved and deleted, subscriptions of others. Roles, overrides and streams are in the histories of
/// `filament-fanout/src/storm/interference.rs`.
#[test]
fn s043_activity_in_a_hidden_channel_changes_nothing_that_others_receive() {
    check(false);
}

/// Proves the same for batches, whose cursors are sealed and of one length.
#[test]
fn s043_activity_in_a_hidden_channel_changes_nothing_in_batches() {
    check(true);
}
