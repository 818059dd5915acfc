//! A stream that is cut again and again, while everything goes on, against one that never is.

use filament_core::{
    decide::{
        channel::{CreateChannel, UpdateChannel},
        guild::UpdateGuild,
        message::CreateMessage,
        role::CreateRole,
    },
    testing::Cast,
};
use filament_fanout::Mode;
use filament_protocol::{
    ChannelKind, ChannelName, Class, Event, GuildName, MessageContent, Permissions, RoleName, limits::BATCH_EVENTS_MAX,
};
use tokio::{sync::Semaphore, time::timeout};

use super::{BATCH, Stream, hello};
use crate::harness::{PATIENCE, Running};

const STEPS: usize = 500;
const LAST: &str = "the last one";
/// One that is not cut and four that are.
const LISTENERS: u32 = 5;

/// Everything that needs no change of the member's own access, with entries of one event and of several.
async fn live(running: &Running) {
    let Cast { owner, guild_id, channel_id, .. } = running.cast;
    let hidden_name = ChannelName::new("hidden").expect("a name");
    let everyone = running.everyone().await;
    let hidden = CreateChannel { guild_id, name: hidden_name, kind: ChannelKind::Text, overrides: vec![everyone] };
    let hidden = running.done(owner, hidden).await.reply.channel_id;
    for n in 0..STEPS {
        match n % 9 {
            0 => {
                let name = Some(GuildName::new(format!("guild {n}")).expect("a name"));
                running.done(owner, UpdateGuild { guild_id, name, visibility: None }).await;
            }
            1 | 2 => {
                let content = MessageContent::new("not for all").expect("a text");
                let (attachment_ids, idempotency_key) = (vec![], None);
                let post = CreateMessage { guild_id, channel_id: hidden, content, attachment_ids, idempotency_key };
                running.done(owner, post).await;
            }
            3 => {
                let name = ChannelName::new(format!("channel {n}")).expect("a name");
                running.done(owner, UpdateChannel { guild_id, channel_id, name }).await;
            }
            4 if n < 200 => {
                let name = RoleName::new(format!("role {n}")).expect("a name");
                let (permissions, position, color_hex) = (Permissions::EMPTY, None, None);
                running.done(owner, CreateRole { guild_id, name, permissions, position, color_hex }).await;
            }
            _ => drop(running.post(owner, &format!("message {n}")).await),
        }
        if n % 7 == 0 {
            tokio::task::yield_now().await;
        }
    }
    running.post(owner, LAST).await;
}

fn is_last(event: &Event) -> bool {
    matches!(event, Event::MessageCreate(message) if message.content.as_str() == LAST)
}

fn is_subscribed(event: &Event) -> bool {
    matches!(event, Event::Subscribed(_))
}

/// Hears durable events, cutting the stream behind every `every` messages and coming back with the newest cursor. The first answer to a
/// subscription adds a permit to `present`.
async fn cut(running: &Running, mode: Mode, every: usize, present: &Semaphore) -> (Vec<String>, usize) {
    let Cast { member, guild_id, channel_id, .. } = running.cast;
    let named = [(guild_id, channel_id)];
    let (mut texts, mut cursor, mut cuts) = (Vec::new(), None, 0);
    let mut is_present = false;
    loop {
        let is_resumed = cursor.is_some();
        let mut stream = Stream::open(&running.fanout, hello(member, mode, cursor.take(), &named)).await;
        let mut messages = 0;
        let mut caught_up = 0;
        loop {
            let heard = stream.next().await;
            if is_subscribed(&heard.event) && !is_present {
                is_present = true;
                present.add_permits(1);
            }
            caught_up += usize::from(matches!(heard.event, Event::CaughtUp(_)));
            if heard.event.kind().class() == Class::Durable {
                let is_last = is_last(&heard.event);
                texts.push(heard.text);
                if is_last {
                    assert!(!is_resumed || caught_up <= 1, "RES-12: one end of a resume");
                    return (texts, cuts);
                }
            }
            // A client applies whole messages; the cursor stands for all of one.
            if stream.waiting.is_empty() {
                messages += 1;
                if messages >= every && stream.cursor.is_some() {
                    break;
                }
            }
        }
        cursor.clone_from(&stream.cursor);
        cuts += 1;
    }
}

/// Proves RES-18 and RES-12: cut behind every message of the stream, or some, in the middle of replays too, the parts are together
/// what an uncut connection heard, in the same order, each event once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_of_a_cut_stream_are_the_uncut_one() {
    let running = Running::start().await;
    let Cast { member, guild_id, channel_id, .. } = running.cast;
    let present = Semaphore::new(0);
    let uncut = async {
        let mut stream = Stream::open(&running.fanout, hello(member, BATCH, None, &[(guild_id, channel_id)])).await;
        let before = stream.through(is_subscribed).await;
        assert!(before.iter().all(|heard| heard.event.kind().class() != Class::Durable), "nothing happened yet");
        present.add_permits(1);
        let heard = stream.through(is_last).await;
        let durable = heard.into_iter().filter(|heard| heard.event.kind().class() == Class::Durable);
        durable.map(|heard| heard.text).collect::<Vec<_>>()
    };
    // Everybody is subscribed before anything happens.
    let begin = async {
        drop(timeout(PATIENCE, present.acquire_many(LISTENERS)).await.expect("everybody is subscribed in time"));
        live(&running).await;
    };
    let (uncut, (), every, some, blocks, many) = tokio::join!(
        uncut,
        begin,
        cut(&running, BATCH, 3, &present),
        cut(&running, BATCH, 7, &present),
        cut(&running, Mode::Stream, 5, &present),
        cut(&running, Mode::Stream, BATCH_EVENTS_MAX, &present),
    );
    for (what, (texts, cuts)) in [("3", every), ("7", some), ("blocks", blocks), ("many", many)] {
        assert!(texts == uncut, "{what}: {} events instead of {}, {cuts} cuts", texts.len(), uncut.len());
        assert!(cuts > 0, "{what} was never cut");
    }
    running.fanout.check_invariants();
}
