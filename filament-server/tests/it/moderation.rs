//! Kicks and bans of users (§4.6, §8.4, §9.6): scenarios 44 to 47, 51 and 53.

mod crash;
mod race;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::harness::{Event, FullCast, Gateway, NOWHERE, User, member_path, still_nothing, types};

/// Proves DEL-3, DEL-4, FEN-3, FEN-5 and GW-41 for a kick, and that other guilds go on.
#[test]
pub(crate) fn s044_a_kick_ends_the_guild_on_every_connection_and_nothing_else() {
    let cast = FullCast::assemble();
    let other = cast.q.create_guild("other", "public");
    cast.p.join(&other);
    let elsewhere = cast.q.create_text(&other, "elsewhere");
    let mut p1 = cast.p.connect_to(&[&cast.text, &cast.voice, &elsewhere]);
    let mut p2 = cast.p.connect();
    let mut owner = cast.owner.connect();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let writer = cast.q.clone();
        let (room, stop) = (&cast.text, &stop);
        scope.spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                writer.say(room, "more");
                thread::sleep(std::time::Duration::from_millis(5));
            }
        });
        p1.until("message_create");
        cast.moderator.moderate(&cast.guild, &cast.p, "/kick");
        thread::sleep(std::time::Duration::from_millis(100));
        stop.store(true, Ordering::Relaxed);
    });
    let last = |events: &[Event], subscribed: bool| {
        let removed = events.iter().position(|event| event.t() == "workspace_member_remove").expect("the removal");
        assert!(events[..removed].iter().all(|event| event.t() == "message_create"));
        let events = &events[removed..];
        let mut expected = vec!["workspace_member_remove", "workspace_unavailable"];
        if subscribed {
            expected.push("unsubscribed");
        }
        assert_eq!(types(events), expected);
        assert_eq!((&events[0]["user_id"], &events[0]["reason"]), (&json!(cast.p.id), &json!("kick")));
        assert!(events[0].d().get("actor_user_id").is_none(), "§3 `audit`: P may not read the audit log");
        assert_eq!(events[1]["reason"], "kicked");
        if subscribed {
            assert_eq!(*events[2].d(), json!({"guild_id": cast.guild, "reason": "access_revoked"}));
        }
    };
    last(&p1.before_sentinel(&cast.p), true);
    last(&p2.before_sentinel(&cast.p), false);
    assert_eq!(types(&owner.before_sentinel(&cast.owner)), ["workspace_member_remove"]);
    let live = cast.q.say(&elsewhere, "another guild");
    assert_eq!(p1.expect("message_create")["message_id"], live["message_id"]);
    for path in [cast.path(""), cast.path("/channels"), cast.text.messages()] {
        cast.p.get(&path).refused(403, "forbidden");
    }
    p1.is_usable();
    p2.is_usable();
    still_nothing(&mut [&mut p1, &mut p2]);
    cast.moderator.post_empty(&member_path(&cast.guild, &cast.p, "/kick")).refused(404, "not_found");
}

/// Proves the rows "ban" and "unban" of §4.12, policy `audit`, and that a repeated ban says nothing (EMI-1).
#[test]
pub(crate) fn s045_bans_are_told_to_the_guild_and_lifted_for_who_holds_the_right() {
    let cast = FullCast::assemble();
    let mut owner = cast.owner.connect();
    let mut p = cast.p.connect();
    let mut m = cast.moderator.connect_to(&[&cast.text]);
    let mut x = cast.stranger.connect();
    cast.owner.moderate(&cast.guild, &cast.moderator, "/ban");
    cast.owner.moderate(&cast.guild, &cast.stranger, "/ban");
    cast.owner.moderate(&cast.guild, &cast.stranger, "/ban");
    cast.stranger.post_empty(&cast.path("/join")).refused(403, "directory_join_user_banned");
    cast.owner.post_empty(&member_path(&cast.guild, &cast.stranger, "")).refused(403, "forbidden");
    cast.owner.delete(&cast.path(&format!("/bans/{}", cast.stranger.id))).is(204);
    cast.owner.delete(&cast.path(&format!("/bans/{}", cast.stranger.id))).refused(404, "not_found");
    cast.stranger.join(&cast.guild);

    let joined = ["workspace_member_add", "workspace_role_assignment_add"];
    let banned = ["workspace_member_ban", "workspace_member_remove", "workspace_member_ban"];
    let events = owner.before_sentinel(&cast.owner);
    assert_eq!(types(&events), [&banned[..], &["workspace_member_unban"], &joined].concat());
    assert!(events[..4].iter().all(|event| event["actor_user_id"] == *cast.owner.id));
    assert_eq!(events[3]["user_id"], *cast.stranger.id);

    let events = p.before_sentinel(&cast.p);
    assert_eq!(types(&events), [&banned[..], &joined].concat());
    assert!(events[..3].iter().all(|event| event.d().get("actor_user_id").is_none()));
    assert_eq!((&events[1]["reason"], &events[1]["user_id"]), (&json!("ban"), &json!(cast.moderator.id)));
    assert_eq!(events[0]["banned_at_unix"], events[1]["removed_at_unix"], "the same time");
    assert_eq!(events[2]["user_id"], *cast.stranger.id);

    let events = m.before_sentinel(&cast.moderator);
    assert_eq!(types(&events), [banned[0], banned[1], "workspace_unavailable", "unsubscribed"]);
    assert_eq!(events[2]["reason"], "banned");
    assert_eq!(*events[3].d(), json!({"guild_id": cast.guild, "reason": "access_revoked"}));
    cast.moderator.post_empty(&cast.path("/join")).refused(403, "directory_join_user_banned");

    let events = x.before_sentinel(&cast.stranger);
    assert_eq!(types(&events), ["workspace_member_ban", "workspace_available", joined[0], joined[1]]);
    still_nothing(&mut [&mut owner, &mut p, &mut m, &mut x]);
}

/// Proves ACT-2: who may read the audit log is told who did it, and nobody else is. (Bans by address: `ip_bans`.)
#[test]
pub(crate) fn s046_the_actor_of_a_kick_is_named_to_readers_of_the_audit_log() {
    let cast = FullCast::assemble();
    let auditor = cast.owner.create_role(&cast.guild, "Auditor", 10, &["view_audit_log"]);
    let mut gateways: Vec<(&User, Gateway)> =
        [&cast.owner, &cast.moderator, &cast.p, &cast.q].map(|user| (user, user.connect())).into();
    cast.moderator.moderate(&cast.guild, &cast.q, "/kick");
    let named = |gateways: &mut [(&User, Gateway)]| -> Vec<Option<Value>> {
        let heard = gateways.iter_mut().map(|(user, gateway)| {
            let events = gateway.before_sentinel(user);
            let removed = events.iter().find(|event| event.t() == "workspace_member_remove").expect("the removal");
            removed.d().get("actor_user_id").cloned()
        });
        heard.collect()
    };
    let m = Some(json!(cast.moderator.id));
    assert_eq!(named(&mut gateways), [m.clone(), m.clone(), None, None]);
    // The right is looked at when the frame is handed over: P may read the log now.
    cast.q.join(&cast.guild);
    cast.owner.assign(&cast.guild, &auditor, &cast.p);
    cast.moderator.moderate(&cast.guild, &cast.q, "/kick");
    assert_eq!(named(&mut gateways), [m.clone(), m.clone(), m, None]);
}

/// Proves HIE-3, HIE-4, HIE-9 for kicks and bans, and EMI-3.
#[test]
fn s047_nobody_moderates_themself_their_equals_or_the_owner() {
    let cast = FullCast::assemble();
    cast.owner.moderate(&cast.guild, &cast.stranger, "");
    cast.owner.set_legacy_role(&cast.guild, &cast.stranger, "moderator");
    let m2 = &cast.stranger;
    let mut owner = cast.owner.connect();
    let before = cast.owner.audit(&cast.guild);
    for ending in ["/kick", "/ban"] {
        for target in [m2, &cast.owner, &cast.moderator] {
            cast.moderator.post_empty(&member_path(&cast.guild, target, ending)).refused(403, "forbidden");
        }
        cast.owner.post_empty(&member_path(&cast.guild, &cast.owner, ending)).refused(403, "forbidden");
        cast.p.post_empty(&member_path(&cast.guild, &cast.q, ending)).refused(403, "forbidden");
        cast.owner.post_empty(&cast.path(&format!("/members/{NOWHERE}{ending}"))).refused(404, "not_found");
        cast.owner.post_empty(&cast.path(&format!("/members/nobody{ending}"))).refused(400, "invalid_request");
        let body = Some(json!({}));
        cast.owner
            .request("POST", &member_path(&cast.guild, &cast.p, ending), &[], body.as_ref())
            .refused(400, "invalid_request");
    }
    cast.moderator.delete(&cast.path(&format!("/bans/{}", cast.p.id))).refused(404, "not_found");
    cast.p.delete(&cast.path(&format!("/bans/{}", cast.q.id))).refused(403, "forbidden");
    assert_eq!(cast.owner.audit(&cast.guild), before);
    owner.nothing(&cast.owner);
    still_nothing(&mut [&mut owner]);
}

/// Proves the list of bans (§9.6): who may read it, and who is told who banned.
#[test]
fn bans_are_listed_to_who_may_ban() {
    let cast = FullCast::assemble();
    let bouncer = cast.owner.create_role(&cast.guild, "Bouncer", 50, &["ban_member"]);
    cast.owner.assign(&cast.guild, &bouncer, &cast.q);
    cast.moderator.moderate(&cast.guild, &cast.p, "/ban");
    cast.moderator.moderate(&cast.guild, &cast.stranger, "/ban");
    let path = cast.path("/bans");
    let rows = |user: &User| user.get(&path).ok().json()["bans"].as_array().expect("bans").clone();
    let seen = rows(&cast.moderator);
    assert_eq!(seen.len(), 2);
    for row in &seen {
        assert_eq!(row["actor_user_id"], *cast.moderator.id);
        assert!(row["banned_at_unix"].as_u64().is_some_and(|time| time > 0));
    }
    let mut names: Vec<&Value> = seen.iter().map(|row| &row["username"]).collect();
    names.sort_by_key(|name| name.to_string());
    assert_eq!(names, ["member_p", "stranger_x"]);
    for row in rows(&cast.q) {
        assert!(row.get("actor_user_id").is_none(), "only with `view_audit_log`");
    }
    for query in ["limit=0", "limit=101", "cursor=x", "order=old"] {
        cast.q.get(&format!("{path}?{query}")).refused(400, "invalid_request");
    }
    for user in [&cast.p, &cast.stranger] {
        user.get(&path).refused(403, "forbidden");
    }
}

/// Proves FEN-7: the lag of a revocation is measured.
#[test]
fn the_lag_of_a_revocation_is_measured() {
    let cast = FullCast::assemble();
    let lag = "filament_gateway_revocation_lag_seconds";
    let mut p = cast.p.connect_to(&[&cast.text]);
    let before = cast.server.metric(&format!("{lag}_count"), &[]);
    cast.moderator.moderate(&cast.guild, &cast.p, "/kick");
    p.until("unsubscribed");
    cast.server.metric_becomes(&format!("{lag}_count"), &[], before + 1.0);
}
