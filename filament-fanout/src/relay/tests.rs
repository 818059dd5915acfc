use bytes::Bytes;
use filament_core::{AccessChange, Audience, Place, SealedBody, SealedEvent};
use filament_protocol::{ChannelId, ErrorCode, Event, EventKind, GuildId, Received as Decoded, decode_event};

use crate::{
    Clock as _, Cursors as _, DropReason, FanoutConfig, Mode, Reached,
    close::Cause,
    subscribe::Subscribing,
    testing::{ReadableCursors, Received},
    world::{Client, Login, World, event, events, kind, session, texts, user},
};

/// A guild owned by user 1 with members 2 and 3 and one channel.
fn world() -> (World, GuildId, ChannelId) {
    let mut world = World::new(FanoutConfig::default());
    let guild_id = world.script.create_guild(user(1));
    let channel_id = world.script.create_channel(guild_id, &[]);
    world.script.join(guild_id, user(2));
    world.script.join(guild_id, user(3));
    world.relay();
    (world, guild_id, channel_id)
}

/// Applies everything, writes everything, and says what a client heard: scripted texts, or `kind reason channel` of others.
fn hears(world: &mut World, client: &Client) -> Vec<String> {
    world.relay();
    world.flush();
    let readable = |text: String| match decode_event(text.as_bytes()) {
        Ok(Decoded::Event(Event::Unsubscribed(unsubscribed))) => {
            let channel = unsubscribed.channel_id.map_or("all".to_owned(), |channel_id| channel_id.to_string());
            format!("unsubscribed {:?} {channel}", unsubscribed.reason)
        }
        Ok(Decoded::Event(Event::ChannelReorder(order))) => format!("order {:?}", order.channel_ids),
        _ => text,
    };
    events(&client.peer).into_iter().map(readable).collect()
}

/// Proves GW-30 and the table of contract §6.4.
#[test]
fn lost_subscriptions_are_told_after_their_cause_to_those_who_had_them() {
    let (mut world, guild_id, first) = world();
    let second = world.script.create_channel(guild_id, &[]);
    world.relay();
    let (subscribed, bystander) = (world.ready_client(2), world.ready_client(3));
    world.subscribed(&subscribed, guild_id, first);
    world.subscribed(&subscribed, guild_id, second);

    world.script.hide_from_all(guild_id, first, true);
    let overridden = format!("overridden {first}");
    let told = format!("unsubscribed AccessRevoked {first}");
    assert_eq!(hears(&mut world, &subscribed), [overridden.clone(), told]);
    assert_eq!(hears(&mut world, &bystander), [overridden]);

    world.script.delete_channel(guild_id, second);
    let deleted = format!("deleted {second}");
    let told = format!("unsubscribed ChannelDeleted {second}");
    assert_eq!(hears(&mut world, &subscribed), [deleted.clone(), told]);
    assert_eq!(hears(&mut world, &bystander), [deleted]);

    let third = world.script.create_channel(guild_id, &[]);
    hears(&mut world, &subscribed);
    world.subscribed(&subscribed, guild_id, third);
    world.script.leave(guild_id, user(2));
    world.script.leave(guild_id, user(3));
    let mine = format!("removed {} {guild_id}", user(2));
    let gone = format!("unavailable {guild_id}");
    assert_eq!(hears(&mut world, &subscribed), [mine, gone, "unsubscribed Left all".into()]);
    assert!(!hears(&mut world, &bystander).iter().any(|text| text.starts_with("unsubscribed")));
    world.check();
}

/// Proves §6.4 for many channels at once: one frame per channel, in the order of the guild.
#[test]
fn a_role_that_loses_its_sight_loses_every_subscription_in_order() {
    let (mut world, guild_id, first) = world();
    let more: Vec<_> = (0..3).map(|_| world.script.create_channel(guild_id, &[])).collect();
    world.relay();
    let (member, owner) = (world.ready_client(2), world.ready_client(1));
    for channel_id in more.iter().rev().chain([&first]) {
        world.subscribed(&member, guild_id, *channel_id);
        world.subscribed(&owner, guild_id, *channel_id);
    }
    world.script.shut(guild_id, true);
    let heard = hears(&mut world, &member);
    let expected: Vec<_> = [&first]
        .into_iter()
        .chain(&more)
        .map(|channel_id| format!("unsubscribed AccessRevoked {channel_id}"))
        .collect();
    assert_eq!(heard[1..], expected);
    assert_eq!(hears(&mut world, &owner).len(), 1, "the owner keeps seeing everything");
    world.script.post(guild_id, first);
    world.script.shut(guild_id, false);
    let heard = hears(&mut world, &member);
    let notices = heard[1..].iter().filter(|text| kind(text) == "channel_create");
    assert_eq!((heard.len(), notices.count()), (5, 4), "CMP-5, and GW-31: regained access brings no subscription back");
    world.check();
}

/// Proves DEL-4 and DEL-2: queued frames of the guild go, the news of the loss stay, and nothing follows.
#[test]
fn who_left_hears_the_removal_and_nothing_after() {
    let (mut world, guild_id, channel_id) = world();
    let client = world.ready_client(2);
    world.subscribed(&client, guild_id, channel_id);
    client.peer.stall();
    world.script.post(guild_id, channel_id);
    world.script.join(guild_id, user(9));
    world.relay();
    world.flush();
    world.script.leave(guild_id, user(2));
    world.script.post(guild_id, channel_id);
    world.script.shut(guild_id, true);
    world.relay();
    client.peer.resume();
    let expected =
        [format!("removed {} {guild_id}", user(2)), format!("unavailable {guild_id}"), "unsubscribed Left all".into()];
    assert_eq!(hears(&mut world, &client), expected);
    let dropped = world.fanout.stats().dropped;
    assert!(dropped.contains(&(EventKind::MessageCreate, DropReason::Revoked, 1)), "{dropped:?}");
    assert!(dropped.contains(&(EventKind::WorkspaceMemberAdd, DropReason::Revoked, 1)), "{dropped:?}");
}

/// Proves DEL-3: news of a channel's end are not removed by it, and a deleted channel's queued messages are.
#[test]
fn edge_frames_survive_the_loss_they_tell_of() {
    let (mut world, guild_id, channel_id) = world();
    let client = world.ready_client(2);
    world.subscribed(&client, guild_id, channel_id);
    client.peer.stall();
    world.script.post(guild_id, channel_id);
    world.script.hide(guild_id, channel_id, user(2), true);
    world.script.delete_channel(guild_id, channel_id);
    world.relay();
    world.flush();
    client.peer.resume();
    let expected = [format!("overridden {channel_id}"), format!("unsubscribed AccessRevoked {channel_id}")];
    assert_eq!(
        hears(&mut world, &client),
        expected,
        "of the deletion it hears nothing: it did not see the channel then"
    );
}

/// Proves contract §4.4, `channel_reorder`: each receiver its own list, and only if that changed.
#[test]
fn a_reorder_is_told_to_those_whose_own_list_changed() {
    let (mut world, guild_id, a) = world();
    let b = world.script.create_channel(guild_id, &[user(2)]);
    let c = world.script.create_channel(guild_id, &[user(2), user(3)]);
    world.relay();
    let clients = [world.ready_client(1), world.ready_client(2), world.ready_client(3)];
    world.script.reorder(guild_id, vec![a, c, b]);
    world.relay();
    let heard = clients.each_ref().map(|client| hears(&mut world, client));
    assert_eq!(heard, [vec![format!("order {:?}", [a, c, b])], vec![], vec![]]);
    world.script.reorder(guild_id, vec![b, c, a]);
    world.relay();
    let heard = clients.each_ref().map(|client| hears(&mut world, client));
    assert_eq!(heard, [vec![format!("order {:?}", [b, c, a])], vec![], vec![format!("order {:?}", [b, a])]]);
    let emitted = world.fanout.stats().emitted;
    assert!(emitted.contains(&(EventKind::ChannelReorder, 3)), "{emitted:?}");
}

/// Proves ACT-2 for delivery: who may read the audit log gets the encoding with the actor.
#[test]
fn the_encoding_with_the_actor_goes_to_who_may_read_the_audit_log() {
    let (mut world, guild_id, _) = world();
    let clients = [world.ready_client(1), world.ready_client(2)];
    let body =
        SealedBody::ByAudit { with_actor: Bytes::from_static(b"with"), without_actor: Bytes::from_static(b"without") };
    let kicked = SealedEvent {
        kind: EventKind::WorkspaceMemberRemove,
        audience: Audience::GuildAnd(guild_id, user(2)),
        plain_only: false,
        body,
    };
    world.script.commit(vec![], vec![kicked]);
    world.relay();
    assert_eq!(clients.each_ref().map(|client| hears(&mut world, client)), [["with"], ["without"]]);
}

/// Proves ACT-2 and DEL-2 for a reader of the audit log who loses that right while the event waits: what was not begun is told without
/// the actor, on every kind of connection, and who keeps the right hears the actor.
#[test]
fn a_waiting_event_loses_its_actor_with_the_right_to_know_it() {
    for mode in [Mode::Plain, Mode::Batch { resume: true }] {
        let (mut world, guild_id, _) = world();
        world.script.let_read_audit(guild_id, true);
        world.relay();
        let owner = world.ready_client(1);
        world.mode = mode;
        let reader = world.ready_client(2);
        reader.peer.stall();
        let named = |name: &'static str, actor: &'static str| SealedEvent {
            kind: EventKind::WorkspaceMemberBan,
            audience: Audience::Guild(guild_id),
            plain_only: false,
            body: SealedBody::ByAudit {
                with_actor: Bytes::from_static(actor.as_bytes()),
                without_actor: Bytes::from_static(name.as_bytes()),
            },
        };
        world.script.commit(vec![], vec![named(r#"{"ban":1}"#, r#"{"ban":1,"by":2}"#)]);
        world.relay();
        world.flush();
        world.script.let_read_audit(guild_id, false);
        world.relay();
        reader.peer.resume();
        let bans =
            |heard: Vec<String>| -> Vec<String> { heard.into_iter().filter(|text| text.contains("ban")).collect() };
        assert_eq!(bans(hears(&mut world, &reader)), [r#"{"ban":1}"#], "{mode:?}");
        assert_eq!(bans(hears(&mut world, &owner)), [r#"{"ban":1,"by":2}"#]);
        world.check();
    }
}

/// Proves ACT-2 for what a resume has put and the peer has not taken: it loses its actor as live events do.
#[tokio::test]
async fn a_replayed_event_that_waits_loses_its_actor_too() {
    let (mut world, guild_id, _) = world();
    world.script.let_read_audit(guild_id, true);
    let audience = Audience::Guild(guild_id);
    let ban = |name: &'static str, actor: &'static str| SealedEvent {
        body: SealedBody::ByAudit {
            with_actor: Bytes::from_static(actor.as_bytes()),
            without_actor: Bytes::from_static(name.as_bytes()),
        },
        ..event(EventKind::WorkspaceMemberBan, audience, "")
    };
    world.relay();
    let reached = Reached::all(Place::after(world.position()));
    world.mode = Mode::Batch { resume: true };
    let before = world.ready_client(2);
    world.end(&before, Cause::Lost);
    world.script.commit(vec![], vec![ban(r#"{"ban":1}"#, r#"{"ban":1,"by":2}"#)]);
    let mut cursor = Vec::new();
    ReadableCursors::default().seal(user(2), reached, world.clock.now().wall, &mut cursor);
    let login = Login { user_id: user(2), session_id: session(2), is_server_owner: false };
    let reader = world.resume_as(login, std::str::from_utf8(&cursor).expect("ASCII"), Vec::new());
    world.script.let_read_audit(guild_id, false);
    world.relay();
    let bans = hears(&mut world, &reader).into_iter().filter(|text| text.contains("ban")).collect::<Vec<_>>();
    assert_eq!(bans, [r#"{"ban":1}"#]);
}

/// Proves contract §4.11: compatibility notices reach plain connections alone.
#[test]
fn notices_reach_plain_connections_alone() {
    let (mut world, guild_id, channel_id) = world();
    let plain = world.ready_client(2);
    world.mode = Mode::Batch { resume: true };
    let modern = world.ready_client(2);
    for audience in [Audience::User(user(2)), Audience::Subscribers(guild_id, channel_id)] {
        world.subscribed(&plain, guild_id, channel_id);
        world.subscribed(&modern, guild_id, channel_id);
        let kind = EventKind::WorkspaceChannelRoleOverrideUpdate;
        let notice = SealedEvent { plain_only: true, ..event(kind, audience, "notice") };
        world.script.commit(vec![], vec![event(EventKind::ChannelDelete, audience, "news"), notice]);
        assert_eq!(hears(&mut world, &plain), ["news", "notice"]);
        assert_eq!(hears(&mut world, &modern), ["news"]);
    }
}

/// Proves GW-41: the connections of an ended session close, those of another session of the user stay.
#[test]
fn s082_an_ended_session_closes_its_own_connections() {
    let (mut world, _, _) = world();
    let (first, second, other) = (world.ready_client(2), world.ready_client(2), world.ready_client(3));
    world.script.end_session(user(2), session(2));
    world.script.commit(vec![AccessChange::SessionEnded { user_id: user(3), session_id: session(77) }], vec![]);
    world.relay();
    world.flush();
    for client in [&first, &second] {
        assert_eq!(client.peer.take(), [Received::Close(4510, "session_revoked".into())]);
    }
    assert!(other.link.lock().is_open());
    world.check();
}

/// Proves DEL-6: what happens in a hidden channel changes no byte of what a user receives.
#[test]
fn hidden_channels_change_no_byte_of_a_stream() {
    let streams = [false, true].map(|has_hidden| {
        let (mut world, guild_id, channel_id) = world();
        let hidden = world.script.create_channel(guild_id, &[user(2)]);
        world.relay();
        let (client, owner) = (world.ready_client(2), world.ready_client(1));
        world.subscribed(&client, guild_id, channel_id);
        world.subscribed(&owner, guild_id, hidden);
        for _ in 0..5 {
            if has_hidden {
                world.script.post(guild_id, hidden);
                assert_eq!(world.subscribe(&client, guild_id, hidden), refused());
                world.script.hide(guild_id, hidden, user(3), true);
                world.script.hide(guild_id, hidden, user(3), false);
                let channels = world.script.channels(guild_id);
                world.script.reorder(guild_id, channels.into_iter().rev().collect());
            }
            let text = "the same in both";
            let said = event(EventKind::MessageCreate, Audience::Subscribers(guild_id, channel_id), text);
            world.script.commit(vec![], vec![said]);
        }
        if has_hidden {
            world.script.delete_channel(guild_id, hidden);
        }
        world.relay();
        world.flush();
        texts(&client.peer)
    });
    assert_eq!(streams[0].len(), 5);
    assert_eq!(streams[0], streams[1]);
}

fn refused() -> Subscribing {
    Subscribing::Refused(filament_protocol::ErrorCode::Forbidden)
}

/// Proves GW-43 and ORD-9: within one event, who cannot take it is closed, and everybody else gets it.
#[test]
fn a_full_queue_closes_its_connection_and_nobody_elses() {
    let (mut world, guild_id, channel_id) = world();
    let clients: Vec<_> = (1..=3).map(|n| world.ready_client(n)).collect();
    clients.iter().for_each(|client| world.subscribed(client, guild_id, channel_id));
    clients[1].peer.stall();
    for _ in 0..300 {
        world.script.post(guild_id, channel_id);
        world.relay();
        world.flush();
    }
    for client in [&clients[0], &clients[2]] {
        assert_eq!(texts(&client.peer).len(), 300);
    }
    assert!(!clients[1].link.lock().is_open());
    clients[1].peer.resume();
    world.flush();
    assert_eq!(clients[1].peer.take(), [Received::Close(4008, "slow_consumer".into())]);
    let dropped = world.fanout.stats().dropped;
    assert!(dropped.contains(&(EventKind::MessageCreate, DropReason::FullQueue, 1)), "{dropped:?}");
    assert!(dropped.contains(&(EventKind::MessageCreate, DropReason::Closed, 256)), "{dropped:?}");
    world.check();
}

/// Proves FEN-4 and invariant 4 where the graph cannot be had as of the entry: closed, not guessed.
#[test]
fn who_joins_a_guild_that_changed_since_is_closed_as_resumable() {
    let mut world = World::new(FanoutConfig::default());
    let unknown = world.script.create_guild(user(1));
    world.relay();
    let client = world.ready_client(2);
    world.script.join(unknown, user(2));
    world.script.create_channel(unknown, &[]);
    world.relay();
    world.flush();
    assert_eq!(client.peer.take(), [Received::Close(4009, "continuity_lost".into())]);
    // Without a change since, the guild is loaded and the user goes on.
    let client = world.ready_client(3);
    world.script.join(unknown, user(3));
    world.script.post(unknown, world.script.channels(unknown)[0]);
    assert_eq!(hears(&mut world, &client), [format!("available {unknown}"), format!("added {}", user(3))]);
    world.check();
}

/// Proves GW-22, GW-23 and §6.4 `requested`.
#[test]
fn s084_repeated_subscribes_and_unsubscribes_are_answered_and_harmless() {
    let (mut world, guild_id, channel_id) = world();
    let client = world.ready_client(2);
    for _ in 0..3 {
        world.subscribed(&client, guild_id, channel_id);
    }
    world.script.post(guild_id, channel_id);
    assert_eq!(hears(&mut world, &client).len(), 1, "no event is doubled");
    for _ in 0..2 {
        world.unsubscribe(&client, guild_id, channel_id);
        assert_eq!(hears(&mut world, &client), [format!("unsubscribed Requested {channel_id}")]);
    }
    world.script.post(guild_id, channel_id);
    assert_eq!(hears(&mut world, &client), [""; 0]);
    assert_eq!(world.fanout.stats().subscriptions, 0);
    world.check();
}

/// Proves GW-23 and DEL-7: one refusal for everything that is not visible; a server owner may subscribe where it is no member.
#[test]
fn what_is_not_visible_is_refused_alike() {
    let (mut world, guild_id, channel_id) = world();
    let hidden = world.script.create_channel(guild_id, &[user(2)]);
    let foreign = world.script.create_guild(user(9));
    let foreign_channel = world.script.create_channel(foreign, &[]);
    world.relay();
    let client = world.ready_client(2);
    let nothing = ChannelId::from_u128(5);
    for (guild_id, channel_id) in [
        (guild_id, hidden),
        (guild_id, nothing),
        (guild_id, foreign_channel),
        (foreign, foreign_channel),
        (foreign, channel_id),
        (GuildId::from_u128(6), nothing),
    ] {
        assert_eq!(world.subscribe(&client, guild_id, channel_id), refused());
    }
    let owner = world.ready_client(0);
    assert_eq!(world.subscribe(&owner, foreign, foreign_channel), Subscribing::UnknownGuild);
    assert_eq!(world.subscribe(&owner, guild_id, hidden), Subscribing::Done);
    world.end(&owner, Cause::Lost);
    world.check();
}

/// Proves contract §16.2: 1,024 subscriptions, one more is refused, a repeated one is not.
#[test]
fn subscriptions_of_a_connection_are_capped() {
    let mut world = World::new(FanoutConfig::default());
    let mut channels = Vec::new();
    for _ in 0..6 {
        let guild_id = world.script.create_guild(user(1));
        channels.extend((0..200).map(|_| (guild_id, world.script.create_channel(guild_id, &[]))));
    }
    world.relay();
    let client = world.ready_client(1);
    for (guild_id, channel_id) in &channels[..1_024] {
        assert_eq!(world.subscribe(&client, *guild_id, *channel_id), Subscribing::Done);
        world.flush();
    }
    let quota = Subscribing::Refused(filament_protocol::ErrorCode::QuotaExceeded);
    assert_eq!(world.subscribe(&client, channels[1_024].0, channels[1_024].1), quota);
    assert_eq!(world.subscribe(&client, channels[0].0, channels[0].1), Subscribing::Done);
    assert_eq!(world.fanout.stats().subscriptions, 1_024);
    world.flush();
    let answers = texts(&client.peer);
    assert_eq!(answers.iter().filter(|text| kind(text) == "subscribed").count(), 1_025);
}

/// Proves the second part of GW-47: an ack carries the revision of its place in the stream, not that of the journal.
#[test]
fn heartbeats_are_answered_with_the_access_revision_of_their_place() {
    let (mut world, guild_id, channel_id) = world();
    let client = world.ready_client(2);
    let beat = |world: &mut World| {
        world.step(|hub| hub.acknowledge_heartbeat(&client.link, crate::clock::Clock::now(&world.clock)));
        world.flush();
        let heard = texts(&client.peer);
        match decode_event(heard.last().expect("an answer").as_bytes()) {
            Ok(Decoded::Event(Event::HeartbeatAck(ack))) => (heard.len(), ack.access_rev),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(beat(&mut world), (1, 1), "the user joined");
    world.script.create_channel(guild_id, &[user(2)]);
    world.relay();
    assert_eq!(beat(&mut world).1, 1, "a channel the user does not see");
    world.script.delete_channel(guild_id, channel_id);
    assert_eq!(beat(&mut world), (1, 1), "committed, and not heard of yet");
    world.relay();
    assert_eq!(beat(&mut world), (2, 2), "behind the event");
    world.script.leave(guild_id, user(2));
    world.relay();
    assert_eq!(beat(&mut world), (3, 3), "behind both events");
    world.check();
}

/// Proves what MET and FEN-7 measure from: the commit, by the journal's age of the entry, or by its stamp in whole seconds.
#[test]
fn times_of_delivery_and_revocation_start_at_the_commit() {
    let (mut world, guild_id, channel_id) = world();
    let client = world.ready_client(2);
    world.subscribed(&client, guild_id, channel_id);
    world.clock.advance_ms(10_000);
    let ms = |ms: u64| Some(std::time::Duration::from_millis(ms));
    for (age, delivery_us, revocation_us) in
        [(ms(30), 30_000, 30_000), (ms(0), 0, 0), (ms(60_000), 10_000_000, 10_000_000), (None, 9_000_000, 9_000_000)]
    {
        world.script.set_age(age);
        let before = world.fanout.stats();
        world.script.post(guild_id, channel_id);
        hears(&mut world, &client);
        let after = world.fanout.stats();
        assert_eq!((after.delivery[0].sum - before.delivery[0].sum) / 1_000, delivery_us, "{age:?}");
        world.script.hide(guild_id, channel_id, user(3), true);
        world.relay();
        let revoked = world.fanout.stats();
        assert_eq!((revoked.revocation_lag.sum - after.revocation_lag.sum) / 1_000, revocation_us, "{age:?}");
        world.script.hide(guild_id, channel_id, user(3), false);
        hears(&mut world, &client);
    }
}

/// Proves the coalescing of `workspace_access_update` (§4.8): a burst of changes is told once, as it is in the end, within a tick.
#[test]
fn a_burst_of_changes_is_told_once() {
    let (mut world, guild_id, channel_id) = world();
    let client = world.ready_client(2);
    for is_hidden in [true, false, true] {
        world.script.hide(guild_id, channel_id, user(2), is_hidden);
    }
    world.script.shut(guild_id, true);
    world.relay();
    world.flush();
    assert!(texts(&client.peer).iter().all(|text| !text.contains("workspace_access_update")), "not before the tick");
    world.pass(crate::limits::TICK_MS);
    let told = texts(&client.peer);
    let [told] = &told[..] else { panic!("once: {told:?}") };
    let Ok(Decoded::Event(Event::WorkspaceAccessUpdate(told))) = decode_event(told.as_bytes()) else {
        panic!("{told}")
    };
    assert_eq!((told.guild_id, told.channels.len()), (guild_id, 0));
    assert_eq!(told.access_rev, world.script.revision(user(2)), "the revision of all of them");
    world.pass(1_000);
    assert!(texts(&client.peer).is_empty());
}

/// Proves DEL-5 and GW-23 for an open connection: the gate ends what it stops, leaves the rest, and opens silently.
#[test]
fn a_ban_by_address_reaches_open_connections() {
    let (mut world, guild_id, channel_id) = world();
    world.address = Some(filament_core::Address::from_bits(7));
    let banned = world.ready_client(2);
    world.address = Some(filament_core::Address::from_bits(8));
    let elsewhere = world.ready_client(2);
    for client in [&banned, &elsewhere] {
        world.subscribed(client, guild_id, channel_id);
    }
    world.script.ban_address(guild_id, 7, true);
    assert_eq!(hears(&mut world, &banned), ["unsubscribed AccessRevoked all"]);
    assert!(hears(&mut world, &elsewhere).is_empty(), "the same user from another address");
    let refused = Subscribing::Refused(ErrorCode::Forbidden);
    assert_eq!(world.subscribe(&banned, guild_id, channel_id), refused);
    world.script.post(guild_id, channel_id);
    world.script.create_channel(guild_id, &[]);
    world.script.join(guild_id, user(9));
    assert_eq!(hears(&mut world, &banned), [format!("added {}", user(9))], "GUILD events still come");
    assert_eq!(hears(&mut world, &elsewhere).len(), 3);
    world.script.ban_address(guild_id, 7, false);
    assert!(hears(&mut world, &banned).is_empty());
    world.subscribed(&banned, guild_id, channel_id);
}
