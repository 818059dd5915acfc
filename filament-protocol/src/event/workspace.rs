//! Events of guilds and memberships (§4.6–§4.8, §4.11). The wire calls a guild a workspace here.

use serde::{Deserialize, Serialize};

use crate::field::{list, present};
use crate::id::{ChannelId, GuildId, RoleId, UserId};
use crate::limits::CHANNELS_PER_GUILD_MAX;
use crate::permission::Permissions;
use crate::record::{Access, AccessChannel, LegacyRole, Visibility};
use crate::text::GuildName;
use crate::timestamp::Timestamp;
use crate::word::words;

/// `workspace_update`: name or visibility changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// What a [`WorkspaceUpdate`] says: the changed fields only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkspaceUpdatedFields {
    /// The new name.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub name: Option<GuildName>,
    /// The new visibility.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub visibility: Option<Visibility>,
}

/// `workspace_member_add`: somebody became a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkspaceMemberAdd {
    /// The guild.
    pub guild_id: GuildId,
    /// The new member.
    pub user_id: UserId,
    /// Derived legacy role.
    pub role: LegacyRole,
    /// When.
    pub joined_at_unix: Timestamp,
    /// Who joined, or who added them (ACT-1).
    pub actor_user_id: UserId,
}

/// `workspace_member_remove`: somebody stopped being a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkspaceMemberRemove {
    /// The guild.
    pub guild_id: GuildId,
    /// The former member.
    pub user_id: UserId,
    /// How.
    pub reason: RemoveReason,
    /// When.
    pub removed_at_unix: Timestamp,
    /// Who did it: for receivers who may read the audit log, never for `leave`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub actor_user_id: Option<UserId>,
}

words! {
    /// How a membership ended, as told to the guild.
    pub enum RemoveReason {
        /// Removed by another member.
        Kick = "kick",
        /// Banned.
        Ban = "ban",
        /// Left.
        Leave = "leave",
    }
}

/// `workspace_role_assignment_add`: a role was assigned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkspaceRoleAssignmentAdd {
    /// The guild.
    pub guild_id: GuildId,
    /// The member.
    pub user_id: UserId,
    /// The role.
    pub role_id: RoleId,
    /// When.
    pub assigned_at_unix: Timestamp,
    /// Who assigned it; for the default role, who joined or who added them.
    pub actor_user_id: UserId,
}

/// `workspace_channel_role_override_update`: deprecated notice for plain connections (§4.11), which restates the
/// stored lists of a seeded role in a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkspaceChannelRoleOverrideUpdate {
    /// The guild.
    pub guild_id: GuildId,
    /// The channel; after its deletion, the deleted one (CMP-4).
    pub channel_id: ChannelId,
    /// The seeded role.
    pub role: LegacyRole,
    /// Its lists.
    pub updated_fields: RoleOverrideUpdatedFields,
    /// When.
    pub updated_at_unix: Timestamp,
    /// Who caused it.
    pub actor_user_id: UserId,
}

/// The complete, disjoint lists of an override; both empty means there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleOverrideUpdatedFields {
    /// What it allows.
    pub allow: Permissions,
    /// What it denies.
    pub deny: Permissions,
}

/// `workspace_available`: the receiver became a member. Precedes every other event of the guild.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// `workspace_unavailable`: the receiver stopped being a member. Last event of the guild but `unsubscribed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkspaceUnavailable {
    /// The guild.
    pub guild_id: GuildId,
    /// How it came about.
    pub reason: UnavailableReason,
    /// When.
    pub unavailable_at_unix: Timestamp,
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

/// `workspace_access_update`: the receiver's effective access in a guild, complete. Only the newest matters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkspaceAccessUpdate {
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
    /// When.
    pub updated_at_unix: Timestamp,
}

impl WorkspaceAccessUpdate {
    /// Makes the event of an access record.
    #[must_use]
    pub fn new(access: Access, updated_at_unix: Timestamp) -> Self {
        let Access { guild_id, access_rev, role, permissions, channels } = access;
        Self { guild_id, access_rev, role, permissions, channels, updated_at_unix }
    }
}
