//! Presence changes (§4.4, §13).

use serde::{Deserialize, Serialize};

use crate::id::{GuildId, UserId};
use crate::word::words;

/// `presence_update`: a member came online or went offline. Only the newest per guild and user matters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresenceUpdate {
    /// The guild.
    pub guild_id: GuildId,
    /// The member.
    pub user_id: UserId,
    /// Online or offline.
    pub status: PresenceStatus,
}

words! {
    /// Whether a member is there.
    pub enum PresenceStatus {
        /// At least one live connection, or just lost the last one.
        Online = "online",
        /// No live connection.
        Offline = "offline",
    }
}
