use filament_protocol::{
    ChannelId, CloseCode, Event, GuildId, Received as Decoded, decode_event, event::PresenceStatus,
};

use crate::{
    FanoutConfig,
    close::Cause,
    world::{Client, World, texts, user},
};

/// A guild of users 1 to 3 with a channel; 1 is connected and subscribed.
fn world() -> (World, GuildId, ChannelId, Client) {
    let mut world = World::new(FanoutConfig::default());
    let guild_id = world.script.create_guild(user(1));
    let channel_id = world.script.create_channel(guild_id, &[]);
    world.script.join(guild_id, user(2));
    world.script.join(guild_id, user(3));
    let watcher = world.ready_client(1);
    world.pass(1_100);
    world.subscribed(&watcher, guild_id, channel_id);
    (world, guild_id, channel_id, watcher)
}

/// What the peer was told of others, as "user online".
fn told(client: &Client) -> Vec<String> {
    let update = |text: String| match decode_event(text.as_bytes()) {
        Ok(Decoded::Event(Event::PresenceUpdate(update))) => {
            let status = if update.status == PresenceStatus::Online { "online" } else { "offline" };
            Some(format!("{} {status}", update.user_id.as_u128()))
        }
        _ => None,
    };
    texts(&client.peer).into_iter().filter_map(update).collect()
}

/// Proves PRE-3 and PRE-4.
#[test]
fn s058_only_the_last_clean_close_tells_offline_and_soon() {
    let (mut world, _, _, watcher) = world();
    let (first, second) = (world.ready_client(2), world.ready_client(2));
    world.pass(1_100);
    assert_eq!(told(&watcher), ["2 online"]);
    world.end(&first, Cause::Client { code: None });
    world.pass(3_000);
    assert_eq!(told(&watcher), [""; 0]);
    world.end(&second, Cause::Client { code: None });
    world.pass(900);
    assert_eq!(told(&watcher), [""; 0]);
    world.pass(1_100);
    assert_eq!(told(&watcher), ["2 offline"]);
}

/// Proves PRE-3 and GW-7.
#[test]
fn s059_changing_sockets_in_either_order_tells_nothing() {
    let (mut world, _, _, watcher) = world();
    let mut current = world.ready_client(2);
    world.pass(1_100);
    told(&watcher);
    for round in 0..50 {
        if round % 2 == 0 {
            let next = world.ready_client(2);
            world.pass(300);
            world.end(&current, Cause::Client { code: Some(1000) });
            current = next;
        } else {
            world.end(&current, Cause::Client { code: Some(1000) });
            world.pass(500);
            current = world.ready_client(2);
        }
    }
    world.pass(5_000);
    assert_eq!(told(&watcher), [""; 0]);
}

/// Proves PRE-3 and PRE-4 for every other end: 10 s after a loss or a close by the server, at once after a revocation.
#[test]
fn s060_other_ends_have_the_grace_of_their_kind() {
    for (cause, silent_ms, told_ms) in [
        (Cause::Lost, 9_900, 1_200),
        (Cause::Server { code: CloseCode::InvalidEnvelope, retry_after_ms: None }, 9_900, 1_200),
        (Cause::Server { code: CloseCode::SessionRevoked, retry_after_ms: None }, 0, 1_200),
        (Cause::Server { code: CloseCode::IdleTimeout, retry_after_ms: None }, 0, 1_200),
    ] {
        let (mut world, _, _, watcher) = world();
        let client = world.ready_client(2);
        world.pass(1_100);
        assert_eq!(told(&watcher), ["2 online"]);
        world.end(&client, cause);
        world.pass(silent_ms);
        assert_eq!(told(&watcher), [""; 0], "{cause:?}");
        world.pass(told_ms);
        assert_eq!(told(&watcher), ["2 offline"], "{cause:?}");
    }
}

/// Proves PRE-2 and the audience `PRES(g)`: members with a subscription in the guild, nobody else.
#[test]
fn s061_presence_reaches_the_subscribers_of_shared_guilds_alone() {
    let (mut world, guild_id, _, watcher) = world();
    let unsubscribed_member = world.ready_client(3);
    let other_guild = world.script.create_guild(user(4));
    let other_channel = world.script.create_channel(other_guild, &[]);
    world.relay();
    let stranger = world.ready_client(4);
    world.subscribed(&stranger, other_guild, other_channel);
    let owner_of_the_server = world.ready_client(0);
    world.pass(1_100);
    let _ = (told(&watcher), told(&stranger));
    let channels = world.script.channels(guild_id);
    world.subscribed(&owner_of_the_server, guild_id, channels[0]);
    world.ready_client(2);
    world.pass(1_100);
    assert_eq!(told(&watcher), ["2 online"]);
    for client in [&unsubscribed_member, &stranger, &owner_of_the_server] {
        assert_eq!(told(client), [""; 0], "user {:?} (DEL-7)", client.user_id);
    }
}

/// Proves PRE-6.
#[test]
fn s063_members_that_come_and_go_while_online_are_told_after_the_membership_event() {
    let (mut world, guild_id, _, watcher) = world();
    world.ready_client(5);
    world.pass(1_100);
    assert_eq!(told(&watcher), [""; 0]);
    world.script.join(guild_id, user(5));
    world.relay();
    world.pass(1_100);
    let heard = texts(&watcher.peer);
    assert!(heard[0].starts_with("added") && heard[1].contains(r#""status":"online""#), "{heard:?}");
    world.script.leave(guild_id, user(5));
    world.relay();
    world.pass(1_100);
    let heard = texts(&watcher.peer);
    assert!(heard[0].starts_with("removed") && heard[1].contains(r#""status":"offline""#), "{heard:?}");
}

/// Proves PRE-5: complete below the bound, cut at it with the receiver first, and the same for repeated subscribes.
#[test]
fn s062_the_list_is_complete_or_cut_with_the_receiver_first() {
    let mut world = World::new(FanoutConfig::default());
    let guild_id = world.script.create_guild(user(1));
    let channel_id = world.script.create_channel(guild_id, &[]);
    for n in 2..=1_100 {
        world.script.join(guild_id, user(n));
    }
    world.relay();
    let list = |world: &mut World, client: &Client| {
        world.subscribe(client, guild_id, channel_id);
        world.flush();
        let answers = texts(&client.peer);
        match decode_event(answers[0].as_bytes()) {
            Ok(Decoded::Event(Event::PresenceSync(sync))) => sync,
            other => panic!("{other:?}"),
        }
    };
    let first = world.ready_client(1);
    assert_eq!(list(&mut world, &first).user_ids, [user(1)]);
    let second = world.ready_client(2);
    for client in [&first, &second, &first] {
        let sync = list(&mut world, client);
        assert_eq!((sync.user_ids, sync.truncated, sync.online_count), (vec![user(1), user(2)], None, None));
    }
    let last = (3..=1_100).map(|n| world.ready_client(n)).last().expect("many");
    for (client, n) in [(&last, 1_100), (&first, 1)] {
        let sync = list(&mut world, client);
        assert_eq!((sync.truncated, sync.online_count, sync.user_ids.len()), (Some(true), Some(1_100), 1_024));
        assert_eq!(sync.user_ids[0], user(n));
    }
}

/// Proves PRE-8 and GW-51.
#[test]
fn nobody_is_told_offline_while_the_server_goes_away() {
    let (mut world, _, _, watcher) = world();
    world.ready_client(2);
    world.pass(1_100);
    told(&watcher);
    watcher.peer.stall();
    world.shared().step(|hub, now| hub.drain(1, now));
    watcher.peer.resume();
    world.pass(900);
    assert_eq!(told(&watcher), [""; 0]);
}

/// Proves GW-44 end to end: a reader that stalls gets the newest state of each user, once.
#[test]
fn a_stalled_reader_is_told_the_newest_state_of_each_user() {
    let (mut world, _, _, watcher) = world();
    watcher.peer.stall();
    for _ in 0..2 {
        let client = world.ready_client(2);
        world.pass(1_100);
        world.end(&client, Cause::Client { code: None });
        world.pass(2_100);
    }
    world.ready_client(3);
    world.pass(1_100);
    watcher.peer.resume();
    world.flush();
    assert_eq!(told(&watcher), ["2 offline", "3 online"]);
    let coalesced = (filament_protocol::EventKind::PresenceUpdate, crate::DropReason::Coalesced, 3);
    assert_eq!(world.fanout.stats().dropped, [coalesced], "and what it missed is counted");
}
