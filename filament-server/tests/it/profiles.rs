//! Profiles (§4.9, §9.4): scenario 54, names, and what others may read.

mod images;
mod storage;

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Event, FullCast, NOWHERE, Server, User, befriend, image, is_ulid, still_nothing, types, upload};

fn change(user: &User, body: &Value) -> Value {
    user.patch("/users/me/profile", body).ok().json()
}

/// Proves DEL-1 for `PEERS(u)`, EMI-1 and EMI-2, on plain connections and on one with batches.
#[test]
fn s054_a_profile_change_reaches_the_user_friends_and_co_members_once() {
    let cast = FullCast::assemble();
    let friend = cast.server.user("friend_f");
    friend.own_room();
    befriend(&cast.p, &friend);
    // Q has three reasons: the guild, another shared guild, and friendship.
    befriend(&cast.q, &cast.p);
    let second = cast.q.create_guild("second", "public");
    cast.p.join(&second);

    let mut gateways = [
        (&cast.p, cast.p.connect_to(&[&cast.text])),
        (&cast.p, cast.p.connect_resumable()),
        (&cast.q, cast.q.connect()),
        (&friend, friend.connect()),
        (&cast.moderator, cast.moderator.connect_resumable()),
    ];
    let mut stranger = cast.stranger.connect();

    let renamed = change(&cast.p, &json!({"username": "P.renamed"}));
    assert_eq!(renamed["username"], "P.renamed");
    change(&cast.p, &json!({"username": "P.renamed", "about_markdown": ""}));
    let about = change(&cast.p, &json!({"username": "P.renamed", "about_markdown": "**hi**"}));
    let avatar = upload(&cast.p, "avatar", Some("image/png"), &image("image/png", 1, 1_000)).ok().json();
    let banner = upload(&cast.p, "banner", None, &image("image/webp", 2, 300_000)).ok().json();
    let again = upload(&cast.p, "avatar", Some("image/gif"), &image("image/gif", 3, 50)).ok().json();

    let tokens = json!([
        {"type": "paragraph_start"}, {"type": "strong_start"}, {"type": "text", "text": "hi"},
        {"type": "strong_end"}, {"type": "paragraph_end"}
    ]);
    assert_eq!(about["about_markdown_tokens"], tokens);
    let names =
        ["profile_update", "profile_update", "profile_avatar_update", "profile_banner_update", "profile_avatar_update"];
    for (user, gateway) in &mut gateways {
        let events: Vec<Event> = gateway.before_sentinel(user);
        assert_eq!(types(&events), names, "{}", user.name);
        assert!(events.iter().all(|event| event["user_id"] == *cast.p.id));
        assert_eq!(events[0]["updated_fields"], json!({"username": "P.renamed"}));
        let expected = json!({"about_markdown": "**hi**", "about_markdown_tokens": tokens});
        assert_eq!(events[1]["updated_fields"], expected);
        assert_eq!(events[2]["avatar_version"], avatar["avatar_version"]);
        assert_eq!(events[3]["banner_version"], banner["banner_version"]);
        assert_eq!(events[4]["avatar_version"], again["avatar_version"]);
    }
    assert!(again["avatar_version"].as_u64() > avatar["avatar_version"].as_u64(), "versions ascend");
    stranger.nothing(&cast.stranger);
    let mut all: Vec<_> = gateways.iter_mut().map(|(_, gateway)| gateway).collect();
    all.push(&mut stranger);
    still_nothing(&mut all);

    for reader in [&cast.p, &cast.stranger] {
        let profile = reader.get(&format!("/users/{}/profile", cast.p.id)).ok().json();
        assert_eq!(profile, again, "what was answered is what is read");
    }
    assert_eq!(cast.p.get("/auth/me").ok().json(), again);
    let looked_up = cast.stranger.post("/users/lookup", &json!({"user_ids": [cast.p.id, cast.q.id]})).ok().json();
    assert_eq!(looked_up["users"][0]["avatar_version"], again["avatar_version"]);
    assert_eq!(
        (&looked_up["users"][0]["username"], &looked_up["users"][1]["avatar_version"]),
        (&json!("P.renamed"), &json!(0))
    );
}

/// Proves that a change over REST alone is heard: the user has no connection that could know their guilds.
#[test]
fn a_change_by_somebody_without_a_connection_is_heard() {
    let cast = FullCast::assemble();
    let mut q = cast.q.connect();
    change(&cast.p, &json!({"about_markdown": "quiet"}));
    let events = q.before_sentinel(&cast.q);
    assert_eq!(types(&events), ["profile_update"]);
    assert_eq!(events[0]["updated_fields"]["about_markdown"], "quiet");

    cast.p.leave(&cast.guild);
    q.until("workspace_member_remove");
    change(&cast.p, &json!({"about_markdown": "elsewhere"}));
    q.nothing(&cast.q);
}

/// Proves "unique and matched ignoring ASCII case" (§10.1, §9.4), also when many want one name at once.
#[test]
fn a_name_is_taken_once_whatever_its_case() {
    let server = Server::start();
    let [one, other] = ["First_name", "second_name"].map(|name| server.user(name));
    let rename = |user: &User, name: &str| user.patch("/users/me/profile", &json!({"username": name}));
    for taken in ["First_name", "FIRST_NAME", "first_name"] {
        rename(&other, taken).refused(400, "invalid_request");
    }
    assert_eq!(rename(&one, "FIRST_name").ok().json()["username"], "FIRST_name", "one's own in other letters");
    rename(&one, "free.again").ok();
    rename(&other, "First_Name").ok();
    let login =
        server.http().post("/auth/login", &json!({"username": "FREE.AGAIN", "password": crate::harness::PASSWORD}));
    assert_eq!(login.status, 200, "one logs in by the new name");
    server.http().post("/auth/register", &json!({"username": "fIRST_nAME", "password": crate::harness::PASSWORD})).ok();
    assert_eq!(other.get("/auth/me").ok().json()["username"], "First_Name", "registering takes no name that is taken");

    let crowd: Vec<User> = (0..6).map(|n| server.user(&format!("crowd_{n}"))).collect();
    let answers: Vec<u16> = std::thread::scope(|scope| {
        let tries: Vec<_> = crowd
            .iter()
            .map(|user| scope.spawn(move || user.patch("/users/me/profile", &json!({"username": "Wanted"})).status))
            .collect();
        tries.into_iter().map(|tried| tried.join().expect("a client")).collect()
    });
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|status| **status == 400).count(), 5, "{answers:?}");
}

/// Proves HTTP-7, HTTP-13 and §10.1 for profiles.
#[test]
fn profiles_refuse_what_the_contract_refuses() {
    let server = Server::start();
    let user = server.user("member");
    let patch = |body: Value| user.patch("/users/me/profile", &body);
    for (body, status) in [
        (json!({}), 400),
        (json!({"username": "ab"}), 400),
        (json!({"username": "with space"}), 400),
        (json!({"username": "x".repeat(33)}), 400),
        (json!({"about_markdown": "x".repeat(2_049)}), 400),
        (json!({"about_markdown": "nul\u{0}"}), 400),
        (json!({"username": null}), 422),
        (json!({"username": 7}), 422),
        (json!({"avatar_version": 7}), 422),
        (json!([]), 422),
    ] {
        let answer = patch(body.clone());
        assert_eq!((answer.status, answer.error().as_str()), (status, "invalid_request"), "{body}");
    }
    let longest = "\u{1F30A}".repeat(1_024);
    assert_eq!(patch(json!({"about_markdown": longest})).ok().json()["about_markdown"], longest);
    let hostile = "- ".repeat(1_000) + "a";
    let profile = patch(json!({"about_markdown": hostile})).ok().json();
    assert_eq!(profile["about_markdown_tokens"], json!([]), "MD-1");

    user.get(&format!("/users/{NOWHERE}/profile")).refused(404, "not_found");
    user.get("/users/none/profile").refused(400, "invalid_request");
    server.http().get(&format!("/users/{}/profile", user.id)).refused(401, "invalid_credentials");
    assert!(is_ulid(&user.id));
}

/// Proves the retention of profiles over a restart, and that versions go on ascending.
#[test]
fn a_profile_survives_a_restart() {
    let mut server = Server::start();
    let user = server.user("member");
    change(&user, &json!({"username": "kept", "about_markdown": "kept too"}));
    let before = upload(&user, "banner", Some("image/avif"), &image("image/avif", 9, 5_000)).ok().json();
    server.sigterm();
    server.wait_exit(Duration::from_secs(15));
    server.restart();
    assert_eq!(user.get("/auth/me").ok().json(), before);
    let banner = server.http().get(&format!("/users/{}/banner", user.id)).ok();
    assert_eq!(banner.body, image("image/avif", 9, 5_000));
    let after = upload(&user, "banner", None, &image("image/png", 9, 10)).ok().json();
    assert!(after["banner_version"].as_u64() > before["banner_version"].as_u64());
}
