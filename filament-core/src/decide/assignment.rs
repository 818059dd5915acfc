//! Who holds which role: assign, unassign, and the legacy role change (contract §9.6, §9.7).

use filament_protocol::{
    GuildId, LegacyRole, Permission, Permissions, RoleId, SystemKey, UserId, limits::ROLES_PER_MEMBER_MAX,
};

use super::{Admitted, Command, Limits, admission, admit, target};
use crate::{
    actor::Actor,
    decision::Decision,
    denial::Denial,
    facts::{FactPlan, Facts, Need},
    mutation::{AssignmentCause, Mutation, RoleAssignment},
    permission::{Membership, Requirement, RoleNode, Subject, legacy_role, may_act_on, may_manage_role, may_moderate},
};

const MANAGE: Requirement = Requirement::Guild(Permission::ManageMemberRoles);

/// Gives a member a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AssignRole {
    /// The guild.
    pub guild_id: GuildId,
    /// The role.
    pub role_id: RoleId,
    /// The member.
    pub user_id: UserId,
}

impl Command for AssignRole {
    type Caller = Actor;
    type Reply = ();

    fn plan(&self, actor: Actor) -> FactPlan {
        plan(self.guild_id, &actor, self.user_id)
    }

    fn decide(&self, actor: Actor, facts: &Facts, limits: &Limits) -> Result<Decision<()>, Denial> {
        let admitted = admit(facts, self.guild_id, &actor, MANAGE)?;
        let role = assignable(&admitted, self.role_id)?;
        let (subject, membership) = member(facts, self.guild_id, self.user_id, limits)?;
        may_manage_role(admitted.rank(), admitted.own(), role, role.permissions)?;
        may_act_on(admitted.graph, admitted.subject, subject)?;
        let changed = Changed { removed: vec![], added: vec![self.role_id], cause: AssignmentCause::Assign };
        changed.decide(admitted, (actor, facts), membership)
    }
}

/// Takes a role from a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnassignRole {
    /// The guild.
    pub guild_id: GuildId,
    /// The role.
    pub role_id: RoleId,
    /// The member.
    pub user_id: UserId,
}

impl Command for UnassignRole {
    type Caller = Actor;
    type Reply = ();

    fn plan(&self, actor: Actor) -> FactPlan {
        plan(self.guild_id, &actor, self.user_id)
    }

    fn decide(&self, actor: Actor, facts: &Facts, limits: &Limits) -> Result<Decision<()>, Denial> {
        let admitted = admit(facts, self.guild_id, &actor, MANAGE)?;
        let role = assignable(&admitted, self.role_id)?;
        let (subject, membership) = member(facts, self.guild_id, self.user_id, limits)?;
        may_manage_role(admitted.rank(), admitted.own(), role, Permissions::EMPTY)?;
        may_act_on(admitted.graph, admitted.subject, subject)?;
        let changed = Changed { removed: vec![self.role_id], added: vec![], cause: AssignmentCause::Unassign };
        changed.decide(admitted, (actor, facts), membership)
    }
}

/// Makes a member a moderator or a plain member by the seeded roles (HIE-7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetLegacyRole {
    /// The guild.
    pub guild_id: GuildId,
    /// The member.
    pub user_id: UserId,
    /// The word wanted.
    pub role: LegacyRole,
}

impl Command for SetLegacyRole {
    type Caller = Actor;
    type Reply = ();

    fn plan(&self, actor: Actor) -> FactPlan {
        plan(self.guild_id, &actor, self.user_id)
    }

    fn decide(&self, actor: Actor, facts: &Facts, limits: &Limits) -> Result<Decision<()>, Denial> {
        let admitted = admit(facts, self.guild_id, &actor, MANAGE)?;
        let (given, taken) = match self.role {
            LegacyRole::Owner => return Err(Denial::Hierarchy("HIE-7")),
            LegacyRole::Moderator => (SystemKey::Moderator, SystemKey::Member),
            LegacyRole::Member => (SystemKey::Member, SystemKey::Moderator),
        };
        let (subject, membership) = member(facts, self.guild_id, self.user_id, limits)?;
        may_moderate(admitted.graph, admitted.subject, subject)?;
        let seeded = |key| admitted.graph.seeded(key).ok_or(Denial::NotFound("role"));
        let (given, taken) = (seeded(given)?, seeded(taken)?);
        let (rank, own) = (admitted.rank(), admitted.own());
        may_manage_role(rank, own, given, given.permissions)?;
        may_manage_role(rank, own, taken, Permissions::EMPTY)?;
        let (removed, added) = (vec![taken.role_id], vec![given.role_id]);
        let changed = Changed { removed, added, cause: AssignmentCause::LegacyRole };
        changed.decide(admitted, (actor, facts), membership)
    }
}

/// Roles wanted gone and wanted held, whatever is held now.
struct Changed {
    removed: Vec<RoleId>,
    added: Vec<RoleId>,
    cause: AssignmentCause,
}

impl Changed {
    /// What really changes, if anything does (EMI-1).
    fn decide(
        mut self,
        admitted: Admitted<'_>,
        (actor, facts): (Actor, &Facts),
        before: &Membership,
    ) -> Result<Decision<()>, Denial> {
        self.removed.retain(|role_id| before.role_ids.contains(role_id));
        self.added.retain(|role_id| !before.role_ids.contains(role_id));
        if self.removed.is_empty() && self.added.is_empty() {
            return Ok(Decision::unchanged(admitted.granted, ()));
        }
        let mut membership = before.clone();
        membership.role_ids.retain(|role_id| !self.removed.contains(role_id));
        membership.role_ids.extend(&self.added);
        membership.role_ids.sort_unstable();
        if membership.role_ids.len() > ROLES_PER_MEMBER_MAX {
            return Err(Denial::Quota("too many roles of one member"));
        }
        let word = |membership: &Membership| {
            let user_id = membership.user_id;
            legacy_role(admitted.graph, Subject { user_id, is_server_owner: false, membership: Some(membership) })
        };
        let role = Some(word(&membership)).filter(|role| *role != word(before));
        let assignment = Mutation::AssignRoles(RoleAssignment {
            guild_id: admitted.graph.guild_id,
            membership,
            removed: self.removed,
            added: self.added,
            role,
            cause: self.cause,
            actor_user_id: actor.user_id,
            changed_at: facts.stamp().now(),
        });
        Ok(Decision::change(admitted.granted, [assignment], ()))
    }
}

fn plan(guild_id: GuildId, actor: &Actor, user_id: UserId) -> FactPlan {
    let other = (user_id != actor.user_id).then_some(Need::Member(guild_id, user_id));
    FactPlan::of(admission(guild_id, actor).into_iter().chain(other))
}

/// A role that can be held at all (PRM-1, PRM-3).
fn assignable<'f>(admitted: &Admitted<'f>, role_id: RoleId) -> Result<&'f RoleNode, Denial> {
    let role = admitted.graph.role(role_id).ok_or(Denial::NotFound("role"))?;
    match role.system_key {
        Some(SystemKey::Everyone) => Err(Denial::Invalid("everyone is held by all and never assigned")),
        Some(SystemKey::WorkspaceOwner) => Err(Denial::Hierarchy("PRM-3")),
        Some(SystemKey::Moderator | SystemKey::Member) | None => Ok(role),
    }
}

fn member<'f>(
    facts: &'f Facts,
    guild_id: GuildId,
    user_id: UserId,
    limits: &Limits,
) -> Result<(Subject<'f>, &'f Membership), Denial> {
    let subject = target(facts, guild_id, user_id, limits)?;
    Ok((subject, subject.membership.ok_or(Denial::NotFound("member"))?))
}
