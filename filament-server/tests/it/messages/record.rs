//! What a message's record says of its author (§4.1, §10.2).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::{FullCast, image, types, upload};

/// The record of §4.1; `edited_at_unix` is there once it was edited.
const MEMBERS: [&str; 10] = [
    "message_id",
    "guild_id",
    "channel_id",
    "author_id",
    "content",
    "markdown_tokens",
    "attachments",
    "reactions",
    "created_at_unix",
    "edited_at_unix",
];

/// Proves MSG-5: wherever the record appears it has these members and no others, names its author by id alone, and is the same before and
/// after the author changed name, picture and roles; who wants those looks the user up.
#[test]
fn an_author_is_an_id_in_every_record_and_everything_else_is_looked_up() {
    let cast = FullCast::assemble();
    let role = cast.owner.create_role(&cast.guild, "Botanists", 10, &["create_message"]);
    cast.owner.assign(&cast.guild, &role, &cast.p);
    let mut q = cast.q.connect_to(&[&cast.text]);
    let file = cast.p.upload(&cast.text, "notes.txt", Some("text/plain"), b"some notes").ok().json();
    let body = json!({"content": "of ferns", "attachment_ids": [file["attachment_id"]]});
    let posted = cast.p.post(&cast.text.messages(), &body).ok().json();
    let path = cast.text.message(&posted["message_id"]);
    let told = q.expect("message_create").d().clone();
    let edited = cast.p.patch(&path, &json!({"content": "of ferns and moss"})).ok().json();
    assert_eq!(told, posted);

    let read = || cast.q.get(&cast.text.messages()).ok().json()["messages"][0].clone();
    let found = || {
        let page = cast.q.get(&cast.path("/search?q=ferns")).ok().json();
        assert!(page.to_string().contains("of ferns and moss"), "{page}");
        page
    };
    let before = (read(), found());
    let mut forbidden = vec![cast.p.name.clone(), "Botanists".to_owned(), role, "avatar".to_owned(), "role".to_owned()];
    cast.p.patch("/users/me/profile", &json!({"username": "P.renamed"})).ok();
    upload(&cast.p, "avatar", Some("image/png"), &image("image/png", 1, 1_000)).ok();
    cast.owner.set_legacy_role(&cast.guild, &cast.p, "moderator");
    assert_eq!((read(), found()), before, "nothing of the author is kept in the record");
    forbidden.push("P.renamed".to_owned());

    for record in [&posted, &told, &edited, &read()] {
        let has: BTreeSet<&str> = record.as_object().expect("a record").keys().map(String::as_str).collect();
        let mut members = BTreeSet::from(MEMBERS);
        if record["content"] == "of ferns" {
            members.remove("edited_at_unix");
        }
        assert_eq!(has, members);
        assert_eq!(record["author_id"], *cast.p.id);
    }
    for text in [&posted, &told, &edited, &read(), &found()].map(Value::to_string) {
        let spoken = forbidden.iter().find(|word| text.contains(word.as_str()));
        assert_eq!(spoken, None, "{text}");
    }
    let looked_up = cast.q.post("/users/lookup", &json!({"user_ids": [posted["author_id"]]})).ok().json();
    assert_eq!(looked_up["users"][0]["username"], "P.renamed");
    assert_ne!(looked_up["users"][0]["avatar_version"], 0);
    assert!(types(&q.before_sentinel(&cast.q)).contains(&"profile_update"), "and is told when it changes");
}
