//! Random values of the contract's types.

use filament_protocol::event::{
    MessageDelete, MessageReaction, PresenceSync, ReactionOperation, Ready, Unsubscribed, UnsubscribedReason,
};
use filament_protocol::{
    Attachment, Command, CreateMessage, Emoji, Event, FeatureName, Filename, Heartbeat, Id, Message, MessageContent,
    MimeType, Reaction, Ref, Sha256Hex, Subscribe, Timestamp, Token, Unsubscribe,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

pub(crate) fn id<K: 'static>() -> impl Strategy<Value = Id<K>> {
    any::<u128>().prop_map(Id::from_u128)
}

fn time() -> impl Strategy<Value = Timestamp> {
    (Timestamp::MIN.as_secs()..=Timestamp::MAX.as_secs()).prop_map(|seconds| Timestamp::new(seconds).unwrap())
}

/// Characters that JSON, UTF-8 and UTF-16 treat differently.
fn character() -> impl Strategy<Value = char> {
    prop_oneof![
        4 => prop::char::range(' ', '~'),
        1 => prop::char::range('\u{1}', '\u{1F}'),
        1 => Just('"'),
        1 => Just('\\'),
        2 => any::<char>().prop_filter("no U+0000", |character| *character != '\0'),
    ]
}

pub(crate) fn text(characters: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    vec(character(), characters).prop_map(String::from_iter)
}

fn echo() -> impl Strategy<Value = Option<Ref>> {
    option::of(text(1..32).prop_map(|text| Ref::new(text).unwrap()))
}

fn content() -> impl Strategy<Value = MessageContent> {
    text(1..80).prop_map(|text| MessageContent::new(text).unwrap())
}

pub(crate) fn command() -> impl Strategy<Value = Command> {
    let subscribe = (id(), id(), echo())
        .prop_map(|(guild_id, channel_id, r#ref)| Command::Subscribe(Subscribe { guild_id, channel_id, r#ref }));
    let unsubscribe = (id(), id(), echo())
        .prop_map(|(guild_id, channel_id, r#ref)| Command::Unsubscribe(Unsubscribe { guild_id, channel_id, r#ref }));
    let ids =
        prop::collection::btree_set(any::<u128>(), 0..6).prop_map(|ids| ids.into_iter().map(Id::from_u128).collect());
    let create =
        (id(), id(), content(), ids, echo()).prop_map(|(guild_id, channel_id, content, attachment_ids, r#ref)| {
            Command::MessageCreate(CreateMessage { guild_id, channel_id, content, attachment_ids, r#ref })
        });
    let heartbeat =
        (0_u64..=9_007_199_254_740_991, echo()).prop_map(|(s, r#ref)| Command::Heartbeat(Heartbeat { s, r#ref }));
    prop_oneof![subscribe, unsubscribe, create, heartbeat]
}

fn token() -> impl Strategy<Value = Token> {
    prop_oneof![
        Just(Token::ParagraphStart),
        Just(Token::HardBreak),
        (1_u8..=6).prop_map(|level| Token::HeadingStart { level }),
        any::<bool>().prop_map(|ordered| Token::ListStart { ordered }),
        text(1..20).prop_map(|text| Token::Text { text: text.into() }),
        (option::of("[a-z]{1,8}"), text(0..20))
            .prop_map(|(language, code)| Token::FencedCode { language: language.map(Into::into), code: code.into() }),
    ]
}

fn attachment() -> impl Strategy<Value = Attachment> {
    (id(), id(), id(), id(), "[a-zé🎉 ]{0,20}x", "[a-z]{1,8}/[a-z]{1,8}", 1_u64..=26_214_400, "[0-9a-f]{64}").prop_map(
        |(attachment_id, guild_id, channel_id, owner_id, filename, mime_type, size_bytes, sha256_hex)| Attachment {
            attachment_id,
            guild_id,
            channel_id,
            owner_id,
            filename: Filename::new(filename).unwrap(),
            mime_type: MimeType::new(mime_type).unwrap(),
            size_bytes,
            sha256_hex: Sha256Hex::new(sha256_hex).unwrap(),
        },
    )
}

fn emoji() -> impl Strategy<Value = Emoji> {
    "[a-z🎉中]{1,8}".prop_map(|text| Emoji::new(text).unwrap())
}

fn reaction() -> impl Strategy<Value = Reaction> {
    (emoji(), 0_u32..=1_000_000, any::<bool>(), vec(id(), 0..4)).prop_map(
        |(emoji, count, reacted_by_me, reactor_user_ids)| Reaction { emoji, count, reacted_by_me, reactor_user_ids },
    )
}

fn message() -> impl Strategy<Value = Message> {
    let ids = (id(), id(), id(), id());
    (ids, content(), vec(token(), 0..6), vec(attachment(), 0..3), vec(reaction(), 0..3), time(), option::of(time()))
        .prop_map(|(ids, content, markdown_tokens, attachments, reactions, created_at_unix, edited_at_unix)| Message {
            message_id: ids.0,
            guild_id: ids.1,
            channel_id: ids.2,
            author_id: ids.3,
            content,
            markdown_tokens,
            attachments,
            reactions,
            created_at_unix,
            edited_at_unix,
        })
}

pub(crate) fn event() -> impl Strategy<Value = Event> {
    let ready = (id(), id(), vec("[a-z_]{1,32}", 0..3), time(), time()).prop_map(
        |(user_id, session_id, features, server_time_unix, token_expires_at_unix)| Ready {
            user_id,
            session_id,
            heartbeat_interval_ms: 30_000,
            features: features.into_iter().map(|name| FeatureName::new(name).unwrap()).collect(),
            server_time_unix,
            token_expires_at_unix,
            resume: None,
        },
    );
    let unsubscribed = (id(), option::of(id()), prop::sample::select(UnsubscribedReason::ALL), echo())
        .prop_map(|(guild_id, channel_id, reason, r#ref)| Unsubscribed { guild_id, channel_id, reason, r#ref });
    let presence = (id(), vec(id(), 0..5), option::of(Just(true)), option::of(any::<u32>())).prop_map(
        |(guild_id, user_ids, truncated, online_count)| PresenceSync { guild_id, user_ids, truncated, online_count },
    );
    let delete = (id(), id(), id(), time()).prop_map(|(guild_id, channel_id, message_id, deleted_at_unix)| {
        MessageDelete { guild_id, channel_id, message_id, deleted_at_unix }
    });
    let reaction = (id(), id(), id(), emoji(), 0_u32..=1_000_000, id()).prop_map(
        |(guild_id, channel_id, message_id, emoji, count, actor_user_id)| MessageReaction {
            guild_id,
            channel_id,
            message_id,
            emoji,
            count,
            operation: ReactionOperation::Add,
            actor_user_id,
        },
    );
    prop_oneof![
        3 => message().prop_map(Event::from),
        1 => ready.prop_map(Event::from),
        1 => unsubscribed.prop_map(Event::from),
        1 => presence.prop_map(Event::from),
        1 => delete.prop_map(Event::from),
        1 => reaction.prop_map(Event::from),
    ]
}
