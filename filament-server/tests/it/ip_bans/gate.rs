//! What a banned address may still do, and what it hears (DEL-5, IPB-3): scenario 50.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{ban, behind_proxy, names_no_address};
use crate::harness::{FullCast, User, still_nothing, types};

/// Every route that is marked **IPB** and exists, with a body that would do: what is asked, and by which method.
fn gated_routes(cast: &FullCast, message: &Value) -> Vec<(&'static str, String, Option<Value>)> {
    let lists = json!({"allow": [], "deny": []});
    let text = cast.text.path();
    vec![
        ("POST", cast.path("/channels"), Some(json!({"name": "x"}))),
        ("GET", cast.path("/channels"), None),
        ("PATCH", text.clone(), Some(json!({"name": "x"}))),
        ("DELETE", text.clone(), None),
        ("POST", cast.path("/channels/reorder"), Some(json!({"channel_ids": [cast.text.id]}))),
        ("GET", format!("{text}/permissions/self"), None),
        ("GET", cast.path("/permissions/self"), None),
        ("GET", format!("{text}/overrides"), None),
        ("POST", format!("{text}/overrides/member"), Some(lists.clone())),
        ("POST", format!("{text}/permission-overrides/role/{}", cast.roles.member), Some(lists)),
        ("DELETE", format!("{text}/permission-overrides/role/{}", cast.roles.member), None),
        ("POST", cast.text.messages(), Some(json!({"content": "x"}))),
        ("GET", cast.text.messages(), None),
        ("PATCH", cast.text.message(message), Some(json!({"content": "x"}))),
        ("DELETE", cast.text.message(message), None),
        ("POST", cast.text.attachments(), Some(json!("x"))),
        ("GET", cast.text.attachment(message), None),
        ("DELETE", cast.text.attachment(message), None),
        ("POST", cast.text.reaction(message, "🎉"), None),
        ("DELETE", cast.text.reaction(message, "🎉"), None),
        ("GET", cast.path("/search?q=x"), None),
        ("POST", cast.path("/search/rebuild"), None),
        ("POST", cast.path("/search/reconcile"), None),
    ]
}

fn hits(user: &User, cast: &FullCast) -> Vec<Value> {
    let rows = user.walk(&cast.path("/audit?action_prefix=moderation.ip_ban.hit"), "events", 100);
    assert!(rows.iter().all(|row| row["action"] == "moderation.ip_ban.hit" && row["ip_ban_match"] == true));
    rows
}

/// Proves DEL-5, IPB-3, IPB-4, FEN-5, §6.4 for the gate, and that it opens again by itself.
#[test]
fn s050_a_banned_address_is_out_of_the_channels_until_the_ban_ends() {
    const BAN_SECS: u64 = 8;
    let cast = behind_proxy(&[]);
    let message = cast.p.say(&cast.text, "before")["message_id"].clone();
    let mut p = cast.p.connect_to(&[&cast.text, &cast.voice]);
    let mut idle = cast.p.connect();
    let mut elsewhere = cast.p.moved_to("203.0.113.9").connect_to(&[&cast.text]);
    let mut q = cast.q.connect_to(&[&cast.text]);
    let began = Instant::now();
    let made = ban(&cast, &cast.moderator, &json!({"target_user_id": cast.p.id, "expires_in_secs": BAN_SECS}));
    assert!(!made.is_empty());
    // The connect of `elsewhere` may be remembered already: then that address is banned as well.
    let both = made.len() > 1;

    cast.q.say(&cast.text, "P is out");
    cast.owner.patch(&cast.text.path(), &json!({"name": "renamed"})).ok();
    cast.owner.post(&cast.path("/channels/reorder"), &json!({"channel_ids": [cast.voice.id, cast.text.id]})).ok();
    cast.owner.set_override(&cast.text, "role", &cast.roles.member, &[], &["publish_video"]);
    cast.owner.patch(&cast.path(""), &json!({"name": "renamed"})).ok();
    let events = p.before_sentinel(&cast.p);
    assert_eq!(types(&events), ["unsubscribed", "workspace_update"]);
    assert_eq!(*events[0].d(), json!({"guild_id": cast.guild, "reason": "access_revoked"}), "one, without channel_id");
    assert_eq!(types(&idle.before_sentinel(&cast.p)), ["workspace_update"], "GW-30: it was not subscribed");
    let heard = elsewhere.before_sentinel(&cast.p);
    assert_eq!(heard[0].t(), if both { "unsubscribed" } else { "message_create" });
    assert!(q.before_sentinel(&cast.q).len() >= 5, "Q is not concerned");

    for (method, path, body) in gated_routes(&cast, &message) {
        cast.p.request(method, &path, &[], body.as_ref()).refused(403, "forbidden");
    }
    for path in ["", "/members", "/roles"] {
        // Not marked IPB: P is still a member.
        cast.p.get(&cast.path(path)).ok();
    }
    p.ask_subscribe(&cast.text);
    assert_eq!(p.expect("error")["code"], "forbidden");
    p.send("message_create", &json!({"guild_id": cast.guild, "channel_id": cast.text.id, "content": "x"}));
    assert_eq!(p.expect("error")["code"], "forbidden");
    assert!(began.elapsed() < Duration::from_secs(BAN_SECS), "the machine is too slow for this ban");

    let left = Duration::from_secs(BAN_SECS + 1).saturating_sub(began.elapsed());
    std::thread::sleep(left);
    p.before_sentinel(&cast.p);
    p.subscribe(&cast.text);
    let live = cast.q.say(&cast.text, "P is back");
    assert_eq!(p.expect("message_create")["message_id"], live["message_id"]);
    cast.p.say(&cast.text, "again");
    p.expect("message_create");
    cast.owner.patch(&cast.text.path(), &json!({"name": "T"})).ok();
    p.expect("channel_update");
    assert!(!hits(&cast.owner, &cast).is_empty());
    assert_eq!(cast.moderator.get(&cast.path("/ip-bans")).ok().json()["bans"], json!([]), "active only");
    names_no_address(&p.transcript(), "what P received");
    still_nothing(&mut [&mut p]);
}

/// Proves IPB-3: at most one row per guild, user and surface in a minute, for members only.
#[test]
fn refusals_of_the_gate_are_noted_once_and_for_members_only() {
    let cast = behind_proxy(&[]);
    ban(&cast, &cast.owner, &json!({"target_user_id": cast.p.id}));
    let visitor = cast.stranger.moved_to("198.51.100.3");
    for _ in 0..3 {
        cast.p.get(&cast.path("/channels")).refused(403, "forbidden");
        cast.p.get(&cast.text.messages()).refused(403, "forbidden");
        visitor.get(&cast.path("/channels")).refused(403, "forbidden");
    }
    // A note is written in the background; the next refusal of the same kind adds none.
    let deadline = Instant::now() + Duration::from_secs(5);
    while hits(&cast.owner, &cast).is_empty() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    cast.p.get(&cast.path("/channels")).refused(403, "forbidden");
    cast.owner.say(&cast.text, "something else is committed");
    let rows = hits(&cast.owner, &cast);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["actor_user_id"], *cast.p.id);
}
