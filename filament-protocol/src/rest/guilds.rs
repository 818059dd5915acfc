//! `/guilds` (§9.6).

use crate::id::{GuildId, RoleId, UserId};
use crate::limits::{GUILDS_PER_USER_MAX, MEMBER_COUNT_MAX};
use crate::object::{body, record};
use crate::record::{Guild, Visibility};
use crate::text::GuildName;
use crate::timestamp::Timestamp;
use crate::word::words;

body! {
    /// Body of `POST /guilds`.
    pub struct CreateGuild {
        /// Its name.
        pub name: GuildName,
        /// Who may join; private if absent.
        pub visibility: Visibility [default],
    }
}

body! {
    /// Body of `PATCH /guilds/{g}`: at least one member.
    pub struct UpdateGuild {
        /// The new name.
        pub name: Option<GuildName>,
        /// The new visibility.
        pub visibility: Option<Visibility>,
    }
    rules { any_of(name, visibility) }
}

record! {
    /// Answer of `GET /guilds` and `GET /guilds/public`.
    pub struct GuildList {
        /// The guilds, at most 200.
        pub guilds: Vec<Guild> [0..=GUILDS_PER_USER_MAX],
    }
}

record! {
    /// Answer of `GET /guilds/{g}`.
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
        pub default_join_role_id: Option<RoleId> [null],
        /// How many members it has.
        pub member_count: u32 [0..=MEMBER_COUNT_MAX],
        /// When it was created.
        pub created_at_unix: Timestamp,
    }
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

record! {
    /// Answer of `POST /guilds/{g}/join`.
    pub struct JoinAnswer: Copy {
        /// The guild.
        pub guild_id: GuildId,
        /// What happened.
        pub outcome: JoinOutcome,
    }
}
