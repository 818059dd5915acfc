//! What one user may do in one guild.

use serde::{Deserialize, Serialize};

use super::{ChannelKind, LegacyRole};
use crate::field::list;
use crate::id::{ChannelId, GuildId};
use crate::limits::CHANNELS_PER_GUILD_MAX;
use crate::permission::{PermissionBits, Permissions};
use crate::text::ChannelName;

/// The effective access of one user in one guild: at most 60,416 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// The guild.
    pub guild_id: GuildId,
    /// The user's counter of access changes (RES-30), from 1.
    pub access_rev: u64,
    /// The derived legacy role.
    pub role: LegacyRole,
    /// Permissions at guild level.
    pub permissions: Permissions,
    /// Every channel the user sees, in order; at most 200.
    #[serde(deserialize_with = "list::<_, _, CHANNELS_PER_GUILD_MAX>")]
    pub channels: Vec<AccessChannel>,
}

/// One visible channel in an [`Access`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessChannel {
    /// The channel.
    pub channel_id: ChannelId,
    /// Its name.
    pub name: ChannelName,
    /// Text or voice.
    pub kind: ChannelKind,
    /// Index in the receiver's own list, 0..=199.
    pub position: u16,
    /// Effective permissions in the channel.
    pub permission_bits: PermissionBits,
}
