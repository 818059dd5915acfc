//! Attachments and the messages that carry them.

use serde_json::{Value, json};

use crate::harness::{Cast, Event, types};

fn ids(attachments: &Value) -> Vec<&str> {
    let list = attachments.as_array().expect("a list");
    list.iter().map(|attachment| attachment["attachment_id"].as_str().expect("an id")).collect()
}

/// Proves ATT-1 over REST: bound once, together, in order of upload, and shown wherever the message is.
#[test]
fn a_message_carries_what_it_binds() {
    let cast = Cast::assemble();
    let mut q = cast.q.connect_to(&[&cast.text]);
    let [one, two, spare] = ["one.txt", "two.txt", "spare.txt"].map(|name| cast.p.attach(&cast.text, name, name));
    let foreign = cast.owner.attach(&cast.text, "foreign.txt", "x");
    let elsewhere = cast.p.attach(&cast.voice, "elsewhere.txt", "x");
    let post = |ids: Value| cast.p.post(&cast.text.messages(), &json!({"content": "", "attachment_ids": ids}));
    for unusable in [&foreign, &elsewhere] {
        post(json!([one["attachment_id"], unusable["attachment_id"]])).refused(400, "invalid_request");
    }
    let message = post(json!([two["attachment_id"], one["attachment_id"], two["attachment_id"]])).ok().json();
    assert_eq!(message["attachments"], json!([one, two]), "the order of uploads, each once");
    post(json!([spare["attachment_id"], one["attachment_id"]])).refused(400, "invalid_request");
    assert_eq!(q.expect("message_create")["attachments"], json!([one, two]));
    assert_eq!(cast.q.get(&cast.text.messages()).ok().json()["messages"][0]["attachments"], json!([one, two]));
    let edited = cast.p.patch(&cast.text.message(&message["message_id"]), &json!({"content": "text"})).ok().json();
    assert_eq!(edited["attachments"], json!([one, two]));
    let update = q.expect("message_update");
    assert!(update["updated_fields"].get("attachments").is_none(), "§4.3: the list did not change");
    // With a key: the same request again, and another one (HTTP-16).
    let keyed = |ids: &[&Value]| {
        let body = json!({"content": "keyed", "attachment_ids": ids});
        cast.p.request("POST", &cast.text.messages(), &[("idempotency-key", "k")], Some(&body))
    };
    let first = keyed(&[&spare["attachment_id"]]).ok().json();
    assert_eq!(first["attachments"], json!([spare]));
    let again = keyed(&[&spare["attachment_id"]]).ok();
    assert_eq!((again.header("idempotency-replayed"), again.json()), (Some("true"), first));
    keyed(&[]).refused(409, "idempotency_conflict");
    assert_eq!(types(&q.before_sentinel(&cast.q)), ["message_create"]);
}

/// Proves ATT-1 for the command, and its refusal (§5).
#[test]
fn the_command_binds_as_the_endpoint_does() {
    let cast = Cast::assemble();
    let mut p = cast.p.connect();
    let mut owner = cast.owner.connect_to(&[&cast.text]);
    let file = cast.p.attach(&cast.text, "a.txt", "text");
    let command = |reference: &str| {
        json!({"guild_id": cast.guild, "channel_id": cast.text.id, "content": "", "ref": reference,
            "attachment_ids": [file["attachment_id"], file["attachment_id"]]})
    };
    p.send("message_create", &command("first"));
    let created = owner.expect("message_create");
    assert_eq!((&created["content"], &created["attachments"]), (&json!(""), &json!([file])));
    p.send("message_create", &command("second"));
    let refused = p.expect("error");
    assert_eq!((&refused["code"], &refused["ref"]), (&json!("invalid_request"), &json!("second")));
    owner.nothing(&cast.owner);
}

/// Proves scenario 104: MSG-3, and the row "attachment delete" of §4.12.
#[test]
fn s104_a_deleted_attachment_is_told_with_the_whole_list() {
    let cast = Cast::assemble();
    let [one, two, unbound] = ["one.txt", "two.txt", "three.txt"].map(|name| cast.p.attach(&cast.text, name, name));
    let message = cast.p.say_with(&cast.text, "**two** files", &[&one, &two]);
    let mut told = [&cast.owner, &cast.p, &cast.q].map(|user| user.connect_to(&[&cast.text]));
    let mut stranger = cast.stranger.connect();
    cast.p.delete(&cast.text.attachment(&unbound["attachment_id"])).is(204);
    cast.p.delete(&cast.text.attachment(&one["attachment_id"])).is(204);
    let check = |event: &Event, left: &Value| {
        assert_eq!(event["message_id"], message["message_id"]);
        let fields = &event["updated_fields"];
        assert_eq!(fields["content"], "**two** files");
        assert_eq!(fields["markdown_tokens"], message["markdown_tokens"]);
        assert_eq!(fields["attachments"], *left);
    };
    for (user, gateway) in [&cast.owner, &cast.p, &cast.q].into_iter().zip(&mut told) {
        let events = gateway.before_sentinel(user);
        assert_eq!(types(&events), ["message_update"], "none for the unbound one");
        check(&events[0], &json!([two]));
    }
    cast.p.delete(&cast.text.attachment(&one["attachment_id"])).refused(404, "not_found");
    cast.p.delete(&cast.text.attachment(&two["attachment_id"])).is(204);
    check(&told[0].expect("message_update"), &json!([]));
    stranger.nothing(&cast.stranger);
    // Without text as well: an empty message is left.
    let file = cast.p.attach(&cast.text, "only.txt", "x");
    let message = cast.p.say_with(&cast.text, "", &[&file]);
    cast.p.delete(&cast.text.attachment(&file["attachment_id"])).is(204);
    let newest = cast.q.get(&format!("{}?limit=1", cast.text.messages())).ok().json()["messages"][0].clone();
    assert_eq!((&newest["message_id"], &newest["content"]), (&message["message_id"], &json!("")));
    assert!(ids(&newest["attachments"]).is_empty() && newest["edited_at_unix"].is_null());
    cast.server.attachment_files_become(0);
}
