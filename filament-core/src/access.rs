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
}

impl AccessChange {
    /// Whether somebody may see less after it, so that the answer of the mutation waits for the fence (FEN-5).
    #[must_use]
    pub const fn narrows(&self) -> bool {
        match self {
            Self::MemberLeft { .. } | Self::SessionEnded { .. } => true,
            Self::Guild(_, change) => match change {
                GraphChange::ChannelRemoved(_)
                | GraphChange::OverrideSet { .. }
                | GraphChange::RolePut(_)
                | GraphChange::RoleRemoved(_)
                | GraphChange::Owner(_) => true,
                GraphChange::Described { .. }
                | GraphChange::ChannelAdded(_)
                | GraphChange::ChannelRenamed { .. }
                | GraphChange::ChannelsOrdered(_)
                | GraphChange::DefaultRole(_) => false,
            },
            Self::GuildCreated(_) | Self::MemberJoined { .. } | Self::SessionRenewed { .. } => false,
        }
    }
}
