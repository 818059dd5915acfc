//! Messages (contract §18): who hears what, in which order.

use serde_json::{Value, json};

use crate::client::Server;

#[tokio::test(flavor = "multi_thread")]
async fn s001_a_message_is_heard_edited_and_deleted_by_every_subscriber_and_nobody_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path()).await;
    let (owner, p, stranger) = (server.enter("owner").await, server.enter("p_1").await, server.enter("stranger").await);
    let room = owner.found("room").await;
    p.join(&room).await;
    let elsewhere = stranger.found("elsewhere").await;
    let mut gateways = [owner.connect("").await, p.connect("").await, p.connect("&features=batch").await];
    for gateway in &mut gateways {
        gateway.subscribe(&room).await;
    }
    let mut outside = stranger.connect("").await;
    outside.send("subscribe", &json!({ "guild_id": room.guild, "channel_id": room.channel, "ref": "1" })).await;
    let refusal = loop {
        let event = outside.next().await.expect("a frame");
        if event["t"] == "error" {
            break event;
        }
    };
    assert_eq!((&refusal["d"]["code"], &refusal["d"]["ref"]), (&json!("forbidden"), &json!("1")));
    outside.subscribe(&elsewhere).await;

    let said = owner.say(&room, "hello, *world*").await;
    let path = format!("{}/{}", room.messages(), said["message_id"].as_str().expect("an id"));
    owner.done("PATCH", &path, &json!({ "content": "goodbye" })).await;
    assert_eq!(p.call("DELETE", &path, &Value::Null).await.0, 403, "somebody else's");
    owner.done("DELETE", &path, &Value::Null).await;
    for gateway in &mut gateways {
        let created = gateway.until("message_create").await;
        assert_eq!((&created["content"], &created["message_id"]), (&said["content"], &said["message_id"]));
        let updated = gateway.until("message_update").await;
        assert_eq!(updated["updated_fields"]["content"], "goodbye");
        assert_eq!(gateway.until("message_delete").await["message_id"], said["message_id"]);
    }
    // Everything is delivered in one order: what a stranger was to hear of the room would come before this.
    stranger.say(&elsewhere, "sentinel").await;
    loop {
        let event = outside.next().await.expect("a frame");
        let is_of_messages = event["t"].as_str().expect("a name").starts_with("message_");
        assert!(!is_of_messages || event["d"]["content"] == "sentinel", "{event}");
        if is_of_messages {
            break;
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn s004_eight_writers_are_heard_by_all_in_one_order() {
    const WRITERS: usize = 8;
    const EACH: usize = 25;
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path()).await;
    let owner = server.enter("owner").await;
    let room = owner.found("room").await;
    let mut listeners = Vec::new();
    for query in ["", "", "&features=batch", "&features=batch,resume"] {
        let mut gateway = owner.connect(query).await;
        gateway.subscribe(&room).await;
        listeners.push(tokio::spawn(async move { gateway.hear(WRITERS * EACH).await }));
    }
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (owner, room) = (owner.clone(), room.clone());
            tokio::spawn(async move {
                for n in 0..EACH {
                    owner.say(&room, &format!("{writer} {n}")).await;
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.expect("no panic");
    }
    let mut heard = Vec::new();
    for listener in listeners {
        heard.push(listener.await.expect("no panic"));
    }
    let ids: Vec<&str> = heard[0].iter().map(|message| message["message_id"].as_str().expect("an id")).collect();
    assert!(ids.is_sorted() && ids.windows(2).all(|pair| pair[0] != pair[1]), "ORD-6");
    assert!(heard.iter().all(|other| *other == heard[0]), "ORD-2: one order for all");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_command_closes_with_the_contracts_code() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path()).await;
    let owner = server.enter("owner").await;
    for (t, d, code) in [
        ("no_such_command", json!({}), 4501),
        ("subscribe", json!({ "guild_id": "x" }), 4502),
        ("heartbeat", json!({ "s": 0, "evil": true }), 4502),
    ] {
        let mut gateway = owner.connect("").await;
        gateway.send(t, &d).await;
        while gateway.next().await.is_some() {}
        assert_eq!(gateway.close.as_ref().map(|(code, _)| *code), Some(code), "{t}");
    }
    server.stop().await;
}
