//! Events of memberships and bans (§4.6).

use crate::id::{GuildId, UserId};
use crate::limits::INTEGER_MAX;
use crate::object::record;
use crate::record::LegacyRole;
use crate::timestamp::Timestamp;
use crate::word::words;

record! {
    /// `workspace_member_add`: somebody became a member.
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
}

record! {
    /// `workspace_member_update`: the derived legacy role of a member changed, by whatever route.
    pub struct WorkspaceMemberUpdate {
        /// The guild.
        pub guild_id: GuildId,
        /// The member.
        pub user_id: UserId,
        /// What changed.
        pub updated_fields: WorkspaceMemberUpdatedFields,
        /// When.
        pub updated_at_unix: Timestamp,
        /// Who changed it.
        pub actor_user_id: UserId,
    }
}

record! {
    /// What a `workspace_member_update` says.
    pub struct WorkspaceMemberUpdatedFields: Copy {
        /// The new legacy role.
        pub role: LegacyRole,
    }
}

record! {
    /// `workspace_member_remove`: somebody stopped being a member.
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
        pub actor_user_id: Option<UserId>,
    }
    rules { absent_if(actor_user_id, reason = "leave") }
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

record! {
    /// `workspace_member_ban`: somebody was banned, member or not.
    pub struct WorkspaceMemberBan {
        /// The guild.
        pub guild_id: GuildId,
        /// Who is banned.
        pub user_id: UserId,
        /// When.
        pub banned_at_unix: Timestamp,
        /// Who did it: for receivers who may read the audit log.
        pub actor_user_id: Option<UserId>,
    }
}

record! {
    /// `workspace_member_unban`: a ban was lifted.
    pub struct WorkspaceMemberUnban {
        /// The guild.
        pub guild_id: GuildId,
        /// Who may join again.
        pub user_id: UserId,
        /// When.
        pub unbanned_at_unix: Timestamp,
        /// Who did it: for receivers who may read the audit log.
        pub actor_user_id: Option<UserId>,
    }
}

record! {
    /// `workspace_ip_ban_sync`: bans by address were added or removed. Never says which addresses.
    pub struct WorkspaceIpBanSync {
        /// The guild.
        pub guild_id: GuildId,
        /// What happened, in numbers.
        pub summary: IpBanSummary,
        /// When.
        pub updated_at_unix: Timestamp,
        /// Who did it: for receivers who may read the audit log.
        pub actor_user_id: Option<UserId>,
    }
}

record! {
    /// What a `workspace_ip_ban_sync` says.
    pub struct IpBanSummary: Copy {
        /// Added or removed.
        pub action: IpBanAction,
        /// How many entries, from 1.
        pub changed_count: u64 [1..=INTEGER_MAX],
    }
}

words! {
    /// What happened to bans by address.
    pub enum IpBanAction {
        /// Entries were added.
        Upsert = "upsert",
        /// Entries were removed.
        Remove = "remove",
    }
}
