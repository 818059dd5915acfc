mod history;

use filament_core::{
    AccessSource,
    voice::{MediaDuty, Note, Sid, VoiceConfirm, VoiceGrants, VoicePlace, VoiceReport},
};
use filament_protocol::{
    ChannelId, CloseCode, Event, EventKind, Permissions, Received as Decoded, decode_event, record::VoiceParticipant,
};

use super::{calls::*, enter::Entering};
use crate::{
    FanoutConfig, VoiceSync,
    access::loads::Loaded,
    close::Cause,
    world::{Client, World, events, kind, ready, session, user},
};

const MICROPHONE: u8 = 1;
const CAMERA: u8 = 2;
const RECEIVE: u8 = 8;

/// Nobody is taken for gone because a test is silent.
fn config() -> FanoutConfig {
    FanoutConfig { idle_secs: 1_000_000, token_grace_secs: 1_000_000, ..FanoutConfig::default() }
}

/// A guild of users 1 to 3 with a channel; 1 owns it, is connected and subscribed.
fn world() -> (World, VoicePlace, Client) {
    let mut world = World::new(config());
    let guild_id = world.script.create_guild(user(1));
    let channel_id = world.script.create_channel(guild_id, &[]);
    world.script.join(guild_id, user(2));
    world.script.join(guild_id, user(3));
    let watcher = world.ready_client(1);
    world.subscribed(&watcher, guild_id, channel_id);
    (world, VoicePlace { guild_id, channel_id }, watcher)
}

fn voice_user(n: u128) -> VoiceUser {
    VoiceUser { user_id: user(n), session_id: session(n), is_server_owner: n == 0 }
}

/// Asks for a token, loading what is not known as [`Fanout::enter_voice`](crate::Fanout::enter_voice) does.
fn enter(world: &mut World, n: u128, place: VoicePlace, bits: u8) -> Result<(), VoiceRefusal> {
    let grants = VoiceGrants::from_bits(bits);
    loop {
        let entering = world.shared().step(|hub, now| hub.enter_voice(voice_user(n), place, grants, now));
        let (load, known) = match entering {
            Entering::Done(outcome) => {
                world.step(|hub| hub.forget_attempt(user(n), place.guild_id));
                return outcome;
            }
            Entering::UnknownUser | Entering::UnknownGuild => world.shared().hub().begin_load(),
        };
        let script = std::sync::Arc::clone(&world.script);
        if entering == Entering::UnknownUser {
            let snapshot = ready(script.load_user(user(n), session(n), known)).expect("loaded");
            world.relay();
            world.step(|hub| hub.finish_voice_user(load, voice_user(n), snapshot));
        } else {
            let snapshot = ready(script.load_guild(place.guild_id)).expect("loaded");
            world.relay();
            let loaded = world.step(|hub| hub.finish_guild(load, place.guild_id, snapshot));
            assert!(matches!(loaded, Loaded::Exact(true)), "{loaded:?}");
        }
        world.step(|hub| hub.loads.end(load));
    }
}

/// What a peer was told, in words; what is not about voice by its name.
fn told(world: &mut World, client: &Client) -> Vec<String> {
    world.flush();
    let word = |text: &String| match decode_event(text.as_bytes()) {
        Ok(Decoded::Event(Event::VoiceParticipantJoin(join))) => {
            format!("{} joins", join.participant.user_id.as_u128())
        }
        Ok(Decoded::Event(Event::VoiceParticipantLeave(leave))) => format!("{} leaves", leave.user_id.as_u128()),
        Ok(Decoded::Event(Event::VoiceStreamPublish(publish))) => {
            format!("{} sends {}", publish.user_id.as_u128(), publish.stream)
        }
        Ok(Decoded::Event(Event::VoiceStreamUnpublish(end))) => {
            format!("{} ends {}", end.user_id.as_u128(), end.stream)
        }
        Ok(Decoded::Event(Event::VoiceParticipantUpdate(update))) => {
            format!("{} is other", update.user_id.as_u128())
        }
        Ok(Decoded::Event(Event::VoiceParticipantSync(sync))) => format!("sync of {}", sync.participants.len()),
        _ => kind(text).split(' ').next().unwrap_or_default().to_owned(),
    };
    events(&client.peer).iter().map(word).collect()
}

fn participants(world: &World, channel_id: ChannelId) -> Vec<VoiceParticipant> {
    world.shared().hub().voice.tracking.participants_in(channel_id)
}

const OUT: [&str; 2] = ["2 ends microphone", "2 leaves"];

/// Proves `SUB(c)` of §4.5 and the rows of §12.3: whoever is subscribed and sees the channel hears it all, nobody else anything.
#[test]
fn s064_subscribers_hear_who_comes_and_goes_and_nobody_else_does() {
    let (mut world, place, watcher) = world();
    let member = world.ready_client(2);
    world.subscribed(&member, place.guild_id, place.channel_id);
    let unsubscribed = world.ready_client(3);
    let stranger = world.ready_client(9);
    assert_eq!(enter(&mut world, 2, place, MICROPHONE), Ok(()));
    for client in [&watcher, &member] {
        assert_eq!(told(&mut world, client), ["2 joins", "2 sends microphone"]);
    }
    world.fanout.leave_voice(user(2), place.channel_id);
    world.fanout.leave_voice(user(2), place.channel_id);
    for client in [&watcher, &member] {
        assert_eq!(told(&mut world, client), OUT, "and nothing the second time");
    }
    for client in [&unsubscribed, &stranger] {
        assert_eq!(told(&mut world, client), [""; 0]);
    }
    let emitted = world.fanout.stats().emitted;
    for kind in [EventKind::VoiceParticipantJoin, EventKind::VoiceParticipantLeave, EventKind::VoiceStreamPublish] {
        assert!(emitted.contains(&(kind, 2)), "{kind:?} was queued for two connections: {emitted:?}");
    }
    world.check();
}

/// Proves VOI-24: a subscribe lists who is there, and each list is counted.
#[test]
fn s066_a_subscribe_lists_who_is_there() {
    let (mut world, place, watcher) = world();
    let other = world.script.create_channel(place.guild_id, &[]);
    world.relay();
    enter(&mut world, 2, place, MICROPHONE).expect("entered");
    enter(&mut world, 3, place, MICROPHONE).expect("entered");
    let late = world.ready_client(1);
    let before = world.fanout.stats().voice_syncs[VoiceSync::Subscribe as usize].1;
    world.subscribe(&late, place.guild_id, place.channel_id);
    assert_eq!(told(&mut world, &late), ["presence_sync", "subscribed", "sync of 2"]);
    world.subscribe(&late, place.guild_id, other);
    assert_eq!(told(&mut world, &late), ["presence_sync", "subscribed", "sync of 0"]);
    let stats = world.fanout.stats();
    assert_eq!(stats.voice_syncs[VoiceSync::Subscribe as usize], (VoiceSync::Subscribe, before + 2));
    assert_eq!(stats.voice_participants, 2);
    told(&mut world, &watcher);
    world.shared().step(|hub, now| hub.repair_voice(place, now));
    assert_eq!(told(&mut world, &watcher), ["sync of 2"]);
    assert_eq!(world.fanout.stats().voice_syncs[VoiceSync::Repair as usize].1, 2, "to both who listen");
}

/// Proves VOI-5 and §4.12: a removal is told before the leave, and who is removed hears nothing of it.
#[test]
fn s068_who_is_removed_is_out_in_the_same_step() {
    let (mut world, place, watcher) = world();
    let member = world.ready_client(2);
    world.subscribed(&member, place.guild_id, place.channel_id);
    enter(&mut world, 2, place, MICROPHONE).expect("entered");
    world.script.post(place.guild_id, place.channel_id);
    told(&mut world, &member);
    told(&mut world, &watcher);
    world.script.leave(place.guild_id, user(2));
    world.relay();
    assert_eq!(told(&mut world, &watcher), ["post", "removed", "2 ends microphone", "2 leaves"]);
    let heard = told(&mut world, &member);
    assert_eq!(
        heard,
        ["removed", "unavailable", "unsubscribed"],
        "DEL-4, and what waited of the guild is gone (DEL-2)"
    );
    assert_eq!(ready(world.fanout.media_duty()), MediaDuty::Remove { user_id: user(2), place }, "VOI-6");
    world.check();
}

/// Proves VOI-5 for lost rights and a closed gate, at the entry that brings them.
#[test]
fn s068_lost_rights_and_a_closed_gate_end_a_stay() {
    for gate in [false, true] {
        let (mut world, place, watcher) = world();
        world.address = Some(filament_core::Address::from_bits(7));
        let member = world.ready_client(2);
        enter(&mut world, 2, place, MICROPHONE).expect("entered");
        enter(&mut world, 3, place, MICROPHONE).expect("entered");
        told(&mut world, &watcher);
        if gate {
            world.script.ban_address(place.guild_id, 7, true);
        } else {
            world.script.hide(place.guild_id, place.channel_id, user(2), true);
        }
        world.relay();
        let heard = told(&mut world, &watcher);
        assert_eq!(
            heard.iter().filter(|word| !word.starts_with("overridden")).collect::<Vec<_>>(),
            OUT.iter().collect::<Vec<_>>()
        );
        assert_eq!(participants(&world, place.channel_id).len(), 1, "the other is not concerned");
        assert!(!told(&mut world, &member).iter().any(|word| word.contains("leaves")));
        world.check();
    }
}

/// Proves VOI-5 for who has no connection: rights are followed all the same, and nothing is kept afterwards.
#[test]
fn a_participant_without_connection_is_removed_as_promptly() {
    let (mut world, place, watcher) = world();
    assert_eq!(enter(&mut world, 2, place, CAMERA), Err(VoiceRefusal::Forbidden));
    assert!(!world.shared().hub().access.knows_user(user(2)), "nothing is kept of a refused attempt");
    enter(&mut world, 2, place, MICROPHONE).expect("entered");
    world.check();
    told(&mut world, &watcher);
    world.script.hide_from_all(place.guild_id, place.channel_id, true);
    world.relay();
    let heard = told(&mut world, &watcher);
    assert_eq!(heard[1..], OUT, "{heard:?}");
    assert!(!world.shared().hub().access.knows_user(user(2)));
    world.check();
}

/// Proves PE-0 and DEL-7 for voice: a server owner may enter where no member is connected, and the guild is kept as long.
#[test]
fn a_server_owner_may_speak_in_any_guild() {
    let mut world = World::new(config());
    let guild_id = world.script.create_guild(user(1));
    let place = VoicePlace { guild_id, channel_id: world.script.create_channel(guild_id, &[]) };
    world.relay();
    enter(&mut world, 0, place, MICROPHONE | CAMERA | RECEIVE).expect("entered");
    assert!(world.shared().hub().access.knows_guild(guild_id));
    world.check();
    world.fanout.leave_voice(user(0), place.channel_id);
    assert!(!world.shared().hub().access.knows_guild(guild_id));
    world.check();
}

/// Proves VOI-4 and GW-7 in the order of events: nothing for a change of sockets, the end after fifteen seconds.
#[test]
fn s069_the_last_socket_is_waited_for() {
    let (mut world, place, watcher) = world();
    let first = world.ready_client(2);
    enter(&mut world, 2, place, MICROPHONE).expect("entered");
    let second = world.ready_client(2);
    world.end(&first, Cause::Client { code: None });
    world.pass(20_000);
    world.end(&second, Cause::Lost);
    world.pass(10_000);
    let third = world.ready_client(2);
    world.pass(20_000);
    world.end(&third, Cause::Client { code: Some(1000) });
    world.pass(14_800);
    let voice = |heard: Vec<String>| heard.into_iter().filter(|word| word.starts_with('2')).collect::<Vec<_>>();
    assert_eq!(voice(told(&mut world, &watcher)), ["2 joins", "2 sends microphone"]);
    world.pass(400);
    assert_eq!(voice(told(&mut world, &watcher)), OUT);
    world.check();
}

/// Proves VOI-4: a revoked session is not waited for, also when its last connection had ended before.
#[test]
fn a_revoked_session_ends_the_stay_at_once() {
    for connected in [true, false] {
        let (mut world, place, watcher) = world();
        let client = world.ready_client(2);
        enter(&mut world, 2, place, MICROPHONE).expect("entered");
        if !connected {
            world.end(&client, Cause::Lost);
        }
        told(&mut world, &watcher);
        world.script.end_session(user(2), session(2));
        world.relay();
        assert_eq!(told(&mut world, &watcher), OUT, "connected: {connected}");
        world.check();
    }
}

/// Proves VOI-3: a call may last twenty minutes.
#[test]
fn s070_a_long_call_is_told_nobody() {
    let (mut world, place, watcher) = world();
    let _member = world.ready_client(2);
    enter(&mut world, 2, place, MICROPHONE).expect("entered");
    world.pass(2_000);
    told(&mut world, &watcher);
    world.pass(20 * 60_000);
    assert_eq!(told(&mut world, &watcher), [""; 0]);
    assert_eq!(participants(&world, place.channel_id).len(), 1);
}

/// Proves the last row of §12.3: the deletion implies the leaves.
#[test]
fn a_deleted_channel_takes_its_participants_silently() {
    let (mut world, place, watcher) = world();
    enter(&mut world, 2, place, MICROPHONE).expect("entered");
    told(&mut world, &watcher);
    world.script.delete_channel(place.guild_id, place.channel_id);
    world.relay();
    assert_eq!(told(&mut world, &watcher), ["deleted", "unsubscribed"]);
    assert_eq!(world.fanout.stats().voice_participants, 0);
    assert_eq!(ready(world.fanout.media_duty()), MediaDuty::Remove { user_id: user(2), place });
    world.check();
}

/// Proves DEL-2: what waits of a channel that was lost is not written.
#[test]
fn waiting_voice_events_of_a_lost_channel_are_removed() {
    let (mut world, place, _watcher) = world();
    let member = world.ready_client(3);
    world.subscribed(&member, place.guild_id, place.channel_id);
    member.peer.stall();
    enter(&mut world, 2, place, MICROPHONE).expect("entered");
    world.script.hide(place.guild_id, place.channel_id, user(3), true);
    world.relay();
    member.peer.resume();
    assert_eq!(told(&mut world, &member), ["overridden", "unsubscribed", "workspace_access_update"][..2]);
}

/// Proves FEN-6 and VOI-24: an interruption ends nobody's call, and those who listen by the end of it are told everything.
#[tokio::test(start_paused = true)]
async fn an_interruption_of_delivery_suspends_and_restores() {
    let (mut world, place, _) = world();
    let _member = world.ready_client(2);
    enter(&mut world, 2, place, MICROPHONE).expect("entered");
    enter(&mut world, 3, place, MICROPHONE).expect("entered");
    world.step(|_| ());
    world.shared().step(|hub, now| hub.go_down(now));
    world.check();
    assert_eq!(enter_down(&world, place), Err(VoiceRefusal::Unavailable));
    world.script.leave(place.guild_id, user(3));
    let head = filament_core::Journal::head(&*world.script).seq;
    world.step(|hub| {
        hub.position = head;
        hub.is_down = false;
    });
    world.shared().position.send_replace(head);
    let watcher = world.ready_client(1);
    world.subscribed(&watcher, place.guild_id, place.channel_id);
    super::restore(world.shared()).await;
    assert_eq!(told(&mut world, &watcher), ["sync of 1"], "3 left meanwhile");
    world.check();
    world.pass(31_000);
    let heard = told(&mut world, &watcher);
    assert_eq!(heard.iter().filter(|word| word.starts_with('2')).count(), 2, "2 did not come back: {heard:?}");
    world.check();
}

fn enter_down(world: &World, place: VoicePlace) -> Result<(), VoiceRefusal> {
    let grants = VoiceGrants::from_bits(MICROPHONE);
    match world.shared().step(|hub, now| hub.enter_voice(voice_user(3), place, grants, now)) {
        Entering::Done(outcome) => outcome,
        other => panic!("{other:?}"),
    }
}

/// Proves VOI-8 and scenario 74: what was taken to be stored comes back as it was, and a server that goes away takes nobody out
/// (GW-51).
#[tokio::test(start_paused = true)]
async fn s074_stays_survive_a_restart() {
    let (mut world, place, watcher) = world();
    let member = world.ready_client(2);
    enter(&mut world, 2, place, MICROPHONE).expect("entered");
    enter(&mut world, 3, place, MICROPHONE).expect("entered");
    world.fanout.leave_voice(user(3), place.channel_id);
    world.fanout.set_voice_state(user(2), place.channel_id, Some(true), None);
    told(&mut world, &watcher);
    let changes = world.fanout.take_voice_changes().expect("something changed");
    assert_eq!((changes.kept.len(), &changes.gone[..]), (1, &[user(3)][..]));
    world.fanout.keep_voice_changes(&changes);
    assert_eq!(world.fanout.take_voice_changes(), Some(changes.clone()), "given back, taken again");
    assert_eq!(world.fanout.take_voice_changes(), None);
    let listed = participants(&world, place.channel_id);
    world.shared().step(|hub, now| hub.drain(1, now));
    world.pass(16_000);
    assert_eq!(told(&mut world, &watcher), [""; 0], "nobody is told of a leave");
    assert_eq!(participants(&world, place.channel_id), listed);
    drop(member);

    let restarted = world.again(config());
    let stranger = filament_core::voice::VoiceRecord { user_id: user(9), ..changes.kept[0].clone() };
    restarted.fanout.restore_voice(vec![changes.kept[0].clone(), stranger], |_| false).await;
    let mut restarted = restarted;
    assert_eq!(participants(&restarted, place.channel_id), listed, "who may not be there is not");
    let gone = restarted.fanout.take_voice_changes().expect("to be forgotten");
    assert_eq!(gone, VoiceChanges { kept: vec![], gone: vec![user(9)] });
    let watcher = restarted.ready_client(1);
    restarted.subscribe(&watcher, place.guild_id, place.channel_id);
    assert_eq!(told(&mut restarted, &watcher), ["presence_sync", "subscribed", "sync of 1"]);
    restarted.pass(29_000);
    let _member = restarted.ready_client(2);
    restarted.pass(60_000);
    let heard = told(&mut restarted, &watcher);
    assert!(!heard.iter().any(|word| word.contains("leaves") || word.contains("joins")), "{heard:?}");
    restarted.check();
}

/// Proves VOI-2, VOI-33 and VOI-34 through the fanout: notes of the media server in webhook mode.
#[tokio::test(start_paused = true)]
async fn s073_notes_of_the_media_server_are_told() {
    let mut world = World::new(FanoutConfig { voice_confirm: VoiceConfirm::Webhook, ..config() });
    let guild_id = world.script.create_guild(user(1));
    let place = VoicePlace { guild_id, channel_id: world.script.create_channel(guild_id, &[]) };
    world.script.join(guild_id, user(2));
    let watcher = world.ready_client(1);
    world.subscribed(&watcher, guild_id, place.channel_id);
    let report = |n: u128, note: Note| VoiceReport {
        user_id: user(n),
        place,
        sid: Sid::new(&format!("PA_{n}")),
        noted_at: 1,
        note,
        rights: Permissions::EMPTY, // filled in by the fanout
        is_connected: false,
    };
    enter(&mut world, 2, place, MICROPHONE).expect("a token");
    world.pass(31_000);
    assert!(!told(&mut world, &watcher).iter().any(|word| word.starts_with('2')));
    assert!(!world.shared().hub().access.knows_user(user(2)), "a pending record that expired is forgotten whole");
    let fanout = world.fanout.clone();
    assert_eq!(fanout.hear_media(voice_user(2), report(2, Note::Left)).await, Reported::Ignored);
    assert_eq!(fanout.hear_media(voice_user(9), report(9, Note::Joined)).await, Reported::Applied);
    assert_eq!(ready(fanout.media_duty()), MediaDuty::Remove { user_id: user(9), place }, "no member (VOI-34)");
    assert!(!world.shared().hub().access.knows_user(user(9)));
    let joined = VoiceReport { sid: Sid::new("PA_new"), ..report(2, Note::Joined) };
    assert_eq!(fanout.hear_media(voice_user(2), joined.clone()).await, Reported::Applied);
    assert_eq!(told(&mut world, &watcher), ["2 joins"]);
    let left = VoiceReport { note: Note::Left, ..joined };
    assert_eq!(fanout.hear_media(voice_user(2), left).await, Reported::Applied);
    assert_eq!(told(&mut world, &watcher), ["2 leaves"]);
    world.check();
}

/// Proves VOI-9 at the desk, and that a reader too slow for voice events is closed like any other (GW-43).
#[test]
fn a_reader_too_slow_for_voice_is_closed() {
    let (mut world, place, _watcher) = world();
    let slow = world.ready_client(3);
    world.subscribed(&slow, place.guild_id, place.channel_id);
    enter(&mut world, 2, place, MICROPHONE).expect("entered");
    slow.peer.stall();
    for n in 0..300 {
        world.fanout.set_voice_state(user(2), place.channel_id, Some(n % 2 == 0), None);
        world.flush();
    }
    let disconnects = world.fanout.stats().disconnects;
    assert_eq!(disconnects, [(crate::DisconnectReason::Closed(CloseCode::SlowConsumer), 1)]);
    world.check();
}
