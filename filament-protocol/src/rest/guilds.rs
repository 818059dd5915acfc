//! `/guilds` (§9.6).

use serde::{Deserialize, Serialize};

use super::body;
use crate::field::{list, nullable, present};
use crate::id::{GuildId, RoleId, UserId};
use crate::limits::GUILDS_PER_USER_MAX;
use crate::record::{Guild, Visibility};
use crate::text::GuildName;
use crate::timestamp::Timestamp;
use crate::word::words;

/// Body of `POST /guilds`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateGuild {
    /// Its name.
    pub name: GuildName,
    /// Who may join; private if absent.
    #[serde(default)]
    pub visibility: Visibility,
}

body!(CreateGuild { Required name: GuildName, Optional visibility: Visibility });

/// Body of `PATCH /guilds/{g}`: at least one member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, try_from = "UpdateGuildMembers")]
pub struct UpdateGuild {
    /// The new name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<GuildName>,
    /// The new visibility.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
}

body!(UpdateGuild { Optional name: GuildName, Optional visibility: Visibility });

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UpdateGuildMembers {
    #[serde(default, deserialize_with = "present")]
    name: Option<GuildName>,
    #[serde(default, deserialize_with = "present")]
    visibility: Option<Visibility>,
}

impl TryFrom<UpdateGuildMembers> for UpdateGuild {
    type Error = &'static str;

    fn try_from(members: UpdateGuildMembers) -> Result<Self, &'static str> {
        let UpdateGuildMembers { name, visibility } = members;
        if name.is_none() && visibility.is_none() {
            return Err("nothing to change");
        }
        Ok(Self { name, visibility })
    }
}

/// Answer of `GET /guilds` and `GET /guilds/public`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuildList {
    /// The guilds, at most 200.
    #[serde(deserialize_with = "list::<_, _, GUILDS_PER_USER_MAX>")]
    pub guilds: Vec<Guild>,
}

/// Answer of `GET /guilds/{g}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuildDetails {
    /// Its id.
    pub guild_id: GuildId,
    /// Its name.
    pub name: GuildName,
    /// Who may join.
    pub visibility: Visibility,
    /// The one owner.
    pub owner_user_id: UserId,
    /// The role new members get.
    #[serde(deserialize_with = "nullable")]
    pub default_join_role_id: Option<RoleId>,
    /// How many members it has.
    pub member_count: u32,
    /// When it was created.
    pub created_at_unix: Timestamp,
}

words! {
    /// What a join did.
    pub enum JoinOutcome {
        /// The user is a member now.
        Accepted = "accepted",
        /// The user was one before.
        AlreadyMember = "already_member",
    }
}

/// Answer of `POST /guilds/{g}/join`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinAnswer {
    /// The guild.
    pub guild_id: GuildId,
    /// What happened.
    pub outcome: JoinOutcome,
}
