//! Attachments: bound once and together, counted while they are there, gone with what they belong to.

use std::sync::atomic::{AtomicU64, Ordering};

use filament_protocol::{
    AttachmentId, ChannelId, Event, EventKind, IdempotencyKey, MessageContent, MessageId, Received, Visibility,
    decode_event_strict,
    limits::ATTACHMENT_BYTES_MAX,
    record::{Attachment, Message},
    text::{MimeType, Sha256Hex},
};

use super::{Cast, channel, done, entries, kinds_after, refused};
use crate::{
    Actor, BlobName, Denial, Engine, Journal, Limits, SealedBody, Store,
    decide::{
        attachment::{BeginUpload, DeleteAttachment, RecordUpload},
        channel::DeleteChannel,
        guild::{CreateGuild, JoinGuild},
        message::{CreateMessage, DeleteMessage, EditMessage},
        ownership::DeleteGuild,
    },
    read::{ListAudit, ListMessages, ReadAttachment},
};

/// An upload of so many bytes to the cast's channel, with a file of its own.
fn upload(cast: &Cast, size_bytes: u64) -> RecordUpload {
    static FILES: AtomicU64 = AtomicU64::new(1);
    RecordUpload {
        guild_id: cast.guild_id,
        channel_id: cast.channel_id,
        filename: "notes.txt".parse().expect("a file name"),
        mime_type: MimeType::new("text/plain; charset=utf-8").expect("a media type"),
        size_bytes,
        sha256_hex: Sha256Hex::new("0".repeat(64)).expect("a digest"),
        blob: BlobName::from_bits(FILES.fetch_add(1, Ordering::Relaxed).into()),
    }
}

async fn uploaded<S: Store>(engine: &Engine<S>, cast: &Cast, owner: Actor) -> Attachment {
    done(engine, owner, upload(cast, 1_000)).await.reply
}

fn carrying(cast: &Cast, text: &str, attachment_ids: &[AttachmentId]) -> CreateMessage {
    CreateMessage { attachment_ids: attachment_ids.to_vec(), ..cast.message(text) }
}

fn deletion(attachment: &Attachment) -> DeleteAttachment {
    let Attachment { guild_id, channel_id, attachment_id, .. } = *attachment;
    DeleteAttachment { guild_id, channel_id, attachment_id }
}

/// Bytes the user has left.
async fn left<S: Store>(engine: &Engine<S>, cast: &Cast, user: Actor) -> u64 {
    let begin = BeginUpload { guild_id: cast.guild_id, channel_id: cast.channel_id, size_bytes_min: 0 };
    let begun = done(engine, user, begin).await;
    assert_eq!(begun.seq, None, "asking changes nothing");
    begun.reply
}

async fn newest<S: Store>(engine: &Engine<S>, cast: &Cast) -> Message {
    let page = ListMessages { guild_id: cast.guild_id, channel_id: cast.channel_id, before: None, limit: 1 };
    engine.read(cast.member, page).await.expect("readable").messages.remove(0)
}

/// Whether the user is given the attachment.
async fn reads<S: Store>(engine: &Engine<S>, user: Actor, attachment: &Attachment) -> bool {
    let Attachment { guild_id, channel_id, attachment_id, .. } = *attachment;
    match engine.read(user, ReadAttachment { guild_id, channel_id, attachment_id }).await {
        Ok(stored) => {
            assert_eq!(&stored.record, attachment);
            true
        }
        Err(_) => false,
    }
}

/// Proves ATT-1 for a store, and that messages carry what they bound wherever they are read.
pub(super) async fn attachments_bind_once_and_together<S: Store + Journal>(engine: &Engine<S>, cast: &Cast) {
    let head = engine.store().head().seq;
    let [first, second, third] = [
        uploaded(engine, cast, cast.member).await,
        uploaded(engine, cast, cast.member).await,
        uploaded(engine, cast, cast.member).await,
    ];
    assert_eq!(engine.store().head().seq, head, "§4.12: an upload is silent");
    let foreign = uploaded(engine, cast, cast.owner).await;
    let elsewhere = channel(engine, cast.owner, cast.guild_id, "elsewhere", vec![]).await;
    let far = done(engine, cast.member, RecordUpload { channel_id: elsewhere, ..upload(cast, 1) }).await.reply;
    assert!(reads(engine, cast.member, &first).await && !reads(engine, cast.owner, &first).await, "§9.9: unbound");
    let nowhere = AttachmentId::from_u128(1);
    for unusable in [foreign.attachment_id, far.attachment_id, nowhere, first.attachment_id] {
        let both = carrying(cast, "x", &[first.attachment_id, unusable]);
        assert_eq!(refused(engine, cast.member, both).await, Denial::Invalid("an attachment is not usable"));
    }
    let six = carrying(cast, "x", &[first.attachment_id; 6]);
    assert_eq!(refused(engine, cast.member, six).await, Denial::Invalid("an attachment is not usable"));
    let key = IdempotencyKey::new("with-files").expect("a key");
    let post = carrying(cast, "", &[third.attachment_id, first.attachment_id]);
    let post = CreateMessage { idempotency_key: Some(key), ..post };
    let posted = done(engine, cast.member, post.clone()).await.reply.message;
    assert_eq!(posted.attachments, [first.clone(), third.clone()], "by upload time, then id");
    let again = done(engine, cast.member, post.clone()).await.reply;
    assert!(again.replayed && again.message == posted, "HTTP-16");
    let other = CreateMessage { attachment_ids: vec![first.attachment_id], ..post };
    assert_eq!(refused(engine, cast.member, other).await, Denial::IdempotencyConflict);
    let reuse = carrying(cast, "again", &[second.attachment_id, third.attachment_id]);
    assert_eq!(refused(engine, cast.member, reuse).await, Denial::Invalid("an attachment is not usable"));
    assert!(reads(engine, cast.owner, &third).await, "§9.9: bound");
    assert!(!reads(engine, cast.stranger, &third).await);
    assert_eq!(newest(engine, cast).await.attachments, posted.attachments);
    let content = MessageContent::new("now with text").expect("message text");
    let edit =
        EditMessage { guild_id: cast.guild_id, channel_id: cast.channel_id, message_id: posted.message_id, content };
    assert_eq!(done(engine, cast.member, edit).await.reply.attachments, posted.attachments);
    done(engine, cast.owner, DeleteChannel { guild_id: cast.guild_id, channel_id: elsewhere }).await;
    assert!(!reads(engine, cast.member, &far).await);
    for spent in [second, foreign] {
        let owner = if spent.owner_id == cast.owner.user_id { cast.owner } else { cast.member };
        done(engine, owner, deletion(&spent)).await;
        assert!(!reads(engine, owner, &spent).await);
    }
}

/// Proves MSG-3, and the row of §4.12 about deleting attachments.
pub(super) async fn deleted_attachments_are_told_with_their_message<S: Store + Journal>(
    engine: &Engine<S>,
    cast: &Cast,
) {
    let [first, second, unbound] = [
        uploaded(engine, cast, cast.member).await,
        uploaded(engine, cast, cast.member).await,
        uploaded(engine, cast, cast.member).await,
    ];
    let post = carrying(cast, "", &[first.attachment_id, second.attachment_id]);
    let message_id = done(engine, cast.member, post).await.reply.message.message_id;
    let head = engine.store().head().seq;
    assert_eq!(done(engine, cast.member, deletion(&unbound)).await.seq, None, "nobody has seen it");
    assert_eq!(refused(engine, cast.member, deletion(&unbound)).await, Denial::NotFound("attachment"));
    done(engine, cast.member, deletion(&first)).await;
    assert_eq!(told(engine, head).await, (message_id, Some(vec![second.clone()])));
    assert_eq!(newest(engine, cast).await.attachments, std::slice::from_ref(&second));
    let audit = ListAudit {
        guild_id: cast.guild_id,
        before: None,
        action_prefix: Some("attachment".parse().expect("an action")),
        limit: 100,
    };
    assert!(
        engine.read(cast.owner, audit.clone()).await.expect("readable").rows.is_empty(),
        "one's own are not audited"
    );
    done(engine, cast.owner, deletion(&second)).await;
    assert_eq!(told(engine, head + 1).await, (message_id, Some(vec![])));
    let rows = engine.read(cast.owner, audit).await.expect("readable").rows;
    assert_eq!(rows.iter().map(|row| row.target_user_id).collect::<Vec<_>>(), [Some(cast.member.user_id)]);
    let left = newest(engine, cast).await;
    assert_eq!((left.message_id, left.content.as_str(), left.attachments.len()), (message_id, "", 0), "MSG-3");
    assert_eq!(kinds_after(engine.store(), head).await, [EventKind::MessageUpdate; 2]);
}

/// The message and the list of the one event after `seq`.
async fn told<S: Store + Journal>(engine: &Engine<S>, seq: u64) -> (MessageId, Option<Vec<Attachment>>) {
    let entry = entries(engine.store(), seq).await.remove(0);
    let SealedBody::Shared(bytes) = &entry.events[0].body else { panic!("one body for all") };
    match decode_event_strict(bytes).expect("an event") {
        Received::Event(Event::MessageUpdate(update)) => (update.message_id, update.updated_fields.attachments),
        other => panic!("something else: {other:?}"),
    }
}

/// Proves ATT-2 and the quota's part of MSG-2 for a store: counted over all guilds, free with the answer of whatever deletes.
pub(super) async fn quota_is_exact_and_free_at_once<S: Store + Journal + Clone>(engine: &Engine<S>, cast: &Cast) {
    let member = cast.member;
    let whole = Limits::default().attachment_bytes_per_user_max;
    let before = left(engine, cast, member).await;
    let name = "other".parse().expect("a guild name");
    let other = done(engine, cast.owner, CreateGuild { name, visibility: Visibility::Public }).await.reply.guild_id;
    done(engine, member, JoinGuild { guild_id: other }).await;
    let doomed = channel(engine, cast.owner, cast.guild_id, "doomed", vec![]).await;
    let there = channel(engine, cast.owner, other, "there", vec![]).await;
    let large = |channel_id: ChannelId| RecordUpload { channel_id, ..upload(cast, ATTACHMENT_BYTES_MAX) };
    let in_message = done(engine, member, large(cast.channel_id)).await.reply;
    done(engine, member, large(doomed)).await;
    let in_doomed = done(engine, member, large(doomed)).await.reply;
    done(engine, member, CreateMessage { channel_id: doomed, ..carrying(cast, "", &[in_doomed.attachment_id]) }).await;
    done(engine, member, RecordUpload { guild_id: other, ..large(there) }).await;
    let message = done(engine, member, carrying(cast, "", &[in_message.attachment_id])).await.reply.message;
    assert_eq!(left(engine, cast, member).await, before - 4 * ATTACHMENT_BYTES_MAX);
    let mut rest = before - 4 * ATTACHMENT_BYTES_MAX;
    while rest >= ATTACHMENT_BYTES_MAX {
        done(engine, member, large(cast.channel_id)).await;
        rest -= ATTACHMENT_BYTES_MAX;
    }
    assert_eq!(refused(engine, member, upload(cast, rest + 1)).await, Denial::Quota("too many bytes of attachments"));
    let begin = BeginUpload { guild_id: cast.guild_id, channel_id: cast.channel_id, size_bytes_min: rest + 1 };
    assert_eq!(refused(engine, member, begin).await, Denial::Quota("too many bytes of attachments"));
    assert_eq!(left(engine, cast, cast.owner).await, whole, "others have a quota of their own");

    let Message { guild_id, channel_id, message_id, .. } = message;
    done(engine, member, DeleteMessage { guild_id, channel_id, message_id }).await;
    assert_eq!(left(engine, cast, member).await, rest + ATTACHMENT_BYTES_MAX, "MSG-2");
    assert!(!reads(engine, member, &in_message).await);
    let again = carrying(cast, "again", &[in_message.attachment_id]);
    assert_eq!(refused(engine, member, again).await, Denial::Invalid("an attachment is not usable"));
    done(engine, cast.owner, DeleteChannel { guild_id, channel_id: doomed }).await;
    assert_eq!(left(engine, cast, member).await, rest + 3 * ATTACHMENT_BYTES_MAX, "with its channel");
    assert!(!reads(engine, member, &in_doomed).await);
    done(engine, cast.owner, DeleteGuild { guild_id: other }).await;
    assert_eq!(left(engine, cast, member).await, rest + 4 * ATTACHMENT_BYTES_MAX, "with its guild");
}
