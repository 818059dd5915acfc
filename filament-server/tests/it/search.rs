//! Search (§9.9, §14): scenarios 106 to 108, and that hidden channels change nothing in it.

use serde_json::{Value, json};

use crate::harness::{Answer, FullCast, NOWHERE, Room, User};

/// The query, percent-encoded.
fn search_path(cast: &FullCast, text: &str, rest: &str) -> String {
    let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    cast.path(&format!("/search?q={encoded}{rest}"))
}

/// What a search finds, its form checked.
#[track_caller]
fn page(answer: Answer) -> Value {
    let page = answer.ok().json();
    let mut members: Vec<_> = page.as_object().expect("an object").keys().cloned().collect();
    members.sort_unstable();
    assert_eq!(members, ["message_ids", "messages", "next_cursor"]);
    let messages = page["messages"].as_array().expect("messages");
    let ids: Vec<_> = messages.iter().map(|message| message["message_id"].clone()).collect();
    assert_eq!(page["message_ids"], json!(ids), "SEA-3");
    let descends = |pair: &[Value]| pair[0].as_str() > pair[1].as_str();
    assert!(ids.windows(2).all(descends), "SEA-3: newest first");
    page
}

#[track_caller]
fn found(user: &User, cast: &FullCast, text: &str) -> Vec<String> {
    contents(&page(user.get(&search_path(cast, text, ""))))
}

fn contents(page: &Value) -> Vec<String> {
    let messages = page["messages"].as_array().expect("messages").iter();
    messages.map(|message| message["content"].as_str().expect("content").to_owned()).collect()
}

/// Proves SEA-2 and SEA-3 on visibility, IPB and membership gates (HTTP-9).
#[test]
fn s106_a_search_finds_what_the_caller_sees() {
    let cast = FullCast::assemble();
    cast.owner.say(&cast.text, "quoll in T");
    cast.owner.say(&cast.hidden, "quoll in H");

    assert_eq!(found(&cast.p, &cast, "quoll"), ["quoll in T"]);
    assert_eq!(found(&cast.moderator, &cast, "quoll"), ["quoll in H", "quoll in T"]);
    let within = |room: &Room| search_path(&cast, "quoll", &format!("&channel_id={}", room.id));
    assert_eq!(contents(&page(cast.p.get(&within(&cast.text)))), ["quoll in T"]);
    cast.p.get(&within(&cast.hidden)).refused(403, "forbidden");
    assert_eq!(contents(&page(cast.moderator.get(&within(&cast.hidden)))), ["quoll in H"]);
    let unknown = search_path(&cast, "quoll", &format!("&channel_id={NOWHERE}"));
    cast.p.get(&unknown).refused(404, "not_found");
    cast.stranger.get(&unknown).refused(403, "forbidden");
    cast.stranger.get(&search_path(&cast, "quoll", "")).refused(403, "forbidden");

    // What a user may see is asked at every search.
    cast.owner.set_override(&cast.text, "member", &cast.p.id, &[], &["create_message"]);
    assert_eq!(found(&cast.p, &cast, "quoll"), [""; 0]);
    cast.p.get(&within(&cast.text)).refused(403, "forbidden");
}

/// Proves SEA-4 and SEA-6, MSG answers included.
#[test]
fn s107_a_search_follows_create_edit_and_delete() {
    let cast = FullCast::assemble();
    let posted = cast.p.say(&cast.text, "potoroo at dawn");
    let answer = page(cast.q.get(&search_path(&cast, "potoroo", "")));
    assert_eq!(answer["messages"], json!([posted]), "the record of the answer");
    let path = cast.text.message(&posted["message_id"]);
    let edited = cast.p.patch(&path, &json!({"content": "bettong at dusk"})).ok().json();
    assert_eq!(found(&cast.q, &cast, "potoroo"), [""; 0]);
    assert_eq!(page(cast.q.get(&search_path(&cast, "bettong", "")))["messages"], json!([edited]));
    cast.q.post_empty(&cast.text.reaction(&posted["message_id"], "🎉")).ok();
    let reacted = page(cast.q.get(&search_path(&cast, "bettong", "")));
    assert_eq!(reacted["messages"][0]["reactions"][0]["reacted_by_me"], true, "as the caller sees it");
    cast.p.delete(&path).is(204);
    for text in ["potoroo", "bettong", "at", "da*"] {
        assert_eq!(found(&cast.q, &cast, text), [""; 0]);
    }
    let upkeep = |rest: &str| cast.path(&format!("/search/{rest}"));
    let sound = json!({"upserted": 0, "deleted": 0});
    assert_eq!(cast.owner.post_empty(&upkeep("reconcile")).ok().json(), sound);
    cast.p.say(&cast.text, "numbat");
    cast.owner.post_empty(&upkeep("rebuild")).is(204);
    assert_eq!(found(&cast.q, &cast, "numbat"), ["numbat"]);
    assert_eq!(cast.owner.post_empty(&upkeep("reconcile")).ok().json(), sound);
    for rest in ["rebuild", "reconcile"] {
        cast.p.post_empty(&upkeep(rest)).refused(403, "forbidden");
        cast.stranger.post_empty(&upkeep(rest)).refused(403, "forbidden");
        cast.owner.post(&upkeep(rest), &json!({})).refused(400, "invalid_request");
    }
}

/// Proves SEA-1 and SEA-2 on bounds, HTTP-7, HTTP-10 (unknown members are ignored).
#[test]
fn s108_searches_are_bounded_and_literal() {
    let cast = FullCast::assemble();
    cast.p.say(&cast.text, "see https://a.b:80/c for \"more\"");
    let terms = |count: usize, term: &str| vec![term; count].join(" ");
    for text in [
        "x".repeat(257),
        terms(21, "x"),
        terms(5, "xx*"),
        "*".to_owned(),
        "a*".to_owned(),
        "a*b".to_owned(),
        "x".repeat(65),
        " \u{3000} ".to_owned(),
        String::new(),
    ] {
        cast.p.get(&search_path(&cast, &text, "")).refused(400, "invalid_request");
    }
    for rest in ["&limit=0", "&limit=51", "&limit=x", "&cursor=!", "&cursor=abc", "&channel_id=x", "&q=again"] {
        cast.p.get(&search_path(&cast, "see", rest)).refused(400, "invalid_request");
    }
    cast.p.get(&cast.path("/search")).refused(400, "invalid_request");
    // Bounds come before rights (HTTP-8).
    cast.stranger.get(&search_path(&cast, "*", "")).refused(400, "invalid_request");

    let whole = ["see https://a.b:80/c for \"more\""];
    for text in [
        "https://a.b:80/c",
        "\"more\"",
        "SEE more",
        "ht*",
        "see \" ) ( : - ~ ^",
        "{text}:",
        &terms(20, "see"),
        &format!("see{}", " ".repeat(260)),
    ] {
        let expected: &[&str] = if text == "{text}:" { &[] } else { &whole };
        assert_eq!(found(&cast.p, &cast, text), expected, "{text}");
    }
    assert_eq!(contents(&page(cast.p.get(&search_path(&cast, "see", "&limit=50&v=3")))), whole);
}

/// Proves DEL-6 for searches: what a hidden channel says changes neither matches, nor pages, nor cursors, byte for byte.
#[test]
fn hidden_words_change_no_byte_of_what_is_found() {
    let cast = FullCast::assemble();
    for number in 0..12 {
        cast.owner.say(&cast.text, &format!("quoll {number}"));
    }
    let walk = |user: &User| {
        let mut pages = Vec::new();
        let mut rest = "&limit=5".to_owned();
        loop {
            let answer = user.get(&search_path(&cast, "quoll", &rest)).ok();
            pages.push(answer.text());
            match answer.json()["next_cursor"].as_str() {
                Some(cursor) => rest = format!("&limit=5&cursor={cursor}"),
                None => return pages,
            }
        }
    };
    let before = walk(&cast.p);
    assert_eq!(before.len(), 3);
    for number in 0..30 {
        cast.moderator.say(&cast.hidden, &format!("quoll quoll secret {number}"));
    }
    assert_eq!(walk(&cast.p), before);
    assert_eq!(found(&cast.p, &cast, "secret"), [""; 0]);
    assert_eq!(cast.moderator.walk(&search_path(&cast, "quoll", ""), "messages", 7).len(), 42);
}

/// Proves HTTP-3 and HTTP-15 for searches: pages cut by bytes, each match once.
#[test]
fn pages_of_a_search_are_cut_by_bytes() {
    let cast = FullCast::assemble();
    let text = "中 ".repeat(900);
    for number in 0..30 {
        cast.p.say(&cast.text, &format!("bilby {text}{number}"));
    }
    let path = search_path(&cast, "bilby", "");
    let first = cast.p.get(&format!("{path}&limit=50")).ok();
    assert!(first.text().len() <= 65_536 && !first.json()["next_cursor"].is_null());
    for limit in [3, 50] {
        let rows = cast.p.walk(&path, "messages", limit);
        assert_eq!(rows.len(), 30);
        assert!(rows.windows(2).all(|pair| pair[0]["message_id"].as_str() > pair[1]["message_id"].as_str()));
    }
}
