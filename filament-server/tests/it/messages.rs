//! Messages and reactions (§4.3, §9.9, §10.2): scenarios 1 to 10 and what surrounds them.

pub(crate) mod access;
mod history;
pub(crate) mod reactions;
mod record;

use std::collections::BTreeSet;
use std::thread;

use serde_json::{Value, json};

use crate::harness::{Answer, Cast, NOWHERE, Room, User, still_nothing, types};

/// Proves DEL-1, EMI-2, ACT policy `never` of §3 for messages, ORD-5 (a read after the event sees it).
///
/// That no actor is present is proved by the frame checker of the harness, which knows no such member here.
#[test]
pub(crate) fn s001_post_edit_delete_reach_every_subscribed_connection_once_and_in_order() {
    let cast = Cast::assemble();
    let mut receivers = [&cast.owner, &cast.p, &cast.p].map(|user| (user, user.connect_to(&[&cast.text])));
    let mut stranger = cast.stranger.connect();
    let mut unsubscribed = cast.q.connect();

    let posted = cast.owner.say(&cast.text, "Hello *there*");
    let seen = receivers[1].1.expect("message_create");
    let page = cast.p.get(&cast.text.messages()).ok().json();
    assert_eq!(page["messages"][0]["message_id"], seen["message_id"], "ORD-5");
    let path = cast.text.message(&posted["message_id"]);
    let edited = cast.owner.patch(&path, &json!({"content": "Bye"})).ok().json();
    cast.owner.delete(&path).is(204);

    for (index, (user, gateway)) in receivers.iter_mut().enumerate() {
        let mut events = gateway.before_sentinel(user);
        if index == 1 {
            events.insert(0, seen.clone());
        }
        assert_eq!(types(&events), ["message_create", "message_update", "message_delete"]);
        assert_eq!(*events[0].d(), posted, "the event carries the record of the answer");
        assert_eq!(events[0]["author_id"], *cast.owner.id);
        assert_eq!(events[0]["content"], "Hello *there*");
        let fields = &events[1]["updated_fields"];
        assert_eq!(events[1]["message_id"], posted["message_id"]);
        assert_eq!(fields["content"], "Bye");
        assert_eq!(fields["markdown_tokens"], edited["markdown_tokens"]);
        assert!(fields.get("attachments").is_none(), "§4.3: the list did not change");
        assert_eq!(events[2]["message_id"], posted["message_id"]);
        assert_eq!(events[2]["channel_id"], *cast.text.id);
    }
    stranger.nothing(&cast.stranger);
    unsubscribed.nothing(&cast.q);
    let [(_, o), (_, p1), (_, p2)] = &mut receivers;
    still_nothing(&mut [o, p1, p2, &mut stranger, &mut unsubscribed]);
}

/// Proves MSG-4, EMI-1 and EMI-3 for messages, HTTP-13. (The audit part waits for the audit route.)
#[test]
pub(crate) fn s002_equal_edit_and_delete_of_an_unknown_message_emit_nothing() {
    let cast = Cast::assemble();
    let mut gateway = cast.p.connect_to(&[&cast.text]);
    let posted = cast.owner.say(&cast.text, "same");
    gateway.expect("message_create");

    let answer = cast.owner.patch(&cast.text.message(&posted["message_id"]), &json!({"content": "same"})).ok().json();
    assert_eq!(answer, posted, "not even an edit time");
    cast.owner.delete(&cast.text.message(&json!(NOWHERE))).refused(404, "not_found");
    cast.owner.patch(&cast.text.message(&json!(NOWHERE)), &json!({"content": "x"})).refused(404, "not_found");

    gateway.nothing(&cast.p);
    still_nothing(&mut [&mut gateway]);
}

/// Proves HTTP-14 for repeats, HTTP-16 except its 24 h.
#[test]
pub(crate) fn s005_an_idempotency_key_makes_one_message() {
    let cast = Cast::assemble();
    let other = cast.owner.create_text(&cast.guild, "other");
    let mut gateway = cast.q.connect_to(&[&cast.text, &other]);
    let post = |user: &User, room: &Room, key: &str, content: &str| {
        user.request("POST", &room.messages(), &[("idempotency-key", key)], Some(&json!({"content": content})))
    };
    let is_replay = |answer: &Answer| answer.header("idempotency-replayed") == Some("true");

    let first = post(&cast.p, &cast.text, "key-1_A", "once").ok();
    let again = post(&cast.p, &cast.text, "key-1_A", "once").ok();
    assert!(!is_replay(&first) && is_replay(&again));
    assert_eq!(first.json(), again.json());
    post(&cast.p, &cast.text, "key-1_A", "other").refused(409, "idempotency_conflict");

    // The answer to a repeat is the message as it is now, and nothing once it is gone.
    let path = cast.text.message(&first.json()["message_id"]);
    cast.p.patch(&path, &json!({"content": "edited"})).ok();
    let after_edit = post(&cast.p, &cast.text, "key-1_A", "once").ok();
    assert!(is_replay(&after_edit));
    assert_eq!(after_edit.json()["content"], "edited");
    cast.p.delete(&path).is(204);
    post(&cast.p, &cast.text, "key-1_A", "once").refused(404, "not_found");

    // The scope is (user, channel).
    assert!(!is_replay(&post(&cast.p, &other, "key-1_A", "once").ok()));
    assert!(!is_replay(&post(&cast.owner, &cast.text, "key-1_A", "once").ok()));

    let at_once: Vec<Answer> = thread::scope(|scope| {
        let calls: Vec<_> = (0..10)
            .map(|_| {
                let user = cast.p.clone();
                let (post, room) = (&post, &cast.text);
                scope.spawn(move || post(&user, room, "key-2", "at once").ok())
            })
            .collect();
        calls.into_iter().map(|call| call.join().expect("a post")).collect()
    });
    let ids: BTreeSet<String> = at_once.iter().map(|answer| answer.json()["message_id"].to_string()).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(at_once.iter().filter(|answer| !is_replay(answer)).count(), 1);

    for key in ["", "with space", "ä", &"k".repeat(65)] {
        post(&cast.p, &cast.text, key, "x").refused(400, "invalid_request");
    }
    let events = gateway.before_sentinel(&cast.q);
    assert_eq!(
        types(&events),
        ["message_create", "message_update", "message_delete", "message_create", "message_create", "message_create"]
    );
}

/// Proves the row "message content" of §10.1 on REST: UTF-16 counting, emptiness with and without an attachment, U+0000.
#[test]
fn s006_content_is_counted_in_utf16_units() {
    let cast = Cast::assemble();
    let mut gateway = cast.p.connect_to(&[&cast.text]);
    let post = |content: &str| cast.owner.post(&cast.text.messages(), &json!({"content": content}));
    let longest = "\u{1F30A}".repeat(1000);
    let posted = post(&longest).ok().json();
    assert_eq!(posted["content"], *longest);
    post(&"\u{1F30A}".repeat(1001)).refused(400, "invalid_request");
    post(&format!("{longest}a")).refused(400, "invalid_request");
    post("").refused(400, "invalid_request");
    let file = cast.owner.attach(&cast.text, "a.txt", "text");
    assert_eq!(cast.owner.say_with(&cast.text, "", &[&file])["attachments"], json!([file]));
    post("with \0 inside").refused(400, "invalid_request");
    // Not trimmed, and white space is content.
    assert_eq!(post("  \u{3000} ").ok().json()["content"], "  \u{3000} ");

    let path = cast.text.message(&posted["message_id"]);
    for content in ["", "\0", &"a".repeat(2001)] {
        cast.owner.patch(&path, &json!({"content": content})).refused(400, "invalid_request");
    }
    assert_eq!(types(&gateway.before_sentinel(&cast.p)), ["message_create"; 3]);
}

/// Proves MD-1 (`[]` beyond a limit) and ENV-12 for the message that would make the longest event.
#[test]
pub(crate) fn s007_tokens_beyond_the_limit_are_left_out_and_the_event_fits() {
    let cast = Cast::assemble();
    let mut gateway = cast.p.connect_to(&[&cast.text]);
    let content = format!("{}a", "- ".repeat(999));
    let posted = cast.owner.say(&cast.text, &content);
    assert_eq!(posted["markdown_tokens"], json!([]));
    let event = gateway.expect("message_create");
    assert_eq!(event["content"], *content);
    assert_eq!(event["markdown_tokens"], json!([]));
    assert!(event.text.len() <= 64_512);
}

/// Proves CMD-2 (ids), CMD-3 (payload), CMD-4, CMD-5 and the command row of §5.
#[test]
pub(crate) fn s009_a_connection_sends_without_subscribing() {
    let cast = Cast::assemble();
    let mut owner = cast.owner.connect_to(&[&cast.text, &cast.hidden]);
    let mut p = cast.p.connect();
    let command = |room: &Room, more: Value| {
        let mut d = json!({"guild_id": room.guild, "channel_id": room.id, "content": "by command", "ref": "r-1"});
        d.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        d
    };

    p.send("message_create", &command(&cast.text, json!({})));
    let event = owner.expect("message_create");
    assert_eq!(event["author_id"], *cast.p.id);
    assert_eq!(event["content"], "by command");
    assert!(event.d().get("ref").is_none());

    p.send("message_create", &command(&cast.hidden, json!({})));
    let error = p.expect("error");
    assert_eq!(error["code"], "forbidden");
    assert_eq!(error["command"], "message_create");
    assert_eq!(error["ref"], "r-1");
    assert_eq!(error["guild_id"], *cast.guild);
    assert_eq!(error["channel_id"], *cast.hidden.id);

    p.send("message_create", &command(&cast.text, json!({"attachment_ids": [NOWHERE, NOWHERE]})));
    let error = p.expect("error");
    assert_eq!((&error["code"], &error["ref"]), (&json!("invalid_request"), &json!("r-1")));
    p.is_usable();
    p.nothing(&cast.p);

    p.send("message_create", &command(&cast.text, json!({"attachment_ids": vec![NOWHERE; 6]})));
    p.closed_with(4502, "invalid_payload");
    assert!(owner.before_sentinel(&cast.owner).is_empty(), "CMD-4: refused commands have no effect");
}
