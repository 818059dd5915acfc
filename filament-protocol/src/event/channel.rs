//! Events of channels (§4.4), for the members who see them.

use crate::id::{ChannelId, GuildId};
use crate::limits::CHANNELS_PER_GUILD_MAX;
use crate::object::record;
use crate::record::Channel;
use crate::text::ChannelName;
use crate::timestamp::Timestamp;

record! {
    /// `channel_create`: a channel was created, or became visible to the receiver.
    pub struct ChannelCreate {
        /// The guild.
        pub guild_id: GuildId,
        /// The channel.
        pub channel: Channel,
    }
}

record! {
    /// `channel_update`: a channel was renamed.
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
}

record! {
    /// What a `ChannelUpdate` says.
    pub struct ChannelUpdatedFields {
        /// The new name.
        pub name: ChannelName,
    }
}

record! {
    /// `channel_delete`: a channel was removed with everything in it.
    pub struct ChannelDelete {
        /// The guild.
        pub guild_id: GuildId,
        /// The channel.
        pub channel_id: ChannelId,
        /// When.
        pub deleted_at_unix: Timestamp,
    }
}

record! {
    /// `channel_reorder`: the receiver's own list of channels has a new order.
    pub struct ChannelReorder {
        /// The guild.
        pub guild_id: GuildId,
        /// Every channel the receiver sees, in order; at most 200.
        pub channel_ids: Vec<ChannelId> [0..=CHANNELS_PER_GUILD_MAX, unique],
        /// When.
        pub updated_at_unix: Timestamp,
    }
}
