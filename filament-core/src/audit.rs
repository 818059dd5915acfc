//! The audit log's records (contract §10.7).

use filament_protocol::{AuditId, GuildId, Timestamp, UserId};

use crate::query::AuditRow;

/// What is written down, in the transaction of the mutation (AUD-1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// The record.
    pub audit_id: AuditId,
    /// The guild it belongs to.
    pub guild_id: GuildId,
    /// Who acted.
    pub actor_user_id: UserId,
    /// Who was acted on, if a user was.
    pub target_user_id: Option<UserId>,
    /// What was done.
    pub action: AuditAction,
    /// When.
    pub created_at: Timestamp,
    /// At which surface the address gate was closed, if it was about that.
    pub surface: Option<Surface>,
}

/// Where somebody met the address gate (IPB-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Surface {
    /// A REST request.
    Rest,
    /// A subscribe.
    Subscribe,
    /// A `message_create` on the gateway.
    MessageCommand,
}

impl Surface {
    /// The stored name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rest => "rest",
            Self::Subscribe => "subscribe",
            Self::MessageCommand => "message_create",
        }
    }
}

impl AuditRecord {
    /// The record as it is listed.
    #[must_use]
    pub fn row(&self) -> AuditRow {
        AuditRow {
            audit_id: self.audit_id,
            actor_user_id: self.actor_user_id,
            target_user_id: self.target_user_id,
            action: self.action,
            created_at: self.created_at,
        }
    }
}

/// Whether a mutation is written to the audit log. Both answers are deliberate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditDecision {
    /// This record.
    Record(AuditRecord),
    /// These records: one mutation, several actions of the list.
    Records(Vec<AuditRecord>),
    /// None, for this reason.
    Silent(&'static str),
}

macro_rules! audit_actions {
    ($($(#[$doc:meta])* $variant:ident => $name:literal,)+) => {
        /// The closed list of AUD-3, as far as mutations exist that write them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum AuditAction { $($(#[$doc])* $variant,)+ }

        impl AuditAction {
            /// Every action.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stored and listed name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The action of a stored name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

audit_actions! {
    /// A guild was created.
    GuildCreate => "guild.create",
    /// Name or visibility changed.
    GuildUpdate => "guild.update",
    /// A guild was deleted.
    GuildDelete => "guild.delete",
    /// A guild changed hands.
    OwnerTransfer => "guild.owner.transfer",
    /// Somebody joined through the directory.
    JoinAccepted => "directory.join.accepted",
    /// A join of a private guild was refused.
    JoinRejectedVisibility => "directory.join.rejected.visibility",
    /// A join by a banned user was refused.
    JoinRejectedUserBan => "directory.join.rejected.user_ban",
    /// A join from a banned address was refused.
    JoinRejectedIpBan => "directory.join.rejected.ip_ban",
    /// A member was added by another.
    MemberAdd => "member.add",
    /// A member left.
    MemberLeave => "member.leave",
    /// A member was removed by another.
    MemberKick => "member.kick",
    /// A user was banned.
    MemberBan => "member.ban",
    /// A ban was lifted.
    MemberUnban => "member.unban",
    /// The legacy role of a member was changed.
    MemberRoleUpdate => "member.role.update",
    /// A role was created.
    RoleCreate => "role.create",
    /// A role was renamed.
    RoleUpdate => "role.update",
    /// What a role grants changed.
    RolePermissionsUpdate => "role.permissions.update",
    /// The colour of a role changed.
    RoleColorUpdate => "role.color.update",
    /// A role was deleted.
    RoleDelete => "role.delete",
    /// The order of roles changed.
    RoleReorder => "role.reorder",
    /// A role was assigned.
    RoleAssign => "role.assign",
    /// A role was unassigned.
    RoleUnassign => "role.unassign",
    /// The default join role changed.
    RoleDefaultUpdate => "role.default_join.update",
    /// A channel was created.
    ChannelCreate => "channel.create",
    /// A channel was renamed.
    ChannelUpdate => "channel.update",
    /// A channel was deleted.
    ChannelDelete => "channel.delete",
    /// The channel order changed.
    ChannelReorder => "channel.reorder",
    /// The override of a seeded role changed.
    ChannelOverrideUpdate => "channel.override.update",
    /// The override of a custom role or a member changed.
    ChannelPermissionOverrideUpdate => "channel.permission_override.update",
    /// Addresses were banned.
    IpBanAdd => "moderation.ip_ban.add",
    /// A ban by address was lifted.
    IpBanRemove => "moderation.ip_ban.remove",
    /// A member met the gate from a banned address.
    IpBanHit => "moderation.ip_ban.hit",
    /// Somebody else's message was edited.
    MessageEditModeration => "message.edit.moderation",
    /// Somebody else's message was deleted.
    MessageDeleteModeration => "message.delete.moderation",
    /// Somebody else's attachment was deleted.
    AttachmentDeleteModeration => "attachment.delete.moderation",
    /// A token for the media server was issued.
    MediaTokenIssue => "media.token.issue",
}

impl AuditAction {
    /// Whether it is about a banned address that was met: `ip_ban_match` of the audit list.
    #[must_use]
    pub const fn is_address_match(self) -> bool {
        matches!(self, Self::IpBanHit | Self::JoinRejectedIpBan)
    }

    /// The actions whose names begin so.
    #[must_use]
    pub fn with_prefix(prefix: &str) -> Vec<Self> {
        Self::ALL.iter().copied().filter(|action| action.name().starts_with(prefix)).collect()
    }
}
