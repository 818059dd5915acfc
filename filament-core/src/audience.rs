//! Who hears an event: contract §2.1, as a value that is journalled with it and resolved at delivery.

use filament_protocol::{ChannelId, GuildId, Permission, UserId};
use serde::{Deserialize, Serialize};

/// The receivers of a durable event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Audience {
    /// `USER(u)`: every connection of the user.
    User(UserId),
    /// `PEERS(u)`: the user, their friends, and the members of their guilds. Which guilds and which friends is said by
    /// [`SealedBody::Peers`](crate::SealedBody::Peers): the user need not be connected for others to hear of them.
    Peers(UserId),
    /// `GUILD(g)`: every connection of every current member.
    Guild(GuildId),
    /// `GUILD(g)` ∪ `USER(u)`: the guild, and the user who is no member of it any more.
    GuildAnd(GuildId, UserId),
    /// `USER(u)`, if that user is in `EDGE(c)` (CMP-3).
    EdgeMember(GuildId, ChannelId, UserId),
    /// `GUILD(g)` as of before the entry, which ends the guild: those named by its [`GuildDeleted`](crate::AccessChange::GuildDeleted).
    FormerMembers(GuildId),
    /// `PERM(g,p)`: members who hold the permission at guild level.
    Permission(GuildId, Permission),
    /// `VIEW(c)`: members who see the channel.
    View(GuildId, ChannelId),
    /// `MANAGE(c)`: `VIEW(c)` ∪ `PERM(g, manage_channel_overrides)`.
    Manage(GuildId, ChannelId),
    /// `EDGE(c)`: members who saw the channel just before the mutation or see it just after ∪ `PERM(g, manage_channel_overrides)`.
    Edge(GuildId, ChannelId),
    /// `SUB(c)`: connections subscribed to the channel whose user sees it.
    Subscribers(GuildId, ChannelId),
}

impl Audience {
    /// The guild whose end removes queued frames of this audience (DEL-2), or `None` when nothing does: user-scoped frames. Those of
    /// `Peers` are of no guild either, and say nothing that is not in a profile everybody may read.
    #[must_use]
    pub const fn guild_id(&self) -> Option<GuildId> {
        match self {
            Self::User(_) | Self::Peers(_) => None,
            Self::Guild(guild_id)
            | Self::GuildAnd(guild_id, _)
            | Self::EdgeMember(guild_id, ..)
            | Self::FormerMembers(guild_id)
            | Self::Permission(guild_id, _)
            | Self::View(guild_id, _)
            | Self::Manage(guild_id, _)
            | Self::Edge(guild_id, _)
            | Self::Subscribers(guild_id, _) => Some(*guild_id),
        }
    }

    /// The channel whose invisibility removes queued frames of this audience (DEL-2). `Edge` is exempt (DEL-3).
    #[must_use]
    pub const fn channel_id(&self) -> Option<ChannelId> {
        match self {
            Self::View(_, channel_id) | Self::Manage(_, channel_id) | Self::Subscribers(_, channel_id) => {
                Some(*channel_id)
            }
            Self::User(_)
            | Self::Peers(_)
            | Self::Guild(_)
            | Self::GuildAnd(..)
            | Self::EdgeMember(..)
            | Self::FormerMembers(_)
            | Self::Permission(..)
            | Self::Edge(..) => None,
        }
    }
}
