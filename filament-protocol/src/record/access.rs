//! What one user may do in one guild.

use super::{ChannelKind, LegacyRole};
use crate::id::{ChannelId, GuildId};
use crate::limits::{CHANNEL_POSITION_MAX, CHANNELS_PER_GUILD_MAX, INTEGER_MAX};
use crate::object::record;
use crate::permission::{PermissionBits, Permissions};
use crate::text::ChannelName;

record! {
    /// The effective access of one user in one guild: at most 60,416 bytes.
    pub struct Access {
        /// The guild.
        pub guild_id: GuildId,
        /// The user's counter of access changes (RES-30), from 1.
        pub access_rev: u64 [1..=INTEGER_MAX],
        /// The derived legacy role.
        pub role: LegacyRole,
        /// Permissions at guild level.
        pub permissions: Permissions,
        /// Every channel the user sees, in order; at most 200.
        pub channels: Vec<AccessChannel> [0..=CHANNELS_PER_GUILD_MAX],
    }
}

record! {
    /// One visible channel in an `Access`.
    pub struct AccessChannel {
        /// The channel.
        pub channel_id: ChannelId,
        /// Its name.
        pub name: ChannelName,
        /// Text or voice.
        pub kind: ChannelKind,
        /// Index in the receiver's own list, 0..=199.
        pub position: u16 [0..=CHANNEL_POSITION_MAX],
        /// Effective permissions in the channel.
        pub permission_bits: PermissionBits,
    }
}
