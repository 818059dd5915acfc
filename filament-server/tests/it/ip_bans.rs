//! Bans by address (§9.10, §10.6, DEL-5): scenarios 48 to 50 and the address half of 46.

mod gate;

use serde_json::{Value, json};

use crate::harness::{FullCast, NOWHERE, Server, User, accepted, still_nothing, types};

/// Where each person comes from: documentation networks, one address each.
const ADDRESSES: [(&str, &str); 5] = [
    ("owner_o", "192.0.2.1"),
    ("moderator_m", "192.0.2.2"),
    ("member_p", "198.51.100.3"),
    ("member_q", "198.51.100.4"),
    ("stranger_x", "2001:db8::5"),
];

/// The cast behind a trusted proxy, each person at an address of its own.
fn behind_proxy(variables: &[(&str, &str)]) -> FullCast {
    let trusted = [("FILAMENT_TRUSTED_PROXY_CIDRS", "127.0.0.1")];
    let server = Server::with_env(&[&trusted[..], variables].concat());
    FullCast::on(server, |server, name| {
        let (_, address) = ADDRESSES.iter().find(|(known, _)| *known == name).expect("a place for everybody");
        server.user_at(name, address)
    })
}

/// Bans the addresses of a user and returns the answer's ids.
#[track_caller]
fn ban(cast: &FullCast, by: &User, body: &Value) -> Vec<String> {
    let made = by.post(&cast.path("/ip-bans/by-user"), body).ok().json();
    let ids: Vec<String> =
        made["ban_ids"].as_array().expect("ban_ids").iter().map(|id| id.as_str().expect("an id").to_owned()).collect();
    assert_eq!(made, json!({"created_count": ids.len(), "ban_ids": ids}));
    ids
}

/// Fails if the text holds an address of the cast, in any spelling.
#[track_caller]
fn names_no_address(text: &str, what: &str) {
    let lower = text.to_ascii_lowercase();
    for fragment in
        ["192.0.2.", "198.51.100.", "203.0.113.", "2001:db8", "20010db8", "c0000202", "c6336403", "/32", "/128"]
    {
        assert!(!lower.contains(fragment), "{what} holds {fragment}");
    }
}

/// Proves IPB-1 (join and login are remembered), IPB-2, IPB-5, policy `audit`, and EMI-1 for a ban of what is banned already.
#[test]
fn s048_a_ban_by_address_is_told_to_who_may_manage_it_and_shows_no_address() {
    let cast = behind_proxy(&[]);
    cast.stranger.join(&cast.guild);
    cast.stranger.leave(&cast.guild);
    let mut gateways = [&cast.owner, &cast.moderator, &cast.p, &cast.stranger].map(|user| (user, user.connect()));
    let made = ban(&cast, &cast.moderator, &json!({"target_user_id": cast.stranger.id, "reason": "  spam  "}));
    assert!(!made.is_empty());
    assert!(ban(&cast, &cast.moderator, &json!({"target_user_id": cast.stranger.id})).is_empty(), "nothing new");

    let hears = |(user, gateway): &mut (&User, crate::harness::Gateway)| {
        let events = gateway.before_sentinel(user);
        for event in &events {
            names_no_address(&event.text, "a frame");
        }
        events
    };
    for (index, pair) in gateways.iter_mut().enumerate() {
        let events = hears(pair);
        if index < 2 {
            assert_eq!(types(&events), ["workspace_ip_ban_sync"]);
            assert_eq!(events[0]["summary"], json!({"action": "upsert", "changed_count": made.len()}));
            assert_eq!(events[0]["actor_user_id"], *cast.moderator.id);
        } else {
            assert!(events.is_empty(), "{:?}", types(&events));
        }
    }
    let list = cast.moderator.get(&cast.path("/ip-bans")).ok();
    names_no_address(&list.text(), "the list");
    let rows = list.json()["bans"].as_array().expect("bans").clone();
    assert_eq!(rows.len(), made.len());
    for row in &rows {
        assert!(made.iter().any(|id| row["ban_id"] == **id));
        assert_eq!((&row["source_user_id"], &row["reason"]), (&json!(cast.stranger.id), &json!("spam")));
        assert_eq!(row["expires_at_unix"], Value::Null);
    }
    cast.stranger.post_empty(&cast.path("/join")).refused(403, "directory_join_ip_banned");
    // A stranger to the guild at the same address is kept out as well, whoever it is.
    cast.server
        .user_at("visitor", "2001:db8::5")
        .post_empty(&cast.path("/join"))
        .refused(403, "directory_join_ip_banned");

    let audit = cast.owner.get(&cast.path("/audit?limit=100")).ok();
    names_no_address(&audit.text(), "the audit log");
    let actions: Vec<Value> =
        audit.json()["events"].as_array().expect("events").iter().map(|row| row["action"].clone()).collect();
    assert_eq!(actions.iter().filter(|action| **action == "moderation.ip_ban.add").count(), 1);
    assert_eq!(actions.iter().filter(|action| **action == "directory.join.rejected.ip_ban").count(), 2);

    for id in &made {
        accepted(cast.moderator.delete(&cast.path(&format!("/ip-bans/{id}"))));
        cast.moderator.delete(&cast.path(&format!("/ip-bans/{id}"))).refused(404, "not_found");
    }
    for (index, pair) in gateways.iter_mut().enumerate() {
        let events = hears(pair);
        assert_eq!(events.len(), if index < 2 { made.len() } else { 0 });
        for event in &events {
            assert_eq!(event["summary"], json!({"action": "remove", "changed_count": 1}));
        }
    }
    cast.stranger.join(&cast.guild);
    let log = std::fs::read_to_string(cast.server.log_path()).expect("the log");
    names_no_address(&log, "the log");
    names_no_address(&cast.server.http().get("/metrics").ok().text(), "the metrics");
}

/// Proves ACT-2 for bans by address: the actor is named to readers of the audit log only.
#[test]
fn s046_the_actor_of_a_ban_by_address_is_named_to_readers_of_the_audit_log() {
    let cast = behind_proxy(&[]);
    let keeper = cast.owner.create_role(&cast.guild, "Gatekeeper", 10, &["manage_ip_bans"]);
    cast.owner.assign(&cast.guild, &keeper, &cast.q);
    let made = ban(&cast, &cast.moderator, &json!({"target_user_id": cast.stranger.id}));
    let mut gateways = [&cast.owner, &cast.moderator, &cast.q, &cast.p].map(|user| (user, user.connect()));
    accepted(cast.owner.delete(&cast.path(&format!("/ip-bans/{}", made[0]))));
    for (index, (user, gateway)) in gateways.iter_mut().enumerate() {
        let events = gateway.before_sentinel(user);
        let sync = events.iter().find(|event| event.t() == "workspace_ip_ban_sync");
        let actor = sync.map(|event| event.d().get("actor_user_id"));
        let expected = [Some(Some(&json!(cast.owner.id))), Some(Some(&json!(cast.owner.id))), Some(None), None];
        assert_eq!(actor, expected[index], "{}", user.name);
    }
}

/// Proves HIE-3, HIE-4 for bans by address, IPB-3 for the exempt, and the refusals of §9.10.
#[test]
fn s049_nobody_bans_the_address_of_a_higher_member_and_the_owner_is_exempt() {
    let cast = behind_proxy(&[]);
    let senior = cast.owner.create_role(&cast.guild, "Senior", 200, &[]);
    cast.owner.assign(&cast.guild, &senior, &cast.q);
    let path = cast.path("/ip-bans/by-user");
    let mut owner = cast.owner.connect();
    for target in [&cast.owner, &cast.moderator, &cast.q] {
        cast.moderator.post(&path, &json!({"target_user_id": target.id})).refused(403, "forbidden");
    }
    cast.owner.post(&path, &json!({"target_user_id": cast.owner.id})).refused(403, "forbidden");
    cast.p.post(&path, &json!({"target_user_id": cast.stranger.id})).refused(403, "forbidden");
    cast.owner.post(&path, &json!({"target_user_id": NOWHERE})).refused(404, "not_found");
    for (body, status) in [
        (json!({"target_user_id": cast.p.id, "expires_in_secs": 0}), 400),
        (json!({"target_user_id": cast.p.id, "expires_in_secs": 15_552_001}), 400),
        (json!({"target_user_id": cast.p.id, "reason": "  "}), 400),
        (json!({"target_user_id": cast.p.id, "reason": "r".repeat(241)}), 400),
        (json!({"target_user_id": cast.p.id, "cidr": "192.0.2.0/24"}), 422),
        (json!({}), 422),
    ] {
        cast.moderator.post(&path, &body).refused(status, "invalid_request");
    }
    for query in ["limit=0", "limit=101", "cursor=x", "q=1"] {
        cast.moderator.get(&cast.path(&format!("/ip-bans?{query}"))).refused(400, "invalid_request");
    }
    cast.p.get(&cast.path("/ip-bans")).refused(403, "forbidden");
    cast.owner.delete(&cast.path(&format!("/ip-bans/{NOWHERE}"))).refused(404, "not_found");
    owner.nothing(&cast.owner);
    assert!(!cast.owner.audit(&cast.guild).iter().any(|action| action.starts_with("moderation.")));

    // The owner, at an address that is banned.
    ban(&cast, &cast.moderator, &json!({"target_user_id": cast.p.id}));
    let moved = cast.owner.moved_to("198.51.100.3");
    let mut there = moved.connect_to(&[&cast.text]);
    moved.say(&cast.text, "unaffected");
    assert_eq!(there.expect("message_create")["content"], "unaffected");
    moved.patch(&cast.text.path(), &json!({"name": "renamed"})).ok();
    there.expect("channel_update");
    moved.get(&cast.path("/channels")).ok();
    still_nothing(&mut [&mut there]);
}

/// Proves the cap of active entries of a guild (§16.1).
#[test]
fn a_guild_has_a_bounded_number_of_banned_addresses() {
    let cast = behind_proxy(&[("FILAMENT_GUILD_IP_BAN_MAX_ENTRIES", "1")]);
    let body = json!({"target_user_id": cast.stranger.id});
    let made = ban(&cast, &cast.owner, &body);
    assert_eq!(made.len(), 1);
    let more = json!({"target_user_id": cast.p.id});
    cast.owner.post(&cast.path("/ip-bans/by-user"), &more).refused(409, "quota_exceeded");
    accepted(cast.owner.delete(&cast.path(&format!("/ip-bans/{}", made[0]))));
    assert_eq!(ban(&cast, &cast.owner, &more).len(), 1);
}
