//! What a resume comes to, case by case.

use filament_core::{
    Actor, Place,
    decide::{guild::JoinGuild, moderation::KickMember},
    testing::Cast,
};
use filament_fanout::{Mode, Reached, ResumeOutcome, testing::ReadableCursors};
use filament_protocol::{ChannelId, Event, GuildId, event::ResetReason, limits::REPLAY_EVENTS_MAX};

use super::{BATCH, Resumed, Stream, cursor, hello};
use crate::harness::{Running, eventually};

fn named(cast: &Cast) -> [(GuildId, ChannelId); 1] {
    [(cast.guild_id, cast.channel_id)]
}

async fn resume(running: &Running, actor: Actor, cursor: Box<str>) -> (Resumed, Stream) {
    let hello = hello(actor, BATCH, Some(cursor), &named(&running.cast));
    let mut stream = Stream::open(&running.fanout, hello).await;
    (Resumed::read(&mut stream).await, stream)
}

fn at(actor: Actor, seq: u64) -> Box<str> {
    cursor(actor.user_id, Place::after(seq))
}

/// Proves RES-15 and RES-12: what cannot be led to the present makes one `reset`, and live events follow all the same.
#[tokio::test]
async fn cursors_that_lead_nowhere_make_a_reset() {
    let running = Running::start().await;
    let Cast { owner, member, .. } = running.cast;
    let head = running.post(owner, "first").await;
    let foreign = ReadableCursors { epoch: 1 };
    let mut of_other_epoch = Vec::new();
    filament_fanout::Cursors::seal(
        &foreign,
        member.user_id,
        Reached::all(Place::after(head)),
        filament_protocol::Timestamp::MAX,
        &mut of_other_epoch,
    );
    let of_other_epoch: Box<str> = String::from_utf8(of_other_epoch).expect("ASCII").into();
    let old = cursor(member.user_id, Place::after(head));
    let (rest, _) = old.rsplit_once('_').expect("a time is last");
    let old: Box<str> = format!("{rest}_0000000001").into();
    for (text, reason) in [
        // Each round moves the head by one.
        (at(member, head + 1), ResetReason::EpochChanged),
        (cursor(member.user_id, Place { seq: head + 1, part: 1 }), ResetReason::EpochChanged),
        ("nonsense".into(), ResetReason::CursorInvalid),
        (at(owner, head), ResetReason::CursorInvalid),
        (old, ResetReason::CursorExpired),
        (of_other_epoch, ResetReason::EpochChanged),
    ] {
        let (resumed, mut stream) = resume(&running, member, text).await;
        assert_eq!(resumed.reset, Some(reason));
        assert_eq!((resumed.subscribed.len(), resumed.presence.len(), resumed.voice.len()), (1, 1, 1));
        running.post(owner, "live").await;
        let heard = stream.through(|event| matches!(event, Event::MessageCreate(_))).await;
        assert!(heard.last().is_some_and(|heard| heard.text.contains("live")), "delivery goes on from the head");
        let (again, _) = resume(&running, member, stream.cursor.clone().expect("a cursor")).await;
        assert_eq!((again.reset, again.replayed.len()), (None, 0), "from there it can be resumed");
    }
    let resumes = running.fanout.stats().resumes;
    let count = |outcome| resumes.iter().find(|row| row.0 == outcome).map(|row| row.1);
    assert_eq!(count(ResumeOutcome::Replayed), Some(6));
    assert_eq!(count(ResumeOutcome::Reset(ResetReason::EpochChanged)), Some(3));
}

/// Proves RES-15 for both bounds of a gap: 2,000 events and 10,000 entries can be led over, one more cannot.
#[tokio::test]
async fn a_gap_that_is_too_large_makes_a_reset() {
    let running = Running::start().await;
    let Cast { owner, member, stranger, .. } = running.cast;
    let start = running.post(owner, "first").await;
    for n in 0..REPLAY_EVENTS_MAX {
        running.post(owner, &format!("{n}")).await;
    }
    let (resumed, _) = resume(&running, member, at(member, start)).await;
    assert_eq!((resumed.reset, resumed.replayed.len()), (None, 2_000));
    assert!(resumed.replayed[1_999].contains(r#""content":"1999""#));
    let (resumed, _) = resume(&running, member, at(member, start - 1)).await;
    assert_eq!(resumed.reset, Some(ResetReason::GapTooLarge), "2,001 events");

    // A stranger hears nothing of the guild, but has to be led over its entries.
    let first = start + u64::from(REPLAY_EVENTS_MAX);
    for n in 0..8_000 {
        running.post(owner, &format!("{n}")).await;
    }
    let head = first + 8_000;
    let (resumed, _) = resume(&running, stranger, at(stranger, head - 10_000)).await;
    assert_eq!((resumed.reset, resumed.replayed.len(), resumed.refused.len()), (None, 0, 1));
    let (resumed, _) = resume(&running, stranger, at(stranger, head - 10_001)).await;
    assert_eq!(resumed.reset, Some(ResetReason::GapTooLarge), "10,001 entries");
}

/// Proves RES-11 without a cursor: what is named is answered as a command is, right after `ready`, on every form of connection.
#[tokio::test]
async fn channels_named_without_a_cursor_are_subscribed_to() {
    let running = Running::start().await;
    let Cast { owner, member, guild_id, channel_id, .. } = running.cast;
    let nowhere = ChannelId::from_u128(1);
    for mode in [Mode::Plain, Mode::Batch { resume: false }, BATCH, Mode::Stream] {
        let named = [(guild_id, channel_id), (guild_id, nowhere)];
        // A cursor means nothing where there are none.
        let cursor = (!mode.has_cursor()).then(|| at(member, 1));
        let mut stream = Stream::open(&running.fanout, hello(member, mode, cursor, &named)).await;
        let heard = stream.through(|event| matches!(event, Event::Error(_))).await;
        let names: Vec<_> = heard.iter().map(|heard| heard.event.kind().name()).collect();
        assert_eq!(names, ["ready", "presence_sync", "subscribed", "voice_participant_sync", "error"], "{mode:?}");
        assert!(heard[4].text.contains(r#""code":"forbidden""#) && heard[4].text.contains(&nowhere.to_string()));
        running.post(owner, "heard").await;
        stream.through(|event| matches!(event, Event::MessageCreate(_))).await;
    }
}

/// Proves RES-14 and DEL-4 on a resume: who was kicked hears of the removal and of nothing else of the guild; who came back hears no
/// message of the time between, and that there is a gap.
#[tokio::test]
async fn what_happened_while_access_was_lost_is_not_told() {
    let running = Running::start().await;
    let Cast { owner, member, guild_id, channel_id, .. } = running.cast;
    let start = running.post(owner, "before").await;
    running.post(owner, "seen").await;
    running.done(owner, KickMember { guild_id, user_id: member.user_id }).await;
    running.post(owner, "hidden").await;
    let (resumed, _) = resume(&running, member, at(member, start)).await;
    let told = |texts: &[String]| -> Vec<String> {
        let name = |text: &String| text.split('"').nth(5).expect("a name").to_owned();
        texts.iter().map(name).collect()
    };
    assert_eq!(told(&resumed.replayed), ["workspace_member_remove", "workspace_unavailable"]);
    assert_eq!((resumed.refused, resumed.access.len()), (vec![channel_id], 0));

    running.done(member, JoinGuild { guild_id }).await;
    running.post(owner, "again").await;
    let (resumed, _) = resume(&running, member, at(member, start)).await;
    let names = told(&resumed.replayed);
    assert_eq!(names[..3], ["workspace_member_remove", "workspace_unavailable", "workspace_available"]);
    assert_eq!(names.iter().filter(|name| *name == "message_create").count(), 1, "{names:?}");
    assert!(resumed.replayed.last().is_some_and(|text| text.contains("again")));
    assert_eq!((resumed.gaps, resumed.access), (vec![channel_id], vec![guild_id]));
}

/// Proves RES-16 and §6.5 (4401): two of one user are resumed at once; a third that waits in vain is told when to come back.
#[tokio::test(start_paused = true)]
async fn a_third_resume_of_one_user_waits_and_is_sent_away() {
    let running = Running::start().await;
    let Cast { owner, member, .. } = running.cast;
    let start = running.post(owner, "first").await;
    for n in 0..400 {
        running.post(owner, &format!("{n}")).await;
    }
    let come = || hello(member, BATCH, Some(at(member, start)), &named(&running.cast));
    // They read nothing, so their replays do not end.
    let stalled = [running.stalled(come()).await, running.stalled(come()).await];
    let third = running.come(come()).await;
    let (code, reason) = third.closed().await;
    let wait = reason.strip_prefix("overloaded;retry_after_ms=").and_then(|wait| wait.parse::<u32>().ok());
    assert!(code == 4401 && wait.is_some_and(|wait| (1_000..=6_000).contains(&wait)), "{code} {reason}");
    drop(stalled);
    eventually("their turns are given back", || running.fanout.stats().connections == 0).await;
    let (resumed, _) = resume(&running, member, at(member, start)).await;
    assert_eq!(resumed.replayed.len(), 400);
}
