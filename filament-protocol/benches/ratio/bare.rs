//! The same documents as plain structs: what serde_json alone makes of them, with no rule of the contract but their shape.

use serde::Deserialize;

/// An envelope around a payload of a known type.
#[derive(Deserialize)]
#[allow(dead_code, reason = "read to be measured, not to be used")]
pub(crate) struct Envelope<D> {
    v: u64,
    t: String,
    d: D,
}

macro_rules! plain {
    ($($name:ident { $($(#[$meta:meta])* $field:ident: $type:ty),+ $(,)? })+) => {
        $(
            #[derive(Deserialize)]
            #[allow(dead_code, reason = "read to be measured, not to be used")]
            pub(crate) struct $name { $($(#[$meta])* $field: $type),+ }
        )+
    };
}

plain! {
    CreateMessage {
        guild_id: String,
        channel_id: String,
        content: String,
        attachment_ids: Option<Vec<String>>,
        r#ref: Option<String>,
    }
    Ready {
        user_id: String,
        session_id: String,
        heartbeat_interval_ms: u64,
        features: Vec<String>,
        server_time_unix: u64,
        token_expires_at_unix: u64,
        resume: Option<String>,
    }
    Message {
        message_id: String,
        guild_id: String,
        channel_id: String,
        author_id: String,
        content: String,
        markdown_tokens: Vec<Token>,
        attachments: Vec<Attachment>,
        reactions: Vec<Reaction>,
        created_at_unix: u64,
        edited_at_unix: Option<u64>,
    }
    Token {
        r#type: String,
        level: Option<u8>,
        ordered: Option<bool>,
        href: Option<String>,
        text: Option<String>,
        code: Option<String>,
        language: Option<String>,
    }
    Attachment {
        attachment_id: String,
        guild_id: String,
        channel_id: String,
        owner_id: String,
        filename: String,
        mime_type: String,
        size_bytes: u64,
        sha256_hex: String,
    }
    Reaction { emoji: String, count: u64, reacted_by_me: bool, reactor_user_ids: Option<Vec<String>> }
    ChannelCreate { guild_id: String, channel: Channel }
    Channel { channel_id: String, name: String, kind: String }
    PresenceUpdate { guild_id: String, user_id: String, status: String }
    VoiceParticipantSync {
        guild_id: String,
        channel_id: String,
        participants: Vec<VoiceParticipant>,
        synced_at_unix: u64,
    }
    VoiceParticipant {
        user_id: String,
        identity: String,
        joined_at_unix: u64,
        updated_at_unix: u64,
        is_muted: bool,
        is_deafened: bool,
        is_speaking: bool,
        is_video_enabled: bool,
        is_screen_share_enabled: bool,
    }
    MemberAdd { guild_id: String, user_id: String, role: String, joined_at_unix: u64, actor_user_id: String }
    RoleCreate { guild_id: String, role: Role, created_at_unix: u64, actor_user_id: String }
    Role {
        role_id: String,
        name: String,
        position: u64,
        is_system: bool,
        permissions: Vec<String>,
        color_hex: Option<String>,
        system_key: Option<String>,
    }
    AccessUpdate {
        guild_id: String,
        access_rev: u64,
        role: String,
        permissions: Vec<String>,
        channels: Vec<AccessChannel>,
        updated_at_unix: u64,
    }
    AccessChannel { channel_id: String, name: String, kind: String, position: u64, permission_bits: u64 }
    FriendRequest {
        request_id: String,
        sender_user_id: String,
        sender_username: String,
        recipient_user_id: String,
        recipient_username: String,
        created_at_unix: u64,
    }
    CreateRole {
        name: String,
        permissions: Vec<String>,
        position: Option<u64>,
        color_hex: Option<String>,
    }
}
