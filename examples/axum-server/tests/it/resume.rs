//! Resuming (contract §7, §18): a stream that was cut and resumed is the stream that was not.

use serde_json::{Value, json};

use crate::client::{Gateway, Person, Room, Server};

const RESUME: &str = "&features=batch,resume";

/// Steps of the run; after each of them one connection is cut.
const STEPS: usize = 12;

/// A message, and something done to some of them.
async fn step(owner: &Person, room: &Room, number: usize) {
    let said = owner.say(room, &format!("step {number}")).await;
    let path = format!("{}/{}", room.messages(), said["message_id"].as_str().expect("an id"));
    match number % 3 {
        0 => drop(owner.done("PATCH", &path, &json!({ "content": format!("changed {number}") })).await),
        1 => drop(owner.done("DELETE", &path, &Value::Null).await),
        _ => {}
    }
}

/// Adds the durable events up to this message.
async fn through(gateway: &mut Gateway, last: &str, told: &mut Vec<Value>) {
    loop {
        let event = gateway.next().await.expect("a frame");
        let is_last = event["t"] == "message_create" && event["d"]["content"] == last;
        if event["t"].as_str().expect("a name").starts_with("message_") {
            told.push(event);
        }
        if is_last {
            return;
        }
    }
}

fn resuming(gateway: &Gateway, room: &Room) -> String {
    let cursor = gateway.cursor.as_deref().expect("a cursor with every batch");
    format!("{RESUME}&subscribe={}:{}&cursor={cursor}", room.guild, room.channel)
}

/// Proves RES-18 and RES-12 with this server's own transport and cursors.
#[tokio::test(flavor = "multi_thread")]
async fn s086_a_run_cut_at_every_step_and_resumed_is_the_uncut_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path()).await;
    let owner = server.enter("owner").await;
    let room = owner.found("room").await;
    let mut uncut = owner.connect(RESUME).await;
    uncut.subscribe(&room).await;
    let mut listening = Vec::new();
    for _ in 0..STEPS {
        let mut gateway = owner.connect(RESUME).await;
        gateway.subscribe(&room).await;
        listening.push(gateway);
    }
    let mut cut = Vec::new();
    for (number, mut gateway) in listening.into_iter().enumerate() {
        step(&owner, &room, number).await;
        let mut told = Vec::new();
        through(&mut gateway, &format!("step {number}"), &mut told).await;
        // What stands in the last batch behind that message was told as well: the cursor is behind all of it.
        while let Some(event) = gateway.waiting() {
            told.extend(Some(event).filter(|event| event["t"].as_str().expect("a name").starts_with("message_")));
        }
        cut.push((resuming(&gateway, &room), told));
    }
    owner.say(&room, "the end").await;
    let mut expected = Vec::new();
    through(&mut uncut, "the end", &mut expected).await;
    assert!(expected.len() > STEPS, "the run has events of several kinds");
    for (number, (query, mut told)) in cut.into_iter().enumerate() {
        let before = told.len();
        let mut gateway = owner.connect(&query).await;
        through(&mut gateway, "the end", &mut told).await;
        assert_eq!(told, expected, "cut after step {number}");
        let caught_up = gateway.until("caught_up").await;
        assert_eq!((&caught_up["reset"], &caught_up["replayed"]), (&json!(false), &json!(told.len() - before)));
    }
    server.stop().await;
}

/// Proves ORD-8, RES-10 and GW-50 here: a restart tells everybody how long to wait, and what was said meanwhile is heard once.
#[tokio::test(flavor = "multi_thread")]
async fn s087_a_restart_loses_nothing_and_doubles_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path()).await;
    let owner = server.enter("owner").await;
    let room = owner.found("room").await;
    let mut gateway = owner.connect(RESUME).await;
    gateway.subscribe(&room).await;
    owner.say(&room, "before").await;
    assert_eq!(gateway.hear(1).await[0]["content"], "before");
    let query = resuming(&gateway, &room);
    owner.say(&room, "lost on the way").await;
    server.stop().await;
    while gateway.next().await.is_some() {}
    let (code, reason) = gateway.close.clone().expect("a farewell");
    assert!(code == 1001 && reason.starts_with("going_away;retry_after_ms="), "{code} {reason}");

    let server = Server::start(folder.path()).await;
    let owner = server.enter("owner").await;
    owner.say(&room, "said while away").await;
    let mut gateway = owner.connect(&query).await;
    let mut told = Vec::new();
    through(&mut gateway, "said while away", &mut told).await;
    let contents: Vec<&Value> = told.iter().map(|event| &event["d"]["content"]).collect();
    assert_eq!(contents, ["lost on the way", "said while away"]);
    assert_eq!(gateway.until("caught_up").await["replayed"], 2);
    owner.say(&room, "live").await;
    assert_eq!(gateway.hear(1).await[0]["content"], "live");
    server.stop().await;
}
