//! The audit log's records (contract §10.7).

use filament_protocol::{AuditId, GuildId, Timestamp, UserId};

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
}

/// Whether a mutation is written to the audit log. Both answers are deliberate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditDecision {
    /// This record.
    Record(AuditRecord),
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
        }
    };
}

audit_actions! {
    /// A guild was created.
    GuildCreate => "guild.create",
    /// Name or visibility changed.
    GuildUpdate => "guild.update",
    /// Somebody joined through the directory.
    JoinAccepted => "directory.join.accepted",
    /// A join of a private guild was refused.
    JoinRejectedVisibility => "directory.join.rejected.visibility",
    /// A join by a banned user was refused.
    JoinRejectedUserBan => "directory.join.rejected.user_ban",
    /// A member left.
    MemberLeave => "member.leave",
    /// A channel was created.
    ChannelCreate => "channel.create",
    /// A channel was renamed.
    ChannelUpdate => "channel.update",
    /// A channel was deleted.
    ChannelDelete => "channel.delete",
    /// The channel order changed.
    ChannelReorder => "channel.reorder",
    /// Somebody else's message was edited.
    MessageEditModeration => "message.edit.moderation",
    /// Somebody else's message was deleted.
    MessageDeleteModeration => "message.delete.moderation",
}
