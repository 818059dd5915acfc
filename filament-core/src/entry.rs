//! The journal entry: what one committed mutation makes the world hear, and the access changes that come before it.

use bytes::Bytes;
use filament_protocol::{
    ChannelId, Event, EventKind, GuildId, Timestamp, UserId,
    event::{RemoveReason, WorkspaceMemberRemove},
};
use serde::{Deserialize, Serialize};

use crate::{access::AccessChange, audience::Audience, undo::AccessUndo};

/// Number of an entry in its journal: 1 for the first, dense and ascending.
pub type Seq = u64;

/// A place in a journal. Positions of different epochs do not compare: a restored backup starts a new epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    /// Random id of this history of the database.
    pub epoch: u128,
    /// The entry.
    pub seq: Seq,
}

/// How far a connection has been told of a journal: everything through entry `seq`, and the first `part` events of the entry
/// behind it, counted in that entry's own list, whether or not the receiver may hear them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The last entry that was told whole; 0 before the first.
    pub seq: Seq,
    /// Events told of the entry `seq + 1`; fewer than it has.
    pub part: u16,
}

impl Place {
    /// Where somebody stands who was told all of an entry.
    #[must_use]
    pub const fn after(seq: Seq) -> Self {
        Self { seq, part: 0 }
    }

    /// Where somebody stands who was told of the entry `seq` its event `index` and all before it; the entry has `count` events.
    #[must_use]
    pub fn within(seq: Seq, index: usize, count: usize) -> Self {
        if index + 1 >= count {
            return Self::after(seq);
        }
        // No entry has that many events; if one had, some would be told twice rather than never.
        Self { seq: seq.saturating_sub(1), part: u16::try_from(index + 1).unwrap_or(u16::MAX) }
    }
}

/// One committed mutation as the relay sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub seq: Seq,
    /// When it was committed.
    pub at: Timestamp,
    /// Access changes, in force before any event of this entry (FEN-2).
    pub access: Vec<AccessChange>,
    /// What the access changes replaced: the way back over them (RES-13).
    pub undo: Vec<AccessUndo>,
    /// Events in the order of contract §4.12.
    pub events: Vec<SealedEvent>,
}

/// An event that was encoded and size-checked before its mutation was committed (EMI-4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedEvent {
    /// Which event.
    pub kind: EventKind,
    /// Who hears it.
    pub audience: Audience,
    /// Whether only plain connections get it: the compatibility notices of contract §4.11.
    pub plain_only: bool,
    /// What is sent.
    pub body: SealedBody,
}

/// The bytes of a sealed event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SealedBody {
    /// The complete `{v,t,d}` text, the same for every receiver.
    Shared(Bytes),
    /// Two encodings of one event (actor policy `audit`, ACT-2).
    ByAudit {
        /// For receivers who hold `view_audit_log` at guild level.
        with_actor: Bytes,
        /// For all others.
        without_actor: Bytes,
    },
    /// `channel_reorder`, rendered per receiver from what that receiver sees.
    ChannelOrder(ChannelOrder),
    /// The complete text of an event about one user, and where those are who hear it.
    Peers {
        /// What is sent.
        text: Bytes,
        /// The friends and guilds of the user, as of the entry.
        peers: Peers,
    },
    /// `workspace_member_remove` of the receiver itself, rendered per receiver: a guild of ten thousand members ends in one event.
    OwnRemoval(OwnRemoval),
}

/// Where the receivers of an event about one user are, as of its entry (`PEERS(u)`): what delivery cannot know by itself, since the
/// user need not be connected. Who is a member of the guilds is left to the delivery, which does know it; so an entry holds some
/// hundreds of ids, however many members the guilds have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peers {
    /// The guilds of the user, at most `GUILDS_PER_USER_MAX`, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guild_ids: Vec<GuildId>,
    /// The friends of the user, at most `FRIENDS_MAX`, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub friend_ids: Vec<UserId>,
}

/// The end of every membership at once, told to each former member as its own (CMP-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnRemoval {
    /// The guild.
    pub guild_id: GuildId,
    /// When it ended.
    pub removed_at: Timestamp,
}

impl OwnRemoval {
    /// What one receiver gets. Far below any limit of size.
    #[must_use]
    pub const fn event(&self, receiver: UserId) -> Event {
        Event::WorkspaceMemberRemove(WorkspaceMemberRemove {
            guild_id: self.guild_id,
            user_id: receiver,
            reason: RemoveReason::Leave,
            removed_at_unix: self.removed_at,
            actor_user_id: None,
        })
    }
}

/// A new channel order, whole: each receiver hears only of channels it sees, and only if its own list changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelOrder {
    /// The guild.
    pub guild_id: GuildId,
    /// All channels as they stood.
    pub before: Vec<ChannelId>,
    /// All channels as they stand now.
    pub after: Vec<ChannelId>,
    /// When the order changed.
    pub updated_at: Timestamp,
}
