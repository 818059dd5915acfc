//! Guilds.

use crate::id::GuildId;
use crate::object::record;
use crate::text::GuildName;
use crate::word::words;

words! {
    /// Who finds and may join a guild.
    pub enum Visibility {
        /// Only those who are added.
        Private = "private",
        /// Everybody: it stands in the directory.
        Public = "public",
    }
    default Private
}

record! {
    /// A guild.
    pub struct Guild {
        /// Its id.
        pub guild_id: GuildId,
        /// Its name.
        pub name: GuildName,
        /// Who may join.
        pub visibility: Visibility,
    }
}
