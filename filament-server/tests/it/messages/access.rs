//! Who may see, write and change messages (§8.1, §9.9).

use serde_json::json;

use crate::harness::{Cast, NOWHERE, Room, hidden_from_members, still_nothing, types};

/// Proves DEL-6 for the four message events, GW-23's refusal, and that a member without a subscription gets none.
#[test]
pub(crate) fn message_events_of_a_hidden_channel_reach_only_who_sees_it() {
    let cast = Cast::assemble();
    let room = cast.owner.create_channel(&cast.guild, &hidden_from_members("H2", &cast.member_role, &[&cast.q]));
    let mut owner = cast.owner.connect_to(&[&room]);
    let mut q = cast.q.connect_to(&[&room]);
    let mut outsiders = [(&cast.p, cast.p.connect_to(&[&cast.text])), (&cast.stranger, cast.stranger.connect())];
    for (_, outsider) in &mut outsiders {
        outsider.ask_subscribe(&room);
        assert_eq!(outsider.expect("error")["code"], "forbidden");
    }

    let message = cast.q.say(&room, "secret");
    cast.q.patch(&room.message(&message["message_id"]), &json!({"content": "still secret"})).ok();
    cast.owner.post_empty(&room.reaction(&message["message_id"], "👀")).ok();
    cast.owner.delete(&room.message(&message["message_id"])).is(204);

    let all = ["message_create", "message_update", "message_reaction", "message_delete"];
    assert_eq!(types(&owner.before_sentinel(&cast.owner)), all);
    assert_eq!(types(&q.before_sentinel(&cast.q)), all);
    let [(_, p), (_, x)] = &mut outsiders;
    p.nothing(&cast.p);
    x.nothing(&cast.stranger);
    still_nothing(&mut [p, x]);
}

/// Proves EMI-3 for messages and the access column of §9.9: who may write, read, edit, delete, react.
#[test]
pub(crate) fn refused_message_mutations_change_nothing_and_emit_nothing() {
    let cast = Cast::assemble();
    let mut owner = cast.owner.connect_to(&[&cast.text, &cast.hidden]);
    let shown = cast.owner.say(&cast.text, "shown");
    let hidden = cast.owner.say(&cast.hidden, "hidden");
    owner.expect("message_create");
    owner.expect("message_create");
    let content = json!({"content": "mine now"});

    let foreign = cast.text.message(&shown["message_id"]);
    cast.p.patch(&foreign, &content).refused(403, "forbidden");
    cast.p.delete(&foreign).refused(403, "forbidden");
    for user in [&cast.p, &cast.stranger] {
        user.get(&cast.hidden.messages()).refused(403, "forbidden");
        user.post(&cast.hidden.messages(), &content).refused(403, "forbidden");
        user.patch(&cast.hidden.message(&hidden["message_id"]), &content).refused(403, "forbidden");
        user.delete(&cast.hidden.message(&hidden["message_id"])).refused(403, "forbidden");
        user.post_empty(&cast.hidden.reaction(&hidden["message_id"], "👀")).refused(403, "forbidden");
        user.delete(&cast.hidden.reaction(&hidden["message_id"], "👀")).refused(403, "forbidden");
    }
    let unknown = Room { guild: cast.guild.clone(), id: NOWHERE.to_owned() };
    cast.p.post(&unknown.messages(), &content).refused(404, "not_found");
    cast.stranger.post(&unknown.messages(), &content).refused(403, "forbidden");
    cast.p
        .post(&cast.text.messages(), &json!({"content": "x", "attachment_ids": [NOWHERE]}))
        .refused(400, "invalid_request");
    cast.p
        .post(&cast.text.messages(), &json!({"content": "x", "attachment_ids": vec![NOWHERE; 6]}))
        .refused(400, "invalid_request");
    for emoji in ["\u{feff}", "a b", "\u{7f}", &"e".repeat(33)] {
        cast.p.post_empty(&cast.text.reaction(&shown["message_id"], emoji)).refused(400, "invalid_request");
    }

    assert!(owner.before_sentinel(&cast.owner).is_empty());
    assert_eq!(cast.owner.history(&cast.text, 20), [shown]);
    assert_eq!(cast.owner.history(&cast.hidden, 20), [hidden]);
}

/// Proves §8.1 bit 4 for the owner: another's message is edited and deleted, its author stays.
#[test]
pub(crate) fn the_owner_edits_and_deletes_what_others_wrote() {
    let cast = Cast::assemble();
    let mut p = cast.p.connect_to(&[&cast.text]);
    let message = cast.p.say(&cast.text, "mine");
    let path = cast.text.message(&message["message_id"]);
    let edited = cast.owner.patch(&path, &json!({"content": "moderated"})).ok().json();
    assert_eq!(edited["author_id"], *cast.p.id);
    assert_eq!(edited["created_at_unix"], message["created_at_unix"]);
    assert!(edited["edited_at_unix"].as_u64() >= edited["created_at_unix"].as_u64());
    cast.owner.delete(&path).is(204);
    assert_eq!(types(&p.before_sentinel(&cast.p)), ["message_create", "message_update", "message_delete"]);
}
