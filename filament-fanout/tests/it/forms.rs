//! The same events in all three forms, and over a transport inside of this process, with real tasks.

use std::{sync::Arc, time::Duration};

use filament_core::{
    Engine, Journal, Limits, Place,
    testing::{Cast, MemoryStore},
};
use filament_fanout::{
    DisconnectReason, Fanout, FanoutConfig, Hello, MemoryMessage, Mode, Reached, memory_pair,
    testing::{Peer, ReadableCursors, Received, Told},
};
use filament_protocol::{CloseCode, ConnectionId, Timestamp};
use tokio::time::timeout;

use crate::harness::{Client, PATIENCE, Running};

const POSTS: usize = 300;

/// The texts of the messages a peer receives, with every cursor it is given, until it has so many.
async fn heard(peer: &Peer, messages: usize) -> (Vec<String>, Vec<Place>) {
    let (mut texts, mut places) = (Vec::new(), Vec::new());
    while texts.len() < messages {
        let text = match timeout(PATIENCE, peer.next()).await.expect("in time") {
            Some(Received::Text(text)) => text,
            Some(Received::Ping) => continue,
            other => panic!("ended: {other:?}"),
        };
        let told = Told::read(&text);
        places.extend(told.cursor.map(|cursor| ReadableCursors::read(&cursor).expect("a cursor").1.place));
        texts.extend(told.events.into_iter().filter(|event| event.contains(r#""t":"message_create""#)));
    }
    (texts, places)
}

/// Proves RES-1 to RES-3 and SSE-2 with real tasks: every form tells the same, and cursors only move on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_form_is_told_the_same_and_cursors_move_on() {
    let running = Running::start().await;
    let Cast { owner, member, guild_id, channel_id, .. } = running.cast;
    let mut clients: Vec<Client> = Vec::new();
    for mode in [Mode::Plain, Mode::Batch { resume: false }, Mode::Batch { resume: true }, Mode::Stream] {
        let client = running.connect_as(member, mode).await;
        client.connection.subscribe(guild_id, channel_id, None).await.expect("visible");
        clients.push(client);
    }
    let posting = async {
        for n in 0..POSTS {
            running.post(owner, &format!("message {n}")).await;
        }
    };
    let listening = async {
        let mut streams = Vec::new();
        for client in &clients {
            streams.push(heard(&client.peer, POSTS).await);
        }
        streams
    };
    let ((), streams) = tokio::join!(posting, listening);
    for (texts, _) in &streams {
        assert_eq!(texts, &streams[0].0);
    }
    let [(_, plain), (_, without), batch, stream] = &streams[..] else { panic!("four") };
    assert!(plain.is_empty() && without.is_empty(), "only where `resume` was agreed");
    for (_, places) in [batch, stream] {
        assert!(places.is_sorted() && !places.is_empty());
    }
    assert!(stream.1.len() >= stream.0.len(), "an id with every event (SSE-2)");

    // A heartbeat brings a cursor at the relay's position.
    let head = running.gate.head().seq;
    running.fanout.fenced(head).await;
    clients[2].connection.acknowledge_heartbeat();
    let acked = async {
        loop {
            let Some(Received::Text(text)) = clients[2].peer.next().await else { panic!("ended") };
            if text.contains("heartbeat_ack") {
                return Told::read(&text);
            }
        }
    };
    let told = timeout(PATIENCE, acked).await.expect("in time");
    let (user_id, Reached { place, .. }) = ReadableCursors::read(&told.cursor.expect("one")).expect("a cursor");
    assert_eq!((user_id, place), (member.user_id, Place::after(head)));
    let number = format!(r#""s":{},"#, told.s.expect("a number"));
    assert!(told.events.last().is_some_and(|ack| ack.contains(&number)), "the ack has the number of its batch");
}

/// A fanout without any socket: what an embedder does, from connect to close.
#[tokio::test]
async fn a_connection_inside_of_the_process_hears_the_same_and_is_bounded() {
    let wall = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    let store = MemoryStore::at(u64::try_from(wall.as_millis()).expect("not that late"));
    let engine = Engine::new(store.clone(), Limits::default());
    let cast = Cast::in_store(&engine, "memory").await;
    let cursors = Arc::new(ReadableCursors::default());
    let fanout = Fanout::new(FanoutConfig::default(), Arc::new(store.clone()), Arc::new(store), cursors);
    let driven = fanout.clone();
    let task = tokio::spawn(async move { driven.run(std::future::pending()).await });
    let hello = |n| Hello {
        connection_id: ConnectionId::from_u128(n),
        user_id: cast.member.user_id,
        session_id: cast.member.session_id,
        is_server_owner: false,
        mode: Mode::Batch { resume: true },
        features: Vec::new(),
        token_expires_at: Timestamp::MAX,
        address: None,
        cursor: None,
        subscribe: Vec::new(),
    };
    let (writer, mut events) = memory_pair();
    let connection = fanout.connect(hello(1), writer).await;
    connection.subscribe(cast.guild_id, cast.channel_id, None).await.expect("visible");
    let (idle_writer, mut idle) = memory_pair();
    let deaf = fanout.connect(hello(2), idle_writer).await;
    deaf.subscribe(cast.guild_id, cast.channel_id, None).await.expect("visible");

    let mut heard = Vec::new();
    for n in 0..400 {
        cast.post(&engine, cast.owner, &format!("message {n}")).await;
        while heard.len() <= n {
            let next = timeout(PATIENCE, events.next()).await.expect("in time");
            let Some(MemoryMessage::Text(text)) = next else { panic!("{next:?}") };
            let told = Told::read(std::str::from_utf8(&text).expect("UTF-8"));
            heard.extend(told.events.into_iter().filter(|event| event.contains("message_create")));
        }
    }
    assert!(heard.iter().enumerate().all(|(n, text)| text.contains(&format!(r#""message {n}""#))));

    // Who takes nothing is closed when queue and transport are full.
    assert!(deaf.is_closed());
    let disconnects = fanout.stats().disconnects;
    assert_eq!(disconnects, [(DisconnectReason::Closed(CloseCode::SlowConsumer), 1)]);
    let end = async { while idle.next().await.is_some() {} };
    timeout(PATIENCE, end).await.expect("it ends");
    connection.close(CloseCode::TokenExpired, Some(7));
    let end = timeout(PATIENCE, events.next()).await.expect("in time");
    assert_eq!(end, Some(MemoryMessage::Closed(CloseCode::TokenExpired, Some(7))));
    assert_eq!(
        timeout(Duration::from_secs(10), events.next()).await.expect("in time"),
        None,
        "no answer is waited for"
    );
    task.abort();
}
