//! What arrives, in which order, and what a subscribe promises.

use std::time::Duration;

use filament_core::{
    Actor,
    decide::{
        channel::CreateChannel,
        guild::{CreateGuild, JoinGuild, LeaveGuild},
    },
    testing::Cast,
};
use filament_fanout::testing::Received;
use filament_protocol::{
    ChannelKind, ChannelName, CloseCode, ErrorCode, Event, GuildName, Received as Decoded, Ref, Timestamp, Visibility,
    decode_event, event::HeartbeatAck,
};
use tokio::time::timeout;

use crate::harness::{Running, eventually};

fn text_channel(guild_id: filament_protocol::GuildId, name: &str) -> CreateChannel {
    let name = ChannelName::new(name).expect("a channel name");
    CreateChannel { guild_id, name, kind: ChannelKind::Text, overrides: vec![] }
}

/// Proves ORD-1 to ORD-3 with real tasks: several writers, several readers, one order, nothing missing, nothing twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_writers_are_seen_in_one_order_by_everybody() {
    let running = Running::start().await;
    let Cast { owner, member, .. } = running.cast;
    let mut readers = Vec::new();
    for n in 0..8 {
        readers.push(running.subscribed(if n % 2 == 0 { owner } else { member }).await);
    }
    const POSTS: usize = 200;
    let writer = |actor: Actor, name: &'static str| {
        let running = &running;
        async move {
            for n in 0..POSTS {
                running.post(actor, &format!("{name} {n}")).await;
                tokio::task::yield_now().await;
            }
        }
    };
    let reading = async {
        let mut streams = Vec::new();
        for reader in &readers {
            let mut stream = Vec::new();
            for _ in 0..2 * POSTS {
                stream.push(reader.message().await);
            }
            streams.push(stream);
        }
        streams
    };
    let ((), (), streams) = tokio::join!(writer(owner, "owner"), writer(member, "member"), reading);
    for stream in &streams {
        assert_eq!(stream, &streams[0]);
    }
    for name in ["owner", "member"] {
        let own: Vec<_> = streams[0].iter().filter(|text| text.starts_with(name)).cloned().collect();
        assert_eq!(own, (0..POSTS).map(|n| format!("{name} {n}")).collect::<Vec<_>>());
    }
    let stats = running.fanout.stats();
    assert!(stats.emitted.contains(&(filament_protocol::EventKind::MessageCreate, 8 * 2 * POSTS as u64)));
    let delivered: u64 = stats.delivery[0].buckets.iter().sum();
    eventually("every delivery is timed", || {
        running.fanout.stats().delivery[0].buckets.iter().sum::<u64>() >= 8 * 2 * POSTS as u64
    })
    .await;
    assert!(delivered <= 8 * 2 * POSTS as u64);
    running.fanout.check_invariants();
}

/// A refused subscribe counts everything that was committed before it, also while the relay lags behind.
#[tokio::test]
async fn a_subscribe_knows_what_was_committed_before_it() {
    let running = Running::start().await;
    let Cast { owner, member, guild_id, .. } = running.cast;
    let client = running.ready(member).await;
    running.gate.hold(true);
    let channel = running.done(owner, text_channel(guild_id, "fresh")).await.reply;
    let subscribing = client.connection.subscribe(guild_id, channel.channel_id, None);
    tokio::pin!(subscribing);
    assert!(timeout(Duration::from_millis(50), &mut subscribing).await.is_err(), "the relay is behind");
    running.gate.hold(false);
    assert_eq!(subscribing.await, Ok(()));
    let strange = client.connection.subscribe(guild_id, filament_protocol::ChannelId::from_u128(1), None);
    assert_eq!(timeout(Duration::from_millis(500), strange).await, Ok(Err(ErrorCode::Forbidden)), "without waiting");
}

/// Proves GW-20, GW-21 and ORD-5: the answers come in their order, echo the `ref`, and everything after them arrives.
#[tokio::test]
async fn answers_to_a_subscribe_come_in_their_order() {
    let running = Running::start().await;
    let Cast { owner, member, guild_id, channel_id, .. } = running.cast;
    let client = running.ready(member).await;
    let echo = Ref::new("r1").expect("a ref");
    client.connection.subscribe(guild_id, channel_id, Some(echo.clone())).await.expect("visible");
    running.post(owner, "after").await;
    assert!(matches!(client.event().await, Event::PresenceSync(sync) if sync.user_ids == [member.user_id]));
    assert!(matches!(client.event().await, Event::Subscribed(subscribed) if subscribed.r#ref == Some(echo)));
    assert!(matches!(client.event().await, Event::VoiceParticipantSync(sync) if sync.participants.is_empty()));
    assert_eq!(client.message().await, "after");
}

/// Proves DEL-7: a server owner subscribes where it is no member; the guild is loaded for it, and let go of after it.
#[tokio::test]
async fn a_server_owner_subscribes_where_it_is_no_member() {
    let running = Running::start().await;
    let Cast { owner, stranger, guild_id, channel_id, .. } = running.cast;
    let server_owner = Actor { is_server_owner: true, ..stranger };
    let client = running.subscribed(server_owner).await;
    running.post(owner, "seen by the server owner").await;
    assert_eq!(client.message().await, "seen by the server owner");
    running.fanout.check_invariants();
    client.connection.unsubscribe(guild_id, channel_id, None);
    client.until(|event| matches!(event, Event::Unsubscribed(_))).await;
    let nowhere = filament_protocol::GuildId::from_u128(1);
    assert_eq!(client.connection.subscribe(nowhere, channel_id, None).await, Err(ErrorCode::Forbidden));
    running.fanout.check_invariants();
}

/// Proves ORD-2 for somebody who joins a guild that nobody here was in: its graph is loaded in the middle of the stream.
#[tokio::test]
async fn whoever_joins_an_unknown_guild_hears_of_it_and_may_subscribe() {
    let running = Running::start().await;
    let Cast { owner, stranger, .. } = running.cast;
    let name = GuildName::new("elsewhere").expect("a guild name");
    let guild = running.done(owner, CreateGuild { name, visibility: Visibility::Public }).await.reply;
    let channel = running.done(owner, text_channel(guild.guild_id, "there")).await.reply;
    let client = running.ready(stranger).await;
    running.done(stranger, JoinGuild { guild_id: guild.guild_id }).await;
    client.connection.subscribe(guild.guild_id, channel.channel_id, None).await.expect("a member by now");
    let kinds = ["workspace_available", "workspace_member_add", "workspace_role_assignment_add", "presence_sync"];
    for kind in kinds {
        assert_eq!(client.event().await.kind().name(), kind);
    }
    running.fanout.check_invariants();
}

/// Proves FEN-2, FEN-3 and FEN-5: when the fence is passed, the loss is in force, and nothing of the guild follows.
#[tokio::test]
async fn nothing_of_a_guild_follows_a_fenced_leave() {
    let running = Running::start().await;
    let Cast { owner, member, guild_id, .. } = running.cast;
    let (leaver, stayer) = (running.subscribed(member).await, running.subscribed(owner).await);
    for round in 0..20 {
        running.post(owner, &format!("before {round}")).await;
        let left = running.done(member, LeaveGuild { guild_id }).await;
        assert!(left.narrows);
        running.fanout.fenced(left.seq.expect("an entry")).await;
        assert_eq!(running.fanout.stats().subscriptions, 1);
        running.post(owner, &format!("after {round}")).await;
        let joined = running.done(member, JoinGuild { guild_id }).await;
        running.fanout.fenced(joined.seq.expect("an entry")).await;
        running.subscribe(&leaver).await;
    }
    running.post(owner, "the end").await;
    let mut heard = Vec::new();
    while heard.last().is_none_or(|text| text != "the end") {
        heard.push(stayer.message().await);
    }
    assert_eq!(heard.len(), 41, "who stays hears everything");
    assert_eq!(leaver.message().await, "the end", "the last subscribe took everything before it off");
    let lag = running.fanout.stats().revocation_lag;
    assert_eq!(lag.buckets.iter().sum::<u64>(), 20, "each loss is timed (FEN-7)");
    assert_eq!(lag.buckets[10..].iter().sum::<u64>(), 0, "within a second (FEN-7)");
}

/// Proves GW-46 and GW-47: an answered heartbeat stands behind what was queued before it, and carries its own number.
#[tokio::test]
async fn a_heartbeat_is_answered_behind_what_was_queued_before_it() {
    let running = Running::start().await;
    let Cast { owner, member, guild_id, channel_id, .. } = running.cast;
    let client = running.connect(member).await;
    client.connection.subscribe(guild_id, channel_id, None).await.expect("visible");
    for n in 0..10 {
        let seq = running.post(owner, &format!("{n}")).await;
        running.fanout.fenced(seq).await;
        let ack = HeartbeatAck { s: 0, access_rev: 0, server_time_unix: Timestamp::MIN };
        client.connection.send(&Event::HeartbeatAck(ack));
    }
    let (mut messages, mut acks) = (0, 0);
    for s in 0.. {
        let Some(Received::Text(text)) = client.received().await else { panic!("only events come") };
        match decode_event(text.as_bytes()) {
            Ok(Decoded::Event(Event::MessageCreate(_))) => messages += 1,
            Ok(Decoded::Event(Event::HeartbeatAck(ack))) => {
                acks += 1;
                assert_eq!((ack.s, messages), (s, acks));
            }
            _ => {}
        }
        if acks == 10 {
            break;
        }
    }
}

/// A closed connection takes every call in silence.
#[tokio::test]
async fn a_closed_connection_takes_every_call_silently() {
    let running = Running::start().await;
    let Cast { member, guild_id, channel_id, .. } = running.cast;
    let client = running.subscribed(member).await;
    client.connection.close(CloseCode::InvalidPayload, None);
    assert!(client.connection.is_closed());
    assert_eq!(client.connection.subscribe(guild_id, channel_id, None).await, Ok(()));
    client.connection.unsubscribe(guild_id, channel_id, None);
    client.connection.send_raw(bytes::Bytes::from_static(b"pong"));
    client.connection.touch();
    client.connection.ready_for_input().await;
    client.connection.close(CloseCode::GoingAway, Some(1));
    assert_eq!(client.closed().await, (4502, "invalid_payload".into()));
    client.connection.peer_closed(Some(4502));
    assert_eq!(client.received().await, None, "nothing after the close frame");
    assert_eq!(client.peer.shutdown(), Some(false));
}
