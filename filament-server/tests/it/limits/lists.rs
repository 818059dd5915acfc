//! Every list at its cap, with the records that take most bytes, stays within 65,536 bytes (HTTP-3): scenario 94.

use serde_json::{Value, json};

use crate::harness::{Cast, NOWHERE, Room, Server, User, hidden_from_members};

/// HTTP-3.
const ANSWER_BYTES_MAX: usize = 65_536;
/// Enough for what these tests have to create.
const PLENTY: [(&str, &str); 4] = [
    ("FILAMENT_RATE_LIMIT_REQUESTS_PER_MINUTE", "1000000"),
    ("FILAMENT_AUTH_ROUTE_REQUESTS_PER_MINUTE", "1000000"),
    ("FILAMENT_DIRECTORY_JOIN_REQUESTS_PER_MINUTE_PER_IP", "1000000"),
    ("FILAMENT_DIRECTORY_JOIN_REQUESTS_PER_MINUTE_PER_USER", "1000000"),
];

/// Names of 64 units that are long in UTF-8 or in JSON.
fn long_names() -> [String; 4] {
    ["中".repeat(64), "\u{1F30A}".repeat(32), "\"".repeat(64), "\\".repeat(64)]
}

/// Reads a list and returns it, its answer having been measured.
#[track_caller]
fn list(user: &User, path: &str, member: &str) -> Vec<Value> {
    let answer = user.get(path).ok();
    assert!(answer.body.len() <= ANSWER_BYTES_MAX, "{path}: {} bytes", answer.body.len());
    answer.json()[member].as_array().unwrap_or_else(|| panic!("no {member} in {answer:?}")).clone()
}

/// Proves HTTP-3 and the caps of §9.6 for guilds: 100 created, 200 joined, the complete list in the order of §9.6.
#[test]
fn s094_two_hundred_guilds_fit_their_list() {
    const CREATED_MAX: usize = 100;
    let server = Server::with_env(&PLENTY);
    let [first, second, third, member] = ["first", "second", "third", "member"].map(|name| server.user(name));
    let mut names = long_names().into_iter().cycle();
    let guilds: Vec<(String, String)> = [&first, &second]
        .iter()
        .flat_map(|creator| [*creator; CREATED_MAX])
        .map(|creator| {
            let name = names.next().expect("an endless list");
            (creator.create_guild(&name, "public"), name)
        })
        .collect();
    let one_more = json!({"name": "one more", "visibility": "public"});
    first.post("/guilds", &one_more).refused(403, "guild_creation_limit_reached");
    for (guild, _) in &guilds {
        member.join(guild);
    }
    let listed = list(&member, "/guilds", "guilds");
    let expected: Vec<Value> = guilds
        .iter()
        .rev()
        .map(|(guild, name)| json!({"guild_id": guild, "name": name, "visibility": "public"}))
        .collect();
    assert_eq!(listed, expected, "complete, newest membership first");

    let last = third.create_guild("the 201st", "public");
    member.post_empty(&format!("/guilds/{last}/join")).refused(409, "quota_exceeded");
    member.post("/guilds", &one_more).refused(409, "quota_exceeded");
    assert_eq!(list(&member, "/guilds", "guilds"), expected);
    let page = list(&member, "/guilds/public?limit=50", "guilds");
    assert_eq!(page.len(), 50);
    assert_eq!(page[1], expected[0]);
    member.leave(&guilds[0].0);
    member.join(&last);
}

/// Proves HTTP-3 for channels of the longest names: the plain list, the list of a manager (which holds hidden channels
/// too, each saying whether it is visible) and the own rights.
#[test]
fn s094_two_hundred_channels_fit_their_lists() {
    const CHANNELS: usize = 200;
    let cast = Cast::on(Server::with_env(&PLENTY));
    let guild = cast.owner.create_guild("wide", "public");
    cast.p.join(&guild);
    let role = cast.owner.member_role(&guild);
    let mut names = long_names().into_iter().cycle();
    let mut all = Vec::new();
    for index in 0..CHANNELS {
        let name = names.next().expect("an endless list");
        let room = if index % 2 == 0 {
            cast.owner.create_channel(&guild, &json!({"name": name, "kind": "voice"}))
        } else {
            cast.owner.create_channel(&guild, &hidden_from_members(&name, &role, &[]))
        };
        all.push((room.id, name));
    }
    let path = format!("/guilds/{guild}/channels");
    cast.owner.post(&path, &json!({"name": "one more"})).refused(409, "quota_exceeded");
    for (user, suffix, expected) in
        [(&cast.owner, "", CHANNELS), (&cast.owner, "?include=manageable", CHANNELS), (&cast.p, "", CHANNELS / 2)]
    {
        let listed = list(user, &format!("{path}{suffix}"), "channels");
        assert_eq!(listed.len(), expected, "{suffix}");
        for (index, channel) in listed.iter().enumerate() {
            let (id, name) = &all[index * CHANNELS / expected];
            assert_eq!((&channel["channel_id"], &channel["name"]), (&json!(id), &json!(name)));
            assert_eq!(channel["position"], json!(index));
            let marked = channel.get("visible");
            assert_eq!(marked, Some(&json!(true)).filter(|_| !suffix.is_empty()), "the owner sees every channel");
        }
    }
    cast.p.get(&format!("{path}?include=manageable")).refused(403, "forbidden");
    cast.p.get(&format!("{path}?include=all")).refused(400, "invalid_request");
    let own = format!("/guilds/{guild}/permissions/self");
    assert_eq!(list(&cast.owner, &own, "channels").len(), CHANNELS);
    assert_eq!(list(&cast.p, &own, "channels").len(), CHANNELS / 2);
}

/// Contents of 2,000 units that are long in JSON, in tokens, or both.
fn long_contents() -> Vec<String> {
    vec![
        "中".repeat(2_000),
        "\u{1}".repeat(2_000),
        "\"".repeat(2_000),
        "\u{1F30A}".repeat(1_000),
        "- a\n".repeat(500),
        "**a** ".repeat(333),
        "> \u{1}\n\n".repeat(400),
    ]
}

/// Gives a message 64 reactions of the longest emoji by two people.
fn react_in_full(cast: &Cast, room: &Room, message: &Value) {
    for number in 0..64_u8 {
        let emoji = format!("{}{number:02}", "中".repeat(30));
        for user in [&cast.p, &cast.q] {
            user.post_empty(&room.reaction(&message["message_id"], &emoji)).ok();
        }
    }
}

/// Proves HTTP-3 and HTTP-15 for messages: pages are cut by bytes, no message is left out or comes twice, whatever the
/// limit; and a single record fits an answer.
#[test]
fn s094_the_longest_messages_come_in_pages_that_fit() {
    const ROUNDS: usize = 4;
    let cast = Cast::on(Server::with_env(&PLENTY));
    let mut posted = Vec::new();
    for _ in 0..ROUNDS {
        posted.extend(long_contents().iter().map(|content| cast.p.say(&cast.text, content)["message_id"].clone()));
    }
    let heaviest = cast.q.say(&cast.text, &"\u{1}".repeat(2_000));
    react_in_full(&cast, &cast.text, &heaviest);
    posted.push(heaviest["message_id"].clone());
    posted.reverse();
    for limit in [1, 7, 100] {
        let read = cast.owner.history(&cast.text, limit);
        let ids: Vec<Value> = read.iter().map(|message| message["message_id"].clone()).collect();
        assert_eq!(ids, posted, "limit {limit}");
        assert_eq!(read[0]["reactions"].as_array().map(Vec::len), Some(64));
    }
    let edited = json!({"content": "\u{2}".repeat(2_000)});
    let answer = cast.q.patch(&cast.text.message(&heaviest["message_id"]), &edited).ok();
    assert_eq!(answer.json()["reactions"].as_array().map(Vec::len), Some(64));
}

/// Proves the rules of `POST /users/lookup` (§9.4): 1 to 64 ids, in the order asked for, each once, unknown ones left out.
#[test]
fn s094_a_lookup_of_64_users_answers_in_order() {
    let server = Server::with_env(&PLENTY);
    let longest = "a".repeat(32);
    let users = [longest.as_str(), "bob", "C.c_C"].map(|name| server.user(name));
    let look_up = |ids: &[&str]| users[0].post("/users/lookup", &json!({"user_ids": ids}));
    let [a, b, c] = [&users[0], &users[1], &users[2]].map(|user| user.id.as_str());
    let strangers: Vec<String> = (0..59).map(|number| format!("000000000000000000000000{number:02}")).collect();
    let mut ids: Vec<&str> = strangers.iter().map(String::as_str).collect();
    ids.splice(10..10, [c, a, c]);
    ids.extend([b, a]);
    assert_eq!(ids.len(), 64);
    let answer = look_up(&ids).ok();
    assert!(answer.body.len() <= ANSWER_BYTES_MAX);
    let record = |id: &str, name: &str| json!({"user_id": id, "username": name, "avatar_version": 0});
    let expected = [record(c, "C.c_C"), record(a, &longest), record(b, "bob")];
    assert_eq!(answer.json(), json!({"users": expected}));
    assert_eq!(look_up(&[NOWHERE]).ok().json(), json!({"users": []}));
    look_up(&[]).refused(400, "invalid_request");
    ids.push(NOWHERE);
    look_up(&ids).refused(400, "invalid_request");
    look_up(&[a; 65]).refused(400, "invalid_request");
}
