//! What is lost is lost at once, and what comes back begins anew (§2.4, §6.4): scenarios 36 to 38.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::{Value, json};

use super::{CANONICAL, NOTICE};
use crate::harness::{
    Form, FullCast, Room, User, accepted, channel_ids, override_path, role_path, still_nothing, types,
};

/// Posts to a room until told to stop, and returns the ids in order.
fn keep_posting(user: &User, room: &Room, stop: &AtomicBool) -> Vec<Value> {
    let mut posted = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        posted.push(user.say(room, "more")["message_id"].clone());
        // Paced, so that the writer's own allowance (600 and ten per second) lasts.
        thread::sleep(std::time::Duration::from_millis(5));
    }
    posted
}

/// Proves FEN-2, FEN-3, FEN-5 and DEL-2 for an override, GW-30, and §4.8 `workspace_access_update`.
#[test]
pub(crate) fn s036_a_denied_member_gets_nothing_after_the_override() {
    let cast = FullCast::assemble();
    let mut p = cast.p.connect_to(&[&cast.text, &cast.voice]);
    let mut q = cast.q.connect_to(&[&cast.text]);
    let mut owner = cast.owner.connect_to(&[&cast.text]);
    let stop = AtomicBool::new(false);
    let (posted, after_answer) = thread::scope(|scope| {
        let writer = scope.spawn(|| keep_posting(&cast.q.clone(), &cast.text, &stop));
        p.until("message_create");
        cast.owner.set_override(&cast.text, "member", &cast.p.id, &[], &["create_message"]);
        // FEN-5: P is fenced now.
        let after_answer = cast.owner.say(&cast.text, "after the answer")["message_id"].clone();
        thread::sleep(std::time::Duration::from_millis(100));
        stop.store(true, Ordering::Relaxed);
        (writer.join().expect("the writer"), after_answer)
    });
    let events = p.everything_before_sentinel(&cast.p);
    let denied = events.iter().position(|event| event.t() == CANONICAL).expect("the override");
    assert!(events[..denied].iter().all(|event| event.t() == "message_create"));
    let rest: Vec<&str> = types(&events[denied..]).into_iter().filter(|t| *t != "workspace_access_update").collect();
    assert_eq!(rest, Form::current().hears(&[CANONICAL, NOTICE, "unsubscribed"]));
    let unsubscribed = events.iter().find(|event| event.t() == "unsubscribed").expect("unsubscribed");
    assert_eq!(
        *unsubscribed.d(),
        json!({"guild_id": cast.guild, "channel_id": cast.text.id, "reason": "access_revoked"})
    );
    let access = match events.into_iter().find(|event| event.t() == "workspace_access_update") {
        Some(access) => access,
        None => p.until("workspace_access_update"),
    };
    assert_eq!(channel_ids(access.d()), [&cast.voice.id]);

    for (user, gateway) in [(&cast.q, &mut q), (&cast.owner, &mut owner)] {
        let events = gateway.before_sentinel(user);
        let heard: Vec<&Value> = events
            .iter()
            .filter(|event| event.t() == "message_create" && event["message_id"] != after_answer)
            .map(|event| &event["message_id"])
            .collect();
        assert_eq!(heard, posted.iter().collect::<Vec<_>>(), "{} hears all of it", user.name);
    }
    // The other subscription of the same connection lives on.
    cast.q.say(&cast.voice, "still here");
    assert_eq!(p.expect("message_create")["channel_id"], *cast.voice.id);
    cast.p.get(&cast.text.messages()).refused(403, "forbidden");
}

/// Proves FEN-4, GW-31, CMP-5 and §4.8 for a channel that comes back.
#[test]
fn s037_a_channel_that_comes_back_begins_anew() {
    let cast = FullCast::assemble();
    cast.owner.set_override(&cast.text, "member", &cast.p.id, &[], &["create_message"]);
    cast.q.say(&cast.text, "while P was away");
    let mut p = cast.p.connect();
    cast.owner.delete(&override_path(&cast.text, "member", &cast.p.id)).is(204);
    cast.q.say(&cast.text, "P has not subscribed");
    let events = p.everything_before_sentinel(&cast.p);
    let durable: Vec<&str> = types(&events).into_iter().filter(|t| *t != "workspace_access_update").collect();
    assert_eq!(durable, [CANONICAL, NOTICE, "channel_create"]);
    let notice = events.iter().find(|event| event.t() == "channel_create").expect("the notice");
    assert_eq!(notice["channel"], json!({"channel_id": cast.text.id, "name": "T", "kind": "text"}));
    let access = match events.into_iter().find(|event| event.t() == "workspace_access_update") {
        Some(access) => access,
        None => p.until("workspace_access_update"),
    };
    assert_eq!(channel_ids(access.d()), [&cast.text.id, &cast.voice.id]);
    p.subscribe(&cast.text);
    let live = cast.q.say(&cast.text, "now");
    assert_eq!(p.expect("message_create")["message_id"], live["message_id"]);
    p.nothing(&cast.p);
    still_nothing(&mut [&mut p]);
}

/// Proves FEN-3 and DEL-3 for every way to lose a channel that was seen through one role.
#[test]
pub(crate) fn s038_a_channel_seen_through_one_role_goes_with_it() {
    let cast = FullCast::assemble();
    let let_in = || {
        let role = cast.owner.create_role(&cast.guild, "A", 10, &[]);
        cast.owner.set_override(&cast.hidden, "role", &role, &["create_message"], &[]);
        cast.owner.assign(&cast.guild, &role, &cast.p);
        role
    };
    for way in 0..3 {
        let role = let_in();
        let mut p = cast.p.connect_to(&[&cast.hidden]);
        let causing: &[&str] = match way {
            0 => {
                cast.owner.unassign(&cast.guild, &role, &cast.p);
                &["workspace_role_assignment_remove"]
            }
            1 => {
                accepted(cast.owner.delete(&role_path(&cast.guild, &role)));
                &["workspace_role_delete"]
            }
            _ => {
                cast.owner.set_override(&cast.hidden, "role", &role, &["publish_video"], &[]);
                &[CANONICAL, NOTICE]
            }
        };
        cast.owner.say(&cast.hidden, "P is out");
        cast.owner.patch(&cast.hidden.path(), &json!({"name": format!("H{way}")})).ok();
        let events = p.before_sentinel(&cast.p);
        assert_eq!(types(&events), Form::current().hears(&[causing, &["unsubscribed"]].concat()));
        let unsubscribed = events.last().expect("unsubscribed");
        assert_eq!(
            *unsubscribed.d(),
            json!({"guild_id": cast.guild, "channel_id": cast.hidden.id, "reason": "access_revoked"})
        );
        p.ask_subscribe(&cast.hidden);
        assert_eq!(p.expect("error")["code"], "forbidden");
        cast.p.get(&cast.hidden.messages()).refused(403, "forbidden");
    }
}

/// Proves the same for a role whose permissions change, for everybody who holds it at once.
#[test]
fn a_role_that_loses_the_view_gate_closes_every_channel_of_its_holders() {
    let cast = FullCast::assemble();
    let everyone = role_path(&cast.guild, &cast.roles.everyone);
    cast.owner.patch(&everyone, &json!({"permissions": []})).ok();
    let mut gateways = [&cast.p, &cast.q].map(|user| (user, user.connect_to(&[&cast.text, &cast.voice])));
    let mut moderator = cast.moderator.connect_to(&[&cast.text]);
    cast.owner.patch(&role_path(&cast.guild, &cast.roles.member), &json!({"permissions": ["publish_video"]})).ok();
    cast.owner.say(&cast.text, "only for moderators");
    for (user, gateway) in &mut gateways {
        let events = gateway.before_sentinel(user);
        assert_eq!(types(&events), ["workspace_role_update", "unsubscribed", "unsubscribed"]);
        let mut lost = [&events[1]["channel_id"], &events[2]["channel_id"]].map(Value::to_string);
        lost.sort();
        assert_eq!(lost, [&cast.text.id, &cast.voice.id].map(|id| json!(id).to_string()));
        assert!(cast.p.channel_ids(&cast.guild).is_empty());
    }
    assert_eq!(types(&moderator.before_sentinel(&cast.moderator)), ["workspace_role_update", "message_create"]);
}
