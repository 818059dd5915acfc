//! Events of channels (§4.4), for the members who see them.

use serde::{Deserialize, Serialize};

use crate::field::list;
use crate::id::{ChannelId, GuildId};
use crate::limits::CHANNELS_PER_GUILD_MAX;
use crate::record::Channel;
use crate::text::ChannelName;
use crate::timestamp::Timestamp;

/// `channel_create`: a channel was created, or became visible to the receiver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelCreate {
    /// The guild.
    pub guild_id: GuildId,
    /// The channel.
    pub channel: Channel,
}

/// `channel_update`: a channel was renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelUpdate {
    /// The guild.
    pub guild_id: GuildId,
    /// The channel.
    pub channel_id: ChannelId,
    /// What changed.
    pub updated_fields: ChannelUpdatedFields,
    /// When.
    pub updated_at_unix: Timestamp,
}

/// What a [`ChannelUpdate`] says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelUpdatedFields {
    /// The new name.
    pub name: ChannelName,
}

/// `channel_delete`: a channel was removed with everything in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelDelete {
    /// The guild.
    pub guild_id: GuildId,
    /// The channel.
    pub channel_id: ChannelId,
    /// When.
    pub deleted_at_unix: Timestamp,
}

/// `channel_reorder`: the receiver's own list of channels has a new order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelReorder {
    /// The guild.
    pub guild_id: GuildId,
    /// Every channel the receiver sees, in order; at most 200.
    #[serde(deserialize_with = "list::<_, _, CHANNELS_PER_GUILD_MAX>")]
    pub channel_ids: Vec<ChannelId>,
    /// When.
    pub updated_at_unix: Timestamp,
}
