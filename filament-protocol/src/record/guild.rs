//! Guilds.

use serde::{Deserialize, Serialize};

use crate::id::GuildId;
use crate::text::GuildName;
use crate::word::words;

words! {
    /// Who finds and may join a guild.
    #[derive(Default)]
    pub enum Visibility {
        /// Only those who are added.
        #[default]
        Private = "private",
        /// Everybody: it stands in the directory.
        Public = "public",
    }
}

/// A guild.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guild {
    /// Its id.
    pub guild_id: GuildId,
    /// Its name.
    pub name: GuildName,
    /// Who may join.
    pub visibility: Visibility,
}
