//! Worst-case sizes of records in JSON, computed by the compiler from their members (EMI-5).
//!
//! A text that may hold control characters takes at most six bytes a UTF-16 unit (`\u0001`), any other at most three:
//! quotes and backslashes take two, and what takes four bytes of UTF-8 counts two units.

use crate::event::EventKind;
use crate::id::ID_BYTES;
use crate::limits::{
    ACCESS_JSON_BYTES_MAX, ANSWER_BYTES_MAX, ATTACHMENT_BYTES_MAX, ATTACHMENTS_PER_MESSAGE_MAX, CHANNEL_NAME_UNITS_MAX,
    CHANNELS_PER_GUILD_MAX, EMOJI_UNITS_MAX, EVENT_BYTES_MAX, FILENAME_UNITS_MAX, MARKDOWN_BYTES_MAX,
    MESSAGE_CONTENT_UNITS_MAX, MESSAGE_JSON_BYTES_MAX, MIME_TYPE_UNITS_MAX, PRESENCE_IDS_MAX, REACTION_COUNT_MAX,
    REACTIONS_PER_MESSAGE_MAX, REACTORS_PER_MESSAGE_MAX, VOICE_PARTICIPANTS_MAX,
};
use crate::permission::Permission;
use crate::record::VoiceParticipant;
use crate::rest;
use crate::shape::{Described, Shape, digits};
use crate::text::Identity;
use crate::timestamp::Timestamp;

/// Bytes of one UTF-16 unit where control characters are allowed.
const UNIT: usize = 6;
/// Bytes of one UTF-16 unit where they are not.
const PLAIN_UNIT: usize = 3;
/// An id with its quotes.
const QUOTED_ID: usize = ID_BYTES + 2;
/// The latest time.
const TIME: usize = digits(Timestamp::MAX.as_secs());

/// Commas between `items` items.
const fn commas(items: usize) -> usize {
    items.saturating_sub(1)
}

const ATTACHMENT: usize = r#"{"attachment_id":,"guild_id":,"channel_id":,"owner_id":,"filename":"","mime_type":"","size_bytes":,"sha256_hex":""}"#.len()
    + 4 * QUOTED_ID
    + FILENAME_UNITS_MAX * PLAIN_UNIT
    + MIME_TYPE_UNITS_MAX
    + digits(ATTACHMENT_BYTES_MAX)
    + 64;

/// A reaction without the ids in its list.
const REACTION: usize = r#"{"emoji":"","count":,"reacted_by_me":false,"reactor_user_ids":[]}"#.len()
    + EMOJI_UNITS_MAX * PLAIN_UNIT
    + digits(REACTION_COUNT_MAX as u64);

const REACTIONS: usize = REACTIONS_PER_MESSAGE_MAX * REACTION
    + commas(REACTIONS_PER_MESSAGE_MAX)
    + REACTORS_PER_MESSAGE_MAX * QUOTED_ID
    // Every list of at least one id has one comma less than ids.
    + REACTORS_PER_MESSAGE_MAX
    - REACTIONS_PER_MESSAGE_MAX;

pub(crate) const MESSAGE: usize = r#"{"message_id":,"guild_id":,"channel_id":,"author_id":,"content":"","markdown_tokens":,"attachments":[],"reactions":[],"created_at_unix":,"edited_at_unix":}"#.len()
    + 4 * QUOTED_ID
    + MESSAGE_CONTENT_UNITS_MAX * UNIT
    + MARKDOWN_BYTES_MAX
    + ATTACHMENTS_PER_MESSAGE_MAX * ATTACHMENT
    + commas(ATTACHMENTS_PER_MESSAGE_MAX)
    + REACTIONS
    + 2 * TIME;

const CHANNEL: usize = r#"{"channel_id":,"name":"","kind":"voice","position":199,"permission_bits":4095}"#.len()
    + QUOTED_ID
    + CHANNEL_NAME_UNITS_MAX * PLAIN_UNIT;

const PERMISSIONS: usize = {
    let mut bytes = 2 + commas(Permission::ALL.len());
    let mut index = 0;
    while index < Permission::ALL.len() {
        bytes += 2 + Permission::ALL[index].name().len();
        index += 1;
    }
    bytes
};

pub(crate) const ACCESS: usize = r#"{"guild_id":,"access_rev":,"role":"moderator","permissions":,"channels":[]}"#.len()
    + QUOTED_ID
    + digits(u64::MAX)
    + PERMISSIONS
    + CHANNELS_PER_GUILD_MAX * CHANNEL
    + commas(CHANNELS_PER_GUILD_MAX);

const ACCESS_UPDATE_EVENT: usize = envelope("workspace_access_update") + ACCESS + r#","updated_at_unix":"#.len() + TIME;

const PRESENCE_SYNC_EVENT: usize = envelope("presence_sync")
    + r#"{"guild_id":,"user_ids":[],"truncated":true,"online_count":}"#.len()
    + (1 + PRESENCE_IDS_MAX) * QUOTED_ID
    + commas(PRESENCE_IDS_MAX)
    + digits(u32::MAX as u64);

const MESSAGE_PAGE_OF_ONE: usize = r#"{"messages":[],"next_before":}"#.len() + MESSAGE + QUOTED_ID;

/// Bytes of an event around its payload.
const fn envelope(name: &str) -> usize {
    r#"{"v":1,"t":"","d":}"#.len() + name.len()
}

/// An identity as the server makes it (§12.2): `u.` and three ids.
const IDENTITY: usize = "u...".len() + 3 * ID_BYTES;

/// A voice participant with such an identity.
const PARTICIPANT: usize = VoiceParticipant::SHAPE.json_bytes_max() - Identity::SHAPE.json_bytes_max() + IDENTITY + 2;

const VOICE_SYNC_EVENT: usize = envelope("voice_participant_sync")
    + r#"{"guild_id":,"channel_id":,"participants":[],"synced_at_unix":}"#.len()
    + 2 * QUOTED_ID
    + VOICE_PARTICIPANTS_MAX * PARTICIPANT
    + commas(VOICE_PARTICIPANTS_MAX)
    + TIME;

/// Every other event fits whatever stands in it.
const _: () = {
    let mut index = 0;
    while index < EventKind::ALL.len() {
        let kind = EventKind::ALL[index];
        let is_counted_here =
            matches!(kind, EventKind::MessageCreate | EventKind::VoiceParticipantSync | EventKind::Batch);
        let bytes = envelope(kind.name()) + kind.shape().json_bytes_max();
        assert!(is_counted_here || bytes <= EVENT_BYTES_MAX, "an event may be too long to be sealed");
        index += 1;
    }
};

/// Every list that is answered whole fits one answer (HTTP-3); lists with a cursor are cut by bytes.
const _: () = {
    const COMPLETE: &[Shape] = &[
        rest::ChannelList::SHAPE,
        rest::FriendList::SHAPE,
        rest::FriendRequestList::SHAPE,
        rest::GuildList::SHAPE,
        rest::OverrideList::SHAPE,
        rest::RoleList::SHAPE,
        rest::SessionList::SHAPE,
        rest::UserList::SHAPE,
        rest::PermissionExplanation::SHAPE,
        rest::VoiceToken::SHAPE,
        crate::record::Profile::SHAPE,
    ];
    let mut index = 0;
    while index < COMPLETE.len() {
        assert!(COMPLETE[index].json_bytes_max() <= ANSWER_BYTES_MAX, "a complete list may be too long");
        index += 1;
    }
};

const _: () = assert!(VOICE_SYNC_EVENT <= EVENT_BYTES_MAX);
const _: () = assert!(MESSAGE <= MESSAGE_JSON_BYTES_MAX);
const _: () = assert!(envelope("message_create") + MESSAGE_JSON_BYTES_MAX <= EVENT_BYTES_MAX);
const _: () = assert!(ACCESS_UPDATE_EVENT - envelope("workspace_access_update") <= ACCESS_JSON_BYTES_MAX);
const _: () = assert!(envelope("workspace_access_update") + ACCESS_JSON_BYTES_MAX <= EVENT_BYTES_MAX);
const _: () = assert!(ACCESS_JSON_BYTES_MAX <= ANSWER_BYTES_MAX);
const _: () = assert!(PRESENCE_SYNC_EVENT <= EVENT_BYTES_MAX);
const _: () = assert!(MESSAGE_PAGE_OF_ONE <= ANSWER_BYTES_MAX, "a page holds at least one message (HTTP-3)");

#[cfg(test)]
mod tests {
    use super::{ACCESS, MESSAGE, PARTICIPANT};
    use crate::id::Id;
    use crate::limits::{MARKDOWN_BYTES_MAX, REACTION_COUNT_MAX, REACTORS_PER_MESSAGE_MAX};
    use crate::record::{Access, AccessChannel, Attachment, ChannelKind, LegacyRole, Message, Reaction};
    use crate::text::{ChannelName, Emoji, Filename, MessageContent, MimeType, Sha256Hex};
    use crate::{PermissionBits, Permissions, Timestamp, Token};

    const WIDE: &str = "\u{4E2D}";

    fn json_bytes(value: &impl serde::Serialize) -> usize {
        serde_json::to_vec(value).unwrap().len()
    }

    /// The longest token list there may be: one text that fills the budget.
    fn tokens() -> Vec<Token> {
        let shell = json_bytes(&[Token::Text { text: "".into() }]);
        vec![Token::Text { text: "a".repeat(MARKDOWN_BYTES_MAX - shell).into() }]
    }

    fn attachment() -> Attachment {
        Attachment {
            attachment_id: Id::from_u128(1),
            guild_id: Id::from_u128(2),
            channel_id: Id::from_u128(3),
            owner_id: Id::from_u128(4),
            filename: Filename::new(WIDE.repeat(128)).unwrap(),
            mime_type: MimeType::new("a".repeat(128)).unwrap(),
            size_bytes: crate::limits::ATTACHMENT_BYTES_MAX,
            sha256_hex: Sha256Hex::new("0".repeat(64)).unwrap(),
        }
    }

    fn reaction() -> Reaction {
        Reaction {
            emoji: Emoji::new(WIDE.repeat(32)).unwrap(),
            count: REACTION_COUNT_MAX,
            reacted_by_me: false,
            reactor_user_ids: vec![Id::from_u128(5); REACTORS_PER_MESSAGE_MAX / 64],
        }
    }

    /// Proves the part of EMI-5 that concerns messages: the computed worst case is one that exists.
    #[test]
    fn the_largest_message_has_the_computed_size() {
        let message = Message {
            message_id: Id::from_u128(1),
            guild_id: Id::from_u128(2),
            channel_id: Id::from_u128(3),
            author_id: Id::from_u128(4),
            content: MessageContent::new("\u{1}".repeat(2_000)).unwrap(),
            markdown_tokens: tokens(),
            attachments: vec![attachment(); 5],
            reactions: vec![reaction(); 64],
            created_at_unix: Timestamp::MAX,
            edited_at_unix: Some(Timestamp::MAX),
        };
        assert_eq!(json_bytes(&message), MESSAGE);
        assert!(crate::Event::MessageCreate(message).encode().is_ok());
    }

    /// Proves the part of EMI-5 that concerns access snapshots.
    #[test]
    fn the_largest_access_record_has_the_computed_size() {
        let channel = AccessChannel {
            channel_id: Id::from_u128(1),
            name: ChannelName::new(WIDE.repeat(64)).unwrap(),
            kind: ChannelKind::Voice,
            position: 199,
            permission_bits: PermissionBits(Permissions::ALL),
        };
        let access = Access {
            guild_id: Id::from_u128(1),
            access_rev: u64::MAX,
            role: LegacyRole::Moderator,
            permissions: Permissions::ALL,
            channels: vec![channel; 200],
        };
        assert_eq!(json_bytes(&access), ACCESS);
        let event = crate::event::WorkspaceAccessUpdate::new(access, Timestamp::MAX);
        assert!(crate::Event::from(event).encode().is_ok());
    }

    /// The contract's figure for a voice participant.
    #[test]
    fn the_largest_voice_participant_has_the_size_of_the_contract() {
        assert_eq!(PARTICIPANT, 319);
    }

    /// Every text that forbids control characters stays within three bytes a unit, the others within six.
    #[test]
    fn no_character_takes_more_bytes_than_assumed() {
        for character in '\0'..=char::MAX {
            let text = character.to_string();
            let per_unit = (json_bytes(&text) - 2).div_ceil(character.len_utf16());
            let bound = if character < ' ' { super::UNIT } else { super::PLAIN_UNIT };
            assert!(per_unit <= bound, "U+{:04X}", u32::from(character));
        }
    }
}
