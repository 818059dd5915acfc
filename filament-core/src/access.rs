//! What a committed mutation changes about who may receive what. Applied by the access table before any event of the same entry (FEN-2).

use std::sync::Arc;

use filament_protocol::{GuildId, SessionId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::permission::{GraphChange, GuildGraph, Membership};

/// One change of access.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccessChange {
    /// A guild exists from now on; memberships follow as changes of their own.
    GuildCreated(Arc<GuildGraph>),
    /// Roles, channels, overrides, name or owner of a guild changed.
    Guild(GuildId, GraphChange),
    /// A guild is gone, with everything in it. Its members are named: whoever resumes later learns from it what was lost.
    GuildDeleted {
        /// The guild.
        guild_id: GuildId,
        /// Everybody who was a member, ascending.
        member_ids: Vec<UserId>,
    },
    /// A user is a member from now on.
    MemberJoined {
        /// The guild.
        guild_id: GuildId,
        /// The member and its roles.
        membership: Membership,
    },
    /// A user is no member any more.
    MemberLeft {
        /// The guild.
        guild_id: GuildId,
        /// Who left.
        user_id: UserId,
        /// Why.
        loss: MemberLoss,
    },
    /// A member holds other roles than before.
    MemberRoles {
        /// The guild.
        guild_id: GuildId,
        /// The member and its roles now.
        membership: Membership,
    },
    /// The newest access token of a session expires later than before (GW-42).
    SessionRenewed {
        /// The session's user.
        user_id: UserId,
        /// The session.
        session_id: SessionId,
        /// Expiry of its newest access token.
        token_expires_at: Timestamp,
    },
    /// A session ended; its connections close with 4510 (GW-41).
    SessionEnded {
        /// The session's user.
        user_id: UserId,
        /// The session.
        session_id: SessionId,
    },
}

/// Why a membership ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MemberLoss {
    /// The member left.
    Left,
    /// Another member removed it.
    Kicked,
    /// It was banned.
    Banned,
}

impl AccessChange {
    /// Whether somebody may see less after it, so that the answer of the mutation waits for the fence (FEN-5).
    #[must_use]
    pub const fn narrows(&self) -> bool {
        match self {
            Self::GuildDeleted { .. }
            | Self::MemberLeft { .. }
            | Self::MemberRoles { .. }
            | Self::SessionEnded { .. } => true,
            Self::Guild(_, change) => match change {
                GraphChange::ChannelRemoved(_)
                | GraphChange::OverrideSet { .. }
                | GraphChange::RolePut(_)
                | GraphChange::RoleRemoved(_)
                | GraphChange::Owner(_)
                | GraphChange::AddressesBanned(_) => true,
                GraphChange::Described { .. }
                | GraphChange::ChannelAdded(_)
                | GraphChange::ChannelRenamed { .. }
                | GraphChange::ChannelsOrdered(_)
                | GraphChange::RolesPlaced(_)
                | GraphChange::DefaultRole(_)
                | GraphChange::AddressesUnbanned(_) => false,
            },
            Self::GuildCreated(_) | Self::MemberJoined { .. } | Self::SessionRenewed { .. } => false,
        }
    }

    /// Whether those whose access differs after it are told by `workspace_access_update` (§4.8): not where channels come and go, whose
    /// own events say it.
    #[must_use]
    pub const fn tells_access(&self) -> bool {
        match self {
            Self::MemberJoined { .. } | Self::MemberRoles { .. } => true,
            Self::Guild(_, change) => match change {
                GraphChange::OverrideSet { .. }
                | GraphChange::RolePut(_)
                | GraphChange::RoleRemoved(_)
                | GraphChange::Owner(_) => true,
                GraphChange::Described { .. }
                | GraphChange::ChannelAdded(_)
                | GraphChange::ChannelRenamed { .. }
                | GraphChange::ChannelRemoved(_)
                | GraphChange::ChannelsOrdered(_)
                | GraphChange::RolesPlaced(_)
                | GraphChange::DefaultRole(_)
                | GraphChange::AddressesBanned(_)
                | GraphChange::AddressesUnbanned(_) => false,
            },
            // Whoever is no member any more has no access to be told of.
            Self::GuildCreated(_)
            | Self::GuildDeleted { .. }
            | Self::MemberLeft { .. }
            | Self::SessionRenewed { .. }
            | Self::SessionEnded { .. } => false,
        }
    }
}
