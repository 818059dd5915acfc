//! Events of guilds as wholes (§4.6, §4.8). The wire calls a guild a workspace here.

use crate::id::{GuildId, RoleId, UserId};
use crate::limits::{CHANNELS_PER_GUILD_MAX, INTEGER_MAX};
use crate::object::record;
use crate::permission::Permissions;
use crate::record::{Access, AccessChannel, LegacyRole, Visibility};
use crate::text::GuildName;
use crate::timestamp::Timestamp;
use crate::word::words;

record! {
    /// `workspace_update`: name or visibility changed.
    pub struct WorkspaceUpdate {
        /// The guild.
        pub guild_id: GuildId,
        /// What changed; never empty.
        pub updated_fields: WorkspaceUpdatedFields,
        /// When.
        pub updated_at_unix: Timestamp,
        /// Who changed it.
        pub actor_user_id: UserId,
    }
}

record! {
    /// What a `WorkspaceUpdate` says: the changed fields only.
    pub struct WorkspaceUpdatedFields: Default {
        /// The new name.
        pub name: Option<GuildName>,
        /// The new visibility.
        pub visibility: Option<Visibility>,
    }
    rules { any_of(name, visibility) }
}

record! {
    /// `workspace_delete`: the guild was deleted with everything in it.
    pub struct WorkspaceDelete {
        /// The guild.
        pub guild_id: GuildId,
        /// When.
        pub deleted_at_unix: Timestamp,
        /// Who deleted it.
        pub actor_user_id: UserId,
    }
}

record! {
    /// `workspace_owner_update`: ownership was transferred. Follows the changes of roles that go with it.
    pub struct WorkspaceOwnerUpdate {
        /// The guild.
        pub guild_id: GuildId,
        /// The new owner.
        pub owner_user_id: UserId,
        /// The old one, a moderator now.
        pub previous_owner_user_id: UserId,
        /// When.
        pub updated_at_unix: Timestamp,
        /// Who transferred it: the old owner or the server owner.
        pub actor_user_id: UserId,
    }
}

record! {
    /// `workspace_default_role_update`: new members get another role, also because the old one was deleted.
    pub struct WorkspaceDefaultRoleUpdate {
        /// The guild.
        pub guild_id: GuildId,
        /// The role new members get; null for none.
        pub role_id: Option<RoleId> [null],
        /// When.
        pub updated_at_unix: Timestamp,
        /// Who changed it.
        pub actor_user_id: UserId,
    }
}

record! {
    /// `workspace_available`: the receiver became a member. Precedes every other event of the guild.
    pub struct WorkspaceAvailable {
        /// The guild.
        pub guild_id: GuildId,
        /// Its name.
        pub name: GuildName,
        /// Its visibility.
        pub visibility: Visibility,
        /// Who owns it.
        pub owner_user_id: UserId,
        /// How it came about.
        pub reason: AvailableReason,
        /// When.
        pub available_at_unix: Timestamp,
    }
}

words! {
    /// How the receiver became a member.
    pub enum AvailableReason {
        /// By creating the guild.
        Created = "created",
        /// By joining.
        Joined = "joined",
        /// Added by a member.
        Added = "added",
    }
}

record! {
    /// `workspace_unavailable`: the receiver stopped being a member. Last event of the guild but `unsubscribed`.
    pub struct WorkspaceUnavailable {
        /// The guild.
        pub guild_id: GuildId,
        /// How it came about.
        pub reason: UnavailableReason,
        /// When.
        pub unavailable_at_unix: Timestamp,
    }
}

words! {
    /// How the receiver stopped being a member.
    pub enum UnavailableReason {
        /// Left.
        Left = "left",
        /// Kicked.
        Kicked = "kicked",
        /// Banned.
        Banned = "banned",
        /// The guild was deleted.
        Deleted = "deleted",
    }
}

record! {
    /// `workspace_access_update`: the receiver's effective access in a guild, complete. Only the newest matters.
    pub struct WorkspaceAccessUpdate {
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
        /// When.
        pub updated_at_unix: Timestamp,
    }
}

impl WorkspaceAccessUpdate {
    /// Makes the event of an access record.
    #[must_use]
    pub fn new(access: Access, updated_at_unix: Timestamp) -> Self {
        let Access { guild_id, access_rev, role, permissions, channels } = access;
        Self { guild_id, access_rev, role, permissions, channels, updated_at_unix }
    }
}
