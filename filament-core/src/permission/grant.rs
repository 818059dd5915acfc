//! The proof that a permission was checked: [`Granted`] can be made only here, and every decision takes one.

use filament_protocol::{ChannelId, Permission, UserId};

use super::{
    graph::{ChannelNode, GraphChange, GuildGraph},
    hierarchy::rank,
    resolve::{Subject, channel_permissions, guild_permissions},
};
use crate::denial::Denial;

/// Evidence that the caller may do what is being decided. Not `Clone`, no public constructor: a forgotten check does not compile.
#[derive(Debug, PartialEq, Eq)]
pub struct Granted {
    _only_here: (),
}

/// What a caller must be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// To be a member of the guild, or the server owner.
    Member,
    /// To hold a permission at guild level.
    Guild(Permission),
    /// To hold a permission in a channel; `CreateMessage` is the view gate.
    Channel(ChannelId, Permission),
    /// To be the guild's owner, or the server owner.
    Owner,
    /// To be the named user, in a channel they see: the author of a message.
    SelfIn(ChannelId, UserId),
}

/// Checks one requirement in the order of HTTP-8: membership, existence, permission.
///
/// `graph` is `None` when the guild does not exist.
///
/// # Errors
/// [`Denial::NotMember`] for an unknown guild or a non-member, [`Denial::NotFound`] for an unknown channel,
/// [`Denial::MissingPermission`] for a hidden channel or a missing permission.
pub fn require(graph: Option<&GuildGraph>, subject: Subject<'_>, requirement: Requirement) -> Result<Granted, Denial> {
    let graph = graph.ok_or(Denial::NotMember)?;
    if subject.membership.is_none() && !subject.is_server_owner {
        return Err(Denial::NotMember);
    }
    let allowed = match requirement {
        Requirement::Member => true,
        Requirement::Owner => rank(graph, subject).is_excepted(),
        Requirement::Guild(permission) => guild_permissions(graph, subject).contains(permission),
        Requirement::Channel(channel_id, permission) => {
            channel_permissions(graph, known(graph, channel_id)?, subject).contains(permission)
        }
        Requirement::SelfIn(channel_id, user_id) => {
            !channel_permissions(graph, known(graph, channel_id)?, subject).is_empty() && subject.user_id == user_id
        }
    };
    if allowed { Ok(Granted { _only_here: () }) } else { Err(Denial::MissingPermission) }
}

/// Whether a caller that meets a requirement still meets it after a change of the guild: nobody locks themselves out by accident (HIE-12).
/// Owner and server owner always do.
#[must_use]
pub fn keeps(graph: &GuildGraph, subject: Subject<'_>, change: &GraphChange, requirement: Requirement) -> bool {
    if rank(graph, subject).is_excepted() {
        return true;
    }
    let mut after = graph.clone();
    after.apply(change);
    require(Some(&after), subject, requirement).is_ok()
}

impl Granted {
    /// For what every authenticated user may do: create a guild, read oneself.
    pub(crate) const fn to_everyone() -> Self {
        Self { _only_here: () }
    }

    /// For a caller that proves itself by the credential it presents.
    pub(crate) const fn by_credential() -> Self {
        Self { _only_here: () }
    }
}

fn known(graph: &GuildGraph, channel_id: ChannelId) -> Result<&ChannelNode, Denial> {
    graph.channel(channel_id).ok_or(Denial::NotFound("channel"))
}
