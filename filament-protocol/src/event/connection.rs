//! Events for one connection (§4.2): greeting, subscriptions, refusals, snapshots, heartbeats.

use serde::{Deserialize, Serialize};

use crate::command::CommandKind;
use crate::error::ErrorCode;
use crate::field::{list, present};
use crate::id::{ChannelId, ConnectionId, GuildId, UserId};
use crate::limits::{FEATURES_MAX, PRESENCE_IDS_MAX, VOICE_PARTICIPANTS_MAX};
use crate::record::VoiceParticipant;
use crate::text::{ErrorMessage, FeatureName, Ref};
use crate::timestamp::Timestamp;
use crate::word::words;

/// `ready`: the first frame of a connection, exactly once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// The user the connection acts for.
    pub user_id: UserId,
    /// Id of this connection, unique.
    pub session_id: ConnectionId,
    /// How often the client sends `heartbeat`, in milliseconds, 1,000..=120,000.
    pub heartbeat_interval_ms: u32,
    /// The negotiated features, sorted; at most 16.
    #[serde(deserialize_with = "list::<_, _, FEATURES_MAX>")]
    pub features: Vec<FeatureName>,
    /// The server's clock.
    pub server_time_unix: Timestamp,
    /// When the access token ends.
    pub token_expires_at_unix: Timestamp,
    /// What follows, on a connection that presented a cursor.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub resume: Option<ResumeState>,
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

/// `subscribed`: a subscribe was accepted; every event of the channel follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscribed {
    /// The guild.
    pub guild_id: GuildId,
    /// The channel.
    pub channel_id: ChannelId,
    /// Echo of the command.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub r#ref: Option<Ref>,
}

/// `unsubscribed`: a subscription ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsubscribed {
    /// The guild.
    pub guild_id: GuildId,
    /// The channel; absent if every subscription in the guild ended.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub channel_id: Option<ChannelId>,
    /// Why.
    pub reason: UnsubscribedReason,
    /// Echo of the command, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub r#ref: Option<Ref>,
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

/// `error`: a command was refused and had no effect; the connection stays open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Error {
    /// What was wrong; one for which [`ErrorCode::in_event`] holds.
    pub code: ErrorCode,
    /// Words for people.
    pub message: ErrorMessage,
    /// The refused command.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub command: Option<CommandKind>,
    /// The guild it named.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub guild_id: Option<GuildId>,
    /// The channel it named.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub channel_id: Option<ChannelId>,
    /// Echo of the command.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub r#ref: Option<Ref>,
    /// When to try again, in milliseconds from now.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub retry_after_ms: Option<u32>,
}

/// `presence_sync`: who is online in a guild. Replaces what the client knew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresenceSync {
    /// The guild.
    pub guild_id: GuildId,
    /// Online members, unique, at most 1,024.
    #[serde(deserialize_with = "list::<_, _, PRESENCE_IDS_MAX>")]
    pub user_ids: Vec<UserId>,
    /// `Some(true)` if there are more; never `Some(false)`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub truncated: Option<bool>,
    /// How many are online, if the list was cut.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub online_count: Option<u32>,
}

/// `voice_participant_sync`: who is in a channel. Replaces what the client knew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoiceParticipantSync {
    /// The guild.
    pub guild_id: GuildId,
    /// The channel.
    pub channel_id: ChannelId,
    /// By joining time, then identity; at most 200; empty for a text channel.
    #[serde(deserialize_with = "list::<_, _, VOICE_PARTICIPANTS_MAX>")]
    pub participants: Vec<VoiceParticipant>,
    /// When the list was true; not before any `updated_at_unix` in it.
    pub synced_at_unix: Timestamp,
}

/// `heartbeat_ack`: the answer to a heartbeat, behind everything queued before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeartbeatAck {
    /// Number of the frame that carries this (GW-46).
    pub s: u64,
    /// The user's counter of access changes (RES-30).
    pub access_rev: u64,
    /// The server's clock.
    pub server_time_unix: Timestamp,
}

/// `closing`: the last event of a stream that the server ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    /// Number of §6.5.
    pub code: u16,
    /// Name of §6.5.
    pub name: Box<str>,
    /// How long to wait, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub retry_after_ms: Option<u32>,
}
