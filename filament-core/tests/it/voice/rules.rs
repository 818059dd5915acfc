//! Single rules of §12, with their numbers.

use filament_core::{
    limits::{VOICE_CHANNELS_MAX, VOICE_PARTICIPANTS_MAX},
    voice::{
        MediaDuty, Note, Sid, Voice, VoiceConfirm, VoiceFull, VoiceGrants, VoiceInput, VoicePlace, VoiceReport,
        VoiceStep,
    },
};
use filament_protocol::{ChannelId, Event, GuildId, Permissions, Timestamp, UserId, record::StreamKind};

use super::{RIGHTS, WALL, grants, moment, place, user};

const MICROPHONE: u8 = 1;
const CAMERA: u8 = 2;
const SCREEN: u8 = 4;
const RECEIVE: u8 = 8;

fn immediate() -> Voice {
    Voice::new(VoiceConfirm::Immediate)
}

fn token(user_id: UserId, place: VoicePlace, bits: u8) -> VoiceInput {
    VoiceInput::Token { user_id, place, grants: grants(bits), is_connected: true }
}

fn report(note: Note, sid: Option<&str>) -> VoiceInput {
    VoiceInput::Report(VoiceReport {
        user_id: user(0),
        place: place(0),
        sid: sid.map(|text| Sid::new(text).expect("a sid")),
        noted_at: 1,
        note,
        rights: Permissions::ALL,
        is_connected: true,
    })
}

/// What a step tells, in words: `join 0`, `publish camera`, with the channel's number.
fn told(step: &VoiceStep) -> Vec<String> {
    let word = |event: &Event| match event {
        Event::VoiceParticipantJoin(join) => {
            let one = &join.participant;
            format!("join video:{} screen:{}", one.is_video_enabled, one.is_screen_share_enabled)
        }
        Event::VoiceParticipantLeave(_) => "leave".to_owned(),
        Event::VoiceParticipantUpdate(update) => {
            let fields = update.updated_fields;
            let flags = [
                ("muted", fields.is_muted),
                ("deafened", fields.is_deafened),
                ("video", fields.is_video_enabled),
                ("screen", fields.is_screen_share_enabled),
            ];
            let flags: Vec<_> =
                flags.iter().filter_map(|(name, flag)| flag.map(|flag| format!("{name}:{flag}"))).collect();
            format!("update {}", flags.join(" "))
        }
        Event::VoiceStreamPublish(event) => format!("publish {}", event.stream),
        Event::VoiceStreamUnpublish(event) => format!("unpublish {}", event.stream),
        other => panic!("no voice event: {other:?}"),
    };
    let channel = |place: VoicePlace| place.channel_id.as_u128() - 10;
    step.told.iter().map(|told| format!("{} {}", channel(told.place), word(&told.event))).collect()
}

/// Proves the rows "new", "move" and "any removal" of §12.3, and VOI-21.
#[test]
fn s064_and_s067_joins_moves_and_leaves_are_told_in_order() {
    let mut voice = immediate();
    let step = voice.step(token(user(0), place(0), SCREEN | CAMERA | MICROPHONE), moment(0));
    let joined =
        ["0 join video:true screen:true", "0 publish microphone", "0 publish camera", "0 publish screen_share"];
    assert_eq!(told(&step), joined);
    let step = voice.step(token(user(0), place(2), MICROPHONE), moment(1_000));
    let moved = [
        "0 unpublish microphone",
        "0 unpublish camera",
        "0 unpublish screen_share",
        "0 leave",
        "2 join video:false screen:false",
        "2 publish microphone",
    ];
    assert_eq!(told(&step), moved);
    assert_eq!(step.duties, [MediaDuty::Remove { user_id: user(0), place: place(0) }], "VOI-6: on a move");
    let leave = VoiceInput::Leave { user_id: user(0), channel_id: place(2).channel_id };
    let step = voice.step(leave.clone(), moment(2_000));
    assert_eq!(told(&step), ["2 unpublish microphone", "2 leave"]);
    assert_eq!((step.duties, step.released), (vec![], vec![user(0)]), "the user left by itself (VOI-6)");
    assert_eq!(voice.step(leave, moment(2_000)), VoiceStep::default());
}

/// Proves the rows "same channel" and "voice/state" of §12.3, and VOI-25.
#[test]
fn s065_a_newer_token_and_a_state_tell_what_changed() {
    let mut voice = immediate();
    voice.step(token(user(0), place(0), MICROPHONE | CAMERA), moment(0));
    let state = |is_muted, is_deafened| VoiceInput::State {
        user_id: user(0),
        channel_id: place(0).channel_id,
        is_muted,
        is_deafened,
    };
    assert_eq!(told(&voice.step(state(Some(true), Some(true)), moment(1_000))), ["0 update muted:true deafened:true"]);
    assert_eq!(voice.step(state(Some(true), None), moment(1_000)), VoiceStep::default());
    let step = voice.step(token(user(0), place(0), MICROPHONE), moment(2_000));
    assert_eq!(told(&step), ["0 unpublish camera", "0 update video:false"]);
    let permit = MediaDuty::Permit { user_id: user(0), place: place(0), grants: grants(MICROPHONE) };
    assert_eq!(step.duties, [permit], "the media server hears of it");
    let record = voice.record(user(0)).expect("still there");
    assert!(record.is_muted && record.is_deafened, "kept on re-issue");
    assert_eq!(record.updated_at, Timestamp::new(WALL + 2).expect("a second"));
    let step = voice.step(token(user(0), place(0), SCREEN), moment(3_000));
    assert_eq!(told(&step), ["0 unpublish microphone", "0 publish screen_share", "0 update screen:true"]);
}

/// Proves VOI-5 and VOI-6 for each right.
#[test]
fn s068_each_lost_right_of_the_token_ends_the_stay() {
    for (bits, rights, stays) in [
        (MICROPHONE, 2, true),
        (MICROPHONE, 3, false),
        (MICROPHONE | CAMERA, 1, false),
        (MICROPHONE | SCREEN | RECEIVE, 1, true),
        (SCREEN, 2, false),
        (RECEIVE, 2, false),
        (RECEIVE, 0, true),
    ] {
        let mut voice = immediate();
        voice.step(token(user(0), place(0), bits), moment(0));
        let rights = RIGHTS[rights]();
        let step = voice.step(VoiceInput::Rights { user_id: user(0), place: place(0), rights }, moment(1));
        assert_eq!(voice.record(user(0)).is_some(), stays, "grants {bits} under {rights:?}");
        let removal = (!stays).then_some(MediaDuty::Remove { user_id: user(0), place: place(0) });
        assert_eq!(step.duties, Vec::from_iter(removal));
        assert_eq!(step.told.is_empty(), stays);
    }
}

/// Proves VOI-4 to the millisecond.
#[test]
fn s069_the_last_connection_is_waited_for_fifteen_seconds() {
    let mut voice = immediate();
    voice.step(token(user(0), place(0), MICROPHONE), moment(0));
    let lost = VoiceInput::Disconnected { user_id: user(0), is_revoked: false };
    voice.step(lost.clone(), moment(1_000));
    assert_eq!(voice.step(VoiceInput::Tick, moment(11_000)), VoiceStep::default());
    voice.step(VoiceInput::Connected(user(0)), moment(11_000));
    assert_eq!(voice.step(VoiceInput::Tick, moment(100_000)), VoiceStep::default(), "back in time");
    voice.step(lost.clone(), moment(100_000));
    assert_eq!(voice.step(VoiceInput::Tick, moment(114_999)), VoiceStep::default());
    assert_eq!(told(&voice.step(VoiceInput::Tick, moment(115_000))), ["0 unpublish microphone", "0 leave"]);
    voice.step(token(user(0), place(0), MICROPHONE), moment(200_000));
    let step = voice.step(VoiceInput::Disconnected { user_id: user(0), is_revoked: true }, moment(200_000));
    assert_eq!(told(&step), ["0 unpublish microphone", "0 leave"], "a revoked session is not waited for");
}

/// Proves VOI-3: a call may be longer than every time there is, and without a connection it lives by signs of life.
#[test]
fn s070_a_call_lasts_as_long_as_the_connection_or_the_signs_of_life() {
    let mut voice = immediate();
    voice.step(token(user(0), place(0), MICROPHONE), moment(0));
    let alone =
        VoiceInput::Token { user_id: user(1), place: place(0), grants: grants(MICROPHONE), is_connected: false };
    voice.step(alone, moment(0));
    let state = VoiceInput::State {
        user_id: user(1),
        channel_id: place(0).channel_id,
        is_muted: Some(false),
        is_deafened: None,
    };
    for minute in 1..=20 {
        assert_eq!(voice.step(VoiceInput::Tick, moment(minute * 60_000)), VoiceStep::default());
        voice.step(state.clone(), moment(minute * 60_000));
    }
    assert_eq!(voice.participants(), 2);
    let last = 20 * 60_000;
    assert_eq!(voice.step(VoiceInput::Tick, moment(last + 119_999)), VoiceStep::default());
    let step = voice.step(VoiceInput::Tick, moment(last + 120_000));
    assert_eq!(told(&step), ["0 unpublish microphone", "0 leave"]);
    assert!(voice.record(user(0)).is_some() && voice.record(user(1)).is_none());
}

/// Proves VOI-2, VOI-20, VOI-31 to VOI-33 as scenario 73 goes through them.
#[test]
fn s073_in_webhook_mode_the_media_server_has_the_word() {
    let mut voice = Voice::new(VoiceConfirm::Webhook);
    assert_eq!(told(&voice.step(token(user(0), place(0), MICROPHONE | CAMERA), moment(0))), [""; 0]);
    assert!(voice.participants_in(place(0).channel_id).is_empty(), "pending is in no list (VOI-1)");
    voice.step(VoiceInput::Tick, moment(30_000));
    assert!(!voice.is_tracked(user(0)), "and expires");
    voice.step(token(user(0), place(0), MICROPHONE | CAMERA), moment(31_000));
    let step = voice.step(report(Note::Joined, Some("PA_1")), moment(32_000));
    assert_eq!(told(&step), ["0 join video:false screen:false"], "streams are what webhooks say");
    let camera = Note::Published(StreamKind::Camera, Sid::new("TR_1"));
    let step = voice.step(report(camera.clone(), Some("PA_1")), moment(33_000));
    assert_eq!(told(&step), ["0 publish camera", "0 update video:true"]);
    assert_eq!(told(&voice.step(report(camera, Some("PA_1")), moment(33_000))), [""; 0]);
    let step = voice.step(report(Note::Left, Some("PA_0")), moment(50_000));
    assert!(step.told.is_empty() && !step.is_taken, "of an old session");
    let step = voice.step(report(Note::Left, Some("PA_1")), moment(50_000));
    assert_eq!(told(&step), ["0 unpublish camera", "0 leave"]);
    assert_eq!(step.duties, [], "it is gone there already");
    let step = voice.step(report(Note::Joined, Some("PA_1")), moment(50_000));
    assert!(step.told.is_empty() && !step.is_taken, "a session that is over brings nobody back");
}

/// Proves VOI-33: without a session known, a young stay is not ended by a departure.
#[test]
fn a_departure_without_known_session_ends_no_young_stay() {
    for (at, ends) in [(9_999, false), (10_000, true)] {
        let mut voice = immediate();
        voice.step(token(user(0), place(0), MICROPHONE), moment(0));
        voice.step(report(Note::Left, Some("PA_0")), moment(at));
        assert_eq!(voice.record(user(0)).is_none(), ends, "after {at} ms");
    }
}

/// Proves VOI-34.
#[test]
fn who_joins_without_a_record_is_let_in_or_removed() {
    let joined = |rights: Permissions, place: VoicePlace| {
        let VoiceInput::Report(report) = report(Note::Joined, Some("PA_1")) else { unreachable!() };
        VoiceInput::Report(VoiceReport { rights, place, ..report })
    };
    let mut voice = immediate();
    let step = voice.step(joined(Permissions::EMPTY, place(0)), moment(0));
    assert_eq!((told(&step).len(), step.duties), (0, vec![MediaDuty::Remove { user_id: user(0), place: place(0) }]));
    let step = voice.step(joined(RIGHTS[1](), place(0)), moment(0));
    assert_eq!(told(&step), ["0 join video:false screen:false"], "what it sends is not known yet");
    let granted = voice.record(user(0)).expect("let in").grants;
    assert_eq!(Some(granted), VoiceGrants::widest(RIGHTS[1]()), "its token may have granted all it may do");
    let step = voice.step(joined(Permissions::ALL, place(2)), moment(0));
    assert_eq!(step.duties, [MediaDuty::Remove { user_id: user(0), place: place(2) }], "a user is in one channel");
    assert_eq!(voice.places_of(user(0)).collect::<Vec<_>>(), [place(0)]);
}

/// Proves VOI-7 and VOI-9.
#[test]
fn a_full_channel_takes_nobody_and_moves_nobody() {
    let mut voice = immediate();
    let someone = |n: usize| UserId::from_u128(1_000 + n as u128);
    for n in 0..VOICE_PARTICIPANTS_MAX {
        assert_eq!(voice.step(token(someone(n), place(0), MICROPHONE), moment(0)).refused, None);
    }
    voice.step(token(user(0), place(2), MICROPHONE), moment(0));
    let step = voice.step(token(user(0), place(0), MICROPHONE), moment(0));
    assert_eq!(step, VoiceStep { refused: Some(VoiceFull::Channel), ..VoiceStep::default() });
    assert_eq!(voice.record(user(0)).map(|record| record.place), Some(place(2)), "still where it was");
    assert_eq!(voice.step(token(someone(0), place(0), CAMERA), moment(0)).refused, None, "who is in needs no room");
    assert_eq!(voice.participants_in(place(0).channel_id).len(), VOICE_PARTICIPANTS_MAX);
    voice.check_invariants();
}

/// Proves VOI-9 for channels: pending records count, so that every token that was given can be used.
#[test]
fn so_many_channels_have_participants_and_no_more() {
    let mut voice = Voice::new(VoiceConfirm::Webhook);
    let channel =
        |n: usize| VoicePlace { guild_id: GuildId::from_u128(1), channel_id: ChannelId::from_u128(100 + n as u128) };
    let someone = |n: usize| UserId::from_u128(1_000 + n as u128);
    for n in 0..VOICE_CHANNELS_MAX {
        voice.step(token(someone(n), channel(n), MICROPHONE), moment(0));
    }
    let step = voice.step(token(user(0), channel(VOICE_CHANNELS_MAX), MICROPHONE), moment(0));
    assert_eq!(step.refused, Some(VoiceFull::Channels));
    assert_eq!(voice.step(token(user(0), channel(0), MICROPHONE), moment(0)).refused, None);
    voice.step(VoiceInput::Tick, moment(30_000));
    assert!(voice.is_empty());
    voice.check_invariants();
}

/// Proves VOI-22 over a wall clock that is set back, and that a list is not older than what it lists.
#[test]
fn times_never_decrease() {
    let mut voice = immediate();
    voice.step(token(user(0), place(0), MICROPHONE), moment(5_000));
    let earlier = filament_core::voice::VoiceNow { ms: 6_000, at: Timestamp::MIN };
    let state = VoiceInput::State {
        user_id: user(0),
        channel_id: place(0).channel_id,
        is_muted: Some(true),
        is_deafened: None,
    };
    voice.step(state, earlier);
    let listed = voice.participants_in(place(0).channel_id);
    assert_eq!(listed[0].updated_at_unix, moment(5_000).at);
    assert!(voice.stamp(Timestamp::MIN) >= listed[0].updated_at_unix);
}

/// Proves VOI-8: what was kept comes back silently, and is given up after thirty seconds without a connection.
#[test]
fn s074_a_stay_survives_a_restart_and_waits_thirty_seconds() {
    let mut voice = immediate();
    voice.step(token(user(0), place(0), MICROPHONE | CAMERA), moment(0));
    voice.step(token(user(1), place(0), MICROPHONE), moment(0));
    let listed = voice.participants_in(place(0).channel_id);
    let mut restarted = immediate();
    for record in voice.suspend() {
        let step = restarted.step(VoiceInput::Restored { record, is_connected: false }, moment(0));
        assert_eq!(step, VoiceStep::default());
    }
    assert_eq!(restarted.participants_in(place(0).channel_id), listed);
    restarted.step(VoiceInput::Connected(user(0)), moment(29_000));
    assert_eq!(restarted.step(VoiceInput::Tick, moment(29_999)), VoiceStep::default());
    let step = restarted.step(VoiceInput::Tick, moment(30_000));
    assert_eq!(told(&step), ["0 unpublish microphone", "0 leave"]);
    assert!(restarted.record(user(0)).is_some() && restarted.record(user(1)).is_none());
}
