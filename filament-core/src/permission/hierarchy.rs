//! Who stands above whom: contract §8.4. Ranks decide beside permissions wherever a role or a member is acted on.

use filament_protocol::{Permissions, SystemKey};

use super::{
    graph::{GuildGraph, Membership, OverrideTarget, RoleNode},
    resolve::Subject,
};
use crate::{denial::Denial, limits::OWNER_POSITION};

/// A place in the hierarchy. The owner stands above every role, the server owner above the owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// The highest position among the member's roles; 0 for `everyone` alone, and for somebody who is no member.
    Position(u16),
    /// Holder of `workspace_owner`.
    Owner,
    /// The server owner.
    ServerOwner,
}

impl Rank {
    /// Whether the rules of §8.4 except this rank ("owner excepted").
    #[must_use]
    pub const fn is_excepted(self) -> bool {
        matches!(self, Self::Owner | Self::ServerOwner)
    }

    /// The rank as a position, 0..=10000.
    #[must_use]
    pub const fn position(self) -> u16 {
        match self {
            Self::Position(position) => position,
            Self::Owner | Self::ServerOwner => OWNER_POSITION,
        }
    }
}

/// rank(u) of §8.4.
#[must_use]
pub fn rank(graph: &GuildGraph, subject: Subject<'_>) -> Rank {
    if subject.is_server_owner {
        return Rank::ServerOwner;
    }
    let highest = subject
        .membership
        .into_iter()
        .flat_map(|membership: &Membership| &membership.role_ids)
        .filter_map(|id| graph.role(*id));
    match highest.map(|role| role.position).max().unwrap_or(0) {
        OWNER_POSITION => Rank::Owner,
        position => Rank::Position(position),
    }
}

/// Whether somebody of `rank` holding `own` at guild level may manage `role` and give it `added` (HIE-1, HIE-2, PRM-3).
///
/// # Errors
/// [`Denial::Hierarchy`] with the rule.
pub fn may_manage_role(rank: Rank, own: Permissions, role: &RoleNode, added: Permissions) -> Result<(), Denial> {
    match role.system_key {
        Some(SystemKey::WorkspaceOwner) => return Err(Denial::Hierarchy("PRM-3")),
        Some(SystemKey::Everyone) if !rank.is_excepted() => return Err(Denial::Hierarchy("PRM-3")),
        Some(SystemKey::Everyone | SystemKey::Moderator | SystemKey::Member) | None => {}
    }
    if rank.is_excepted() {
        return Ok(());
    }
    if role.position >= rank.position() {
        return Err(Denial::Hierarchy("HIE-1"));
    }
    if own.contains_all(added) { Ok(()) } else { Err(Denial::Hierarchy("HIE-2")) }
}

/// Whether the actor may give roles to or take them from the target (HIE-3).
///
/// # Errors
/// [`Denial::Hierarchy`] with the rule.
pub fn may_act_on(graph: &GuildGraph, actor: Subject<'_>, target: Subject<'_>) -> Result<(), Denial> {
    let actor_rank = rank(graph, actor);
    if actor_rank.is_excepted() || rank(graph, target) < actor_rank {
        return Ok(());
    }
    Err(Denial::Hierarchy("HIE-3"))
}

/// Whether the actor may kick, ban, ban the addresses of, change the legacy role of, or set an override on the target (HIE-3, HIE-4).
///
/// # Errors
/// [`Denial::Hierarchy`] with the rule.
pub fn may_moderate(graph: &GuildGraph, actor: Subject<'_>, target: Subject<'_>) -> Result<(), Denial> {
    if target.user_id == actor.user_id || target.user_id == graph.owner_id {
        return Err(Denial::Hierarchy("HIE-4"));
    }
    may_act_on(graph, actor, target)
}

/// Whether the actor may set an override that changes the state of `changed` permissions on `target` (HIE-2 to HIE-5, PRM-3).
///
/// `own` are the actor's rights at the level that counts: the channel's, or the guild's for overrides given at a channel's creation.
/// `target_member` is what is known of a member target; nobody, if it is left out.
///
/// # Errors
/// [`Denial::Hierarchy`] with the rule, [`Denial::NotFound`] for an unknown role.
pub fn may_set_override(
    graph: &GuildGraph,
    actor: Subject<'_>,
    own: Permissions,
    target: OverrideTarget,
    target_member: Option<Subject<'_>>,
    changed: Permissions,
) -> Result<(), Denial> {
    let actor_rank = rank(graph, actor);
    match target {
        OverrideTarget::Role(role_id) => {
            let role = graph.role(role_id).ok_or(Denial::NotFound("role"))?;
            if !actor_rank.is_excepted() && role.position >= actor_rank.position() {
                return Err(Denial::Hierarchy("HIE-5"));
            }
        }
        OverrideTarget::Member(user_id) => {
            let nobody = Subject { user_id, is_server_owner: false, membership: None };
            may_moderate(graph, actor, target_member.unwrap_or(nobody))?;
        }
    }
    if actor_rank.is_excepted() || own.contains_all(changed) { Ok(()) } else { Err(Denial::Hierarchy("HIE-2")) }
}
