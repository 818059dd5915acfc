//! Presence changes (§4.4, §13).

use crate::id::{GuildId, UserId};
use crate::object::record;
use crate::word::words;

record! {
    /// `presence_update`: a member came online or went offline. Only the newest per guild and user matters.
    pub struct PresenceUpdate {
        /// The guild.
        pub guild_id: GuildId,
        /// The member.
        pub user_id: UserId,
        /// Online or offline.
        pub status: PresenceStatus,
    }
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
