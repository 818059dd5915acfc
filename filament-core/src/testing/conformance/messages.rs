//! Messages, reactions, idempotency keys.

use filament_protocol::{
    Emoji, ErrorCode, EventKind, IdempotencyKey, MessageContent, MessageId, Visibility, rest::JoinOutcome,
};

use super::{Cast, done, kinds_after, refused};
use crate::{
    Denial, Engine, Journal, Store,
    decide::{
        guild::{JoinGuild, UpdateGuild},
        message::{CreateMessage, DeleteMessage, EditMessage, MessageCreated},
        reaction::{AddReaction, ReactionTarget, RemoveReaction},
    },
    read::ListMessages,
};

pub(super) async fn messages_ascend_and_pages_walk_them<S: Store + Journal>(engine: &Engine<S>, cast: &Cast) {
    let mut ids: Vec<MessageId> = Vec::new();
    for n in 0..25 {
        let author = if n % 2 == 0 { cast.owner } else { cast.member };
        let message = cast.post(engine, author, &format!("message {n}")).await;
        assert!(ids.last().is_none_or(|last| message.message_id > *last), "ORD-6");
        ids.push(message.message_id);
    }
    for limit in [1_u16, 7, 100] {
        let mut walked = Vec::new();
        let mut before = None;
        loop {
            let page = ListMessages { guild_id: cast.guild_id, channel_id: cast.channel_id, before, limit };
            let page = engine.read(cast.member, page).await.expect("readable");
            assert!(page.messages.len() <= usize::from(limit));
            walked.extend(page.messages.iter().map(|message| message.message_id));
            before = page.messages.last().map(|message| message.message_id);
            if !page.more {
                break;
            }
        }
        walked.reverse();
        assert_eq!(walked, ids, "every message once, newest first, with limit {limit}");
    }
}

pub(super) async fn no_ops_and_refusals_write_nothing<S: Store + Journal>(engine: &Engine<S>, cast: &Cast) {
    let message = cast.post(engine, cast.member, "same").await;
    let edit = |text: &str| EditMessage {
        guild_id: cast.guild_id,
        channel_id: cast.channel_id,
        message_id: message.message_id,
        content: MessageContent::new(text).expect("message text"),
    };
    let delete = DeleteMessage { guild_id: cast.guild_id, channel_id: cast.channel_id, message_id: message.message_id };
    let head = engine.store().head().seq;
    let same = done(engine, cast.member, edit("same")).await;
    assert_eq!((same.seq, same.reply.edited_at_unix), (None, None), "MSG-4");
    assert_eq!(refused(engine, cast.stranger, edit("x")).await, Denial::NotMember);
    assert_eq!(refused(engine, cast.stranger, cast.message("x")).await.code(), ErrorCode::Forbidden);
    let unknown = DeleteMessage { message_id: MessageId::from_u128(1), ..delete };
    assert_eq!(refused(engine, cast.owner, unknown).await.code(), ErrorCode::NotFound);
    let unchanged = UpdateGuild { guild_id: cast.guild_id, name: None, visibility: Some(Visibility::Public) };
    assert_eq!(done(engine, cast.owner, unchanged).await.seq, None, "EMI-1");
    assert_eq!(
        done(engine, cast.member, JoinGuild { guild_id: cast.guild_id }).await.reply,
        JoinOutcome::AlreadyMember
    );
    assert_eq!(engine.store().head().seq, head, "EMI-1, EMI-3: nothing changed, nothing is heard");
    let edited = done(engine, cast.owner, edit("moderated")).await;
    assert_eq!(edited.seq, Some(head + 1));
    assert_eq!(done(engine, cast.member, delete).await.seq, Some(head + 2));
    assert_eq!(kinds_after(engine.store(), head).await, [EventKind::MessageUpdate, EventKind::MessageDelete]);
    assert_eq!(refused(engine, cast.member, delete).await.code(), ErrorCode::NotFound);
}

pub(super) async fn reactions_are_sets<S: Store + Journal>(engine: &Engine<S>, cast: &Cast) {
    let message = cast.post(engine, cast.owner, "react").await;
    let target = |emoji: &str| ReactionTarget {
        guild_id: cast.guild_id,
        channel_id: cast.channel_id,
        message_id: message.message_id,
        emoji: Emoji::new(emoji).expect("an emoji"),
    };
    let head = engine.store().head().seq;
    assert_eq!(done(engine, cast.member, AddReaction(target("b"))).await.reply.count, 1);
    assert_eq!(done(engine, cast.member, AddReaction(target("b"))).await.seq, None, "MSG-1: a set element");
    let second = done(engine, cast.owner, AddReaction(target("b"))).await.reply;
    let mut both = vec![cast.owner.user_id, cast.member.user_id];
    both.sort_unstable();
    assert_eq!((second.count, second.reactor_user_ids), (2, both));
    done(engine, cast.owner, AddReaction(target("a"))).await;
    let page = ListMessages { guild_id: cast.guild_id, channel_id: cast.channel_id, before: None, limit: 1 };
    let seen = engine.read(cast.member, page).await.expect("readable").messages.remove(0).reactions;
    let shown: Vec<_> =
        seen.iter().map(|reaction| (reaction.emoji.as_str(), reaction.count, reaction.reacted_by_me)).collect();
    assert_eq!(shown, [("a", 1, false), ("b", 2, true)], "bytewise by emoji, as the viewer sees them");
    assert_eq!(done(engine, cast.owner, RemoveReaction(target("b"))).await.reply.count, 1);
    assert_eq!(done(engine, cast.owner, RemoveReaction(target("b"))).await.seq, None);
    assert_eq!(done(engine, cast.member, RemoveReaction(target("b"))).await.reply.count, 0);
    assert_eq!(kinds_after(engine.store(), head).await, [EventKind::MessageReaction; 5]);
}

pub(super) async fn idempotency_keys_answer_again<S: Store + Journal>(engine: &Engine<S>, cast: &Cast) {
    let keyed = |text: &str| CreateMessage {
        idempotency_key: Some(IdempotencyKey::new("key-1").expect("a key")),
        ..cast.message(text)
    };
    let head = engine.store().head().seq;
    let MessageCreated { message, replayed } = done(engine, cast.member, keyed("once")).await.reply;
    assert!(!replayed);
    let again = done(engine, cast.member, keyed("once")).await;
    assert_eq!(
        (again.reply.replayed, again.reply.message.message_id, again.seq),
        (true, message.message_id, None),
        "HTTP-16"
    );
    assert_eq!(refused(engine, cast.member, keyed("other")).await, Denial::IdempotencyConflict);
    assert!(!done(engine, cast.owner, keyed("once")).await.reply.replayed, "keys belong to their user");
    assert_eq!(engine.store().head().seq, head + 2);
    let delete = DeleteMessage { guild_id: cast.guild_id, channel_id: cast.channel_id, message_id: message.message_id };
    done(engine, cast.member, delete).await;
    assert_eq!(refused(engine, cast.member, keyed("once")).await.code(), ErrorCode::NotFound);
}
