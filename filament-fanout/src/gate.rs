//! The address gate of a guild (DEL-5): what a connection from a banned address does not hear.
//!
//! A subscription never stands behind a closed gate: the relay ends it in the step in which the gate closes. A ban that runs
//! out opens the gate silently.

use filament_core::{
    Audience,
    permission::{GuildGraph, rank},
};
use filament_protocol::{GuildId, Timestamp};

use crate::{access::AccessTable, frame::Reach, registry::Registered};

/// The gate of one guild at one moment.
#[derive(Clone, Copy)]
pub(crate) struct Gate<'a> {
    access: &'a AccessTable,
    graph: &'a GuildGraph,
    now: Timestamp,
}

impl<'a> Gate<'a> {
    /// The gate of a guild; `None` while no address is banned there, as is usual.
    pub(crate) fn of(access: &'a AccessTable, guild_id: GuildId, now: Timestamp) -> Option<Self> {
        let graph = access.graph(guild_id).filter(|graph| !graph.address_bans.is_empty())?;
        Some(Self { access, graph, now })
    }

    /// Whether it is closed to a connection. Owner and server owner pass it.
    pub(crate) fn stops<H>(&self, registered: &Registered<H>) -> bool {
        let is_banned = registered.address.is_some_and(|address| self.graph.bans_address(address, self.now));
        let is_excepted = || {
            let subject = self.access.subject(self.graph.guild_id, registered.user_id);
            subject.is_some_and(|(graph, subject)| rank(graph, subject).is_excepted())
        };
        is_banned && !is_excepted()
    }
}

/// Whether a closed gate keeps frames of this reach.
pub(crate) const fn keeps(reach: &Reach) -> bool {
    match reach {
        Reach::Connection => false,
        Reach::Guild(_) | Reach::Channel(..) | Reach::Presence(..) => true,
        Reach::Audience(audience) => keeps_audience(audience),
    }
}

/// Whether a closed gate keeps events of this audience.
pub(crate) const fn keeps_audience(audience: &Audience) -> bool {
    match audience {
        Audience::View(..)
        | Audience::Manage(..)
        | Audience::Edge(..)
        | Audience::EdgeMember(..)
        | Audience::Subscribers(..) => true,
        Audience::User(_)
        | Audience::Peers(_)
        | Audience::Guild(_)
        | Audience::GuildAnd(..)
        | Audience::Permission(..)
        | Audience::FormerMembers(_) => false,
    }
}
