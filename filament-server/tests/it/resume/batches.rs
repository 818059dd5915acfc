//! The frames of a connection that negotiated `batch` (§7.1). What holds of every single one of them is checked by the harness.

use std::collections::BTreeSet;

use serde_json::json;

use crate::harness::{FullCast, Gateway, Server, types};

/// Proves §7's negotiation: unknown names are ignored, `resume` needs `batch`, what is agreed on is echoed sorted.
#[test]
fn features_are_negotiated() {
    let server = Server::start();
    let user = server.user("member");
    for (asked, agreed) in [
        ("resume", json!([])),
        ("batch", json!(["batch"])),
        ("resume,typing,batch", json!(["batch", "resume"])),
        ("batch%2Cresume", json!(["batch", "resume"])),
    ] {
        let mut gateway = user.dial().query("features", asked).open().expect("an upgrade");
        let ready = gateway.next();
        assert_eq!((ready.t(), &ready["features"]), ("ready", &agreed), "{asked}");
        assert!(ready.d().get("resume").is_none(), "nothing is resumed without a cursor");
        gateway.is_usable();
    }
}

/// Proves scenario 91, RES-1, RES-2, RES-3, GW-46 and GW-47: batches of everything, numbered densely, with acks that carry their
/// number, and without compatibility notices.
#[test]
fn s091_every_frame_is_a_batch_and_numbers_are_dense() {
    let cast = FullCast::assemble();
    let mut plain = cast.p.connect_to(&[&cast.text]);
    let mut r = cast.p.connect_resumable();
    r.subscribe(&cast.text);
    for number in 0..100 {
        cast.owner.say(&cast.text, &format!("message {number}"));
    }
    let mut contents = Vec::new();
    let mut batches = BTreeSet::new();
    while contents.len() < 100 {
        let event = r.expect("message_create");
        contents.push(event["content"].as_str().expect("text").to_owned());
        let batch = event.batch.as_deref().expect("RES-1: a batch");
        assert!(batch.cursor.is_some(), "RES-3");
        batches.insert((batch.s, batch.events));
    }
    assert_eq!(contents, (0..100).map(|number| format!("message {number}")).collect::<Vec<_>>());

    // What makes plain connections hear notices: an override, a channel that comes into sight, a channel deleted.
    cast.owner.set_override(&cast.hidden, "member", &cast.p.id, &["create_message"], &[]);
    cast.owner.delete(&cast.voice.path()).is(204);
    let heard = r.before_sentinel(&cast.p);
    let heard = types(&heard);
    assert_eq!(heard, ["workspace_channel_override_update", "channel_delete"]);
    let noticed = plain.before_sentinel(&cast.p);
    let notice = "workspace_channel_role_override_update";
    assert!(
        types(&noticed).contains(&notice) && types(&noticed).contains(&"channel_create"),
        "the plain one hears them"
    );

    beat(&mut r);
    beat(&mut r);
}

/// Proves GW-46 and GW-47: the ack stands behind everything queued before it and carries the number of its batch and the revision.
fn beat(r: &mut Gateway) {
    r.send("heartbeat", &json!({"s": 1, "ref": "beat"}));
    let ack = r.until("heartbeat_ack");
    let batch = ack.batch.as_deref().expect("RES-1: a batch");
    assert_eq!(ack["s"], batch.s, "GW-46");
    assert!(ack["access_rev"].as_u64().is_some_and(|rev| rev > 0), "RES-30: {}", ack.text);
}
