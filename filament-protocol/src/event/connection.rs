//! Events for one connection (§4.2): greeting, subscriptions, refusals, snapshots, heartbeats.

use serde::{Deserialize, Deserializer, de};

use crate::command::CommandKind;
use crate::error::{EVENT_ERROR_CODES, ErrorCode};
use crate::field::Codec;
use crate::id::{ChannelId, ConnectionId, GuildId, UserId};
use crate::limits::{
    CLOSE_CODE_MAX, CLOSE_CODE_MIN, FEATURES_MAX, HEARTBEAT_INTERVAL_MS_MAX, HEARTBEAT_INTERVAL_MS_MIN, INTEGER_MAX,
    ONLINE_COUNT_MAX, PRESENCE_IDS_MAX, RETRY_AFTER_MS_MAX, VOICE_PARTICIPANTS_MAX,
};
use crate::object::record;
use crate::record::VoiceParticipant;
use crate::shape::Shape;
use crate::text::{CloseName, ErrorMessage, FeatureName, Ref};
use crate::timestamp::Timestamp;
use crate::word::words;

record! {
    /// `ready`: the first frame of a connection, exactly once.
    pub struct Ready {
        /// The user the connection acts for.
        pub user_id: UserId,
        /// Id of this connection, unique.
        pub session_id: ConnectionId,
        /// How often the client sends `heartbeat`, in milliseconds, 1,000..=120,000.
        pub heartbeat_interval_ms: u32 [HEARTBEAT_INTERVAL_MS_MIN..=HEARTBEAT_INTERVAL_MS_MAX],
        /// The negotiated features, sorted; at most 16.
        pub features: Vec<FeatureName> [0..=FEATURES_MAX, unique],
        /// The server's clock.
        pub server_time_unix: Timestamp,
        /// When the access token ends.
        pub token_expires_at_unix: Timestamp,
        /// What follows, on a connection that presented a cursor.
        pub resume: Option<ResumeState>,
    }
}

words! {
    /// How a resumed connection goes on.
    pub enum ResumeState {
        /// The missed events follow.
        Replaying = "replaying",
        /// The cursor cannot be used: the client starts anew.
        Reset = "reset",
    }
}

record! {
    /// `subscribed`: a subscribe was accepted; every event of the channel follows.
    pub struct Subscribed {
        /// The guild.
        pub guild_id: GuildId,
        /// The channel.
        pub channel_id: ChannelId,
        /// Echo of the command.
        pub r#ref: Option<Ref>,
    }
}

record! {
    /// `unsubscribed`: a subscription ended.
    pub struct Unsubscribed {
        /// The guild.
        pub guild_id: GuildId,
        /// The channel; absent if every subscription in the guild ended.
        pub channel_id: Option<ChannelId>,
        /// Why.
        pub reason: UnsubscribedReason,
        /// Echo of the command, if there was one.
        pub r#ref: Option<Ref>,
    }
}

words! {
    /// Why a subscription ended.
    pub enum UnsubscribedReason {
        /// The user may no longer see the channel.
        AccessRevoked = "access_revoked",
        /// The channel, or its guild, is gone.
        ChannelDeleted = "channel_deleted",
        /// The user left the guild.
        Left = "left",
        /// The client asked for it.
        Requested = "requested",
    }
}

record! {
    /// `error`: a command was refused and had no effect; the connection stays open.
    pub struct Error {
        /// What was wrong.
        pub code: ErrorCode [as EventErrorCode],
        /// Words for people.
        pub message: ErrorMessage,
        /// The refused command.
        pub command: Option<CommandKind>,
        /// The guild it named.
        pub guild_id: Option<GuildId>,
        /// The channel it named.
        pub channel_id: Option<ChannelId>,
        /// Echo of the command.
        pub r#ref: Option<Ref>,
        /// When to try again, in milliseconds from now.
        pub retry_after_ms: Option<u32> [0..=RETRY_AFTER_MS_MAX],
    }
}

/// An error code that an `error` event may carry.
struct EventErrorCode;

impl Codec for EventErrorCode {
    type Value = ErrorCode;
    const SHAPE: Shape = Shape::Words(&EVENT_ERROR_CODES);

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ErrorCode, D::Error> {
        let code = ErrorCode::deserialize(deserializer)?;
        match code.in_event() {
            true => Ok(code),
            false => Err(de::Error::unknown_variant(code.name(), &[])),
        }
    }
}

record! {
    /// `presence_sync`: who is online in a guild. Replaces what the client knew.
    pub struct PresenceSync {
        /// The guild.
        pub guild_id: GuildId,
        /// Online members, unique, at most 1,024.
        pub user_ids: Vec<UserId> [0..=PRESENCE_IDS_MAX, unique],
        /// There are more. Absent otherwise.
        pub truncated: Option<bool> [true],
        /// How many are online, if the list was cut.
        pub online_count: Option<u32> [0..=ONLINE_COUNT_MAX],
    }
}

record! {
    /// `voice_participant_sync`: who is in a channel. Replaces what the client knew.
    pub struct VoiceParticipantSync {
        /// The guild.
        pub guild_id: GuildId,
        /// The channel.
        pub channel_id: ChannelId,
        /// By joining time, then identity; at most 200; empty for a text channel.
        pub participants: Vec<VoiceParticipant> [0..=VOICE_PARTICIPANTS_MAX, unique by],
        /// When the list was true; not before any `updated_at_unix` in it.
        pub synced_at_unix: Timestamp,
    }
}

record! {
    /// `heartbeat_ack`: the answer to a heartbeat, behind everything queued before it.
    pub struct HeartbeatAck {
        /// Number of the frame that carries this (GW-46).
        pub s: u64 [0..=INTEGER_MAX],
        /// The user's counter of access changes (RES-30).
        pub access_rev: u64 [0..=INTEGER_MAX],
        /// The server's clock.
        pub server_time_unix: Timestamp,
    }
}

record! {
    /// `closing`: the last event of a stream that the server ends.
    pub struct Closing {
        /// Number of §6.5.
        pub code: u16 [CLOSE_CODE_MIN..=CLOSE_CODE_MAX],
        /// Name of §6.5.
        pub name: CloseName,
        /// How long to wait, in milliseconds.
        pub retry_after_ms: Option<u32> [0..=RETRY_AFTER_MS_MAX],
    }
}
